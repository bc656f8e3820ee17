"""A snapshot together with what was found out about it, kept for as long as readers ask for it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from kyoto.portal.catalogue import Catalogue, read_catalogue
from kyoto.portal.comparisons import Comparisons, read_comparisons
from kyoto.portal.snapshot import Snapshot
from kyoto.portal.store import Store

__all__ = ["Book", "Shelf"]

_KEPT = 2


@dataclass(slots=True)
class _Known:
    catalogue: Catalogue
    comparisons: Comparisons | None = None
    fragments: dict[tuple[str, ...], str] = field(default_factory=dict)
    guard: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True)
class Book:
    """What a page is made from: one build, whole.

    Parameters
    ----------
    snapshot
        Its figures and files.
    catalogue
        What there is.
    folder
        Folder of the project.
    stale
        Whether a newer build is there that cannot be read.
    """

    snapshot: Snapshot
    catalogue: Catalogue
    folder: Path
    stale: bool
    _known: _Known

    @property
    def fragments(self) -> dict[tuple[str, ...], str]:
        """Parts of pages that are the same on many of them, as they are made."""
        return self._known.fragments

    @property
    def comparisons(self) -> Comparisons:
        """What may stand side by side; found out when first asked for, once a build."""
        with self._known.guard:
            found = self._known.comparisons
            if found is None:
                found = read_comparisons(self.folder, self.snapshot.version)
                if found.state != "unavailable":
                    self._known.comparisons = found
            return found


class Shelf:
    """Books of a store, the newest first at hand.

    Parameters
    ----------
    store
        Where snapshots come from.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._guard = threading.Lock()

    @contextmanager
    def book(self) -> Iterator[Book]:
        """The newest build, kept whole while the block runs; see :meth:`Store.snapshot` for what it raises."""
        with self.store.snapshot() as snapshot:
            known = self._of(snapshot)
            yield Book(snapshot, known.catalogue, self.store.folder, self.store.problem is not None, known)

    def _of(self, snapshot: Snapshot) -> _Known:
        with self._guard:
            found = self._known.get(snapshot.version)
            if found is None:
                found = _Known(read_catalogue(snapshot, self.store.folder))
                self._known[snapshot.version] = found
                while len(self._known) > _KEPT:
                    self._known.popitem(last=False)
            return found
