"""The report as one HTML file: no network, no server, nothing to install."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from kyoto.statistics.explain.evidence import is_protected
from kyoto.statistics.explain.rules import Fact, mapping_words, step_facts
from kyoto.statistics.report.comparability import compared
from kyoto.statistics.report.figures import Chart, charts_of
from kyoto.statistics.report.funnel import ENGLISH
from kyoto.statistics.report.maps import MapChart, area_map, point_map
from kyoto.statistics.report.model import ReportInput, ReportTable
from kyoto.statistics.report.panels import panel_sections
from kyoto.statistics.report.sections import (
    disclosure_statements,
    explanation,
    findings_by_severity,
    headlines,
    indicator_rows,
    source_rows,
)
from kyoto.statistics.report.tables import Pivot, pivot, zipped_csv
from kyoto.statistics.report.views import TableView
from kyoto.statistics.report.wording import area_words, dimension_name, number, plural, sentence_case

if TYPE_CHECKING:
    import pandas as pd
    from jinja2 import Environment

__all__ = ["render_report"]

_CELLS_IN_ALL = 60_000
_TABLES_IN_FULL = 60
_ROWS_CARRIED = 20_000


@dataclass(frozen=True, slots=True)
class TableSection:
    """Everything the page says about one series of a table."""

    anchor: str
    name: str
    title: str
    about: str
    unit: str
    source: str
    charts: tuple[Chart, ...]
    pivot: Pivot
    csv: str
    file: str
    facts: tuple[Fact, ...]
    count: int


def render_report(report: ReportInput) -> str:
    """Make the report.

    Parameters
    ----------
    report
        What it shows.

    Returns
    -------
    str
        HTML that needs nothing outside itself. Text of the input is escaped wherever it stands.

    Examples
    --------
    >>> html = render_report(ReportInput("Recorded crime", "Utopia", {}))
    >>> "<h1>Recorded crime</h1>" in html and "No tables were published" in html
    True
    """
    views = [(_view(table, report), f"table-{index}") for index, table in enumerate(report.tables, start=1)]
    room = max(_CELLS_IN_ALL // max(len(views), 1), 240)
    sections = [section for view, anchor in views for section in _sections(view, anchor, report, min(room, 6000))]
    sections = _without_repeats(sections)
    script = _asset("report.js")
    protected = any(is_protected(step_facts(report.manifest, f"table:{table.name}")) for table in report.tables)
    page = _environment().get_template("report.html.j2")
    return page.render(
        area_words=area_words,
        report=report,
        sections=sections,
        headlines=headlines(views, report),
        maps=_maps(report),
        indicators=indicator_rows(report),
        panels=panel_sections(report.manifest),
        compared=compared(report.comparability) if report.comparability else None,
        funnel_words=ENGLISH,
        findings=findings_by_severity(report.findings, examples=not protected),
        protected=protected,
        sources=source_rows(report.manifest),
        disclosure=disclosure_statements(report),
        mappings=_mappings(report),
        span=_span([view for view, _ in views]),
        manifest=report.manifest,
        style=Markup(_style()),  # noqa: S704 (our own file)
        script=Markup(script),  # noqa: S704 (our own file)
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _view(table: ReportTable, report: ReportInput) -> TableView:
    return TableView(table, area=report.area)


def _sections(view: TableView, anchor: str, report: ReportInput, room: int) -> list[TableSection]:
    """Section of the counts, then those of the table's rates and shares."""
    present = [str(series) for series in view.table.observations["series"].drop_duplicates()]
    endings = [ending for ending in ("", ".rate", ".share") if f"{view.series}{ending}" in present]
    found = []
    for ending in endings or [""]:
        one = TableView(view.table, view.series + ending, report.area)
        found.append(_section(one, anchor + ending.replace(".", "-"), report, room))
    return found


def _without_repeats(sections: list[TableSection]) -> list[TableSection]:
    """Leave out a trend that an earlier table shows already: tables of one source share their totals."""
    seen: set[tuple[str, ...]] = set()
    found = []
    for section in sections:
        charts = []
        for chart in section.charts:
            told = (chart.kind, chart.about, chart.points)
            if chart.kind != "trend" or told not in seen:
                charts.append(chart)
            seen.add(told)
        found.append(replace(section, charts=tuple(charts)))
    return found


