"""Bars from zero, in the order of the classification or of the codes: never a league table of areas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kyoto.statistics.report.views import Part
from kyoto.statistics.report.wording import common_decimals, interval, number

__all__ = ["Bar", "bars", "ordered"]

_BY_CODE = ("area", "age", "sex", "iccs", "attempted")


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: width, and the ends of its interval, in per cent of the longest."""

    name: str
    text: str
    between: str
    width: float
    low: float | None
    high: float | None
    state: str


def ordered(parts: Sequence[Part], dimension: str) -> list[Part]:
    """Order of bars: by code where codes have an order or name areas, else by size with the unknown last.

    Areas stay in the order of their codes, so that the picture does not rank them.
    """
    if dimension in _BY_CODE:
        return list(parts)
    return sorted(parts, key=lambda part: (part.code.startswith("_"), -(part.value or 0.0), part.name))


def bars(parts: Sequence[Part]) -> list[Bar]:
    """Bars of a set of parts; the longest, or the highest interval bound, has 100 per cent."""
    highest = max((part.upper or part.value or 0.0 for part in parts), default=0.0) or 1.0
    digits = common_decimals((part.value, part.lower, part.upper) for part in parts)
    return [
        Bar(
            part.name,
            number(part.value, digits) if part.value is not None else "",
            interval(part.lower, part.upper, digits),
            round((part.value or 0.0) / highest * 100, 2),
            round(part.lower / highest * 100, 2) if part.lower is not None else None,
            round(part.upper / highest * 100, 2) if part.upper is not None else None,
            part.state,
        )
        for part in parts
    ]
