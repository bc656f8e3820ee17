"""Curves of reoffending as SVG, coloured by the page's style sheet so that they print and follow light and dark."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from kyoto.analysis.reoffending.charts import apart

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["curves_svg", "rates_drawn", "rates_svg", "round_steps"]

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 860, 380, 52, 44, 12
_NARROW, _LOW = 344, 280
"""Width of a drawing on a telephone, and height of its curves, so that text keeps its size."""
_LETTER, _BOLD = 7.2, 8.4


class _Shown(NamedTuple):
    """A row of the chart of rates."""

    name: str
    estimate: float | None
    lower: float | None
    upper: float | None


def round_steps(top: float, most: int = 6) -> list[float]:
    """Round values from 0 to at most a little above ``top``.

    Examples
    --------
    >>> round_steps(0.43)
    [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    >>> round_steps(1186)
    [0.0, 200.0, 400.0, 600.0, 800.0, 1000.0, 1200.0]
    """
    power = 10 ** math.floor(math.log10(max(top, 1e-9) / most))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor * most >= top)
    count = math.ceil(top / step - 1e-9)
    return [float(round(step * number, 10)) for number in range(count + 1)]


def curves_svg(curves: Sequence[tuple[str, pd.DataFrame]], *, unit: str, label: str, narrow: bool = False) -> str:
    """Step curves with bands, each named at its end, or below on a narrow screen.

    Parameters
    ----------
    curves
        Name and frame of each: ``time``, ``estimate``, ``lower``, ``upper``.
    unit
        Unit of time.
    label
        What the picture shows, for those who hear it read.
    narrow
        For telephones.
    """
    width, height = (_NARROW, _LOW) if narrow else (WIDTH, HEIGHT)
    longest = max(float(frame["time"].max()) for _, frame in curves)
    highest = max(float(frame["upper"].max()) for _, frame in curves)
    ticks_x, ticks_y = round_steps(longest, 3 if narrow else 6), round_steps(min(max(highest, 0.01), 1.0))
    room = 20 + _BOLD * max(len(name) for name, _ in curves)
    right = width - (12 if narrow else min(room, 260))

    def x(time: float) -> float:
        return LEFT + (right - LEFT) * time / max(longest, 1e-9)

    def y(share: float) -> float:
        return TOP + (height - TOP - BOTTOM) * (1 - share / ticks_y[-1])

    parts: list[str] = []
    for share in ticks_y:
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{right:.1f}" y1="{y(share):.1f}" y2="{y(share):.1f}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 8}" y="{y(share) + 4:.1f}" text-anchor="end">{share:.0%}</text>')
    for time in ticks_x:
        if time <= longest * 1.001:
            words = f"{time:,.0f}".replace(",", "\u202f") if time >= 1 or time == 0 else f"{time:g}"
            parts.append(
                f'<text class="tick" x="{x(time):.1f}" y="{height - BOTTOM + 18}" text-anchor="middle">{words}</text>'
            )
    parts.append(
        f'<text class="tick" x="{right:.1f}" y="{height - 6}" text-anchor="end">{escape(unit)} of follow-up</text>'
    )
    ends = []
    for number, (name, frame) in enumerate(curves):
        times, rows = frame["time"].tolist(), frame[["estimate", "lower", "upper"]].to_numpy().tolist()
        kept = _thinned(len(times))
        line = _path([0.0, *(times[place] for place in kept)], [0.0, *(rows[place][0] for place in kept)], x, y)
        low = _points([times[place] for place in kept], [rows[place][1] for place in kept], x, y)
        high = _points([times[place] for place in kept], [rows[place][2] for place in kept], x, y)
        band = " ".join([*high, *reversed(low)])
        parts.append(f'<polygon class="band c{number % 6}" points="{band}"/>')
        parts.append(f'<path class="line c{number % 6}" d="{line}"/>')
        ends.append((y(rows[-1][0]), x(times[-1]), number, name))
    parts += _named_below(ends, height) if narrow else _named_at_ends(ends)
    whole = height + (20 * sum(bool(end[3]) for end in ends) if narrow else 0)
    return "".join([_head(width, whole, label, narrow=narrow), *parts, "</svg>"])


_End = tuple[float, float, int, str]
"""Height and place of the end of a curve, its number and its name."""


def _named_at_ends(ends: Sequence[_End]) -> list[str]:
    ordered = sorted(ends, reverse=True)
    heights = apart([-height for height, _, _, _ in ordered], 15.0)
    return [
        f'<text class="name c{number % 6}" x="{place + 8:.1f}" y="{-height + 4:.1f}">{escape(name)}</text>'
        for (_, place, number, name), height in zip(ordered, heights, strict=True)
        if name
    ]


def _named_below(ends: Sequence[_End], top: float) -> list[str]:
    """Names in the order in which the curves end, each beside a piece of its line."""
    return [
        f'<path class="line c{number % 6}" d="M{LEFT},{top + 20 * row + 10:.0f} h22"/>'
        f'<text class="name c{number % 6}" x="{LEFT + 30}" y="{top + 20 * row + 14:.0f}">{escape(name)}</text>'
        for row, (_, _, number, name) in enumerate(sorted(ends))
        if name
    ]


def _head(width: float, height: float, label: str, *, narrow: bool) -> str:
    kind = "narrow" if narrow else "wide"
    return (
        f'<svg class="{kind}" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" role="img"'
        f' aria-label="{escape(label)}">'
    )


def rates_svg(rows: Sequence[dict[str, object]], *, label: str, narrow: bool = False) -> str:
    """Rates as points with their limits, from zero, each with its figure.

    Parameters
    ----------
    rows
        ``name``, ``estimate``, ``lower``, ``upper``; those withheld have no estimate.
    label
        What the picture shows.
    narrow
        For telephones: names above their lines instead of beside them.
    """
    shown = [_Shown(str(row["name"]), *(_number(row[key]) for key in ("estimate", "lower", "upper"))) for row in rows]
    left = 8.0 if narrow else min(24 + _LETTER * max(len(row.name) for row in shown), 320)
    width, step, end = (_NARROW, 44, 20) if narrow else (WIDTH, 34, 60)
    top = max([row.upper for row in shown if row.upper is not None] or [1.0])
    ticks = round_steps(min(top * 1.02, 1.0))
    height = step * len(shown) + 40

    def x(share: float) -> float:
        return left + (width - left - end) * share / ticks[-1]

    parts = [_head(width, height, label, narrow=narrow)]
    for share in ticks:
        parts.append(f'<line class="grid" x1="{x(share):.1f}" x2="{x(share):.1f}" y1="4" y2="{height - 30}"/>')
        parts.append(f'<text class="tick" x="{x(share):.1f}" y="{height - 12}" text-anchor="middle">{share:.0%}</text>')
    for number, row in enumerate(shown):
        middle = 24 + step * number
        if narrow:
            parts.append(f'<text x="{left:.1f}" y="{middle - 7}">{escape(row.name)}</text>')
        else:
            parts.append(f'<text x="{left - 12:.1f}" y="{middle + 4}" text-anchor="end">{escape(row.name)}</text>')
        parts += _rate(row, x, middle, (left + 6, middle + 4), width if narrow else None)
    return "".join([*parts, "</svg>"])


def rates_drawn(rows: Sequence[dict[str, object]], *, label: str) -> str:
    """Both drawings of rates; the style of the page shows one of them. See :func:`rates_svg`."""
    return "".join(rates_svg(rows, label=label, narrow=narrow) for narrow in (False, True))


def _rate(
    row: _Shown, x: Callable[[float], float], middle: float, empty: tuple[float, float], right: float | None
) -> list[str]:
    """Limits, point and figure of a rate; the figure stands over its point, or at the right of the name."""
    if row.estimate is None or row.lower is None or row.upper is None:
        across, down = empty if right is None else (empty[0], middle + 12)
        return [f'<text class="tick" x="{across:.1f}" y="{down}">withheld</text>']
    line = middle if right is None else middle + 8
    place, above, anchor = (x(row.estimate), middle - 10, "middle") if right is None else (right, middle - 7, "end")
    return [
        f'<line class="interval" x1="{x(row.lower):.1f}" x2="{x(row.upper):.1f}" y1="{line}" y2="{line}"/>',
        f'<circle class="point" cx="{x(row.estimate):.1f}" cy="{line}" r="5.5"/>',
        f'<text class="value" x="{place:.1f}" y="{above}" text-anchor="{anchor}">{row.estimate:.1%}</text>',
    ]


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _thinned(count: int, most: int = 240) -> list[int]:
    """Places of points that the eye can tell apart, the last among them."""
    if count <= most:
        return list(range(count))
    return sorted({round(number * (count - 1) / (most - 1)) for number in range(most)})


def _path(times: list[float], shares: list[float], x: object, y: object) -> str:
    points = _points(times, shares, x, y)
    return "M" + " L".join(points)


def _points(times: list[float], shares: list[float], x: object, y: object) -> list[str]:
    """Corners of a step curve."""
    assert callable(x) and callable(y)
    found = [f"{x(times[0]):.1f},{y(shares[0]):.1f}"] if times else []
    for place in range(1, len(times)):
        found.append(f"{x(times[place]):.1f},{y(shares[place - 1]):.1f}")
        found.append(f"{x(times[place]):.1f},{y(shares[place]):.1f}")
    return found
