"""``kyoto mandates reviews``: recommendations of review mechanisms, by cycle and State."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from kyoto.cli.input import input_file
from kyoto.cli.mandates_options import (
    ByOption,
    CalendarOption,
    RegisterOption,
    TodayOption,
    day_of,
    default_register,
    existing_register,
    require_change,
    shown_register,
    tell_proposals,
)
from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_rows

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True, help="Follow up recommendations of review mechanisms, such as UNCAC, UNTOC and UPR."
)

MechanismFilter = Annotated[
    list[str] | None, typer.Option("--mechanism", help="Only this mechanism, such as upr; repeatable.")
]
CycleFilter = Annotated[list[str] | None, typer.Option("--cycle", help="Only this cycle; repeatable.")]
StateFilter = Annotated[
    list[str] | None, typer.Option("--state", help="Only this State under review: code or name; repeatable.")
]
ResponseFilter = Annotated[
    list[str] | None, typer.Option("--response", help="Only this response, such as accepted or noted; repeatable.")
]
StatusFilter = Annotated[
    list[str] | None, typer.Option("--status", help="Only this status, such as under-way; repeatable.")
]
OpenFlag = Annotated[bool, typer.Option("--open", help="Leave out what is reported, done, lapsed or superseded.")]


@app.command("import")
def import_table(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="CSV or Excel, a row a recommendation; - reads standard input.")
    ],
    by: ByOption,
    register: RegisterOption = default_register,
    mechanism: Annotated[
        str, typer.Option("--mechanism", help="Of all rows, if the table does not say it: uncac-irm, untoc-rm, upr …")
    ] = "",
    cycle: Annotated[str, typer.Option("--cycle", help="Of all rows, if the table does not say it.")] = "",
    today: TodayOption = None,
) -> None:
    """Put a table of recommendations into the register. Doing it again changes nothing.

    All wrong rows are told in one pass, with line, value and remedy; then nothing is kept.

    Example: kyoto mandates reviews import reviews.csv --by "Secretariat"
    """
    from kyoto.cooperation.mandates.followup import opened_store
    from kyoto.cooperation.mandates.mechanisms import add_recommendations, read_recommendations

    with input_file(file) as path:
        found = read_recommendations(path, mechanism=mechanism, cycle=cycle)
    with opened_store(register, by) as store:
        before = store.load()
        now = add_recommendations(before, found.recommendations, today=day_of(today), by=by)
        if now != before:
            now = store.save(now)
    if found.ignored:
        typer.echo(f"Not read, since Kyoto knows no such column: {', '.join(found.ignored)}", err=True)
    there = {one.id: one for one in before.recommendations}
    new = len(now.recommendations) - len(there)
    changed = sum(there.get(one.id, one) != one for one in now.recommendations)
    typer.echo(
        f"{new} new, {changed} changed, {len(now.recommendations)} recommendations in {shown_register(register)}"
    )
    tell_proposals(store.proposed)


@app.command("list")
def list_recommendations(
    register: RegisterOption = default_register,
    mechanism: MechanismFilter = None,
    cycle: CycleFilter = None,
    state: StateFilter = None,
    response: ResponseFilter = None,
    status: StatusFilter = None,
    open_only: OpenFlag = False,
    calendar: CalendarOption = None,
    today: TodayOption = None,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """List recommendations in the order of mechanism, cycle, State and article.

    Example: kyoto mandates reviews list --mechanism uncac-irm --cycle 2 --state AUT --open
    """
    rows = _rows(register, calendar, today, mechanism, cycle, state, response, status, open_only)
    columns = ["id", "provision", "response", "status", "day", "late", "text"]
    shown = rows if as_json or as_csv else [{**row, "text": _short(str(row["text"]))} for row in rows]
    print_rows(
        shown,
        as_json=as_json,
        as_csv=as_csv,
        columns=None if as_csv else columns,
        title=f"{len(rows)} recommendation{'s' * (len(rows) != 1)}",
        empty="No recommendation fits.",
    )


@app.command()
def summary(
    register: RegisterOption = default_register,
    by: Annotated[
        str,
        typer.Option(
            "--by", help="Groups, comma-separated: mechanism, cycle, state, provision, response, status, topic."
        ),
    ] = "mechanism,cycle,state",
    mechanism: MechanismFilter = None,
    cycle: CycleFilter = None,
    state: StateFilter = None,
    calendar: CalendarOption = None,
    today: TodayOption = None,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Count recommendations by cycle and State: response, status, what is late, for what nobody is responsible.

    Example: kyoto mandates reviews summary --by state,topic
    """
    from kyoto.cooperation.mandates.mechanisms import review_counts

    groups = [name.strip() for name in by.split(",") if name.strip()]
    rows = _rows(register, calendar, today, mechanism, cycle, state, None, None, False, topics="topic" in groups)
    counted = review_counts(rows, groups)
    told = ("recommendations", "accepted", "noted", "pending", "not_started", "under_way", "reported", "done", "late")
    columns = None if as_csv else [*groups, *told]
    print_rows(counted, as_json=as_json, as_csv=as_csv, columns=columns, empty="No recommendation in the register.")


