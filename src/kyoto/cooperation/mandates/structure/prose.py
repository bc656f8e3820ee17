"""Paragraphs of reports, continuations over pages, and whatever has no marker."""

from __future__ import annotations

import re

from kyoto.cooperation.mandates.structure.lines import Block
from kyoto.cooperation.mandates.structure.outline import heading_like
from kyoto.cooperation.mandates.structure.state import Draft, State

__all__ = ["continuation", "numbered", "unmarked"]

_CONTINUES = frozenset({"operative", "preamble", "sub", "question", "paragraph", "text", "agenda", "enacting"})


def continuation(state: State, block: Block) -> bool:
    """Join a block without a marker to the sentence that a page break or a footnote cut."""
    leaf = state.leaf
    if block.marker or leaf is None or leaf.kind not in _CONTINUES:
        return False
    low = block.text[:1].islower()
    if leaf.kind == "enacting" and not low:
        return False
    broken = not leaf.complete and (leaf.length > 40 or low)
    if low and not leaf.complete:
        broken = True
    if not broken and not (low and leaf.tail.rstrip(" *").endswith((",", ";", "-"))):
        return False
    leaf.take(block, marker=False)
    return True


def numbered(state: State, block: Block) -> bool:
    """Take a numbered line outside resolutions: a report paragraph, an entry of a list, or a numbered heading."""
    if block.marker != "number":
        return False
    number = int(block.number)
    if state.entries is not None and number == state.entries[1] + 1 and _same_style(state, block, number):
        return _entry(state, block, state.entries[0], number)
    headed = heading_like(block)
    if number == state.report + 1 or (not headed and state.report < number <= state.report + 3):
        state.start_paragraph("paragraph", block, block.number)
        state.report = number
        return True
    if number == 1 and state.leaf is not None and state.leaf.announces:
        return _entry(state, block, state.leaf, 1)
    if headed:
        section = Draft("section", block.number)
        section.take(block)
        questions = state.questions
        state.open(section, "numbered")
        state.questions = questions
        state.leaf = None
        return True
    if number > state.report:
        state.start_paragraph("paragraph", block, block.number)
        state.report = number
        return True
    state.give_up(block, f"number out of sequence: expected {state.report + 1}")
    return True


def _same_style(state: State, block: Block, number: int) -> bool:
    assert state.entries is not None
    return number != state.report + 1 or re.sub(r"\d+", "", state.entries[2]) == re.sub(r"\d+", "", block.lead)


def _entry(state: State, block: Block, owner: Draft, number: int) -> bool:
    agenda = "agenda" in state.text[owner.spans[0][0] : owner.spans[-1][1]].lower()
    state.lists = []
    state.paragraph = state.add("agenda" if agenda else "entry", block, number=str(number), under=owner)
    state.entries = (owner, number, block.lead)
    return True


def unmarked(state: State, block: Block) -> bool:
    """Take what no other rule took: an entry, a heading, a paragraph without a number."""
    if block.text[:1].islower() and state.leaf is None:
        state.give_up(block, "begins in the middle of a sentence, and no sentence is open")
        return True
    leaf = state.leaf
    letters = state.following is not None and state.following.marker == "letter"
    listed = leaf is not None and (leaf.announces or leaf.kind == "entry") and not letters
    if listed and heading_like(block) and state.act is None and state.paragraph is not None:
        state.add("entry", block, under=state.paragraph)
        return True
    if heading_like(block):
        under = state.paragraph if state.lists or letters else None
        state.add("heading", block, under=under)
        if under is None:
            state.leave()
        return True
    if state.lists and leaf is not None and leaf.kind in ("question", "sub"):
        leaf.take(block, marker=False)
        return True
    state.start_paragraph("text", block)
    return True
