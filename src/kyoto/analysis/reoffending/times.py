"""People from a table to arrays: time, cause and group of those who can be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kyoto.analysis.reoffending.people import PeopleColumns
from kyoto.analysis.reoffending.people_checks import check_columns, require_clear_event
from kyoto.analysis.reoffending.people_sql import expressions
from kyoto.analysis.reoffending.protection import DEFAULT_THRESHOLD, Verdict, judge_groups
from kyoto.analysis.reoffending.reading import PeopleTable, quoted, text_literal
from kyoto.analysis.reoffending.survival.arrays import Floats, Ints
from kyoto.core.errors import KyotoError, Where

__all__ = ["PeopleTimes", "read_times"]


@dataclass(frozen=True, slots=True, eq=False)
class PeopleTimes:
    """People as arrays.

    Parameters
    ----------
    time
        Time to the first event, or to the end of follow-up, shape ``(n,)``.
    cause
        0 censored, 1 the event, 2 and on the competing events.
    causes
        Names of the causes.
    group
        Group of each person; ``all`` where there are no groups.
    groups
        Groups that may be shown, in order.
    adjust
        Values of the columns to adjust for, joined; empty where there are none.
    rejected
        Rows rejected, by reason.
    remarks
        What a reader should know.
    unit
        Unit of time.
    """

    time: Floats
    cause: Ints
    causes: tuple[str, ...]
    group: Any
    groups: tuple[str, ...]
    adjust: Any
    rejected: dict[str, int]
    remarks: tuple[str, ...]
    unit: str

    def of(self, group: str) -> PeopleTimes:
        """People of one group alone."""
        rows = self.group == group
        return PeopleTimes(
            self.time[rows], self.cause[rows], self.causes, self.group[rows], (group,), self.adjust[rows],
            self.rejected, self.remarks, self.unit,
        )  # fmt: skip


def read_times(
    table: PeopleTable,
    columns: PeopleColumns,
    *,
    competing: Sequence[str] = (),
    adjust: Sequence[str] = (),
    threshold: int = DEFAULT_THRESHOLD,
) -> PeopleTimes:
    """Read times and causes; small groups are taken out and named.

    Parameters
    ----------
    table, columns
        The table, and what its columns mean; ``columns.time`` is needed.
    competing
        Values of the event column that mean another event, such as death: these people are not censored.
    adjust
        Columns to adjust for.
    threshold
        Smallest group that is shown.

    Raises
    ------
    KyotoError
        Those of columns; ``reoffending.no-time``, ``reoffending.all-rejected``, ``reoffending.untimed``.

    Notes
    -----
    People without an event and without a time are followed for as long as anybody was seen: they stay at risk to the
    end of the longest time in the file.
    """
    if columns.time is None:
        raise KyotoError(
            "Time to the event is needed",
            code="reoffending.no-time",
            hint="Name the column with --time; `kyoto reoffending rates` can do without.",
        )
    remarks = check_columns(table, columns)
    table.require(*adjust)
    if competing and columns.value is None:
        raise KyotoError(
            "Competing events need the value of the event",
            code="reoffending.unclear-event",
            hint=f"For example --event {columns.event}=arrest --competing death",
        )
    reading = expressions(table, columns)
    tests = [f"lower(trim(CAST({quoted(columns.event)} AS VARCHAR))) = {text_literal(v.lower())}" for v in competing]
    others = " ".join(f"WHEN {test} THEN {place}" for place, test in enumerate(tests, start=2))
    joined = " || ', ' || ".join(reading.by) if reading.by else "'all'"
    strata = " || ', ' || ".join(f"coalesce(CAST({quoted(name)} AS VARCHAR), '_U')" for name in adjust) or "''"
    frame = table.connection.execute(
        f"SELECT CAST({reading.time} AS DOUBLE) AS t, CASE WHEN {reading.event} THEN 1 {others} ELSE 0 END AS cause, "
        f"{joined} AS grp, {strata} AS strata, {reading.rejected} AS why FROM {table.name}"
    ).df()
    rejected = {reason: int((frame["why"] == place).sum()) for place, reason in enumerate(reading.reasons, start=1)}
    rejected = {reason: count for reason, count in rejected.items() if count}
    require_clear_event(table, columns, rejected, len(frame))
    frame = frame[frame["why"] == 0]
    if frame.empty:
        raise KyotoError(
            "No row can be read",
            code="reoffending.all-rejected",
            where=Where(file=table.file),
            got="; ".join(f"{count} rows: {reason}" for reason, count in rejected.items()),
            hint="Are these the right columns for --time and --event?",
        )
    remarks += [f"{count:,} rows rejected: {reason}." for reason, count in rejected.items()]
    frame, open_ended = _without_gaps(frame, table, columns)
    remarks += open_ended
    kept, remark = _groups(frame["grp"], threshold, bool(columns.by))
    frame = frame[frame["grp"].isin(kept)] if columns.by and kept != ("all",) else frame.assign(grp="all")
    named = columns.value or columns.event
    return PeopleTimes(
        frame["t"].to_numpy(dtype=np.float64), frame["cause"].to_numpy(dtype=np.int64), (named, *competing),
        frame["grp"].to_numpy(dtype=object), kept, frame["strata"].to_numpy(dtype=object), rejected,
        (*remarks, *remark), columns.unit,
    )  # fmt: skip


def _without_gaps(frame: Any, table: PeopleTable, columns: PeopleColumns) -> tuple[Any, list[str]]:
    """People without a time stay to the end of the longest."""
    missing = frame["t"].isna()
    if not missing.any():
        return frame, []
    longest = frame["t"].max()
    if not np.isfinite(longest):
        raise KyotoError(
            "No row has a time",
            code="reoffending.untimed",
            where=Where(file=table.file, column=columns.time),
            expected="the time to each event, and how long others were followed",
        )
    if (missing & (frame["cause"] > 1)).any():
        raise KyotoError(
            "A competing event has no time",
            code="reoffending.untimed-event",
            where=Where(file=table.file, column=columns.time),
            got=f"{int((missing & (frame['cause'] > 1)).sum())} rows",
        )
    count = int(missing.sum())
    remark = f"{count:,} persons without an event have no time: taken as followed for {longest:g} {columns.unit}."
    return frame.assign(t=frame["t"].fillna(longest)), [remark]


def _groups(groups: Any, threshold: int, wanted: bool) -> tuple[tuple[str, ...], list[str]]:
    """Groups that may be shown, in order, and what was withheld."""
    if not wanted:
        return ("all",), []
    if len(groups) < threshold:
        return ("all",), [f"No breakdown: the cohort has fewer than {threshold} persons."]
    sizes = groups.value_counts()
    verdicts = judge_groups(sizes.tolist(), threshold)
    shown = [str(name) for name, verdict in zip(sizes.index, verdicts, strict=True) if verdict is Verdict.SHOWN]
    hidden = len(sizes) - len(shown)
    remark = [f"{hidden} small groups are withheld (fewer than {threshold} persons, or found by subtraction)."]
    if not shown:
        return ("all",), [*remark, "No group is left: all persons are shown together."]
    return tuple(sorted(shown, key=_natural)), remark if hidden else []


def _natural(name: str) -> tuple[float, str]:
    """Numbers by value, before texts."""
    try:
        return float(name), ""
    except ValueError:
        return float("inf"), name
