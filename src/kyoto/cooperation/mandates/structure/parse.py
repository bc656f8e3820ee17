"""From a text to a document: each block goes to the first rule that takes it."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from kyoto.cooperation.mandates.cleantext import clean
from kyoto.cooperation.mandates.model import Document
from kyoto.cooperation.mandates.structure.acts import act_heading, act_opening, act_text, numbered_in_act
from kyoto.cooperation.mandates.structure.calls import cut_plain_calls
from kyoto.cooperation.mandates.structure.contents import check_contents
from kyoto.cooperation.mandates.structure.freeze import freeze
from kyoto.cooperation.mandates.structure.lines import Block, blocks, is_furniture
from kyoto.cooperation.mandates.structure.lists import bulleted, lettered
from kyoto.cooperation.mandates.structure.outline import (
    contents,
    footnote,
    front,
    furniture,
    lost_note,
    outline,
    table,
    unreadable,
)
from kyoto.cooperation.mandates.structure.prose import continuation, numbered, unmarked
from kyoto.cooperation.mandates.structure.state import State

__all__ = ["RULES", "parse"]

Rule = Callable[[State, Block], bool]

RULES: tuple[Rule, ...] = (
    furniture,
    front,
    contents,
    unreadable,
    footnote,
    table,
    lost_note,
    act_heading,
    outline,
    act_opening,
    numbered_in_act,
    numbered,
    lettered,
    bulleted,
    continuation,
    act_text,
    unmarked,
)
"""The rules in their order; a rule takes a block (True) or leaves it to the next."""

_SYMBOL = re.compile(r"(?<![\w/])[AES]/(?:[A-Z]+[./])*(?:[A-Z0-9]+[./-])*[A-Z]*\d+(?:/[A-Za-z0-9.]+)*(?!\w)")


def parse(
    text: str, name: str = "text", *, pages: int = 0, furniture_spans: tuple[tuple[int, int], ...] = ()
) -> Document:
    r"""Read the structure of a document.

    Parameters
    ----------
    text
        The source as text.
    name
        Name of the document, used where it prints no symbol.
    pages
        Number of pages, if the source has pages.
    furniture_spans
        Whole lines that a reader of pages knows to be running heads or page numbers.

    Returns
    -------
    Document
        Its pieces are a partition of ``text``.

    Examples
    --------
    >>> found = parse("Draft resolution I\n\nPrisons\n\nThe General Assembly,\n\nNoting,\n\n1. Urges States to act.\n")
    >>> [node.id for node in found.walk()][1:3]
    ['draft-resolution-I/title', 'draft-resolution-I/enacting']
    """
    state = State(text)
    alone = {start for start, _ in furniture_spans}
    found = list(blocks(text, alone))
    seen = _following(found)
    for block, behind in zip(found, seen, strict=True):
        if block.marker == "blank" or block.start in alone:
            state.furniture.append((block.start, block.end))
            continue
        state.following = behind
        rule = next(rule for rule in RULES if rule(state, block))
        if rule is not furniture:
            state.note_is_last = rule in (footnote, lost_note)
    check_contents(state)
    cut_plain_calls(state.root, text)
    return Document(
        name=name,
        symbol=_symbol(state),
        text=text,
        root=freeze(state.root, text),
        furniture=tuple(state.furniture),
        unclear=tuple(state.unclear),
        pages=pages,
    )


def _following(found: list[Block]) -> list[Block | None]:
    """For each block the next one that is not of the page."""
    behind: list[Block | None] = [None] * len(found)
    for place, (_, after) in enumerate(pairwise(found)):
        behind[place] = after
    for place in range(len(found) - 2, -1, -1):
        following = behind[place]
        if following is not None and not following.marker and is_furniture(following.text):
            behind[place] = behind[place + 1]
    return behind


def _symbol(state: State) -> str:
    for node in state.root.children:
        if node.kind != "front":
            return ""
        found = _SYMBOL.search(clean(state.text, tuple(node.spans)).text)
        if found is not None:
            return found.group()
    return ""
