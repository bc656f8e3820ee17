"""Reading the user's tables: any dataframe or file, columns by name, numbers that are numbers.

All problems of one table are reported together, with the line of the file in which the first of each kind stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.evaluation.arrays import Floats
from kyoto.core.errors import KyotoError, Problems, Where, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["as_frame", "column_of_numbers", "name_of", "read_table", "require_columns"]

_FIRST_LINE = 2


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a CSV (comma, semicolon or tab), Excel or Parquet file.

    Parameters
    ----------
    path
        The file; the format follows from the end of its name.

    Raises
    ------
    KyotoError
        ``evaluation.missing-file``, ``evaluation.unreadable-file``, ``evaluation.empty-table``.
    """
    file = Path(path)
    if not file.is_file():
        raise KyotoError("No such file", code="evaluation.missing-file", where=Where(file=str(file)))
    try:
        frame = _parsed(file)
    except Exception as error:  # every reader fails in its own way
        raise KyotoError(
            "Cannot read the file",
            code="evaluation.unreadable-file",
            where=Where(file=str(file)),
            detail=str(error).splitlines()[0] if str(error) else type(error).__name__,
            expected="a CSV, Excel or Parquet table with the names of columns in its first row",
        ) from error
    if frame.empty:
        raise KyotoError("The table has no rows", code="evaluation.empty-table", where=Where(file=str(file)))
    return frame


def _parsed(file: Path) -> pd.DataFrame:
    import pandas as pd

    if file.suffix.lower() == ".parquet":
        frame = pd.read_parquet(file)
    elif file.suffix.lower() in {".xlsx", ".xls", ".ods"}:
        frame = pd.read_excel(file, engine="calamine")
    else:
        with file.open(encoding="utf-8-sig", errors="replace") as lines:
            first = lines.readline()
        separator = max(",;\t", key=first.count)
        frame = pd.read_csv(file, sep=separator, encoding="utf-8-sig", low_memory=False)
        if separator != ",":
            frame = frame.apply(_with_decimal_point)
    frame.columns = [str(name).strip() for name in frame.columns]
    return frame


def _with_decimal_point(column: pd.Series[Any]) -> pd.Series[Any]:
    """Column of numbers that were written with a decimal comma; any other column as it is."""
    if column.dtype != object:
        return column
    text = column.dropna().astype(str).str.strip()
    if not len(text) or not text.str.fullmatch(r"[+-]?\d+(,\d+)?(e[+-]?\d+)?").all():
        return column
    return column.astype("string").str.strip().str.replace(",", ".").astype("Float64").astype(float)


def as_frame(source: Any) -> pd.DataFrame:
    """Any dataframe (pandas, Polars, Arrow or what Narwhals knows), or the path of a file, as pandas.

    Examples
    --------
    >>> import pandas as pd
    >>> as_frame(pd.DataFrame({"effect": [0.1]})).columns.tolist()
    ['effect']
    """
    import narwhals as nw
    import pandas as pd

    if isinstance(source, (str, Path)):
        return read_table(source)
    native = isinstance(source, pd.DataFrame)
    frame: pd.DataFrame = source if native else nw.from_native(source, eager_only=True).to_pandas()
    if frame.empty:
        raise KyotoError("The table has no rows", code="evaluation.empty-table")
    return frame


def name_of(source: Any) -> str | None:
    """Path of the source for messages, if it is a file."""
    return str(source) if isinstance(source, (str, Path)) else None


def require_columns(frame: pd.DataFrame, names: Iterable[str | None], *, file: str | None, problems: Problems) -> bool:
    """Record every column that is named and absent; return whether all are there."""
    known = [str(name) for name in frame.columns]
    complete = True
    for name in names:
        if name is not None and name not in known:
            complete = False
            problems.add(
                KyotoError(
                    "No such column",
                    code="evaluation.wrong-column",
                    where=Where(file=file, column=name),
                    hint=did_you_mean(name, known),
                )
            )
    return complete


def column_of_numbers(
    frame: pd.DataFrame, name: str, *, file: str | None, problems: Problems, missing: bool = True
) -> Floats:
    """Numbers of a column; what is empty is NaN, what is text is a problem.

    Parameters
    ----------
    frame
        The table.
    name
        A column that exists.
    file
        Path for messages.
    problems
        Where problems are recorded.
    missing
        Whether empty cells are allowed.

    Returns
    -------
    numpy.ndarray
        Shape (rows,), NaN where the cell is empty or wrong.
    """
    import pandas as pd

    values = frame[name]
    if values.dtype.kind in "iufb":
        numbers = values.to_numpy(dtype=np.float64)
        empty = np.isnan(numbers)
    else:
        text = values.astype("string").str.strip()
        empty = (text.isna() | (text == "")).to_numpy(dtype=bool)
        numbers = pd.to_numeric(text, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    strange = ~empty & ~np.isfinite(numbers)
    if strange.any():
        row = int(np.flatnonzero(strange)[0])
        problems.add(
            KyotoError(
                "A cell is not a number",
                code="evaluation.not-a-number",
                where=Where(file=file, line=row + _FIRST_LINE, column=name),
                got=repr(str(values.iloc[row])) + _others(strange),
                expected="a finite number with a decimal point",
            )
        )
    if empty.any() and not missing:
        row = int(np.flatnonzero(empty)[0])
        problems.add(
            KyotoError(
                "A number is missing",
                code="evaluation.missing-number",
                where=Where(file=file, line=row + _FIRST_LINE, column=name),
                got="an empty cell" + _others(empty),
                expected="a number in every row",
            )
        )
    return np.asarray(numbers, dtype=np.float64)


def _others(mask: Any) -> str:
    more = int(mask.sum()) - 1
    return f", and {more} more such rows" if more else ""
