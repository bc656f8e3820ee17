"""What is in the database, read once and kept up with: documents, the register, and indexes over both.

Every writing has its entry in the audit log, so the log tells what was written since the last look, by this process or
another; that alone is read again, and put into the indexes.
"""

from __future__ import annotations

import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kyoto.cooperation.mandates.followup.database import KINDS
from kyoto.cooperation.mandates.library.kept import DOCUMENT, kept_document
from kyoto.cooperation.mandates.search.query import Result
from kyoto.core.database.audit import audit_head
from kyoto.core.database.records import written_since
from kyoto.core.database.tables import StoredRecord
from kyoto.core.database.work import working
from kyoto.portal.mandates.holding import Held, Summary, hold, paragraphs_in, summarize
from kyoto.portal.mandates.indexes import Indexes
from kyoto.portal.mandates.standing import Found, read_register, updated

if TYPE_CHECKING:
    from kyoto.core.database.opening import Database
    from kyoto.core.database.work import Work

__all__ = ["Found", "Held", "Shelf", "Summary"]

_DOCUMENTS_HELD = 24


class Shelf:
    """Reads the database when something changed; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._folder = tempfile.TemporaryDirectory(prefix="kyoto-desk-")
        self._held: OrderedDict[tuple[str, int], Held] = OrderedDict()
        self._seen = -1
        self._documents: dict[str, Summary] = {}
        self._register = Found()
        self._indexes = Indexes(Path(self._folder.name))

    def close(self) -> None:
        """Close the indexes and take their files away."""
        with self._lock:
            self._indexes.close()
            self._folder.cleanup()

    @contextmanager
    def _reading(self, work: Work) -> Iterator[None]:
        """Alone, within a transaction that has begun.

        On SQLite a transaction waits for the one before it. Whoever waited for that with the lock in hand would keep
        the other from ending, which may want the lock. For the same reason nothing is logged under the lock: the head
        of the audit log belongs to one transaction at a time.
        """
        work.session.connection()
        with self._lock:
            self._follow(work)
            yield

    def _follow(self, work: Work) -> None:
        """Read what was written since the last look."""
        if self._seen < 0:
            seen, _ = audit_head(work.session)
            self._register = read_register(work)
            self._take_in(work, _names(work))
            self._seen = seen
            return
        seen, written = written_since(work, self._seen)
        by_kind: dict[str, set[str]] = {}
        for kind, record in written:
            by_kind.setdefault(kind, set()).add(record)
        names = by_kind.get(DOCUMENT, set())
        self._take_in(work, sorted(names))
        changed = {kind: by_kind[kind] for kind in KINDS if kind in by_kind}
        if changed:
            self._register = updated(work, self._register, changed)
        self._indexes.fall_behind(by_kind.get("obligation", set()), names)
        self._seen = max(seen, self._seen)

    def _take_in(self, work: Work, names: Iterable[str]) -> None:
        """Read documents, for the lists and for the index of paragraphs."""
        found = dict(self._documents)
        for name in names:
            held = self._held_of(work, name)
            if held is not None:
                found[name] = self._put(name, held)
        self._documents = found

    def _put(self, name: str, held: Held) -> Summary:
        paragraphs = paragraphs_in(held)
        self._indexes.put_text(name, paragraphs)
        return summarize(name, held, paragraphs)

    def warm_up(self, database: Database) -> int:
        """Read everything before the first visitor comes; no transaction lasts longer than the reading of one document.

        Returns
        -------
        int
            Number of documents.
        """
        with self._lock:
            with working(database, "system") as work:
                seen, _ = audit_head(work.session)
                self._register, names = read_register(work), _names(work)
            found = {}
            for name in names:
                with working(database, "system") as work:
                    kept = kept_document(work, name)
                if kept is not None:
                    found[name] = self._put(name, hold(kept[0], kept[1]))
            self._documents, self._seen = found, seen
            self._indexes.texts.optimize()
            return len(found)

    def documents(self, work: Work) -> Mapping[str, Summary]:
        """Documents by name, in the order in which they came."""
        with self._reading(work):
            return self._documents

    def held(self, work: Work, name: str) -> Held | None:
        """One document; None if it is not kept."""
        with self._reading(work):
            return self._held_of(work, name)

    def _held_of(self, work: Work, name: str) -> Held | None:
        row = work.session.get(StoredRecord, (DOCUMENT, name))
        if row is None:
            return None
        key = (name, row.version)
        if key not in self._held:
            kept = kept_document(work, name)
            assert kept is not None
            self._held[key] = hold(kept[0], kept[1])
            while len(self._held) > _DOCUMENTS_HELD:
                self._held.popitem(last=False)
        self._held.move_to_end(key)
        return self._held[key]

    def register(self, work: Work) -> Found:
        """The register; the page logs who reads it."""
        with self._reading(work):
            return self._register

    def search_obligations(
        self, work: Work, words: str, where: Mapping[str, list[str]], *, limit: int, offset: int
    ) -> Result:
        """Find obligations by the words of their clauses and by facets; ``kind`` is what a person made of them."""
        with self._reading(work):
            index = self._indexes.obligations(self._register, self._documents)
            return index.search(words, where=where, limit=limit, offset=offset)

    def search_paragraphs(
        self, work: Work, words: str, where: Mapping[str, list[str]], *, limit: int, offset: int
    ) -> Result:
        """Find paragraphs of all documents."""
        with self._reading(work):
            return self._indexes.texts.search(words, where=where, limit=limit, offset=offset)


def _names(work: Work) -> list[str]:
    from sqlalchemy import select

    query = select(StoredRecord.record).where(StoredRecord.kind == DOCUMENT)
    return list(work.session.scalars(query.order_by(StoredRecord.place, StoredRecord.record)))
