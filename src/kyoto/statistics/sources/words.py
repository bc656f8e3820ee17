"""Words of the field that need no declaration: sex, attempted or completed, unknown, not applicable.

They are compared without regard to case and blanks. Whatever a project file states comes first.
"""

from __future__ import annotations

__all__ = [
    "ATTEMPTED_WORDS",
    "MISSING_WORDS",
    "NOT_APPLICABLE_WORDS",
    "SEX_WORDS",
    "UNKNOWN_WORDS",
    "default_map",
    "missing_words",
]

UNKNOWN_WORDS: tuple[str, ...] = (
    "_u",
    "unknown",
    "not known",
    "unk",
    "not stated",
    "not specified",
    "unspecified",
    "not recorded",
    "not reported",
    "desconocido",
    "desconocida",
    "no especificado",
    "no especificada",
    "se desconoce",
    "sin especificar",
    "inconnu",
    "inconnue",
    "non précisé",
    "unbekannt",
    "desconhecido",
    "desconhecida",
    "sconosciuto",
    "неизвестно",
    "غير معروف",
    "不明",
)
"""Words that mean: there is a value, but it is not known. They become ``_U``."""

NOT_APPLICABLE_WORDS: tuple[str, ...] = (
    "_z",
    "not applicable",
    "no aplica",
    "no aplicable",
    "sans objet",
    "entfällt",
    "nicht zutreffend",
    "não se aplica",
)
"""Words that mean: there cannot be a value. They become ``_Z``. ``N/A`` is not among them: it is used for both."""

MISSING_WORDS: tuple[str, ...] = ("na", "n/a", "#n/a", "null", "nan", "<na>", "-", "--", ".")
"""Marks that programs write for an empty cell. They become null."""

SEX_WORDS: dict[str, str] = {
    "m": "M",
    "male": "M",
    "man": "M",
    "boy": "M",
    "hombre": "M",
    "masculino": "M",
    "varón": "M",
    "varon": "M",
    "homme": "M",
    "masculin": "M",
    "männlich": "M",
    "maschio": "M",
    "мужской": "M",
    "ذكر": "M",
    "男": "M",
    "f": "F",
    "female": "F",
    "woman": "F",
    "girl": "F",
    "mujer": "F",
    "femenino": "F",
    "femme": "F",
    "féminin": "F",
    "weiblich": "F",
    "feminino": "F",
    "femmina": "F",
    "женский": "F",
    "أنثى": "F",
    "女": "F",
    "u": "_U",
}
"""Sex as published figures write it (SDMX CL_SEX). Numbers mean different things in different systems: state them."""

ATTEMPTED_WORDS: dict[str, str] = {
    "attempted": "1",
    "attempt": "1",
    "a": "1",
    "true": "1",
    "yes": "1",
    "y": "1",
    "1": "1",
    "tentativa": "1",
    "tentative": "1",
    "versuch": "1",
    "versucht": "1",
    "completed": "2",
    "complete": "2",
    "c": "2",
    "false": "2",
    "no": "2",
    "n": "2",
    "0": "2",
    "2": "2",
    "consumado": "2",
    "consumada": "2",
    "consommé": "2",
    "vollendet": "2",
}
"""The ICCS event variable At: 1 attempted, 2 completed."""


def default_map(concept: str) -> dict[str, str]:
    """Words with a known meaning for a concept, in lower case; empty for most.

    Examples
    --------
    >>> default_map("victim_sex")["mujer"]
    'F'
    >>> default_map("region")
    {}
    """
    if concept == "attempted":
        return ATTEMPTED_WORDS
    if concept == "sex" or concept.endswith("_sex"):
        return SEX_WORDS
    return {}


def missing_words(concept: str) -> tuple[str, ...]:
    """Marks for an empty cell; ``NA`` is not one where it is the code of Namibia.

    Examples
    --------
    >>> "na" in missing_words("age"), "na" in missing_words("victim_citizenship")
    (True, False)
    """
    if concept == "area" or concept.endswith("citizenship"):
        return tuple(word for word in MISSING_WORDS if word != "na")
    return MISSING_WORDS
