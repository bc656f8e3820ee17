"""Which charts a table gets, and the question that each one answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from kyoto.statistics.observations import UNKNOWN
from kyoto.statistics.report.bars import Bar, bars, ordered
from kyoto.statistics.report.treemap import group_parts, treemap_svg
from kyoto.statistics.report.trend import panel_svg, point_text, trend_notes, trend_svg
from kyoto.statistics.report.views import Part, Series, TableView
from kyoto.statistics.report.wording import (
    common_decimals,
    decimals,
    dimension_name,
    interval,
    number,
    period_span,
    plural,
    sentence_case,
)

__all__ = ["Chart", "DataTable", "Panel", "charts_of", "decimals_of"]

_MOST_BARS = 15
_MOST_PANELS = 12


@dataclass(frozen=True, slots=True)
class DataTable:
    """The figures of a chart; the first column names, the others hold figures."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One small chart of a set."""

    name: str
    last: str
    drawing: Markup


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with everything that stands around it.

    Parameters
    ----------
    kind
        ``trend``, ``panels``, ``treemap`` or ``bars``.
    question
        Title.
    about
        Line below the title: unit, area, time.
    drawings
        One drawing a width of the screen.
    points
        Texts under the cursor, a line a period, empty where there are none.
    """

    kind: str
    question: str
    about: str
    data: DataTable
    drawings: tuple[Markup, ...] = ()
    bars: tuple[Bar, ...] = ()
    panels: tuple[Panel, ...] = ()
    notes: tuple[str, ...] = field(default_factory=tuple)
    points: str = ""


def charts_of(view: TableView, area: str, *, short: bool = False) -> list[Chart]:
    """Charts of a table, the general before the particular.

    Parameters
    ----------
    view
        The table.
    area
        Name of the project's area, for the line below the title.
    short
        Leave out the set of small charts: a report of very many tables must stay small.
    """
    found: list[Chart] = []
    total = view.over_time(name="Total")
    timed = len(view.periods) > 1 and view.periods[0].grain != "span"
    if timed and sum(point.value is not None for point in total.points) > 1:
        found.append(_trend(view, total, area))
    if "iccs" in view.used and not view.is_share:
        found.extend(_composition(view, area))
        if timed and not short:
            found.extend(_panels(view, area))
    for dimension in view.used:
        if dimension != "iccs":
            found.extend(_breakdown(view, dimension, area))
    return found


def decimals_of(series: Series) -> int:
    """Decimals that all figures of a series are shown with."""
    return max((decimals(point.value, point.lower, point.upper) for point in series.points), default=0)


def _trend(view: TableView, total: Series, area: str) -> Chart:
    unit = plural(view.unit)
    grain = view.periods[0].grain
    question = (
        f"How did the rate {unit} change?"
        if unit.startswith("per ")
        else f"How many {unit} were recorded each {grain}?"
    )
    span = period_span(view.periods[0], view.periods[-1])
    digits = decimals_of(total)
    bounded = any(point.lower is not None for point in total.points)
    rows = tuple(
        (
            sentence_case(point.period.label),
            number(point.value, digits) if point.value is not None else point_text(point),
            interval(point.lower, point.upper, digits),
        )
        for point in total.points
    )
    told = f"{question} {sentence_case(unit)} in {area}, {span}; the figures are in the table below."
    notes = (["Band: 95 % interval."] if bounded else []) + trend_notes(total)
    return Chart(
        "trend",
        question,
        f"{sentence_case(unit)}, {area}, {span}",
        DataTable(("Period", sentence_case(unit), "95 % interval"), rows),
        (
            trend_svg(total, told, 760, 300, variant="wide"),
            trend_svg(total, told, 360, 260, variant="narrow"),
        ),
        notes=tuple(notes),
        points=_points_text(total, digits),
    )


def _points_text(series: Series, digits: int) -> str:
    """One line a period: its name, a tab, its figure in words."""
    return "\n".join(f"{sentence_case(point.period.label)}\t{point_text(point, digits)}" for point in series.points)


def _composition(view: TableView, area: str) -> Iterator[Chart]:
    parts = view.parts("iccs")
    groups = group_parts(parts)
    covered = view.parts_periods
    if not groups or covered is None or view.series != view.table.name:
        return
    unit = plural(view.unit)
    question = f"What kinds of {unit} were recorded?" if unit != "offences" else "What kinds of offences were they?"
    span = period_span(*covered)
    told = f"{question} Treemap of {unit} by section of the ICCS, {area}, {span}; the figures are in the table below."
    shown = [part for part in parts if part.value and (len(part.code) in (2, 4) or part.code == UNKNOWN)]
    whole = sum(group.value for group in groups)
    rows = tuple(
        (
            f"{part.code if part.code.isdigit() else ''} {part.name}".strip(),
            number(part.value),
            _share(part.value, whole) if len(part.code) == 2 else "",
        )
        for part in shown
    )
    notes = ["The area of a tile is its number; colours tell the sections of the ICCS apart."]
    notes.extend(_part_notes(parts, view))
    yield Chart(
        "treemap",
        question,
        f"{sentence_case(unit)} by ICCS section and class, {area}, {span}",
        DataTable(("Offence (ICCS)", sentence_case(unit), "Share of all, %"), rows),
        (
            treemap_svg(groups, told, 760, 420, variant="wide"),
            treemap_svg(groups, told, 360, 520, variant="narrow"),
        ),
        notes=tuple(notes),
    )


def _share(value: float | None, whole: float) -> str:
    return number(value / whole * 100, 1) if value is not None and whole else ""


def _part_notes(parts: Sequence[Part], view: TableView) -> list[str]:
    notes = []
    if any(part.state == "partly" for part in parts):
        notes.append("Some sums lack periods that are not published.")
    hidden = sum(part.state == "suppressed" for part in parts)
    if hidden:
        notes.append(f"{number(hidden)} not published, to protect confidentiality.")
    if view.sums_periods and len(view.periods) > 1:
        notes.append("Sum of the published figures of all periods.")
    return notes


def _panels(view: TableView, area: str) -> Iterator[Chart]:
    codes = [code for code in view.values("iccs") if len(code) == 2 and code.isdigit()]
    every = [view.over_time("iccs", code, view.name_of("iccs", code)) for code in codes]
    every = [series for series in every if sum(point.value is not None for point in series.points) > 1]
    if len(every) < 2:
        return
    shown = every[:_MOST_PANELS]
    span = period_span(view.periods[0], view.periods[-1])
    panels = [_panel(series) for series in shown]
    heads = ("Period", *(f"{series.code} {series.name}" for series in shown))
    rows = tuple(
        (sentence_case(period.label), *(_figure(series, index) for series in shown))
        for index, period in enumerate(view.periods)
    )
    unit = plural(view.unit)
    question = "How did each kind of offence develop?"
    if unit != "offences":
        question = f"How did {'the rate' if unit.startswith('per ') else f'the number of {unit}'} develop by offence?"
    yield Chart(
        "panels",
        question,
        f"{sentence_case(unit)} by ICCS section, {area}, {span}",
        DataTable(heads, rows),
        panels=tuple(panels),
        notes=("Each panel starts at zero and has its own scale. Band: 95 % interval.",),
    )


def _figure(series: Series, index: int) -> str:
    point = series.points[index]
    return number(point.value, decimals_of(series)) if point.value is not None else point_text(point)


def _panel(series: Series) -> Panel:
    last = series.last
    text = f"{number(last.value, decimals_of(series))} in {last.period.label}" if last else "no figures"
    return Panel(series.name, text, panel_svg(series, f"{series.name}: {text}"))


def _breakdown(view: TableView, dimension: str, area: str) -> Iterator[Chart]:
    every = ordered(view.parts(dimension), dimension)
    covered = view.parts_periods
    if not any(part.value is not None for part in every) or covered is None:
        return
    shown = every[:_MOST_BARS]
    if dimension == "area" and len(every) > _MOST_BARS:
        return  # a part of the areas would be an arbitrary choice; they are in the map and in the table
    unit = plural(view.unit)
    span = period_span(*covered)
    notes = _part_notes(every, view)
    if any(part.lower is not None for part in shown):
        notes.insert(0, "Line across the end of a bar: 95 % interval.")
    if dimension == "area":
        notes.insert(0, "Areas stand in the order of their codes. Numbers follow the size of an area's population.")
    if len(every) > len(shown):
        notes.append(f"The {len(shown)} largest of {len(every)}; all are in the table.")
    digits = common_decimals((part.value, part.lower, part.upper) for part in every)
    rows = tuple(_part_row(part, digits) for part in every)
    name = dimension_name(dimension)
    yield Chart(
        "bars",
        f"What share has each {dimension_name(dimension).lower()}?"
        if view.is_share
        else _breakdown_question(dimension, unit),
        f"{'Per cent' if view.is_share else sentence_case(unit)} by {name[0].lower() + name[1:]}, {area}, {span}",
        DataTable((name, sentence_case(unit), "95 % interval"), rows),
        bars=tuple(bars(shown)),
        notes=tuple(notes),
    )


def _breakdown_question(dimension: str, unit: str) -> str:
    words = {
        "area": f"Where were the {unit} recorded?",
        "sex": f"How do {unit} divide between women and men?",
        "age": f"How do {unit} divide by age?",
    }
    name = dimension_name(dimension).lower()
    return (
        words.get(dimension, f"How do {unit} divide by {name}?") if not unit.startswith("per ") else f"Rate by {name}"
    )


def _part_row(part: Part, digits: int) -> tuple[str, ...]:
    missing = "not published" if part.state == "suppressed" else "no data"
    return (
        part.name,
        number(part.value, digits) if part.value is not None else missing,
        interval(part.lower, part.upper, digits),
    )
