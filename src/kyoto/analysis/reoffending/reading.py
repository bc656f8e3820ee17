"""Opening a file of releases, convictions or scored people as a table of DuckDB: CSV, Parquet or Excel."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kyoto.core.errors import KyotoError, Where, did_you_mean

if TYPE_CHECKING:
    import duckdb

    from kyoto.statistics.sources.single import PlainTable

__all__ = [
    "PeopleTable",
    "broken_lines",
    "frame_table",
    "load_file",
    "number_of",
    "open_people",
    "quoted",
    "text_literal",
]

_TABLE = "people"


@dataclass(frozen=True, slots=True, eq=False)
class PeopleTable:
    """A table of one row a person (or release), ready for SQL.

    Parameters
    ----------
    connection
        The database in memory.
    types
        DuckDB's type of each column.
    file
        Name for messages.
    """

    connection: duckdb.DuckDBPyConnection
    types: dict[str, str]
    file: str | None

    def broken_lines(self) -> int:
        """Lines of a text file that are no record: too many fields, or a quote that does not end."""
        return broken_lines(self.connection, _TABLE)

    @property
    def name(self) -> str:
        """Name of the table in SQL."""
        return _TABLE

    def require(self, *columns: str | None) -> None:
        """Raise for the first column that is not there.

        Raises
        ------
        KyotoError
            ``reoffending.wrong-column``, with the nearest name.
        """
        for column in columns:
            if column is not None and column not in self.types:
                raise KyotoError(
                    "No such column",
                    code="reoffending.wrong-column",
                    where=Where(file=self.file, column=column),
                    hint=did_you_mean(column, self.types),
                )

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """Rows of a query as mappings."""
        cursor = self.connection.execute(sql)
        names = [part[0] for part in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@contextmanager
def open_people(path: str | Path, *, shown: str | None = None) -> Iterator[PeopleTable]:
    """Open a file; its content, not its name, says what it is.

    Parameters
    ----------
    path
        CSV (any delimiter and encoding that can be recognised), Parquet or Excel.
    shown
        Name for messages; the path if not given.

    Raises
    ------
    KyotoError
        ``reoffending.unreadable-file``, ``reoffending.no-rows``.
    """
    import duckdb

    from kyoto.statistics.sources.single import plain_table

    name = shown or str(path)
    connection = duckdb.connect()
    try:
        with tempfile.TemporaryDirectory(prefix="kyoto-") as folder, plain_table(path, shown=name) as plain:
            connection.execute(f"SET temp_directory = {text_literal(folder)}")
            try:
                _load(connection, plain, _TABLE)
            except (duckdb.Error, ValueError, OSError) as error:
                raise _unreadable(name, error) from error
            yield _described(connection, name)
    finally:
        connection.close()


@contextmanager
def frame_table(frame: Any) -> Iterator[PeopleTable]:
    """Open a dataframe (pandas, Polars, Arrow or anything Narwhals knows) the same way."""
    import duckdb
    import narwhals as nw

    connection = duckdb.connect()
    try:
        connection.register(_TABLE, nw.from_native(frame, eager_only=True).to_arrow())
        yield _described(connection, None)
    finally:
        connection.close()


def broken_lines(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    """Lines that were no record when a table was loaded."""
    kept = f"SELECT 1 FROM duckdb_tables() WHERE table_name = 'broken_{name}'"
    if not connection.execute(kept).fetchall():
        return 0
    return number_of(connection, f"SELECT count(DISTINCT line) FROM broken_{name}")


def quoted(name: str) -> str:
    """Name of a column in SQL.

    Examples
    --------
    >>> quoted("Crime type")
    '"Crime type"'
    """
    return '"' + name.replace('"', '""') + '"'


def text_literal(text: str) -> str:
    """Text in SQL.

    Examples
    --------
    >>> text_literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def load_file(connection: duckdb.DuckDBPyConnection, data: Any, name: str) -> dict[str, str]:
    """Load a file or a dataframe as a table of a database, and give the types of its columns.

    Raises
    ------
    KyotoError
        ``reoffending.unreadable-file``.
    """
    import duckdb
    import narwhals as nw

    if not isinstance(data, (str, Path)):
        connection.register(name, nw.from_native(data, eager_only=True).to_arrow())
        return _types(connection, name)
    from kyoto.statistics.sources.single import plain_table

    try:
        with plain_table(data) as plain:
            _load(connection, plain, name, copied=plain.path != Path(data))
    except (duckdb.Error, ValueError, OSError) as error:
        raise _unreadable(str(data), error) from error
    return _types(connection, name)


