"""The section ``[flow]`` as steps of a build: tables of estimates, a picture, and panels for the report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kyoto.analysis.flow.settings import (
    FlowSettings,
    PrisonSettings,
    ProjectionSettings,
    parsed_scenario,
    read_settings,
)
from kyoto.core.build.model import Facts, Step, StepContext
from kyoto.core.rooms import Panel, PanelRow

if TYPE_CHECKING:
    import pandas as pd

    from kyoto.core.project import Project

__all__ = ["build_steps", "read_settings"]

_STAGES, _TIMES, _PICTURE = "flow/attrition.csv", "flow/time.csv", "flow/stages.svg"
_DETENTION, _PROJECTION = "flow/detention.csv", "flow/projection.csv"


def build_steps(settings: FlowSettings, project: Project, before: Sequence[str]) -> list[Step]:
    """Steps ``flow:cases``, ``flow:prisons`` and ``flow:projection``, as far as the section asks for them.

    Parameters
    ----------
    settings
        The section ``[flow]``.
    project, before
        Not needed: the files are read by themselves.
    """
    steps = []
    if settings.cases is not None:
        plain = [dict(settings.stages), list(settings.by), settings.within, str(settings.until), settings.identifier]
        outputs = (_STAGES, _TIMES, _PICTURE)
        steps.append(
            Step("flow:cases", lambda context: _cases(context, settings), (settings.cases,), (), plain, outputs)
        )
    if settings.prisons is not None:
        prisons = settings.prisons
        told = [dict(prisons.columns), list(prisons.by)]
        steps.append(
            Step("flow:prisons", lambda context: _prisons(context, prisons), (prisons.file,), (), told, (_DETENTION,))
        )
    if settings.projection is not None:
        ahead = settings.projection
        asked = [ahead.group, ahead.horizon, list(ahead.scenarios), ahead.seed]
        steps.append(
            Step("flow:projection", lambda context: _ahead(context, ahead), (ahead.file,), (), asked, (_PROJECTION,))
        )
    return steps


def _write(context: StepContext, name: str, frame: pd.DataFrame) -> None:
    from kyoto.core.files import write_whole

    write_whole(context.folder / name, frame.to_csv(index=False))


def _cases(context: StepContext, settings: FlowSettings) -> Facts:
    from kyoto.analysis import flow
    from kyoto.core.files import write_whole

    assert settings.cases is not None
    cases = flow.read_cases(
        settings.cases, settings.stages, by=settings.by, identifier=settings.identifier, until=settings.until
    )
    found = flow.attrition_by_case(cases, within=settings.within)
    _write(context, _STAGES, found.tidy())
    _write(context, _TIMES, flow.time_to_stage(cases, cases.stages[-1]).tidy())
    write_whole(context.folder / _PICTURE, flow.sankey_svg(found, source=settings.cases.name))
    total = [row for row in found.rows if all(row[name] == "_T" for name in found.by)][1:]
    last = total[-1]
    panel = Panel(
        title=found.what,
        sentence=(
            f"Of the cases {cases.stages[0]}, {last['estimate']:.1%} are {last['term']} within {settings.within} days "
            f"({last['lower']:.1%} to {last['upper']:.1%})."
        ),
        rows=tuple(_row(str(row["term"]), row, 100.0) for row in total),
        unit="per cent of cases",
        source=settings.cases.name,
    )
    return {**found.facts, "method": found.method, **panel.facts()}


def _prisons(context: StepContext, settings: PrisonSettings) -> Facts:
    from kyoto.analysis import flow

    counts = flow.read_counts(settings.file, settings.columns, by=settings.by)
    found = flow.detention_figures(counts, by=settings.by)
    _write(context, _DETENTION, found.tidy())
    shares = [row for row in found.rows if row["term"] == "pretrial_share" and row["estimate"] is not None]
    last = max((str(row["period"]) for row in shares), default="")
    latest = [row for row in shares if row["period"] == last]
    figures = [f"{row['estimate']:.1%}" for row in latest]
    panel = Panel(
        title="What share of prisoners is not sentenced?",
        sentence=f"In {last}: {', '.join(figures)} of those held." if latest else "The file does not say.",
        rows=tuple(_row(" ".join([*(str(row[name]) for name in settings.by), last]), row, 100.0) for row in latest),
        unit="per cent of prisoners",
        source=settings.file.name,
    )
    return {"method": found.method, "findings": [finding.row() for finding in found.findings], **panel.facts()}


def _ahead(context: StepContext, settings: ProjectionSettings) -> Facts:
    from kyoto.analysis import flow
    from kyoto.analysis.flow.result import shown_number

    history = flow.read_history(settings.file, group=settings.group)
    scenarios = tuple(parsed_scenario(text) for text in settings.scenarios)
    found = flow.compare_scenarios(history, scenarios, settings.horizon, seed=settings.seed)
    _write(context, _PROJECTION, found.tidy())
    last = found.base.periods[-1]
    whole = "_T" if len(history) > 1 else next(iter(history))
    rows = [
        row for row in found.rows() if row["period"] == last and row["group"] == whole and row["term"] != "difference"
    ]
    first = rows[0]
    numbers = [shown_number(first[name]) for name in ("estimate", "lower", "upper")]
    panel = Panel(
        title="How many people will be in prison?",
        sentence=f"As things are, {numbers[0]} in {last} (95%: {numbers[1]} to {numbers[2]}).",
        rows=tuple(_row(str(row["scenario"]), row, 1.0) for row in rows),
        unit="people",
        source=settings.file.name,
    )
    assumptions = {each.scenario or "as it is": list(each.assumptions) for each in (found.base, *found.scenarios)}
    return {"method": found.base.method, "assumptions": assumptions, **panel.facts()}


def _row(label: str, row: Any, factor: float) -> PanelRow:
    estimate, lower, upper = (
        None if row[name] is None else factor * row[name] for name in ("estimate", "lower", "upper")
    )
    return PanelRow(label, estimate, lower, upper, str(row.get("note", "")))
