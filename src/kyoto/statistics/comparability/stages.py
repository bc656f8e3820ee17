"""Stages of justice in published tables: what of the police, the prosecution, the courts and the prisons was counted.

A stage is told by the counting unit of a table. Persons held on a day are a stock: how many there are depends on how
long they stay, so that they are no stage that persons pass in a year.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["STAGES", "Count", "StageCounts", "StageTable", "stage_counts", "stage_of"]

STAGES: Final = ("recorded", "suspected", "prosecuted", "convicted", "imprisoned")
"""In the order in which a case passes them."""

_STAGE_OF: Final = {
    "offence": "recorded",
    "incident": "recorded",
    "victim": "recorded",
    "suspect": "suspected",
    "person arrested": "suspected",
    "person prosecuted": "prosecuted",
    "person convicted": "convicted",
    "prisoner": "imprisoned",
}
_PREFERRED: Final = ("offence", "incident", "victim", "person arrested", "suspect")
_ZERO_UPPER: Final = -math.log(0.025)
"""Upper 95 % Poisson limit of a count of zero: 3.69."""
_BREAK: Final = "B"


@dataclass(frozen=True, slots=True)
class StageTable:
    """A published table that may hold a stage.

    Parameters
    ----------
    name
        Name of the table, and series of its counts.
    facts
        Facts of its step in the manifest: its counting rule.
    observations
        Published observations of the table, or those of one class.
    given
        Whether the rows of its source were counts already: then an absent row is a missing figure, not a zero.
    """

    name: str
    facts: Mapping[str, Any]
    observations: pd.DataFrame
    given: bool = False


@dataclass(frozen=True, slots=True)
class Count:
    """A published count of a year.

    Parameters
    ----------
    value
        The count; None where it is withheld or missing.
    lower, upper
        Its 95 % limits, widened by the noise or the rounding that protects it.
    broken
        Whether the series has a break here.
    """

    value: float | None
    lower: float
    upper: float
    broken: bool = False


@dataclass(frozen=True, slots=True)
class StageCounts:
    """Counts of one stage in one area.

    Parameters
    ----------
    stage
        One of :data:`STAGES`.
    area
        Code of the area.
    table, source, unit
        Where they come from, and what they count.
    stock
        Whether they are persons held on a day, not persons who came in a year.
    years
        Count by year.
    """

    stage: str
    area: str
    table: str
    source: str
    unit: str
    stock: bool
    years: Mapping[int, Count]


def stage_of(unit: str) -> str:
    """Stage that a counting unit belongs to; empty for units of none.

    Examples
    --------
    >>> stage_of("person arrested"), stage_of("household")
    ('suspected', '')
    """
    return _STAGE_OF.get(unit, "")


def stage_counts(tables: Iterable[StageTable], code: str) -> dict[tuple[str, str], StageCounts]:
    """Yearly counts of a class by stage and area, out of published tables.

    Parameters
    ----------
    tables
        The tables. Those that count a part only (``where``), or not by year and class, are passed over.
    code
        ICCS code.

    Returns
    -------
    dict
        By stage and area. Where several tables hold one, offences come before incidents, those before victims, and
        the table with the fewest dimensions before the others.
    """
    found: dict[tuple[str, str], tuple[tuple[int, int], StageCounts]] = {}
    for table in tables:
        unit = str(table.facts.get("unit") or "")
        stage = stage_of(unit)
        if not stage or not _serves(table):
            continue
        dimensions = list(table.facts.get("dimensions") or ())
        rank = (_PREFERRED.index(unit) if unit in _PREFERRED else 0, len(dimensions))
        stock = unit == "prisoner" and table.facts.get("date") != "admitted"
        for area, years in _by_area(table, code, dimensions):
            key = (stage, area)
            counts = StageCounts(stage, area, table.name, str(table.facts.get("source") or ""), unit, stock, years)
            if key not in found or rank < found[key][0]:
                found[key] = (rank, counts)
    return {key: counts for key, (_, counts) in found.items()}


def _serves(table: StageTable) -> bool:
    dimensions = table.facts.get("dimensions") or ()
    return not table.facts.get("where") and "iccs" in dimensions and "period" in dimensions


def _by_area(table: StageTable, code: str, dimensions: Sequence[str]) -> Iterable[tuple[str, dict[int, Count]]]:
    frame = table.observations
    years = frame["period"].astype(str).str.fullmatch(r"\d{4}")
    mine = frame[(frame["series"].astype(str) == table.name) & years]
    for name in dimensions:
        if name not in ("iccs", "area", "period"):
            mine = mine[mine[name] == "_T"]
    own = mine[mine["iccs"] == code]
    slack = _slack(table.facts)
    # in a year in which a table counted records, a cell that is not listed counted none
    absent = Count(0.0, 0.0, _ZERO_UPPER + slack)
    empty = {} if table.given else dict.fromkeys(sorted({int(period) for period in mine["period"]}), absent)
    for area, rows in own.groupby(own["area"].astype(str), sort=True):
        yield str(area), empty | {int(row["period"]): _count(row, slack) for row in rows.to_dict("records")}


def _count(row: Mapping[Any, Any], slack: float) -> Count:
    value = _number(row.get("value"))
    if value is None:
        return Count(None, math.nan, math.nan, row.get("status") == _BREAK)
    lower, upper = _number(row.get("lower")), _number(row.get("upper"))
    low, high = value if lower is None else lower, value if upper is None else upper
    return Count(value, max(low - slack, 0.0), high + slack, row.get("status") == _BREAK)


def _number(value: Any) -> float | None:
    return None if value is None or value != value else float(value)


def _slack(facts: Mapping[str, Any]) -> float:
    """How far the protection of persons may have moved a count."""
    settings = (facts.get("disclosure") or {}).get("settings") or {}
    if settings.get("method") == "cell-key":
        return float(settings.get("max_deviation") or 0)
    return float(settings.get("base") or 0) if settings.get("method") == "rounding" else 0.0
