"""One build as readers see it: whole, unchanging, and holding nothing that was not meant for publication."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kyoto.core.build.swap import link_or_copy
from kyoto.core.errors import KyotoError, Where
from kyoto.core.files import sha256_of
from kyoto.portal.cells import Cells, line_order, write_cells
from kyoto.portal.scratch import Scratch, new_scratch

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["INDICATORS", "BuildChanged", "Snapshot", "open_snapshot", "panel_pages", "room_files"]

INDICATORS = "indicators"
"""Name under which the indicators are queried, beside the tables."""

_PUBLISHED = ("indicators.csv", "indicators.parquet", "quality.json", "report.html")
_DATABASE = "observations.duckdb"
_ROW_GROUP = 4096
"""Rows whose smallest and largest codes the database knows: it reads no others. Small ones make a cell's query fast."""


class BuildChanged(Exception):
    """The build was replaced while it was being read; read again."""


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A whole build at one moment.

    Parameters
    ----------
    folder
        Private folder with the published files of the build (tables, indicators, ``quality.json``, ``report.html``,
        ``manifest.json``, ``kyoto.toml``). Records and rejects are not in it. It is removed when the last reader left.
    manifest
        Content of ``manifest.json``.
    version
        SHA-256 of ``manifest.json``: changes with every build, serves as entity tag.
    built_at
        When the build was finished.
    tables
        Names of the published tables, in the order of the project file.
    columns
        Columns of every table, ``indicators`` among them where the project has any.
    cells
        The same observations by their codes, of every table whose rows are all complete.
    """

    folder: Path
    manifest: Mapping[str, Any]
    version: str
    built_at: datetime
    tables: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    cells: Mapping[str, Cells]
    _connection: duckdb.DuckDBPyConnection = field(repr=False)
    _scratch: Scratch = field(repr=False)
    _cursors: list[duckdb.DuckDBPyConnection] = field(default_factory=list, repr=False)

    def query(self, sql: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> pa.Table:
        """Observations, asked for in SQL; may be called from any thread.

        Parameters
        ----------
        sql
            One query. Every published table stands under its name, the indicators under ``indicators``; all columns but
            ``value``, ``lower`` and ``upper`` are text.
        params
            Values of ``?`` or ``$name`` in the query.

        Returns
        -------
        pyarrow.Table
        """
        with self._cursor() as cursor:
            return cursor.execute(sql, params or None).to_arrow_table()

    def rows(self, sql: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        """Observations as tuples: for the few rows of a page faster than a table, and without its buffers.

        Parameters
        ----------
        sql, params
            See :meth:`query`.
        """
        with self._cursor() as cursor:
            return cursor.execute(sql, params or None).fetchall()

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor for one thread; there are as many as ever were needed at once."""
        try:
            cursor = self._cursors.pop()
        except IndexError:
            cursor = self._connection.cursor()
        try:
            yield cursor
        except BaseException:
            cursor.close()
            raise
        self._cursors.append(cursor)

    def close(self) -> None:
        """Free the database and the files; nobody may read any more."""
        for cursor in self._cursors:
            cursor.close()
        self._connection.close()
        self._scratch.remove()


def open_snapshot(project_folder: Path, *, memory: str, threads: int) -> Snapshot:
    """Take a snapshot of the build of a project.

    Every file is compared with the SHA-256 that the manifest has of it: a build that is replaced in the meantime
    cannot leave some of its files in the snapshot.

    Parameters
    ----------
    project_folder
        Folder that holds ``kyoto.toml`` and ``build``.
    memory, threads
        Bounds of the database, as DuckDB writes them.

    Raises
    ------
    BuildChanged
        The build was replaced meanwhile.
    KyotoError
        ``portal.no-build``, ``portal.broken-build``, ``portal.reserved-name``.
    """
    build = project_folder / "build"
    raw = _manifest_bytes(build)
    manifest = _manifest(build, raw)
    scratch = new_scratch()
    folder = scratch.folder
    try:
        _take(build, folder, manifest)
        (folder / "manifest.json").write_bytes(raw)
        if (project_folder / "kyoto.toml").is_file():
            shutil.copy(project_folder / "kyoto.toml", folder / "kyoto.toml")
        tables = _tables(manifest)
        columns, cells = _load(folder, tables, memory)
        return Snapshot(
            folder=folder,
            manifest=manifest,
            version=hashlib.sha256(raw).hexdigest(),
            built_at=datetime.fromisoformat(manifest["finished"]),
            tables=tuple(name for name in tables if name != INDICATORS),
            columns=columns,
            cells=cells,
            _connection=_connect(folder, memory, threads),
            _scratch=scratch,
        )
    except BaseException:
        scratch.remove()
        raise


def _manifest_bytes(build: Path) -> bytes:
    try:
        return (build / "manifest.json").read_bytes()
    except OSError as error:
        raise KyotoError(
            "Nothing has been built yet",
            code="portal.no-build",
            where=Where(file=str(build / "manifest.json")),
            detail=error.strerror or str(error),
            hint="Run `kyoto build` in the project's folder.",
        ) from error


