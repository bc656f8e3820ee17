"""Points of records aggregated to hexagons, inside the engine: no person's point leaves it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kyoto.statistics.report.model import PointCell, PointMap
from kyoto.statistics.report.projection import KILOMETRES_A_DEGREE

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kyoto.core.engine import Engine

__all__ = ["aggregate_points", "class_bounds", "hexagon"]

_WIDTHS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0)
_ACROSS = 40


def aggregate_points(
    engine: Engine,
    records: ir.Table,
    *,
    source: str,
    unit: str,
    longitude: str = "longitude",
    latitude: str = "latitude",
    threshold: int = 10,
    width: float | None = None,
) -> PointMap | None:
    """Count the records of a source in hexagons.

    Parameters
    ----------
    engine
        Where the records are.
    records
        Counted records: one row a record, with coordinates in degrees (WGS 84).
    source, unit
        Name of the source and its counting unit.
    longitude, latitude
        Columns.
    threshold
        Hexagons with fewer records are hidden, and only the class of a number is kept of the others.
    width
        Distance between opposite sides in kilometres; chosen so that about forty fit side by side if None.

    Returns
    -------
    PointMap or None
        None where no record has a point.

    Notes
    -----
    The nearest centre of a hexagonal lattice is the nearer of the nearest centres of the two rectangular lattices
    that it is made of.
    """
    points = records.select(longitude=records[longitude].cast("float64"), latitude=records[latitude].cast("float64"))
    usable = points.filter(
        points.longitude.between(-180, 180)
        & points.latitude.between(-90, 90)
        & ~((points.longitude == 0) & (points.latitude == 0))  # what many systems write for "no place"
    )
    extent = engine.fetch(
        usable.aggregate(
            count=usable.count(),
            west=usable.longitude.quantile(0.01),
            east=usable.longitude.quantile(0.99),
            south=usable.latitude.quantile(0.01),
            north=usable.latitude.quantile(0.99),
        )
    ).to_pylist()[0]
    if not extent["count"]:
        return None
    total = engine.fetch(points.aggregate(count=points.count())).to_pylist()[0]["count"]
    middle = (extent["south"] + extent["north"]) / 2
    chosen = width or _width_for(
        (extent["east"] - extent["west"]) * KILOMETRES_A_DEGREE * math.cos(math.radians(middle))
    )
    counts = engine.fetch(_binned(usable, chosen, middle)).to_pylist()
    return _point_map(counts, source, unit, threshold, chosen, middle, int(total) - int(extent["count"]))


def _width_for(across: float) -> float:
    wanted = across / _ACROSS
    return next((width for width in _WIDTHS if width >= wanted), _WIDTHS[-1])


def _binned(points: ir.Table, width: float, middle: float) -> ir.Table:
    """Number of points by lattice (0 or 1), column and row."""
    across, down = width, width * math.sqrt(3)
    x = points.longitude * (KILOMETRES_A_DEGREE * math.cos(math.radians(middle))) / across
    y = points.latitude * KILOMETRES_A_DEGREE / down
    near = points.select(x=x, y=y)
    near = near.mutate(i0=near.x.round(), j0=near.y.round(), i1=(near.x - 0.5).round(), j1=(near.y - 0.5).round())
    first = _distance(near.x - near.i0, near.y - near.j0, across, down)
    second = _distance(near.x - near.i1 - 0.5, near.y - near.j1 - 0.5, across, down)
    odd = second < first
    placed = near.select(
        lattice=odd.cast("int64"),
        i=odd.ifelse(near.i1, near.i0).cast("int64"),
        j=odd.ifelse(near.j1, near.j0).cast("int64"),
    )
    return placed.group_by(["lattice", "i", "j"]).aggregate(count=placed.count())


def _distance(x: ir.FloatingValue, y: ir.FloatingValue, across: float, down: float) -> ir.FloatingValue:
    return x * x * across**2 + y * y * down**2


def _point_map(
    counts: Sequence[dict[str, int]],
    source: str,
    unit: str,
    threshold: int,
    width: float,
    middle: float,
    without: int,
) -> PointMap:
    shown = [row for row in counts if row["count"] >= threshold]
    hidden = sum(row["count"] for row in counts if row["count"] < threshold)
    bounds = class_bounds([row["count"] for row in shown], threshold)
    cells = []
    for row in sorted(shown, key=lambda row: (row["lattice"], row["i"], row["j"])):
        place = max(index for index, bound in enumerate(bounds) if bound <= row["count"])
        most = bounds[place + 1] - 1 if place + 1 < len(bounds) else None
        cells.append(PointCell(hexagon(row["lattice"], row["i"], row["j"], width, middle), bounds[place], most))
    return PointMap(
        source,
        unit,
        tuple(cells),
        tuple(bounds),
        width,
        threshold,
        _tens(sum(row["count"] for row in shown)),
        _tens(hidden),
        without,
    )


def _tens(count: int) -> int:
    """Round to ten, so that a hidden cell cannot be had by subtraction."""
    return round(count / 10) * 10


def class_bounds(counts: Sequence[int], threshold: int) -> list[int]:
    """Lower bounds of at most five classes with round limits, the first at the threshold.

    Examples
    --------
    >>> class_bounds([10, 12, 40, 95, 430], 10)
    [10, 20, 50, 100, 200]
    """
    bounds = [threshold]
    steps = [factor * 10**power for power in range(8) for factor in (1, 2, 5)]
    bounds += [step for step in steps if threshold < step <= max(counts, default=0)]
    return bounds[:5]


def hexagon(lattice: int, i: int, j: int, width: float, middle: float) -> tuple[tuple[float, float], ...]:
    """Corners of a hexagon in degrees.

    Parameters
    ----------
    lattice, i, j
        Which one: rectangular lattice (1 is shifted by half a step), column and row.
    width
        Kilometres between opposite sides, west to east.
    middle
        Latitude along which the lattice is true to scale.
    """
    x = (i + lattice / 2) * width
    y = (j + lattice / 2) * width * math.sqrt(3)
    radius = width / math.sqrt(3)
    shrink = KILOMETRES_A_DEGREE * math.cos(math.radians(middle))
    corners = []
    for turn in range(6):
        angle = math.radians(60 * turn + 30)
        corners.append(
            (
                round((x + radius * math.cos(angle)) / shrink, 6),
                round((y + radius * math.sin(angle)) / KILOMETRES_A_DEGREE, 6),
            )
        )
    return tuple(corners)
