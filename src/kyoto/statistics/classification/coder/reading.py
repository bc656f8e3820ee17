"""What the coder sees in a title: concepts, stems of words, and pieces of words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from kyoto.statistics.classification.coder.text import WEAK_WORDS, stem, tokens
from kyoto.statistics.classification.coder.thesaurus import Lexicon, Matched

__all__ = ["Reader", "Reading"]

_PIECE = 4
_REMEMBERED = 20_000
"""Parts of enumerations that are kept, because "theft" or "attempt" come again and again."""
_NEGATIONS = frozenset({"non", "not", "no", "without", "sin", "ohne", "sans", "nicht"})
_EXCEPT = re.compile(
    r"\b(?:except(?:ing)?|excl(?:uding|usive|udes?)?|other than|not including|but not|not amounting to"
    r"|excepto|excluyendo|salvo|exceptuando|au(?:ß|ss)er|ausgenommen|mit ausnahme|ohne die|sauf|hors)\b[^);]*",
    re.IGNORECASE,
)
_JOINT = re.compile(
    r"[,;/:&()\[\]|]|\b(?:and|or|und|oder|sowie|y|o|u|e|et|ou)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A title, taken apart.

    Parameters
    ----------
    words
        Its words in order, without function words and without what the title excludes.
    matches
        Phrases of the thesaurus found in them.
    concepts
        What the phrases mean; ``no:`` marks what the title denies ("non-residential").
    stems
        Families of the words that say something.
    pieces
        Runs of four letters of those words, which survive spelling mistakes.
    """

    words: tuple[str, ...]
    matches: tuple[Matched, ...]
    concepts: tuple[str, ...]
    stems: tuple[str, ...]
    pieces: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing in the title can be compared."""
        return not (self.stems or self.concepts)

    @property
    def substance(self) -> bool:
        """Whether it says more than "other"."""
        return bool(self.stems) or any(concept != "other" for concept in self.concepts)


class Reader:
    """Takes titles apart; remembers words, because files repeat them.

    Parameters
    ----------
    lexicon
        Concepts to recognise.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._words: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._part = lru_cache(maxsize=_REMEMBERED)(self.read)

    def read(self, title: str) -> Reading:
        """Take one title apart.

        Parameters
        ----------
        title
            As it was typed.

        Returns
        -------
        Reading
            Empty where the title has no letters.
        """
        words = tokens(without_exceptions(title))
        matches = tuple(self._lexicon.matches(words))
        stems: dict[str, None] = {}
        pieces: dict[str, None] = {}
        for word in words:
            family, parts = self._word(word)
            if family:
                stems[family] = None
                pieces.update(dict.fromkeys(parts))
        return Reading(tuple(words), matches, _concepts(words, matches), tuple(stems), tuple(pieces))

    def parts(self, title: str, whole: Reading) -> list[Reading]:
        """Read the parts of an enumeration; the whole where a title names one thing.

        Parameters
        ----------
        title
            As it was typed.
        whole
            Its reading.

        Returns
        -------
        list of Reading
            At least one.
        """
        pieces = _JOINT.split(without_exceptions(title))
        if len(pieces) == 1:
            return [whole]
        found = [reading for piece in pieces if (reading := self._part(piece.strip())).substance]
        return found if len(found) > 1 else [whole]

    def _word(self, word: str) -> tuple[str, tuple[str, ...]]:
        known = self._words.get(word)
        if known is None:
            known = self._words[word] = _family(word)
        return known


def without_exceptions(title: str) -> str:
    """Title without what it says it leaves out, unless nothing else is left.

    Examples
    --------
    >>> without_exceptions("Theft (except of vehicles)")
    'Theft ( )'
    """
    kept = _EXCEPT.sub(" ", title)
    return kept if kept == title or tokens(kept) else title


def _family(word: str) -> tuple[str, tuple[str, ...]]:
    if word in WEAK_WORDS or word.isdigit():
        return "", ()
    padded = f" {word} "
    pieces = tuple(padded[start : start + _PIECE] for start in range(len(padded) - _PIECE + 1))
    return stem(word), pieces or (padded,)


def _concepts(words: list[str], matches: tuple[Matched, ...]) -> tuple[str, ...]:
    found: set[str] = set()
    for match in matches:
        denied = match.start > 0 and words[match.start - 1] in _NEGATIONS and "nonforced" not in match.concepts
        found.update(f"no:{concept}" if denied else concept for concept in match.concepts)
    return tuple(sorted(found))
