"""The phrases that are known, indexed for comparison with many titles at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from kyoto.statistics.classification.coder.knowledge import Phrase
from kyoto.statistics.classification.coder.reading import Reader, Reading
from kyoto.statistics.classification.coder.structure import structure
from kyoto.statistics.classification.coder.vectors import BLOCKS, Floats, Vocabulary, unit_rows

__all__ = ["PhraseIndex", "Similarity"]

_SHARES = (0.5, 0.3, 0.2)
"""Shares of concepts, stems and pieces of words in the similarity of two texts."""
_STEM_SHARE = 0.5
"""Weight of a stem against a concept where two texts are compared as sets."""
_STRENGTH = 2.0
"""Phrases' worth of the average class that each class is taken to have besides its own (smoothing)."""


@dataclass(frozen=True, slots=True)
class Similarity:
    """Comparison of titles (rows) with phrases (columns).

    Parameters
    ----------
    whole
        Weighted mean of the cosines of the three blocks.
    blocks
        The cosine of each block.
    """

    whole: Floats
    blocks: tuple[Floats, ...]


class PhraseIndex:
    """Phrases sorted by class, as matrices.

    Parameters
    ----------
    phrases
        What is known.
    reader
        How texts are taken apart.
    """

    def __init__(self, phrases: Sequence[Phrase], reader: Reader) -> None:
        tree = structure()
        order = sorted(range(len(phrases)), key=lambda place: (phrases[place].code, place))
        self.phrases: tuple[Phrase, ...] = tuple(phrases[place] for place in order)
        self.readings: tuple[Reading, ...] = tuple(reader.read(phrase.text) for phrase in self.phrases)
        self.classes = np.array([tree.number(phrase.code) for phrase in self.phrases])
        self.is_table = np.array([phrase.origin == "table" for phrase in self.phrases])
        self.is_term = np.array([phrase.origin == "term" for phrase in self.phrases])
        self.countries = np.array([phrase.country for phrase in self.phrases])
        self.starts = np.searchsorted(self.classes, np.arange(len(tree)))
        self.vocabulary = Vocabulary.of(self.readings, self.classes.tolist(), len(tree))
        matrices = [self.vocabulary.matrix(self.readings, block) for block in range(len(BLOCKS))]
        self._units = [unit_rows(matrix).T.tocsr() for matrix in matrices]
        self._presence = [self.vocabulary.matrix(self.readings, block, weighted=False) for block in (0, 1)]
        bag = sparse.hstack([matrices[0], matrices[1] * np.float32(_STEM_SHARE)]).tocsr()
        self._bag_sums = np.asarray(bag.sum(axis=1)).ravel().astype(np.float32)
        self._bag_presence = _ones(bag).T.tocsr()

    def shown(self, hidden: str | None) -> npt.NDArray[np.bool_]:
        """Which phrases take part when a country is hidden."""
        everything = np.ones(len(self.phrases), dtype=bool)
        return everything if hidden is None else self.countries != hidden

    def similarity(self, readings: Sequence[Reading]) -> Similarity:
        """Cosines with every phrase."""
        blocks = tuple(
            (unit_rows(self.vocabulary.matrix(readings, block)) @ self._units[block]).toarray()
            for block in range(len(BLOCKS))
        )
        whole = np.multiply(blocks[0], np.float32(_SHARES[0]))
        for share, cosine in zip(_SHARES[1:], blocks[1:], strict=True):
            whole += np.float32(share) * cosine
        return Similarity(whole, blocks)

    def overlap(self, readings: Sequence[Reading]) -> Floats:
        """Weighted Jaccard similarity of concepts and stems with every phrase."""
        concepts = self.vocabulary.matrix(readings, 0)
        stems = self.vocabulary.matrix(readings, 1) * np.float32(_STEM_SHARE)
        bag = sparse.hstack([concepts, stems]).tocsr()
        common = (bag @ self._bag_presence).toarray()
        sums = np.asarray(bag.sum(axis=1)).ravel().astype(np.float32)
        union = sums[:, None] + self._bag_sums[None, :] - common
        return np.asarray(common / np.maximum(union, np.float32(1e-9)), dtype=np.float32)

    def by_class(self, values: Floats) -> Floats:
        """Largest value among the phrases of each class (every class has its titles)."""
        found: Floats = np.maximum.reduceat(values, self.starts, axis=1)
        return found

    def log_ratios(self, block: int, group: npt.NDArray[np.int64], shown: npt.NDArray[np.bool_]) -> Floats:
        """Naive Bayes: log of how much more often a feature occurs in a group of classes than in all.

        Parameters
        ----------
        block
            Concepts (0) or stems (1).
        group
            Group of each class.
        shown
            Phrases that take part.

        Returns
        -------
        numpy.ndarray
            Groups by features.
        """
        n_groups = int(group.max()) + 1
        places = np.arange(len(self.phrases))
        counted = sparse.csr_matrix(
            (shown.astype(np.float32), (group[self.classes], places)), shape=(n_groups, len(places))
        )
        counts = (counted @ self._presence[block]).toarray()
        sizes = np.asarray(counted.sum(axis=1)).ravel()[:, None]
        base = (counts.sum(axis=0) + 0.5) / (sizes.sum() + 1)
        return np.asarray(np.log((counts + _STRENGTH * base) / (sizes + _STRENGTH) / base), dtype=np.float32)

    def same_text(self, readings: Sequence[Reading], phrases: Collection[int]) -> list[tuple[int, int]]:
        """Pairs of a title and a phrase among those named that consist of the same words."""
        known: dict[tuple[str, ...], list[int]] = {}
        for place in phrases:
            known.setdefault(self.readings[place].words, []).append(place)
        return [(row, place) for row, reading in enumerate(readings) for place in known.get(reading.words, ())]


def _ones(matrix: Any) -> Any:
    copy = matrix.copy()
    copy.data = np.ones_like(copy.data)
    return copy
