"""Curves of reoffending as SVG, coloured by the page's style sheet so that they print and follow light and dark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from kyoto.analysis.reoffending.charts import apart

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["curves_svg", "rates_svg", "round_steps"]

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 860, 380, 52, 44, 12
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


def curves_svg(curves: Sequence[tuple[str, pd.DataFrame]], *, unit: str, label: str) -> str:
    """Step curves with bands, each named at its end.

    Parameters
    ----------
    curves
        Name and frame of each: ``time``, ``estimate``, ``lower``, ``upper``.
    unit
        Unit of time.
    label
        What the picture shows, for those who hear it read.
    """
    longest = max(float(frame["time"].max()) for _, frame in curves)
    highest = max(float(frame["upper"].max()) for _, frame in curves)
    ticks_x, ticks_y = round_steps(longest), round_steps(min(max(highest, 0.01), 1.0))
    room = 20 + _BOLD * max(len(name) for name, _ in curves)
    right = WIDTH - min(room, 260)

    def x(time: float) -> float:
        return LEFT + (right - LEFT) * time / max(longest, 1e-9)

    def y(share: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - share / ticks_y[-1])

    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img" aria-label="{escape(label)}">']
    for share in ticks_y:
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{right:.1f}" y1="{y(share):.1f}" y2="{y(share):.1f}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 8}" y="{y(share) + 4:.1f}" text-anchor="end">{share:.0%}</text>')
    for time in ticks_x:
        if time <= longest * 1.001:
            words = f"{time:,.0f}".replace(",", "\u202f") if time >= 1 or time == 0 else f"{time:g}"
            parts.append(
                f'<text class="tick" x="{x(time):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{words}</text>'
            )
    parts.append(
        f'<text class="tick" x="{right:.1f}" y="{HEIGHT - 6}" text-anchor="end">{escape(unit)} of follow-up</text>'
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
    ends.sort(reverse=True)
    heights = apart([-height for height, _, _, _ in ends], 15.0)
    for (_, place, number, name), height in zip(ends, heights, strict=True):
        if name:
            parts.append(
                f'<text class="name c{number % 6}" x="{place + 8:.1f}" y="{-height + 4:.1f}">{escape(name)}</text>'
            )
    return "".join([*parts, "</svg>"])


def rates_svg(rows: Sequence[dict[str, object]], *, label: str) -> str:
    """Rates as points with their limits, from zero, each with its figure.

    Parameters
    ----------
    rows
        ``name``, ``estimate``, ``lower``, ``upper``; those withheld have no estimate.
    label
        What the picture shows.
    """
    shown = [_Shown(str(row["name"]), *(_number(row[key]) for key in ("estimate", "lower", "upper"))) for row in rows]
    left = 24 + _LETTER * max(len(row.name) for row in shown)
    left = min(left, 320)
    top = max([row.upper for row in shown if row.upper is not None] or [1.0])
    ticks = round_steps(min(top * 1.02, 1.0))
    height = 34 * len(shown) + 40

    def x(share: float) -> float:
        return left + (WIDTH - left - 60) * share / ticks[-1]

    parts = [f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" role="img" aria-label="{escape(label)}">']
    for share in ticks:
        parts.append(f'<line class="grid" x1="{x(share):.1f}" x2="{x(share):.1f}" y1="4" y2="{height - 30}"/>')
        parts.append(f'<text class="tick" x="{x(share):.1f}" y="{height - 12}" text-anchor="middle">{share:.0%}</text>')
    for number, (name, estimate, lower, upper) in enumerate(shown):
        middle = 24 + 34 * number
        parts.append(f'<text x="{left - 12:.1f}" y="{middle + 4}" text-anchor="end">{escape(name)}</text>')
        if estimate is None or lower is None or upper is None:
            parts.append(f'<text class="tick" x="{left + 6:.1f}" y="{middle + 4}">withheld</text>')
            continue
        parts.append(f'<line class="interval" x1="{x(lower):.1f}" x2="{x(upper):.1f}" y1="{middle}" y2="{middle}"/>')
        parts.append(f'<circle class="point" cx="{x(estimate):.1f}" cy="{middle}" r="5.5"/>')
        parts.append(
            f'<text class="value" x="{x(estimate):.1f}" y="{middle - 10}" text-anchor="middle">{estimate:.1%}</text>'
        )
    return "".join([*parts, "</svg>"])


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
