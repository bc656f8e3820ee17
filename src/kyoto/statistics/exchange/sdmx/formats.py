"""Formats of messages, by name and by media type, and what writes each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from kyoto.core.errors import KyotoError, did_you_mean
from kyoto.statistics.exchange.sdmx.encoding import DataSet, Selection
from kyoto.statistics.exchange.sdmx.model import Catalogue
from kyoto.statistics.exchange.sdmx.structures import Artefact

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "DATA_FORMATS",
    "SEVERAL_FLOWS",
    "STRUCTURE_FORMATS",
    "MessageFormat",
    "data_message",
    "data_sets_message",
    "format_named",
    "structure_message",
]


@dataclass(frozen=True, slots=True)
class MessageFormat:
    """One format.

    Parameters
    ----------
    name
        As commands and the parameter ``format`` of the service call it.
    media_type
        As HTTP calls it.
    suffix
        Of files.
    """

    name: str
    media_type: str
    suffix: str


def _by_name(*formats: MessageFormat) -> dict[str, MessageFormat]:
    return {entry.name: entry for entry in formats}


DATA_FORMATS: Final = _by_name(
    MessageFormat("sdmx-json-2.0", "application/vnd.sdmx.data+json;version=2.0.0", ".json"),
    MessageFormat("sdmx-ml-3.0", "application/vnd.sdmx.data+xml;version=3.0.0", ".xml"),
    MessageFormat("sdmx-csv-2.0", "application/vnd.sdmx.data+csv;version=2.0.0", ".csv"),
    MessageFormat("sdmx-ml-2.1-generic", "application/vnd.sdmx.genericdata+xml;version=2.1", ".xml"),
    MessageFormat("sdmx-ml-2.1", "application/vnd.sdmx.structurespecificdata+xml;version=2.1", ".xml"),
    MessageFormat("sdmx-csv-1.0", "application/vnd.sdmx.data+csv;version=1.0.0", ".csv"),
    MessageFormat("sdmx-json-1.0", "application/vnd.sdmx.data+json;version=1.0.0", ".json"),
)
"""Formats of data."""

SEVERAL_FLOWS: Final = ("sdmx-json-2.0", "sdmx-ml-3.0", "sdmx-csv-2.0", "sdmx-ml-2.1-generic", "sdmx-ml-2.1")
"""Formats of data with room for several dataflows. SDMX-JSON 1.0 describes one structure, SDMX-CSV 1.0 the columns of
one."""

STRUCTURE_FORMATS: Final = _by_name(
    MessageFormat("sdmx-json-2.0", "application/vnd.sdmx.structure+json;version=2.0.0", ".json"),
    MessageFormat("sdmx-ml-3.0", "application/vnd.sdmx.structure+xml;version=3.0.0", ".xml"),
    MessageFormat("sdmx-ml-2.1", "application/vnd.sdmx.structure+xml;version=2.1", ".xml"),
    MessageFormat("sdmx-json-1.0", "application/vnd.sdmx.structure+json;version=1.0.0", ".json"),
)
"""Formats of structures."""


def format_named(name: str, known: dict[str, MessageFormat]) -> MessageFormat:
    """Format of a name.

    Raises
    ------
    KyotoError
        ``sdmx.unknown-format``, with the nearest.

    Examples
    --------
    >>> format_named("sdmx-csv-2.0", DATA_FORMATS).media_type
    'application/vnd.sdmx.data+csv;version=2.0.0'
    """
    if name not in known:
        raise KyotoError(
            f"Unknown format {name!r}",
            code="sdmx.unknown-format",
            got=name,
            expected="one of " + ", ".join(known),
            hint=did_you_mean(name, known),
        )
    return known[name]


def data_message(
    name: str, catalogue: Catalogue, table: pa.Table, selection: Selection, **options: Any
) -> Iterator[bytes]:
    """Message with observations of a flow.

    Parameters
    ----------
    name
        One of :data:`DATA_FORMATS`.
    catalogue
        What the flow belongs to.
    table
        Observations with the columns of the build; those of a series stand together.
    selection
        What is shown.
    **options
        Of the writer: ``labels`` and ``keys`` of CSV.

    Yields
    ------
    bytes
    """
    return data_sets_message(name, catalogue, [DataSet(selection, table)], **options)


def data_sets_message(name: str, catalogue: Catalogue, sets: Sequence[DataSet], **options: Any) -> Iterator[bytes]:
    """Message with observations of some flows.

    Parameters
    ----------
    name
        One of :data:`DATA_FORMATS`; for several flows one of :data:`SEVERAL_FLOWS`.
    catalogue
        What the flows belong to.
    sets
        Observations, flow by flow.
    **options
        Of the writer: ``labels`` and ``keys`` of CSV.

    Yields
    ------
    bytes
    """
    from kyoto.statistics.exchange.sdmx.data_csv import data_csv
    from kyoto.statistics.exchange.sdmx.data_json import data_json
    from kyoto.statistics.exchange.sdmx.data_xml import data_xml

    writers: dict[str, tuple[Callable[..., Iterator[bytes]], dict[str, str]]] = {
        "sdmx-json-2.0": (data_json, {"edition": "2.0"}),
        "sdmx-json-1.0": (data_json, {"edition": "1.0"}),
        "sdmx-csv-2.0": (data_csv, {"edition": "2.0"}),
        "sdmx-csv-1.0": (data_csv, {"edition": "1.0"}),
        "sdmx-ml-3.0": (data_xml, {"dialect": "3.0"}),
        "sdmx-ml-2.1": (data_xml, {"dialect": "2.1-specific"}),
        "sdmx-ml-2.1-generic": (data_xml, {"dialect": "2.1-generic"}),
    }
    write, fixed = writers[format_named(name, DATA_FORMATS).name]
    return write(catalogue, sets, **fixed, **(options if "csv" in name else {}))


def structure_message(name: str, catalogue: Catalogue, artefacts: Iterable[Artefact]) -> bytes:
    """Message with structures.

    Parameters
    ----------
    name
        One of :data:`STRUCTURE_FORMATS`.
    catalogue
        What they belong to.
    artefacts
        The structures. SDMX 2.1 knows codes with parents and gets no hierarchies.
    """
    from kyoto.statistics.exchange.sdmx.structure_json import structure_json
    from kyoto.statistics.exchange.sdmx.structure_xml import structure_xml

    sender, prepared = catalogue.agency.sender, catalogue.prepared
    chosen = format_named(name, STRUCTURE_FORMATS).name
    if chosen.startswith("sdmx-json"):
        edition: Any = chosen.removeprefix("sdmx-json-")
        return structure_json(artefacts, edition=edition, sender=sender, prepared=prepared)
    xml: Any = chosen.removeprefix("sdmx-ml-")
    return structure_xml(artefacts, edition=xml, sender=sender, prepared=prepared)
