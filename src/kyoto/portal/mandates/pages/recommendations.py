"""Recommendations of review mechanisms: by cycle and State, with the answer and where each stands."""

from __future__ import annotations

from typing import Any

from kyoto.cooperation.mandates.mechanisms import recommendation_rows, recommendations_of, review_counts
from kyoto.portal.mandates.desk import Reply, Visit
from kyoto.portal.mandates.rendering import page

__all__ = ["recommendations"]

_FILTERS = ("mechanism", "cycle", "state", "response", "status")
_SHOWN = 300


def recommendations(visit: Visit) -> Reply:
    """Counts by mechanism, cycle and State, and the recommendations themselves."""
    chosen: dict[str, Any] = {name: [value for value in visit.query.get(name, []) if value] for name in _FILTERS}
    with visit.work() as work:
        register = visit.desk.shelf.register(work).register
        visit.log_reading(work, "recommendation", "*", {name: each for name, each in chosen.items() if each})
    calendar = visit.desk.calendar(register)
    every = recommendation_rows(recommendations_of(register), calendar, today=visit.today, topics=False)
    found = recommendation_rows(recommendations_of(register, **chosen), calendar, today=visit.today, topics=False)
    options = {name: sorted({(str(row[name]), _label(visit, row, name)) for row in every}) for name in _FILTERS}
    return page(
        visit,
        "recommendations",
        visit.words("recommendations.title"),
        rows=found[:_SHOWN],
        total=len(found),
        any=bool(every),
        groups=review_counts(found),
        names={str(row[name]): str(row[f"{name}_name"]) for row in found for name in ("mechanism", "state")},
        options=[(name, values, visit.asked(name)) for name, values in options.items()],
    )


def _label(visit: Visit, row: dict[str, object], name: str) -> str:
    if name in ("mechanism", "state"):
        return str(row[f"{name}_name"])
    return visit.words.texts.get(f"{name}.{row[name]}", str(row[name]))
