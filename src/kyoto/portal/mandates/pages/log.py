"""The audit log, for administrators: the latest entries, and whether the whole of it fits."""

from __future__ import annotations

from sqlalchemy import select

from kyoto.core.database.audit import audit_head, verify_audit
from kyoto.core.database.tables import AuditEntry
from kyoto.portal.mandates.desk import Reply, Visit
from kyoto.portal.mandates.rendering import page

__all__ = ["log"]

_SHOWN = 100
_CHECKED = 200_000
"""A longer log is checked by ``kyoto db verify``, not while somebody waits for a page."""


def log(visit: Visit) -> Reply:
    """The latest entries, of one actor or on one record if asked."""
    actor, record = visit.asked("actor")[:200], visit.asked("record")[:200]
    query = select(AuditEntry).order_by(AuditEntry.number.desc()).limit(_SHOWN)
    query = query.where(AuditEntry.actor == actor) if actor else query
    query = query.where(AuditEntry.record == record) if record else query
    with visit.work() as work:
        entries = list(work.session.scalars(query))
        number, value = audit_head(work.session)
        findings = verify_audit(work.session) if number <= _CHECKED else None
        visit.log_reading(work, "audit", "*", {"actor": actor, "record": record})
    return page(
        visit,
        "log",
        visit.words("log.title"),
        entries=entries,
        actor=actor,
        record=record,
        findings=findings,
        head=f"{number}:{value}",
    )
