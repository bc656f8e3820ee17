"""Every deterministic number of the R packages, to six digits; each test names the call it repeats.

Reference: published.json of the shared data (R 4.2.2; MultipleSystemsEstimation 1.2.0, SparseMSE 2.0.1, Rcapture 1.4-4,
CARE1 1.1.0, dga 2.0.2).
"""

from __future__ import annotations

import numpy as np
import pytest

from kyoto.analysis.hidden import (
    average_graphs,
    chao_lower_bound,
    check_model,
    fit_loglinear,
    heterogeneity_model,
    search_downhill,
    search_models,
    select_stepwise,
)
from kyoto.analysis.hidden.bootstrap import _leave_one_out, _stepwise_procedure, acceleration
from kyoto.analysis.hidden.coverage import coverage_point
from kyoto.analysis.hidden.faces import split_model
from kyoto.analysis.hidden.hierarchy import main_effects
from kyoto.analysis.hidden.loglinear import profile_interval

pytestmark = pytest.mark.shared
FULL = ["UKdat_5", "Kosovo", "Korea", "Artificial_3", "CARE1_HAV", "dga_MadiganYork3_spina"]
SIX = 1e-6


@pytest.mark.parametrize("name", FULL)
def test_main_effects_equal_glm(name, published, lists):
    """glm(count ~ ., poisson) on the full table, and SparseMSE::estimatepopulation.0(method = 'main')."""
    table, wanted = lists(name), published["datasets"][name]["main_effects"]
    fit = fit_loglinear(table, "main")
    assert fit.population.estimate == pytest.approx(wanted["N"], rel=SIX)
    assert fit.hidden_std_error == pytest.approx(wanted["se_intercept"], rel=SIX)
    assert fit.deviance == pytest.approx(wanted["deviance"], rel=SIX)
    assert fit.residual_df == wanted["df"]
    assert fit.aic == pytest.approx(wanted["AIC"], rel=SIX)
    assert fit.bic == pytest.approx(wanted["BIC_log_nobs"], rel=SIX)
    coefficients = {("(Intercept)" if key == "" else key): value for key, value in fit.coefficients.items()}
    for key, value in wanted["coef"].items():
        assert coefficients[key] == pytest.approx(value, rel=SIX, abs=1e-7)
    limits = [table.observed + fit.hidden * np.exp(sign * 1.959963984540054 * fit.hidden_std_error) for sign in (-1, 1)]
    main = published["datasets"][name]["SparseMSE_main"]["CI95_and_est"]
    assert limits == pytest.approx([main["2.5%"], main["97.5%"]], rel=5e-5)  # glm stops one step early
    assert fit.population.estimate == pytest.approx(main["point est."], rel=SIX)


@pytest.mark.parametrize("name", FULL)
def test_stepwise_equals_both_packages(name, published, lists):
    """SparseMSE method = 'stepwise' and MultipleSystemsEstimation::estimate_population_stepwise, pthresh = 0.02."""
    wanted, sparse = (published["datasets"][name][key] for key in ("MSE_stepwise", "SparseMSE_stepwise"))
    fit = select_stepwise(lists(name))
    assert fit.model == wanted["model"]
    assert fit.population.estimate == pytest.approx(wanted["N"], rel=SIX)
    assert fit.bic == pytest.approx(wanted["bic"], rel=SIX)
    assert fit.aic == pytest.approx(sparse["aic"], rel=SIX)
    assert fit.deviance == pytest.approx(sparse["deviance"], rel=SIX)
    for key, value in sparse["coef"].items():
        assert fit.coefficients["" if key == "(Intercept)" else key] == pytest.approx(value, rel=SIX, abs=1e-7)


@pytest.mark.parametrize("name", ["UKdat_5", "Kosovo", "Korea", "Artificial_3"])
def test_stepwise_acceleration_equals_sparsemse(name, published, lists):
    """SparseMSE::estimatepopulation(...)$ahat: the jackknife repeats the selection."""
    table = lists(name)
    rows, weights = _leave_one_out(table)
    values, _ = _stepwise_procedure(table.k, 0.02)(rows)
    wanted = published["datasets"][name]["SparseMSE_BCa_nboot1000"]["ahat"]
    assert acceleration(values[:, 0], weights) == pytest.approx(wanted, rel=1e-5 if name == "Artificial_3" else SIX)


@pytest.mark.parametrize("name", FULL)
def test_existence_of_all_pairs(name, published, lists):
    """SparseMSE::checkident(z, mX = 0)."""
    assert check_model(lists(name), "pairs").code == published["datasets"][name]["checkident_full_pairwise"]["code"]


