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

    from kyoto.statistics.sources.single import PlainTable

__all__ = ["as_frame", "column_of_numbers", "name_of", "read_table", "require_columns"]

_FIRST_LINE = 2


def read_table(path: str | Path, *, text: bool = False) -> pd.DataFrame:
    """Read a CSV (comma, semicolon or tab), Excel or Parquet file.

    Parameters
    ----------
    path
        The file, as :func:`kyoto.statistics.sources.single.plain_table` opens it.
    text
        Whether cells stay the text that they are, so that the target 16.10, the code 007 and the country NA survive;
        empty cells are empty texts.

    Raises
    ------
    KyotoError
        What opening raises; ``evaluation.unreadable-file``, ``evaluation.empty-table``.
    """
    from kyoto.statistics.sources.single import plain_table

    with plain_table(path) as plain:
        try:
            frame = _parsed(plain, text)
        except Exception as error:  # every reader fails in its own way
            raise KyotoError(
                "Cannot read the file",
                code="evaluation.unreadable-file",
                where=Where(file=str(path)),
                detail=str(error).splitlines()[0] if str(error) else type(error).__name__,
                expected="a CSV, Excel or Parquet table with the names of columns in its first row",
            ) from error
    if frame.empty:
        raise KyotoError("The table has no rows", code="evaluation.empty-table", where=Where(file=str(path)))
    frame.attrs["first_line"] = plain.first_line
    return frame


def _parsed(plain: PlainTable, text: bool) -> pd.DataFrame:
    import pandas as pd

    as_text: dict[str, Any] = {"dtype": str, "keep_default_na": False} if text else {}
    if plain.kind == "parquet":
        frame = pd.read_parquet(plain.path)
    elif plain.kind == "workbook":
        frame = pd.read_excel(plain.path, engine="calamine", **as_text)
    else:
        form: dict[str, Any] = {"sep": plain.delimiter, "skiprows": plain.skip, "encoding": "utf-8-sig"}
        frame = pd.read_csv(plain.path, low_memory=False, **form, **as_text)
        if plain.delimiter != ",":
            frame = frame.apply(_with_point_as_text if text else _with_decimal_point)
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


def _with_point_as_text(column: pd.Series[Any]) -> pd.Series[Any]:
    """Numbers with a decimal comma as text with a point; any other column as it is."""
    numbers = column.str.strip().str.fullmatch(r"[+-]?\d+(,\d+)?|")
    return column.str.replace(",", ".") if numbers.all() else column


def as_frame(source: Any, *, text: bool = False) -> pd.DataFrame:
    """Any dataframe (pandas, Polars, Arrow or what Narwhals knows), or the path of a file, as pandas.

    Parameters
    ----------
    source
        A dataframe or a path.
    text
        See :func:`read_table`.

    Examples
    --------
    >>> import pandas as pd
    >>> as_frame(pd.DataFrame({"effect": [0.1]})).columns.tolist()
    ['effect']
    """
    import narwhals as nw
    import pandas as pd

    if isinstance(source, (str, Path)):
        return read_table(source, text=text)
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

    values, first_line = frame[name], int(frame.attrs.get("first_line", _FIRST_LINE))
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
                where=Where(file=file, line=row + first_line, column=name),
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
                where=Where(file=file, line=row + first_line, column=name),
                got="an empty cell" + _others(empty),
                expected="a number in every row",
            )
        )
    return np.asarray(numbers, dtype=np.float64)


def _others(mask: Any) -> str:
    more = int(mask.sum()) - 1
    return f", and {more} more such rows" if more else ""
