"""``kyoto flow``: from recorded to released, and how many people will be in prison."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kyoto.cli.input import input_file
from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_json, print_rows

if TYPE_CHECKING:
    from kyoto.analysis.flow import CaseFile, FlowTable

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Follow cases through justice; project the prison population.")

FileArgument = Annotated[
    str, typer.Argument(metavar="FILE", help="CSV, Excel or Parquet; - reads CSV from standard input.")
]
StageOption = Annotated[
    list[str] | None,
    typer.Option(
        "--stage",
        help="Stage and the column of its day (or of its count), STAGE=COLUMN, in order; repeatable. By default the "
        "columns named recorded, solved, charged, convicted, sentenced, admitted, released.",
    ),
]
ByOption = Annotated[list[str] | None, typer.Option("--by", help="Column that splits the cases; repeatable.")]
WithinOption = Annotated[int, typer.Option("--within", min=1, help="Days for which every case is followed.")]
UntilOption = Annotated[
    str | None, typer.Option("--until", help="Last day that the file covers; by default the latest in it.")
]
IdOption = Annotated[str | None, typer.Option("--id", help="Column that tells cases apart; repeated ones are refused.")]
LevelOption = Annotated[float, typer.Option("--level", min=0.5, max=0.999, help="Confidence of the intervals.")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same figures.")]
PeriodOption = Annotated[str, typer.Option("--period", help="Column of periods.")]
ColumnOption = Annotated[
    list[str] | None,
    typer.Option("--column", help="QUANTITY=COLUMN (or series) where the column has another name; repeatable."),
]


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
            stages = _stages(stage, frame["series"] if is_observations(frame) else frame.columns)
            counts = flow.read_counts(path, stages, by=by or [], period=period)
            found = flow.attrition_by_period(counts, list(stages), lags=_lags(lag), by=by or [], level=level)
        else:
            found = flow.attrition_by_case(_cases(path, stage, by, identifier, until), within=within, level=level)
    if sankey is not None:
        write_whole(sankey, flow.sankey_svg(found))
    _print(found, as_json, as_csv)


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
            stages = _stages(stage, frame["series"] if is_observations(frame) else frame.columns)
            first = next(iter(stages))
            counts = flow.read_counts(
                path, {name: stages[name] for name in (first, cleared)}, by=by or [], period=period
            )
            found = flow.clearance_by_period(counts, recorded=first, cleared=cleared, by=by or [], level=level)
        else:
            cases = _cases(path, stage, by, identifier, until)
            found = flow.clearance_by_case(cases, stage=cleared, within=within, level=level)
    _print(found, as_json, as_csv)


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
    level: LevelOption = 0.95,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Show how long it takes from one stage to another; open cases count as far as they have come.

    Example: kyoto flow time cases.csv --since charged --to convicted --by iccs
    """
    from kyoto.analysis import flow

    with input_file(file) as path:
        found = flow.time_to_stage(_cases(path, stage, by, identifier, until), to, since=since, level=level)
    _print(found, as_json, as_csv)


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
    from kyoto.analysis import flow
    from kyoto.core.errors import KyotoError, did_you_mean

    if grain not in ("month", "quarter", "year"):
        hint = did_you_mean(grain, ["month", "quarter", "year"])
        raise KyotoError(f"Unknown grain {grain!r}", code="flow.unknown-grain", hint=hint)
    with input_file(file) as path:
        counts = flow.pending_counts(_cases(path, stage, None, identifier, until), to, since=since, grain=grain)
    found = flow.forecast_backlog(counts, horizon, seed=seed, level=level)
    past: list[dict[str, Any]] = [dict(row) for row in counts.to_dict("records")]  # type: ignore[arg-type]
    if as_json:
        print_json({"counts": past, "forecast": [dict(row) for row in found.rows]})
        return
    if not as_csv:
        print_rows(past[-8:], title="Pending cases, last periods")
        typer.echo("")
    _print(found, False, as_csv)


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
    _print(found, as_json, as_csv)


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
    _print(found, as_json, as_csv)


