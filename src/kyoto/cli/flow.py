"""``kyoto flow``: from recorded to released, and how many people will be in prison."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kyoto.cli.flow_cases import put_cases_together
from kyoto.cli.flow_common import (
    ByOption,
    FileArgument,
    IdOption,
    LevelOption,
    NarrowFlag,
    PeriodOption,
    SeedOption,
    StageOption,
    UntilOption,
    WithinOption,
    cases_of,
    day_of,
    doubted,
    lags_of,
    print_table,
    stages_of,
)
from kyoto.cli.flow_prisons import pretrial, project
from kyoto.cli.input import input_file
from kyoto.cli.linkage_error import DRAWN, drawn_of, with_linkage
from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_json, print_rows

if TYPE_CHECKING:
    from kyoto.analysis.flow import CaseFile, FlowTable

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Follow cases through justice; project the prison population.")


@app.command()
def attrition(
    file: FileArgument,
    stage: StageOption = None,
    by: ByOption = None,
    within: WithinOption = 365,
    until: UntilOption = None,
    identifier: IdOption = None,
    lag: Annotated[
        list[str] | None,
        typer.Option("--lag", help="Counts by period: periods a stage lies behind the first, STAGE=LEAST:MOST."),
    ] = None,
    period: PeriodOption = "period",
    sankey: Annotated[Path | None, typer.Option("--sankey", help="SVG picture to write (files of cases).")] = None,
    narrow: NarrowFlag = False,
    level: LevelOption = 0.95,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Show what share of cases reaches each stage.

    A file with one row a case is followed case by case. A file of counts by period (a column of periods, or
    observations) gives ratios with bands that cover the lags.

    Example: kyoto flow attrition cases.csv --stage recorded=reported_on --stage charged=charged_on --by iccs --json
    """
    from kyoto.analysis import flow
    from kyoto.analysis.flow.reading import is_observations, read_table
    from kyoto.core.files import write_whole

    with input_file(file) as path:
        frame = read_table(path)
        if is_observations(frame) or period in frame.columns:
            stages = stages_of(stage, frame["series"] if is_observations(frame) else frame.columns)
            counts = flow.read_counts(path, stages, by=by or [], period=period)
            found = flow.attrition_by_period(counts, list(stages), lags=lags_of(lag), by=by or [], level=level)
        else:
            cases = cases_of(path, stage, by, identifier, until)
            last = day_of(cases)
            found = doubted(
                file,
                flow.attrition_by_case(cases, within=within, level=level),
                lambda other: flow.attrition_by_case(
                    cases_of(other, stage, by, identifier, last, own=True), within=within, level=level, least=1
                ),
            )
    if sankey is not None:
        source = "standard input" if file == "-" else Path(file).name
        write_whole(sankey, flow.sankey_svg(found, source=source, narrow=narrow))
    print_table(found, as_json, as_csv)


