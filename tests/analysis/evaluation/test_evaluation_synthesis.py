"""Synthesis against metafor 3.8-1 (R 4.2.2) on published tables.

BCG: 13 trials of Colditz et al. (1994), counts as printed. Schools: 56 effects of Konstantopoulos (2011), table of
districts and schools. R calls stand beside the numbers; ``control=list(threshold=1e-12, tol=1e-12)`` throughout.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kyoto.analysis.evaluation import synthesis
from kyoto.analysis.evaluation.synthesis.robust import cluster_robust
from kyoto.core.errors import KyotoError

TPOS = [4, 6, 3, 62, 33, 180, 8, 505, 29, 17, 186, 5, 27]
TNEG = [119, 300, 228, 13536, 5036, 1361, 2537, 87886, 7470, 1699, 50448, 2493, 16886]
CPOS = [11, 29, 11, 248, 47, 372, 10, 499, 45, 65, 141, 3, 29]
CNEG = [128, 274, 209, 12619, 5761, 1079, 619, 87892, 7232, 1600, 27197, 2338, 17825]
LATITUDE = [44, 55, 42, 52, 13, 44, 19, 13, 27, 42, 18, 33, 33]
ALLOCATION = ["random"] * 4 + ["alternate"] * 2 + ["random"] * 3 + ["systematic"] * 4
DISTRICT = np.repeat([11, 12, 18, 27, 56, 58, 71, 86, 91, 108, 644], [4, 4, 3, 4, 4, 11, 3, 8, 6, 5, 4])
# fmt: off
SCHOOL_Y = [-.18, -.22, .23, -.3, .13, -.26, .19, .32, .45, .38, .29, .16, .65, .36, .6, .08, .04, .19, -.06, -.18, 0,
            0, -.28, -.04, -.3, .07, 0, .05, -.08, -.09, .3, .98, 1.19, -.07, -.05, -.01, .02, -.03, 0, .01, -.1, .5,
            .66, .2, 0, .05, .07, -.52, .7, -.03, .27, -.34, .12, .61, .04, -.05]
SCHOOL_V = [.118, .118, .144, .144, .014, .014, .015, .024, .023, .043, .012, .02, .004, .004, .007, .019, .007, .005,
            .004, .02, .018, .019, .022, .02, .021, .006, .007, .007, .007, .007, .015, .011, .01, .001, .001, .001,
            .001, .001, .001, .001, .001, .01, .011, .01, .009, .013, .013, .031, .031, .03, .03, .03, .087, .082, .067,
            .067]
YEAR = np.repeat([1976, 1989, 1994, 1976, 1997, 1976, 1997, 2000, 1995, 1994], [4, 4, 3, 4, 4, 11, 11, 11, 2, 2])
# rma(yi, vi, data=escalc(measure="RR", ai=tpos, bi=tneg, ci=cpos, di=cneg, data=dat.bcg), method=M):
# estimate, se, tau2, I2, H2; then predict()$pi.lb, pi.ub
METAFOR = {
    "fixed": (-0.430285163654091, 0.0404987517108638, 0.0, 92.1173468545621, 12.6860840068644),
    "dl": (-0.714117222073227, 0.178742089535403, 0.308760262862376, 92.1173468545621, 12.6860840068644,
           -1.85815375273217, 0.429919308585714),
    "reml": (-0.71453234215814, 0.179781516105207, 0.313243258136486, 92.2213845212691, 12.8557582353094,
             -1.8666922179029, 0.437627533586617),
    "pm": (-0.714968153493444, 0.180892191537624, 0.318068452205024, 92.3303379541533, 13.0383841429039,
           -1.87580708248402, 0.445870775497129),
    "ml": (-0.711199135474184, 0.171896808776897, 0.280028137268671, 91.3782837894469, 11.5986188315498,
           -1.80171550552428, 0.379317234575908),
    "eb": (-0.714968153493445, 0.180892191537625, 0.318068452205031, 92.3303379541534, 13.0383841429041,
           -1.87580708248403, 0.445870775497141),
    "sj": (-0.717248592557584, 0.187059458416427, 0.345515701598595, 92.8963240955401, 14.0772188012148,
           -1.92625717437808, 0.49175998926291),
    "he": (-0.715878588758735, 0.183279985988782, 0.328563857995769, 92.5570974066271, 13.435618529932,
           -1.89537216612409, 0.463614988606624),
    "hs": (-0.704535373916257, 0.158652093056656, 0.228362863676907, 89.6299666640896, 9.64317054350343,
           -1.69141830764317, 0.282347559810653),
}
# the same with test="knha": se, ci.lb, ci.ub, pval, pi.lb, pi.ub
KNAPP_HARTUNG = {
    "dl": (0.180696628335547, -1.10782135416833, -0.320413089978125, 0.00192076676704736,
           -1.98720696343074, 0.558972519284285),
    "reml": (0.180791744092848, -1.10844371368555, -0.320620970630728, 0.0019200150960573,
             -1.99601683419621, 0.566952149879933),
    "pm": (0.180892191537624, -1.10909838120224, -0.320837925784648, 0.001919271831278,
           -2.0054259229281, 0.575489615941215),
    "ml": (0.180042222144363, -1.10347743896412, -0.318920831984249, 0.00192716565913341,
           -1.92908210950177, 0.506683838553399),
    "sj": (0.181428451527755, -1.11254723041292, -0.321949954702252, 0.00191620341445529,
           -2.05758508367082, 0.623087898555653),
    "he": (0.181104069191232, -1.11047045821753, -0.321286719299938, 0.00191787656895761,
           -2.02563788654495, 0.59388070902748),
    "hs": (0.178623307721992, -1.09372212845853, -0.315348619373984, 0.0019478928893339,
           -1.8160911775574, 0.407020429724882),
}
# fmt: on


@pytest.fixture
def bcg():
    return synthesis.log_risk_ratio(TPOS, TNEG, CPOS, CNEG)


# --- effect sizes: metafor escalc(measure=...) ---


def test_two_by_two_tables():
    first = (TPOS[:3], TNEG[:3], CPOS[:3], CNEG[:3])
    found = synthesis.log_risk_ratio(*first)
    assert found.effect == pytest.approx([-0.889311333920205, -1.58538865720143, -1.34807314829969], rel=1e-12)
    assert found.variance == pytest.approx([0.325584765003961, 0.194581121398144, 0.415367965367965], rel=1e-12)
    found = synthesis.log_odds_ratio(*first)
    assert found.effect == pytest.approx([-0.938694140870392, -1.66619072902655, -1.38629436111989], rel=1e-12)
    assert found.variance == pytest.approx([0.357124952253629, 0.208132393657186, 0.43341307814992], rel=1e-12)
    found = synthesis.risk_difference(*first)
    assert found.effect == pytest.approx([-0.04661636544423, -0.0761017278198408, -0.037012987012987], rel=1e-12)
    assert found.variance == pytest.approx(
        [0.000780068664855938, 0.000348462574726583, 0.000271399785630685], rel=1e-12
    )


def test_empty_cells_get_one_half():
    found = synthesis.log_odds_ratio(0, 10, 3, 12)
    assert (found.effect[0], found.variance[0]) == pytest.approx((-1.77155676191054, 2.46095238095238), rel=1e-12)
    found = synthesis.log_risk_ratio(0, 10, 3, 12)
    assert (found.effect[0], found.variance[0]) == pytest.approx((-1.5712166996139, 2.13230519480519), rel=1e-12)


def test_means():
    groups = ([10.3, 5.1], [2.5, 1.2], [30, 15], [9.1, 5.9], [2.8, 1.4], [28, 18])
    found = synthesis.standardized_mean_difference(*groups)
    assert found.effect == pytest.approx([0.446921285803497, -0.594205221364971], rel=1e-10)
    assert found.variance == pytest.approx([0.0707695038381729, 0.12757191684491], rel=1e-10)
    found = synthesis.mean_difference(*groups)
    assert found.variance == pytest.approx([0.488333333333333, 0.204888888888889], rel=1e-12)
    found = synthesis.ratio_of_means(*groups)
    assert found.effect == pytest.approx([0.123869481712786, -0.145711811181394], rel=1e-12)
    assert found.variance == pytest.approx([0.00534497562782691, 0.00681898030291534], rel=1e-12)


def test_rates_and_correlations():
    found = synthesis.log_rate_ratio([12, 0], [100, 80], [20, 4], [110, 70])
    assert found.effect == pytest.approx([-0.415515443961666, -2.33075596996074], rel=1e-12)
    assert found.variance == pytest.approx([0.133333333333333, 2.22222222222222], rel=1e-12)
    found = synthesis.rate_difference([12, 0], [100, 80], [20, 4], [110, 70])
    assert found.effect == pytest.approx([-0.0618181818181818, -0.0580357142857143], rel=1e-12)
    assert found.variance == pytest.approx([0.00285289256198347, 0.000996492346938776], rel=1e-12)
    found = synthesis.correlation_effect([0.3, -0.12], [50, 120])
    assert found.effect == pytest.approx([0.309519604203112, -0.120581028408444], rel=1e-12)
    assert found.variance == pytest.approx([0.0212765957446809, 0.00854700854700855], rel=1e-12)


def test_counts_before_and_after_with_overdispersion():
    # escalc(measure="OR", ai=45, bi=60, ci=80, di=85); the variance times the dispersion
    found = synthesis.relative_incident_rate_ratio(45, 60, 80, 85, dispersion=2.5)
    assert (found.effect[0], found.variance[0]) == pytest.approx((-0.227057450635346, 2.5 * 0.0631535947712418))


def test_published_interval_gives_the_error_back():
    found = synthesis.from_interval(1.53, 1.35, 1.73, ratio=True)
    assert np.exp(found.effect[0] + 1.959963984540054 * found.variance[0] ** 0.5) == pytest.approx(1.732, abs=2e-3)


@pytest.mark.parametrize(
    "call",
    [
        lambda: synthesis.log_odds_ratio(-1, 3, 2, 2),
        lambda: synthesis.log_odds_ratio(0, 0, 2, 2),
        lambda: synthesis.standardized_mean_difference(1, 0, 10, 1, 1, 10),
        lambda: synthesis.ratio_of_means(-1, 1, 10, 1, 1, 10),
        lambda: synthesis.correlation_effect(1.2, 10),
        lambda: synthesis.from_interval(1.0, 1.2, 1.4),
        lambda: synthesis.log_rate_ratio(3, 0, 2, 10),
    ],
)
def test_impossible_reports(call):
    with pytest.raises(KyotoError) as caught:
        call()
    assert caught.value.code == "evaluation.wrong-count"


# --- pooling ---


@pytest.mark.parametrize("model", METAFOR)
def test_pooled_effects(bcg, model):
    expected = METAFOR[model]
    found = synthesis.pool(bcg.effect, bcg.variance, model=model)
    assert (found.coefficients[0], found.std_errors[0]) == pytest.approx(expected[:2], rel=1e-10)
    assert (found.spread.tau2, found.spread.i2, found.spread.h2) == pytest.approx(expected[2:5], rel=1e-10)
    assert (found.spread.q, found.spread.q_p) == pytest.approx((152.233008082373, 1.99676459084597e-26), rel=1e-9)
    if model != "fixed":
        assert synthesis.predict(found)[4:] == pytest.approx(expected[5:], rel=1e-10)
        # confint(): Q-profile
        limits = (found.spread.lower, found.spread.upper)
        assert limits == pytest.approx((0.119718361141261, 1.11147908406093), rel=1e-10)


@pytest.mark.parametrize("model", KNAPP_HARTUNG)
def test_knapp_hartung(bcg, model):
    found = synthesis.pool(bcg.effect, bcg.variance, model=model, hksj=True)
    got = (found.std_errors[0], found.lower[0], found.upper[0], found.p_values[0], *synthesis.predict(found)[4:])
    assert got == pytest.approx(KNAPP_HARTUNG[model], rel=1e-10)


def test_meta_regression(bcg):
    # rma(yi, vi, mods=~ablat, method="REML"); predict(newmods=30)
    found = synthesis.pool(bcg.effect, bcg.variance, moderators=LATITUDE)
    assert found.coefficients == pytest.approx([0.251468210006954, -0.0291017250116429], rel=1e-9)
    assert found.std_errors == pytest.approx([0.249095396617645, 0.00719532722092874], rel=1e-9)
    spread = (found.spread.tau2, found.spread.lower, found.spread.upper, found.spread.i2)
    assert spread == pytest.approx(
        (0.0763479639559193, 0.0166800683206481, 0.784835254575501, 68.3912248383852), rel=1e-9
    )
    expected = (-0.621583540342332, 0.106924050516387, -0.831150828435593, -0.412016252249072)
    assert synthesis.predict(found, [30])[:4] == pytest.approx(expected, rel=1e-9)
    assert synthesis.predict(found, [30])[4:] == pytest.approx((-1.20227795896478, -0.0408891217198807), rel=1e-9)


def test_meta_regression_with_a_category(bcg):
    frame = pd.DataFrame({"yi": bcg.effect, "vi": bcg.variance, "ablat": LATITUDE, "alloc": ALLOCATION})
    columns = synthesis.Columns("yi", "vi", moderators=("ablat", "alloc"))
    # rma(yi, vi, mods=~ablat+factor(alloc), method="DL"), and REML with test="knha"
    found = synthesis.synthesize_studies(synthesis.read_studies(frame, columns), model="dl")
    expected = [0.307831797776056, -0.0276460433725935, -0.257779500283599, 0.0433345008131895]
    assert [row.estimate for row in found.rows] == pytest.approx(expected, rel=1e-10)
    assert found.between == pytest.approx((12.891998170249, 3, 0.00487608325085957), rel=1e-9)
    found = synthesis.synthesize_studies(synthesis.read_studies(frame, columns), model="reml", hksj=True)
    expected = [0.418842621874334, 0.00951387207097683, 0.362410709365419, 0.392487207781351]
    assert [row.std_error for row in found.rows] == pytest.approx(expected, rel=1e-9)
    assert found.between[0] == pytest.approx(3.44710676347616, rel=1e-9)
    assert found.between[2] == pytest.approx(0.0650069792436735, rel=1e-9)


def test_subgroups(bcg):
    # rma(subset=alloc==...), then the difference between the three as Cochran's Q of the three
    found = synthesis.synthesize(bcg.effect, bcg.variance, groups=ALLOCATION)
    rows = {row.term: row for row in found.rows}
    assert rows["random"].estimate == pytest.approx(-0.970964704263089, rel=1e-9)
    assert rows["alternate"].tau2 == pytest.approx(0.132577039878093, rel=1e-9)
    assert rows["systematic"].std_error == pytest.approx(0.359745232433124, rel=1e-9)
    assert found.overall.estimate == pytest.approx(METAFOR["reml"][0], rel=1e-10)
    estimates = np.array([rows[name].estimate for name in ("random", "alternate", "systematic")])
    weights = np.array([rows[name].std_error for name in ("random", "alternate", "systematic")]) ** -2.0
    # rma(estimates, se^2, method="FE")$QE, by its other formula: all pairs
    pairs = (
        sum(weights[i] * weights[j] * (estimates[i] - estimates[j]) ** 2 for i in range(3) for j in range(i))
        / weights.sum()
    )
    assert found.between[0] == pytest.approx(pairs)


def test_bootstrap_pools_each_sample_as_the_single_fit(bcg):
    for model in ("fixed", "dl", "reml", "ml"):
        means, spreads = synthesis.bootstrap_pool(bcg.effect, bcg.variance, model=model, replicates=60, seed=3)
        chosen = np.random.default_rng(3).integers(0, 13, size=(60, 13))
        for replicate in range(60):
            single = synthesis.pool(bcg.effect[chosen[replicate]], bcg.variance[chosen[replicate]], model=model)
            assert means[replicate] == pytest.approx(single.coefficients[0], abs=1e-7)
            assert spreads[replicate] == pytest.approx(single.spread.tau2, abs=1e-7)


# --- dependent effects: rma.mv(yi, vi, random=~1|district/school), BFGS with reltol 1e-15 ---


def test_three_levels():
    found = synthesis.three_level(SCHOOL_Y, SCHOOL_V, DISTRICT)
    assert found.coefficients[0] == pytest.approx(0.184713164038227, rel=1e-6)
    assert found.std_errors[0] == pytest.approx(0.0845559200069692, rel=1e-6)
    assert (found.between, found.within) == pytest.approx((0.0650619468902821, 0.0327365157040542), rel=1e-6)
    assert found.log_likelihood == pytest.approx(-7.95872403371092, rel=1e-9)
    assert found.prediction() == pytest.approx((-0.450230974271989, 0.819657302348442), rel=1e-6)


def test_three_levels_by_maximum_likelihood_and_with_a_moderator():
    found = synthesis.three_level(SCHOOL_Y, SCHOOL_V, DISTRICT, restricted=False)
    assert (found.between, found.within) == pytest.approx((0.0577383633475766, 0.032864790234231), rel=1e-6)
    assert found.log_likelihood == pytest.approx(-8.39493557126298, rel=1e-9)
    found = synthesis.three_level(SCHOOL_Y, SCHOOL_V, DISTRICT, moderators=YEAR - 1990)
    assert found.coefficients == pytest.approx([0.180718495638071, 0.00531181834192155], rel=1e-5)
    assert found.std_errors == pytest.approx([0.0886862923819915, 0.00943579425171223], rel=1e-6)


def test_profile_intervals():
    # confint(): metafor stops its root search at 1.2e-4 of the range
    found = synthesis.three_level(SCHOOL_Y, SCHOOL_V, DISTRICT)
    between = synthesis.profile_interval(found, "between")
    within = synthesis.profile_interval(found, "within")
    assert between == pytest.approx((0.0222327887596911, 0.207241730429324), rel=5e-4)
    assert within == pytest.approx((0.0162735280602324, 0.0628254598501282), rel=1e-3)


def test_robust_variance_against_metafor():
    fitted = synthesis.three_level(SCHOOL_Y, SCHOOL_V, DISTRICT)
    # robust(m, cluster=district, adjust=TRUE), adjust=FALSE
    one = synthesis.robust_variance(fitted, kind="CR1")
    assert one.std_errors[0] == pytest.approx(0.0845022172873168, rel=1e-6)
    lower, upper = one.limits(fitted.coefficients, 0.95)
    assert (lower[0], upper[0]) == pytest.approx((-0.0035695093786301, 0.372995837455083), rel=2e-5)
    assert synthesis.robust_variance(fitted, kind="CR0").std_errors[0] == pytest.approx(0.0805697028917587, rel=1e-6)


def test_cr2_against_a_separate_program():
    # CR2 and Satterthwaite by their matrix definition in R 4.2.2 with rma.mv's working covariance $M
    fitted = synthesis.three_level(SCHOOL_Y, SCHOOL_V, DISTRICT)
    robust = synthesis.robust_variance(fitted)
    assert robust.std_errors[0] == pytest.approx(0.0844579955669094, rel=1e-6)
    assert robust.degrees[0] == pytest.approx(9.86315624224695, rel=1e-6)
    fitted = synthesis.three_level(SCHOOL_Y, SCHOOL_V, DISTRICT, moderators=YEAR - 1990)
    robust = synthesis.robust_variance(fitted)
    assert robust.std_errors == pytest.approx([0.0895126109104609, 0.0100034242928769], rel=1e-5)
    assert robust.degrees == pytest.approx([8.3101285396253, 4.18899872462935], rel=1e-5)


def test_cr2_is_unbiased_where_the_working_model_holds():
    # the defining property (Bell and McCaffrey 2002): average over draws of outcomes with that covariance
    generator = np.random.default_rng(5)
    groups = np.repeat([0, 1, 2, 3], [1, 2, 3, 4])
    x = np.column_stack([np.ones(10), generator.normal(size=10)])
    working = np.diag(generator.uniform(0.5, 2, 10)) + 0.7 * (groups[:, None] == groups[None, :])
    truth = np.linalg.inv(x.T @ np.linalg.inv(working) @ x)
    # the variance is quadratic in y: its mean is exact over the columns of a square root of the covariance
    root = np.linalg.cholesky(working)
    mean = sum(cluster_robust(root[:, i], x, working, groups).covariance for i in range(10))
    assert mean == pytest.approx(truth, rel=1e-8)
    plain = sum(cluster_robust(root[:, i], x, working, groups, "CR0").covariance for i in range(10))
    assert not np.allclose(plain, truth, rtol=0.05)


def test_cr2_of_equal_clusters_is_the_spread_of_their_means():
    y = np.array([1.0, 2, 3, 5, 8, 4])
    means = y.reshape(3, 2).mean(1)
    found = cluster_robust(y, np.ones((6, 1)), np.eye(6), np.repeat([0, 1, 2], 2))
    assert found.std_errors[0] == pytest.approx(means.std(ddof=1) / 3**0.5)
    assert found.degrees[0] == pytest.approx(2.0)


# --- what may be missing ---


def test_small_studies(bcg):
    # regtest(yi, vi, model="lm"), regtest(rma(method="REML")), lm(yi ~ vi, weights=1/vi), ranktest()
    classic = synthesis.egger(bcg.effect, bcg.variance)
    assert (classic.statistic, classic.p_value) == pytest.approx((-1.40128200228933, 0.188706995081979), rel=1e-10)
    mixed = synthesis.egger(bcg.effect, bcg.variance, mixed=True)
    assert (mixed.statistic, mixed.p_value) == pytest.approx((-0.803329193090804, 0.421784488855319), rel=1e-9)
    pet, peese, chosen = synthesis.pet_peese(bcg.effect, bcg.variance)
    limits = (pet.limit.estimate, pet.limit.lower, pet.limit.upper)
    assert limits == pytest.approx((-0.19092864235982, -0.675332350276082, 0.293475065556442), rel=1e-9)
    limits = (peese.limit.estimate, peese.limit.lower, peese.limit.upper)
    assert limits == pytest.approx((-0.379953506428271, -0.726070069766683, -0.0338369430898586), rel=1e-9)
    assert chosen == "pet"
    assert synthesis.rank_test(bcg.effect, bcg.variance) == pytest.approx((0.0256410256410256, 0.952361907960866))


def test_trim_and_fill(bcg):
    # trimfill(rma(method="REML")); REML inside to metafor's default threshold
    found = synthesis.trim_and_fill(bcg.effect, bcg.variance)
    assert (found.missing, found.side) == (1, "right")
    limits = (found.estimate.estimate, found.estimate.lower, found.estimate.upper)
    assert limits == pytest.approx((-0.657082800760365, -1.00699216620845, -0.307173435312278), rel=1e-6)


def test_selection_model(bcg):
    # selmodel(rma(method="ML"), type="stepfun", steps=c(.025, 1), alternative="less"): optimum to about 1e-6
    found = synthesis.selection_model(bcg.effect, bcg.variance, direction="less")
    got = (found.estimate.estimate, found.estimate.std_error, found.tau2, found.chances[1], found.chance_errors[1])
    expected = (-0.620563623337969, 0.261322659605419, 0.291239454658114, 0.635536109358981, 0.586627331273282)
    assert got == pytest.approx(expected, rel=1e-5)
    assert (found.statistic, found.p_value) == pytest.approx((0.242499483492526, 0.622406655941052), rel=1e-6)
    assert found.log_likelihood == pytest.approx(-12.5438266065305, rel=1e-10)
    three = synthesis.selection_model(bcg.effect, bcg.variance, direction="less", steps=(0.025, 0.5, 1))
    assert three.chances[1:] == pytest.approx([0.631547461034822, 0.927843388853291], rel=2e-5)
    assert three.log_likelihood == pytest.approx(-12.4916164441527, rel=1e-10)


def test_selection_model_without_a_significant_study():
    with pytest.raises(KyotoError) as caught:
        synthesis.selection_model([0.1, 0.2, 0.05], [0.2, 0.3, 0.25])
    assert caught.value.code == "evaluation.empty-step"


# --- the published answers ---


def test_cognitive_behavioural_programmes(shared_data):
    """Landenberger and Lipsey (2005): 1.53 (1.35 to 1.73); digits of metafor's rma(method="DL")."""
    table = pd.read_csv(shared_data / "evaluation" / "meta_landenberger2005.csv")
    cells = (table[name] for name in ("n.ctrl.rec", "n.ctrl.non", "n.cbt.rec", "n.cbt.non"))
    effects = synthesis.log_odds_ratio(*cells)
    found = synthesis.synthesize(effects.effect, effects.variance, model="dl", exponentiate=True)
    row = found.to_rows()[0]
    assert row["k"] == 58
    got = (row["estimate"], row["lower"], row["upper"], row["tau2"])
    assert got == pytest.approx((1.53277995606446, 1.35434460673935, 1.73472422160656, 0.119608591123433), rel=1e-10)
    assert [round(value, 2) for value in got[:3]] == [1.53, 1.35, 1.73]
    for model, estimate in (("reml", 0.422596648299916), ("pm", 0.422733429587191), ("fixed", 0.338229943601618)):
        assert synthesis.pool(effects.effect, effects.variance, model=model).coefficients[0] == pytest.approx(
            estimate, rel=1e-9
        )
    hartung = synthesis.pool(effects.effect, effects.variance, model="reml", hksj=True)
    assert (hartung.lower[0], hartung.upper[0]) == pytest.approx((0.301375051915667, 0.543818244684164), rel=1e-9)


def test_correlates_of_delinquency(shared_data):
    """Assink and Wibbelink (2016): rma.mv(yi, vi, random=~1|study/esid); robust(adjust=TRUE); CR2 by definition."""
    table = pd.read_csv(shared_data / "evaluation" / "meta_assink2016.csv")
    fitted = synthesis.three_level(table.yi, table.vi, table.study)
    assert (fitted.coefficients[0], fitted.std_errors[0]) == pytest.approx(
        (0.426799356345903, 0.118429198437568), rel=1e-6
    )
    assert (fitted.between, fitted.within) == pytest.approx((0.187870269346351, 0.111991991932191), rel=1e-6)
    assert synthesis.robust_variance(fitted, kind="CR1").std_errors[0] == pytest.approx(0.118304530923792, rel=1e-6)
    robust = synthesis.robust_variance(fitted)
    assert (robust.std_errors[0], robust.degrees[0]) == pytest.approx((0.118649599527117, 15.4476158942041), rel=1e-6)
