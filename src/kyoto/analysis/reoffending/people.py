"""What the columns of a file of people mean.

A person has the event or not (``event``), after some time (``time``). Where no event happened, ``time`` says how long
the person was followed; empty means: through every window asked for. What cannot be read is rejected with a reason and
counted, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MISSING", "NO", "UNCLEAR", "UNITS", "YES", "PeopleColumns", "split_event"]

YES = ("1", "1.0", "true", "t", "yes", "y", "x")
NO = ("0", "0.0", "false", "f", "no", "n")
MISSING = ("", "na", "n/a", "null", "nan", "none", "-", ".", "<na>")
UNITS = {"days": 36525.0, "weeks": 5218.0, "months": 1200.0, "years": 100.0}
"""Units of time, and what a century is in them: longer times are no times."""

UNCLEAR = "event is neither yes nor no"
"""Reason to reject a row."""


@dataclass(frozen=True, slots=True)
class PeopleColumns:
    """Which column is what.

    Parameters
    ----------
    event
        Column that says whether the event happened.
    value
        Value of it that means the event; None where the column says yes or no by itself.
    time
        Column of the time to the event or to the end of follow-up; None where the event column is already the
        outcome of one window.
    start
        Column of the date from which ``time``, then a date too, is counted in days.
    follow_up
        Column of how long each person could have been followed, whatever happened.
    by
        Columns of the groups.
    unit
        Unit of times and windows: days, weeks, months or years.
    """

    event: str
    value: str | None = None
    time: str | None = None
    start: str | None = None
    follow_up: str | None = None
    by: tuple[str, ...] = ()
    unit: str = "days"


def split_event(text: str, columns: dict[str, str]) -> tuple[str, str | None]:
    """Split ``COLUMN=VALUE``; a column whose whole name has an equals sign comes first.

    Examples
    --------
    >>> split_event("status=arrest", {"status": "VARCHAR"}), split_event("a=b", {"a=b": "BIGINT"})
    (('status', 'arrest'), ('a=b', None))
    """
    if text in columns or "=" not in text:
        return text, None
    column, _, value = text.partition("=")
    return column.strip(), value.strip().removeprefix("=").strip().strip("\"'")
