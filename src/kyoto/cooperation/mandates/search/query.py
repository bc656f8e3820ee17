"""Questions to the index."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kyoto.cooperation.mandates.search.index import FACETS, IndexedParagraph
from kyoto.core.errors import KyotoError, Where, did_you_mean

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Hit", "Index", "Result", "fts_query"]

RANKED = 12_000
"""If the words fit at most so many paragraphs, these are ranked by BM25; more come in the order of the index."""

_TOKEN = re.compile(r'(?P<minus>-)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')


@dataclass(frozen=True, slots=True)
class Hit:
    """A paragraph found: where it stands, and its text."""

    document: str
    paragraph: str
    act: str
    text: str


@dataclass(frozen=True, slots=True)
class Result:
    """What was found.

    Parameters
    ----------
    total
        Number of paragraphs that fit.
    hits
        The first of them.
    facets
        For each facet the counts of its values among all that fit, the largest first.
    ranked
        Whether the best come first; else they come in the order of the index, since too many fit, or no word was given.
    """

    total: int
    hits: tuple[Hit, ...]
    facets: dict[str, dict[str, int]]
    ranked: bool = False


def fts_query(words: str) -> str:
    """Return the FTS5 query of what a person typed: all words, “phrases”, beginnings with ``*``, ``-`` to leave out.

    Examples
    --------
    >>> fts_query('prison* "human rights" -drugs')
    '"prison"* AND "human rights" NOT "drugs"'
    >>> fts_query("AND ( NEAR")
    '"AND" AND "(" AND "NEAR"'
    """
    wanted: list[str] = []
    unwanted: list[str] = []
    for found in _TOKEN.finditer(words):
        text = found["phrase"] if found["phrase"] is not None else found["word"]
        star = "*" if found["word"] and text.endswith("*") else ""
        text = text.rstrip("*") if star else text
        if not re.search(r"\w", text) and text not in "(":
            continue
        (unwanted if found["minus"] else wanted).append(f'"{text.replace(chr(34), "")}"{star}')
    if not wanted:
        return ""
    return " AND ".join(wanted) + "".join(f" NOT {text}" for text in unwanted)


class Index:
    """An index that is open for questions.

    Parameters
    ----------
    path
        File that :func:`~kyoto.cooperation.mandates.search.build_index` wrote.

    Raises
    ------
    KyotoError
        ``mandates.no-index``.
    """

    def __init__(self, path: Path) -> None:
        import numpy as np

        if not path.is_file():
            raise KyotoError(
                "No such index",
                code="mandates.no-index",
                where=Where(file=str(path)),
                hint="Make it with: kyoto mandates index FILES",
            )
        self._connection = sqlite3.connect(path, check_same_thread=False)
        try:
            self._facets = self._connection.execute("SELECT name, value FROM facet ORDER BY id").fetchall()
            kept = self._connection.execute("SELECT id FROM paragraph ORDER BY id")
            self._all = np.fromiter((row[0] for row in kept), dtype=np.int32)
            rows = self._connection.execute("SELECT paragraph, facet FROM has").fetchall()
        except sqlite3.DatabaseError as error:
            raise KyotoError(
                "The file is no index", code="mandates.no-index", where=Where(file=str(path)), detail=str(error)
            ) from error
        pairs = np.array(rows, dtype=np.int32).reshape(-1, 2)
        self._rows, self._of = pairs[:, 0].copy(), pairs[:, 1].copy()
        self._number = {(name, value): place for place, (name, value) in enumerate(self._facets)}

    @property
    def size(self) -> int:
        """Number of paragraphs."""
        return len(self._all)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def search(
        self, words: str = "", *, where: Mapping[str, Sequence[str]] | None = None, limit: int = 20, offset: int = 0
    ) -> Result:
        """Find paragraphs.

        Parameters
        ----------
        words
            See :func:`fts_query`; empty finds all.
        where
            Values by facet: one value of each must fit (``{"force": ["request", "urge"], "cites": ["A/RES/70/174"]}``).
        limit, offset
            Which of the paragraphs found to return; facets always count all of them.

        Returns
        -------
        Result

        Raises
        ------
        KyotoError
            ``mandates.unknown-facet``.
        """
        import numpy as np

        query = fts_query(words)
        if words.strip() and not query:
            return Result(0, (), {name: {} for name in FACETS})
        found = self._matching(query)
        ranked = bool(query) and len(found) <= RANKED
        for name, values in (where or {}).items():
            found = np.intersect1d(found, self._holding(name, values), assume_unique=True)
        hits = tuple(self._hits(query if ranked else "", found, limit, offset))
        return Result(len(found), hits, self._counts(found), ranked)

    def _matching(self, query: str) -> NDArray[np.int32]:
        import numpy as np

        if not query:
            return self._all
        rows = self._connection.execute("SELECT rowid FROM words WHERE words MATCH ?", (query,)).fetchall()
        return np.fromiter((row[0] for row in rows), dtype=np.int32, count=len(rows))

    def _holding(self, name: str, values: Sequence[str]) -> NDArray[np.int32]:
        import numpy as np

        if name not in FACETS:
            raise KyotoError("Unknown facet", code="mandates.unknown-facet", got=name, hint=did_you_mean(name, FACETS))
        numbers = [self._number[name, value] for value in values if (name, value) in self._number]
        return np.unique(self._rows[np.isin(self._of, numbers)])

    def _hits(self, query: str, found: NDArray[np.int32], limit: int, offset: int) -> list[Hit]:
        if query and len(found):
            wanted = set(found.tolist())
            ranked = self._connection.execute("SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank", (query,))
            fits = (row[0] for row in ranked if row[0] in wanted)
            chosen = list(islice(fits, offset, offset + limit))  # what is ranked behind them is not fetched
        else:
            chosen = found[offset : offset + limit].tolist()
        marks = ",".join("?" * len(chosen))
        rows = self._connection.execute(
            f"SELECT id, document, paragraph, act, text FROM paragraph WHERE id IN ({marks})", chosen
        ).fetchall()
        by_id = {row[0]: Hit(*row[1:]) for row in rows}
        return [by_id[identifier] for identifier in chosen]

    def _counts(self, found: NDArray[np.int32]) -> dict[str, dict[str, int]]:
        import numpy as np

        counted: dict[str, dict[str, int]] = {name: {} for name in FACETS}
        if not len(found):
            return counted
        counts = np.bincount(self._of[self._of_these(found)], minlength=len(self._facets))
        for number in np.argsort(-counts, kind="stable"):
            if not counts[number]:
                break
            name, value = self._facets[number]
            counted[name][value] = int(counts[number])
        return counted

    def _of_these(self, rows: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Which pairs of paragraph and facet are of these paragraphs."""
        import numpy as np

        wanted = np.zeros(int(self._all[-1]) + 1, dtype=bool)
        wanted[rows] = True
        return wanted[self._rows]

    def put(self, paragraphs: Iterable[IndexedParagraph]) -> None:
        """Add paragraphs; one that is there (same document, same id) is replaced in its place.

        Takes time by how many are put, not by how many there are.
        """
        import numpy as np

        from kyoto.cooperation.mandates.search.changing import put_paragraphs

        before = len(self._facets)
        pairs, added = put_paragraphs(self._connection, paragraphs, self._number)
        self._facets += list(self._number)[before:]
        self._all = np.concatenate([self._all, np.array(added, dtype=np.int32)])
        fresh = np.array([(row, number) for row, numbers in pairs.items() for number in numbers], dtype=np.int32)
        self._exchange(np.array(list(pairs), dtype=np.int32), fresh.reshape(-1, 2))

    def optimize(self) -> None:
        """Bring what was put in piece by piece into one piece, so that it is found as fast as if built at once."""
        with self._connection:
            self._connection.execute("INSERT INTO words (words) VALUES ('optimize')")

    def drop(self, document: str, keep: Collection[str] = ()) -> None:
        """Take the paragraphs of a document away, except those with these ids."""
        import numpy as np

        from kyoto.cooperation.mandates.search.changing import drop_paragraphs

        gone = np.array(drop_paragraphs(self._connection, document, keep), dtype=np.int32)
        self._exchange(gone, np.empty((0, 2), dtype=np.int32))
        self._all = np.setdiff1d(self._all, gone, assume_unique=True)

    def _exchange(self, rows: NDArray[np.int32], pairs: NDArray[np.int32]) -> None:
        """Facets of these paragraphs in place of those that they had."""
        import numpy as np

        if not len(rows):
            return
        others = ~self._of_these(rows)
        self._rows = np.concatenate([self._rows[others], pairs[:, 0]])
        self._of = np.concatenate([self._of[others], pairs[:, 1]])

    def save(self, name: str, query: Mapping[str, Any]) -> None:
        """Keep a search under a name; one of the same name is replaced."""
        import json

        self._connection.execute(
            "INSERT OR REPLACE INTO saved VALUES (?, ?)", (name, json.dumps(query, sort_keys=True))
        )
        self._connection.commit()

    def saved_names(self) -> list[str]:
        """Return the names of the searches that are kept."""
        return [row[0] for row in self._connection.execute("SELECT name FROM saved ORDER BY name")]

    def saved(self, name: str) -> dict[str, Any]:
        """Return a saved search.

        Raises
        ------
        KyotoError
            ``mandates.unknown-search``.
        """
        import json

        rows = dict(self._connection.execute("SELECT name, query FROM saved").fetchall())
        if name not in rows:
            raise KyotoError(
                "No search of this name", code="mandates.unknown-search", got=name, hint=did_you_mean(name, rows)
            )
        found: dict[str, Any] = json.loads(rows[name])
        return found
