"""Robust variance of a cumulative mean: the sum of squared influences at every time, by prefix sums.

The influence of a person on a cumulative hazard or a mean cumulative function at ``t`` is
``U(t) = sum of jumps - (A(t) - A(entry))`` while observed and constant when not. Summing squares over persons at every
time is quadratic if done naively. But among those observed ``U(t) = c - A(t)`` with a ``c`` that changes only at a
person's own times, so that the sums of ``c`` and of its square, kept by prefix sums over all such changes, suffice.
"""

from __future__ import annotations

import numpy as np

from kyoto.analysis.reoffending.survival.arrays import Floats, Ints

__all__ = ["squared_influence"]


def squared_influence(person: Ints, entered: Ints, left: Ints, jump: Floats, weight: Floats, drift: Floats) -> Floats:
    """Sum over persons of the squared influence after each time.

    Parameters
    ----------
    person
        Code of the person of each period of observation, shape ``(n,)``; periods of one person do not overlap.
    entered
        Number of distinct times up to the entry of each period, so that ``drift`` after ``entered`` times was
        the value at entry.
    left
        Position of the time at which each period ends.
    jump
        What the period's own event adds to the influence; 0 if it ends without one.
    weight
        Weight of the person; the same in all periods.
    drift
        ``A`` after each distinct time, shape ``(m,)``.

    Returns
    -------
    numpy.ndarray
        Shape ``(m,)``.
    """
    padded = np.concatenate([[0.0], drift])
    order = np.lexsort((left, person))
    who, start, end = person[order], entered[order], left[order] + 1
    scale = weight[order]
    change = jump[order] - (padded[end] - padded[start])
    first = np.concatenate([[True], who[1:] != who[:-1]])
    after = _within(change, first)
    before = after - change
    c = before + padded[start]
    size = len(padded)

    def moved(amount: Floats, at: Ints) -> Floats:
        return np.cumsum(np.bincount(at, weights=amount, minlength=size + 1)[:size])

    square, product, whole = scale**2, scale**2 * c, scale**2 * c**2
    # while observed: from the entry on, until the period ends
    quadratic = moved(square, start) - moved(square, end)
    linear = moved(product, start) - moved(product, end)
    constant = moved(whole, start) - moved(whole, end)
    # when not: the influence with which a period ended stands until the next begins
    frozen = scale**2 * after**2
    resting = moved(frozen, end)
    later = ~first
    resting -= moved(frozen[:-1][later[1:]], start[later])
    total: Floats = constant - 2 * padded * linear + padded**2 * quadratic + resting
    return np.maximum(total[1:], 0.0)


def _within(change: Floats, first: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Floats:
    """Running sum within each person."""
    running = np.cumsum(change)
    heads = np.flatnonzero(first)
    offset = np.concatenate([[0.0], running])[heads]
    found: Floats = running - np.repeat(offset, np.diff(np.append(heads, len(change))))
    return found
