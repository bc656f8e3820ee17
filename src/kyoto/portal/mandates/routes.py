"""Every address of the desk, with the role that it needs. There is no way to a page that is not listed here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from kyoto.cooperation.mandates.review import SUBJECTS, Subject
from kyoto.core.database.permissions import Role
from kyoto.portal.mandates.desk import Reply, Visit
from kyoto.portal.mandates.pages import (
    accounts,
    boards,
    briefs,
    calendar,
    changing,
    citing,
    history,
    log,
    obligation,
    obligations,
    own_account,
    reading,
    recommendation,
    recommendations,
    reviewing,
    searching,
    sessions,
    signing,
    start,
)

__all__ = ["ROUTES", "Route"]

_FORM: Final = 300_000


@dataclass(frozen=True, slots=True)
class Route:
    """One address.

    Parameters
    ----------
    method
        ``GET`` or ``POST``.
    path
        Behind the language; with a slash at its beginning if there is no language before it.
    page
        Makes the answer.
    role
        Least role; None for anybody.
    own
        Whether it needs an account even where anybody may read.
    record
        Kind of the record that the parameter or field ``id`` names, if a role for that record is enough.
    body
        Most bytes that a form may send; 0 for the size of a document.
    """

    method: str
    path: str
    page: Callable[[Visit], Reply]
    role: Role | None = Role.READER
    own: bool = False
    record: str = ""
    body: int = _FORM


_EDITOR, _APPROVER, _ADMINISTRATOR = Role.EDITOR, Role.APPROVER, Role.ADMINISTRATOR


def _reviewed(subject: Subject) -> tuple[Route, ...]:
    """The addresses by which a kind of record is changed and reviewed: the same for each kind."""
    kind = subject.kind
    return (
        Route("GET", f"{kind}/history", partial(history.history, subject=subject), own=True),
        Route("POST", f"{kind}/restore", partial(history.restore, subject=subject), _APPROVER, record=kind),
        Route("GET", f"{kind}/change", partial(changing.change, subject=subject), _EDITOR, record=kind),
        Route("POST", f"{kind}/change", partial(changing.changed, subject=subject), _EDITOR, record=kind),
        Route("POST", f"{kind}/approve", partial(reviewing.approve, subject=subject), _APPROVER, record=kind),
        Route("POST", f"{kind}/decline", partial(reviewing.decline, subject=subject), _APPROVER, record=kind),
        Route("POST", f"{kind}/withdraw", partial(reviewing.withdraw, subject=subject), _EDITOR, record=kind),
    )


ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", "sign-in", signing.sign_in, None),
    Route("POST", "sign-in", signing.signed_in, None),
    Route("GET", "openid", signing.openid, None),
    Route("GET", "/openid/callback", signing.openid_back, None),
    Route("POST", "sign-out", signing.sign_out, own=True),
    Route("GET", "", start.start),
    Route("GET", "documents", reading.documents),
    Route("POST", "documents", reading.add, _EDITOR, body=0),
    Route("GET", "document", reading.document),
    Route("GET", "document/file", reading.file),
    Route("GET", "act", reading.act),
    Route("GET", "brief", briefs.brief),
    Route("GET", "brief/file", briefs.file),
    Route("GET", "obligations", obligations.listed),
    Route("GET", "obligation", obligation.one),
    Route("GET", "recommendations", recommendations.recommendations),
    Route("POST", "recommendations", recommendations.add, _EDITOR, body=0),
    Route("GET", "recommendation", recommendation.one),
    Route("GET", "sessions", sessions.sessions),
    Route("GET", "sessions/new", sessions.new, _EDITOR),
    Route("GET", "session", sessions.one),
    *(route for subject in SUBJECTS.values() for route in _reviewed(subject)),
    Route("GET", "review", reviewing.waiting, _EDITOR),
    Route("GET", "calendar", calendar.calendar),
    Route("GET", "/calendar.ics", calendar.feed, None),
    Route("GET", "reminders", calendar.reminders),
    Route("GET", "graph", citing.graph),
    Route("GET", "search", searching.search),
    Route("GET", "searches", searching.saved, own=True),
    Route("POST", "searches", searching.save, own=True),
    Route("POST", "searches/remove", searching.remove, own=True),
    Route("GET", "dashboards", boards.dashboards),
    Route("GET", "report", boards.report),
    Route("GET", "report/file", boards.file),
    Route("GET", "account", own_account.account, own=True),
    Route("POST", "account/password", own_account.password, own=True),
    Route("POST", "account/calendar", own_account.calendar_key, own=True),
    Route("GET", "accounts", accounts.accounts, _ADMINISTRATOR),
    Route("POST", "accounts", accounts.create, _ADMINISTRATOR),
    Route("GET", "accounts/one", accounts.one, _ADMINISTRATOR),
    Route("POST", "accounts/role", accounts.role, _ADMINISTRATOR),
    Route("POST", "accounts/access", accounts.access, _ADMINISTRATOR),
    Route("POST", "accounts/password", accounts.password, _ADMINISTRATOR),
    Route("POST", "accounts/grant", accounts.grant_one, _ADMINISTRATOR),
    Route("GET", "log", log.log, _ADMINISTRATOR),
)
"""The addresses; each page stands once in each language."""
