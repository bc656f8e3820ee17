"""Charts of this room: dots with intervals, for notebooks (Altair) and for the report (SVG)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING, cast

from kyoto.analysis.surveys.result import SurveyEstimate, SurveyEstimates, shown_number

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = ["ACCENT", "dot_chart", "dots_svg", "interval_chart", "nice_ticks"]

ACCENT = "#1f5a94"
QUIET = "#8a939c"
ROW = 27
_NARROW = (12.0, 250.0, 70.0, 44)
"""Space left of the lines, for them, right of them, and between them, on a telephone."""


def interval_chart(frame: pd.DataFrame, *, title: str) -> altair.LayerChart:
    """Dots and intervals of a tidy frame, with a line at zero.

    Parameters
    ----------
    frame
        Columns ``term``, ``estimate``, ``lower``, ``upper``.
    title
        The question the chart answers.
    """
    import altair as alt

    base = alt.Chart(frame).encode(y=alt.Y("term:N", sort=None, title=None))
    bars = base.mark_rule(color=ACCENT, strokeWidth=2.5).encode(x=alt.X("lower:Q", title=None), x2="upper:Q")
    dots = base.mark_point(color=ACCENT, filled=True, size=70, opacity=1).encode(x="estimate:Q")
    zero = alt.Chart(frame.head(1)).mark_rule(color=QUIET, strokeDash=[4, 3]).encode(x=alt.datum(0))
    return cast("altair.LayerChart", alt.layer(zero, bars, dots).properties(title=title, width=480))


def dot_chart(estimates: SurveyEstimates) -> altair.LayerChart:
    """Dots and intervals of figures; one without an estimate says why.

    Parameters
    ----------
    estimates
        Figures.
    """
    import altair as alt
    import pandas as pd

    rows = [{**figure.row(), "label": figure.label()} for figure in estimates]
    data = pd.DataFrame(rows)[["label", "estimate", "lower", "upper", "n", "note"]]
    base = alt.Chart(data).encode(y=alt.Y("label:N", sort=None, title=None))
    found = base.transform_filter("datum.estimate != null")
    bars = found.mark_rule(color=ACCENT, strokeWidth=2.5).encode(x=alt.X("lower:Q", title=None), x2="upper:Q")
    dots = found.mark_point(color=ACCENT, filled=True, size=70, opacity=1).encode(
        x="estimate:Q", tooltip=["label", "estimate", "lower", "upper", "n"]
    )
    absent = base.transform_filter("datum.estimate == null").mark_text(align="left", color=QUIET)
    words = absent.encode(x=alt.value(4), text="note:N")
    title = alt.Title("What does the survey say?", subtitle=f"Lines: {estimates.level:.0%} limits.")
    return cast("altair.LayerChart", alt.layer(bars, dots, words).properties(title=title, width=480))


def nice_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers that reach from ``low`` to ``high``.

    Examples
    --------
    >>> nice_ticks(0, 9.3)
    [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    """
    span = max(high - low, 1e-12)
    rough = span / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(step * at, 12) for at in range(first, last + 1)]


def dots_svg(figures: Sequence[SurveyEstimate], labels: Sequence[str], *, unit: str, narrow: bool = False) -> str:
    """Dots with intervals under each other, from zero; withheld and missing figures say so.

    Parameters
    ----------
    figures
        What is shown.
    labels
        Name of each.
    unit
        What is counted; stands under the axis and in the description for those who cannot see it.
    narrow
        For telephones: names above their lines instead of beside them.

    Returns
    -------
    str
        An ``<svg>`` element; its classes are styled by the page.
    """
    known = [figure for figure in figures if figure.estimate is not None and figure.upper is not None]
    low = min([0.0, *(float(figure.lower or 0.0) for figure in known)])
    top = max([float(figure.upper or 0.0) for figure in known], default=1.0) or 1.0
    ticks = nice_ticks(low, top, 3 if narrow else 5)
    left, plot, right, row = _NARROW if narrow else (30 + 6.7 * max(map(len, labels), default=4), 460.0, 150.0, ROW)
    head = 10.0
    bottom = head + row * len(labels) + 4
    width, height = left + plot + right, bottom + 40

    def across(value: float) -> float:
        return left + plot * (value - ticks[0]) / (ticks[-1] - ticks[0])

    parts = []
    for tick in ticks:
        x = across(tick)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{head:.1f}" y2="{bottom:.1f}" class="grid"/>')
        parts.append(_text(x, bottom + 16, _tick(tick), anchor="middle", css="tick"))
    parts.append(_text(left, bottom + 34, unit, css="note"))
    for at, (figure, label) in enumerate(zip(figures, labels, strict=True)):
        y = head + row * (at + 0.5)
        parts.append(
            _text(left, y - 8, label, css="label") if narrow else _text(left - 12, y + 4, label, "end", "label")
        )
        parts.append(_mark(figure, y + 8 if narrow else y, left, across))
    words = "; ".join(f"{label}: {_spoken(figure)}" for figure, label in zip(figures, labels, strict=True))
    return (
        f'<svg class="{"narrow" if narrow else "wide"}" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'role="img" aria-label="{escape(unit)}. {escape(words)}">{"".join(parts)}</svg>'
    )


def _tick(value: float) -> str:
    """Round number of an axis, without digits that say nothing."""
    return shown_number(value) if abs(value) >= 1000 else f"{value:g}"


def _mark(figure: SurveyEstimate, y: float, left: float, across: Callable[[float], float]) -> str:
    """Line, dot and value of a figure, or why there is none."""
    if figure.estimate is None or figure.lower is None or figure.upper is None:
        return _text(left + 8, y + 4, figure.note or "no estimate", css="note")
    low, high, at = across(figure.lower), across(figure.upper), across(figure.estimate)
    css = "interval quiet" if figure.note else "interval"
    dot = "point open" if figure.note else "point"
    return (
        f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y:.1f}" y2="{y:.1f}" class="{css}"/>'
        f'<circle cx="{at:.1f}" cy="{y:.1f}" r="5" class="{dot}"><title>{_spoken(figure)}</title></circle>'
        + _text(high + 10, y + 4, shown_number(figure.estimate), css="value")
    )


def _spoken(figure: SurveyEstimate) -> str:
    if figure.estimate is None:
        return figure.note or "no estimate"
    return f"{shown_number(figure.estimate)} ({shown_number(figure.lower)} to {shown_number(figure.upper)})"


def _text(x: float, y: float, words: str, anchor: str = "start", css: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{css}">{escape(words)}</text>'
