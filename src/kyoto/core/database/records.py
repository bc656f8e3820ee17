"""Records that a room keeps whole, as JSON with a revision: who saves what somebody else changed meanwhile is told.

What a record held after each writing stays too, with who wrote it and when (:func:`record_versions`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from kyoto.core.database.limits import utc
from kyoto.core.database.opening import storable
from kyoto.core.database.tables import RecordVersion, StoredRecord
from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    from kyoto.core.database.work import Work

__all__ = ["Kept", "Version", "kept_record", "kept_records", "record_stamp", "record_versions", "save_record"]


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
    """

    record: str
    revision: int
    content: dict[str, Any]


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
    row = work.session.get(StoredRecord, (kind, record))
    return Kept(row.record, row.version, json.loads(row.content)) if row is not None else None


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


def record_stamp(work: Work, kind: str) -> tuple[int, int]:
    """Number of records of a kind and of their writings: another one as soon as any of them changed."""
    query = select(func.count(), func.coalesce(func.sum(StoredRecord.version), 0)).where(StoredRecord.kind == kind)
    count, writings = work.session.execute(query).one()
    return int(count), int(writings)


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


def unlogged_records(work: Work, kind: str) -> list[Kept]:
    """The same for a program that keeps them for many readers; whoever hands them on logs who reads what."""
    query = select(StoredRecord).where(StoredRecord.kind == kind).order_by(StoredRecord.place, StoredRecord.record)
    return [Kept(row.record, row.version, json.loads(row.content)) for row in work.session.scalars(query)]


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
    before = json.loads(row.content) if row is not None else {}
    content, now = json.dumps(new.content, ensure_ascii=False, sort_keys=True), datetime.now(UTC)
    if row is None:
        row = StoredRecord(
            kind=kind, record=new.record, place=place, content=content, changed_at=now, changed_by=work.actor
        )
        work.session.add(row)
    else:
        row.content, row.changed_at, row.changed_by = content, now, work.actor
    work.session.flush()
    kept = RecordVersion(
        kind=kind, record=new.record, version=row.version, content=content, changed_at=now, changed_by=work.actor
    )
    work.session.add(kept)
    work.session.flush()
    work.log("change" if before else "add", kind, new.record, {"changed": _changed(before, new.content)})
    return Kept(new.record, row.version, new.content)


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name)) if before else []
