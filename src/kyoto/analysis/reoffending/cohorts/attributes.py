"""Attributes of the persons of a cohort, from a list of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kyoto.analysis.reoffending.cohorts.sources import LINKED
from kyoto.analysis.reoffending.reading import load_file, number_of, quoted
from kyoto.core.errors import KyotoError, Where, did_you_mean

if TYPE_CHECKING:
    import duckdb

__all__ = ["add_persons"]


def add_persons(
    connection: duckdb.DuckDBPyConnection, persons: Any, column: str, linked: Any = None
) -> tuple[tuple[str, ...], list[str]]:
    """Make the table ``persons`` of their attributes; who is listed twice counts by the first row.

    Parameters
    ----------
    connection
        With the tables ``events`` and ``ids``.
    persons
        File or frame with one row a person; None: those of the events, without attributes.
    column
        Its column of identifiers.
    linked
        Frame of ``identifier`` and ``person``, where the persons are listed by records.

    Returns
    -------
    tuple
        Names of the attributes, and findings.

    Raises
    ------
    KyotoError
        ``reoffending.wrong-column``.
    """
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
        connection.register("linked_persons", linked.rename(columns=LINKED))
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
    doubled = number_of(connection, f"SELECT count(*) FROM {given}") - number_of(
        connection, "SELECT count(*) FROM listed_persons"
    )
    unlisted = "SELECT count(DISTINCT person) FROM events WHERE person NOT IN (SELECT person FROM persons)"
    strangers = number_of(connection, unlisted)
    twice = f"{doubled:,} persons are listed twice or without identifier: the first row counts."
    findings = [twice] if doubled and linked is None else []
    if strangers:
        findings.append(f"{strangers:,} persons have events but are not in the list of persons: attributes unknown.")
    return names, findings
