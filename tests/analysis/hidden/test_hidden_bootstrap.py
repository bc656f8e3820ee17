"""Bootstrap with selection: exact against R's own samples, Monte Carlo against the papers."""

from __future__ import annotations

import math
import shutil
import subprocess

import numpy as np
import pytest

from kyoto.analysis.hidden import bootstrap_population, rank_stability
from kyoto.analysis.hidden.bootstrap import (
    _criterion_procedure,
    _leave_one_out,
    _stepwise_procedure,
    acceleration,
    bca_limits,
)
from kyoto.analysis.hidden.selection import search_models, select_stepwise

# set.seed(1234); rmultinom(10, 123, c(41, 5, 5, 54, 6, 0, 12)/123), R 4.2.2; histories 001 010 100 110 101 011 111
R_SAMPLES = [
    [38, 6, 6, 51, 8, 0, 14],
    [39, 6, 5, 53, 7, 0, 13],
    [39, 4, 7, 57, 4, 0, 12],
    [43, 4, 4, 58, 2, 0, 12],
    [39, 5, 8, 50, 3, 0, 18],
    [34, 4, 5, 64, 7, 0, 9],
    [43, 11, 6, 47, 6, 0, 10],
    [42, 4, 5, 52, 7, 0, 13],
    [39, 2, 4, 56, 7, 0, 15],
    [40, 5, 6, 57, 7, 0, 8],
]
# estimate_population_stepwise(Korea, nboot = 10)$bootreps as printed in the help of MultipleSystemsEstimation 1.2.0
R_STEPWISE = [231.8182, 247.8, 288.75, 325.7143, 240.0, 123.3125, 295.0, 251.1, 232.9091, 123.5263]
R_STEPWISE_LIMITS = [127.9828, 236.3239, 325.7143, 325.7143]
# set.seed(1234); rmultinom(10, 123, c(5, 5, 41, 54, 6, 0, 12)/123): the BIC routine sorts the histories by size
R_SORTED_SAMPLES = [
    [2, 6, 32, 71, 3, 0, 9],
    [6, 5, 39, 57, 7, 0, 9],
    [4, 4, 44, 55, 4, 0, 12],
    [3, 2, 40, 58, 10, 0, 10],
    [7, 2, 34, 62, 6, 0, 12],
    [3, 7, 43, 43, 11, 0, 16],
    [5, 6, 42, 54, 5, 0, 11],
    [6, 5, 39, 60, 3, 0, 10],
    [6, 5, 40, 54, 7, 0, 11],
    [3, 7, 47, 52, 6, 0, 8],
]
# estimate_population_bic(Korea, nboot = 10): total, same help
R_BIC_LIMITS = [134.7272, 134.8201, 320.3872, 336.0]
LEVELS = (0.025, 0.1, 0.9, 0.975)


def r_rows(samples, masks) -> np.ndarray:
    rows = np.zeros((10, 8))
    rows[:, masks] = np.array(samples, dtype=float)
    return rows


def test_stepwise_replicates_equal_r(korea):
    values, _ = _stepwise_procedure(3, 0.02)(r_rows(R_SAMPLES, [4, 2, 1, 3, 5, 6, 7]))
    assert values[:, 0] == pytest.approx(R_STEPWISE, abs=6e-5)
    rows, weights = _leave_one_out(korea)
    jackknife, _ = _stepwise_procedure(3, 0.02)(rows)
    accelerated = acceleration(jackknife[:, 0], weights)
    assert accelerated == pytest.approx(-0.02877338, abs=5e-9)
    limits = bca_limits(values[:, 0], select_stepwise(korea).population.estimate, accelerated, LEVELS)
    assert limits == pytest.approx(R_STEPWISE_LIMITS, abs=6e-5)


def test_bic_limits_equal_r(korea):
    search = search_models(korea, "bic")
    again = _criterion_procedure(search.ranked, "bic")
    values, _ = again(r_rows(R_SORTED_SAMPLES, [1, 2, 4, 3, 5, 6, 7]))
    rows, weights = _leave_one_out(korea)
    accelerated = acceleration(again(rows)[0][:, -1], weights)
    limits = bca_limits(values[:, -1], search.population.estimate, accelerated, LEVELS)
    assert limits == pytest.approx(R_BIC_LIMITS, abs=1.1e-4)


