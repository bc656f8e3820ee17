"""Forest plots: a line a study, its effect with its interval, and below them what they say together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup, escape

from kyoto.statistics.report.metrics import text_width, wrapped
from kyoto.statistics.report.scales import drawing, path, rounded

__all__ = ["ForestLine", "ForestView", "forest_svg"]

_SIZE = 13
_LINE = 17.0


@dataclass(frozen=True, slots=True)
class ForestLine:
    """One study, or what the studies say together.

    Parameters
    ----------
    name
        Of the study.
    text
        Effect and interval in words.
    effect, lower, upper
        On the scale of the axis (logarithms of ratios).
    weight
        Per cent in what the studies say together.
    """

    name: str
    text: str
    effect: float
    lower: float
    upper: float
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class ForestView:
    """What a forest plot shows.

    Parameters
    ----------
    lines
        Studies.
    pooled
        All of them together.
    predicted
        Where the effect of a new study lies, if that can be told.
    ticks
        Places on the axis with their texts; 0 is no effect.
    left, right
        What an effect on either side of none means.
    """

    lines: tuple[ForestLine, ...]
    pooled: ForestLine
    predicted: tuple[float, float] | None
    ticks: tuple[tuple[float, str], ...]
    left: str
    right: str

    def limits(self) -> tuple[float, float]:
        """Ends of the axis: a study with a very wide interval runs out of it instead of squeezing all others."""
        ends = sorted(value for line in self.lines for value in (line.lower, line.upper))
        inner = [line.effect for line in self.lines] + [self.pooled.lower, self.pooled.upper, 0.0]
        cut = len(ends) // 12
        low, high = min(ends[cut], *inner), max(ends[-1 - cut], *inner)
        room = 0.05 * (high - low) or 0.1
        return low - room, high + room


@dataclass(frozen=True, slots=True)
class _Axis:
    low: float
    high: float
    left: float
    right: float

    def x(self, value: float) -> float:
        inside = min(max(value, self.low), self.high)
        return self.left + (self.right - self.left) * (inside - self.low) / (self.high - self.low)


def forest_svg(view: ForestView, told: str, *, width: int, variant: str) -> Markup:
    """Draw a forest plot.

    Parameters
    ----------
    view
        What it shows.
    told
        What the drawing says to who cannot see it.
    width
        In pixels at which text has its natural size.
    variant
        ``wide`` (names beside the lines) or ``narrow`` (above them): the style sheet shows one of them.
    """
    low, high = view.limits()
    numbers = max(text_width(line.text, _SIZE, bold=True) for line in (*view.lines, view.pooled)) + 8
    wide = variant == "wide"
    names = width * 0.32 if wide else width
    axis = _Axis(low, high, names + 12 if wide else 12, width - (numbers + 12 if wide else 12))
    body: list[str] = []
    top = 20.0
    for line in view.lines:
        place = _place(line, names, width, top, wide)
        body += [*place.texts, *_study(line, axis, place.middle)]
        top = place.end
    place = _place(view.pooled, names, width, top + 6, wide, "value")
    body += [*place.texts, *_pooled(view, axis, place.middle)]
    head = (
        f'<svg class="chart forest {variant}" viewBox="0 0 {width} {rounded(place.end + 30)}" role="img"'
        f' aria-label="{escape(told)}">'
    )
    return drawing([head, *_frame(view, axis, place.end), *body, "</svg>"])


@dataclass(frozen=True, slots=True)
class _Place:
    """Texts of a line, the height at which it is drawn, and where the next one begins."""

    texts: tuple[str, ...]
    middle: float
    end: float


def _place(line: ForestLine, names: float, width: int, top: float, wide: bool, kind: str = "name") -> _Place:
    rows = wrapped(line.name, names, 2, _SIZE) or [line.name[: int(names / 7.5)] + "…"]
    if wide:
        height = max(26.0, len(rows) * _LINE + 9)
        middle = top + height / 2
        first, numbers, end = middle - (len(rows) - 1) * _LINE / 2 + 4.5, middle + 4.5, top + height
    else:
        first = top + 14
        numbers = first + len(rows) * _LINE
        middle = numbers + 14
        end = middle + 16
    head = f'<text class="{kind}" font-size="{_SIZE}"'
    texts = [
        f'{head} x="0" y="{rounded(first + number * _LINE)}">{escape(row)}</text>' for number, row in enumerate(rows)
    ]
    anchor = f' text-anchor="end" x="{width}"' if wide else ' x="0"'
    texts.append(f'{head}{anchor} y="{rounded(numbers)}">{escape(line.text)}</text>')
    return _Place(tuple(texts), middle, end)


def _study(line: ForestLine, axis: _Axis, y: float) -> Iterator[str]:
    left, right, middle = axis.x(line.lower), axis.x(line.upper), axis.x(line.effect)
    side = 4 + 9 * (line.weight / 100) ** 0.5
    yield f'<path class="between" d="M{rounded(left)} {rounded(y)}H{rounded(right)}"/>'
    for beyond, x, sign in ((line.lower < axis.low, left, 1), (line.upper > axis.high, right, -1)):
        if beyond:
            yield f'<path class="square" d="M{rounded(x)} {rounded(y)}l{sign * 7}-4.5v9z"/>'
    yield (
        f'<rect class="square" x="{rounded(middle - side / 2)}" y="{rounded(y - side / 2)}" width="{rounded(side)}"'
        f' height="{rounded(side)}"/>'
    )


def _pooled(view: ForestView, axis: _Axis, y: float) -> Iterator[str]:
    if view.predicted is not None:
        low, high = (rounded(axis.x(value)) for value in view.predicted)
        yield f'<path class="whisker" d="M{low} {rounded(y)}H{high}"/>'
    line = view.pooled
    left, middle, right = (axis.x(value) for value in (line.lower, line.effect, line.upper))
    places = [(left, y), (middle, y - 8), (right, y), (middle, y + 8)]
    yield f'<path class="square" d="{path(places)}z"/>'


def _frame(view: ForestView, axis: _Axis, bottom: float) -> Iterator[str]:
    """What an effect on either side means, no effect as an upright line, and the axis below."""
    nothing = axis.x(0.0)
    for text, x, anchor in ((f"← {view.left}", nothing - 8, "end"), (f"{view.right} →", nothing + 8, "start")):
        size = text_width(text, 12)
        start = x - size if anchor == "end" else x
        if start >= 0 and start + size <= axis.right + 60:
            head = f'<text class="tick" text-anchor="{anchor}" font-size="12" x="{rounded(x)}" y="11">'
            yield f"{head}{escape(text)}</text>"
    yield f'<path class="axis" d="M{rounded(nothing)} 16V{rounded(bottom)}"/>'
    yield f'<path class="axis" d="M{rounded(axis.left)} {rounded(bottom)}H{rounded(axis.right)}"/>'
    free = axis.left - 20
    for place, text in view.ticks:
        if not axis.low <= place <= axis.high:
            continue
        x, half = axis.x(place), text_width(text, _SIZE) / 2
        yield f'<path class="axis" d="M{rounded(x)} {rounded(bottom)}v5"/>'
        if x - half > free:
            yield (
                f'<text class="tick" text-anchor="middle" font-size="{_SIZE}" x="{rounded(x)}"'
                f' y="{rounded(bottom + 20)}">{escape(text)}</text>'
            )
            free = x + half + 8
