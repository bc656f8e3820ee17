"""``kyoto reoffending``: how many reoffend, how soon, and compared with whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from kyoto.cli.input import input_file
from kyoto.cli.linkage_error import DRAWN, drawn_of, linked_remark, with_linkage, with_linkage_of_ratio
from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_rows
from kyoto.cli.reoffending_cohort import cohort
from kyoto.cli.reoffending_options import (
    Adjustment,
    AtOption,
    ByOption,
    ChartOption,
    CompetingOption,
    EventOption,
    FileArgument,
    FollowUpOption,
    LevelOption,
    NeededTimeOption,
    SourceOption,
    StartOption,
    ThresholdOption,
    TimeOption,
    TitleOption,
    Unit,
    UnitOption,
)

if TYPE_CHECKING:
    from kyoto.analysis.reoffending.comparing import Comparison
    from kyoto.analysis.reoffending.following import Following
    from kyoto.analysis.reoffending.people import PeopleColumns
    from kyoto.analysis.reoffending.rate_table import RateTable
    from kyoto.analysis.reoffending.reading import PeopleTable
    from kyoto.statistics.linkage import Carried

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Rates of reoffending, time to it, and fair comparison of groups.")


Made = TypeVar("Made")
_LINKED = DRAWN[3:]
_RATIO = ("ratio", "ratio_lower", "ratio_upper", "ratio_linkage_lower", "ratio_linkage_upper")
_GAP = ("difference", "difference_lower", "difference_upper", "difference_linkage_lower", "difference_linkage_upper")


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
    from dataclasses import replace

    from kyoto.analysis.reoffending.charts import rates_chart, save_chart
    from kyoto.analysis.reoffending.linked_rates import linkage_bands, with_bands
    from kyoto.analysis.reoffending.rates import fixed_window_rates
    from kyoto.analysis.reoffending.rejects import write_rejects

    def counted(table: PeopleTable, least: int) -> RateTable:
        columns = _columns(table, event, time, start, follow_up, by, unit)
        return fixed_window_rates(table, columns, window, level=level, threshold=least)

    with _table(file) as table:
        found = counted(table, threshold)
        columns = found.columns
        if rejects is not None:
            write_rejects(table, columns, rejects)
    drawn = _drawn(file, lambda table: counted(table, 1))
    if drawn:
        bands = linkage_bands([("", found)], drawn.each(lambda each: [("", each)]), level=level)
        found = replace(with_bands(found, "", bands), remarks=(*found.remarks, *linked_remark(drawn)))
    rows = found.records()
    names = ["window", *columns.by] if columns.by else ["window", "group"]
    shown = [*names, "n", "events", "estimate", "lower", "upper", *_LINKED, "censored", "rejected", "note"]
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

    def followed(table: PeopleTable, times: Sequence[float], least: int) -> Following:
        columns = _columns(table, event, time, start, None, by, unit)
        people = read_times(table, columns, competing=competing or [], threshold=least)
        return follow(people, times, level=level)

    with _table(file) as table:
        found = followed(table, at or [], threshold)
    drawn = _drawn(file, lambda table: followed(table, found.times, 1).records())
    rows = with_linkage(found.records(), drawn, ("group", "cause", "time"), level=level, most=1.0)
    said = [*found.remarks, *linked_remark(drawn)]
    shown = ["group", *(["cause"] if competing else []), "time", "estimate", "lower", "upper", *_LINKED, "n"]
    remarks = [f"Time in {unit.value}. Limits: log-log.", *said]
    _print(rows, shown, as_json, as_csv, "Share with the event", remarks, said)
    if chart is not None:
        under = _under(source, bool(drawn))
        save_chart(found.plot(title=title or "How soon do people reoffend?", source=under), chart)


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

    def compared(table: PeopleTable, times: Sequence[float], base: str | None, least: int) -> Comparison:
        columns = _columns(table, event, time, start, None, by, unit)
        people = read_times(table, columns, competing=competing or [], adjust=adjust or [], threshold=least)
        return compare_groups(people, times, reference=base, adjusted=adjust or [], method=method.value, level=level)

    with _table(file) as table:
        found = compared(table, at or [], reference, threshold)
    times = [float(row["time"]) for row in found.rows]
    drawn = _drawn(file, lambda table: compared(table, times, found.reference, 1).records())
    rows = found.records()
    for names, least, most in ((DRAWN, 0.0, 1.0), (_GAP, -1.0, 1.0)):
        rows = with_linkage(rows, drawn, ("group", "time"), level=level, least=least, most=most, names=names)
    rows = with_linkage_of_ratio(rows, drawn, ("group", "time"), level=level, names=_RATIO)
    said = [*found.remarks, *linked_remark(drawn)]
    shown = ["group", "time", "n", *DRAWN, *_GAP, *(["crude"] if adjust else []), "note"]
    below = [found.summary(), *linked_remark(drawn)]
    _print(rows, shown, as_json, as_csv, f"Compared with {found.reference}", below, said)
    if chart is not None:
        with _table(file) as table:
            columns = _columns(table, event, time, start, None, by, unit)
            people = read_times(table, columns, competing=competing or [], threshold=threshold)
        curves = follow(people, at or [], level=level)
        save_chart(curves.plot(title=title or "How do the groups differ?", source=_under(source, bool(drawn))), chart)


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
    from kyoto.statistics.linkage import carried_files

    with input_file(file) as path:
        settings = ReoffendingSettings(
            title, source, tuple(by or ()), threshold, level, path, event, time, start, follow_up, unit.value,
            tuple(window), tuple(competing or ()), end=None, persons=None, person="", events=(), rules=(),
        )  # fmt: skip
        with carried_files(file) as carried:
            write_whole(output, report_of_people(settings, carried=carried).html())
    typer.echo(f"Wrote {output}")


app.command()(cohort)


def _drawn(file: str, made_of: Callable[[PeopleTable], Made]) -> Carried[Made]:
    """What is made of the file, for each of the other linkages."""
    from kyoto.analysis.reoffending.reading import open_people

    def made(path: Path) -> Made:
        with open_people(path) as table:
            return made_of(table)

    return drawn_of(file, made)


def _under(source: str, linked: bool) -> str:
    """What stands under a chart of curves."""
    return "; ".join(part for part in (source, "bands without linkage error" if linked else "") if part)


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
    shares = (*DRAWN, *_GAP, "crude")
    shown = {name: f"{row[name]:.1%}" for name in shares if isinstance(row.get(name), float) and row[name] == row[name]}
    return row | shown
