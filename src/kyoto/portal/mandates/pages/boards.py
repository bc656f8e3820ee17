"""Dashboards: what is due to whom, and what nobody has to report on; and the report on implementation."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from kyoto.cooperation.mandates.followup import STATUSES, build_dashboard
from kyoto.cooperation.mandates.followup.report import build_report, write_report
from kyoto.core.errors import KyotoError
from kyoto.portal.answer import NotFound
from kyoto.portal.mandates.desk import Reply, Visit
from kyoto.portal.mandates.pages.briefs import DOCUMENTS
from kyoto.portal.mandates.rendering import page

__all__ = ["dashboards", "file", "report"]


_ROWS = 300
"""Obligations that a table of the dashboard names; the register lists all of them."""


def dashboards(visit: Visit) -> Reply:
    """Who owes what to whom by when, where nobody has to report, and how recommendations of reviews stand."""
    with visit.work() as work:
        register = visit.desk.shelf.register(work).register
        visit.log_reading(work, "obligation", "*", {"part": "dashboards"})
    board = visit.desk.remembered(
        "board", register, visit.today, lambda calendar: build_dashboard(register, calendar, today=visit.today)
    )
    acts: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in board.no_reporting_duty[:_ROWS]:
        acts.setdefault((row["document"], row["act"], row["title"]), []).append(row)
    return page(
        visit,
        "dashboards",
        visit.words("site.dashboards"),
        board=board,
        owed=board.by_addressee,
        acts=list(acts.items()),
        most=_ROWS,
        any=bool(register.entries or register.recommendations),
    )


def report(visit: Visit) -> Reply:
    """What the report would say, and the form to take it along."""
    with visit.work() as work:
        register = visit.desk.shelf.register(work).register
        visit.log_reading(work, "obligation", "*", {"part": "report"})
    built = visit.desk.remembered(
        "report", register, visit.today, lambda calendar: build_report(register, calendar, today=visit.today, title="")
    )
    return page(
        visit,
        "report",
        visit.words("report.title"),
        counts=[(status, built.counts[status]) for status in STATUSES],
        late=len(built.late),
        silent=len(built.silent),
        suggested=built.suggested,
        acts=len(built.acts),
        formats=tuple(DOCUMENTS),
    )


def file(visit: Visit) -> Reply:
    """The report on implementation, paragraph by paragraph."""
    form = visit.asked("format", "docx")
    if form not in DOCUMENTS:
        raise NotFound(form)
    with visit.work() as work:
        register = visit.desk.shelf.register(work).register
        if visit.actor is not None:
            work.log("export", "obligation", "*", {"report": form})
    built = build_report(
        register,
        visit.desk.calendar(register),
        today=visit.today,
        title=visit.asked("heading")[:200] or "Implementation of mandates",
        accepted_only=visit.asked("accepted") == "1",
        since=_since(visit),
    )
    with tempfile.TemporaryDirectory(prefix="kyoto-out-") as folder:
        path = Path(folder) / f"report.{form}"
        write_report(built, path)
        return Reply(path.read_bytes(), DOCUMENTS[form], name=f"implementation-{visit.today.isoformat()}.{form}")


def _since(visit: Visit) -> date | None:
    """First day of the year that is reported on; None for a report that lists no changes."""
    asked = visit.asked("since")
    try:
        return date.fromisoformat(asked) if asked else None
    except ValueError as error:
        raise KyotoError("Not a date", code="mandates.wrong-date", got=asked[:40]) from error
