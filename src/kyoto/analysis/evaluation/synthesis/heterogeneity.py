"""Between-study variance: seven estimators, its interval, and how much of the spread it is.

All functions work on arrays: effects ``y`` (k,), variances ``v`` (k,) and a design matrix ``x`` (k, p), whose first
column is 1 in a synthesis without moderators.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kyoto.analysis.evaluation.arrays import Floats

__all__ = ["ESTIMATORS", "Heterogeneity", "heterogeneity", "q_profile", "tau2_estimate", "typical_variance"]


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """How much true effects differ.

    Parameters
    ----------
    tau2, lower, upper
        Between-study variance and its Q-profile interval (Viechtbauer 2007); limits None where not computed.
    i2
        Percentage of the total spread that is not sampling error.
    h2
        Total spread over sampling error.
    q, q_degrees, q_p
        Cochran's test that there is none.
    """

    tau2: float
    lower: float | None
    upper: float | None
    i2: float
    h2: float
    q: float
    q_degrees: int
    q_p: float


def residual_maker(x: Floats, w: Floats) -> Floats:
    """P = W - W X (X'WX)^-1 X'W, shape (k, k)."""
    wx = w[:, None] * x
    return np.asarray(np.diag(w) - wx @ np.linalg.solve(x.T @ wx, wx.T))


def generalised_q(y: Floats, v: Floats, x: Floats, tau2: float) -> float:
    """Weighted residual sum of squares with weights 1 / (v + tau2)."""
    root = np.sqrt(1 / (v + tau2))
    coefficients, *_ = np.linalg.lstsq(x * root[:, None], y * root, rcond=None)
    return float(np.sum((root * (y - x @ coefficients)) ** 2))


def typical_variance(v: Floats, x: Floats) -> float:
    """Sampling variance of a typical study (Higgins and Thompson 2002), for I²."""
    return float((len(v) - x.shape[1]) / np.trace(residual_maker(x, 1 / v)))


def _dersimonian_laird(y: Floats, v: Floats, x: Floats) -> float:
    maker = residual_maker(x, 1 / v)
    return float((y @ maker @ y - (len(y) - x.shape[1])) / np.trace(maker))


def _hedges(y: Floats, v: Floats, x: Floats) -> float:
    maker = residual_maker(x, np.ones_like(y))
    return float((y @ maker @ y - np.sum(np.diag(maker) * v)) / (len(y) - x.shape[1]))


def _hunter_schmidt(y: Floats, v: Floats, x: Floats) -> float:
    return float((generalised_q(y, v, x, 0.0) - len(y)) / np.sum(1 / v))


def _sidik_jonkman(y: Floats, v: Floats, x: Floats) -> float:
    start = float(np.var(y))
    return float(start * generalised_q(y, v, x, start) / (len(y) - x.shape[1]))


def _paule_mandel(y: Floats, v: Floats, x: Floats) -> float:
    return _root(lambda tau2: generalised_q(y, v, x, tau2) - (len(y) - x.shape[1]), y)


def _root(function: Callable[[float], float], y: Floats) -> float:
    """Root of a decreasing function of tau², 0 if it starts below 0."""
    from scipy.optimize import brentq

    if function(0.0) <= 0:
        return 0.0
    high = max(float(np.var(y)), 1e-8)
    while function(high) > 0 and high < 1e12:
        high *= 4
    return float(brentq(function, 0.0, high, xtol=1e-15, rtol=1e-14, maxiter=500))


def _scoring(y: Floats, v: Floats, x: Floats, *, restricted: bool) -> float:
    """Fisher scoring from Hedges' estimate, halved where it would leave the range (Viechtbauer 2005)."""
    tau2 = max(_hedges(y, v, x), 0.0)
    for _ in range(500):
        w = 1 / (v + tau2)
        maker = residual_maker(x, w)
        fitted = maker @ y
        if restricted:
            step = float((fitted @ fitted - np.trace(maker)) / np.sum(maker * maker))
        else:
            step = float((fitted @ fitted - w.sum()) / np.sum(w * w))
        while tau2 + step < 0:
            step = -tau2 if tau2 < 1e-12 else step / 2
        tau2 += step
        if abs(step) < 1e-13 * max(1.0, tau2):
            break
    return tau2


ESTIMATORS: dict[str, Callable[[Floats, Floats, Floats], float]] = {
    "dl": _dersimonian_laird,
    "reml": lambda y, v, x: _scoring(y, v, x, restricted=True),
    "pm": _paule_mandel,
    "ml": lambda y, v, x: _scoring(y, v, x, restricted=False),
    "eb": _paule_mandel,  # empirical Bayes solves the same equation (Viechtbauer et al. 2015)
    "sj": _sidik_jonkman,
    "he": _hedges,
    "hs": _hunter_schmidt,
}
"""Estimators of tau² by name: DerSimonian–Laird, restricted maximum likelihood, Paule–Mandel, maximum likelihood,
empirical Bayes, Sidik–Jonkman, Hedges, Hunter–Schmidt."""


def tau2_estimate(y: Floats, v: Floats, x: Floats, model: str) -> float:
    """Between-study variance by one estimator, at least 0.

    Examples
    --------
    >>> y, v = np.array([0.1, 0.5, 0.9]), np.array([0.01, 0.02, 0.01])
    >>> round(tau2_estimate(y, v, np.ones((3, 1)), "dl"), 4)
    0.1875
    """
    return max(ESTIMATORS[model](y, v, x), 0.0)


def q_profile(y: Floats, v: Floats, x: Floats, level: float = 0.95) -> tuple[float, float]:
    """Interval of tau² from the exact distribution of the generalised Q (Viechtbauer 2007, equation 13).

    Examples
    --------
    >>> y, v = np.array([0.1, 0.5, 0.9]), np.array([0.01, 0.02, 0.01])
    >>> low, high = q_profile(y, v, np.ones((3, 1)))
    >>> round(low, 3), round(high, 2)
    (0.033, 6.31)
    """
    from scipy import stats

    degrees = len(y) - x.shape[1]
    limits = stats.chi2.ppf([0.5 + level / 2, 0.5 - level / 2], degrees)
    low, high = (_root(lambda tau2, at=at: generalised_q(y, v, x, tau2) - at, y) for at in limits)  # type: ignore[misc]
    return low, high


def heterogeneity(y: Floats, v: Floats, x: Floats, tau2: float | None, level: float = 0.95) -> Heterogeneity:
    """Spread of effects at a given tau²; with None (fixed effect) I² and H² follow from Cochran's Q."""
    from scipy import stats

    degrees = len(y) - x.shape[1]
    q = generalised_q(y, v, x, 0.0)
    q_p = float(stats.chi2.sf(q, degrees)) if degrees > 0 else 1.0
    if degrees < 1:
        return Heterogeneity(0.0, None, None, 0.0, 1.0, q, 0, q_p)
    if tau2 is None:
        i2 = max(0.0, (q - degrees) / q) if q > 0 else 0.0
        return Heterogeneity(0.0, None, None, 100 * i2, q / degrees, q, degrees, q_p)
    typical = typical_variance(v, x)
    low, high = q_profile(y, v, x, level)
    return Heterogeneity(tau2, low, high, 100 * tau2 / (tau2 + typical), tau2 / typical + 1, q, degrees, q_p)
