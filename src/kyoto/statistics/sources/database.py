"""Tables in databases: copied once to Parquet, so that one build sees one state of them on either engine.

Addresses are ``duckdb:///file?table``, ``sqlite:///file?table``, ``postgresql://user@host/database?schema.table`` and
``spark:database.table``. A password never stands in an address: PostgreSQL takes it from the environment
(``PGPASSWORD``) or from its password file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kyoto.core.errors import KyotoError, Where, did_you_mean, extra_hint
from kyoto.statistics.sources.dialect import unique_names
from kyoto.statistics.sources.model import RawFile, SourceSpec
from kyoto.statistics.sources.paths import existing

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

    from kyoto.core.engine import Engine

__all__ = ["Address", "database_file", "parsed_address", "spark_table"]

_FORMS = "duckdb:///file?table, sqlite:///file?table, postgresql://user@host/database?table, spark:database.table"


@dataclass(frozen=True, slots=True)
class Address:
    """A table in a database.

    Parameters
    ----------
    scheme
        ``duckdb``, ``sqlite``, ``postgresql`` or ``spark``.
    place
        File, or address of the server without the table.
    table
        Name of the table, with its schema where it has one.
    """

    scheme: str
    place: str
    table: str


def parsed_address(spec: SourceSpec) -> Address:
    """Address in ``table``.

    Raises
    ------
    KyotoError
        ``source.wrong-address``; ``source.password-in-address``.
    """
    text = spec.table
    if text.startswith("spark:") and len(text) > 6:
        return Address("spark", "", text[6:])
    found = re.fullmatch(r"(duckdb|sqlite)://(/[^?]+)\?(.+)", text)
    if found:
        return Address(found[1], found[2][1:], found[3])
    parts = urlsplit(text)
    if parts.scheme in ("postgresql", "postgres") and parts.hostname and parts.query and len(parts.path) > 1:
        if parts.password:
            raise KyotoError(
                "A password stands in the address",
                code="source.password-in-address",
                where=spec.where("table"),
                hint="Take it out of the project file and set the environment variable PGPASSWORD.",
            )
        return Address("postgresql", text.partition("?")[0], parts.query)
    raise KyotoError(
        "This is no address of a table",
        code="source.wrong-address",
        where=spec.where("table"),
        expected=_FORMS,
        got=re.sub(r":[^:@/]+@", ":…@", text),
    )


def spark_table(engine: Engine, address: Address, spec: SourceSpec) -> ir.Table:
    """Table that the cluster knows, read where it lies.

    Raises
    ------
    KyotoError
        ``source.needs-spark``, ``source.missing-table``.
    """
    if engine.name != "spark":
        raise KyotoError(
            "Spark tables are read by the Spark engine",
            code="source.needs-spark",
            where=spec.where("table"),
            hint="Run the build with --engine spark.",
        )
    database, _, name = address.table.rpartition(".")
    names = engine.backend.list_tables(database=database or None)
    if name not in names:
        raise _missing_table(spec, name, names)
    return engine.backend.table(name, database=database or None)


def database_file(address: Address, spec: SourceSpec, folder: Path, target: Path) -> RawFile:
    """Copy a table to Parquet.

    Parameters
    ----------
    address
        The table.
    spec, folder
        Description of the source, and folder of the project.
    target
        Where the Parquet file shall stand.

    Raises
    ------
    KyotoError
        ``source.missing-file``, ``source.missing-table``, ``source.cannot-connect``, ``source.not-installed``.
    """
    if address.scheme == "postgresql":
        shown, path = address.place.rpartition("/")[2] + "?" + address.table, Path(address.place)
        columns = _copy_postgresql(address, spec, target)
    else:
        path = existing(address.place, spec, folder, "table")[0]
        shown = f"{address.place}?{address.table}"
        copy = _copy_duckdb if address.scheme == "duckdb" else _copy_sqlite
        columns = copy(path, address.table, spec, target)
    return RawFile(shown, path, target, tuple(unique_names(columns)), "table")


def _copy_duckdb(path: Path, table: str, spec: SourceSpec, target: Path) -> list[str]:
    import duckdb

    with duckdb.connect() as connection:
        try:
            connection.execute(f"ATTACH {_text(str(path))} AS source (READ_ONLY)")
        except duckdb.Error as error:
            raise _cannot_connect(spec, str(path), error) from None
        schema, _, name = table.rpartition(".")
        rows = connection.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'source' "
            "UNION ALL SELECT schema_name, view_name FROM duckdb_views() "
            "WHERE database_name = 'source' AND NOT internal"
        ).fetchall()
        if (schema or "main", name) not in rows:
            raise _missing_table(
                spec, table, [name if schema == "main" else f"{schema}.{name}" for schema, name in rows]
            )
        origin = f"source.{_quoted(schema or 'main')}.{_quoted(name)}"
        connection.execute(f"COPY (FROM {origin}) TO {_text(str(target))} (FORMAT parquet, COMPRESSION zstd)")
        return [row[0] for row in connection.execute(f"DESCRIBE {origin}").fetchall()]


def _copy_sqlite(path: Path, table: str, spec: SourceSpec, target: Path) -> list[str]:
    """Every cell as text: a column of SQLite may hold numbers in one row and words in the next."""
    from adbc_driver_manager import Error
    from adbc_driver_sqlite import dbapi

    try:
        with dbapi.connect(f"file:{path}?mode=ro") as connection, connection.cursor() as cursor:
            cursor.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name")
            names = [row[0] for row in cursor.fetchall()]
            if table not in names:
                raise _missing_table(spec, table, names)
            cursor.execute(f"SELECT name FROM pragma_table_info({_text(table)})")
            columns = [row[0] for row in cursor.fetchall()]
            cells = ", ".join(f"{_sqlite_text(name)} AS {_quoted(name)}" for name in columns)
            cursor.execute(f"SELECT {cells} FROM {_quoted(table)}")
            _write(cursor.fetch_record_batch(), target, text=True)
            return columns
    except Error as error:
        raise _cannot_connect(spec, str(path), error) from None


def _sqlite_text(name: str) -> str:
    """Text of a cell: 7.0 is 7, as in a spreadsheet."""
    cell = _quoted(name)
    whole = f"typeof({cell}) = 'real' AND {cell} = CAST({cell} AS INTEGER)"
    return f"CASE WHEN {whole} THEN CAST(CAST({cell} AS INTEGER) AS TEXT) ELSE CAST({cell} AS TEXT) END"


def _copy_postgresql(address: Address, spec: SourceSpec, target: Path) -> list[str]:
    try:
        from adbc_driver_manager import Error
        from adbc_driver_postgresql import dbapi
    except ImportError:
        raise KyotoError(
            "The PostgreSQL driver is not installed",
            code="source.not-installed",
            where=spec.where("table"),
            hint=extra_hint("postgres"),
        ) from None
    schema, _, name = address.table.rpartition(".")
    try:
        with dbapi.connect(address.place) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT table_schema::text, table_name::text FROM information_schema.tables "
                "WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
            )
            known = [(row[0], row[1]) for row in cursor.fetchall()]
            if (schema or "public", name) not in known:
                raise _missing_table(spec, address.table, [".".join(pair) for pair in known])
            cursor.execute(
                "SELECT column_name::text, data_type::text FROM information_schema.columns "
                f"WHERE table_schema = {_text(schema or 'public')} AND table_name = {_text(name)} "
                "ORDER BY ordinal_position"
            )
            cells = ", ".join(_postgresql_cell(row[0], row[1]) for row in cursor.fetchall())
            cursor.execute(f"SELECT {cells} FROM {_quoted(schema or 'public')}.{_quoted(name)}")
            return _write(cursor.fetch_record_batch(), target, text=False)
    except Error as error:
        raise _cannot_connect(spec, address.place, error) from None


_NATIVE = ("smallint", "integer", "bigint", "real", "double precision", "boolean", "date", "text", "character varying")


def _postgresql_cell(name: str, kind: str) -> str:
    """Native types that Parquet has stay; all others (uuid, numeric, enumerations, ...) come as text."""
    native = kind in _NATIVE or kind.startswith("timestamp")
    return _quoted(name) if native else f"{_quoted(name)}::text AS {_quoted(name)}"


def _write(reader: pa.RecordBatchReader, target: Path, *, text: bool) -> list[str]:
    """Write batches as they come, so that memory stays small; types that Parquet lacks become text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    plain = pa.schema(
        [
            (field.name, pa.string() if text or isinstance(field.type, pa.BaseExtensionType) else field.type)
            for field in reader.schema
        ]
    )
    with pq.ParquetWriter(target, plain, compression="zstd") as writer:
        for batch in reader:
            arrays = [
                (column.storage if isinstance(column, pa.ExtensionArray) else column).cast(field.type)
                for column, field in zip(batch.columns, plain, strict=True)
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=plain))
    return list(plain.names)


def _missing_table(spec: SourceSpec, name: str, known: list[str]) -> KyotoError:
    return KyotoError(
        f"The database has no table {name!r}",
        code="source.missing-table",
        where=spec.where("table"),
        hint=did_you_mean(name, known),
    )


def _cannot_connect(spec: SourceSpec, place: str, error: Exception) -> KyotoError:
    return KyotoError(
        "The database cannot be opened",
        code="source.cannot-connect",
        where=Where(file=place) if "://" not in place else spec.where("table"),
        detail=str(error).splitlines()[0],
        hint="Check the address, that the server runs, and that you may read it; a password belongs in PGPASSWORD."
        if "://" in place
        else "Is it a database of this kind, and does no other program write to it?",
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
