"""What is due to whom, what is late, and what has no reporting duty."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from kyoto.cooperation.mandates.dues import last_day
from kyoto.cooperation.mandates.events import CLOSED
from kyoto.cooperation.mandates.followup.calendar import Calendar
from kyoto.cooperation.mandates.followup.register import Entry, Register
from kyoto.cooperation.mandates.obligations.lexicon import known_parties

__all__ = ["DueEntry", "act_label", "due_entries", "occasion", "without_report"]


@dataclass(frozen=True, slots=True)
class DueEntry:
    """An entry with its day.

    ``day`` is None where the calendar does not know the session, or the text names none; ``late`` is a day behind
    today with the obligation still open; ``confirmed`` is False where the days of the session are only announced.
    """

    entry: Entry
    due: str
    day: date | None
    late: bool
    confirmed: bool = True

    def row(self) -> dict[str, Any]:
        """Row of plain values."""
        return {
            "id": self.entry.id,
            "due": self.due,
            "day": self.day.isoformat() if self.day is not None else None,
            "confirmed": self.confirmed if self.day is not None else None,
            "late": self.late,
            "status": self.entry.status,
            "state": self.entry.state,
            "addressees": ",".join(self.entry.addressees),
            "report_to": ",".join(self.entry.report_to),
            "units": ",".join(self.entry.units),
            "clause": self.entry.clause,
        }


def act_label(act: str) -> str:
    """Return the name of an act from its id.

    Examples
    --------
    >>> act_label("resolution-26-4"), act_label("draft-decision-C-II")
    ('Resolution 26/4', 'Draft decision C II')
    """
    words = re.sub(r"-(\d+)-(\d+)", r" \1/\2", act).replace("-", " ")
    return words[:1].upper() + words[1:]


def occasion(due: str) -> str:
    """Return in words when something is due.

    Examples
    --------
    >>> occasion("session:ccpcj-27"), occasion("event:congress-14"), occasion("recurrence:annual")
    ('session 27, Commission on Crime Prevention and Criminal Justice', 'Congress 14', 'annual')
    >>> occasion("date:2027-06-30"), occasion("date:2027-06"), occasion("before:10-working-days")
    ('30 June 2027', 'June 2027', '10 working days before')
    """
    kind, _, value = due.partition(":")
    body, _, number = value.rpartition("-")
    parties = known_parties()
    if kind == "session" and body:
        names = {short: parties.names[party] for party, short in parties.sessions.items()}
        return f"{'next session' if number == 'next' else f'session {number}'}, {names.get(body, body)}"
    if kind == "date":
        return _date_words(value)
    words = value.replace("-", " ")
    return words.capitalize() if kind == "event" else f"{words} before" if kind == "before" else words


def _date_words(value: str) -> str:
    """Day, month or year as people write it; what is no date stands for itself."""
    day, form = last_day(value), ("%Y", "%B %Y", "%d %B %Y")[min(value.count("-"), 2)]
    return f"{day:{form}}".lstrip("0") if day is not None else value


def due_entries(
    register: Register,
    calendar: Calendar,
    *,
    today: date,
    to: Iterable[str] = (),
    open_only: bool = False,
    within: int | None = None,
) -> list[DueEntry]:
    """List what is due, the earliest first; what has no day comes last. Rejected suggestions are left out.

    Parameters
    ----------
    register, calendar
        The entries and the days.
    today
        Day from which lateness counts.
    to
        Only these addressees.
    open_only
        Leave out what is reported, done, lapsed or superseded.
    within
        Only what falls due within so many days from today, and what is late.
    """
    wanted = set(to)
    found = []
    for entry in register.entries:
        closed = entry.status in CLOSED
        if entry.state == "rejected" or (wanted and not wanted & set(entry.addressees)) or (open_only and closed):
            continue
        after = date.fromisoformat(entry.adopted) if entry.adopted else None
        for due in entry.due:
            day = calendar.day(due, after=after)
            late = day is not None and day < today and not closed
            found.append(DueEntry(entry, due, day, late, calendar.confirmed(due, after=after)))
    if within is not None:
        end = today + timedelta(days=within)
        found = [one for one in found if one.late or (one.day is not None and today <= one.day <= end)]
    return sorted(found, key=lambda one: (one.day is None, one.day or date.max, one.entry.id))


def without_report(register: Register) -> list[Entry]:
    """List entries that ask somebody to act and name nobody to report to, nor a time."""
    return [
        entry
        for entry in register.entries
        if entry.state != "rejected" and entry.force != "decide" and not entry.report_to and not entry.due
    ]
