"""Which lines of a table of contents are understood: those whose words are a heading of the document."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kyoto.cooperation.mandates.model import Unclear
from kyoto.cooperation.mandates.structure.state import Draft, State

__all__ = ["check_contents"]

_NO_LETTER = re.compile(r"[^a-z]+")
_CELL = re.compile(r"[|\t]+|\.{3,}|(?:\.\s){3,}")
_HEADINGS = frozenset({"chapter", "section", "title", "heading", "item", "workshop", "resolution", "decision"})


def check_contents(state: State) -> None:
    """Move lines of the contents that match no heading to what is not understood.

    Extraction mixes the columns of contents pages; a line is understood if one of its cells, by its letters alone, is
    part
    of a heading of the document, or holds one.

    Parameters
    ----------
    state
        The finished reading; its root and its list of unclear spans change.
    """
    headings = [
        _letters(state.text[start:end])
        for node in _walk(state.root)
        for start, end in node.spans
        if node.kind in _HEADINGS
    ]
    joined = " ".join(headings)
    kept: list[Draft] = []
    for node in state.root.children:
        row = state.text[node.spans[0][0] : node.spans[0][1]] if node.spans else ""
        if node.kind != "contents" or _understood(row, joined, headings):
            kept.append(node)
        else:
            state.unclear += [Unclear(span, "garbled line of the table of contents") for span in node.spans]
    state.root.children = kept


def _walk(draft: Draft) -> Iterator[Draft]:
    yield draft
    for child in draft.children:
        yield from _walk(child)


def _understood(row: str, joined: str, headings: list[str]) -> bool:
    letters = _letters(row)
    if letters in ("", "contents", "page", "ipagei"):
        return True
    cells = [_letters(cell) for cell in _CELL.split(row)]
    if any(len(cell) >= 6 and cell in joined for cell in cells):
        return True
    return any(len(heading) >= 6 and heading in letters for heading in headings)


def _letters(text: str) -> str:
    return _NO_LETTER.sub("", text.lower())
