"""Level shifts in a series of counts: a robust test that seasons, trends and single odd months do not set off.

The series is taken in logarithms. Where it is long enough, the usual step into each calendar month (median over the
years) is taken out. At each month the median of the months after is compared with that of the months before, and the
trend is subtracted: the median slope between all pairs of months on the same side (Theil and Sen). The jump must also
stand against the same months of the year before or after, where there are any. It is set against the noise of the
series: the median absolute deviation of its steps, at least the Poisson noise of counts of this size, and in long
series the usual size of such jumps. Medians make it blind to single months, so what is found is a change that lasts.

Sen, P. K. (1968), Estimates of the regression coefficient based on Kendall's tau, Journal of the American Statistical
Association 63(324), 1379-1389. Rousseeuw, P. J. and Croux, C. (1993), Alternatives to the median absolute deviation,
same journal 88(424), 1273-1283, section 1 (the factor 1.4826). The variance of a median is pi/2 times that of a mean
for normal noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, pi, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["LevelShift", "level_shifts"]

_NORMAL = 1.4826
_YEARS_FOR_SEASONS = 3


@dataclass(frozen=True, slots=True)
class LevelShift:
    """A lasting change of level.

    Parameters
    ----------
    at
        Position of the first value after the change.
    ratio
        Level after over level before.
    z
        Size of the jump in standard errors.
    """

    at: int
    ratio: float
    z: float


def level_shifts(
    counts: ArrayLike, *, change: float = 0.3, window: int = 6, least_z: float = 5.0, period: int = 12
) -> list[LevelShift]:
    """Find lasting changes of level in a series of counts.

    Parameters
    ----------
    counts
        Counts of successive months (or years), 0 or more, shape (n,).
    change
        Least change: 0.3 finds levels that rise by 30 % or fall to 1/1.3.
    window
        Months before and after that are compared; the series must have twice as many.
    least_z
        Least size of the jump in standard errors.
    period
        Length of a season: 12 for months, 1 for none.

    Returns
    -------
    list of LevelShift
        In the order of time; two are at least ``window`` apart.

    Examples
    --------
    >>> level_shifts([100, 96, 104, 99, 103, 98, 160, 158, 165, 155, 161, 163])
    [LevelShift(at=6, ratio=..., z=...)]
    >>> level_shifts([100, 96, 104, 99, 103, 98, 160, 98, 101, 99, 102, 97])
    []
    """
    values = np.asarray(counts, dtype=float)
    if len(values) < 2 * window:
        return []
    steps = _without_seasons(np.diff(np.log(np.maximum(values, 0.5))), period)
    level = np.concatenate([[0.0], np.cumsum(steps)])
    places = np.arange(window, len(values) - window + 1)
    medians = np.median(np.lib.stride_tricks.sliding_window_view(level, window), axis=1)
    slopes = _PairSlopes.of(level)
    beside = np.array([slopes.beside(int(at)) for at in places])
    jumps = _jumps(medians[places] - medians[places - window], level, places, beside, window, period)
    error = _standard_error(steps, values, jumps, window)
    found = _chosen(places, jumps, error, window=window, least_jump=float(np.log1p(change)), least_z=least_z)
    return [_placed(shift, steps, window) for shift in found]


@dataclass(frozen=True, slots=True)
class _PairSlopes:
    """Slopes between all pairs of values, in ascending order; ``first`` and ``second`` are their positions."""

    first: NDArray[np.unsignedinteger[Any]]
    second: NDArray[np.unsignedinteger[Any]]
    slopes: NDArray[np.float64]

    @classmethod
    def of(cls, level: NDArray[np.float64]) -> _PairSlopes:
        first, second = np.triu_indices(len(level), k=1)
        slopes = (level[second] - level[first]) / (second - first)
        order = np.argsort(slopes, kind="stable")
        small = np.min_scalar_type(len(level))  # comparing them is most of the work
        return cls(first[order].astype(small), second[order].astype(small), slopes[order])

    def beside(self, at: int) -> float:
        """Median slope between pairs on the same side of ``at``."""
        beside = np.flatnonzero((self.second < at) | (self.first >= at))
        lower, upper = beside[(len(beside) - 1) // 2], beside[len(beside) // 2]
        return float(self.slopes[lower] + self.slopes[upper]) / 2


def _jumps(
    raw: NDArray[np.float64],
    level: NDArray[np.float64],
    places: NDArray[np.int64],
    slopes: NDArray[np.float64],
    window: int,
    period: int,
) -> NDArray[np.float64]:
    """Change of level at each place: the smaller of those against the months before and against the season."""
    before = raw - slopes * window
    if period < 2 or len(level) <= period:
        return before
    # the same months of two years, one before and one after: those within the window on either side
    steps = np.arange(period)
    earlier = places[:, None] - period + steps[(steps < window) | (steps >= period - window)]
    there = (earlier >= 0) & (earlier < len(level) - period)
    yearly = slopes * period if _has_seasons(len(level) - 1, period) else 0.0  # else the slope is the season's
    years = level[period:] - level[:-period]
    season = _row_medians(years[np.where(there, earlier, 0)], there) - yearly
    smaller = np.where(np.abs(season) < np.abs(before), season, before)
    agreed = np.where(season * before > 0, smaller, 0.0)
    return np.where(there.sum(axis=1) >= window / 2, agreed, before)


def _row_medians(values: NDArray[np.float64], there: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Median of each row over the values that are there; zero in rows without any."""
    ordered = np.sort(np.where(there, values, np.inf), axis=1)
    count = np.maximum(there.sum(axis=1), 1)
    middle = np.stack([(count - 1) // 2, count // 2], axis=1)
    found: NDArray[np.float64] = np.take_along_axis(ordered, middle, axis=1).mean(axis=1)
    return np.where(there.any(axis=1), found, 0.0)


def _placed(shift: LevelShift, steps: NDArray[np.float64], window: int) -> LevelShift:
    """Shift at the largest step of its direction near where the medians differ most."""
    first = max(shift.at - window // 2, 1)
    near = steps[first - 1 : shift.at + window // 2] * np.sign(shift.z)
    return LevelShift(first + int(np.argmax(near)), shift.ratio, shift.z)


def _without_seasons(steps: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """Steps without the usual step into each calendar month; unchanged where the series is short."""
    if not _has_seasons(len(steps), period):
        return steps
    season = np.array([np.median(steps[start::period]) for start in range(period)])
    season -= season.mean()
    without: NDArray[np.float64] = steps - season[np.arange(len(steps)) % period]
    return without


def _has_seasons(steps: int, period: int) -> bool:
    """Whether the season can be told from the series itself."""
    return period >= 2 and steps >= _YEARS_FOR_SEASONS * period


def _standard_error(
    steps: NDArray[np.float64], values: NDArray[np.float64], jumps: NDArray[np.float64], window: int
) -> float:
    """Standard error of the difference of two medians of ``window`` values."""
    noise = _NORMAL * float(np.median(np.abs(steps - np.median(steps)))) / sqrt(2)
    poisson = 1 / sqrt(max(float(np.median(values)), 0.5))
    error = max(noise, poisson) * sqrt(pi / 2 * 2 / window)
    if len(values) >= 6 * window:  # below, one true break would touch most of the jumps
        error = max(error, _NORMAL * float(np.median(np.abs(jumps - np.median(jumps)))))
    return error


def _chosen(
    places: NDArray[np.int64],
    jumps: NDArray[np.float64],
    error: float,
    *,
    window: int,
    least_jump: float,
    least_z: float,
) -> list[LevelShift]:
    """Largest jumps, each clear of the windows of larger ones."""
    found: list[LevelShift] = []
    for index in np.argsort(-np.abs(jumps), kind="stable"):
        jump, at = float(jumps[index]), int(places[index])
        if abs(jump) < least_jump or abs(jump) / error < least_z:
            break
        if all(abs(at - shift.at) >= window for shift in found):
            found.append(LevelShift(at, exp(jump), jump / error))
    return sorted(found, key=lambda shift: shift.at)
