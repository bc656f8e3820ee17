"""``kyoto flow pretrial`` and ``kyoto flow project``: prisons as they are and as they will be."""

from __future__ import annotations

from typing import Annotated

import typer

from kyoto.cli.flow_common import (
    ColumnOption,
    FileArgument,
    LevelOption,
    PeriodOption,
    SeedOption,
    pairs_of,
    print_table,
)
from kyoto.cli.input import input_file
from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_rows

__all__ = ["pretrial", "project"]


def pretrial(
    file: FileArgument,
    column: ColumnOption = None,
    by: Annotated[list[str] | None, typer.Option("--by", help="Column that splits the counts; repeatable.")] = None,
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
        columns = {name: name for name in QUANTITIES if name in known} | pairs_of(column, QUANTITIES)
        found = flow.detention_figures(
            flow.read_counts(path, columns, by=by or [], period=period), by=by or [], level=level
        )
    print_table(found, as_json, as_csv)


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
