"""Confidence intervals of counts, rates and shares, vectorised over arrays.

Counts and rates get the exact Poisson interval of Garwood (1936), shares the score interval of Wilson (1927). Both
keep sensible limits where the count is 0, which a normal approximation does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Interval", "poisson_interval", "rate_interval", "wilson_interval"]


class Interval(NamedTuple):
    """Estimates with their limits: three arrays of the same shape; not-a-number where nothing can be said."""

    estimate: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]


def poisson_interval(count: ArrayLike, *, level: float = 0.95) -> Interval:
    """Exact interval of the expected count behind an observed count.

    Parameters
    ----------
    count
        Observed counts, 0 or more; any shape. Counts that are not whole (weighted links, perturbed cells) get the
        limits that the chi-square form gives between the whole counts. Not-a-number stays so.
    level
        Confidence level, between 0 and 1.

    Returns
    -------
    Interval
        ``lower`` is 0 where the count is 0. Coverage is at least ``level`` for every expected count.

    Raises
    ------
    ValueError
        A negative count, or a level outside (0, 1).

    References
    ----------
    Garwood, F. (1936). Fiducial limits for the Poisson distribution. Biometrika 28(3/4), 437-442: half the
    chi-square quantiles with ``2 count`` and ``2 count + 2`` degrees of freedom.

    Examples
    --------
    >>> interval = poisson_interval([0, 10])
    >>> interval.lower.round(4).tolist(), interval.upper.round(4).tolist()
    ([0.0, 4.7954], [3.6889, 18.3904])
    """
    tail = _tail(level)
    counts = np.asarray(count, dtype=float)
    if (counts < 0).any():
        raise ValueError("a count cannot be negative")
    # half a chi-square quantile with 2k degrees of freedom is a gamma quantile with shape k; shape 0 is a point at 0
    lower = np.where(counts == 0, 0.0, special.gammaincinv(np.where(counts == 0, 1.0, counts), tail))
    upper = special.gammainccinv(counts + 1.0, tail)
    return Interval(counts, lower, np.where(np.isnan(counts), np.nan, upper))


def rate_interval(count: ArrayLike, exposure: ArrayLike, *, multiplier: float = 1.0, level: float = 0.95) -> Interval:
    """Rate of events in an exposure, such as person-years, with the exact Poisson interval of its count.

    Parameters
    ----------
    count
        Observed counts, 0 or more.
    exposure
        Population or person-years, same shape or one that broadcasts; taken as known without error.
    multiplier
        For example 100000 for a rate per 100 000.
    level
        Confidence level, between 0 and 1.

    Returns
    -------
    Interval
        Not-a-number where the exposure is 0 or missing: no rate exists there.

    Raises
    ------
    ValueError
        A negative count or exposure, or a level outside (0, 1).

    Examples
    --------
    >>> rate = rate_interval(10, 200_000, multiplier=100_000)
    >>> float(rate.estimate), round(float(rate.lower), 3), round(float(rate.upper), 3)
    (5.0, 2.398, 9.195)
    """
    exposures = np.asarray(exposure, dtype=float)
    if (exposures < 0).any():
        raise ValueError("an exposure cannot be negative")
    scale = multiplier / np.where(exposures > 0, exposures, np.nan)
    return Interval(*(part * scale for part in poisson_interval(count, level=level)))


def wilson_interval(part: ArrayLike, whole: ArrayLike, *, multiplier: float = 1.0, level: float = 0.95) -> Interval:
    """Share of a whole with Wilson's score interval.

    Parameters
    ----------
    part, whole
        Counts with ``0 <= part <= whole``; shapes that broadcast.
    multiplier
        For example 100 for a percentage.
    level
        Confidence level, between 0 and 1.

    Returns
    -------
    Interval
        Not-a-number where the whole is 0 or missing: no share exists there.

    Raises
    ------
    ValueError
        A negative part, a part above its whole, or a level outside (0, 1).

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal of the
    American Statistical Association 22(158), 209-212.

    Examples
    --------
    >>> share = wilson_interval(81, 263)
    >>> [round(float(value), 4) for value in share]
    [0.308, 0.2553, 0.3662]
    """
    parts, wholes = np.broadcast_arrays(np.asarray(part, dtype=float), np.asarray(whole, dtype=float))
    if (parts < 0).any() or (parts > wholes).any():
        raise ValueError("a part must be between 0 and its whole")
    z = -special.ndtri(_tail(level))
    n = np.where(wholes > 0, wholes, np.nan)
    share = parts / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    # at 0 and at the whole the formula is exact in algebra and a rounding error off in floating point
    lower = np.where(parts == 0, 0.0 * n, centre - half)
    upper = np.where(parts == wholes, 1.0 + 0.0 * n, centre + half)
    return Interval(share * multiplier, lower * multiplier, upper * multiplier)


def _tail(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError("the confidence level lies between 0 and 1")
    return (1 - level) / 2
