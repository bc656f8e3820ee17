"""``kyoto reoffending cohort``: from event tables to a file of people followed, with the rules it was counted by."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kyoto.cli.output import JsonFlag, print_json

if TYPE_CHECKING:
    from kyoto.analysis.reoffending.cohorts import CohortRules, EventSource

__all__ = ["cohort"]


class Index(StrEnum):
    """Events from which people are followed."""

    release = "release"
    conviction = "conviction"
    supervision = "supervision"
    arrest = "arrest"
    charge = "charge"


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
    person: Annotated[str, typer.Option("--person", metavar="COLUMN", help="Column of persons.")] = "person",
    date: Annotated[str, typer.Option("--date", metavar="COLUMN", help="Column of the day of the event.")] = "date",
    persons: Annotated[Path | None, typer.Option("--persons", help="File of attributes, one row a person.")] = None,
    every: Annotated[bool, typer.Option("--every", help="Every index event of a person, not only the first.")] = False,
    same_section: Annotated[
        bool, typer.Option("--same-section", help="Only outcomes of the same ICCS section as the index event.")
    ] = False,
    settle: Annotated[float, typer.Option("--settle", metavar="MONTHS", help="Months given to proceedings.")] = 0.0,
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
    attributes of the person; `kyoto reoffending rates` reads it.

    Example: kyoto reoffending cohort release=out.csv arrest=arrests.csv --end 2023-12-31 --outcome re-arrest -o a.csv
    """
    from dataclasses import asdict

    from kyoto.analysis.reoffending.cohorts import build_cohort, compare_rules, open_events
    from kyoto.core.files import write_whole

    last = _day(end)
    options = {"per_person": "every" if every else "first", "same_section": same_section, "settle_months": settle}
    chosen = _rules({"index": index.value, "outcome": outcome, "end": last, **options}, window)
    sources = [_source(text, person, date) for text in events]
    other = None if compare_with is None else _read_rules(compare_with)
    with open_events(sources, last, persons=persons, person_column=person) as opened:
        found = build_cohort(opened, chosen)
        if output is not None:
            names = ["event", "time", "follow AS follow_up", "index_year", "index_section"]
            named = ", ".join([*names, *('"' + name.replace('"', '""') + '"' for name in opened.persons)])
            write_whole(output, opened.frame(f"SELECT {named} FROM cohort ORDER BY row_id").to_csv(index=False))
        facts: dict[str, Any] = {
            "index_events": found.found, "followed": found.n, "excluded": found.excluded, "rows": opened.rows,
            "rejected": opened.rejected, "findings": list(opened.findings), "rules": list(chosen.statement()),
        }  # fmt: skip
    if rules is not None:
        import json

        write_whole(rules, json.dumps(asdict(chosen), default=str, indent=2) + "\n")
    verdict = None if other is None else compare_rules(chosen, other)
    if as_json:
        print_json(
            facts | ({} if verdict is None else {"comparison": verdict.summary(), "verdict": verdict.grade.value})
        )
        return
    for line in [*found.notes(), *facts["rules"], *([] if verdict is None else [verdict.summary()])]:
        typer.echo(line)
    for path in (output, rules):
        if path is not None:
            typer.echo(f"Wrote {path}")


def _source(text: str, person: str, date: str) -> EventSource:
    from kyoto.analysis.reoffending.cohorts import KINDS, EventSource

    kind, sign, path = text.partition("=")
    named = bool(sign) and not Path(text).exists()
    columns = (("person", person), ("date", date))
    file = path if named else text
    if named and kind not in KINDS:
        from kyoto.core.errors import KyotoError, did_you_mean

        hint = did_you_mean(kind, KINDS)
        raise KyotoError(f"Unknown kind of event {kind!r}", code="reoffending.unknown-kind", hint=hint)
    return EventSource(Path(file), kind if named else None, columns, name=Path(file).name)


def _rules(values: dict[str, Any], window: list[float] | None) -> CohortRules:
    from kyoto.analysis.reoffending.cohorts import CohortRules

    return CohortRules(**(values | ({"windows": tuple(window)} if window else {})))


def _read_rules(path: Path) -> CohortRules:
    """Rules that this command wrote for another cohort."""
    import json

    from kyoto.core.errors import KyotoError, Where

    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        days = {name: _day(values[name]) for name in ("end", "first_index", "last_index") if values.get(name)}
        return _rules({name: value for name, value in values.items() if name != "windows"} | days, values["windows"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise KyotoError(
            "Cannot read the counting rules",
            code="reoffending.wrong-rules-file",
            where=Where(file=str(path)),
            detail=str(error),
            expected="a file that `kyoto reoffending cohort … --rules FILE` wrote",
        ) from error


def _day(text: str) -> Any:
    import datetime as dt

    from kyoto.core.errors import KyotoError

    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise KyotoError("Not a date", code="reoffending.wrong-rule", got=text, expected="such as 2023-12-31") from None
