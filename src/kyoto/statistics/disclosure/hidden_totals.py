"""Totals that no table lists but that tie tables together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["NO_CODE", "row_numbers", "with_hidden_totals"]

NO_CODE = -1
"""Stands for the parent of a code that has none."""


def with_hidden_totals(
    coded: NDArray[np.int64], values: NDArray[np.float64], parents: list[NDArray[np.int64]]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """Add the totals that no table lists: two tables may break down the same unlisted total.

    Parameters
    ----------
    coded
        Codes of the cells as numbers, shape ``(cells, dimensions)``.
    values
        Their values, shape ``(cells,)``.
    parents
        For each dimension the number of each code's parent, or :data:`NO_CODE`.

    Returns
    -------
    coded, values
        With the hidden totals behind the listed cells.
    listed
        False for the hidden totals.

    Examples
    --------
    >>> coded, values, listed = with_hidden_totals(np.array([[0], [1]]), np.array([3.0, 4.0]), [np.array([2, 2, -1])])
    >>> coded.ravel().tolist(), values.tolist(), listed.tolist()
    ([0, 1, 2], [3.0, 4.0, 7.0], [True, True, False])
    """
    listed = len(coded)
    for dimension, above in enumerate(parents):
        depth = _depths(above)
        # the deepest first, so that a hidden total can itself be part of a hidden one
        for level in range(int(depth.max(initial=0)), 0, -1):
            coded, values = _with_missing_parents(coded, values, dimension, above, depth[coded[:, dimension]] == level)
    return coded, values, np.arange(len(coded)) < listed


def _depths(above: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of ancestors of each code."""
    depth = np.zeros(len(above), dtype=np.int64)
    current = above.copy()
    while (current != NO_CODE).any():
        depth += current != NO_CODE
        current = np.where(current == NO_CODE, NO_CODE, above[current])
    return depth


def _with_missing_parents(
    coded: NDArray[np.int64],
    values: NDArray[np.float64],
    dimension: int,
    above: NDArray[np.int64],
    chosen: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Add the absent parents of some cells along a dimension, each as the sum of its parts."""
    raised = coded[chosen].copy()
    raised[:, dimension] = above[raised[:, dimension]]
    numbers = row_numbers(np.vstack([coded, raised]))
    wanted = numbers[len(coded) :]
    absent = ~np.isin(wanted, numbers[: len(coded)])
    new, first, place = np.unique(wanted[absent], return_index=True, return_inverse=True)
    sums = np.bincount(place, weights=values[chosen][absent], minlength=len(new))
    return np.vstack([coded, raised[absent][first]]), np.concatenate([values, sums])


def row_numbers(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Equal rows get equal numbers.

    Examples
    --------
    >>> row_numbers(np.array([[7, 1], [2, 2], [7, 1]])).tolist()
    [1, 0, 1]
    """
    numbers = np.zeros(len(rows), dtype=np.int64)
    for column in rows.T:
        # made small again after each column, so that no product overflows
        numbers = np.unique(numbers * (int(column.max(initial=0)) + 1) + column, return_inverse=True)[1]
    return numbers
