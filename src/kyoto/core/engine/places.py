"""What a list says of a place, as SQL: where its values run on, arithmetic takes the place of the list.

An engine that hands a constant list of thousands of values to each batch of rows spends more on the list than on the
rows. Most lists need not be one: days follow each other, ages count up, and reasons to refuse are the same for a run
of texts, if the texts stand in the order of what is said of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

__all__ = ["Run", "in_order", "run_sql", "runs"]

_MOST_RUNS = 8
_LEAST_SLOPE = 3  # values from which on a run is counted up instead of said one by one


@dataclass(frozen=True, slots=True)
class Run:
    """Values of successive places.

    Parameters
    ----------
    last
        The last place, counted from 0.
    first
        The first place.
    value
        Value at the first place.
    kind
        ``same`` (one value throughout), ``next`` (one more at each place) or ``key`` (the text that is looked up).
    """

    first: int
    last: int
    value: Any
    kind: str


def in_order(columns: Sequence[Sequence[Any]]) -> list[int]:
    """Order of the rows of a list in which its values run on: by its first column of different numbers or days.

    Parameters
    ----------
    columns
        Columns of the list, each with a value a row.

    Returns
    -------
    list of int
        Positions of the rows in their new order; rows without a value there come last.

    Examples
    --------
    >>> in_order([["a", "b", "c"], [9, None, 8]])
    [2, 0, 1]
    """
    rows = range(len(columns[0])) if columns else range(0)
    for values in columns:
        known = {value for value in values if value is not None}
        if len(known) > 1 and all(_counts(value) for value in known):
            return sorted(rows, key=lambda row: (values[row] is None, 0 if values[row] is None else values[row]))
    return list(rows)


def runs(values: Sequence[Any], keys: Sequence[str]) -> list[Run] | None:
    """Cut a list into runs; None if that takes too many.

    Parameters
    ----------
    values
        What the list says at each place, and last what it says of a missing key.
    keys
        The text that has each place.

    Examples
    --------
    >>> [(run.first, run.last, run.kind) for run in runs([5, 6, 7, None, None], ["5", "6", "7", "8"])]
    [(0, 2, 'next'), (3, 3, 'same')]
    """
    found: list[Run] = []
    *told, missing = values
    at = 0
    while at < len(told):
        if len(found) == _MOST_RUNS:
            return None
        run = max((_same(told, at), _next(told, at), _key(told, keys, at)), key=lambda each: each.last)
        found.append(run)
        at = run.last + 1
    # of a missing key the sum and the key itself are null by themselves
    if not found or missing != (found[-1].value if found[-1].kind == "same" else None):
        found.append(Run(at, at, missing, "same"))
    return found


def run_sql(cut: Sequence[Run], literal: Callable[[Any], str], place: str, key: str) -> str:
    """Give the value at a place as SQL.

    Parameters
    ----------
    cut
        The runs.
    literal
        SQL of one value.
    place
        SQL of the place, counted from 0; null for a missing key.
    key
        SQL of the text that is looked up.
    """
    *front, back = cut
    branches = "".join(f"WHEN {place} <= {run.last} THEN {_of(run, literal, place, key)} " for run in front)
    rest = _of(back, literal, place, key)
    return f"CASE {branches}ELSE {rest} END" if front else rest


def _of(run: Run, literal: Callable[[Any], str], place: str, key: str) -> str:
    if run.kind == "key":
        return key
    if run.kind == "same":
        return literal(run.value)
    return f"({literal(run.value)} + ({place} - {run.first}))"


def _counts(value: Any) -> bool:
    """Whether a value has a next one: a whole number or a day."""
    return type(value) is int or (isinstance(value, date) and not isinstance(value, datetime))


def _same(values: Sequence[Any], at: int) -> Run:
    last = at
    while last + 1 < len(values) and values[last + 1] == values[at]:
        last += 1
    return Run(at, last, values[at], "same")


def _next(values: Sequence[Any], at: int) -> Run:
    number = _ordinal(values[at])
    last = at
    while number is not None and last + 1 < len(values) and _ordinal(values[last + 1]) == number + last + 1 - at:
        last += 1
    return Run(at, last if last - at + 1 >= _LEAST_SLOPE else at, values[at], "next" if last > at else "same")


def _key(values: Sequence[Any], keys: Sequence[str], at: int) -> Run:
    last = at
    while last < len(values) and values[last] is not None and values[last] == keys[last]:
        last += 1
    return Run(at, max(last - 1, at), values[at], "key" if last > at else "same")


def _ordinal(value: Any) -> int | None:
    if not _counts(value):
        return None
    return value if isinstance(value, int) else int(value.toordinal())
