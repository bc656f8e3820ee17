"""Reading survey files: CSV, Parquet or Excel as a table in DuckDB, with its columns checked before anything is summed.

Cells that are empty or say ``NA``, ``NaN`` or ``null`` are missing; among numbers ``.`` and ``none`` too. Other text in
a column of numbers is an error that names the first row, but true and false, which are 1 and 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kyoto.core.errors import KyotoError, Problems, Where, did_you_mean

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from kyoto.statistics.sources.single import PlainTable

__all__ = ["SurveyTable", "open_frame", "open_table", "quoted"]

MISSING = ("", "na", "nan", "null")
NO_NUMBER = (*MISSING, "none", ".")
NUMBER_TYPES = frozenset(
    (
        "BOOLEAN",
        "TINYINT",
        "SMALLINT",
        "INTEGER",
        "BIGINT",
        "HUGEINT",
        "UTINYINT",
        "USMALLINT",
        "UINTEGER",
        "UBIGINT",
        "FLOAT",
        "DOUBLE",
    )
)
SMALL_FILE = 64 * 1024 * 1024
"""Below this size one thread sums, so that the same file gives the same bits; above, sums may differ in the last."""


def quoted(name: str) -> str:
    """Column name as DuckDB writes it: in double quotes, those within it doubled.

    Examples
    --------
    >>> quoted("net loss")
    '"net loss"'
    """
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True, eq=False)
class SurveyTable:
    """A table of answers, open in DuckDB.

    Parameters
    ----------
    connection
        Where it can be queried.
    source
        What to select from.
    types
        Type of each column, by its name, as DuckDB names types.
    file
        Name for messages.
    """

    connection: duckdb.DuckDBPyConnection
    source: str
    types: Mapping[str, str]
    file: str

    @property
    def columns(self) -> list[str]:
        """Names in order."""
        return list(self.types)

    def is_text(self, column: str) -> bool:
        """Whether a column holds text."""
        return self.types[column] == "VARCHAR"

    def number(self, column: str) -> str:
        """Expression that reads a column as a number; null where it is missing or no number."""
        name = quoted(column)
        if self.is_text(column):
            absent = self._absent(column, NO_NUMBER)
            number = f"TRY_CAST(CASE WHEN {absent} THEN NULL ELSE trim({name}) END AS DOUBLE)"
            return f"CASE lower(trim({name})) WHEN 'true' THEN 1.0 WHEN 'false' THEN 0.0 ELSE {number} END"
        value = f"CAST({name} AS DOUBLE)"
        if self.types[column] in ("DOUBLE", "FLOAT"):
            return f"CASE WHEN isnan({name}) THEN NULL ELSE {value} END"
        return value

    def plain(self, column: str) -> str:
        """The same without a look at not-a-number: for columns that are checked as a whole."""
        return self.number(column) if self.is_text(column) else quoted(column)

    def label(self, column: str) -> str:
        """Expression that reads a column as labels, null where they are missing; numbers stay numbers."""
        name = quoted(column)
        if self.is_text(column):
            whole = f"regexp_replace(trim({name}), '^(-?[0-9]+)\\.0+$', '\\1')"  # 1.0 and 1 are one label
            return f"CASE WHEN {self._absent(column, MISSING)} THEN NULL ELSE {whole} END"
        if self.types[column] in NUMBER_TYPES or self.types[column].startswith("DECIMAL"):
            return name
        return f"CAST({name} AS VARCHAR)"

    def frame(self) -> pd.DataFrame:
        """All rows; text without blanks around it, missing cells as such, text that is all numbers as numbers."""
        import pandas as pd

        selected = [f"{self.label(name)} AS {quoted(name)}" for name in self.types]
        found = self.connection.execute(f"SELECT {', '.join(selected)} FROM {self.source}").df()
        for name in [name for name in found.columns if self.is_text(name)]:
            numbers = pd.to_numeric(found[name], errors="coerce")
            plain = ~found[name].astype("string").str.match(r"0\d").fillna(False).astype(bool)
            if (numbers.notna() == found[name].notna()).all() and plain.all():
                found[name] = numbers
        return found

    def _absent(self, column: str, absent: Iterable[str]) -> str:
        words = ", ".join(f"'{word}'" for word in absent)
        return f"({quoted(column)} IS NULL OR lower(trim({quoted(column)})) IN ({words}))"

    def require(self, columns: Iterable[str]) -> None:
        """Refuse names that are no columns, all of them at once.

        Raises
        ------
        KyotoError
            ``survey.wrong-column`` with the nearest name.
        """
        problems = Problems()
        for column in dict.fromkeys(columns):
            if column not in self.types:
                problems.add(
                    KyotoError(
                        "No such column",
                        code="survey.wrong-column",
                        where=Where(file=self.file, column=column),
                        hint=did_you_mean(column, self.types),
                    )
                )
        problems.raise_if_any()

    def require_numbers(self, columns: Iterable[str]) -> None:
        """Refuse text in columns of numbers, all of it at once.

        Raises
        ------
        KyotoError
            ``survey.not-a-number``.
        """
        problems = Problems()
        for column in dict.fromkeys(columns):
            if not self._may_hold_numbers(column):
                problems.add(self._no_number(column, self.types[column].lower(), 1, None))
                continue
            if not self.is_text(column):
                continue
            wrong = f"NOT {self._absent(column, NO_NUMBER)} AND {self.number(column)} IS NULL"
            row = self.connection.execute(
                f"SELECT count(*), min(place), arg_min(cell, place) FROM (SELECT row_number() OVER () AS place, "
                f"{quoted(column)} AS cell, {wrong} AS wrong FROM {self.source}) WHERE wrong"
            ).fetchone()
            assert row is not None
            if row[0]:
                problems.add(self._no_number(column, repr(row[2]), row[0], row[1]))
        problems.raise_if_any()

    def _may_hold_numbers(self, column: str) -> bool:
        return self.is_text(column) or self.types[column] in NUMBER_TYPES or self.types[column].startswith("DECIMAL")

    def _no_number(self, column: str, got: str, count: int, row: int | None) -> KyotoError:
        rows = f" in {count:,} rows, the first is row {row:,}" if row is not None else ""
        return KyotoError(
            "Text in a column of numbers" if row is not None else "Not a column of numbers",
            code="survey.not-a-number",
            where=Where(file=self.file, column=column),
            got=f"{got}{rows}",
            expected="numbers; an empty cell, NA, NaN, null or . where there is none",
            hint="Shares of words, such as yes and no, come with --proportion.",
        )


@contextmanager
def open_table(path: str | Path) -> Iterator[SurveyTable]:
    """Open a file of answers.

    Parameters
    ----------
    path
        What :func:`kyoto.statistics.sources.single.plain_table` opens: CSV, Parquet or Excel, packed or not.

    Yields
    ------
    SurveyTable

    Raises
    ------
    KyotoError
        What opening raises; ``survey.unreadable-file``, ``survey.empty-table``, ``survey.double-column``.
    """
    import duckdb

    from kyoto.statistics.sources.single import plain_table

    shown = str(path)
    with plain_table(path) as plain:
        connection = duckdb.connect(":memory:")
        try:
            if plain.path.stat().st_size < SMALL_FILE:
                connection.execute("SET threads = 1")
            source = _source(connection, plain, shown)
            yield _described(connection, source, shown)
        except duckdb.Error as error:
            raise _unreadable(shown, str(error)) from error
        finally:
            connection.close()


@contextmanager
def open_frame(frame: Any, name: str = "the table") -> Iterator[SurveyTable]:
    """Open a dataframe (pandas, Polars, Arrow) as :func:`open_table` opens a file."""
    import duckdb
    import narwhals as nw

    connection = duckdb.connect(":memory:")
    try:
        connection.execute("SET threads = 1")
        connection.register("answers", nw.from_native(frame, eager_only=True).to_arrow())
        yield _described(connection, "answers", name)
    finally:
        connection.close()


def _source(connection: duckdb.DuckDBPyConnection, plain: PlainTable, shown: str) -> str:
    text = str(plain.path).replace("'", "''")
    if plain.kind == "parquet":
        return f"read_parquet('{text}')"
    if plain.kind == "workbook":
        import pandas as pd

        try:
            frame = pd.read_excel(plain.path, engine="calamine")
        except Exception as error:
            raise _unreadable(shown, str(error)) from error
        frame.columns = [str(column) for column in frame.columns]
        mixed = [name for name in frame.columns if frame[name].dtype == object]
        frame = frame.astype(dict.fromkeys(mixed, "string"))
        connection.register("workbook", frame)
        return "workbook"
    _refuse_double_names(plain, shown)
    settings = f"delim = '{plain.delimiter}', quote = '\"', escape = '\"', skip = {plain.skip}, header = true"
    source = f"read_csv('{text}', {settings}, all_varchar = true)"
    return source if plain.delimiter == "," else _with_decimal_points(connection, source)


def _with_decimal_points(connection: duckdb.DuckDBPyConnection, source: str) -> str:
    """The same rows; where no comma stands between the cells, columns of numbers like 3,5 have a point instead."""
    names = [str(row[0]) for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
    words = ", ".join(f"'{word}'" for word in NO_NUMBER)
    pattern = "[+-]?[0-9]+(,[0-9]+)?([eE][+-]?[0-9]+)?"
    cells = [(quoted(name), f"trim({quoted(name)})") for name in names]
    tests = [
        f"bool_and(lower({cell}) IN ({words}) OR regexp_full_match({cell}, '{pattern}')) AND "
        f"bool_or(contains({name}, ','))"
        for name, cell in cells
    ]
    found = connection.execute(f"SELECT {', '.join(tests)} FROM {source}").fetchone() or ()
    commas = [quoted(name) for name, decimal in zip(names, found, strict=True) if decimal]
    if not commas:
        return source
    points = ", ".join(f"replace({name}, ',', '.') AS {name}" for name in commas)
    return f"(SELECT * REPLACE ({points}) FROM {source})"


def _refuse_double_names(plain: PlainTable, shown: str) -> None:
    import csv

    with plain.path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        first = [lines.readline() for _ in range(plain.skip + 1)][-1]
    names = next(csv.reader([first], delimiter=plain.delimiter), [])
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        raise KyotoError(
            "Two columns have the same name",
            code="survey.double-column",
            where=Where(file=shown, column=double[0]),
            hint="Rename one of them.",
        )


def _described(connection: duckdb.DuckDBPyConnection, source: str, file: str) -> SurveyTable:
    described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    types = {str(row[0]): str(row[1]) for row in described}
    if connection.execute(f"SELECT 1 FROM {source} LIMIT 1").fetchone() is None:
        raise KyotoError("No rows", code="survey.empty-table", where=Where(file=file))
    return SurveyTable(connection, source, types, file)


def _unreadable(file: str, detail: str) -> KyotoError:
    return KyotoError(
        "Cannot read the file",
        code="survey.unreadable-file",
        where=Where(file=file),
        detail=detail.splitlines()[0] if detail else "",
        expected="a CSV, Parquet or Excel table",
    )
