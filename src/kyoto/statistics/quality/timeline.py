"""Records by month and area, and what is missing or breaks in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.statistics.tables.model import DATE_CONCEPTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir
    from numpy.typing import NDArray

    from kyoto.core.engine import Engine

__all__ = ["Timeline", "area_of", "empty_cells", "incomplete_ends", "month_name", "read_timeline"]

_MOST_AREAS = 3000
_MOST_MONTHS = 1800
_NEIGHBOURS = 6


@dataclass(frozen=True, slots=True)
class Timeline:
    """Records by month, from the first month with any to the last.

    Parameters
    ----------
    date
        Concept that places records in time.
    area
        Concept that places them in space; empty if none.
    months
        Months as a number: twelve times the year plus the month from 0.
    areas
        Areas, in order; empty if none or too many.
    counts
        Records, shape (areas, months); where there are no areas one row.
    """

    date: str
    area: str
    months: NDArray[np.int64]
    areas: tuple[str, ...]
    counts: NDArray[np.float64]

    @property
    def total(self) -> NDArray[np.float64]:
        """Records of all areas by month."""
        total: NDArray[np.float64] = self.counts.sum(axis=0)
        return total


def month_name(month: int) -> str:
    """Month in ISO 8601.

    Examples
    --------
    >>> month_name(2016 * 12 + 6)
    '2016-07'
    """
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def area_of(records: ir.Table) -> str:
    """Concept that places records in space; empty if there is none."""
    return next((name for name in ("region", "area") if name in records.columns), "")


def read_timeline(engine: Engine, records: ir.Table) -> Timeline | None:
    """Count the records of a source by month and area in one query.

    Parameters
    ----------
    engine
        Where the records are.
    records
        Counted records; where rows are counts already, these are summed.

    Returns
    -------
    Timeline or None
        None where nothing places the records in a month.
    """
    date = next((name for name in DATE_CONCEPTS if name in records.columns), None)
    if date is None:
        return None
    weight = records["count"].sum() if "count" in records.columns else records.count()
    area = area_of(records)
    keys: dict[str, Any] = {"month": _month(records[date])}
    if area and engine.fetch(records.select(area).distinct().limit(_MOST_AREAS + 1)).num_rows <= _MOST_AREAS:
        keys["area"] = records[area]
    grouped = records.group_by(**keys).aggregate(records=weight)
    grouped = grouped.filter(grouped.month.notnull())
    rows = engine.fetch(grouped).to_pylist()
    return _laid_out(rows, date, area if "area" in keys else "")


def _month(column: ir.Value) -> Any:
    """Month as a number; null for years, quarters and weeks."""
    import ibis

    if not column.type().is_string():
        return (column.year() * 12 + column.month() - 1).cast("int64")
    is_month = column.re_search(r"^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$")
    return ibis.cases(
        (is_month, column.substr(0, 4).try_cast("int64") * 12 + column.substr(5, 2).try_cast("int64") - 1)
    )


def _laid_out(rows: Sequence[dict[str, Any]], date: str, area: str) -> Timeline | None:
    found = {int(row["month"]) for row in rows}
    if not found or max(found) - min(found) >= _MOST_MONTHS:
        return None
    first, last = min(found), max(found)
    areas = sorted({row["area"] for row in rows if row.get("area") is not None})
    place = {name: index for index, name in enumerate(areas)}
    counts = np.zeros((len(areas) + 1, last - first + 1))
    for row in rows:  # the last row holds records without an area
        counts[place.get(row.get("area"), len(areas)), int(row["month"]) - first] += float(row["records"] or 0)
    return Timeline(date, area, np.arange(first, last + 1), tuple(areas), counts)


def empty_cells(timeline: Timeline, least: float) -> list[tuple[int, int]]:
    """Areas and months without records although at least ``least`` were to be expected.

    The expected number is the area's share of all records times the records of the month; months that are empty
    everywhere are left to the check of months. At ten expected, chance leaves a cell empty once in 22,000.

    Returns
    -------
    list of tuple
        Position of the area and of the month.
    """
    total = timeline.total
    if not timeline.areas or not total.sum():
        return []
    inside = timeline.counts[: len(timeline.areas)]
    expected = np.outer(inside.sum(axis=1), total) / total.sum()
    rows, columns = np.nonzero((inside == 0) & (expected >= least))
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True)]


def incomplete_ends(total: NDArray[np.float64], least: float) -> list[int]:
    """Positions of the first and last month where they hold less than half of what the months beside them do.

    A period that is cut off in the middle of a month looks like a fall in crime. The count must also be five standard
    deviations (of a Poisson count) below the median of the six months beside it.
    """
    found = []
    if len(total) > _NEIGHBOURS:
        for position, beside in ((0, total[1 : _NEIGHBOURS + 1]), (len(total) - 1, total[-_NEIGHBOURS - 1 : -1])):
            usual = float(np.median(beside))
            if usual >= least and total[position] < usual / 2 and usual - total[position] > 5 * usual**0.5:
                found.append(position)
    return found
