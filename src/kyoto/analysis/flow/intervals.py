"""Intervals of shares, ratios and rates."""

from __future__ import annotations

import math

__all__ = ["normal_quantile", "poisson_limits", "ratio_limits", "share_limits"]


def normal_quantile(level: float) -> float:
    """Two-sided quantile of the normal distribution.

    Examples
    --------
    >>> round(normal_quantile(0.95), 6)
    1.959964
    """
    from statistics import NormalDist

    return NormalDist().inv_cdf(0.5 + level / 2)


def share_limits(hits: float, trials: float, level: float = 0.95) -> tuple[float, float]:
    """Wilson's interval of a share (Wilson 1927); 0 to 1 without trials.

    Examples
    --------
    >>> [round(limit, 4) for limit in share_limits(15, 148)]
    [0.0624, 0.1605]
    """
    if trials <= 0:
        return 0.0, 1.0
    z = normal_quantile(level)
    share, spread = hits / trials, z * z / trials
    centre = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / trials + spread / (4 * trials)) / (1 + spread)
    # rounding must not cut an estimate of 0 or 1 off its own interval
    return (max(0.0, centre - half) if hits > 0 else 0.0), (min(1.0, centre + half) if hits < trials else 1.0)


def poisson_limits(count: float, level: float = 0.95) -> tuple[float, float]:
    """Exact interval of the mean of a Poisson count (Garwood 1936, by quantiles of chi-square).

    Examples
    --------
    >>> [round(limit, 3) for limit in poisson_limits(10)]
    [4.795, 18.39]
    """
    from scipy.stats import chi2

    tail = (1 - level) / 2
    lower = 0.0 if count <= 0 else float(chi2.ppf(tail, 2 * count)) / 2
    return lower, float(chi2.ppf(1 - tail, 2 * count + 2)) / 2


def ratio_limits(numerator: float, denominator: float, level: float = 0.95) -> tuple[float, float]:
    """Interval of the ratio of two independent Poisson counts, exact given their sum (Przyborowski and Wilenski 1940).

    Examples
    --------
    >>> [round(limit, 3) for limit in ratio_limits(30, 60)]
    [0.311, 0.787]
    """
    from scipy.stats import beta

    if denominator <= 0:
        return 0.0, math.inf
    tail = (1 - level) / 2
    lower = 0.0 if numerator <= 0 else float(beta.ppf(tail, numerator, denominator + 1))
    upper = float(beta.ppf(1 - tail, numerator + 1, denominator))
    return lower / (1 - lower), upper / (1 - upper) if upper < 1 else math.inf
