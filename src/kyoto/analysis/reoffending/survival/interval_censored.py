"""Turnbull's estimator: time to reoffending where only an interval is known, such as the month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kyoto.analysis.reoffending.survival.arrays import Floats, same_length, vector
from kyoto.core.errors import KyotoError, Where

__all__ = ["IntervalCurve", "turnbull"]


@dataclass(frozen=True, slots=True, eq=False)
class IntervalCurve:
    """Maximum likelihood estimate from intervals.

    Parameters
    ----------
    left, right
        Innermost intervals, the only ones that can hold probability, shape ``(m,)``; ``right`` may be infinite.
    mass
        Probability of each.
    n
        Persons.
    iterations
        Steps of the algorithm.
    """

    left: Floats
    right: Floats
    mass: Floats
    n: int
    iterations: int

    def bounds(self, time: float) -> tuple[float, float]:
        """Smallest and largest share with the event by a time that the estimate allows.

        They differ inside an innermost interval only, where the data say nothing of the order.
        """
        certain = self.right <= time
        return float(self.mass[certain].sum()), float(self.mass[certain | (self.left < time)].sum())


def turnbull(low: Any, high: Any, *, tolerance: float = 1e-10, most: int = 100_000) -> IntervalCurve:
    """Estimate the distribution of times known as intervals ``(low, high]``.

    Parameters
    ----------
    low
        Last time at which each person was known to be without the event, shape ``(n,)``.
    high
        First time at which the event is known; infinite (or missing) for who never had it. Equal to ``low`` where the
        time is exact.
    tolerance
        Largest change of a probability at the end.
    most
        Iterations allowed.

    Raises
    ------
    KyotoError
        ``reoffending.wrong-interval``, ``reoffending.no-convergence``.

    Notes
    -----
    Turnbull (1976), *JRSS B* 38. Self-consistency with squared extrapolation (Varadhan and Roland 2008); an
    observation covers neighbouring innermost intervals, so that a step is two prefix sums.

    Examples
    --------
    >>> curve = turnbull([0, 2, 1, 4], [3, 5, 4, float("inf")])
    >>> curve.left.tolist(), curve.right.tolist(), curve.mass.round(4).tolist()
    ([2.0, 4.0], [3.0, 5.0], [0.6667, 0.3333])
    """
    lows, highs = vector(low, "times"), vector(high, "times")
    same_length(low=lows, high=highs)
    highs = np.where(np.isnan(highs), np.inf, highs)
    wrong = ~(lows >= 0) | (highs < lows)
    if wrong.any():
        raise KyotoError(
            "An interval ends before it begins",
            code="reoffending.wrong-interval",
            where=Where(line=int(np.flatnonzero(wrong)[0]) + 1),
            got=f"{int(wrong.sum())} of {len(lows)}",
        )
    left, right = _innermost(lows, highs)
    pairs, weights = np.unique(np.column_stack([lows, highs]), axis=0, return_counts=True)
    exact = pairs[:, 0] == pairs[:, 1]
    first = np.where(
        exact, np.searchsorted(right, pairs[:, 1], side="left"), np.searchsorted(left, pairs[:, 0], side="left")
    )
    first = np.where(~exact & _is_point(left, right, first, pairs[:, 0]), first + 1, first)
    end = np.searchsorted(right, pairs[:, 1], side="right")
    mass, iterations = _maximise(first, end, weights / weights.sum(), len(left), tolerance, most)
    return IntervalCurve(left, right, mass, len(lows), iterations)


def _is_point(left: Floats, right: Floats, place: Any, low: Floats) -> Any:
    """Whether the interval at a place is a single time at the open end of an observation."""
    inside = np.minimum(place, len(left) - 1)
    return (place < len(left)) & (left[inside] == right[inside]) & (left[inside] == low)


def _innermost(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Intervals that begin with a low end and end with the next high end, no other between."""
    exact = low == high
    starts, ends = np.concatenate([low[~exact], low[exact]]), np.concatenate([high[~exact], high[exact]])
    # an exact time opens just before itself; an open low end opens just after; a high end closes at itself
    rank = np.concatenate([np.full((~exact).sum(), 2), np.zeros(exact.sum())])
    values = np.concatenate([starts, ends])
    kinds = np.concatenate([rank, np.ones(len(ends))])
    order = np.lexsort((kinds, values))
    is_end = kinds[order] == 1
    turns = np.flatnonzero(~is_end[:-1] & is_end[1:])
    return values[order][turns], values[order][turns + 1]


def _step(mass: Floats, first: Any, end: Any, weights: Floats) -> Floats:
    """One step of self-consistency: each observation spreads its weight over what it covers."""
    sums = np.concatenate([[0.0], np.cumsum(mass)])
    share = weights / np.maximum(sums[end] - sums[first], 1e-300)
    size = len(mass) + 1
    spread = np.cumsum(np.bincount(first, share, size) - np.bincount(end, share, size))[:-1]
    found: Floats = mass * spread
    return found


def _maximise(first: Any, end: Any, weights: Floats, size: int, tolerance: float, most: int) -> tuple[Floats, int]:
    mass = np.full(size, 1 / size)
    for iteration in range(1, most + 1):
        one = _step(mass, first, end, weights)
        two = _step(one, first, end, weights)
        change, bend = one - mass, two - 2 * one + mass
        norm = float(np.sqrt((bend**2).sum()))
        length = max(1.0, float(np.sqrt((change**2).sum())) / norm) if norm > 1e-300 else 1.0
        ahead = np.maximum(mass + 2 * length * change + length**2 * bend, 0.0)
        ahead = _step(ahead / ahead.sum(), first, end, weights)
        better = _value(ahead, first, end, weights) >= _value(two, first, end, weights)
        chosen = ahead if better else two
        moved = float(np.abs(chosen - mass).max())
        mass = chosen
        if moved < tolerance:
            return mass, iteration
    raise KyotoError("The estimate from intervals does not converge", code="reoffending.no-convergence")


def _value(mass: Floats, first: Any, end: Any, weights: Floats) -> float:
    sums = np.concatenate([[0.0], np.cumsum(mass)])
    return float(weights @ np.log(np.maximum(sums[end] - sums[first], 1e-300)))
