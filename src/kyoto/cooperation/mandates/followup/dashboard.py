"""What is due to whom, and what is due to nobody: rows for the command line, the page and the portal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from kyoto.cooperation.mandates.events import CLOSED
from kyoto.cooperation.mandates.followup.calendar import Calendar, read_calendar
from kyoto.cooperation.mandates.followup.register import Entry, Register
from kyoto.cooperation.mandates.followup.views import DueEntry, act_label, due_entries, occasion, without_report
from kyoto.cooperation.mandates.mechanisms.views import recommendation_rows, recommendations_of, review_counts
from kyoto.cooperation.mandates.obligations.lexicon import known_parties

__all__ = ["VIEWS", "Dashboard", "build_dashboard", "calendar_for", "entry_row", "name_of_party"]

Rows = tuple[dict[str, Any], ...]

VIEWS = {
    "by_addressee": "Who owes something?",
    "by_recipient": "To whom is it owed?",
    "by_occasion": "When does it fall due?",
    "overdue": "What is overdue?",
    "unknown_day": "What has a time that no calendar knows?",
    "no_reporting_duty": "On what does nobody have to report?",
    "no_addressee": "What asks nobody by name?",
    "nobody_responsible": "What was accepted, and nobody is responsible for it?",
    "recommendations": "Where do recommendations of review mechanisms stand?",
    "recommendations_due": "Which recommendations are due?",
}
"""Tables of the dashboard, with the question that each answers."""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The tables of :data:`VIEWS`, each a tuple of rows of plain values.

    Parameters
    ----------
    day
        Day on which it was made.
    counts
        ``obligations, open, waiting`` (suggestions that nobody accepted or rejected), ``late, no_reporting_duty``,
        ``recommendations, recommendations_late``.
    by_addressee
        ``id, name, obligations, open, late, next_day, next_occasion, confirmed``: obligations with a time, by who
        owes them; who owes the next first.
    by_recipient
        The same by who gets it: whom the text names, else the body at whose session it is due; ``id`` is empty where
        that is nobody.
    by_occasion
        ``due, occasion, day, confirmed, obligations, open, late, entries``: the earliest first, what has no day last.
    overdue, unknown_day
        Due rows (:meth:`~kyoto.cooperation.mandates.followup.views.DueEntry.row`) with what :func:`entry_row` adds.
    no_reporting_duty, no_addressee, nobody_responsible
        Rows of :func:`entry_row`.
    recommendations
        Rows of :func:`~kyoto.cooperation.mandates.mechanisms.review_counts` by mechanism, cycle and State.
    recommendations_due
        Open recommendations with a time: rows of :func:`~kyoto.cooperation.mandates.mechanisms.recommendation_rows`.
    """

    day: date
    counts: dict[str, int]
    by_addressee: Rows
    by_recipient: Rows
    by_occasion: Rows
    overdue: Rows
    unknown_day: Rows
    no_reporting_duty: Rows
    no_addressee: Rows
    nobody_responsible: Rows
    recommendations: Rows
    recommendations_due: Rows

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form."""
        return {
            "day": self.day.isoformat(),
            "counts": self.counts,
            **{name: list(getattr(self, name)) for name in VIEWS},
        }


def calendar_for(register: Register, path: Path | None = None) -> Calendar:
    """Return the days that hold for a register: those of Kyoto, over them the register's own, over them a file's."""
    own = read_calendar().with_sessions(register.sessions)
    return own if path is None else own.with_sessions(read_calendar(path, alone=True).sessions.values())


def name_of_party(identifier: str) -> str:
    """Return the name of who is asked; what a person typed stands for itself.

    Examples
    --------
    >>> name_of_party("unodc"), name_of_party("Ministry of Justice")
    ('United Nations Office on Drugs and Crime', 'Ministry of Justice')
    """
    return known_parties().names.get(identifier, identifier)


def entry_row(entry: Entry) -> dict[str, Any]:
    """Return an obligation as a row: where it stands, who is asked, what, and how far it is."""
    return {
        "id": entry.id,
        "document": entry.document,
        "act": entry.act,
        "act_name": f"{act_label(entry.act)}, {entry.document}",
        "title": entry.title,
        "paragraph": entry.paragraph.split("/", 1)[-1].replace("/", " "),
        "force": entry.force,
        "addressees": list(entry.addressees),
        "addressee_names": [name_of_party(party) for party in entry.addressees],
        "clause": entry.clause,
        "state": entry.state,
        "status": entry.status,
        "units": list(entry.units),
    }


def build_dashboard(register: Register, calendar: Calendar, *, today: date, accepted_only: bool = False) -> Dashboard:
    """Gather the tables.

    Parameters
    ----------
    register
        The register.
    calendar
        Days of sessions, such as :func:`calendar_for` gives.
    today
        Day from which lateness counts.
    accepted_only
        Leave out suggestions that nobody accepted yet.
    """
    kept = tuple(entry for entry in register.entries if _kept(entry, accepted_only))
    part = Register(kept)
    due = due_entries(part, calendar, today=today)
    silent = without_report(part)
    recommended = recommendation_rows(recommendations_of(register), calendar, today=today, topics=False)
    waited = [row for row in recommended if row["due"] and row["status"] not in CLOSED]
    counts = {
        "obligations": len(kept),
        "open": sum(entry.status not in CLOSED for entry in kept),
        "waiting": sum(entry.state == "suggested" for entry in kept),
        "late": len({one.entry.id for one in due if one.late}),
        "no_reporting_duty": len(silent),
        "recommendations": len(recommended),
        "recommendations_late": sum(row["late"] for row in recommended),
    }
    return Dashboard(
        day=today,
        counts=counts,
        by_addressee=_by_party(due, lambda one: one.entry.addressees),
        by_recipient=_by_party(due, _recipients),
        by_occasion=_by_occasion(due),
        overdue=tuple(_due_row(one) for one in due if one.late),
        unknown_day=tuple(_due_row(one) for one in due if one.day is None and _names_a_session(one)),
        no_reporting_duty=tuple(entry_row(entry) for entry in silent),
        no_addressee=tuple(entry_row(entry) for entry in kept if entry.force != "decide" and not entry.addressees),
        nobody_responsible=tuple(entry_row(entry) for entry in kept if _orphan(entry)),
        recommendations=tuple(review_counts(recommended)),
        recommendations_due=tuple(sorted(waited, key=lambda row: (row["day"] is None, row["day"] or "", row["id"]))),
    )


def _kept(entry: Entry, accepted_only: bool) -> bool:
    return entry.state in ("accepted", "edited") or (entry.state == "suggested" and not accepted_only)


def _orphan(entry: Entry) -> bool:
    return entry.state in ("accepted", "edited") and entry.status not in CLOSED and not entry.units


def _names_a_session(one: DueEntry) -> bool:
    return one.due.startswith(("session:", "event:"))


def _due_row(one: DueEntry) -> dict[str, Any]:
    return {**one.row(), "occasion": occasion(one.due), **entry_row(one.entry)}


def _recipients(one: DueEntry) -> tuple[str, ...]:
    """Who gets it: whom the text names, else the body at whose session it is due, if that is not who owes it."""
    if one.entry.report_to:
        return one.entry.report_to
    kind, _, value = one.due.partition(":")
    body = value.rpartition("-")[0]
    party = (
        "congress" if kind == "event" and body == "congress" else _party_of_session(body) if kind == "session" else ""
    )
    return (party,) if party and party not in one.entry.addressees else ()


def _party_of_session(body: str) -> str:
    return next((party for party, short in known_parties().sessions.items() if short == body), "")


def _by_party(due: Iterable[DueEntry], of: Callable[[DueEntry], tuple[str, ...]]) -> Rows:
    """Obligations with a time by who owes them, or by who gets the report; nobody is a party of its own."""
    parties: dict[str, list[DueEntry]] = {}
    for one in due:
        for party in of(one) or ("",):
            parties.setdefault(party, []).append(one)
    rows = [_party_row(party, entries) for party, entries in parties.items()]
    return tuple(sorted(rows, key=lambda row: (row["next_day"] is None, row["next_day"] or "", row["name"])))


def _party_row(party: str, due: list[DueEntry]) -> dict[str, Any]:
    waited = [one for one in due if one.entry.status not in CLOSED]
    ahead = [one for one in waited if one.day is not None and not one.late]
    following = min(ahead, key=lambda one: one.day or date.max, default=None)
    return {
        "id": party,
        "name": name_of_party(party),
        "obligations": len({one.entry.id for one in due}),
        "open": len({one.entry.id for one in waited}),
        "late": len({one.entry.id for one in waited if one.late}),
        "next_day": following.day.isoformat() if following is not None and following.day is not None else None,
        "next_occasion": occasion(following.due) if following is not None else "",
        "confirmed": following.confirmed if following is not None else None,
    }


def _by_occasion(due: Iterable[DueEntry]) -> Rows:
    """A row a session, event or date, with its obligations; “next session” is on the day it falls on."""
    groups: dict[tuple[str, date | None], list[DueEntry]] = {}
    for one in due:
        groups.setdefault((one.due, one.day), []).append(one)
    return tuple(
        {
            "due": name,
            "occasion": occasion(name),
            "day": day.isoformat() if day is not None else None,
            "confirmed": entries[0].confirmed if day is not None else None,
            "obligations": len(entries),
            "open": sum(one.entry.status not in CLOSED for one in entries),
            "late": sum(one.late for one in entries),
            "entries": [entry_row(one.entry) for one in entries],
        }
        for (name, day), entries in groups.items()
    )
