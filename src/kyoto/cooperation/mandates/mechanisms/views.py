"""Recommendations as rows: by cycle and State, what is due, how far they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from kyoto.cooperation.mandates.events import CLOSED, STATUSES
from kyoto.cooperation.mandates.mechanisms.known import name_of_mechanism
from kyoto.cooperation.mandates.mechanisms.model import RESPONSES, Recommendation
from kyoto.core.errors import KyotoError, did_you_mean

if TYPE_CHECKING:
    from kyoto.cooperation.mandates.followup.calendar import Calendar
    from kyoto.cooperation.mandates.followup.register import Register

__all__ = ["GROUPS", "name_of_state", "recommendation_rows", "recommendations_of", "review_counts"]

GROUPS = ("mechanism", "cycle", "state", "provision", "response", "status", "topic")
"""By what recommendations can be counted."""


def recommendations_of(
    register: Register,
    *,
    mechanism: Iterable[str] = (),
    cycle: Iterable[str] = (),
    state: Iterable[str] = (),
    response: Iterable[str] = (),
    status: Iterable[str] = (),
    open_only: bool = False,
) -> list[Recommendation]:
    """Return recommendations in the order of mechanism, cycle, State, article and number.

    Parameters
    ----------
    register
        The register.
    mechanism, cycle, state, response, status
        Only these values; none means all.
    open_only
        Leave out what is reported, done, lapsed or superseded.
    """
    wanted = {
        "mechanism": set(mechanism),
        "cycle": set(cycle),
        "state": set(state),
        "response": set(response),
        "status": set(status),
    }
    found = [
        one
        for one in register.recommendations
        if all(not values or getattr(one, name) in values for name, values in wanted.items())
        and not (open_only and one.status in CLOSED)
    ]
    return sorted(found, key=_order)


def _order(one: Recommendation) -> tuple[Any, ...]:
    cycle = tuple(int(part) for part in one.cycle.split(".") if part.isdigit())
    number = int(one.number) if one.number.isdigit() else 0
    return one.mechanism, cycle, one.state, one.article or 999, number, one.number, one.id


def name_of_state(code: str) -> str:
    """Return the English name of a State by its code; the code where there is none."""
    from kyoto.statistics.exchange.series.areas import area_of

    return area_of(code).name or code


def recommendation_rows(
    found: Iterable[Recommendation], calendar: Calendar, *, today: date, topics: bool = True
) -> list[dict[str, Any]]:
    """Return a row a recommendation.

    Parameters
    ----------
    found
        From :func:`recommendations_of`.
    calendar
        Days of sessions.
    today
        Day from which lateness counts.
    topics
        Whether to recognize topics, which takes most of the time; else they are empty.

    Returns
    -------
    list of dict
        ``id, mechanism, mechanism_name, cycle, state, state_name, number, provision, article, text, made_by, made_on,
        response, status, due, day, confirmed, late, units, evidence`` (what shows it, the newest last), ``topics``.
        ``day`` is the earliest due day.
    """
    from kyoto.cooperation.mandates.links.topics import topics_of

    rows = []
    for one in found:
        day, confirmed = _day(one, calendar)
        rows.append(
            {
                "id": one.id,
                "mechanism": one.mechanism,
                "mechanism_name": name_of_mechanism(one.mechanism),
                "cycle": one.cycle,
                "state": one.state,
                "state_name": name_of_state(one.state),
                "number": one.number,
                "provision": one.provision,
                "article": one.article,
                "text": one.text,
                "made_by": list(one.made_by),
                "made_on": one.made_on,
                "response": one.response,
                "status": one.status,
                "due": list(one.due),
                "day": day.isoformat() if day is not None else None,
                "confirmed": confirmed,
                "late": day is not None and day < today and one.status not in CLOSED,
                "units": list(one.units),
                "evidence": [event.evidence for event in one.evidence],
                "topics": list(topics_of(one.text)) if topics else [],
            }
        )
    return rows


def _day(one: Recommendation, calendar: Calendar) -> tuple[date | None, bool]:
    after = date.fromisoformat(one.made_on) if one.made_on else None
    known = [(calendar.day(due, after=after), calendar.confirmed(due, after=after)) for due in one.due]
    return min(((day, sure) for day, sure in known if day is not None), default=(None, True))


def review_counts(
    rows: Iterable[dict[str, Any]], by: Sequence[str] = ("mechanism", "cycle", "state")
) -> list[dict[str, Any]]:
    """Count rows of :func:`recommendation_rows` by cycle and State, or by other groups.

    Parameters
    ----------
    rows
        What to count.
    by
        Some of :data:`GROUPS`, in their order.

    Returns
    -------
    list of dict
        The groups, then ``recommendations``, one column a response and one a status, ``late``, ``without_evidence``
        (of those that are not ``not-started``) and ``nobody_responsible``. A recommendation on several topics counts
        under each.

    Raises
    ------
    KyotoError
        ``mandates.unknown-group``.
    """
    for name in by:
        if name not in GROUPS:
            raise KyotoError("Unknown group", code="mandates.unknown-group", got=name, hint=did_you_mean(name, GROUPS))
    counted: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in rows:
        for key in _keys(row, by):
            counts = counted.setdefault(key, {**dict(zip(by, key, strict=True)), **_NOTHING})
            counts["recommendations"] += 1
            counts[_column(row["response"])] += 1
            counts[_column(row["status"])] += 1
            counts["late"] += row["late"]
            counts["without_evidence"] += row["status"] != "not-started" and not row["evidence"]
            counts["nobody_responsible"] += not row["units"]
    return list(counted.values())


def _column(word: str) -> str:
    return word.replace("-", "_")


_COUNTS = ("recommendations", *RESPONSES, *STATUSES, "late", "without_evidence", "nobody_responsible")
_NOTHING = {_column(name): 0 for name in _COUNTS}


def _keys(row: dict[str, Any], by: Sequence[str]) -> list[tuple[str, ...]]:
    keys: list[tuple[str, ...]] = [()]
    for name in by:
        values = (row["topics"] or [""]) if name == "topic" else [row[name]]
        keys = [(*key, value) for key in keys for value in values]
    return keys
