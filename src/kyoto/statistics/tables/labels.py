"""Ages and periods read from the labels that figures carry."""

from __future__ import annotations

import re
from datetime import date, timedelta

from kyoto.statistics.observations import TOTAL, UNKNOWN
from kyoto.statistics.tables.model import AgeBand

__all__ = ["parse_age", "period_days"]


def parse_age(text: str) -> AgeBand | str | None:
    """Age group of a label; ``_T`` and ``_U`` as they are, None where it is no age.

    Examples
    --------
    >>> parse_age("Y15T24") == parse_age("15-24") == AgeBand(15, 24)
    True
    >>> parse_age("Y_GE65") == parse_age("65+") == AgeBand(65, None)
    True
    >>> parse_age("Y_LT5") == parse_age("<5") == AgeBand(0, 4)
    True
    >>> parse_age("total"), parse_age("old")
    ('_T', None)
    """
    label = text.strip().upper().removesuffix("YEARS").strip()
    if label in ("_T", "T", "TOTAL", "ALL", "ALLAGE", "ALL AGES"):
        return TOTAL
    if label in ("_U", "UNK", "UNKNOWN"):
        return UNKNOWN
    label = label.removeprefix("Y")
    if found := re.fullmatch(r"(?:_LT|<)\s*(\d+)", label):
        return AgeBand(0, int(found[1]) - 1) if int(found[1]) > 0 else None
    if found := re.fullmatch(r"(?:_GE|>=|≥)\s*(\d+)|(\d+)\s*\+", label):
        return AgeBand(int(found[1] or found[2]), None)
    if found := re.fullmatch(r"(\d+)(?:\s*(?:T|-|–|TO)\s*(\d+))?", label):
        low, high = int(found[1]), int(found[2] or found[1])
        return AgeBand(low, high) if low <= high else None
    return None


def period_days(text: str) -> tuple[date, date] | None:
    """First and last day of an ISO 8601 year, quarter, month, week, day or interval; None where it is none.

    Examples
    --------
    >>> [str(day) for day in period_days("2016-Q3")]
    ['2016-07-01', '2016-09-30']
    >>> [str(day) for day in period_days("2015-W53")]
    ['2015-12-28', '2016-01-03']
    >>> [str(day) for day in period_days("2016-07/2017-06")]
    ['2016-07-01', '2017-06-30']
    """
    if "/" in text:
        start, end = (period_days(part) for part in text.split("/", 1))
        return (start[0], end[1]) if start and end and start[0] <= end[1] else None
    try:
        return _simple_period(text)
    except ValueError:
        return None


def _simple_period(text: str) -> tuple[date, date] | None:
    if found := re.fullmatch(r"(\d{4})", text):
        return date(int(found[1]), 1, 1), date(int(found[1]), 12, 31)
    if found := re.fullmatch(r"(\d{4})-Q([1-4])", text):
        return _months(int(found[1]), 3 * int(found[2]) - 2, 3)
    if found := re.fullmatch(r"(\d{4})-(\d{2})", text):
        return _months(int(found[1]), int(found[2]), 1)
    if found := re.fullmatch(r"(\d{4})-W(\d{2})", text):
        monday = date.fromisocalendar(int(found[1]), int(found[2]), 1)
        return monday, monday + timedelta(days=6)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return date.fromisoformat(text), date.fromisoformat(text)
    return None


def _months(year: int, month: int, length: int) -> tuple[date, date]:
    first = date(year, month, 1)
    after = date(year + (month + length > 12), (month + length - 1) % 12 + 1, 1)
    return first, after - timedelta(days=1)
