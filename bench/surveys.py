"""Surveys against R's survey package, and ten million rows with replicate weights.

Two measurements. First, the household file of the National Crime Victimization Survey 2021 if it stands beside the
checkout (``../shared/data/victimization``), else a synthetic file of its size: the mean of a value by four
disaggregations with Taylor variance, against ``svydesign`` and ``svyby`` of R survey in the same run (reading the file
counts for us and not for R). Every figure of both is compared. Second, ``--rows`` rows with 200 replicate weights:
time and peak memory of an estimate by domain, against the bare SQL: the same sums typed by hand and sent to DuckDB.

    python bench/surveys.py --rows 10000000
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

BY = ("V2127B", "V2143", "V2015", "V2129")
R_SCRIPT = """
suppressMessages(library(survey))
h <- read.csv(commandArgs(TRUE)[1])
start <- proc.time()[3]
d <- svydesign(id=~V2118, strata=~V2117, weights=~WGTHHCY, nest=TRUE, data=h)
found <- lapply(c("V2127B", "V2143", "V2015", "V2129"), function(by)
  svyby(~SC214A, as.formula(paste0("~", by)), d, svymean, na.rm=TRUE))
seconds <- proc.time()[3] - start
for (b in found) cat(sprintf("%s %.16g %.16g\\n", b[[1]], coef(b), SE(b)), sep="")
cat("seconds", seconds, "\\n")
"""


def households(folder):
    real = Path(os.environ.get("KYOTO_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
    real = real / "victimization" / "ncvs_2021_household.parquet"
    if real.is_file():
        return real, "NCVS 2021"
    import pandas as pd

    random, rows = np.random.default_rng(1), 256_460
    stratum = random.integers(1, 161, rows)
    made = {"V2117": stratum, "V2118": random.integers(1, 3, rows), "WGTHHCY": random.uniform(0, 1500, rows)}
    made |= {name: random.integers(1, 5, rows) for name in BY} | {"SC214A": random.integers(1, 19, rows)}
    path = folder / "households.parquet"
    pd.DataFrame(made).to_parquet(path)
    return path, "synthetic"


def ours(path):
    from kyoto.analysis.surveys.from_file import estimate_table
    from kyoto.analysis.surveys.request import Request, SampleColumns, Wanted
    from kyoto.analysis.surveys.tables_in import open_table

    sample = SampleColumns("WGTHHCY", ("V2117",), ("V2118",))
    with open_table(path) as table:
        return [estimate_table(table, sample, Request((Wanted("mean", "SC214A"),), (by,))) for by in BY]


def against_r(folder):
    import duckdb

    path, name = households(folder)
    ours(path)  # what is imported and compiled at first is not what is compared
    times = []
    for _ in range(5):
        start = time.perf_counter()
        found = ours(path)
        times.append(time.perf_counter() - start)
    seconds = float(np.median(times))
    print(f"{name}, 4 disaggregations with Taylor variance: Kyoto {seconds:.2f} s", flush=True)
    if shutil.which("Rscript") is None:
        print("R is not here: no ratio")
        return
    text = folder / "households.csv"
    columns = ", ".join(["WGTHHCY", "V2117", "V2118", "SC214A", *BY])
    duckdb.sql(f"COPY (SELECT {columns} FROM read_parquet('{path}')) TO '{text}' (HEADER)")
    (folder / "peer.R").write_text(R_SCRIPT)
    command = ["Rscript", str(folder / "peer.R"), str(text)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    golden = np.array([[float(part) for part in line.split()[1:]] for line in lines[:-1]])
    own = [one for by in found for one in by if "_U" not in one.by.values()]
    mine = np.array([[one.estimate, one.std_error] for one in own])
    peer = float(lines[-1].split()[1])
    difference = np.abs(mine / golden - 1).max()
    print(f"R survey {peer:.2f} s; ratio {peer / seconds:.1f}; largest relative difference {difference:.1e}")


def make_big(path, rows, replicates):
    import duckdb

    weights = "round(5 + 25 * (hash(i) % 100000) / 100000.0, 2)"
    sets = ", ".join(
        f"CAST(CASE WHEN hash(i * 1000 + {at}) % 2 = 0 THEN 1.5 ELSE 0.5 END * w AS FLOAT) AS rw{at}"
        for at in range(replicates)
    )
    connection = duckdb.connect()
    connection.execute("SET memory_limit = '3GB'; SET preserve_insertion_order = false")
    people = f"SELECT i, {weights} AS w, i % 8 AS region, (hash(i + 7) % 1000 < 60)::INT AS y FROM range({rows}) t(i)"
    connection.execute(f"COPY (SELECT w, region, y, {sets} FROM ({people})) TO '{path}' (FORMAT parquet)")


def bare(path):
    """The sums that the estimate cannot do without, as one would type them: weights and replicates by domain."""
    import duckdb

    with duckdb.connect() as connection:
        described = connection.execute(f"DESCRIBE SELECT * FROM read_parquet('{path}')").fetchall()
        sets = ["w", *(row[0] for row in described if row[0].startswith("rw"))]
        sums = ", ".join(f"sum({one} * y), sum({one})" for one in sets)
        start = time.perf_counter()
        connection.execute(f"SELECT region, {sums} FROM read_parquet('{path}') GROUP BY region").fetchall()
        return time.perf_counter() - start


def big(path):
    from kyoto.analysis.surveys.from_file import estimate_table
    from kyoto.analysis.surveys.request import Request, SampleColumns, Wanted
    from kyoto.analysis.surveys.tables_in import open_table

    start = time.perf_counter()
    with open_table(path) as table:
        sample = SampleColumns("w", replicates="rw*", kind="brr")
        found = estimate_table(table, sample, Request((Wanted("mean", "y"),), ("region",)))
    seconds = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"mean by 8 domains with replicate weights: {seconds:.1f} s, peak {memory:.2f} GiB ({len(found)} figures)")
    peer = bare(path)
    print(f"bare SQL {peer:.1f} s; ratio {seconds / peer:.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows with replicate weights; 0 leaves them out")
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--scratch", type=Path, help="folder for files of the run (8 GB at 10 million rows)")
    parser.add_argument("--only", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        big(options.only)
        return
    with tempfile.TemporaryDirectory(dir=options.scratch) as name:
        against_r(Path(name))
        if options.rows:
            path = Path(name) / "big.parquet"
            make_big(path, options.rows, options.replicates)
            size = path.stat().st_size / 1024**3
            print(
                f"{options.rows:,} rows, {options.replicates} replicate weights, {size:.1f} GiB of Parquet", flush=True
            )
            subprocess.run([sys.executable, __file__, "--only", str(path)], check=True)


if __name__ == "__main__":
    main()
