"""The report step: everything the build published, on one page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kyoto.core.build.runner import reconciliation
from kyoto.core.errors import KyotoError, Where
from kyoto.statistics.observations import TOTAL, dimension_columns
from kyoto.statistics.pipeline.layout import table_files

if TYPE_CHECKING:
    import pyarrow as pa

    from kyoto.core.build import StepContext
    from kyoto.statistics.pipeline.settings import Settings
    from kyoto.statistics.report import BoundaryMap, PointMap, ReportInput, ReportTable

__all__ = ["make_report"]

_CARRIED = 20_000
"""Rows of a table that the page carries; longer tables are linked."""
_OVERVIEW = 200_000
"""Rows up to which the whole table goes to the page's makers."""


def make_report(context: StepContext, settings: Settings) -> str:
    """HTML of the report of a build.

    Raises
    ------
    KyotoError
        ``report.wrong-boundaries``: the boundaries are no GeoJSON.
    """
    from kyoto.statistics.report import render_report

    return render_report(_input(context, settings))


def _input(context: StepContext, settings: Settings) -> ReportInput:
    import pandas as pd

    from kyoto.statistics.pipeline.comparing import chapter_on_comparability
    from kyoto.statistics.report import ReportInput

    findings = json.loads((context.folder / "quality.json").read_text(encoding="utf-8"))["findings"]
    indicators = context.folder / "indicators.parquet"
    return ReportInput(
        title=settings.title,
        area=settings.area,
        manifest={**context.manifest, "reconciliation": reconciliation(context.manifest["steps"])},
        tables=[_table(context, settings, name) for name in settings.tables],
        indicators=pd.read_parquet(indicators) if indicators.exists() else None,
        indicator_titles={entry.code: entry.title for entry in settings.indicators.use},
        findings=findings,
        points=_points(context, settings) if settings.report.map else (),
        boundaries=_boundaries(settings),
        comparability=chapter_on_comparability(context, settings),
    )


def _overview(table: pa.Table, area: str) -> pa.Table:
    """Rows of a table that the page can show: of a long one its sections, and the detail of its totals.

    A page shows a few hundred rows of a table; the file that it links to holds all.
    """
    import pyarrow.compute as pc

    if table.num_rows <= _OVERVIEW:
        return table
    total = pc.or_(pc.equal(table["area"], area), pc.equal(table["area"], TOTAL))
    for name in dimension_columns(table.column_names):
        if name not in ("area", "period", "iccs"):
            total = pc.and_(total, pc.equal(table[name], TOTAL))
    broad = pc.less_equal(pc.utf8_length(table["iccs"]), 2)
    return table.filter(pc.or_(total, broad))


def _table(context: StepContext, settings: Settings, name: str) -> ReportTable:
    import pyarrow.parquet as pq

    from kyoto.statistics.report import ReportTable

    parquet, text = table_files(name)
    spec, facts = settings.tables[name], context.facts[f"table:{name}"]
    table = pq.read_table(context.folder / parquet)
    return ReportTable(
        name=name,
        observations=_overview(table, settings.area).to_pandas(),
        title=spec.title or "",
        source=spec.source,
        additive=facts["identifier"] is None or facts["principal_offence"],
        file=text if table.num_rows > _CARRIED else "",
    )


def _points(context: StepContext, settings: Settings) -> list[PointMap]:
    from kyoto.statistics.pipeline.source import counted_source
    from kyoto.statistics.report.points import aggregate_points

    found = []
    for spec in settings.sources.values():
        if spec.column("longitude") is None or spec.column("latitude") is None:
            continue
        source = counted_source(context.engine, context.folder, spec, settings.project.folder)
        points = aggregate_points(context.engine, source.records, source=spec.name, unit=spec.unit)
        if points is not None:
            found.append(points)
    return found


def _boundaries(settings: Settings) -> BoundaryMap | None:
    from kyoto.statistics.report import BoundaryMap

    report = settings.report
    if report.boundaries is None:
        return None
    return BoundaryMap(
        geojson=_geojson(settings.project.folder / report.boundaries),
        key=report.key,
        name=report.name,
        attribution=report.attribution,
    )


def _geojson(path: Path) -> Mapping[str, Any]:
    import gzip

    where = Where(file=str(path))
    try:
        raw = path.read_bytes()
        data = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)
    except OSError as error:
        raise KyotoError(
            "Cannot read the boundaries",
            code="report.wrong-boundaries",
            where=where,
            detail=error.strerror or str(error),
            hint="Check `boundaries` in [report].",
        ) from error
    except ValueError as error:
        raise KyotoError(
            "The boundaries are not JSON", code="report.wrong-boundaries", where=where, detail=str(error)
        ) from error
    if not isinstance(data, dict) or data.get("type") != "FeatureCollection":
        raise KyotoError(
            "The boundaries are no GeoJSON",
            code="report.wrong-boundaries",
            where=where,
            expected='an object with "type": "FeatureCollection"',
        )
    return data
