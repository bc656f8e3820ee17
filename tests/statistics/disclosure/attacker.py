"""An attacker that knows nothing of the code under test: it tries every table of small whole numbers."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd


class BruteForce:
    """All tables over some leaves.

    Parameters
    ----------
    dimensions
        For each dimension, the codes and the leaves that each code covers, written out by hand in the tests.
    """

    def __init__(self, dimensions, cap):
        self.dimensions = dimensions
        leaves = [sorted(set().union(*codes.values())) for codes in dimensions.values()]
        self.leaves = list(itertools.product(*leaves))
        self.cells = list(itertools.product(*[list(codes) for codes in dimensions.values()]))
        covers = [list(codes.values()) for codes in dimensions.values()]
        self.covers = np.array(
            [
                [all(part in cover for part, cover in zip(leaf, combination, strict=True)) for leaf in self.leaves]
                for combination in itertools.product(*covers)
            ]
        ).astype(np.int64)
        shape = (cap + 1,) * len(self.leaves)
        self.grid = np.indices(shape, dtype=np.int8).reshape(len(self.leaves), -1)

    def frame(self, leaf_values):
        """Cells with totals of given leaf values, and made-up cell keys."""
        frame = pd.DataFrame(self.cells, columns=list(self.dimensions))
        frame["value"] = self.covers @ np.asarray(leaf_values)
        frame["cell_key"] = (self.covers @ np.arange(1, len(self.leaves) + 1) * 123_457_891) % 2**32
        return frame

    def intervals(self, published):
        """Smallest and largest value of every cell over all tables that equal the published cells."""
        return self.intervals_over([published])

    def intervals_over(self, frames):
        """The same from several frames that may lack some dimensions (which then stand at their total)."""
        fitting = self.grid
        place = {cell: number for number, cell in enumerate(self.cells)}
        for frame in frames:
            shown = frame[frame["value"].notna()]
            for row in shown.to_dict("records"):
                cell = tuple(row.get(name, "_T") for name in self.dimensions)
                fitting = fitting[:, self.sums(fitting, place[cell]) == row["value"]]
        assert fitting.shape[1], "the true table itself must fit"
        ends = [(sums.min(), sums.max()) for sums in (self.sums(fitting, n) for n in range(len(self.cells)))]
        return tuple(np.array(ends).T)

    def sums(self, tables, cell):
        """Value of one cell in each of some tables."""
        return tables[self.covers[cell] == 1].sum(axis=0, dtype=np.int16)

    def tables(self):
        """Every table with its totals."""
        return np.array([self.sums(self.grid, cell) for cell in range(len(self.cells))])


FLAT = {
    "sex": {"_T": {"F", "M"}, "F": {"F"}, "M": {"M"}},
    "age": {"_T": {"a", "b", "c"}, "a": {"a"}, "b": {"b"}, "c": {"c"}},
}
TREE = {
    "iccs": {
        "_T": {"0101", "0102", "02"},
        "01": {"0101", "0102"},
        "0101": {"0101"},
        "0102": {"0102"},
        "02": {"02"},
    },
    "sex": {"_T": {"F", "M"}, "F": {"F"}, "M": {"M"}},
}
CUBE = {
    "sex": {"_T": {"F", "M"}, "F": {"F"}, "M": {"M"}},
    "age": {"_T": {"a", "b"}, "a": {"a"}, "b": {"b"}},
    "area": {"_T": {"x", "y"}, "x": {"x"}, "y": {"y"}},
}
PARENTS = {"iccs": {"0101": "01", "0102": "01"}}
