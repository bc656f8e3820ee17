"""The SQL of a cohort: index events, start of follow-up, outcomes, custody between, and how each person leaves."""

from __future__ import annotations

from kyoto.analysis.reoffending.cohorts.model import DAYS_A_MONTH, OUTCOMES, CohortRules
from kyoto.analysis.reoffending.reading import quoted

__all__ = ["EXCLUSIONS", "cohort_sql", "outcomes_sql", "starts_sql"]

EXCLUSIONS = {
    "never_free": "never at liberty before the end of the data",
    "too_late": "follow-up would start after the end of the data",
    "died": "died before follow-up",
}
"""Why an index event is not followed, by the column that says so."""


def starts_sql(rules: CohortRules) -> str:
    """Table ``starts``: one row an index event, with the day on which follow-up starts and why it may not."""
    day = _day(rules)
    last = (rules.last_index or rules.end).isoformat()
    first = f"AND {day} >= DATE '{rules.first_index.isoformat()}'" if rules.first_index else ""
    only_first = "QUALIFY row_number() OVER (PARTITION BY person ORDER BY day, row_id) = 1"
    qualify = only_first if rules.per_person == "first" else ""
    start = "CASE WHEN left_at > day THEN left_at ELSE day END" if rules.start == "liberty" else "day"
    end = f"DATE '{rules.end.isoformat()}'"
    return f"""CREATE TABLE starts AS
    WITH found AS (
      SELECT row_id, person, {day} AS day, iccs, severity FROM events
      WHERE kind = '{rules.index}' AND {day} <= DATE '{last}' {first} {qualify}
    ), placed AS (
      SELECT f.*, c.left_at FROM found f ASOF LEFT JOIN custody c ON f.person = c.person AND f.day >= c.entered
    ), begun AS (SELECT *, {start} AS start FROM placed),
    dead AS (SELECT person, min({day}) AS died FROM events WHERE kind = 'death' GROUP BY person),
    gone AS (SELECT person, min({day}) AS departed FROM events WHERE kind = 'departure' GROUP BY person)
    SELECT b.* EXCLUDE (left_at), d.died, CASE WHEN g.departed >= b.start THEN g.departed END AS departed,
      CASE WHEN b.start > {end} AND b.start > day THEN 'never_free'
           WHEN b.start > {end} THEN 'too_late'
           WHEN d.died <= b.start THEN 'died' END AS excluded
    FROM begun b LEFT JOIN dead d ON b.person = d.person LEFT JOIN gone g ON b.person = g.person"""


def outcomes_sql(rules: CohortRules) -> str:
    """Table ``outcomes``: every event that counts, with the day by which it counts for a window."""
    kinds = ", ".join(f"'{kind}'" for kind in OUTCOMES[rules.outcome])
    day = _day(rules, "e.")
    dated = f"coalesce(e.offence, {day})" if rules.dated_by == "offence" else day
    settle = int(rules.settle_months * DAYS_A_MONTH)
    tests = [f"e.kind IN ({kinds})", f"{dated} > s.start", f"{day} > s.start"]
    if rules.pseudo == "exclude":
        tests.append("coalesce(e.offence >= s.start, true)")
    if rules.same_section:
        tests.append("left(e.iccs, 2) = left(s.iccs, 2)")
    if rules.least_severity is not None:
        tests.append(f"e.severity >= {rules.least_severity!r}")
    counts = f"greatest({dated}, {day} - {settle})"
    inside = "0" if rules.clock == "calendar" else _custody("counts", "found")
    return f"""CREATE TABLE outcomes AS
    WITH found AS (
      SELECT s.row_id, s.person, s.start, {counts} AS counts, e.severity, e.early, e.late, e.row_id AS event_row
      FROM starts s JOIN events e ON s.person = e.person AND {" AND ".join(tests)}
      WHERE s.excluded IS NULL
    ) SELECT *, (counts - start) - {inside} AS elapsed FROM found"""


def cohort_sql(rules: CohortRules, attributes: tuple[str, ...]) -> str:
    """Table ``cohort``: one row an index event that is followed."""
    settle = int(rules.settle_months * DAYS_A_MONTH)
    followed = f"DATE '{rules.end.isoformat()}' - {settle}"
    death = "s.died" if rules.deaths == "leave" else "CAST(NULL AS DATE)"
    departure = "s.departed" if rules.departures == "leave" else "CAST(NULL AS DATE)"
    named = "".join(f", p.{quoted(name)}" for name in attributes)
    inside = "0" if rules.clock == "calendar" else _custody("follow_end", "ended")
    first = "SELECT * FROM outcomes QUALIFY row_number() OVER (PARTITION BY row_id ORDER BY counts, event_row) = 1"
    return f"""CREATE TABLE cohort AS
    WITH first AS ({first}),
    joined AS (
      SELECT s.row_id, s.person, s.day, s.start, s.severity AS index_severity, s.iccs,
        o.counts, o.elapsed, o.severity, o.early, o.late,
        {followed} AS admin_end, {death} AS died, {departure} AS departed, least({death}, {departure}) AS leave_day
      FROM starts s LEFT JOIN first o ON s.row_id = o.row_id WHERE s.excluded IS NULL
    ), known AS (
      SELECT *, coalesce(counts <= admin_end AND counts <= coalesce(leave_day, counts), false) AS event FROM joined
    ), ended AS (
      SELECT *, greatest(start, CASE WHEN event THEN admin_end
                             ELSE least(admin_end, coalesce(leave_day, admin_end)) END) AS follow_end
      FROM known
    ), counted AS (
      SELECT *, (follow_end - start) - {inside} AS follow FROM ended
    )
    SELECT c.row_id, c.person, c.day AS index_day, c.start, year(c.day) AS index_year, left(c.iccs, 2) AS index_section,
      event, CASE WHEN event THEN elapsed ELSE follow END AS time, follow,
      CASE WHEN event THEN 'outcome' WHEN leave_day IS NULL OR leave_day > admin_end THEN 'censored'
           WHEN died = leave_day THEN 'death' ELSE 'departure' END AS cause,
      CASE WHEN event THEN greatest(early - start, 1) END AS time_low,
      CASE WHEN event THEN greatest(late - start, 1) END AS time_high,
      index_severity, CASE WHEN event THEN severity END AS outcome_severity{named}
    FROM counted c LEFT JOIN persons p ON c.person = p.person"""


def _day(rules: CohortRules, prefix: str = "") -> str:
    """The day on which an event is put whose month or year alone is known."""
    early, late = f"{prefix}early", f"{prefix}late"
    return {"earliest": early, "latest": late, "middle": f"({early} + CAST(({late} - {early}) // 2 AS INTEGER))"}[
        rules.imprecise
    ]


def _custody(until: str, table: str) -> str:
    """Days in custody between the start and a day of a row of a table."""
    return (
        f"coalesce((SELECT sum(greatest(0, least(k.left_at, {until}) - greatest(k.entered, start))) FROM custody k "
        f"WHERE k.person = {table}.person), 0)"
    )