@pytest.mark.parametrize("name", FULL)
def test_model_search_equals_bic_enumeration(name, published, lists):
    """MultipleSystemsEstimation::estimate_population_bic(maxorder = 2, 3, 4): counts, ranking, N and BIC."""
    for key, wanted in published["datasets"][name]["MSE_bic"].items():
        search = search_models(lists(name), "bic", order=int(key.removeprefix("maxorder")))
        assert len(search.values) == wanted["n_models_kept"]
        assert search.best.model == wanted["model"]
        frame = search.tidy(top=len(wanted["top"]))
        assert frame["model"].tolist() == [row["model"] for row in wanted["top"]]
        assert frame["estimate"].tolist() == pytest.approx([row["N"] for row in wanted["top"]], rel=SIX)
        assert frame["bic"].tolist() == pytest.approx([row["BIC"] for row in wanted["top"]], rel=SIX)


@pytest.mark.parametrize("name", FULL)
@pytest.mark.parametrize("criterion", ["aic", "bic"])
def test_models_equal_rcapture_closedpms(name, criterion, published, lists):
    """Rcapture::closedpMS.t: models it calls best, except those that have no estimate (it prints 10^10 and more)."""
    table = lists(name)
    for row in published["datasets"][name]["Rcapture_MS"][f"best_by_{criterion.upper()}"]:
        fit = fit_loglinear(table, row["model"])
        if row["abundance"] > 1e9:
            assert fit.population.estimate is None
            assert fit.verdict.code in (1, 2, 3)
            continue
        assert fit.population.estimate == pytest.approx(row["abundance"], rel=SIX)
        assert fit.aic == pytest.approx(row["AIC"], rel=SIX)
        assert fit.bic == pytest.approx(row["BIC"], rel=SIX)
        if not fit.verdict.minus_infinity:
            assert fit.population.std_error == pytest.approx(row["stderr"], rel=1e-4)


SHAPES = {
    "M0": ("none", False), "Mt": ("none", True), "Mh Chao (LB)": ("chao", False), "Mh Poisson2": ("poisson", False),
    "Mh Darroch": ("darroch", False), "Mh Gamma3.5": ("gamma", False), "Mth Chao (LB)": ("chao", True),
    "Mth Poisson2": ("poisson", True), "Mth Darroch": ("darroch", True), "Mth Gamma3.5": ("gamma", True),
}  # fmt: skip


@pytest.mark.parametrize("name", FULL)
def test_heterogeneity_equals_rcapture_closedp(name, published, lists):
    """Rcapture::closedp.t(X, dfreq = TRUE): M0, Mt, Mh and Mth."""
    table = lists(name)
    for row in published["datasets"][name]["Rcapture_closedp"]["results"]:
        if row["model"] not in SHAPES:
            continue  # Mb and Mbh need an order of the lists, which registers do not have
        shape, by_list = SHAPES[row["model"]]
        found = heterogeneity_model(table, shape, by_list=by_list)
        if name == "Artificial_3" and shape in ("poisson", "darroch", "gamma"):
            assert found.verdict == "no-mle"  # nobody is on three lists; Rcapture returns n + 0.0000000448
            continue
        assert found.estimate == pytest.approx(row["abundance"], rel=SIX)
        assert found.std_error == pytest.approx(row["stderr"], rel=1e-4)  # glm's weights are one step old
        assert found.details["deviance"] == pytest.approx(row["deviance"], rel=SIX, abs=1e-6)
        assert found.details["bic"] == pytest.approx(row["BIC"], rel=SIX)


@pytest.mark.parametrize("name", FULL)
def test_profile_limits_equal_rcapture_closedpci(name, published, lists):
    """Rcapture::closedpCI.t(m = 'Mt'): equal with Stirling's factorials, as it uses; close with exact ones."""
    table, wanted = lists(name), published["datasets"][name]["Rcapture_Mt_CI"]["CI"]
    cells = np.empty(table.counts.size, dtype=np.bool_)
    finite = split_model(table.counts, main_effects(table.k), cells)
    start = fit_loglinear(table, "main").hidden
    stirling = profile_interval(table, finite, cells, level=0.95, start=start, stirling=True)
    assert stirling == pytest.approx((wanted["infCL"], wanted["supCL"]), rel=1e-5)
    exact = profile_interval(table, finite, cells, level=0.95, start=start)
    assert exact == pytest.approx((wanted["infCL"], wanted["supCL"]), rel=2e-4)


@pytest.mark.parametrize("name", FULL)
def test_chao_formulas(name, published, lists):
    """Closed forms of Chao (1987)."""
    wanted = published["datasets"][name]["chao_formulas"]
    keys = {"classic": "chao_f1f2", "bias-corrected": "chao_f1f2_bias_corrected", "lists": "chao_k_corrected"}
    for variant, key in keys.items():
        assert chao_lower_bound(lists(name), variant=variant).estimate == pytest.approx(wanted[key], rel=SIX)


