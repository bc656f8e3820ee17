"""Rounding to a base, cell by cell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["round_conventionally", "round_randomly"]


def round_conventionally(values: NDArray[np.float64], base: int) -> NDArray[np.float64]:
    """Nearest multiple of the base; halves go up.

    Parameters
    ----------
    values
        Shape ``(n,)``.
    base
        2 or more.

    Examples
    --------
    >>> round_conventionally(np.array([0.0, 2.0, 2.5, 3.0, 7.0]), 5).tolist()
    [0.0, 0.0, 5.0, 5.0, 5.0]
    """
    return np.floor(values / base + 0.5) * base


def round_randomly(values: NDArray[np.float64], base: int, uniform: NDArray[np.float64]) -> NDArray[np.float64]:
    """One of the two neighbouring multiples, the nearer one more often, so that the mean is the true value.

    Parameters
    ----------
    values
        Shape ``(n,)``.
    base
        2 or more.
    uniform
        Draws from 0 to 1 (excluded), shape ``(n,)``; from the cell keys, so that equal cells round alike.

    Examples
    --------
    >>> round_randomly(np.array([10.0, 11.0, 11.0]), 5, np.array([0.0, 0.19, 0.21])).tolist()
    [10.0, 15.0, 10.0]
    """
    below = np.floor(values / base)
    return (below + (uniform < values / base - below)) * base
