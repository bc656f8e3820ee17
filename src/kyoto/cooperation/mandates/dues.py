"""When something is due, in one spelling: ``date:2027-06-30``, ``session:ccpcj-36``, ``event:congress-15``."""

from __future__ import annotations

import re
from datetime import date, timedelta

from kyoto.core.errors import KyotoError, Where

__all__ = ["checked_due", "last_day"]

_DATE = re.compile(r"(?:date:)?(\d{4}(?:-\d{2}){0,2})")
_OTHER = re.compile(r"session:(?:[a-z][\w-]*-)?(?:\d+|next)|event:[a-z][\w-]*|recurrence:[a-z][\w-]*|before:\d[\w-]*")


def checked_due(text: str, where: Where | None = None) -> str:
    """Return when something is due in its one spelling; a plain date gets its prefix.

    Raises
    ------
    KyotoError
        ``mandates.wrong-due``.

    Examples
    --------
    >>> checked_due("2027-06"), checked_due("session:ccpcj-36")
    ('date:2027-06', 'session:ccpcj-36')
    """
    word = text.strip()
    found = _DATE.fullmatch(word)
    if found is not None and last_day(found[1]) is not None:
        return f"date:{found[1]}"
    if _OTHER.fullmatch(word):
        return word
    raise KyotoError(
        "Not a time at which something is due",
        code="mandates.wrong-due",
        where=where,
        got=text,
        expected="2027, 2027-06, 2027-06-30, session:ccpcj-36, session:ccpcj-next, event:congress-15 or"
        " recurrence:annual",
        hint="Write a day as year-month-day; sessions are body and number, as `kyoto mandates sessions` lists them.",
    )


def last_day(value: str) -> date | None:
    """Return the last day of a day, month or year; None if the calendar has no such.

    Examples
    --------
    >>> last_day("2020-02"), last_day("2019"), last_day("2019-02-31") is None
    (datetime.date(2020, 2, 29), datetime.date(2019, 12, 31), True)
    """
    try:
        parts = [int(part) for part in value.split("-")]
        if len(parts) == 3:
            return date(*parts)
        if len(parts) == 2:
            first = date(parts[0], parts[1], 28) + timedelta(days=4)
            return first.replace(day=1) - timedelta(days=1)
        return date(parts[0], 12, 31)
    except (ValueError, OverflowError):
        return None
