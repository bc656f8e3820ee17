"""Indexes over the register and the documents, kept up with both: what changed is put in, nothing is built again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

from kyoto.cooperation.mandates.search import Index, IndexedParagraph, build_index, paragraphs_of
from kyoto.portal.mandates.holding import Held, Summary
from kyoto.portal.mandates.standing import Found

__all__ = ["Indexes"]

Read = Callable[[str], Held | None]


class Indexes:
    """The index of obligations and that of paragraphs, each built when it is first asked for.

    Parameters
    ----------
    folder
        Where their files are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._built: dict[str, Index] = {}
        self._behind: dict[str, set[str]] = {}

    def close(self) -> None:
        """Close the files."""
        for index in self._built.values():
            index.close()
        self._built.clear()

    def fall_behind(self, entries: Collection[str], documents: Collection[str]) -> None:
        """Take note of what changed; it is put in when somebody searches next."""
        for name, changed in (("entries", entries), ("documents", documents), ("texts", documents)):
            self._behind.setdefault(name, set()).update(changed)

    def obligations(self, found: Found, documents: Mapping[str, Summary]) -> Index:
        """Index of the register; an obligation has the topics, Goals and citations of its paragraph."""
        changed, texts = self._behind.get("entries", set()), self._behind.get("documents", set())
        if "obligations" not in self._built:
            self._build("obligations", _indexed(found, documents, found.entries))
        elif changed or texts:
            of_texts = {name for name, entry in found.entries.items() if entry.document in texts} if texts else set()
            self._keep_up("obligations", lambda index: index.put(_indexed(found, documents, changed | of_texts)))
        changed.clear()
        texts.clear()
        return self._built["obligations"]

    def paragraphs(self, documents: Mapping[str, Summary], read: Read) -> Index:
        """Index of every paragraph of every document."""
        texts = self._behind.get("texts", set())
        if "paragraphs" not in self._built:
            self._build("paragraphs", (one for name in documents for one in _paragraphs(read(name))))
        elif texts:
            self._keep_up("paragraphs", lambda index: _exchange(index, {name: read(name) for name in texts}))
        texts.clear()
        return self._built["paragraphs"]

    def _build(self, name: str, paragraphs: Iterator[IndexedParagraph]) -> None:
        path = self._folder / f"{name}.sqlite"
        build_index(path, paragraphs)
        self._built[name] = Index(path)

    def _keep_up(self, name: str, change: Callable[[Index], None]) -> None:
        """Change an index; one that could not be changed whole is built again."""
        try:
            change(self._built[name])
        except BaseException:
            self._built.pop(name).close()
            raise


def _exchange(index: Index, documents: Mapping[str, Held | None]) -> None:
    for name, held in documents.items():
        paragraphs = list(_paragraphs(held))
        index.drop(name, [one.paragraph for one in paragraphs])
        index.put(paragraphs)


def _paragraphs(held: Held | None) -> Iterator[IndexedParagraph]:
    if held is not None:
        yield from paragraphs_of(held.document)


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
