"""Counting, protecting and describing one table: the only way from records to a published figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kyoto.statistics.observations import UNKNOWN
from kyoto.statistics.tables.counting import Cells, Split, count_cells
from kyoto.statistics.tables.figures import FigureContext, observations
from kyoto.statistics.tables.model import TableSpec
from kyoto.statistics.tables.periods import first_day

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

    from kyoto.core.engine import Engine
    from kyoto.statistics.disclosure.settings import DisclosureSettings
    from kyoto.statistics.tables.population import Population

__all__ = ["CountedSource", "Tabulated", "Tabulator"]


@dataclass(frozen=True, slots=True)
class CountedSource:
    """Records of one source, ready to be counted.

    Parameters
    ----------
    name, unit
        Of the source.
    records
        Its counted records (rejected ones left out).
    splits
        Weighted links of its correspondence.
    """

    name: str
    unit: str
    records: ir.Table
    splits: tuple[Split, ...] = ()


@dataclass(frozen=True, slots=True)
class Tabulated:
    """A table that may leave.

    Parameters
    ----------
    observations
        Arrow table of observations.
    facts
        The counting rule in full, row numbers, and what disclosure control did; for the manifest.
    """

    observations: pa.Table
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tabulator:
    """Counts tables of a project under its disclosure settings.

    Parameters
    ----------
    engine
        Where the records are.
    area, period
        Of the project; period None to take it from the data.
    disclosure
        How tables are protected.
    population
        Denominators of rates; None if there are none.
    """

    engine: Engine
    area: str
    period: str | None
    disclosure: DisclosureSettings
    population: Population | None = None

    def tabulate(self, source: CountedSource, spec: TableSpec) -> Tabulated:
        """Count one table and protect it.

        Raises
        ------
        KyotoError
            What :func:`~kyoto.statistics.tables.counting.count_cells` raises.
        """
        from kyoto.statistics.classification import iccs

        ancestors = [(code, above) for code, above, _ in iccs().ancestor_rows()]
        cells = count_cells(
            self.engine,
            source.records,
            spec,
            source_unit=source.unit,
            ancestors=ancestors,
            splits=source.splits,
            keys=self.disclosure.protects,
        )
        protected, report = self._protected(cells)
        context = FigureContext(
            area=self.area,
            period=self._period(source, spec, cells),
            unit=cells.unit,
            source=source.name,
            population=self.population,
            note="" if self.disclosure.protects else "not protected",
        )
        table = observations(cells.table, protected, spec, list(cells.dimensions), context)
        return Tabulated(table, {**_rule(spec, cells), "cells": cells.table.num_rows, "disclosure": report})

    def _protected(self, cells: Cells) -> tuple[Mapping[str, Any], dict[str, Any]]:
        from kyoto.statistics.classification import iccs
        from kyoto.statistics.disclosure import protect

        hierarchy = {category.code: category.parent for category in iccs() if category.parent}
        protected = protect(cells.table, cells.dimensions, {"iccs": hierarchy}, self.disclosure)
        columns = {name: protected.frame[name].to_numpy() for name in ("value", "status", "confidentiality")}
        return columns, protected.report.facts()

    def _period(self, source: CountedSource, spec: TableSpec, cells: Cells) -> str:
        """Period of a table that is not by period: the project's, the reference period, or what the data spans."""
        if "period" in cells.dimensions:
            return UNKNOWN  # every row has its own
        if spec.first and spec.last:
            return spec.first if spec.first == spec.last else f"{spec.first}/{spec.last}"
        if self.period or cells.date is None:
            return self.period or UNKNOWN
        days = first_day(source.records[cells.date])
        span = self.engine.fetch(source.records.aggregate(first=days.min().year(), last=days.max().year()))
        first, last = span["first"][0].as_py(), span["last"][0].as_py()
        if first is None:
            return UNKNOWN
        return f"{first:04d}" if first == last else f"{first:04d}/{last:04d}"


def _rule(spec: TableSpec, cells: Cells) -> dict[str, Any]:
    """Counting rule as it was applied, with what it did to the records."""
    from kyoto.statistics.tables.rules import SEVERITY

    return {
        "source": spec.source,
        "title": spec.title,
        "unit": cells.unit,
        "by": [dimension.text for dimension in spec.by],
        "dimensions": list(cells.dimensions),
        "where": spec.where,
        "attempts": spec.attempts,
        "principal_offence": spec.principal_offence,
        "severity": list(spec.severity or SEVERITY) if spec.principal_offence else None,
        "identifier": cells.identifier,
        "date": cells.date,
        "reference_period": [spec.first, spec.last] if spec.first else None,
        "rate": spec.rate,
        "share": spec.share,
        "records": cells.records,
        "selected": cells.selected,
        "left_out": cells.left_out,
        "without_identifier": cells.without_identifier,
    }
