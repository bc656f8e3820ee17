"""Searching the classification by words, over titles in English and Spanish and the alphabetical index."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from kyoto.statistics.classification.model import Category, IndexTerm
    from kyoto.statistics.classification.tree import Classification

__all__ = ["Hit", "folded_words", "search"]

Kind = Literal["code", "title", "title_es", "index"]
_EMPTY_WORDS = frozenset(["a", "an", "and", "by", "for", "in", "of", "on", "or", "other", "the", "to", "with"]) | {
    "de",
    "del",
    "el",
    "en",
    "la",
    "las",
    "los",
    "o",
    "otros",
    "otras",
    "que",
    "y",
}
_SAME_STEM = 4  # letters that two words must share at least to count as forms of one another


@dataclass(frozen=True, slots=True)
class Hit:
    """One category that fits a search.

    Parameters
    ----------
    category
        What was found.
    score
        Between 0 and 1; 1 is a text made of exactly the words sought.
    matched
        The text that fitted best.
    kind
        Where it stands: ``code``, ``title``, ``title_es`` or ``index``.
    """

    category: Category
    score: float
    matched: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class _Text:
    code: str
    text: str
    kind: Kind
    words: tuple[str, ...]


def folded_words(text: str) -> tuple[str, ...]:
    """Words without accents, case and the commonest filler words.

    Examples
    --------
    >>> folded_words("Violación del secreto, and other acts")
    ('violacion', 'secreto', 'acts')
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return tuple(word for word in re.findall(r"\w+", plain) if word not in _EMPTY_WORDS)


def search(classification: Classification, text: str, limit: int = 10) -> tuple[Hit, ...]:
    """Categories that fit the words, best first; see :meth:`Classification.search`."""
    code = text.strip()
    if code.isdigit():
        within = [category for category in classification if category.code.startswith(code)]
        return tuple(
            Hit(category, len(code) / len(category.code), category.code, "code") for category in within[:limit]
        )
    wanted = folded_words(text)
    if not wanted:
        return ()
    best: dict[str, Hit] = {}
    for entry in _texts(classification.categories, classification.index):
        score = _score(wanted, entry.words)
        known = best.get(entry.code)
        if score > 0 and (known is None or score > known.score):
            best[entry.code] = Hit(classification.get(entry.code), score, entry.text, entry.kind)
    ranked = sorted(best.values(), key=lambda hit: (-hit.score, hit.kind == "index", hit.category.code))
    return tuple(ranked[:limit])


def _score(wanted: tuple[str, ...], words: tuple[str, ...]) -> float:
    """Share of the words sought that are found, times a preference for texts that say little else."""
    found = [max((_alike(word, other) for other in words), default=0.0) for word in wanted]
    hits = sum(1 for share in found if share)
    if not hits:
        return 0.0
    coverage = (sum(found) / len(wanted)) ** 2
    return coverage * (0.5 + 0.5 * min(1.0, hits / len(words)))


@lru_cache(maxsize=100_000)
def _alike(word: str, other: str) -> float:
    """1 for the same word, less for forms of one another (kidnap, kidnapping), 0 for different ones."""
    if word == other:
        return 1.0
    shared = 0
    for mine, its in zip(word, other, strict=False):
        if mine != its:
            break
        shared += 1
    if shared < min(_SAME_STEM, len(word), len(other)) or shared < 3:
        return 0.0
    whole = shared == min(len(word), len(other))
    nearly = shared >= max(len(word), len(other)) - 3 and shared >= 5
    return 0.9 * shared / max(len(word), len(other)) if whole or nearly else 0.0


@lru_cache(maxsize=4)
def _texts(categories: tuple[Category, ...], index: tuple[IndexTerm, ...]) -> tuple[_Text, ...]:
    """All texts that can be found, with their words."""
    found = []
    for category in categories:
        found.append(_Text(category.code, category.title, "title", folded_words(category.title)))
        found.append(_Text(category.code, category.title_es, "title_es", folded_words(category.title_es)))
    found += [_Text(term.code, term.term, "index", folded_words(term.term)) for term in index]
    return tuple(found)
