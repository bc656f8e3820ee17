"""Strata, imperfect lists, diagnostics, planning, and the one call."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from kyoto.analysis.hidden import (
    CaptureTable,
    LinkageError,
    Options,
    PopulationEstimate,
    chao_lower_bound,
    compare_methods,
    estimate_overcounting,
    estimate_population,
    estimate_with_linkage_error,
    expected_precision,
    fit_loglinear,
    goodness_of_fit,
    heterogeneity_estimates,
    influence,
    leave_one_list_out,
    lists_needed,
    merge_lists,
    pooled_strata,
    rates,
    sample_coverage_estimate,
    separate_strata,
    simulate_coverage,
    trend,
)
from kyoto.analysis.hidden.imperfect import correct_links, truncated_mean
from kyoto.analysis.hidden.result import IMPRECISE
from kyoto.core.errors import KyotoError
from kyoto.core.results import Result

QUICK = Options(replicates=0)


def simulated(population, chances, seed):
    generator = np.random.default_rng(seed)
    on = generator.random((population, len(chances))) < np.array(chances)
    masks = (on * (1 << np.arange(len(chances)))).sum(axis=1)
    counts = np.bincount(masks, minlength=1 << len(chances)).astype(float)
    counts[0] = 0.0
    return CaptureTable(tuple("ABCDEF"[: len(chances)]), counts)


def test_two_lists_give_lincoln_petersen():
    table = CaptureTable.from_histories("AB", {(0,): 30, (1,): 20, (0, 1): 10})
    found = estimate_population(table, Options(select="main"))
    assert found.estimate == pytest.approx(40 * 30 / 10)
    assert found.lower < 120 < found.upper


def test_no_method_returns_a_meaningless_number(artificial, korea):
    """The cases in which Rcapture returns 10^10 and more."""
    for table, model in ((artificial, "[12,3]"), (artificial, "[12,13,23]"), (korea, "pairs"), (korea, "[12,13]")):
        found = estimate_population(table, Options(select="model", model=model))
        assert found.estimate is None
        assert found.lower is None
        assert found.verdict in {"no-mle", "not-identifiable"}
        assert found.note
    for table in (artificial, korea):
        for found in (*compare_methods(table, Options(replicates=200)), *heterogeneity_estimates(table)):
            assert found.estimate is None or found.upper <= IMPRECISE * table.observed
            assert (found.estimate is None) == (found.verdict != "ok")


def test_results_follow_the_contract(uk):
    found = estimate_population(uk, QUICK)
    assert isinstance(found, Result)
    assert found.tidy().columns[:5].tolist() == ["term", "estimate", "std_error", "lower", "upper"]
    table = compare_methods(uk, QUICK, methods=("loglinear", "chao"))
    assert "reach from" in table.summary()
    assert table.plot().to_dict()["layer"]
    for part in (fit_loglinear(uk), found):
        assert isinstance(part.tidy(), pd.DataFrame)
        assert part.plot().to_dict()


def test_permuting_lists_and_rows_changes_nothing(uk):
    order = [3, 0, 4, 1, 2]
    permuted = uk.merged([(uk.lists[at], (at,)) for at in order])
    for select in ("main", "stepwise", "bic"):
        options = Options(select=select, replicates=0)
        assert estimate_population(permuted, options).estimate == pytest.approx(
            estimate_population(uk, options).estimate, rel=1e-9
        )


def test_chao_interval_and_no_overlap():
    table = CaptureTable.from_histories("AB", {(0,): 30, (1,): 20, (0, 1): 10})
    found = chao_lower_bound(table, variant="classic")
    variance = 10 * (0.25 * 5**4 + 5**3 + 0.5 * 5**2)
    factor = math.exp(1.959963984540054 * math.sqrt(math.log1p(variance / 125**2)))
    assert (found.lower, found.upper) == pytest.approx((60 + 125 / factor, 60 + 125 * factor))
    alone = CaptureTable.from_histories("AB", {(0,): 30, (1,): 20})
    assert chao_lower_bound(alone).verdict == "no-overlap"


def test_coverage_interval_contains_the_truth():
    """A known population of 5,000 with four independent lists."""
    table = simulated(5000, (0.3, 0.25, 0.35, 0.2), seed=8)
    found = sample_coverage_estimate(table, "high")
    assert found.lower < 5000 < found.upper
    assert found.estimate == pytest.approx(5000, rel=0.05)


def test_separate_strata_add_up(uk):
    strata = {("f",): simulated(900, (0.3, 0.4, 0.3), 1), ("m",): simulated(2000, (0.3, 0.2, 0.4), 2)}
    table = separate_strata(strata, ["sex"], Options(select="main"))
    parts, total = list(table)[:2], list(table)[2]
    assert dict(total.strata) == {"sex": "_T"}
    assert total.estimate == pytest.approx(sum(part.estimate for part in parts))
    below = math.hypot(*(part.estimate - part.lower for part in parts))
    assert total.lower == pytest.approx(total.estimate - below)
    assert total.lower < 2900 < total.upper


def test_a_stratum_without_an_estimate_stops_the_sum(artificial):
    strata = {
        ("a",): simulated(900, (0.3, 0.4, 0.3), 1),
        ("b",): artificial.without(1),
        ("c",): artificial.with_counts(np.zeros(8)),
    }
    strata[("b",)] = CaptureTable.from_histories("ABC", {(0,): 5, (1,): 4})
    table = list(separate_strata(strata, ["area"], Options(select="main", replicates=0)))
    assert [row.verdict for row in table] == ["ok", "no-mle", "too-little-data", "too-little-data"]
    assert "b" in table[-1].note


def test_partial_pooling_adds_up_and_borrows():
    strata = {
        ("big",): simulated(20_000, (0.1, 0.12, 0.08), 1),
        ("small",): simulated(150, (0.1, 0.12, 0.08), 2),
        ("empty",): CaptureTable(tuple("ABC"), np.zeros(8)),
    }
    table = {row.strata["area"]: row for row in pooled_strata(strata, ["area"], model="main")}
    assert table["_T"].estimate == pytest.approx(table["big"].estimate + table["small"].estimate, rel=1e-9)
    assert table["big"].lower < 20_000 < table["big"].upper
    alone = estimate_population(strata[("small",)], Options(select="main"))
    pooled = table["small"]
    assert pooled.lower < 150 < pooled.upper
    assert pooled.upper - pooled.lower < (alone.upper or math.inf) - (alone.lower or 0)
    assert table["empty"].verdict == "too-little-data"


def test_partial_pooling_of_equal_strata_is_the_whole():
    """Two strata with the same counts: each is half of what the plain fit to all people gives."""
    half = simulated(8000, (0.3, 0.25, 0.2), seed=3)
    whole = fit_loglinear(half.with_counts(2 * half.counts), "main").population
    table = list(pooled_strata({("x",): half, ("y",): half}, ["half"], model="main"))
    assert table[-1].estimate == pytest.approx(whole.estimate, rel=0.01)
    assert table[0].estimate == pytest.approx(whole.estimate / 2, rel=0.01)


def test_rates_and_trend():
    found = PopulationEstimate("chao", "", 10, 50.0, 40.0, 70.0, strata={"sex": "f"})
    from kyoto.analysis.hidden import EstimateTable

    frame = rates(EstimateTable((found,)), {("f",): 1_000_000})
    assert frame.loc[0, ["rate", "rate_lower", "rate_upper"]].tolist() == pytest.approx([5.0, 4.0, 7.0])
    flat = [PopulationEstimate("chao", "", 10, 100.0, 80.0, 125.0)] * 4
    assert trend(flat).change == pytest.approx(0.0, abs=1e-12)
    assert trend(flat).lower < 0 < trend(flat).upper
    with pytest.raises(KyotoError):
        trend(flat[:2])


def test_truncated_poisson_mean():
    from scipy.stats import poisson

    for mean, bound in ((3.0, 5), (10.0, 4), (0.4, 0), (80.0, 60)):
        values = np.arange(bound + 1)
        chances = poisson.pmf(values, mean)
        wanted = (values * chances).sum() / chances.sum()
        assert truncated_mean(np.array([mean]), np.array([float(bound)]))[0] == pytest.approx(wanted, rel=1e-9)


def test_overcounting_list_recovers_the_population():
    """A true population of 6,000 with three lists, and 1,500 strangers on the third alone."""
    table = simulated(6000, (0.3, 0.25, 0.2), seed=5)
    counts = table.counts.copy()
    true_only = counts[0b100]
    counts[0b100] += 1500
    spoiled = table.with_counts(counts)
    naive = fit_loglinear(spoiled, "main").population
    assert not naive.lower < 6000 < naive.upper
    found = estimate_overcounting(spoiled, ["C"], "main", replicates=200)
    assert found.lower < 6000 < found.upper
    assert found.details["true_only"] == pytest.approx(true_only, rel=0.25)
    with pytest.raises(KyotoError):
        estimate_overcounting(table, ["D"])


def test_linkage_error_is_put_right():
    """One in ten people of several lists is split into two records; the plain estimate is too high."""
    table = simulated(5000, (0.3, 0.25), seed=6)
    generator = np.random.default_rng(7)
    counts = table.counts.copy()
    lost = generator.binomial(int(counts[3]), 0.1)
    counts[[1, 2]] += lost
    counts[3] -= lost
    broken = table.with_counts(counts)
    plain = fit_loglinear(broken, "main").population
    found = estimate_with_linkage_error(
        broken, LinkageError(missed=0.1, missed_sample=300), model="main", replicates=300
    )
    assert plain.estimate > 5400
    assert abs(found.estimate - 5000) < abs(plain.estimate - 5000)
    assert found.lower < 5000 < found.upper
    sure = estimate_with_linkage_error(
        broken, LinkageError(missed=0.1, missed_sample=10**7), model="main", replicates=300
    )
    assert found.upper - found.lower > sure.upper - sure.lower


def test_correcting_links_inverts_breaking_them():
    truth = np.array([0.0, 100.0, 80.0, 40.0, 60.0, 30.0, 20.0, 12.0])
    broken = truth.copy()
    for mask in (3, 5, 6):
        lost = 0.1 * truth[mask]
        broken[mask] -= lost
        for part in (1, 2, 4):
            broken[part] += lost if mask & part else 0.0
    lost = 0.1 * truth[7]
    broken[7] -= lost
    for part in (1, 2, 4):
        broken[part] += lost / 3
        broken[7 ^ part] += lost / 3
    assert correct_links(broken, 0.1, 0.0) == pytest.approx(truth, abs=1.5)
    assert correct_links(broken, 0.0, 0.0).tolist() == broken.tolist()


def test_leaving_out_and_merging(uk):
    without = leave_one_list_out(uk, QUICK)
    assert [row.strata["without"] for row in without] == list(uk.lists)
    assert next(iter(without)).observed == uk.observed - 54  # the people on LA alone
    merged = {row.strata["merged"]: row for row in merge_lists(uk, QUICK)}
    assert len(merged) == 10
    assert all(row.observed == uk.observed for row in merged.values())


def test_goodness_of_fit(korea):
    """Deviance 138.55 on 3 degrees of freedom: independence is out of the question; [12,23] fits."""
    bad, good = goodness_of_fit(korea, "main", replicates=200), goodness_of_fit(korea, "[12,23]", replicates=200)
    assert bad.deviance == pytest.approx(138.5548, abs=1e-3)
    assert bad.p_asymptotic < 1e-20
    assert bad.p_bootstrap == pytest.approx(1 / 201)
    assert 0.05 < good.p_bootstrap < 0.6
    assert good.p_asymptotic == pytest.approx(math.erfc(math.sqrt(good.deviance / 2)), rel=1e-9)


def test_influence_is_the_jackknife(korea):
    frame = influence(korea, Options(select="model", model="[12,23]"))
    counts = korea.counts.copy()
    counts[0b111] -= 1
    wanted = fit_loglinear(korea.with_counts(counts), "[12,23]").population.estimate
    assert frame.set_index("history").loc["b:c:d", "estimate"] == pytest.approx(wanted)


def test_coverage_of_the_profile_interval_is_near_its_level():
    table = simulated(3000, (0.25, 0.3, 0.2), seed=9)
    found = simulate_coverage(table, "main", Options(select="main"), datasets=300)
    assert found.share == pytest.approx(0.95, abs=3.5 * math.sqrt(0.95 * 0.05 / 300))
    assert abs(found.bias) < 0.02 * found.truth


@pytest.mark.shared
def test_coverage_of_the_stepwise_bootstrap(uk, published):
    """Chan, Silverman and Vincent (2021, section 4): 90% coverage of the 95% interval, 500 tables from the UK fit.

    Five hundred tables give 0.888 here (and 0.712 for 80%, root mean squared error 2,968); sixty are tried in the test.
    """
    wanted = published["published"]["Chan_Silverman_Vincent_2021"]["simulation_UKdat_5"]["BCa95_coverage"]
    found = simulate_coverage(uk, "[12,13,24,25,35,45]", Options(), datasets=60)
    assert abs(found.share - wanted) < 3.5 * math.sqrt(wanted * (1 - wanted) / 60)
    assert found.refused == 0


def test_planning_agrees_with_simulation():
    """Expected half-width against the spread of estimates from 300 simulated surveys."""
    chances = (0.12, 0.1, 0.15)
    estimates = [fit_loglinear(simulated(8000, chances, seed), "main").population.estimate for seed in range(300)]
    wanted = 1.959963984540054 * np.std(estimates) / 8000
    assert expected_precision(8000, chances) == pytest.approx(wanted, rel=0.12)


def test_more_lists_until_enough():
    frame = lists_needed(10_000, 0.05, 0.1)
    assert frame["precision"].is_monotonic_decreasing
    assert frame["enough"].tolist() == [False] * (len(frame) - 1) + [True]
