"""Columns of persons that can hardly be what they are said to be: what a reader should ask of the events."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

__all__ = ["identifier_findings"]

_DATES = 0.9
_LEAST = 2


def identifier_findings(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Findings on the persons of each source: dates for identifiers, one person for all, nobody in common.

    Parameters
    ----------
    connection
        With the table ``stacked``: ``person`` as text and ``source``.
    """
    rows = connection.execute(
        "SELECT source, count(*), count(DISTINCT person), "
        "count(*) FILTER (WHERE TRY_CAST(person AS DATE) IS NOT NULL OR TRY_CAST(person AS TIMESTAMP) IS NOT NULL) "
        "FROM stacked WHERE person IS NOT NULL GROUP BY source ORDER BY min(row_id)"
    ).fetchall()
    found = []
    for source, count, persons, dates in rows:
        if dates >= _DATES * count:
            found.append(f"The persons of {source} look like dates: is this the column of persons?")
        elif persons == 1 and count > _LEAST:
            found.append(f"All {count:,} events of {source} are of one person: is this the column of persons?")
    shared = connection.execute(
        "SELECT count(*) FROM (SELECT person FROM stacked WHERE person IS NOT NULL "
        "GROUP BY person HAVING count(DISTINCT source) > 1)"
    ).fetchone()
    if len(rows) > 1 and shared is not None and shared[0] == 0:
        names = ", ".join(str(row[0]) for row in rows)
        found.append(f"No person is in two of the files {names}: are their columns of persons the same identifiers?")
    return found
