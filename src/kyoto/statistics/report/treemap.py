"""Composition as a treemap: the area of a tile is its figure.

The layout is the squarified treemap of Bruls, Huizing and van Wijk (2000), "Squarified treemaps", Data Visualization
2000, Springer, pp. 33-42.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from kyoto.statistics.observations import NOT_APPLICABLE, UNKNOWN
from kyoto.statistics.report.metrics import text_width, wrapped
from kyoto.statistics.report.scales import drawing, rounded
from kyoto.statistics.report.views import Part
from kyoto.statistics.report.wording import number

__all__ = ["Group", "Rectangle", "Tile", "group_parts", "squarify", "treemap_svg"]

_HEAD = 22.0
_GAP = 1.5


@dataclass(frozen=True, slots=True)
class Tile:
    """Smallest part of the treemap."""

    code: str
    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Group:
    """A section and its tiles; ``colour`` is the number of its colour in the palette (0: neutral)."""

    code: str
    name: str
    value: float
    colour: int
    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Place on the drawing, in pixels."""

    x: float
    y: float
    width: float
    height: float


def group_parts(parts: Sequence[Part]) -> list[Group]:
    """Sort the figures of an ICCS table into sections and their classes, largest first.

    Where all figures lie in one section, its classes of level 2 are the groups and those of level 3 the tiles.
    What a section holds beyond its shown classes is a tile of its own.
    """
    figures = {part.code: part for part in parts if part.value}
    sections = [part for code, part in figures.items() if len(code) == 2 and code not in (UNKNOWN, NOT_APPLICABLE)]
    single = len(sections) == 1 and any(len(code) == 4 for code in figures)
    heads = [part for code, part in figures.items() if len(code) == 4] if single else sections
    below = 5 if single else 4
    groups = [
        _group(head, [p for code, p in figures.items() if len(code) == below and code.startswith(head.code)], position)
        for position, head in enumerate(sorted(heads, key=lambda part: part.code), start=1)
    ]
    if not single:
        groups = [
            Group(group.code, group.name, group.value, int(group.code) if group.code.isdigit() else 0, group.tiles)
            for group in groups
        ]
    groups += [_group(figures[code], [], 0) for code in (UNKNOWN, NOT_APPLICABLE) if code in figures]
    return sorted(groups, key=lambda group: (group.colour == 0, -group.value))


def _group(head: Part, below: Sequence[Part], colour: int) -> Group:
    whole = head.value or 0.0
    tiles = sorted((Tile(part.code, part.name, part.value or 0.0) for part in below), key=lambda tile: -tile.value)
    rest = whole - sum(tile.value for tile in tiles)
    if tiles and rest > whole * 0.005:
        tiles.append(Tile(head.code, "Not divided further", rest))
    return Group(head.code, head.name, whole, (colour - 1) % 11 + 1 if colour else 0, tuple(tiles))


def squarify(values: Sequence[float], frame: Rectangle) -> list[Rectangle]:
    """Rectangles with areas in proportion to the values, as near to squares as the rows allow.

    Parameters
    ----------
    values
        Positive numbers, best in descending order.
    frame
        Rectangle to fill.

    Returns
    -------
    list of Rectangle
        One for each value, in the same order; together they fill the frame without overlap.

    Examples
    --------
    >>> [(round(r.width, 2), round(r.height, 2)) for r in squarify([6, 6, 4, 3, 2, 2, 1], Rectangle(0, 0, 6, 4))]
    [(3.0, 2.0), (3.0, 2.0), (1.71, 2.33), (1.29, 2.33), (1.2, 1.67), (1.2, 1.67), (0.6, 1.67)]
    """
    total = sum(values)
    if not values or total <= 0:
        return []
    areas = [value * frame.width * frame.height / total for value in values]
    found: list[Rectangle] = []
    free = frame
    while areas:
        side = min(free.width, free.height)
        size = 1
        while size < len(areas) and _worst(areas[: size + 1], side) <= _worst(areas[:size], side):
            size += 1
        row, areas = areas[:size], areas[size:]
        placed, free = _lay(row, free)
        found.extend(placed)
    return found


def _worst(row: Sequence[float], side: float) -> float:
    """Largest ratio of the longer to the shorter side in a row laid along ``side``."""
    total = sum(row)
    if total <= 0 or side <= 0 or min(row) <= 0:
        return float("inf")
    return max(side**2 * max(row) / total**2, total**2 / (side**2 * min(row)))


