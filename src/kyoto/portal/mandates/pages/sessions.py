"""The calendar of sessions: which days things fall due on, whose word that is, and the way to change it."""

from __future__ import annotations

from datetime import date

from kyoto.cooperation.mandates.followup import Session, read_calendar
from kyoto.cooperation.mandates.review import SESSION, open_proposals, proposal_for
from kyoto.core.database.permissions import Role
from kyoto.portal.answer import NotFound
from kyoto.portal.mandates.desk import Reply, Visit
from kyoto.portal.mandates.rendering import page, redirect
from kyoto.portal.mandates.standing import Found

__all__ = ["new", "one", "sessions"]


def _origin(visit: Visit, found: Found, session: Session) -> str:
    """Whose word the days are: ``file`` of who runs the site, ``office``, or ``kyoto``."""
    path = visit.desk.settings.calendar
    if path is not None and session.id in read_calendar(path, alone=True).sessions:
        return "file"
    return "office" if session.id in found.sessions else "kyoto"


def sessions(visit: Visit) -> Reply:
    """All sessions that are known, those to come first."""
    body = visit.asked("body")
    with visit.work() as work:
        found = visit.desk.shelf.register(work)
        waiting = [one.record for one in open_proposals(work) if one.kind == SESSION.kind] if visit.actor else []
        visit.log_reading(work, SESSION.kind, "*")
    known = visit.desk.calendar(found.register).sessions.values()
    kept = sorted((one for one in known if body in ("", one.body)), key=lambda one: (one.start, one.id))
    rows = [(one, _origin(visit, found, one)) for one in kept]
    return page(
        visit,
        "sessions",
        visit.words("sessions.title"),
        ahead=[row for row in rows if row[0].end >= visit.today],
        past=[row for row in rows if row[0].end < visit.today][::-1],
        bodies=sorted({one.body for one in known}),
        chosen=body,
        waiting=[one for one in waiting if one not in {row[0].id for row in rows}],
    )


def one(visit: Visit) -> Reply:
    """Page of a session: its days, where they are published, and what falls due on them."""
    identifier = visit.asked("id")
    kind = SESSION.kind
    with visit.work() as work:
        found = visit.desk.shelf.register(work)
        calendar = visit.desk.calendar(found.register)
        session = calendar.sessions.get(identifier)
        proposal = proposal_for(work, SESSION, identifier) if visit.actor is not None else None
        open_one = proposal is not None and proposal.state == "open"
        if session is None and not open_one:
            raise NotFound(identifier)
        may_edit = visit.may_for(work, Role.EDITOR, kind, identifier)
        may_approve = visit.may_for(work, Role.APPROVER, kind, identifier)
        visit.log_reading(work, kind, identifier)
    shown = session if session is not None else Session(identifier, date.min, date.min)
    due = [
        one
        for one in visit.desk.due(found.register, visit.today)
        if session is not None and calendar.session(one.due, after=_after(one.entry.adopted)) == session
    ]
    return page(
        visit,
        "session",
        visit.words("sessions.one"),
        kind=kind,
        entry=shown,
        known=session is not None,
        origin=_origin(visit, found, shown),
        due=due[:_SHOWN],
        all_due=len(due),
        revision=found.revision(kind, identifier),
        proposal=proposal if proposal is not None and proposal.state in ("open", "declined") else None,
        may_edit=may_edit,
        may_approve=may_approve,
    )


_SHOWN = 200


def _after(adopted: str) -> date | None:
    return date.fromisoformat(adopted) if adopted else None


def new(visit: Visit) -> Reply:
    """To the form of a session that is not known yet, by the body and the number that were typed."""
    body, number = visit.asked("body").strip().lower(), visit.asked("number").strip()
    return redirect(visit.to("session/change", id=f"{body}-{number}"))
