"""What every relation says of each of its members, given the bounds of the others, taken one after the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kyoto.statistics.disclosure.reader import Reader

__all__ = ["narrowed"]

_ROUNDS = 50
_SLACK = 1e-7


def narrowed(reader: Reader) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bounds of the true counts from single relations.

    Cheap at any size, and never too narrow; programs over all relations together can tell more.

    Parameters
    ----------
    reader
        What is known.

    Returns
    -------
    least, most
        Shape ``(unknowns,)``.
    """
    coo = reader.relations.tocoo()
    row, column, sign = coo.row, coo.col, coo.data
    rows = reader.relations.shape[0]
    least, most = reader.least.copy(), reader.most.copy()
    for _ in range(_ROUNDS):
        low = np.where(sign > 0, least[column], -most[column])
        high = np.where(sign > 0, most[column], -least[column])
        # what is left of a relation's range for one member when the others are as small, or as large, as can be
        top = reader.highest[row] - _rest(row, low, rows, -np.inf)
        bottom = reader.lowest[row] - _rest(row, high, rows, np.inf)
        new_least, new_most = least.copy(), most.copy()
        np.minimum.at(new_most, column, np.where(sign > 0, top, -bottom))
        np.maximum.at(new_least, column, np.where(sign > 0, bottom, -top))
        if reader.whole:
            new_least, new_most = np.ceil(new_least - _SLACK), np.floor(new_most + _SLACK)
        if np.array_equal(new_least, least) and np.array_equal(new_most, most):
            break
        least, most = new_least, new_most
    return least, most


def _rest(row: NDArray[np.int32], ends: NDArray[np.float64], rows: int, endless: float) -> NDArray[np.float64]:
    """Sum of the ends of all other members of each member's relation; ``endless`` where one of them has no end."""
    open_ = np.isinf(ends)
    finite = np.where(open_, 0.0, ends)
    total = np.bincount(row, weights=finite, minlength=rows)
    number = np.bincount(row, weights=open_.astype(float), minlength=rows)
    others = number[row] - open_
    return np.where(others > 0, endless, total[row] - finite)
