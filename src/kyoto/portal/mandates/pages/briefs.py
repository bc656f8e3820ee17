"""The evidence brief of an item: which indicators can answer it, and which data are missing."""

from __future__ import annotations

import tempfile
from pathlib import Path

from kyoto.cooperation.mandates.links import Evidence, evidence_brief, known_topics
from kyoto.cooperation.mandates.links.brief import write_brief
from kyoto.portal.answer import NotFound
from kyoto.portal.mandates.desk import Reply, Visit
from kyoto.portal.mandates.rendering import page

__all__ = ["DOCUMENTS", "brief", "file"]

DOCUMENTS = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "html": "text/html; charset=utf-8",
}
"""Media types of printed documents by the ending of their file."""


def _evidence(visit: Visit) -> Evidence:
    name, item = visit.asked("document"), visit.asked("id")
    with visit.work() as work:
        held = visit.desk.shelf.held(work, name[:200])
        if held is None:
            raise NotFound(name)
        visit.log_reading(work, "document", name, {"brief": item[:150]})
    return evidence_brief(held.document, item)


def brief(visit: Visit) -> Reply:
    """The brief as a page."""
    found = _evidence(visit)
    topics = {topic: known_topics()[topic].name for question in found.questions for topic in question.topics}
    return page(visit, "brief", found.title[:300] or found.item, brief=found, topics=topics, formats=tuple(DOCUMENTS))


def file(visit: Visit) -> Reply:
    """The brief as a file to take along; what opens in a browser is saved, not shown."""
    form = visit.asked("format", "docx")
    if form not in DOCUMENTS:
        raise NotFound(form)
    found = _evidence(visit)
    with tempfile.TemporaryDirectory(prefix="kyoto-out-") as folder:
        path = Path(folder) / f"brief.{form}"
        write_brief(found, path)
        return Reply(path.read_bytes(), DOCUMENTS[form], name=f"brief-{found.item.replace('/', '_')}.{form}")
