"""What cards and grades say, in the languages that there is a catalogue of.

A catalogue is one TOML file a language in ``locale/``; every key of ``en.toml`` stands in every other file. Titles,
programmes, threats and whatever else somebody wrote in a design or a register stay as they were written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from kyoto.analysis.evaluation.result import figure
from kyoto.core.catalogues import catalogue_texts

__all__ = ["LANGUAGES", "Phrases", "phrases"]

LANGUAGES: Final = ("en", "fr", "es")
"""Languages of cards; the first is the default."""


@dataclass(frozen=True, slots=True)
class Phrases:
    """Texts and numbers in one language.

    Parameters
    ----------
    language
        Its code.
    texts
        Text by dotted key.
    """

    language: str
    texts: Mapping[str, str] = field(repr=False)

    def __call__(self, key: str, **values: object) -> str:
        """Text of a key with its names filled in.

        Examples
        --------
        >>> phrases("fr")("answer.fall", amount="12 %")
        'une baisse de 12 %'
        """
        return self.texts[key].format(**values)

    def number(self, text: str) -> str:
        """A number that was written with a point, with the decimal sign of the language.

        Examples
        --------
        >>> phrases("es").number("0.8")
        '0,8'
        """
        return text.replace(".", self.texts["language.decimal"])

    def figure(self, value: float | None, digits: int = 3) -> str:
        """A number with some significant digits; see :func:`~kyoto.analysis.evaluation.result.figure`."""
        return self.number(figure(value, digits))


@cache
def phrases(language: str) -> Phrases:
    """Phrases of a language.

    Parameters
    ----------
    language
        One of :data:`LANGUAGES`.
    """
    texts = catalogue_texts(__package__, language)
    return Phrases(language, texts)
