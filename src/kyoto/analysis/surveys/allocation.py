"""Sharing a sample out over strata."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np

from kyoto.analysis.surveys.arrays import Floats, Ints
from kyoto.core.errors import KyotoError, did_you_mean

__all__ = ["ALLOCATIONS", "Allocation", "allocate", "variance_of_allocation"]

Allocation = Literal["proportional", "equal", "neyman", "cost", "power"]
ALLOCATIONS = get_args(Allocation)


def allocate(
    total: int,
    population: Any,
    method: Allocation = "proportional",
    *,
    spread: Any = None,
    cost: Any = None,
    size: Any = None,
    power: float = 0.5,
    least: int = 2,
) -> Ints:
    """Interviews in each stratum.

    Parameters
    ----------
    total
        Interviews in all.
    population
        People in each stratum, shape (strata,).
    method
        ``proportional`` to the population; ``equal``; ``neyman``: to N S (Neyman 1934); ``cost``: to N S / √c (Cochran
        1977, equation 5.18); ``power``: to X^q S / mean (Bankier 1988, *American Statistician* 42, 174-177), between
        equal precision of the strata (q = 0) and precision of the whole (q = 1).
    spread
        Standard deviation in each stratum (for ``power`` relative to the mean); the root of P (1 - P) for shares.
    cost
        Cost of an interview in each stratum.
    size
        Importance X of each stratum for ``power``; the population if None.
    power
        Exponent q.
    least
        Fewest interviews in a stratum; two, so that each has a variance.

    Returns
    -------
    numpy.ndarray
        Whole numbers that add up to ``total``, none above the population of its stratum.

    Raises
    ------
    KyotoError
        ``survey.wrong-allocation``.

    Examples
    --------
    >>> allocate(100, [600, 400]).tolist(), allocate(100, [600, 400], "neyman", spread=[0.1, 0.3]).tolist()
    ([60, 40], [33, 67])
    """
    people = np.asarray(population, dtype=np.float64)
    if method not in ALLOCATIONS:
        raise KyotoError(
            f"No such allocation: {method}", code="survey.wrong-allocation", hint=did_you_mean(method, ALLOCATIONS)
        )
    floor = np.minimum(float(least), people)
    if not floor.sum() <= total <= people.sum():
        raise KyotoError(
            "The sample does not fit the strata",
            code="survey.wrong-allocation",
            got=f"{total:,} interviews",
            expected=f"{floor.sum():,.0f} to {people.sum():,.0f}",
            hint=f"Each of the {len(people)} strata needs at least {least}.",
        )
    wish = _wish(people, method, spread, cost, size, power)
    return _rounded(_within(wish, float(total), floor, people), total, people)


def _wish(people: Floats, method: Allocation, spread: Any, cost: Any, size: Any, power: float) -> Floats:
    if method == "proportional":
        return people
    if method == "equal":
        return np.ones(len(people))
    deviation = _needed(spread, "spread", method, len(people))
    if method == "neyman":
        return people * deviation
    if method == "cost":
        return people * deviation / np.sqrt(_needed(cost, "cost", method, len(people)))
    importance = people if size is None else np.asarray(size, dtype=np.float64)
    return np.asarray(importance**power * deviation)


def _needed(values: Any, name: str, method: str, count: int) -> Floats:
    found = np.asarray([] if values is None else values, dtype=np.float64)
    if found.shape != (count,) or not (found > 0).all():
        raise KyotoError(
            f"The allocation {method} needs the {name} of each stratum",
            code="survey.wrong-allocation",
            got=f"{found.size} values" if found.shape != (count,) else f"{found.min():g}",
            expected=f"{count} values above 0",
        )
    return found


def _within(wish: Floats, total: float, floor: Floats, ceiling: Floats) -> Floats:
    """Shares in the proportions of the wish, between floor and ceiling, that add up to the total."""
    fixed = np.full(len(wish), np.nan)
    while True:
        free = np.isnan(fixed)
        rest = total - np.nansum(fixed)
        found = np.where(free, wish / wish[free].sum() * rest if free.any() else 0.0, fixed)
        low, high = free & (found < floor), free & (found > ceiling)
        if not (low.any() or high.any()):
            return np.asarray(found)
        # the side that is farther out is settled first, or settling both could leave no room for the others
        short, over = (floor - found)[low].sum(), (found - ceiling)[high].sum()
        fixed = np.where(high, ceiling, fixed) if over >= short else np.where(low, floor, fixed)


def _rounded(exact: Floats, total: int, ceiling: Floats) -> Ints:
    """Whole numbers by largest remainders."""
    whole = np.floor(exact + 1e-9)
    left = int(total - whole.sum())
    order = np.argsort(-(exact - whole), kind="stable")
    for at in order:
        if left <= 0:
            break
        if whole[at] + 1 <= ceiling[at]:
            whole[at] += 1
            left -= 1
    return np.asarray(whole, dtype=np.int64)


def variance_of_allocation(interviews: Any, population: Any, spread: Any) -> float:
    """Variance of the mean of the population (Cochran 1977, equation 5.6).

    Examples
    --------
    >>> round(variance_of_allocation([50, 50], [500, 500], [1.0, 1.0]), 6)
    0.009
    """
    n, people, deviation = (np.asarray(one, dtype=np.float64) for one in (interviews, population, spread))
    share = people / people.sum()
    return float((share**2 * deviation**2 / n * (1 - n / people)).sum())
