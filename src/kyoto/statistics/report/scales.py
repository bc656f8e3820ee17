"""Axes and drawings: round ticks that start at zero, short coordinates."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import sub

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
    across = [round(x * 10) for x, _ in places]
    down = [round(y * 10) for _, y in places]
    following = _FOLLOWING
    start = f"M{_FIRST[across[0]]}{following[down[0]]}l"
    steps = zip(map(sub, across[1:], across), map(sub, down[1:], down), strict=True)  # so that roundings do not add up
    return start + "".join([following[right] + following[lower] for right, lower in steps]).removeprefix(" ")


class _Texts(dict[int, str]):
    """Texts of tenths of a pixel as they are needed: a drawing has hundreds of them, and few are new."""

    def __init__(self, between: str) -> None:
        super().__init__()
        self._between = between

    def __missing__(self, tenths: int) -> str:
        text = rounded(tenths / 10)
        found = text if tenths < 0 else self._between + text
        if len(self) < _MOST_TEXTS:
            self[tenths] = found
        return found


_MOST_TEXTS = 32_768
_FIRST = _Texts("")
_FOLLOWING = _Texts(" ")  # a minus sign parts two numbers as well as a space does


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
