"""Cells of a table in long form, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kyoto.core.errors import KyotoError, Problems, Where, did_you_mean
from kyoto.statistics.disclosure.noise import KEY_RANGE

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["cell_keys", "read_cells"]


def read_cells(cells: Any, dimensions: Sequence[str]) -> pd.DataFrame:
    """Pandas frame of the cells, checked.

    Parameters
    ----------
    cells
        Any frame that Narwhals reads: the dimensions and ``value``, one row a cell.
    dimensions
        Columns that identify a cell.

    Returns
    -------
    pandas.DataFrame
        In the order given; with its own index where it was a pandas frame.

    Raises
    ------
    KyotoError
        ``disclosure.missing-column``, ``disclosure.duplicate-cells``, ``disclosure.negative-value``,
        ``disclosure.not-a-number``.
    """
    frame = _pandas(cells)
    problems = Problems()
    for name in (*dimensions, "value"):
        if name not in frame.columns:
            problems.add(_missing(name, frame))
    problems.raise_if_any()
    repeated = frame.duplicated(list(dimensions), keep=False) if dimensions else np.full(len(frame), len(frame) > 1)
    if repeated.any():
        first = frame.loc[repeated, list(dimensions)].iloc[0].to_dict() if dimensions else {}
        raise KyotoError(
            f"{int(repeated.sum())} cells stand more than once",
            code="disclosure.duplicate-cells",
            got=", ".join(f"{name} = {value}" for name, value in first.items()),
            hint="Name every dimension that tells the cells of the table apart.",
        )
    _check_values(frame)
    return frame


def cell_keys(frame: pd.DataFrame) -> NDArray[np.int64]:
    """Cell keys of checked cells.

    Raises
    ------
    KyotoError
        ``disclosure.missing-column``: there are none; ``disclosure.wrong-cell-key``: one is outside the range.
    """
    if "cell_key" not in frame.columns:
        raise _missing("cell_key", frame)
    column = frame["cell_key"]
    keys: NDArray[np.int64] = column.fillna(-1).to_numpy(dtype=np.int64)
    wrong = (keys < 0) | (keys >= KEY_RANGE)
    if wrong.any():
        raise KyotoError(
            f"{int(wrong.sum())} cell keys are outside their range",
            code="disclosure.wrong-cell-key",
            where=Where(column="cell_key"),
            expected="sums of record keys modulo 2**32",
            got=str(column[wrong].iloc[0]),
        )
    return keys


def _pandas(cells: Any) -> pd.DataFrame:
    import narwhals as nw
    import pandas as pd

    if isinstance(cells, pd.DataFrame):
        return cells
    read = nw.from_native(cells)
    eager = read.collect() if isinstance(read, nw.LazyFrame) else read
    return eager.to_pandas()


def _missing(name: str, frame: pd.DataFrame) -> KyotoError:
    return KyotoError(
        f"The cells have no column {name!r}",
        code="disclosure.missing-column",
        where=Where(column=name),
        hint=did_you_mean(name, [str(column) for column in frame.columns]),
    )


def _check_values(frame: pd.DataFrame) -> None:
    import pandas as pd

    where = Where(column="value")
    if not pd.api.types.is_numeric_dtype(frame["value"]):
        raise KyotoError(
            "The values are not numbers", code="disclosure.not-a-number", where=where, got=str(frame["value"].dtype)
        )
    values = frame["value"].to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = (values < 0) | np.isinf(values)
    if wrong.any():
        raise KyotoError(
            f"{int(wrong.sum())} values are negative or infinite",
            code="disclosure.negative-value",
            where=where,
            expected="counts",
            got=str(values[wrong][0]),
        )
