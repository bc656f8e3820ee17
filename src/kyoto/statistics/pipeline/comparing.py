"""What the report says about comparability: read from the records and the published tables of the build at hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kyoto.core.errors import KyotoError
from kyoto.statistics.comparability.stages import StageTable, stage_counts, stage_of
from kyoto.statistics.pipeline.layout import table_files

if TYPE_CHECKING:
    from pathlib import Path

    from kyoto.core.build import StepContext
    from kyoto.statistics.comparability import Comparison, Funnel
    from kyoto.statistics.pipeline.settings import Settings
    from kyoto.statistics.report.comparability import ReportComparability

__all__ = ["chapter_on_comparability", "stage_tables"]

_LEVEL = 2
"""Deepest level of ICCS on the page; the portal and ``kyoto compare`` have all."""


def chapter_on_comparability(context: StepContext, settings: Settings) -> ReportComparability | None:
    """What may stand side by side in a build; None where there is one source of one area."""
    from kyoto.statistics.comparability import comparable_classes
    from kyoto.statistics.comparability.sides import areas_of, first_areas
    from kyoto.statistics.report.comparability import ReportComparability

    if not _several(settings):
        return None
    try:
        found = [
            comparison
            for level in range(1, _LEVEL + 1)
            for comparison in comparable_classes(context.engine, settings, level=level, build=context.folder)
        ]
    except KyotoError as error:
        if error.code != "comparability.nothing-to-compare":
            raise
        return None
    if not found:
        return None
    definitions = [definition for comparison in found for definition in comparison.definitions]
    areas = first_areas(definitions)
    comparisons = sorted((comparison.of(areas) for comparison in found), key=lambda each: each.iccs)
    funnels = _funnels(context, settings, comparisons, areas)
    return ReportComparability(comparisons, funnels, len(areas), len(areas_of(definitions)))


def _several(settings: Settings) -> bool:
    """Whether there can be anything to compare, told without reading a record."""
    coded = [source for source in settings.sources.values() if source.column("offence") or source.column("iccs")]
    return len(coded) > 1 or any(source.column("area") for source in coded)


def _funnels(
    context: StepContext, settings: Settings, comparisons: Sequence[Comparison], areas: Sequence[str]
) -> list[Funnel]:
    from kyoto.statistics.comparability import funnel_of

    tables = stage_tables(context.folder, context.facts, settings.tables, areas)
    if len({stage_of(str(table.facts["unit"])) for table in tables}) < 2:
        return []
    made = [
        funnel_of(each.iccs, stage_counts(tables, each.iccs), each.definitions, areas)
        for each in comparisons
        if len(each.iccs) > 2 or not any(other.iccs.startswith(each.iccs) for other in comparisons if other is not each)
    ]
    return [funnel for funnel in made if funnel.areas]


def stage_tables(
    folder: Path, facts: Mapping[str, Mapping[str, Any]], names: Iterable[str], areas: Sequence[str]
) -> list[StageTable]:
    """Counts of the published tables that hold a stage of justice.

    Parameters
    ----------
    folder
        Of the build.
    facts
        Of its steps, by name.
    names
        Tables.
    areas
        Which areas; all if empty.
    """
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    found = []
    for name in names:
        rule = facts[f"table:{name}"]
        if not stage_of(str(rule.get("unit") or "")) or not {"iccs", "period"} <= set(rule["dimensions"]):
            continue
        wanted = pc.field("series") == name
        if areas:
            wanted = wanted & pc.field("area").isin(list(areas))
        columns = facts[f"source:{rule['source']}"]["columns"]
        given = any(column.get("concept") == "count" for column in columns)
        observations = pq.read_table(folder / table_files(name)[0], filters=wanted).to_pandas()
        found.append(StageTable(name, rule, observations, given))
    return found
