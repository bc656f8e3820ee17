"""Staggered adoption: effects of each cohort in each period, and what they add up to (Callaway and Sant'Anna 2021).

Every estimate carries its influence function, so that any average of effects has a standard error and a multiplier
bootstrap without estimating anything again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kyoto.analysis.evaluation.arrays import Booleans, Floats, Integers
from kyoto.analysis.evaluation.designs.panel import NEVER, Panel
from kyoto.analysis.evaluation.designs.propensity import logistic
from kyoto.analysis.evaluation.designs.regression import sum_by
from kyoto.analysis.evaluation.result import Check, EffectResult, Estimate, p_text
from kyoto.core.errors import KyotoError, did_you_mean

__all__ = ["GroupTimeEffects", "aggregate", "callaway_santanna", "group_time_effects"]

SMALL_COHORT = 5
AGGREGATIONS = ("simple", "event", "group", "calendar")


@dataclass(frozen=True, slots=True, eq=False)
class GroupTimeEffects:
    """Average effect on each cohort in each period.

    Parameters
    ----------
    cohort, period
        Positions of periods, shape (m,): the cohort's first treated period, and the period of the effect.
    effect
        Shape (m,).
    influence
        Influence function, shape (units, m); its mean square over units is the variance times the number of units.
    panel
        What was estimated from.
    """

    cohort: Integers
    period: Integers
    effect: Floats
    influence: Floats
    panel: Panel


def group_time_effects(
    panel: Panel,
    *,
    comparison: str = "never",
    covariates: Sequence[str] = (),
    anticipation: int = 0,
    universal: bool = False,
) -> GroupTimeEffects:
    """Effects on each cohort in each period, relative to the last period before it starts.

    Parameters
    ----------
    panel
        A panel with staggered starts.
    comparison
        ``never``: units that never start. ``not-yet``: also those that have not started by the period.
    covariates
        Names of covariates of the panel; parallel trends then need to hold only between units that are alike in
        them before the start (doubly robust, Sant'Anna and Zhao 2020).
    anticipation
        Periods before the start in which units may already react.
    universal
        Whether effects before the start are measured from the same last period as those after it, as
        :func:`~kyoto.analysis.evaluation.designs.honest.honest_bounds` needs. By default they are changes from one
        period to the next, as in the R package ``did``.
    """
    if comparison not in {"never", "not-yet"}:
        raise KyotoError(
            "No such comparison", code="evaluation.unknown-comparison", got=comparison, expected="never or not-yet"
        )
    if comparison == "never" and panel.ever.all():
        raise KyotoError(
            "No unit is never treated",
            code="evaluation.no-untreated",
            got=f"{len(panel.units)} units, all treated in the end",
            expected="units that are never treated",
            hint="Compare with units that are not yet treated: comparison='not-yet'.",
        )
    cohorts, periods, effects, columns = [], [], [], []
    t = panel.outcome.shape[1]
    for g in (int(c) for c in panel.cohorts if c > anticipation):
        for p in range(0 if universal else 1, t):
            base = g - 1 - anticipation if universal or p >= g - anticipation else p - 1
            if p == base:
                continue
            chosen = _controls(panel, g, max(p, base) + anticipation, comparison)
            if not chosen.any():
                continue
            change = panel.outcome[:, p] - panel.outcome[:, base]
            found = _difference(panel, panel.first == g, chosen, change, base, covariates)
            cohorts.append(g)
            periods.append(p)
            effects.append(found[0])
            columns.append(found[1])
    if not effects:
        raise KyotoError(
            "No cohort has a comparison",
            code="evaluation.no-untreated",
            expected="units that are untreated before and after some start",
        )
    return GroupTimeEffects(np.array(cohorts), np.array(periods), np.array(effects), np.column_stack(columns), panel)


def _controls(panel: Panel, cohort: int, until: int, comparison: str) -> Booleans:
    never = panel.first == NEVER
    if comparison == "never":
        return np.asarray(never)
    return np.asarray(never | ((panel.first > until) & (panel.first != cohort)))


def _difference(
    panel: Panel, treated: Booleans, controls: Booleans, change: Floats, base: int, covariates: Sequence[str]
) -> tuple[float, Floats]:
    """Difference of changes and its influence function, shape (units,)."""
    if covariates:
        x = np.column_stack([np.ones(len(change)), *(panel.covariates[name][:, base] for name in covariates)])
        return _doubly_robust(panel, treated, controls, change, x)
    n = len(change)
    influence = np.zeros(n)
    effect = 0.0
    for members, sign in ((treated, 1.0), (controls, -1.0)):
        w = panel.weights[members]
        mean = float(w @ change[members] / w.sum())
        influence[members] += sign * n * w * (change[members] - mean) / w.sum()
        effect += sign * mean
    return effect, influence


def _doubly_robust(
    panel: Panel, treated: Booleans, controls: Booleans, change: Floats, x: Floats
) -> tuple[float, Floats]:
    """Doubly robust difference in differences (Sant'Anna and Zhao 2020, equation 2.5, logit and least squares)."""
    n = len(change)
    inside = np.flatnonzero(treated | controls)
    d = treated[inside].astype(float)
    w, dy, xi = panel.weights[inside], change[inside], x[inside]
    if d.sum() < 1 or len(inside) - d.sum() <= xi.shape[1]:
        raise KyotoError(
            "A comparison has fewer units than covariates", code="evaluation.few-units", got=f"{len(inside)} units"
        )
    score = logistic(d, xi, w)
    p = np.minimum(score.probabilities, 1 - 1e-6)
    wc = w * (1 - d)
    bread = np.linalg.inv(xi.T @ (wc[:, None] * xi))
    beta = bread @ (xi.T @ (wc * dy))
    m = len(inside)
    rest = dy - xi @ beta
    w1, w0 = w * d, w * p * (1 - d) / (1 - p)
    eta1, eta0 = (w1 @ rest) / w1.sum(), (w0 @ rest) / w0.sum()
    effect = float(eta1 - eta0)
    treat = (w1 * (rest - eta1)) / w1.mean()
    comparison = (w0 * (rest - eta0)) / w0.mean()
    score_ps = (w * (d - p))[:, None] * xi @ (score.bread * m)
    slope_ps = (w0 * (rest - eta0))[:, None] * xi
    comparison = comparison + score_ps @ (slope_ps.mean(axis=0) / w0.mean())
    score_ols = (wc * rest)[:, None] * xi @ (bread * m)
    gradient = (w1[:, None] * xi).mean(axis=0) / w1.mean() - (w0[:, None] * xi).mean(axis=0) / w0.mean()
    influence = np.zeros(n)
    influence[inside] = (treat - comparison - score_ols @ gradient) * n / m
    return effect, influence


def callaway_santanna(
    panel: Panel,
    *,
    aggregation: str = "event",
    comparison: str = "never",
    covariates: Sequence[str] = (),
    anticipation: int = 0,
    universal: bool = False,
    level: float = 0.95,
    replicates: int = 1000,
    seed: int = 1,
) -> EffectResult:
    """Effect of a programme that starts at different times in different units.

    Parameters
    ----------
    panel
        A panel.
    aggregation
        ``event`` (by time since the start), ``group`` (by cohort), ``calendar`` (by period), ``simple``.
    comparison, covariates, anticipation, universal
        As in :func:`group_time_effects`.
    level
        Confidence; limits are simultaneous over the estimates of the aggregation but for the headline.
    replicates, seed
        Multiplier bootstrap (Mammen weights by cluster); 0 replicates give pointwise normal limits.

    Returns
    -------
    EffectResult
        Headline: the average of the aggregation; then its parts.

    Examples
    --------
    >>> from kyoto.analysis.evaluation.designs.simulate import staggered_panel
    >>> found = callaway_santanna(staggered_panel(units=200, periods=8, effect=-2.0, seed=1), replicates=0)
    >>> round(found.headline.estimate, 1)
    -2.1
    """
    if aggregation not in AGGREGATIONS:
        raise KyotoError(
            "No such aggregation",
            code="evaluation.unknown-aggregation",
            got=aggregation,
            hint=did_you_mean(aggregation, AGGREGATIONS),
        )
    effects = group_time_effects(
        panel, comparison=comparison, covariates=covariates, anticipation=anticipation, universal=universal
    )
    terms, values, influence, positions = aggregate(effects, aggregation)
    errors, critical = _errors(influence, panel.clusters, level, replicates, seed)
    estimates = [
        _estimate(term, float(value), float(error), crit, level, time=position)
        for term, value, error, crit, position in zip(terms, values, errors, critical, positions, strict=True)
    ]
    checks = [_pre_trend(effects, values, influence, positions)] if aggregation == "event" else []
    small = [panel.periods[int(g)] for g in panel.cohorts if int((panel.first == g).sum()) < SMALL_COHORT]
    if small:
        listed = ", ".join(map(str, small))
        checks.append(Check("cohort sizes", "warn", f"cohorts of fewer than {SMALL_COHORT} units: {listed}"))
    sums = sum_by(influence, panel.clusters, int(panel.clusters.max()) + 1)
    covariance = sums.T @ sums / len(influence) ** 2
    details = {"terms": terms, "covariance": covariance, "positions": positions, "universal": universal}
    return EffectResult(
        "Callaway–Sant'Anna", tuple(estimates), tuple(checks), level, panel.name, details=details, figure="event"
    )


def aggregate(effects: GroupTimeEffects, kind: str) -> tuple[list[str], Floats, Floats, list[int | None]]:
    """Averages of group-time effects with their influence functions, those of the weights included.

    Returns
    -------
    tuple
        Names, estimates (k,), influence functions (units, k), times (None for averages).
    """
    panel = effects.panel
    after = effects.period >= effects.cohort
    if not after.any():
        raise KyotoError("No effect after a start can be estimated", code="evaluation.no-untreated")
    if kind == "simple":
        value, influence = _average(effects, after)
        return ["average"], np.array([value]), influence[:, None], [None]
    keys = {"event": effects.period - effects.cohort, "group": effects.cohort, "calendar": effects.period}[kind]
    times = np.unique(keys if kind == "event" else keys[after])
    names, values, columns = [], [], []
    for time in times:
        chosen = (keys == time) & (after | (kind == "event"))
        value, column = _average(effects, chosen, equal=kind == "group")
        names.append(f"{time:+d}" if kind == "event" else str(panel.periods[int(time)]))
        values.append(value)
        columns.append(column)
    stacked, together = np.array(values), np.column_stack(columns)
    if kind == "group":
        total, total_influence = _over_cohorts(effects, times, stacked, together)
    else:
        kept = times >= 0 if kind == "event" else np.ones(len(times), dtype=bool)
        total, total_influence = float(stacked[kept].mean()), together[:, kept].mean(axis=1)
    return (
        ["average", *names],
        np.concatenate([[total], stacked]),
        np.column_stack([total_influence, together]),
        [None, *(int(time) for time in times)],
    )


def _average(effects: GroupTimeEffects, chosen: Booleans, *, equal: bool = False) -> tuple[float, Floats]:
    """Average of some effects, by the sizes of their cohorts or equally."""
    values, influence = effects.effect[chosen], effects.influence[:, chosen]
    if equal:
        return float(values.mean()), influence.mean(axis=1)
    panel = effects.panel
    n = len(panel.weights)
    weight = panel.weights / panel.weights.mean()
    cohorts = effects.cohort[chosen]
    shares = np.array([weight[panel.first == g].sum() / n for g in cohorts])
    total = float(shares.sum())
    value = float(shares @ values / total)
    members = np.column_stack([weight * (panel.first == g) - s for g, s in zip(cohorts, shares, strict=True)])
    of_weights = (members @ values - members.sum(axis=1) * value) / total
    return value, np.asarray(influence @ (shares / total) + of_weights)


def _over_cohorts(
    effects: GroupTimeEffects, cohorts: Integers, values: Floats, influence: Floats
) -> tuple[float, Floats]:
    panel = effects.panel
    weight = panel.weights / panel.weights.mean()
    members = np.column_stack([weight * (panel.first == g) for g in cohorts])
    shares = members.mean(axis=0)
    value = float(shares @ values / shares.sum())
    centred = members - shares
    of_weights = (centred @ values - centred.sum(axis=1) * value) / shares.sum()
    return value, np.asarray(influence @ (shares / shares.sum()) + of_weights)


def _errors(
    influence: Floats, clusters: Integers, level: float, replicates: int, seed: int
) -> tuple[Floats, list[float]]:
    """Standard errors and critical values: the first estimate by itself, the others simultaneously."""
    from scipy import stats

    n, k = influence.shape
    count = int(clusters.max()) + 1
    plain = float(stats.norm.ppf(0.5 + level / 2))
    sums = influence if count == n else sum_by(influence, clusters, count)
    errors = np.sqrt((sums**2).sum(axis=0)) / n
    if replicates == 0 or k == 1:
        return errors, [plain] * k
    draws = _multipliers(sums, replicates, seed) / n
    low, high = np.quantile(draws, [0.25, 0.75], axis=0)
    spread = (high - low) / (stats.norm.ppf(0.75) - stats.norm.ppf(0.25))
    known = spread[1:] > 1e-12
    largest = np.abs(draws[:, 1:][:, known] / spread[1:][known]).max(axis=1) if known.any() else np.array([plain])
    together = max(float(np.quantile(largest, level)), plain)
    return spread, [plain, *([together] * (k - 1))]


def _multipliers(sums: Floats, replicates: int, seed: int) -> Floats:
    """Bootstrap draws with Mammen's two-point weights, in blocks that fit in memory; shape (replicates, k)."""
    generator = np.random.default_rng(seed)
    root = np.sqrt(5.0)
    low, high = (1 - root) / 2, (1 + root) / 2
    chance = (root + 1) / (2 * root)
    total = sums.sum(axis=0)
    out = np.empty((replicates, sums.shape[1]))
    block = max(1, 8_000_000 // max(len(sums), 1))
    values = sums.astype(np.float32)
    for start in range(0, replicates, block):
        rows = min(block, replicates - start)
        picked = (generator.random((rows, len(sums)), dtype=np.float32) < chance).astype(np.float32)
        out[start : start + rows] = high * total + (low - high) * (picked @ values)
    return out


def _estimate(term: str, value: float, error: float, critical: float, level: float, time: int | None) -> Estimate:
    from scipy import stats

    p_value = float(2 * stats.norm.sf(abs(value) / error)) if error > 0 else float("nan")
    return Estimate(term, value, error, value - critical * error, value + critical * error, p_value, {"time": time})


def _pre_trend(effects: GroupTimeEffects, values: Floats, influence: Floats, positions: Sequence[int | None]) -> Check:
    """Wald test that all effects before the start are 0."""
    from scipy import stats

    before = np.array([time is not None and time < 0 for time in positions])
    if not before.any():
        return Check("trends before", "warn", "no period before the start can be compared: trends cannot be checked")
    clusters = effects.panel.clusters
    sums = sum_by(influence[:, before], clusters, int(clusters.max()) + 1)
    covariance = sums.T @ sums / len(influence) ** 2
    statistic = float(values[before] @ np.linalg.pinv(covariance, rcond=1e-10) @ values[before])
    p_value = float(stats.chi2.sf(statistic, int(before.sum())))
    small = any(int((effects.panel.first == g).sum()) < SMALL_COHORT for g in effects.panel.cohorts)
    verdict = "pass" if p_value >= 0.05 else ("warn" if small else "fail")
    words = {
        "pass": "no sign of different trends",
        "warn": "trends seem to differ before the programme, but cohorts of few units make this test reject too easily",
        "fail": "trends differed before the programme",
    }[verdict]
    return Check(
        "trends before",
        verdict,
        f"{words} ({int(before.sum())} periods, {p_text(p_value)}); a test that finds nothing proves nothing: see "
        "honest_bounds",
        p_value,
    )
