"""Figures found by their codes, without a query: what a page shows is a few lines of one table.

A database spends more time on reading, planning and filtering a query than on the thirty numbers that it gives back. A
snapshot therefore keeps the observations of each table a second time: as rows of fixed length in the order of their
codes, with one number a line (a combination of codes, whose rows follow each other by period) that says where it
starts. A line is then found by a binary search. The files are mapped, not read: the system keeps in memory what is
asked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kyoto.statistics.observations import dimension_columns

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

__all__ = ["Cells", "line_order", "write_cells"]

_NUMBERS: Final = ("value", "lower", "upper")
_TEXTS: Final = ("period", "status", "confidentiality", "note")
_BATCH: Final = 100_000
_MOST_LINES: Final = 2**62
"""Combinations of codes that can be numbered; a table with more of them is asked in SQL."""

Row = tuple[float | None, float | None, float | None, str | None, str | None, str | None]
"""Value, lower, upper, status, confidentiality and note."""
_Known = Mapping[str, Sequence[str | None]]
"""Values of each column, in the order in which the database sorts them."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Observations of one table in the order of their codes.

    Parameters
    ----------
    codes
        Number of each code, by dimension (``series`` first); a line's number has them as its digits.
    texts
        Texts of the numbers that stand in a row for period, status, confidentiality and note.
    keys, starts
        Number of each line, increasing, and where its rows start; ``starts`` has one more, the number of rows.
    rows
        The rows.
    """

    codes: Mapping[str, Mapping[str, int]] = field(repr=False)
    texts: Mapping[str, Sequence[str | None]] = field(repr=False)
    keys: npt.NDArray[np.int64] = field(repr=False)
    starts: npt.NDArray[np.int64] = field(repr=False)
    rows: npt.NDArray[np.void] = field(repr=False)

    def lines(self, fixed: Mapping[str, str], by: str, parts: Sequence[str]) -> dict[tuple[str, str], Row]:
        """Rows of a few lines.

        Parameters
        ----------
        fixed
            Code of every dimension but ``by``, ``series`` among them.
        by
            Dimension whose parts are wanted; empty for one line.
        parts
            Codes of it.

        Returns
        -------
        dict of (str, str) to tuple
            By part (empty without ``by``) and period. Codes that the table does not have have no rows.
        """
        found: dict[tuple[str, str], Row] = {}
        numbered = dict(self._numbered(fixed, by, parts))
        if not numbered:
            return found
        places = self.keys.searchsorted(list(numbered.values()))
        periods, statuses, kinds, notes = (self.texts[name] for name in _TEXTS)
        for (part, number), place in zip(numbered.items(), places.tolist(), strict=True):
            if place == len(self.keys) or self.keys[place] != number:
                continue
            for value, lower, upper, period, status, kind, note in self.rows[
                self.starts[place] : self.starts[place + 1]
            ].tolist():
                found[part, str(periods[period])] = (value, lower, upper, statuses[status], kinds[kind], notes[note])
        return found

    def _numbered(self, fixed: Mapping[str, str], by: str, parts: Sequence[str]) -> Iterator[tuple[str, int]]:
        """Number of the line of each part whose codes the table has."""
        for part in parts if by else ("",):
            number = 0
            for dimension, codes in self.codes.items():
                code = codes.get(part if dimension == by else fixed[dimension])
                if code is None:
                    break
                number = number * len(codes) + code
            else:
                yield part, number


def line_order(columns: Sequence[str]) -> list[str]:
    """Columns by which the rows of a table are sorted: those that name a line, and the period.

    Examples
    --------
    >>> line_order(["area", "period", "series", "iccs", "value", "sex"])
    ['series', 'iccs', 'area', 'sex', 'period']
    """
    named = dict.fromkeys(["series", "iccs", "area", *dimension_columns(columns)])
    return [name for name in (*(name for name in named if name != "period"), "period") if name in columns]


def write_cells(connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str], place: Path) -> Cells | None:
    """Write the observations of a table that is sorted by :func:`line_order`.

    Parameters
    ----------
    connection
        Database that holds the table.
    table
        Its name, quoted.
    columns
        Its columns.
    place
        Start of the names of the files.

    Returns
    -------
    Cells or None
        None where the table is not one of complete observations: a column or a code is missing.
    """
    if not {"series", *_NUMBERS, *_TEXTS} <= set(columns):
        return None
    dimensions = line_order(columns)[:-1]
    known = {name: _distinct(connection, table, name) for name in (*dimensions, *_TEXTS)}
    whole = not any(None in known[name] for name in (*dimensions, "period"))
    if not whole or math.prod(len(known[name]) for name in dimensions) > _MOST_LINES:
        return None
    if not _write_rows(connection, table, known, dimensions, place):
        return None
    codes = {name: {str(code): number for number, code in enumerate(known[name])} for name in dimensions}
    return _open_cells(place, codes, {name: known[name] for name in _TEXTS})


def _write_rows(
    connection: duckdb.DuckDBPyConnection, table: str, known: _Known, dimensions: Sequence[str], place: Path
) -> bool:
    """Write rows, numbers of lines and their starts; whether the lines are in the order of their numbers."""
    import numpy as np

    selected = ", ".join(_quoted(name) for name in (*dimensions, *_NUMBERS, *_TEXTS))
    asked = connection.execute(f"SELECT {selected} FROM {table}").to_arrow_reader(_BATCH)
    keys, starts = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    written, last = 0, -1
    with _file(place, "rows").open("wb") as file:
        for batch in asked:
            if not batch.num_rows:
                continue
            numbers = _line_numbers(batch, known, dimensions)
            file.write(_packed(batch, known).tobytes())
            new = np.flatnonzero(np.diff(numbers, prepend=last))
            keys.append(numbers[new])
            starts.append(new + written)
            written, last = written + len(numbers), numbers[-1]
    every = np.concatenate(keys)
    every.tofile(_file(place, "keys"))
    np.append(np.concatenate(starts), written).tofile(_file(place, "starts"))
    return written > 0 and bool((np.diff(every) > 0).all())


def _open_cells(
    place: Path, codes: Mapping[str, Mapping[str, int]], texts: Mapping[str, Sequence[str | None]]
) -> Cells:
    import numpy as np

    def mapped(kind: str, of: Any) -> npt.NDArray[Any]:
        return np.asarray(np.memmap(_file(place, kind), dtype=of, mode="r"))

    return Cells(codes, texts, mapped("keys", np.int64), mapped("starts", np.int64), mapped("rows", _row_type()))


def _file(place: Path, kind: str) -> Path:
    return place.with_name(f"{place.name}.{kind}")


def _row_type() -> Any:
    import numpy as np

    return np.dtype([*((name, "f8") for name in _NUMBERS), *((name, "i4") for name in _TEXTS)])


def _distinct(connection: duckdb.DuckDBPyConnection, table: str, column: str) -> list[str | None]:
    """Values of a column, in the order in which the database sorts them; a missing one last."""
    name = _quoted(column)
    return [row[0] for row in connection.execute(f"SELECT DISTINCT {name} FROM {table} ORDER BY {name}").fetchall()]


def _line_numbers(batch: pa.RecordBatch, known: _Known, dimensions: Sequence[str]) -> npt.NDArray[np.int64]:
    import numpy as np

    numbers = np.zeros(batch.num_rows, np.int64)
    for name in dimensions:
        numbers = numbers * len(known[name]) + _index(batch, name, known[name])
    return numbers


def _packed(batch: pa.RecordBatch, known: _Known) -> npt.NDArray[np.void]:
    import numpy as np

    rows = np.empty(batch.num_rows, _row_type())
    for name in _NUMBERS:
        rows[name] = batch.column(name).to_numpy(zero_copy_only=False)  # a missing number becomes one that is none
    for name in _TEXTS:
        rows[name] = _index(batch, name, known[name])
    return rows


def _index(batch: pa.RecordBatch, name: str, codes: Sequence[str | None]) -> npt.NDArray[np.int64]:
    import pyarrow as pa
    import pyarrow.compute

    column = batch.column(name)
    found = pyarrow.compute.index_in(column, value_set=pa.array(codes, column.type))
    return found.to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
