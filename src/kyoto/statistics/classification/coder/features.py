"""What speaks for each class: a cube of titles by classes by features.

Every feature is a plain statement about a title and a class, so that the fitted weights can be read: how like the
nearest phrase, how many near phrases, how likely its concepts are in that part of the tree, whether it says all parts
of an enumeration, whether the class is residual and the title too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kyoto.statistics.classification.coder.index import PhraseIndex, Similarity
from kyoto.statistics.classification.coder.reading import Reader, Reading
from kyoto.statistics.classification.coder.structure import Structure, structure
from kyoto.statistics.classification.coder.vectors import Floats

__all__ = ["FEATURES", "Features"]

_SHARPNESS = np.float32(12)
"""How fast a phrase loses its vote as it becomes less like the title."""

_PRECEDENCE: tuple[tuple[str, frozenset[str], tuple[str, ...]], ...] = (
    ("death", frozenset({"homicide"}), ("01",)),
    ("sexual", frozenset({"sexual", "pornography", "prostitution"}), ("03", "0802")),
    ("robbery", frozenset({"robbery"}), ("04",)),
    ("theft", frozenset({"theft"}), ("0501", "0502")),
    ("drugs", frozenset({"drug", "precursor"}), ("0207", "06")),
    ("weapons", frozenset({"weapon"}), ("0901",)),
)
"""Where the exclusions of ICCS send an act that shows one of the concepts, whatever else it shows."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Titles on their way through the features."""

    readings: tuple[Reading, ...]
    similarity: Similarity
    overlap: Floats
    shown: npt.NDArray[np.bool_]
    part_rows: npt.NDArray[np.int64]
    part_counts: npt.NDArray[np.int64]
    parts: Floats
    other: Floats


