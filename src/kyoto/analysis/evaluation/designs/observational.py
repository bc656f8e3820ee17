"""Comparisons that were not randomised: matching, weighting, and both with a regression (doubly robust).

All of them need the same two assumptions, which no data can show: that everything which decides both treatment and
outcome was measured (unconfoundedness), and that every treated unit has comparable untreated ones (overlap). The checks
show overlap and the balance that was reached; what an unmeasured cause would have to be is in :func:`e_value`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kyoto.analysis.evaluation.arrays import Floats, Integers
from kyoto.analysis.evaluation.designs.propensity import Logit, logistic
from kyoto.analysis.evaluation.designs.randomised import balance_table
from kyoto.analysis.evaluation.designs.regression import least_squares
from kyoto.analysis.evaluation.designs.trial import Trial, read_trial
from kyoto.analysis.evaluation.result import Check, EffectResult, Estimate, normal_estimate
from kyoto.core.errors import KyotoError

__all__ = ["doubly_robust", "e_value", "matching", "weighting"]

LARGEST_DIFFERENCE = 0.1


def _read(source: Any, outcome: str, treatment: str, covariates: Sequence[str]) -> Trial:
    if not covariates:
        raise KyotoError(
            "Nothing to compare like with like by",
            code="evaluation.no-covariates",
            expected="columns measured before the programme, which explain who takes part and what happens then",
        )
    return read_trial(source, outcome=outcome, treatment=treatment, covariates=covariates)


def _propensity(trial: Trial) -> Logit:
    return logistic(trial.treated, np.column_stack([np.ones(len(trial.treated)), trial.covariates]))


def weighting(
    source: Any,
    *,
    outcome: str,
    treatment: str,
    covariates: Sequence[str],
    target: str = "all",
    trim: float = 0.0,
    level: float = 0.95,
) -> EffectResult:
    """Effect by inverse probability weighting (normalised weights, logistic propensity score).

    Parameters
    ----------
    source, outcome, treatment, covariates, level
        As in :func:`~kyoto.analysis.evaluation.designs.randomised.randomised`.
    target
        ``all``: effect on everybody; ``treated``: on those who took part.
    trim
        Units whose propensity score is below this or above one minus it are left out; the effect is then that on the
        rest, and the check says how many.

    Notes
    -----
    Errors from the influence function, the estimation of the score included (Lunceford and Davidian 2004).
    """
    trial = _read(source, outcome, treatment, covariates)
    trial, dropped = _trimmed(trial, trim)
    score = _propensity(trial)
    d, p, y = trial.treated, score.probabilities, trial.outcome
    w1, w0 = _weights(d, p, target)
    means = (float(w1 @ y / w1.sum()), float(w0 @ y / w0.sum()))
    x = np.column_stack([np.ones(len(d)), trial.covariates])
    n = len(d)
    influence = w1 * (y - means[0]) / w1.mean() - w0 * (y - means[1]) / w0.mean()
    slope = _slope(d, p, y, x, means, target)
    influence = influence + ((d - p)[:, None] * x @ (score.bread * n)) @ slope
    error = float(np.sqrt((influence**2).sum())) / n
    checks = _checks(trial, p, d * w1 + (1 - d) * w0, dropped)
    estimate = normal_estimate(_term(target), means[0] - means[1], error, level)
    details = {"propensity": p, "weights": d * w1 + (1 - d) * w0}
    return EffectResult("inverse probability weighting", (estimate,), checks, level, outcome, details=details)


def _weights(d: Floats, p: Floats, target: str) -> tuple[Floats, Floats]:
    if target == "all":
        return d / p, (1 - d) / (1 - p)
    if target == "treated":
        return d.copy(), (1 - d) * p / (1 - p)
    raise KyotoError("No such target", code="evaluation.unknown-target", got=target, expected="all or treated")


def _slope(d: Floats, p: Floats, y: Floats, x: Floats, means: tuple[float, float], target: str) -> Floats:
    """Derivative of the estimate in the coefficients of the score, shape (p,)."""
    w1, w0 = _weights(d, p, target)
    if target == "all":
        one = (-d * (1 - p) / p * (y - means[0]))[:, None] * x
        zero = ((1 - d) * p / (1 - p) * (y - means[1]))[:, None] * x
    else:
        one = np.zeros_like(x)
        zero = ((1 - d) * p / (1 - p) * (y - means[1]))[:, None] * x
    return np.asarray(one.mean(axis=0) / w1.mean() - zero.mean(axis=0) / w0.mean())


def doubly_robust(
    source: Any,
    *,
    outcome: str,
    treatment: str,
    covariates: Sequence[str],
    target: str = "all",
    trim: float = 0.0,
    level: float = 0.95,
) -> EffectResult:
    """Effect by augmented inverse probability weighting: right if either the score or the regression is.

    Parameters
    ----------
    source, outcome, treatment, covariates, target, trim, level
        As in :func:`weighting`; outcome regressions are linear in the covariates within each group.

    Notes
    -----
    Robins, Rotnitzky and Zhao (1994); errors from the efficient influence function.
    """
    trial = _read(source, outcome, treatment, covariates)
    trial, dropped = _trimmed(trial, trim)
    d, y = trial.treated, trial.outcome
    p = _propensity(trial).probabilities
    x = np.column_stack([np.ones(len(d)), trial.covariates])
    fitted = [x @ least_squares(y[d == arm], x[d == arm], names=trial.names).coefficients for arm in (1.0, 0.0)]
    if target == "all":
        pieces = fitted[0] - fitted[1] + d * (y - fitted[0]) / p - (1 - d) * (y - fitted[1]) / (1 - p)
        effect = float(pieces.mean())
        influence = pieces - effect
    else:
        _weights(d, p, target)
        pieces = (d * (y - fitted[1]) - (1 - d) * p / (1 - p) * (y - fitted[1])) / d.mean()
        effect = float(pieces.mean())
        influence = pieces - d / d.mean() * effect
    error = float(np.sqrt((influence**2).sum())) / len(d)
    w1, w0 = _weights(d, p, target)
    checks = _checks(trial, p, w1 + w0, dropped)
    estimate = normal_estimate(_term(target), effect, error, level)
    return EffectResult("doubly robust", (estimate,), checks, level, outcome, details={"propensity": p})


def _term(target: str) -> str:
    return "effect on all" if target == "all" else "effect on the treated"


def _trimmed(trial: Trial, trim: float) -> tuple[Trial, int]:
    if trim <= 0:
        return trial, 0
    p = _propensity(trial).probabilities
    kept = (p >= trim) & (p <= 1 - trim)
    if trial.treated[kept].min(initial=1) == trial.treated[kept].max(initial=0):
        raise KyotoError("Trimming leaves only one group", code="evaluation.no-overlap", got=f"trim {trim:g}")
    count = np.arange(int(kept.sum()))
    left = Trial(
        trial.outcome[kept],
        trial.treated[kept],
        np.zeros_like(count),
        count,
        trial.covariates[kept],
        trial.names,
        False,
    )
    return left, int((~kept).sum())


def _checks(trial: Trial, p: Floats, weights: Floats, dropped: int) -> tuple[Check, ...]:
    table = balance_table(trial.covariates, trial.treated, trial.names, weights)
    before = balance_table(trial.covariates, trial.treated, trial.names)
    worst, first = float(table.difference.abs().max()), float(before.difference.abs().max())
    outside = float(((p < 0.05) | (p > 0.95)).mean())
    checks = [
        Check(
            "balance",
            "pass" if worst < LARGEST_DIFFERENCE else "warn",
            f"largest difference of a covariate {worst:.2f} standard deviations, {first:.2f} before",
            worst,
        ),
        Check(
            "overlap",
            "pass" if outside < 0.05 else "warn",
            f"{outside:.0%} of units have a chance of treatment below 5 % or above 95 %",
            outside,
        ),
    ]
    if dropped:
        checks.append(Check("left out", "info", f"{dropped} units without overlap were left out", float(dropped)))
    return tuple(checks)


@dataclass(frozen=True, slots=True, eq=False)
class _Matches:
    """Partners of each unit in the other group, shape (units, partners)."""

    partners: Integers
    distances: Floats


def _partners(z: Floats, d: Floats, count: int) -> _Matches:
    from scipy.spatial import cKDTree

    partners = np.empty((len(d), count), dtype=np.int64)
    distances = np.empty((len(d), count))
    for arm in (0.0, 1.0):
        own, other = np.flatnonzero(d == arm), np.flatnonzero(d != arm)
        found = cKDTree(z[other]).query(z[own], k=count)
        partners[own] = other[np.asarray(found[1]).reshape(len(own), count)]
        distances[own] = np.asarray(found[0]).reshape(len(own), count)
    return _Matches(partners, distances)


def matching(
    source: Any,
    *,
    outcome: str,
    treatment: str,
    covariates: Sequence[str],
    target: str = "treated",
    partners: int = 1,
    distance: str = "mahalanobis",
    adjust: bool = True,
    level: float = 0.95,
) -> EffectResult:
    """Effect by nearest-neighbour matching with replacement.

    Parameters
    ----------
    source, outcome, treatment, covariates, level
        As in :func:`weighting`.
    target
        ``treated`` or ``all``.
    partners
        Untreated partners of each treated unit.
    distance
        ``mahalanobis``, or ``propensity`` (logit of the score).
    adjust
        Whether differences of covariates that remain within pairs are corrected by regression (Abadie and Imbens
        2011), without which the estimate has a bias that more data do not remove.

    Notes
    -----
    Errors of Abadie and Imbens (2006, theorem 7) with the conditional variance from the nearest unit of the same
    group; for ``propensity`` they ignore that the score is estimated, which is conservative for the effect on all.
    """
    trial = _read(source, outcome, treatment, covariates)
    d, y = trial.treated, trial.outcome
    if min(int(d.sum()), int((1 - d).sum())) < partners + 1:
        raise KyotoError("A group is smaller than the number of partners", code="evaluation.few-units")
    z = _coordinates(trial, distance)
    found = _partners(z, d, partners)
    _weights(d, np.full(len(d), 0.5), target)
    x = np.column_stack([np.ones(len(d)), trial.covariates])
    missing = y[found.partners]
    if adjust:
        missing = missing + _correction(x, y, d, found)
    gaps = (2 * d - 1) * (y - missing.mean(axis=1))
    chosen = np.ones(len(d), dtype=bool) if target == "all" else d == 1
    effect = float(gaps[chosen].mean())
    used = np.bincount(found.partners[chosen].ravel(), minlength=len(d)) / partners
    error = _matching_error(z, d, y, gaps, chosen, used, partners, effect)
    weights = chosen.astype(float) + used
    checks = (*_checks(trial, _propensity(trial).probabilities, weights, 0), _reuse(used))
    estimate = normal_estimate(_term(target), effect, error, level)
    return EffectResult("matching", (estimate,), checks, level, outcome, details={"weights": weights})


def _coordinates(trial: Trial, distance: str) -> Floats:
    if distance == "propensity":
        p = np.clip(_propensity(trial).probabilities, 1e-9, 1 - 1e-9)
        return np.asarray(np.log(p / (1 - p))[:, None])
    if distance != "mahalanobis":
        raise KyotoError(
            "No such distance", code="evaluation.unknown-distance", got=distance, expected="mahalanobis or propensity"
        )
    covariance = np.atleast_2d(np.cov(trial.covariates, rowvar=False))
    if np.linalg.cond(covariance) > 1e12:
        raise KyotoError("The covariates determine each other", code="evaluation.collinear", got=", ".join(trial.names))
    return np.asarray(trial.covariates @ np.linalg.cholesky(np.linalg.inv(covariance)))


def _correction(x: Floats, y: Floats, d: Floats, found: _Matches) -> Floats:
    """Expected difference of outcomes between a unit's covariates and those of its partners."""
    out = np.zeros_like(y[found.partners])
    for arm in (1.0, 0.0):
        other = d != arm
        used = np.bincount(found.partners[d == arm].ravel(), minlength=len(d)).astype(float)
        inside = other & (used > 0)
        root = np.sqrt(used[inside])[:, None]
        slopes, *_ = np.linalg.lstsq(x[inside] * root, y[inside] * root[:, 0], rcond=None)
        fitted = x @ slopes
        out[d == arm] = (fitted[:, None] - fitted[found.partners])[d == arm]
    return out


