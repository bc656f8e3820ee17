"""Calls of footnotes that lost their superscript: “the Convention, 9 in which”, “of the report; 19”."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from kyoto.cooperation.mandates.cleantext import CALL, number_of_call
from kyoto.cooperation.mandates.structure.state import Draft

__all__ = ["cut_plain_calls"]

_REACH = 20_000
_PLAIN = re.compile(r"(?<=[;,.:] )(\d{1,3})(?=\s*(?:\n|$)|[ ,;](?!\d|and \d|[A-Z][a-z]+ \d{4}))")
_SENTENCES = frozenset({"operative", "preamble", "sub", "paragraph", "text", "question"})


def cut_plain_calls(root: Draft, text: str) -> None:
    """Cut calls that stand as plain digits behind a mark, if a footnote of that number follows that nothing else calls.

    Parameters
    ----------
    root
        The tree as built; its nodes get cuts.
    text
        The source.
    """
    drafts = list(_walk(root))
    notes = {draft.number: draft.spans[0][0] for draft in drafts if draft.kind == "note" and draft.number.isdigit()}
    called: set[str] = set()
    for draft in drafts:
        if draft.kind != "note":
            called |= {
                number_of_call(call.group()) for start, end in draft.spans for call in CALL.finditer(text, start, end)
            }
    wanted = {number: place for number, place in notes.items() if number not in called}
    if not wanted:
        return
    spans = sorted(
        (start, end, place)
        for place, draft in enumerate(drafts)
        if draft.kind in _SENTENCES
        for start, end in draft.spans
    )
    starts = [start for start, _, _ in spans]
    for number, place in wanted.items():
        candidates = [
            (found.start(1), found.end(1))
            for found in _PLAIN.finditer(text, max(0, place - _REACH), place)
            if found[1] == number
        ]
        if not candidates:
            continue
        start, end = candidates[-1]
        at = bisect_right(starts, start) - 1
        if at >= 0 and spans[at][1] >= end:
            drafts[spans[at][2]].cuts.append((start, end))


def _walk(draft: Draft) -> Iterator[Draft]:
    yield draft
    for child in draft.children:
        yield from _walk(child)
