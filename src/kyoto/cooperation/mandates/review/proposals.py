"""Proposals in the database: made by editors, decided by approvers, each step in the audit log."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from kyoto.cooperation.mandates.followup.register import Entry, Event, Register
from kyoto.cooperation.mandates.review.edit import FIELDS, Edit, apply_edit
from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    from kyoto.core.database.records import Kept
    from kyoto.core.database.tables import Account
    from kyoto.core.database.work import Work

__all__ = [
    "OBLIGATION",
    "PROPOSAL",
    "Proposal",
    "approve",
    "decline",
    "entry_of",
    "open_proposals",
    "proposal_for",
    "propose",
    "restore_version",
    "withdraw",
]

OBLIGATION, PROPOSAL = "obligation", "proposal"
"""Kinds of records."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody wants an obligation to say; one an obligation can wait for a decision.

    Parameters
    ----------
    obligation
        Id of the entry.
    revision
        Of the proposal itself.
    base
        Revision of the obligation that it was made on.
    edit
        What it shall say.
    state
        ``open``, ``approved``, ``declined`` or ``withdrawn``.
    by, at
        Who made it, and when (ISO, UTC).
    decided_by, decided_at, reason
        Who decided, when, and why it was declined.
    """

    obligation: str
    revision: int
    base: int
    edit: Edit
    state: str
    by: str
    at: str
    decided_by: str = ""
    decided_at: str = ""
    reason: str = ""


def entry_of(kept: Kept) -> Entry:
    """Return the entry that a record holds."""
    return Register.from_dict({"revision": 0, "entries": [kept.content]}).entries[0]


def proposal_for(work: Work, obligation: str) -> Proposal | None:
    """Return the latest proposal for an obligation, whatever became of it."""
    from kyoto.core.database.records import kept_record

    kept = kept_record(work, PROPOSAL, obligation)
    return _proposal(kept) if kept is not None else None


def open_proposals(work: Work) -> list[Proposal]:
    """Return what waits for a decision, the oldest first."""
    from kyoto.core.database.records import kept_records

    found = [_proposal(kept) for kept in kept_records(work, PROPOSAL)]
    return sorted((one for one in found if one.state == "open"), key=lambda one: one.at)


def propose(work: Work, account: Account, obligation: str, revision: int, edit: Edit, *, today: date) -> str:
    """Propose a change of an obligation; that of an approver takes effect at once.

    Parameters
    ----------
    work, account
        The transaction, and who proposes: an editor, for everything or for this obligation.
    obligation, revision
        Which one, as it was read.
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
        and those of :func:`~kyoto.cooperation.mandates.review.apply_edit`.
    """
    from kyoto.core.database.permissions import Role, allowed, require
    from kyoto.core.database.records import Kept, kept_record, save_record

    require(work, account, Role.EDITOR, OBLIGATION, obligation)
    there = _current(work, obligation, revision)
    changed = apply_edit(entry_of(there), edit, by=account.name, today=today)
    if allowed(work, account, Role.APPROVER, OBLIGATION, obligation):
        _save(work, there, changed)
        return "saved"
    waiting = kept_record(work, PROPOSAL, obligation)
    if waiting is not None and waiting.content["state"] == "open" and waiting.content["by"] != account.name:
        raise KyotoError(
            "Somebody else's proposal waits for a decision",
            code="mandates.proposal-waits",
            got=waiting.content["by"],
            hint="Wait until it is decided, then propose yours.",
        )
    made = Proposal(obligation, 0, revision, edit, "open", account.name, _now())
    save_record(work, PROPOSAL, Kept(obligation, waiting.revision if waiting else 0, _plain(made)))
    return "proposed"


def approve(work: Work, account: Account, obligation: str, revision: int, *, today: date) -> None:
    """Let a proposal take effect.

    Parameters
    ----------
    work, account
        The transaction, and who decides: an approver, for everything or for this obligation, and not who proposed.
    obligation, revision
        The proposal as it was read.
    today
        For the history.

    Raises
    ------
    KyotoError
        ``database.not-allowed``, ``database.changed-meanwhile`` (the proposal or the obligation),
        ``mandates.own-proposal``, ``mandates.no-proposal``.
    """
    proposal = _to_decide(work, account, obligation, revision)
    if proposal.by == account.name:
        raise KyotoError(
            "Nobody approves their own proposal", code="mandates.own-proposal", hint="Ask another approver."
        )
    there = _current(work, obligation, proposal.base)
    changed = apply_edit(entry_of(there), proposal.edit, by=proposal.by, today=today, approved_by=account.name)
    _save(work, there, changed)
    _decide(work, proposal, "approved", account.name)


def decline(work: Work, account: Account, obligation: str, revision: int, reason: str) -> None:
    """Turn a proposal down, with a reason that its author reads.

    Raises
    ------
    KyotoError
        ``mandates.no-reason``, and as :func:`approve`.
    """
    proposal = _to_decide(work, account, obligation, revision)
    if not reason.strip():
        raise KyotoError("A proposal is declined with a reason", code="mandates.no-reason")
    _decide(work, proposal, "declined", account.name, reason.strip()[:4000])


def withdraw(work: Work, account: Account, obligation: str, revision: int) -> None:
    """Take one's own proposal back.

    Raises
    ------
    KyotoError
        ``database.not-allowed`` for somebody else's, ``database.changed-meanwhile``, ``mandates.no-proposal``.
    """
    from kyoto.core.database.work import NOT_ALLOWED

    proposal = _waiting(work, obligation, revision)
    if proposal.by != account.name:
        raise KyotoError("This is somebody else's proposal", code=NOT_ALLOWED, expected=proposal.by)
    _decide(work, proposal, "withdrawn", account.name)


def restore_version(work: Work, account: Account, obligation: str, version: int, revision: int, *, today: date) -> None:
    """Make an obligation say what it said in an earlier version; that is a new version, nothing is lost.

    Parameters
    ----------
    work, account
        The transaction, and an approver.
    obligation, version
        What to restore.
    revision
        Of the obligation as it was read.
    today
        For the history.

    Raises
    ------
    KyotoError
        ``database.not-allowed``, ``database.changed-meanwhile``, ``mandates.unknown-version``.
    """
    from kyoto.core.database.permissions import Role, require
    from kyoto.core.database.records import record_versions

    require(work, account, Role.APPROVER, OBLIGATION, obligation)
    there = _current(work, obligation, revision)
    old = next((one for one in record_versions(work, OBLIGATION, obligation) if one.revision == version), None)
    if old is None or version == revision:
        raise KyotoError("No such earlier version", code="mandates.unknown-version", got=str(version))
    present = entry_of(there)
    event = Event(today.isoformat(), account.name, f"version {version} restored")
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value := old.content[name], list) else value for name in FIELDS
    }
    _save(work, there, replace(present, **fields, history=(*present.history, event)))


def _current(work: Work, obligation: str, revision: int) -> Kept:
    from kyoto.core.database.records import kept_record

    there = kept_record(work, OBLIGATION, obligation)
    if there is None:
        raise KyotoError("No such obligation in the register", code="mandates.unknown-obligation", got=obligation)
    if there.revision != revision:
        raise _changed(OBLIGATION, obligation, revision, there.revision)
    return there


def _changed(kind: str, record: str, read: int, there: int) -> KyotoError:
    return KyotoError(
        "Somebody else changed this meanwhile",
        code="database.changed-meanwhile",
        expected=f"{kind} {record} at revision {read}",
        got=f"revision {there}",
        hint="Look at what changed, and decide anew.",
    )


def _waiting(work: Work, obligation: str, revision: int) -> Proposal:
    proposal = proposal_for(work, obligation)
    if proposal is None:
        raise KyotoError("There is no proposal for it", code="mandates.no-proposal", got=obligation)
    if proposal.revision != revision or proposal.state != "open":
        raise _changed(PROPOSAL, obligation, revision, proposal.revision)
    return proposal


def _to_decide(work: Work, account: Account, obligation: str, revision: int) -> Proposal:
    from kyoto.core.database.permissions import Role, require

    require(work, account, Role.APPROVER, OBLIGATION, obligation)
    return _waiting(work, obligation, revision)


def _decide(work: Work, proposal: Proposal, state: str, by: str, reason: str = "") -> None:
    from kyoto.core.database.records import Kept, save_record

    decided = replace(proposal, state=state, decided_by=by, decided_at=_now(), reason=reason)
    save_record(work, PROPOSAL, Kept(proposal.obligation, proposal.revision, _plain(decided)))


def _save(work: Work, there: Kept, entry: Entry) -> None:
    from kyoto.core.database.records import Kept, save_record

    content: dict[str, Any] = json.loads(json.dumps(asdict(entry)))
    save_record(work, OBLIGATION, Kept(there.record, there.revision, content))


def _plain(proposal: Proposal) -> dict[str, Any]:
    return {
        name: getattr(proposal, name) for name in ("base", "state", "by", "at", "decided_by", "decided_at", "reason")
    } | {"edit": proposal.edit.plain()}


def _proposal(kept: Kept) -> Proposal:
    plain = {**kept.content, "edit": Edit.of(kept.content["edit"])}
    return Proposal(obligation=kept.record, revision=kept.revision, **plain)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
