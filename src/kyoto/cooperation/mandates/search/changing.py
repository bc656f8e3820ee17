"""Single paragraphs of an index, put in, replaced and taken away without reading the others."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable

from kyoto.cooperation.mandates.search.index import FACETS, IndexedParagraph

__all__ = ["drop_paragraphs", "put_paragraphs"]

_KEYS = """
CREATE INDEX IF NOT EXISTS paragraph_key ON paragraph (document, paragraph);
CREATE INDEX IF NOT EXISTS has_paragraph ON has (paragraph);
"""
"""Only an index that changes needs them."""


def put_paragraphs(
    connection: sqlite3.Connection, paragraphs: Iterable[IndexedParagraph], numbers: dict[tuple[str, str], int]
) -> tuple[dict[int, list[int]], list[int]]:
    """Write paragraphs.

    Parameters
    ----------
    connection
        To the index.
    paragraphs
        What to write.
    numbers
        Number of each facet and value; new ones are added.

    Returns
    -------
    dict
        Numbers of the facets by row of the paragraph.
    list of int
        Rows that are new, ascending.
    """
    connection.executescript(_KEYS)
    pairs: dict[int, list[int]] = {}
    added = []
    known = len(numbers)
    with connection:
        for one in paragraphs:
            row, new = _put(connection, one)
            added += [row] if new else []
            keys = [(name, value) for name in FACETS for value in one.facets.get(name, ())]
            pairs[row] = [numbers.setdefault(key, len(numbers)) for key in keys]
            connection.execute("DELETE FROM has WHERE paragraph = ?", (row,))
            connection.executemany("INSERT INTO has VALUES (?, ?)", [(row, number) for number in pairs[row]])
        fresh = list(numbers.items())[known:]
        connection.executemany("INSERT INTO facet VALUES (?, ?, ?)", [(number, *key) for key, number in fresh])
    return pairs, added


def _put(connection: sqlite3.Connection, one: IndexedParagraph) -> tuple[int, bool]:
    """Write the text of a paragraph; its row, and whether that is new."""
    there = connection.execute(
        "SELECT id, text FROM paragraph WHERE document = ? AND paragraph = ?", (one.document, one.paragraph)
    ).fetchone()
    if there is None:
        row = connection.execute(
            "INSERT INTO paragraph (document, paragraph, act, text) VALUES (?, ?, ?, ?)",
            (one.document, one.paragraph, one.act, one.text),
        ).lastrowid
        assert row is not None
    else:
        row = there[0]
        _forget(connection, row, there[1])
        connection.execute("UPDATE paragraph SET act = ?, text = ? WHERE id = ?", (one.act, one.text, row))
    connection.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (row, one.text))
    return row, there is None


def _forget(connection: sqlite3.Connection, row: int, text: str) -> None:
    """Words of a paragraph out of the full text, which must be told what it held."""
    connection.execute("INSERT INTO words (words, rowid, text) VALUES ('delete', ?, ?)", (row, text))


def drop_paragraphs(connection: sqlite3.Connection, document: str, keep: Collection[str]) -> list[int]:
    """Take paragraphs of a document away, except those with these ids; their rows are returned."""
    connection.executescript(_KEYS)
    kept = set(keep)
    with connection:
        rows = connection.execute(
            "SELECT id, paragraph, text FROM paragraph WHERE document = ?", (document,)
        ).fetchall()
        gone = [(row, text) for row, paragraph, text in rows if paragraph not in kept]
        for row, text in gone:
            _forget(connection, row, text)
        for statement in ("DELETE FROM has WHERE paragraph = ?", "DELETE FROM paragraph WHERE id = ?"):
            connection.executemany(statement, [(row,) for row, _ in gone])
    return [row for row, _ in gone]