class Features:
    """Computes the cube for batches of titles.

    Parameters
    ----------
    index
        The phrases that are known.
    reader
        How titles are taken apart.
    hidden
        Country whose phrases do not take part; for fitting, where a table must not answer for itself.
    apart
        Whether a legal term of the thesaurus that consists of the same words as a title is kept from answering for
        it; so the accuracy that is reported is not that of looking up a title in the thesaurus.
    """

    def __init__(self, index: PhraseIndex, reader: Reader, *, hidden: str | None = None, apart: bool = False) -> None:
        self._index = index
        self._reader = reader
        self._apart = np.flatnonzero(index.is_term).tolist() if apart else []
        self._shown = index.shown(hidden)
        self._tree = structure()
        self._ratios = [
            index.log_ratios(block, group, self._shown)[group].T.copy() for block, group in _bayes_groups(self._tree)
        ]
        self._title_says, self._says_anew = _title_concepts(index, self._tree)
        self._expressed = _expressed(index, self._tree)

    def cube(self, titles: Sequence[str], readings: Sequence[Reading]) -> Floats:
        """All features.

        Parameters
        ----------
        titles, readings
            The titles and what was read in them; of the same length n.

        Returns
        -------
        numpy.ndarray
            n titles by 320 classes by ``len(FEATURES)`` features, float32.
        """
        batch = self._batch(titles, tuple(readings))
        shape = (len(titles), len(self._tree))
        found = np.empty((*shape, len(FEATURES)), dtype=np.float32)
        computed: dict[str, Floats] = {}
        for compute in (self._likeness, self._votes, self._enumeration, self._bayes, self._concepts, self._kind):
            computed.update(compute(batch, computed))
        for place, name in enumerate(FEATURES):
            found[:, :, place] = computed[name]
        return found

    def _batch(self, titles: Sequence[str], readings: tuple[Reading, ...]) -> _Batch:
        similarity = self._index.similarity(readings)
        overlap = self._index.overlap(readings)
        for row, place in self._index.same_text(readings, self._apart):
            overlap[row, place] = similarity.whole[row, place] = 0
            for block in similarity.blocks:
                block[row, place] = 0
        parts = [self._reader.parts(title, reading) for title, reading in zip(titles, readings, strict=True)]
        counts = np.array([len(own) for own in parts])
        rows = np.repeat(np.arange(len(titles)), counts)
        return _Batch(
            readings=readings,
            similarity=similarity,
            overlap=overlap,
            shown=self._shown,
            part_rows=rows,
            part_counts=counts,
            parts=self._part_likeness(parts, counts, rows, similarity),
            other=np.array([["other" in reading.concepts] for reading in readings], dtype=np.float32),
        )

    def _part_likeness(
        self, parts: list[list[Reading]], counts: npt.NDArray[np.int64], rows: npt.NDArray[np.int64], whole: Similarity
    ) -> Floats:
        """Likeness of each part to each class; a title of one part is its own part."""
        single = counts[rows] == 1
        found = np.empty((len(rows), len(self._tree)), dtype=np.float32)
        found[single] = self._index.by_class(whole.whole[rows[single]] * self._shown)
        several = [reading for own in parts if len(own) > 1 for reading in own]
        if several:
            likeness = self._index.similarity(several).whole * self._shown
            for row, place in self._index.same_text(several, self._apart):
                likeness[row, place] = 0
            found[~single] = self._index.by_class(likeness)
        return found

    def _likeness(self, batch: _Batch, _: dict[str, Floats]) -> dict[str, Floats]:
        whole = batch.similarity.whole * batch.shown
        blocks = [self._index.by_class(block * batch.shown) for block in batch.similarity.blocks]
        own = self._index.by_class(np.where(self._index.is_table, np.float32(0), whole))
        table = self._index.by_class(np.where(self._index.is_table, whole, np.float32(0)))
        return {
            "like_own_phrase": own,
            "like_national_title": table,
            "like_concepts": blocks[0],
            "like_stems": blocks[1],
            "like_pieces": blocks[2],
            "overlap": self._index.by_class(batch.overlap * batch.shown),
        }

    def _votes(self, batch: _Batch, _: dict[str, Floats]) -> dict[str, Floats]:
        votes = np.expm1(_SHARPNESS * (batch.similarity.whole * batch.shown))
        by_class: Floats = np.add.reduceat(votes, self._index.starts, axis=1)
        tree = self._tree
        return {
            "votes": np.log1p(by_class),
            "votes_in_division": np.log1p(tree.group_sum(by_class, tree.division)),
            "votes_in_section": np.log1p(tree.group_sum(by_class, tree.section)),
        }

    def _enumeration(self, batch: _Batch, _: dict[str, Floats]) -> dict[str, Floats]:
        starts = np.cumsum(batch.part_counts) - batch.part_counts
        covered: Floats = np.minimum.reduceat(self._tree.branch_max(batch.parts), starts, axis=0)
        below = self._tree.below_max(covered)
        several = (batch.part_counts > 1)[:, None]
        mean = np.add.reduceat(batch.parts, starts, axis=0) / batch.part_counts[:, None]
        return {
            "all_parts_in_branch": covered,
            "all_parts_in_class": np.minimum.reduceat(batch.parts, starts, axis=0),
            "mean_of_parts": mean,
            "branch_gains": covered - below,
            "branch_joins_parts": (covered - below) * several,
        }

    def _bayes(self, batch: _Batch, _: dict[str, Floats]) -> dict[str, Floats]:
        vocabulary = self._index.vocabulary
        present = [vocabulary.matrix(batch.readings, block, weighted=False) for block in (0, 1)]
        blocks = [block for block, _ in _bayes_groups(self._tree)]
        names = ("bayes_division", "bayes_section", "bayes_class", "bayes_division_stems")
        return {
            name: np.asarray(present[block] @ ratios, dtype=np.float32)
            for name, block, ratios in zip(names, blocks, self._ratios, strict=True)
        }

    def _concepts(self, batch: _Batch, _: dict[str, Floats]) -> dict[str, Floats]:
        present = self._index.vocabulary.matrix(batch.readings, 0, weighted=False)
        total = np.maximum(np.asarray(present.sum(axis=1)), 1)
        found = {
            "title_said": np.asarray(present @ self._title_says, dtype=np.float32),
            "concepts_known": np.asarray(present @ self._expressed, dtype=np.float32) / total.astype(np.float32),
            "unsaid": _unsaid(present, self._says_anew),
        }
        for name, concepts, prefixes in _PRECEDENCE:
            shows = np.array([[not concepts.isdisjoint(reading.concepts)] for reading in batch.readings])
            there = np.array([code.startswith(prefixes) for code in self._tree.codes])
            found[f"precedence_{name}"] = (shows & there).astype(np.float32)
        return found

    def _kind(self, batch: _Batch, computed: dict[str, Floats]) -> dict[str, Floats]:
        tree, other = self._tree, batch.other
        residual, branches = tree.residual.astype(np.float32), tree.branches.astype(np.float32)
        covered = computed["all_parts_in_branch"]
        return {
            "residual_for_other": residual * other,
            "residual_for_named": residual * (1 - other),
            "residual_of_like_branch": residual * other * covered[:, tree.parent],
            "branch": np.broadcast_to(branches, covered.shape),
            "branch_for_other": branches * other,
            "like_branch_for_other": branches * other * covered,
            "level_1": np.broadcast_to((tree.depth == 1).astype(np.float32), covered.shape),
            "level_3": np.broadcast_to((tree.depth == 3).astype(np.float32), covered.shape),
            "level_4": np.broadcast_to((tree.depth == 4).astype(np.float32), covered.shape),
        }


