"""``kyoto compare``: what several sources mean by the same class, and whether their figures may stand side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_json, print_rows

if TYPE_CHECKING:
    from kyoto.statistics.comparability import Comparison

__all__ = ["compare"]


def compare(
    project: Annotated[Path, typer.Argument(help="Folder of a project that has been built.")] = Path(),
    iccs: Annotated[
        list[str] | None, typer.Option("--iccs", help="ICCS class; may be given again. Without it, an overview.")
    ] = None,
    source: Annotated[
        list[str] | None, typer.Option("--source", help="Source to compare; may be given again. All if not given.")
    ] = None,
    level: Annotated[int, typer.Option("--level", min=1, max=4, help="ICCS level of the overview.")] = 2,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Say what is comparable between sources and areas, and what is not, with the reasons.

    Definitions and counting rules come from the project, its correspondence tables and its records. Nothing is ranked.

    Example: kyoto compare examples/four-areas --iccs 0501
    """
    from kyoto.core.engine import open_engine
    from kyoto.core.project import load_project
    from kyoto.statistics.comparability import comparable_classes
    from kyoto.statistics.comparability import compare as compared
    from kyoto.statistics.pipeline.settings import read_settings

    settings = read_settings(load_project(project))
    with open_engine("duckdb") as engine:
        found = (
            [compared(engine, settings, code, source or ()) for code in iccs]
            if iccs
            else comparable_classes(engine, settings, source or (), level=level)
        )
    if as_json:
        print_json([_plain(comparison) for comparison in found])
    elif as_csv:
        columns = ["iccs", "left", "right", "verdict", "reasons"]
        print_rows([row for each in found for row in _pairs(each)], as_csv=True, columns=columns)
    elif iccs:
        typer.echo("\n\n".join(comparison.summary() for comparison in found))
    else:
        _print_overview(found)


def _pairs(comparison: Comparison) -> list[dict[str, str]]:
    return [{str(name): value for name, value in row.items()} for row in comparison.tidy().to_dict("records")]


def _plain(comparison: Comparison) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(comparison)


def _print_overview(comparisons: Sequence[Comparison]) -> None:
    """One row a class, one column a verdict with the pairs that it holds for."""
    rows = []
    for each in comparisons:
        pairs: dict[str, list[str]] = {"comparable": [], "with caution": [], "not comparable": []}
        areas = {definition.label: definition.area for definition in each.definitions}
        for pair in each.pairs:
            pairs[pair.verdict].append(f"{areas[pair.left]}–{areas[pair.right]}")
        shown = {verdict: ", ".join(names) for verdict, names in pairs.items()}
        rows.append({"class": f"{each.iccs} {each.title}", **shown})
    print_rows(rows, empty="No class has records in two sources.")
    if rows:
        typer.echo("The reasons for a class: add --iccs CODE.")
