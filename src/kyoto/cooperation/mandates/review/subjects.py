"""What is reviewed: obligations, recommendations of reviews and sessions, each with its form of edit."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from kyoto.cooperation.mandates.followup.calendar import DAYS, Session, session_dict
from kyoto.cooperation.mandates.followup.register import Entry, Register
from kyoto.cooperation.mandates.mechanisms.model import Recommendation
from kyoto.cooperation.mandates.review.edit import FIELDS, AnyEdit, Edit, apply_edit, edit_of
from kyoto.cooperation.mandates.review.other_edits import (
    RecommendationEdit,
    SessionEdit,
    apply_recommendation_edit,
    apply_session_edit,
    recommendation_edit_of,
    session_edit_of,
)
from kyoto.core.errors import KyotoError

__all__ = ["OBLIGATION", "RECOMMENDATION", "SESSION", "SUBJECTS", "Subject", "subject_named"]


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of record under review.

    Parameters
    ----------
    kind
        Of the records.
    proposals
        Kind of the records that hold its proposals.
    fields
        What a person decides, and restoring a version brings back.
    read, plain
        From what a record holds to the object, and back.
    edit
        Form of its edits.
    edit_of
        The edit that changes nothing.
    apply
        Makes the object say what an edit says.
    fresh
        An object that is not in the register yet, where a person may add one; else None.
    """

    kind: str
    proposals: str
    fields: tuple[str, ...]
    read: Callable[[dict[str, Any]], Any]
    plain: Callable[[Any], dict[str, Any]]
    edit: type[AnyEdit]
    edit_of: Callable[[Any], AnyEdit]
    apply: Callable[..., Any]
    fresh: Callable[[str], Any] | None = None

    def now(self, record: str, content: dict[str, Any]) -> Any:
        """Return the object that a record holds; a fresh one if it holds nothing yet."""
        if content:
            return self.read(content)
        if self.fresh is None:
            raise KyotoError(f"No such {self.kind} in the register", code=f"mandates.unknown-{self.kind}", got=record)
        return self.fresh(record)


def _entry(content: dict[str, Any]) -> Entry:
    return Register.from_dict({"revision": 0, "entries": [content]}).entries[0]


def _plain(one: Any) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(asdict(one)))
    return plain


def _plain_session(session: Session) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(session_dict(session)))
    return plain


def _session(identifier: str) -> Session:
    """The one that comes with Kyoto, else one without days: whoever sets it says on which it is."""
    from kyoto.cooperation.mandates.followup.calendar import read_calendar

    known = read_calendar().sessions.get(identifier)
    return known if known is not None else Session(identifier, date.min, date.min)


OBLIGATION: Final = Subject("obligation", "proposal", FIELDS, _entry, _plain, Edit, edit_of, apply_edit)
RECOMMENDATION: Final = Subject(
    "recommendation",
    "recommendation-proposal",
    ("text", "provision", "number", "made_by", "made_on", "response", "status", "due", "units"),
    Recommendation.from_dict,
    _plain,
    RecommendationEdit,
    recommendation_edit_of,
    apply_recommendation_edit,
)
SESSION: Final = Subject(
    "session",
    "session-proposal",
    DAYS,
    Session.from_dict,
    _plain_session,
    SessionEdit,
    session_edit_of,
    apply_session_edit,
    _session,
)
SUBJECTS: Final[Mapping[str, Subject]] = {one.kind: one for one in (OBLIGATION, RECOMMENDATION, SESSION)}
"""What is reviewed, by kind."""


def subject_named(kind: str) -> Subject:
    """Return what is reviewed by its kind.

    Raises
    ------
    KyotoError
        ``mandates.unknown-kind``.
    """
    if kind not in SUBJECTS:
        raise KyotoError(
            "Nothing of this kind is reviewed",
            code="mandates.unknown-kind",
            got=kind,
            expected="one of " + ", ".join(SUBJECTS),
        )
    return SUBJECTS[kind]
