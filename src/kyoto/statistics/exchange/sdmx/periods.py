"""Periods as SDMX writes them, and back.

Kyoto writes periods as ISO 8601: ``2016``, ``2016-Q3``, ``2016-07``, ``2016-W27``, ``2016-07-01``, ``start/end``. SDMX
has the same but for intervals, which it writes as a first day and a duration (SDMX 3.0, section 6, 3.2.8: time ranges),
and for the reporting periods ``2016-A1``, ``2016-M07`` and so on, which are only read.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from kyoto.statistics.observations import NOT_APPLICABLE, UNKNOWN
from kyoto.statistics.tables.labels import period_days

__all__ = ["UNTIMED", "days_of", "frequency_of", "from_sdmx", "to_sdmx"]

UNTIMED = (UNKNOWN, NOT_APPLICABLE)
"""Periods that are none; the frequency of such observations says which."""

_REPORTING = re.compile(r"(\d{4})-([ASTQMWD])(\d{1,3})")
_RANGE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T00:00:00)?/P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?")
_MONTHS = {"A": 12, "S": 6, "T": 4, "Q": 3, "M": 1}


def to_sdmx(period: str) -> str | None:
    """Period as an SDMX observational time period; None for what is no period.

    Examples
    --------
    >>> to_sdmx("2016-Q3"), to_sdmx("2016-07/2017-06"), to_sdmx("2019/2021"), to_sdmx("_U")
    ('2016-Q3', '2016-07-01/P12M', '2019-01-01/P3Y', None)
    """
    days = period_days(period)
    if days is None:
        return None
    if "/" not in period:
        return period
    first, last = days
    lengths = {len(part) for part in period.split("/")}
    if lengths == {4}:
        return f"{first}/P{last.year - first.year + 1}Y"
    if last == date.max:
        return None
    after = last + timedelta(days=1)
    if 10 not in lengths and first.day == 1 and after.day == 1:
        return f"{first}/P{(after.year - first.year) * 12 + after.month - first.month}M"
    return f"{first}/P{(after - first).days}D"


def from_sdmx(text: str) -> str | None:
    """Period of Kyoto for an SDMX time period; None for what is none.

    Whole years come back as years, whole months as months. An interval of quarters or weeks comes back as the same
    days, written as months or days.

    Examples
    --------
    >>> from_sdmx("2016-07-01/P12M"), from_sdmx("2016-M07"), from_sdmx("2016-S2"), from_sdmx("2016-A1")
    ('2016-07/2017-06', '2016-07', '2016-07/2016-12', '2016')
    >>> from_sdmx("2016-13") is None
    True
    """
    if found := _RANGE.fullmatch(text):
        return _from_range(found)
    if found := _REPORTING.fullmatch(text):
        plain = _from_reporting(found[1], found[2], int(found[3]))
        return plain if plain and period_days(plain) else None
    return text if "/" not in text and period_days(text) else None


def frequency_of(period: str) -> str:
    """Code of CL_FREQ for a period: A, Q, M, W, D, ``_O`` for an interval; ``_U`` and ``_Z`` as they are.

    Examples
    --------
    >>> [frequency_of(text) for text in ("2016", "2016-Q3", "2016-07", "2016-W27", "2016-07-01", "2015/2016", "_Z")]
    ['A', 'Q', 'M', 'W', 'D', '_O', '_Z']
    """
    if period in UNTIMED:
        return period
    if "/" in period:
        return "_O"
    if period[5:6] in ("Q", "W"):
        return period[5]
    return {4: "A", 7: "M", 10: "D"}.get(len(period), "_O")


def days_of(text: str) -> tuple[date, date] | None:
    """First and last day of any period that a query may name, a date with a time among them.

    Examples
    --------
    >>> [str(day) for day in days_of("2016-S2")]
    ['2016-07-01', '2016-12-31']
    >>> [str(day) for day in days_of("2016-07-01T12:00:00")]
    ['2016-07-01', '2016-07-01']
    """
    period = from_sdmx(text)
    if period is not None:
        return period_days(period)
    try:
        day = datetime.fromisoformat(text).date()
    except ValueError:
        return None
    return day, day


def _from_range(found: re.Match[str]) -> str | None:
    """Interval from its first day and its length; None where the length is zero or beyond the calendar."""
    years, months, days = (int(part or 0) for part in found.group(2, 3, 4))
    try:
        first = date.fromisoformat(found[1])
        total = first.year * 12 + first.month - 1 + years * 12 + months
        after = first.replace(year=total // 12, month=total % 12 + 1) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    if after <= first:
        return None
    last = after - timedelta(days=1)
    if days == 0 and first.day == 1:
        if months == 0 and first.month == 1:
            return f"{first.year:04}/{last.year:04}"
        return f"{first:%Y-%m}/{last:%Y-%m}"
    return f"{first}/{last}"


def _from_reporting(year: str, kind: str, number: int) -> str | None:
    """Gregorian spelling of a reporting period of a year that starts in January; None where there is no such one."""
    if kind == "W":
        return f"{year}-W{number:02}"
    if kind == "D":
        try:
            day = date(int(year), 1, 1) + timedelta(days=number - 1)
        except (ValueError, OverflowError):
            return None
        return str(day) if number >= 1 and day.year == int(year) else None
    length = _MONTHS[kind]
    if not 1 <= number <= 12 // length:
        return None
    if kind in "AQM":
        return {"A": year, "Q": f"{year}-Q{number}", "M": f"{year}-{number:02}"}[kind]
    first = (number - 1) * length + 1
    return f"{year}-{first:02}/{year}-{first + length - 1:02}"
