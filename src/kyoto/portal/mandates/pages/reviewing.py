"""What waits for a decision, and the decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kyoto.cooperation.mandates.followup.views import act_label
from kyoto.cooperation.mandates.review import (
    SUBJECTS,
    Proposal,
    Subject,
    differences,
    open_proposals,
)
from kyoto.cooperation.mandates.review import (
    approve as approve_proposal,
)
from kyoto.cooperation.mandates.review import (
    decline as decline_proposal,
)
from kyoto.cooperation.mandates.review import (
    withdraw as withdraw_proposal,
)
from kyoto.core.database.permissions import Role
from kyoto.portal.mandates.desk import Reply, Visit
from kyoto.portal.mandates.pages.history import number
from kyoto.portal.mandates.rendering import page, redirect
from kyoto.portal.mandates.standing import Found
from kyoto.portal.mandates.wording import session_name

__all__ = ["approve", "decline", "waiting", "withdraw"]


def waiting(visit: Visit) -> Reply:
    """Proposals with what each would change."""
    with visit.work() as work:
        proposals = open_proposals(work)
        found = visit.desk.shelf.register(work)
        for kind in dict.fromkeys(proposal.kind for proposal in proposals):
            visit.log_reading(work, kind, "*", {"part": "review", "records": len(proposals)})
    rows = [_row(visit, proposal, found) for proposal in proposals]
    return page(visit, "review", visit.words("review.title"), rows=rows)


def _row(visit: Visit, proposal: Proposal, found: Found) -> dict[str, Any]:
    subject = SUBJECTS[proposal.kind]
    one = found.of_kind(proposal.kind).get(proposal.record)
    revision = found.revision(proposal.kind, proposal.record)
    before = subject.edit_of(one if one is not None else subject.now(proposal.record, {}))
    return {
        "proposal": proposal,
        "at": datetime.fromisoformat(proposal.at),
        "label": _label(visit, proposal, one),
        "text": getattr(one, "clause", "") or getattr(one, "text", ""),
        "found": differences(before.plain() | {"evidence": ""}, {"evidence": ""} | proposal.edit.plain()),
        "current": revision == proposal.base,
    }


def _label(visit: Visit, proposal: Proposal, one: Any) -> str:
    if proposal.kind == "session":
        return session_name(visit.words, proposal.record)
    if proposal.kind == "recommendation":
        return proposal.record
    return f"{act_label(one.act)}, {one.paragraph.split('/', 1)[-1].replace('/', ' ')}"


def approve(visit: Visit, subject: Subject) -> Reply:
    """Let a proposal take effect."""
    with visit.work() as work:
        account, revision = visit.account(work), number(visit.sent("revision"))
        approve_proposal(work, account, subject, visit.sent("id"), revision, today=visit.today)
    return _decided(visit, subject, "approved")


def decline(visit: Visit, subject: Subject) -> Reply:
    """Turn a proposal down, with a reason."""
    with visit.work() as work:
        account, revision = visit.account(work), number(visit.sent("revision"))
        decline_proposal(work, account, subject, visit.sent("id"), revision, visit.sent("reason"))
    return _decided(visit, subject, "declined")


def withdraw(visit: Visit, subject: Subject) -> Reply:
    """Take one's own proposal back."""
    with visit.work() as work:
        account, revision = visit.account(work), number(visit.sent("revision"))
        withdraw_proposal(work, account, subject, visit.sent("id"), revision)
    return _decided(visit, subject, "withdrawn")


def _decided(visit: Visit, subject: Subject, said: str) -> Reply:
    """Back to the list, or to the record for who may not see the list."""
    if visit.may(Role.EDITOR):
        return redirect(visit.to("review", said=said))
    return redirect(visit.to(subject.kind, id=visit.sent("id"), said=said))
