"""Blocks of text and the markers they begin with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kyoto.cooperation.mandates.cleantext import CALL, SUPERSCRIPTS, number_of_call
from kyoto.cooperation.mandates.verbs import known_verbs

__all__ = ["ENACTING", "Block", "blocks", "is_complete", "is_furniture"]

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_LEAD = r'^[\s"“]*(?:[-–•]\s+)?(?:\*\*?|_)?'
_MARKERS = re.compile(
    rf"(?P<note>^\s*(?:[{SUPERSCRIPTS}]+|\^\{{?[0-9ivxl]+\}}?(?=\s)|\^\{{[0-9ivxl]+|<sup>[0-9ivxl]+</sup>|\$\^\{{[^$]*?\d+\}}\$)\s*(?=\S))"
    r"|(?P<chapter>^\s*#*\s*\**Chapter\s+(?P<chapter_number>[IVXLC]+)\**\s*$)"
    r"|(?P<act>^\s*#*\s*\**(?P<draft>(?:Revised\s+)?Draft\s+)?(?P<act_kind>resolution|decision)\s+"
    r"(?P<act_number>[IVXLC]+|\d+/\d+|[A-Z])\**\s*$)"
    r"|(?P<item>^\s*#*\s*\**(?P<item_kind>Agenda\s+item|Workshop)\s+(?P<item_number>\d+)\.\s+)"
    rf"|(?P<number>{_LEAD}(?P<digits>\d{{1,3}})\.\**\s+(?=\S))"
    rf"|(?P<letter>{_LEAD}\((?P<letters>[a-z]{{1,2}}|[ivxl]{{1,5}})\)\s+(?=\S))"
    r"|(?P<capital>^\s*(?:-\s+)?#*\s*\**(?P<capital_number>[A-ZВ])\.\s+(?=[A-Z“\"]))"
    r"|(?P<roman>^\s*#*\s*\**(?P<roman_number>[IVX]{2,5})\.\s+(?=[A-Z“\"]))"
    r"|(?P<hash>^\s*#+\s+)"
    r"|(?P<bullet>^\s*[-–•*]\s+(?=\S))",
    re.IGNORECASE,
)
_CASED = {"capital", "roman"}
ENACTING = re.compile(
    r"\*?(?P<body>The (?:General Assembly|Economic and Social Council|Security Council|Human Rights Council|"
    r"Commission on [A-Z][^,:]*?|Conference of the [^,:]*?))\*?\s*(?P<end>[,:]|$)"
)
"""The words with which the body that speaks opens a resolution."""
_SPEAKER = re.compile(r"\s*\*?The (?:General Assembly|Economic and Social Council|Security Council|Commission on )")
_FURNITURE = re.compile(
    r"\f?\s*(?:\d{1,3}|\d{1,3}/\d{1,3}|[-–—]\s*\d{1,3}\s*[-–—]|Page\s+\d+(?:\s+of\s+\d+)?|(?:\*\s*){3,}|[-_=]{3,}|[ivxlc]{1,6}"
    r"|[A-Z]\.\d{2}-\d{4,6}.*|[AESTI]/[A-Z0-9./()-]*\d[A-Z0-9./()-]*(?:\s+\d{1,3})?|\d{1,3}\s+[AESTI]/[A-Z0-9./()-]*\d)?\s*"
)
_END = re.compile(r"[.;:,?!…][\"”’'*)\]]*\s*$|[.?!;][”\"]\s*$")
_TAIL_CALL = re.compile(rf"(?:{CALL.pattern})\s*$|(?<=[;,.:])\s*\d{{1,3}}\s*$")
_TAIL_AND = re.compile(r";\s+(?:and|or)\s*$")


@dataclass(slots=True)
class Block:
    """A line of the source (or several that belong together) with the blank lines behind it.

    ``marker`` is the kind of what it begins with, ``number`` the number or letter, ``text`` the block without the
    marker;
    ``start``, ``end`` are the whole, ``body`` is where the text begins.
    """

    start: int
    end: int
    body: int
    text: str
    marker: str = ""
    number: str = ""
    detail: str = ""
    adjacent: bool = False
    lead: str = ""


def blocks(text: str, alone: set[int] | None = None) -> Iterator[Block]:
    """Cut a text into blocks.

    Parameters
    ----------
    text
        Source. Paragraphs stand on one line, or are broken into short lines: whichever prevails decides whether lines
        without a marker continue the line before them.
    alone
        Starts of lines that are a block by themselves.

    Yields
    ------
    Block
        Their spans are a partition of the text.
    """
    lines = [(found.start(), found.end(), found.group()) for found in _LINE.finditer(text)]
    wrapped = _is_wrapped([line for _, _, line in lines])
    alone = alone or set()
    current: list[int] | None = None
    blank_before = True
    for start, end, line in lines:
        if not line.strip():
            blank_before = True
            if current is not None:
                current[1] = end
            continue
        joins = current is not None and wrapped and not blank_before and start not in alone and current[0] not in alone
        if current is not None and joins and _continues(text[current[0] : current[1]], line, wrapped):
            current[1] = end
        else:
            if current is not None:
                yield _block(text, current[0], current[1], adjacent=bool(current[2]))
            current = [0 if current is None else start, end, int(not blank_before)]
        blank_before = False
    if current is not None:
        yield _block(text, current[0], current[1], adjacent=bool(current[2]))
    elif text:
        yield Block(0, len(text), len(text), "", "blank")


def _is_wrapped(lines: list[str]) -> int:
    """Length of a full line, if paragraphs are broken into short lines; else 0. Rows of tables do not count."""
    plain = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("|") and "\t" not in line]
    lengths = sorted(len(line) for line in plain)
    if len(lengths) < 2 or sum(length > 250 for length in lengths) > 0.01 * len(lengths):
        return 0
    full = lengths[int(0.9 * (len(lengths) - 1))]
    return full if full <= 160 else 0


def _continues(before: str, line: str, full: int) -> bool:
    """Whether a short line goes on with the one before it."""
    tabular = line.lstrip().startswith("|") or before.lstrip().startswith("|") or "\t" in line
    if tabular or is_furniture(line) or is_furniture(before) or _begins_paragraph(before, line):
        return False
    last = before.rstrip().rsplit("\n", 1)[-1].strip()
    marked = _MARKERS.match(line)
    if marked is not None and _kind(marked) is not None:
        middle = _kind(marked) == "letter" and line[marked.end() :][:1].islower()
        return middle and len(last) >= 0.7 * full and not is_complete(last)
    first = _MARKERS.match(before)
    kind = _kind(first) if first else None
    if kind in ("chapter", "act") or (kind == "note" and last.endswith(".")):
        return False
    if line.lstrip()[:1].islower():
        return True
    ends = last.endswith((".", ",", ";", ":"))
    return len(last) >= 0.7 * full and not (ends and len(last) < 0.85 * full)


def _begins_paragraph(before: str, line: str) -> bool:
    """Whether a line begins a paragraph of a resolution: enacting words, or an opening verb behind a comma."""
    if ENACTING.match(line.strip()) is not None or (_SPEAKER.match(line) is not None and not is_complete(before)):
        return True
    behind = before.rstrip().endswith((",", ";"))
    start = line.lstrip(" *_")
    return (
        behind and start[:1].isupper() and bool(known_verbs().preamble.match(start) or known_verbs().start.match(start))
    )


def _block(text: str, start: int, end: int, *, adjacent: bool) -> Block:
    whole = text[start:end]
    found = _MARKERS.match(whole)
    kind = _kind(found) if found is not None else None
    if found is None or kind is None:
        lead = len(whole) - len(whole.lstrip())
        body = whole.strip()
        marker = "table" if body.startswith("|") or "\t" in body else ""
        return Block(start, end, start + lead, body, marker, adjacent=adjacent)
    number = found.group(f"{kind}_number") if f"{kind}_number" in _MARKERS.groupindex else ""
    detail = ""
    if kind == "note":
        number = number_of_call(found.group())
    elif kind == "number":
        number = found.group("digits")
    elif kind == "letter":
        number = found.group("letters").lower()
    elif kind == "act":
        detail = f"{'draft ' if found.group('draft') else ''}{found.group('act_kind').lower()}"
    elif kind == "item":
        detail = "workshop" if found.group("item_kind").lower() == "workshop" else "item"
    body = whole[found.end() :].strip()
    return Block(start, end, start + found.end(), body, kind, number or "", detail, adjacent, found.group())


def _kind(found: re.Match[str]) -> str | None:
    """Which marker a match is; Roman and capital numbers must be written in capitals."""
    for name in ("note", "chapter", "act", "item", "number", "letter", "capital", "roman", "hash", "bullet"):
        if found.group(name) is None:
            continue
        if name in _CASED and not found.group(f"{name}_number").isupper():
            return None
        if name == "letter" and not found.group("letters").islower():
            return None
        return name
    return None


def is_furniture(line: str) -> bool:
    """Tell whether a line is of the page and not of the document.

    Examples
    --------
    >>> is_furniture("12/45"), is_furniture("V.17-04047"), is_furniture("* * *"), is_furniture("12. Decides")
    (True, True, True, False)
    """
    stripped = line.strip()
    return len(stripped) < 60 and bool(stripped or "\f" in line) and _FURNITURE.fullmatch(stripped) is not None


def is_complete(text: str) -> bool:
    """Tell whether a text ends as a sentence or an entry of a list ends.

    Examples
    --------
    >>> is_complete("of the Secretary-General; 19"), is_complete("when formulating policy"), is_complete("Rules;¹⁸")
    (True, False, True)
    """
    tail = text[-60:].rstrip()
    while True:
        shorter = _TAIL_CALL.sub("", tail).rstrip(" *\n")
        if shorter == tail:
            break
        tail = shorter
    return bool(_END.search(tail) or _TAIL_AND.search(tail)) or tail.endswith((".*", ";*", ".**"))
