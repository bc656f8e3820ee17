"""The audit log: a chain of hashes in which a changed, removed, added or moved entry shows.

Each entry holds the SHA-256 over its own content and the hash of the entry before. With a key (``KYOTO_AUDIT_KEY``) it
is an HMAC, so that somebody who can write to the database but does not know the key cannot make a chain that fits. The
head (number and hash of the last entry) stands apart; whoever keeps a copy of it elsewhere can prove that nothing was
cut off since (``kyoto db verify --head``).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kyoto.core.database.opening import storable
from kyoto.core.database.tables import AuditEntry, AuditHead
from kyoto.core.errors import KyotoError

__all__ = ["AuditFinding", "append_entry", "audit_head", "check_chain", "verify_audit"]

_START = "0" * 64
_KEY = "KYOTO_AUDIT_KEY"
_CHUNK = 5000


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """What does not fit in the log.

    Parameters
    ----------
    number
        Of the entry; of the last one for what is wrong with the end.
    kind
        ``changed`` (its hash does not fit its content), ``missing`` (a number is left out), ``moved`` (it does not
        follow the entry before), ``end`` (the log does not end where the head says).
    message
        In words.
    """

    number: int
    kind: str
    message: str

    def row(self) -> dict[str, Any]:
        """As a row to print."""
        return {"number": self.number, "kind": self.kind, "message": self.message}


def append_entry(
    session: Session, actor: str, action: str, kind: str, record: str, detail: Mapping[str, Any] | None = None
) -> int:
    """Add an entry in the transaction of what it tells of.

    Parameters
    ----------
    session
        The transaction.
    actor
        Name of the account, or ``system``.
    action
        Such as ``read``, ``change``, ``sign-in``.
    kind, record
        Kind and identifier of what was accessed; of the identifier the first 200 characters are kept.
    detail
        JSON-able: what a reader of the log must know. Never a password, never more personal data than needed.

    Returns
    -------
    int
        Number of the entry.
    """
    head = session.execute(select(AuditHead).where(AuditHead.id == 1).with_for_update()).scalar_one_or_none()
    if head is None:
        raise KyotoError(
            "The database has no audit log", code="database.not-initialised", hint="Run `kyoto db init` first."
        )
    entry = AuditEntry(
        number=head.number + 1,
        at=datetime.now(UTC).isoformat(timespec="microseconds"),
        actor=storable(actor),
        action=action,
        kind=kind,
        record=storable(record),
        detail=json.dumps(detail or {}, sort_keys=True, ensure_ascii=False),
        previous=head.hash,
    )
    entry.hash = _hash(entry)
    session.add(entry)
    head.number, head.hash = entry.number, entry.hash
    session.flush()
    return entry.number


def audit_head(session: Session) -> tuple[int, str]:
    """Number and hash of the last entry; keep them elsewhere to prove later that nothing was cut off."""
    head = session.get(AuditHead, 1)
    return (head.number, head.hash) if head else (0, _START)


def verify_audit(session: Session, head: tuple[int, str] | None = None) -> list[AuditFinding]:
    """Check the whole log.

    Parameters
    ----------
    session
        The database.
    head
        A head that was kept elsewhere: that entry must still be there, unchanged.

    Returns
    -------
    list of AuditFinding
        Empty if the log is whole.
    """
    return check_chain(_entries(session), audit_head(session), head)


def check_chain(
    entries: Iterable[AuditEntry], head: tuple[int, str], kept: tuple[int, str] | None = None
) -> list[AuditFinding]:
    """Check entries in the order of their numbers.

    Parameters
    ----------
    entries
        All of them.
    head
        Where the log says that it ends.
    kept
        A head that was kept elsewhere.
    """
    findings: list[AuditFinding] = []
    previous, expected, seen = _START, 1, ""
    for entry in entries:
        findings += _judged(entry, previous, expected)
        previous, expected = entry.hash, entry.number + 1
        if kept is not None and entry.number == kept[0]:
            seen = entry.hash
    if head != (expected - 1, previous):
        message = (
            f"The head says that the log ends with entry {head[0]}; it ends with {expected - 1}, or that was replaced"
        )
        findings.append(AuditFinding(expected - 1, "end", message))
    if kept is not None and not hmac.compare_digest(seen, kept[1]):
        findings.append(AuditFinding(kept[0], "end", "The entry of the head that was kept is gone or another one"))
    return findings


def _entries(session: Session) -> Iterator[AuditEntry]:
    query = select(AuditEntry).order_by(AuditEntry.number).execution_options(yield_per=_CHUNK)
    yield from session.scalars(query)


def _judged(entry: AuditEntry, previous: str, expected: int) -> Iterator[AuditFinding]:
    if not hmac.compare_digest(entry.hash, _hash(entry)):
        yield AuditFinding(entry.number, "changed", f"Entry {entry.number} was changed after it was written")
    if entry.number != expected:
        what = f"entry {expected}" if entry.number == expected + 1 else f"entries {expected} to {entry.number - 1}"
        yield AuditFinding(entry.number, "missing", f"Before entry {entry.number}, {what} left out")
    elif entry.previous != previous:
        yield AuditFinding(entry.number, "moved", f"Entry {entry.number} does not follow the entry before it")


def _hash(entry: AuditEntry) -> str:
    content = [
        entry.previous, entry.number, entry.at, entry.actor, entry.action, entry.kind, entry.record, entry.detail,
    ]  # fmt: skip
    data = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    key = os.environ.get(_KEY, "")
    return hmac.new(key.encode(), data, "sha256").hexdigest() if key else hashlib.sha256(data).hexdigest()