@app.command()
def follow(
    recommendation: Annotated[str, typer.Argument(metavar="ID", help="Id of the recommendation, as `list` shows it.")],
    by: ByOption,
    register: RegisterOption = default_register,
    response: Annotated[
        str, typer.Option("--response", help="pending, accepted, partly-accepted, noted or rejected.")
    ] = "",
    status: Annotated[
        str, typer.Option("--status", help="not-started, under-way, reported, done, lapsed or superseded.")
    ] = "",
    evidence: Annotated[str, typer.Option("--evidence", help="What shows it: a symbol, an address, a sentence.")] = "",
    unit: Annotated[list[str] | None, typer.Option("--unit", help="Responsible unit; repeatable.")] = None,
    set_due: Annotated[
        list[str] | None, typer.Option("--due", help="When it is due: 2027-06-30, session:ccpcj-36 …; repeatable.")
    ] = None,
    today: TodayOption = None,
) -> None:
    """Say what the State answered to a recommendation and where it stands, with evidence.

    Example: kyoto mandates reviews follow upr-3-AUT-12 --status under-way --unit "Justice" --by "Secretariat"
    """
    from kyoto.cooperation.mandates.followup import opened_store
    from kyoto.cooperation.mandates.mechanisms import change_recommendation

    require_change(response, status, evidence, unit, set_due)
    with opened_store(existing_register(register), by) as store:
        changed = change_recommendation(
            store.load(),
            recommendation,
            by=by,
            today=day_of(today),
            response=response,
            status=status,
            evidence=evidence,
            units=unit or (),
            due=set_due or (),
        )
        one = store.save(changed).recommendation(recommendation)
    typer.echo(f"{one.id}: {one.response}, {one.status}")
    tell_proposals(store.proposed)


@app.command()
def template(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV file to write; there must be none of this name.")],
) -> None:
    """Write an empty table with all columns, to be filled in and imported.

    Example: kyoto mandates reviews template reviews.csv
    """
    from kyoto.cooperation.mandates.mechanisms import COLUMNS
    from kyoto.core.errors import KyotoError, Where
    from kyoto.core.files import write_whole

    if file.exists():
        raise KyotoError(
            "There is such a file already",
            code="mandates.file-exists",
            where=Where(file=str(file)),
            hint="Choose another name.",
        )
    write_whole(file, ",".join(COLUMNS) + "\n")
    typer.echo(f"Wrote {file}: {len(COLUMNS)} columns")


def _rows(
    register: str,
    calendar: Path | None,
    today: Any,
    mechanism: list[str] | None,
    cycle: list[str] | None,
    state: list[str] | None,
    response: list[str] | None,
    status: list[str] | None,
    open_only: bool,
    *,
    topics: bool = True,
) -> list[dict[str, Any]]:
    from kyoto.cooperation.mandates.events import STATUSES, require_known
    from kyoto.cooperation.mandates.followup import calendar_for, opened_store
    from kyoto.cooperation.mandates.mechanisms import RESPONSES, recommendation_rows, recommendations_of

    for values, known in ((response, RESPONSES), (status, STATUSES)):
        for value in values or ():
            require_known(value, known)
    with opened_store(existing_register(register)) as store:
        now = store.load()
    found = recommendations_of(
        now,
        mechanism=[_mechanism(name) for name in mechanism or ()],
        cycle=cycle or (),
        state=[_state(name) for name in state or ()],
        response=response or (),
        status=status or (),
        open_only=open_only,
    )
    return recommendation_rows(found, calendar_for(now, calendar), today=day_of(today), topics=topics)


def _mechanism(name: str) -> str:
    from kyoto.cooperation.mandates.mechanisms import known_mechanisms, mechanism_of
    from kyoto.core.errors import KyotoError, did_you_mean

    found = mechanism_of(name)
    if found is None:
        raise KyotoError(
            "Unknown review mechanism",
            code="mandates.unknown-mechanism",
            got=name,
            hint=did_you_mean(name, known_mechanisms(), limit=20),
        )
    return found


def _state(name: str) -> str:
    from kyoto.core.errors import KyotoError, nearest
    from kyoto.statistics.exchange.series.areas import area_named, country_names

    found = area_named(name)
    if found is None:
        best = nearest(name, country_names())
        raise KyotoError(
            "Unknown State",
            code="mandates.unknown-state",
            got=name,
            hint=f"Did you mean {best!r}?" if best else "Write its three-letter code.",
        )
    return found.code


def _short(text: str, length: int = 90) -> str:
    return text if len(text) <= length else text[: length - 1].rsplit(" ", 1)[0] + " …"
