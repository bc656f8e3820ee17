"""From readings to sparse vectors: one block for concepts, one for stems, one for pieces of words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from kyoto.statistics.classification.coder.reading import Reading

__all__ = ["BLOCKS", "Floats", "Vocabulary", "unit_rows"]

Floats = npt.NDArray[np.float32]
BLOCKS = ("concepts", "stems", "pieces")
_FLOOR = 0.3
"""Added to every weight, so that what occurs everywhere still counts a little."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Known features of each block and how much each tells.

    Parameters
    ----------
    places
        Column of a feature, one dictionary a block.
    weights
        Logarithm of the share of classes that do not have the feature (inverse document frequency, with a class as
        the document).
    """

    places: tuple[dict[str, int], ...]
    weights: tuple[Floats, ...]

    @classmethod
    def of(cls, readings: Sequence[Reading], classes: Sequence[int], n_classes: int) -> Vocabulary:
        """Collect the features of the phrases that are known.

        Parameters
        ----------
        readings
            Readings of the phrases.
        classes
            Number of the class of each.
        n_classes
            How many classes there are.
        """
        places, weights = [], []
        for block in BLOCKS:
            seen: dict[str, set[int]] = {}
            for reading, number in zip(readings, classes, strict=True):
                for feature in getattr(reading, block):
                    seen.setdefault(feature, set()).add(number)
            names = sorted(seen)
            counts = np.array([len(seen[name]) for name in names], dtype=np.float64)
            places.append({name: column for column, name in enumerate(names)})
            weights.append((np.log((n_classes + 1) / (counts + 1)) + _FLOOR).astype(np.float32))
        return cls(tuple(places), tuple(weights))

    def matrix(self, readings: Iterable[Reading], block: int, *, weighted: bool = True) -> Any:
        """Sparse matrix (CSR, float32), one row a reading.

        Parameters
        ----------
        readings
            What to put into rows.
        block
            Number of the block in :data:`BLOCKS`.
        weighted
            Whether cells hold weights, or ones.
        """
        name, places = BLOCKS[block], self.places[block]
        columns: list[int] = []
        ends = [0]
        for reading in readings:
            known = (places.get(feature) for feature in getattr(reading, name))
            columns.extend(place for place in known if place is not None)
            ends.append(len(columns))
        index = np.asarray(columns, dtype=np.int32)
        values = self.weights[block][index] if weighted else np.ones(len(index), dtype=np.float32)
        return sparse.csr_matrix((values, index, np.asarray(ends)), shape=(len(ends) - 1, len(places)))


def unit_rows(matrix: Any) -> Any:
    """Rows scaled to length 1; empty rows stay empty."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    lengths[lengths == 0] = 1
    return (sparse.diags((1 / lengths).astype(np.float32)) @ matrix).tocsr()
