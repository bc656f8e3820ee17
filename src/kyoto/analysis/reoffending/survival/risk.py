"""Who leaves when, and who is still at risk: the counts on which every estimator stands.

Rows are sorted once. Everything else is sums over runs of equal times and prefix sums, so that a million persons with
a million distinct times cost a sort.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kyoto.analysis.reoffending.survival.arrays import Floats, Ints

__all__ = ["RiskTable", "left_of", "risk_table"]

_BINS = 100_000.0
"""Largest whole time that is counted in bins: days of more than two centuries."""


@dataclass(frozen=True, slots=True, eq=False)
class RiskTable:
    """Counts at each distinct time at which somebody leaves.

    Parameters
    ----------
    times
        Distinct times, ascending, shape ``(m,)``.
    at_risk
        Weight of those under observation just before each time, shape ``(m,)``.
    leaving
        Weight of those who leave, by the code of why, shape ``(m, codes)``; column 0 is censoring.
    place
        Position in ``times`` of each row, shape ``(n,)``.
    """

    times: Floats
    at_risk: Floats
    leaving: Floats
    place: Ints


def risk_table(
    time: Floats, status: Ints, codes: int, *, entry: Floats | None = None, weights: Floats | None = None
) -> RiskTable:
    """Count those at risk and those who leave.

    Parameters
    ----------
    time
        Time at which each row leaves, shape ``(n,)``.
    status
        Why it leaves: 0 censored, 1 to ``codes - 1`` an event, shape ``(n,)``.
    codes
        Number of codes.
    entry
        Time after which each row is at risk: it is at risk at ``t`` if ``entry < t <= time``.
    weights
        Weight of each row; 1 if not given.

    Examples
    --------
    >>> import numpy as np
    >>> table = risk_table(np.array([5.0, 3.0, 5.0]), np.array([1, 0, 0]), 2)
    >>> table.times.tolist(), table.at_risk.tolist(), table.leaving.tolist()
    ([3.0, 5.0], [3.0, 2.0], [[1.0, 0.0], [1.0, 1.0]])
    """
    times, place = _distinct(time)
    cells = place * codes + status
    leaving = np.bincount(cells, weights=weights, minlength=len(times) * codes).astype(np.float64)
    leaving = leaving.reshape(len(times), codes)
    left = leaving.sum(axis=1)
    at_risk = left[::-1].cumsum()[::-1]
    if entry is not None:
        at_risk = at_risk - (at_risk[:1] - left_of(entry, times, weights)) if len(times) else at_risk
    return RiskTable(times, at_risk, leaving, place)


def _distinct(time: Floats) -> tuple[Floats, Ints]:
    """Distinct times in order, and the place of each row's among them.

    Whole days are counted in bins, which needs no sort.
    """
    if len(time) and time.min() >= 0 and time.max() <= _BINS:
        days = time.astype(np.int64)
        if np.array_equal(days, time):
            present = np.bincount(days) > 0
            return np.flatnonzero(present).astype(np.float64), (np.cumsum(present) - 1)[days]
    order = np.argsort(time)
    ordered = time[order]
    new = np.empty(len(time), dtype=bool)
    new[:1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    place = np.empty(len(time), dtype=np.int64)
    place[order] = np.cumsum(new) - 1
    return ordered[new], place


def left_of(values: Floats, times: Floats, weights: Floats | None = None) -> Floats:
    """Weight of the values that are smaller than each of the times.

    Examples
    --------
    >>> import numpy as np
    >>> left_of(np.array([0.0, 2.0, 2.0]), np.array([1.0, 2.0, 3.0])).tolist()
    [1.0, 1.0, 3.0]
    """
    order = np.argsort(values, kind="stable")
    counted = np.searchsorted(values[order], times, side="left")
    if weights is None:
        return counted.astype(np.float64)
    return np.concatenate([[0.0], np.cumsum(weights[order])])[counted]
