"""A drawing as a file of its own: with its title, its source and its colours inside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from markupsafe import escape

from kyoto.core.errors import KyotoError, extra_hint
from kyoto.statistics.report.metrics import text_width, wrapped

__all__ = ["png", "standalone"]

_STYLE: Final = (
    "text{font-family:'Source Sans 3','Source Sans Pro','Liberation Sans',Arial,sans-serif;fill:#17212b}"
    ".tick,.about{fill:#52606d}.grid{stroke:#d5dbe1}.axis{stroke:#52606d}.grid,.axis{stroke-width:1;fill:none}"
    ".band{fill:#0b5a7d;fill-opacity:.17}.whisker{stroke:#0b5a7d;stroke-opacity:.3;stroke-width:5}"
    ".line{fill:none;stroke:#0b5a7d;stroke-width:2.25;stroke-linejoin:round;stroke-linecap:round}"
    ".loose{stroke-dasharray:2 5}.dot{fill:#0b5a7d;stroke:#fff;stroke-width:1.5}.end{fill:#0b5a7d;font-weight:600}"
    ".line.l1,.key.l1{stroke:#0b5a7d}.dot.l1{fill:#0b5a7d}.line.l2,.key.l2{stroke:#b5482a}.dot.l2{fill:#b5482a}"
    ".line.l3,.key.l3{stroke:#4a7a1e}.dot.l3{fill:#4a7a1e}.line.l4,.key.l4{stroke:#7a4b94}.dot.l4{fill:#7a4b94}"
    ".line.l5,.key.l5{stroke:#8a6a00}.dot.l5{fill:#8a6a00}.key{stroke-width:4;fill:none}.value{font-weight:600}"
    ".band.l2{fill:#b5482a}.band.l3{fill:#4a7a1e}.band.l4{fill:#7a4b94}.band.l5{fill:#8a6a00}"
    ".gap{fill:#eef1f4}.hidden{fill:url(#hatch)}.break{stroke:#17212b;stroke-dasharray:4 3}"
    ".cursor{display:none}.bar{fill:#5690ac}.between{stroke:#17212b;stroke-width:2}.title{font-weight:600}"
    ".map path{stroke:#fff;stroke-width:.8;stroke-linejoin:round}.land{fill:#f3f5f7}.map path.land{stroke:#d5dbe1}"
    ".m0{fill:#eef1f4}.m1{fill:#d8e5ea}.m2{fill:#a7c4d1}.m3{fill:#719fb5}.m4{fill:#3c7a97}.m5{fill:#0c4a66}"
    ".count{fill:#0b5a7d;fill-opacity:.17;stroke:#0b5a7d;stroke-width:1.5}.map path.scale{fill:none;stroke:#52606d}"
    ".square{fill:#0b5a7d}.place{paint-order:stroke;stroke:#fff;stroke-width:3px}"
)

_HATCH: Final = (
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="6" height="6" fill="#f3f5f7"/><rect width="1.5" height="6" fill="#9aa5b0"/></pattern></defs>'
)


def standalone(
    drawing: str, title: str, about: str, lines: Sequence[str], legend: Sequence[tuple[int, str]] = ()
) -> str:
    """SVG document of a drawing with its title above and its notes and source below.

    Parameters
    ----------
    drawing
        SVG of this package.
    title, about
        Question that the drawing answers, and the line below it.
    lines
        Notes, source and address, as they shall stand below.
    legend
        Class and text, of maps; see :class:`kyoto.portal.drawing.MapDrawing`.
    """
    found = re.match(r'<svg class="([^"]*)" viewBox="0 0 ([\d.]+) ([\d.]+)"[^>]*>', drawing)
    assert found is not None
    kind, width, height = found[1], float(found[2]), float(found[3])
    heads = [("title", 20, row) for row in wrapped(title, width, 3, 20) or [title]]
    heads += [("about", 14, row) for row in wrapped(about, width, 3, 14) or [about]]
    feet = [row for line in lines for row in (wrapped(line, width, 4, 12) or [line])]
    texts, y = [], 8.0
    for name, size, row in heads:
        y += size * 1.3
        texts.append(f'<text class="{name}" font-size="{size}" x="0" y="{y:.0f}">{escape(row)}</text>')
    top = y + 16
    y = top + height + 6
    marks, y = _legend(legend, y, width)
    texts += marks
    for row in feet:
        y += 16
        texts.append(f'<text class="about" font-size="12" x="0" y="{y:.0f}">{escape(row)}</text>')
    inside = drawing[found.end() : drawing.rindex("</svg>")]
    whole = width + 40
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-20 0 {whole:.0f} {y + 20:.0f}" width="{whole:.0f}"'
        f' height="{y + 20:.0f}" role="img"><title>{escape(title)}</title><style>{_STYLE}</style>{_HATCH}'
        f'<rect x="-20" width="100%" height="100%" fill="#fff"/>{"".join(texts)}'
        f'<g class="{kind}" transform="translate(0 {top:.0f})">{inside}</g></svg>\n'
    )


def _legend(legend: Sequence[tuple[int, str]], y: float, width: float) -> tuple[list[str], float]:
    """Swatches with their texts, in as many rows as they need; and where they end."""
    found: list[str] = []
    x = 0.0
    for kind, text in legend:
        room = 34 + text_width(text, 13) * 1.1 + 18
        if x and x + room > width:
            x, y = 0.0, y + 22
        name = "hidden" if kind == 6 else f"m{kind}"
        if kind < 0:
            found.append(f'<circle class="count" cx="{x + 12:.0f}" cy="{y + 10:.0f}" r="9"/>')
        else:
            found.append(f'<rect class="{name}" x="{x:.0f}" y="{y + 3:.0f}" width="26" height="14"/>')
        found.append(f'<text font-size="13" x="{x + 34:.0f}" y="{y + 15:.0f}">{escape(text)}</text>')
        x += room
    return found, y + (26 if legend else 0)


def png(svg: str, *, scale: float = 2.0) -> bytes:
    """Picture of an SVG document.

    Parameters
    ----------
    svg
        From :func:`standalone`.
    scale
        Pixels a unit of the drawing.

    Raises
    ------
    KyotoError
        ``portal.no-images``: the package that draws pictures is not installed.
    """
    try:
        import vl_convert
    except ImportError as error:
        raise KyotoError(
            "Pictures cannot be made here",
            code="portal.no-images",
            detail="The package vl-convert-python is not installed.",
            hint=extra_hint("images"),
        ) from error
    made: bytes = vl_convert.svg_to_png(svg, scale=scale)
    return made
