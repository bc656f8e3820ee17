"""The register: obligations that persons accepted, their status, evidence and history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any, TypeVar

from kyoto.cooperation.mandates.dues import checked_due
from kyoto.cooperation.mandates.events import (
    STATUSES,
    Event,
    changed,
    require_author,
    require_evidence,
    require_known,
)
from kyoto.cooperation.mandates.followup.calendar import DAYS, Session, session_dict
from kyoto.cooperation.mandates.mechanisms.model import Recommendation
from kyoto.cooperation.mandates.obligations.model import Obligation
from kyoto.core.errors import KyotoError, did_you_mean

__all__ = [
    "STATES",
    "STATUSES",
    "Entry",
    "Event",
    "Register",
    "add_obligations",
    "change",
    "require_followable",
    "set_session",
]

STATES = ("suggested", "accepted", "edited", "rejected")
"""What a person made of a suggestion."""

_Kept = TypeVar("_Kept", "Entry", Recommendation)


@dataclass(frozen=True, slots=True)
class Entry:
    """One obligation in the register.

    Parameters
    ----------
    id, document, act, paragraph, place, force, clause, asks
        From the obligation; ``clause`` is its text.
    title
        Title of the act.
    adopted
        Day of the act if known (ISO), from which “next session” counts.
    addressees, conditions, due, report_to
        Identifiers; a person may edit them.
    state, status
        One of :data:`STATES` and of :data:`STATUSES`.
    units
        Who is responsible inside the organization.
    history
        Changes, the oldest first; nothing is removed.
    """

    id: str
    document: str
    act: str
    paragraph: str
    place: int
    force: str
    clause: str
    asks: bool
    title: str = ""
    adopted: str = ""
    addressees: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    due: tuple[str, ...] = ()
    report_to: tuple[str, ...] = ()
    state: str = "suggested"
    status: str = "not-started"
    units: tuple[str, ...] = ()
    history: tuple[Event, ...] = ()

    @property
    def evidence(self) -> tuple[Event, ...]:
        """Changes that gave evidence."""
        return tuple(event for event in self.history if event.evidence)


@dataclass(frozen=True, slots=True)
class Register:
    """What is followed up.

    Parameters
    ----------
    entries
        Obligations in order.
    revision
        Number of times the register was written.
    facts
        What else a store wants to remember.
    recommendations
        Recommendations of review mechanisms.
    sessions
        Sessions whose days the office set itself; they stand before those that come with Kyoto.
    """

    entries: tuple[Entry, ...] = ()
    revision: int = 0
    facts: dict[str, str] = field(default_factory=dict)
    recommendations: tuple[Recommendation, ...] = ()
    sessions: tuple[Session, ...] = ()

    def entry(self, identifier: str) -> Entry:
        """Return the entry with this id.

        Raises
        ------
        KyotoError
            ``mandates.unknown-obligation``.
        """
        return _found(identifier, self.entries, "obligation")

    def recommendation(self, identifier: str) -> Recommendation:
        """Return the recommendation with this id.

        Raises
        ------
        KyotoError
            ``mandates.unknown-recommendation``.
        """
        return _found(identifier, self.recommendations, "recommendation")

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form."""
        return {
            "revision": self.revision,
            "facts": self.facts,
            "entries": [asdict(entry) for entry in self.entries],
            "recommendations": [asdict(one) for one in self.recommendations],
            "sessions": [session_dict(session) for session in self.sessions],
        }

    @staticmethod
    def from_dict(table: dict[str, Any]) -> Register:
        """Make a register of its JSON-able form; one written before there were recommendations has none."""
        lists = ("addressees", "conditions", "due", "report_to", "units")
        entries = []
        for row in table["entries"]:
            plain = {**row, **{name: tuple(row[name]) for name in lists}}
            plain["history"] = tuple(Event(**event) for event in row["history"])
            entries.append(Entry(**plain))
        return Register(
            tuple(entries),
            int(table["revision"]),
            dict(table.get("facts", {})),
            tuple(Recommendation.from_dict(row) for row in table.get("recommendations", ())),
            tuple(Session.from_dict(row) for row in table.get("sessions", ())),
        )


def _found(identifier: str, among: tuple[_Kept, ...], what: str) -> _Kept:
    found = next((one for one in among if one.id == identifier), None)
    if found is None:
        raise KyotoError(
            f"No such {what} in the register",
            code=f"mandates.unknown-{what}",
            got=identifier,
            hint=did_you_mean(identifier, [one.id for one in among]),
        )
    return found