def _lay(row: Sequence[float], free: Rectangle) -> tuple[list[Rectangle], Rectangle]:
    """Lay a row along the shorter side; return it and the rectangle that stays free."""
    upright = free.width >= free.height
    side = free.height if upright else free.width
    depth = sum(row) / side if side > 0 else 0.0
    placed = []
    at = 0.0
    for area in row:
        length = area / depth if depth > 0 else 0.0
        placed.append(
            Rectangle(free.x, free.y + at, depth, length) if upright else Rectangle(free.x + at, free.y, length, depth)
        )
        at += length
    if upright:
        return placed, Rectangle(free.x + depth, free.y, max(free.width - depth, 0.0), free.height)
    return placed, Rectangle(free.x, free.y + depth, free.width, max(free.height - depth, 0.0))


def treemap_svg(groups: Sequence[Group], title: str, width: int, height: int, *, variant: str) -> Markup:
    """Draw a treemap.

    Parameters
    ----------
    groups
        Sections and their tiles.
    title
        What the drawing says to who cannot see it.
    width, height
        Size in pixels at which text has its natural size.
    variant
        ``wide`` or ``narrow``: the style sheet shows one of them.
    """
    frames = squarify([group.value for group in groups], Rectangle(0, 0, width, height))
    parts = [f'<svg class="chart {variant}" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">']
    for group, frame in zip(groups, frames, strict=True):
        parts.extend(_group_svg(group, _shrunk(frame, 2.0)))
    return drawing([*parts, "</svg>"])


def _group_svg(group: Group, frame: Rectangle) -> Iterator[str]:
    head = f"{group.name} {number(group.value)}"
    yield f'<g class="c{group.colour}">'
    if len(group.tiles) < 2 or frame.width < 60 or frame.height < 60:
        yield from _tile_svg(Tile(group.code, group.name, group.value), frame, head, bold=True)
    else:
        yield from _head_svg(group, frame)
        inner = Rectangle(frame.x, frame.y + _HEAD, frame.width, frame.height - _HEAD)
        for tile, place in zip(group.tiles, squarify([tile.value for tile in group.tiles], inner), strict=True):
            yield from _tile_svg(tile, _shrunk(place, _GAP), f"{group.name}: {tile.name} {number(tile.value)}")
    yield "</g>"


def _head_svg(group: Group, frame: Rectangle) -> Iterator[str]:
    value = number(group.value)
    room = frame.width - 6
    names = wrapped(group.name, room - text_width(value, 13, bold=True) * 1.05 - 10, 1, 13.6)
    text = f"{names[0]}  " if names else ""
    if text_width(text + value, 13, bold=True) > room:
        return
    yield (
        f'<text class="head" font-size="13" x="{rounded(frame.x + 1)}" y="{rounded(frame.y + 15)}">{escape(text)}'
        f'<tspan class="figure">{value}</tspan></text>'
    )


def _tile_svg(tile: Tile, place: Rectangle, told: str, *, bold: bool = False) -> Iterator[str]:
    yield (
        f'<rect class="tile" data-t="{escape(told)}" x="{rounded(place.x)}" y="{rounded(place.y)}"'
        f' width="{rounded(place.width)}" height="{rounded(place.height)}"/>'
    )
    size = 13.0 if place.width > 90 else 12.0
    rows = int((place.height - 6) // (size + 3)) - 1
    if rows < 1 or place.width < 34:
        return
    lines = wrapped(tile.name, (place.width - 12) / (1.04 if bold else 1), min(rows, 4), size)
    if not lines:
        return
    x = rounded(place.x + 6)
    for index, line in enumerate(lines):
        style = "head inside" if bold else "label"
        yield (
            f'<text class="{style}" font-size="{size:g}" x="{x}"'
            f' y="{rounded(place.y + size + 3 + index * (size + 3))}">{escape(line)}</text>'
        )
    value = number(tile.value)
    if text_width(value, size) < place.width - 8:
        yield (
            f'<text class="label figure" font-size="{size:g}" x="{x}"'
            f' y="{rounded(place.y + size + 3 + len(lines) * (size + 3))}">{value}</text>'
        )


def _shrunk(place: Rectangle, by: float) -> Rectangle:
    return Rectangle(place.x + by / 2, place.y + by / 2, max(place.width - by, 0.0), max(place.height - by, 0.0))
