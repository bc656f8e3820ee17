"""Links: what a document cites, its topics, and the evidence that Kyoto holds on an item or question."""

from kyoto.cooperation.mandates.links.citations import Citation, citations
from kyoto.cooperation.mandates.links.evidence import Evidence, evidence_brief
from kyoto.cooperation.mandates.links.graph import Edge, links, to_graphml
from kyoto.cooperation.mandates.links.topics import known_topics, topics_of

__all__ = [
    "Citation",
    "Edge",
    "Evidence",
    "citations",
    "evidence_brief",
    "known_topics",
    "links",
    "to_graphml",
    "topics_of",
]
