"""Pictures of the report as SVG: no script, good in print, with their text for those who cannot see them."""

from __future__ import annotations

import math
from collections.abc import Callable
from html import escape

import numpy as np

from kyoto.analysis.hidden.model import CaptureTable
from kyoto.analysis.hidden.result import EstimateTable, PopulationEstimate, number

__all__ = ["intervals_svg", "nice_ticks", "upset_svg"]

ROW = 26
COLUMN = 26
_NARROW = 344.0
"""Width of a drawing on a telephone, so that text keeps its size."""
_FEWEST = 4


def nice_ticks(top: float, count: int = 5) -> list[float]:
    """Round numbers from 0 up to at least ``top``.

    Examples
    --------
    >>> nice_ticks(995)
    [0.0, 200.0, 400.0, 600.0, 800.0, 1000.0]
    """
    rough = max(top, 1.0) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough)
    return [step * index for index in range(math.ceil(top / step - 1e-9) + 1)]


def _text(x: float, y: float, words: str, *, anchor: str = "start", css: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{css}">{escape(words)}</text>'


def upset_svg(table: CaptureTable, *, top: int = 24, narrow: bool = False) -> str:
    """UpSet chart: a column for each capture history, its people above, its lists as dots below.

    Parameters
    ----------
    table
        The lists.
    top
        How many histories, largest first; the rest is summed up in a note below.
    narrow
        For telephones: only as many histories as fit beside the names.

    Returns
    -------
    str
        An ``<svg>`` element; its classes are styled by the page.
    """
    masks = [int(mask) for mask in np.argsort(-table.counts, kind="stable") if table.counts[mask] > 0]
    left = 30 + 7.2 * max(len(name) + 9 for name in table.lists)
    if narrow:
        top = max(int((_NARROW - left - 24) / COLUMN), _FEWEST)
    elif len(masks) <= top + 3:
        top = len(masks)  # a note about two or three histories would take more room than they do
    shown, hidden = masks[:top], masks[top:]
    tall, head = 220.0, 26.0
    ticks = nice_ticks(float(table.counts[shown[0]]))
    width = left + COLUMN * len(shown) + 24
    height = head + tall + 18 + ROW * table.k + (24 if hidden else 6)
    parts = [_axis(ticks, left, width, head, tall)]
    for column, mask in enumerate(shown):
        parts.append(_column(table, mask, left + COLUMN * (column + 0.5), head, tall, ticks[-1]))
    totals = table.list_totals()
    for row, name in enumerate(table.lists):
        y = head + tall + 18 + ROW * (row + 0.5)
        parts.append(_text(left - 14, y + 4, f"{name} ({number(totals[name])})", anchor="end", css="label"))
    if hidden:
        rest = number(float(table.counts[hidden].sum()))
        parts.append(
            _text(
                0 if narrow else left,
                height - 6,
                f"{len(hidden)} smaller groups, {rest} people together, are not drawn.",
                css="note",
            )
        )
    label = "; ".join(f"{table.name_of(mask)}: {table.counts[mask]:.0f}" for mask in shown)
    if narrow:
        width = max(width, _NARROW)
    return _drawing(parts, width, height, f"People by the lists that hold them. {label}", narrow=narrow)


def _drawing(parts: list[str], width: float, height: float, words: str, *, narrow: bool) -> str:
    return (
        f'<svg class="{"narrow" if narrow else "wide"}" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'role="img" aria-label="{escape(words)}">{"".join(parts)}</svg>'
    )


def _axis(ticks: list[float], left: float, width: float, head: float, tall: float) -> str:
    lines = []
    for tick in ticks:
        y = head + tall * (1.0 - tick / ticks[-1])
        lines.append(f'<line x1="{left:.1f}" x2="{width - 12:.1f}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>')
        lines.append(_text(left - 8, y + 4, number(tick), anchor="end", css="tick"))
    lines.append(_text(left - 8, head - 14, "People", anchor="end", css="tick"))
    return "".join(lines)


def _column(table: CaptureTable, mask: int, x: float, head: float, tall: float, top: float) -> str:
    people = float(table.counts[mask])
    height = tall * people / top
    name = table.name_of(mask).replace(":", " and ")
    only = "only on " if mask.bit_count() == 1 else "on exactly "
    parts = [
        f'<rect x="{x - 9:.1f}" y="{head + tall - height:.1f}" width="18" height="{height:.1f}" class="bar">'
        f"<title>{people:.0f} people {only}{escape(name)}</title></rect>",
        _text(x, head + tall - height - 5, number(people), anchor="middle", css="value"),
    ]
    ys = [head + tall + 18 + ROW * (index + 0.5) for index in range(table.k)]
    on = [y for index, y in enumerate(ys) if mask >> index & 1]
    if len(on) > 1:
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{on[0]:.1f}" y2="{on[-1]:.1f}" class="join"/>')
    for index, y in enumerate(ys):
        css = "dot on" if mask >> index & 1 else "dot"
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6.5" class="{css}"/>')
    return "".join(parts)


def intervals_svg(table: EstimateTable, labels: list[str], *, observed: int | None = None, narrow: bool = False) -> str:
    """Estimates with their intervals under each other, from zero; refused ones say why.

    Parameters
    ----------
    table
        Estimates.
    labels
        Name of each.
    observed
        People observed, drawn as a dashed line.
    narrow
        For telephones: names above their lines instead of beside them.
    """
    uppers = [estimate.upper for estimate in table if estimate.upper is not None]
    ticks = nice_ticks(max([*uppers, float(observed or 1)]), 3 if narrow else 5)
    left = 4.0 if narrow else 24 + 6.6 * max(len(label) for label in labels)
    plot, head, step = (_NARROW - 30, 22.0, 40) if narrow else (520.0, 22.0, ROW)
    bottom = head + step * len(labels) + 4

    def across(value: float) -> float:
        return left + plot * value / ticks[-1]

    parts = []
    for tick in ticks:
        x = across(tick)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{head - 4:.1f}" y2="{bottom:.1f}" class="grid"/>')
        parts.append(_text(x, bottom + 16, number(tick), anchor="middle", css="tick"))
    if observed is not None:
        x = across(observed)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{head - 8:.1f}" y2="{bottom:.1f}" class="observed"/>')
        parts.append(_text(x + 4, head - 8, f"{number(observed)} observed", css="note"))
    for row, (estimate, label) in enumerate(zip(table, labels, strict=True)):
        y = head + step * row + (30 if narrow else ROW / 2 + 2)
        if narrow:
            parts.append(_text(left, y - 14, label, css="label"))
        else:
            parts.append(_text(left - 12, y + 4, label, anchor="end", css="label"))
        parts += _interval(estimate, y, across, observed or 0)
    words = "; ".join(estimate.summary() for estimate in table)
    return _drawing(
        parts, left + plot + (26 if narrow else 40), bottom + 26, f"Estimates and intervals. {words}", narrow=narrow
    )


def _interval(estimate: PopulationEstimate, y: float, across: Callable[[float], float], observed: int) -> list[str]:
    """Interval and point, or why there are none."""
    if estimate.estimate is None or estimate.lower is None or estimate.upper is None:
        return [_text(across(observed) + 8, y + 4, f"no estimate: {estimate.verdict}", css="note")]
    low, high, at = across(estimate.lower), across(estimate.upper), across(estimate.estimate)
    return [
        f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y:.1f}" y2="{y:.1f}" class="interval"/>',
        f'<circle cx="{at:.1f}" cy="{y:.1f}" r="5" class="point"><title>{number(estimate.estimate)} '
        f"({number(estimate.lower)} to {number(estimate.upper)})</title></circle>",
    ]
