"""What the records of a source hold, variable by variable, from few passes over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
_MISSING = "missing"
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
    """Profile the counted records of a source: what has gaps in each column, and records by ICCS class.

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
    import ibis

    names = variables_of(records)
    counted = int(engine.fetch(records.aggregate(records=records.count()))["records"][0].as_py())
    found: dict[str, Counter[str]] = {name: Counter() for name in names}
    if names:
        gaps = [part for place, name in enumerate(names) for part in _gaps(records, name, place)]
        for row in engine.fetch(ibis.union(*gaps)).to_pylist():
            found[names[row["variable"]]][row["mark"]] += int(row["rows"])
    variables = {
        name: VariableProfile(marks[_MISSING], marks[UNKNOWN], marks[NOT_APPLICABLE]) for name, marks in found.items()
    }
    by_class = records_by_class(engine, records) if "iccs" in records.columns else {}
    residual = sum(rows for code, rows in by_class.items() if code in _residual_codes())
    return SourceProfile(counted, variables, coverage_by_level(by_class), residual)


def _gaps(records: ir.Table, name: str, place: int) -> list[ir.Table]:
    """Records without a value of a variable, by why: few rows of ``variable``, ``mark`` and ``rows``.

    Each question is a filter of its own: Parquet keeps the least and the greatest text and the number of nulls of
    every group of rows, so that groups without a gap are not read.
    """
    import ibis

    told = f"{name}_status"
    marks = records[name] if records[name].type().is_string() else records[told] if told in records.columns else None
    missing = records.filter(records[name].isnull() & (records[told].isnull() if told in records.columns else True))
    asked = [missing.aggregate(rows=missing.count()).mutate(mark=ibis.literal(_MISSING))]
    if marks is not None:
        marked = records.filter(marks.isin([UNKNOWN, NOT_APPLICABLE])).select(mark=marks.cast("string"))
        asked.append(marked.group_by("mark").aggregate(rows=marked.count()))
    return [
        part.select(variable=ibis.literal(place, "int64"), mark=part.mark, rows=part.rows.cast("int64"))
        for part in asked
    ]


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
