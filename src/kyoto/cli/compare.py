"""``kyoto compare``: what several sources mean by the same class, and whether their figures may stand side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_json, print_rows

if TYPE_CHECKING:
    from kyoto.statistics.comparability import Comparison
    from kyoto.statistics.pipeline.settings import Settings

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
    funnel: Annotated[
        bool, typer.Option("--funnel", help="Of the classes given: what was counted at each stage of justice.")
    ] = False,
    area: Annotated[
        list[str] | None,
        typer.Option(
            "--area",
            help="Area to compare; may be given again. Without it all, of a funnel the first four where they are many.",
        ),
    ] = None,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Say what is comparable between sources and areas, and what is not, with the reasons.

    Definitions and counting rules come from the project, its correspondence tables and its records. Nothing is ranked.

    Example: kyoto compare examples/four-areas --iccs 0501
    """
    from kyoto.core.engine import open_engine
    from kyoto.core.errors import KyotoError
    from kyoto.core.project import load_project
    from kyoto.statistics.comparability import comparable_classes
    from kyoto.statistics.comparability import compare as compared
    from kyoto.statistics.pipeline.settings import read_settings

    settings = read_settings(load_project(project))
    if funnel and not iccs:
        raise KyotoError("Of which class?", code="compare.no-class", hint="Name it: --iccs 0502.")
    with open_engine("duckdb") as engine:
        found = (
            [compared(engine, settings, code, source or ()) for code in iccs]
            if iccs
            else comparable_classes(engine, settings, source or (), level=level)
        )
    found = [comparison.of(area) for comparison in found] if area else list(found)
    if funnel:
        _print_funnels(settings, found, area or (), as_json=as_json, as_csv=as_csv)
    elif as_json:
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

    return asdict(comparison) | {"pairs": [asdict(pair) for pair in comparison.pairs]}


def _print_funnels(
    settings: Settings, found: Sequence[Comparison], areas: Sequence[str], *, as_json: bool, as_csv: bool
) -> None:
    """Ranges of each class, from the published tables of the build."""
    import json
    from dataclasses import asdict

    from kyoto.statistics.comparability import funnel_of, stage_counts
    from kyoto.statistics.comparability.sides import first_areas
    from kyoto.statistics.pipeline.comparing import stage_tables

    areas = areas or first_areas(definition for each in found for definition in each.definitions)
    folder = settings.project.build_folder
    steps = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["steps"]
    facts = {name: step["facts"] for name, step in steps.items()}
    tables = stage_tables(folder, facts, [name for name in settings.tables if f"table:{name}" in steps], areas)
    made = [funnel_of(each.iccs, stage_counts(tables, each.iccs), each.definitions, areas) for each in found]
    if as_json:
        print_json([asdict(each) for each in made])
    elif as_csv:
        rows = [{str(k): v for k, v in row.items()} for each in made for row in each.tidy().to_dict("records")]
        print_rows(rows, as_csv=True, columns=list(made[0].tidy().columns))
    else:
        none = "No area has both a record and a later stage of this class."
        typer.echo("\n\n".join(each.summary() if each.areas else f"{each.iccs}: {none}" for each in made))


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
