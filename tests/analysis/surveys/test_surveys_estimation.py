"""Estimates equal those of R survey 4.1-1 to 10 digits; the R calls stand in golden.R, the figures in golden.json."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from kyoto.analysis.surveys.arrays import codes_of
from kyoto.analysis.surveys.contrasts import change, contrast, differences, joint_test
from kyoto.analysis.surveys.design import make_design
from kyoto.analysis.surveys.estimation import mean, proportion, ratio, total
from kyoto.analysis.surveys.quantiles import quantile
from kyoto.analysis.surveys.regression import regress
from kyoto.analysis.surveys.replicate_weights import hadamard, make_replicates
from kyoto.analysis.surveys.replicates import replicate_design
from kyoto.core.errors import KyotoError

STORE = json.loads((Path(__file__).parent / "golden.json").read_text(encoding="utf-8"))
GOLDEN = STORE["golden"]
SCHOOLS = {
    name: np.array([np.nan if value is None else value for value in column])
    for name, column in STORE["schools"].items()
}
HALF = np.where(SCHOOLS["dnum"] <= np.median(np.unique(SCHOOLS["dnum"])), 1, 2)
DESIGNS = {
    "d": make_design(
        SCHOOLS["pw"], clusters=[SCHOOLS["dnum"], SCHOOLS["snum"]], fpc=[SCHOOLS["fpc1"], SCHOOLS["fpc2"]]
    ),
    "dw": make_design(SCHOOLS["pw"], clusters=[SCHOOLS["dnum"]]),
    "dst": make_design(SCHOOLS["pw"], strata=[HALF], clusters=[SCHOOLS["dnum"]]),
}
# Levy & Lemeshow, Sampling of Populations, ambulance example; Stata's documentation, fpc example
AREA, ARRESTS, ALIVE = [1, 1, 2, 2, 3, 3], [120.0, 78, 185, 228, 670, 530], [25.0, 24, 30, 49, 80, 70]
STRATUM, UNIT = [1, 1, 1, 1, 1, 2, 2, 2], [1, 2, 3, 4, 5, 1, 2, 3]
WEIGHT, SIZE, X = [3, 3, 3, 3, 3, 4, 4, 4], [15] * 5 + [12] * 3, [2.8, 4.1, 6.8, 6.8, 9.2, 3.7, 6.6, 4.2]


def values(found, *names):
    return [getattr(figure, name) for name in names for figure in found]


def same(name, found):
    expected = np.array(GOLDEN[name], dtype=float)
    np.testing.assert_allclose(np.ravel(np.array(found, dtype=float)), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", DESIGNS)
def test_means_totals_ratios(name):
    design = DESIGNS[name]
    found = mean(design, SCHOOLS["api00"])
    same(
        f"{name}.mean",
        [*values(found, "estimate", "std_error", "deff", "lower", "upper"), design.degrees_of_freedom()],
    )
    same(f"{name}.total", values(total(design, SCHOOLS["enroll"]), "estimate", "std_error", "deff"))
    found = ratio(design, SCHOOLS["enroll"], SCHOOLS["api99"])
    same(f"{name}.ratio", values(found, "estimate", "std_error", "deff"))
    assert found[0].missing == 8


@pytest.mark.parametrize("name", DESIGNS)
def test_domains_and_their_covariance(name):
    design = DESIGNS[name]
    found = mean(design, SCHOOLS["api00"], by={"stype": SCHOOLS["stype"]})
    same(f"{name}.by", values(found, "estimate", "std_error", "deff"))
    same(f"{name}.by.covariance", found.covariance)
    by = {"wide": SCHOOLS["sch.wide"], "stype": SCHOOLS["stype"]}
    same(f"{name}.total.by", values(total(design, SCHOOLS["enroll"], by=by), "estimate", "std_error"))
    middle = contrast(found, [-1, 0, 1], term="middle less elementary")[0]
    same(f"{name}.contrast", [middle.estimate, middle.std_error])


@pytest.mark.parametrize("name", DESIGNS)
def test_shares_and_their_limits(name):
    design = DESIGNS[name]
    same(f"{name}.shares", values(proportion(design, SCHOOLS["stype"]), "estimate", "std_error", "deff"))
    yes = SCHOOLS["sch.wide"] == "Yes"
    for method, golden in (("logit", "logit"), ("beta", "beta"), ("wald", "mean")):
        found = proportion(design, yes, method=method)
        same(f"{name}.ci.{golden}", values(found, "estimate", "lower", "upper"))


@pytest.mark.parametrize("name", DESIGNS)
def test_quantiles(name):
    found = quantile(DESIGNS[name], SCHOOLS["api00"], [0.1, 0.5, 0.75])
    rows = [[one.estimate, one.lower, one.upper, one.std_error] for one in found]
    expected = np.array(GOLDEN[f"{name}.quantiles"], dtype=float).reshape(3, 4)
    known = ~np.isnan(expected)  # R gives none where a limit lies beyond the data
    np.testing.assert_allclose(np.array(rows)[known], expected[known], rtol=1e-10)


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize(
    ("family", "golden", "predictors"),
    [
        ("linear", "gaussian", ("ell", "meals", "stype")),
        ("logistic", "quasibinomial", ("ell", "sch.wide")),
        ("poisson", "quasipoisson", ("ell", "stype")),
    ],
)
def test_regression(name, family, golden, predictors):
    outcome = {
        "linear": SCHOOLS["api00"],
        "logistic": (SCHOOLS["api00"] > 640).astype(float),
        "poisson": SCHOOLS["enroll"],
    }[family]
    found = regress(DESIGNS[name], outcome, {one: SCHOOLS[one] for one in predictors}, family=family)
    same(f"{name}.{golden}", [*found.coefficients, *np.sqrt(np.diag(found.covariance)), found.df])


def test_jackknives():
    one = make_replicates(DESIGNS["dw"], "jk1")
    same(
        "jk1.mean",
        [*values(mean(one, SCHOOLS["api00"]), "estimate", "std_error", "deff"), one.degrees_of_freedom()],
    )
    same("jk1.ratio", values(ratio(one, SCHOOLS["enroll"], SCHOOLS["api99"]), "estimate", "std_error"))
    rows = [[f.estimate, f.lower, f.upper, f.std_error] for f in quantile(one, SCHOOLS["api00"], [0.25, 0.5])]
    same("jk1.quantiles", rows)
    strata = make_replicates(DESIGNS["dst"], "jkn")
    same("jkn.by", values(mean(strata, SCHOOLS["api00"], by={"s": SCHOOLS["stype"]}), "estimate", "std_error"))
    same("jkn.ratio", values(ratio(strata, SCHOOLS["enroll"], SCHOOLS["api99"]), "estimate", "std_error"))
    found = regress(strata, SCHOOLS["api00"], {"ell": SCHOOLS["ell"], "meals": SCHOOLS["meals"]})
    same("jkn.gaussian", [*found.coefficients, *np.sqrt(np.diag(found.covariance))])
    around = make_replicates(DESIGNS["dst"], "jkn", around_estimate=True)
    same("jkn.mse", values(ratio(around, SCHOOLS["enroll"], SCHOOLS["api99"]), "estimate", "std_error"))


@pytest.mark.parametrize(("golden", "kind", "rho"), [("BRR", "brr", 0.0), ("Fay", "fay", 0.3)])
def test_balanced_halves_of_the_ambulance_areas(golden, kind, rho):
    sets = np.array(GOLDEN[f"scd.{golden}.weights"]).reshape(6, -1)
    given = replicate_design(np.full(6, 3.0), sets, kind, rho=rho)
    figures = [
        *values(ratio(given, ALIVE, ARRESTS), "estimate", "std_error"),
        *values(mean(given, ALIVE), "estimate", "std_error"),
    ]
    same(f"scd.{golden}", figures)
    own = make_replicates(make_design(np.full(6, 3.0), strata=[AREA], clusters=[range(6)]), kind, rho=rho)
    # any balanced set gives a linear figure the same variance
    assert values(mean(own, ALIVE), "std_error")[0] == pytest.approx(GOLDEN[f"scd.{golden}"][3], rel=1e-12)


@pytest.mark.parametrize("golden", ["BRR", "Fay"])
@pytest.mark.parametrize(("r_type", "kind"), [("bootstrap", "bootstrap"), ("ACS", "sdr"), ("JK2", "jk2")])
def test_scales_of_replicate_kinds(golden, r_type, kind):
    sets = np.array(GOLDEN[f"scd.{golden}.weights"]).reshape(6, -1)
    found = ratio(replicate_design(np.full(6, 3.0), sets, kind), ALIVE, ARRESTS)
    same(f"scd.{golden}.{r_type}", values(found, "estimate", "std_error"))


def test_fpc_as_population_and_as_fraction():
    design = make_design(WEIGHT, strata=[STRATUM], clusters=[UNIT], fpc=[SIZE])
    same("fpc", [*values(total(design, X), "estimate", "std_error"), *values(mean(design, X), "estimate", "std_error")])
    fraction = make_design(WEIGHT, strata=[STRATUM], clusters=[UNIT], fpc=[[1 / 3] * 5 + [0.25] * 3])
    same("fpc.fraction", values(total(fraction, X), "estimate", "std_error"))


@pytest.mark.parametrize("rule", ["remove", "adjust", "average"])
def test_one_cluster_in_a_stratum_by_rule(rule):
    design = make_design(
        WEIGHT, strata=[[*STRATUM[:7], 3]], clusters=[UNIT], fpc=[[15] * 5 + [12] * 2 + [9]], lonely=rule
    )
    same(
        f"lonely.{rule}",
        [*values(total(design, X), "estimate", "std_error"), *values(mean(design, X), "estimate", "std_error")],
    )


def test_one_cluster_in_a_stratum_fails_by_default():
    with pytest.raises(KyotoError) as caught:
        make_design(WEIGHT, strata=[[*STRATUM[:7], 3]], clusters=[UNIT])
    assert caught.value.code == "survey.lonely-cluster"
    assert "3" in caught.value.got


def test_certainty_units_add_no_variance():
    """A stratum taken whole is no lonely cluster and adds nothing, as its sampling fraction is 1."""
    sure = make_design([2.0, 2, 2, 1], strata=[[1, 1, 1, 2]], clusters=[[1, 2, 3, 4]], fpc=[[6, 6, 6, 1]])
    alone = make_design([2.0, 2, 2], strata=[[1, 1, 1]], clusters=[[1, 2, 3]], fpc=[[6, 6, 6]])
    whole, part = total(sure, [1.0, 4, 6, 100])[0], total(alone, [1.0, 4, 6])[0]
    assert whole.std_error == pytest.approx(part.std_error, rel=1e-14)
    assert whole.estimate == part.estimate + 100


def test_replicates_follow_the_linear_variance_for_totals():
    """Jackknife and balanced halves of a total give Taylor's variance exactly; the bootstrap does on average."""
    design = make_design(np.full(8, 5.0), strata=[[1, 1, 2, 2, 3, 3, 4, 4]], fpc=[[20] * 8])
    y = np.array([3.0, 5, 1, 8, 2, 2.5, 9, 4])
    expected = total(design, y)[0].std_error
    assert total(make_replicates(design, "jkn"), y)[0].std_error == pytest.approx(expected, rel=1e-12)
    plain = make_design(np.full(8, 5.0), strata=[[1, 1, 2, 2, 3, 3, 4, 4]])
    assert total(make_replicates(plain, "brr"), y)[0].std_error == pytest.approx(
        total(plain, y)[0].std_error, rel=1e-12
    )
    boot = make_replicates(design, "bootstrap", count=4000, seed=3)
    assert total(boot, y)[0].std_error == pytest.approx(expected, rel=0.05)
    again = make_replicates(design, "bootstrap", count=4000, seed=3)
    assert np.array_equal(boot.replicates, again.replicates)


