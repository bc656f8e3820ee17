"""Events of justice: arrests, charges, convictions, custody and the rest in one table, with every reject counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kyoto.analysis.reoffending.cohorts.custody import custody_findings, merge_custody
from kyoto.analysis.reoffending.cohorts.identifiers import identifier_findings
from kyoto.analysis.reoffending.cohorts.model import KINDS
from kyoto.analysis.reoffending.reading import broken_lines, load_file, quoted, text_literal
from kyoto.core.errors import KyotoError, Where, did_you_mean

if TYPE_CHECKING:
    import duckdb

__all__ = ["EventSource", "EventTable", "open_events"]

FIELDS = ("person", "date", "until", "offence_date", "iccs", "severity")


@dataclass(frozen=True, slots=True)
class EventSource:
    """A file or frame of events.

    Parameters
    ----------
    data
        Path of a CSV, Parquet or Excel file, or a dataframe.
    kind
        Kind of all its events; None where a column says it.
    columns
        Column of ``person`` and ``date`` (both needed), ``kind``, ``until`` (end of a stay in custody),
        ``offence_date``, ``iccs`` and ``severity``. A name that is not given is taken as it stands.
    words
        Kind that each value of the column ``kind`` means, where they are not the kinds themselves.
    name
        Name in messages.
    linked
        Frame of ``identifier`` and ``person``, where the column ``person`` holds identifiers of records that were
        linked to persons; None where it holds persons.
    perhaps
        Fields of ``columns`` that this file may lack, as long as another one has them.
    """

    data: Any
    kind: str | None = None
    columns: tuple[tuple[str, str], ...] = ()
    words: tuple[tuple[str, str], ...] = ()
    name: str = "events"
    linked: Any = None
    perhaps: tuple[str, ...] = ()


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
        known = [_add(connection, source, number) for number, source in enumerate(sources)]
        _require_somewhere(sources, known)
        parts = " UNION ALL ".join(f"SELECT * FROM typed{number}" for number in range(len(sources)))
        connection.execute(f"CREATE TABLE stacked AS SELECT row_number() OVER () AS row_id, * FROM ({parts})")
        rejected = _judge(connection, end)
        names, more = _persons(connection, persons, person_column, persons_linked)
        rows = _one(connection, "SELECT count(*) FROM stacked")
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


def _require_somewhere(sources: Sequence[EventSource], known: Sequence[dict[str, str]]) -> None:
    """Raise for a column that some files may lack and all do."""
    for source in sources:
        for field in source.perhaps:
            wanted = dict(source.columns).get(field)
            if wanted is not None and not any(wanted in types for types in known):
                raise KyotoError(
                    "No file has such a column",
                    code="reoffending.wrong-column",
                    where=Where(file=", ".join(each.name for each in sources), column=wanted),
                    hint=did_you_mean(wanted, {name for types in known for name in types}),
                )


def _add(connection: duckdb.DuckDBPyConnection, source: EventSource, number: int) -> dict[str, str]:
    """One source as a typed table; its columns with their types."""
    name = f"source{number}"
    types = load_file(connection, source.data, name)
    columns = dict(source.columns)
    needed = {field: field for field in ("person", "date", *(["kind"] if source.kind is None else []))}
    for field, wanted in (needed | columns).items():
        if wanted not in types and field not in source.perhaps:
            raise KyotoError(
                "No such column",
                code="reoffending.wrong-column",
                where=Where(file=source.name, column=wanted),
                expected="columns of persons and dates, and of kinds where a file holds several",
                hint=did_you_mean(wanted, types),
            )
    if source.kind is not None and source.kind not in KINDS:
        raise KyotoError(
            "Unknown kind of event",
            code="reoffending.unknown-kind",
            where=Where(file=source.name),
            got=source.kind,
            expected=", ".join(KINDS),
            hint=did_you_mean(source.kind, KINDS),
        )
    cells = {field: _cell(columns.get(field, field), types) for field in FIELDS}
    kind = text_literal(source.kind) if source.kind else _kind(columns.get("kind", "kind"), source.words)
    (early, late), (_, until), (offence, _) = (
        _days(columns.get(field, field), types) for field in ("date", "until", "offence_date")
    )
    origin, unlinked = name, "false"
    if source.linked is not None:
        connection.register(f"linked{number}", source.linked.rename(columns=_LINKED))
        origin = f"{name} LEFT JOIN linked{number} ON trim({cells['person']}) = linked_identifier"
        unlinked = f"linked_person IS NULL AND nullif(trim({cells['person']}), '') IS NOT NULL"
        cells["person"] = "CAST(linked_person AS VARCHAR)"
    connection.execute(
        f"CREATE VIEW typed{number} AS SELECT nullif(trim({cells['person']}), '') AS person, {kind} AS kind, "
        f"{early} AS early, {late} AS late, {until} AS until, nullif(trim({cells['until']}), '') IS NOT NULL "
        f"AND {until} IS NULL AS bad_until, {offence} AS offence, {cells['iccs']} AS iccs, "
        f"TRY_CAST({cells['severity']} AS DOUBLE) AS severity, {unlinked} AS unlinked, "
        f"{text_literal(source.name)} AS source FROM {origin}"
    )
    return types


_LINKED = {"identifier": "linked_identifier", "person": "linked_person"}


def _cell(name: str, types: dict[str, str]) -> str:
    return f"CAST({quoted(name)} AS VARCHAR)" if name in types else "CAST(NULL AS VARCHAR)"


def _kind(column: str, words: Sequence[tuple[str, str]]) -> str:
    text = f"lower(trim(CAST({quoted(column)} AS VARCHAR)))"
    known = {word.lower(): kind for word, kind in words} | {kind: kind for kind in KINDS}
    branches = " ".join(f"WHEN {text_literal(word)} THEN {text_literal(kind)}" for word, kind in known.items())
    return f"CASE {text} {branches} END"


def _days(name: str, types: dict[str, str]) -> tuple[str, str]:
    """Earliest and latest day that a cell can mean: a date, a month (2019-03) or a year (2019)."""
    kind = types.get(name, "")
    if kind == "DATE" or kind.startswith("TIMESTAMP"):
        day = f"CAST({quoted(name)} AS DATE)"
        return day, day
    text = f"trim({_cell(name, types)})"
    month = f"TRY_CAST({text} || '-01' AS DATE)"
    year = f"TRY_CAST({text} || '-01-01' AS DATE)"
    is_month, is_year = f"length({text}) = 7", f"length({text}) = 4"
    day = f"coalesce(TRY_CAST({text} AS DATE), TRY_CAST(TRY_CAST({text} AS TIMESTAMP) AS DATE))"
    early = f"CASE WHEN {is_month} THEN {month} WHEN {is_year} THEN {year} ELSE {day} END"
    ends = f"WHEN {is_month} THEN last_day({month}) WHEN {is_year} THEN last_day({year} + INTERVAL 11 MONTH)"
    late = f"CASE {ends} ELSE {day} END"
    return early, late


def _judge(connection: duckdb.DuckDBPyConnection, end: dt.date) -> dict[str, int]:
    """Split the rows into those that count and those rejected, with the first reason that holds.

    Persons become numbers: numbers are joined faster, and no identifier stands in a cohort.
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


