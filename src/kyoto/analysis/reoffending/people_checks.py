"""Columns and values of a file of people that cannot be meant, and what a reader of the figures should see."""

from __future__ import annotations

from kyoto.analysis.reoffending.people import MISSING, NO, UNCLEAR, UNITS, YES, PeopleColumns
from kyoto.analysis.reoffending.people_sql import commonest_values, equals_sql, is_date
from kyoto.analysis.reoffending.reading import PeopleTable
from kyoto.core.errors import KyotoError, Where, nearest

__all__ = ["check_columns", "require_clear_event"]


def check_columns(table: PeopleTable, columns: PeopleColumns) -> list[str]:
    """Raise for columns that cannot be meant; return remarks that a reader should see.

    Raises
    ------
    KyotoError
        ``reoffending.wrong-column``, ``reoffending.wrong-value``, ``reoffending.repeated-column``,
        ``reoffending.unknown-unit``, ``reoffending.not-a-time``.
    """
    table.require(columns.event, columns.time, columns.start, columns.follow_up, *columns.by)
    if columns.unit not in UNITS:
        raise KyotoError(
            "No such unit of time", code="reoffending.unknown-unit", got=columns.unit, expected=", ".join(UNITS)
        )
    if len(set(columns.by)) < len(columns.by) or columns.event in columns.by or columns.time in columns.by:
        raise KyotoError(
            "A column is given twice",
            code="reoffending.repeated-column",
            where=Where(file=table.file),
            got=", ".join([columns.event, columns.time or "", *columns.by]),
            expected="event, time and groups in different columns",
        )
    if columns.time and columns.start is None and is_date(table.types[columns.time]):
        raise KyotoError(
            "The time is a date",
            code="reoffending.not-a-time",
            where=Where(file=table.file, column=columns.time),
            expected="a number of days since the start of follow-up",
            hint="Name the column of the first day with --start; days are then counted from it.",
        )
    remarks = _check_value(table, columns)
    broken = table.broken_lines()
    if broken:
        remarks.append(
            f"{broken:,} lines have more fields than names or a quote that does not end: they are not counted."
        )
    return remarks


def _check_value(table: PeopleTable, columns: PeopleColumns) -> list[str]:
    """Remark, or raise, where no row has the value that means the event."""
    if columns.value is None:
        return []
    test = equals_sql(columns.event, columns.value)
    if table.rows(f"SELECT 1 FROM {table.name} WHERE {test} LIMIT 1"):
        return []
    known = commonest_values(table, columns.event)
    near = nearest(columns.value, known)
    if near is not None:
        raise KyotoError(
            "No row has this value",
            code="reoffending.wrong-value",
            where=Where(file=table.file, column=columns.event),
            got=columns.value,
            hint=f"Did you mean {near!r}?",
        )
    return [f"Nobody has {columns.event} = {columns.value!r}; the column holds {', '.join(known[:8])}."]


def require_clear_event(table: PeopleTable, columns: PeopleColumns, rejected: dict[str, int], rows: int) -> None:
    """Raise where more than a tenth of the rows say neither yes nor no: the value that means the event is wanted.

    Raises
    ------
    KyotoError
        ``reoffending.unclear-event``.
    """
    if rejected.get(UNCLEAR, 0) <= 0.1 * rows:
        return
    values = commonest_values(table, columns.event)
    if all(value.strip().lower() in (*YES, *NO, *MISSING) for value in values):
        return  # empty cells alone are no other words
    raise KyotoError(
        "The event column does not say yes or no",
        code="reoffending.unclear-event",
        where=Where(file=table.file, column=columns.event),
        got=", ".join(values[:8]) + (", ..." if len(values) > 8 else ""),
        expected="0 and 1, true and false, or yes and no",
        hint=f"Say which value is the event: --event {columns.event}={values[0] if values else 'VALUE'}",
    )
