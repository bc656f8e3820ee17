"""What is followed up has a status, a history and evidence: the words and rules that all of it shares."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from kyoto.core.errors import KyotoError, did_you_mean

__all__ = ["CLOSED", "STATUSES", "Event", "require_author", "require_evidence", "require_known"]

STATUSES = ("not-started", "under-way", "reported", "done", "lapsed", "superseded")
"""Where something stands."""

CLOSED = frozenset({"reported", "done", "lapsed", "superseded"})
"""Statuses in which nothing is awaited any more."""


@dataclass(frozen=True, slots=True)
class Event:
    """One change: day, who made it, what changed, and the evidence given."""

    day: str
    by: str
    what: str
    evidence: str = ""


def require_known(value: str, known: Collection[str]) -> None:
    """Refuse a word that is not of a list; empty leaves things as they are.

    Raises
    ------
    KyotoError
        ``mandates.unknown-status``.
    """
    if value and value not in known:
        raise KyotoError(
            "Unknown state or status", code="mandates.unknown-status", got=value, hint=did_you_mean(value, known)
        )


def require_author(by: str) -> None:
    """Refuse a change without a name.

    Raises
    ------
    KyotoError
        ``mandates.no-author``.
    """
    if not by.strip():
        raise KyotoError("A change needs its author", code="mandates.no-author", hint="Say who with --by.")


def require_evidence(status: str, given: str, before: Collection[Event]) -> None:
    """Refuse ``reported`` and ``done`` if nothing shows it.

    Raises
    ------
    KyotoError
        ``mandates.no-evidence``.
    """
    if status in ("reported", "done") and not given and not any(event.evidence for event in before):
        raise KyotoError(
            f"Status “{status}” needs evidence",
            code="mandates.no-evidence",
            hint="Give a document symbol, an address or a sentence with --evidence.",
        )
