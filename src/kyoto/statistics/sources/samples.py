"""What a sample of a column says: its date formats and its decimal sign."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

__all__ = ["DATE_FORMATS", "DateFormats", "date_formats", "decimal_sign", "fitting", "has_time", "parsed_dates"]

_TIMES = ("", " %H:%M:%S", " %H:%M", "T%H:%M:%S", "T%H:%M", " %H:%M:%S.%f", "T%H:%M:%S.%f", " %I:%M:%S %p", " %I:%M %p")
_YEAR_FIRST = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d")
_DAY_FIRST = tuple(f"%d{sign}%m{sign}{year}" for sign in "/.-" for year in ("%Y", "%y"))
_MONTH_FIRST = tuple(f"%m{sign}%d{sign}{year}" for sign in "/.-" for year in ("%Y", "%y"))
_NAMED = ("%d %B %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%B %d, %Y", "%b %d, %Y", "%d%b%Y")
_SHORT = ("%Y-%m", "%Y/%m", "%m/%Y", "%Y")

DATE_FORMATS: tuple[str, ...] = (
    tuple(day + time for day in _YEAR_FIRST + _DAY_FIRST + _MONTH_FIRST + _NAMED for time in _TIMES) + _SHORT
)
"""Patterns that are tried, in this order of preference."""

_COMMA_DECIMAL = re.compile(r"[+-]?(\d{1,3}(?:[. \u00a0\u202f']\d{3})*|\d+),(\d{1,2}|\d{4,})")
_POINT_DECIMAL = re.compile(r"[+-]?(\d{1,3}(?:[, \u00a0\u202f']\d{3})*|\d+)\.(\d{1,2}|\d{4,})")
_COMMA_GROUPS = re.compile(r"[+-]?\d{1,3}(,\d{3}){2,}")
_POINT_GROUPS = re.compile(r"[+-]?\d{1,3}(\.\d{3}){2,}")


_MOST = 4000


@dataclass(frozen=True, slots=True)
class DateFormats:
    """Formats that a sample of dates follows.

    Parameters
    ----------
    formats
        Patterns, the commonest first.
    undecided
        True if every date of the sample fits the same pattern with day and month exchanged.
    exchanged
        The first pattern with day and month exchanged; empty where that is no pattern for dates.
    decisive
        How many values fit the first pattern and not the exchanged one.
    unread
        Values of the sample that no pattern fits.
    """

    formats: tuple[str, ...]
    undecided: bool
    unread: tuple[str, ...]
    exchanged: str = ""
    decisive: int = 0


def date_formats(values: Iterable[str]) -> DateFormats:
    """Find the formats of a column of dates.

    The pattern that fits most values is taken, then the one that fits most of what is left, until nothing more
    fits. Day before month is preferred where the values leave it open.

    Examples
    --------
    >>> date_formats(["03/04/2016", "25/12/2016"])
    DateFormats(formats=('%d/%m/%Y',), undecided=False, unread=(), exchanged='%m/%d/%Y', decisive=1)
    >>> date_formats(["03/04/2016"]).undecided
    True
    """
    distinct = list(dict.fromkeys(value for value in values if value))
    left = distinct[:: max(len(distinct) // _MOST, 1)]
    chosen: list[str] = []
    undecided, other, decisive = False, "", 0
    while left:
        fits = {pattern: [value for value in left if _follows(value, pattern)] for pattern in _candidates(left)}
        best = max(fits, key=lambda pattern: len(fits[pattern]), default="")
        if not best or not fits[best]:
            break
        if not chosen and (exchanged := _exchanged(best)):
            other, decisive = exchanged, len(set(fits[best]) - set(fits.get(exchanged, ())))
            undecided = decisive == 0
        taken = set(fits[best])
        left = [value for value in left if value not in taken]
        chosen.append(best)
    return DateFormats(tuple(chosen), undecided, tuple(left), other, decisive)


def fitting(values: Iterable[str], patterns: Sequence[str]) -> tuple[str, ...]:
    """Patterns that fit one of the values; all of them where none does.

    Examples
    --------
    >>> fitting(["07/2016", "2016"], ["%m/%Y", "%B %Y"])
    ('%m/%Y',)
    """
    distinct = list(dict.fromkeys(values))[:2000]
    return tuple(p for p in patterns if any(_follows(value, p) for value in distinct)) or tuple(patterns)


def parsed_dates(values: Iterable[str], patterns: Sequence[str]) -> list[date]:
    """Dates of the values that follow one of the patterns.

    Examples
    --------
    >>> parsed_dates(["2016-07-01", "July"], ["%Y-%m-%d"])
    [datetime.date(2016, 7, 1)]
    """
    found = []
    for value in values:
        pattern = next((pattern for pattern in patterns if _follows(value, pattern)), None)
        if pattern is not None:
            found.append(datetime.strptime(value, pattern).date())
    return found


def has_time(pattern: str) -> bool:
    """Report whether a pattern has the time of day."""
    return "%H" in pattern or "%I" in pattern


def decimal_sign(values: Sequence[str]) -> tuple[str, bool]:
    """Decimal sign of numbers in a sample, and whether the sample shows it.

    Examples
    --------
    >>> decimal_sign(["1.234,5", "12"])
    (',', True)
    >>> decimal_sign(["1,234"])
    ('.', False)
    """
    comma = sum(1 for value in values if _COMMA_DECIMAL.fullmatch(value) or _POINT_GROUPS.fullmatch(value))
    point = sum(1 for value in values if _POINT_DECIMAL.fullmatch(value) or _COMMA_GROUPS.fullmatch(value))
    if comma or point:
        return ("," if comma > point else "."), True
    open_question = any(re.fullmatch(r"[+-]?\d{1,3}[.,]\d{3}", value) for value in values)
    return ".", not open_question


def _candidates(values: Sequence[str]) -> list[str]:
    """Patterns that fit one of the first values: the others need no trial."""
    return [pattern for pattern in DATE_FORMATS if any(_follows(value, pattern) for value in values[:50])]


def _follows(value: str, pattern: str) -> bool:
    try:
        parsed = datetime.strptime(value, pattern)
    except ValueError:
        return False
    # strptime takes "1201" for %Y%m%d and the like; engines do not
    if "%Y" in pattern and (parsed.year < 1000 or re.search(r"\d{4}", value) is None):
        return False
    return "%Y%m" not in pattern or re.match(r"\d{8}" if "%d" in pattern else r"\d{6}", value) is not None


def _exchanged(pattern: str) -> str | None:
    """Pattern with day and month exchanged, or None where both are not numbers side by side."""
    for one, other in (("%d", "%m"), ("%m", "%d")):
        if re.match(f"{one}[/.-]{other}", pattern):
            return pattern.replace(one, "%x", 1).replace(other, one, 1).replace("%x", other, 1)
    return None
