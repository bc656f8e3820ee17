"""The figures of a choice: asked for in one query, read as lines of points, said in sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kyoto.portal.catalogue import Catalogue
from kyoto.portal.selection import Selection
from kyoto.statistics.report.views import ZERO_UPPER, Point
from kyoto.statistics.report.wording import Period, common_decimals, sentence_case

if TYPE_CHECKING:
    from kyoto.portal.snapshot import Snapshot
    from kyoto.portal.wording import Words

__all__ = ["Figures", "Line", "cell_words", "label", "observations_query", "read_figures", "sentences"]


_MOST_POINTS = 12_000
_FEWEST_LINES = 50
"""A page shows parts up to so many figures, but at least so many parts; the files hold all."""


@dataclass(frozen=True, slots=True)
class Line:
    """Figures of one part over the chosen periods."""

    code: str
    name: str
    points: tuple[Point, ...]

    @property
    def last(self) -> Point | None:
        """Latest figure that is shown."""
        place = self.last_place
        return None if place is None else self.points[place]

    @property
    def last_place(self) -> int | None:
        """Where the latest figure that is shown stands among the points."""
        return next(
            (place for place in reversed(range(len(self.points))) if self.points[place].value is not None), None
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that a choice shows.

    Parameters
    ----------
    selection
        The choice.
    lines
        One line a part, or one alone.
    periods
        Periods of all lines.
    digits
        Decimals that the figures can bear.
    """

    selection: Selection
    lines: tuple[Line, ...]
    periods: tuple[Period, ...]
    digits: int

    def count(self, state: str) -> int:
        """Number of points in a state: ``shown``, ``suppressed`` or ``missing``."""
        return sum(point.state == state for line in self.lines for point in line.points)

    @property
    def bounded(self) -> bool:
        """Whether any figure has an interval."""
        return any(point.lower is not None for line in self.lines for point in line.points)


def observations_query(selection: Selection, columns: str) -> tuple[str, list[Any]]:
    """Query for the observations of a choice, with its parameters.

    Parameters
    ----------
    selection
        The choice.
    columns
        What is selected, as SQL.
    """
    series = selection.series
    wheres, values = ["series = ?"], [series.code]
    for axis in series.axes:
        codes = selection.shown if axis.name == selection.by else (selection.codes[axis.name],)
        marks = ", ".join("?" * len(codes))
        wheres.append(f"{quoted(axis.name)} IN ({marks})" if len(codes) > 1 else f"{quoted(axis.name)} = {marks}")
        values.extend(codes)
    fixed_area = series.fixed.get("area")
    if fixed_area is not None:  # the total of one area is that area, and stands beside it
        wheres.append("area = ?")
        values.append(fixed_area)
    periods = [period.code for period in _span(selection)]
    if len(periods) < len(series.periods):
        wheres.append(f"period IN ({', '.join('?' * len(periods))})")
        values.extend(periods)
    return f"SELECT {columns} FROM {quoted(series.table)} WHERE {' AND '.join(wheres)}", values


