"""What a person wants a recommendation of a review, or a session of a body, to say; and what that makes of it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from kyoto.cooperation.mandates.dues import last_day
from kyoto.cooperation.mandates.events import STATUSES, changed, require_author, require_evidence, require_known
from kyoto.cooperation.mandates.followup.calendar import DAYS, Session, session_of
from kyoto.cooperation.mandates.mechanisms.model import RESPONSES, Recommendation
from kyoto.cooperation.mandates.review.edit import AnyEdit, checked_dues, nothing_to_change, too_long
from kyoto.core.errors import KyotoError, Problems

__all__ = [
    "RecommendationEdit",
    "SessionEdit",
    "apply_recommendation_edit",
    "apply_session_edit",
    "recommendation_edit_of",
    "session_edit_of",
]


@dataclass(frozen=True, slots=True)
class RecommendationEdit(AnyEdit):
    """Everything that a person decides about a recommendation, as it shall be.

    Parameters
    ----------
    text, provision, number, made_by, made_on, response, status, due, units
        See :class:`~kyoto.cooperation.mandates.mechanisms.Recommendation`.
    evidence
        What shows it: a symbol, an address, a sentence.
    """

    text: str = ""
    provision: str = ""
    number: str = ""
    made_by: tuple[str, ...] = ()
    made_on: str = ""
    response: str = "pending"
    status: str = "not-started"
    due: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class SessionEdit(AnyEdit):
    """Days of a session as they shall be, as a person types them (year-month-day).

    Parameters
    ----------
    start, end, note, source, verified
        See :class:`~kyoto.cooperation.mandates.followup.Session`; a session of one day needs no end.
    """

    start: str = ""
    end: str = ""
    note: str = ""
    source: str = ""
    verified: bool = True


def recommendation_edit_of(one: Recommendation) -> RecommendationEdit:
    """Return the edit that changes nothing."""
    named = [field.name for field in fields(RecommendationEdit) if field.name != "evidence"]
    plain: dict[str, Any] = {name: getattr(one, name) for name in named}
    return RecommendationEdit(**plain)


def session_edit_of(session: Session) -> SessionEdit:
    """Return the edit that changes nothing."""
    days = {name: "" if (day := getattr(session, name)) == date.min else day.isoformat() for name in ("start", "end")}
    return SessionEdit(**days, note=session.note, source=session.source, verified=session.verified)


def apply_recommendation_edit(
    one: Recommendation, edit: RecommendationEdit, *, by: str, today: date, approved_by: str = ""
) -> Recommendation:
    """Make a recommendation say what an edit says; who wanted it and who approved it stays in its history.

    Parameters
    ----------
    one, edit
        As it stands, and as it shall be.
    by, approved_by
        Who wants it, and who agreed if that is another person.
    today
        Day of the change.

    Raises
    ------
    KyotoError
        ``mandates.nothing-to-change``, ``mandates.unknown-status``, ``mandates.no-author``, ``mandates.no-evidence``,
        ``mandates.wrong-due``, ``mandates.wrong-date``, ``mandates.no-text``, ``mandates.too-long``.
    """
    edit = _checked(edit)
    new = {
        field.name: getattr(edit, field.name)
        for field in fields(edit)
        if field.name != "evidence" and getattr(edit, field.name) != getattr(one, field.name)
    }
    if not (new or edit.evidence):
        raise nothing_to_change(one.id)
    require_author(by)
    require_evidence(str(new.get("status", "")), edit.evidence, one.history)
    return changed(one, new, by=by, today=today, evidence=edit.evidence, approved_by=approved_by)


def _checked(edit: RecommendationEdit) -> RecommendationEdit:
    """The edit with its times in their one spelling, or all that is wrong with it."""
    require_known(edit.response or "none", RESPONSES)
    require_known(edit.status or "none", STATUSES)
    problems = Problems()
    due = checked_dues(edit.due, problems)
    if not edit.text.strip():
        problems.add(KyotoError("A recommendation needs its text", code="mandates.no-text"))
    if edit.made_on and (len(edit.made_on) != len("2031-01-01") or last_day(edit.made_on) is None):
        problems.add(KyotoError("Not a date", code="mandates.wrong-date", got=edit.made_on))
    too_long(edit, problems)
    problems.raise_if_any()
    return replace(edit, due=due)


def apply_session_edit(session: Session, edit: SessionEdit, *, by: str, today: date, approved_by: str = "") -> Session:
    """Give a session other days; the parameters are those of :func:`apply_recommendation_edit`.

    Raises
    ------
    KyotoError
        ``mandates.nothing-to-change``, ``mandates.wrong-session``, ``mandates.no-author``, ``mandates.too-long``.
    """
    problems = Problems()
    too_long(edit, problems)
    problems.raise_if_any()
    require_author(by)
    wanted = session_of(session.id, edit.start, edit.end, note=edit.note, source=edit.source, verified=edit.verified)
    new = {name: getattr(wanted, name) for name in DAYS if getattr(wanted, name) != getattr(session, name)}
    if not new:
        raise nothing_to_change(session.id)
    return changed(session, new, by=by, today=today, approved_by=approved_by)
