"""Rows of a file of people that cannot be read, written out with their reasons."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from kyoto.analysis.reoffending.people import PeopleColumns
from kyoto.analysis.reoffending.people_sql import expressions
from kyoto.analysis.reoffending.reading import PeopleTable, quoted

__all__ = ["write_rejects"]


def write_rejects(table: PeopleTable, columns: PeopleColumns, path: Path) -> int:
    """Write the rejected rows as CSV: ``row`` (counted from 1 below the names), ``time``, ``event``, ``reason``.

    Returns
    -------
    int
        Rows written, as many as the rates say are rejected.
    """
    from kyoto.core.files import neutral_cell, write_whole

    reading = expressions(table, columns)
    time = f"CAST({quoted(columns.time)} AS VARCHAR)" if columns.time else "NULL"
    rows = table.connection.execute(
        f"SELECT row, time, event, why FROM (SELECT row_number() OVER () AS row, {time} AS time, "
        f"CAST({quoted(columns.event)} AS VARCHAR) AS event, {reading.rejected} AS why FROM {table.name}) "
        "WHERE why > 0 ORDER BY row"
    ).fetchall()
    reasons = list(reading.reasons)
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(["row", "time", "event", "reason"])
    for row, moment, event, why in rows:
        writer.writerow([row, neutral_cell(moment or ""), neutral_cell(event or ""), reasons[why - 1]])
    write_whole(path, lines.getvalue())
    return len(rows)
