"""Lettered lists: which level a letter belongs to."""

from __future__ import annotations

from kyoto.cooperation.mandates.structure.lines import Block
from kyoto.cooperation.mandates.structure.state import Draft, State

__all__ = ["bulleted", "lettered", "successor"]

_ROMAN = [
    "i",
    "ii",
    "iii",
    "iv",
    "v",
    "vi",
    "vii",
    "viii",
    "ix",
    "x",
    "xi",
    "xii",
    "xiii",
    "xiv",
    "xv",
    "xvi",
    "xvii",
    "xviii",
    "xix",
    "xx",
]


def successor(mark: str, style: str) -> str:
    """Return what follows a letter or a small Roman number.

    Examples
    --------
    >>> successor("h", "letter"), successor("z", "letter"), successor("iii", "roman")
    ('i', 'aa', 'iv')
    """
    if style == "roman":
        place = _ROMAN.index(mark) + 1
        return _ROMAN[place] if place < len(_ROMAN) else ""
    if mark == "z":
        return "aa"
    return mark[:-1] + chr(ord(mark[-1]) + 1) if len(mark) == 1 else chr(ord(mark[0]) + 1) * 2


def lettered(state: State, block: Block) -> bool:
    """Take a block that begins with a letter in brackets."""
    if block.marker != "letter":
        return False
    mark = block.number
    announces = state.leaf is not None and state.leaf.announces
    level = None if mark == "i" and announces else _level_of(state, mark)
    if level is not None:
        owner, _, style = state.lists[level]
        del state.lists[level:]
    elif mark in ("a", "i"):
        owner, style = _new_owner(state, mark), "letter" if mark == "a" else "roman"
    elif state.lists and _skips(mark, state.lists[-1]):
        owner, _, style = state.lists.pop()
    else:
        state.give_up(block, "letter out of sequence")
        return True
    state.lists.append((owner, mark, style))
    state.add(_kind(state, owner), block, number=mark, under=owner)
    return True


def _level_of(state: State, mark: str) -> int | None:
    """Deepest open level that the mark continues."""
    for level in range(len(state.lists) - 1, -1, -1):
        _, last, style = state.lists[level]
        if successor(last, style) == mark:
            return level
    return None


def _skips(mark: str, level: tuple[Draft, str, str]) -> bool:
    """Whether the mark continues a list of which up to two entries are lost."""
    _, last, style = level
    for _ in range(3):
        last = successor(last, style)
        if last == mark:
            return True
    return False


def _new_owner(state: State, mark: str) -> Draft:
    leaf = state.leaf
    if mark == "i" and state.lists and leaf is not None:
        return leaf
    if state.paragraph is not None:
        return state.paragraph
    return leaf if leaf is not None and leaf.kind == "enacting" else state.container


def _kind(state: State, owner: Draft) -> str:
    if state.questions and owner.kind == "paragraph":
        return "question"
    if owner.kind in ("decision", "enacting"):
        return "operative"
    return "agenda" if owner.kind == "agenda" else "sub"


def bulleted(state: State, block: Block) -> bool:
    """Take an entry that begins with a dash or a dot: in reports it may be a paragraph that lost its number."""
    if block.marker != "bullet":
        return False
    behind = state.following
    lost = behind is not None and behind.marker == "number" and behind.number == str(state.report + 2)
    if state.act is None and state.report and lost and not (state.leaf is not None and state.leaf.announces):
        state.start_paragraph("paragraph", block, str(state.report + 1)).inferred = True
        state.report += 1
        return True
    owner = state.paragraph or state.container
    state.add("entry", block, under=owner)
    return True
