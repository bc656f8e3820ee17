"""Drawings made without a browser: cases through the stages (Sankey), stays in custody (Lexis)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from kyoto.analysis.flow.result import shown_number

if TYPE_CHECKING:
    from kyoto.analysis.flow.model import CaseFile
    from kyoto.analysis.flow.result import FlowTable

__all__ = ["lexis_svg", "sankey_svg"]

ACCENT, QUIET = "accent", "quiet"
_LOOK = (
    "text{font-family:system-ui,sans-serif;fill:#1d2733}.paper{fill:#fff}.accent{fill:#1f5a94}.quiet{fill:#c9d0d6}"
    "@media(prefers-color-scheme:dark){text{fill:#e4e9ee}.paper{fill:#14181d}.accent{fill:#6db6e8}.quiet{fill:#4a5661}}"
)
"""Colours of the classes, on light and on dark paper: a file is looked at on either."""
WIDTH, HEIGHT, TOP = 900, 360, 110
NARROW, STEP = 350, 76
"""Width of a drawing for a telephone, and the height of a stage in it."""


def sankey_svg(table: FlowTable, *, source: str = "", narrow: bool = False) -> str:
    """Cases that go on and cases that end at each stage, as an SVG picture.

    Parameters
    ----------
    table
        From :func:`.attrition.attrition_by_case`; its total is drawn.
    source
        Stands under the picture.
    narrow
        Downwards instead of to the right, for a page as wide as a telephone.

    Returns
    -------
    str
        SVG with a title and a description for those who cannot see it.
    """
    total = [row for row in table.rows if all(row[name] == "_T" for name in table.by)]
    spoken = "; ".join(f"{row['term']} {row['cases']}" for row in total)
    if narrow:
        return _downwards(table, total, source, spoken)
    step = (WIDTH - 130) / max(len(total) - 1, 1)
    scale = (HEIGHT - TOP - 40) / float(total[0]["cases"])
    parts = [_text(0, 18, table.what, size=18, weight=600), _text(0, 38, table.method, size=12)]
    for place, row in enumerate(total):
        x, height = place * step, row["cases"] * scale
        following = total[place + 1]["cases"] if place + 1 < len(total) else row["cases"]
        if place + 1 < len(total):
            parts.append(_block(x + 12, TOP, step - 12, following * scale, ACCENT, 0.35))
            parts.append(_block(x + 12, TOP + following * scale, step * 0.3, height - following * scale, QUIET, 0.8))
            ended = f"−{shown_number(row['cases'] - following)}"
            middle = TOP + (height + following * scale) / 2
            parts.append(_text(x + 16 + step * 0.3, max(middle + 4, TOP + following * scale + 13), ended, size=12))
        parts.append(_block(x, TOP, 12, max(height, 1.0), ACCENT, 1.0))
        parts += _stage_label(x, row, first=place == 0)
    parts.append(_text(0, HEIGHT - 8, source, size=11))
    return _svg(parts, WIDTH, HEIGHT, table.what, spoken)


def _downwards(table: FlowTable, total: Sequence[Mapping[str, Any]], source: str, spoken: str) -> str:
    """The stages one under the other: what goes on at the left, what ends at each stage at the right."""
    from textwrap import wrap

    lines = wrap(table.method, 54)
    parts = [_text(0, 18, table.what, size=17, weight=600)]
    parts += [_text(0, 38 + 16 * place, line, size=12) for place, line in enumerate(lines)]
    top = 46 + 16 * len(lines)
    scale = NARROW / float(total[0]["cases"])
    for place, row in enumerate(total):
        y, width = top + place * STEP, row["cases"] * scale
        last = place + 1 == len(total)
        following = row["cases"] if last else total[place + 1]["cases"]
        if not last:
            parts.append(_block(0, y + 12, following * scale, STEP - 12, ACCENT, 0.3))
            parts.append(_block(following * scale, y + 12, width - following * scale, STEP * 0.2, QUIET, 0.8))
            ended = f"−{shown_number(row['cases'] - following)}"
            parts.append(_text(NARROW, y + 46, ended, size=12, anchor="end"))
        parts.append(_block(0, y, max(width, 1.0), 12, ACCENT, 1.0))
        parts += _stage_label(4, row, first=place == 0, top=y + 72)
    bottom = top + STEP * len(total)
    parts.append(_text(0, bottom + 14, source, size=11))
    return _svg(parts, NARROW, bottom + 22, table.what, spoken)


def _stage_label(x: float, row: Mapping[str, Any], *, first: bool, top: float = TOP) -> list[str]:
    """Name, number, share and interval of a stage, above its bar."""
    count = shown_number(row["cases"])
    share = "" if first else shown_number(row["estimate"], "share")
    limits = f"{shown_number(row['lower'], 'share')} to {shown_number(row['upper'], 'share')}"
    lines = [(row["term"], 600, 13), (f"{count}  {share}".strip(), 400, 12), ("" if first else limits, 400, 11)]
    return [
        _text(x, top - 42 + 16 * line, text, size=size, weight=weight)
        for line, (text, weight, size) in enumerate(lines)
    ]


def lexis_svg(cases: CaseFile, begin: str, end: str, *, source: str = "", narrow: bool = False) -> str:
    """Stays over calendar time and time since admission, as counts in cells (no line is a person).

    Parameters
    ----------
    cases
        From :func:`.reading.read_cases`.
    begin, end
        Stages at which a stay begins and ends; open stays go to the end of the file.
    source
        Stands under the picture.
    narrow
        Fewer cells, for a page as wide as a telephone.

    Returns
    -------
    str
        SVG: the darker a cell, the more people were present that long at that time. Cells of fewer than ten people are
        left empty.
    """
    import numpy as np

    from kyoto.analysis.flow.model import LEAST_CASES

    whole, classes = (NARROW, 10) if narrow else (WIDTH, 24)
    known = cases.days[begin].notna()
    start = cases.days.loc[known, begin].to_numpy()
    stop = cases.days.loc[known, end].fillna(cases.until).to_numpy()
    size = max((cases.until - start.min()) / classes, 1.0)
    counts = np.zeros((classes, classes))
    for column in range(classes):
        moment = start.min() + (column + 0.5) * size
        present = (start <= moment) & (stop > moment)
        age = np.minimum(((moment - start[present]) / size).astype(int), classes - 1)
        counts[:, column] = np.bincount(age, minlength=classes)
    shown = np.argwhere(counts >= LEAST_CASES)
    rows = int(shown[:, 0].max(initial=3)) + 1
    width, height = (whole - 90) / classes, (HEIGHT - TOP - 10) / rows
    most, bottom = max(counts.max(), 1.0), TOP - 20 + height * rows
    title = f"Who is inside, and for how long ({begin} to {end})?"
    rule = f"Each cell: people present that long. Darkest: {most:.0f}. Empty: fewer than {LEAST_CASES}."
    parts = _heading(title, rule, narrow=narrow)
    for row, column in shown:
        shade = 0.12 + 0.88 * counts[row, column] / most
        parts.append(_block(70 + column * width, bottom - (row + 1) * height, width - 1, height - 1, ACCENT, shade))
    parts += _axes(start.min(), size, classes, rows, (width, height), bottom)
    parts.append(_text(0, bottom + 44, source, size=11))
    return _svg(parts, whole, int(bottom + 52), title, f"At most {most:.0f} people in a cell.")


def _heading(title: str, rule: str, *, narrow: bool) -> list[str]:
    from textwrap import wrap

    if not narrow:
        return [_text(0, 18, title, size=18, weight=600), _text(0, 38, rule, size=12)]
    lines = [_text(0, 14 + 17 * place, line, size=15, weight=600) for place, line in enumerate(wrap(title, 38))]
    below = 16 + 17 * len(lines)
    return lines + [_text(0, below + 14 * place, line, size=11) for place, line in enumerate(wrap(rule, 58))]


def _axes(first: float, size: float, classes: int, rows: int, cell: tuple[float, float], bottom: float) -> list[str]:
    from datetime import date, timedelta

    parts = []
    for column in range(0, classes + 1, classes // 2 if classes <= 10 else classes // 4):
        day = date(1970, 1, 1) + timedelta(days=float(first + column * size))
        parts.append(_text(70 + column * cell[0], bottom + 18, f"{day:%Y-%m}", size=11, anchor="middle"))
    parts += [
        _text(60, bottom - row * cell[1] + 4, f"{row * size:.0f}", size=11, anchor="end")
        for row in range(0, rows + 1, max(rows // 4, 1))
    ]
    parts.append(_text(0, TOP - 28, "days inside", size=11))
    return parts


def _block(x: float, y: float, width: float, height: float, colour: str, opacity: float) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.0):.1f}" height="{max(height, 0.0):.1f}"'
    return f'<rect {place} class="{colour}" fill-opacity="{opacity:.2f}"/>'


def _text(x: float, y: float, text: str, *, size: int, weight: int = 400, anchor: str = "start") -> str:
    if not text:
        return ""
    look = f'font-size="{size}" font-weight="{weight}" text-anchor="{anchor}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{escape(text)}</text>'


def _svg(parts: Sequence[str], width: int, height: int, title: str, description: str) -> str:
    body = "\n".join(part for part in parts if part)
    paper = f'<rect class="paper" x="-10" y="-4" width="{width + 30}" height="{height + 8}"/>'
    box = f'viewBox="-10 -4 {width + 30} {height + 8}" width="{width}"'
    body = f"<style>{_LOOK}</style>\n{paper}\n{body}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img">'
    return f"{head}\n<title>{escape(title)}</title>\n<desc>{escape(description)}</desc>\n{body}\n</svg>\n"