@pytest.mark.parametrize("name", FULL)
def test_coverage_equals_care1(name, published, lists):
    """CARE1::estN(method = 'Indep', 'HSC', 'LSC')."""
    wanted = published["datasets"][name]["CARE1"]
    for variant, key in (("independent", "Indep"), ("high", "HSC"), ("low", "LSC")):
        value = wanted[key][0][0]
        found = coverage_point(lists(name), variant)
        if value is None:
            assert np.isnan(found)
        else:
            assert found == pytest.approx(value, rel=SIX)


@pytest.mark.parametrize("name", ["Korea", "Kosovo", "UKdat_5", "dga_MadiganYork5", "dga_MadiganYork3_spina"])
def test_graphs_equal_dga(name, published, lists):
    """dga::bma.cr with its default prior, three deltas: moments, quantiles, mode, and weights of the graphs."""
    table, reference = lists(name), published["datasets"][name]["dga"]
    last = int(reference["Nmissing"].split(":")[1])
    for key, wanted in reference.items():
        if not key.startswith("delta_"):
            continue
        found = average_graphs(table, delta=float(key.removeprefix("delta_")), missing=last)
        assert len(found.graphs) == reference["n_graphs"]
        assert found.mean == pytest.approx(wanted["mean"], rel=1e-9)
        assert found.mode == wanted["mode"]
        for probability, label in ((0.025, "q025"), (0.1, "q10"), (0.5, "median"), (0.9, "q90"), (0.975, "q975")):
            assert found.quantile(probability) == wanted[label]
        assert found.posterior[-100:].sum() == pytest.approx(wanted["prob_at_upper_end"], rel=0.05)
        for graph, weight, row in zip(found.graphs, found.weights, wanted["top_models"], strict=False):
            cliques = row["cliques"] if isinstance(row["cliques"], list) else [row["cliques"]]
            assert weight == pytest.approx(row["prob"], rel=SIX, abs=1e-15)
            assert sorted(cliques) == sorted(graph.model.strip("[]").split(","))


def test_chan_silverman_vincent_2021(published, artificial):
    """Table 2: SparseMSE::checkident on Artificial_3."""
    for model, code in published["published"]["Chan_Silverman_Vincent_2021"]["Artificial_3_checkident"].items():
        assert check_model(artificial, model).code == code


def test_silverman_chan_vincent_2024_table_6(published, lists):
    """Point estimates of the search over all models and over pairs only."""
    table = published["published"]["Silverman_Chan_Vincent_2024"]["table6"]
    for key, name, order in (
        ("UK5_all", "UKdat_5", 4), ("UK5_order2", "UKdat_5", 2), ("Kosovo_all", "Kosovo", 3),
        ("Kosovo_order2", "Kosovo", 2), ("Korea", "Korea", 2),
    ):  # fmt: skip
        assert round(search_models(lists(name), "bic", order=order).population.estimate) == table[key]["all"]


def test_uk_government_figure(published, lists):
    """Silverman (2014): 10,000 to 13,000 potential victims in the United Kingdom in 2013, from six lists."""
    low, high = published["published"]["UK_Silverman_2014"]["range"]
    assert low < select_stepwise(lists("UKdat")).population.estimate < high


def test_kosovo_ball_2002(published, lists):
    """Ball et al. (2002): 10,356 killings; the model of smallest BIC gives the same."""
    wanted = published["published"]["Kosovo_Ball_2002"]
    found = search_models(lists("Kosovo"), "bic")
    assert int(found.population.estimate) == wanted["N"]


@pytest.mark.parametrize(("key", "name", "order"), [
    ("UK5_all", "UKdat_5", 4), ("UK5_order2", "UKdat_5", 2), ("Kosovo_all", "Kosovo", 3),
    ("Kosovo_order2", "Kosovo", 2), ("Korea", "Korea", 2),
])  # fmt: skip
def test_downhill_equals_table_6(key, name, order, published, lists):
    """Silverman, Chan and Vincent (2024), table 6: point estimates of the downhill search."""
    wanted = published["published"]["Silverman_Chan_Vincent_2024"]["table6"][key]["downhill"]
    assert round(search_downhill(lists(name), order=order).population.estimate) == wanted


def test_corrected_aic(korea):
    """Hurvich and Tsai (1989): 2p(p + 1)/(n - p - 1) more than AIC, by hand for 6 parameters and 123 people."""
    fit = fit_loglinear(korea, "[12,23]")
    assert fit.aicc == pytest.approx(fit.aic + 2 * 6 * 7 / (123 - 6 - 1))
    best = search_models(korea, "aicc")
    assert best.best.aicc == pytest.approx(best.values[0])
    assert best.values[0] == min(fit_loglinear(korea, model).aicc for model in ("[12,23]", "[12,3]", "[13,23]", "main"))
