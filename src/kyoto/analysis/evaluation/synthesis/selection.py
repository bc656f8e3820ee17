"""Selection model: how much less likely is a study to be published if its p-value is large (Vevea and Hedges 1995)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kyoto.analysis.evaluation.arrays import Floats, Integers
from kyoto.analysis.evaluation.result import Estimate, normal_estimate
from kyoto.analysis.evaluation.synthesis.heterogeneity import tau2_estimate
from kyoto.analysis.evaluation.synthesis.pooling import check_effects
from kyoto.core.errors import KyotoError

__all__ = ["SelectionModel", "selection_model"]


@dataclass(frozen=True, slots=True, eq=False)
class SelectionModel:
    """A fitted step function of publication.

    Parameters
    ----------
    estimate
        Mean effect of all studies, the unpublished included.
    tau2
        Between-study variance.
    steps
        Upper ends of the p-value intervals (one-sided), the last is 1.
    chances
        Chance of publication relative to the first interval; the first is 1.
    chance_errors
        Their standard errors, NaN for the first.
    studies
        Studies in each interval.
    log_likelihood, statistic, degrees, p_value
        At the optimum; likelihood ratio test that all chances are equal.
    """

    estimate: Estimate
    tau2: float
    steps: tuple[float, ...]
    chances: Floats
    chance_errors: Floats
    studies: Integers
    log_likelihood: float
    statistic: float
    degrees: int
    p_value: float


def selection_model(
    effects: ArrayLike,
    variances: ArrayLike,
    *,
    steps: Sequence[float] = (0.025, 1.0),
    direction: str = "greater",
    level: float = 0.95,
) -> SelectionModel:
    """Fit a step function of publication by maximum likelihood.

    Parameters
    ----------
    effects, variances
        Shape (k,).
    steps
        Upper ends of intervals of one-sided p-values, ending with 1.
    direction
        ``greater`` if large effects were more welcome, ``less`` if small (negative) ones were.
    level
        Confidence.

    Raises
    ------
    KyotoError
        ``evaluation.empty-step`` where an interval holds no study: its chance of publication cannot be estimated.
    """
    from scipy import stats

    y, v = check_effects(effects, variances, "ml")
    sign = 1.0 if direction == "greater" else -1.0
    ends = np.asarray([*(step for step in steps if step < 1), 1.0])
    p_values = stats.norm.sf(sign * y / np.sqrt(v))
    interval = np.searchsorted(ends, p_values, side="left")
    studies = np.bincount(interval, minlength=len(ends))
    if (studies == 0).any():
        raise KyotoError(
            "An interval of p-values holds no study",
            code="evaluation.empty-step",
            got=", ".join(f"{n} up to {end:g}" for n, end in zip(studies, ends, strict=True)),
            hint="Use fewer steps; one step at 0.025 needs significant and other studies.",
        )
    model = _Steps(sign * y, v, ends, interval)
    free = model.maximise()
    values = model.natural(free)
    covariance = np.linalg.inv(_hessian(model.minus_natural, values))
    errors = np.sqrt(np.diag(covariance))
    null = model.null()
    statistic = 2 * (-model.minus_natural(values) - null)
    estimate = normal_estimate("pooled, all studies", sign * float(values[0]), float(errors[0]), level)
    return SelectionModel(
        estimate=estimate,
        tau2=float(values[1]),
        steps=tuple(float(end) for end in ends),
        chances=np.concatenate([[1.0], values[2:]]),
        chance_errors=np.concatenate([[np.nan], errors[2:]]),
        studies=studies,
        log_likelihood=-model.minus_natural(values),
        statistic=float(statistic),
        degrees=len(ends) - 1,
        p_value=float(stats.chi2.sf(statistic, len(ends) - 1)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """Likelihood with parameters (mean, tau², chances of the intervals after the first)."""

    y: Floats
    v: Floats
    ends: Floats
    interval: Integers

    def natural(self, free: Floats) -> Floats:
        return np.concatenate([[free[0]], np.exp(free[1:])])

    def minus_natural(self, values: Floats) -> float:
        from scipy import stats

        mean, tau2, chances = values[0], values[1], np.concatenate([[1.0], values[2:]])
        spread = np.sqrt(self.v + tau2)
        bounds = stats.norm.isf(self.ends[:-1])[None, :] * np.sqrt(self.v)[:, None]
        above = stats.norm.sf((bounds - mean) / spread[:, None])
        shares = np.diff(np.column_stack([np.zeros_like(mean * self.y), above, np.ones_like(self.y)]), axis=1)
        density = stats.norm.logpdf(self.y, mean, spread) + np.log(chances[self.interval])
        return -float((density - np.log(shares @ chances)).sum())

    def null(self) -> float:
        from scipy import stats

        tau2 = tau2_estimate(self.y, self.v, np.ones((len(self.y), 1)), "ml")
        w = 1 / (self.v + tau2)
        return float(stats.norm.logpdf(self.y, (w * self.y).sum() / w.sum(), np.sqrt(self.v + tau2)).sum())

    def maximise(self) -> Floats:
        from scipy.optimize import minimize

        tau2 = max(tau2_estimate(self.y, self.v, np.ones((len(self.y), 1)), "ml"), 1e-4 * float(np.median(self.v)))
        w = 1 / (self.v + tau2)
        start = np.array([(w * self.y).sum() / w.sum(), np.log(tau2), *np.zeros(len(self.ends) - 1)])

        def minus(free: Floats) -> float:
            return self.minus_natural(self.natural(np.clip(free, -30, 30)))

        found = minimize(minus, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 20_000})
        polished = minimize(minus, found.x, method="BFGS", options={"gtol": 1e-9})
        return np.asarray(polished.x if polished.fun <= found.fun else found.x)


def _hessian(function: object, at: Floats) -> Floats:
    """Second derivatives by central differences."""
    assert callable(function)
    steps = 1e-4 * np.maximum(np.abs(at), 0.01)
    size = len(at)
    out = np.zeros((size, size))
    for i in range(size):
        for j in range(i, size):
            a, b = np.zeros(size), np.zeros(size)
            a[i], b[j] = steps[i], steps[j]
            out[i, j] = out[j, i] = (
                function(at + a + b) - function(at + a - b) - function(at - a + b) + function(at - a - b)
            ) / (4 * steps[i] * steps[j])
    return out
