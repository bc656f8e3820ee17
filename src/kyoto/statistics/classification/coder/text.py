"""From a title as it was typed to its words: folding, tokens, stems, and what a title leaves out.

Nothing here knows a language by name: function words of English, Spanish, German and French are dropped together,
because national files mix languages within one column.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from importlib import resources

__all__ = ["FUNCTION_WORDS", "WEAK_WORDS", "fold", "stem", "tokens"]

LONGEST_TEXT = 2_000
"""Characters of a title that are read; free text beyond is ignored, so that one huge cell cannot stall a file."""


def _word_lists() -> dict[str, frozenset[str]]:
    text = (resources.files(__package__) / "data" / "words.csv").read_text(encoding="utf-8")
    return {row["kind"]: frozenset(row["words"].split()) for row in csv.DictReader(text.splitlines())}


_WORDS = _word_lists()
FUNCTION_WORDS = _WORDS["function"]
"""Words dropped before phrases are matched, on both sides."""

WEAK_WORDS = _WORDS["weak"]
"""Words that say little about the kind of offence; they take part in phrases but not in the comparison of words."""

_STATUTE = re.compile(
    r"§+\s*[0-9][0-9a-z]*(?:\s*(?:,|;|und|and|y|bis|-|i\.?\s?v\.?\s?m\.?|abs\.?|nr\.?|satz|§)*\s*[0-9]+[a-z]?\b)*"
    r"|\bart(?:s|iculos?|icles?)?\.?\s*(?:n\S?\s*)?[0-9]+[0-9,.\s]*(?:bis|ter|quater)?"
    r"|\b(?:stgb|aufenthg|btmg|ley\s+(?:n\S*\s*)?[0-9.]+|c\.\s?penal)\b"
)
_HAS_DIGIT = re.compile(r"[0-9]|stgb|btmg|aufenthg|c\.\s?penal")
_CLEAN = (
    (re.compile(r"\bn\.\s?e\.\s?c\.?(?=\W|$)|\bnot elsewhere (?:classified|specified)\b"), " nec "),
    (re.compile(r"\bn\.\s?f\.\s?d\.?(?=\W|$)"), " nfd "),
    (re.compile(r"\bb\s?&\s?e\b"), " b&e "),
    (re.compile(r"(?<=[a-z])['’`´](?=s\b)"), ""),
    (re.compile(r"(?<=[a-z])-(?=[a-z])|['’`´/]"), " "),
)
_TOKEN = re.compile(r"b&e|[a-z]+|[0-9]+")


def fold(text: str) -> str:
    """Lower case without accents, ligatures or statute references.

    Examples
    --------
    >>> fold("Körperverletzung § 223 StGB, Violación").split()
    ['korperverletzung', ',', 'violacion']
    """
    plain = text[:LONGEST_TEXT].casefold()
    if not plain.isascii():
        plain = "".join(letter for letter in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(letter))
    return _STATUTE.sub(" ", plain) if _HAS_DIGIT.search(plain) else plain


def tokens(text: str) -> list[str]:
    """Words of a title in their order, without function words.

    Examples
    --------
    >>> tokens("Theft from a motor-vehicle (n.e.c.)")
    ['theft', 'from', 'motor', 'vehicle', 'nec']
    """
    folded = fold(text)
    for pattern, replacement in _CLEAN:
        folded = pattern.sub(replacement, folded)
    return [token for token in _TOKEN.findall(folded) if token not in FUNCTION_WORDS]


_ENDINGS = (
    "ations", "ation", "ments", "ment", "ities", "ity", "ings", "ing", "ions", "ion", "ies", "ers", "ness", "ically",
    "iciones", "aciones", "ciones", "acion", "icion", "cion", "mente", "idades", "idad", "ungen", "ung", "keit", "heit",
    "ives", "ive", "able", "ible", "ical", "ally", "ed", "er", "es", "en", "ly", "al", "os", "as", "or", "e", "s", "o",
    "a", "y",
)  # fmt: skip
_SHORTEST_STEM = 4


def stem(word: str) -> str:
    """Family of a word: its longest known ending cut off, never below four letters.

    Examples
    --------
    >>> stem("counterfeiting"), stem("counterfeit"), stem("robberies") == stem("robbery")
    ('counterfeit', 'counterfeit', True)
    """
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word[: -len(ending)]
    return word
