"""The form that changes an obligation, a recommendation or a session, or proposes to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from kyoto.cooperation.mandates.followup.calendar import session_of
from kyoto.cooperation.mandates.review import Proposal, Subject, differences, proposal_for, propose
from kyoto.core.database.permissions import Role
from kyoto.core.database.records import Kept, Version, kept_record, record_versions
from kyoto.core.errors import KyotoError
from kyoto.portal.answer import NotFound
from kyoto.portal.mandates.desk import Reply, Visit
from kyoto.portal.mandates.failures import problem_texts
from kyoto.portal.mandates.forms import choices, sent_edit
from kyoto.portal.mandates.pages.history import number
from kyoto.portal.mandates.rendering import page, redirect

__all__ = ["change", "changed"]


@dataclass(frozen=True, slots=True)
class _Read:
    """A record as the form shows it: what it is, its revision, the latest proposal, and who asks."""

    subject: Subject
    record: str
    one: Any
    revision: int
    proposal: Proposal | None
    may_approve: bool


def change(visit: Visit, subject: Subject) -> Reply:
    """The form, filled with what the record says, or with one's own proposal that waits."""
    read = _read(visit, subject, visit.asked("id"), log=True)
    edit, proposal = subject.edit_of(read.one), read.proposal
    if proposal is not None and (proposal.state, proposal.by, proposal.base) == ("open", visit.name, read.revision):
        edit = proposal.edit
    return _form(visit, read, edit)


def _read(visit: Visit, subject: Subject, record: str, *, log: bool = False) -> _Read:
    with visit.work() as work:
        kept = kept_record(work, subject.kind, record[:200]) or Kept(record[:200], 0, {})
        if not kept.content and subject.fresh is None:
            raise NotFound(record)
        one = subject.now(record, kept.content)
        if log and kept.content:
            visit.log_reading(work, subject.kind, record, {"part": "form"})
        may_approve = visit.may_for(work, Role.APPROVER, subject.kind, record)
        return _Read(subject, record, one, kept.revision, proposal_for(work, subject, record), may_approve)


def _form(
    visit: Visit, read: _Read, edit: Any, *, status: int = 200, problems: object = (), conflict: object = None
) -> Reply:
    kind, proposal = read.subject.kind, read.proposal
    waits = proposal is not None and proposal.state == "open" and proposal.by != visit.name
    return page(
        visit,
        f"change_{kind}",
        visit.words("change.title"),
        status=status,
        kind=kind,
        entry=read.one,
        revision=read.revision,
        edit=edit,
        may_approve=read.may_approve,
        waiting=proposal if waits else None,
        problems=problems,
        conflict=conflict,
        **choices(kind, read.one, edit),
    )


def changed(visit: Visit, subject: Subject) -> Reply:
    """Save, or propose; what somebody else changed meanwhile is shown beside what was sent."""
    record, revision = visit.sent("id"), number(visit.sent("revision"))
    edit = sent_edit(visit, subject.kind)
    try:
        if subject.fresh is not None:
            session_of(record, "2031-01-01")  # a new one must have a name that can be followed up
        with visit.work() as work:
            done = propose(work, visit.account(work), subject, record, revision, edit, today=visit.today)
    except KyotoError as error:
        read = _read(visit, subject, record)
        if error.code == "database.changed-meanwhile":
            return _collided(visit, read, edit, revision)
        if not error.code.startswith("mandates."):
            raise
        return _form(visit, replace(read, revision=revision), edit, status=422, problems=problem_texts(visit, error))
    return redirect(visit.to(subject.kind, id=record, said=done))


def _collided(visit: Visit, read: _Read, edit: Any, revision: int) -> Reply:
    """The form with the change on top of what others made of the record meanwhile, and both beside each other."""
    with visit.work() as work:
        versions = record_versions(work, read.subject.kind, read.record)
    if not versions:
        raise NotFound(read.record)
    seen = next((one for one in versions if one.revision == revision), None)
    before = read.subject.edit_of(read.subject.now(read.record, seen.content if seen is not None else {}))
    merged = _merged(read.subject, edit, before, read.subject.edit_of(read.one))
    return _form(visit, read, merged, status=409, conflict=_conflict(read, before, versions[-1], merged))


def _merged(subject: Subject, edit: Any, before: Any, now: Any) -> Any:
    """What was sent, on top of what others made of it: fields that the sender left as they were follow the others."""
    kept = {name: getattr(now, name) for name in subject.fields if getattr(edit, name) == getattr(before, name)}
    return replace(edit, **kept)


def _conflict(read: _Read, before: Any, latest: Version, merged: Any) -> dict[str, object]:
    """What others made of the record since the form was read, and what the change would make of that."""
    now = read.subject.edit_of(read.one).plain() | {"evidence": ""}
    return {
        "by": latest.by,
        "at": latest.at,
        "theirs": differences(before.plain() | {"evidence": ""}, now | {"evidence": _evidence(latest)}),
        "yours": differences(now, {"evidence": ""} | merged.plain()),
    }


def _evidence(latest: Version) -> str:
    return str((latest.content.get("history") or [{}])[-1].get("evidence", ""))
