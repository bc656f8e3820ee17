"""The form that changes an obligation, or proposes to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from kyoto.cooperation.mandates.followup import STATUSES
from kyoto.cooperation.mandates.followup.register import Entry
from kyoto.cooperation.mandates.obligations.lexicon import known_conditions, known_parties, meaning_of_condition
from kyoto.cooperation.mandates.review import Edit, differences, edit_of, proposal_for, propose
from kyoto.cooperation.mandates.review.edit import FIELDS
from kyoto.cooperation.mandates.review.proposals import OBLIGATION, Proposal, entry_of
from kyoto.core.database.permissions import Role
from kyoto.core.database.records import Kept, Version, kept_record, record_versions
from kyoto.core.errors import KyotoError
from kyoto.portal.answer import NotFound
from kyoto.portal.mandates.desk import Reply, Visit
from kyoto.portal.mandates.failures import problem_texts
from kyoto.portal.mandates.pages.history import number
from kyoto.portal.mandates.rendering import page, redirect

__all__ = ["change", "changed"]


def change(visit: Visit) -> Reply:
    """The form, filled with what the obligation says, or with one's own proposal that waits."""
    identifier = visit.asked("id")
    kept, proposal, may_approve = _read(visit, identifier, log=True)
    entry = entry_of(kept)
    own = proposal is not None and proposal.state == "open" and proposal.by == visit.name
    edit = proposal.edit if proposal is not None and own and proposal.base == kept.revision else edit_of(entry)
    return _form(visit, entry, kept.revision, edit, may_approve, proposal=proposal)


def _read(visit: Visit, identifier: str, *, log: bool = False) -> tuple[Kept, Proposal | None, bool]:
    with visit.work() as work:
        kept = kept_record(work, OBLIGATION, identifier[:200])
        if kept is None:
            raise NotFound(identifier)
        if log:
            visit.log_reading(work, "obligation", identifier, {"part": "form"})
        may_approve = visit.may_for(work, Role.APPROVER, OBLIGATION, identifier)
        return kept, proposal_for(work, identifier), may_approve


def _form(
    visit: Visit,
    entry: Entry,
    revision: int,
    edit: Edit,
    may_approve: bool,
    *,
    proposal: Proposal | None = None,
    status: int = 200,
    problems: object = (),
    conflict: object = None,
) -> Reply:
    waiting = proposal if proposal is not None and proposal.state == "open" and proposal.by != visit.name else None
    chosen = {*edit.addressees, *edit.report_to}
    parties = sorted(known_parties().names.items(), key=lambda pair: (pair[0] not in chosen, pair[1].lower()))
    return page(
        visit,
        "change",
        visit.words("change.title"),
        status=status,
        entry=entry,
        revision=revision,
        edit=edit,
        parties=parties,
        conditions=[(name, meaning_of_condition(name)) for name, _ in known_conditions()],
        states=_states(entry),
        statuses=STATUSES,
        may_approve=may_approve,
        waiting=waiting,
        problems=problems,
        conflict=conflict,
    )


def _states(entry: Entry) -> tuple[str, ...]:
    """What a person can make of an obligation, what it is first."""
    return tuple(dict.fromkeys((entry.state, "accepted", "rejected")))


def changed(visit: Visit) -> Reply:
    """Save, or propose; what somebody else changed meanwhile is shown beside what was sent."""
    identifier, revision = visit.sent("id"), number(visit.sent("revision"))
    edit = _edit(visit)
    try:
        with visit.work() as work:
            done = propose(work, visit.account(work), identifier, revision, edit, today=visit.today)
    except KyotoError as error:
        kept, proposal, may_approve = _read(visit, identifier)
        entry = entry_of(kept)
        if error.code == "database.changed-meanwhile":
            versions = _versions(visit, identifier)
            read = next((one for one in versions if one.revision == revision), versions[-1])
            merged = _merged(edit, edit_of(entry_of(Kept(identifier, 0, read.content))), edit_of(entry))
            conflict = _conflict(read, versions[-1], entry, merged)
            return _form(visit, entry, kept.revision, merged, may_approve, status=409, conflict=conflict)
        if not error.code.startswith("mandates."):
            raise
        problems = problem_texts(visit, error)
        return _form(visit, entry, revision, edit, may_approve, proposal=proposal, status=422, problems=problems)
    return redirect(visit.to("obligation", id=identifier, said=done))


def _versions(visit: Visit, identifier: str) -> list[Version]:
    with visit.work() as work:
        return record_versions(work, OBLIGATION, identifier)


def _merged(edit: Edit, read: Edit, now: Edit) -> Edit:
    """What was sent, on top of what others made of it: fields that the sender left as they were follow the others."""
    kept: dict[str, Any] = {name: getattr(now, name) for name in FIELDS if getattr(edit, name) == getattr(read, name)}
    return replace(edit, **kept)


def _conflict(read: Version, latest: Version, entry: Entry, merged: Edit) -> dict[str, object]:
    """What others made of the obligation since the form was read, and what the change would make of that."""
    return {
        "by": latest.by,
        "at": latest.at,
        "theirs": differences(read.content, latest.content),
        "yours": differences(edit_of(entry).plain() | {"evidence": ""}, merged.plain()),
    }


def _edit(visit: Visit) -> Edit:
    return Edit(
        addressees=_parties(visit, "addressees"),
        conditions=_several(visit.form.get("conditions", ())),
        due=_several(visit.sent("due").splitlines()),
        report_to=_parties(visit, "report_to"),
        units=_several(visit.sent("units").splitlines()),
        state=visit.sent("state"),
        status=visit.sent("status"),
        evidence=visit.sent("evidence"),
    )


def _parties(visit: Visit, name: str) -> tuple[str, ...]:
    """Parties that were ticked, and those that were typed, one a line."""
    return _several([*visit.form.get(name, ()), *visit.sent(f"{name}_other").splitlines()])


def _several(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value.strip() for value in values if value.strip()))
