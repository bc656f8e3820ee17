"""Axes and drawings: round ticks that start at zero, short coordinates."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from markupsafe import Markup

__all__ = ["Plot", "drawing", "nice_ticks", "path", "rounded"]


def nice_ticks(highest: float, wanted: int = 4, *, whole: bool = True) -> list[float]:
    """Round ticks from zero to the first one at or above the highest value.

    Parameters
    ----------
    highest
        Largest value to show.
    wanted
        About how many steps.
    whole
        Whether the figures are counts, so that steps below one make no sense.

    Examples
    --------
    >>> nice_ticks(577)
    [0, 200, 400, 600]
    >>> nice_ticks(0.7, whole=False)
    [0.0, 0.2, 0.4, 0.6, 0.8]
    """
    top = max(highest, 1.0 if whole else 1e-9)
    raw = top / wanted
    power = 10 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    if whole:
        step = max(1, round(step))
    count = math.ceil(top / step - 1e-9)
    ticks = [round(index * step, 10) for index in range(count + 1)]
    return [int(tick) for tick in ticks] if whole else ticks


def rounded(value: float) -> str:
    """Coordinate with one decimal and no useless zeros.

    Examples
    --------
    >>> rounded(12.0), rounded(3.14159)
    ('12', '3.1')
    """
    text = f"{value:.1f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def drawing(parts: Iterable[str]) -> Markup:
    """Join the parts of an SVG drawing, whose texts are escaped already."""
    return Markup("".join(parts))  # noqa: S704 (every part that holds a text of the input escapes it)


def path(places: Sequence[tuple[float, float]]) -> str:
    """SVG path through places, in steps from each to the next, which takes half the room of coordinates.

    Examples
    --------
    >>> path([(10, 20), (12.5, 18), (15, 18)])
    'M10 20l2.5-2 2.5 0'
    """
    tenths = [(round(x * 10), round(y * 10)) for x, y in places]
    steps = [(x - left, y - above) for (left, above), (x, y) in pairwise(tenths)]  # so that roundings do not add up
    texts = [f"{_tenths(across)}{'' if down < 0 else ' '}{_tenths(down)}" for across, down in [*tenths[:1], *steps]]
    joints = ["M", "l", *("" if across < 0 else " " for across, _ in steps[1:])]
    return "".join(part for pair in zip(joints, texts, strict=False) for part in pair) + "l" * (len(places) == 1)


@lru_cache(maxsize=8192)
def _tenths(count: int) -> str:
    return rounded(count / 10)


@dataclass(frozen=True, slots=True)
class Plot:
    """Where things stand inside a drawing."""

    left: float
    right: float
    top: float
    bottom: float
    count: int
    highest: float

    def x(self, index: float) -> float:
        """Place of a period."""
        if self.count < 2:
            return (self.left + self.right) / 2
        return self.left + (self.right - self.left) * index / (self.count - 1)

    def y(self, value: float) -> float:
        """Place of a value."""
        return self.bottom - (self.bottom - self.top) * value / self.highest
