"""The indicators step: every indicator a project uses, computed or with the reason why not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kyoto.statistics.indicators import plan
from kyoto.statistics.observations import NOT_APPLICABLE, TOTAL, observation_columns
from kyoto.statistics.pipeline.layout import indicator_counts, protection_step

if TYPE_CHECKING:
    import pyarrow as pa

    from kyoto.core.build import StepContext
    from kyoto.statistics.indicators import Plan
    from kyoto.statistics.pipeline.settings import Settings
    from kyoto.statistics.pipeline.tabulation import Tabulated, Tabulator
    from kyoto.statistics.tables.model import TableSpec
    from kyoto.statistics.tables.population import Population

__all__ = ["indicator_plans", "make_indicators"]


def indicator_plans(settings: Settings) -> list[Plan]:
    """How each indicator of a project is computed, or why it is not."""
    chosen = settings.indicators
    sources = list(settings.sources.values())
    return [
        plan(indicator, sources, by=chosen.by, source=chosen.sources.get(indicator.code)) for indicator in chosen.use
    ]


def make_indicators(context: StepContext, settings: Settings) -> tuple[pa.Table, dict[str, Any], list[dict[str, Any]]]:
    """Observations of all indicators, the facts of the step, and the attacker's reports on what was counted here.

    Figures that the project takes from elsewhere (``given``) replace what the sources cannot serve.
    """
    from kyoto.statistics.indicators import compute, read_given, registry, unavailable
    from kyoto.statistics.pipeline.steps import tabulator

    table_maker = tabulator(context, settings, rates=True)
    known = {**registry(), **{entry.code: entry for entry in settings.indicators.use}}
    given = settings.indicators.given
    parts = [read_given(settings.project.folder / given, known)] if given else []
    given_codes = set(parts[0]["series"].to_pylist()) if parts else set()
    audits: list[dict[str, Any]] = []
    facts: dict[str, Any] = {"computed": {}, "given": sorted(given_codes), "unavailable": {}, "notes": {}}
    for planned in indicator_plans(settings):
        code = planned.indicator.code
        if not planned.possible:
            if code not in given_codes:
                facts["unavailable"][code] = planned.reason
                period = settings.period or NOT_APPLICABLE
                parts.append(unavailable(planned, area=settings.area, period=period))
            continue
        counted = []
        for spec in planned.tables:
            made = _tabulated(context, settings, table_maker, spec)
            counted.append(made.observations)
            audits += [made.audit] if made.audit else []
            facts["computed"][spec.name] = made.facts
            facts["disclosure"] = {key: made.facts["disclosure"][key] for key in ("method", "settings", "guarantee")}
        figures = compute(
            planned.indicator, _stacked(counted), table_maker.population, households=_households(settings)
        )
        parts.append(figures)
        if planned.note or planned.indicator.note:
            facts["notes"][code] = " ".join(text for text in (planned.note, planned.indicator.note) if text)
    return _stacked(parts), facts, audits


def _tabulated(context: StepContext, settings: Settings, maker: Tabulator, spec: TableSpec) -> Tabulated:
    """Counts of an indicator: made now, or read where they were protected together with the tables."""
    import pyarrow.parquet as pq

    from kyoto.statistics.pipeline.releases import write_cells
    from kyoto.statistics.pipeline.source import counted_source
    from kyoto.statistics.pipeline.tabulation import Tabulated

    if settings.disclosure.links_tables:
        facts = context.facts[protection_step(spec.source)]["tables"][spec.name]
        return Tabulated(pq.read_table(context.folder / indicator_counts(spec.name)), facts)
    source = counted_source(context.engine, context.folder, settings.sources[spec.source], settings.project.folder)
    made = maker.tabulate(source, spec)
    if made.cells is not None:
        write_cells(context.folder, spec.name, made.cells)
    return made


def _households(settings: Settings) -> Population | None:
    """Numbers of households; None if the project names no file of them."""
    from kyoto.statistics.tables.population import Population

    name = settings.indicators.households
    return Population.read(settings.project.folder / name, area=settings.area) if name else None


def _stacked(tables: Sequence[pa.Table]) -> pa.Table:
    """One table of observations; a disaggregation that a part is not by is its total there."""
    import pyarrow as pa

    names = list(dict.fromkeys(name for table in tables for name in table.column_names))
    ordered = observation_columns(name for name in names if name not in observation_columns())
    filled = []
    for table in tables:
        for name in ordered:
            if name not in table.column_names:
                table = table.append_column(name, pa.repeat(TOTAL, table.num_rows))
        filled.append(table.select(ordered))
    return pa.concat_tables(filled, promote_options="permissive")
