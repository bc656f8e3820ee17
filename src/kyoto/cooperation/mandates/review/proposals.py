"""Proposals in the database: made by editors, decided by approvers, each step in the audit log."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from kyoto.cooperation.mandates.events import Event
from kyoto.cooperation.mandates.review.edit import AnyEdit
from kyoto.cooperation.mandates.review.subjects import SUBJECTS, Subject
from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    from kyoto.core.database.records import Kept
    from kyoto.core.database.tables import Account
    from kyoto.core.database.work import Work

__all__ = [
    "Proposal",
    "approve",
    "decline",
    "open_proposals",
    "proposal_for",
    "propose",
    "restore_version",
    "withdraw",
]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody wants a record to say; one a record can wait for a decision.

    Parameters
    ----------
    kind, record
        What it is about.
    revision
        Of the proposal itself.
    base
        Revision of the record that it was made on; 0 if there is none yet.
    edit
        What it shall say.
    state
        ``open``, ``approved``, ``declined`` or ``withdrawn``.
    by, at
        Who made it, and when (ISO, UTC).
    decided_by, decided_at, reason
        Who decided, when, and why it was declined.
    """

    kind: str
    record: str
    revision: int
    base: int
    edit: AnyEdit
    state: str
    by: str
    at: str
    decided_by: str = ""
    decided_at: str = ""
    reason: str = ""


def proposal_for(work: Work, subject: Subject, record: str) -> Proposal | None:
    """Return the latest proposal for a record, whatever became of it."""
    from kyoto.core.database.records import kept_record

    kept = kept_record(work, subject.proposals, record)
    return _proposal(subject, kept) if kept is not None else None


def open_proposals(work: Work) -> list[Proposal]:
    """Return what waits for a decision, the oldest first."""
    from kyoto.core.database.records import kept_records

    found = [
        _proposal(subject, kept) for subject in SUBJECTS.values() for kept in kept_records(work, subject.proposals)
    ]
    return sorted((one for one in found if one.state == "open"), key=lambda one: one.at)


def propose(
    work: Work, account: Account, subject: Subject, record: str, revision: int, edit: AnyEdit, *, today: date
) -> str:
    """Propose a change of a record; that of an approver takes effect at once.

    Parameters
    ----------
    work, account
        The transaction, and who proposes: an editor, for everything or for this record.
    subject, record, revision
        Which one, as it was read; revision 0 for a session that is not in the register yet.
    edit
        What it shall say.
    today
        For the history.

    Returns
    -------
    str
        ``saved`` or ``proposed``.

    Raises
    ------
    KyotoError
        ``database.not-allowed``, ``database.changed-meanwhile``, ``mandates.proposal-waits`` (that of somebody else),
        and those of the subject's ``apply``.
    """
    from kyoto.core.database.permissions import Role, allowed, require
    from kyoto.core.database.records import Kept, kept_record, save_record

    require(work, account, Role.EDITOR, subject.kind, record)
    there = _current(work, subject, record, revision)
    changed = subject.apply(subject.now(record, there.content), edit, by=account.name, today=today)
    if allowed(work, account, Role.APPROVER, subject.kind, record):
        _save(work, subject, there, changed)
        return "saved"
    waiting = kept_record(work, subject.proposals, record)
    if waiting is not None and waiting.content["state"] == "open" and waiting.content["by"] != account.name:
        raise KyotoError(
            "Somebody else's proposal waits for a decision",
            code="mandates.proposal-waits",
            got=waiting.content["by"],
            hint="Wait until it is decided, then propose yours.",
        )
    if "due" in subject.fields:  # times in their one spelling, as they will stand
        edit = replace(edit, **{"due": changed.due})
    made = Proposal(subject.kind, record, 0, revision, edit, "open", account.name, _now())
    save_record(work, subject.proposals, Kept(record, waiting.revision if waiting else 0, _plain(made)))
    return "proposed"


def approve(work: Work, account: Account, subject: Subject, record: str, revision: int, *, today: date) -> None:
    """Let a proposal take effect.

    Parameters
    ----------
    work, account
        The transaction, and who decides: an approver, for everything or for this record, and not who proposed.
    subject, record, revision
        The proposal as it was read.
    today
        For the history.

    Raises
    ------
    KyotoError
        ``database.not-allowed``, ``database.changed-meanwhile`` (the proposal or the record),
        ``mandates.own-proposal``, ``mandates.no-proposal``.
    """
    proposal = _to_decide(work, account, subject, record, revision)
    if proposal.by == account.name:
        raise KyotoError(
            "Nobody approves their own proposal", code="mandates.own-proposal", hint="Ask another approver."
        )
    there = _current(work, subject, record, proposal.base)
    before = subject.now(record, there.content)
    changed = subject.apply(before, proposal.edit, by=proposal.by, today=today, approved_by=account.name)
    _save(work, subject, there, changed)
    _decide(work, subject, proposal, "approved", account.name)


