"""Title pages, contents, chapters, sections, headings, tables and footnotes."""

from __future__ import annotations

import re

from kyoto.cooperation.mandates.structure.lines import Block, is_furniture
from kyoto.cooperation.mandates.structure.state import Draft, State

__all__ = [
    "contents",
    "footnote",
    "front",
    "furniture",
    "heading_like",
    "lost_note",
    "outline",
    "table",
    "unreadable",
]

_OPENERS = {
    "executive summary",
    "summary",
    "note",
    "introduction",
    "background",
    "preface",
    "foreword",
    "aim and objectives",
}
_LEADERS = re.compile(r"\.{3,}|(?:\.\s){3,}|[\t|]|\s\d{1,3}\s*$")
_LETTERS = re.compile(r"[^a-z]+")
_TERMINAL = re.compile(r"[.;:,?!][\"”*]*$")
_WORD = re.compile(r"[^\W\d_]{2}")
_BODY_STARTS = {"chapter", "act", "item", "number", "letter", "capital", "roman"}
_ENACTING = re.compile(
    r"\*?The (?:General Assembly|Economic and Social Council|Security Council|Commission on|Conference of)"
)


def furniture(state: State, block: Block) -> bool:
    """Take page numbers and running heads."""
    symbol = state.region == "front" and re.match(r"[AESTI]/", block.text) is not None
    if symbol or not is_furniture(state.text[block.start : block.end]):
        return False
    state.furniture.append((block.start, block.end))
    return True


def unreadable(state: State, block: Block) -> bool:
    """List what holds no word, or characters that a wrong decoding leaves."""
    if state.region == "contents" or block.marker == "table":
        return False
    if "\ufffd" in block.text:
        state.give_up(block, "characters lost in decoding")
        return True
    if not block.marker and _WORD.search(block.text) is None:
        state.give_up(block, "no word in it")
        return True
    return False


def front(state: State, block: Block) -> bool:
    """Take the title page: everything before the contents or the first heading or sentence."""
    if state.region != "front":
        return False
    title = _plain(block.text)
    if title == "contents":
        state.region = "contents"
        state.add("contents", block)
        return True
    sentence = len(block.text) > 160 and _TERMINAL.search(block.text) is not None
    if block.marker in _BODY_STARTS or title in _OPENERS or sentence or _ENACTING.match(block.text):
        state.region = "body"
        return False
    if re.match(r"\d{1,4}/\d{1,4}\.\s", block.text):
        state.region = "body"
        return False
    state.add("front", block)
    return True


def contents(state: State, block: Block) -> bool:
    """Take the table of contents, garbled as it may be, up to the first heading that is no entry of it."""
    if state.region != "contents":
        if _plain(block.text) == "contents" and len(block.text) < 20 and not state.contents:
            state.region = "contents"
            state.leave()
            state.add("contents", block)
            return True
        return False
    whole = state.text[block.start : block.end].strip(" \n")
    title = _plain(whole)
    if _LEADERS.search(whole) is None and _ends_contents(state, block, whole, title):
        state.region = "body"
        state.leave()
        return False
    state.contents += title
    state.add("contents", block)
    return True


def _ends_contents(state: State, block: Block, whole: str, title: str) -> bool:
    if title in _OPENERS or len(whole) > 300:
        return True
    known = len(title) > 8 and title in state.contents
    return known or (block.marker in ("chapter", "act", "item") and bool(state.contents))


def outline(state: State, block: Block) -> bool:
    """Open chapters, parts, sections, agenda items and workshops."""
    if block.marker == "chapter":
        state.open(_titled("chapter", block), "chapter")
        state.stage = "chapter"
        return True
    if block.marker == "item":
        state.open(_titled(block.detail, block), block.detail)
        return True
    if block.marker in ("capital", "roman") and _TERMINAL.search(block.text) is None and len(block.text) < 400:
        state.open(_titled("section", block), block.marker)
        state.questions = "questions for discussion" in block.text.lower()
        state.leaf = None
        return True
    if state.stage == "chapter" and block.marker == "":
        state.stage = ""
        state.add("title", block)
        state.leaf = None
        return True
    return False


def table(state: State, block: Block) -> bool:
    """Take rows of tables."""
    if block.marker != "table":
        return False
    under = state.act or state.container
    leaf = state.leaf
    state.add("table", block, under=under)
    state.leaf = leaf
    return True


def footnote(state: State, block: Block) -> bool:
    """Take footnotes wherever they stand; the sentence around them stays open."""
    leaf = state.leaf
    if block.marker == "note":
        note = state.add("note", block, number=block.number)
    elif state.note_is_last and block.adjacent and state.last_note is not None and _continues_note(state, block):
        state.last_note.take(block, marker=False)
        return True
    else:
        return False
    state.leaf = leaf
    state.last_note = note
    return True


def lost_note(state: State, block: Block) -> bool:
    """Take a footnote without its number: an open sentence above, below it the note after the missing one."""
    behind, before = state.following, state.last_note
    if block.marker or behind is None or behind.marker != "note" or before is None or state.leaf is None:
        return False
    if not (behind.number.isdigit() and before.number.isdigit()) or int(behind.number) != int(before.number) + 2:
        return False
    if state.leaf.complete or block.text[:1].islower():
        return False
    leaf = state.leaf
    note = state.add("note", block, number=str(int(before.number) + 1))
    note.inferred = True
    state.leaf, state.last_note = leaf, note
    return True


def _continues_note(state: State, block: Block) -> bool:
    note = state.last_note
    assert note is not None
    if block.marker not in ("", "letter"):
        return False
    if block.marker == "letter":
        return note.tail.rstrip(" *").endswith((":", ";", ",")) or not note.complete
    return note.announces or not note.complete


def heading_like(block: Block) -> bool:
    """Tell whether a block reads as a heading: short, no end of a sentence, a capital or quote at the start."""
    text = block.text.strip("*# ")
    return bool(text) and len(text) < 260 and _TERMINAL.search(text) is None and not text[0].islower()


def _titled(kind: str, block: Block) -> Draft:
    draft = Draft(kind, block.number.replace("В", "B"))
    draft.take(block)
    return draft


def _plain(text: str) -> str:
    lowered = text.strip("*#: .").lower()
    return lowered if lowered in _OPENERS or lowered == "contents" else _LETTERS.sub("", lowered)
