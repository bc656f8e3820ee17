"""Dates and hours that are written down more often than they happen.

What is known only by the month is often entered as its first or fifteenth day, and what is known only by the day as
midnight or noon. A day is compared with the median of the other days of the month, an hour with the mean of its two
neighbours, since crime has a daily rhythm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from scipy import special

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kyoto.core.engine import Engine

__all__ = ["Heap", "heaped_days", "heaped_hours", "read_days", "read_hours"]

_TAIL = 1e-6
_HEAP_DAYS = (1, 15)
_HEAP_HOURS = (0, 12)


@dataclass(frozen=True, slots=True)
class Heap:
    """A value that stands too often.

    Parameters
    ----------
    value
        Day of the month or hour.
    count
        Records with it.
    expected
        Records to be expected.
    """

    value: int
    count: int
    expected: float


def read_days(engine: Engine, records: ir.Table, date: str) -> dict[int, int]:
    """Records by day of the month."""
    return _tally(engine, records, records[date].day())


def read_hours(engine: Engine, records: ir.Table, name: str) -> dict[int, int]:
    """Records by hour of the day; of a date with time, a time of day ``HH:MM``, or an hour."""
    column = records[name]
    if column.type().is_string():
        return _tally(engine, records, column.substr(0, 2).try_cast("int64"))
    return _tally(engine, records, column.hour() if column.type().is_timestamp() else column)


def heaped_days(days: Mapping[int, int], ratio: float) -> list[Heap]:
    """Days 1 and 15 where they hold ``ratio`` times as many records as the other days, beyond chance.

    Nothing is found where every record has the first day: such dates are months.

    Examples
    --------
    >>> heaped_days({1: 900} | {day: 300 for day in range(2, 29)}, 1.5)
    [Heap(value=1, count=900, expected=300.0)]
    >>> heaped_days({1: 900}, 1.5)
    []
    """
    others = [days.get(day, 0) for day in range(2, 29) if day not in _HEAP_DAYS]
    if not any(others):
        return []
    usual = median(others)
    return [heap for day in _HEAP_DAYS for heap in _heap(day, days.get(day, 0), usual, ratio)]


def heaped_hours(hours: Mapping[int, int], ratio: float) -> list[Heap]:
    """Hours 0 and 12 where they hold ``ratio`` times as many records as the hours beside them, beyond chance.

    Nothing is found where every record has hour 0: such dates have no time.

    Examples
    --------
    >>> heaped_hours({0: 500, 1: 200, 23: 300, 12: 260, 11: 250, 13: 250}, 1.5)
    [Heap(value=0, count=500, expected=250.0)]
    """
    if not any(count for hour, count in hours.items() if hour != 0):
        return []
    heaps = []
    for hour in _HEAP_HOURS:
        usual = (hours.get((hour - 1) % 24, 0) + hours.get(hour + 1, 0)) / 2
        heaps += list(_heap(hour, hours.get(hour, 0), usual, ratio))
    return heaps


def _heap(value: int, count: int, usual: float, ratio: float) -> Iterator[Heap]:
    """The heap, if the count is ``ratio`` times the usual one and a Poisson count so high has a chance below 1e-6."""
    chance = float(special.gammainc(count, max(usual, 0.5))) if count else 1.0
    if count >= ratio * usual and chance < _TAIL:
        yield Heap(value, count, usual)


def _tally(engine: Engine, records: ir.Table, key: Any) -> dict[int, int]:
    grouped = records.group_by(key=key.cast("int64")).aggregate(records=records.count())
    rows = engine.fetch(grouped).to_pylist()
    return {int(row["key"]): int(row["records"]) for row in rows if row["key"] is not None}
