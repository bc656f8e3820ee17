"""``kyoto reoffending``: how many reoffend, how soon, and compared with whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kyoto.cli.input import input_file
from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_rows
from kyoto.cli.reoffending_cohort import cohort

if TYPE_CHECKING:
    from kyoto.analysis.reoffending.people import PeopleColumns
    from kyoto.analysis.reoffending.reading import PeopleTable

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Rates of reoffending, time to it, and fair comparison of groups.")


class Unit(StrEnum):
    """Units of time."""

    days = "days"
    weeks = "weeks"
    months = "months"
    years = "years"


class Adjustment(StrEnum):
    """Ways to adjust a comparison."""

    direct = "direct"
    weights = "weights"


FileArgument = Annotated[
    str, typer.Argument(metavar="FILE", help="CSV, Excel or Parquet, one row a person; - reads standard input.")
]
EventOption = Annotated[
    str, typer.Option("--event", metavar="COLUMN[=VALUE]", help="Column that says yes or no, or its value that is yes.")
]
TimeOption = Annotated[
    str | None,
    typer.Option("--time", metavar="COLUMN", help="Time to the event, or to the end of follow-up; may be empty there."),
]
NeededTimeOption = Annotated[
    str, typer.Option("--time", metavar="COLUMN", help="Time to the event, or to the end of follow-up.")
]
StartOption = Annotated[
    str | None, typer.Option("--start", metavar="COLUMN", help="First day, where --time holds dates; counted in days.")
]
UnitOption = Annotated[Unit, typer.Option("--unit", help="Unit of times and windows.")]
ByOption = Annotated[list[str] | None, typer.Option("--by", metavar="COLUMN", help="Column of groups; repeatable.")]
LevelOption = Annotated[float, typer.Option("--level", min=0.5, max=0.999, help="Confidence of the limits.")]
ThresholdOption = Annotated[
    int,
    typer.Option("--threshold", min=1, help="Groups of fewer persons are withheld; a build also follows [disclosure]."),
]
FollowUpOption = Annotated[
    str | None, typer.Option("--follow-up", metavar="COLUMN", help="How long each person could be followed.")
]
CompetingOption = Annotated[
    list[str] | None,
    typer.Option("--competing", metavar="VALUE", help="Value of the event column that is another event; repeatable."),
]
AtOption = Annotated[
    list[float] | None, typer.Option("--at", metavar="TIME", help="Time at which to give figures; repeatable.")
]
ChartOption = Annotated[Path | None, typer.Option("--chart", help="Write a chart: .svg, .png or .html.")]
TitleOption = Annotated[str | None, typer.Option("--title", help="Heading of the chart.")]
SourceOption = Annotated[str, typer.Option("--source", help="Where the data come from; stands under the chart.")]


@app.command()
def rates(
    file: FileArgument,
    event: EventOption,
    window: Annotated[list[float], typer.Option("--window", metavar="DAYS", help="Length of the window; repeatable.")],
    time: TimeOption = None,
    start: StartOption = None,
    follow_up: FollowUpOption = None,
    by: ByOption = None,
    unit: UnitOption = Unit.days,
    threshold: ThresholdOption = 10,
    level: LevelOption = 0.95,
    rejects: Annotated[Path | None, typer.Option("--rejects", help="Write rejected rows with reasons as CSV.")] = None,
    chart: ChartOption = None,
    title: TitleOption = None,
    source: SourceOption = "",
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Rates of reoffending in fixed windows, with Wilson's limits.

    One row a window and group. Who left before the window's end without the event is not in its denominator; the row
    says how many that are.

    Example: kyoto reoffending rates releases.csv --time days --event rearrest --window 365 --window 730 --by sex --json
    """
    from kyoto.analysis.reoffending.charts import rates_chart, save_chart
    from kyoto.analysis.reoffending.people import write_rejects
    from kyoto.analysis.reoffending.rates import fixed_window_rates

    with _table(file) as table:
        columns = _columns(table, event, time, start, follow_up, by, unit)
        found = fixed_window_rates(table, columns, window, level=level, threshold=threshold)
        if rejects is not None:
            write_rejects(table, columns, rejects)
    rows = found.records()
    names = ["window", *columns.by] if columns.by else ["window", "group"]
    shown = [*names, "n", "events", "estimate", "lower", "upper", "censored", "rejected", "note"]
    _print(rows, shown, as_json, as_csv, "Rates of reoffending", [*found.rules, *found.remarks], found.remarks)
    if chart is not None:
        save_chart(rates_chart(found, title=title or "How many reoffend?", source=source), chart)


