"""What a document consists of: nodes with the spans of the source that they came from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["KINDS", "PARAGRAPHS", "Document", "Node", "Piece", "Span", "Unclear"]

Span = tuple[int, int]
"""Start and end (exclusive) in characters of the source text."""

KINDS: dict[str, str] = {
    "front": "line of the title page",
    "contents": "line of the table of contents",
    "chapter": "chapter of a report",
    "section": "part, or section with a letter, a Roman numeral or a number",
    "heading": "heading without a number",
    "item": "agenda item of a discussion guide",
    "workshop": "workshop of a discussion guide",
    "resolution": "resolution",
    "decision": "decision",
    "title": "title of a resolution, decision or chapter",
    "enacting": "the body that speaks, such as “The General Assembly,”",
    "preamble": "paragraph of a preamble",
    "operative": "operative paragraph of a resolution, or text of a decision",
    "sub": "lettered sub-paragraph",
    "agenda": "entry of a provisional agenda",
    "question": "question for discussion",
    "paragraph": "numbered paragraph of a report",
    "text": "paragraph without a number",
    "entry": "entry of a list without letters",
    "table": "row of a table",
    "note": "footnote",
}
"""Kinds of nodes, with what they are."""

PARAGRAPHS = frozenset({"operative", "preamble", "paragraph", "sub", "question", "text"})
"""Kinds that hold sentences."""


@dataclass(frozen=True, slots=True)
class Node:
    """One part of a document.

    Parameters
    ----------
    id
        Path that is unique in the document, for example ``draft-resolution-A-I/12/a``.
    kind
        One of :data:`KINDS`.
    number
        Number or letter as printed, without brackets or dots; empty if there is none.
    inferred
        True if the number is lost in the source and follows from its neighbours.
    spans
        The stretches of the source that are this node's own text; children have theirs.
    cuts
        Stretches within ``spans`` that are markers (``12.``, ``(a)``) and no part of the sentence.
    children
        Nodes below this one, in order of the source.
    status
        Of resolutions and decisions: ``draft``, ``recommended`` or ``adopted``.
    body
        Of resolutions and decisions: the body that speaks.
    """

    id: str
    kind: str
    number: str = ""
    inferred: bool = False
    spans: tuple[Span, ...] = ()
    cuts: tuple[Span, ...] = ()
    children: tuple[Node, ...] = ()
    status: str = ""
    body: str = ""

    def walk(self) -> Iterator[Node]:
        """Yield this node and all below it, in order."""
        yield self
        for child in self.children:
            yield from child.walk()

    def child(self, kind: str) -> Node | None:
        """Return the first child of a kind, or None."""
        return next((node for node in self.children if node.kind == kind), None)


@dataclass(frozen=True, slots=True)
class Unclear:
    """A stretch of the source that was not understood, and why."""

    span: Span
    reason: str


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of the partition of the source: whose it is."""

    span: Span
    owner: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document as read.

    Parameters
    ----------
    name
        Name of the file without its suffix.
    symbol
        Symbol printed on the document, such as ``E/2017/30``; empty if none is.
    text
        The source as text; all spans refer to it.
    root
        Nodes of the document.
    furniture
        Page numbers, running heads and other things of the page.
    unclear
        What was not understood. Nothing is dropped: it stands here.
    """

    name: str
    symbol: str
    text: str
    root: tuple[Node, ...]
    furniture: tuple[Span, ...] = ()
    unclear: tuple[Unclear, ...] = ()
    pages: int = 0
    facts: dict[str, str] = field(default_factory=dict)

    def walk(self) -> Iterator[Node]:
        """Yield all nodes in order."""
        for node in self.root:
            yield from node.walk()

    def find(self, identifier: str) -> Node | None:
        """Return the node with this id, or None."""
        return next((node for node in self.walk() if node.id == identifier), None)

    def resolutions(self) -> list[Node]:
        """Return resolutions and decisions in order."""
        return [node for node in self.walk() if node.kind in ("resolution", "decision")]

    def operative(self, within: Node | None = None) -> list[Node]:
        """Return operative paragraphs of one resolution, or of all (text of decisions included)."""
        nodes = within.walk() if within is not None else self.walk()
        return [node for node in nodes if node.kind == "operative"]

    def pieces(self) -> list[Piece]:
        """Return the partition of the source: each character is in exactly one piece.

        Examples
        --------
        >>> Document("a", "", "1. Yes.", (Node("1", "paragraph", "1", spans=((0, 7),)),)).pieces()
        [Piece(span=(0, 7), owner='1')]
        """
        found = [Piece(span, node.id) for node in self.walk() for span in node.spans]
        found += [Piece(span, "furniture") for span in self.furniture]
        found += [Piece(entry.span, "unclear") for entry in self.unclear]
        return sorted(found, key=lambda piece: piece.span)

    def totals(self) -> dict[str, int]:
        """Count what was found: nodes by kind and characters by where they went.

        Returns
        -------
        dict
            ``resolutions``, ``decisions``, ``operative_paragraphs`` (of resolutions), ``clauses`` (of decisions),
            ``questions`` and other kinds, then ``characters`` and how many are structure, furniture, not understood.
        """
        kinds = Counter(node.kind for node in self.walk())
        numbered = sum(len(self.operative(node)) for node in self.resolutions() if node.kind == "resolution")
        furniture = sum(end - start for start, end in self.furniture)
        unclear = sum(entry.span[1] - entry.span[0] for entry in self.unclear)
        structure = sum(end - start for node in self.walk() for start, end in node.spans)
        return {
            "resolutions": kinds["resolution"],
            "decisions": kinds["decision"],
            "operative_paragraphs": numbered,
            "clauses": kinds["operative"] - numbered,
            "preambular_paragraphs": kinds["preamble"],
            "sub_paragraphs": kinds["sub"],
            "report_paragraphs": kinds["paragraph"],
            "agenda_items": kinds["item"],
            "workshops": kinds["workshop"],
            "questions": kinds["question"],
            "footnotes": kinds["note"],
            "characters": len(self.text),
            "characters_in_structure": structure,
            "characters_in_furniture": furniture,
            "characters_not_understood": unclear,
        }
