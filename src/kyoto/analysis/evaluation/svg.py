"""Small drawings: scales, ticks and shapes of SVG, without a chart library."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

__all__ = ["ACCENT", "INK", "LINE", "QUIET", "document", "line", "path", "rect", "scale", "text", "ticks"]

ACCENT, INK, QUIET, LINE = "#1f5a94", "#1b1f23", "#5b6670", "#c9d1d8"
FONT = "'Inter','Segoe UI','Helvetica Neue',Arial,sans-serif"


def scale(low: float, high: float, start: float, end: float, value: float) -> float:
    """Place of a value on an axis that runs from ``start`` to ``end`` pixels.

    Examples
    --------
    >>> scale(0, 10, 100, 200, 5)
    150.0
    """
    return start + (value - low) / (high - low) * (end - start) if high > low else (start + end) / 2


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round values inside a range.

    Examples
    --------
    >>> ticks(-0.73, 1.1)
    [-0.5, 0.0, 0.5, 1.0]
    """
    if not high > low:
        return [low]
    raw = (high - low) / max(count, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(number * step, 12) + 0.0 for number in range(first, last + 1)]


def text(
    x: float, y: float, words: str, *, anchor: str = "start", size: float = 13, colour: str = INK, bold: bool = False
) -> str:
    """Words at a place."""
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size:g}" fill="{colour}"{weight}>'
        f"{escape(words)}</text>"
    )


def line(x1: float, y1: float, x2: float, y2: float, *, colour: str = INK, width: float = 1, dash: str = "") -> str:
    """A straight line."""
    pattern = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
        f'stroke-width="{width:g}"{pattern}/>'
    )


def rect(x: float, y: float, width: float, height: float, *, colour: str = ACCENT, opacity: float = 1) -> str:
    """A filled rectangle."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}" '
        f'fill-opacity="{opacity:g}"/>'
    )


def path(points: Sequence[tuple[float, float]], *, colour: str = ACCENT, fill: bool = False, width: float = 1.5) -> str:
    """A broken line, or the area inside it."""
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    if fill:
        return f'<polygon points="{places}" fill="{colour}"/>'
    return f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="{width:g}"/>'


def document(parts: Sequence[str], width: float, height: float, label: str) -> str:
    """A whole drawing with its description for screen readers."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" aria-label="{escape(label)}" font-family="{FONT}" '
        f'style="font-variant-numeric:tabular-nums"><rect width="100%" height="100%" fill="#fff"/>'
        f"{''.join(parts)}</svg>"
    )