@app.command()
def clearance(
    file: FileArgument,
    stage: StageOption = None,
    cleared: Annotated[str, typer.Option("--cleared", help="Stage that counts as cleared.")] = "solved",
    by: ByOption = None,
    within: WithinOption = 365,
    until: UntilOption = None,
    identifier: IdOption = None,
    period: PeriodOption = "period",
    level: LevelOption = 0.95,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Show what share of cases is cleared: by case within a fixed time, or by period from counts.

    Example: kyoto flow clearance cases.csv --within 180 --by iccs
    """
    from kyoto.analysis import flow
    from kyoto.analysis.flow.reading import is_observations, read_table

    with input_file(file) as path:
        frame = read_table(path)
        if is_observations(frame) or period in frame.columns:
            stages = stages_of(stage, frame["series"] if is_observations(frame) else frame.columns)
            first = next(iter(stages))
            counts = flow.read_counts(
                path, {name: stages[name] for name in (first, cleared)}, by=by or [], period=period
            )
            found = flow.clearance_by_period(counts, recorded=first, cleared=cleared, by=by or [], level=level)
        else:
            cases = cases_of(path, stage, by, identifier, until)
            last = day_of(cases)
            found = doubted(
                file,
                flow.clearance_by_case(cases, stage=cleared, within=within, level=level),
                lambda other: flow.clearance_by_case(
                    cases_of(other, stage, by, identifier, last, own=True),
                    stage=cleared,
                    within=within,
                    level=level,
                    least=1,
                ),
            )
    print_table(found, as_json, as_csv)


@app.command("time")
def time_to(
    file: FileArgument,
    to: Annotated[str, typer.Option("--to", help="Stage at which the time ends.")],
    since: Annotated[
        str | None, typer.Option("--since", help="Stage at which it begins; the first by default.")
    ] = None,
    stage: StageOption = None,
    by: ByOption = None,
    until: UntilOption = None,
    identifier: IdOption = None,
    lexis: Annotated[
        Path | None, typer.Option("--lexis", help="SVG picture to write: who waited how long at which time.")
    ] = None,
    narrow: NarrowFlag = False,
    level: LevelOption = 0.95,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Show how long it takes from one stage to another; open cases count as far as they have come.

    Example: kyoto flow time cases.csv --since charged --to convicted --by iccs
    """
    from kyoto.analysis import flow
    from kyoto.core.files import write_whole

    with input_file(file) as path:
        cases = cases_of(path, stage, by, identifier, until)
    last = day_of(cases)
    found = doubted(
        file,
        flow.time_to_stage(cases, to, since=since, level=level),
        lambda other: flow.time_to_stage(
            cases_of(other, stage, by, identifier, last, own=True), to, since=since, level=level, least=1
        ),
    )
    if lexis is not None:
        source = "standard input" if file == "-" else Path(file).name
        begin = since or cases.stages[0]
        write_whole(lexis, flow.lexis_svg(cases, begin, to, source=source, narrow=narrow))
    print_table(found, as_json, as_csv)


@app.command()
def pending(
    file: FileArgument,
    to: Annotated[str, typer.Option("--to", help="Stage that closes a case.")],
    since: Annotated[str | None, typer.Option("--since", help="Stage that opens it; the first by default.")] = None,
    grain: Annotated[str, typer.Option("--grain", help="month, quarter or year.")] = "quarter",
    horizon: Annotated[int, typer.Option("--horizon", min=1, max=40, help="Periods to forecast.")] = 4,
    stage: StageOption = None,
    until: UntilOption = None,
    identifier: IdOption = None,
    seed: SeedOption = 1,
    level: LevelOption = 0.95,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Count pending cases by period, and forecast the backlog with intervals.

    Example: kyoto flow pending cases.csv --since charged --to convicted --grain quarter --horizon 4
    """
    import pandas as pd

    from kyoto.analysis import flow
    from kyoto.core.errors import KyotoError, did_you_mean

    if grain not in ("month", "quarter", "year"):
        hint = did_you_mean(grain, ["month", "quarter", "year"])
        raise KyotoError(f"Unknown grain {grain!r}", code="flow.unknown-grain", hint=hint)
    with input_file(file) as path:
        cases = cases_of(path, stage, None, identifier, until)
    last = day_of(cases)

    def counted(each: CaseFile) -> list[dict[str, Any]]:
        counts = flow.pending_counts(each, to, since=since, grain=grain)
        return [{str(name): value for name, value in row.items()} for row in counts.to_dict("records")]

    own = counted(cases)
    drawn = drawn_of(file, lambda other: counted(cases_of(other, stage, None, identifier, last, own=True)))

    def ahead(rows: list[dict[str, Any]]) -> FlowTable:
        return flow.forecast_backlog(pd.DataFrame(rows), horizon, seed=seed, level=level)

    found = flow.with_linkage_error(ahead(own), drawn.each(ahead))
    past = with_linkage(own, drawn, ("period",), level=level, names=("pending", "pending", "pending", *DRAWN[3:]))
    if as_json:
        print_json({"counts": past, "forecast": [dict(row) for row in found.rows]})
        return
    if not as_csv:
        print_rows(past[-8:], title="Pending cases, last periods")
        typer.echo("")
    print_table(found, False, as_csv)


@app.command()
def decisions(
    file: FileArgument,
    decision: Annotated[str, typer.Option("--decision", help="Column of the decision: release, legal aid, sentence.")],
    count: Annotated[
        str | None, typer.Option("--count", help="Column of counts; without it each row is a case.")
    ] = None,
    by: ByOption = None,
    level: LevelOption = 0.95,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Show how decisions are shared: release before trial, legal aid, alternatives to imprisonment.

    Example: kyoto flow decisions arraignments.csv --decision release --count cases --by year
    """
    from kyoto.analysis import flow
    from kyoto.analysis.flow.reading import read_table

    with input_file(file) as path:
        found = flow.decision_shares(read_table(path), decision, count=count, by=by or [], level=level, file=file)
    print_table(found, as_json, as_csv)


@app.command()
def lengths(
    file: FileArgument,
    length: Annotated[str, typer.Option("--length", help="Column of lengths, in a unit of your own.")],
    by: ByOption = None,
    seed: SeedOption = 1,
    level: LevelOption = 0.95,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Show mean and median length of sentences or of detention.

    Example: kyoto flow lengths sentences.csv --length months --by sex
    """
    from kyoto.analysis import flow
    from kyoto.analysis.flow.reading import read_table

    with input_file(file) as path:
        found = flow.sentence_lengths(read_table(path), length, by=by or [], seed=seed, level=level, file=file)
    print_table(found, as_json, as_csv)


app.command("cases")(put_cases_together)
app.command()(pretrial)
app.command()(project)


@app.command()
def example(
    output: Annotated[Path, typer.Argument(help="CSV file to write.")],
    cases: Annotated[int, typer.Option("--cases", min=100, max=1_000_000, help="How many cases.")] = 5000,
    seed: SeedOption = 1,
) -> None:
    """Write synthetic cases with the day of each stage, to learn the commands. No case in them happened.

    Example: kyoto flow example synthetic_cases.csv --cases 5000
    """
    from kyoto.analysis import flow
    from kyoto.core.files import write_whole

    write_whole(output, flow.simulate_cases(cases, seed=seed).to_csv(index=False))
    typer.echo(f"Wrote {output}")
