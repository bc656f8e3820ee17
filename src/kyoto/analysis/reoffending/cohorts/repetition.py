"""How often and how seriously: frequency and severity of reoffending in a cohort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.reoffending.cohorts.cohort import Cohort
from kyoto.analysis.reoffending.cohorts.model import window_days
from kyoto.analysis.reoffending.protection import DEFAULT_THRESHOLD, Verdict, judge_groups
from kyoto.analysis.reoffending.reading import quoted
from kyoto.analysis.reoffending.survival.intervals import quantile_of_normal, wilson
from kyoto.core.errors import KyotoError
from kyoto.core.results import estimates_frame

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Repetition", "frequency", "severity"]


@dataclass(frozen=True, slots=True)
class Repetition:
    """A figure on how often or how seriously.

    Parameters
    ----------
    measure
        ``per 100 persons``, ``per reoffender``, or ``more serious``, ``equally serious``, ``less serious``.
    window
        Months.
    group
        Group; ``all``.
    estimate, lower, upper
        With limits; None where withheld.
    n, events
        Persons followed through the window, and outcomes counted; None where withheld.
    note
        Why something is missing.
    linkage_lower, linkage_upper
        Limits that also hold the error of linkage, where the persons were linked from records.
    """

    measure: str
    window: float
    group: str
    estimate: float | None
    lower: float | None
    upper: float | None
    n: int | None
    events: int | None
    note: str = ""
    linkage_lower: float | None = None
    linkage_upper: float | None = None


def frequency(
    cohort: Cohort, by: Sequence[str] = (), *, level: float = 0.95, threshold: int = DEFAULT_THRESHOLD
) -> tuple[Repetition, ...]:
    """Outcomes per 100 persons and per reoffender, among those followed through each window.

    Parameters
    ----------
    cohort
        From :func:`.cohort.build_cohort`.
    by
        Attributes that split it.
    level, threshold
        Confidence; smallest group shown.

    Notes
    -----
    Limits of a mean of counts by its own spread over persons, so that a few who reoffend often widen them; on the
    logarithmic scale.
    """
    found: list[Repetition] = []
    for months in cohort.rules.windows:
        days = window_days(months)
        rows = _counts(cohort, by, days)
        verdicts = judge_groups([row["n"] for row in rows], threshold) if by else [Verdict.SHOWN] * len(rows)
        for row, verdict in zip(rows, verdicts, strict=True):
            found += _frequencies(row, months, verdict, level)
    return tuple(found)


def severity(cohort: Cohort, *, level: float = 0.95, threshold: int = DEFAULT_THRESHOLD) -> tuple[Repetition, ...]:
    """Of the first outcomes within the longest window: more, equally or less serious than the index event.

    Raises
    ------
    KyotoError
        ``reoffending.missing-field``: no severities.
    """
    months = max(cohort.rules.windows)
    row = cohort.events.frame(
        "SELECT count_if(outcome_severity > index_severity) AS more, "
        "count_if(outcome_severity = index_severity) AS equal, "
        "count_if(outcome_severity < index_severity) AS less FROM cohort "
        f"WHERE event AND time <= {window_days(months)} AND follow >= {window_days(months)}"
    ).iloc[0]
    n = int(row.sum())
    if n == 0:
        raise KyotoError(
            "No outcome and its index event have a severity",
            code="reoffending.missing-field",
            hint='Name the column of severities: severity = "..."',
        )
    names = {"more": "more serious", "equal": "equally serious", "less": "less serious"}
    if n < threshold:
        note = f"withheld: fewer than {threshold} persons"
        return tuple(Repetition(words, months, "all", None, None, None, None, None, note) for words in names.values())
    return tuple(
        Repetition(words, months, "all", row[key] / n, *wilson(int(row[key]), n, level), n, int(row[key]))
        for key, words in names.items()
    )


def repetitions_frame(rows: Sequence[Repetition]) -> pd.DataFrame:
    """Rows as a tidy frame; withheld ones are left out."""
    return estimates_frame(
        {
            "term": f"{row.group}: {row.measure} within {row.window:g} months", "estimate": row.estimate,
            "lower": row.lower, "upper": row.upper, "n": row.n, "events": row.events,
        }
        for row in rows
        if row.estimate is not None
    )  # fmt: skip


def _counts(cohort: Cohort, by: Sequence[str], days: int) -> list[dict[str, Any]]:
    """Persons, outcomes and their squares by group, of those followed through a window."""
    group = " || ', ' || ".join(f"coalesce(CAST({quoted(name)} AS VARCHAR), '_U')" for name in by) or "'all'"
    cohort.people.require(*by)
    return cohort.people.rows(
        f"""WITH followed AS (SELECT row_id, start, event, time, {group} AS grp FROM cohort WHERE follow >= {days}),
        counted AS (
          SELECT f.row_id, any_value(f.grp) AS grp,
            count(o.row_id) FILTER (WHERE f.event AND f.time <= {days} AND o.elapsed <= {days}) AS events
          FROM followed f LEFT JOIN outcomes o ON f.row_id = o.row_id GROUP BY f.row_id)
        SELECT grp, count(*) AS n, sum(events) AS events, sum(events * events) AS squares, count_if(events > 0) AS some
        FROM counted GROUP BY grp ORDER BY grp"""
    )


def _frequencies(row: dict[str, Any], months: float, verdict: Verdict, level: float) -> list[Repetition]:
    n, events, squares, some = (int(row[name]) for name in ("n", "events", "squares", "some"))
    parts = (("per 100 persons", n, 100.0), ("per reoffender", some, 1.0))
    if verdict is not Verdict.SHOWN:
        note = f"withheld: {verdict.value}"
        return [Repetition(name, months, row["grp"], None, None, None, None, None, note) for name, _, _ in parts]
    found = []
    for name, people, scale in parts:
        if people < 2 or events == 0:
            found.append(Repetition(name, months, row["grp"], None, None, None, n, events, "too few outcomes"))
            continue
        mean = events / people
        variance = max(squares / people - mean * mean, 0.0) / (people - 1)
        reach = float(np.exp(quantile_of_normal(level) * variance**0.5 / mean))
        value = scale * mean
        found.append(Repetition(name, months, row["grp"], value, value / reach, value * reach, n, events))
    return found
