"""What waits for a decision, and the decisions."""

from __future__ import annotations

from kyoto.cooperation.mandates.review import (
    approve as approve_proposal,
)
from kyoto.cooperation.mandates.review import (
    decline as decline_proposal,
)
from kyoto.cooperation.mandates.review import (
    differences,
    edit_of,
    open_proposals,
)
from kyoto.cooperation.mandates.review import (
    withdraw as withdraw_proposal,
)
from kyoto.portal.mandates.desk import Reply, Visit
from kyoto.portal.mandates.pages.history import number
from kyoto.portal.mandates.rendering import page, redirect

__all__ = ["approve", "decline", "waiting", "withdraw"]


def waiting(visit: Visit) -> Reply:
    """Proposals with what each would change."""
    with visit.work() as work:
        proposals = open_proposals(work)
        found = visit.desk.shelf.register(work)
        visit.log_reading(work, "obligation", "*", {"part": "review", "records": len(proposals)})
    rows = []
    for proposal in proposals:
        entry = found.entries[proposal.obligation]
        before = edit_of(entry).plain() | {"evidence": ""}
        current = found.revisions[proposal.obligation] == proposal.base
        rows.append((proposal, entry, differences(before, proposal.edit.plain()), current))
    return page(visit, "review", visit.words("review.title"), rows=rows)


def approve(visit: Visit) -> Reply:
    """Let a proposal take effect."""
    with visit.work() as work:
        approve_proposal(work, visit.account(work), visit.sent("id"), number(visit.sent("revision")), today=visit.today)
    return _decided(visit, "approved")


def decline(visit: Visit) -> Reply:
    """Turn a proposal down, with a reason."""
    with visit.work() as work:
        revision = number(visit.sent("revision"))
        decline_proposal(work, visit.account(work), visit.sent("id"), revision, visit.sent("reason"))
    return _decided(visit, "declined")


def withdraw(visit: Visit) -> Reply:
    """Take one's own proposal back."""
    with visit.work() as work:
        withdraw_proposal(work, visit.account(work), visit.sent("id"), number(visit.sent("revision")))
    return _decided(visit, "withdrawn")


def _decided(visit: Visit, said: str) -> Reply:
    """Back to the list, or to the obligation for who may not see the list."""
    from kyoto.core.database.permissions import Role

    if visit.may(Role.EDITOR):
        return redirect(visit.to("review", said=said))
    return redirect(visit.to("obligation", id=visit.sent("id"), said=said))
