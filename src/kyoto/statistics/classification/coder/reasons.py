"""Why a class is suggested: which words of the title mean what, and the phrase that says the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kyoto.statistics.classification.coder.index import PhraseIndex
from kyoto.statistics.classification.coder.reading import Reading
from kyoto.statistics.classification.coder.structure import structure

__all__ = ["Reasons"]

_HIDDEN = frozenset({"other", "exclude_marker", "include_marker"})
_ORIGINS = {
    "title": "ICCS title",
    "index": "ICCS index",
    "term": "legal term",
    "table": "national title",
    "text": "ICCS inclusion",
}
_MOST_WORDS = 3
_ATTEMPT = "an attempt: keep that in the variable At"


class Reasons:
    """Explains suggestions.

    Parameters
    ----------
    index
        The phrases that are known.
    """

    def __init__(self, index: PhraseIndex) -> None:
        self._index = index
        self._features = [
            (frozenset(reading.concepts), frozenset(reading.stems), frozenset(reading.words))
            for reading in index.readings
        ]
        self._named = [
            f"{_ORIGINS[phrase.origin]}{f' ({phrase.country})' if phrase.country else ''} {phrase.text!r}"
            for phrase in index.phrases
        ]
        self._holders: dict[tuple[int, str], list[int]] = {}
        for place, (concepts, stems, _) in enumerate(self._features):
            for feature in concepts | stems:
                self._holders.setdefault((int(index.classes[place]), feature), []).append(place)

    def explain(self, readings: Sequence[Reading], classes: npt.NDArray[np.int64]) -> tuple[tuple[str, ...], ...]:
        """Reasons of a batch.

        Parameters
        ----------
        readings
            The titles.
        classes
            Suggested classes, titles by suggestions; -1 for none.

        Returns
        -------
        tuple
            One tuple a title, one text a suggestion.
        """
        return tuple(
            tuple(self._one(reading, int(number)) for number in row)
            for reading, row in zip(readings, classes, strict=True)
        )

    def _one(self, reading: Reading, number: int) -> str:
        if number < 0:
            return "no word of it is known"
        place, common = self._nearest(reading, number)
        if not common:
            return "spelling resembles titles of this class, no word is shared"
        said = [text for match in reading.matches if (text := self._said(match.words, match.concepts, place))]
        parts = ["; ".join(said[:_MOST_WORDS]), self._named[place]]
        if "attempt" in reading.concepts and not structure().codes[number].startswith("01"):
            parts.append(_ATTEMPT)
        return "; ".join(part for part in parts if part)

    def _nearest(self, reading: Reading, number: int) -> tuple[int, int]:
        """Phrase of the class that shares most with the title, and how much they share."""
        counts: dict[int, int] = {}
        for feature in (*reading.concepts, *reading.stems):
            for place in self._holders.get((number, feature), ()):
                counts[place] = counts.get(place, 0) + 1
        if not counts:
            return int(self._index.starts[number]), 0
        size = len(reading.concepts) + len(reading.stems)
        best = max(counts, key=lambda place: (2 * counts[place] / (size + self._size(place)), -place))
        return best, counts[best]

    def _size(self, place: int) -> int:
        concepts, stems, _ = self._features[place]
        return len(concepts) + len(stems)

    def _said(self, words: str, concepts: Sequence[str], place: int) -> str:
        known, _, phrase_words = self._features[place]
        shared = [concept for concept in concepts if concept in known and concept not in _HIDDEN]
        if not shared or all(word in phrase_words for word in words.split()):
            return ""
        meaning = " + ".join(concept.replace("_", " ") for concept in shared)
        return f"{words!r} = {meaning}" if words != meaning else ""
