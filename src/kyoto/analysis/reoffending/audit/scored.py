"""Scored people from a table to arrays: score, outcome, group and year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kyoto.analysis.reoffending.people import PeopleColumns
from kyoto.analysis.reoffending.people_checks import check_columns, require_clear_event
from kyoto.analysis.reoffending.people_sql import expressions, number_sql
from kyoto.analysis.reoffending.protection import DEFAULT_THRESHOLD, Verdict, judge_groups
from kyoto.analysis.reoffending.reading import PeopleTable, quoted
from kyoto.analysis.reoffending.survival.arrays import Bools, Floats
from kyoto.analysis.reoffending.survival.kaplan_meier import kaplan_meier
from kyoto.analysis.reoffending.window_cells import identity_sql, key_sql
from kyoto.core.errors import KyotoError, Where

__all__ = ["ScoredPeople", "censoring_weights", "read_scored"]


@dataclass(frozen=True, slots=True, eq=False)
class ScoredPeople:
    """People with a score and what became of them.

    Parameters
    ----------
    score
        Shape ``(n,)``.
    outcome
        Whether the outcome happened (within the window, where there is one).
    weights
        Inverse probability of being observed to the window's end or to the outcome; None where nobody is censored.
    group, groups
        Group of each person, and those that may be shown.
    year
        Year of each score; None where not given.
    rejected
        Rows rejected, by reason.
    censored
        People whose outcome is not known because they left too early; weighting makes up for them.
    remarks
        What a reader should know.
    keys, persons
        Of each row: the key of its noise, and the person where one stands in several rows. None unless asked for.
    """

    score: Floats
    outcome: Bools
    weights: Floats | None
    group: Any
    groups: tuple[str, ...]
    year: Any
    rejected: dict[str, int]
    censored: int
    remarks: tuple[str, ...]
    keys: Any = None
    persons: Any = None

    def of(self, rows: Bools) -> ScoredPeople:
        """Some of the people."""
        return ScoredPeople(
            self.score[rows], self.outcome[rows], None if self.weights is None else self.weights[rows],
            self.group[rows], self.groups, None if self.year is None else self.year[rows], self.rejected,
            self.censored, self.remarks, None if self.keys is None else self.keys[rows],
            None if self.persons is None else self.persons[rows],
        )  # fmt: skip


def read_scored(
    table: PeopleTable,
    score: str,
    columns: PeopleColumns,
    *,
    window: float | None = None,
    year: str | None = None,
    threshold: int = DEFAULT_THRESHOLD,
    person: str | None = None,
) -> ScoredPeople:
    """Read scores and outcomes.

    Parameters
    ----------
    table
        From :func:`kyoto.analysis.reoffending.reading.open_people`.
    score
        Column of the score; higher means more risk.
    columns
        Outcome (``event``) and groups; with ``time`` and ``window`` the outcome is the event within the window.
    window
        Length of the window.
    year
        Column of the year, or of the date, of the score.
    threshold
        Smallest group that is shown.
    person
        Column of identifiers, if the file has it, for disclosure control; None reads no keys.

    Raises
    ------
    KyotoError
        Those of columns; ``reoffending.all-rejected``, ``reoffending.one-outcome``, ``reoffending.no-window``.
    """
    if (columns.time is None) != (window is None):
        raise KyotoError(
            "Time and window go together",
            code="reoffending.no-window",
            expected="--time and --window, or neither where the outcome column is complete",
        )
    table.require(score, year)
    remarks = check_columns(table, columns)
    reading = expressions(table, columns)
    value = number_sql(table, score)
    unread = f"CASE WHEN {value} IS NULL OR NOT isfinite(CAST({value} AS DOUBLE)) THEN -1 ELSE {reading.rejected} END"
    key, who = identity_sql(table, person) if person is not None else (None, None)
    joined = " || ', ' || ".join(reading.by) if reading.by else "'all'"
    moment = quoted(year) if year else "NULL"
    frame = table.connection.execute(
        f"SELECT CAST({value} AS DOUBLE) AS score, {reading.event} AS outcome, CAST({reading.time} AS DOUBLE) AS t, "
        f"{joined} AS grp, left(CAST({moment} AS VARCHAR), 4) AS year, {unread} AS why, "
        f"{key_sql(key) if key else 'NULL'} AS cell_key, {who or 'NULL'} AS person FROM {table.name}"
    ).df()
    rejected = {"score is missing or no number": int((frame["why"] == -1).sum())}
    rejected |= {reason: int((frame["why"] == place).sum()) for place, reason in enumerate(reading.reasons, start=1)}
    rejected = {reason: count for reason, count in rejected.items() if count}
    require_clear_event(table, columns, rejected, len(frame))
    remarks += [f"{count:,} rows rejected: {reason}." for reason, count in rejected.items()]
    frame = frame[frame["why"] == 0]
    if frame.empty:
        raise KyotoError(
            "No row can be read",
            code="reoffending.all-rejected",
            where=Where(file=table.file),
            got="; ".join(f"{count} rows: {reason}" for reason, count in rejected.items()),
        )
    frame, weights, censored = _observed(frame, window)
    if censored:
        remarks.append(f"{censored:,} persons left before the window ended; the others are weighted to stand for them.")
    outcome = frame["outcome"].to_numpy(dtype=bool)
    if outcome.all() or not outcome.any():
        raise KyotoError(
            "All people have the same outcome",
            code="reoffending.one-outcome",
            where=Where(file=table.file, column=columns.event),
            got=f"{int(outcome.sum())} of {len(outcome)} with the outcome",
            expected="people with and without it",
        )
    group = frame["grp"].to_numpy(dtype=object)
    groups, withheld = _groups(frame["grp"], threshold, bool(columns.by))
    return ScoredPeople(
        frame["score"].to_numpy(dtype=np.float64), outcome, weights, group, groups,
        frame["year"].to_numpy(dtype=object) if year else None, rejected, censored, (*remarks, *withheld),
        frame["cell_key"].to_numpy() if key else None, frame["person"].to_numpy(dtype=object) if who else None,
    )  # fmt: skip


def censoring_weights(time: Floats, event: Bools, window: float) -> tuple[Bools, Floats]:
    """Whose outcome within a window is known, and the weight that makes them stand for all.

    Parameters
    ----------
    time, event
        Time to the event or to the end of follow-up, and which it was, shape ``(n,)``.
    window
        Length of the window.

    Returns
    -------
    known : numpy.ndarray
        True for those with the event within the window or followed through it.
    weights
        ``1 / G(min(time, window)-)`` with the Kaplan-Meier estimate ``G`` of not being censored; 0 for the others.

    Notes
    -----
    Graf, Schmoor, Sauerbrei and Schumacher (1999), *Statistics in Medicine* 18.

    Examples
    --------
    >>> import numpy as np
    >>> known, weights = censoring_weights(np.array([1.0, 2, 3, 9]), np.array([True, False, True, False]), 5)
    >>> known.tolist(), weights.round(3).tolist()
    ([True, False, True, True], [1.0, 0.0, 1.5, 1.5])
    """
    known = (event & (time <= window)) | (time >= window)
    curve = kaplan_meier(time, ~event)
    place = np.searchsorted(curve.times, np.minimum(time, window), side="left")
    still = np.concatenate([[1.0], curve.survival])[place]
    weights: Floats = np.where(known, 1 / np.where(known, still, 1.0), 0.0)
    return known, weights


def _observed(frame: Any, window: float | None) -> tuple[Any, Floats | None, int]:
    """People whose outcome within the window is known, with their weights."""
    if window is None:
        return frame, None, 0
    time = frame["t"].fillna(np.inf).to_numpy(dtype=np.float64)
    event = frame["outcome"].to_numpy(dtype=bool)
    finite = np.minimum(time, window)  # nothing after the window matters
    within = event & (time <= window)
    known, weights = censoring_weights(finite, within, window)
    kept = frame.assign(outcome=within)[known]
    censored = int((~known).sum())
    return kept, weights[known] if censored else None, censored


def _groups(groups: Any, threshold: int, wanted: bool) -> tuple[tuple[str, ...], list[str]]:
    if not wanted:
        return (), []
    if len(groups) < threshold:
        return (), [f"No breakdown: the cohort has fewer than {threshold} persons."]
    sizes = groups.value_counts()
    verdicts = judge_groups(sizes.tolist(), threshold)
    shown = [str(name) for name, verdict in zip(sizes.index, verdicts, strict=True) if verdict is Verdict.SHOWN]
    hidden = len(sizes) - len(shown)
    remark = f"{hidden} small groups are withheld (fewer than {threshold} persons, or found by subtraction)."
    return tuple(sorted(shown)), [remark] if hidden else []
