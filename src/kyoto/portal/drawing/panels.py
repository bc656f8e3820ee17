"""Many lines as small panels, each on its own scale, in the order of the classification or of the codes."""

from __future__ import annotations

from markupsafe import Markup, escape

from kyoto.portal.drawing.plot import Plot, Scale, band, line, marks, scale_of
from kyoto.portal.figures import Figures, Line
from kyoto.portal.wording import Words
from kyoto.statistics.report.metrics import text_width, wrapped
from kyoto.statistics.report.scales import drawing, rounded
from kyoto.statistics.report.wording import common_decimals

__all__ = ["MOST_PANELS", "panels_svg"]

MOST_PANELS = 24
_HEIGHT = 150
_GAP = 28


def panels_svg(figures: Figures, words: Words, told: str, *, width: int, columns: int, variant: str) -> Markup:
    """Draw a panel a line, up to :data:`MOST_PANELS`.

    Parameters
    ----------
    figures, words, told, width, variant
        See :func:`kyoto.portal.drawing.lines_svg`.
    columns
        Panels in a row.
    """
    shown = figures.lines[:MOST_PANELS]
    height = -(-len(shown) // columns) * _HEIGHT
    each_width = (width - _GAP * (columns - 1)) / columns
    body = []
    for index, each in enumerate(shown):
        x = (index % columns) * (each_width + _GAP)
        y = (index // columns) * _HEIGHT
        body.append(f'<g transform="translate({rounded(x)} {y})">')
        body.extend(_panel(each, figures, words, each_width))
        body.append("</g>")
    head = f'<svg class="chart {variant}" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(told)}">'
    return drawing([head, *body, "</svg>"])


def _panel(each: Line, figures: Figures, words: Words, width: float) -> list[str]:
    digits = common_decimals((point.value, point.lower, point.upper) for point in each.points)
    scale = scale_of(each.points, words, digits, wanted=1)
    top = Scale((0.0, scale.ticks[-1]), (scale.texts[0], scale.texts[-1]))
    plot = Plot(top.width + 8, width - 6, 52.0, _HEIGHT - 30.0, len(each.points), top.ticks[-1])
    rows = wrapped(each.name, width, 2, 13) or [each.name[: int(width / 7)] + "…"]
    parts = [
        f'<text class="name" font-size="13" x="0" y="{14 + 16 * index}">{escape(row)}</text>'
        for index, row in enumerate(rows)
    ]
    for tick, text in zip(top.ticks, top.texts, strict=True):
        kind, y = ("grid" if tick else "axis"), rounded(plot.y(tick))
        parts.append(f'<path class="{kind}" d="M{rounded(plot.left)} {y}H{rounded(plot.right)}"/>')
        parts.append(
            f'<text class="tick" text-anchor="end" font-size="12" x="{rounded(plot.left - 6)}"'
            f' y="{rounded(plot.y(tick) + 4)}">{text}</text>'
        )
    parts += [*marks(plot, each.points), *band(plot, each.points), *line(plot, each.points)]
    first, last = words.period(figures.periods[0]), words.period(figures.periods[-1])
    below = rounded(plot.bottom + 15)
    if text_width(first + last, 12) + 12 < plot.right - plot.left and first != last:
        parts.append(f'<text class="tick" font-size="12" x="{rounded(plot.left)}" y="{below}">{first}</text>')
    parts.append(
        f'<text class="tick" text-anchor="end" font-size="12" x="{rounded(plot.right)}" y="{below}">{last}</text>'
    )
    return parts
