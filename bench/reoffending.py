"""Reoffending against its peers: ``python bench/reoffending.py [--quick] [--slow]``.

Everything runs here and now, on the same rows, one after the other; the table holds ratios of wall-clock seconds.
Peers: hand-written DuckDB SQL, lifelines, and R's ``survival`` and ``cmprsk`` where ``Rscript`` and the packages are
installed (else those lines say so). Figures are checked to agree before a ratio is printed. ``--quick`` takes a
twentieth of the rows; without ``--slow`` R's Aalen-Johansen estimate, which can need minutes at a million rows, runs on
a tenth of them, and Kyoto's on the same tenth.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from kyoto.analysis.reoffending.people import PeopleColumns
from kyoto.analysis.reoffending.rates import fixed_window_rates
from kyoto.analysis.reoffending.reading import open_people
from kyoto.analysis.reoffending.survival import (
    aalen_johansen_by,
    cox_regression,
    fine_gray,
    kaplan_meier_by,
)

R_SURVIVAL = """
suppressMessages(library(survival)); a <- commandArgs(TRUE); n <- as.integer(a[2])
d <- data.frame(time=readBin(paste0(a[1], "/time"), "double", n),
                cause=readBin(paste0(a[1], "/cause"), "integer", n, 4),
                group=readBin(paste0(a[1], "/group"), "integer", n, 4))
"""
R_KM = (
    R_SURVIVAL
    + """
s <- system.time(f <- survfit(Surv(time, cause == 1) ~ group, data=d))[["elapsed"]]
m <- summary(f, times=365); cat(s, m$surv, m$std.err)
"""
)
R_AJ = (
    R_SURVIVAL
    + """
s <- system.time(f <- survfit(Surv(time, factor(cause)) ~ group, data=d))[["elapsed"]]
m <- summary(f, times=365); cat(s, m$pstate[,2], m$std.err[,2])
"""
)
R_COX = (
    R_SURVIVAL
    + """
x <- matrix(readBin(paste0(a[1], "/x"), "double", 5 * n), ncol=5)
s <- system.time(f <- coxph(Surv(time, cause == 1) ~ x, data=d))[["elapsed"]]; cat(s, coef(f))
"""
)
R_CRR = (
    R_SURVIVAL
    + """
suppressMessages(library(cmprsk)); x <- matrix(readBin(paste0(a[1], "/x"), "double", 5 * n), ncol=5)
s <- system.time(f <- crr(d$time, d$cause, x, gtol=1e-10))[["elapsed"]]; cat(s, f$coef, sqrt(diag(f$var)))
"""
)


def people(count, seed=1):
    """Synthetic releases with two causes, censoring, two groups, five covariates; times in whole days."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(count, 5))
    arrest = random.exponential(1500, count) * np.exp(-x @ [0.3, -0.2, 0.1, 0.0, 0.05])
    death, leaving = random.exponential(9000, count), random.uniform(200, 3650, count)
    first = np.minimum(np.minimum(arrest, death), leaving)
    cause = np.where(first == arrest, 1, np.where(first == death, 2, 0)).astype(np.int32)
    return {"time": np.ceil(first), "cause": cause, "group": random.integers(0, 2, count).astype(np.int32), "x": x}


def part(data, count):
    return {name: values[:count] for name, values in data.items()}


def seconds(work, repeats=3):
    """Best of several runs, and what the last one gave."""
    best, found = np.inf, None
    for _ in range(repeats):
        start = time.perf_counter()
        found = work()
        best = min(best, time.perf_counter() - start)
    return best, found


