"""What cites what, and what it is about: edges from paragraphs to documents, treaties, Goals, topics and classes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from kyoto.cooperation.mandates.cleantext import clean_node
from kyoto.cooperation.mandates.links.citations import citations, known_instruments
from kyoto.cooperation.mandates.links.topics import Topic, known_topics
from kyoto.cooperation.mandates.model import PARAGRAPHS, Document, Node

__all__ = ["KINDS", "Edge", "links", "subjects", "to_graphml"]

KINDS = ("resolution", "decision", "document", "treaty", "instrument", "goal", "target", "topic", "iccs")
"""Kinds of what is linked to; the last two only as subjects."""

_RECALLS = re.compile(r"\s*(?:also |further )?(?:recall(?:s|ing)?)\b", re.IGNORECASE)
_SUPERSEDES = re.compile(
    r"\b(?:supersed(?:es|ing|e)|replac(?:es|ing)|to replace|in place of)\s+[^.;]{0,60}$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Edge:
    """One link.

    Parameters
    ----------
    source
        Document and act, as ``E/2017/30#resolution-26-4``.
    paragraph
        The paragraph or footnote in which it stands.
    relation
        ``cites``, ``recalls`` or ``supersedes``; ``about`` for subjects.
    kind, target, locator
        See :class:`~kyoto.cooperation.mandates.links.citations.Citation`; subjects are of the kind ``topic``, ``iccs``
        or ``target``.
    name
        Name of a treaty, instrument or topic, title of an ICCS class; empty for symbols.
    start, end
        Span in the source; of a subject that of the first words on it.
    """

    source: str
    paragraph: str
    relation: str
    kind: str
    target: str
    locator: str
    name: str
    start: int
    end: int

    def row(self) -> dict[str, Any]:
        """Row of plain values."""
        return asdict(self)


def links(document: Document) -> list[Edge]:
    r"""Find all links of a document, in order.

    Examples
    --------
    >>> from kyoto.cooperation.mandates.structure import parse
    >>> text = "Resolution 1/1\n\nData\n\nThe General Assembly,\n\nRecalling its resolution 70/1,\n\n1. Notes it.\n"
    >>> [(edge.source, edge.relation, edge.target) for edge in links(parse(text, "a"))]
    [('a#resolution-1-1', 'recalls', 'A/RES/70/1')]
    """
    name = document.symbol or document.name
    found: list[Edge] = []
    for node in document.root:
        found += _below(document, node, name, name, "")
    return found


def subjects(document: Document) -> list[Edge]:
    r"""Find what paragraphs are about, in order: topics, and the SDG targets and ICCS classes that belong to them.

    Examples
    --------
    >>> from kyoto.cooperation.mandates.structure import parse
    >>> text = "Resolution 1/1\n\nData\n\nThe General Assembly,\n\n1. Urges States to counter terrorism.\n"
    >>> [(edge.kind, edge.target) for edge in subjects(parse(text, "a"))]
    [('topic', 'terrorism'), ('target', 'target-16.1'), ('target', 'target-16.a'), ('iccs', '0906')]
    """
    name = document.symbol or document.name
    acts = {node.id: act.id for act in document.resolutions() for node in act.walk()}
    found: list[Edge] = []
    for node in document.walk():
        if node.kind in PARAGRAPHS:
            source = f"{name}#{acts[node.id]}" if node.id in acts else name
            found += _subjects_of(document, node, source)
    return found


def _subjects_of(document: Document, node: Node, source: str) -> Iterator[Edge]:
    whole = clean_node(document, node)
    for topic in known_topics().values():
        words = topic.pattern.search(whole.text)
        if words is None or words.end() == words.start():
            continue
        start, end = whole.span(words.start(), words.end())
        for kind, target, named in _of_topic(topic):
            yield Edge(source, node.id, "about", kind, target, "", named, start, end)


def _of_topic(topic: Topic) -> Iterator[tuple[str, str, str]]:
    """Kind, target and name of a topic and of what belongs to it."""
    from kyoto.statistics.classification import iccs

    yield "topic", topic.id, topic.name
    for target in topic.targets:
        yield "target", f"target-{target}", ""
    for code in topic.iccs:
        yield "iccs", code, iccs().get(code).title


def _below(document: Document, node: Node, name: str, source: str, body: str) -> Iterator[Edge]:
    if node.kind in ("resolution", "decision"):
        source, body = f"{name}#{node.id}", node.body
    if node.kind in PARAGRAPHS or node.kind in ("note", "enacting"):
        yield from _of_node(document, node, source, body)
    for child in node.children:
        yield from _below(document, child, name, source, body)


def _of_node(document: Document, node: Node, source: str, body: str) -> Iterator[Edge]:
    whole = clean_node(document, node)
    recalls = _RECALLS.match(whole.text) is not None and node.kind in ("preamble", "operative")
    for citation in citations(whole.text, "" if node.kind == "note" else body):
        before = whole.text[max(0, citation.start - 90) : citation.start]
        relation = "supersedes" if _SUPERSEDES.search(before) else "recalls" if recalls else "cites"
        start, end = whole.span(citation.start, citation.end)
        yield Edge(
            source=source,
            paragraph=node.id,
            relation=relation,
            kind=citation.kind,
            target=citation.target,
            locator=citation.locator,
            name=known_instruments().get(citation.target, {}).get("name", ""),
            start=start,
            end=end,
        )


def to_graphml(edges: list[Edge]) -> bytes:
    """Write links as GraphML, which graph programs read: sources and targets as nodes, relations on the edges."""
    from lxml import etree

    space = "http://graphml.graphdrawing.org/xmlns"
    root = etree.Element(f"{{{space}}}graphml", nsmap={None: space})
    for key, owner in (
        ("label", "node"),
        ("kind", "node"),
        ("relation", "edge"),
        ("paragraph", "edge"),
        ("locator", "edge"),
    ):
        etree.SubElement(root, f"{{{space}}}key", {"id": key, "for": owner, "attr.name": key, "attr.type": "string"})
    graph = etree.SubElement(root, f"{{{space}}}graph", edgedefault="directed")
    nodes = {edge.source: ("act", edge.source) for edge in edges} | {
        edge.target: (edge.kind, edge.name or edge.target) for edge in edges
    }
    for identifier, (kind, label) in nodes.items():
        made = etree.SubElement(graph, f"{{{space}}}node", id=identifier)
        etree.SubElement(made, f"{{{space}}}data", key="label").text = label
        etree.SubElement(made, f"{{{space}}}data", key="kind").text = kind
    for edge in edges:
        made = etree.SubElement(graph, f"{{{space}}}edge", source=edge.source, target=edge.target)
        for key in ("relation", "paragraph", "locator"):
            etree.SubElement(made, f"{{{space}}}data", key=key).text = getattr(edge, key)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
