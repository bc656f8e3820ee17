"""One obligation: its text, what was found in it, where it stands and what shows that."""

from __future__ import annotations

from kyoto.cooperation.mandates.followup import due_entries
from kyoto.cooperation.mandates.followup.register import Register
from kyoto.cooperation.mandates.obligations.lexicon import meaning_of_condition
from kyoto.cooperation.mandates.review import OBLIGATION, proposal_for
from kyoto.core.database.permissions import Role
from kyoto.portal.answer import NotFound
from kyoto.portal.mandates.desk import Reply, Visit
from kyoto.portal.mandates.holding import Held
from kyoto.portal.mandates.marking import KINDS, Line, lines_of
from kyoto.portal.mandates.rendering import page

__all__ = ["one"]


def one(visit: Visit) -> Reply:
    """Page of an obligation."""
    identifier = visit.asked("id")
    shelf = visit.desk.shelf
    with visit.work() as work:
        found = shelf.register(work)
        entry = found.entries.get(identifier)
        if entry is None:
            raise NotFound(identifier)
        held = shelf.held(work, entry.document)
        facets = shelf.documents(work)[entry.document].facets.get(entry.paragraph, {}) if held is not None else {}
        proposal = proposal_for(work, OBLIGATION, identifier) if visit.actor is not None else None
        may_edit = visit.may_for(work, Role.EDITOR, OBLIGATION.kind, identifier)
        may_approve = visit.may_for(work, Role.APPROVER, OBLIGATION.kind, identifier)
        visit.log_reading(work, "obligation", identifier)
    due = due_entries(Register((entry,)), visit.desk.calendar(found.register), today=visit.today)
    return page(
        visit,
        "obligation",
        visit.words("obligation.title", paragraph=entry.paragraph.split("/", 1)[-1].replace("/", " ")),
        kind=OBLIGATION.kind,
        entry=entry,
        revision=found.revision(OBLIGATION.kind, identifier),
        lines=_paragraph(held, entry.paragraph),
        kinds=KINDS[:-1],
        found=_suggested(held, entry.paragraph, identifier),
        facets=facets,
        due=due,
        meaning=meaning_of_condition,
        proposal=proposal if proposal is not None and proposal.state in ("open", "declined") else None,
        may_edit=may_edit,
        may_approve=may_approve,
    )


def _paragraph(held: Held | None, paragraph: str) -> list[Line]:
    node = held.document.find(paragraph) if held is not None else None
    return lines_of(held.document, node, held.obligations) if held is not None and node is not None else []


def _suggested(held: Held | None, paragraph: str, identifier: str) -> object:
    """What the rules found, as long as the document still says it."""
    found = held.obligations.get(paragraph, ()) if held is not None else ()
    return next((each for each in found if each.id == identifier), None)
