"""What the records of a source hold, variable by variable, from one pass over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kyoto.statistics.classification import iccs
from kyoto.statistics.observations import NOT_APPLICABLE, UNKNOWN

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kyoto.core.engine import Engine

__all__ = [
    "CODE_LENGTHS",
    "SourceProfile",
    "VariableProfile",
    "coverage_by_level",
    "profile_source",
    "records_by_class",
    "variables_of",
]

_OWN = ("file", "iccs", "link", "rejected", "rejected_values", "record_key")
CODE_LENGTHS = {2: "level 1", 4: "level 2", 5: "level 3", 6: "level 4"}
"""Length of an ICCS code and the level that it stands for."""


@dataclass(frozen=True, slots=True)
class VariableProfile:
    """Records without a value of one variable."""

    missing: int
    unknown: int
    not_applicable: int


@dataclass(frozen=True, slots=True)
class SourceProfile:
    """One source.

    Parameters
    ----------
    records
        Counted records.
    variables
        Profile by variable, in the order of the records.
    coverage
        Records by level of their ICCS code, ``outside`` ICCS, ``uncoded``; empty where nothing is coded.
    residual
        Records in residual classes of ICCS.
    """

    records: int
    variables: Mapping[str, VariableProfile]
    coverage: Mapping[str, int]
    residual: int

    @property
    def coded(self) -> int:
        """Records with an ICCS code."""
        return sum(self.coverage.get(name, 0) for name in CODE_LENGTHS.values())


def variables_of(records: ir.Table) -> list[str]:
    """Variables of a table of records: its mapped concepts."""
    columns = set(records.columns)
    return [
        name
        for name in records.columns
        if name not in _OWN and not (name.endswith("_status") and name.removesuffix("_status") in columns)
    ]


def profile_source(engine: Engine, records: ir.Table) -> SourceProfile:
    """Profile the counted records of a source: one aggregation over all columns, one by ICCS class.

    Classes are few, so that levels and residual classes are told from the second, which costs next to nothing;
    asking of every record whether its class is residual would cost more than all columns together.

    Parameters
    ----------
    engine
        Where the records are.
    records
        Counted records.

    Returns
    -------
    SourceProfile
    """
    names = variables_of(records)
    measures: dict[str, Any] = {"records": records.count()}
    for index, name in enumerate(names):
        measures |= _measures(records, name, f"v{index}")
    row = engine.fetch(records.aggregate(**measures)).to_pylist()[0]
    found = {name: _variable(row, f"v{index}") for index, name in enumerate(names)}
    by_class = records_by_class(engine, records) if "iccs" in records.columns else {}
    residual = sum(rows for code, rows in by_class.items() if code in _residual_codes())
    return SourceProfile(int(row["records"]), found, coverage_by_level(by_class), residual)


def _measures(records: ir.Table, name: str, key: str) -> dict[str, Any]:
    """Counts of values, of unknown and of not applicable ones."""
    column = records[name]
    measures = {f"{key} values": column.count()}
    told = f"{name}_status"
    marks = column if column.type().is_string() else records[told] if told in records.columns else None
    if marks is not None:
        measures[f"{key} {UNKNOWN}"] = records.count(where=marks == UNKNOWN)
        measures[f"{key} {NOT_APPLICABLE}"] = records.count(where=marks == NOT_APPLICABLE)
        if marks is not column:
            measures[f"{key} told"] = marks.count()
    return measures


def _variable(row: Mapping[str, Any], key: str) -> VariableProfile:
    there = int(row[f"{key} values"]) + int(row.get(f"{key} told") or 0)
    return VariableProfile(
        missing=int(row["records"]) - there,
        unknown=int(row.get(f"{key} {UNKNOWN}") or 0),
        not_applicable=int(row.get(f"{key} {NOT_APPLICABLE}") or 0),
    )


def records_by_class(engine: Engine, records: ir.Table) -> dict[str, int]:
    """Records by ICCS class; what has none counts as ``_U``."""
    grouped = records.group_by(code=records.iccs.fill_null(UNKNOWN)).aggregate(rows=records.count())
    return {row["code"]: int(row["rows"]) for row in engine.fetch(grouped).to_pylist()}


def _residual_codes() -> frozenset[str]:
    return frozenset(category.code for category in iccs() if category.residual)


def coverage_by_level(by_class: Mapping[str, int]) -> dict[str, int]:
    """Records by level, outside ICCS and not coded; empty where nothing is coded."""
    if not by_class:
        return {}
    coverage = dict.fromkeys((*CODE_LENGTHS.values(), "outside", "uncoded"), 0)
    kinds = {NOT_APPLICABLE: "outside", UNKNOWN: "uncoded"}
    for code, rows in by_class.items():
        coverage[kinds.get(code) or CODE_LENGTHS[len(code)]] += rows
    return coverage
