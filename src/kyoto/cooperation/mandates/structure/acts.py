"""Resolutions and decisions: heading, title, enacting words, preamble, operative paragraphs."""

from __future__ import annotations

import re

from kyoto.cooperation.mandates.structure.lines import ENACTING, Block
from kyoto.cooperation.mandates.structure.outline import heading_like
from kyoto.cooperation.mandates.structure.state import Draft, State
from kyoto.cooperation.mandates.verbs import known_verbs

__all__ = ["act_heading", "act_opening", "act_text", "numbered_in_act"]

_OFFICIAL = re.compile(r"\*{0,2}(?P<number>\d{1,4}/\d{1,4})\.\*{0,2}\s+(?P<title>[A-Z“\"].*)", re.DOTALL)
_DISPLACED = re.compile(r"\s(\d{1,2})\.\s(?=[A-Z])")


def act_heading(state: State, block: Block) -> bool:
    """Open a resolution or decision at its heading.

    Known are “Draft resolution I”, “Resolution 26/1”, “Decision 26/1”, the official form “72/192. Title”, and, where
    nothing
    announces it, the enacting words alone.
    """
    if block.marker == "act":
        _open(state, block, block.detail.split()[-1], block.number, draft=block.detail.startswith("draft"))
        return True
    if state.region == "body" and block.marker == "" and (state.act is None or state.stage == "operative"):
        official = _OFFICIAL.match(block.text)
        if official is not None and heading_like(block):
            _open(state, block, "resolution", official["number"], draft=False)
            assert state.act is not None
            state.act.spans, state.act.cuts = [], []
            number_end = block.body + official.start("title")
            title = state.add("title", block)
            title.cuts.append((block.start, number_end))
            state.stage = "title"
            return True
    return False


def _open(state: State, block: Block, kind: str, number: str, *, draft: bool) -> None:
    part = next((node for node in reversed(state.containers) if node.kind == "section"), None)
    act = Draft(kind, number)
    act.take(block)
    recommends = re.search(r"recommended|for adoption by|approval", part.tail) if part is not None else None
    if draft:
        act.status = "recommended" if recommends else "draft"
        if part is not None and len(part.number) == 1:
            act.body = part.number
    else:
        act.status = "adopted"
    state.open(act, "act")


def act_opening(state: State, block: Block) -> bool:
    """Take the title and the enacting words of the open act."""
    if state.act is None:
        return _unannounced(state, block)
    if state.stage == "heading" and block.marker in ("", "hash") and ENACTING.match(block.text) is None:
        state.add("title", block)
        state.leaf = None
        state.stage = "title"
        return True
    if state.stage not in ("heading", "title"):
        return False
    found = ENACTING.match(block.text)
    if found is None:
        return state.act.kind == "decision" and _decision_text(state, block)
    rest = block.text[found.end() :].strip(" *")
    if rest and state.act.kind == "decision" and not re.search(r"[,:]$", rest):
        return _decision_text(state, block)
    state.add("enacting", block)
    state.stage = "preamble"
    return True


def _unannounced(state: State, block: Block) -> bool:
    """An act that only its enacting words show, as in a text of one resolution."""
    found = ENACTING.match(block.text)
    if block.marker or state.region != "body" or found is None or len(block.text) > found.end() + 2 or not found["end"]:
        return False
    siblings = state.container.children
    title = siblings[-1] if siblings and siblings[-1].kind in ("front", "heading") else None
    act = Draft("resolution", "", status="draft")
    state.open(act, "act")
    if title is not None:
        siblings.remove(title)
        title.kind = "title"
        act.children.append(title)
    state.add("enacting", block)
    state.stage = "preamble"
    return True


def _decision_text(state: State, block: Block) -> bool:
    if block.marker not in ("", "number"):
        return False
    number = block.number if block.marker == "number" else ""
    if number:
        state.report = int(number)
    state.start_paragraph("operative", block, number)
    state.stage = "operative"
    return True


def numbered_in_act(state: State, block: Block) -> bool:
    """Take a numbered line within a resolution or decision."""
    if state.act is None or block.marker != "number":
        return False
    number = int(block.number)
    speaks = known_verbs().start.match(block.text) is not None
    expected = state.last_operative + 1
    if state.entries is not None and number == state.entries[1] + 1 and not (number == expected and speaks):
        return _entry(state, block, state.entries[0], number)
    if state.act.kind == "resolution" and (number == expected or (speaks and expected < number <= expected + 5)):
        state.start_paragraph("operative", block, block.number)
        state.last_operative = number
        state.stage = "operative"
        return True
    owner = _list_owner(state)
    if number == 1 and owner is not None:
        return _entry(state, block, owner, 1)
    if number == state.report + 1 and not speaks:
        state.containers.pop()
        state.act = None
        state.leave()
        return False
    state.give_up(block, f"number out of sequence: expected {expected}")
    return True


def _list_owner(state: State) -> Draft | None:
    """Node that announced a numbered list, if one did."""
    if state.leaf is None:
        return None
    return state.leaf if state.leaf.announces or state.leaf.kind == "heading" else None


def _entry(state: State, block: Block, owner: Draft, number: int) -> bool:
    agenda = "agenda" in state.text[owner.spans[0][0] : owner.spans[-1][1]].lower()
    state.lists = []
    entry = state.add("agenda" if agenda else "entry", block, number=str(number), under=owner)
    state.entries = (owner, number, block.lead)
    state.paragraph = entry
    return True


def act_text(state: State, block: Block) -> bool:
    """Take an unnumbered block of a preamble, or an operative paragraph whose number is lost or displaced."""
    if state.act is None or block.marker not in ("", "hash"):
        return False
    expected = state.last_operative + 1
    speaks = known_verbs().start.match(block.text) is not None and state.act.kind == "resolution"
    displaced = _DISPLACED.search(block.text) if speaks else None
    if displaced is not None and int(displaced[1]) == expected:
        offset = state.text.index(block.text, block.start) if block.text else block.start
        node = state.start_paragraph("operative", block, str(expected))
        node.cuts.append((offset + displaced.start() + 1, offset + displaced.end()))
    elif speaks and not block.text.strip("*_ ")[:1].islower() and (state.leaf is None or state.leaf.complete):
        state.start_paragraph("operative", block, str(expected)).inferred = True
    elif state.stage == "preamble" and (known_verbs().preamble.match(block.text) or not heading_like(block)):
        state.start_paragraph("preamble", block)
        return True
    elif heading_like(block):
        _heading(state, block)
        return True
    else:
        state.start_paragraph("text", block)
        return True
    state.last_operative = expected
    state.stage = "operative"
    return True


def _heading(state: State, block: Block) -> None:
    """A heading between paragraphs; within a list it stays with the list."""
    state.entries = None
    state.lists = []
    state.add("heading", block)
