"""A cohort followed: who was taken, who was not and why, and every figure with the rules it was counted by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kyoto.analysis.reoffending.cohorts.events import EventTable
from kyoto.analysis.reoffending.cohorts.model import CohortRules, checked_rules, window_days
from kyoto.analysis.reoffending.cohorts.selection import EXCLUSIONS, cohort_sql, outcomes_sql, starts_sql
from kyoto.analysis.reoffending.following import Following, follow
from kyoto.analysis.reoffending.people import PeopleColumns
from kyoto.analysis.reoffending.protection import DEFAULT_THRESHOLD
from kyoto.analysis.reoffending.rate_table import RateTable
from kyoto.analysis.reoffending.rates import fixed_window_rates
from kyoto.analysis.reoffending.reading import PeopleTable
from kyoto.analysis.reoffending.survival import IntervalCurve, turnbull
from kyoto.analysis.reoffending.times import PeopleTimes, read_times
from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Cohort", "build_cohort"]

COLUMNS = {"event": "BOOLEAN", "time": "BIGINT", "follow": "BIGINT", "cause": "VARCHAR", "index_year": "BIGINT"}


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """A cohort in its database; persons stay there, only counts come out.

    Parameters
    ----------
    events
        The events that it was made of.
    rules
        Its counting rules.
    found
        Index events found.
    excluded
        Those not followed, by reason. ``found = n + excluded``.
    n
        Index events followed.
    """

    events: EventTable
    rules: CohortRules
    found: int
    excluded: dict[str, int]
    n: int

    @property
    def people(self) -> PeopleTable:
        """The cohort as a table for :func:`kyoto.analysis.reoffending.rates.fixed_window_rates`."""
        types = self.events.connection.execute("DESCRIBE people").fetchall()
        return PeopleTable(self.events.connection, {str(row[0]): str(row[1]) for row in types}, None)

    def identified(self) -> PeopleTable:
        """The cohort with each person's own ``identifier``, for record keys: it never leaves the database."""
        self.events.connection.execute(
            "CREATE OR REPLACE VIEW people AS SELECT c.*, i.name AS identifier FROM cohort c JOIN ids i USING (person)"
        )
        return self.people

    def columns(self, by: Sequence[str] = ()) -> PeopleColumns:
        """What the columns of :attr:`people` mean."""
        return PeopleColumns("event", time="time", follow_up="follow", by=tuple(by))

    def rates(self, by: Sequence[str] = (), *, level: float = 0.95, threshold: int = DEFAULT_THRESHOLD) -> RateTable:
        """Rates in the windows of the rules.

        Parameters
        ----------
        by
            Attributes of persons, or ``index_year`` and ``index_section``.
        level, threshold
            Confidence of Wilson's limits; smallest group shown.
        """
        windows = [window_days(months) for months in self.rules.windows]
        table = fixed_window_rates(self.people, self.columns(by), windows, level=level, threshold=threshold)
        return replace(table, rules=self.rules.statement(), remarks=(*self.notes(), *table.remarks))

    def times(
        self, by: Sequence[str] = (), *, competing: bool = True, threshold: int = DEFAULT_THRESHOLD
    ) -> PeopleTimes:
        """Times to the outcome, with death and departure as competing events where they happened."""
        columns = PeopleColumns("cause", "outcome", time="time", by=tuple(by))
        present = self.events.frame("SELECT DISTINCT cause FROM cohort")["cause"].tolist()
        others = [cause for cause in ("death", "departure") if cause in present] if competing else []
        return read_times(self.people, columns, competing=others, threshold=threshold)

    def curves(self, by: Sequence[str] = (), *, level: float = 0.95, threshold: int = DEFAULT_THRESHOLD) -> Following:
        """Cumulative incidence of the outcome."""
        times = tuple(float(window_days(months)) for months in self.rules.windows)
        return follow(self.times(by, threshold=threshold), times, level=level)

    def interval_curve(self) -> IntervalCurve:
        """Share with the outcome over time, months and years known as such: no day is made up.

        Times are in days of all days; see :func:`kyoto.analysis.reoffending.survival.turnbull`.
        """
        frame = self.events.frame(
            "SELECT CASE WHEN event THEN time_low - 1 ELSE follow END AS low, "
            "CASE WHEN event THEN time_high END AS high FROM cohort WHERE event OR follow > 0"
        ).astype("float64")
        exact = frame["high"] - frame["low"] == 1
        return turnbull(frame["low"].mask(exact, frame["high"]), frame["high"])

    def notes(self) -> tuple[str, ...]:
        """What was left out, in words."""
        left = [f"{count:,} index events not followed: {reason}." for reason, count in self.excluded.items()]
        return (f"{self.found:,} index events found, {self.n:,} followed.", *left, *self.events.findings)

    def frame(self) -> pd.DataFrame:
        """One row an index event, for analysis in memory: personal data, never to be published."""
        found: pd.DataFrame = self.events.frame("SELECT * FROM cohort ORDER BY row_id")
        return found


def build_cohort(events: EventTable, rules: CohortRules) -> Cohort:
    """Follow a cohort.

    Parameters
    ----------
    events
        From :func:`.events.open_events`; a second cohort on the same events replaces the first.
    rules
        Counting rules.

    Raises
    ------
    KyotoError
        ``reoffending.wrong-rule``, ``reoffending.no-index-events``, ``reoffending.missing-field``.
    """
    checked_rules(rules)
    if rules.end != events.end:
        raise KyotoError(
            "The cohort and its events end on different days",
            code="reoffending.wrong-rule",
            got=f"{rules.end} and {events.end}",
            expected="the last day on which the sources are complete",
        )
    _require_fields(events, rules)
    connection = events.connection
    for name in ("starts", "outcomes", "cohort"):
        connection.execute(f"DROP TABLE IF EXISTS {name} CASCADE")
    connection.execute(starts_sql(rules))
    counts = connection.execute("SELECT excluded, count(*) FROM starts GROUP BY 1").fetchall()
    by_reason = {reason: int(count) for reason, count in counts}
    n = by_reason.pop(None, 0)
    if not n:
        raise KyotoError(
            "Nobody can be followed",
            code="reoffending.no-index-events",
            got="; ".join(f"{count} {EXCLUSIONS[reason]}" for reason, count in by_reason.items())
            or f"no {rules.index} between the days given",
        )
    connection.execute(outcomes_sql(rules))
    connection.execute(cohort_sql(rules, events.persons))
    connection.execute("CREATE OR REPLACE VIEW people AS SELECT * FROM cohort")
    excluded = {words: by_reason[reason] for reason, words in EXCLUSIONS.items() if reason in by_reason}
    return Cohort(events, rules, n + sum(excluded.values()), excluded, n)


def _require_fields(events: EventTable, rules: CohortRules) -> None:
    """Rules that need ICCS codes or severities need them in the events."""
    needed = [name for name, wanted in (("iccs", rules.same_section), ("severity", rules.least_severity)) if wanted]
    for name in needed:
        known = events.connection.execute(f"SELECT 1 FROM events WHERE {name} IS NOT NULL LIMIT 1").fetchall()
        if not known:
            raise KyotoError(
                f"The rules need {name} and no event has it",
                code="reoffending.missing-field",
                hint=f'Name its column: {name} = "..."',
            )
