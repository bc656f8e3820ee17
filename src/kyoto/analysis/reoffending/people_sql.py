"""The SQL that reads a file of people: who has the event, after what time, and which rows cannot be read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kyoto.analysis.reoffending.people import MISSING, NO, UNCLEAR, UNITS, YES, PeopleColumns
from kyoto.analysis.reoffending.reading import PeopleTable, quoted, text_literal

__all__ = [
    "Expressions",
    "commonest_values",
    "equals_sql",
    "expressions",
    "group_text",
    "is_date",
    "number_sql",
]


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
    numeric = columns.time is not None and columns.start is None and is_number(table.types[columns.time])
    quick = quoted(columns.time or "") if numeric else time
    kept = {key: test for key, test in reasons.items() if test != "false"}
    return Expressions(event, time, follow_up, by, kept, quick, bad_event, bad_follow_up)


def group_text(name: str) -> str:
    """SQL of a group as text; ``_U`` where it is empty."""
    return f"coalesce(nullif(trim(CAST({name} AS VARCHAR)), ''), '_U')"


def _event(table: PeopleTable, columns: PeopleColumns) -> tuple[str, str]:
    """Whether the event happened, and whether that cannot be read.

    Where no row says no, an empty cell does; where some do, an empty cell says nothing.
    """
    column, kind = quoted(columns.event), table.types[columns.event]
    if columns.value is not None:
        return f"coalesce({equals_sql(columns.event, columns.value)}, false)", "false"
    if kind == "BOOLEAN" or is_number(kind):
        yes, no = ("true", "false") if kind == "BOOLEAN" else ("1", "0")
        value = column if _any(table, f"{column} = {no}") else f"coalesce({column}, {no})"
        return f"({value} = {yes})", f"coalesce({value} NOT IN ({yes}, {no}), true)"
    text = f"coalesce(lower(trim(CAST({column} AS VARCHAR))), '')"
    no_words = NO if _any(table, f"{text} IN ({listed(NO)})") else (*NO, *MISSING)
    return f"({text} IN ({listed(YES)}))", f"{text} NOT IN ({listed((*YES, *no_words))})"


def _any(table: PeopleTable, test: str) -> bool:
    return bool(table.rows(f"SELECT 1 FROM {table.name} WHERE {test} LIMIT 1"))


def _time(table: PeopleTable, columns: PeopleColumns) -> tuple[str, str]:
    """Time as a number, and whether it cannot be read."""
    if columns.time is None:
        return "CAST(NULL AS DOUBLE)", "false"
    if columns.start is not None:
        return _days(columns)
    number = number_sql(table, columns.time)
    if is_number(table.types[columns.time]):
        return number, "false"
    text = f"lower(trim(CAST({quoted(columns.time)} AS VARCHAR)))"
    return number, f"{number} IS NULL AND coalesce({text}, '') NOT IN ({listed(MISSING)})"


def _days(columns: PeopleColumns) -> tuple[str, str]:
    """Days between two dates, neither of which may be to come."""
    start, end = (f"TRY_CAST({quoted(name or '')} AS TIMESTAMP)" for name in (columns.start, columns.time))
    text = f"lower(trim(CAST({quoted(columns.time or '')} AS VARCHAR)))"
    unread = f"{end} IS NULL AND coalesce({text}, '') NOT IN ({listed(MISSING)})"
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
    if is_number(table.types[column]):
        return name
    text = f"trim(CAST({name} AS VARCHAR))"
    number = f"TRY_CAST(replace({text}, ',', '.') AS DOUBLE)"
    return f"(CASE WHEN regexp_full_match({text}, '[+-]?[1-9][0-9]{{0,2}},[0-9]{{3}}') THEN NULL ELSE {number} END)"


def equals_sql(column: str, value: str) -> str:
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


def commonest_values(table: PeopleTable, column: str) -> list[str]:
    """The commonest values of a column, as text."""
    sql = (
        f"SELECT CAST({quoted(column)} AS VARCHAR) AS value, count(*) AS n FROM {table.name} "
        "WHERE value IS NOT NULL GROUP BY 1 ORDER BY n DESC, value LIMIT 50"
    )
    return [str(row["value"]) for row in table.rows(sql)]


def is_number(kind: str) -> bool:
    return kind.removeprefix("U").startswith(
        ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "DOUBLE", "FLOAT", "DECIMAL")
    )


def is_date(kind: str) -> bool:
    """Whether a type of DuckDB is that of a day or a moment."""
    return kind.startswith(("DATE", "TIMESTAMP"))


def listed(words: Iterable[str]) -> str:
    return ", ".join(text_literal(word) for word in words)
