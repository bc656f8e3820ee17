"""Due dates as an iCalendar feed with reminders (RFC 5545)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from kyoto.cooperation.mandates.followup.views import DueEntry, act_label, occasion
from kyoto.cooperation.mandates.obligations.lexicon import known_parties

__all__ = ["to_icalendar"]


def to_icalendar(
    entries: Iterable[DueEntry],
    *,
    recommendations: Iterable[Mapping[str, Any]] = (),
    now: datetime | None = None,
    remind_days: int = 30,
) -> bytes:
    """Write due dates as an iCalendar feed.

    Parameters
    ----------
    entries
        What is due; entries without a day are left out.
    recommendations
        Rows of :func:`~kyoto.cooperation.mandates.mechanisms.recommendation_rows`; those without a day are left out.
    now
        Time stamp of the feed; now if not given.
    remind_days
        Days before the due day on which a calendar program reminds.

    Returns
    -------
    bytes
        One all-day event a due date. The identifier of an event stays the same when the feed is made again. A day that
        is only announced makes the event tentative.
    """
    from icalendar import Calendar

    stamp = now or datetime.now(UTC)
    calendar = Calendar()
    calendar.add("prodid", "-//Kyoto//Mandates//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Mandates: what is due")
    for one in entries:
        if one.day is not None:
            calendar.add_component(_event(_of_entry(one), one.day, one.confirmed, stamp, remind_days))
    for row in recommendations:
        if row["day"] is not None:
            day = date.fromisoformat(row["day"])
            calendar.add_component(_event(_of_recommendation(row), day, row["confirmed"], stamp, remind_days))
    return bytes(calendar.to_ical())


@dataclass(frozen=True, slots=True)
class _Text:
    """What an event says: what makes its identifier, its summary, description and categories."""

    key: str
    summary: str
    description: str
    categories: tuple[str, ...]


def _of_entry(one: DueEntry) -> _Text:
    names = [known_parties().names.get(party, party) for party in one.entry.addressees] or ["The body itself"]
    return _Text(
        key=f"{one.entry.id} {one.due}",
        summary=f"{', '.join(names)}: {occasion(one.due)} ({act_label(one.entry.act)})",
        description=f"{one.entry.clause}\n\n{one.entry.id}\nStatus: {one.entry.status}",
        categories=tuple(one.entry.addressees) or ("self",),
    )


def _of_recommendation(row: Mapping[str, Any]) -> _Text:
    return _Text(
        key=f"recommendation {row['id']}",
        summary=f"{row['state_name']}: recommendation {row['number'] or row['id']} ({row['mechanism_name']})",
        description=f"{row['text']}\n\n{row['id']}\nStatus: {row['status']}",
        categories=(row["mechanism"], row["state"]),
    )


def _event(text: _Text, day: date, confirmed: bool, stamp: datetime, remind_days: int) -> Any:
    from icalendar import Alarm, Event

    event = Event()
    event.add("uid", hashlib.sha256(text.key.encode()).hexdigest()[:32] + "@kyoto")
    event.add("dtstamp", stamp)
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("summary", text.summary if confirmed else f"{text.summary}, date not confirmed")
    event.add("status", "CONFIRMED" if confirmed else "TENTATIVE")
    event.add("description", text.description)
    event.add("categories", list(text.categories))
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", f"Due in {remind_days} days")
    alarm.add("trigger", timedelta(days=-remind_days))
    event.add_component(alarm)
    return event
