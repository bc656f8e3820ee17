"""Reasons of verdicts: sentences that know what they are made of, so that a page can say them in another language.

In English they are texts like any other. A page in another language finds its own text by the key of a reason, and
puts in the parts: names of sides, counting units, years.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

__all__ = ["KINDS", "TEXTS", "Reason", "Side", "reason"]

TEXTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "no_category": "{side} has no category for this class",
        "no_category_inside": "{side} has no category for this class; it stands in {codes} with other offences",
        "no_records": "{side} has no records of this class",
        "part_above": "{side} holds part of the class in {codes} ({national})",
        "other_units": "{left} counts {left_units}, {right} counts {right_units}",
        "several_offences": "{left} counts {left_units}, {right} counts {right_units}:"
        " one incident may hold several offences",
        "gravest": "{left} counts the gravest offence only, {right} counts every one",
        "own_rules": "{left} and {right} count by rules of their own, which the source does not state",
        "attempts": "attempts are {left_attempts} in {left}, {right_attempts} in {right}",
        "includes_others": "{side} includes what belongs to other classes: {national}",
        "covers_part": "{side} covers a part of the class: {national}",
        "changes": "{side} changes its definition: {text}",
        "at_side": "{side}: {text}",
        "no_common_year": "no year in common: {left} {left_years}, {right} {right_years}",
        "other_dates": "{left} counts by date {left_dates}, {right} by {right_dates}",
        "missing_years": "no records in {years}",
        "added_up_one": "1 national category added up to {codes}",
        "added_up": "{number} national categories added up to {codes}",
        "by_weight": "divided among classes by weight: {national}",
        "by_records": "divided among classes by what the records say: {national}",
        "rates": "rates per {number} of the project's population",
        "stage_unknown": "{stage}: what the sources mean by the class is not known",
        "at_stage": "{stage}: {text}",
        "other_year": "{left_area} shows {left_years}, {right_area} {right_years}",
        "lacks_years": "{area} lacks the record of some years of the lag",
    }
)
"""What each reason says in English; names in braces are its parts."""

KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("side", "left", "right"), "side"),
        **dict.fromkeys(("area", "left_area", "right_area"), "area"),
        **dict.fromkeys(("left_units", "right_units"), "units"),
        **dict.fromkeys(("left_attempts", "right_attempts"), "attempts"),
        **dict.fromkeys(("left_dates", "right_dates"), "dates"),
        **dict.fromkeys(("codes", "national"), "list"),
        **dict.fromkeys(("years", "left_years", "right_years"), "years"),
        "number": "number",
        "stage": "stage",
        "text": "text",
    }
)
"""What the parts are. ``text`` is another reason, or words of a source that are said as they are."""

_CHOICES: Final = ("units", "attempts", "dates")


@dataclass(frozen=True, slots=True)
class Side:
    """One of the things that are compared.

    Parameters
    ----------
    label
        As English texts call it.
    source, area
        Its source, and the code of its area; ``_T`` and the like where the source names none.
    """

    label: str
    source: str
    area: str

    def __str__(self) -> str:
        return self.label


class Reason(str):
    """A reason in English, with its key in :data:`TEXTS` and its parts.

    Parameters
    ----------
    text
        In English.
    key
        Of the text; empty for words of a source.
    parts
        By name, of the kinds in :data:`KINDS`.
    """

    __slots__ = ("key", "parts")

    key: str
    parts: Mapping[str, object]

    def __new__(cls, text: str, key: str = "", parts: Mapping[str, object] | None = None) -> Reason:
        """Make the text that knows its parts."""
        found = super().__new__(cls, text)
        found.key = key
        found.parts = parts or {}
        return found


def reason(key: str, **parts: object) -> Reason:
    """Reason of a key.

    Parameters
    ----------
    key
        One of :data:`TEXTS`.
    **parts
        What its names stand for: texts and numbers, or several texts where the kind is a list or a choice.

    Examples
    --------
    >>> found = reason("other_dates", left="A", left_dates=("recorded", "date"), right="B", right_dates=("occurred",))
    >>> found, found.key
    ('A counts by date recorded or date, B by occurred', 'other_dates')
    """
    english = {name: _english(name, value) for name, value in parts.items()}
    return Reason(TEXTS[key].format(**english), key, parts)


def _english(name: str, value: object) -> str:
    if isinstance(value, str) or not isinstance(value, Iterable):
        return str(value)
    return (" or " if KINDS[name] in _CHOICES else ", ").join(value)
