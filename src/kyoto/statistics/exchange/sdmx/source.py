"""Where the observations of a build are read: the build folder, or a snapshot that a portal holds of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from kyoto.core.errors import KyotoError, Where

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["INDICATORS", "BuildSource", "Source", "open_build", "quoted"]

INDICATORS = "indicators"
"""Name under which the indicators are queried, beside the tables."""


class Source(Protocol):
    """Published observations that can be asked in SQL."""

    @property
    def manifest(self) -> Mapping[str, Any]:
        """Content of ``manifest.json``."""

    @property
    def built_at(self) -> datetime:
        """When the build was finished."""

    @property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """Columns of every table, the indicators among them."""

    def query(self, sql: str, params: Sequence[Any] = ()) -> pa.Table:
        """Answer of one query."""


@dataclass(frozen=True, slots=True)
class BuildSource:
    """The Parquet files of a build folder.

    Parameters
    ----------
    folder
        The build folder.
    manifest, built_at, columns
        See :class:`Source`.
    """

    folder: Path
    manifest: Mapping[str, Any]
    built_at: datetime
    columns: Mapping[str, tuple[str, ...]]
    _connection: duckdb.DuckDBPyConnection = field(repr=False)

    def query(self, sql: str, params: Sequence[Any] = ()) -> pa.Table:
        """Answer of one query; tables stand under their names."""
        with self._connection.cursor() as cursor:
            return cursor.execute(sql, params or None).to_arrow_table()


def open_build(folder: Path, manifest: Mapping[str, Any] | None = None) -> BuildSource:
    """Open a build folder for reading.

    Parameters
    ----------
    folder
        The build folder; while a build is being made, the folder that holds its finished tables.
    manifest
        Content of ``manifest.json``; read from the folder if not given.

    Raises
    ------
    KyotoError
        ``sdmx.no-build``: the project has not been built.
    """
    import duckdb

    found = _manifest(folder) if manifest is None else manifest
    # rooms above the pipeline publish their observations in folders of their own
    files = {path.parent.name: path for path in sorted(folder.glob("*/observations.parquet"))}
    files |= {path.stem: path for path in sorted((folder / "tables").glob("*.parquet"))}
    listed = [name.removeprefix("table:") for name in found.get("steps", {}) if name.startswith("table:")]
    order = [*(name for name in listed if name in files), *(name for name in files if name not in listed)]
    ordered = {name: files[name] for name in order}
    if (folder / f"{INDICATORS}.parquet").is_file():
        ordered[INDICATORS] = folder / f"{INDICATORS}.parquet"
    connection = duckdb.connect(":memory:")
    columns: dict[str, tuple[str, ...]] = {}
    for name, path in ordered.items():
        literal = "'" + str(path).replace("'", "''") + "'"
        connection.execute(f"CREATE VIEW {quoted(name)} AS SELECT * FROM read_parquet({literal})")
        columns[name] = tuple(row[0] for row in connection.execute(f"DESCRIBE {quoted(name)}").fetchall())
    finished = found.get("finished") or found.get("started")
    built_at = datetime.fromisoformat(finished) if finished else datetime.fromtimestamp(0).astimezone()
    return BuildSource(folder, found, built_at, columns, connection)


def quoted(name: str) -> str:
    """Name of a table or column as SQL writes it.

    Examples
    --------
    >>> quoted("by_type")
    '"by_type"'
    """
    return '"' + name.replace('"', '""') + '"'


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise KyotoError(
            "The project has not been built",
            code="sdmx.no-build",
            where=Where(file=str(folder / "manifest.json")),
            detail=str(error),
            hint="Run `kyoto build` first.",
        ) from error
    return manifest
