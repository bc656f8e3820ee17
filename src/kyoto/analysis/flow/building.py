"""The section ``[flow]`` as steps of a build: observations, tables of estimates, a picture, and panels for the report.

Each part has a folder of its own, ``flow_cases``, ``flow_prisons`` and ``flow_projection``: the portal takes the
observations of a folder for one table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kyoto.analysis.flow.settings import (
    CASE_TABLES,
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
    import pyarrow as pa

    from kyoto.analysis.flow.agencies import StageRecords
    from kyoto.analysis.flow.model import CaseFile
    from kyoto.analysis.flow.result import FlowTable
    from kyoto.core.project import Project
    from kyoto.statistics.linkage import Linked
    from kyoto.statistics.pipeline.room_tables import RoomRoad

__all__ = ["build_steps", "read_settings"]

_OBSERVATIONS = ("observations.parquet", "observations.csv")
_PICTURES = ("stages.svg", "stages-narrow.svg")
_UNPROTECTED: Facts = {"method": "none", "guarantee": "No disclosure control was applied."}
_PUBLIC: Facts = {"method": "none", "guarantee": "The counts are public already, so none was changed."}


def build_steps(settings: FlowSettings, project: Project, before: Sequence[str]) -> list[Step]:
    """Steps ``flow:cases``, ``flow:prisons`` and ``flow:projection``, as far as the section asks for them.

    Parameters
    ----------
    settings
        The section ``[flow]``.
    project
        Its ``[disclosure]`` protects the counts, and its area and period stand in the observations.
    before
        Names of the steps there are; ``link`` is needed where cases were linked.
    """
    from kyoto.statistics.pipeline.room_tables import road_of

    steps = []
    if settings.case_files:
        road = road_of(project, "flow-cases")
        plain = [dict(settings.stages), list(settings.by), settings.within, str(settings.until), settings.identifier]
        plain += [[(file.stage, file.identifier, file.date, file.link) for file in settings.files], settings.unit]
        kept = CASE_TABLES if road.settings.protects else ()
        steps.append(
            Step(
                "flow:cases",
                lambda context: _cases(context, settings, road),
                (*settings.case_files, *road.inputs(kept)),
                ("link",) if settings.linked and "link" in before else (),
                [*plain, settings.period, settings.least, road.plain()],
                (
                    *_files("flow_cases", "attrition.csv", "time.csv", *_PICTURES),
                    *(road.outputs(kept) if kept else ()),
                ),
            )
        )
    if settings.prisons is not None:
        steps.append(_prison_step(settings.prisons, road_of(project, "flow-prisons")))
    if settings.projection is not None:
        ahead, way = settings.projection, road_of(project, "flow-projection")
        asked = [ahead.group, ahead.horizon, list(ahead.scenarios), ahead.seed, settings.least, way.plain()]
        steps.append(
            Step(
                "flow:projection",
                lambda context: _ahead(context, ahead, way, settings.least),
                (ahead.file,),
                (),
                asked,
                _files("flow_projection", "projection.csv"),
            )
        )
    return steps


def _prison_step(prisons: PrisonSettings, road: RoomRoad) -> Step:
    from dataclasses import replace

    protects = road.settings.protects and not prisons.published
    kept = [replace(road, room=name) for name in prisons.tables] if protects else []
    told = [dict(prisons.columns), list(prisons.by), prisons.published, road.plain()]
    return Step(
        "flow:prisons",
        lambda context: _prisons(context, prisons, road),
        (prisons.file, *(file for each in kept for file in each.inputs([each.room]))),
        (),
        told,
        (
            *_files("flow_prisons", "detention.csv"),
            *(file for each in kept for file in each.outputs([each.room])),
        ),
    )


def _files(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}" for name in (*names, *_OBSERVATIONS))


def _write(context: StepContext, folder: str, frames: dict[str, pd.DataFrame], figures: pa.Table) -> None:
    from kyoto.core.files import write_whole
    from kyoto.statistics.observations import write_observations

    (context.folder / folder).mkdir(exist_ok=True)
    for name, frame in frames.items():
        write_whole(context.folder / folder / name, frame.to_csv(index=False))
    write_observations(figures, context.folder / folder, "observations")


def _cases(context: StepContext, settings: FlowSettings, road: RoomRoad) -> Facts:
    from kyoto.analysis import flow
    from kyoto.analysis.flow.agencies import read_stages
    from kyoto.analysis.flow.observed import TITLES, observed_cases
    from kyoto.analysis.flow.running import cases_of
    from kyoto.core.files import write_whole

    linked = _linked(settings, context)
    stages = read_stages(settings.files) if settings.files else ()
    cases = cases_of(settings, linked=linked, keyed=True, stages=stages)
    found, time, protection = _tables_of(cases, settings, road, context)
    source, protected = ", ".join(path.name for path in settings.case_files), road.settings.protects
    if linked is not None:
        found, time = _doubted(settings, linked, cases, stages, (found, time), protected)
    figures = observed_cases(
        found, time, road, period=settings.period or road.period, source=source, protected=protected
    )
    _write(context, "flow_cases", {"attrition.csv": found.tidy(), "time.csv": time.tidy()}, figures)
    for name, narrow in zip(_PICTURES, (False, True), strict=True):
        write_whole(context.folder / "flow_cases" / name, flow.sankey_svg(found, source=source, narrow=narrow))
    total = [row for row in found.rows if all(row[name] == "_T" for name in found.by)][1:]
    panel = Panel(
        title=found.what,
        sentence=_sentence(cases, total[-1], settings.within),
        rows=tuple(_row(str(row["term"]), row, 100.0) for row in total),
        unit="per cent of cases",
        source=source,
    )
    titles = {code: title for code, title in TITLES.items() if code in ("flow.reached", "flow.cases", "flow.days")}
    notes = [finding.row() for finding in found.findings]
    return {
        **found.facts,
        "method": found.method,
        "rules": [found.method, time.method],
        "disclosure": protection,
        "series_titles": titles,
        "findings": notes,
        **panel.facts(),
    }


def _linked(settings: FlowSettings, context: StepContext) -> Linked | None:
    """Persons of records that ``[link]`` of the same build made; None where no file is linked, or nothing was."""
    folder = context.folder / "link"
    if not settings.linked or not folder.is_dir():
        return None
    from kyoto.statistics.linkage import read_linked

    found = read_linked(folder)
    found.require(*(file.link for file in settings.files))
    return found


def _doubted(
    settings: FlowSettings,
    linked: Linked,
    cases: CaseFile,
    stages_read: Sequence[StageRecords],
    tables: tuple[FlowTable, FlowTable],
    protected: bool,
) -> tuple[FlowTable, FlowTable]:
    """Both tables with limits that also hold the error of linkage."""
    from dataclasses import replace
    from datetime import date, timedelta

    from kyoto.analysis import flow
    from kyoto.analysis.flow.linkage_error import with_linkage_error
    from kyoto.analysis.flow.running import cases_of
    from kyoto.statistics.linkage import Carried

    same = replace(settings, until=date(1970, 1, 1) + timedelta(days=cases.until))
    made = {label: cases_of(same, linked=linked, label=label, stages=stages_read) for label in linked.labels}

    def stages(each: CaseFile) -> FlowTable:
        return flow.attrition_by_case(each, within=settings.within, least=1, totals=True)

    def times(each: CaseFile) -> FlowTable:
        return flow.time_to_stage(each, each.stages[-1], least=1, totals=True)

    other, own = Carried.of(made), made["linked"]
    return (
        with_linkage_error(tables[0], other.each(stages), linked=stages(own), digits=3 if protected else None),
        with_linkage_error(tables[1], other.each(times), linked=times(own), digits=0 if protected else None),
    )


def _tables_of(
    cases: CaseFile, settings: FlowSettings, road: RoomRoad, context: StepContext
) -> tuple[FlowTable, FlowTable, Facts]:
    """Attrition, time, and what readers may know of their protection."""
    from kyoto.analysis import flow

    if road.settings.protects:
        from kyoto.analysis.flow.protected import protect_cases

        safe = protect_cases(cases, within=settings.within, road=road, build=context.folder, least=settings.least)
        return safe.attrition, safe.time, safe.facts
    found = flow.attrition_by_case(cases, within=settings.within, least=settings.least)
    return found, flow.time_to_stage(cases, cases.stages[-1], least=settings.least), _UNPROTECTED


def _sentence(cases: CaseFile, last: Any, within: int) -> str:
    if last["estimate"] is None:
        return f"How many cases are {last['term']} is withheld, so that no case can be found."
    return (
        f"Of the cases {cases.stages[0]}, {last['estimate']:.1%} are {last['term']} within {within} days "
        f"({last['lower']:.1%} to {last['upper']:.1%})."
    )


def _prisons(context: StepContext, settings: PrisonSettings, road: RoomRoad) -> Facts:
    from kyoto.analysis import flow
    from kyoto.analysis.flow.observed import TITLES, observed_detention

    counts = flow.read_counts(settings.file, settings.columns, by=settings.by)
    protection = _PUBLIC if settings.published else _UNPROTECTED
    if road.settings.protects and not settings.published:
        from kyoto.analysis.flow.protected import protect_detention

        found, protection = protect_detention(counts, settings.by, road=road, build=context.folder)
    else:
        found = flow.detention_figures(counts, by=settings.by)
    said = road.settings.protects or settings.published
    figures = observed_detention(found, road, source=settings.file.name, protected=said)
    _write(context, "flow_prisons", {"detention.csv": found.tidy()}, figures)
    shares = [row for row in found.rows if row["term"] == "pretrial_share" and row["estimate"] is not None]
    last = max((str(row["period"]) for row in shares), default="")
    latest = [row for row in shares if row["period"] == last]
    numbers = [f"{row['estimate']:.1%}" for row in latest]
    panel = Panel(
        title="What share of prisoners is not sentenced?",
        sentence=f"In {last}: {', '.join(numbers)} of those held." if latest else "The file does not say.",
        rows=tuple(_row(" ".join([*(str(row[name]) for name in settings.by), last]), row, 100.0) for row in latest),
        unit="per cent of prisoners",
        source=settings.file.name,
    )
    titles = {code: TITLES[code] for code in ("flow.pretrial_share", "flow.occupancy", "flow.deaths", "flow.prisoners")}
    findings = [finding.row() for finding in found.findings]
    facts = {"method": found.method, "rules": [found.method], "findings": findings, "series_titles": titles}
    return {**facts, "disclosure": protection, **panel.facts()}


def _ahead(context: StepContext, settings: ProjectionSettings, road: RoomRoad, least: int) -> Facts:
    from kyoto.analysis import flow
    from kyoto.analysis.flow.observed import TITLES, observed_projection
    from kyoto.analysis.flow.result import shown_number

    history = flow.read_history(settings.file, group=settings.group)
    scenarios = tuple(parsed_scenario(text) for text in settings.scenarios)
    found = flow.compare_scenarios(history, scenarios, settings.horizon, seed=settings.seed)
    figures = observed_projection(found, road, source=settings.file.name, least=least)
    _write(context, "flow_projection", {"projection.csv": found.tidy()}, figures)
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
    return {
        "method": found.base.method,
        "rules": [f"Projected: {found.base.method}. Simulated figures of periods to come; no past count is in them."],
        "assumptions": assumptions,
        "series_titles": {"flow.population": TITLES["flow.population"]},
        **panel.facts(),
    }


def _row(label: str, row: Any, factor: float) -> PanelRow:
    estimate, lower, upper = (
        None if row[name] is None else factor * row[name] for name in ("estimate", "lower", "upper")
    )
    note = str(row.get("note", ""))
    if row.get("linkage_lower") is not None:
        note = f"With linkage error {factor * row['linkage_lower']:.1f} to {factor * row['linkage_upper']:.1f}."
    return PanelRow(label, estimate, lower, upper, note)
