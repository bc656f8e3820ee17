"""Dates of birth as files hold them: partial, in several orders, heaped on 1 January."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

__all__ = ["Birth", "heaped", "parse_birth"]

EARLIEST_YEAR = 1880
_YEAR_FIRST = re.compile(r"^(\d{4})[-/. ](\d{1,2}|\?\?|xx)[-/. ](\d{1,2}|\?\?|xx)(?:[T ].*)?$", re.IGNORECASE)
_YEAR_LAST = re.compile(r"^(\d{1,2}|\?\?|xx)[-/. ](\d{1,2}|\?\?|xx)[-/. ](\d{4})(?:[T ].*)?$", re.IGNORECASE)
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_MONTH = re.compile(r"^(\d{4})[-/.](\d{1,2})$")
_MONTH_LAST = re.compile(r"^(\d{1,2})[-/.](\d{4})$")
_YEAR = re.compile(r"^(\d{4})(?:\.0)?$")


@dataclass(frozen=True, slots=True)
class Birth:
    """Date of birth as far as it is known.

    Parameters
    ----------
    year
        Always known.
    month, day
        None where the file does not say.
    """

    year: int
    month: int | None = None
    day: int | None = None


def parse_birth(text: str, *, month_first: bool = False, latest: int | None = None) -> Birth | None:
    """Date of a cell, or None where it holds none that a living person could have.

    Parameters
    ----------
    text
        ISO, with the year first or last, compact, or a part (``1980``, ``1980-05``, ``1980-00-00``, ``??/05/1980``).
    month_first
        Read ``05/04/1980`` as 4 May. A number above 12 settles the order whatever is stated.
    latest
        Last possible year; this year by default.

    Examples
    --------
    >>> parse_birth("1980-02-31"), parse_birth("31.12.1999"), parse_birth("00/05/1980")
    (Birth(year=1980, month=2, day=None), Birth(year=1999, month=12, day=31), Birth(year=1980, month=5, day=None))
    >>> parse_birth("12/31/1999") == parse_birth("19991231"), parse_birth("31/12/99") is None
    (True, True)
    """
    parts = _parts(text.strip(), month_first)
    if parts is None:
        return None
    year, month, day = parts
    if not EARLIEST_YEAR <= year <= (latest or date.today().year):
        return None
    if month is not None and month > 12 and day is not None and 1 <= day <= 12:
        month, day = day, month
    if not month or month > 12:
        return Birth(year)
    return Birth(year, month, day if day and _exists(year, month, day) else None)


def _parts(text: str, month_first: bool) -> tuple[int, int | None, int | None] | None:
    found = _YEAR_FIRST.match(text) or _COMPACT.match(text)
    if found:
        return int(found[1]), _number(found[2]), _number(found[3])
    found = _YEAR_LAST.match(text)
    if found:
        day, month = (2, 1) if month_first else (1, 2)
        return int(found[3]), _number(found[month]), _number(found[day])
    found = _MONTH.match(text)
    if found:
        return int(found[1]), _number(found[2]), None
    found = _MONTH_LAST.match(text)
    if found:
        return int(found[2]), _number(found[1]), None
    found = _YEAR.match(text)
    return (int(found[1]), None, None) if found else None


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def heaped(first_of_january: int, dates: int) -> bool:
    """Whether so many dates fall on 1 January that the day stands for "year known, day not".

    More than three times the share of one day a year, and more than chance would give in a small file (five standard
    deviations of the binomial).

    Examples
    --------
    >>> heaped(3, 1000), heaped(60, 1000)
    (False, True)
    """
    expected = dates / 365.25
    return first_of_january > 3 * expected and first_of_january > expected + 5 * max(expected, 1.0) ** 0.5
