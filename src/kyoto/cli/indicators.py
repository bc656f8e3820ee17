"""``kyoto indicators``: what Kyoto can compute, what it takes, and what a project can serve."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_json, print_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kyoto.statistics.indicators import Indicator, Plan

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Look into the indicators: SDG, justice rates, and a project's own.",
)

ProjectOption = Annotated[
    Path | None, typer.Option("--project", "-p", help="Project folder: its own indicators, and what it can serve.")
]


@app.command(
    "list",
    epilog="Examples: [bold]kyoto indicators list --computed[/], and what a project can serve: "
    "[bold]kyoto indicators list --project my-project[/]",
)
def list_indicators(
    words: Annotated[list[str] | None, typer.Argument(help="Words in the code or the title.")] = None,
    computed: Annotated[bool, typer.Option("--computed", help="Only those that records can serve.")] = False,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """List indicators; with a project, whether its sources can serve them, and if not why."""
    known = [entry for entry in _known(project).values() if _fits(entry, words or [])]
    rows = [_row(entry) for entry in known if entry.computed or not computed]
    if project is not None:
        reasons = {plan.indicator.code: plan for plan in _plans(project, known)}
        rows = [row | _served(reasons[row["code"]]) for row in rows]
    columns = ["code", "title", "unit", *(["source", "reason"] if project else ["computed from"])]
    print_rows(rows, as_json=as_json, as_csv=as_csv, columns=columns, empty="No indicator has these words.")


@app.command(epilog="Example: [bold]kyoto indicators show 16.1.1[/]")
def show(
    code: Annotated[str, typer.Argument(help="Code of an indicator, such as 16.1.1 or theft_rate.")],
    project: ProjectOption = None,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Show one indicator: what is counted, against what, in which unit; with a project, its counting rules."""
    from kyoto.core.errors import KyotoError, did_you_mean
    from kyoto.statistics.indicators.reference import card

    known = _known(project)
    if code not in known:
        raise KyotoError(
            f"No indicator {code!r}",
            code="indicator.unknown",
            hint=f"{did_you_mean(code, known)} Print all with `kyoto indicators list`.",
        )
    parts = card(known[code])
    if project is not None:
        (plan,) = _plans(project, [known[code]])
        parts |= {"project": str(project), **_served(plan), "tables": [_rule(table) for table in plan.tables]}
    if as_json:
        print_json(parts)
        return
    rows = [{"": label.replace("_", " "), "indicator": _text(value)} for label, value in parts.items()]
    print_rows([row for row in rows if row["indicator"]], as_csv=as_csv, title="")


def _known(project: Path | None) -> Mapping[str, Indicator]:
    """Indicators by code, those of a project among them."""
    from kyoto.statistics.indicators import registry

    if project is None:
        return registry()
    own = {entry.code: entry for entry in _settings(project).indicators.use if entry.own}
    return {**registry(), **own}


def _settings(project: Path) -> Any:
    from kyoto.core.project import load_project
    from kyoto.statistics.pipeline.settings import read_settings

    return read_settings(load_project(project))


def _plans(project: Path, indicators: Iterable[Indicator]) -> list[Plan]:
    from kyoto.statistics.indicators import plan

    settings = _settings(project)
    chosen, sources = settings.indicators, list(settings.sources.values())
    return [plan(entry, sources, by=chosen.by, source=chosen.sources.get(entry.code)) for entry in indicators]


def _fits(entry: Indicator, words: Iterable[str]) -> bool:
    text = f"{entry.code} {entry.title}".casefold()
    return all(word.casefold() in text for word in words)


def _row(entry: Indicator) -> dict[str, Any]:
    from kyoto.statistics.indicators.reference import count_text

    source = count_text(entry.numerator) if entry.numerator else f"needs {entry.needs}"
    return {"code": entry.code, "title": entry.title, "unit": entry.unit, "computed from": source}


def _served(plan: Plan) -> dict[str, Any]:
    return {"source": plan.tables[0].source if plan.tables else "", "reason": plan.reason or plan.note}


def _rule(table: Any) -> str:
    by = ", ".join(dimension.text for dimension in table.by) or "nothing"
    where = f" where {table.where}" if table.where else ""
    return f"{table.name}: {table.unit} in {table.source}{where}, by {by}"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
