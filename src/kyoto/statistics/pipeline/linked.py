"""Tables protected together: what is withheld in one must not be found in another.

Suppression has to see all tables of a source at once. One step counts and protects them, those of the indicators
among them; the steps of the single tables then only report what it did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kyoto.core.build import StepContext
from kyoto.statistics.observations import write_observations
from kyoto.statistics.pipeline.layout import audit_file, indicator_counts, protected_cells, table_files

if TYPE_CHECKING:
    from kyoto.core.build.model import Facts
    from kyoto.statistics.pipeline.settings import Settings
    from kyoto.statistics.tables.model import TableSpec

__all__ = ["make_protected", "protected_outputs", "source_tables"]


def source_tables(settings: Settings, source: str) -> tuple[list[TableSpec], list[TableSpec]]:
    """Tables of a source: those of the project, and those its indicators count."""
    from kyoto.statistics.pipeline.indicators import indicator_plans

    own = [spec for spec in settings.tables.values() if spec.source == source]
    counted = [spec for plan in indicator_plans(settings) for spec in plan.tables if spec.source == source]
    return own, counted


def protected_outputs(settings: Settings, source: str) -> tuple[str, ...]:
    """Files that the protection step of a source makes."""
    own, counted = source_tables(settings, source)
    files = [file for spec in own for file in table_files(spec.name)]
    files += [indicator_counts(spec.name) for spec in counted]
    return (*files, *(protected_cells(spec.name) for spec in (*own, *counted)), audit_file(source))


def make_protected(context: StepContext, settings: Settings, source: str) -> Facts:
    """Count and protect all tables of a source together; facts of each by name."""
    import pyarrow.parquet as pq

    from kyoto.statistics.pipeline.auditing import write_audit
    from kyoto.statistics.pipeline.releases import write_cells
    from kyoto.statistics.pipeline.source import counted_source
    from kyoto.statistics.pipeline.steps import tabulator

    own, counted = source_tables(settings, source)
    spec = settings.sources[source]
    records = counted_source(context.engine, context.folder, spec, settings.project.folder)
    rates = any(table.rate is not None for table in own)
    maker = tabulator(context, settings, rates=rates)
    made = maker.tabulate_together(records, [*own, *counted], project=settings.project.folder)
    for table, result in zip(own, made, strict=False):
        write_observations(result.observations, context.folder / "tables", table.name)
    for table, result in zip(counted, made[len(own) :], strict=True):
        pq.write_table(result.observations, context.folder / indicator_counts(table.name))
    for table, result in zip([*own, *counted], made, strict=True):
        if result.cells is not None:
            write_cells(context.folder, table.name, result.cells)
    write_audit(context.folder, source, (result.audit for result in made))
    return {"tables": {table.name: result.facts for table, result in zip([*own, *counted], made, strict=True)}}
