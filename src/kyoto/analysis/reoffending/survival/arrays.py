"""Array types of the room, and the checks that every estimator makes of its input."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from kyoto.core.errors import KyotoError, Problems, Where

__all__ = ["Bools", "Floats", "Ints", "checked_times", "checked_weights", "matrix", "same_length", "vector"]

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Bools: TypeAlias = npt.NDArray[np.bool_]


def vector(values: Any, name: str = "values") -> Floats:
    """One-dimensional array of finite or missing numbers.

    Parameters
    ----------
    values
        Anything NumPy reads as numbers.
    name
        What the values are, for the error message.

    Raises
    ------
    KyotoError
        ``reoffending.not-numbers``.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise KyotoError(
            f"The {name} are not numbers",
            code="reoffending.not-numbers",
            where=Where(column=name),
            detail=str(error),
            expected="numbers, or true and false",
        ) from error
    return array.reshape(-1)


def matrix(values: Any, rows: int) -> Floats:
    """Covariates as a matrix of ``rows`` rows and one column each, finite throughout."""
    array = np.asarray(values, dtype=np.float64)
    array = array.reshape(rows, -1) if array.ndim < 2 else array
    if array.shape[0] != rows:
        raise _unequal({"time": rows, "covariates": array.shape[0]})
    if not np.isfinite(array).all():
        raise KyotoError(
            "A covariate is missing or infinite",
            code="reoffending.missing-covariate",
            where=Where(line=int(np.flatnonzero(~np.isfinite(array).all(axis=1))[0]) + 1),
            hint="Leave such rows out, or give unknown values a category of their own.",
        )
    return array


def same_length(**arrays: Any) -> None:
    """Raise unless all arrays that are given have as many rows as each other.

    Raises
    ------
    KyotoError
        ``reoffending.unequal-lengths``.
    """
    lengths = {name: len(array) for name, array in arrays.items() if array is not None}
    if len(set(lengths.values())) > 1:
        raise _unequal(lengths)


def checked_times(time: Floats, entry: Floats | None) -> None:
    """Raise unless times can be times at risk; all problems together.

    Parameters
    ----------
    time
        Time at which each person left, shape ``(n,)``.
    entry
        Time at which each came under observation; None is 0 for all.

    Raises
    ------
    KyotoError
        ``reoffending.no-rows``, ``reoffending.missing-time``, ``reoffending.negative-time``,
        ``reoffending.entry-after-exit``.
    """
    problems = Problems()
    if not len(time):
        raise KyotoError("No rows", code="reoffending.no-rows", expected="at least one person")
    faults = [
        (~np.isfinite(time), "A time is missing", "reoffending.missing-time", "a number for every person"),
        (time < 0, "A time is negative", "reoffending.negative-time", "days since the start of follow-up, 0 or more"),
    ]
    if entry is not None:
        late = "reoffending.entry-after-exit"
        faults.append((~(entry < time), "Observation begins when it is over", late, "entry before the end of each"))
    for fault, title, code, expected in faults:
        if fault.any():
            first = int(np.flatnonzero(fault)[0])
            problems.add(
                KyotoError(
                    title,
                    code=code,
                    where=Where(line=first + 1),
                    got=f"{int(fault.sum())} of {len(time)} rows, the first with time {time[first]:g}",
                    expected=expected,
                )
            )
    problems.raise_if_any()


def checked_weights(weights: Floats | None, rows: int) -> Floats:
    """Weights of all rows: those given, or 1.

    Raises
    ------
    KyotoError
        ``reoffending.wrong-weight``: negative or missing.
    """
    if weights is None:
        return np.ones(rows)
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise KyotoError("A weight is negative or missing", code="reoffending.wrong-weight", expected="0 or more")
    return weights


def _unequal(lengths: dict[str, int]) -> KyotoError:
    return KyotoError(
        "The columns have different numbers of rows",
        code="reoffending.unequal-lengths",
        got=", ".join(f"{name} {length}" for name, length in lengths.items()),
    )
