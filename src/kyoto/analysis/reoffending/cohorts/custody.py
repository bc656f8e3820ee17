"""Stays in custody of the persons of a table of events."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from kyoto.analysis.reoffending.reading import number_of

if TYPE_CHECKING:
    import duckdb

__all__ = ["custody_findings", "merge_custody"]


def merge_custody(connection: duckdb.DuckDBPyConnection, end: dt.date) -> None:
    """Stays in custody: from each admission to its ``until``, or to the next release; overlapping ones merged."""
    connection.execute(
        f"""CREATE TABLE stays AS
        WITH ordered AS (
          SELECT person, kind, early, until,
            min(CASE WHEN kind = 'release' THEN early END) OVER (
              PARTITION BY person ORDER BY early, CASE kind WHEN 'admission' THEN 1 ELSE 0 END
              ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS next_release
          FROM events WHERE kind IN ('admission', 'release')
        )
        SELECT person, early AS entered, coalesce(until, next_release, DATE '{end.isoformat()}' + 1) AS left_at
        FROM ordered WHERE kind = 'admission'"""
    )
    connection.execute(
        """CREATE TABLE custody AS
        WITH marked AS (
          SELECT *, max(left_at) OVER (PARTITION BY person ORDER BY entered, left_at
              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM stays
        ), numbered AS (
          SELECT *, sum(CASE WHEN before IS NULL OR entered > before THEN 1 ELSE 0 END) OVER (
              PARTITION BY person ORDER BY entered, left_at ROWS UNBOUNDED PRECEDING) AS stay FROM marked
        )
        SELECT person, min(entered) AS entered, max(left_at) AS left_at, count(*) AS merged
        FROM numbered GROUP BY person, stay"""
    )


def custody_findings(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What the events make a reader ask."""
    merged = number_of(connection, "SELECT coalesce(sum(merged - 1), 0) FROM custody")
    vague = number_of(connection, "SELECT count(*) FROM events WHERE early <> late")
    lonely = number_of(
        connection,
        "SELECT count(*) FROM events e WHERE kind = 'release' AND EXISTS (SELECT 1 FROM custody) "
        "AND NOT EXISTS (SELECT 1 FROM custody c WHERE c.person = e.person AND c.entered <= e.early)",
    )
    found = {
        "stays in custody overlap or touch another of the same person and are merged.": merged,
        "events are known by month or year only.": vague,
        "releases have no admission before them.": lonely,
    }
    return [f"{count:,} {words}" for words, count in found.items() if count]
