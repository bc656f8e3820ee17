"""Counting rules: which records a table counts, and as what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import ibis

from kyoto.core.errors import KyotoError, Where
from kyoto.statistics.tables.model import DATE_CONCEPTS, TableSpec
from kyoto.statistics.tables.periods import first_day
from kyoto.statistics.units import COUNTING_UNITS

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kyoto.core.engine import Engine

__all__ = ["SEVERITY", "Selection", "chosen_date", "principal_offences", "select_records", "unit_identifier"]

SEVERITY: Final = (
    "0101",  # intentional homicide
    "0102",  # attempted intentional homicide
    "01",  # other acts leading to death
    "0204",  # trafficking in persons
    "0202",  # acts against liberty (kidnapping, deprivation of liberty, illegal restraint)
    "0203",  # slavery and exploitation
    "0301",  # sexual violence
    "0302",  # sexual exploitation
    "0401",  # robbery
    "0201",  # assaults and threats
    "02",
    "03",
    "04",
    "0903",  # acts against State security and terrorism stand in section 09
    "0501",  # burglary
    "05",
    "06",
    "07",
    "08",
    "09",
    "10",
    "11",
)
"""Default order of the principal offence rule, most severe first. ICCS names no order; this is Kyoto's own, stated
in every table that uses it, and a project sets its own with ``severity``."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Records that a table counts.

    Parameters
    ----------
    records
        Ibis table of the records left after all rules.
    unit
        Counting unit.
    identifier
        Column whose distinct values are counted; None if records are counted.
    date
        Concept that places a record in time; None if the source has none.
    left_out
        Rules that left records out, with the expression that counts them: name and boolean over all records.
    """

    records: ir.Table
    unit: str
    identifier: str | None
    date: str | None
    left_out: dict[str, ir.BooleanValue]


def select_records(records: ir.Table, spec: TableSpec, *, source_unit: str) -> Selection:
    """Apply a table's rules to the counted records of its source.

    Parameters
    ----------
    records
        Records of the source, without rejected ones.
    spec
        The counting rule.
    source_unit
        Counting unit of the source.

    Raises
    ------
    KyotoError
        ``table.no-identifier``, ``table.no-date``, ``table.no-attempts`` or what the condition raises.
    """
    from kyoto.statistics.conditions import parse_condition

    unit = spec.unit or source_unit
    identifier = unit_identifier(records, spec, source_unit=source_unit)
    date = chosen_date(records, spec)
    kept: dict[str, Any] = {}
    if spec.where:
        kept["where"] = parse_condition(spec.where).expression(records)
    if spec.attempts != "inside":
        _need_attempts(records, spec)
    if spec.attempts == "excluded":
        kept["attempts"] = (records.attempted != "1").fill_null(True)
    if spec.first and spec.last:
        kept["reference_period"] = _inside(records, spec, date)
    selected = records
    left_out: dict[str, Any] = {}
    passed: Any = ibis.literal(True)
    for rule, condition in kept.items():
        left_out[rule] = passed & ~condition
        passed = passed & condition
        selected = selected.filter(condition)
    return Selection(selected, unit, identifier, date, left_out)


def unit_identifier(records: ir.Table, spec: TableSpec, *, source_unit: str) -> str | None:
    """Column that tells one counted unit from another; None where each record is one."""
    unit = spec.unit or source_unit
    if unit == source_unit and not spec.principal_offence:
        return None
    identifier = COUNTING_UNITS[unit]
    candidates = [identifier, "person_id", "id"] if unit == source_unit else [identifier]
    for candidate in candidates:
        if candidate in records.columns:
            return candidate
    raise KyotoError(
        f"Table {spec.name!r} counts each {unit} once, but its source has no {identifier!r}",
        code="table.no-identifier",
        where=Where(key=f"tables.{spec.name}"),
        hint=f"Map {identifier!r} in [sources.{spec.source}.columns], or count {source_unit!r}.",
    )


def chosen_date(records: ir.Table, spec: TableSpec) -> str | None:
    """Concept by which a table places records in time."""
    if spec.date is None:
        return next((concept for concept in DATE_CONCEPTS if concept in records.columns), None)
    if spec.date not in records.columns:
        has = [concept for concept in DATE_CONCEPTS if concept in records.columns]
        raise KyotoError(
            f"Table {spec.name!r} counts by date {spec.date!r}, which its source does not map",
            code="table.no-date",
            where=Where(key=f"tables.{spec.name}.date"),
            hint=f"The source has: {', '.join(has) or 'no date at all'}.",
        )
    return spec.date


def principal_offences(
    engine: Engine, selection: Selection, codes: list[str], severity: tuple[str, ...], ties: list[str]
) -> ir.Table:
    """Keep one record of each unit, its most severe offence.

    Parameters
    ----------
    engine
        Where the records are.
    selection
        Records and the identifier of their unit; records without identifier are all kept.
    codes
        All ICCS codes.
    severity
        Codes, most severe first; each stands for its branch, and the longest that fits decides.
    ties
        Columns that settle equal severity, so that the choice never depends on the order of rows.
    """
    import pyarrow as pa

    ranks = [_rank(code, severity) for code in codes]
    rank_table = engine.table(
        pa.table({"ranked_code": codes, "severity_rank": pa.array(ranks, pa.int32())}), "kyoto_severity"
    )
    records = selection.records
    joined = records.left_join(rank_table, records.iccs == rank_table.ranked_code).drop("ranked_code")
    window = ibis.window(
        group_by=joined[selection.identifier],
        order_by=[
            joined.severity_rank.fill_null(len(severity)).asc(),
            *(joined[name].asc(nulls_first=False) for name in ["iccs", *ties]),
        ],
    )
    numbered = joined.mutate(place=ibis.row_number().over(window))
    return numbered.filter((numbered.place == 0) | numbered[selection.identifier].isnull()).drop(
        "place", "severity_rank"
    )


def _rank(code: str, severity: tuple[str, ...]) -> int:
    fitting = [(len(branch), index) for index, branch in enumerate(severity) if code.startswith(branch)]
    return max(fitting)[1] if fitting else len(severity)


def _need_attempts(records: ir.Table, spec: TableSpec) -> None:
    if "attempted" not in records.columns:
        raise KyotoError(
            f"Table {spec.name!r} sets attempts apart, but its source does not say which they are",
            code="table.no-attempts",
            where=Where(key=f"tables.{spec.name}.attempts"),
            hint=f"Map `attempted` in [sources.{spec.source}.columns], or leave attempts inside.",
        )


def _inside(records: ir.Table, spec: TableSpec, date: str | None) -> Any:
    import datetime

    if date is None:
        raise KyotoError(
            f"Table {spec.name!r} has a reference period, but its source has no date",
            code="table.no-date",
            where=Where(key=f"tables.{spec.name}.reference_period"),
            hint=f"Map a date concept in [sources.{spec.source}.columns].",
        )
    first, last = str(spec.first), str(spec.last)
    start = datetime.date.fromisoformat(first + {4: "-01-01", 7: "-01"}.get(len(first), ""))
    day = first_day(records[date])
    return ((day >= start) & (day < _after(last))).fill_null(False)


def _after(last: str) -> Any:
    """Day after a date, month or year."""
    import datetime

    parts = [int(part) for part in last.split("-")]
    if len(parts) == 1:
        return datetime.date(parts[0] + 1, 1, 1)
    if len(parts) == 2:
        year, month = parts
        return datetime.date(year + month // 12, month % 12 + 1, 1)
    return datetime.date(*parts) + datetime.timedelta(days=1)