FEATURES: tuple[str, ...] = (
    "like_own_phrase", "like_national_title", "like_concepts", "like_stems", "like_pieces", "overlap",
    "votes", "votes_in_division", "votes_in_section",
    "all_parts_in_branch", "all_parts_in_class", "mean_of_parts", "branch_gains", "branch_joins_parts",
    "bayes_division", "bayes_section", "bayes_class", "bayes_division_stems",
    "title_said", "concepts_known", "unsaid",
    *(f"precedence_{name}" for name, _, _ in _PRECEDENCE),
    "residual_for_other", "residual_for_named", "residual_of_like_branch",
    "branch", "branch_for_other", "like_branch_for_other", "level_1", "level_3", "level_4",
)  # fmt: skip
"""Names of the features, in the order of the cube."""


def _bayes_groups(tree: Structure) -> list[tuple[int, npt.NDArray[np.int64]]]:
    each = np.arange(len(tree))
    return [(0, tree.division), (0, tree.section), (0, each), (1, tree.division)]


def _title_concepts(index: PhraseIndex, tree: Structure) -> tuple[Floats, tuple[Floats, Floats]]:
    """Share of a title's concepts that each concept is (concepts by classes), and what the parent does not say."""
    weights = index.vocabulary.weights[0]
    places = index.vocabulary.places[0]
    says = np.zeros((len(weights), len(tree)), dtype=np.float32)
    titles = {phrase.code: reading for phrase, reading in zip(index.phrases, index.readings, strict=True)
              if phrase.origin == "title" and phrase.text in tree.titles}  # fmt: skip
    for number, code in enumerate(tree.codes):
        for concept in titles[code].concepts:
            says[places[concept], number] = weights[places[concept]]
    anew = says * (says[:, tree.parent] == 0)
    if "other" in places:
        anew[places["other"]] = 0
    return _shares(says), (_shares(anew), (anew.sum(axis=0) > 0).astype(np.float32))


def _shares(weights: Floats) -> Floats:
    sums = weights.sum(axis=0)
    return np.asarray(weights / np.where(sums > 0, sums, 1), dtype=np.float32)


def _expressed(index: PhraseIndex, tree: Structure) -> Floats:
    """Whether a concept occurs in a phrase of a class, or in a title above it (concepts by classes); no tables."""
    present = index.vocabulary.matrix(index.readings, 0, weighted=False).toarray()
    found = np.zeros((present.shape[1], len(tree)), dtype=np.float32)
    for place in np.flatnonzero(~index.is_table):
        number = index.classes[place]
        found[:, number] = np.maximum(found[:, number], present[place])
        if index.phrases[place].origin == "title":
            branch = slice(number, tree.end[number])
            found[:, branch] = np.maximum(found[:, branch], present[place][:, None])
    return found


def _unsaid(present: Any, anew: tuple[Floats, Floats]) -> Floats:
    """Share of what sets a class apart from its parent that the title does not say."""
    shares, has = anew
    return np.asarray(has * (1 - np.asarray(present @ shares)), dtype=np.float32)
