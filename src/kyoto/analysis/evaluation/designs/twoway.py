"""Regressions on panels: two-way fixed effects and first differences, with Goodman-Bacon's look inside the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.evaluation.arrays import Floats, Integers
from kyoto.analysis.evaluation.designs.panel import NEVER, Panel
from kyoto.analysis.evaluation.designs.regression import (
    cluster_covariance,
    demean,
    least_squares,
)
from kyoto.analysis.evaluation.result import Check, EffectResult, t_estimate
from kyoto.analysis.evaluation.tables import as_frame, column_of_numbers, name_of, require_columns
from kyoto.core.errors import KyotoError, Problems, Where

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["bacon_weights", "panel_regression", "two_way_fixed_effects"]


def panel_regression(
    source: Any,
    *,
    outcome: str,
    regressors: Sequence[str],
    unit: str,
    period: str,
    estimator: str = "fixed-effects",
    controls: Sequence[str] = (),
    weights: str | None = None,
    cluster: str | None = None,
    level: float = 0.95,
) -> EffectResult:
    """Effect of regressors on an outcome within units, common shocks of periods removed.

    Parameters
    ----------
    source
        Dataframe or file, one row a unit and period; gaps are allowed.
    outcome, regressors, controls
        Columns of numbers; estimates are given for the regressors. Controls that fixed effects determine are left
        out and named in a check.
    unit, period
        Columns of the fixed effects.
    estimator
        ``fixed-effects`` (both swept out), or ``first-differences`` (changes between consecutive periods, with
        effects of periods).
    weights
        Column of weights.
    cluster
        Column of clusters for standard errors; the unit if not given.
    level
        Confidence.

    Notes
    -----
    Standard errors: clusters with the factor G/(G-1) · (n-1)/(n-k), in which fixed effects nested in clusters do not
    count; limits by the t distribution with G - 1 degrees of freedom.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"area": list("aabbcc"), "year": [1, 2] * 3, "crime": [5., 3, 6, 6, 4, 5],
    ...                      "on": [0, 1, 0, 0, 0, 0]})
    >>> found = panel_regression(rows, outcome="crime", regressors=["on"], unit="area", period="year")
    >>> round(found.headline.estimate, 3)
    -2.5
    """
    if estimator not in {"fixed-effects", "first-differences"}:
        raise KyotoError(
            "No such estimator",
            code="evaluation.unknown-estimator",
            got=estimator,
            expected="fixed-effects or first-differences",
        )
    table = _read(source, outcome, [*regressors, *controls], unit, period, weights, cluster)
    if estimator == "first-differences":
        table = table.differenced()
    y, x, absorbed = table.swept(estimator)
    x, kept, dropped = _independent(x, table.weights, len(regressors), [*regressors, *controls])
    fit = least_squares(y, x, table.weights, kept)
    clusters = int(table.clusters.max()) + 1
    if clusters < 2:
        raise KyotoError("One cluster has no standard error", code="evaluation.few-clusters", got="1 cluster")
    covariance = cluster_covariance(fit, table.clusters, absorbed=absorbed)
    errors = np.sqrt(np.diag(covariance))
    estimates = tuple(
        t_estimate(name, float(fit.coefficients[i]), float(errors[i]), clusters - 1, level)
        for i, name in enumerate(kept[: len(regressors)])
    )
    checks = [_cluster_check(clusters)]
    if dropped:
        checks.append(Check("controls", "info", f"left out, because others determine them: {', '.join(dropped)}"))
    details = {"coefficients": dict(zip(kept, fit.coefficients.tolist(), strict=True)), "observations": len(y)}
    return EffectResult(f"panel regression ({estimator})", estimates, tuple(checks), level, outcome, details=details)


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """Columns of the regression as arrays."""

    y: Floats
    x: Floats
    unit: Integers
    period: Integers
    weights: Floats
    clusters: Integers

    def differenced(self) -> _Table:
        """Changes between consecutive periods of a unit."""
        order = np.lexsort((self.period, self.unit))
        after, before = order[1:], order[:-1]
        adjacent = (self.unit[after] == self.unit[before]) & (self.period[after] == self.period[before] + 1)
        after, before = after[adjacent], before[adjacent]
        if not len(after):
            raise KyotoError(
                "No unit has two consecutive periods",
                code="evaluation.gap",
                expected="at least two consecutive periods a unit",
            )
        return _Table(
            self.y[after] - self.y[before],
            self.x[after] - self.x[before],
            self.unit[after],
            self.period[after],
            self.weights[after],
            self.clusters[after],
        )

    def swept(self, estimator: str) -> tuple[Floats, Floats, int]:
        """Outcome and regressors without fixed effects, and how many effects are not nested in clusters."""
        effects = [self.period] if estimator == "first-differences" else [self.unit, self.period]
        numbered = [np.unique(effect, return_inverse=True)[1] for effect in effects]
        columns = demean(np.column_stack([self.y, self.x]), numbered, self.weights)
        absorbed = sum(
            int(effect.max()) + 1 - (1 if position else 0)
            for position, effect in enumerate(numbered)
            if not _nested(effect, self.clusters)
        )
        nested = any(_nested(effect, self.clusters) for effect in numbered)
        return columns[:, 0], columns[:, 1:], absorbed + (1 if nested else 0)


def _nested(effect: Integers, clusters: Integers) -> bool:
    """Whether each level of the effect lies in one cluster."""
    last = np.empty(int(effect.max()) + 1, dtype=np.int64)
    last[effect] = clusters
    return bool((last[effect] == clusters).all())


def _read(
    source: Any,
    outcome: str,
    columns: Sequence[str],
    unit: str,
    period: str,
    weights: str | None,
    cluster: str | None,
) -> _Table:
    import pandas as pd

    frame, file = as_frame(source), name_of(source)
    problems = Problems()
    if not require_columns(frame, [outcome, *columns, unit, period, weights, cluster], file=file, problems=problems):
        problems.raise_if_any()
    numbers = {
        name: column_of_numbers(frame, name, file=file, problems=problems, missing=False)
        for name in dict.fromkeys([outcome, *columns, *([weights] if weights else [])])
    }
    codes = [np.asarray(pd.factorize(frame[name], sort=True)[0]) for name in (unit, period, cluster or unit)]
    repeated = pd.Series(codes[0] * (int(codes[1].max()) + 1) + codes[1]).duplicated().to_numpy()
    if repeated.any():
        problems.add(
            KyotoError(
                "A unit stands twice in a period",
                code="evaluation.duplicate-unit-period",
                where=Where(file=file, line=int(np.flatnonzero(repeated)[0]) + 2),
                expected="one row a unit and period",
            )
        )
    for name, code in zip((unit, period, cluster or unit), codes, strict=True):
        if (code < 0).any():
            place = Where(file=file, line=int(np.flatnonzero(code < 0)[0]) + 2, column=name)
            problems.add(
                KyotoError("A row has no unit, period or cluster", code="evaluation.missing-period", where=place)
            )
    problems.raise_if_any()
    if np.ptp(numbers[outcome]) == 0:
        raise KyotoError(
            "The outcome never changes", code="evaluation.no-variance", where=Where(file=file, column=outcome)
        )
    w = numbers[weights] if weights else np.ones(len(frame))
    x = np.column_stack([numbers[name] for name in columns])
    return _Table(numbers[outcome], x, codes[0], codes[1], w, codes[2])


def _independent(
    x: Floats, weights: Floats, required: int, names: Sequence[str]
) -> tuple[Floats, list[str], list[str]]:
    """Columns none of which the ones before determine; regressors must be among them."""
    scaled = x * np.sqrt(weights)[:, None]
    kept: list[int] = []
    basis = np.zeros((len(x), 0))
    for column in range(x.shape[1]):
        rest = scaled[:, column] - basis @ (basis.T @ scaled[:, column])
        rest = rest - basis @ (basis.T @ rest)
        if np.linalg.norm(rest) > 1e-8 * max(float(np.linalg.norm(scaled[:, column])), 1e-8):
            kept.append(column)
            basis = np.column_stack([basis, rest / np.linalg.norm(rest)])
        elif column < required:
            raise KyotoError(
                "A regressor does not vary within units and periods",
                code="evaluation.collinear",
                got=names[column],
                expected="a regressor that changes at different times in different units",
            )
    return x[:, kept], [names[i] for i in kept], [names[i] for i in range(x.shape[1]) if i not in kept]


def _cluster_check(clusters: int) -> Check:
    if clusters >= 30:
        return Check("clusters", "pass", f"{clusters} clusters", float(clusters))
    return Check("clusters", "warn", f"only {clusters} clusters: the interval may be too narrow", float(clusters))


def two_way_fixed_effects(panel: Panel, *, level: float = 0.95) -> EffectResult:
    """Difference in differences by two-way fixed effects, with its warning under staggered adoption.

    Parameters
    ----------
    panel
        A panel; weights and clusters are those of its units.
    level
        Confidence.

    Returns
    -------
    EffectResult
        Headline ``effect``; ``details["bacon"]`` holds :func:`bacon_weights` where weights are equal.
    """
    n, t = panel.outcome.shape
    y, d = panel.outcome.ravel(), panel.treated.ravel().astype(float)
    unit, period = np.repeat(np.arange(n), t), np.tile(np.arange(t), n)
    weights, clusters = np.repeat(panel.weights, t), np.repeat(panel.clusters, t)
    _refuse_two_by_two(panel)
    columns = demean(np.column_stack([y, d]), [unit, period], weights)
    if np.linalg.norm(columns[:, 1]) < 1e-9 * np.sqrt(n * t):
        raise KyotoError(
            "Fixed effects determine the treatment",
            code="evaluation.no-untreated",
            expected="units that are untreated while others are treated",
        )
    fit = least_squares(columns[:, 0], columns[:, 1:], weights)
    count = int(clusters.max()) + 1
    error = float(np.sqrt(cluster_covariance(fit, clusters, absorbed=t)[0, 0]))
    estimate = t_estimate("effect", float(fit.coefficients[0]), error, count - 1, level)
    checks = [_cluster_check(count)]
    details: dict[str, Any] = {"residuals": fit.residuals.reshape(n, t)}
    if np.ptp(panel.weights) == 0:
        details["bacon"] = bacon_weights(panel)
        checks.append(_bacon_check(details["bacon"], float(fit.coefficients[0])))
    elif len(panel.cohorts) > 1:
        checks.append(Check("staggered adoption", "warn", _STAGGERED))
    return EffectResult("two-way fixed effects", (estimate,), tuple(checks), level, panel.name, details=details)


_STAGGERED = (
    "units start at different times: earlier starters serve as comparison of later ones, which biases the effect "
    "where it changes with time; use callaway_santanna"
)


def _bacon_check(bacon: pd.DataFrame, effect: float) -> Check:
    forbidden = bacon[bacon.comparison == "later against earlier"]
    share = float(forbidden.weight.sum())
    if share == 0:
        return Check("staggered adoption", "pass", "no unit is compared with one that was treated before", 0.0)
    rest = bacon[bacon.comparison != "later against earlier"]
    clean = float((rest.weight * rest.estimate).sum() / rest.weight.sum())
    return Check(
        "staggered adoption",
        "warn",
        f"{share:.0%} of the weight compares units with ones that were treated before; without these comparisons the "
        f"effect is {clean:.3g} instead of {effect:.3g}: use callaway_santanna",
        share,
    )


def _refuse_two_by_two(panel: Panel) -> None:
    if int(panel.ever.sum()) == 1 and panel.outcome.shape[1] == 2:
        raise KyotoError(
            "One treated unit with two periods has no standard error",
            code="evaluation.one-treated-two-periods",
            got="1 treated unit, 2 periods",
            expected="several treated units, or many periods before the programme",
            hint="With many periods before, a synthetic control shows how unusual the change is.",
        )
    if int(panel.clusters.max()) < 1:
        raise KyotoError("One cluster has no standard error", code="evaluation.few-clusters", got="1 cluster")


def bacon_weights(panel: Panel) -> pd.DataFrame:
    """Comparisons of two groups that make up the two-way fixed effects estimate.

    Parameters
    ----------
    panel
        A panel; weights of units are not used.

    Returns
    -------
    pandas.DataFrame
        ``treated`` and ``comparison_group`` (first treated period, or ``never``), ``comparison`` (``treated against
        never``, ``earlier against later``, ``later against earlier``), ``weight`` (sum 1), ``estimate``.

    Notes
    -----
    Goodman-Bacon (2021), *Journal of Econometrics* 225, equations 7 to 10. Groups that are treated from the first
    period on serve as comparison only.
    """
    import pandas as pd

    t = panel.outcome.shape[1]
    groups = [*(int(g) for g in panel.cohorts), *([NEVER] if (~panel.ever).any() else [])]
    means = {g: panel.outcome[panel.first == g].mean(axis=0) for g in groups}
    shares = {g: float((panel.first == g).mean()) for g in groups}
    labels = {g: "never" if g == NEVER else panel.periods[g] for g in groups}
    rows = []
    for k in groups:
        for j in groups:
            if k in (NEVER, 0) or k == j:
                continue
            window, after, kind = _window(k, j, t)
            if not after.any() or after[window].all():
                continue
            change_k = means[k][window & after].mean() - means[k][window & ~after].mean()
            change_j = means[j][window & after].mean() - means[j][window & ~after].mean()
            weight = _bacon_weight(k, j, shares, t)
            rows.append((labels[k], labels[j], kind, weight, float(change_k - change_j)))
    frame = pd.DataFrame(rows, columns=["treated", "comparison_group", "comparison", "weight", "estimate"])
    frame["weight"] /= frame.weight.sum()
    return frame


def _window(k: int, j: int, t: int) -> tuple[Any, Any, str]:
    """Periods that a comparison uses, those after its start, and what it is."""
    periods = np.arange(t)
    if j == NEVER:
        return periods >= 0, periods >= k, "treated against never"
    if j > k:
        return periods < j, (periods >= k) & (periods < j), "earlier against later"
    return periods >= j, periods >= k, "later against earlier"


def _bacon_weight(k: int, j: int, shares: dict[int, float], t: int) -> float:
    """Weight up to the common factor: size of both groups times the variance of treatment in the comparison."""
    total = shares[k] + shares[j]
    split = shares[k] / total
    time_k = (t - k) / t
    if j == NEVER:
        return total**2 * split * (1 - split) * time_k * (1 - time_k)
    time_j = (t - j) / t
    if j > k:
        inside = (time_k - time_j) / (1 - time_j)
        return (total * (1 - time_j)) ** 2 * split * (1 - split) * inside * (1 - inside)
    if j == 0:
        return total**2 * split * (1 - split) * time_k * (1 - time_k)
    inside = time_k / time_j
    return (total * time_j) ** 2 * split * (1 - split) * inside * (1 - inside)
