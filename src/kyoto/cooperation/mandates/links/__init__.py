"""Links: what a document cites, its topics, and the evidence that Kyoto holds on an item or question."""

from kyoto.cooperation.mandates.links.citations import Citation, citations
from kyoto.cooperation.mandates.links.evaluations import Evaluation, evaluations_on
from kyoto.cooperation.mandates.links.evidence import Evidence, evidence_brief
from kyoto.cooperation.mandates.links.figures import Held, held_figures, read_held_figures
from kyoto.cooperation.mandates.links.graph import Edge, links, subjects, to_graphml
from kyoto.cooperation.mandates.links.topics import known_topics, topics_of

__all__ = [
    "Citation",
    "Edge",
    "Evaluation",
    "Evidence",
    "Held",
    "citations",
    "evaluations_on",
    "evidence_brief",
    "held_figures",
    "known_topics",
    "links",
    "read_held_figures",
    "subjects",
    "to_graphml",
    "topics_of",
]
