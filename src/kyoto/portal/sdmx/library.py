"""The catalogue of the newest build, made once for each build."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from kyoto.core.errors import KyotoError, Problems
from kyoto.core.project import load_project
from kyoto.portal.snapshot import Snapshot
from kyoto.portal.store import Store
from kyoto.statistics.exchange.sdmx.catalogue import read_catalogue
from kyoto.statistics.exchange.sdmx.model import Agency, Catalogue
from kyoto.statistics.exchange.sdmx.settings import read_sdmx_settings
from kyoto.statistics.exchange.sdmx.structures import Artefact, structures_of

__all__ = ["Library", "View", "named"]


@dataclass(frozen=True, slots=True)
class View:
    """One build with its catalogue.

    Parameters
    ----------
    snapshot
        The build.
    catalogue
        What it publishes.
    structures
        Structures by kind and identifier.
    """

    snapshot: Snapshot
    catalogue: Catalogue
    structures: Mapping[tuple[str, str], Artefact]


class Library:
    """Hands out views of the newest build.

    Parameters
    ----------
    store
        Where builds are.
    agency
        Who maintains the structures; by default whom ``[publish]`` of the project file names.
    """

    def __init__(self, store: Store, agency: Agency | None = None) -> None:
        self._store = store
        self._agency = agency
        self._guard = threading.Lock()
        self._known: tuple[str, Catalogue, Mapping[tuple[str, str], Artefact]] | None = None

    @contextmanager
    def view(self) -> Iterator[View]:
        """Newest build, unchanging while the block runs.

        Raises
        ------
        KyotoError
            ``portal.no-build`` and the like.
        """
        with self._store.snapshot() as snapshot:
            catalogue, structures = self._described(snapshot)
            yield View(snapshot, catalogue, structures)

    def _described(self, snapshot: Snapshot) -> tuple[Catalogue, Mapping[tuple[str, str], Artefact]]:
        with self._guard:
            known = self._known
            if known is None or known[0] != snapshot.version:
                agency, title = named(snapshot)
                catalogue = read_catalogue(snapshot, self._agency or agency, title)
                known = self._known = (snapshot.version, catalogue, structures_of(catalogue))
        return known[1], known[2]


def named(snapshot: Snapshot) -> tuple[Agency | None, str]:
    """Agency and title from the project file of a build; the defaults where it does not say."""
    try:
        project = load_project(snapshot.folder / "kyoto.toml")
        ignored = Problems()
        title = project.section("project", problems=ignored).text("title", "")
        settings = read_sdmx_settings(project.section("publish", problems=ignored))
    except KyotoError:
        return None, ""
    return settings.agency, title
