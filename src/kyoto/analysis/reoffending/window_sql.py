"""The SQL that counts windows: one scan of the people, one whole number a row.

The scan counts rows by group and code; the few counts then become windows and Wilson's limits. A code says all that the
windows need of a row, which is what makes the scan as fast as a count written by hand:

- 1 to 99: rejected, by the number of the reason;
- 100 + k: the event, later than the k shortest windows;
- 200 + k: left without the event before the k longest windows ended;
- 300: without an event and without a time;
- 1000 more for each window that follow-up does not reach.
"""

from __future__ import annotations

from collections.abc import Sequence

from kyoto.analysis.reoffending.people import UNITS, PeopleColumns
from kyoto.analysis.reoffending.people_sql import Expressions, group_text
from kyoto.analysis.reoffending.reading import PeopleTable, quoted

__all__ = ["row_code", "window_sql"]


def window_sql(
    table: PeopleTable, columns: PeopleColumns, reading: Expressions, windows: Sequence[float], z: float
) -> str:
    """Query that gives one row a window and group.

    Parameters
    ----------
    table, columns, reading
        The people, what their columns mean, and how they are read.
    windows
        Lengths, ascending.
    z
        Normal quantile of the limits.

    Returns
    -------
    str
        Rows ``window``, ``g0`` and on, ``n``, ``e``, ``p``, ``all_rows``, ``open_ended``, ``why1`` and on, ``low``,
        ``high``, in order.
    """
    keys = [f"g{place}" for place in range(len(columns.by))]
    raw = "".join(f", {quoted(name)} AS {key}" for name, key in zip(columns.by, keys, strict=True))
    clean = "".join(f", {group_text(key)} AS {key}" for key in keys)
    listed = "".join(f", {key}" for key in keys)
    by = f"GROUP BY {listed[2:]}" if keys else ""
    whys = [f"why{place}" for place in range(1, len(reading.reasons) + 1)]
    reasons = "".join(f", {_sum(f'kind = {place}')} AS {name}" for place, name in enumerate(whys, start=1))
    parts = []
    for place, window in enumerate(windows):
        inside, event = _conditions(place, len(windows), columns.follow_up is not None)
        parts.append(
            f"SELECT {window!r} AS win{listed}, {_sum(inside)} AS n, {_sum(event)} AS e, {_sum('true')} AS all_rows, "
            f"{_sum('kind = 300')} AS open_ended{reasons} FROM coded {by}"
        )
    order = "".join(f", TRY_CAST({key} AS DOUBLE), {key}" for key in keys)
    half = f"{z!r} * sqrt(p * (1 - p) / n + zz / (4.0 * n * n))"
    return f"""
WITH scanned AS (
  SELECT {row_code(columns, reading, windows)} AS code, count(*) AS c{raw} FROM {table.name} GROUP BY ALL
), coded AS (SELECT code % 1000 AS kind, code // 1000 AS late, c{clean} FROM scanned),
long AS ({" UNION ALL ".join(parts)}),
shares AS (SELECT *, e / nullif(n, 0) AS p, {z!r} * {z!r} AS zz FROM long)
SELECT win AS "window"{listed}, n, e, p, all_rows, open_ended{"".join(f", {name}" for name in whys)},
  CASE WHEN e = 0 AND n > 0 THEN 0.0 ELSE (p + zz / (2 * n) - {half}) / (1 + zz / n) END AS low,
  CASE WHEN e = n AND n > 0 THEN 1.0 ELSE (p + zz / (2 * n) + {half}) / (1 + zz / n) END AS high
FROM shares ORDER BY win{order}"""


def _conditions(place: int, windows: int, follow_up: bool) -> tuple[str, str]:
    """Who is in the denominator of a window, and who has the event in it, by code."""
    reached = windows - 1 - place
    event = f"kind BETWEEN 100 AND {100 + place}"
    if follow_up:
        return f"kind >= 100 AND late <= {reached}", f"{event} AND late <= {reached}"
    return f"kind BETWEEN 100 AND 199 OR kind = 300 OR kind BETWEEN 200 AND {200 + reached}", event


def row_code(columns: PeopleColumns, reading: Expressions, windows: Sequence[float]) -> str:
    """SQL of the code of a row.

    Nearly all rows end at the first branch; why a row is odd is asked of the others alone.
    """
    late = ""
    if columns.follow_up is not None:
        late = " + 1000 * (" + _count(reading.follow_up, "<", windows) + ")"
    if columns.time is None:
        happened = f"WHEN {reading.event} THEN 100{late}"
        return f"CASE WHEN {reading.rejected} > 0 THEN {reading.rejected} {happened} ELSE 300{late} END"
    good = [f"{reading.quick_time} BETWEEN 0 AND {UNITS[columns.unit]!r}", f"NOT ({reading.bad_event})"]
    good += [f"NOT ({reading.bad_follow_up})"] if columns.follow_up is not None else []
    after, before = (_count(reading.quick_time, sign, windows) for sign in (">", "<"))
    counted = f"CASE WHEN {reading.event} THEN 100 + {after} ELSE 200 + {before} END{late}"
    return (
        f"CASE WHEN {' AND '.join(good)} THEN {counted} "
        f"WHEN {reading.rejected} > 0 THEN {reading.rejected} ELSE 300{late} END"
    )


def _count(value: str, sign: str, windows: Sequence[float]) -> str:
    """How many windows a value is beyond, or short of."""
    return " + ".join(f"CAST({value} {sign} {window!r} AS INTEGER)" for window in windows)


def _sum(condition: str) -> str:
    return f"CAST(coalesce(sum(c) FILTER ({condition}), 0) AS BIGINT)"
