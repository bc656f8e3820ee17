"""Maps of areas: rates fill the areas, counts stand as circles in them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from markupsafe import Markup, escape

from kyoto.portal.catalogue import Boundaries
from kyoto.portal.figures import Figures, Line
from kyoto.portal.wording import Words
from kyoto.statistics.report.maps import shape_path
from kyoto.statistics.report.metrics import text_width
from kyoto.statistics.report.projection import Projection, fitted
from kyoto.statistics.report.scales import drawing, rounded
from kyoto.statistics.report.wording import decimals

__all__ = ["MapDrawing", "map_drawing"]

_CLASSES = 5
_MOST_LABELS = 20
_RADIUS = 34.0
_LARGE = 27
"""Size of text on a narrow screen, in the units of the drawing, which is then shown at less than half its size."""
_Ring = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class MapDrawing:
    """A map, and pairs of class (1 to 5; 0: no figure; -1: a circle) and text that explain it."""

    drawing: Markup
    legend: tuple[tuple[int, str], ...]


def map_drawing(figures: Figures, boundaries: Boundaries, words: Words, told: str) -> MapDrawing | None:
    """Draw the figures of the latest of the chosen periods.

    Parameters
    ----------
    figures
        Figures by area.
    boundaries
        Their shapes; those without a figure are drawn empty.
    words, told
        See :func:`kyoto.portal.drawing.lines_svg`.

    Returns
    -------
    MapDrawing or None
        None if no boundary belongs to an area of the figures.
    """
    lines = {each.code: each for each in figures.lines}
    drawn = {code: _rings(geometry) for code, geometry in boundaries.shapes.items()}
    values = [each.points[-1].value for code in drawn if (each := lines.get(code))]
    known = [value for value in values if value is not None]
    if not known:
        return None
    density = figures.selection.series.unit.startswith("per ") or figures.selection.series.unit == "%"
    bounds = _fifths(known) if density else []
    projection = fitted((point for rings in drawn.values() for ring in rings for point in ring), 760, 640)
    body = [_area(projection, code, drawn[code], lines.get(code), boundaries, bounds, words, figures) for code in drawn]
    if not density:
        body += _circles(projection, drawn, lines, max(known), boundaries, words)
    if len(drawn) <= _MOST_LABELS:
        body += _labels(projection, drawn, boundaries, 0.0 if density else _RADIUS, lines, max(known))
    head = (
        f'<svg class="map" viewBox="0 0 {rounded(projection.width)} {rounded(projection.height + 30)}" role="img"'
        f' aria-label="{escape(told)}">'
    )
    legend = list(_legend(bounds, max(known), words))
    hidden = sum(code in lines and lines[code].points[-1].state == "suppressed" for code in drawn)
    if hidden:
        legend.append((6, words("explore.withheld")))
    if len(known) + hidden < len(drawn):
        legend.append((0, words("explore.map_nothing")))
    return MapDrawing(drawing([head, *body, *_scale_bar(projection, words), "</svg>"]), tuple(legend))


def _rings(geometry: Mapping[str, Any]) -> list[_Ring]:
    """Rings of a polygon or of several."""
    if geometry.get("type") == "Polygon":
        return list(geometry["coordinates"])
    if geometry.get("type") == "MultiPolygon":
        return [ring for polygon in geometry["coordinates"] for ring in polygon]
    return []


def _fifths(values: Sequence[float]) -> list[float]:
    """Upper bounds of the classes but the last: the values at each fifth, the same one once."""
    ordered = sorted(values)
    return sorted({ordered[math.ceil(len(ordered) * part / _CLASSES) - 1] for part in range(1, _CLASSES)})


def _area(
    projection: Projection,
    code: str,
    rings: Sequence[_Ring],
    each: Line | None,
    boundaries: Boundaries,
    bounds: Sequence[float],
    words: Words,
    figures: Figures,
) -> str:
    point = each.points[-1] if each else None
    kind = "hidden" if each and each.points[-1].state == "suppressed" else "m0"
    hidden = point is not None and point.state == "suppressed"
    text = words("explore.withheld" if hidden else "explore.no_data")
    if point is not None and point.value is not None:
        kind = f"m{1 + sum(point.value > bound for bound in bounds)}" if bounds else "land"
        text = words.number(point.value, figures.digits)
    outline = shape_path(rings, projection)
    told = f"{boundaries.names[code]}: {text}"
    return f'<path class="{kind}" data-t="{escape(told)}" d="{outline}"/>' if outline else ""


def _circles(
    projection: Projection,
    drawn: Mapping[str, Sequence[_Ring]],
    lines: Mapping[str, Line],
    highest: float,
    boundaries: Boundaries,
    words: Words,
) -> Iterator[str]:
    """Circles whose area is the count, the large ones first so that they hide no small one."""
    counts = {code: lines[code].points[-1].value or 0.0 for code in drawn if code in lines and drawn[code]}
    for code, value in sorted(counts.items(), key=lambda item: -item[1]):
        if value:
            x, y = _middle(drawn[code], projection)
            told = f"{boundaries.names[code]}: {words.number(value)}"
            radius = rounded(_RADIUS * math.sqrt(value / highest))
            yield f'<circle class="count" data-t="{escape(told)}" cx="{rounded(x)}" cy="{rounded(y)}" r="{radius}"/>'


def _labels(
    projection: Projection,
    drawn: Mapping[str, Sequence[_Ring]],
    boundaries: Boundaries,
    radius: float,
    lines: Mapping[str, Line],
    highest: float,
) -> Iterator[str]:
    """Names of the areas, at their middles or below their circles; marked where there is room for large ones."""
    for code, rings in drawn.items():
        if not rings:
            continue
        x, y = _middle(rings, projection)
        value = lines[code].points[-1].value or 0.0 if code in lines else 0.0
        down, below = (radius * math.sqrt(value / highest) + 3, ".95em") if radius else (0.0, ".32em")
        name = boundaries.names[code]
        kind = "place roomy" if text_width(name, _LARGE) <= _breadth(rings, projection) else "place"
        yield (
            f'<text class="{kind}" text-anchor="middle" font-size="13" x="{rounded(x)}" y="{rounded(y + down)}"'
            f' dy="{below}">{escape(name)}</text>'
        )


def _breadth(rings: Sequence[_Ring], projection: Projection) -> float:
    """Width of the largest ring in pixels."""
    places = [projection.pixel(*point[:2])[0] for point in max(rings, key=lambda each: abs(_signed_area(each)))]
    return max(places) - min(places)


def _signed_area(ring: _Ring) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise([*ring, ring[0]])) / 2


def _middle(rings: Sequence[_Ring], projection: Projection) -> tuple[float, float]:
    """Centre of gravity of the largest ring, or the mean of its points where it has no area."""
    ring = max(rings, key=lambda each: abs(_signed_area(each)))
    size = _signed_area(ring)
    if not size:
        return projection.pixel(sum(p[0] for p in ring) / len(ring), sum(p[1] for p in ring) / len(ring))
    pairs = list(pairwise([*ring, ring[0]]))
    x = sum((a[0] + b[0]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairs) / (6 * size)
    y = sum((a[1] + b[1]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairs) / (6 * size)
    return projection.pixel(x, y)


def _legend(bounds: Sequence[float], highest: float, words: Words) -> Iterator[tuple[int, str]]:
    if not bounds:
        yield -1, words("explore.map_circle", value=words.number(highest))
        return
    digits = min(max(decimals(bound) for bound in bounds), 1)
    yield 1, words("explore.map_up_to", upper=words.number(bounds[0], digits))
    for index, (low, high) in enumerate(pairwise(bounds), start=2):
        yield index, words("explore.map_over", lower=words.number(low, digits), upper=words.number(high, digits))
    yield len(bounds) + 1, words("explore.map_above", lower=words.number(bounds[-1], digits))


def _scale_bar(projection: Projection, words: Words) -> Iterator[str]:
    wanted = 100 / projection.pixels_a_kilometre
    power = 10 ** math.floor(math.log10(wanted))
    length = next(step * power for step in (5, 2, 1) if step * power <= wanted)
    end = 1 + length * projection.pixels_a_kilometre
    foot = projection.height + 22
    yield f'<path class="scale" d="M1 {rounded(foot - 5)}v5H{rounded(end)}v-5"/>'
    yield (
        f'<text class="tick" font-size="13" x="{rounded(end + 8)}" y="{rounded(foot + 4)}">'
        f"{words.number(length, decimals(length))} km</text>"
    )