def in_r(script, data):
    """Seconds and figures of an R script; None where R or a package is missing."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        data["time"].astype(np.float64).tofile(f"{folder}/time")
        for name in ("cause", "group"):
            data[name].tofile(f"{folder}/{name}")
        data["x"].T.copy().tofile(f"{folder}/x")
        (Path(folder) / "script.R").write_text(script)
        command = ["Rscript", f"{folder}/script.R", folder, str(len(data["time"]))]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return None
    numbers = [float(word) for word in done.stdout.split()]
    return numbers[0], np.array(numbers[1:])


def line(what, peer, ratio, goal):
    print(f"| {what} | {peer} | {ratio} | {goal} |", flush=True)


def against_r(what, name, script, data, own_seconds, own_figures, goal, tolerance=1e-6):
    """A line against R, if there is one; its figures must be ours."""
    found = in_r(script, data)
    if found is None:
        line(what, name, "R or the package is not installed", goal)
        return
    assert np.allclose(found[1], own_figures, rtol=tolerance), (what, found[1], own_figures)
    line(what, name, f"{found[0] / own_seconds:.1f} times as fast", goal)


def bench_rates(count):
    data = part(people(count, seed=2), count)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "releases.parquet"
        frame = pd.DataFrame({"days": data["time"], "again": (data["cause"] == 1).astype(int), "area": data["group"]})
        frame.to_parquet(file, index=False)
        del frame

        def ours():
            with open_people(file) as table:
                columns = PeopleColumns("again", time="days", by=("area",))
                return [(rate.events, rate.n) for rate in fixed_window_rates(table, columns, [365, 730])]

        def by_hand():
            sql = " UNION ALL ".join(
                f"SELECT {window} AS w, area, e{window} AS e, n{window} AS n, p, "
                f"(p + 1.9208 / n - 1.96 * sqrt(p * (1 - p) / n + 0.9604 / n / n)) / (1 + 3.8416 / n) AS low, "
                f"(p + 1.9208 / n + 1.96 * sqrt(p * (1 - p) / n + 0.9604 / n / n)) / (1 + 3.8416 / n) AS high "
                f"FROM (SELECT *, e{window} / n{window} AS p FROM counts)"
                for window in (365, 730)
            )
            counts = ", ".join(
                f"count_if(again = 1 AND days <= {window}) AS e{window}, "
                f"count_if(again = 1 OR days >= {window}) AS n{window}"
                for window in (365, 730)
            )
            with duckdb.connect() as connection:
                found = connection.execute(
                    f"WITH counts AS (SELECT area, {counts} FROM read_parquet('{file}') GROUP BY area) "
                    f"SELECT e, n FROM ({sql}) ORDER BY w, area"
                )
                return found.fetchall()

        own, figures = seconds(ours, 5)
        hand, expected = seconds(by_hand, 5)
        assert figures == expected
    line(
        f"rates of {count:,} releases, two windows, two groups ({own:.2f} s)",
        "hand-written SQL",
        f"{own / hand:.2f} times its time",
        "1.5 at most",
    )


def bench_curves(data, slow):
    import lifelines

    count = len(data["time"])
    own, curves = seconds(lambda: kaplan_meier_by(data["time"], data["cause"] == 1, data["group"]))
    points = pd.concat([curve.at([365]) for curve in curves])
    peer, _ = seconds(
        lambda: [
            lifelines.KaplanMeierFitter().fit(data["time"][rows], (data["cause"] == 1)[rows])
            for rows in (data["group"] == group for group in (0, 1))
        ],
        1,
    )
    what = f"Kaplan-Meier, {count:,} rows in two groups ({own:.2f} s)"
    line(what, "lifelines", f"{peer / own:.1f} times as fast", "5 at least")
    spread = [*(1 - points["estimate"]), *points["std_error"]]
    against_r(what, "R survival", R_KM, data, own, spread, "1 at least")
    smaller = data if slow else part(data, count // 10)
    own, incidence = seconds(lambda: aalen_johansen_by(smaller["time"], smaller["cause"], smaller["group"]))
    parts = pd.concat([curve.at([365]).iloc[:1] for curve in incidence])
    what = f"Aalen-Johansen with variance, {len(smaller['time']):,} rows in two groups ({own:.2f} s)"
    against_r(what, "R survival", R_AJ, smaller, own, [*parts["estimate"], *parts["std_error"]], "20 at least")


def bench_regressions(data):
    import lifelines

    count = len(data["time"])
    small = part(data, 2000)
    own, fit = seconds(lambda: fine_gray(small["time"], small["cause"], small["x"]), 5)
    figures = [*fit.coefficients, *np.sqrt(np.diag(fit.covariance))]
    against_r(
        f"Fine-Gray, 2,000 rows, 5 covariates ({own:.3f} s)",
        "R cmprsk",
        R_CRR,
        small,
        own,
        figures,
        "20 at least",
        1e-5,
    )
    own, _ = seconds(lambda: fine_gray(data["time"], data["cause"], data["x"]), 2)
    cox, model = seconds(lambda: cox_regression(data["time"], data["cause"] == 1, data["x"]), 2)
    line(
        f"Fine-Gray, {count:,} rows, 5 covariates ({own:.1f} s)",
        "Kyoto's Cox on the same rows",
        f"{own / cox:.1f} times its time",
        "5 at most",
    )
    found = in_r(R_COX, data)
    if found is None:
        line(
            f"Fine-Gray, {count:,} rows", "R's coxph on the same rows", "R or the package is not installed", "5 at most"
        )
    else:
        assert np.allclose(found[1], model.coefficients, rtol=1e-6)
        line(
            f"Fine-Gray, {count:,} rows",
            "R's coxph on the same rows",
            f"{own / found[0]:.1f} times its time",
            "5 at most",
        )
    frame = pd.DataFrame(data["x"]).assign(time=data["time"], event=data["cause"] == 1)
    frame.columns = [str(name) for name in frame.columns]
    peer, fitted = seconds(lambda: lifelines.CoxPHFitter().fit(frame, "time", "event"), 1)
    assert np.allclose(fitted.params_, model.coefficients, rtol=1e-4)
    line(f"Cox, {count:,} rows, 5 covariates ({cox:.1f} s)", "lifelines", f"{peer / cox:.1f} times as fast", "")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a twentieth of the rows")
    parser.add_argument("--slow", action="store_true", help="R's Aalen-Johansen on all rows: minutes")
    given = parser.parse_args()
    rows = 50_000 if given.quick else 1_000_000
    print("| what | peer | ratio | goal |\n|---|---|---:|---:|", flush=True)
    bench_rates(10 * rows)
    data = people(rows)
    bench_curves(data, given.slow)
    bench_regressions(data)


if __name__ == "__main__":
    main()
