"""Counting, protecting and describing one table: the only way from records to a published figure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.statistics.observations import UNKNOWN
from kyoto.statistics.pipeline.auditing import attackers_report, public_verdict
from kyoto.statistics.pipeline.releases import cells_with_figures, releases_of
from kyoto.statistics.tables.counting import Cells, Split, count_cells
from kyoto.statistics.tables.figures import FigureContext, observations
from kyoto.statistics.tables.model import TableSpec
from kyoto.statistics.tables.periods import first_day

if TYPE_CHECKING:
    from pathlib import Path

    import ibis.expr.types as ir
    import pyarrow as pa
    from numpy.typing import NDArray

    from kyoto.core.engine import Engine
    from kyoto.statistics.disclosure.result import Protected
    from kyoto.statistics.disclosure.settings import DisclosureSettings
    from kyoto.statistics.tables.population import Population

__all__ = ["CountedSource", "Tabulated", "Tabulator", "period_parents", "sharing_cells"]


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
    area
        Of all its records; empty for the project's.
    """

    name: str
    unit: str
    records: ir.Table
    splits: tuple[Split, ...] = ()
    area: str = ""


@dataclass(frozen=True, slots=True)
class Tabulated:
    """A table that may leave.

    Parameters
    ----------
    observations
        Arrow table of observations.
    facts
        The counting rule in full, row numbers, and what disclosure control did; for the manifest.
    audit
        The attacker's report, for the office alone; the same for tables that were protected together.
    cells
        True and published cells, for the office alone, where a later release has to know them.
    """

    observations: pa.Table
    facts: dict[str, Any]
    audit: dict[str, Any] = field(default_factory=dict)
    cells: pa.Table | None = None


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
        return self.tabulate_together(source, [spec])[0]

    def tabulate_together(
        self, source: CountedSource, specs: Sequence[TableSpec], *, project: Path | None = None
    ) -> list[Tabulated]:
        """Count several tables of a source and protect them so that none gives another one away.

        Tables that count the same things by the same rule share cells: what is withheld in one is withheld in all.
        What earlier releases in the folder ``project`` showed stays known to readers.
        """
        from kyoto.statistics.classification import iccs
        from kyoto.statistics.disclosure import protect_linked

        hierarchy = {category.code: category.parent for category in iccs() if category.parent}
        counted = [self._counted(source, spec) for spec in specs]
        made: dict[int, Tabulated] = {}
        for members in sharing_cells(specs):
            cells = [counted[place] for place in members]
            encoded = [_encoded(each) for each in cells]
            names = [each.dimensions for each in cells]
            parents = {"iccs": hierarchy, "period": period_parents(_periods(cells))}
            tables = [specs[place].name for place in members]
            kept = project if self.disclosure.links_tables else None
            earlier = releases_of(kept, tables, names, method=self.disclosure.method) if kept else []
            protected = protect_linked(encoded, names, parents, self.disclosure, earlier=earlier)
            report = attackers_report(encoded, protected, names, parents, self.disclosure, earlier)
            for place, each, safe in zip(members, cells, protected, strict=True):
                made[place] = replace(
                    self._published(source, specs[place], each, safe, report),
                    audit={"tables": tables, **report},
                    cells=cells_with_figures(each.table, safe) if self.disclosure.protects else None,
                )
        return [made[place] for place in range(len(specs))]

    def _counted(self, source: CountedSource, spec: TableSpec) -> Cells:
        from kyoto.statistics.classification import iccs

        return count_cells(
            self.engine,
            source.records,
            spec,
            source_unit=source.unit,
            ancestors=[(code, above) for code, above, _ in iccs().ancestor_rows()],
            splits=source.splits,
            keys=self.disclosure.protects,
        )

    def _published(
        self, source: CountedSource, spec: TableSpec, cells: Cells, safe: Protected, report: Mapping[str, Any]
    ) -> Tabulated:
        context = FigureContext(
            area=source.area or self.area,
            period=self._period(source, spec, cells),
            unit=cells.unit,
            source=source.name,
            population=self.population,
            note="" if self.disclosure.protects else "not protected",
        )
        shown = self._shown(safe)
        columns = {name: safe.frame[name].to_numpy()[shown] for name in ("value", "status", "confidentiality")}
        table = observations(cells.table.filter(shown), columns, spec, list(cells.dimensions), context)
        # the manifest may be published beside the figures, so it holds what readers may know of their protection
        disclosure = {**safe.report.public_facts(), "attack": public_verdict(report)}
        facts = {"cells": table.num_rows, "disclosure": disclosure}
        return Tabulated(table, {**_rule(spec, cells), **facts})

    def _shown(self, safe: Protected) -> NDArray[np.bool_]:
        """Cells that are listed: noise and rounding make zeros of some counts, which true zeros, unlisted, are not."""
        value = safe.frame["value"].to_numpy()
        hides = self.disclosure.protects and not self.disclosure.links_tables
        return np.asarray(value != 0) if hides else np.ones(len(value), dtype=bool)

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


def _encoded(cells: Cells) -> pa.Table:
    """Cells with every code stored once: a large table is handed over without a text for each of its cells."""
    table = cells.table
    for place, name in enumerate(table.column_names):
        if name in cells.dimensions:
            table = table.set_column(place, name, table[name].dictionary_encode())
    return table


def sharing_cells(specs: Sequence[TableSpec]) -> list[list[int]]:
    """Places of the tables that follow one counting rule, group by group."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    for place, spec in enumerate(specs):
        rule = (spec.unit, spec.where, spec.attempts, spec.principal_offence, spec.severity, spec.date)
        # weeks do not add up to years, so tables by week stand apart
        by_week = any(dimension.grain == "week" for dimension in spec.by)
        groups.setdefault((*rule, spec.first, spec.last, by_week), []).append(place)
    return list(groups.values())


def _periods(cells: Sequence[Cells]) -> set[str]:
    return {text for each in cells if "period" in each.dimensions for text in each.table["period"].unique().to_pylist()}


def period_parents(periods: Collection[str]) -> dict[str, str]:
    """Year (or quarter, where some table is by quarter) of every month and quarter: their counts add up to it.

    Examples
    --------
    >>> period_parents(["2020", "2020-01", "2020-Q3"])
    {'2020-01': '2020', '2020-Q3': '2020'}
    """
    parents = {}
    for text in periods:
        year, _, part = text.partition("-")
        quarter = f"{year}-Q{(int(part) + 2) // 3}" if part.isdigit() else ""
        if part:
            parents[text] = quarter if quarter in periods else year
    return {text: parent for text, parent in parents.items() if parent in periods}


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
