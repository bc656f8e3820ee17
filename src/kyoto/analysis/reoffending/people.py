"""What the columns of a file of people mean, and the SQL that reads them.

A person has the event or not (``event``), after some time (``time``). Where no event happened, ``time`` says how long
the person was followed; empty means: through every window asked for. What cannot be read is rejected with a reason and
counted, never guessed.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kyoto.analysis.reoffending.reading import PeopleTable, quoted, text_literal
from kyoto.core.errors import KyotoError, Where, nearest

__all__ = [
    "UNITS",
    "Expressions",
    "PeopleColumns",
    "check_columns",
    "expressions",
    "group_text",
    "number_sql",
    "require_clear_event",
    "split_event",
    "write_rejects",
]

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


@dataclass(frozen=True, slots=True)
class Expressions:
    """SQL of each row: the reasons to reject it, and what it says otherwise.

    ``event`` is true, false or null; ``time`` and ``follow_up`` are numbers or null; ``reasons`` gives the condition of
    each reason, in order: the first that holds counts. ``quick_time`` is the time without care for cells that are no
    number; ``bad_event`` and ``bad_follow_up`` are conditions.
    """

    event: str
    time: str
    follow_up: str
    by: tuple[str, ...]
    reasons: dict[str, str]
    quick_time: str
    bad_event: str
    bad_follow_up: str

    @property
    def rejected(self) -> str:
        """Number of the first reason that holds, from 1; 0 for a row that counts."""
        parts = " ".join(f"WHEN {test} THEN {place}" for place, test in enumerate(self.reasons.values(), start=1))
        return f"CASE {parts} ELSE 0 END"


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
    if columns.time and columns.start is None and _is_date(table.types[columns.time]):
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
    test = _equals(columns.event, columns.value)
    if table.rows(f"SELECT 1 FROM {table.name} WHERE {test} LIMIT 1"):
        return []
    known = _values(table, columns.event)
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


def expressions(table: PeopleTable, columns: PeopleColumns) -> Expressions:
    """SQL that reads every row.

    Parameters
    ----------
    table, columns
        The table, and what its columns mean, checked by :func:`check_columns`.
    """
    event, bad_event = _event(table, columns)
    time, bad_time = _time(table, columns)
    follow_up, bad_follow_up = "NULL", "false"
    if columns.follow_up is not None:
        follow_up = number_sql(table, columns.follow_up)
        bad_follow_up = f"coalesce({follow_up} < 0, true)"
    century = UNITS[columns.unit]
    reasons = {
        "date cannot be read or is to come" if columns.start else "time is not a number": bad_time,
        "time is negative": f"{time} < 0",
        "time is longer than a century": f"{time} > {century}",
        UNCLEAR: bad_event,
        "event without a time": f"({event}) AND {time} IS NULL" if columns.time else "false",
        "follow-up is missing or negative": bad_follow_up,
    }
    by = tuple(group_text(quoted(name)) for name in columns.by)
    numeric = columns.time is not None and columns.start is None and _is_number(table.types[columns.time])
    quick = quoted(columns.time or "") if numeric else time
    kept = {key: test for key, test in reasons.items() if test != "false"}
    return Expressions(event, time, follow_up, by, kept, quick, bad_event, bad_follow_up)


def group_text(name: str) -> str:
    """SQL of a group as text; ``_U`` where it is empty."""
    return f"coalesce(nullif(trim(CAST({name} AS VARCHAR)), ''), '_U')"


def write_rejects(table: PeopleTable, columns: PeopleColumns, path: Path) -> int:
    """Write the rejected rows as CSV: ``row`` (counted from 1 below the names), ``time``, ``event``, ``reason``.

    Returns
    -------
    int
        Rows written, as many as the rates say are rejected.
    """
    from kyoto.core.files import neutral_cell, write_whole

    reading = expressions(table, columns)
    time = f"CAST({quoted(columns.time)} AS VARCHAR)" if columns.time else "NULL"
    rows = table.connection.execute(
        f"SELECT row, time, event, why FROM (SELECT row_number() OVER () AS row, {time} AS time, "
        f"CAST({quoted(columns.event)} AS VARCHAR) AS event, {reading.rejected} AS why FROM {table.name}) "
        "WHERE why > 0 ORDER BY row"
    ).fetchall()
    reasons = list(reading.reasons)
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(["row", "time", "event", "reason"])
    for row, moment, event, why in rows:
        writer.writerow([row, neutral_cell(moment or ""), neutral_cell(event or ""), reasons[why - 1]])
    write_whole(path, lines.getvalue())
    return len(rows)


def _event(table: PeopleTable, columns: PeopleColumns) -> tuple[str, str]:
    """Whether the event happened, and whether that cannot be read.

    Where no row says no, an empty cell does; where some do, an empty cell says nothing.
    """
    column, kind = quoted(columns.event), table.types[columns.event]
    if columns.value is not None:
        return f"coalesce({_equals(columns.event, columns.value)}, false)", "false"
    if kind == "BOOLEAN" or _is_number(kind):
        yes, no = ("true", "false") if kind == "BOOLEAN" else ("1", "0")
        value = column if _any(table, f"{column} = {no}") else f"coalesce({column}, {no})"
        return f"({value} = {yes})", f"coalesce({value} NOT IN ({yes}, {no}), true)"
    text = f"coalesce(lower(trim(CAST({column} AS VARCHAR))), '')"
    no_words = NO if _any(table, f"{text} IN ({_list(NO)})") else (*NO, *MISSING)
    return f"({text} IN ({_list(YES)}))", f"{text} NOT IN ({_list((*YES, *no_words))})"


def _any(table: PeopleTable, test: str) -> bool:
    return bool(table.rows(f"SELECT 1 FROM {table.name} WHERE {test} LIMIT 1"))


def require_clear_event(table: PeopleTable, columns: PeopleColumns, rejected: dict[str, int], rows: int) -> None:
    """Raise where more than a tenth of the rows say neither yes nor no: the value that means the event is wanted.

    Raises
    ------
    KyotoError
        ``reoffending.unclear-event``.
    """
    if rejected.get(UNCLEAR, 0) <= 0.1 * rows:
        return
    values = _values(table, columns.event)
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


def _time(table: PeopleTable, columns: PeopleColumns) -> tuple[str, str]:
    """Time as a number, and whether it cannot be read."""
    if columns.time is None:
        return "CAST(NULL AS DOUBLE)", "false"
    if columns.start is not None:
        return _days(columns)
    number = number_sql(table, columns.time)
    if _is_number(table.types[columns.time]):
        return number, "false"
    text = f"lower(trim(CAST({quoted(columns.time)} AS VARCHAR)))"
    return number, f"{number} IS NULL AND coalesce({text}, '') NOT IN ({_list(MISSING)})"


def _days(columns: PeopleColumns) -> tuple[str, str]:
    """Days between two dates, neither of which may be to come."""
    start, end = (f"TRY_CAST({quoted(name or '')} AS TIMESTAMP)" for name in (columns.start, columns.time))
    text = f"lower(trim(CAST({quoted(columns.time or '')} AS VARCHAR)))"
    unread = f"{end} IS NULL AND coalesce({text}, '') NOT IN ({_list(MISSING)})"
    to_come = f"coalesce(greatest({start}, {end}) > current_date + INTERVAL 1 DAY, false)"
    days = f"date_diff('day', CAST({start} AS DATE), CAST({end} AS DATE))"
    return f"(CASE WHEN NOT {to_come} THEN {days} END)", f"({start} IS NULL OR ({unread}) OR {to_come})"


def number_sql(table: PeopleTable, column: str) -> str:
    """A column as numbers; texts may have a decimal comma.

    ``1,014`` is a thousand to some and a little more than one to others: it is no number here, so its row is rejected.
    """
    name = quoted(column)
    if table.types[column] in {"DOUBLE", "FLOAT"}:
        return f"(CASE WHEN isnan({name}) THEN NULL ELSE {name} END)"  # data frames write an empty cell so
    if _is_number(table.types[column]):
        return name
    text = f"trim(CAST({name} AS VARCHAR))"
    number = f"TRY_CAST(replace({text}, ',', '.') AS DOUBLE)"
    return f"(CASE WHEN regexp_full_match({text}, '[+-]?[1-9][0-9]{{0,2}},[0-9]{{3}}') THEN NULL ELSE {number} END)"


def _equals(column: str, value: str) -> str:
    """Whether a cell is the value: as text without regard to case, or as a number."""
    name = quoted(column)
    word = value.strip().lower()
    text = f"lower(trim(CAST({name} AS VARCHAR))) = {text_literal(word)}"
    if word in YES or word in NO:  # a reader of CSV makes true and false of yes and no
        text = f"({text} OR (typeof({name}) = 'BOOLEAN' AND CAST({name} AS VARCHAR) = '{str(word in YES).lower()}'))"
    try:
        number = float(value)
    except ValueError:
        return text
    return f"({text} OR TRY_CAST(CAST({name} AS VARCHAR) AS DOUBLE) = {number!r})"


def _values(table: PeopleTable, column: str) -> list[str]:
    """The commonest values of a column, as text."""
    sql = (
        f"SELECT CAST({quoted(column)} AS VARCHAR) AS value, count(*) AS n FROM {table.name} "
        "WHERE value IS NOT NULL GROUP BY 1 ORDER BY n DESC, value LIMIT 50"
    )
    return [str(row["value"]) for row in table.rows(sql)]


def _is_number(kind: str) -> bool:
    return kind.removeprefix("U").startswith(
        ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "DOUBLE", "FLOAT", "DECIMAL")
    )


def _is_date(kind: str) -> bool:
    return kind.startswith(("DATE", "TIMESTAMP"))


def _list(words: Any) -> str:
    return ", ".join(text_literal(word) for word in words)
