"""Estimators by design against other software and against brute force; every design's checks and bad input."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from kyoto.analysis.evaluation import designs
from kyoto.analysis.evaluation.designs import Panel, honest
from kyoto.analysis.evaluation.designs.propensity import logistic
from kyoto.analysis.evaluation.designs.simplex import simplex_weights
from kyoto.analysis.evaluation.designs.simulate import staggered_panel
from kyoto.analysis.evaluation.result import EffectResult, Estimate
from kyoto.core.errors import KyotoError
from kyoto.core.results import Result


def long(panel, covariate=None):
    n, t = panel.outcome.shape
    start = [0 if first == designs.NEVER else panel.periods[first] for first in panel.first]
    table = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(n), t),
            "time": np.tile(panel.periods, n),
            "y": panel.outcome.ravel(),
            "on": panel.treated.ravel().astype(int),
            "start": np.repeat(start, t),
        }
    )
    if covariate is not None:
        table["x"] = np.repeat(covariate, t)
    return table


@pytest.fixture
def drifting():
    """Staggered panel whose trend depends on a covariate."""
    panel = staggered_panel(units=300, periods=8, seed=3)
    x = np.random.default_rng(0).normal(size=300)
    table = long(panel, x)
    table["y"] += 0.3 * table.x * (table.time - 1)
    return designs.read_panel(table, unit="unit", period="time", outcome="y", start="start", covariates=["x"])


# --- staggered adoption: diff-diff 3.13.0, CallawaySantAnna(n_bootstrap=0, base_period="varying") ---

# fmt: off
EVENT = {
    ("never", ()): {-5: (-0.1350100986825134, 0.20878532233223207), -1: (0.17759270969946547, 0.1249556507501531),
                    0: (-2.065483966261394, 0.1298257157360011), 1: (-2.049638449551968, 0.15891429864367101),
                    2: (-1.8463090955787833, 0.24179623678469406)},
    ("not-yet", ()): {-5: (-0.03980847116368513, 0.17483713562690117), -1: (0.12028625075213478, 0.13153295371349802),
                      0: (-2.1365207023985637, 0.13559309887864238)},
    # its logistic regression stops at about 1e-6
    ("never", ("x",)): {-5: (-0.14798499661401948, 0.20648825418476965), 0: (-2.09850725730357, 0.12113917423376595),
                        2: (-1.947057218614978, 0.18868879031968985)},
    ("not-yet", ("x",)): {-4: (-0.084904926088129, 0.13346947731154804), 0: (-2.156777631414366, 0.13128965891459346)},
}
# fmt: on


@pytest.mark.parametrize(("comparison", "covariates"), EVENT)
def test_event_study(drifting, comparison, covariates):
    found = designs.callaway_santanna(drifting, comparison=comparison, covariates=covariates, replicates=0)
    rows = {item.extra["time"]: item for item in found.estimates[1:]}
    for time, (effect, error) in EVENT[comparison, covariates].items():
        tolerance = 1e-5 if covariates else 1e-10
        assert (rows[time].estimate, rows[time].std_error) == pytest.approx((effect, error), rel=tolerance)


def test_other_aggregations(drifting):
    simple = designs.callaway_santanna(drifting, aggregation="simple", replicates=0).headline
    assert (simple.estimate, simple.std_error) == pytest.approx((-2.015310785441102, 0.13769398057153412), rel=1e-10)
    group = designs.callaway_santanna(drifting, aggregation="group", replicates=0).estimates
    assert [item.estimate for item in group[1:]] == pytest.approx([-1.9575221329757904, -2.1019937641390682], rel=1e-10)
    assert [item.std_error for item in group[1:]] == pytest.approx(
        [0.18053161506931512, 0.19019134863564582], rel=1e-10
    )
    calendar = designs.callaway_santanna(drifting, aggregation="calendar", replicates=0).estimates
    effects = designs.group_time_effects(drifting)
    sixth = effects.effect[(effects.period == 5) & (effects.cohort <= 5)]
    assert calendar[1].term == str(drifting.periods[int(effects.cohort.min())])
    assert [item.estimate for item in calendar if item.term == "6"] == pytest.approx([sixth.mean()])


def test_bootstrap_is_simultaneous_and_repeats(drifting):
    plain = designs.callaway_santanna(drifting, replicates=0)
    drawn = designs.callaway_santanna(drifting, replicates=999, seed=4)
    again = designs.callaway_santanna(drifting, replicates=999, seed=4)
    assert drawn.tidy().equals(again.tidy())
    for one, two in zip(plain.estimates, drawn.estimates, strict=True):
        assert two.std_error == pytest.approx(one.std_error, rel=0.12)
    width = [(item.upper - item.lower) / item.std_error / 2 for item in drawn.estimates[1:]]
    assert np.ptp(width) < 1e-9
    assert width[0] > 2.3


def test_clusters_change_the_errors(drifting):
    table = long(drifting)
    table["village"] = table.unit // 10
    panel = designs.read_panel(table, unit="unit", period="time", outcome="y", start="start", cluster="village")
    found = designs.callaway_santanna(panel, aggregation="simple", replicates=0).headline
    effects = designs.group_time_effects(panel)
    from kyoto.analysis.evaluation.designs.staggered import aggregate

    influence = aggregate(effects, "simple")[2][:, 0]
    sums = pd.Series(influence).groupby(panel.clusters).sum()
    assert found.std_error == pytest.approx(np.sqrt((sums**2).sum()) / 300)


def test_two_periods_are_a_difference_of_differences():
    panel = staggered_panel(units=60, periods=2, cohorts=1, seed=2)
    panel = designs.read_panel(
        long(panel).assign(start=lambda t: np.where(t.unit % 3 == 0, 0, 2)),
        unit="unit",
        period="time",
        outcome="y",
        start="start",
    )
    change = np.diff(panel.outcome)[:, 0]
    expected = change[panel.ever].mean() - change[~panel.ever].mean()
    assert designs.callaway_santanna(panel, replicates=0).headline.estimate == pytest.approx(expected)
    assert designs.two_way_fixed_effects(panel).headline.estimate == pytest.approx(expected)


# --- two-way fixed effects ---


def test_goodman_bacon_adds_up_to_two_way_fixed_effects(drifting):
    found = designs.two_way_fixed_effects(drifting)
    bacon = found.details["bacon"]
    assert bacon.weight.sum() == pytest.approx(1)
    assert (bacon.weight * bacon.estimate).sum() == pytest.approx(found.headline.estimate, rel=1e-10)
    assert set(bacon.comparison) == {"treated against never", "earlier against later", "later against earlier"}
    assert found.checks[1].verdict == "warn"


def test_two_way_fixed_effects_by_dummies(drifting):
    n, t = drifting.outcome.shape
    dummies = np.column_stack([np.kron(np.eye(n), np.ones((t, 1))), np.kron(np.ones((n, 1)), np.eye(t))[:, 1:]])
    x = np.column_stack([drifting.treated.ravel(), dummies])
    slope = np.linalg.lstsq(x, drifting.outcome.ravel(), rcond=None)[0][0]
    assert designs.two_way_fixed_effects(drifting).headline.estimate == pytest.approx(slope)


def test_panel_regression_with_gaps_and_weights_by_dummies():
    generator = np.random.default_rng(8)
    table = long(staggered_panel(units=40, periods=6, seed=8)).sample(200, random_state=1)
    table["w"] = generator.uniform(0.5, 3, len(table))
    table["x"] = generator.normal(size=len(table))
    found = designs.panel_regression(
        table, outcome="y", regressors=["on"], controls=["x"], unit="unit", period="time", weights="w"
    )
    dummies = pd.get_dummies(table[["unit", "time"]].astype(str), drop_first=True).to_numpy(float)
    x = np.column_stack([table.on, table.x, np.ones(len(table)), dummies])
    root = np.sqrt(table.w.to_numpy())
    slope = np.linalg.lstsq(x * root[:, None], table.y * root, rcond=None)[0][:2]
    assert list(found.details["coefficients"].values()) == pytest.approx(slope, rel=1e-7)


def test_no_bad_comparisons_where_all_start_together():
    panel = staggered_panel(units=60, periods=6, cohorts=1, seed=2)
    assert designs.two_way_fixed_effects(panel).checks[1].verdict == "pass"


# --- honest bounds ---


def test_identified_set_of_relative_magnitudes():
    # one period after: the effect is known up to the largest change before, times the bound
    beta = np.array([0.3, -0.1, -2.0])  # periods -3, -2, then 0; changes before: -0.4, 0.1
    allowed = honest.relative_magnitudes(2, 1, 1.5)
    low, high = honest.identified_set(beta, allowed, np.array([1.0]))
    assert (low, high) == pytest.approx((-2 - 1.5 * 0.4, -2 + 1.5 * 0.4), abs=1e-8)


def test_identified_set_of_smoothness_against_a_grid():
    beta = np.array([0.2, 0.1, -2.0])  # linear before: slope -0.1
    allowed = honest.smoothness(2, 1, 0.05)
    low, high = honest.identified_set(beta, allowed, np.array([1.0]))
    # departure at 0 lies within 0.05 of the prolonged line, -0.1
    assert (low, high) == pytest.approx((-1.95, -1.85), abs=1e-8)


def test_honest_limits_grow_and_contain_the_identified_set():
    found = designs.honest_from_event_study(
        designs.callaway_santanna(staggered_panel(units=200, periods=7, seed=3), universal=True, replicates=0),
        bounds=(0, 1, 2),
    )
    widths = [item.upper - item.lower for item in found.estimates]
    assert widths[0] < widths[1] < widths[2]
    for item in found.estimates:
        assert item.lower <= item.extra["set_lower"] <= item.extra["set_upper"] <= item.upper


def test_honest_limits_cover():
    # true departure: a jump after the start as large as the one before; relative magnitudes with bound 1 allow it
    delta = np.array([-1.0, -0.5, 0.5, 1.0])  # periods -3 and -2 (-1 is the base), two after; no effect
    sigma = 0.04 * (np.eye(4) + 0.5)
    generator = np.random.default_rng(6)
    inside = 0
    for _ in range(40):
        beta = generator.multivariate_normal(delta, sigma)
        item = designs.honest_bounds(beta, sigma, before=2, bounds=(1.0,), draws=200).estimates[0]
        inside += item.lower <= 0 <= item.upper
    assert inside >= 36


def test_honest_bounds_need_a_universal_base(drifting):
    with pytest.raises(KyotoError) as caught:
        designs.honest_from_event_study(designs.callaway_santanna(drifting, replicates=0))
    assert caught.value.code == "evaluation.varying-base"


# --- synthetic control ---


def test_simplex_weights_against_a_grid():
    generator = np.random.default_rng(1)
    donors, target = generator.normal(size=(5, 3)), generator.normal(size=5)
    found = simplex_weights(target, donors)
    grid = np.array([w for w in itertools.product(np.linspace(0, 1, 101), repeat=2) if sum(w) <= 1])
    grid = np.column_stack([grid, 1 - grid.sum(axis=1)])
    losses = ((target - grid @ donors.T) ** 2).sum(axis=1)
    assert found.sum() == pytest.approx(1)
    assert ((target - donors @ found) ** 2).sum() <= losses.min() + 1e-9
    assert found == pytest.approx(grid[losses.argmin()], abs=0.02)


def test_known_mixture_is_found_and_placebos_rank_it():
    generator = np.random.default_rng(2)
    donors = np.cumsum(generator.normal(size=(20, 30)), axis=1) + 20
    treated = 0.6 * donors[0] + 0.4 * donors[1] - 5 * (np.arange(30) >= 22)
    outcome = np.vstack([treated, donors])
    first = np.array([22, *([designs.NEVER] * 20)])
    on = (np.arange(30)[None, :] >= first[:, None]) & (first[:, None] != designs.NEVER)
    units = tuple(f"u{i}" for i in range(21))
    panel = Panel(units, tuple(range(30)), outcome, on, first, np.ones(21), np.arange(21))
    found = designs.synthetic_control(panel)
    assert found.details["weights"]["u1"] == pytest.approx(0.6, abs=1e-4)
    assert found.headline.estimate == pytest.approx(-5, abs=1e-3)
    assert next(check for check in found.checks if check.name == "placebo in space").value == pytest.approx(1 / 21)
    before = designs.placebo_in_time(panel, 15)
    assert abs(before.headline.estimate) < 1e-3
    many = designs.placebo_gaps_of_many(outcome, np.array([0]), np.arange(1, 21), 22)
    assert many[0, 22:].mean() == pytest.approx(-5, abs=1e-3)


def test_augmented_weights_against_pysyncon():
    pysyncon = pytest.importorskip("pysyncon")
    generator = np.random.default_rng(3)
    donors = np.cumsum(generator.normal(size=(8, 20)), axis=1)
    treated = donors[:3].mean(axis=0) + 2 + generator.normal(size=20) * 0.3
    before = np.vstack([treated, donors])[:, :15]
    from kyoto.analysis.evaluation.designs.synthetic import _ridge_correction

    weights = simplex_weights(before[0], before[1:].T)
    found = weights + _ridge_correction(before[0], before[1:], weights, 7.0)
    # AugSynth's own correction, from its own classic weights
    centred = (before[1:] - before[1:].mean(axis=0)).T
    one = before[0] - before[1:].mean(axis=0)
    ridge = pysyncon.AugSynth()
    correction = ridge.solve_ridge(pd.Series(one), pd.DataFrame(centred), weights, 7.0)
    assert found == pytest.approx(weights + correction, rel=1e-6)


def test_calibration_is_the_smallest_solution():
    from scipy.optimize import minimize

    generator = np.random.default_rng(4)
    x = np.column_stack([np.ones(12), generator.uniform(0, 3, size=(12, 2))])
    totals = np.array([3.0, 4.0, 5.5])
    found = designs.calibrate(x, totals)
    assert found @ x == pytest.approx(totals)
    other = minimize(
        lambda w: w @ w,
        np.full(12, 0.25),
        jac=lambda w: 2 * w,
        bounds=[(0, None)] * 12,
        constraints={"type": "eq", "fun": lambda w: w @ x - totals, "jac": lambda w: x.T},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert found == pytest.approx(other.x, abs=1e-5)
    with pytest.raises(KyotoError) as caught:
        designs.calibrate(x, np.array([3.0, 100.0, 5.5]))
    assert caught.value.code == "evaluation.no-match"


def test_areas_with_placebos():
    generator = np.random.default_rng(5)
    rate = generator.gamma(2, 2, size=300)
    counts = generator.poisson(rate[:, None], size=(300, 12)).astype(float)
    counts[:15, 9:] = generator.poisson(0.4 * rate[:15, None], size=(15, 3))
    first = np.where(np.arange(300) < 15, 9, designs.NEVER)
    on = (np.arange(12)[None, :] >= first[:, None]) & (first[:, None] != designs.NEVER)
    panel = Panel(tuple(map(str, range(300))), tuple(range(12)), counts, on, first, np.ones(300), np.arange(300))
    found = designs.area_synthetic_control([panel], np.zeros((300, 0)), placebos=39)
    assert found.headline.lower < -0.6 < found.headline.upper
    assert found.headline.extra["placebo_p"] == pytest.approx(1 / 40)
    assert found.details["comparison"][:9] == pytest.approx(counts[:15, :9].sum(axis=0))


# --- interrupted time series: statsmodels' OLS and GLM with HAC errors ---


@pytest.fixture
def monthly():
    generator = np.random.default_rng(0)
    time = np.arange(60)
    y = 20 + 0.1 * time - 3 * (time >= 36) + 2 * np.sin(2 * np.pi * time / 12) + generator.normal(size=60)
    return time, y


def its_design(time, start, harmonics):
    columns = [np.ones(len(time)), time - start, time >= start, (time >= start) * (time - start)]
    for wave in range(1, harmonics + 1):
        columns += [np.sin(2 * np.pi * wave * time / 12), np.cos(2 * np.pi * wave * time / 12)]
    return np.column_stack(columns).astype(float)


def test_segmented_regression(monthly):
    sm = pytest.importorskip("statsmodels.api")
    time, y = monthly
    found = designs.interrupted_time_series(y, 36, season=12, lags=3)
    other = sm.OLS(y, its_design(time, 36, 2)).fit(cov_type="HAC", cov_kwds={"maxlags": 3, "use_correction": True})
    assert [item.estimate for item in found.estimates[:2]] == pytest.approx(other.params[2:4])
    assert [item.std_error for item in found.estimates[:2]] == pytest.approx(other.bse[2:4])
    gap = (found.details["fitted"] - found.details["comparison"])[36:].mean()
    assert found.estimates[2].estimate == pytest.approx(gap)


def test_counts_with_exposure():
    sm = pytest.importorskip("statsmodels.api")
    generator = np.random.default_rng(1)
    time, people = np.arange(60), np.linspace(900, 1100, 60)
    counts = generator.poisson(people * np.exp(-5 - 0.4 * (time >= 36)))
    found = designs.interrupted_time_series(counts, 36, family="poisson", exposure=people, lags=2)
    other = sm.GLM(counts, its_design(time, 36, 0), family=sm.families.Poisson(), exposure=people).fit(
        cov_type="HAC", cov_kwds={"maxlags": 2, "use_correction": True}
    )
    assert [item.estimate for item in found.estimates[:2]] == pytest.approx(other.params[2:4], rel=1e-6)
    assert [item.std_error for item in found.estimates[:2]] == pytest.approx(other.bse[2:4], rel=1e-6)


def test_arima_without_order_is_least_squares(monthly):
    pytest.importorskip("statsmodels")
    _, y = monthly
    plain = designs.arima_interrupted(y, 36, order=(0, 0, 0))
    segmented = designs.interrupted_time_series(y, 36, lags=0)
    assert plain.headline.estimate == pytest.approx(segmented.headline.estimate, rel=1e-3)
    found = designs.arima_interrupted(y, 36, order=(1, 0, 0), seasonal=(1, 0, 0, 12))
    assert found.headline.lower < -3 < found.headline.upper


# --- randomised ---


def trial_table(n=80, seed=7):
    generator = np.random.default_rng(seed)
    table = pd.DataFrame({"x": generator.normal(size=n), "block": np.arange(n) // 20, "school": np.arange(n) // 4})
    table["z"] = generator.permutation(np.arange(n) % 2)
    table["zc"] = table.school % 2
    table["y"] = 1 + 0.5 * table.z + table.x + generator.normal(size=n)
    return table


def test_difference_has_the_variance_of_neyman():
    table = trial_table()
    found = designs.randomised(table, outcome="y", treatment="z").headline
    one, zero = table.y[table.z == 1], table.y[table.z == 0]
    assert found.estimate == pytest.approx(one.mean() - zero.mean())
    assert found.std_error == pytest.approx(np.sqrt(one.var() / len(one) + zero.var() / len(zero)))


def test_adjustment_of_lin_is_two_regressions():
    sm = pytest.importorskip("statsmodels.api")
    table = trial_table()
    found = designs.randomised(table, outcome="y", treatment="z", covariates=["x"]).headline
    centred = table.x - table.x.mean()
    arms = [sm.OLS(table.y[table.z == arm], sm.add_constant(centred[table.z == arm])).fit() for arm in (1, 0)]
    assert found.estimate == pytest.approx(arms[0].params["const"] - arms[1].params["const"])
    x = np.column_stack([np.ones(80), table.z, centred, centred * table.z])
    assert found.std_error == pytest.approx(sm.OLS(table.y, x).fit(cov_type="HC2").bse.iloc[1])


def test_blocks_are_averaged_by_size():
    table = trial_table().iloc[:70]
    found = designs.randomised(table, outcome="y", treatment="z", block="block").headline
    parts = [(len(part), part.y[part.z == 1].mean() - part.y[part.z == 0].mean()) for _, part in table.groupby("block")]
    assert found.estimate == pytest.approx(sum(n * d for n, d in parts) / 70)


def test_equal_clusters_are_compared_by_their_means():
    table = trial_table()
    found = designs.randomised(table, outcome="y", treatment="zc", cluster="school").headline
    means = table.groupby("school")[["y", "zc"]].mean()
    one, zero = means.y[means.zc == 1], means.y[means.zc == 0]
    assert found.estimate == pytest.approx(one.mean() - zero.mean())
    assert found.std_error == pytest.approx(np.sqrt(one.var() / 10 + zero.var() / 10))


def test_randomisation_test_against_all_assignments():
    table = pd.DataFrame({"y": [1.0, 4, 2, 9, 7, 8], "z": [0, 0, 0, 1, 1, 1]})
    trial = designs.read_trial(table, outcome="y", treatment="z")
    sums = [sum(values) for values in itertools.combinations(table.y, 3)]
    exact = np.mean([abs(2 * s - table.y.sum()) >= abs(2 * 24 - table.y.sum()) - 1e-9 for s in sums])
    assert designs.randomisation_test(trial, replicates=20_000) == pytest.approx(exact, abs=0.01)
    assert designs.randomisation_test(trial, replicates=2000, effect=17 / 3) > 0.9


def test_stepped_wedge():
    generator = np.random.default_rng(9)
    starts = np.repeat([1, 2, 3, 4], 4)
    rows = [
        {
            "town": c,
            "month": t,
            "on": int(t >= starts[c]),
            "y": c / 3 + t / 2 - 2 * (t >= starts[c]) + generator.normal(),
        }
        for c in range(16)
        for t in range(6)
        for _ in range(3)
    ]
    table = pd.DataFrame(rows)
    found = designs.stepped_wedge(table, outcome="y", cluster="town", period="month", treatment="on", replicates=199)
    cells = table.groupby(["town", "month"], as_index=False)[["y", "on"]].mean()
    regression = designs.panel_regression(cells, outcome="y", regressors=["on"], unit="town", period="month")
    assert found.headline.estimate == pytest.approx(regression.headline.estimate)
    assert found.headline.lower < -2 < found.headline.upper
    assert found.checks[1].value == pytest.approx(1 / 200)


# --- comparisons that were not randomised: statsmodels' TreatmentEffect on causaldata's nhefs ---


@pytest.fixture
def smokers():
    data = pytest.importorskip("causaldata").nhefs_complete.load_pandas().data
    return data.dropna(subset=["wt82_71"])


CAUSES = ["age", "wt71", "smokeintensity", "smokeyrs"]


def test_weighting_and_doubly_robust(smokers):
    settings = {"outcome": "wt82_71", "treatment": "qsmk", "covariates": CAUSES}
    # TreatmentEffect(OLS, qsmk, results_select=Logit).ipw(), .aipw(), .ipw(effect_group=1); statsmodels 0.15
    found = designs.weighting(smokers, **settings).headline
    assert (found.estimate, found.std_error) == pytest.approx((3.413897, 0.482577), abs=2e-4)
    found = designs.doubly_robust(smokers, **settings).headline
    assert found.estimate == pytest.approx(3.442379, abs=1e-6)
    assert found.std_error == pytest.approx(0.483009, rel=0.02)  # GMM there, influence function here
    found = designs.weighting(smokers, target="treated", **settings).headline
    assert (found.estimate, found.std_error) == pytest.approx((3.435405, 0.484437), rel=1e-3)


def test_logistic_against_statsmodels(smokers):
    sm = pytest.importorskip("statsmodels.api")
    x = np.column_stack([np.ones(len(smokers)), smokers[CAUSES].to_numpy(float)])
    d = smokers.qsmk.to_numpy(float)
    assert logistic(d, x).coefficients == pytest.approx(sm.Logit(d, x).fit(disp=0).params, rel=1e-6)


def test_matching_by_brute_force(smokers):
    data = smokers.iloc[:200]
    settings = {"outcome": "wt82_71", "treatment": "qsmk", "covariates": CAUSES}
    found = designs.matching(data, adjust=False, partners=2, **settings).headline
    x = data[CAUSES].to_numpy(float)
    inverse = np.linalg.inv(np.cov(x, rowvar=False))
    d, y = data.qsmk.to_numpy(float), data.wt82_71.to_numpy(float)
    gaps = []
    for i in np.flatnonzero(d == 1):
        far = [(x[i] - x[j]) @ inverse @ (x[i] - x[j]) for j in np.flatnonzero(d == 0)]
        gaps.append(y[i] - y[np.flatnonzero(d == 0)[np.argsort(far)[:2]]].mean())
    assert found.estimate == pytest.approx(np.mean(gaps))


def test_matching_covers_a_known_effect():
    generator = np.random.default_rng(10)
    inside = 0
    for _ in range(60):
        x = generator.normal(size=(250, 2))
        d = (generator.random(250) < 1 / (1 + np.exp(-x[:, 0]))).astype(int)
        y = x.sum(axis=1) + 1.0 * d + generator.normal(size=250)
        table = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "d": d, "y": y})
        item = designs.matching(table, outcome="y", treatment="d", covariates=["a", "b"]).headline
        inside += item.lower <= 1 <= item.upper
    assert inside >= 51


def test_e_value_of_the_paper():
    # VanderWeele and Ding (2017): risk ratio 3.9 (1.8 to 8.7): 7.26 and 3.0
    point, limit = designs.e_value(Estimate("risk ratio", 3.9, None, 1.8, 8.7))
    assert (round(point, 2), round(limit, 1)) == (7.26, 3.0)


# --- regression discontinuity: rdrobust 1.3 for Python on the same draws ---


def discontinuity_data():
    generator = np.random.default_rng(4)
    x = generator.normal(0, 1, 800)
    y = 1 + 0.8 * x + 0.5 * x**2 - 0.3 * x**3 + 0.6 * (x >= 0) + generator.normal(0, 0.5, 800)
    return y, x


def test_regression_discontinuity():
    y, x = discontinuity_data()
    found = designs.regression_discontinuity(y, x)
    corrected, conventional = found.estimates
    assert corrected.extra["bandwidth"] == pytest.approx(0.562406, abs=1e-6)  # bwselect="mserd"
    assert (conventional.estimate, conventional.std_error) == pytest.approx((0.644927, 0.104521), abs=1e-6)
    assert (corrected.estimate, corrected.std_error) == pytest.approx((0.660392, 0.123717), abs=1e-6)
    assert (corrected.lower, corrected.upper) == pytest.approx((0.417912, 0.902873), abs=1e-6)
    given = designs.regression_discontinuity(y, x, bandwidth=0.7).estimates
    assert (given[0].estimate, given[0].std_error) == pytest.approx((0.681452, 0.130783), abs=1e-6)
    assert designs.placebo_thresholds(found).checks[0].value <= 1


# --- displacement ---


def test_weighted_displacement_by_hand():
    counts = designs.AreaCounts(200, 120, 150, 160, 1000, 1100)
    found = {item.term: item for item in designs.weighted_displacement(counts).estimates}
    success = 120 / 1100 - 200 / 1000
    buffer = 160 / 1100 - 150 / 1000
    assert found["success"].estimate == pytest.approx(success)
    assert found["quotient"].estimate == pytest.approx(buffer / success)
    assert found["net effect"].estimate == pytest.approx(200 * 1.1 - 120 + 150 * 1.1 - 160)
    # delta method for a ratio of Poisson counts
    variance = (120 + 120**2 / 1100) / 1100**2 + (200 + 200**2 / 1000) / 1000**2
    assert found["success"].std_error == pytest.approx(np.sqrt(variance), rel=0.03)


def test_rings_against_brute_force():
    generator = np.random.default_rng(11)
    points = pd.DataFrame(generator.uniform(0, 1000, size=(400, 2)), columns=["x", "y"])
    points["late"] = generator.integers(0, 2, 400)
    targets = np.array([[200.0, 200], [700, 600]])
    found = designs.count_rings(points, targets, x="x", y="y", radii=(100, 250), after="late")
    distance = np.min([np.hypot(points.x - tx, points.y - ty) for tx, ty in targets], axis=0)
    inner = distance <= 100
    assert found.before.iloc[0] == (inner & (points.late == 0)).sum()
    assert found.after.iloc[1] == (~inner & (distance <= 250) & (points.late == 1)).sum()
    assert found[["before", "after"]].to_numpy().sum() == 400


def test_rings_on_the_sphere():
    points = pd.DataFrame({"lon": [0.0, 0.0], "lat": [1.0, 1.002]})
    found = designs.count_rings(
        points, [[0.0, 1.0]], x="lon", y="lat", radii=(100, 300), after=np.array([False, True]), degrees=True
    )
    assert found.before.tolist() == [1, 0, 0]
    assert found.after.tolist() == [0, 1, 0]  # 0.002 degrees of latitude are 222 metres


# --- what every result and every refusal owes ---


@pytest.fixture
def results(drifting, monthly):
    table = trial_table()
    smooth = discontinuity_data()
    series = np.concatenate([drifting.outcome[:1], drifting.outcome[drifting.first == designs.NEVER][:9]])
    first = np.array([5, *([designs.NEVER] * 9)])
    on = (np.arange(8)[None, :] >= first[:, None]) & (first[:, None] != designs.NEVER)
    panel = Panel(tuple("abcdefghij"), tuple(range(8)), series, on, first, np.ones(10), np.arange(10))
    return [
        designs.callaway_santanna(drifting, replicates=50),
        designs.two_way_fixed_effects(drifting),
        designs.synthetic_control(panel),
        designs.synthetic_did(panel, replicates=20),
        designs.interrupted_time_series(monthly[1], 36),
        designs.randomised(table, outcome="y", treatment="z", covariates=["x"]),
        designs.doubly_robust(table, outcome="y", treatment="z", covariates=["x"]),
        designs.regression_discontinuity(*smooth),
        designs.weighted_displacement(designs.AreaCounts(200, 120, 150, 160, 1000, 1100)),
    ]


def test_every_result_has_the_same_form(results):
    for found in results:
        assert isinstance(found, EffectResult)
        assert isinstance(found, Result)
        frame = found.tidy()
        assert frame.columns[:5].tolist() == ["term", "estimate", "std_error", "lower", "upper"]
        assert (frame.lower <= frame.estimate).all()
        assert (frame.estimate <= frame.upper).all()
        assert found.checks
        assert found.method in found.summary()
        assert found.plot().to_dict()["layer"]


PANEL = {"unit": "unit", "period": "time", "outcome": "y", "treatment": "on"}


def rows(**changes):
    table = pd.DataFrame(
        {
            "unit": list("aaabbbccc"),
            "time": [1, 2, 3] * 3,
            "y": [5.0, 4, 3, 5, 5, 6, 4, 4, 5],
            "on": [0, 0, 1] + [0] * 6,
        }
    )
    return table.assign(**changes)


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (rows(on=[0, 0, 1] * 3), "evaluation.no-untreated"),
        (rows(on=[0, 1, 0] + [0] * 6), "evaluation.switches-off"),
        (rows().iloc[:-1], "evaluation.gap"),
        (pd.concat([rows(), rows().iloc[:1]]), "evaluation.duplicate-unit-period"),
        (rows(y=[4.0] * 9), "evaluation.no-variance"),
        (rows(on=[0] * 9), "evaluation.no-treated"),
        (rows(on=[1, 1, 1] + [0] * 6), "evaluation.no-before"),
        (rows(on=[0, 0, 0.5] + [0] * 6), "evaluation.not-binary"),
        (rows(y=["many", *"12345678"]), "evaluation.not-a-number"),
        (rows(y=[None, 1, 2, 3, 4, 5, 6, 7, 8]), "evaluation.missing-number"),
        (rows(time=[None, 2, 3, 1, 2, 3, 1, 2, 3]), "evaluation.missing-period"),
        (rows().drop(columns="on"), "evaluation.wrong-column"),
    ],
)
def test_panels_that_are_refused(table, code):
    with pytest.raises(KyotoError) as caught:
        designs.read_panel(table, **PANEL)
    assert code in {problem.code for problem in caught.value.problems}


def test_all_problems_of_a_panel_at_once():
    table = pd.concat([rows().iloc[:-1], rows().iloc[:1]])
    with pytest.raises(KyotoError) as caught:
        designs.read_panel(table, **PANEL)
    assert {problem.code for problem in caught.value.problems} == {
        "evaluation.gap",
        "evaluation.duplicate-unit-period",
    }


def test_one_treated_unit_with_two_periods():
    panel = designs.read_panel(rows(on=[0, 1, 1] + [0] * 6).query("time < 3"), **PANEL)
    with pytest.raises(KyotoError) as caught:
        designs.two_way_fixed_effects(panel)
    assert caught.value.code == "evaluation.one-treated-two-periods"


def test_everybody_treated_in_the_end_needs_the_other_comparison():
    table = rows(on=[0, 0, 1, 0, 1, 1, 0, 0, 1])
    panel = designs.read_panel(table, **PANEL)
    with pytest.raises(KyotoError) as caught:
        designs.callaway_santanna(panel)
    assert caught.value.code == "evaluation.no-untreated"
    assert "not-yet" in caught.value.hint
    assert designs.callaway_santanna(panel, comparison="not-yet", replicates=0).estimates


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: designs.interrupted_time_series([1.0, 2, 3], 1), "evaluation.few-periods"),
        (lambda: designs.interrupted_time_series([1.0, None, *range(20)], 9), "evaluation.gap"),
        (lambda: designs.interrupted_time_series([1.0] * 30, 15), "evaluation.no-variance"),
        (lambda: designs.interrupted_time_series([-1.0, *range(29)], 15, family="poisson"), "evaluation.wrong-count"),
        (lambda: designs.regression_discontinuity(range(30), range(30), threshold=28), "evaluation.few-units"),
        (lambda: designs.randomised(rows(), outcome="y", treatment="time"), "evaluation.not-binary"),
        (lambda: designs.randomised(rows(z=1), outcome="y", treatment="z"), "evaluation.no-untreated"),
        (
            lambda: designs.randomised(rows(z=[0, 1, 0] * 3), outcome="y", treatment="z", cluster="unit"),
            "evaluation.split-cluster",
        ),
        (
            lambda: designs.randomised(rows(z=[0, 1, 0] + [1] * 6), outcome="y", treatment="z", block="unit"),
            "evaluation.block-without-both",
        ),
        (lambda: designs.weighting(rows(), outcome="y", treatment="on", covariates=[]), "evaluation.no-covariates"),
        (
            lambda: designs.weighting(rows(x=[0, 0, 1] + [0] * 6), outcome="y", treatment="on", covariates=["x"]),
            "evaluation.no-overlap",
        ),
        (lambda: designs.weighted_displacement(designs.AreaCounts(0, 1, 1, 1, 1, 1)), "evaluation.wrong-count"),
    ],
)
def test_designs_that_are_refused(call, code):
    with pytest.raises(KyotoError) as caught:
        call()
    assert caught.value.code == code


def test_honest_limits_without_departure_are_the_ordinary_ones():
    sigma = np.diag([0.04, 0.04, 0.09, 0.09])
    found = designs.honest_bounds([0.1, 0.2, -1.0, -2.0], sigma, before=2, bounds=(0.0,)).headline
    reach = 1.959963984540054 * np.sqrt(0.09 + 0.09) / 2
    assert (found.lower, found.upper) == pytest.approx((-1.5 - reach, -1.5 + reach))


def test_tiny_cohorts_do_not_condemn_the_trends():
    generator = np.random.default_rng(12)
    outcome = generator.normal(10, 1, size=(30, 8))
    first = np.full(30, designs.NEVER)
    first[0], first[1:11] = 6, 4  # the first one alone is seen four and five periods before its start
    outcome[0, :6] += [0, 5, 0, 5, 0, 0]
    on = (np.arange(8)[None, :] >= first[:, None]) & (first[:, None] != designs.NEVER)
    panel = Panel(tuple(map(str, range(30))), tuple(range(8)), outcome, on, first, np.ones(30), np.arange(30))
    checks = {check.name: check for check in designs.callaway_santanna(panel, replicates=0).checks}
    assert checks["trends before"].verdict == "warn"
    assert "cohort sizes" in checks


def test_a_start_that_is_no_period():
    table = rows(start=["May"] * 3 + [None] * 6)
    with pytest.raises(KyotoError) as caught:
        designs.read_panel(table, unit="unit", period="time", outcome="y", start="start")
    assert "evaluation.wrong-period" in {problem.code for problem in caught.value.problems}


def test_starts_after_the_last_period_and_words_for_never():
    table = rows(start=[2] * 3 + [9] * 3 + [0] * 3)
    panel = designs.read_panel(table, unit="unit", period="time", outcome="y", start="start")
    assert panel.first.tolist() == [1, designs.NEVER, designs.NEVER]
