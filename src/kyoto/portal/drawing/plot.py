"""Axes, lines, bands and marks that all drawings over time share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kyoto.portal.figures import runs
from kyoto.portal.wording import Words
from kyoto.statistics.report.metrics import text_width
from kyoto.statistics.report.scales import Plot, nice_ticks, path, rounded
from kyoto.statistics.report.trend import segments
from kyoto.statistics.report.views import Point, finite_values
from kyoto.statistics.report.wording import Period, decimals

__all__ = ["SIZE", "Plot", "Scale", "band", "grid", "line", "marks", "scale_of", "time_axis"]

SIZE = 13.0
"""Size of the text of a drawing, in pixels at its natural width."""
_PROVISIONAL = ("P", "E", "F", "I")


@dataclass(frozen=True, slots=True)
class Scale:
    """Values of an axis from zero, and their texts."""

    ticks: tuple[float, ...]
    texts: tuple[str, ...]

    @property
    def width(self) -> float:
        """Width of the widest text."""
        return max(text_width(text, SIZE) for text in self.texts)


def scale_of(points: Sequence[Point], words: Words, digits: int, wanted: int = 4) -> Scale:
    """Axis from zero to above every figure and interval."""
    ticks = nice_ticks(max(finite_values(points), default=1.0), wanted, whole=digits == 0)
    places = 0 if digits == 0 else max(decimals(float(tick)) for tick in ticks)
    return Scale(tuple(float(tick) for tick in ticks), tuple(words.number(tick, places) for tick in ticks))


def grid(plot: Plot, scale: Scale, size: float = SIZE) -> Iterator[str]:
    """Lines across at each tick, with their texts."""
    for tick, text in zip(scale.ticks, scale.texts, strict=True):
        y = rounded(plot.y(tick))
        kind = "grid" if tick else "axis"
        yield f'<line class="{kind}" x1="{rounded(plot.left)}" x2="{rounded(plot.right)}" y1="{y}" y2="{y}"/>'
        yield (
            f'<text class="tick" text-anchor="end" font-size="{size:g}" x="{rounded(plot.left - 6)}"'
            f' y="{rounded(plot.y(tick) + size * 0.34)}">{text}</text>'
        )


def time_axis(plot: Plot, periods: Sequence[Period], words: Words, size: float = SIZE) -> Iterator[str]:
    """Years (or, inside one year, periods) under the axis, as many as fit."""
    by_year = periods[0].year != periods[-1].year
    places = [index for index, period in enumerate(periods) if period.first or not by_year]
    texts = [str(periods[index].year) if by_year else _short(periods[index], words) for index in places]
    if not places:
        places, texts = [0], [str(periods[0].year)]
    room = max(text_width(text, size) for text in texts) + 14
    gap = plot.x(places[1]) - plot.x(places[0]) if len(places) > 1 else room
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 100_000) if gap * step >= room)
    for place, text in list(zip(places, texts, strict=True))[::step]:
        x, half = plot.x(place), text_width(text, size) / 2
        anchor = "start" if x - half < 0 else "middle"
        yield f'<path class="axis" d="M{rounded(x)} {rounded(plot.bottom)}v5"/>'
        yield (
            f'<text class="tick" text-anchor="{anchor}" font-size="{size:g}" x="{rounded(x)}"'
            f' y="{rounded(plot.bottom + size + 6)}">{text}</text>'
        )


def _short(period: Period, words: Words) -> str:
    if period.grain == "month":
        return words.months[int(period.code[5:7]) - 1][:3]
    return period.code.removeprefix(f"{period.year}-")


def marks(plot: Plot, points: Sequence[Point], words: Words | None = None) -> Iterator[str]:
    """Shade where figures are missing or withheld; draw an upright line at each break."""
    for state, kind in (("missing", "gap"), ("suppressed", "hidden")):
        for start, end in runs([point.state == state for point in points]):
            x1, x2 = max(plot.x(start - 0.5), plot.left), min(plot.x(end - 0.5), plot.right)
            yield (
                f'<rect class="{kind}" x="{rounded(x1)}" y="{rounded(plot.top)}" width="{rounded(max(x2 - x1, 3))}"'
                f' height="{rounded(plot.bottom - plot.top)}"/>'
            )
    for index, point in enumerate(points):
        if point.status == "B" and index:
            x = rounded(plot.x(index - 0.5))
            yield f'<path class="break" d="M{x} {rounded(plot.top)}V{rounded(plot.bottom)}"/>'
            if words is not None:
                text = words("explore.break")
                yield f'<text class="tick" text-anchor="middle" font-size="12" x="{x}" y="11">{text}</text>'


def line(plot: Plot, points: Sequence[Point], kind: str = "") -> Iterator[str]:
    """The figures as lines that end at gaps and breaks; provisional ones dashed; lone ones as dots."""
    for start, end in segments(points):
        run = [(index, points[index]) for index in range(start, end)]
        if len(run) == 1:
            x, y = plot.x(start), plot.y(points[start].value or 0.0)
            yield f'<circle class="dot {kind}" cx="{rounded(x)}" cy="{rounded(y)}" r="2.5"/>'
            continue
        firm = [item for item in run if item[1].status not in _PROVISIONAL]
        loose = run[max(len(firm) - 1, 0) :] if len(firm) < len(run) else []
        for style, part in (("line", firm), ("line loose", loose)):
            if len(part) > 1:
                places = [(plot.x(index), plot.y(point.value or 0.0)) for index, point in part]
                yield f'<path class="{style} {kind}" d="{path(places)}"/>'


def band(plot: Plot, points: Sequence[Point], kind: str = "") -> Iterator[str]:
    """Intervals as a band, or as an upright line where one figure stands alone."""
    for start, end in segments(points):
        run = [
            (plot.x(index), plot.y(point.lower), plot.y(point.upper))
            for index, point in enumerate(points[start:end], start=start)
            if point.lower is not None and point.upper is not None
        ]
        if len(run) == 1:
            x, low, high = map(rounded, run[0])
            yield f'<path class="whisker {kind}" d="M{x} {low}V{high}"/>'
        elif run:
            around = [(x, high) for x, _, high in run] + [(x, low) for x, low, _ in reversed(run)]
            yield f'<path class="band {kind}" d="{path(around)}Z"/>'