def set_session(register: Register, session: Session, *, by: str, today: date) -> Register:
    """Set the days of a session; those that were known before are replaced, and its history goes on.

    Raises
    ------
    KyotoError
        ``mandates.no-author``.
    """
    require_author(by)
    known = next((one for one in register.sessions if one.id == session.id), replace(session, history=()))
    new = {name: getattr(session, name) for name in DAYS}
    there = changed(known, new, by=by, today=today)
    return replace(register, sessions=(*(one for one in register.sessions if one.id != session.id), there))


def add_obligations(
    register: Register, found: Iterable[Obligation], *, titles: dict[str, str], adopted: str = "", today: date, by: str
) -> Register:
    """Add obligations that ask or decide; those that are there keep what persons made of them.

    Parameters
    ----------
    register
        The register before.
    found
        Obligations of a document.
    titles
        Title by id of the act.
    adopted
        Day of the document's acts (ISO), if known.
    today, by
        For the history.

    Returns
    -------
    Register
        An entry whose text changed in the document is suggested again, and its history says so.
    """
    entries = {entry.id: entry for entry in register.entries}
    for one in found:
        if not one.asks:
            continue
        fresh = _entry(one, titles.get(one.act, ""), adopted, Event(today.isoformat(), by, "suggested by rules"))
        known = entries.get(one.id)
        if known is None:
            entries[one.id] = fresh
        elif known.clause != one.clause:
            event = Event(today.isoformat(), by, "the text changed in the document: suggested again")
            entries[one.id] = replace(fresh, status=known.status, units=known.units, history=(*known.history, event))
    return replace(register, entries=tuple(entries.values()))


def _entry(one: Obligation, title: str, adopted: str, event: Event) -> Entry:
    return Entry(
        id=one.id,
        document=one.document,
        act=one.act,
        paragraph=one.paragraph,
        place=one.place,
        force=one.force,
        clause=one.clause,
        asks=one.asks,
        title=title,
        adopted=adopted,
        addressees=tuple(dict.fromkeys(party.id for party in one.addressees)),
        conditions=tuple(dict.fromkeys(found.id for found in one.conditions)),
        due=tuple(dict.fromkeys(due.id for due in one.due)),
        report_to=tuple(dict.fromkeys(party.id for party in one.report_to)),
        history=(event,),
    )


def change(
    register: Register,
    identifier: str,
    *,
    by: str,
    today: date,
    state: str = "",
    status: str = "",
    evidence: str = "",
    units: Iterable[str] = (),
    due: Iterable[str] = (),
    addressees: Iterable[str] = (),
) -> Register:
    """Change one entry; who did it, when and with what evidence stays in its history.

    Parameters
    ----------
    register
        The register before.
    identifier
        Id of the entry.
    by
        Who makes the change; a change without a name is refused.
    today
        Day of the change.
    state, status
        New state or status; empty leaves it.
    evidence
        What shows it: a symbol, an address, a sentence. ``reported`` and ``done`` need it.
    units, due, addressees
        New values; editing ``due`` or ``addressees`` makes the entry ``edited``.

    Raises
    ------
    KyotoError
        ``mandates.unknown-obligation``, ``mandates.unknown-status``, ``mandates.no-author``, ``mandates.no-evidence``,
        ``mandates.not-accepted``, ``mandates.wrong-due``.
    """
    entry = register.entry(identifier)
    edits: dict[str, Any] = {"due": tuple(checked_due(one) for one in due), "addressees": tuple(addressees)}
    edits = {name: value for name, value in edits.items() if value}
    new = {**edits, "state": "edited" if edits else state, "status": status, "units": tuple(units)}
    require_followable(entry, by=by, state=new["state"], status=status, evidence=evidence)
    new = {name: value for name, value in new.items() if value}
    now = changed(entry, new, by=by, today=today, evidence=evidence)
    return replace(register, entries=tuple(now if one.id == identifier else one for one in register.entries))


def require_followable(entry: Entry, *, by: str, state: str, status: str, evidence: str) -> None:
    """Refuse a state or status that is none, or that an obligation cannot have, and a change without author.

    Raises
    ------
    KyotoError
        ``mandates.unknown-status``, ``mandates.no-author``, ``mandates.no-evidence``, ``mandates.not-accepted``.
    """
    require_known(state, STATES)
    require_known(status, STATUSES)
    require_author(by)
    if status and (state or entry.state) not in ("accepted", "edited"):
        raise KyotoError(
            "The obligation is only a suggestion",
            code="mandates.not-accepted",
            got=state or entry.state,
            hint="Accept it first (--accept), or together with its status.",
        )
    require_evidence(status, evidence, entry.history)
