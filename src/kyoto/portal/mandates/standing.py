"""The register as it stands, kept up with the database: what was written since is read again, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kyoto.cooperation.mandates.followup.calendar import Session
from kyoto.cooperation.mandates.followup.database import KINDS
from kyoto.cooperation.mandates.followup.register import Entry, Register
from kyoto.cooperation.mandates.mechanisms.model import Recommendation
from kyoto.cooperation.mandates.review import SUBJECTS
from kyoto.core.database.records import unlogged_records

if TYPE_CHECKING:
    from kyoto.core.database.work import Work

__all__ = ["Found", "read_register", "updated"]


@dataclass(frozen=True, slots=True)
class Found:
    """The register as it stands.

    Parameters
    ----------
    register
        As the rooms take it, with recommendations and the office's own sessions.
    entries, recommendations, sessions
        Objects by id, in order.
    revisions, places
        Revision of each record, and its place among those of its kind, by kind and id.
    """

    register: Register = field(default_factory=Register)
    entries: Mapping[str, Entry] = field(default_factory=dict)
    recommendations: Mapping[str, Recommendation] = field(default_factory=dict)
    sessions: Mapping[str, Session] = field(default_factory=dict)
    revisions: Mapping[tuple[str, str], int] = field(default_factory=dict)
    places: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def of_kind(self, kind: str) -> Mapping[str, Any]:
        """Return the objects of a kind by id."""
        held: Mapping[str, Any] = getattr(self, _NAMES[kind])
        return held

    def revision(self, kind: str, record: str) -> int:
        """Revision of a record; 0 for one that the database does not hold."""
        return self.revisions.get((kind, record), 0)


_NAMES = {"obligation": "entries", "recommendation": "recommendations", "session": "sessions"}


def read_register(work: Work) -> Found:
    """Read all of it; the page logs who reads it."""
    return updated(work, Found(), dict.fromkeys(KINDS))


def updated(work: Work, found: Found, written: Mapping[str, Collection[str] | None]) -> Found:
    """Read again what was written.

    Parameters
    ----------
    work
        The transaction.
    found
        As it stood.
    written
        Identifiers by kind; None for all of the kind.
    """
    revisions, places = dict(found.revisions), dict(found.places)
    parts: dict[str, dict[str, Any]] = {}
    for kind, name in _NAMES.items():
        held = dict(getattr(found, name))
        before = len(held)
        for kept in unlogged_records(work, kind, written[kind]) if kind in written else ():
            held[kept.record] = SUBJECTS[kind].read(kept.content)
            revisions[kind, kept.record], places[kind, kept.record] = kept.revision, kept.place
        if len(held) > before > 0:
            held = {record: held[record] for _, record in sorted((places[kind, record], record) for record in held)}
        parts[name] = held
    lists: dict[str, Any] = {name: tuple(held.values()) for name, held in parts.items()}
    return Found(Register(**lists), **parts, revisions=revisions, places=places)