@app.command()
def survival(
    file: FileArgument,
    event: EventOption,
    time: NeededTimeOption,
    start: StartOption = None,
    competing: CompetingOption = None,
    at: AtOption = None,
    by: ByOption = None,
    unit: UnitOption = Unit.days,
    threshold: ThresholdOption = 10,
    level: LevelOption = 0.95,
    chart: ChartOption = None,
    title: TitleOption = None,
    source: SourceOption = "",
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Share that has reoffended over time: Kaplan-Meier, or Aalen-Johansen with --competing.

    People who leave early count for as long as they were followed. One row a group (and cause) and time.

    Example: kyoto reoffending survival releases.csv --time days --event status=arrest --competing death --chart a.svg
    """
    from kyoto.analysis.reoffending.charts import save_chart
    from kyoto.analysis.reoffending.following import follow
    from kyoto.analysis.reoffending.times import read_times

    with _table(file) as table:
        columns = _columns(table, event, time, start, None, by, unit)
        people = read_times(table, columns, competing=competing or [], threshold=threshold)
    found = follow(people, at or [], level=level)
    shown = ["group", *(["cause"] if competing else []), "time", "estimate", "lower", "upper", "n"]
    remarks = [f"Time in {unit.value}. Limits: log-log.", *found.remarks]
    _print(found.records(), shown, as_json, as_csv, "Share with the event", remarks, found.remarks)
    if chart is not None:
        save_chart(found.plot(title=title or "How soon do people reoffend?", source=source), chart)


@app.command()
def compare(
    file: FileArgument,
    event: EventOption,
    time: NeededTimeOption,
    by: Annotated[list[str], typer.Option("--by", metavar="COLUMN", help="Column of the groups; repeatable.")],
    start: StartOption = None,
    competing: CompetingOption = None,
    adjust: Annotated[
        list[str] | None, typer.Option("--adjust", metavar="COLUMN", help="Column to adjust for; repeatable.")
    ] = None,
    method: Annotated[
        Adjustment, typer.Option("--method", help="How to adjust: direct standardisation, or inverse weighting.")
    ] = Adjustment.direct,
    reference: Annotated[
        str | None, typer.Option("--reference", help="Group to compare with; the largest by default.")
    ] = None,
    at: AtOption = None,
    unit: UnitOption = Unit.days,
    threshold: ThresholdOption = 10,
    level: LevelOption = 0.95,
    chart: ChartOption = None,
    title: TitleOption = None,
    source: SourceOption = "",
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Compare groups, sites or years: rates and their differences, ratios, and a test.

    Log-rank test and Cox's model; with --competing Gray's test and Fine and Gray's model. --adjust makes the groups
    alike first.

    Example: kyoto reoffending compare releases.csv --time days --event rearrest --by programme --adjust age --at 365
    """
    from kyoto.analysis.reoffending.charts import save_chart
    from kyoto.analysis.reoffending.comparing import compare_groups
    from kyoto.analysis.reoffending.following import follow
    from kyoto.analysis.reoffending.times import read_times

    with _table(file) as table:
        columns = _columns(table, event, time, start, None, by, unit)
        people = read_times(table, columns, competing=competing or [], adjust=adjust or [], threshold=threshold)
    found = compare_groups(
        people, at or [], reference=reference, adjusted=adjust or [], method=method.value, level=level
    )
    shown = ["group", "time", "n", "estimate", "lower", "upper", "difference", "difference_lower", "difference_upper"]
    shown += ["crude", "note"] if adjust else ["note"]
    _print(
        found.records(), shown, as_json, as_csv, f"Compared with {found.reference}", [found.summary()], found.remarks
    )
    if chart is not None:
        curves = follow(people, at or [], level=level)
        save_chart(curves.plot(title=title or "How do the groups differ?", source=source), chart)


@app.command()
def report(
    file: FileArgument,
    event: EventOption,
    window: Annotated[list[float], typer.Option("--window", metavar="DAYS", help="Length of the window; repeatable.")],
    time: TimeOption = None,
    start: StartOption = None,
    follow_up: FollowUpOption = None,
    competing: CompetingOption = None,
    by: ByOption = None,
    unit: UnitOption = Unit.days,
    threshold: ThresholdOption = 10,
    level: LevelOption = 0.95,
    output: Annotated[Path, typer.Option("--output", "-o", help="HTML file to write.")] = Path("reoffending.html"),
    title: Annotated[str, typer.Option("--title", help="Heading of the page.")] = "How many reoffend?",
    source: SourceOption = "",
) -> None:
    """Write a page as one HTML file: rates, curves, groups, and the rules by which they were counted.

    Example: kyoto reoffending report releases.csv --time days --event rearrest --window 365 --by sex -o page.html
    """
    from kyoto.analysis.reoffending.report import report_of_people
    from kyoto.analysis.reoffending.settings import ReoffendingSettings
    from kyoto.core.files import write_whole

    with input_file(file) as path:
        settings = ReoffendingSettings(
            title, source, tuple(by or ()), threshold, level, path, event, time, start, follow_up, unit.value,
            tuple(window), tuple(competing or ()), end=None, persons=None, person="", events=(), rules=(),
        )  # fmt: skip
        write_whole(output, report_of_people(settings).html())
    typer.echo(f"Wrote {output}")


app.command()(cohort)


@contextmanager
def _table(file: str) -> Iterator[PeopleTable]:
    from kyoto.analysis.reoffending.reading import open_people

    with input_file(file) as path, open_people(path) as table:
        yield table


def _columns(
    table: PeopleTable,
    event: str,
    time: str | None,
    start: str | None,
    follow_up: str | None,
    by: Sequence[str] | None,
    unit: Unit,
) -> PeopleColumns:
    from kyoto.analysis.reoffending.people import PeopleColumns, split_event

    column, value = split_event(event, table.types)
    return PeopleColumns(column, value, time, start, follow_up, tuple(by or ()), unit.value)


def _print(
    rows: list[dict[str, Any]],
    columns: list[str],
    as_json: bool,
    as_csv: bool,
    title: str,
    below: Sequence[str],
    remarks: Sequence[str],
) -> None:
    """Rows; below the table all that is to be said, beside JSON and CSV only the remarks, on standard error."""
    if as_json or as_csv:
        print_rows(rows, as_json=as_json, as_csv=as_csv)
        for remark in remarks:
            typer.echo(remark, err=True)
        return
    kept = [name for name in columns if any(row.get(name) not in (None, "") for row in rows)]
    print_rows([_rounded(row) for row in rows], columns=kept, title=title)
    typer.echo("")
    for line in below:
        typer.echo(line)


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    """Row for the eye: shares in per cent."""
    shares = ("estimate", "lower", "upper", "crude", "difference", "difference_lower", "difference_upper")
    shown = {name: f"{row[name]:.1%}" for name in shares if isinstance(row.get(name), float) and row[name] == row[name]}
    return row | shown