def _matching_error(
    z: Floats, d: Floats, y: Floats, gaps: Floats, chosen: Any, used: Floats, partners: int, effect: float
) -> float:
    from scipy.spatial import cKDTree

    variance = np.empty(len(d))
    for arm in (0.0, 1.0):
        own = np.flatnonzero(d == arm)
        _, nearest = cKDTree(z[own]).query(z[own], k=2)
        twin = np.where(nearest[:, 1] == np.arange(len(own)), nearest[:, 0], nearest[:, 1])
        variance[own] = (y[own] - y[own][twin]) ** 2 / 2
    n = int(chosen.sum())
    spread = float(((gaps[chosen] - effect) ** 2).sum())
    if chosen.all():
        reuse = float(((used**2 + (2 * partners - 1) / partners * used) * variance).sum())
    else:
        reuse = float(((used**2 - used / partners) * variance)[d == 0].sum())
    return float(np.sqrt(spread + reuse)) / n


def _reuse(used: Floats) -> Check:
    most = float(used.max())
    return Check("partners", "pass" if most <= 10 else "warn", f"one unit serves as partner up to {most:g} times", most)


def e_value(estimate: Estimate, *, ratio: bool = True) -> tuple[float, float]:
    """How strong an unmeasured cause must be to explain an effect away (VanderWeele and Ding 2017).

    Parameters
    ----------
    estimate
        A risk ratio with its interval.
    ratio
        False if it is a standardised mean difference, which is converted (exp(0.91 d)).

    Returns
    -------
    tuple of float
        Smallest risk ratio that the cause must have with both treatment and outcome, for the estimate and for the
        limit of the interval nearest to no effect (1 if the interval includes it).

    Examples
    --------
    >>> [round(value, 2) for value in e_value(Estimate("risk ratio", 3.9, None, 1.8, 8.7))]
    [7.26, 3.0]
    """
    values = [estimate.estimate, estimate.lower, estimate.upper]
    if not ratio:
        values = [float(np.exp(0.91 * value)) for value in values]
    point, lower, upper = values
    limit = 1.0 if lower <= 1 <= upper else (lower if point > 1 else upper)

    def needed(value: float) -> float:
        value = 1 / value if value < 1 else value
        return float(value + np.sqrt(value * (value - 1)))

    return needed(point), needed(limit)
