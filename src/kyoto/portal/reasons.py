"""Reasons of verdicts in the language of a page; words of a source stay as the source has them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kyoto.portal.book import Book
from kyoto.portal.wording import Words
from kyoto.statistics.comparability.reasons import KINDS, Reason, Side

__all__ = ["Told", "side_name", "told_reasons"]

Told = tuple[str, str]
"""A text, and its language where that is not the one of the page."""

_CHOICES: Final = ("units", "attempts", "dates")


def told_reasons(book: Book, words: Words, reasons: Iterable[str]) -> tuple[Told, ...]:
    """Say reasons.

    Parameters
    ----------
    book
        The build, which knows names of areas.
    words
        Language of the page.
    reasons
        Reasons, and plain texts in English.
    """
    return tuple(_told(book, words, each) for each in reasons)


def side_name(book: Book, words: Words, source: str, area: str) -> str:
    """Name of something that is compared: its area with its source, or the source where that names no area."""
    return source if area.startswith("_") else f"{book.catalogue.area_name(area, words.language)} ({source})"


def _told(book: Book, words: Words, text: str) -> Told:
    if not isinstance(text, Reason) or not text.key:
        return text, "" if words.language == "en" else "en"
    language = ""
    parts: dict[str, str] = {}
    for name, value in text.parts.items():
        if KINDS[name] == "text" and text.key != "changes":  # what changes are categories of the source
            parts[name], language = _told(book, words, str(value) if not isinstance(value, Reason) else value)
        else:
            parts[name] = _part(book, words, KINDS[name], value)
    return words(f"reasons.{text.key}", **parts), language


def _part(book: Book, words: Words, kind: str, value: object) -> str:
    """Part of a reason in words."""
    if isinstance(value, Side):
        return side_name(book, words, value.source, value.area)
    if kind == "area":
        return book.catalogue.area_name(str(value), words.language)
    if kind == "stage":
        return words(f"reasons.stage_{value}")
    if kind == "number":
        return str(value)
    values = [value] if isinstance(value, str) or not isinstance(value, Iterable) else list(value)
    if kind not in _CHOICES:
        return ", ".join(map(str, values))
    return words("reasons.or").join(_choice(words, kind, str(each)) for each in values)


def _choice(words: Words, kind: str, value: str) -> str:
    if kind == "units":
        return words.unit(value)
    if kind == "attempts":
        return words(f"compare.attempts_{value}")
    return words.texts.get(f"reasons.date_{value}", value)