@pytest.mark.shared
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="draws R's own samples with base R")
@pytest.mark.parametrize("name", ["UKdat_5", "Korea"])
def test_all_thousand_replicates_equal_r(name, published, lists, mse_folder):
    """With R's samples (rmultinom, seed 1234) the thousand estimates and limits are those of the R packages."""
    script = (
        f'd <- read.csv("{mse_folder / name}.csv"); set.seed(1234); '
        "write.table(rmultinom(1000, sum(d$count), d$count), row.names = FALSE, col.names = FALSE)"
    )
    done = subprocess.run(["Rscript", "--vanilla", "-e", script], capture_output=True, text=True, check=True)
    samples = np.array([line.split() for line in done.stdout.splitlines()], dtype=float).T
    table, wanted = lists(name), published["datasets"][name]
    lines = (mse_folder / f"{name}.csv").read_text(encoding="utf-8").splitlines()[1:]
    masks = [sum(int(value) << at for at, value in enumerate(line.split(",")[:-1])) for line in lines]
    rows = np.zeros((1000, table.counts.size))
    rows[:, masks] = samples
    values, _ = _stepwise_procedure(table.k, 0.02)(rows)
    reference = wanted["SparseMSE_BCa_nboot1000"]
    assert values.mean() == pytest.approx(reference["boot_mean"], rel=1e-9)
    assert np.median(values) == pytest.approx(reference["boot_median"], rel=1e-9)
    estimate = select_stepwise(table).population.estimate
    levels = [float(level) for level in reference["BCa"]]
    limits = bca_limits(values[:, 0], estimate, reference["ahat"], levels)
    # replicates of Korea tie with the estimate; which of them R counts as below it depends on their last digits
    assert limits == pytest.approx(list(reference["BCa"].values()), rel=1.5e-2 if name == "Korea" else 1e-6)
    if name == "Korea":
        return  # the BIC routine sorts its histories, so its samples are others
    _check_bic(table, rows, wanted["MSE_BCa_bic2_1000"])


def _check_bic(table, rows, wanted):
    search = search_models(table, "bic", order=2)
    ranked = search.ranked.subset(range(min(100, len(search.ranked))))
    again = _criterion_procedure(ranked, "bic")
    values, _ = again(rows)
    left_out, weights = _leave_one_out(table)
    jackknife, _ = again(left_out)
    for key, limits in wanted["BCa_by_ntop"].items():
        column = int(key.removeprefix("ntop")) - 1
        accelerated = acceleration(jackknife[:, column], weights)
        found = bca_limits(values[:, column], search.population.estimate, accelerated, LEVELS)
        assert found == pytest.approx(list(limits.values()), rel=1e-6)


@pytest.mark.shared
def test_bca_within_monte_carlo_error(published, lists):
    """SparseMSE::estimatepopulation(Kosovo, nboot = 1000): R's limits lie where ours scatter over seeds."""
    table = lists("Kosovo")
    found = np.array([bootstrap_population(table, "stepwise", seed=seed).limits(LEVELS) for seed in range(12)])
    wanted = published["datasets"]["Kosovo"]["SparseMSE_BCa_nboot1000"]["BCa"]
    reference = np.array([wanted[str(level)] for level in LEVELS])
    assert (np.abs(reference - found.mean(axis=0)) < 3.5 * found.std(axis=0, ddof=1)).all()


@pytest.mark.shared
def test_rank_stability_of_kosovo(published, lists):
    """Silverman, Chan and Vincent (2024), table 4: of 1,000 samples, how many chose among the first 1, 5, 10, 50."""
    boot = bootstrap_population(lists("Kosovo"), "bic", top=10**6, replicates=1000)
    wanted = published["published"]["Silverman_Chan_Vincent_2024"]["table4_rank_counts_of_1000"]["Kosovo"]
    frame = rank_stability(boot, tuple(int(rank) for rank in wanted))
    for share, count in zip(frame["share"], wanted.values(), strict=True):
        error = math.sqrt(2 * count / 1000 * (1 - count / 1000) / 1000)
        assert abs(share - count / 1000) <= 3.5 * error + 0.005


def test_same_seed_same_bits_and_another_seed_differs(korea):
    first, second, third = (bootstrap_population(korea, "bic", replicates=200, seed=seed) for seed in (3, 3, 4))
    assert (first.replicates == second.replicates).all()
    assert (first.replicates != third.replicates).any()


def test_replicates_without_an_estimate_lengthen_the_interval(artificial):
    boot = bootstrap_population(artificial, "main", replicates=2000, seed=2)
    assert boot.failed > 0
    assert np.isinf(boot.replicates).sum() == boot.failed
    assert np.isfinite(boot.population.upper)


def test_infinite_limits_are_refused():
    """One overlap only: a third of the samples have none, so there is no upper limit."""
    from kyoto.analysis.hidden import CaptureTable

    thin = CaptureTable.from_histories("AB", {(0,): 40, (1,): 30, (0, 1): 1})
    found = bootstrap_population(thin, "main", replicates=500).population
    assert found.estimate is None
    assert found.verdict == "unstable"


