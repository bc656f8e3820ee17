"""Lines over time: interval as a band, gaps as gaps, breaks marked, the last figure written at the line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from markupsafe import Markup, escape

from kyoto.statistics.report.metrics import text_width
from kyoto.statistics.report.scales import Plot, drawing, nice_ticks, path, rounded
from kyoto.statistics.report.views import Point, Series, finite_values
from kyoto.statistics.report.wording import decimals, interval, number, period_span

__all__ = ["panel_svg", "point_text", "segments", "trend_notes", "trend_svg"]

_SIZE = 13.0
_PROVISIONAL = ("P", "E", "F", "I")


def trend_svg(series: Series, title: str, width: int, height: int, *, variant: str) -> Markup:
    """Draw one series.

    Parameters
    ----------
    series
        Figures, at least two of them shown.
    title
        What the drawing says to who cannot see it.
    width, height
        Size in pixels at which text has its natural size.
    variant
        ``wide`` or ``narrow``: the style sheet shows one of them.
    """
    digits = _digits(series)
    ticks = nice_ticks(max(finite_values(series.points), default=1.0), 4, whole=digits == 0)
    tick_digits = 0 if digits == 0 else max(decimals(tick) for tick in ticks)
    tick_texts = [number(tick, tick_digits) for tick in ticks]
    last = series.last
    end = number(last.value, digits) if last else ""
    left = max(text_width(text, _SIZE) for text in tick_texts) + 10
    right = width - text_width(end, 15, bold=True) - 14
    plot = Plot(left, right, 16.0, height - 26.0, len(series.points), float(ticks[-1]))
    parts = [
        f'<svg class="chart {variant}" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}"'
        f' data-left="{rounded(plot.left)}" data-right="{rounded(plot.right)}" data-width="{width}">',
        *_grid(plot, ticks, tick_texts),
        *_time_axis(plot, series.points),
        *_marks(plot, series.points),
        *_lines(plot, series.points),
        *_end_label(plot, series, end),
        f'<line class="cursor" x1="0" x2="0" y1="{plot.top:.0f}" y2="{plot.bottom:.0f}"/>',
        "</svg>",
    ]
    return drawing(parts)


def panel_svg(series: Series, title: str, *, width: int = 220, height: int = 84) -> Markup:
    """Draw one small panel of a set: a line from zero on its own scale, and its highest value."""
    ticks = nice_ticks(max(finite_values(series.points), default=1.0), 1, whole=_digits(series) == 0)
    text = number(ticks[-1], decimals(ticks[-1]))
    plot = Plot(text_width(text, 12) + 8, width - 6.0, 10.0, height - 6.0, len(series.points), float(ticks[-1]))
    parts = [
        f'<svg class="panel" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">',
        *_grid(plot, [0, ticks[-1]], ["0", text], size=12),
        *_lines(plot, series.points),
        "</svg>",
    ]
    return drawing(parts)


def point_text(point: Point, digits: int = 0) -> str:
    """Figure in words: value, interval, and what must be known about it.

    Examples
    --------
    >>> from kyoto.statistics.report.wording import parse_period
    >>> point_text(Point(parse_period("2016"), 430, 390.4, 472.5, "shown", "P"))
    '430 (390 to 473), provisional'
    """
    if point.value is None:
        return "not published" if point.state == "suppressed" else "no data"
    between = interval(point.lower, point.upper, digits)
    text = number(point.value, digits) + (f" ({between})" if between else "")
    words = {"P": "provisional", "E": "estimated", "B": "break in series", "F": "forecast", "I": "imputed"}
    return f"{text}, {words[point.status]}" if point.status in words else text


def trend_notes(series: Series) -> list[str]:
    """Sentences under a chart for its gaps, breaks, suppressed and provisional figures."""
    notes = []
    for state, words in (("missing", "No data for"), ("suppressed", "Not published, to protect confidentiality:")):
        runs = list(_runs([point.state == state for point in series.points]))
        if runs:
            spans = [period_span(series.points[a].period, series.points[b - 1].period) for a, b in runs]
            more = f" and {len(spans) - 4} more" if len(spans) > 4 else ""
            notes.append(f"{words} {', '.join(spans[:4])}{more}.")
    for point in series.points:
        if point.status == "B":
            reason = f": {point.note}" if point.note else ""
            notes.append(
                f"Break in the series at {point.period.label}{reason}. Figures before and after do not compare."
            )
    provisional = [point for point in series.points if point.value is not None and point.status in _PROVISIONAL]
    if provisional:
        notes.append(f"Dashed: provisional or estimated, {period_span(provisional[0].period, provisional[-1].period)}.")
    return notes


def segments(points: Sequence[Point]) -> list[tuple[int, int]]:
    """Index ranges (start, end excluded) of points that a line may join: no gap and no break inside."""
    found: list[tuple[int, int]] = []
    for start, end in _runs([point.value is not None for point in points]):
        cuts = [index for index in range(start + 1, end) if points[index].status == "B"]
        edges = [start, *cuts, end]
        found.extend(pairwise(edges))
    return found


def _runs(flags: Sequence[bool]) -> Iterator[tuple[int, int]]:
    start: int | None = None
    for index, flag in enumerate([*flags, False]):
        if flag and start is None:
            start = index
        elif not flag and start is not None:
            yield start, index
            start = None


def _digits(series: Series) -> int:
    return max((decimals(point.value, point.lower, point.upper) for point in series.points), default=0)


def _grid(plot: Plot, ticks: Sequence[float], texts: Sequence[str], size: float = _SIZE) -> Iterator[str]:
    for tick, text in zip(ticks, texts, strict=True):
        y = rounded(plot.y(tick))
        kind = "axis" if tick == 0 else "grid"
        yield f'<line class="{kind}" x1="{rounded(plot.left)}" x2="{rounded(plot.right)}" y1="{y}" y2="{y}"/>'
        yield (
            f'<text class="tick" text-anchor="end" font-size="{size:g}" x="{rounded(plot.left - 6)}"'
            f' y="{rounded(plot.y(tick) + size * 0.34)}">{text}</text>'
        )


def _time_axis(plot: Plot, points: Sequence[Point]) -> Iterator[str]:
    """Years (or, inside one year, periods) under the axis, as many as fit."""
    by_year = points[0].period.year != points[-1].period.year
    places = [index for index, point in enumerate(points) if point.period.first or not by_year]
    texts = [str(points[index].period.year) if by_year else points[index].period.short for index in places]
    if not places:
        places, texts = [0, len(points) - 1], [points[0].period.short, points[-1].period.short]
    room = max(text_width(text, _SIZE) for text in texts) + 14
    gap = plot.x(places[1]) - plot.x(places[0]) if len(places) > 1 else room
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 10_000) if gap * step >= room)
    for place, text in list(zip(places, texts, strict=True))[::step]:
        x = plot.x(place)
        y = plot.bottom
        half = text_width(text, _SIZE) / 2
        anchor = "start" if x - half < 0 else "middle"
        yield f'<line class="axis" x1="{rounded(x)}" x2="{rounded(x)}" y1="{rounded(y)}" y2="{rounded(y + 5)}"/>'
        yield (
            f'<text class="tick" text-anchor="{anchor}" font-size="{_SIZE:g}" x="{rounded(x)}"'
            f' y="{rounded(y + 19)}">{text}</text>'
        )


def _marks(plot: Plot, points: Sequence[Point]) -> Iterator[str]:
    """Shade where figures are missing or suppressed; draw an upright line at each break."""
    for state, name in (("missing", "gap"), ("suppressed", "hidden")):
        for start, end in _runs([point.state == state for point in points]):
            x1, x2 = max(plot.x(start - 0.5), plot.left), min(plot.x(end - 0.5), plot.right)
            yield (
                f'<rect class="{name}" x="{rounded(x1)}" y="{rounded(plot.top)}" width="{rounded(x2 - x1)}"'
                f' height="{rounded(plot.bottom - plot.top)}"/>'
            )
    for index, point in enumerate(points):
        if point.status == "B" and index:
            x = rounded(plot.x(index - 0.5))
            yield f'<line class="break" x1="{x}" x2="{x}" y1="{rounded(plot.top)}" y2="{rounded(plot.bottom)}"/>'
            yield f'<text class="tick" text-anchor="middle" font-size="12" x="{x}" y="11">break</text>'


def _lines(plot: Plot, points: Sequence[Point]) -> Iterator[str]:
    for start, end in segments(points):
        run = [(index, points[index]) for index in range(start, end)]
        yield from _band(plot, run)
        if len(run) == 1:
            x, y = plot.x(start), plot.y(points[start].value or 0.0)
            yield f'<circle class="dot" cx="{rounded(x)}" cy="{rounded(y)}" r="2.5"/>'
            continue
        firm = [item for item in run if item[1].status not in _PROVISIONAL]
        loose = run[len(firm) - 1 if firm else 0 :] if len(firm) < len(run) else []
        for kind, part in (("line", firm), ("line loose", loose)):
            if len(part) > 1:
                yield f'<path class="{kind}" d="{path(_places(plot, part))}"/>'


def _band(plot: Plot, run: Sequence[tuple[int, Point]]) -> Iterator[str]:
    bounded = [(index, p.lower, p.upper) for index, p in run if p.lower is not None and p.upper is not None]
    if not bounded:
        return
    if len(bounded) == 1:
        index, low, high = bounded[0]
        x = rounded(plot.x(index))
        yield f'<line class="whisker" x1="{x}" x2="{x}" y1="{rounded(plot.y(low))}" y2="{rounded(plot.y(high))}"/>'
        return
    above = [(plot.x(index), plot.y(high)) for index, _, high in bounded]
    below = [(plot.x(index), plot.y(low)) for index, low, _ in reversed(bounded)]
    yield f'<path class="band" d="{path(above + below)}Z"/>'


def _places(plot: Plot, run: Sequence[tuple[int, Point]]) -> list[tuple[float, float]]:
    return [(plot.x(index), plot.y(point.value or 0.0)) for index, point in run]


def _end_label(plot: Plot, series: Series, text: str) -> Iterator[str]:
    last = series.last
    if last is None or last.value is None:
        return
    index = series.points.index(last)
    x, y = plot.x(index), plot.y(last.value)
    yield f'<circle class="dot" cx="{rounded(x)}" cy="{rounded(y)}" r="4"/>'
    high = max(y + 5, plot.top + 6)
    yield f'<text class="end" font-size="15" x="{rounded(x + 8)}" y="{rounded(high)}">{text}</text>'
