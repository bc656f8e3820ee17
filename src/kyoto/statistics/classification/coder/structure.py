"""The tree of ICCS as arrays, for sums and maxima over branches.

Codes sorted as text stand in printed order, so every branch is a run of neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from kyoto.statistics.classification.coder.vectors import Floats
from kyoto.statistics.classification.iccs import iccs

__all__ = ["Structure", "structure"]

_SECTION, _DIVISION = 2, 4


@dataclass(frozen=True, slots=True)
class Structure:
    """Classes in printed order and how they hang together.

    Parameters
    ----------
    codes, titles
        Of each class.
    parent
        Number of the class above; of itself for a section.
    end
        Number after the last class of the branch.
    depth
        Level, 1 to 4.
    residual, branches
        Whether it is a residual class; whether it has classes below.
    division
        Number of the level-2 class it belongs to (of the section for a section), counted from 0.
    section
        Number of its section, counted from 0.
    """

    codes: tuple[str, ...]
    titles: tuple[str, ...]
    parent: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    depth: npt.NDArray[np.int64]
    residual: npt.NDArray[np.bool_]
    branches: npt.NDArray[np.bool_]
    division: npt.NDArray[np.int64]
    section: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.codes)

    def number(self, code: str) -> int:
        """Position of a code."""
        return _numbers()[code]

    def branch_max(self, values: Floats) -> Floats:
        """Largest value within the branch of each class (rows: titles, columns: classes)."""
        found = values.copy()
        for level in (4, 3, 2):
            for child in np.flatnonzero(self.depth == level):
                above = self.parent[child]
                np.maximum(found[:, above], found[:, child], out=found[:, above])
        return found

    def below_max(self, branch: Floats) -> Floats:
        """Largest branch value among the children of each class; zero where there are none."""
        found = np.zeros_like(branch)
        for child in np.flatnonzero(self.depth > 1):
            above = self.parent[child]
            np.maximum(found[:, above], branch[:, child], out=found[:, above])
        return found

    def group_sum(self, values: Floats, group: npt.NDArray[np.int64]) -> Floats:
        """Sum over the group of each class, written to every member."""
        starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
        totals: Floats = np.add.reduceat(values, starts, axis=1)
        return totals[:, np.cumsum(np.r_[True, group[1:] != group[:-1]]) - 1]


@cache
def _numbers() -> dict[str, int]:
    return {code: number for number, code in enumerate(structure().codes)}


@cache
def structure() -> Structure:
    """The tree of ICCS 1.0."""
    categories = sorted(iccs(), key=lambda category: category.code)
    codes = tuple(category.code for category in categories)
    numbers = {code: number for number, code in enumerate(codes)}
    return Structure(
        codes=codes,
        titles=tuple(category.title for category in categories),
        parent=np.array([numbers[category.parent or category.code] for category in categories]),
        end=np.array([number + sum(other.startswith(code) for other in codes) for number, code in enumerate(codes)]),
        depth=np.array([category.level for category in categories]),
        residual=np.array([category.residual for category in categories]),
        branches=np.array([any(other.parent == category.code for other in categories) for category in categories]),
        division=_ranks([code[:_DIVISION] for code in codes]),
        section=_ranks([code[:_SECTION] for code in codes]),
    )


def _ranks(names: list[str]) -> npt.NDArray[np.int64]:
    order = {name: rank for rank, name in enumerate(dict.fromkeys(names))}
    return np.array([order[name] for name in names])