def _section(view: TableView, anchor: str, report: ReportInput, room: int) -> TableSection:
    table = view.table
    frame = view.frame
    carried = len(frame) <= _ROWS_CARRIED
    return TableSection(
        anchor=anchor,
        name=view.series,
        title=_title(view),
        about=_about(view),
        unit=plural(view.unit),
        source=table.source or str(step_facts(report.manifest, f"table:{table.name}").get("source") or ""),
        charts=tuple(charts_of(view, area_words(view.own_area), short=len(report.tables) > _TABLES_IN_FULL))
        if len(frame)
        else (),
        pivot=pivot(view, room),
        csv=zipped_csv(_raw(view)) if carried and len(frame) else "",
        file=table.file,
        facts=tuple(explanation(table.name, report, series=view.series, example=_example(view))),
        count=len(frame),
    )


def _raw(view: TableView) -> pd.DataFrame:
    """Observations of a series as they were published."""
    frame = view.table.observations
    return frame[frame["series"].astype(str) == view.series]


def _title(view: TableView) -> str:
    title = view.table.title or sentence_case(view.table.name.replace("_", " "))
    if view.series == view.table.name:
        return title
    words = "shares" if view.is_share else "rates"
    return f"{title} {sentence_case(words)}" if title.endswith("?") else f"{title}: {words}"


def _about(view: TableView) -> str:
    names = [name[0].lower() + name[1:] for name in map(dimension_name, view.used)]
    listed = ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + (names[-1] if names else "")
    unit = "Shares in per cent" if view.is_share else sentence_case(plural(view.unit))
    return f"{unit} by {listed}" if names else unit


def _example(view: TableView) -> str:
    """Dimensions of the latest figure, as the explain command takes them."""
    shown = view.frame[view.frame["value"].notna()]
    if not len(shown):
        return ""
    row = shown.iloc[-1]
    pairs = [(name, str(row[name])) for name in [*view.used, "period"] if str(row[name]) != view.totals[name]]
    return " ".join(f"{name}={_quoted(code)}" for name, code in pairs)


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(text)


def _span(views: list[TableView]) -> str:
    periods = [period for view in views for period in view.periods if period.grain != "span"]
    years = sorted({period.year for period in periods})
    if not years:
        return ""
    return str(years[0]) if years[0] == years[-1] else f"{years[0]} to {years[-1]}"


def _mappings(report: ReportInput) -> list[tuple[str, list[Fact], dict[str, Any]]]:
    steps = report.manifest.get("steps") or {}
    names = [name.removeprefix("source:") for name in steps if name.startswith("source:")]
    return [
        (
            name,
            mapping_words(step_facts(report.manifest, f"source:{name}")),
            dict(step_facts(report.manifest, f"source:{name}")),
        )
        for name in names
    ]


def _maps(report: ReportInput) -> list[MapChart]:
    """Maps of points, then of every table by area where there are boundaries: rates before counts."""
    found: list[MapChart | None] = [
        point_map(points, f"map-{index}", report.area) for index, points in enumerate(report.points, start=1)
    ]
    for table in report.tables if report.boundaries else ():
        present = set(table.observations["series"].astype(str))
        series = next(name for name in (f"{table.name}.rate", table.name) if name in present or name == table.name)
        view = TableView(table, series, report.area)
        if "area" in view.used and report.boundaries:
            found.append(area_map(view, report.boundaries, f"map-{len(found) + 1}", report.area))
    return [item for item in found if item is not None]


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("kyoto.statistics.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    environment.filters["plural"] = plural
    return environment


@cache
def _asset(name: str) -> str:
    return resources.files(__package__).joinpath("assets", name).read_text(encoding="utf-8")


@cache
def _style() -> str:
    font = resources.files(__package__).joinpath("assets", "source-sans-3-latin-wght-normal.woff2").read_bytes()
    return _asset("report.css").replace("FONT_DATA", base64.b64encode(font).decode())
