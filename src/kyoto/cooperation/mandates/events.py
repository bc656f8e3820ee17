"""What is followed up has a status, a history and evidence: the words and rules that all of it shares."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol, TypeVar

from kyoto.core.errors import KyotoError, did_you_mean

__all__ = ["CLOSED", "STATUSES", "Event", "changed", "require_author", "require_evidence", "require_known"]

STATUSES = ("not-started", "under-way", "reported", "done", "lapsed", "superseded")
"""Where something stands."""

CLOSED = frozenset({"reported", "done", "lapsed", "superseded"})
"""Statuses in which nothing is awaited any more."""

_SHOWN = 300
"""Characters beyond which the history does not repeat a value: it stands in the versions."""


@dataclass(frozen=True, slots=True)
class Event:
    """One change: day, who made it, what changed, and the evidence given."""

    day: str
    by: str
    what: str
    evidence: str = ""


class _Followed(Protocol):
    """What has a history."""

    @property
    def history(self) -> tuple[Event, ...]: ...


_Kept = TypeVar("_Kept", bound=_Followed)


def changed(
    one: _Kept, new: Mapping[str, Any], *, by: str, today: date, evidence: str = "", approved_by: str = ""
) -> _Kept:
    """Return an obligation, a recommendation or a session with new values; its history says what, who and when.

    Parameters
    ----------
    one
        As it stands.
    new
        The fields that change, in the order in which the history names them.
    by, today, evidence, approved_by
        For the history.
    """
    what = [f"{name.replace('_', ' ')}: {_shown(value)}" for name, value in new.items()] or ["evidence"]
    what += [f"approved by {approved_by}"] if approved_by else []
    event = Event(today.isoformat(), by, "; ".join(what), evidence)
    return replace(one, **new, history=(*one.history, event))  # type: ignore[type-var]  # each is a dataclass


def _shown(value: object) -> str:
    text = ", ".join(value) if isinstance(value, tuple) else str(value)
    return text if text and len(text) <= _SHOWN else "changed" if text else "–"


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