def test_successive_differences_are_half_the_sum_of_squared_steps():
    y = np.array([3.0, 5, 1, 8, 2, 2.5, 9, 4])
    design = make_replicates(make_design(np.ones(8)), "sdr", count=16, around_estimate=True)
    steps = np.append(np.diff(y), y[0] - y[-1])
    assert total(design, y)[0].std_error ** 2 == pytest.approx((steps**2).sum() / 2, rel=1e-12)


@pytest.mark.parametrize("least", [1, 2, 3, 5, 9, 13, 20, 21, 37, 60, 100, 161])
def test_hadamard_matrices(least):
    matrix = hadamard(least)
    assert len(matrix) >= least
    assert np.array_equal(matrix.T @ matrix, len(matrix) * np.eye(len(matrix)))
    assert (matrix[:, 0] == 1).all()


def test_zero_weights_stay_in_the_design():
    """A person without weight adds to no figure, but the cluster still counts (brute force over cluster totals)."""
    design = make_design([2.0, 2, 0, 3], clusters=[[1, 1, 2, 3]])
    found = total(design, [1.0, 2, 50, 3])[0]
    clusters = np.array([6.0, 0, 9])
    assert found.n == 3
    assert found.estimate == 15
    assert found.std_error == pytest.approx(np.sqrt(3 / 2 * ((clusters - 5) ** 2).sum()))


