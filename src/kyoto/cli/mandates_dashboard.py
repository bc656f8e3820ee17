"""``kyoto mandates dashboard`` and ``sessions``: what is due to whom, and the days on which sessions begin."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kyoto.cli.mandates_options import (
    CalendarOption,
    RegisterOption,
    TodayOption,
    day_of,
    default_register,
    existing_register,
    require_one_of,
    tell_proposals,
)
from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_json, print_rows

if TYPE_CHECKING:
    from kyoto.cooperation.mandates.followup import Dashboard

__all__ = ["dashboard", "sessions"]

_COLUMNS = {
    "by_addressee": ["name", "open", "late", "next_day", "confirmed", "next_occasion"],
    "by_recipient": ["name", "open", "late", "next_day", "confirmed", "next_occasion"],
    "by_occasion": ["day", "confirmed", "occasion", "open", "late"],
    "overdue": ["day", "occasion", "addressees", "id"],
    "unknown_day": ["occasion", "addressees", "id"],
    "no_reporting_duty": ["act_name", "paragraph", "force", "addressees", "id"],
    "no_addressee": ["act_name", "paragraph", "force", "id"],
    "nobody_responsible": ["act_name", "paragraph", "status", "id"],
    "recommendations": ["mechanism", "cycle", "state", "recommendations", "accepted", "noted", "done", "late"],
    "recommendations_due": ["day", "confirmed", "late", "state", "id"],
}


def dashboard(
    register: RegisterOption = default_register,
    calendar: CalendarOption = None,
    view: Annotated[
        str,
        typer.Option(
            "--view",
            help="One table: by-addressee, by-recipient, by-occasion, overdue, unknown-day, no-reporting-duty,"
            " no-addressee, nobody-responsible, recommendations or recommendations-due.",
        ),
    ] = "",
    out: Annotated[
        list[Path] | None, typer.Option("--out", "-o", help="File to write: .html, .pdf or .json; repeatable.")
    ] = None,
    title: Annotated[str, typer.Option("--title", help="Heading of the page.")] = "What is due, and to whom?",
    accepted: Annotated[
        bool, typer.Option("--accepted", help="Leave out suggestions that nobody accepted yet.")
    ] = False,
    today: TodayOption = None,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Show what is due to whom, what is overdue, and what nobody has to report on, answers for, or is asked.

    Without --view, JSON holds all tables, CSV the one by addressee.

    Example: kyoto mandates dashboard --out dashboard.html
    """
    from kyoto.cooperation.mandates.followup import build_dashboard, calendar_for, opened_store
    from kyoto.cooperation.mandates.followup.dashboard_page import write_dashboard

    chosen = _view(view)
    with opened_store(existing_register(register)) as store:
        now = store.load()
    board = build_dashboard(now, calendar_for(now, calendar), today=day_of(today), accepted_only=accepted)
    for path in out or []:
        write_dashboard(board, path, title)
    if as_json:
        print_json(getattr(board, chosen) if chosen else board.to_dict())
    elif as_csv:
        name = chosen or "by_addressee"
        print_rows(_flat(board, name), as_csv=True, columns=_COLUMNS[name])
    else:
        _print_tables(board, [chosen] if chosen else ["by_addressee", "by_occasion", "overdue"])
    for path in out or []:
        typer.echo(f"Wrote {path}", err=as_json or as_csv)


def _view(view: str) -> str:
    from kyoto.cooperation.mandates.followup.dashboard import VIEWS
    from kyoto.core.errors import KyotoError, did_you_mean

    name = view.replace("-", "_")
    if name and name not in VIEWS:
        known = [one.replace("_", "-") for one in VIEWS]
        raise KyotoError(
            "No such table of the dashboard", code="mandates.unknown-view", got=view, hint=did_you_mean(view, known)
        )
    return name


def _flat(board: Dashboard, name: str) -> list[dict[str, Any]]:
    """Rows whose lists are words, and in which nobody has a name."""
    nobody = "(the body itself)" if name == "by_addressee" else "(the text names nobody)"
    return [
        {
            key: nobody if key == "name" and not value else ", ".join(map(str, value)) if key == "addressees" else value
            for key, value in row.items()
        }
        for row in getattr(board, name)
    ]


def _print_tables(board: Dashboard, names: list[str]) -> None:
    from kyoto.cooperation.mandates.followup.dashboard import VIEWS

    for name in names:
        print_rows(_flat(board, name), columns=_COLUMNS[name], title=VIEWS[name], empty=f"{VIEWS[name]} Nothing.")
        typer.echo()
    counts = board.counts
    typer.echo(
        f"{counts['obligations']:,} obligations, {counts['open']:,} open, {counts['late']:,} overdue; on"
        f" {counts['no_reporting_duty']:,} nobody has to report; {counts['waiting']:,} suggestions wait for a person"
    )
    if counts["recommendations"]:
        late = counts["recommendations_late"]
        typer.echo(f"{counts['recommendations']:,} recommendations of review mechanisms, {late:,} overdue")


def sessions(
    register: RegisterOption = default_register,
    calendar: CalendarOption = None,
    body: Annotated[list[str] | None, typer.Option("--body", help="Only this body, such as ccpcj; repeatable.")] = None,
    set_days: Annotated[
        list[str] | None,
        typer.Option("--set", help='Days of a session in the register: "ccpcj-41 2032-05-17 2032-05-21"; repeatable.'),
    ] = None,
    unconfirmed: Annotated[
        bool, typer.Option("--unconfirmed", help="With --set: the days are only announced; pages will say so.")
    ] = False,
    note: Annotated[str, typer.Option("--note", help="With --set: what a reader should know.")] = "",
    source: Annotated[str, typer.Option("--source", help="With --set: where the days are published.")] = "",
    by: Annotated[str, typer.Option("--by", help="With --set: in a database, the name of an account.")] = "",
    today: TodayOption = None,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """List the sessions on which things fall due, with the source of their days; or set days in the register.

    Days that were only announced are marked as not confirmed. A session that is set replaces the one that comes with
    Kyoto; a file named with --calendar stands above both. In a database, days that an editor sets are a proposal.

    Example: kyoto mandates sessions --body ccpcj
    """
    from kyoto.cooperation.mandates.followup import calendar_for, opened_store, session_of, set_session

    with opened_store(register, by) as store:
        now = store.load()
        for words in set_days or ():
            identifier, *days = words.split() or [""]
            session = session_of(identifier, *_two(days), note=note, source=source, verified=not unconfirmed)
            now = set_session(now, session, by=by, today=day_of(today))
        if set_days:
            now = store.save(now)
    tell_proposals(store.proposed)
    known = calendar_for(now, calendar).sessions.values()
    require_one_of(body, {session.body for session in known}, "body")
    rows = [session.row() for session in sorted(known, key=_order) if not body or session.body in body]
    print_rows(rows, as_json=as_json, as_csv=as_csv, title="Sessions and events", empty="No session of this body.")


def _two(days: list[str]) -> tuple[str, str]:
    """First and last day; what is missing stays empty, what is too much makes the last one wrong."""
    first = days[0] if days else ""
    return first, " ".join(days[1:])


def _order(session: Any) -> tuple[str, int]:
    return session.body, int(session.id.rsplit("-", 1)[1])