def decline(work: Work, account: Account, subject: Subject, record: str, revision: int, reason: str) -> None:
    """Turn a proposal down, with a reason that its author reads.

    Raises
    ------
    KyotoError
        ``mandates.no-reason``, and as :func:`approve`.
    """
    proposal = _to_decide(work, account, subject, record, revision)
    if not reason.strip():
        raise KyotoError("A proposal is declined with a reason", code="mandates.no-reason")
    _decide(work, subject, proposal, "declined", account.name, reason.strip()[:4000])


def withdraw(work: Work, account: Account, subject: Subject, record: str, revision: int) -> None:
    """Take one's own proposal back.

    Raises
    ------
    KyotoError
        ``database.not-allowed`` for somebody else's, ``database.changed-meanwhile``, ``mandates.no-proposal``.
    """
    from kyoto.core.database.work import NOT_ALLOWED

    proposal = _waiting(work, subject, record, revision)
    if proposal.by != account.name:
        raise KyotoError("This is somebody else's proposal", code=NOT_ALLOWED, expected=proposal.by)
    _decide(work, subject, proposal, "withdrawn", account.name)


def restore_version(
    work: Work, account: Account, subject: Subject, record: str, version: int, revision: int, *, today: date
) -> None:
    """Make a record say what it said in an earlier version; that is a new version, nothing is lost.

    Parameters
    ----------
    work, account
        The transaction, and an approver.
    subject, record, version
        What to restore.
    revision
        Of the record as it was read.
    today
        For the history.

    Raises
    ------
    KyotoError
        ``database.not-allowed``, ``database.changed-meanwhile``, ``mandates.unknown-version``.
    """
    from kyoto.core.database.permissions import Role, require
    from kyoto.core.database.records import record_versions

    require(work, account, Role.APPROVER, subject.kind, record)
    there = _current(work, subject, record, revision)
    kept = next((one for one in record_versions(work, subject.kind, record) if one.revision == version), None)
    if kept is None or version == revision:
        raise KyotoError("No such earlier version", code="mandates.unknown-version", got=str(version))
    present, old = subject.read(there.content), subject.read(kept.content)
    event = Event(today.isoformat(), account.name, f"version {version} restored")
    fields = {name: getattr(old, name) for name in subject.fields}
    _save(work, subject, there, replace(present, **fields, history=(*present.history, event)))


def _current(work: Work, subject: Subject, record: str, revision: int) -> Kept:
    """The record as it stands, if that is what was read; an empty one where a person may add it."""
    from kyoto.core.database.records import Kept, kept_record

    there = kept_record(work, subject.kind, record) or Kept(record, 0, {})
    if not there.content:
        subject.now(record, there.content)
    if there.revision != revision:
        raise _changed(subject.kind, record, revision, there.revision)
    return there


def _changed(kind: str, record: str, read: int, there: int) -> KyotoError:
    return KyotoError(
        "Somebody else changed this meanwhile",
        code="database.changed-meanwhile",
        expected=f"{kind} {record} at revision {read}",
        got=f"revision {there}",
        hint="Look at what changed, and decide anew.",
    )


def _waiting(work: Work, subject: Subject, record: str, revision: int) -> Proposal:
    proposal = proposal_for(work, subject, record)
    if proposal is None:
        raise KyotoError("There is no proposal for it", code="mandates.no-proposal", got=record)
    if proposal.revision != revision or proposal.state != "open":
        raise _changed(subject.proposals, record, revision, proposal.revision)
    return proposal


def _to_decide(work: Work, account: Account, subject: Subject, record: str, revision: int) -> Proposal:
    from kyoto.core.database.permissions import Role, require

    require(work, account, Role.APPROVER, subject.kind, record)
    return _waiting(work, subject, record, revision)


def _decide(work: Work, subject: Subject, proposal: Proposal, state: str, by: str, reason: str = "") -> None:
    from kyoto.core.database.records import Kept, save_record

    decided = replace(proposal, state=state, decided_by=by, decided_at=_now(), reason=reason)
    save_record(work, subject.proposals, Kept(proposal.record, proposal.revision, _plain(decided)))


def _save(work: Work, subject: Subject, there: Kept, one: Any) -> None:
    from kyoto.core.database.records import Kept, save_record

    save_record(work, subject.kind, Kept(there.record, there.revision, subject.plain(one)))


def _plain(proposal: Proposal) -> dict[str, Any]:
    return {
        name: getattr(proposal, name) for name in ("base", "state", "by", "at", "decided_by", "decided_at", "reason")
    } | {"edit": proposal.edit.plain()}


def _proposal(subject: Subject, kept: Kept) -> Proposal:
    plain = {**kept.content, "edit": subject.edit.of(kept.content["edit"])}
    return Proposal(kind=subject.kind, record=kept.record, revision=kept.revision, **plain)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
