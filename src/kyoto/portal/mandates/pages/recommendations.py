"""Recommendations of review mechanisms by cycle and State, where each stands; and tables of them in."""

from __future__ import annotations

from typing import Any

from kyoto.cooperation.mandates.followup import DatabaseStore
from kyoto.cooperation.mandates.mechanisms import (
    COLUMNS,
    add_recommendations,
    known_mechanisms,
    read_recommendations,
    recommendation_rows,
    recommendations_of,
    review_counts,
)
from kyoto.core.errors import KyotoError
from kyoto.portal.mandates.desk import Reply, Visit
from kyoto.portal.mandates.failures import problem_texts
from kyoto.portal.mandates.rendering import page, redirect
from kyoto.portal.mandates.uploads import kept_upload

__all__ = ["add", "recommendations"]

_FILTERS = ("mechanism", "cycle", "state", "response", "status")
_SHOWN = 300
_PROBLEMS = 30
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def recommendations(visit: Visit) -> Reply:
    """Counts by mechanism, cycle and State, and the recommendations themselves; for editors, the form for a table."""
    return _listed(visit)


def add(visit: Visit) -> Reply:
    """Read an uploaded table: what is new comes in at once, what changes rows that are there waits for an approver."""
    sent = visit.files.get("file")
    try:
        if sent is None or not sent.content:
            raise KyotoError("No file was sent", code="mandates.no-file")
        if sent.content.startswith(_WORKBOOKS):  # one that a stranger made can take all memory before it is read
            raise KyotoError("A table is sent as CSV", code="mandates.no-csv")
        with kept_upload(sent) as path:
            read = read_recommendations(path, mechanism=visit.sent("mechanism"), cycle=visit.sent("cycle"))
        store = DatabaseStore(visit.desk.database, visit.name)
        before = store.load()
        after = add_recommendations(before, read.recommendations, today=visit.today, by=visit.name)
        after = store.save(after) if after != before else after
    except KyotoError as error:
        if not error.code.startswith("mandates."):
            raise
        return _listed(visit, status=422, problems=problem_texts(visit, error)[:_PROBLEMS])
    new = len(after.recommendations) - len(before.recommendations)
    said = "table_proposed" if store.proposed else "table_read"
    return redirect(visit.to("recommendations", said=said, new=new))


def _listed(visit: Visit, *, status: int = 200, problems: object = ()) -> Reply:
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
        status=status,
        problems=problems,
        mechanisms=[(one.id, one.name) for one in known_mechanisms().values()],
        columns=tuple(COLUMNS),
        new=visit.asked("new"),
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
