"""The coder: knowledge, weights and calibration put together."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kyoto.statistics.classification.coder.features import FEATURES, Features
from kyoto.statistics.classification.coder.index import PhraseIndex
from kyoto.statistics.classification.coder.knowledge import phrases
from kyoto.statistics.classification.coder.ranking import learned, lessons, softmax
from kyoto.statistics.classification.coder.reading import Reader, Reading
from kyoto.statistics.classification.coder.reasons import Reasons
from kyoto.statistics.classification.coder.structure import structure
from kyoto.statistics.classification.coder.thesaurus import Lexicon, lexicon

__all__ = ["Coder", "Ranked", "Shipped", "coder", "shipped"]

BATCH = 512
"""Titles that are compared at once; bounds the memory (about 120 MB)."""
_GROUP_SHARE = 0.3
"""Weight of what the national chapter says, against what the title says."""
_GROUP_OF_BARE = 8.0
"""How much more the chapter counts where the title itself says no more than "other"."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """What was fitted once on all tables and comes with Kyoto.

    Parameters
    ----------
    weights
        Weight of each feature, in the order of the features.
    temperature
        Divisor of the weighted sums that makes probabilities honest; estimated with every country left out in turn.
    """

    weights: npt.NDArray[np.float64]
    temperature: float


@dataclass(frozen=True, slots=True)
class Ranked:
    """Best classes of a batch of titles.

    Parameters
    ----------
    classes
        Numbers of classes, best first, titles by ``top``; -1 where there is none.
    scores
        Estimated probability that the class is right; 0 where there is none.
    reasons
        Why, in the same shape; one tuple a title.
    """

    classes: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float64]
    reasons: tuple[tuple[str, ...], ...]


class Coder:
    """Ranks the classes of ICCS for titles.

    Parameters
    ----------
    leave_out
        Countries whose tables it does not know.
    texts
        The user's copy of the texts of the standard.
    thesaurus
        Whether concepts and legal terms of the thesaurus are used; off only to measure what they add.
    apart
        Whether a legal term equal to a title is kept from answering for it; on only to measure accuracy.
    refit
        Whether the weights are fitted anew although they come with Kyoto.
    """

    def __init__(
        self,
        leave_out: Sequence[str] = (),
        *,
        texts: Path | None = None,
        thesaurus: bool = True,
        apart: bool = False,
        refit: bool = False,
    ) -> None:
        self.reader = Reader(lexicon() if thesaurus else Lexicon([]))
        self.index = PhraseIndex(list(phrases(leave_out, texts=texts, thesaurus=thesaurus)), self.reader)
        self._features = Features(self.index, self.reader, apart=apart)
        as_shipped = thesaurus and not leave_out and not refit
        self.weights = shipped().weights if as_shipped else learned(lessons(self.index, self.reader, leave_out))
        self._reasons = Reasons(self.index)

    def strengths(self, titles: Sequence[str], readings: Sequence[Reading] | None = None) -> npt.NDArray[np.float64]:
        """Weighted sums of the features, divided by the temperature.

        Parameters
        ----------
        titles
            Any text.
        readings
            Their readings, if already made.

        Returns
        -------
        numpy.ndarray
            Titles by classes.
        """
        read = readings if readings is not None else [self.reader.read(title) for title in titles]
        cube = self._features.cube(titles, read)
        sums = cube.reshape(-1, len(FEATURES)) @ self.weights.astype(np.float32)
        return sums.reshape(len(titles), -1).astype(np.float64) / shipped().temperature

    def rank(self, titles: Sequence[str], top: int, groups: Sequence[str] | None = None) -> Iterator[Ranked]:
        """Best classes, batch by batch.

        Parameters
        ----------
        titles
            Any text.
        top
            How many classes for each.
        groups
            National chapter of each title.
        """
        chapters = self._chapters(groups or ())
        for start in range(0, len(titles), BATCH):
            batch = titles[start : start + BATCH]
            context = None
            if groups is not None:
                context = np.stack([chapters[group] for group in groups[start : start + BATCH]])
            yield self._ranked(batch, top, context)

    def _chapters(self, groups: Sequence[str]) -> dict[str, npt.NDArray[np.float64]]:
        """For every chapter, how likely each class is by the chapter's own words; flat where they say nothing."""
        tree = structure()
        found: dict[str, npt.NDArray[np.float64]] = {}
        distinct = list(dict.fromkeys(groups))
        for start in range(0, len(distinct), BATCH):
            batch = distinct[start : start + BATCH]
            readings = [self.reader.read(group) for group in batch]
            chances = softmax(self.strengths(batch, readings)).astype(np.float32)
            section = tree.group_sum(chances, tree.section)
            division = tree.group_sum(chances, tree.division)
            for row, (group, reading) in enumerate(zip(batch, readings, strict=True)):
                likely = np.log(division[row] + section[row] / 4 + 0.01).astype(np.float64)
                found[group] = np.zeros(len(tree)) if reading.empty else _GROUP_SHARE * likely
        return found

    def _ranked(self, titles: Sequence[str], top: int, context: npt.NDArray[np.float64] | None) -> Ranked:
        readings = [self.reader.read(title) for title in titles]
        strengths = self.strengths(titles, readings)
        if context is not None:
            bare = np.array([[not reading.substance] for reading in readings])
            strengths = strengths + np.where(bare, _GROUP_OF_BARE, 1.0) * context
        chances = softmax(strengths)
        order = np.argsort(-strengths, axis=1, kind="stable")[:, :top]
        scores = np.take_along_axis(chances, order, axis=1)
        silent = np.array([reading.empty for reading in readings])
        order[silent], scores[silent] = -1, 0
        reasons = self._reasons.explain(readings, order)
        return Ranked(order, scores, reasons)


@lru_cache(maxsize=4)
def coder(leave_out: tuple[str, ...] = (), texts: Path | None = None) -> Coder:
    """Coder, made once for the same arguments."""
    return Coder(leave_out, texts=texts)


@lru_cache(maxsize=1)
def shipped() -> Shipped:
    """Fitted weights and temperature that come with Kyoto (made by ``bench/coder.py --fit``)."""
    text = (resources.files(__package__) / "data" / "weights.json").read_text(encoding="utf-8")
    held = json.loads(text)
    return Shipped(np.array([held["weights"].get(name, 0.0) for name in FEATURES]), float(held["temperature"]))
