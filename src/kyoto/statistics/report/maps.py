"""Maps without a base map: hexagons of aggregated points, and areas with their rates or counts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from markupsafe import Markup, escape

from kyoto.statistics.report.figures import DataTable
from kyoto.statistics.report.metrics import text_width
from kyoto.statistics.report.model import BoundaryMap, PointMap
from kyoto.statistics.report.projection import Projection, fitted
from kyoto.statistics.report.scales import drawing, rounded
from kyoto.statistics.report.views import Part, TableView
from kyoto.statistics.report.wording import decimals, interval, number, period_span, plural, sentence_case

__all__ = ["MapChart", "area_map", "point_map", "shape_path"]

_LARGE = 27
"""Size of text on a telephone, in the units of the drawing, which is then shown at less than half its size."""
_CLASSES = 5
_MOST_LABELS = 20
_Ring = Sequence[Sequence[float]]
_Drawn = tuple[str, Mapping[str, Any], Part | None]


@dataclass(frozen=True, slots=True)
class MapChart:
    """A map with its words.

    ``legend`` pairs a class number (1 to 5; 0: no figure, -1: a circle) with its text; ``empty`` stands in the place of
    a map that cannot be drawn.
    """

    anchor: str
    question: str
    about: str
    drawing: Markup
    legend: tuple[tuple[int, str], ...]
    notes: tuple[str, ...]
    source: str
    data: DataTable
    empty: str = "No cell of the map holds enough records to be shown."


def point_map(points: PointMap, anchor: str, area: str) -> MapChart:
    """Map of aggregated points."""
    unit = plural(points.unit)
    question = f"Where were the {unit} recorded?"
    texts = [_class_text(points.classes, index) for index in range(len(points.classes))]
    notes = [
        f"Hexagons are {number(points.width, decimals(points.width))} km wide. Hexagons with fewer than"
        f" {points.threshold} records are not shown; they hold about {number(points.hidden)} of about"
        f" {number(points.shown + points.hidden)} records.",
        f"{number(points.without_point)} records have no place." if points.without_point else "",
    ]
    counts = [sum(cell.least == bound for cell in points.cells) for bound in points.classes]
    return MapChart(
        anchor,
        question,
        f"{sentence_case(unit)} in hexagons, {area}",
        _hexagons(points, question),
        tuple((index + 1, text) for index, text in enumerate(texts)),
        tuple(note for note in notes if note),
        points.source,
        DataTable(
            (f"{sentence_case(unit)} in a hexagon", "Hexagons"),
            tuple((text, number(count)) for text, count in zip(texts, counts, strict=True)),
        ),
    )


def _class_text(bounds: Sequence[int], index: int) -> str:
    if index + 1 == len(bounds):
        return f"{number(bounds[index])} and more"
    return f"{number(bounds[index])} to {number(bounds[index + 1] - 1)}"


def _hexagons(points: PointMap, question: str) -> Markup:
    if not points.cells:
        return Markup("")
    projection = fitted((corner for cell in points.cells for corner in cell.outline), 760, 620)
    classes = {bound: index + 1 for index, bound in enumerate(points.classes)}
    body = []
    for cell in points.cells:
        corners = " ".join(",".join(map(rounded, projection.pixel(*corner))) for corner in cell.outline)
        body.append(f'<polygon class="m{classes[cell.least]}" points="{corners}"/>')
    return _drawing(projection, question, body)


def _drawing(projection: Projection, question: str, body: Sequence[str]) -> Markup:
    height = projection.height + 30
    head = (
        f'<svg class="map" viewBox="0 0 {rounded(projection.width)} {rounded(height)}" role="img"'
        f' aria-label="{escape(question)} The figures are in the table below.">'
    )
    return drawing([head, *body, *_scale_bar(projection, height), "</svg>"])


def _scale_bar(projection: Projection, height: float) -> Iterator[str]:
    wanted = 100 / projection.pixels_a_kilometre
    power = 10 ** math.floor(math.log10(wanted))
    length = next(step * power for step in (5, 2, 1) if step * power <= wanted)
    end = 1 + length * projection.pixels_a_kilometre
    y = rounded(height - 8)
    yield f'<path class="scale" d="M1,{rounded(height - 13)}V{y}H{rounded(end)}V{rounded(height - 13)}"/>'
    yield (
        f'<text class="tick" font-size="13" x="{rounded(end + 8)}" y="{rounded(height - 4)}">'
        f"{number(length, decimals(length))} km</text>"
    )


def area_map(view: TableView, boundaries: BoundaryMap, anchor: str, area: str) -> MapChart | None:
    """Map of a table by area: rates fill the areas, counts stand as circles in them.

    A filled area tells a density, so counts, which follow the size of an area, are never drawn that way.

    Parameters
    ----------
    view
        Counts or rates by area.
    boundaries
        Areas; those without a figure are drawn hatched.
    anchor, area
        Of the page, and the name of the project's area.
    """
    parts = {part.code: part for part in view.parts("area")}
    shapes = [(str(_property(feature, boundaries.key)), feature) for feature in boundaries.geojson.get("features", [])]
    drawn = [(code, feature, parts.get(code)) for code, feature in shapes if feature.get("geometry")]
    covered = view.parts_periods
    if covered is None:
        return None
    if not any(part and part.value is not None for _, _, part in drawn):
        return _unmatched(view, boundaries, anchor, area)
    rate = view.unit.startswith("per ")
    unit = plural(view.unit)
    points = [point for _, feature, _ in drawn for ring in _rings(feature["geometry"]) for point in ring]
    projection = fitted(points, 760, 680)
    names = {code: str(_property(feature, boundaries.name) or code) for code, feature, _ in drawn}
    values = [part.value for part in parts.values() if part.value is not None and part.code in names]
    bounds = _quantile_bounds(values) if rate else []
    question = f"Where was the rate {unit} high or low?" if rate else f"Where were the {unit} recorded?"
    body = [_shape(projection, code, feature, part, names[code], bounds) for code, feature, part in drawn]
    if not rate:
        body += _circles(projection, drawn, names, max(values))
    if len(drawn) <= _MOST_LABELS:
        body += _labels(projection, drawn, names, max(values), below=not rate)
    return MapChart(
        anchor,
        question,
        f"{sentence_case(unit)}, {area}, {period_span(*covered)}",
        _drawing(projection, question, body),
        tuple(_legend(bounds, max(values), without=len(drawn) > len(values))),
        tuple(_area_notes(parts, names, boundaries)),
        view.table.source,
        DataTable(
            ("Area", sentence_case(unit), "95 % interval"),
            tuple(_area_row(names[code], part) for code, _, part in sorted(drawn, key=lambda item: names[item[0]])),
        ),
    )


def _unmatched(view: TableView, boundaries: BoundaryMap, anchor: str, area: str) -> MapChart:
    """Say that no boundary belongs to an area of the table, and what to do."""
    unit = plural(view.unit)
    return MapChart(
        anchor,
        f"Where were the {unit} recorded?",
        f"{sentence_case(unit)}, {area}",
        Markup(""),
        (),
        (),
        view.table.source,
        DataTable(("Area", sentence_case(unit)), ()),
        f"No boundary belongs to an area of this table: none has its code in “{boundaries.key}”."
        " Name the property that holds it as key in the [report] section.",
    )


def _area_notes(parts: Mapping[str, Part], names: Mapping[str, str], boundaries: BoundaryMap) -> Iterator[str]:
    lost = [part for part in parts.values() if part.code not in names and not part.code.startswith("_")]
    if lost:
        yield f"{number(len(lost))} areas of the table have no boundary and are missing from the map."
    if boundaries.attribution:
        yield boundaries.attribution


def _area_row(name: str, part: Part | None) -> tuple[str, str, str]:
    if part is None or part.value is None:
        return (name, "not published" if part and part.state == "suppressed" else "no data", "")
    digits = decimals(part.value, part.lower, part.upper)
    return (name, number(part.value, digits), interval(part.lower, part.upper, digits))


def _property(feature: Mapping[str, Any], key: str) -> Any:
    properties = feature.get("properties") or {}
    return properties.get(key) if key in properties else feature.get("id") if key == "id" else None


def _rings(geometry: Mapping[str, Any]) -> list[_Ring]:
    """Rings of a polygon or of several."""
    if geometry.get("type") == "Polygon":
        return list(geometry["coordinates"])
    if geometry.get("type") == "MultiPolygon":
        return [ring for polygon in geometry["coordinates"] for ring in polygon]
    return []


def shape_path(rings: Sequence[_Ring], projection: Projection, *, least: float = 0.8) -> str:
    """SVG path of a shape, without points nearer than ``least`` pixels to the one before."""
    parts = []
    for ring in rings:
        places = [projection.pixel(point[0], point[1]) for point in ring]
        kept = places[:1]
        for place in places[1:]:
            if math.dist(place, kept[-1]) >= least:
                kept.append(place)
        if len(kept) > 2:
            parts.append("M" + "L".join(f"{rounded(x)},{rounded(y)}" for x, y in kept) + "Z")
    return "".join(parts)


def _quantile_bounds(values: Sequence[float]) -> list[float]:
    """Upper bounds of the classes but the last: the values at each fifth, the same one once."""
    ordered = sorted(values)
    return sorted({ordered[math.ceil(len(ordered) * part / _CLASSES) - 1] for part in range(1, _CLASSES)})


def _class_of(value: float, bounds: Sequence[float]) -> int:
    return 1 + sum(value > bound for bound in bounds)


def _shape(
    projection: Projection, code: str, feature: Mapping[str, Any], part: Part | None, name: str, bounds: Sequence[float]
) -> str:
    told = ": ".join((name, _area_row(name, part)[1]))
    known = part is not None and part.value is not None
    kind = f"m{_class_of(part.value, bounds)}" if part and part.value is not None and bounds else "land"
    path = shape_path(_rings(feature["geometry"]), projection)
    return f'<path class="{kind if known else "m0"}" data-t="{escape(told)}" d="{path}"/>' if path else ""


def _circles(
    projection: Projection,
    drawn: Sequence[_Drawn],
    names: Mapping[str, str],
    highest: float,
) -> Iterator[str]:
    """Circles whose area is the count, the large ones first so that they hide no small one."""
    ordered = sorted(drawn, key=lambda item: -((item[2].value if item[2] else None) or 0.0))
    for code, feature, part in ordered:
        if part is None or not part.value:
            continue
        x, y = _centre(max(_rings(feature["geometry"]), key=lambda ring: abs(_area(ring))), projection)
        radius = _radius(part.value, highest)
        told = f"{names[code]}: {number(part.value)}"
        yield (
            f'<circle class="count" data-t="{escape(told)}" cx="{rounded(x)}" cy="{rounded(y)}" r="{rounded(radius)}"/>'
        )


def _labels(
    projection: Projection, drawn: Sequence[_Drawn], names: Mapping[str, str], highest: float, *, below: bool
) -> Iterator[str]:
    """Names of the areas, at their centres or below their circles; marked where a telephone has room for them."""
    for code, feature, part in drawn:
        rings = _rings(feature["geometry"])
        if not rings:
            continue
        largest = max(rings, key=lambda ring: abs(_area(ring)))
        x, y = _centre(largest, projection)
        across = [projection.pixel(*point[:2])[0] for point in largest]
        kind = "place roomy" if text_width(names[code], _LARGE) <= max(across) - min(across) else "place"
        down, drop = (_radius((part.value if part else None) or 0.0, highest) + 3, ".95em") if below else (0.0, ".32em")
        yield (
            f'<text class="{kind}" text-anchor="middle" font-size="13" x="{rounded(x)}" y="{rounded(y + down)}"'
            f' dy="{drop}">{escape(names[code])}</text>'
        )


def _radius(value: float, highest: float) -> float:
    return 34 * math.sqrt(value / highest)


def _area(ring: _Ring) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)) / 2


def _centre(ring: _Ring, projection: Projection) -> tuple[float, float]:
    """Centre of gravity of a ring, or the mean of its points where it has no area."""
    size = _area(ring)
    if not size:
        return projection.pixel(sum(p[0] for p in ring) / len(ring), sum(p[1] for p in ring) / len(ring))
    pairs = list(zip(ring, [*ring[1:], ring[0]], strict=True))
    x = sum((a[0] + b[0]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairs) / (6 * size)
    y = sum((a[1] + b[1]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairs) / (6 * size)
    return projection.pixel(x, y)


def _legend(bounds: Sequence[float], highest: float, *, without: bool) -> Iterator[tuple[int, str]]:
    if bounds:
        digits = max(decimals(bound) for bound in bounds)
        digits = min(digits, 1)
        yield 1, f"up to {number(bounds[0], digits)}"
        for index, (low, high) in enumerate(pairwise(bounds), start=2):
            yield index, f"over {number(low, digits)} to {number(high, digits)}"
        yield len(bounds) + 1, f"over {number(bounds[-1], digits)}"
    else:
        yield -1, f"largest circle: {number(highest)}"
    if without:
        yield 0, "no figure"
