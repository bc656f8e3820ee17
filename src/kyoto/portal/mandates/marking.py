"""Sentences of a document with what was found in them marked: stretches of text, each with the kinds that cover it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kyoto.cooperation.mandates.cleantext import CleanText, clean_node
from kyoto.cooperation.mandates.model import Document, Node, Span
from kyoto.cooperation.mandates.obligations.model import Obligation

__all__ = ["KINDS", "Line", "Mark", "Segment", "lines_of", "marks_of", "segments"]

KINDS = ("verb", "addressee", "due", "report_to", "condition", "partner", "beneficiary", "clause")
"""What is marked; where several overlap, the first of these shows."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A span of the source and what it is."""

    span: Span
    kind: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a sentence and what it is; ``kind`` is empty for what nothing was found in."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Line:
    """A node of a document as a line to show.

    Parameters
    ----------
    id, kind, number
        Of the node.
    depth
        How far below the act it stands.
    segments
        Its own text.
    obligations
        What was found in it, if it is an operative paragraph.
    """

    id: str
    kind: str
    number: str
    depth: int
    segments: tuple[Segment, ...]
    obligations: tuple[Obligation, ...]


def marks_of(found: Iterable[Obligation]) -> list[Mark]:
    """Return what obligations consist of, as marks; those that ask nothing of anybody give none."""
    marks = []
    for one in found:
        if not one.asks:
            continue
        marks.append(Mark(one.span, "clause"))
        marks.append(Mark((one.span[0], one.span[0] + len(one.verb)), "verb"))
        for kind, parts in (
            ("addressee", one.addressees),
            ("due", one.due),
            ("report_to", one.report_to),
            ("condition", one.conditions),
            ("partner", one.partners),
            ("beneficiary", one.beneficiaries),
        ):
            marks += [Mark(part.span, kind) for part in parts]
    return marks


def segments(clean: CleanText, marks: Iterable[Mark]) -> tuple[Segment, ...]:
    """Cut a sentence where marks begin and end.

    Examples
    --------
    >>> from kyoto.cooperation.mandates.cleantext import clean
    >>> cut = segments(clean("*Requests*  States to act", ((0, 25),)), [Mark((12, 18), "addressee")])
    >>> [(one.text, one.kind) for one in cut]
    [('Requests ', ''), ('States', 'addressee'), (' to act', '')]
    """
    kinds = [""] * len(clean.text)
    sources = [clean.source(place) for place in range(len(clean.text))]
    rank = {kind: place for place, kind in enumerate(KINDS)}
    for mark in marks:
        start, end = mark.span
        for place, source in enumerate(sources):
            if start <= source < end and (not kinds[place] or rank[mark.kind] < rank[kinds[place]]):
                kinds[place] = mark.kind
    return tuple(_runs(clean.text, kinds))


def _runs(text: str, kinds: list[str]) -> Iterator[Segment]:
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or kinds[place] != kinds[start]:
            yield Segment(text[start:place], kinds[start])
            start = place


def lines_of(document: Document, act: Node, found: Mapping[str, tuple[Obligation, ...]]) -> list[Line]:
    """Lines of an act in order, with what was found in its operative paragraphs marked, sub-paragraphs too.

    Parameters
    ----------
    document, act
        The document, and a resolution, a decision or any other node of it.
    found
        Obligations by id of the operative paragraph.
    """
    return list(_lines(document, act, found, 0, ()))


def _lines(
    document: Document,
    node: Node,
    found: Mapping[str, tuple[Obligation, ...]],
    depth: int,
    above: tuple[Obligation, ...],
) -> Iterator[Line]:
    own = tuple(found.get(node.id, ())) if node.kind == "operative" else ()
    inside = own if node.kind == "operative" else above
    text = segments(clean_node(document, node), marks_of(inside))
    yield Line(node.id, node.kind, node.number, depth, text, own)
    for child in node.children:
        yield from _lines(document, child, found, depth + 1, inside)
