"""Searching the classification by words: titles in English and Spanish, the index, titles of national offences."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache
from math import log
from typing import TYPE_CHECKING, Literal

from kyoto.statistics.classification.iccs import iccs
from kyoto.statistics.classification.model import IndexTerm

if TYPE_CHECKING:
    from kyoto.statistics.classification.model import Category
    from kyoto.statistics.classification.tree import Classification

__all__ = ["Hit", "folded_words", "search"]

Kind = Literal["code", "title", "title_es", "index", "national"]
_ORDER: tuple[Kind, ...] = ("code", "title", "title_es", "index", "national")
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
        Where it stands: ``code``, ``title``, ``title_es``, ``index``, or ``national`` for the title of a national
        offence that is the same as the class or a part of it.
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
    texts = _texts(classification.categories, classification.index, _national(classification))
    rarity = _rarity(texts)
    weights = tuple(rarity.get(word, max(rarity.values())) for word in wanted)
    best: dict[str, Hit] = {}
    for entry in texts:
        score = _score(wanted, weights, entry.words)
        known = best.get(entry.code)
        if score > 0 and (known is None or score > known.score):
            best[entry.code] = Hit(classification.get(entry.code), score, entry.text, entry.kind)
    ranked = sorted(best.values(), key=lambda hit: (-hit.score, _ORDER.index(hit.kind), hit.category.code))
    return tuple(ranked[:limit])


def _score(wanted: tuple[str, ...], weights: tuple[float, ...], words: tuple[str, ...]) -> float:
    """Share of the words sought that are found, rare words counting more, with a preference for short texts."""
    found = [max((_alike(word, other) for other in words), default=0.0) for word in wanted]
    hits = sum(1 for share in found if share)
    if not hits:
        return 0.0
    coverage = sum(share * weight for share, weight in zip(found, weights, strict=True)) / sum(weights)
    return coverage**2 * (0.5 + 0.5 * min(1.0, hits / len(words)))


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
def _texts(
    categories: tuple[Category, ...], index: tuple[IndexTerm, ...], national: tuple[IndexTerm, ...]
) -> tuple[_Text, ...]:
    """All texts that can be found, with their words."""
    found = []
    for category in categories:
        found.append(_Text(category.code, category.title, "title", folded_words(category.title)))
        found.append(_Text(category.code, category.title_es, "title_es", folded_words(category.title_es)))
    found += [_Text(term.code, term.term, "index", folded_words(term.term)) for term in index]
    found += [_Text(term.code, term.term, "national", folded_words(term.term)) for term in national]
    return tuple(found)


@lru_cache(maxsize=4)
def _rarity(texts: tuple[_Text, ...]) -> dict[str, float]:
    """Weight of a word: the fewer texts hold it, the more it says (inverse document frequency)."""
    holding = Counter(word for text in texts for word in set(text.words))
    return {word: 1 + log(len(texts) / count) for word, count in holding.items()}


def _national(classification: Classification) -> tuple[IndexTerm, ...]:
    """Titles of national offences that belong wholly to one class; only ICCS has them."""
    return _national_titles() if classification.categories is iccs().categories else ()


@cache
def _national_titles() -> tuple[IndexTerm, ...]:
    from kyoto.statistics.classification.correspondences import correspondence, known_correspondences

    return tuple(
        IndexTerm(title, link.iccs_code, link.iccs_code, known.name)
        for known in known_correspondences()
        if known.name != "iccs"
        for link in correspondence(known.name).links
        if link.match in ("exact", "narrower") and not link.condition
        for title in link.titles
    )
