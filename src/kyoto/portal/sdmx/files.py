"""SDMX beside pages that are files: the structures, and the data of every flow, for machines that ask no service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kyoto.core.errors import KyotoError
from kyoto.portal.sdmx.library import named
from kyoto.portal.snapshot import Snapshot
from kyoto.statistics.exchange.sdmx.catalogue import read_catalogue
from kyoto.statistics.exchange.sdmx.files import require_unique, write_data, write_structures
from kyoto.statistics.exchange.sdmx.formats import DATA_FORMATS, STRUCTURE_FORMATS
from kyoto.statistics.exchange.sdmx.model import Catalogue, Flow

__all__ = ["DATA", "FOLDER", "STRUCTURES", "SdmxFiles", "plan_sdmx", "write_sdmx"]

FOLDER: Final = "sdmx"
DATA: Final = ("sdmx-csv-2.0", "sdmx-ml-3.0", "sdmx-ml-2.1", "sdmx-json-2.0")
"""Formats of the data."""
STRUCTURES: Final = ("sdmx-ml-3.0", "sdmx-ml-2.1", "sdmx-json-2.0")
"""Formats of the structures."""


@dataclass(frozen=True, slots=True, eq=False)
class SdmxFiles:
    """What will be written.

    Parameters
    ----------
    catalogue
        The structures.
    flows
        Flows whose data are written.
    left_out
        Why the data of a table are not, by table.
    """

    catalogue: Catalogue
    flows: tuple[Flow, ...]
    left_out: dict[str, str]

    @property
    def names(self) -> frozenset[str]:
        """Names of the files, from the root of the pages."""
        structures = [f"structures.{name}{STRUCTURE_FORMATS[name].suffix}" for name in STRUCTURES]
        data = [f"{flow.id}.{name}{DATA_FORMATS[name].suffix}" for flow in self.flows for name in DATA]
        return frozenset(f"{FOLDER}/{name}" for name in (*structures, *data))


def plan_sdmx(snapshot: Snapshot) -> SdmxFiles:
    """Find out which flows a build has.

    Parameters
    ----------
    snapshot
        The build. A table that gives two figures one key cannot be told in SDMX and is left out.
    """
    agency, title = named(snapshot)
    catalogue = read_catalogue(snapshot, agency, title)
    flows, left_out = [], {}
    for flow in catalogue.flows.values():
        try:
            require_unique(snapshot, flow)
        except KyotoError as error:
            left_out[flow.table] = str(error.title)
        else:
            flows.append(flow)
    return SdmxFiles(catalogue, tuple(flows), left_out)


def write_sdmx(snapshot: Snapshot, planned: SdmxFiles, root: Path) -> Iterator[Path]:
    """Write the files, one after the other.

    Parameters
    ----------
    snapshot
        The build.
    planned
        From :func:`plan_sdmx`.
    root
        Where the pages stand.

    Yields
    ------
    pathlib.Path
        Each file when it is there.
    """
    folder = root / FOLDER
    yield from write_structures(planned.catalogue, folder, STRUCTURES)
    for flow in planned.flows:
        for name in DATA:
            yield write_data(snapshot, planned.catalogue, flow, folder, name)
