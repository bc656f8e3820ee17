"""From degrees to pixels: an equirectangular projection that is true to scale along the middle parallel."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["KILOMETRES_A_DEGREE", "Projection", "fitted"]

KILOMETRES_A_DEGREE = 111.195
"""One degree of a great circle on a sphere of 6 371.0 km radius."""


@dataclass(frozen=True, slots=True)
class Projection:
    """Plate carrée with standard parallel ``latitude``, moved and scaled to a drawing."""

    longitude: float
    latitude: float
    north: float
    scale: float
    left: float
    top: float
    width: float
    height: float

    def pixel(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Place on the drawing."""
        x = (longitude - self.longitude) * math.cos(math.radians(self.latitude)) * self.scale
        return self.left + x, self.top + (self.north - latitude) * self.scale

    @property
    def pixels_a_kilometre(self) -> float:
        """Scale of the drawing."""
        return self.scale / KILOMETRES_A_DEGREE


def fitted(points: Iterable[Sequence[float]], width: float, most_height: float, margin: float = 6.0) -> Projection:
    """Projection that shows all the points on a drawing of the given width, not higher than ``most_height``.

    Parameters
    ----------
    points
        Longitude and latitude in degrees; at least one.
    width, most_height
        Pixels.
    margin
        Pixels that stay free at each side.
    """
    listed = list(points)
    longitudes = [point[0] for point in listed]
    latitudes = [point[1] for point in listed]
    west, east, south, north = min(longitudes), max(longitudes), min(latitudes), max(latitudes)
    middle = (south + north) / 2
    across = max((east - west) * math.cos(math.radians(middle)), 1e-6)
    down = max(north - south, 1e-6)
    scale = min((width - 2 * margin) / across, (most_height - 2 * margin) / down)
    height = down * scale + 2 * margin
    left = (width - across * scale) / 2
    return Projection(west, middle, north, scale, left, margin, width, height)