def test_percentile_limits_without_bias_or_acceleration():
    """With no bias and no acceleration BCa is the percentile method."""
    replicates = np.arange(1.0, 1000.0)
    assert bca_limits(replicates, 500.5, 0.0, (0.1, 0.9)) == pytest.approx(
        np.quantile(replicates, (0.1, 0.9)), rel=5e-3
    )


@pytest.mark.shared
def test_downhill_limits_of_table_6(published, lists):
    """Silverman, Chan and Vincent (2024), table 6: Korea downhill, 95% limits 128 to 349."""
    low, high = published["published"]["Silverman_Chan_Vincent_2024"]["table6"]["Korea"]["downhill95"]
    found = np.array(
        [bootstrap_population(lists("Korea"), "downhill", seed=seed).limits((0.025, 0.975)) for seed in range(4)]
    )
    assert low == pytest.approx(found[:, 0].mean(), rel=0.03)
    assert high == pytest.approx(found[:, 1].mean(), rel=0.1)


TABLE_6 = {
    "Korea": ("Korea", None),
    "Kosovo_order2": ("Kosovo", 2),
    "Kosovo_all": ("Kosovo", 3),
    "UK5_order2": ("UKdat_5", 2),
    "UK5_all": ("UKdat_5", 4),
}


def scattered(table, wanted, levels=(0.025, 0.975), **how):
    """Whether published limits lie where ours scatter over seeds (four deviations, and two per cent for rounding)."""
    found = np.array([bootstrap_population(table, seed=seed, **how).limits(levels) for seed in range(5)])
    allowed = 4 * found.std(axis=0, ddof=1) + 0.02 * np.array(wanted)
    return (np.abs(np.array(wanted) - found.mean(axis=0)) <= allowed).all(), found


@pytest.mark.shared
@pytest.mark.parametrize("select", ["bic", "downhill"])
@pytest.mark.parametrize("key", TABLE_6)
def test_limits_of_table_6(key, select, published, lists):
    """Silverman, Chan and Vincent (2024), table 6: BCa limits that repeat the choice by BIC, among all or downhill."""
    name, order = TABLE_6[key]
    wanted = published["published"]["Silverman_Chan_Vincent_2024"]["table6"][key]
    limits = wanted["all95" if select == "bic" else "downhill95"]
    fits, found = scattered(lists(name), limits, select=select, order=order)
    assert fits, (limits, found.tolist())


RANKED = [
    *(("Korea_table3", "Korea", top) for top in (1, 2, 6)),
    *(("Kosovo_table2", "Kosovo", top) for top in (1, 5, 10, 113)),
]


@pytest.mark.shared
@pytest.mark.parametrize(("percent", "levels"), [("80", (0.1, 0.9)), ("95", (0.025, 0.975))])
@pytest.mark.parametrize(("table", "name", "top"), RANKED)
def test_limits_by_the_number_of_models_to_choose_from(table, name, top, percent, levels, published, lists):
    """The same, tables 2 and 3: a replicate may choose among the first models of the data alone."""
    wanted = published["published"]["Silverman_Chan_Vincent_2024"][table][f"ntop{top}"][percent]
    fits, found = scattered(lists(name), wanted, levels, select="bic", top=top)
    assert fits, (wanted, found.tolist())


@pytest.mark.shared
@pytest.mark.parametrize("order", [2, 4])
def test_rank_stability_of_the_united_kingdom(order, published, lists):
    """The same, table 4: UKdat_5, where the first model of the data is chosen in a fifth of the samples or fewer."""
    boot = bootstrap_population(lists("UKdat_5"), "bic", order=order, top=10**6, replicates=1000)
    wanted = published["published"]["Silverman_Chan_Vincent_2024"]["table4_rank_counts_of_1000"][f"UK_order{order}"]
    frame = rank_stability(boot, tuple(int(rank) for rank in wanted))
    for share, count in zip(frame["share"], wanted.values(), strict=True):
        error = math.sqrt(2 * count / 1000 * (1 - count / 1000) / 1000)
        assert abs(share - count / 1000) <= 3.5 * error + 0.005


def test_lists_that_vanish_in_a_sample_are_left_out_there():
    """One person carries list D: a third of the samples have three lists, and still an estimate."""
    from kyoto.analysis.hidden import CaptureTable

    table = CaptureTable.from_histories(
        "ABCD", {(0,): 60, (1,): 50, (2,): 40, (0, 1): 12, (0, 2): 10, (1, 2): 9, (0, 3): 1}
    )
    boot = bootstrap_population(table, "main", replicates=400, seed=3)
    assert boot.failed == 0
    assert boot.population.verdict == "ok"
