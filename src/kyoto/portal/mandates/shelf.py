"""What is in the database, read once and kept until it changes: documents, the register, and indexes over both."""

from __future__ import annotations

import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kyoto.cooperation.mandates.followup.database import KINDS
from kyoto.cooperation.mandates.followup.register import Entry, Register
from kyoto.cooperation.mandates.library.kept import DOCUMENT, kept_document
from kyoto.cooperation.mandates.links import Edge, links
from kyoto.cooperation.mandates.model import Document
from kyoto.cooperation.mandates.obligations import obligations
from kyoto.cooperation.mandates.obligations.model import Obligation
from kyoto.cooperation.mandates.output import act_rows
from kyoto.cooperation.mandates.search import Index, IndexedParagraph, build_index, paragraphs_of
from kyoto.cooperation.mandates.search.query import Result
from kyoto.core.database.records import record_stamp, unlogged_records
from kyoto.core.database.tables import StoredRecord

if TYPE_CHECKING:
    from kyoto.core.database.work import Work

__all__ = ["Found", "Held", "Shelf", "Summary"]

_DOCUMENTS_HELD = 24
_OF_PARAGRAPH = ("body", "year", "topic", "sdg", "cites")


@dataclass(frozen=True, slots=True)
class Held:
    """A document with what was found in it.

    Parameters
    ----------
    document, adopted
        As kept.
    obligations
        By id of the paragraph.
    edges
        What it cites.
    """

    document: Document
    adopted: str
    obligations: Mapping[str, tuple[Obligation, ...]]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """What lists need of a document, small enough to keep of all.

    Parameters
    ----------
    name, adopted
        Its symbol, or name; day of its acts.
    title
        First lines of its title page.
    totals
        What it consists of.
    acts
        A row a resolution or decision.
    facets
        Facets of its operative paragraphs, by their id.
    """

    name: str
    adopted: str
    title: str
    totals: Mapping[str, int]
    acts: tuple[Mapping[str, object], ...]
    facets: Mapping[str, Mapping[str, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Found:
    """The register as it stands.

    Parameters
    ----------
    register
        As the rooms take it, with recommendations and the office's own sessions.
    entries
        Obligations by id, in order.
    revisions
        Revision of each obligation.
    """

    register: Register
    entries: Mapping[str, Entry]
    revisions: Mapping[str, int]


class Shelf:
    """Reads the database when something changed; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._folder = tempfile.TemporaryDirectory(prefix="kyoto-desk-")
        self._held: OrderedDict[tuple[str, int], Held] = OrderedDict()
        self._documents: tuple[tuple[int, int], dict[str, Summary]] = ((-1, -1), {})
        self._register: tuple[object, Found] = (None, Found(Register(), {}, {}))
        self._indexes: dict[str, tuple[object, Index]] = {}

    def close(self) -> None:
        """Close the indexes and take their files away."""
        with self._lock:
            for _, index in self._indexes.values():
                index.close()
            self._indexes.clear()
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
            yield

    def documents(self, work: Work) -> Mapping[str, Summary]:
        """Documents by name, in the order in which they came."""
        with self._reading(work):
            stamp = record_stamp(work, DOCUMENT)
            if stamp != self._documents[0]:
                found = {name: _summary(name, held) for name in _names(work) if (held := self.held(work, name))}
                self._documents = (stamp, found)
            return self._documents[1]

    def held(self, work: Work, name: str) -> Held | None:
        """One document; None if it is not kept."""
        with self._reading(work):
            row = work.session.get(StoredRecord, (DOCUMENT, name))
            if row is None:
                return None
            key = (name, row.version)
            if key not in self._held:
                kept = kept_document(work, name)
                assert kept is not None
                self._held[key] = _held(kept[0], kept[1])
                while len(self._held) > _DOCUMENTS_HELD:
                    self._held.popitem(last=False)
            self._held.move_to_end(key)
            return self._held[key]

    def register(self, work: Work) -> Found:
        """The register; the page logs who reads it."""
        with self._reading(work):
            stamp = tuple(record_stamp(work, kind) for kind in KINDS)
            if stamp != self._register[0]:
                self._register = (stamp, _read_register(work))
            return self._register[1]

    def search_obligations(
        self, work: Work, words: str, where: Mapping[str, list[str]], *, limit: int, offset: int
    ) -> Result:
        """Find obligations by the words of their clauses and by facets; ``kind`` is what a person made of them."""
        with self._reading(work):
            documents, found = self.documents(work), self.register(work)
            key = (self._documents[0], self._register[0])
            index = self._index("obligations", key, _indexed_entries(found, documents))
            return index.search(words, where=where, limit=limit, offset=offset)

    def search_paragraphs(
        self, work: Work, words: str, where: Mapping[str, list[str]], *, limit: int, offset: int
    ) -> Result:
        """Find paragraphs of all documents."""
        with self._reading(work):
            names = list(self.documents(work))
            index = self._index("paragraphs", self._documents[0], self._paragraphs(work, names))
            return index.search(words, where=where, limit=limit, offset=offset)

    def _paragraphs(self, work: Work, names: list[str]) -> Iterator[IndexedParagraph]:
        for name in names:
            held = self.held(work, name)
            if held is not None:
                yield from paragraphs_of(held.document)

    def _index(self, name: str, key: object, paragraphs: Iterator[IndexedParagraph]) -> Index:
        """Index over the present state; the one before is closed."""
        if name not in self._indexes or self._indexes[name][0] != key:
            if name in self._indexes:
                self._indexes.pop(name)[1].close()
            path = Path(self._folder.name) / f"{name}.sqlite"
            build_index(path, paragraphs)
            self._indexes[name] = (key, Index(path))
        return self._indexes[name][1]


def _read_register(work: Work) -> Found:
    kept = {kind: unlogged_records(work, kind) for kind in KINDS}
    contents = {kind: [one.content for one in each] for kind, each in kept.items()}
    register = Register.from_dict(
        {
            "revision": 0,
            "entries": contents["obligation"],
            "recommendations": contents["recommendation"],
            "sessions": contents["session"],
        }
    )
    revisions = {one.record: one.revision for one in kept["obligation"]}
    return Found(register, {entry.id: entry for entry in register.entries}, revisions)


def _names(work: Work) -> list[str]:
    from sqlalchemy import select

    query = select(StoredRecord.record).where(StoredRecord.kind == DOCUMENT)
    return list(work.session.scalars(query.order_by(StoredRecord.place, StoredRecord.record)))


def _held(document: Document, adopted: str) -> Held:
    found: dict[str, list[Obligation]] = {}
    for one in obligations(document):
        found.setdefault(one.paragraph, []).append(one)
    return Held(document, adopted, {name: tuple(each) for name, each in found.items()}, tuple(links(document)))


def _summary(name: str, held: Held) -> Summary:
    from kyoto.cooperation.mandates.cleantext import clean_node

    document = held.document
    front = [clean_node(document, node).text for node in document.root if node.kind == "front"]
    facets = {
        one.paragraph: {facet: one.facets[facet] for facet in _OF_PARAGRAPH}
        for one in paragraphs_of(document)
        if one.paragraph in held.obligations
    }
    title = next((line for line in front if len(line.split()) > 2), document.name)
    return Summary(name, held.adopted, title, document.totals(), tuple(act_rows(document)), facets)


def _indexed_entries(found: Found, documents: Mapping[str, Summary]) -> Iterator[IndexedParagraph]:
    for entry in found.entries.values():
        summary = documents.get(entry.document)
        known = summary.facets.get(entry.paragraph, {}) if summary is not None else {}
        yield IndexedParagraph(
            document=entry.document,
            paragraph=entry.id,
            act=entry.act,
            text=f"{entry.title}. {entry.clause}",
            facets={
                **known,
                "document": (entry.document,),
                "kind": (entry.state,),
                "status": (entry.status,),
                "force": (entry.force,),
                "addressee": entry.addressees,
            },
        )