def _manifest(build: Path, raw: bytes) -> Mapping[str, Any]:
    try:
        manifest = json.loads(raw)
        if not isinstance(manifest["steps"], dict) or not isinstance(manifest["finished"], str):
            raise TypeError("steps or finished")
    except (ValueError, KeyError, TypeError) as error:
        raise _broken(build / "manifest.json", f"the manifest cannot be read: {error}") from error
    return dict(manifest)


def _outputs(manifest: Mapping[str, Any]) -> dict[str, str]:
    """SHA-256 of every file that is meant for publication, by its path."""
    found = {}
    wanted = {*_PUBLISHED, *panel_pages(manifest), *room_files(manifest)}
    for step in manifest["steps"].values():
        for output in step.get("outputs", ()):
            path = str(output["path"])
            if (
                path in wanted
                or _of_a_room(path, step)
                or (path.startswith("tables/") and path.endswith((".parquet", ".csv")))
            ):
                found[path] = str(output["sha256"])
    return found


def _of_a_room(path: str, step: Mapping[str, Any]) -> bool:
    """Whether these are the observations of a room above the pipeline, which has a panel and publishes them so."""
    folder, _, file = path.partition("/")
    return (
        file in ("observations.parquet", "observations.csv") and bool(folder) and "panel" in (step.get("facts") or {})
    )


def panel_pages(manifest: Mapping[str, Any]) -> list[str]:
    """Pages of their own that rooms above the pipeline made, as their panels name them."""
    panels = [(step.get("facts") or {}).get("panel") or {} for step in manifest["steps"].values()]
    return [str(panel["page"]) for panel in panels if str(panel.get("page") or "").endswith(".html")]


def room_files(manifest: Mapping[str, Any]) -> list[str]:
    """Files that rooms above the pipeline made to be published, as the facts of their steps say (``publishes``)."""
    steps = manifest["steps"].values()
    return [str(path) for step in steps for path in (step.get("facts") or {}).get("publishes") or ()]


def _tables(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Parquet file of every table by its name, the indicators last."""
    outputs = _outputs(manifest)
    found = {Path(path).stem: path for path in outputs if path.startswith("tables/") and path.endswith(".parquet")}
    for path in outputs:
        if path.endswith("/observations.parquet"):
            found.setdefault(path.partition("/")[0], path)
    if INDICATORS in found:
        raise KyotoError(
            "A table must not be called 'indicators'",
            code="portal.reserved-name",
            hint="Give the table another name in kyoto.toml; this one stands for the indicators of the project.",
        )
    if "indicators.parquet" in outputs:
        found[INDICATORS] = "indicators.parquet"
    return found


def _take(build: Path, folder: Path, manifest: Mapping[str, Any]) -> None:
    """Link the published files into the snapshot and make sure that they are those of the manifest."""
    for path, expected in _outputs(manifest).items():
        with suppress(FileNotFoundError):
            link_or_copy(build / path, folder / path)
        if not (folder / path).is_file() or sha256_of(folder / path) != expected:
            raise BuildChanged(path)


def _load(folder: Path, tables: Mapping[str, str], memory: str) -> tuple[dict[str, tuple[str, ...]], dict[str, Cells]]:
    """Read the observations into a database file, sorted so that a series is found without reading the others."""
    import duckdb

    columns, cells = {}, {}
    with duckdb.connect(config={"memory_limit": memory, "temp_directory": str(folder / "spill")}) as connection:
        connection.execute("SET enable_progress_bar = false")
        place = _literal(str(folder / _DATABASE))
        connection.execute(f"ATTACH {place} AS observations (ROW_GROUP_SIZE {_ROW_GROUP})")
        connection.execute("USE observations")
        for number, (name, path) in enumerate(tables.items()):
            source = _literal(str(folder / path))
            described = connection.execute(f"DESCRIBE SELECT * FROM read_parquet({source})").fetchall()
            columns[name] = tuple(str(row[0]) for row in described)
            order = ", ".join(_quoted(key) for key in line_order(columns[name]))
            connection.execute(
                f"CREATE TABLE {_quoted(name)} AS SELECT * FROM read_parquet({source}) ORDER BY {order or 'ALL'}"
            )
            found = write_cells(connection, _quoted(name), columns[name], folder / f"cells-{number}")
            if found is not None:
                cells[name] = found
        connection.execute("USE memory")
        connection.execute("DETACH observations")
    return columns, cells


def _connect(folder: Path, memory: str, threads: int) -> duckdb.DuckDBPyConnection:
    """Open the database for readers, who can neither change it nor reach another file from it."""
    import duckdb

    connection = duckdb.connect(
        str(folder / _DATABASE),
        read_only=True,
        config={
            "memory_limit": memory,
            "threads": str(threads),
            "temp_directory": str(folder / "spill"),
            "max_temp_directory_size": "2GB",
        },
    )
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _broken(path: Path, detail: str) -> KyotoError:
    return KyotoError(
        "The build cannot be read",
        code="portal.broken-build",
        where=Where(file=str(path)),
        detail=detail,
        hint="Run `kyoto build --force` in the project's folder.",
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
