"""Rates of reoffending in fixed windows, counted in SQL.

One pass over the file counts every window of every group; Wilson's limits are computed where the counts are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kyoto.analysis.reoffending.people import PeopleColumns
from kyoto.analysis.reoffending.people_checks import check_columns, require_clear_event
from kyoto.analysis.reoffending.people_sql import Expressions, expressions
from kyoto.analysis.reoffending.protection import DEFAULT_THRESHOLD, Verdict, judge_groups
from kyoto.analysis.reoffending.rate_table import RateTable, WindowRate
from kyoto.analysis.reoffending.reading import PeopleTable
from kyoto.analysis.reoffending.survival.intervals import quantile_of_normal
from kyoto.analysis.reoffending.window_sql import window_sql
from kyoto.core.errors import KyotoError, Where

__all__ = ["fixed_window_rates"]

RESERVED = frozenset(WindowRate.__slots__) | {"term", "unit", "std_error", "level"}
MOST_GROUPS = 1000


def fixed_window_rates(
    table: PeopleTable,
    columns: PeopleColumns,
    windows: Sequence[float],
    *,
    level: float = 0.95,
    threshold: int = DEFAULT_THRESHOLD,
) -> RateTable:
    """Count rates in SQL.

    Parameters
    ----------
    table
        From :func:`.reading.open_people`.
    columns
        What its columns mean.
    windows
        Lengths of the windows, in the unit of ``columns``.
    level
        Confidence of Wilson's limits.
    threshold
        Smallest group that is shown.

    Returns
    -------
    RateTable

    Raises
    ------
    KyotoError
        Every problem of columns and values; ``reoffending.all-rejected`` where no row can be read;
        ``reoffending.too-many-groups`` where groups look like identifiers.

    Notes
    -----
    A person counts in the denominator of a window if followed through it, or if the event came within it. Who left
    earlier without the event is left out and counted as ``censored``; as those with the event stay, the rate is then
    too high, which a remark says. With ``follow_up`` both are treated alike: only who could be followed through the
    window counts.

    Examples
    --------
    >>> import pandas as pd
    >>> from kyoto.analysis.reoffending.reading import frame_table
    >>> people = pd.DataFrame({"days": [30, 400, 900, None, 100], "arrest": [1, 1, 0, 0, 0]})
    >>> with frame_table(people) as table:
    ...     found = fixed_window_rates(table, PeopleColumns("arrest", time="days"), [365])
    >>> [(rate.events, rate.n, rate.censored) for rate in found]
    [(1, 4, 1)]
    """
    wanted = sorted(_checked_windows(windows, columns))
    _check_names(columns)
    remarks = check_columns(table, columns)
    reading = expressions(table, columns)
    found = table.rows(window_sql(table, columns, reading, wanted, quantile_of_normal(level)))
    if columns.by and len(found) > MOST_GROUPS * len(wanted):
        raise KyotoError(
            "Too many groups",
            code="reoffending.too-many-groups",
            where=Where(file=table.file, column=", ".join(columns.by)),
            got=f"{len(found) // len(wanted)} groups",
            expected=f"at most {MOST_GROUPS}",
            hint="This looks like a column of identifiers. Name one that puts people into groups.",
        )
    rejected = _rejected(found, reading)
    rows = sum(row["all_rows"] for row in found if row["window"] == wanted[0])
    require_clear_event(table, columns, rejected, rows)
    used = rows - sum(rejected.values())
    if not used:
        raise _nothing_left(table, rows, rejected)
    rates = _shown([_rate(row, columns) for row in found], columns, wanted, threshold, level)
    assumed = sum(row["open_ended"] for row in found if row["window"] == wanted[0])
    remarks += _remarks(columns, rejected, assumed, found, rates)
    return RateTable(tuple(rates), columns, level, rows, used, rejected, _rules(columns), tuple(remarks))


def _checked_windows(windows: Sequence[float], columns: PeopleColumns) -> list[float]:
    if columns.time is None and len(windows) > 1:
        raise KyotoError(
            "Several windows need a column of times",
            code="reoffending.no-time",
            detail="Without one, the event column is the outcome of one window.",
            hint="Name the column with --time, or give one --window.",
        )
    if not windows or any(not 0 < window < 36525 for window in windows):
        raise KyotoError(
            "A window is not a length of time",
            code="reoffending.wrong-window",
            got=", ".join(map(str, windows)) or "none",
            expected="one or more lengths above 0 and below a century, such as --window 365 --window 730",
        )
    return list(dict.fromkeys(float(window) for window in windows))


def _check_names(columns: PeopleColumns) -> None:
    reserved = RESERVED | ({"group"} if len(columns.by) > 1 else set())
    for name in columns.by:
        if name in reserved:
            raise KyotoError(
                "A column of groups has the name of a result",
                code="reoffending.reserved-name",
                where=Where(column=name),
                hint="Rename the column.",
            )


def _rate(row: dict[str, Any], columns: PeopleColumns) -> WindowRate:
    rejected = sum(count for name, count in row.items() if name.startswith("why"))
    groups = tuple(str(row[f"g{place}"]) for place in range(len(columns.by)))
    n = int(row["n"])
    note = "" if n else "nobody was followed through the window"
    return WindowRate(
        float(row["window"]), groups, n, int(row["e"]), row["all_rows"] - rejected - n, rejected, row["all_rows"],
        row["p"], row["low"] if n else None, row["high"] if n else None, note,
    )  # fmt: skip


def _rejected(found: Sequence[dict[str, Any]], reading: Expressions) -> dict[str, int]:
    """Rows rejected by reason, over all groups."""
    first = found[0]["window"] if found else None
    counts = {
        reason: sum(row[f"why{place}"] for row in found if row["window"] == first)
        for place, reason in enumerate(reading.reasons, start=1)
    }
    return {reason: count for reason, count in counts.items() if count}


def _shown(
    rates: list[WindowRate], columns: PeopleColumns, windows: Sequence[float], threshold: int, level: float
) -> list[WindowRate]:
    """Rates after the rule on small groups."""
    if not columns.by:
        return rates
    found: list[WindowRate] = []
    for window in windows:
        own = [rate for rate in rates if rate.window == window]
        total = sum(rate.n or 0 for rate in own)
        if total < threshold:
            found.append(_whole(own, columns, threshold, level))
            continue
        for rate, verdict in zip(own, judge_groups([rate.n or 0 for rate in own], threshold), strict=True):
            why = {
                Verdict.SMALL: f"withheld: fewer than {threshold} persons",
                Verdict.SECOND: "withheld: with the total it would give a smaller group away",
            }
            found.append(rate if verdict is Verdict.SHOWN else rate.withheld(why[verdict]))
    return found


def _whole(rates: list[WindowRate], columns: PeopleColumns, threshold: int, level: float) -> WindowRate:
    """All groups together, in place of a breakdown of too few persons."""
    from kyoto.analysis.reoffending.survival.intervals import wilson

    n, events, censored, rejected, rows = (
        sum(getattr(rate, name) for rate in rates) for name in ("n", "events", "censored", "rejected", "rows")
    )
    lower, upper = wilson(events, n, level) if n else (None, None)
    note = f"no breakdown: the cohort has fewer than {threshold} persons"
    share = events / n if n else None
    together = tuple("_T" for _ in columns.by)
    return WindowRate(rates[0].window, together, n, events, censored, rejected, rows, share, lower, upper, note)


def _rules(columns: PeopleColumns) -> tuple[str, ...]:
    unit = columns.unit
    event = columns.event if columns.value is None else f"{columns.event} = {columns.value}"
    if columns.time is None:
        first = f"Event: {event}. Without a column of times, every event is taken to fall within the window."
    elif columns.start is not None:
        first = f"Event: {event}, at most the window's days after {columns.start}."
    else:
        first = f"Event: {event}, at most the window's {unit} after the start of follow-up ({columns.time})."
    if columns.follow_up is not None:
        second = f"Denominator: persons who could be followed through the window ({columns.follow_up})."
    else:
        second = (
            "Denominator: persons with the event within the window or later, and persons followed through it without."
        )
    return first, second, "Limits: Wilson."


def _remarks(
    columns: PeopleColumns,
    rejected: dict[str, int],
    assumed: int,
    found: Sequence[dict[str, Any]],
    rates: Sequence[WindowRate],
) -> list[str]:
    """What this file makes a reader ask."""
    remarks = [f"{count:,} rows rejected: {reason}." for reason, count in rejected.items()]
    if assumed and columns.time is not None:
        remarks.append(f"{assumed:,} persons without an event have no time: taken as followed through every window.")
    censored = sum(rate.censored or 0 for rate in rates)
    if censored and columns.follow_up is None:
        remarks.append(
            f"{censored:,} persons left before a window ended and are left out, while those with an event before "
            "leaving stay: the rate is too high. Give --follow-up, or use `kyoto reoffending survival`."
        )
    if len(rates) < len(found):
        remarks.append("The cohort is too small for a breakdown.")
    elif any(rate.note.startswith("withheld") for rate in rates):
        remarks.append("Small groups are withheld.")
    if found and not sum(row["e"] for row in found):
        remarks.append("Nobody had the event within any window.")
    return remarks


def _nothing_left(table: PeopleTable, rows: int, rejected: dict[str, int]) -> KyotoError:
    return KyotoError(
        "No row can be read",
        code="reoffending.all-rejected",
        where=Where(file=table.file),
        got="; ".join(f"{count} of {rows} rows: {reason}" for reason, count in rejected.items()),
        hint="Are these the right columns for --time and --event?",
    )
