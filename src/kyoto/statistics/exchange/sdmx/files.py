"""SDMX files for any web host: structures, and the data of every flow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from kyoto.core.errors import KyotoError
from kyoto.core.files import writing
from kyoto.statistics.exchange.sdmx.catalogue import read_catalogue
from kyoto.statistics.exchange.sdmx.encoding import ALL_DIMENSIONS, Selection
from kyoto.statistics.exchange.sdmx.formats import (
    DATA_FORMATS,
    STRUCTURE_FORMATS,
    data_message,
    format_named,
    structure_message,
)
from kyoto.statistics.exchange.sdmx.model import Catalogue, Flow
from kyoto.statistics.exchange.sdmx.query import DataQuery
from kyoto.statistics.exchange.sdmx.settings import DEFAULT_STRUCTURES, SdmxSettings
from kyoto.statistics.exchange.sdmx.source import Source, open_build, quoted
from kyoto.statistics.exchange.sdmx.sql import observations_of
from kyoto.statistics.exchange.sdmx.structures import structures_of

__all__ = ["FOLDER", "data_of", "require_unique", "write_build_files", "write_data", "write_structures"]

FOLDER: Final = "sdmx"
"""Folder of the build that holds them."""


def write_build_files(
    build: Path, settings: SdmxSettings, *, title: str = "", manifest: Mapping[str, Any] | None = None
) -> list[Path]:
    """Write the SDMX files of a build into its folder ``sdmx``.

    Parameters
    ----------
    build
        The build folder; while a build is being made, the folder that holds its finished tables.
    settings
        Agency and formats.
    title
        Title of the project.
    manifest
        The manifest so far, where the folder holds none yet.

    Returns
    -------
    list of pathlib.Path
        The files, relative to ``build``. The same observations give the same bytes but for the time of the build.
    """
    source = open_build(build, manifest)
    catalogue = read_catalogue(source, settings.agency, title)
    folder = build / FOLDER
    written = write_structures(catalogue, folder, DEFAULT_STRUCTURES)
    for flow in catalogue.flows.values():
        for name in settings.formats:
            written.append(write_data(source, catalogue, flow, folder, name))
    return [path.relative_to(build) for path in written]


def write_structures(catalogue: Catalogue, folder: Path, formats: Iterable[str]) -> list[Path]:
    """Write all structures of a catalogue, one file a format: ``structures.FORMAT.SUFFIX``."""
    artefacts = list(structures_of(catalogue).values())
    found = []
    for name in formats:
        path = folder / f"structures.{name}{format_named(name, STRUCTURE_FORMATS).suffix}"
        with writing(path) as part:
            part.write_bytes(structure_message(name, catalogue, artefacts))
        found.append(path)
    return found


def write_data(source: Source, catalogue: Catalogue, flow: Flow, folder: Path, name: str) -> Path:
    """Write all observations of a flow: ``FLOW.FORMAT.SUFFIX``.

    Parameters
    ----------
    source
        Where the observations are.
    catalogue, flow
        What they are.
    folder
        Where the file goes.
    name
        One of the data formats.

    Returns
    -------
    pathlib.Path
        The file.
    """
    path = folder / f"{flow.id}.{name}{format_named(name, DATA_FORMATS).suffix}"
    pieces, _ = data_of(source, catalogue, flow, name, DataQuery())
    with writing(path) as part, part.open("wb") as file:
        for piece in pieces:
            file.write(piece)
    return path


def data_of(
    source: Source, catalogue: Catalogue, flow: Flow, name: str, query: DataQuery
) -> tuple[Iterator[bytes], int]:
    """Message with observations of a flow, and how many they are.

    Parameters
    ----------
    source, catalogue, flow, name
        See :func:`write_data`.
    query
        What is wanted of the flow.

    Raises
    ------
    KyotoError
        ``sdmx.no-results``: no observation matches; ``sdmx.repeated-key``: two figures of the table have one key.
    """
    require_unique(source, flow)
    selection = Selection(flow, ALL_DIMENSIONS if "csv" in name else None)
    sql, parameters = observations_of(catalogue, selection, query, most=None)
    table = source.query(sql, parameters)
    if not table.num_rows and (query.keys or query.filters):
        raise KyotoError(
            "No observation matches",
            code="sdmx.no-results",
            expected="key of " + ".".join(part.id for part in flow.dimensions),
            hint="Look at the codes that occur: kyoto sdmx structures PROJECT.",
        )
    return data_message(name, catalogue, table, selection), table.num_rows


def require_unique(source: Source, flow: Flow) -> None:
    """Refuse a table of which a reader would lose figures: what has the same key is the same to SDMX.

    Raises
    ------
    KyotoError
        ``sdmx.repeated-key``.
    """
    keys = [part for part in flow.components if part.role in ("dimension", "time") and part.column]
    columns = ", ".join(quoted(part.column) for part in keys)
    sql = f"SELECT {columns} FROM {quoted(flow.table)} GROUP BY {columns} HAVING count(*) > 1 LIMIT 1"
    found = source.query(sql).to_pylist()
    if found:
        raise KyotoError(
            f"Two figures of {flow.table!r} have the same key",
            code="sdmx.repeated-key",
            got=", ".join(f"{name}={value}" for name, value in found[0].items()),
            hint="Remove one of them from the file that the figures come from, and build again.",
        )
