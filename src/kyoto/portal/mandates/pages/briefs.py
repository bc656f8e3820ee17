"""The evidence brief of an item: indicators, figures and evaluations that can answer it, and data that are missing."""

from __future__ import annotations

import tempfile
from pathlib import Path

from kyoto.cooperation.mandates.links import Evidence, evidence_brief, known_topics
from kyoto.cooperation.mandates.links.brief import write_brief
from kyoto.cooperation.mandates.links.evidence import FIGURES_ON
from kyoto.portal.answer import NotFound
from kyoto.portal.mandates.desk import Reply, Visit
from kyoto.portal.mandates.evidence import AtHand
from kyoto.portal.mandates.rendering import page

__all__ = ["DOCUMENTS", "brief", "file"]

DOCUMENTS = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "html": "text/html; charset=utf-8",
}
"""Media types of printed documents by the ending of their file."""


def _evidence(visit: Visit) -> tuple[Evidence, AtHand]:
    name, item = visit.asked("document"), visit.asked("id")
    with visit.work() as work:
        held = visit.desk.shelf.held(work, name[:200])
        if held is None:
            raise NotFound(name)
        visit.log_reading(work, "document", name, {"brief": item[:150]})
    at_hand = visit.desk.evidence.at_hand()
    found = evidence_brief(held.document, item, evaluations=at_hand.evaluations, held=at_hand.held)
    return found, at_hand


def brief(visit: Visit) -> Reply:
    """The brief as a page."""
    found, at_hand = _evidence(visit)
    topics = [each.topics for each in found.questions] + [each.topics for each in found.evaluations]
    named = dict.fromkeys(topic for each in topics for topic in each)
    unheld = {f"{FIGURES_ON} {one.code}, {one.title}" for one in found.answers if one.held is None}
    return page(
        visit,
        "brief",
        found.title[:300] or found.item,
        brief=found,
        topics={topic: known_topics()[topic].name for topic in named},
        titles={one.id: one.title for one in found.evaluations},
        lacking=[pair for pair in found.missing if pair[0] not in unheld],
        not_held=[pair for pair in found.missing if pair[0] in unheld],
        at_hand=at_hand,
        figure=lambda value: visit.words.number(value, _digits(value)),
        formats=tuple(DOCUMENTS),
    )


def _digits(value: float) -> int:
    """Digits behind the point that say something of a figure."""
    return 0 if value.is_integer() or abs(value) >= 1000 else 1 if abs(value) >= 10 else 2


def file(visit: Visit) -> Reply:
    """The brief as a file to take along; what opens in a browser is saved, not shown."""
    form = visit.asked("format", "docx")
    if form not in DOCUMENTS:
        raise NotFound(form)
    found, _ = _evidence(visit)
    with tempfile.TemporaryDirectory(prefix="kyoto-out-") as folder:
        path = Path(folder) / f"brief.{form}"
        write_brief(found, path)
        return Reply(path.read_bytes(), DOCUMENTS[form], name=f"brief-{found.item.replace('/', '_')}.{form}")
