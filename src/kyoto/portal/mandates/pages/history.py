"""Every version of a record, what each of them changed, and the way back."""

from __future__ import annotations

from kyoto.cooperation.mandates.review import Subject, differences, restore_version
from kyoto.core.database.permissions import Role
from kyoto.core.database.records import record_versions
from kyoto.portal.answer import NotFound
from kyoto.portal.mandates.desk import Reply, Visit
from kyoto.portal.mandates.rendering import page, redirect

__all__ = ["history", "number", "restore"]


def history(visit: Visit, subject: Subject) -> Reply:
    """Versions, the newest first, each with what it changed."""
    identifier = visit.asked("id")
    with visit.work() as work:
        versions = record_versions(work, subject.kind, identifier[:200])
        if not versions:
            raise NotFound(identifier)
        may_approve = visit.may_for(work, Role.APPROVER, subject.kind, identifier)
        visit.log_reading(work, subject.kind, identifier, {"part": "history"})
    before: dict[str, object] = {}
    rows = []
    for version in versions:
        event = (version.content.get("history") or [{}])[-1]
        rows.append((version, differences(before, version.content) if before else [], event))
        before = version.content
    latest = versions[-1].content
    return page(
        visit,
        "history",
        visit.words("history.title"),
        kind=subject.kind,
        identifier=identifier,
        clause=latest.get("clause") or latest.get("text") or "",
        rows=rows[::-1],
        revision=versions[-1].revision,
        may_approve=may_approve,
    )


def restore(visit: Visit, subject: Subject) -> Reply:
    """Make the record say what it said before; that is a new version."""
    identifier = visit.sent("id")
    with visit.work() as work:
        account = visit.account(work)
        version, revision = number(visit.sent("version")), number(visit.sent("revision"))
        restore_version(work, account, subject, identifier, version, revision, today=visit.today)
    return redirect(visit.to(subject.kind, id=identifier, said="restored"))


def number(text: str) -> int:
    """Whole number of a field; one that no record has for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1
