"""Latin names written in other scripts, letter by letter, for synthetic records."""

from __future__ import annotations

from typing import Final

__all__ = ["written_in"]

_CYRILLIC: Final = {
    "sh": "ш", "ch": "ч", "a": "а", "b": "б", "c": "к", "d": "д", "e": "е", "f": "ф", "g": "г", "h": "х", "i": "и",
    "j": "й", "k": "к", "l": "л", "m": "м", "n": "н", "o": "о", "p": "п", "q": "к", "r": "р", "s": "с", "t": "т",
    "u": "у", "v": "в", "w": "в", "x": "кс", "y": "ы", "z": "з",
}  # fmt: skip
_GREEK: Final = {
    "sh": "σ", "ch": "τσ", "a": "α", "b": "μπ", "c": "κ", "d": "ντ", "e": "ε", "f": "φ", "g": "γκ", "h": "χ", "i": "ι",
    "j": "ι", "k": "κ", "l": "λ", "m": "μ", "n": "ν", "o": "ο", "p": "π", "q": "κ", "r": "ρ", "s": "σ", "t": "τ",
    "u": "ου", "v": "β", "w": "β", "x": "ξ", "y": "υ", "z": "ζ",
}  # fmt: skip
_ARABIC: Final = {
    "sh": "ش", "ch": "تش", "a": "", "b": "ب", "c": "ك", "d": "د", "e": "", "f": "ف", "g": "غ", "h": "ه", "i": "ي",
    "j": "ج", "k": "ك", "l": "ل", "m": "م", "n": "ن", "o": "و", "p": "ب", "q": "ق", "r": "ر", "s": "س", "t": "ت",
    "u": "و", "v": "ف", "w": "و", "x": "كس", "y": "ي", "z": "ز",
}  # fmt: skip
_SCRIPTS: Final = {"cyrillic": _CYRILLIC, "greek": _GREEK, "arabic": _ARABIC}


def written_in(name: str, script: str) -> str:
    """Name in ``cyrillic``, ``greek`` or ``arabic`` letters (Arabic: without short vowels).

    Examples
    --------
    >>> written_in("Kashima", "cyrillic"), written_in("Salim", "arabic")
    ('кашима', 'سليم')
    """
    letters = _SCRIPTS[script]
    text, lowered, place = "", name.casefold(), 0
    while place < len(lowered):
        pair = lowered[place : place + 2]
        width = 2 if pair in letters else 1
        text += letters.get(lowered[place : place + width], lowered[place : place + width])
        place += width
    return text or name