def test_a_domain_with_nobody_has_no_estimate():
    design = make_design([1.0, 1, 1, 0], clusters=[[1, 2, 3, 4]])
    found = total(design, [1.0, 2, np.nan, 7], by={"area": ["a", "a", "b", "c"]})
    assert [one.estimate for one in found] == [3.0, None, None]
    assert [one.missing for one in found] == [0, 1, 0]
    assert found[1].note.startswith("Nobody")
    assert found.tidy()["estimate"].isna().tolist() == [False, True, True]


def test_shares_of_zero_and_one_have_an_interval():
    """Exact binomial limits (Clopper & Pearson 1934): of 0 in 50 the upper is 1 - 0.025^(1/50)."""
    nobody = proportion(make_design(np.ones(50)), [0] * 50, name="hit")
    assert [(one.term, one.estimate, one.lower) for one in nobody] == [("hit=1", 0.0, 0.0)]
    assert nobody[0].upper == pytest.approx(1 - 0.025 ** (1 / 50), rel=1e-9)
    all_of_them = proportion(make_design(np.ones(50)), ["b"] * 50, by={"g": ["x"] * 25 + ["y"] * 25})
    assert all_of_them[0].lower == pytest.approx(0.025 ** (1 / 25), rel=1e-9)


def test_differences_use_the_covariance_and_waves_do_not():
    design = DESIGNS["dst"]
    found = mean(design, SCHOOLS["api00"], by={"s": SCHOOLS["stype"]})
    pair = differences(found)[0]
    variance = found.covariance[0, 0] + found.covariance[1, 1] - 2 * found.covariance[0, 1]
    assert pair.std_error == pytest.approx(np.sqrt(variance), rel=1e-12)
    waves = change(found, found)
    assert waves[0].estimate == 0
    assert waves[0].std_error == pytest.approx(np.sqrt(2) * found[0].std_error, rel=1e-12)
    assert waves[0].p_value == pytest.approx(1.0)


