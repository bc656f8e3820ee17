"""What goes in: people counted by the lists that hold them.

A capture history is a set of lists, held as a bit mask (bit ``i`` is list ``i + 1``), so a table of ``k`` lists is a
vector of ``2**k`` counts. Position 0, nobody's list, is what the room exists to estimate and is always 0 here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kyoto.analysis.hidden.arrays import Floats
from kyoto.core.errors import KyotoError

__all__ = ["MAXIMUM_LISTS", "CaptureTable", "digits", "members"]

MAXIMUM_LISTS = 16
"""Tables beyond this many lists are refused: 2**16 histories is where sparse data has nothing more to say."""


def members(mask: int) -> tuple[int, ...]:
    """Positions of the lists in a set, counted from 0.

    Examples
    --------
    >>> members(0b1011)
    (0, 1, 3)
    """
    return tuple(index for index in range(mask.bit_length()) if mask >> index & 1)


def digits(mask: int) -> str:
    """Set of lists as the notation of the field writes it: numbers from 1, with dots where one has two digits.

    Examples
    --------
    >>> digits(0b101), digits(0b10000000010)
    ('13', '2.11')
    """
    numbers = [str(index + 1) for index in members(mask)]
    return (".", "")[all(len(number) == 1 for number in numbers)].join(numbers)


@dataclass(frozen=True, slots=True, eq=False)
class CaptureTable:
    """Counts of people by capture history.

    Parameters
    ----------
    lists
        Names of the ``k`` lists.
    counts
        ``2**k`` counts; ``counts[m]`` is the number of people on exactly the lists in the bit mask ``m``.

    Examples
    --------
    >>> table = CaptureTable.from_histories(("A", "B"), {(0,): 30, (1,): 20, (0, 1): 10})
    >>> table.observed, table.list_totals()
    (60, {'A': 40, 'B': 30})
    >>> table.overlap(0, 1)
    10
    """

    lists: tuple[str, ...]
    counts: Floats

    @classmethod
    def from_histories(cls, lists: Sequence[str], histories: Mapping[tuple[int, ...], int]) -> CaptureTable:
        """Build from the positions of the lists in each history.

        Parameters
        ----------
        lists
            Names.
        histories
            Number of people for each history, a tuple of positions counted from 0. Absent ones are 0.
        """
        counts = np.zeros(1 << len(lists))
        for positions, number in histories.items():
            counts[sum(1 << position for position in positions)] += number
        return cls(tuple(lists), counts)

    @property
    def k(self) -> int:
        """Number of lists."""
        return len(self.lists)

    @property
    def observed(self) -> int:
        """People on at least one list."""
        return round(float(self.counts.sum()))

    def totals(self) -> Floats:
        """Sufficient statistics: for each set of lists, how many people are on all of them (and maybe on others)."""
        from kyoto.analysis.hidden.kernels import superset_sums

        sums = self.counts.copy()
        superset_sums(sums)
        return sums

    def list_totals(self) -> dict[str, int]:
        """People on each list."""
        totals = self.totals()
        return {name: round(float(totals[1 << index])) for index, name in enumerate(self.lists)}

    def overlap(self, first: int, second: int) -> int:
        """People on both of two lists."""
        return round(float(self.totals()[(1 << first) | (1 << second)]))

    def frequencies(self) -> Floats:
        """People on exactly 1, 2, ..., k lists."""
        sizes = np.array([mask.bit_count() for mask in range(self.counts.size)])
        return np.asarray(np.bincount(sizes, weights=self.counts, minlength=self.k + 1)[1:], dtype=np.float64)

    def name_of(self, mask: int) -> str:
        """Set of lists by name, joined with ``:`` as in ``LA:NG``."""
        return ":".join(self.lists[index] for index in members(mask))

    def with_counts(self, counts: Floats) -> CaptureTable:
        """Same lists, other counts."""
        return CaptureTable(self.lists, counts)

    def without(self, index: int) -> CaptureTable:
        """Table without one list; people who were on that list alone are not observed any more.

        Examples
        --------
        >>> table = CaptureTable.from_histories("ABC", {(0,): 5, (1,): 4, (0, 2): 3})
        >>> table.without(0).list_totals()
        {'B': 4, 'C': 3}
        """
        if self.k <= 1:
            raise KyotoError("No list left", code="hidden.too-few-lists", hint="Keep at least two lists.")
        kept = [other for other in range(self.k) if other != index]
        return self.merged([(self.lists[other], (other,)) for other in kept])

    def merged(self, groups: Sequence[tuple[str, tuple[int, ...]]]) -> CaptureTable:
        """Table of merged lists: a person is on a group if on any list of it.

        Parameters
        ----------
        groups
            Name and positions of each new list. Lists in no group are left out.
        """
        counts = np.zeros(1 << len(groups))
        for mask in np.flatnonzero(self.counts):
            new = 0
            for position, (_, olds) in enumerate(groups):
                if any(int(mask) >> old & 1 for old in olds):
                    new |= 1 << position
            counts[new] += self.counts[mask]
        counts[0] = 0.0
        return CaptureTable(tuple(name for name, _ in groups), counts)
