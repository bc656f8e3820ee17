"""The register: obligations that persons accepted, their status, evidence and history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

from kyoto.cooperation.mandates.obligations.model import Obligation
from kyoto.core.errors import KyotoError, did_you_mean

__all__ = ["STATES", "STATUSES", "Entry", "Event", "Register", "add_obligations", "change"]

STATES = ("suggested", "accepted", "edited", "rejected")
"""What a person made of a suggestion."""

STATUSES = ("not-started", "under-way", "reported", "done", "lapsed", "superseded")
"""Where an obligation stands."""


@dataclass(frozen=True, slots=True)
class Event:
    """One change: day, who made it, what changed, and the evidence given."""

    day: str
    by: str
    what: str
    evidence: str = ""


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
    """All entries in order, and the number of times the register was written."""

    entries: tuple[Entry, ...] = ()
    revision: int = 0
    facts: dict[str, str] = field(default_factory=dict)

    def entry(self, identifier: str) -> Entry:
        """Return the entry with this id.

        Raises
        ------
        KyotoError
            ``mandates.unknown-obligation``.
        """
        found = next((entry for entry in self.entries if entry.id == identifier), None)
        if found is None:
            raise KyotoError(
                "No such obligation in the register",
                code="mandates.unknown-obligation",
                got=identifier,
                hint=did_you_mean(identifier, [entry.id for entry in self.entries]),
            )
        return found

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form."""
        return {"revision": self.revision, "facts": self.facts, "entries": [asdict(entry) for entry in self.entries]}

    @staticmethod
    def from_dict(table: dict[str, Any]) -> Register:
        """Make a register of its JSON-able form."""
        lists = ("addressees", "conditions", "due", "report_to", "units")
        entries = []
        for row in table["entries"]:
            plain = {**row, **{name: tuple(row[name]) for name in lists}}
            plain["history"] = tuple(Event(**event) for event in row["history"])
            entries.append(Entry(**plain))
        return Register(tuple(entries), int(table["revision"]), dict(table.get("facts", {})))


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
        ``mandates.not-accepted``.
    """
    entry = register.entry(identifier)
    edits = {"due": tuple(due), "addressees": tuple(addressees)}
    edits = {name: value for name, value in edits.items() if value}
    _check(entry, by=by, state=state or ("edited" if edits else ""), status=status, evidence=evidence)
    what = [f"{name}: {', '.join(value)}" for name, value in edits.items()]
    what += [f"state: {state}"] if state else []
    what += [f"status: {status}"] if status else []
    what += [f"units: {', '.join(units)}"] if units else []
    changed = replace(
        entry,
        **edits,  # type: ignore[arg-type]
        state="edited" if edits else state or entry.state,
        status=status or entry.status,
        units=tuple(units) or entry.units,
        history=(*entry.history, Event(today.isoformat(), by, "; ".join(what) or "evidence", evidence)),
    )
    return replace(register, entries=tuple(changed if one.id == identifier else one for one in register.entries))


def _check(entry: Entry, *, by: str, state: str, status: str, evidence: str) -> None:
    for value, known in ((state, STATES), (status, STATUSES)):
        if value and value not in known:
            raise KyotoError(
                "Unknown state or status", code="mandates.unknown-status", got=value, hint=did_you_mean(value, known)
            )
    if not by.strip():
        raise KyotoError("A change needs its author", code="mandates.no-author", hint="Say who with --by.")
    if status and (state or entry.state) not in ("accepted", "edited"):
        raise KyotoError(
            "The obligation is only a suggestion",
            code="mandates.not-accepted",
            got=state or entry.state,
            hint="Accept it first (--accept), or together with its status.",
        )
    if status in ("reported", "done") and not evidence and not entry.evidence:
        raise KyotoError(
            f"Status “{status}” needs evidence",
            code="mandates.no-evidence",
            hint="Give a document symbol, an address or a sentence with --evidence.",
        )