def test_change_in_a_panel_has_the_covariance_of_its_people():
    """Both waves in one design, persons as clusters: the standard error is that of the paired differences."""
    random = np.random.default_rng(6)
    first = random.normal(10, 3, 40)
    second = first + random.normal(1, 1, 40)
    panel = make_design(np.full(80, 25.0), clusters=[np.tile(np.arange(40), 2)])
    waves = mean(panel, np.append(first, second), by={"wave": np.repeat([1, 2], 40)})
    found = differences(waves)[0]
    gain = second - first
    assert found.estimate == pytest.approx(gain.mean())
    assert found.std_error == pytest.approx(gain.std(ddof=1) / np.sqrt(40), rel=1e-12)
    apart = change(mean(make_design(np.ones(40)), first), mean(make_design(np.ones(40)), second))[0]
    assert apart.std_error > 2 * found.std_error


def test_joint_test_of_two_groups_is_the_square_of_t():
    found = mean(DESIGNS["dst"], SCHOOLS["api00"], by={"w": SCHOOLS["sch.wide"]})
    pair, joint = differences(found)[0], joint_test(found)
    assert joint["statistic"] == pytest.approx(pair.statistic**2, rel=1e-10)
    assert joint["p_value"] == pytest.approx(pair.p_value, rel=1e-8)


@pytest.mark.parametrize(
    ("change_of", "code"),
    [
        ({"weights": [1, np.nan, 1, 1]}, "survey.missing-weight"),
        ({"weights": [1, -1, 1, 1]}, "survey.negative-weight"),
        ({"weights": [0, 0, 0, 0]}, "survey.no-weight"),
        ({"strata": [["a", None, "a", "a"]]}, "survey.missing-design"),
        ({"fpc": [[9, 9, 9, 8]]}, "survey.uneven-fpc"),
        ({"fpc": [[3, 3, 3, 3]]}, "survey.fpc-too-small"),
        ({"fpc": [[np.nan] * 4]}, "survey.missing-design"),
    ],
)
def test_designs_that_cannot_be(change_of, code):
    settings = {"weights": [1.0, 1, 1, 1], **change_of}
    with pytest.raises(KyotoError) as caught:
        make_design(settings.pop("weights"), **settings)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("sets", "kind", "code"),
    [
        (np.ones((3, 4)), "brr", "survey.replicates-mismatch"),
        (np.full((4, 4), np.nan), "brr", "survey.replicates-mismatch"),
        (np.full((4, 4), 9.0), "brr", "survey.replicates-mismatch"),
        (np.ones((4, 4)), "jkn", "survey.replicate-scales"),
        (np.ones((4, 4)), "brrr", "survey.unknown-replicates"),
    ],
)
def test_replicates_that_do_not_match(sets, kind, code):
    with pytest.raises(KyotoError) as caught:
        replicate_design(np.ones(4), sets, kind)
    assert caught.value.code == code


def test_regression_that_has_no_answer():
    design = make_design(np.ones(6))
    x = [0.0, 0, 0, 1, 1, 1]
    for outcome, predictors, family, code in (
        (x, {"x": x}, "logistic", "survey.regression-separated"),
        (x, {"a": x, "b": x}, "linear", "survey.regression-rank"),
        ([2.0] * 6, {"a": x}, "logistic", "survey.regression-outcome"),
        (x, {"a": x}, "probit", "survey.unknown-family"),
    ):
        with pytest.raises(KyotoError) as caught:
            regress(design, outcome, predictors, family=family)
        assert caught.value.code == code


def test_codes_keep_missing_apart():
    assert codes_of(["b", None, "a"])[0].tolist() == [1, -1, 0]
