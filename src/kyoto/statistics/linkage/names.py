"""Names made comparable: one spelling for all scripts, and a key of how a name sounds.

The rules are few and stated, so that an agency can repeat them before it hashes: compatibility forms are undone
(Unicode NFKC), marks above and below letters are dropped (NFKD), other scripts are romanised letter by letter
(``anyascii``; inside a word Arabic waw and ya are read as vowels, and Greek mp, nt, gk at its start as b, d, g), case
and punctuation go. The sound key then keeps consonants alone, in classes, because scripts without vowels and different
romanisations agree in little else.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

__all__ = ["PARTICLES", "normal_name", "sound_key", "split_name"]

PARTICLES = frozenset(
    [
        "al",
        "el",
        "ul",
        "ibn",
        "bin",
        "ben",
        "bint",
        "abu",
        "de",
        "da",
        "do",
        "dos",
        "das",
        "del",
        "della",
        "di",
        "du",
        "la",
        "le",
        "van",
        "von",
        "der",
        "den",
        "ter",
        "zu",
        "af",
        "y",
        "e",
    ]
)
"""Parts of names that are written or left out at will; the sound key passes over them."""

_DROPPED_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]")
_AIN = re.compile(r"(?<![a-z0-9])`(?=\w)")
_ARABIC_VOWELS = ((re.compile(r"(?<=\w)و"), "u"), (re.compile(r"(?<=\w)[يیى]"), "i"))
_GREEK_STOPS = ((re.compile(r"\bμπ"), "b"), (re.compile(r"\bντ"), "d"), (re.compile(r"\bγκ"), "g"))
_SILENT = re.compile(r"[`'’ʼʹ\"]")
_GAPS = re.compile(r"[^a-z0-9]+")
_DIGRAPHS = (
    ("shch", "s"), ("sch", "s"), ("tch", "s"), ("dzh", "s"), ("tsch", "s"), ("ph", "f"), ("kh", "h"), ("gh", "k"),
    ("sh", "s"), ("ch", "s"), ("zh", "s"), ("ts", "s"), ("cz", "s"), ("sz", "s"), ("dj", "s"), ("ck", "k"),
    ("qu", "k"), ("th", "t"), ("dh", "t"), ("ks", "s"),
)  # fmt: skip
_CLASSES = str.maketrans("bdvwcqgzxj", "ptffkkksss")
_UNHEARD = re.compile("[aeiouyh]")
_DOUBLES = re.compile(r"(.)\1+")


def normal_name(text: str) -> str:
    """Name in lower-case Latin letters without marks, parts separated by one blank; empty if no letter is left.

    Examples
    --------
    >>> normal_name("Łukasz  O'Brien-Ÿ"), normal_name("Γεώργιος"), normal_name("Щукин"), normal_name("مُحَمَّد")
    ('lukasz obrien y', 'georgios', 'shchukin', 'mhmd')
    """
    if not text.isascii():
        text = _romanised(text)
    text = _SILENT.sub("", _AIN.sub("a", text.casefold()))
    return _GAPS.sub(" ", text).strip()


def _romanised(text: str) -> str:
    from anyascii import anyascii

    bare = _DROPPED_MARKS.sub("", unicodedata.normalize("NFKD", text))
    text = unicodedata.normalize("NFKC", bare).casefold()
    for letters, reading in (*_ARABIC_VOWELS, *_GREEK_STOPS):
        text = letters.sub(reading, text)
    return anyascii(text)


@lru_cache(maxsize=1 << 17)
def sound_key(name: str) -> str:
    """Consonant classes of a normal name; the same for most spellings of a name in any script.

    Parameters
    ----------
    name
        As :func:`normal_name` gives it.

    Returns
    -------
    str
        ``a`` for a vowel at the start, then one letter a consonant class: p (b p), t (d t), f (f v w ph), k (c g k q),
        s (s z sh ch j x), l, m, n, r. Vowels, h and y are passed over, and so are :data:`PARTICLES`; doubles count
        once. Names without a consonant keep their letters.

    Examples
    --------
    >>> [sound_key(normal_name(name)) for name in ("Muhammad", "Mohamed", "محمد", "Мухаммед")]
    ['mt', 'mt', 'mt', 'mt']
    >>> sound_key("abd allah"), sound_key("abdullah"), sound_key("mikhail"), sound_key("mihail")
    ('aptl', 'aptl', 'ml', 'ml')
    """
    parts = name.split()
    heard = [part for part in parts if part not in PARTICLES] or parts
    text = "".join(heard)
    for letters, one in _DIGRAPHS:
        text = text.replace(letters, one)
    start = "a" if text[:1] and text[0] in "aeiouy" else ""
    key = start + _UNHEARD.sub("", text.translate(_CLASSES))
    return _DOUBLES.sub(r"\1", key) if len(key) > len(start) else text


def split_name(text: str) -> tuple[str, str]:
    """Given and family name of a full name: ``FAMILY, GIVEN``, or else the last part is the family name.

    Examples
    --------
    >>> split_name("Petrova, Anna Maria"), split_name("Anna Maria Petrova"), split_name("Petrova")
    (('Anna Maria', 'Petrova'), ('Anna Maria', 'Petrova'), ('', 'Petrova'))
    """
    family, comma, given = text.partition(",")
    if comma:
        return given.strip(), family.strip()
    *first, last = text.split() or [""]
    return " ".join(first), last
