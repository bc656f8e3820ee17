"""Array types of this room, and codes for labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Bools", "Floats", "Ints", "codes_of", "joint_codes"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def codes_of(labels: Any) -> tuple[Ints, NDArray[Any]]:
    """Number the labels of a column in sorted order.

    Parameters
    ----------
    labels
        One label a row.

    Returns
    -------
    tuple of numpy.ndarray
        Code of each row, and the label of each code.

    Examples
    --------
    >>> codes, names = codes_of(["b", "a", "b"])
    >>> codes.tolist(), names.tolist()
    ([1, 0, 1], ['a', 'b'])
    """
    import pandas as pd

    codes, names = pd.factorize(np.asarray(labels), sort=True, use_na_sentinel=True)
    return np.asarray(codes, dtype=np.int64), np.asarray(names)


def joint_codes(*columns: Ints) -> tuple[Ints, Ints]:
    """Number the combinations of several code columns that occur.

    Parameters
    ----------
    columns
        Codes from 0, one array a column.

    Returns
    -------
    tuple of numpy.ndarray
        Code of each row (combinations in lexicographic order), and the first row of each combination.

    Examples
    --------
    >>> joint_codes(np.array([0, 0, 1]), np.array([1, 0, 1]))[0].tolist()
    [1, 0, 2]
    """
    joint = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        size = int(column.max()) + 1 if column.size else 1
        joint = joint * size + column
        _, first, joint = np.unique(joint, return_index=True, return_inverse=True)
    return joint.astype(np.int64).reshape(-1), first.astype(np.int64)
