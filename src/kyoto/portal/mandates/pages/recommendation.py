"""One recommendation of a review: what it says, what the State answered, where it stands and what shows that."""

from __future__ import annotations

from kyoto.cooperation.mandates.mechanisms import recommendation_rows
from kyoto.cooperation.mandates.review import RECOMMENDATION, proposal_for
from kyoto.core.database.permissions import Role
from kyoto.portal.answer import NotFound
from kyoto.portal.mandates.desk import Reply, Visit
from kyoto.portal.mandates.rendering import page

__all__ = ["one"]


def one(visit: Visit) -> Reply:
    """Page of a recommendation."""
    identifier = visit.asked("id")
    kind = RECOMMENDATION.kind
    with visit.work() as work:
        found = visit.desk.shelf.register(work)
        recommendation = found.recommendations.get(identifier)
        if recommendation is None:
            raise NotFound(identifier)
        proposal = proposal_for(work, RECOMMENDATION, identifier) if visit.actor is not None else None
        may_edit = visit.may_for(work, Role.EDITOR, kind, identifier)
        may_approve = visit.may_for(work, Role.APPROVER, kind, identifier)
        visit.log_reading(work, kind, identifier)
    (row,) = recommendation_rows([recommendation], visit.desk.calendar(found.register), today=visit.today)
    return page(
        visit,
        "recommendation",
        visit.words("recommendation.title", number=recommendation.number or identifier),
        kind=kind,
        entry=recommendation,
        row=row,
        revision=found.revision(kind, identifier),
        proposal=proposal if proposal is not None and proposal.state in ("open", "declined") else None,
        may_edit=may_edit,
        may_approve=may_approve,
    )
