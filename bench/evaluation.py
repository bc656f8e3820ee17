"""Evaluation against its peers: ``python bench/evaluation.py``.

Four measurements, each in one run with its peer, as ratios of processor seconds:

1. Placebo inference over 9,642 places (16 quarters, 50 donors): all of them here, 20 of them with pysyncon, whose
   seconds are multiplied. The weights are compared by the fit they reach.
2. Callaway and Sant'Anna on 20,000 units and 12 periods: diff-diff, both without and with 999 bootstrap draws.
3. 10,000 bootstrap meta-analyses of 13 studies (REML): metafor where ``Rscript`` has it, 500 of them, multiplied.
4. Two-way fixed effects on 20,000 units and 12 periods, clustered: pyfixest, after its first call has compiled.

The data are synthetic, drawn with a fixed seed.
"""

from __future__ import annotations

import shutil
import subprocess
import time
import warnings

import numpy as np
import pandas as pd

from kyoto.analysis.evaluation import designs, synthesis
from kyoto.analysis.evaluation.designs.simulate import staggered_panel
from kyoto.analysis.evaluation.designs.synthetic import placebo_gaps_of_many

warnings.filterwarnings("ignore")


def seconds(work, repeat=1):
    """Processor seconds of one call, the least of several."""
    best = float("inf")
    for _ in range(repeat):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def report(name, own, peer, peer_name):
    print(f"{name:<52} own {own:8.2f} s   {peer_name} {peer:9.2f} s   {peer / own:8.1f} times")


def placebos(places=9642, donors=50, sample=20):
    from pysyncon import Synth

    generator = np.random.default_rng(1)
    level = generator.gamma(2, 3, size=(places + donors, 1))
    season = 1 + 0.2 * np.sin(np.arange(16))
    outcome = generator.poisson(level * season).astype(float)
    pool, targets = np.arange(donors), np.arange(donors, donors + places)
    own = seconds(lambda: placebo_gaps_of_many(outcome, targets, pool, 12))
    before = pd.DataFrame(outcome[:donors, :12].T)

    def peer():
        for place in range(donors, donors + sample):
            synth = Synth()
            own_path = pd.Series(outcome[place, :12], name="place")
            synth.fit(X0=before, X1=own_path, Z0=before, Z1=own_path, custom_V=np.ones(12))
            fits.append(float(((outcome[place, :12] - before.to_numpy() @ synth.W) ** 2).sum()))

    fits = []
    theirs = seconds(peer) * places / sample
    ours = (placebo_gaps_of_many(outcome, targets[:sample], pool, 12)[:, :12] ** 2).sum(axis=1)
    report(f"placebos over {places:,} places, {donors} donors", own, theirs, "pysyncon")
    worse = float(np.max(ours / np.array(fits)))
    print(f"    squared gap before, own over pysyncon's: at most {worse:.4f}")


def frame_of(panel):
    n, t = panel.outcome.shape
    start = np.array([0 if g < 0 else panel.periods[g] for g in panel.first])
    return pd.DataFrame(
        {
            "unit": np.repeat(np.arange(n), t),
            "time": np.tile(panel.periods, n),
            "y": panel.outcome.ravel(),
            "start": np.repeat(start, t),
            "on": panel.treated.ravel().astype(float),
        }
    )


def staggered():
    from diff_diff import CallawaySantAnna

    panel = staggered_panel(units=20_000, periods=12, cohorts=5, seed=1)
    table = frame_of(panel)
    for draws in (0, 999):
        own = seconds(
            lambda draws=draws: designs.callaway_santanna(
                designs.read_panel(table, unit="unit", period="time", outcome="y", start="start"), replicates=draws
            ),
            3,
        )
        peer = seconds(
            lambda draws=draws: CallawaySantAnna(n_bootstrap=draws, base_period="varying").fit(
                table, outcome="y", unit="unit", time="time", first_treat="start", aggregate="event_study"
            ),
            3,
        )
        report(f"Callaway–Sant'Anna 20,000 x 12, {draws} draws", own, peer, "diff-diff")


def fixed_effects():
    import pyfixest

    table = frame_of(staggered_panel(units=20_000, periods=12, cohorts=5, seed=1))
    panel = designs.read_panel(table, unit="unit", period="time", outcome="y", start="start")
    pyfixest.feols("y ~ on | unit + time", data=table.head(1200), vcov={"CRV1": "unit"})
    own = seconds(
        lambda: designs.panel_regression(table, outcome="y", regressors=["on"], unit="unit", period="time"), 3
    )
    peer = seconds(lambda: pyfixest.feols("y ~ on | unit + time", data=table, vcov={"CRV1": "unit"}), 3)
    report("two-way fixed effects 20,000 x 12, from a table", own, peer, "pyfixest")
    own = seconds(lambda: designs.two_way_fixed_effects(panel), 3)
    report("  the same from a checked panel, with Goodman-Bacon", own, peer, "pyfixest")


R_PEER = """
suppressMessages(library(metafor)); given <- as.numeric(commandArgs(trailingOnly=TRUE)); k <- length(given) / 2
y <- given[1:k]; v <- given[k + 1:k]; set.seed(1); started <- proc.time()
for (draw in 1:500) { i <- sample(k, k, replace=TRUE); try(rma(y[i], v[i], method="REML"), silent=TRUE) }
taken <- proc.time() - started; cat(taken[["user.self"]] + taken[["sys.self"]])
"""


def bootstrap():
    generator = np.random.default_rng(2)
    v = generator.uniform(0.01, 0.4, 13)
    y = generator.normal(-0.4, np.sqrt(v + 0.2))
    own = seconds(lambda: synthesis.bootstrap_pool(y, v, replicates=10_000), 3)
    if shutil.which("Rscript") is None:
        print(f"10,000 bootstrap meta-analyses own {own:.2f} s; no Rscript for metafor")
        return
    arguments = [f"{value:.12g}" for value in (*y, *v)]
    done = subprocess.run(["Rscript", "-e", R_PEER, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"10,000 bootstrap meta-analyses own {own:.2f} s; R has no metafor")
        return
    report("10,000 bootstrap meta-analyses, 13 studies", own, 20 * float(done.stdout), "metafor")


if __name__ == "__main__":
    bootstrap()
    placebos()
    staggered()
    fixed_effects()
