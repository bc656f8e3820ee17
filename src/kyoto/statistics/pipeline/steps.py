"""What a project has to make, in order.

Deciding whether anything must be made reads no data, so this module imports none of the libraries that do.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from kyoto.core.build import Step, StepContext
from kyoto.core.files import write_whole
from kyoto.statistics.observations import write_observations
from kyoto.statistics.pipeline.layout import (
    audit_file,
    audit_step,
    joint_audit_file,
    protected_cells,
    protection_step,
    record_files,
    table_files,
)

if TYPE_CHECKING:
    from pathlib import Path

    from kyoto.core.build.model import Facts
    from kyoto.statistics.disclosure.settings import DisclosureSettings
    from kyoto.statistics.pipeline.settings import Settings
    from kyoto.statistics.pipeline.tabulation import Tabulator
    from kyoto.statistics.sources.model import SourceSpec
    from kyoto.statistics.tables.model import TableSpec

__all__ = ["project_steps"]


def project_steps(settings: Settings) -> list[Step]:
    """Steps of a project: sources, tables, indicators, quality, the rooms above, and the report of it all."""
    steps = [_source_step(settings, spec) for spec in settings.sources.values()]
    if settings.disclosure.links_tables:
        steps += [_protection_step(settings, name) for name in settings.sources]
    steps += [_table_step(settings, spec) for spec in settings.tables.values()]
    if settings.indicators.use or settings.indicators.given:
        steps.append(_indicators_step(settings))
    if settings.disclosure.adds_noise:
        steps += [_audit_step(settings, name) for name in settings.sources]
    steps.append(_quality_step(settings))
    for room in settings.rooms:
        steps += room.module.build_steps(room.settings, settings.project, [step.name for step in steps])
    steps.append(_report_step(settings, [step.name for step in steps]))
    return steps


def _source_step(settings: Settings, spec: SourceSpec) -> Step:
    folder = settings.project.folder
    inputs = [*spec.input_files(folder), *_correspondence_files(spec, folder)]
    return Step(
        name=f"source:{spec.name}",
        run=_bound(_make_source, spec, folder, settings.disclosure),
        inputs=tuple(inputs),
        settings={"source": _plain(spec), "keys": settings.disclosure.protects, "secret": settings.disclosure.secret},
        outputs=record_files(spec.name),
    )


def _table_step(settings: Settings, spec: TableSpec) -> Step:
    if settings.disclosure.links_tables:
        return Step(
            name=f"table:{spec.name}",
            run=_bound(_report_table, spec),
            needs=(protection_step(spec.source),),
            settings=spec.name,
        )
    return Step(
        name=f"table:{spec.name}",
        run=_bound(_make_table, settings, spec),
        inputs=_rate_files(settings, [spec]),
        needs=(f"source:{spec.source}",),
        settings={"table": _plain(spec), **_table_settings(settings)},
        outputs=(*table_files(spec.name), audit_file(spec.name), *_kept_cells(settings, [spec])),
        company=True,
    )


def _kept_cells(settings: Settings, specs: Sequence[TableSpec]) -> tuple[str, ...]:
    """Files with the true and published cells of tables that carry noise."""
    return tuple(protected_cells(spec.name) for spec in specs) if settings.disclosure.adds_noise else ()


def _audit_step(settings: Settings, source: str) -> Step:
    from kyoto.statistics.pipeline.linked import source_tables
    from kyoto.statistics.pipeline.releases import release_inputs

    own, counted = source_tables(settings, source)
    specs = [*own, *counted]
    return Step(
        name=audit_step(source),
        run=_bound(_make_audit, settings, source),
        inputs=release_inputs(settings.project.folder, (spec.name for spec in specs)),
        needs=(*(f"table:{spec.name}" for spec in own), *(("indicators",) if counted else ())),
        settings={"tables": [_plain(spec) for spec in specs], "disclosure": asdict(settings.disclosure)},
        outputs=(joint_audit_file(source),),
    )


def _make_audit(context: StepContext, settings: Settings, source: str) -> Facts:
    from kyoto.statistics.pipeline.joint_audit import make_joint_audit

    return make_joint_audit(context, settings, source)


def _protection_step(settings: Settings, source: str) -> Step:
    from kyoto.statistics.pipeline.linked import protected_outputs, source_tables
    from kyoto.statistics.pipeline.releases import release_inputs

    own, counted = source_tables(settings, source)
    return Step(
        name=protection_step(source),
        run=_bound(_make_protected, settings, source),
        inputs=(
            *_rate_files(settings, own),
            *release_inputs(settings.project.folder, (spec.name for spec in (*own, *counted))),
        ),
        needs=(f"source:{source}",),
        settings={"tables": [_plain(spec) for spec in [*own, *counted]], **_table_settings(settings)},
        outputs=protected_outputs(settings, source),
    )


def _rate_files(settings: Settings, specs: Sequence[TableSpec]) -> tuple[Path, ...]:
    population = settings.population_file
    return (population,) if population and any(spec.rate for spec in specs) else ()


def _table_settings(settings: Settings) -> dict[str, Any]:
    return {
        "area": settings.area,
        "period": settings.period,
        "disclosure": asdict(settings.disclosure),
        "population_columns": dict(settings.population_columns),
    }


def _make_protected(context: StepContext, settings: Settings, source: str) -> Facts:
    from kyoto.statistics.pipeline.linked import make_protected

    return make_protected(context, settings, source)


def _report_table(context: StepContext, spec: TableSpec) -> Facts:
    """Facts of one table that was protected together with the others of its source."""
    facts: Facts = context.facts[protection_step(spec.source)]["tables"][spec.name]
    return facts


def _source_name(source: str) -> str:
    return f"source:{source}"


def _make_source(context: StepContext, spec: SourceSpec, folder: Path, disclosure: DisclosureSettings) -> Facts:
    from kyoto.statistics.pipeline.source import make_source

    return make_source(context, spec, folder, disclosure)


def _make_table(context: StepContext, settings: Settings, spec: TableSpec) -> Facts:
    from kyoto.statistics.pipeline.auditing import write_audit
    from kyoto.statistics.pipeline.releases import write_cells
    from kyoto.statistics.pipeline.source import counted_source

    source = counted_source(context.engine, context.folder, settings.sources[spec.source], settings.project.folder)
    made = tabulator(context, settings, rates=spec.rate is not None).tabulate(source, spec)
    write_observations(made.observations, context.folder / "tables", spec.name)
    write_audit(context.folder, spec.name, [made.audit])
    if made.cells is not None:
        write_cells(context.folder, spec.name, made.cells)
    return made.facts


def _indicators_step(settings: Settings) -> Step:
    from kyoto.statistics.pipeline.linked import source_tables

    files = [settings.population_file, *_indicator_files(settings)]
    return Step(
        name="indicators",
        run=_bound(_make_indicators, settings),
        inputs=tuple(file for file in files if file is not None),
        needs=tuple(
            (protection_step if settings.disclosure.links_tables else _source_name)(s) for s in settings.sources
        ),
        settings={
            "indicators": asdict(settings.indicators, dict_factory=_plain_mappings),
            **_table_settings(settings),
        },
        outputs=(
            *("indicators.parquet", "indicators.csv", audit_file("indicators")),
            *_kept_cells(settings, [spec for name in settings.sources for spec in source_tables(settings, name)[1]]),
        ),
        company=True,
    )


def _make_indicators(context: StepContext, settings: Settings) -> Facts:
    from kyoto.statistics.pipeline.auditing import write_audit
    from kyoto.statistics.pipeline.indicators import make_indicators

    table, facts, audits = make_indicators(context, settings)
    write_observations(table, context.folder, "indicators")
    write_audit(context.folder, "indicators", audits)
    return facts


def _quality_step(settings: Settings) -> Step:
    return Step(
        name="quality",
        run=_bound(_make_quality, settings),
        needs=tuple(f"source:{name}" for name in settings.sources),
        settings=settings.quality.plain(),
        outputs=("quality.json",),
        company=True,
    )


def _make_quality(context: StepContext, settings: Settings) -> Facts:
    from kyoto.statistics.quality import quality

    engine = context.engine
    found = quality(
        engine,
        {name: engine.read_parquet([context.folder / record_files(name)[0]]) for name in settings.sources},
        {name: context.facts[f"source:{name}"] for name in settings.sources},
        settings.quality,
        _source_facts(context.previous, settings),
    )
    text = json.dumps(found.to_dict(), indent=2, ensure_ascii=False, default=str)
    write_whole(context.folder / "quality.json", text + "\n")
    return {"by_severity": found.by_severity}


def _source_facts(manifest: Mapping[str, Any], settings: Settings) -> dict[str, Facts] | None:
    """Facts of the sources in the last build; None if there was none."""
    steps = manifest.get("steps", {})
    found = {name: steps[f"source:{name}"]["facts"] for name in settings.sources if f"source:{name}" in steps}
    return found or None


def _report_step(settings: Settings, needs: list[str]) -> Step:
    boundaries = settings.report.boundaries
    return Step(
        name="report",
        run=_bound(_make_report, settings),
        inputs=(settings.project.folder / boundaries,) if boundaries else (),
        needs=tuple(needs),
        settings={
            "report": asdict(settings.report),
            "title": settings.title,
            "area": settings.area,
            "comparability": settings.project.data.get("comparability"),
        },
        outputs=("report.html",),
    )


def _make_report(context: StepContext, settings: Settings) -> Facts:
    from kyoto.statistics.pipeline.report import make_report

    page = make_report(context, settings)
    write_whole(context.folder / "report.html", page)
    return {"bytes": len(page.encode())}


def _indicator_files(settings: Settings) -> list[Path]:
    """Files that ``[indicators]`` names."""
    chosen = settings.indicators
    return [settings.project.folder / name for name in (chosen.given, chosen.households) if name]


def _plain_mappings(items: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in items}


def tabulator(context: StepContext, settings: Settings, *, rates: bool) -> Tabulator:
    """Tabulator of a project; it reads the population only if rates are wanted."""
    from kyoto.statistics.pipeline.tabulation import Tabulator

    population = None
    if rates and settings.population_file is not None:
        from kyoto.statistics.tables.population import Population

        population = Population.read(
            settings.population_file, dict(settings.population_columns) or None, area=settings.area
        )
    return Tabulator(context.engine, settings.area, settings.period, settings.disclosure, population)


def _correspondence_files(spec: SourceSpec, folder: Path) -> list[Path]:
    """The user's own correspondence tables: files of the project, not of the package."""
    column = spec.column("offence") or spec.column("iccs")
    if column is None or not column.correspondence:
        return []
    path = folder / column.correspondence
    return [path] if path.is_file() else []


def _bound(function: Callable[..., Facts], *arguments: Any) -> Callable[[StepContext], Facts]:
    return lambda context: function(context, *arguments)


def _plain(spec: Any) -> Any:
    """Settings of a frozen dataclass without the lines of the file, which change nothing."""
    plain = asdict(spec)
    for name in ("lines", "project_file"):
        plain.pop(name, None)
    return plain
