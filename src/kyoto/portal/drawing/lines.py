"""Lines over time: one with its interval as a band, or a few that are named where they end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from markupsafe import Markup, escape

from kyoto.portal.drawing.plot import SIZE, Plot, band, grid, line, marks, scale_of, time_axis
from kyoto.portal.figures import Figures, Line
from kyoto.portal.wording import Words
from kyoto.statistics.report.metrics import text_width, wrapped
from kyoto.statistics.report.scales import drawing, rounded
from kyoto.statistics.report.views import finite_values

__all__ = ["MOST_LINES", "lines_svg", "spark_svg"]

MOST_LINES = 5
"""Lines that one drawing can hold and a reader can tell apart."""
_LABEL = 0.30
_ROW = 17.0


def lines_svg(figures: Figures, words: Words, told: str, *, width: int, height: int, variant: str) -> Markup:
    """Draw up to :data:`MOST_LINES` lines.

    Parameters
    ----------
    figures
        The figures.
    words
        Language of the numbers.
    told
        What the drawing says to who cannot see it.
    width, height
        Size in pixels at which text has its natural size.
    variant
        ``wide`` or ``narrow``: the style sheet shows one of them.
    """
    shown = figures.lines[:MOST_LINES]
    scale = scale_of([point for each in shown for point in each.points], words, figures.digits)
    texts = [_ending(each, figures, words) for each in shown]
    room = max((text_width(text, 15, bold=True) for text in texts), default=0.0) + 12
    if len(shown) > 1:
        room = min(max(room, max(text_width(each.name, SIZE) for each in shown) + 20), width * _LABEL)
    plot = Plot(scale.width + 10, width - room, 16.0, height - 26.0, len(figures.periods), scale.ticks[-1])
    head = (
        f'<svg class="chart {variant}" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(told)}"'
        f' data-left="{rounded(plot.left)}" data-right="{rounded(plot.right)}" data-width="{width}">'
    )
    cursor = f'<path class="cursor" d="M0 {plot.top:.0f}V{plot.bottom:.0f}"/>'
    body = _single(plot, shown[0], texts[0], words) if len(shown) == 1 else _several(plot, shown, texts, width, words)
    return drawing([head, *grid(plot, scale), *time_axis(plot, figures.periods, words), *body, cursor, "</svg>"])


def spark_svg(line_: Line, *, width: int = 220, height: int = 56) -> Markup:
    """Draw the mere course of a line, from zero, without axes: for lists, beside the figure in words."""
    highest = max(finite_values(line_.points), default=1.0) or 1.0
    plot = Plot(4.0, width - 6.0, 4.0, height - 4.0, len(line_.points), highest)
    floor = rounded(plot.bottom)
    parts = [
        f'<svg class="spark" viewBox="0 0 {width} {height}" aria-hidden="true" focusable="false">',
        f'<path class="axis" d="M{rounded(plot.left)} {floor}H{rounded(plot.right)}"/>',
        *marks(plot, line_.points),
        *band(plot, line_.points),
        *line(plot, line_.points),
        "</svg>",
    ]
    return drawing(parts)


def _ending(each: Line, figures: Figures, words: Words) -> str:
    last = each.last
    return words.number(last.value, figures.digits) if last else ""


def _single(plot: Plot, only: Line, text: str, words: Words) -> Iterator[str]:
    yield from marks(plot, only.points, words)
    yield from band(plot, only.points)
    yield from line(plot, only.points)
    place, last = only.last_place, only.last
    if place is not None and last is not None and last.value is not None:
        x, y = plot.x(place), plot.y(last.value)
        yield f'<circle class="dot" cx="{rounded(x)}" cy="{rounded(y)}" r="4"/>'
        yield f'<text class="end" font-size="15" x="{rounded(x + 8)}" y="{rounded(max(y + 5, 14))}">{text}</text>'


def _several(plot: Plot, shown: Sequence[Line], texts: Sequence[str], width: int, words: Words) -> Iterator[str]:
    for number, each in enumerate(shown, start=1):
        yield from band(plot, each.points, f"l{number}")
    for number, each in enumerate(shown, start=1):
        yield from line(plot, each.points, f"l{number}")
    yield from _breaks(plot, shown, words)
    room = width - plot.right - 16
    wanted = []
    for number, (each, text) in enumerate(zip(shown, texts, strict=True), start=1):
        place, last = each.last_place, each.last
        if place is None or last is None or last.value is None:
            continue
        x, y = plot.x(place), plot.y(last.value)
        yield f'<circle class="dot l{number}" cx="{rounded(x)}" cy="{rounded(y)}" r="3.5"/>'
        rows = wrapped(each.name, room, 2, SIZE) or [_cut(each.name, room)]
        wanted.append((y, number, [*rows, text]))
    for y, number, rows in _apart(wanted, plot.bottom):
        at = f"M{rounded(plot.right + 8)} {rounded(y - 11)}v{rounded(_ROW * len(rows) - 5)}"
        yield f'<path class="key l{number}" d="{at}"/>'
        for index, row in enumerate(rows):
            kind = "value" if index == len(rows) - 1 else "name"
            yield (
                f'<text class="{kind}" font-size="{SIZE:g}" x="{rounded(plot.right + 14)}"'
                f' y="{rounded(y + index * _ROW)}">{escape(row)}</text>'
            )


def _breaks(plot: Plot, shown: Sequence[Line], words: Words) -> Iterator[str]:
    """Upright lines where any of the lines breaks; gaps of one line are not gaps of the others and are not shaded."""
    broken = next((each for each in shown if any(point.status == "B" for point in each.points)), None)
    if broken is not None:
        yield from marks(plot, [replace(point, state="shown") for point in broken.points], words)


def _apart(wanted: list[tuple[float, int, list[str]]], bottom: float) -> list[tuple[float, int, list[str]]]:
    """Labels moved apart so that none covers another, as near to the ends of their lines as that allows."""
    placed = []
    free = 12.0
    for y, number, rows in sorted(wanted):
        at = max(y - _ROW * (len(rows) - 1) / 2, free)
        free = at + _ROW * len(rows) + 3
        placed.append((at, number, rows))
    over = max(free - bottom - 22, 0.0)
    moved = []
    ceiling = float("inf")
    for at, number, rows in reversed(placed):
        least = min(at, ceiling - _ROW * len(rows) - 3)
        least = at - over if ceiling == float("inf") else least
        moved.append((max(least, 12.0), number, rows))
        ceiling = moved[-1][0]
    return moved


def _cut(text: str, room: float) -> str:
    """Beginning of a text that fits."""
    for end in range(len(text), 0, -1):
        if text_width(text[:end] + "…", SIZE) <= room:
            return text if end == len(text) else text[:end].rstrip() + "…"
    return "…"
