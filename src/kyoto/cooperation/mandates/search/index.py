"""The index: one SQLite file with the text (FTS5) and the facets of each paragraph."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kyoto.cooperation.mandates.cleantext import clean_node
from kyoto.cooperation.mandates.links.graph import Edge, links
from kyoto.cooperation.mandates.links.topics import known_topics, topics_of
from kyoto.cooperation.mandates.model import PARAGRAPHS, Document
from kyoto.cooperation.mandates.obligations import obligations
from kyoto.cooperation.mandates.obligations.model import Obligation
from kyoto.core.files import writing

__all__ = ["FACETS", "IndexedParagraph", "build_index", "paragraphs_of"]

FACETS = ("document", "kind", "body", "year", "status", "force", "addressee", "topic", "sdg", "cites")
"""Facets by which paragraphs are counted and filtered."""

_SCHEMA = """
CREATE TABLE paragraph (id INTEGER PRIMARY KEY, document TEXT, paragraph TEXT, act TEXT, text TEXT);
CREATE VIRTUAL TABLE words USING
    fts5(text, content='paragraph', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2');
CREATE TABLE facet (id INTEGER PRIMARY KEY, name TEXT, value TEXT, UNIQUE (name, value));
CREATE TABLE has (paragraph INTEGER, facet INTEGER);
CREATE TABLE saved (name TEXT PRIMARY KEY, query TEXT);
"""
_YEAR = re.compile(r"\b((?:19|20)\d\d)\b")
_RECORDS = re.compile(r"Official Records,\s+((?:19|20)\d\d)\b")
"""A report on a session that met in two years names the year of the records that it belongs to."""


@dataclass(frozen=True, slots=True)
class IndexedParagraph:
    """A paragraph for the index: where it stands, its text, and the values of its facets."""

    document: str
    paragraph: str
    act: str
    text: str
    facets: dict[str, tuple[str, ...]]


def paragraphs_of(
    document: Document, asked: Iterable[Obligation] | None = None, edges: Iterable[Edge] | None = None
) -> Iterator[IndexedParagraph]:
    """Yield the paragraphs of a document with their facets.

    Operative paragraphs carry forces and addressees of their obligations; all carry topics, Goals and citations.

    Parameters
    ----------
    document
        As read.
    asked, edges
        Its obligations and links, if they are known already.
    """
    name = document.symbol or document.name
    year = _year(document)
    found: dict[str, tuple[set[str], set[str]]] = {}
    for one in obligations(document) if asked is None else asked:
        forces, addressees = found.setdefault(one.paragraph, (set(), set()))
        forces.add(one.force)
        addressees.update(party.id for party in one.addressees)
    cited: dict[str, set[str]] = {}
    for edge in links(document) if edges is None else edges:
        cited.setdefault(edge.paragraph, set()).add(edge.target)
    acts = {node.id: act for act in document.resolutions() for node in act.walk()}
    for node in document.walk():
        if node.kind not in PARAGRAPHS:
            continue
        text = clean_node(document, node).text
        act = acts.get(node.id)
        forces, addressees = found.get(node.id, (set(), set()))
        targets = cited.get(node.id, set())
        topics = topics_of(text)
        goals = {_goal(target) for target in targets if target.startswith(("sdg-", "target-"))}
        goals |= {f"sdg-{target.split('.')[0]}" for topic in topics for target in known_topics()[topic].targets}
        yield IndexedParagraph(
            document=name,
            paragraph=node.id,
            act=act.id if act is not None else "",
            text=text,
            facets={
                "document": (name,),
                "kind": (node.kind,),
                "body": (act.body,) if act is not None and act.body else (),
                "year": (year,) if year else (),
                "status": (act.status,) if act is not None else (),
                "force": tuple(sorted(forces)),
                "addressee": tuple(sorted(addressees)),
                "topic": tuple(topics),
                "sdg": tuple(sorted(goals)),
                "cites": tuple(sorted(targets)),
            },
        )


def _goal(target: str) -> str:
    return f"sdg-{target.removeprefix('target-').split('.')[0]}" if target.startswith("target-") else target


def _year(document: Document) -> str:
    heads = " ".join(clean_node(document, node).text for node in document.root if node.kind == "front")
    found = (
        _YEAR.search(document.symbol) or _RECORDS.search(heads) or _YEAR.search(heads) or _YEAR.search(document.name)
    )
    return found[1] if found is not None else ""


def build_index(path: Path, paragraphs: Iterable[IndexedParagraph]) -> int:
    """Write an index; an older one at the same place is replaced in one step, its saved searches are kept.

    Parameters
    ----------
    path
        The SQLite file.
    paragraphs
        What to index; read once, so that any number fits into memory.

    Returns
    -------
    int
        Number of paragraphs.
    """
    saved = _saved(path)
    with writing(path) as part:
        part.unlink()
        connection = sqlite3.connect(part)
        try:
            count = _fill(connection, paragraphs)
            connection.executemany("INSERT INTO saved VALUES (?, ?)", saved)
            connection.commit()
        finally:
            connection.close()
    return count


def _saved(path: Path) -> list[tuple[str, str]]:
    """Searches that are kept in an index; none if there is no index."""
    if not path.is_file():
        return []
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT name, query FROM saved ORDER BY name").fetchall()
    except sqlite3.DatabaseError:
        return []
    finally:
        connection.close()


def _fill(connection: sqlite3.Connection, paragraphs: Iterable[IndexedParagraph]) -> int:
    connection.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;{_SCHEMA}")
    facets: dict[tuple[str, str], int] = {}
    count = 0
    for count, one in enumerate(paragraphs, 1):
        connection.execute(
            "INSERT INTO paragraph VALUES (?, ?, ?, ?, ?)", (count, one.document, one.paragraph, one.act, one.text)
        )
        keys = [(name, value) for name in FACETS for value in one.facets.get(name, ())]
        rows = [(count, facets.setdefault(key, len(facets))) for key in keys]
        connection.executemany("INSERT INTO has VALUES (?, ?)", rows)
    connection.executemany(
        "INSERT INTO facet VALUES (?, ?, ?)", [(number, name, value) for (name, value), number in facets.items()]
    )
    connection.execute("INSERT INTO words (words) VALUES ('rebuild')")
    connection.execute("INSERT INTO words (words) VALUES ('optimize')")
    return count
