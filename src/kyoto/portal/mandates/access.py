"""Who comes, and whether the address lets them in."""

from __future__ import annotations

from collections.abc import Mapping

from kyoto.core.database.accounts import Actor
from kyoto.core.database.audit import append_entry
from kyoto.core.database.permissions import Role
from kyoto.core.database.sessions import session_actor
from kyoto.core.database.work import working
from kyoto.portal.mandates.cookies import FORM, SESSION, cookie_name
from kyoto.portal.mandates.desk import Desk, Visit
from kyoto.portal.mandates.routes import Route

__all__ = ["identified", "let_in", "refuse"]


def identified(desk: Desk, cookies: Mapping[str, str]) -> tuple[Actor | None, str, bool]:
    """Who shows these cookies, the secret of their forms, and whether they showed a session that is over."""
    token = cookies.get(cookie_name(desk.settings, SESSION), "")
    actor = None
    if token:
        with working(desk.database, "system") as work:
            actor = session_actor(work, token)
    if actor is not None:
        return actor, token, False
    return None, cookies.get(cookie_name(desk.settings, FORM), ""), bool(token)


def let_in(visit: Visit, route: Route) -> bool:
    """Whether who visits may have what a route gives."""
    if route.role is None:
        return True
    if visit.actor is None:
        return visit.desk.settings.public and route.role is Role.READER and not route.own and route.method == "GET"
    if visit.actor.role.covers(route.role):
        return True
    record = visit.sent("id") or visit.asked("id")
    if not (route.record and record):
        return False
    with visit.work() as work:
        return visit.may_for(work, route.role, route.record, record)


def refuse(visit: Visit, route: Route) -> None:
    """Write into the audit log that somebody with an account was refused."""
    if visit.actor is not None and route.role is not None:
        with visit.desk.database.session() as session:
            append_entry(session, visit.name, "refused", "address", f"{route.method} {route.path}"[:200])