def read_figures(snapshot: Snapshot, catalogue: Catalogue, selection: Selection, words: Words) -> Figures:
    """Ask a snapshot for the figures of a choice."""
    periods = _span(selection)
    most = max(_MOST_POINTS // len(periods), _FEWEST_LINES)
    asked = selection.but(parts=selection.shown[:most]) if len(selection.shown) > most else selection
    rows = _rows(snapshot, asked)
    codes = asked.shown if selection.by else ("",)
    scale = 100.0 if selection.series.kind == "share" else 1.0
    lines = tuple(
        Line(
            code,
            label(catalogue, words, selection.by, code) if code else "",
            tuple(_point(selection, period, rows.get((code, period.code)), scale) for period in periods),
        )
        for code in codes
    )
    digits = common_decimals((point.value, point.lower, point.upper) for line in lines for point in line.points)
    return Figures(selection, lines, periods, digits)


def _rows(snapshot: Snapshot, selection: Selection) -> Mapping[tuple[str, str], Sequence[Any]]:
    """Observations by part and period: found by their codes where that is possible, else in the database."""
    series = selection.series
    cells = snapshot.cells.get(series.table)
    if cells is not None:
        fixed = {**series.fixed, **selection.codes, "series": series.code}
        return cells.lines(fixed, selection.by, selection.shown)
    part = quoted(selection.by) if selection.by else "''"
    sql, values = observations_query(
        selection, f"{part} AS part, period, value, lower, upper, status, confidentiality, note"
    )
    return {(row[0], row[1]): row[2:] for row in snapshot.rows(sql, values)}


def label(catalogue: Catalogue, words: Words, dimension: str, code: str) -> str:
    """Words for a code, areas by their names."""
    if dimension == "area" and not code.startswith("_"):
        return catalogue.area_name(code, words.language)
    return words.value(dimension, code)


def cell_words(catalogue: Catalogue, words: Words, selection: Selection) -> str:
    """The chosen cell in words: offence, area, and whatever else is not at its total."""
    parts = []
    for axis in selection.series.axes:
        code = selection.codes[axis.name]
        if axis.name == selection.by and (axis.name != "iccs" or code == axis.start):
            continue
        if code == axis.total:
            continue
        name = label(catalogue, words, axis.name, code)
        parts.append(f"{name} ({code})" if axis.name == "iccs" and not code.startswith("_") else name)
    if selection.series.fixed.get("area", catalogue.area) != catalogue.area:
        parts.append(label(catalogue, words, "area", selection.series.fixed["area"]))
    return ", ".join(parts) or words("explore.whole")


def sentences(figures: Figures, catalogue: Catalogue, words: Words) -> list[str]:
    """What is shown, in sentences that can be read aloud or quoted."""
    selection = figures.selection
    unit = sentence_case(words.unit(selection.series.unit))
    cell = cell_words(catalogue, words, selection)
    span = words.span(figures.periods[0], figures.periods[-1])
    if selection.by:
        name = words.dimension(selection.by)
        dimension = name[:1].lower() + name[1:]
        found = [words("explore.sentence_by", unit=unit, cell=cell, span=span, dimension=dimension)]
        found.append(words("explore.sentence_parts", count=len(figures.lines)))
    else:
        found = [words("explore.sentence", unit=unit, cell=cell, span=span), *_latest(figures, words)]
    for state, key in (("suppressed", "sentence_withheld"), ("missing", "sentence_missing")):
        if figures.count(state):
            found.append(words(f"explore.{key}", count=words.number(figures.count(state))))
    return found


def _latest(figures: Figures, words: Words) -> list[str]:
    """The latest figure with its interval, and the one before where the two compare."""
    line = figures.lines[0]
    last, index = line.last, line.last_place
    if last is None or index is None:
        return []
    said = {"period": sentence_case(words.period(last.period)), "value": words.number(last.value, figures.digits)}
    ends = words.bounds(last.lower, last.upper, figures.digits)
    if ends:
        found = [words("explore.sentence_last", lower=ends[0], upper=ends[1], **said)]
    else:
        found = [words("explore.sentence_last_plain", **said)]
    before = line.points[index - 1] if index else None
    if before is not None and before.value is not None and last.status != "B":
        period = words.period(before.period)
        found.append(words("explore.sentence_before", period=period, value=words.number(before.value, figures.digits)))
    return found


def quoted(name: str) -> str:
    """Name of a column or table in SQL."""
    return '"' + name.replace('"', '""') + '"'


def _span(selection: Selection) -> tuple[Period, ...]:
    """Periods of a choice: those chosen over time, the latest of them in bars and maps."""
    codes = [period.code for period in selection.series.periods]
    end = codes.index(selection.end)
    start = codes.index(selection.start) if selection.chart == "time" else end
    return selection.series.periods[start : end + 1]


def _point(selection: Selection, period: Period, row: Sequence[Any] | None, scale: float) -> Point:
    if row is None:
        series = selection.series
        if series.zero_where_absent and period.code in series.counted:
            return Point(period, 0.0, 0.0, ZERO_UPPER, "shown") if series.kind == "count" else _bare_zero(period)
        return Point(period, None, None, None, "missing")
    value, lower, upper, status, confidentiality, note = row
    if value is None or not math.isfinite(value):
        free = (confidentiality or "F") == "F" and status != "Q"
        return Point(period, None, None, None, "missing" if free else "suppressed", status or "M", note or "")
    return Point(
        period, value * scale, _scaled(lower, scale), _scaled(upper, scale), "shown", status or "A", note or ""
    )


def _bare_zero(period: Period) -> Point:
    """A rate or share of nothing, whose denominator, and with it the interval, is not in the observations."""
    return Point(period, 0.0, None, None, "shown")


def _scaled(bound: float | None, scale: float) -> float | None:
    return bound * scale if bound is not None and math.isfinite(bound) else None


def runs(flags: Sequence[bool]) -> list[tuple[int, int]]:
    """Stretches of true flags: first index, and the one behind the last.

    Examples
    --------
    >>> runs([True, True, False, True])
    [(0, 2), (3, 4)]
    """
    found: list[tuple[int, int]] = []
    for index, flag in enumerate(flags):
        if flag and found and found[-1][1] == index:
            found[-1] = (found[-1][0], index + 1)
        elif flag:
            found.append((index, index + 1))
    return found