def _load(connection: duckdb.DuckDBPyConnection, plain: PlainTable, name: str, *, copied: bool = False) -> None:
    """Load a file; one that is a copy is read as a whole, because it goes before the table does."""
    if plain.kind == "parquet":
        kind = "TABLE" if copied else "VIEW"
        connection.execute(f"CREATE {kind} {name} AS SELECT * FROM read_parquet({text_literal(str(plain.path))})")
    elif plain.kind == "workbook":
        connection.register(name, _workbook(plain.path))
    else:
        _load_text(connection, plain, name)


def _load_text(connection: duckdb.DuckDBPyConnection, plain: PlainTable, name: str) -> None:
    """Typed by DuckDB's look at a sample; all as text where the rest does not fit it.

    Nothing is guessed away: no line is skipped, short lines are filled with empty cells, and lines that are no record
    stand in a table of their own, to be counted.
    """
    import duckdb

    words = ", ".join(text_literal(word) for word in ("", "NA", "NULL", "NaN", "nan", "None"))
    delimiter = text_literal(plain.delimiter)
    options = f"header = true, skip = {plain.skip}, delim = {delimiter}, quote = '\"', null_padding = true"
    source = f"read_csv({text_literal(str(plain.path))}, {options}, nullstr = [{words}]"
    try:
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM {source}, sample_size = 100000)")
    except (duckdb.ConversionException, duckdb.InvalidInputException):
        columns = ", ".join(f"{text_literal(column)}: 'VARCHAR'" for column in _names(plain))
        kept = f"store_rejects = true, rejects_table = 'broken_{name}', rejects_scan = 'broken_scan_{name}'"
        typed = f"auto_detect = false, columns = {{{columns}}}, parallel = false"
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM {source}, {typed}, {kept})")


def _names(plain: PlainTable) -> list[str]:
    """Names of the columns; a name that comes again gets a number."""
    with plain.path.open("rb") as opened:
        lines = [opened.readline(1 << 20) for _ in range(plain.skip + 1)]
    first = lines[-1].decode("utf-8-sig", errors="replace").rstrip("\r\n")
    names: list[str] = []
    for name in next(csv.reader([first], delimiter=plain.delimiter), []):
        again = sum(1 for known in names if known == name or known.startswith(f"{name}_"))
        names.append(f"{name}_{again}" if name in names else name)
    return names


def _workbook(file: Path) -> Any:
    import pandas as pd
    import pyarrow as pa

    try:
        frame = pd.read_excel(file, engine="calamine")
    except Exception as error:  # the reader's own kinds of errors have no common parent but this
        raise ValueError(str(error)) from error
    frame.columns = [str(name) for name in frame.columns]
    mixed = [name for name in frame if frame[name].dtype == object]
    for name in mixed:
        frame[name] = frame[name].map(str, na_action="ignore")
    return pa.Table.from_pandas(frame, preserve_index=False)


def _described(connection: duckdb.DuckDBPyConnection, file: str | None) -> PeopleTable:
    table = PeopleTable(connection, _types(connection, _TABLE), file)
    if not connection.execute(f"SELECT 1 FROM {_TABLE} LIMIT 1").fetchall():
        lost = table.broken_lines()
        raise KyotoError(
            "No rows",
            code="reoffending.no-rows",
            where=Where(file=file),
            expected="one row a person",
            detail=f"Lines left out because they have not as many fields as the names: {lost}" if lost else "",
        )
    return table


def _types(connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, str]:
    found: Sequence[tuple[Any, ...]] = connection.execute(f"DESCRIBE {name}").fetchall()
    return {str(row[0]): str(row[1]) for row in found}


def _unreadable(name: str, error: Exception) -> KyotoError:
    return KyotoError(
        "Cannot read the file",
        code="reoffending.unreadable-file",
        where=Where(file=name),
        detail=str(error).splitlines()[0] if str(error) else "",
        expected="a CSV, Excel or Parquet table with a line of column names",
    )


def number_of(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    """Number that a query counts."""
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0
