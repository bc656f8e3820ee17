"""Which rows of events count, and why the others do not."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from kyoto.analysis.reoffending.reading import text_literal

if TYPE_CHECKING:
    import duckdb

__all__ = ["judge_rows"]


def judge_rows(connection: duckdb.DuckDBPyConnection, end: dt.date) -> dict[str, int]:
    """Split the rows into those that count and those rejected, with the first reason that holds.

    Persons become numbers: numbers are joined faster, and no identifier stands in a cohort.

    Parameters
    ----------
    connection
        With the table ``stacked``; gets ``ids``, ``events`` and ``rejected``.
    end
        Last day on which the sources are complete.

    Returns
    -------
    dict
        Rows rejected, by reason.
    """
    last = f"DATE '{end.isoformat()}'"
    reasons = {
        "record is not in the linkage": "s.unlinked",
        "no person": "s.person IS NULL",
        "date cannot be read": "s.early IS NULL OR s.bad_until",
        "unknown kind of event": "s.kind IS NULL",
        "in the future": f"s.early > {last}",
        "ends before it begins": "s.until < s.early",
        "repeated row": "r.row_id IS NOT NULL",
        "second death of a person": "s.kind = 'death' AND s.row_id <> d.row_id",
        "after the person's death": "s.kind <> 'death' AND s.early > d.died",
    }
    cases = " ".join(f"WHEN {test} THEN {text_literal(reason)}" for reason, test in reasons.items())
    cells = "person, kind, early, late, until, offence, iccs, severity"
    connection.execute(
        """CREATE TABLE ids AS SELECT name, row_number() OVER () AS person
        FROM (SELECT DISTINCT person AS name FROM stacked WHERE person IS NOT NULL)"""
    )
    # rows that share a hash are few; they alone are compared cell by cell
    connection.execute(
        f"""CREATE TABLE repeated AS
        WITH suspects AS (SELECT hash({cells}) AS h FROM stacked GROUP BY 1 HAVING count(*) > 1)
        SELECT row_id FROM stacked WHERE hash({cells}) IN (SELECT h FROM suspects)
        QUALIFY row_number() OVER (PARTITION BY {cells} ORDER BY row_id) > 1"""
    )
    connection.execute(
        f"""CREATE TABLE dead AS SELECT person, late AS died, row_id FROM stacked
        WHERE kind = 'death' AND early <= {last} AND row_id NOT IN (SELECT row_id FROM repeated)
        QUALIFY row_number() OVER (PARTITION BY person ORDER BY late, row_id) = 1"""
    )
    connection.execute(
        f"""CREATE TABLE judged AS
        SELECT s.* REPLACE (i.person AS person), CASE {cases} END AS reason
        FROM stacked s LEFT JOIN ids i ON s.person = i.name
        LEFT JOIN repeated r ON s.row_id = r.row_id LEFT JOIN dead d ON s.person = d.person"""
    )
    connection.execute("CREATE VIEW rejected AS SELECT * FROM judged WHERE reason IS NOT NULL")
    connection.execute(
        "CREATE TABLE events AS SELECT row_id, person, kind, early, late, until, offence, iccs, severity "
        "FROM judged WHERE reason IS NULL"
    )
    found = connection.execute("SELECT reason, count(*) FROM rejected GROUP BY 1").fetchall()
    counts = {str(reason): int(count) for reason, count in found}
    return {reason: counts[reason] for reason in reasons if reason in counts}
