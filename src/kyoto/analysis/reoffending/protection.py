"""Small groups are not broken down: which rows of a table of groups may be shown."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

__all__ = ["DEFAULT_THRESHOLD", "Verdict", "judge_groups"]

DEFAULT_THRESHOLD = 10
"""Persons below which a group is not shown."""


class Verdict(StrEnum):
    """What becomes of a group."""

    SHOWN = "shown"
    SMALL = "fewer persons than the threshold"
    SECOND = "withheld so that a smaller group cannot be found by subtraction"


def judge_groups(sizes: Sequence[int], threshold: int = DEFAULT_THRESHOLD) -> list[Verdict]:
    """Verdict of each group of one table whose total is public.

    Parameters
    ----------
    sizes
        Persons of each group.
    threshold
        Groups with fewer are withheld. If those withheld are together still fewer, the total less the others would
        give them away, and the smallest of the others is withheld as well.

    Examples
    --------
    >>> [verdict.name for verdict in judge_groups([500, 40, 3])]
    ['SHOWN', 'SECOND', 'SMALL']
    >>> [verdict.name for verdict in judge_groups([500, 8, 7])]
    ['SHOWN', 'SMALL', 'SMALL']
    """
    verdicts = [Verdict.SMALL if size < threshold else Verdict.SHOWN for size in sizes]
    hidden = sum(size for size in sizes if size < threshold)
    shown = [place for place, verdict in enumerate(verdicts) if verdict is Verdict.SHOWN]
    if 0 < hidden < threshold and shown:
        verdicts[min(shown, key=lambda place: sizes[place])] = Verdict.SECOND
    return verdicts
