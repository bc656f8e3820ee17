"""Records that a room keeps whole, as JSON with a revision: who saves what somebody else changed meanwhile is told.

What a record held after each writing stays too, with who wrote it and when (:func:`record_versions`); the present
content is the last of these and stands nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from kyoto.core.database.audit import audit_head
from kyoto.core.database.limits import utc
from kyoto.core.database.opening import storable
from kyoto.core.database.tables import AuditEntry, RecordVersion, StoredRecord
from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    from kyoto.core.database.work import Work

__all__ = [
    "Kept",
    "Version",
    "kept_record",
    "kept_records",
    "record_count",
    "record_versions",
    "save_record",
    "written_since",
]

_AT_ONCE = 500
_ADD, _CHANGE = _WRITING = ("add", "change")
"""Actions in the audit log by which records are written."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as it stands.

    Parameters
    ----------
    record
        Its identifier.
    revision
        How often it was written; 0 for one that is new.
    content
        What it holds, JSON-able.
    place
        Among those of its kind, by which they are ordered; it is set when the record is new.
    """

    record: str
    revision: int
    content: dict[str, Any]
    place: int = 0


@dataclass(frozen=True, slots=True)
class Version:
    """What a record held.

    Parameters
    ----------
    revision
        After which writing, from 1.
    content
        What it held.
    at, by
        When it was written, and by whom.
    """

    revision: int
    content: dict[str, Any]
    at: datetime
    by: str


def kept_record(work: Work, kind: str, record: str) -> Kept | None:
    """One record as it stands; None if there is none. The caller logs the reading if it matters.

    Parameters
    ----------
    work
        The transaction.
    kind, record
        Which one.
    """
    row = work.session.execute(_present(kind).where(StoredRecord.record == record)).one_or_none()
    return Kept(row[0], row[1], json.loads(row[2])) if row is not None else None


def _present(kind: str) -> Any:
    """Records of a kind with the version that holds now, and its content."""
    held = and_(
        RecordVersion.kind == StoredRecord.kind,
        RecordVersion.record == StoredRecord.record,
        RecordVersion.version == StoredRecord.version,
    )
    query = select(StoredRecord.record, StoredRecord.version, RecordVersion.content).join(RecordVersion, held)
    return query.where(StoredRecord.kind == kind)


def record_versions(work: Work, kind: str, record: str) -> list[Version]:
    """Everything that a record held, the oldest first."""
    query = (
        select(RecordVersion)
        .where(RecordVersion.kind == kind, RecordVersion.record == record)
        .order_by(RecordVersion.version)
    )
    return [
        Version(row.version, json.loads(row.content), utc(row.changed_at), row.changed_by)
        for row in work.session.scalars(query)
    ]


def record_count(work: Work, kind: str) -> int:
    """Number of records of a kind."""
    query = select(func.count()).select_from(StoredRecord).where(StoredRecord.kind == kind)
    return int(work.session.execute(query).scalar_one())


def written_since(work: Work, number: int) -> tuple[int, set[tuple[str, str]]]:
    """Return what was written since an entry of the audit log; every writing has its entry, so none is missed.

    Parameters
    ----------
    work
        The transaction.
    number
        Of the last entry that is known; 0 for all.

    Returns
    -------
    int
        Number of the last entry now, to ask with next time.
    set
        Kind and identifier of each record that was written since, those of other rooms too.
    """
    head, _ = audit_head(work.session)
    query = select(AuditEntry.kind, AuditEntry.record).where(
        AuditEntry.number > number, AuditEntry.number <= head, AuditEntry.action.in_(_WRITING)
    )
    return head, {(kind, record) for kind, record in work.session.execute(query)} if head > number else set()


def kept_records(work: Work, kind: str) -> list[Kept]:
    """All records of a kind, in the order in which they were first saved; the reading is logged.

    Parameters
    ----------
    work
        The transaction.
    kind
        Such as ``obligation``.
    """
    found = unlogged_records(work, kind)
    work.log("read", kind, "*", {"records": len(found)})
    return found


def unlogged_records(work: Work, kind: str, among: Collection[str] | None = None) -> list[Kept]:
    """The same for a program that keeps them for many readers; whoever hands them on logs who reads what.

    Parameters
    ----------
    work, kind
        See :func:`kept_records`.
    among
        Only these identifiers, if given.
    """
    query = _present(kind).add_columns(StoredRecord.place)
    if among is None:
        rows = list(work.session.execute(query))
    else:
        wanted = sorted(among)
        parts = (wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE))
        rows = [row for part in parts for row in work.session.execute(query.where(StoredRecord.record.in_(part)))]
    rows.sort(key=lambda row: (row[3], row[0]))
    return [Kept(record, version, json.loads(content), place) for record, version, content, place in rows]


def save_record(work: Work, kind: str, new: Kept, *, place: int = 0) -> Kept:
    """Write a record if nobody wrote it since it was read; the change is logged with the names of what changed.

    Parameters
    ----------
    work
        The transaction.
    kind
        Such as ``obligation``.
    new
        The record with the revision that was read, and what it shall hold.
    place
        Of a new record among those of its kind.

    Returns
    -------
    Kept
        With its new revision.

    Raises
    ------
    KyotoError
        ``database.changed-meanwhile``, ``database.wrong-identifier``.
    """
    if not new.record or storable(new.record) != new.record:
        raise KyotoError(
            "An identifier that cannot be kept",
            code="database.wrong-identifier",
            got=storable(new.record, 80),
            expected="1 to 200 characters",
            hint="Identifiers begin with the symbol of the document or the name of its file: rename the file.",
        )
    row = work.session.get(StoredRecord, (kind, new.record), with_for_update=True)
    there = row.version if row is not None else 0
    if there != new.revision:
        raise KyotoError(
            "Somebody else changed this meanwhile",
            code="database.changed-meanwhile",
            expected=f"{kind} {new.record} at revision {new.revision}",
            got=f"revision {there}",
            hint="Read it again, look at what changed, and repeat your change.",
        )
    kept = kept_record(work, kind, new.record) if row is not None else None
    before = kept.content if kept is not None else {}
    if row is None:
        work.session.add(StoredRecord(kind=kind, record=new.record, place=place, version=1))
    else:
        row.version = there + 1
    work.session.flush()
    version = RecordVersion(
        kind=kind,
        record=new.record,
        version=there + 1,
        content=json.dumps(new.content, ensure_ascii=False, sort_keys=True),
        changed_at=datetime.now(UTC),
        changed_by=work.actor,
    )
    work.session.add(version)
    work.session.flush()
    work.log(_CHANGE if kept else _ADD, kind, new.record, {"changed": _changed(before, new.content)})
    return Kept(new.record, there + 1, new.content)


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name)) if before else []
