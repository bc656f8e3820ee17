"""Events of justice: arrests, charges, convictions, custody and the rest in one table, with every reject counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kyoto.analysis.reoffending.cohorts.attributes import add_persons
from kyoto.analysis.reoffending.cohorts.custody import custody_findings, merge_custody
from kyoto.analysis.reoffending.cohorts.identifiers import identifier_findings
from kyoto.analysis.reoffending.cohorts.judging import judge_rows
from kyoto.analysis.reoffending.cohorts.sources import EventSource, add_source, require_somewhere
from kyoto.analysis.reoffending.reading import broken_lines, number_of
from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    import duckdb

__all__ = ["EventTable", "open_events"]


@dataclass(frozen=True, slots=True, eq=False)
class EventTable:
    """Cleaned events in a database: tables ``events`` (those that count) and ``rejected``.

    Parameters
    ----------
    connection
        The database in memory.
    rows
        Rows of all sources.
    rejected
        Rows rejected, by reason. ``rows = events + rejected``.
    findings
        What was put right, and what a reader should know.
    persons
        Columns of attributes of persons; empty where there is no table of persons.
    end
        Last day on which the sources are complete.
    """

    connection: duckdb.DuckDBPyConnection
    rows: int
    rejected: dict[str, int]
    findings: tuple[str, ...]
    persons: tuple[str, ...]
    end: dt.date

    def frame(self, sql: str) -> Any:
        """Result of a query as a pandas frame."""
        return self.connection.execute(sql).df()


@contextmanager
def open_events(
    sources: Sequence[EventSource],
    end: dt.date,
    *,
    persons: Any = None,
    person_column: str = "person",
    persons_linked: Any = None,
) -> Iterator[EventTable]:
    """Read, type and clean events.

    Parameters
    ----------
    sources
        Files or frames of events.
    end
        Last day on which they are complete; later events are rejected.
    persons
        File or frame with one row a person and their attributes.
    person_column
        Its column of identifiers.
    persons_linked
        As ``linked`` of an event source, where the persons are listed by records.

    Raises
    ------
    KyotoError
        ``reoffending.wrong-column``, ``reoffending.unknown-kind``, ``reoffending.no-events``.

    Notes
    -----
    Rejected are rows without a person (or whose record was not linked) or a readable date, of an unknown kind, after
    ``end``, that end before they begin, after the person's death, a second death, and exact repetitions. Stays in
    custody that overlap are merged and counted as a finding.
    """
    import duckdb

    connection = duckdb.connect()
    try:
        known = [add_source(connection, source, number) for number, source in enumerate(sources)]
        require_somewhere(sources, known)
        parts = " UNION ALL ".join(f"SELECT * FROM typed{number}" for number in range(len(sources)))
        connection.execute(f"CREATE TABLE stacked AS SELECT row_number() OVER () AS row_id, * FROM ({parts})")
        rejected = judge_rows(connection, end)
        names, more = add_persons(connection, persons, person_column, persons_linked)
        rows = number_of(connection, "SELECT count(*) FROM stacked")
        broken = sum(broken_lines(connection, f"source{number}") for number in range(len(sources)))
        if broken:
            rows, rejected = rows + broken, {"line is no record": broken} | rejected
        if rows == sum(rejected.values()):
            raise KyotoError(
                "No event can be used",
                code="reoffending.no-events",
                got="; ".join(f"{count} rows: {reason}" for reason, count in rejected.items()) or "no rows",
                hint="Are these the right columns?",
            )
        merge_custody(connection, end)
        findings = [f"{count:,} rows of events rejected: {reason}." for reason, count in rejected.items()]
        findings += more + identifier_findings(connection) + custody_findings(connection)
        yield EventTable(connection, rows, rejected, tuple(findings), names, end)
    finally:
        connection.close()
