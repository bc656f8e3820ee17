"""One query over several files: extracts that keep incidents, offences and persons in tables of their own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kyoto.core.errors import KyotoError
from kyoto.statistics.sources.dialect import unique_names
from kyoto.statistics.sources.model import RawFile, SourceSpec
from kyoto.statistics.sources.text import read_text_files

if TYPE_CHECKING:
    from kyoto.core.engine import BrokenLine, Engine

__all__ = ["query_file"]


def query_file(
    engine: Engine, spec: SourceSpec, tables: dict[str, list[RawFile]], target: Path
) -> tuple[RawFile, list[BrokenLine]]:
    """Run the query of a source over its tables, in DuckDB on either engine, and write the result to Parquet.

    The tables hold text (the native types of Parquet files). While the query runs it can reach nothing but them.

    Parameters
    ----------
    engine
        Engine of the build; the query gets its share of the machine.
    spec
        Description of the source.
    tables
        Opened files of each table.
    target
        Where the Parquet file shall stand.

    Returns
    -------
    file : RawFile
        The result.
    broken : list of BrokenLine
        Lines of the tables that are no record.

    Raises
    ------
    KyotoError
        ``source.wrong-sql``.
    """
    import duckdb

    from kyoto.core.engine.duckdb import DuckDBEngine

    with DuckDBEngine(engine.settings) as worker:
        for name, files in tables.items():
            _load(worker, name, files)
        broken = [line for name in tables for line in worker.broken_lines(name)]
        connection = worker.backend.con
        connection.execute("SET allowed_directories = ?", [[str(target.parent), str(worker.scratch)]])
        connection.execute("SET enable_external_access = false")
        query = spec.sql.strip().rstrip(";")
        path = str(target).replace("'", "''")
        try:
            connection.execute(f"COPY (\n{query}\n) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
        except duckdb.Error as error:
            raise _wrong_sql(spec, error) from None
        columns = connection.execute(f"DESCRIBE FROM '{path}'").fetchall()
    shown = "query over " + ", ".join(tables)
    return RawFile(shown, target, target, tuple(unique_names([row[0] for row in columns])), "sql"), broken


def _load(worker: Engine, name: str, files: list[RawFile]) -> None:
    """Table of the files under its name in the query."""
    if files[0].kind == "csv":
        table = read_text_files(worker, files, name).drop("file")
    else:
        table = worker.read_parquet([file.read for file in files])
    worker.keep(table, name)


def _wrong_sql(spec: SourceSpec, error: Exception) -> KyotoError:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return KyotoError(
        "The query cannot be run",
        code="source.wrong-sql",
        where=spec.where("sql"),
        detail=lines[0] if lines else "",
        hint=next((line.strip() for line in lines if "Did you mean" in line or "Candidate" in line), "")
        or "All columns of text files are text: CAST(age AS INTEGER).",
    )
