"""``kyoto audit-instrument``: whether a risk instrument does what it claims, for everybody."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kyoto.cli.input import input_file
from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_rows

if TYPE_CHECKING:
    from kyoto.analysis.reoffending.audit import Audit

__all__ = ["audit_instrument"]


def audit_instrument(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="CSV, Excel or Parquet, one row a scored person; - standard input.")
    ],
    score: Annotated[str, typer.Option("--score", metavar="COLUMN", help="Score; higher means more risk.")],
    outcome: Annotated[
        str, typer.Option("--outcome", metavar="COLUMN[=VALUE]", help="Column that says yes or no, or its yes value.")
    ],
    cutoff: Annotated[float, typer.Option("--cutoff", help="People with this score or a higher one are flagged.")],
    group: Annotated[
        list[str] | None, typer.Option("--group", metavar="COLUMN", help="Column of groups; repeatable.")
    ] = None,
    time: Annotated[
        str | None, typer.Option("--time", metavar="COLUMN", help="Days to the outcome or to the end of follow-up.")
    ] = None,
    window: Annotated[
        float | None, typer.Option("--window", metavar="DAYS", help="With --time: outcome within so many days.")
    ] = None,
    year: Annotated[
        str | None, typer.Option("--year", metavar="COLUMN", help="Year or date of the score, to see drift.")
    ] = None,
    costs: Annotated[bool, typer.Option("--costs", help="Show what every cut-off would cost in both errors.")] = False,
    threshold: Annotated[int, typer.Option("--threshold", min=1, help="Groups of fewer persons are withheld.")] = 10,
    level: Annotated[float, typer.Option("--level", min=0.5, max=0.999, help="Confidence of the limits.")] = 0.95,
    chart: Annotated[
        Path | None, typer.Option("--chart", help="Write the calibration curves: .svg, .png or .html.")
    ] = None,
    report: Annotated[Path | None, typer.Option("--report", help="Write all of it as one HTML page.")] = None,
    title: Annotated[
        str, typer.Option("--title", help="Heading of the page.")
    ] = "Does the instrument do what it claims?",
    source: Annotated[str, typer.Option("--source", help="Where the data come from; stands under the chart.")] = "",
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Audit a risk instrument: discrimination, calibration, and who bears which errors.

    Kyoto scores nobody; it checks scores that an agency assigns. With --time and --window people who left early are
    made up for by weights. One row a measure and group.

    Example: kyoto audit-instrument scored.csv --score decile --outcome rearrest --group race --cutoff 5 --json
    """
    from kyoto.analysis.reoffending.audit import audit_instrument as audit
    from kyoto.analysis.reoffending.audit import read_scored
    from kyoto.analysis.reoffending.charts import save_chart
    from kyoto.analysis.reoffending.people import PeopleColumns, split_event
    from kyoto.analysis.reoffending.reading import open_people

    with input_file(file) as path, open_people(path) as table:
        column, value = split_event(outcome, table.types)
        columns = PeopleColumns(column, value, time, by=tuple(group or ()))
        people = read_scored(table, score, columns, window=window, year=year, threshold=threshold)
    found = audit(people, cutoff, level=level, threshold=threshold)
    if as_json or as_csv:
        print_rows(found.cost_records() if costs else found.records(), as_json=as_json, as_csv=as_csv)
        for remark in found.remarks:
            typer.echo(remark, err=True)
    else:
        _show(found, costs)
    if report is not None:
        from kyoto.analysis.reoffending.audit.page import audit_page
        from kyoto.core.files import write_whole

        write_whole(report, audit_page(found, title=title, source=source))
    if chart is not None:
        save_chart(found.plot(source=source), chart)


def _show(found: Audit, costs: bool) -> None:
    """Tables for the eye, then what follows."""
    print_rows(found.table(), title=f"Cut-off {found.cutoff:g} ({found.level:.0%} limits)")
    if found.years:
        typer.echo("")
        names = ("auc", "base_rate", "flagged", "false_positive_rate", "false_negative_rate")
        rows = [
            {"year": year, "n": own["auc"].n, **{name: own[name].estimate for name in names}}
            for year, own in found.years.items()
        ]
        print_rows(rows, title="By year")
    if costs:
        typer.echo("")
        rows = [{name: round(value, 3) for name, value in row.items()} for row in found.cost_records()]
        print_rows(rows, title="What cut-offs cost (errors of 1,000 persons)")
    typer.echo(f"\n{found.summary()}")
