"""``kyoto cts``: the United Nations survey of crime trends, from a build to a workbook and back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_json, print_rows

if TYPE_CHECKING:
    from kyoto.statistics.exchange.cts import Answers
    from kyoto.statistics.exchange.cts.checking import Finding
    from kyoto.statistics.exchange.cts.filling import Filled

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Answer the UN survey of crime trends (UN-CTS) as a workbook.")

WorkbookArgument = Annotated[Path, typer.Argument(metavar="WORKBOOK", help="A filled questionnaire (.xlsx).")]
AreaOption = Annotated[str | None, typer.Option("--area", help="Area that the answers are about.")]
YearOption = Annotated[str | None, typer.Option("--year", help="Year that the answers are about.")]


@app.command("export")
def export_workbook(
    origin: Annotated[
        Path, typer.Argument(metavar="PROJECT", help="Folder of a project that has been built; or imported answers.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Workbook to write (.xlsx).")],
    area: AreaOption = None,
    year: YearOption = None,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Write the questionnaire of an area and year, filled with published figures.

    Prints how much of each table is answered, and what to add to kyoto.toml for the rest. Answers that `kyoto cts
    import` wrote, or a workbook, are written as a clean workbook again.

    Example: kyoto cts export my-project --area AT --year 2023 --out cts-2023.xlsx
    """
    from kyoto.core.errors import KyotoError
    from kyoto.statistics.exchange.cts.writing import write_workbook

    if not origin.is_dir() and origin.suffix not in ("", ".toml"):
        write_workbook(_given_answers(origin, area, year), out)
        typer.echo(f"Wrote {out}.", err=True)
        return
    if year is None:
        raise KyotoError("Which year?", code="cts.no-area-or-year", hint="Say it with --year, such as --year 2023.")
    from kyoto.statistics.exchange.cts.built import read_build
    from kyoto.statistics.exchange.cts.filling import fill
    from kyoto.statistics.exchange.cts.suggesting import suggested_tables

    built = read_build(origin, area, year)
    filled = fill(built)
    write_workbook(filled.answers, out)
    rows = _coverage(filled)
    if as_json:
        print_json({"workbook": out, "coverage": rows, "suggestion": suggested_tables(built, filled.answers)})
    elif as_csv:
        print_rows(rows, as_csv=True)
    else:
        _print_coverage(filled, out, suggested_tables(built, filled.answers))


@app.command("import")
def import_workbook(
    workbook: WorkbookArgument,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write the answers as observations: .parquet or .csv.")
    ] = None,
    area: AreaOption = None,
    year: YearOption = None,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Read a filled questionnaire, whatever was left blank, moved by a row or typed as text.

    Example: kyoto cts import cts-2023.xlsx --out answers.parquet
    """
    from kyoto.statistics.exchange.cts.answers import observations
    from kyoto.statistics.exchange.cts.files import write_answers
    from kyoto.statistics.exchange.cts.reading import read_workbook

    read = read_workbook(workbook, area=area, year=year)
    if out is not None:
        write_answers(read.answers, out)
    rows = observations(read.answers).to_pylist()
    columns = ["area", "period", "cell", "iccs", "sex", "age", "unit", "value", "status", "confidentiality"]
    if as_json or as_csv:
        print_rows(rows, as_json=as_json, as_csv=as_csv, columns=list(rows[0]) if rows else columns)
    else:
        figures = [row for row in rows if row["unit"] != "text"]
        print_rows(figures, columns=columns, empty="Nothing was answered.")
    for entry in read.entries:
        typer.echo(f"{entry.severity}: {': '.join(filter(None, (entry.place, entry.message)))}", err=True)
    if out is not None:
        typer.echo(f"Wrote {out}.", err=True)


@app.command("check")
def check_workbook(
    workbook: WorkbookArgument,
    last: Annotated[
        list[Path] | None,
        typer.Option("--last", help="Workbook of an earlier year, or an earlier one of this year; repeatable."),
    ] = None,
    published: Annotated[
        list[Path] | None,
        typer.Option("--published", help="Workbook of the UNODC data portal to compare with; repeatable."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 2 if an error has no explanation.")] = False,
    area: AreaOption = None,
    year: YearOption = None,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Check a filled questionnaire for consistency; nothing is refused.

    Totals against parts, sexes, classes within classes, the same figure in two places, change from the last year.
    What the respondent wrote in the column Explanation stands beside each finding.

    Example: kyoto cts check cts-2023.xlsx --last cts-2022.xlsx --json
    """
    from kyoto.statistics.exchange.cts.checking import check_answers
    from kyoto.statistics.exchange.cts.reading import read_workbook

    read = read_workbook(workbook, area=area, year=year)
    earlier = [read_workbook(path).answers for path in last or ()]
    earlier += _published(read.answers, published or ())
    found = check_answers(read.answers, earlier, read.entries)
    rows = [finding.to_dict() for finding in found]
    if as_json or as_csv:
        print_rows(rows, as_json=as_json, as_csv=as_csv, columns=_KEYS)
    else:
        _print_findings(found)
    if strict and any(finding.severity == "error" and not finding.explained for finding in found):
        raise typer.Exit(2)


