"""Follow-up commands of ``kyoto mandates``: the register, what is due, the report on implementation."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from kyoto.cli.input import input_file
from kyoto.cli.mandates_options import (
    ByOption,
    CalendarOption,
    RegisterOption,
    SymbolOption,
    TodayOption,
    day_of,
    default_register,
    existing_register,
    require_change,
    require_one_of,
    shown_register,
    tell_proposals,
    with_symbol,
)
from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_json, print_rows

__all__ = ["due", "follow", "register", "report"]


def register(
    files: Annotated[list[str], typer.Argument(metavar="FILES", help="Documents: text, PDF, DOCX or Akoma Ntoso XML.")],
    by: ByOption,
    register: RegisterOption = default_register,
    adopted: Annotated[
        datetime | None,
        typer.Option("--adopted", formats=["%Y-%m-%d"], help="Day of adoption, from which “next session” counts."),
    ] = None,
    symbol: SymbolOption = "",
    encoding: Annotated[
        str | None, typer.Option("--encoding", help="Encoding of plain text; UTF-8 if not given.")
    ] = None,
    today: TodayOption = None,
) -> None:
    """Put the obligations of documents into the register, as suggestions. Doing it again changes nothing.

    Example: kyoto mandates register report.txt --by "Secretariat" --register mandates.json
    """
    from kyoto.cooperation.mandates.followup import add_obligations, opened_store
    from kyoto.cooperation.mandates.intake import read_document
    from kyoto.cooperation.mandates.library import keep_documents
    from kyoto.cooperation.mandates.obligations import obligations
    from kyoto.cooperation.mandates.output import act_rows

    if symbol and len(files) > 1:
        raise typer.BadParameter("--symbol is for one document at a time")
    with opened_store(register, by) as store:
        before = store.load()
        now = before
        for file in files:
            with input_file(file, suffix=".txt") as path:
                document = with_symbol(read_document(path, encoding=encoding), symbol)
            titles = {str(row["id"]): str(row["title"]) for row in act_rows(document)}
            day = adopted.date().isoformat() if adopted is not None else ""
            now = add_obligations(now, obligations(document), titles=titles, adopted=day, today=day_of(today), by=by)
            keep_documents(store, [document], adopted=day)
        if now != before:
            store.save(now)
    new = len(now.entries) - len(before.entries)
    typer.echo(f"{new} new suggestions, {len(now.entries)} obligations in {shown_register(register)}")
    tell_proposals(store.proposed)


def follow(
    obligation: Annotated[
        str, typer.Argument(metavar="ID", help="Id of the obligation, as `due` and `--json` show it.")
    ],
    by: ByOption,
    register: RegisterOption = default_register,
    accept: Annotated[bool, typer.Option("--accept", help="Accept the suggestion.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="Reject the suggestion: it is no obligation.")] = False,
    status: Annotated[
        str, typer.Option("--status", help="not-started, under-way, reported, done, lapsed or superseded.")
    ] = "",
    evidence: Annotated[str, typer.Option("--evidence", help="What shows it: a symbol, an address, a sentence.")] = "",
    unit: Annotated[list[str] | None, typer.Option("--unit", help="Responsible unit; repeatable.")] = None,
    set_due: Annotated[
        list[str] | None, typer.Option("--due", help="When it is due, such as session:ccpcj-27; repeatable.")
    ] = None,
    set_to: Annotated[list[str] | None, typer.Option("--to", help="Who is asked, such as unodc; repeatable.")] = None,
    today: TodayOption = None,
) -> None:
    """Accept, reject or edit a suggestion, and say where the obligation stands, with evidence.

    In a database, what an editor says is a proposal: it takes effect when an approver agrees (`kyoto mandates review`).

    Example: kyoto mandates follow "E/2017/30#resolution-26-4/7:1" --accept --status under-way --by "Unit A"
    """
    from kyoto.cooperation.mandates.followup import change, opened_store

    if accept and reject:
        raise typer.BadParameter("say --accept or --reject, not both")
    require_change(accept, reject, status, evidence, unit, set_due, set_to)
    state = "accepted" if accept else "rejected" if reject else ""
    with opened_store(existing_register(register), by) as store:
        changed = change(
            store.load(),
            obligation,
            by=by,
            today=day_of(today),
            state=state,
            status=status,
            evidence=evidence,
            units=unit or (),
            due=set_due or (),
            addressees=set_to or (),
        )
        entry = store.save(changed).entry(obligation)
    typer.echo(f"{entry.id}: {entry.state}, {entry.status}")
    tell_proposals(store.proposed)


def due(
    register: RegisterOption = default_register,
    calendar: CalendarOption = None,
    to: Annotated[list[str] | None, typer.Option("--to", help="Only this addressee; repeatable.")] = None,
    open_only: Annotated[
        bool, typer.Option("--open", help="Leave out what is reported, done, lapsed or superseded.")
    ] = False,
    within: Annotated[
        int | None, typer.Option("--within", min=0, help="Only what is late or falls due within so many days.")
    ] = None,
    ics: Annotated[
        Path | None, typer.Option("--ics", help="iCalendar file to write, with reminders; recommendations too.")
    ] = None,
    remind: Annotated[int, typer.Option("--remind", min=0, help="Days ahead on which calendar programs remind.")] = 30,
    today: TodayOption = None,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """List what is due to whom and when, the earliest first; what is late is marked.

    Example: kyoto mandates due --to secretary-general --ics due.ics
    """
    from kyoto.cooperation.mandates.followup import calendar_for, due_entries, opened_store
    from kyoto.cooperation.mandates.followup.feed import to_icalendar
    from kyoto.cooperation.mandates.mechanisms import recommendation_rows, recommendations_of
    from kyoto.cooperation.mandates.obligations.lexicon import known_parties
    from kyoto.core.files import write_whole

    with opened_store(existing_register(register)) as store:
        now = store.load()
    asked = {party for entry in now.entries for party in entry.addressees}
    require_one_of(to, asked | set(known_parties().names), "addressee")
    days, day = calendar_for(now, calendar), day_of(today)
    found = due_entries(now, days, today=day, to=to or (), open_only=open_only, within=within)
    rows = [one.row() for one in found]
    columns = ["day", "confirmed", "due", "addressees", "status", "late", "id"]
    print_rows(rows, as_json=as_json, as_csv=as_csv, columns=columns, title="What is due", empty="Nothing has a time.")
    if ics is not None:
        kept = recommendations_of(now, open_only=open_only) if not to else []
        waited = recommendation_rows(kept, days, today=day, topics=False)
        write_whole(ics, to_icalendar(found, recommendations=waited, remind_days=remind))
        typer.echo(f"Wrote {ics}", err=as_json or as_csv)


def report(
    out: Annotated[list[Path], typer.Option("--out", "-o", help="File to write: .html, .pdf or .docx; repeatable.")],
    register: RegisterOption = default_register,
    calendar: CalendarOption = None,
    title: Annotated[str, typer.Option("--title", help="Heading of the report.")] = "Implementation of mandates",
    accepted: Annotated[
        bool, typer.Option("--accepted", help="Leave out suggestions that nobody accepted yet.")
    ] = False,
    since: Annotated[
        datetime | None,
        typer.Option("--since", formats=["%Y-%m-%d"], help="First day of the year reported on: lists what changed."),
    ] = None,
    today: TodayOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Write the report on implementation, paragraph by paragraph: status, evidence, what is late, where nobody reports.

    Recommendations of review mechanisms follow, by mechanism, cycle and State.

    Example: kyoto mandates report --since 2031-01-01 --out report.html --out report.pdf
    """
    from kyoto.cooperation.mandates.followup import calendar_for, opened_store
    from kyoto.cooperation.mandates.followup.report import build_report, write_report

    with opened_store(existing_register(register)) as store:
        now = store.load()
    found = build_report(
        now,
        calendar_for(now, calendar),
        today=day_of(today),
        title=title,
        accepted_only=accepted,
        since=since.date() if since is not None else None,
    )
    for path in out:
        write_report(found, path)
    if as_json:
        told = {"counts": found.counts, "late": len(found.late), "without_report": len(found.silent)}
        print_json({**told, "recommendations": len(found.recommendations), "changes": len(found.changes)})
    for path in out:
        typer.echo(f"Wrote {path}", err=as_json)
