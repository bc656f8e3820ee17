"""What is put side by side on a page: as many areas as can be read, and pairs that count the same stage."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kyoto.statistics.comparability.model import Comparison, Definition, Pair
from kyoto.statistics.comparability.stages import stage_of

__all__ = ["MOST_AREAS", "areas_of", "first_areas", "pairs_of_a_stage"]

MOST_AREAS: Final = 8
"""As many areas as one page compares."""
_FIRST_AREAS: Final = 4
_MOST_DEFINITIONS: Final = 8


def areas_of(definitions: Iterable[Definition]) -> tuple[str, ...]:
    """Areas of some definitions, in the order of their codes."""
    return tuple(sorted({each.area for each in definitions}))


def first_areas(definitions: Iterable[Definition]) -> tuple[str, ...]:
    """Areas that are compared without being asked for: all, or the first by code where pairs would be too many.

    Examples
    --------
    >>> from kyoto.statistics.comparability.model import Definition
    >>> def of(area):
    ...     return Definition("police", area, ("offence",), ("inside",), False, (), (2020,), "fully", (), ())
    >>> first_areas([of(area) for area in "ABC"]), first_areas([of(area) for area in "ABCDEFGHIJ"])
    (('A', 'B', 'C'), ('A', 'B', 'C', 'D'))
    """
    every = list(definitions)
    areas = areas_of(every)
    few = len({(each.source, each.area) for each in every}) <= _MOST_DEFINITIONS
    return areas if few else areas[:_FIRST_AREAS]


def pairs_of_a_stage(comparison: Comparison) -> tuple[Pair, ...]:
    """Verdicts on pairs that count at the same stage of justice.

    What is recorded and what is prosecuted are no rivals for one place: they stand below each other, in the funnel.
    """
    stages = {each.label: {stage_of(unit) for unit in each.units} for each in comparison.definitions}

    def alike(pair: Pair) -> bool:
        left, right = stages[pair.left], stages[pair.right]
        return bool(left & right) or "" in left | right

    return tuple(pair for pair in comparison.pairs if alike(pair))
