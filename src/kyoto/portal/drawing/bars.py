"""Bars from zero in the order of the classification or of the codes: no picture ranks areas."""

from __future__ import annotations

from markupsafe import Markup, escape

from kyoto.portal.figures import Figures, Line
from kyoto.portal.wording import Words
from kyoto.statistics.report.metrics import text_width, wrapped
from kyoto.statistics.report.scales import drawing, rounded

__all__ = ["MOST_BARS", "bars_svg"]

MOST_BARS = 40
_ROW = 17


def bars_svg(figures: Figures, words: Words, told: str, *, width: int, variant: str) -> Markup:
    """Draw the figures of the latest of the chosen periods, a bar a line, up to :data:`MOST_BARS`.

    Parameters
    ----------
    figures, words, told, width, variant
        See :func:`kyoto.portal.drawing.lines_svg`.
    """
    shown = figures.lines[:MOST_BARS]
    points = [each.points[-1] for each in shown]
    highest = max((point.upper or point.value or 0.0 for point in points), default=0.0) or 1.0
    texts = [_text(each, figures, words) for each in shown]
    names = width * (0.34 if variant == "wide" else 0.42)
    values = max(text_width(text, 13) for text in texts) + 12
    room = width - names - values - 12
    body: list[str] = []
    y = 4.0
    for each, text in zip(shown, texts, strict=True):
        rows = wrapped(each.name, names - 4, 3, 13) or [each.name[: int(names / 7.5)] + "…"]
        height = max(_ROW * len(rows), 22) + 8
        middle = y + height / 2
        for index, row in enumerate(rows):
            down = middle + 4.5 + (index - (len(rows) - 1) / 2) * _ROW
            body.append(f'<text class="name" font-size="13" x="0" y="{rounded(down)}">{escape(row)}</text>')
        body += _bar(each, names + 8, middle, room / highest)
        body.append(
            f'<text class="value" text-anchor="end" font-size="13" x="{width}" y="{rounded(middle + 4.5)}">'
            f"{escape(text)}</text>"
        )
        y += height
    axis = f'<path class="axis" d="M{rounded(names + 8)} 0V{rounded(y + 4)}"/>'
    head = (
        f'<svg class="chart {variant}" viewBox="0 0 {width} {rounded(y + 8)}" role="img" aria-label="{escape(told)}">'
    )
    return drawing([head, *body, axis, "</svg>"])


def _text(each: Line, figures: Figures, words: Words) -> str:
    point = each.points[-1]
    if point.value is None:
        return words("explore.withheld" if point.state == "suppressed" else "explore.no_data")
    return words.number(point.value, figures.digits)


def _bar(each: Line, left: float, middle: float, scale: float) -> list[str]:
    point = each.points[-1]
    if point.value is None:
        kind = "hidden" if point.state == "suppressed" else "gap"
        return [f'<rect class="{kind}" x="{rounded(left)}" y="{rounded(middle - 9)}" width="60" height="18"/>']
    width = rounded(point.value * scale)
    parts = [f'<rect class="bar" x="{rounded(left)}" y="{rounded(middle - 9)}" width="{width}" height="18"/>']
    if point.lower is not None and point.upper is not None:
        low, high = left + point.lower * scale, left + point.upper * scale
        parts.append(f'<path class="between" d="M{rounded(low)} {rounded(middle)}H{rounded(high)}"/>')
    return parts
