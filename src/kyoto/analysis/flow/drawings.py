"""Drawings made without a browser: cases through the stages (Sankey), stays in custody (Lexis)."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from kyoto.analysis.flow.result import shown_number

if TYPE_CHECKING:
    from kyoto.analysis.flow.model import CaseFile
    from kyoto.analysis.flow.result import FlowTable

__all__ = ["lexis_svg", "sankey_svg"]

ACCENT, QUIET, INK = "#1f5a94", "#c9d0d6", "#1d2733"
_STYLE = f"font-family:system-ui,sans-serif;fill:{INK}"
WIDTH, HEIGHT, TOP = 880, 340, 62


def sankey_svg(table: FlowTable, *, source: str = "") -> str:
    """Cases that go on and cases that end at each stage, as an SVG picture.

    Parameters
    ----------
    table
        From :func:`.attrition.attrition_by_case`; its total is drawn.
    source
        Stands under the picture.

    Returns
    -------
    str
        SVG with a title and a description for those who cannot see it.
    """
    total = [row for row in table.rows if all(row[name] == "_T" for name in table.by)]
    start = float(total[0]["cases"])
    step = (WIDTH - 150) / max(len(total) - 1, 1)
    scale = (HEIGHT - TOP - 60) / start
    parts = [_text(0, 22, table.what, size=18, weight=600), _text(0, 42, table.method, size=12)]
    for place, row in enumerate(total):
        x, height = place * step, row["cases"] * scale
        if place + 1 < len(total):
            following = total[place + 1]["cases"] * scale
            parts.append(_ribbon(x + 12, TOP, x + step, TOP, following, ACCENT, 0.35))
            lost = height - following
            if lost > 0.5:
                parts.append(
                    _ribbon(
                        x + 12,
                        TOP + following,
                        x + step * 0.55,
                        HEIGHT - 44 - min(lost, 30),
                        lost,
                        QUIET,
                        0.9,
                        min(lost, 30),
                    )
                )
                count = shown_number(row["cases"] - total[place + 1]["cases"])
                parts.append(_text(x + step * 0.58, HEIGHT - 46, f"−{count}", size=12))
        parts.append(f'<rect x="{x:.1f}" y="{TOP}" width="12" height="{max(height, 1):.1f}" fill="{ACCENT}"/>')
        parts.append(_text(x + 18, TOP + 16, row["term"], size=13, weight=600))
        limits = f"{shown_number(row['lower'], 'share')}–{shown_number(row['upper'], 'share')}"
        label = f"{shown_number(row['cases'])} · {shown_number(row['estimate'], 'share')}"
        parts.append(_text(x + 18, TOP + 33, label, size=12))
        parts.append(_text(x + 18, TOP + 48, limits if place else "", size=11))
    parts.append(_text(0, HEIGHT - 8, source, size=11))
    spoken = "; ".join(f"{row['term']} {row['cases']}" for row in total)
    return _svg(parts, WIDTH, HEIGHT, table.what, spoken)


def lexis_svg(cases: CaseFile, begin: str, end: str, *, source: str = "", classes: int = 24) -> str:
    """Stays over calendar time and time since admission, as counts in squares (no line is a person).

    Parameters
    ----------
    cases
        From :func:`.reading.read_cases`.
    begin, end
        Stages at which a stay begins and ends; open stays go to the end of the file.
    source
        Stands under the picture.
    classes
        Squares along the calendar.

    Returns
    -------
    str
        SVG: the darker a square, the more people were present that long at that time. Squares of fewer than ten people
        are left white.
    """
    import numpy as np

    from kyoto.analysis.flow.model import LEAST_CASES

    known = cases.days[begin].notna()
    start = cases.days.loc[known, begin].to_numpy()
    stop = cases.days.loc[known, end].fillna(cases.until).to_numpy()
    size = max((cases.until - start.min()) / classes, 1.0)
    rows = int(min(classes, np.ceil((stop - start).max() / size))) or 1
    counts = np.zeros((rows, classes))
    for column in range(classes):
        moment = start.min() + (column + 0.5) * size
        present = (start <= moment) & (stop > moment)
        age = np.minimum(((moment - start[present]) / size).astype(int), rows - 1)
        counts[:, column] = np.bincount(age, minlength=rows)
    side = min((WIDTH - 140) / classes, (HEIGHT - TOP - 60) / rows)
    most = max(counts.max(), 1.0)
    title = f"Who is inside, and for how long ({begin} to {end})?"
    parts = [_text(0, 22, title, size=18, weight=600)]
    parts.append(
        _text(
            0,
            42,
            f"Each square: people present that long. Darkest: {most:.0f}. White: fewer than {LEAST_CASES}.",
            size=12,
        )
    )
    bottom = TOP + side * rows
    for row, column in np.argwhere(counts >= LEAST_CASES):
        shade = 0.12 + 0.88 * counts[row, column] / most
        x, y = 70 + column * side, bottom - (row + 1) * side
        place = f'x="{x:.1f}" y="{y:.1f}" width="{side - 1:.1f}" height="{side - 1:.1f}"'
        parts.append(f'<rect {place} fill="{ACCENT}" fill-opacity="{shade:.2f}"/>')
    parts += _axes(start.min(), size, classes, rows, side, bottom)
    parts.append(_text(0, bottom + 46, source, size=11))
    return _svg(parts, WIDTH, int(bottom + 56), title, f"At most {most:.0f} people in a square.")


def _axes(first: float, size: float, classes: int, rows: int, side: float, bottom: float) -> list[str]:
    from datetime import date, timedelta

    parts = []
    for column in range(0, classes + 1, max(classes // 6, 1)):
        day = date(1970, 1, 1) + timedelta(days=float(first + column * size))
        parts.append(_text(70 + column * side, bottom + 18, f"{day:%Y-%m}", size=11))
    parts += [
        _text(60, bottom - row * side + 4, f"{row * size:.0f}", size=11, anchor="end")
        for row in range(0, rows + 1, max(rows // 4, 1))
    ]
    parts.append(_text(60, TOP - 6, "days inside", size=11, anchor="end"))
    return parts


def _ribbon(
    x: float, y: float, to_x: float, to_y: float, height: float, colour: str, opacity: float, end: float | None = None
) -> str:
    last = height if end is None else end
    middle, low, to_low = (x + to_x) / 2, y + height, to_y + last
    path = (
        f"M{x:.1f},{y:.1f} C{middle:.1f},{y:.1f} {middle:.1f},{to_y:.1f} {to_x:.1f},{to_y:.1f} "
        f"L{to_x:.1f},{to_low:.1f} C{middle:.1f},{to_low:.1f} {middle:.1f},{low:.1f} {x:.1f},{low:.1f} Z"
    )
    return f'<path d="{path}" fill="{colour}" fill-opacity="{opacity:g}"/>'


def _text(x: float, y: float, text: str, *, size: int, weight: int = 400, anchor: str = "start") -> str:
    if not text:
        return ""
    look = f'font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" style="{_STYLE}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{escape(text)}</text>'


def _svg(parts: Sequence[str], width: int, height: int, title: str, description: str) -> str:
    body = "\n".join(part for part in parts if part)
    box = f'viewBox="-10 -4 {width + 30} {height + 8}" width="{width}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img">'
    return f"{head}\n<title>{escape(title)}</title>\n<desc>{escape(description)}</desc>\n{body}\n</svg>\n"