@app.command("form")
def show_form(
    table: Annotated[str | None, typer.Option("--table-id", help="Only this table, such as 1.2.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write the blank form as a workbook (.xlsx).")] = None,
    area: AreaOption = None,
    year: YearOption = None,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Print what the questionnaire asks: every cell with its class, counting unit, sex and age.

    `--csv` and `--json` also say under which name the UNODC data portal publishes a cell, where its files show it.

    With --out the blank form is written, to be filled by hand.

    Example: kyoto cts form --table-id 1.2
    """
    from kyoto.statistics.exchange.cts import Answers, questionnaire, write_workbook
    from kyoto.statistics.exchange.cts.published import published_names

    form = questionnaire()
    if out is not None:
        write_workbook(Answers(area or "", year or ""), out)
        typer.echo(f"Wrote {out}.", err=True)
        return
    wanted = form.table(table) if table else None
    published = published_names()
    rows = [
        {
            "cell": name,
            "table": cell.table.title,
            "item": cell.row.label,
            "column": cell.column.label,
            "iccs": "+".join(cell.row.iccs),
            "counts": cell.counts,
            "sex": cell.sex,
            "age": cell.age,
            "when": cell.table.when,
            "definition": form.definition(cell.row),
            "published_as": published.get(name, ""),
        }
        for name, cell in form.cells.items()
        if wanted is None or cell.table is wanted
    ]
    shown = ["cell", "item", "column", "iccs", "counts", "sex", "age"]
    print_rows(rows, as_json=as_json, as_csv=as_csv, columns=list(rows[0]) if as_csv else shown)


_KEYS = ["rule", "severity", "cells", "figures", "message", "explanation"]
_STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}


def _published(answers: Answers, files: Sequence[Path]) -> list[Answers]:
    """What was published of the same area, for the same year and the year before."""
    from kyoto.statistics.exchange.cts.published import published_answers
    from kyoto.statistics.exchange.series import area_of, read_series

    if not files:
        return []
    found = published_answers(*(read_series(file) for file in files))
    years = [answers.year, str(int(answers.year) - 1)] if answers.year.isdigit() else [answers.year]
    keys = [(area_of(answers.area).code, year) for year in years]
    return [found[key] for key in keys if key in found]


def _given_answers(path: Path, area: str | None, year: str | None) -> Answers:
    from kyoto.statistics.exchange.cts.files import read_answers
    from kyoto.statistics.exchange.cts.reading import read_workbook

    if path.suffix.casefold() in (".parquet", ".csv"):
        return read_answers(path)
    return read_workbook(path, area=area, year=year).answers


def _coverage(filled: Filled) -> list[dict[str, Any]]:
    return [
        {
            "table": each.table.id,
            "title": each.table.title,
            "cells": each.asked,
            "filled": each.filled,
            "withheld": each.withheld,
            "from": ", ".join(each.sources),
            "why the rest is empty": each.reason,
        }
        for each in filled.coverage
    ]


def _print_coverage(filled: Filled, out: Path, suggestion: str) -> None:
    print_rows([row for row in _coverage(filled) if row["filled"] or row["withheld"]], empty="No cell could be filled.")
    asked = sum(each.asked for each in filled.coverage)
    given = sum(each.filled for each in filled.coverage)
    withheld = sum(each.withheld for each in filled.coverage)
    typer.echo(f"\n{given} of {asked} cells filled, {withheld} withheld. Wrote {out}.")
    reasons: dict[str, list[str]] = {}
    for each in filled.coverage:
        if each.empty == each.asked:
            reasons.setdefault(each.reason, []).append(each.table.id)
    if reasons:
        rows = [{"why": reason, "tables": ", ".join(tables)} for reason, tables in reasons.items()]
        typer.echo("")
        print_rows(rows, title="Tables without any figure")
    if suggestion:
        typer.echo(f"\nThis in kyoto.toml, and a new build, would fill more:\n\n{suggestion}")


def _print_findings(found: tuple[Finding, ...]) -> None:
    from collections import Counter

    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    counts = Counter(finding.severity for finding in found)
    explained = sum(finding.explained for finding in found)
    words = [f"{n} {name}{'s' if n != 1 else ''}" for name in _STYLES if (n := counts[name])]
    console.print(Text(", ".join(words) + f"; {explained} explained" if words else "Nothing found.", "bold"))
    for finding in found:
        line = Text(f"{finding.severity:<8}", _STYLES[finding.severity]) + Text(f"{finding.message} ")
        console.print(line + Text(finding.rule, "dim"))
        if finding.explained:
            console.print(Text(f"        explained: {finding.explanation}", "green"))
