"""A document with what was found in it, and the little of it that lists need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kyoto.cooperation.mandates.cleantext import clean_node
from kyoto.cooperation.mandates.links import Edge, links
from kyoto.cooperation.mandates.model import Document
from kyoto.cooperation.mandates.obligations import obligations
from kyoto.cooperation.mandates.obligations.model import Obligation
from kyoto.cooperation.mandates.output import act_rows
from kyoto.cooperation.mandates.search import IndexedParagraph, paragraphs_of

__all__ = ["Held", "Summary", "hold", "paragraphs_in", "summarize", "title_of"]

_KIND = re.compile(
    r"(?:report|discussion guide|concept note|contribution|note|letter|summary|background|working paper|draft)\b",
    re.IGNORECASE,
)
"""How the line of a title page begins that says what the document is."""
_OF_PARAGRAPH = ("body", "year", "topic", "sdg", "cites")


@dataclass(frozen=True, slots=True)
class Held:
    """A document with what was found in it.

    Parameters
    ----------
    document, adopted
        As kept.
    obligations
        By id of the paragraph.
    edges
        What it cites.
    """

    document: Document
    adopted: str
    obligations: Mapping[str, tuple[Obligation, ...]]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """What lists need of a document, small enough to keep of all.

    Parameters
    ----------
    name, adopted
        Its symbol, or name; day of its acts.
    title
        What it is, from its title page.
    totals
        What it consists of.
    acts
        A row a resolution or decision.
    facets
        Facets of its operative paragraphs, by their id.
    """

    name: str
    adopted: str
    title: str
    totals: Mapping[str, int]
    acts: tuple[Mapping[str, object], ...]
    facets: Mapping[str, Mapping[str, tuple[str, ...]]]


def hold(document: Document, adopted: str) -> Held:
    """Find what is in a document."""
    found: dict[str, list[Obligation]] = {}
    for one in obligations(document):
        found.setdefault(one.paragraph, []).append(one)
    return Held(document, adopted, {name: tuple(each) for name, each in found.items()}, tuple(links(document)))


def paragraphs_in(held: Held) -> list[IndexedParagraph]:
    """Paragraphs of a document with their facets, from what was found in it."""
    found = [one for each in held.obligations.values() for one in each]
    return list(paragraphs_of(held.document, found, held.edges))


def title_of(front: Sequence[str]) -> str:
    """What a document is, from the lines of its title page: its kind, then who speaks; empty if no line says either.

    Examples
    --------
    >>> title_of(["General Assembly", "24 September 2018", "Congress on Crime Prevention", "Discussion guide"])
    'Discussion guide, Congress on Crime Prevention'
    """
    kind = next((line for line in front if _KIND.match(line)), "")
    speaks = next((line for line in front if len(line.split()) > 3 and not re.match(r"\d", line) and line != kind), "")
    return ", ".join(line for line in (kind, speaks) if line)


def summarize(name: str, held: Held, paragraphs: Iterable[IndexedParagraph]) -> Summary:
    """Take out of a document what lists need."""
    document = held.document
    front = [clean_node(document, node).text for node in document.root if node.kind == "front"]
    facets = {
        one.paragraph: {facet: one.facets[facet] for facet in _OF_PARAGRAPH}
        for one in paragraphs
        if one.paragraph in held.obligations
    }
    return Summary(
        name, held.adopted, title_of(front) or document.name, document.totals(), tuple(act_rows(document)), facets
    )
