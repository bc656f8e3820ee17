"""The tree while it grows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from kyoto.cooperation.mandates.model import Span, Unclear
from kyoto.cooperation.mandates.structure.lines import Block, is_complete

__all__ = ["Draft", "State"]

LEVELS = {"chapter": 1, "item": 1, "workshop": 1, "roman": 1, "capital": 2, "numbered": 3, "act": 4}
"""Depth of containers; opening one closes those as deep or deeper."""


@dataclass(slots=True)
class Draft:
    """A node while it grows; see :class:`kyoto.cooperation.mandates.model.Node`."""

    kind: str
    number: str = ""
    inferred: bool = False
    spans: list[Span] = field(default_factory=list)
    cuts: list[Span] = field(default_factory=list)
    children: list[Draft] = field(default_factory=list)
    status: str = ""
    body: str = ""
    level: int = 9
    tail: str = ""
    length: int = 0

    def take(self, block: Block, *, marker: bool = True) -> None:
        """Add a block's text to this node."""
        self.spans.append((block.start, block.end))
        if marker and block.body > block.start and block.marker not in ("", "table"):
            self.cuts.append((block.start, block.body))
        self.tail = block.text[-80:]
        self.length += len(block.text)

    @property
    def complete(self) -> bool:
        """Whether the text so far ends as a sentence ends."""
        return is_complete(self.tail)

    @property
    def announces(self) -> bool:
        """Whether a list is to follow: the text ends with a colon."""
        return re.search(r":\W*$", self.tail) is not None


@dataclass(slots=True)
class State:
    """Where the reading stands.

    ``containers`` are the open chapters, sections and acts; ``leaf`` is the node that text continues; ``lists`` are
    the open
    levels of lettered lists as (node that owns the list, last letter, its style); ``entries`` is an open numbered list
    within a paragraph; ``report`` the last number of a report paragraph; ``following`` the next block
    that is not of the page.
    """

    text: str
    root: Draft = field(default_factory=lambda: Draft("root", level=0))
    containers: list[Draft] = field(default_factory=list)
    region: str = "front"
    act: Draft | None = None
    stage: str = ""
    last_operative: int = 0
    paragraph: Draft | None = None
    leaf: Draft | None = None
    lists: list[tuple[Draft, str, str]] = field(default_factory=list)
    entries: tuple[Draft, int, str] | None = None
    report: int = 0
    questions: bool = False
    last_note: Draft | None = None
    note_is_last: bool = False
    following: Block | None = None
    contents: str = ""
    furniture: list[Span] = field(default_factory=list)
    unclear: list[Unclear] = field(default_factory=list)

    @property
    def container(self) -> Draft:
        """The innermost open container."""
        return self.containers[-1] if self.containers else self.root

    def open(self, draft: Draft, level: str) -> None:
        """Open a container, closing those as deep or deeper."""
        draft.level = LEVELS[level]
        while self.containers and self.containers[-1].level >= draft.level:
            self.containers.pop()
        self.container.children.append(draft)
        self.containers.append(draft)
        self.act = draft if level == "act" else None
        self.stage = "heading" if level == "act" else ""
        self.questions = False
        self.last_operative = 0
        self.leave()
        self.leaf = draft if draft.spans else None

    def leave(self) -> None:
        """Close paragraphs and lists."""
        self.paragraph = None
        self.leaf = None
        self.lists = []
        self.entries = None

    def add(self, kind: str, block: Block, *, number: str = "", under: Draft | None = None) -> Draft:
        """Add a node with a block's text below ``under`` (by default the innermost container)."""
        draft = Draft(kind, number)
        draft.take(block)
        (under or self.container).children.append(draft)
        self.leaf = draft
        return draft

    def start_paragraph(self, kind: str, block: Block, number: str = "") -> Draft:
        """Add a paragraph at the top level of the container; lists begin anew."""
        self.leave()
        self.paragraph = self.add(kind, block, number=number)
        return self.paragraph

    def give_up(self, block: Block, reason: str) -> None:
        """List a block as not understood."""
        self.unclear.append(Unclear((block.start, block.end), reason))