def _persons(
    connection: duckdb.DuckDBPyConnection, persons: Any, column: str, linked: Any = None
) -> tuple[tuple[str, ...], list[str]]:
    """Attributes of persons; who is listed twice counts by the first row."""
    if persons is None:
        connection.execute("CREATE TABLE persons AS SELECT DISTINCT person FROM events")
        return (), []
    types = load_file(connection, persons, "given_persons")
    if column not in types:
        raise KyotoError(
            "No column of identifiers",
            code="reoffending.wrong-column",
            where=Where(file="persons", column=column),
            hint=did_you_mean(column, types),
        )
    given, place = "given_persons", "row_number() OVER ()"
    if linked is not None:
        connection.register("linked_persons", linked.rename(columns=_LINKED))
        connection.execute(
            f"CREATE TABLE by_record AS SELECT g.* REPLACE (CAST(l.linked_person AS VARCHAR) AS {quoted(column)}) "
            f"FROM (SELECT *, row_number() OVER () AS linked_place FROM given_persons) g JOIN linked_persons l "
            f"ON trim(CAST(g.{quoted(column)} AS VARCHAR)) = l.linked_identifier"
        )
        given, place = "by_record", "linked_place"  # a join keeps no order, and the first row of a person counts
    names = tuple(name for name in types if name != column)
    listed = "".join(f", any_value({quoted(name)} ORDER BY place) AS {quoted(name)}" for name in names)
    connection.execute(
        f"CREATE TABLE listed_persons AS SELECT nullif(trim(CAST({quoted(column)} AS VARCHAR)), '') AS name_of{listed} "
        f"FROM (SELECT *, {place} AS place FROM {given}) GROUP BY 1 HAVING name_of IS NOT NULL"
    )
    connection.execute(
        "CREATE TABLE persons AS SELECT i.person, l.* EXCLUDE (name_of) FROM listed_persons l "
        "JOIN ids i ON l.name_of = i.name"
    )
    doubled = _one(connection, f"SELECT count(*) FROM {given}") - _one(
        connection, "SELECT count(*) FROM listed_persons"
    )
    unlisted = "SELECT count(DISTINCT person) FROM events WHERE person NOT IN (SELECT person FROM persons)"
    strangers = _one(connection, unlisted)
    twice = f"{doubled:,} persons are listed twice or without identifier: the first row counts."
    findings = [twice] if doubled and linked is None else []
    if strangers:
        findings.append(f"{strangers:,} persons have events but are not in the list of persons: attributes unknown.")
    return names, findings


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0
