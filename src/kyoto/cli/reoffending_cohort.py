"""``kyoto reoffending cohort``: from event tables to a file of people followed, with the rules it was counted by."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from kyoto.cli.output import JsonFlag, print_json

__all__ = ["cohort"]


class Index(StrEnum):
    """Events from which people are followed."""

    release = "release"
    conviction = "conviction"
    supervision = "supervision"
    arrest = "arrest"
    charge = "charge"


_RULES, _COLUMNS = "Counting rules", "Columns of events"


def _rule(*names: str, **parts: Any) -> Any:
    return typer.Option(*names, rich_help_panel=_RULES, **parts)


def _column(*names: str, **parts: Any) -> Any:
    return typer.Option(*names, metavar="COLUMN", rich_help_panel=_COLUMNS, **parts)


def cohort(
    events: Annotated[
        list[str],
        typer.Argument(
            metavar="[KIND=]FILE...",
            help="Events: CSV, Excel or Parquet; KIND of all its rows: release, arrest, death …",
        ),
    ],
    end: Annotated[str, typer.Option("--end", metavar="DATE", help="Last day on which the events are complete.")],
    outcome: Annotated[
        str, typer.Option("--outcome", help="re-arrest, re-charge, reconviction, return to custody, any …")
    ],
    index: Annotated[Index, typer.Option("--index", help="Event from which people are followed.")] = Index.release,
    window: Annotated[
        list[float] | None, typer.Option("--window", metavar="MONTHS", help="Length of a window; repeatable.")
    ] = None,
    person: Annotated[str, _column("--person", help="Column of persons, or of records where --linked.")] = "person",
    date: Annotated[str, _column("--date", help="Column of the day of the event.")] = "date",
    kind: Annotated[str, _column("--kind", help="Column of kinds, in files without KIND=.")] = "kind",
    word: Annotated[
        list[str] | None,
        typer.Option(
            "--word", metavar="WORD=KIND", rich_help_panel=_COLUMNS, help="Kind that a word of it means; repeatable."
        ),
    ] = None,
    until: Annotated[str | None, _column("--until", help="End of a stay in custody.")] = None,
    offence_date: Annotated[str | None, _column("--offence-date", help="Day of the offence.")] = None,
    iccs: Annotated[str | None, _column("--iccs", help="ICCS code of the offence.")] = None,
    severity: Annotated[str | None, _column("--severity", help="Severity, a number.")] = None,
    persons: Annotated[Path | None, typer.Option("--persons", help="File of attributes, one row a person.")] = None,
    linked: Annotated[
        Path | None,
        typer.Option(
            "--linked", help="Persons of the records: FILE of `kyoto link --output FILE`, or the folder build/link."
        ),
    ] = None,
    every: Annotated[bool, _rule("--every", help="Every index event of a person, not only the first.")] = False,
    first_index: Annotated[str | None, _rule("--first-index", metavar="DATE", help="First day of them.")] = None,
    last_index: Annotated[str | None, _rule("--last-index", metavar="DATE", help="Last day of them.")] = None,
    start: Annotated[Literal["index", "liberty"], _rule("--start", help="When follow-up starts.")] = "liberty",
    clock: Annotated[Literal["calendar", "liberty"], _rule("--clock", help="Which days count.")] = "calendar",
    same_section: Annotated[
        bool, _rule("--same-section", help="Only outcomes of the same ICCS section as the index event.")
    ] = False,
    least_severity: Annotated[float | None, _rule("--least-severity", help="Only outcomes at least so severe.")] = None,
    pseudo: Annotated[
        Literal["exclude", "count"], _rule("--pseudo", help="Outcomes of offences from before follow-up.")
    ] = "exclude",
    dated_by: Annotated[Literal["event", "offence"], _rule("--dated-by", help="Day of the outcome.")] = "event",
    settle: Annotated[float, _rule("--settle", metavar="MONTHS", help="Months given to proceedings.")] = 0.0,
    deaths: Annotated[
        Literal["leave", "stay"], _rule("--deaths", help="Whether the dead leave the denominator.")
    ] = "leave",
    departures: Annotated[
        Literal["leave", "stay"], _rule("--departures", help="Whether those who left the country do.")
    ] = "leave",
    imprecise: Annotated[
        Literal["earliest", "middle", "latest"], _rule("--imprecise", help="Day of an event known by month or year.")
    ] = "middle",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="CSV of people followed; personal data, not to be published.")
    ] = None,
    rules: Annotated[Path | None, typer.Option("--rules", help="Write the counting rules as JSON.")] = None,
    compare_with: Annotated[
        Path | None, typer.Option("--compare-with", help="Rules of another cohort: may the rates be compared?")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Follow a cohort from events: who counts, from when, for how long, and by which rules.

    The file written holds, for each index event, event (true or false), time and follow_up in days, index_year, and the
    attributes of the person; `kyoto reoffending rates` reads it. With --linked it takes the doubt of the links along,
    in a file beside it.

    Example: kyoto reoffending cohort release=out.csv arrest=arrests.csv --end 2023-12-31 --outcome re-arrest -o a.csv
    """
    from kyoto.analysis.reoffending.cohorts import compare_rules
    from kyoto.cli.reoffending_cohort_files import day, follow_files, read_rules, rules_of, write_rules

    last = day(end)
    chosen = rules_of(
        {
            "index": index.value, "outcome": outcome, "end": last, "per_person": "every" if every else "first",
            "first_index": day(first_index) if first_index else None,
            "last_index": day(last_index) if last_index else None,
            "start": start, "clock": clock, "same_section": same_section, "least_severity": least_severity,
            "pseudo": pseudo, "dated_by": dated_by, "settle_months": settle, "deaths": deaths,
            "departures": departures, "imprecise": imprecise,
        },
        window,
    )  # fmt: skip
    other = None if compare_with is None else read_rules(compare_with)
    optional = {"until": until, "offence_date": offence_date, "iccs": iccs, "severity": severity}
    columns = {"person": person, "date": date, "kind": kind} | {key: name for key, name in optional.items() if name}
    found = follow_files(events, chosen, columns, word or [], persons=persons, linked=linked, output=output)
    if rules is not None:
        write_rules(rules, chosen)
    verdict = None if other is None else compare_rules(chosen, other)
    if as_json:
        compared = {} if verdict is None else {"comparison": verdict.summary(), "verdict": verdict.grade.value}
        print_json(found.facts | compared)
        return
    for line in [*found.notes, *chosen.statement(), *([] if verdict is None else [verdict.summary()])]:
        typer.echo(line)
    for path in (*found.written, *([rules] if rules else [])):
        typer.echo(f"Wrote {path}")
