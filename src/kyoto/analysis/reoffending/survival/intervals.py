"""Intervals of probabilities: on a transformed scale for curves, by Wilson for shares."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Literal

import numpy as np

from kyoto.analysis.reoffending.survival.arrays import Floats

__all__ = ["SCALES", "Scale", "curve_interval", "quantile_of_normal", "wilson"]

Scale = Literal["log-log", "log", "plain"]
SCALES: tuple[Scale, ...] = ("log-log", "log", "plain")


def quantile_of_normal(level: float) -> float:
    """Standard normal quantile of a two-sided interval.

    Examples
    --------
    >>> round(quantile_of_normal(0.95), 6)
    1.959964
    """
    return NormalDist().inv_cdf(0.5 + level / 2)


def wilson(events: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Interval of a share.

    Parameters
    ----------
    events, n
        How many of how many, ``n`` above 0.
    level
        Confidence.

    Notes
    -----
    Wilson (1927), *Journal of the American Statistical Association* 22, 209-212.

    Examples
    --------
    >>> [round(limit, 4) for limit in wilson(10, 100)]
    [0.0552, 0.1744]
    """
    z = quantile_of_normal(level)
    share = events / n
    middle = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    below, above = (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
    return (0.0 if events == 0 else below, 1.0 if events == n else above)


def curve_interval(
    probability: Floats, std_error: Floats, at_risk: Floats, *, level: float = 0.95, scale: Scale = "log-log"
) -> tuple[Floats, Floats]:
    """Pointwise limits of a survival curve.

    Parameters
    ----------
    probability, std_error
        The curve and its standard error, shape ``(m,)``.
    at_risk
        Persons at risk at each time, for the ends of the curve.
    level
        Confidence.
    scale
        ``log-log`` (Kalbfleisch and Prentice 1980), which stays between 0 and 1; ``log``; ``plain``.

    Notes
    -----
    Where nobody has had the event yet, and where everybody has, no transformation has a standard error. Wilson's
    limit for none of those at risk stands there: certainty would be false.
    """
    z = quantile_of_normal(level)
    inside = (probability > 0) & (probability < 1)
    p = np.where(inside, probability, 0.5)
    lower, upper = _LIMITS[scale](p, z * np.where(inside, std_error, 0.0))
    room = z * z / (np.maximum(at_risk, 1.0) + z * z)
    above = np.where(inside, np.minimum(upper, 1.0), np.inf)
    before = np.minimum.accumulate(above) if len(above) else above
    lower = np.where(probability >= 1, 1 - room, np.where(probability <= 0, 0.0, np.maximum(lower, 0.0)))
    upper = np.where(probability >= 1, 1.0, np.where(probability <= 0, np.minimum(before, room), above))
    return lower, upper


def _log_log(p: Floats, spread: Floats) -> tuple[Floats, Floats]:
    logarithm = np.log(p)
    reach = spread / (p * logarithm)
    inner = np.log(-logarithm)
    return np.exp(-np.exp(inner - reach)), np.exp(-np.exp(inner + reach))


def _log(p: Floats, spread: Floats) -> tuple[Floats, Floats]:
    return p * np.exp(-spread / p), p * np.exp(spread / p)


def _plain(p: Floats, spread: Floats) -> tuple[Floats, Floats]:
    return p - spread, p + spread


_LIMITS: dict[str, Callable[[Floats, Floats], tuple[Floats, Floats]]] = {
    "log-log": _log_log,
    "log": _log,
    "plain": _plain,
}
