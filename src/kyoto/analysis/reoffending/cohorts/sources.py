"""A file of events as a typed table: persons, kinds of events, and the days that their cells can mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kyoto.analysis.reoffending.cohorts.model import KINDS
from kyoto.analysis.reoffending.reading import load_file, quoted, text_literal
from kyoto.core.errors import KyotoError, Where, did_you_mean

if TYPE_CHECKING:
    import duckdb

__all__ = ["LINKED", "EventSource", "add_source", "require_somewhere"]

FIELDS = ("person", "date", "until", "offence_date", "iccs", "severity")
LINKED = {"identifier": "linked_identifier", "person": "linked_person"}
"""Columns of a linkage, named so that they meet no column of a file."""


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


def require_somewhere(sources: Sequence[EventSource], known: Sequence[dict[str, str]]) -> None:
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


def add_source(connection: duckdb.DuckDBPyConnection, source: EventSource, number: int) -> dict[str, str]:
    """Type a source as a view ``typedN``, of ``sourceN``.

    Parameters
    ----------
    connection
        The database of the events.
    source
        The file or frame.
    number
        N of the names.

    Returns
    -------
    dict
        Its columns with their types.

    Raises
    ------
    KyotoError
        ``reoffending.wrong-column``, ``reoffending.unknown-kind``.
    """
    name = f"source{number}"
    types = load_file(connection, source.data, name)
    columns = dict(source.columns)
    _require_columns(source, types)
    _require_kind(source)
    cells = {field: _cell(columns.get(field, field), types) for field in FIELDS}
    kind = text_literal(source.kind) if source.kind else _kind(columns.get("kind", "kind"), source.words)
    (early, late), (_, until), (offence, _) = (
        _days(columns.get(field, field), types) for field in ("date", "until", "offence_date")
    )
    origin, unlinked = name, "false"
    if source.linked is not None:
        connection.register(f"linked{number}", source.linked.rename(columns=LINKED))
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


def _require_columns(source: EventSource, types: dict[str, str]) -> None:
    needed = {field: field for field in ("person", "date", *(["kind"] if source.kind is None else []))}
    for field, wanted in (needed | dict(source.columns)).items():
        if wanted not in types and field not in source.perhaps:
            raise KyotoError(
                "No such column",
                code="reoffending.wrong-column",
                where=Where(file=source.name, column=wanted),
                expected="columns of persons and dates, and of kinds where a file holds several",
                hint=did_you_mean(wanted, types),
            )


def _require_kind(source: EventSource) -> None:
    if source.kind is not None and source.kind not in KINDS:
        raise KyotoError(
            "Unknown kind of event",
            code="reoffending.unknown-kind",
            where=Where(file=source.name),
            got=source.kind,
            expected=", ".join(KINDS),
            hint=did_you_mean(source.kind, KINDS),
        )


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
