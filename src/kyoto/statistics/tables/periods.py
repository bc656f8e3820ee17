"""Periods as text (``2016``, ``2016-Q3``, ``2016-07``, ``2016-W27``, ``2016-07-01``) on the calendar of an engine."""

from __future__ import annotations

from typing import Any

import ibis

__all__ = ["day_within", "first_day"]


def first_day(column: Any) -> Any:
    """First day of a period; a date or timestamp as it stands.

    Parameters
    ----------
    column
        Ibis column of dates, timestamps or periods as ISO 8601 text.

    Returns
    -------
    ibis.expr.types.DateColumn
        Null where the text is no period.
    """
    if not column.type().is_string():
        return column.cast("date")
    year, month = column.substr(0, 4), column.substr(5)
    quarter_month = ((column.substr(6, 1).try_cast("int32") - 1) * 3 + 1).cast("string").lpad(2, "0")
    text = ibis.cases(
        (column.length() == 4, year + "-01-01"),
        (_is(column, "Q"), year + "-" + quarter_month + "-01"),
        (_is(column, "W"), year + "-01-04"),  # the fourth of January lies in week 1 (ISO 8601)
        (column.length() == 7, year + "-" + month + "-01"),
        else_=column,
    )
    day = text.try_cast("date")
    weeks = column.substr(6, 2).try_cast("int32") - 1
    monday = day.truncate("W").cast("date") + (weeks * 7).as_interval("D")
    return ibis.cases((_is(column, "W"), monday.cast("date")), else_=day)


def day_within(column: Any, grain: str) -> Any:
    """Day that tells in which year, quarter, month or week a period lies; null where the period is longer than that.

    Parameters
    ----------
    column
        See :func:`first_day`.
    grain
        ``year``, ``quarter``, ``month`` or ``week``.

    Returns
    -------
    ibis.expr.types.DateColumn
        For a week and the grain ``year`` its Thursday, since a week belongs to the year of that.
    """
    day = first_day(column)
    if not column.type().is_string():
        return day
    week = _is(column, "W")
    if grain == "year":
        return ibis.cases((week, (day + ibis.interval(days=3)).cast("date")), else_=day)
    fine = column.length() == 10
    if grain == "quarter":
        fine = fine | ((column.length() == 7) & ~week)
    elif grain == "month":
        fine = fine | ((column.length() == 7) & ~week & ~_is(column, "Q"))
    else:
        fine = fine | week
    return ibis.cases((fine, day))


def _is(column: Any, letter: str) -> Any:
    return column.substr(5, 1) == letter
