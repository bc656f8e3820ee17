"""When things are due: as a page, as a feed for calendar programs, and as reminders."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from kyoto.cooperation.mandates.events import CLOSED
from kyoto.cooperation.mandates.followup import DueEntry, Register
from kyoto.cooperation.mandates.followup.feed import to_icalendar
from kyoto.cooperation.mandates.mechanisms import recommendation_rows, recommendations_of
from kyoto.core.database.accounts import Actor
from kyoto.core.database.permissions import Role
from kyoto.core.database.records import kept_record
from kyoto.core.database.tables import Account
from kyoto.core.database.work import working
from kyoto.portal.mandates.choosing import read_choice
from kyoto.portal.mandates.desk import Reply, Visit
from kyoto.portal.mandates.failures import said_failure
from kyoto.portal.mandates.rendering import page

__all__ = ["KEYS", "calendar", "feed", "hashed", "reminders"]

KEYS = "calendar-key"
"""Kind of the records that hold the keys of feeds, each by its hash alone."""

_SPANS = (30, 90, 365)
_ROWS, _OF_UNIT = 200, 50
"""Rows on a page of the calendar, and of a unit among the reminders."""


def hashed(key: str) -> str:
    """How a key is kept: whoever reads the database cannot use it."""
    return hashlib.sha256(key.encode()).hexdigest()


def _due(visit: Visit, *, open_only: bool) -> tuple[Register, list[DueEntry]]:
    to = {party for party in visit.query.get("to", []) if party}
    with visit.work() as work:
        register = visit.desk.shelf.register(work).register
        visit.log_reading(work, "obligation", "*", {"part": "calendar", "to": sorted(to)})
    return register, [
        one
        for one in visit.desk.due(register, visit.today)
        if not (open_only and one.entry.status in CLOSED) and (not to or to & set(one.entry.addressees))
    ]


def _recommended(visit: Visit, register: Register, *, open_only: bool) -> list[dict[str, Any]]:
    """Recommendations of reviews that have a day, the earliest first."""
    found = recommendations_of(register, open_only=open_only)
    rows = recommendation_rows(found, visit.desk.calendar(register), today=visit.today, topics=False)
    return sorted((row for row in rows if row["day"] is not None), key=lambda row: (row["day"], row["id"]))


def calendar(visit: Visit) -> Reply:
    """What is due, by month; what has no day stands at the end."""
    every, chosen = visit.asked("all") == "1", visit.asked("to")
    register, found = _due(visit, open_only=not every)
    choice = read_choice(visit, ())
    start = (choice.page - 1) * _ROWS
    months: dict[str, list[DueEntry]] = {}
    for one in found[start : start + _ROWS]:
        months.setdefault(one.day.isoformat()[:7] if one.day is not None else "", []).append(one)
    parties = {party for one in found for party in one.entry.addressees}
    with visit.work() as work:
        key = kept_record(work, KEYS, str(visit.actor.id)) if visit.actor is not None else None
    return page(
        visit,
        "calendar",
        visit.words("site.calendar"),
        undated=months.pop("", []),
        months=list(months.items()),
        total=len(found),
        recommended=[] if chosen or start else _recommended(visit, register, open_only=not every)[:_ROWS],
        parties=sorted({*parties, *visit.query.get("to", [])}),
        chosen=chosen,
        every=every,
        number=choice.page,
        pages=-(-len(found) // _ROWS),
        has_key=key is not None,
        feed=visit.address("calendar.ics", to=chosen),
    )


def feed(visit: Visit) -> Reply:
    """ICalendar feed; calendar programs cannot sign in, so the address carries a key that its owner can change."""
    actor = visit.actor or _owner(visit)
    if actor is None and not visit.desk.settings.public:
        return said_failure(visit, 403, "wrong_key")
    visit = replace(visit, actor=actor)
    register, found = _due(visit, open_only=False)
    recommended = [] if visit.asked("to") else _recommended(visit, register, open_only=False)
    return Reply(to_icalendar(found, recommendations=recommended), "text/calendar; charset=utf-8", name="mandates.ics")


def _owner(visit: Visit) -> Actor | None:
    """Whose key the address carries; None if it is nobody's."""
    number, _, secret = visit.asked("key").partition("-")
    if not (number.isascii() and number.isdigit() and len(number) < 9 and secret):
        return None
    with working(visit.desk.database, "system") as work:
        kept, account = kept_record(work, KEYS, number), work.session.get(Account, int(number))
        if kept is None or account is None or account.disabled_at is not None:
            return None
        fits = hmac.compare_digest(kept.content["hash"], hashed(visit.asked("key")))
        return Actor(account.id, account.name, Role(account.role)) if fits else None


def reminders(visit: Visit) -> Reply:
    """What is late and what comes soon, by who is responsible."""
    asked = visit.asked("days", str(_SPANS[1]))
    days = int(asked) if asked in {str(span) for span in _SPANS} else _SPANS[1]
    until = visit.today + timedelta(days=days)
    dated = [one for one in _due(visit, open_only=True)[1] if one.day is not None]
    return page(
        visit,
        "reminders",
        visit.words("reminders.title"),
        days=days,
        spans=_SPANS,
        most=_OF_UNIT,
        late=_by_unit(one for one in dated if one.late),
        soon=_by_unit(one for one in dated if one.day is not None and visit.today <= one.day <= until),
    )


def _by_unit(found: Iterable[DueEntry]) -> list[tuple[str, list[DueEntry]]]:
    units: dict[str, list[DueEntry]] = {}
    for one in found:
        for unit in one.entry.units or ("",):
            units.setdefault(unit, []).append(one)
    return sorted(units.items())
