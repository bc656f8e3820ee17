"""Counts behind rates as cells that disclosure control can protect together.

Readers subtract: the denominators and events of two windows from each other, a group from the total. Every person has a
state in every window (``event``, ``none`` of it, ``left`` before it ended), and a table holds the states in two windows
that follow each other. Its margins are what is published; its inner cells are what differences would give away, so that
protecting the table as a whole protects the differences too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kyoto.analysis.reoffending.naming import table_names, window_pairs
from kyoto.analysis.reoffending.people import PeopleColumns
from kyoto.analysis.reoffending.people_sql import expressions, group_text
from kyoto.analysis.reoffending.reading import PeopleTable, quoted
from kyoto.analysis.reoffending.window_sql import row_code
from kyoto.statistics.observations import TOTAL

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "EVENT",
    "FOLLOWED",
    "LEFT",
    "cells_of",
    "group_dimension",
    "hierarchy",
    "identity_sql",
    "key_sql",
    "state_of",
    "window_dimension",
]

EVENT, NONE, LEFT, FOLLOWED = "event", "none", "left", "followed"
"""States of a person in a window; ``followed`` are those with the event and those without."""

KEY_MASK = 0xFFFFFFFF


def window_dimension(window: float) -> str:
    """Name of the dimension of a window's states."""
    return f"within {window:g}"


def group_dimension(column: str) -> str:
    """Name of the dimension of a column of groups, apart from the names of measures."""
    return f"by {column}"


def hierarchy(windows: Sequence[float]) -> dict[str, dict[str, str]]:
    """Parents of the states, for every window."""
    levels = {EVENT: FOLLOWED, NONE: FOLLOWED, FOLLOWED: TOTAL, LEFT: TOTAL}
    return {window_dimension(window): levels for window in windows}


def identity_sql(table: PeopleTable, person: str) -> tuple[str, str | None]:
    """SQL of the text that makes a row the same in every release; of the person, where one stands in several rows."""
    if person not in table.types:
        cells = ", ".join(f"coalesce(CAST({quoted(name)} AS VARCHAR), '')" for name in table.types)
        return f"concat_ws('|', {cells})", None
    name = f"coalesce(CAST({quoted(person)} AS VARCHAR), '')"
    [row] = table.rows(f"SELECT count(*) > count(DISTINCT {quoted(person)}) AS again FROM {table.name}")
    return name, name if row["again"] else None


def key_sql(key: str) -> str:
    """SQL of the key of a row's noise, hashed as records of sources are."""
    return f"CAST(md5_number_upper({key}) & {KEY_MASK} AS BIGINT)"


def cells_of(
    table: PeopleTable, columns: PeopleColumns, windows: Sequence[float], *, key: str, person: str | None = None
) -> dict[str, tuple[pd.DataFrame, tuple[str, ...]]]:
    """Base cells of every breakdown by one column.

    Parameters
    ----------
    table
        The people.
    columns
        What its columns mean; each of ``columns.by`` is a breakdown by itself.
    windows
        Lengths, ascending.
    key
        SQL of the text that makes a row the same row in every release.
    person
        SQL of the person of a row, where a person can stand in several.

    Returns
    -------
    dict
        By name of the table (:func:`table_names`): one row a base cell with ``value`` and ``cell_key``, and its
        dimensions.
    """
    found = {}
    names = table_names(columns.by, windows)
    breakdowns = columns.by or (None,)
    for number, column in enumerate(breakdowns):
        frame = _coded_rows(table, columns, column, windows, key, person)
        own = [group_dimension(column)] if column else []
        pairs = window_pairs(windows)
        for place, pair in enumerate(pairs):
            dimensions = (*own, *(window_dimension(window) for window in pair))
            base = _with_zeros(_with_states(frame, windows, pair, columns.follow_up is not None), dimensions)
            found[names[number * len(pairs) + place]] = (base, dimensions)
    return found


def _coded_rows(
    table: PeopleTable,
    columns: PeopleColumns,
    column: str | None,
    windows: Sequence[float],
    key: str,
    person: str | None,
) -> pd.DataFrame:
    """Rows counted by code, group and, if asked for, person; rejected ones are not among them."""
    reading = expressions(table, columns)
    group = f", {group_text(quoted(column))} AS {quoted(group_dimension(column))}" if column else ""
    who = f", {person} AS person" if person else ""
    frame: pd.DataFrame = table.connection.execute(
        f"SELECT {row_code(columns, reading, windows)} AS code{group}{who}, count(*) AS value, "
        f"CAST(sum({key_sql(key)}) AS BIGINT) AS cell_key FROM {table.name} GROUP BY ALL"
    ).df()
    return frame[frame["code"] % 1000 >= 100]


def _with_states(frame: pd.DataFrame, windows: Sequence[float], pair: Sequence[float], follow_up: bool) -> pd.DataFrame:
    states: dict[str, Mapping[int, str]] = {}
    for window in pair:
        place = list(windows).index(window)
        states[window_dimension(window)] = {
            int(code): state_of(int(code), place, len(windows), follow_up) for code in frame["code"].unique()
        }
    return frame.assign(**{name: frame["code"].map(known) for name, known in states.items()}).drop(columns="code")


def state_of(code: int, place: int, windows: int, follow_up: bool) -> str:
    """State of a row in a window, from its code (:mod:`.window_sql`).

    Examples
    --------
    >>> [state_of(code, 0, 2, False) for code in (100, 101, 200, 202, 300)]
    ['event', 'none', 'none', 'left', 'none']
    """
    kind, late = code % 1000, code // 1000
    reached = windows - 1 - place
    without_end = 100 <= kind <= 199 or kind == 300 or 200 <= kind <= 200 + reached
    if not (late <= reached if follow_up else without_end):
        return LEFT
    return EVENT if 100 <= kind <= 100 + place else NONE


def _with_zeros(base: pd.DataFrame, dimensions: Sequence[str]) -> pd.DataFrame:
    """Also the states that nobody of a group is in: that a rate is 0% is a figure too."""
    import pandas as pd

    windows = [name for name in dimensions if name.startswith("within ")]
    groups = [name for name in dimensions if name not in windows]
    known = base[groups].drop_duplicates() if groups else pd.DataFrame(index=[0])
    empty = [known.assign(**dict.fromkeys(windows, state), value=0, cell_key=0) for state in (EVENT, NONE, LEFT)]
    if "person" in base.columns:
        return base  # a row without a person would be one
    return pd.concat([base, *empty], ignore_index=True)