@app.command()
def pretrial(
    file: FileArgument,
    column: ColumnOption = None,
    by: ByOption = None,
    period: PeriodOption = "period",
    level: LevelOption = 0.95,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Show the pretrial share (SDG 16.3.2), occupancy, deaths per 1000 prisoners, prisoners per 100000 people.

    The file holds, by period: held, unsentenced, sentenced, capacity, deaths, population, as far as they exist.

    Example: kyoto flow pretrial prisons.csv --column unsentenced=remand --by area --json
    """
    from kyoto.analysis import flow
    from kyoto.analysis.flow.detention import QUANTITIES
    from kyoto.analysis.flow.reading import is_observations, read_table

    with input_file(file) as path:
        frame = read_table(path)
        known = set(frame["series"] if is_observations(frame) else frame.columns)
        columns = {name: name for name in QUANTITIES if name in known} | _pairs(column, QUANTITIES)
        found = flow.detention_figures(
            flow.read_counts(path, columns, by=by or [], period=period), by=by or [], level=level
        )
    _print(found, as_json, as_csv)


@app.command()
def project(
    file: FileArgument,
    group: Annotated[str | None, typer.Option("--group", help="Column of groups, such as status.")] = None,
    stock: Annotated[
        str, typer.Option("--stock", help="Column (or series) of people at the end of a period.")
    ] = "stock",
    admitted: Annotated[
        str,
        typer.Option("--admitted", help="Column (or series) of people admitted; the stock alone is used without it."),
    ] = "admitted",
    horizon: Annotated[int, typer.Option("--horizon", min=1, max=40, help="Periods ahead.")] = 5,
    scenario: Annotated[
        list[str] | None,
        typer.Option(
            "--scenario",
            help="KIND:GROUP=SIZE: bail-reform (share not remanded), shorter-remand and early-release (length of stay, "
            "0.8 is a fifth shorter), alternatives (share not imprisoned); repeatable.",
        ),
    ] = None,
    after: Annotated[int, typer.Option("--after", min=0, help="Periods before the scenarios begin.")] = 0,
    phased: Annotated[int, typer.Option("--phased", min=1, help="Periods over which they come into force.")] = 1,
    returned: Annotated[
        float, typer.Option("--returned", min=0.0, max=0.99, help="Share of those spared who are admitted later.")
    ] = 0.0,
    backtest: Annotated[bool, typer.Option("--backtest", help="Test the projection on the past instead.")] = False,
    seed: SeedOption = 1,
    level: LevelOption = 0.95,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Project the prison population, with intervals, and under scenarios that say what they assume.

    Example: kyoto flow project prisons.csv --group status --scenario bail-reform:unsentenced=0.2 --horizon 5 --json
    """
    from kyoto.analysis import flow

    with input_file(file) as path:
        history = flow.read_history(path, group=group, stock=stock, admitted=admitted)
    if backtest:
        tested = flow.backtest_population(history, ahead=min(horizon, 5), seed=seed, level=level)
        rows, text = tested.rows(), tested.summary()
    else:
        given = {"after": after, "phased": phased, "returned": returned}
        scenarios = tuple(flow.parsed_scenario(one, **given) for one in scenario or [])  # type: ignore[arg-type]
        compared = flow.compare_scenarios(history, scenarios, horizon, seed=seed, level=level)
        rows, text = compared.rows(), compared.summary()
    if as_json or as_csv:
        print_rows(rows, as_json=as_json, as_csv=as_csv)
        return
    typer.echo(text)


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


def _cases(
    path: Path, stage: list[str] | None, by: list[str] | None, identifier: str | None, until: str | None
) -> CaseFile:
    from kyoto.analysis import flow
    from kyoto.analysis.flow.reading import read_table
    from kyoto.core.errors import KyotoError

    try:
        last = date.fromisoformat(until) if until else None
    except ValueError:
        raise KyotoError("Not a date", code="flow.wrong-date", expected="--until 2024-12-31", got=until or "") from None
    frame = read_table(path)
    stages = _stages(stage, frame.columns)
    return flow.type_cases(frame, stages, by=by or [], identifier=identifier, until=last, file=str(path))


def _stages(given: list[str] | None, known: Any) -> dict[str, str]:
    """Column of each stage: as stated, or those whose names are stages."""
    from kyoto.analysis.flow.model import STAGES
    from kyoto.core.errors import KyotoError

    if given:
        return _pairs(given, ())
    names = set(known)
    found = {stage: stage for stage in STAGES if stage in names}
    if len(found) < 2:
        raise KyotoError(
            "No stages found",
            code="flow.no-stages",
            expected="--stage recorded=COLUMN --stage charged=COLUMN …",
            got=", ".join(sorted(map(str, names))),
        )
    return found


def _pairs(given: list[str] | None, known: tuple[str, ...]) -> dict[str, str]:
    from kyoto.core.errors import KyotoError, did_you_mean

    found: dict[str, str] = {}
    for text in given or []:
        name, equals, column = text.partition("=")
        name = name.strip()
        if not equals or not column:
            raise KyotoError("Not NAME=COLUMN", code="flow.wrong-option", expected="charged=charged_on", got=text)
        if known and name not in known:
            hint = did_you_mean(name, known)
            raise KyotoError(f"Unknown quantity {name!r}", code="flow.unknown-quantity", hint=hint)
        found[name] = column.strip()
    return found


def _lags(given: list[str] | None) -> dict[str, tuple[int, int]]:
    from kyoto.core.errors import KyotoError

    found: dict[str, tuple[int, int]] = {}
    for name, text in _pairs(given, ()).items():
        least, colon, most = text.partition(":")
        if not (least.isdigit() and (most.isdigit() or not colon)):
            raise KyotoError("Not a lag", code="flow.wrong-lag", expected="charged=0:1", got=f"{name}={text}")
        found[name] = (int(least), int(most or least))
    return found


def _print(found: FlowTable, as_json: bool, as_csv: bool) -> None:
    rows = [dict(row) for row in found.rows]
    if as_json:
        findings = [finding.row() for finding in found.findings]
        print_json({"estimates": rows, "method": found.method, "findings": findings, "facts": found.facts})
        return
    if as_csv:
        print_rows(rows, as_csv=True)
        return
    from kyoto.analysis.flow.result import shown_number

    shown = []
    for row in rows:
        unit = row.get("unit", found.unit)
        figures = {name: shown_number(row[name], unit) for name in ("estimate", "lower", "upper")}
        counts = {name: shown_number(row.get(name)) for name in ("cases", "of") if name in row}
        extra: dict[str, Any] = {name: row[name] for name in ("term", "period", *found.by) if name in row}
        shown.append(extra | counts | figures | {"note": row.get("note", "")})
    print_rows(shown, title=f"{found.what} ({found.level:.0%} limits)")
    for line in [
        found.method,
        *(f"{finding.severity}: {finding.message} ({finding.count:,})" for finding in found.findings),
    ]:
        if line:
            typer.echo(f"  {line}")
    rejected = found.facts.get("rejected") or {}
    for reason, number in rejected.items():
        typer.echo(f"  rejected: {reason} ({number:,})")
