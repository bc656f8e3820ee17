"""Synthetic control: what a treated unit would have been without the programme, as an average of other units.

Classic (Abadie, Diamond and Hainmueller 2010), augmented with a ridge correction (Ben-Michael, Feller and Rothstein
2021), with placebos in space (every donor as if it were treated) and in time (an earlier start).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kyoto.analysis.evaluation.arrays import Floats, Integers
from kyoto.analysis.evaluation.designs.panel import NEVER, Panel
from kyoto.analysis.evaluation.designs.simplex import simplex_weights, simplex_weights_many
from kyoto.analysis.evaluation.result import Check, EffectResult, Estimate, figure
from kyoto.core.errors import KyotoError, did_you_mean

__all__ = ["Predictor", "placebo_gaps_of_many", "placebo_in_time", "synthetic_control"]


@dataclass(frozen=True, slots=True)
class Predictor:
    """What the synthetic unit must match beside the path of the outcome.

    Parameters
    ----------
    name
        A covariate of the panel, or the outcome's name.
    first, last
        Periods (labels) over which it is averaged; missing values are left out.
    """

    name: str
    first: Any
    last: Any


def synthetic_control(
    panel: Panel,
    *,
    predictors: Sequence[Predictor] = (),
    ridge: float | None = None,
    placebos: bool = True,
    level: float = 0.95,
) -> EffectResult:
    """Effect on treated units that start together, against a weighted average of units that never start.

    Parameters
    ----------
    panel
        A panel with one start; the outcomes of several treated units are averaged with their weights.
    predictors
        Averages to match, with importances chosen so that the outcome before the start is matched best. Without
        predictors every period before the start is matched.
    ridge
        Penalty of the augmentation; None for the classic estimator, 0 < ridge corrects what the weights do not match.
    placebos
        Whether every donor is treated in turn; they give p-values and limits.
    level
        Confidence.

    Returns
    -------
    EffectResult
        Headline: mean gap after the start. Limits are the gaps that would not be unusual among the placebos (test
        inversion with a constant effect); they are infinite where there are too few donors for the level.

    Raises
    ------
    KyotoError
        ``evaluation.several-starts``, ``evaluation.few-donors``, ``evaluation.few-periods``.
    """
    start, treated, donors = _roles(panel)
    y1 = np.average(panel.outcome[treated], axis=0, weights=panel.weights[treated])
    y0 = panel.outcome[donors]
    chooser = _Chooser(panel, start, predictors, ridge)
    everyone = np.vstack([y1, y0])
    features = chooser.features(treated, donors)
    weights = chooser.weights(everyone, features, 0, np.arange(1, len(everyone)))
    path = weights @ y0
    gap = y1 - path
    names = tuple(panel.units[i] for i in donors)
    checks = [_fit_check(gap[:start], y1[:start]), _donor_check(weights, names)]
    details: dict[str, Any] = {
        "periods": panel.periods,
        "start": start,
        "observed": y1,
        "comparison": path,
        "gap": gap,
        "weights": dict(zip(names, weights.tolist(), strict=True)),
    }
    gaps = None
    if placebos and len(donors) > 2:
        gaps = chooser.placebo_gaps(everyone, features)
        details["placebo_gaps"] = gaps
        checks.append(_ratio_check(gap, gaps, start, names))
    average = _with_limits(
        "mean gap", float(gap[start:].mean()), None if gaps is None else gaps[:, start:].mean(1), level
    )
    estimates = [average]
    for period in range(start, len(gap)):
        here = None if gaps is None else gaps[:, period]
        estimates.append(_with_limits(str(panel.periods[period]), float(gap[period]), here, level))
    kind = "synthetic control" if ridge is None else "augmented synthetic control"
    return EffectResult(kind, tuple(estimates), tuple(checks), level, panel.name, details=details, figure="paths")


def _roles(panel: Panel) -> tuple[int, Integers, Integers]:
    if len(panel.cohorts) != 1:
        raise KyotoError(
            "The treated units do not start together",
            code="evaluation.several-starts",
            got=", ".join(str(panel.periods[int(g)]) for g in panel.cohorts),
            expected="one start",
            hint="Use callaway_santanna, or a synthetic control for each start.",
        )
    start = int(panel.cohorts[0])
    donors = np.flatnonzero(panel.first == NEVER)
    if len(donors) < 2:
        raise KyotoError(
            "There are too few donors", code="evaluation.few-donors", got=f"{len(donors)}", expected="at least two"
        )
    if start < 2:
        raise KyotoError(
            "Too few periods before the programme for a synthetic control",
            code="evaluation.few-periods",
            got=f"{start}",
            expected="at least two, and many more for the match to mean anything",
        )
    return start, np.flatnonzero(panel.ever), donors


@dataclass(frozen=True, slots=True, eq=False)
class _Chooser:
    """How weights are chosen."""

    panel: Panel
    start: int
    predictors: Sequence[Predictor]
    ridge: float | None

    def features(self, treated: Integers, donors: Integers) -> Floats | None:
        """Predictors of the treated average and of each donor, standardised; shape (1 + donors, predictors)."""
        if not self.predictors:
            return None
        known: Mapping[str, Floats] = {**self.panel.covariates, self.panel.name: self.panel.outcome}
        columns = []
        for predictor in self.predictors:
            if predictor.name not in known:
                raise KyotoError(
                    "No such predictor",
                    code="evaluation.wrong-column",
                    got=predictor.name,
                    hint=did_you_mean(predictor.name, known),
                )
            inside = [i for i, p in enumerate(self.panel.periods) if predictor.first <= p <= predictor.last]
            values = np.nanmean(known[predictor.name][:, inside], axis=1)
            first = np.average(values[treated], weights=self.panel.weights[treated])
            columns.append(np.concatenate([[first], values[donors]]))
        table = np.column_stack(columns)
        return np.asarray(table / table.std(axis=0, ddof=1))

    def weights(self, outcomes: Floats, features: Floats | None, unit: int, donors: Integers) -> Floats:
        """Weights of donors for one unit."""
        before = outcomes[:, : self.start]
        if features is None:
            weights = simplex_weights(before[unit], before[donors].T)
        else:
            weights = _nested(before[unit], before[donors].T, features[unit], features[donors].T)
        if self.ridge is not None:
            weights = weights + _ridge_correction(before[unit], before[donors], weights, self.ridge)
        return weights

    def placebo_gaps(self, outcomes: Floats, features: Floats | None) -> Floats:
        """Gap of every donor as if it were treated, shape (donors, periods); the treated unit is no donor."""
        gaps = []
        for unit in range(1, len(outcomes)):
            others = np.array([i for i in range(1, len(outcomes)) if i != unit])
            weights = self.weights(outcomes, features, unit, others)
            gaps.append(outcomes[unit] - weights @ outcomes[others])
        return np.array(gaps)


def _nested(y1: Floats, y0: Floats, x1: Floats, x0: Floats) -> Floats:
    """Weights that match predictors, whose importances make the outcome match best before the start.

    The outer search runs over logarithms of importances from two starts, equal ones and those of a regression of the
    outcome on the predictors, with Nelder–Mead and restarts at its optimum.
    """
    from scipy.optimize import minimize

    count = len(x1)

    def chosen(logs: Floats) -> Floats:
        importance = np.exp(np.clip(logs - logs.max(), -25, 0))
        return simplex_weights(x1, x0, importance)

    def loss(logs: Floats) -> float:
        return float(((y1 - y0 @ chosen(logs)) ** 2).mean())

    starts = [np.zeros(count), _regression_importance(y1, y0, x1, x0)]
    best, value = starts[0], loss(starts[0])
    for begin in starts:
        at = begin
        for _ in range(3):
            found = minimize(loss, at, method="Nelder-Mead", options={"maxiter": 200 * count, "fatol": 1e-8})
            improved = found.fun < value - 1e-7 * max(value, 1e-12)
            if found.fun < value:
                best, value = found.x, float(found.fun)
            at = found.x
            if not improved:
                break
    return chosen(best)


def _regression_importance(y1: Floats, y0: Floats, x1: Floats, x0: Floats) -> Floats:
    x = np.column_stack([np.ones(x0.shape[1] + 1), np.vstack([x1, x0.T])])
    y = np.vstack([y1, y0.T])
    coefficients = np.linalg.lstsq(x, y, rcond=None)[0][1:]
    importance = (coefficients**2).sum(axis=1)
    return np.asarray(np.log(np.maximum(importance / importance.max(), 1e-8)))


def _ridge_correction(y1: Floats, y0: Floats, weights: Floats, ridge: float) -> Floats:
    """What ridge regression adds to weights for the part of the path they do not match (their equation 8)."""
    centred = y0 - y0.mean(axis=0)
    rest = (y1 - y0.mean(axis=0)) - weights @ centred
    gram = centred.T @ centred + ridge * np.eye(y0.shape[1])
    return np.asarray(centred @ np.linalg.solve(gram, rest))


def _with_limits(term: str, value: float, placebo: Floats | None, level: float) -> Estimate:
    """Placebo p-value, and the effects that the placebos would not find unusual."""
    if placebo is None:
        return Estimate(term, value, None, float("-inf"), float("inf"), None, {"p_kind": "none"})
    count = len(placebo)
    p_value = float((1 + (np.abs(placebo) >= abs(value)).sum()) / (count + 1))
    rank = int(np.ceil(level * (count + 1)))
    reach = float(np.sort(np.abs(placebo))[rank - 1]) if rank <= count else float("inf")
    return Estimate(term, value, None, value - reach, value + reach, p_value, {"p_kind": "placebo in space"})


def _fit_check(before: Floats, observed: Floats) -> Check:
    error = float(np.sqrt((before**2).mean()))
    spread = float(observed.std()) or 1.0
    good = error < 0.25 * spread
    words = "follows" if good else "does not follow"
    return Check(
        "match before",
        "pass" if good else "warn",
        f"the synthetic unit {words} the treated one before the start (root mean square gap {figure(error)}, "
        f"{error / spread:.0%} of the outcome's own spread)",
        error,
    )


def _donor_check(weights: Floats, names: Sequence[str]) -> Check:
    order = np.argsort(-weights)[:5]
    listed = ", ".join(f"{names[i]} {weights[i]:.2f}" for i in order if weights[i] > 0.005)
    return Check("donors", "info", listed)


def _ratio_check(gap: Floats, gaps: Floats, start: int, names: Sequence[str]) -> Check:
    """Rank of the ratio of the gap after the start to that before it."""

    def ratio(path: Floats) -> float:
        return float(np.sqrt((path[start:] ** 2).mean()) / max(np.sqrt((path[:start] ** 2).mean()), 1e-12))

    own = ratio(gap)
    others = np.array([ratio(path) for path in gaps])
    p_value = float((1 + (others >= own).sum()) / (len(others) + 1))
    rank = int((others >= own).sum()) + 1
    return Check(
        "placebo in space",
        "pass" if p_value <= 0.1 else "warn",
        f"gap after over gap before: rank {rank} of {len(names) + 1} units, p = {p_value:.3f}",
        p_value,
    )


def placebo_in_time(panel: Panel, earlier: Any, **options: Any) -> EffectResult:
    """The same estimate with an earlier, false start; an effect before the programme speaks against the design.

    Parameters
    ----------
    panel
        The panel; periods from the true start on are left out.
    earlier
        Label of the false start.
    options
        Those of :func:`synthetic_control`.
    """
    start, treated, _ = _roles(panel)
    if earlier not in panel.periods or panel.periods.index(earlier) >= start:
        raise KyotoError(
            "The false start must lie before the true one",
            code="evaluation.wrong-period",
            got=str(earlier),
            expected=f"a period before {panel.periods[start]}",
        )
    false = panel.periods.index(earlier)
    first = np.full(len(panel.units), NEVER)
    first[treated] = false
    time = np.arange(start)
    shortened = Panel(
        panel.units,
        panel.periods[:start],
        panel.outcome[:, :start],
        (time[None, :] >= first[:, None]) & (first[:, None] != NEVER),
        first,
        panel.weights,
        panel.clusters,
        {name: values[:, :start] for name, values in panel.covariates.items()},
        panel.name,
    )
    return synthetic_control(shortened, **options)


def placebo_gaps_of_many(outcome: Floats, targets: Integers, donors: Integers, start: int) -> Floats:
    """Gaps of many units against synthetic units from one pool of donors, for inference over thousands of places.

    Parameters
    ----------
    outcome
        Shape (units, periods).
    targets, donors
        Positions of units; none may be both.
    start
        Position of the first period after.

    Returns
    -------
    numpy.ndarray
        Shape (targets, periods).
    """
    weights = simplex_weights_many(outcome[targets, :start].T, outcome[donors, :start].T)
    return np.asarray(outcome[targets] - weights @ outcome[donors])
