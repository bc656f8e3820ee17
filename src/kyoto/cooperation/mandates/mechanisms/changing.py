"""Recommendations into the register, and what persons say of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from kyoto.cooperation.mandates.dues import checked_due
from kyoto.cooperation.mandates.events import (
    STATUSES,
    Event,
    changed,
    require_author,
    require_evidence,
    require_known,
)
from kyoto.cooperation.mandates.mechanisms.model import RESPONSES, Recommendation

if TYPE_CHECKING:
    from kyoto.cooperation.mandates.followup.register import Register

__all__ = ["READ_AGAIN", "add_recommendations", "change_recommendation"]

READ_AGAIN = "read again"
"""How the history of a recommendation says that its row in the table changed."""

_READ = ("text", "provision", "number", "made_by", "made_on", "response", "status", "due", "units")


def add_recommendations(register: Register, found: Iterable[Recommendation], *, today: date, by: str) -> Register:
    """Add recommendations; those that are there keep what persons made of them.

    Parameters
    ----------
    register
        The register before.
    found
        As :func:`~kyoto.cooperation.mandates.mechanisms.read_recommendations` returns them.
    today, by
        For the history.

    Returns
    -------
    Register
        A recommendation whose row is the one read before stays as it is. If the row changed, what it says is taken
        over, and the history says what.

    Raises
    ------
    KyotoError
        ``mandates.no-author``.
    """
    require_author(by)
    there = {one.id: one for one in register.recommendations}
    for one in found:
        known = there.get(one.id)
        if known is None:
            evidence = one.evidence[-1].evidence if one.evidence else ""
            there[one.id] = replace(one, history=(Event(today.isoformat(), by, "read from a table", evidence),))
        elif known.fingerprint != one.fingerprint:
            there[one.id] = _read_again(known, one, today, by)
    return replace(register, recommendations=tuple(there.values()))


def _read_again(known: Recommendation, read: Recommendation, today: date, by: str) -> Recommendation:
    """What the changed row says; a cell that says nothing leaves what is known."""
    nothing = Recommendation("", "", "", "", "")
    said = {name: getattr(read, name) for name in _READ if getattr(read, name) != getattr(nothing, name)}
    new = {name: value for name, value in said.items() if value != getattr(known, name)}
    shown = [f"{name.replace('_', ' ')}: {_shown(value)}" for name, value in new.items() if name != "text"]
    shown += ["the text changed"] if "text" in new else []
    given = read.evidence[-1].evidence if read.evidence else ""
    evidence = given if given not in {event.evidence for event in known.evidence} else ""
    event = Event(today.isoformat(), by, f"{READ_AGAIN}: {'; '.join(shown) or 'nothing else'}", evidence)
    return replace(known, **new, fingerprint=read.fingerprint, history=(*known.history, event))


def change_recommendation(
    register: Register,
    identifier: str,
    *,
    by: str,
    today: date,
    response: str = "",
    status: str = "",
    evidence: str = "",
    units: Iterable[str] = (),
    due: Iterable[str] = (),
) -> Register:
    """Change one recommendation; who did it, when and with what evidence stays in its history.

    Parameters
    ----------
    register
        The register before.
    identifier
        Id of the recommendation.
    by
        Who makes the change.
    today
        Day of the change.
    response, status
        New response of the State, new status; empty leaves it.
    evidence
        What shows it. ``reported`` and ``done`` need it.
    units, due
        New values; none leaves them.

    Raises
    ------
    KyotoError
        ``mandates.unknown-recommendation``, ``mandates.unknown-status``, ``mandates.no-author``,
        ``mandates.no-evidence``, ``mandates.wrong-due``.
    """
    one = register.recommendation(identifier)
    require_known(response, RESPONSES)
    require_known(status, STATUSES)
    require_author(by)
    require_evidence(status, evidence, one.history)
    new: dict[str, object] = {
        "response": response,
        "status": status,
        "units": tuple(units),
        "due": tuple(checked_due(one) for one in due),
    }
    now = changed(one, {name: value for name, value in new.items() if value}, by=by, today=today, evidence=evidence)
    kept = tuple(now if other.id == identifier else other for other in register.recommendations)
    return replace(register, recommendations=kept)


def _shown(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)
