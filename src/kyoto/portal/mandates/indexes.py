"""Indexes over the register and the documents, kept up with both: what changed is put in, nothing is built again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from kyoto.cooperation.mandates.search import Index, IndexedParagraph, build_index
from kyoto.portal.mandates.holding import Summary
from kyoto.portal.mandates.standing import Found

__all__ = ["Indexes"]


class Indexes:
    """The index of paragraphs, filled as documents come, and that of obligations, built when it is first asked for.

    Parameters
    ----------
    folder
        Where their files are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.texts = self._built("paragraphs", ())
        self._obligations: Index | None = None
        self._behind: set[str] = set()
        self._behind_texts: set[str] = set()

    def close(self) -> None:
        """Close the files."""
        self.texts.close()
        if self._obligations is not None:
            self._obligations.close()

    def put_text(self, name: str, paragraphs: Sequence[IndexedParagraph]) -> None:
        """Put a document in, in place of what it said before."""
        self.texts.drop(name, {one.paragraph for one in paragraphs})
        self.texts.put(paragraphs)

    def fall_behind(self, entries: Collection[str], documents: Collection[str]) -> None:
        """Take note of what changed; it is put in when somebody searches next."""
        self._behind.update(entries)
        self._behind_texts.update(documents)

    def obligations(self, found: Found, documents: Mapping[str, Summary]) -> Index:
        """Index of the register; an obligation has the topics, Goals and citations of its paragraph."""
        if self._obligations is None:
            self._obligations = self._built("obligations", _indexed(found, documents, found.entries))
        elif self._behind or self._behind_texts:
            self._keep_up(self._obligations, found, documents)
        self._behind.clear()
        self._behind_texts.clear()
        return self._obligations

    def _built(self, name: str, paragraphs: Iterator[IndexedParagraph] | tuple[()]) -> Index:
        path = self._folder / f"{name}.sqlite"
        build_index(path, paragraphs)
        index = Index(path)
        index.put(())  # what changing it needs is made now, not with the first change
        return index

    def _keep_up(self, index: Index, found: Found, documents: Mapping[str, Summary]) -> None:
        """Change the index; one that could not be changed whole is built again when it is next asked for."""
        texts = self._behind_texts
        of_texts = {name for name, entry in found.entries.items() if entry.document in texts} if texts else set()
        try:
            index.put(_indexed(found, documents, self._behind | of_texts))
        except BaseException:
            index.close()
            self._obligations = None
            raise


def _indexed(found: Found, documents: Mapping[str, Summary], names: Collection[str]) -> Iterator[IndexedParagraph]:
    for name in names:
        entry = found.entries[name]
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
