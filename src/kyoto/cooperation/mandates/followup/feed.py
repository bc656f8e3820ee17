"""Due dates as an iCalendar feed with reminders (RFC 5545)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from kyoto.cooperation.mandates.followup.views import DueEntry, act_label, occasion
from kyoto.cooperation.mandates.obligations.lexicon import known_parties

__all__ = ["to_icalendar"]


def to_icalendar(entries: Iterable[DueEntry], *, now: datetime | None = None, remind_days: int = 30) -> bytes:
    """Write due dates as an iCalendar feed.

    Parameters
    ----------
    entries
        What is due; entries without a day are left out.
    now
        Time stamp of the feed; now if not given.
    remind_days
        Days before the due day on which a calendar program reminds.

    Returns
    -------
    bytes
        One all-day event a due date. The identifier of an event stays the same when the feed is made again.
    """
    from icalendar import Alarm, Calendar, Event

    stamp = now or datetime.now(UTC)
    calendar = Calendar()
    calendar.add("prodid", "-//Kyoto//Mandates//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Mandates: what is due")
    for one in entries:
        if one.day is None:
            continue
        event = Event()
        event.add("uid", hashlib.sha256(f"{one.entry.id} {one.due}".encode()).hexdigest()[:32] + "@kyoto")
        event.add("dtstamp", stamp)
        event.add("dtstart", one.day)
        event.add("dtend", one.day + timedelta(days=1))
        names = [known_parties().names.get(party, party) for party in one.entry.addressees] or ["The body itself"]
        event.add("summary", f"{', '.join(names)}: {occasion(one.due)} ({act_label(one.entry.act)})")
        event.add("description", f"{one.entry.clause}\n\n{one.entry.id}\nStatus: {one.entry.status}")
        event.add("categories", list(one.entry.addressees) or ["self"])
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", f"Due in {remind_days} days")
        alarm.add("trigger", timedelta(days=-remind_days))
        event.add_component(alarm)
        calendar.add_component(event)
    return bytes(calendar.to_ical())
