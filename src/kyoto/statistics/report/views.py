"""What the charts of a table show: its observations read as series, parts and rows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kyoto.statistics.classification.iccs import iccs
from kyoto.statistics.exchange.series.areas import area_names
from kyoto.statistics.observations import NOT_APPLICABLE, TOTAL, UNKNOWN, dimension_columns, total_area
from kyoto.statistics.report.model import ReportTable
from kyoto.statistics.report.wording import Period, parse_period, value_name
from kyoto.statistics.tables.intervals import poisson_interval

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Part", "Point", "Series", "TableView"]

ZERO_UPPER = -math.log(0.025)
"""Upper end of the exact 95 % Poisson interval of a count of zero (Garwood, 1936)."""

_LAST = (NOT_APPLICABLE, UNKNOWN)


@dataclass(frozen=True, slots=True)
class Point:
    """One figure of a series; ``state`` is ``shown``, ``suppressed`` or ``missing``."""

    period: Period
    value: float | None
    lower: float | None
    upper: float | None
    state: str
    status: str = "A"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """Figures of one thing over time, one for each period from the first to the last."""

    code: str
    name: str
    points: tuple[Point, ...]

    @property
    def last(self) -> Point | None:
        """Latest figure that is shown."""
        shown = [point for point in self.points if point.value is not None]
        return shown[-1] if shown else None


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a whole; ``value`` None is a suppressed or missing one."""

    code: str
    name: str
    value: float | None
    lower: float | None = None
    upper: float | None = None
    state: str = "shown"


class TableView:
    """A table and the questions the charts ask of it.

    Parameters
    ----------
    table
        The table.
    series
        Which of its series: the counts if empty.
    area
        The project's own area, which stands for the total over areas.
    """

    def __init__(self, table: ReportTable, series: str = "", area: str = "") -> None:
        self.table = table
        self.series = series or table.name
        self.area = area

    @cached_property
    def frame(self) -> pd.DataFrame:
        """Observations of this series, dimensions as text."""
        frame = self.table.observations
        frame = frame[frame["series"].astype(str) == self.series].copy()
        if self.is_share:
            for name in ("value", "lower", "upper"):
                frame[name] = frame[name] * 100
        for name in self.dimensions:
            frame[name] = frame[name].astype(str)
        return frame

    @cached_property
    def dimensions(self) -> list[str]:
        """Columns that say which cell a figure is."""
        return dimension_columns(self.table.observations.columns)

    @cached_property
    def used(self) -> list[str]:
        """Dimensions that this table divides by, without the period."""
        found = [name for name in self.dimensions if name != "period" and self.frame[name].nunique() > 1]
        return sorted(found, key=lambda name: name != "iccs")

    @cached_property
    def totals(self) -> dict[str, str]:
        """Code of the total in each dimension: ``_T``, or the project's own area for an area."""
        found = dict.fromkeys(self.dimensions, TOTAL)
        if "area" in self.frame:
            found["area"] = total_area(self.frame["area"], self.area)
        return found

    @cached_property
    def own_area(self) -> str:
        """Area that the table is about: its source's, where that is not the project's."""
        total = self.totals.get("area", self.area)
        return self.area if total == TOTAL else total

    @cached_property
    def unit(self) -> str:
        """Unit of the figures."""
        if self.is_share:
            return "%"
        return str(self.frame["unit"].iloc[0]) if len(self.frame) else ""

    @cached_property
    def periods(self) -> list[Period]:
        """Every period from the first to the last, those without figures among them."""
        known = {period.code: period for period in map(parse_period, self.frame["period"].unique())}
        regular = [period for period in known.values() if period.grain != "span"]
        grains = {period.grain for period in regular}
        if len(grains) != 1:
            return sorted(known.values(), key=lambda period: (period.ordinal, period.code))
        return _filled(sorted(regular))

    @cached_property
    def margins(self) -> dict[tuple[str, str], dict[str, Mapping[Any, Any]]]:
        """Rows by cell and period, of the cells that charts show: at most one dimension is not at its total.

        A cell is the name and the value of that dimension; of the grand total both are empty.
        """
        few = self.frame
        if self.used:
            away = (self.frame[self.used] != [self.totals[name] for name in self.used]).sum(axis=1)
            few = self.frame[away <= 1]
        found: dict[tuple[str, str], dict[str, Mapping[Any, Any]]] = {}
        for row in few.to_dict("records"):
            cell = next(((name, row[name]) for name in self.used if row[name] != self.totals[name]), ("", ""))
            found.setdefault(cell, {})[row["period"]] = row
        # what is zero throughout is left out: whether it has rows would tell a perturbed zero from a true one
        return {cell: rows for cell, rows in found.items() if any(row["value"] != 0 for row in rows.values())}

    def over_time(self, dimension: str = "", code: str = "", name: str = "") -> Series:
        """Figures of one value of a dimension, or of the grand total, over all periods."""
        rows = self.margins.get((dimension, code), {})
        return Series(
            code,
            name,
            tuple(_point(period, rows.get(period.code), self._zero_of(period)) for period in self.periods),
        )

    @cached_property
    def counted(self) -> set[str]:
        """Periods in which something was counted: there a cell without a row counts nothing, it is zero.

        A figure that perturbation made zero has a row, one that is zero has none: both must look the same.
        """
        return set(self.frame.loc[self.frame["value"].notna(), "period"])

    def _zero_of(self, period: Period) -> tuple[float, float | None] | None:
        """Interval of a zero without a row, of which only that of a count is known; None where nothing was counted."""
        if period.code not in self.counted:
            return None
        return (0.0, ZERO_UPPER if self.series == self.table.name else None)

    def values(self, dimension: str) -> list[str]:
        """Codes of a dimension without its total: in the classification's order, or by code; unknown last."""
        found = [code for name, code in self.margins if name == dimension]
        return sorted(found, key=lambda code: (_LAST.index(code) + 1 if code in _LAST else 0, _age_order(code), code))

    def name_of(self, dimension: str, code: str) -> str:
        """Words for a value."""
        label = self.table.labels.get(dimension, {}).get(code)
        if label:
            return label
        if dimension == "iccs" and code in iccs():
            return iccs().get(code).title
        if dimension == "iccs" and code == NOT_APPLICABLE:
            return "Outside the classification"
        if dimension == "iccs" and code == UNKNOWN:
            return "Not coded"
        if dimension == "period":
            return parse_period(code).label
        if dimension == "area" and code in self._areas:
            return self._areas[code]
        return value_name(dimension, code)

    @cached_property
    def _areas(self) -> dict[str, str]:
        """Names of areas whose codes are those of an international list."""
        return area_names(self.values("area"))

    def parts(self, dimension: str) -> list[Part]:
        """Figures by a dimension: over all periods where counts add up, of the latest one where they do not."""
        found = []
        for code in self.values(dimension):
            rows = self.margins[dimension, code]
            if not self.sums_periods and self.periods:
                point = _point(self.periods[-1], rows.get(self.periods[-1].code), self._zero_of(self.periods[-1]))
                found.append(
                    Part(code, self.name_of(dimension, code), point.value, point.lower, point.upper, point.state)
                )
                continue
            found.append(_part(code, self.name_of(dimension, code), list(rows.values())))
        return found

    @property
    def is_share(self) -> bool:
        """Whether the figures are shares, which are shown in per cent."""
        return self.series == f"{self.table.name}.share"

    @property
    def sums_periods(self) -> bool:
        """Whether the parts are sums over all periods."""
        return self.table.additive and self.series == self.table.name

    @property
    def parts_periods(self) -> tuple[Period, Period] | None:
        """First and last period that the parts cover; None without figures."""
        if not self.periods:
            return None
        return (self.periods[0] if self.sums_periods else self.periods[-1], self.periods[-1])


def _filled(periods: list[Period]) -> list[Period]:
    """Put the missing periods into an ascending list of one grain."""
    if not periods or periods[-1].ordinal - periods[0].ordinal > 6000:
        return periods
    found = {period.ordinal: period for period in periods}
    grain = periods[0].grain
    return [
        found.get(ordinal) or parse_period(_code_of(grain, ordinal))
        for ordinal in range(periods[0].ordinal, periods[-1].ordinal + 1)
    ]


def _code_of(grain: str, ordinal: int) -> str:
    """Code of the period at a position; the reverse of :func:`parse_period`.

    Examples
    --------
    >>> [_code_of(grain, parse_period(code).ordinal) for grain, code in
    ...  [("year", "2016"), ("quarter", "2016-Q4"), ("month", "2016-12"), ("week", "2020-W53"), ("day", "2016-02-29")]]
    ['2016', '2016-Q4', '2016-12', '2020-W53', '2016-02-29']
    """
    from datetime import date

    if grain == "quarter":
        return f"{(ordinal - 1) // 4}-Q{(ordinal - 1) % 4 + 1}"
    if grain == "month":
        return f"{(ordinal - 1) // 12}-{(ordinal - 1) % 12 + 1:02d}"
    if grain == "week":
        year, week, _ = date.fromordinal(ordinal * 7 + 1).isocalendar()
        return f"{year}-W{week:02d}"
    return date.fromordinal(ordinal).isoformat() if grain == "day" else str(ordinal)


def _age_order(code: str) -> int:
    """Lower bound of an age group, so that 5 to 9 stands before 15 to 19; 0 for codes that are no age."""
    digits = "".join(letter if letter.isdigit() else " " for letter in code).split()
    return int(digits[0]) if code.startswith("Y") and digits else 0


def _point(period: Period, row: Mapping[Any, Any] | None, zero: tuple[float, float | None] | None) -> Point:
    if row is None and zero is not None:
        return Point(period, 0.0, *zero, "shown")
    if row is None:
        return Point(period, None, None, None, "missing")
    value = _finite(row["value"])
    state = "shown" if value is not None else cell_state(row)
    status = str(row.get("status") or "A")
    note = row.get("note")
    return Point(
        period,
        value,
        _finite(row.get("lower")),
        _finite(row.get("upper")),
        state,
        status,
        note if isinstance(note, str) else "",
    )


def cell_state(row: Mapping[Any, Any]) -> str:
    """Why a cell has no value: ``suppressed`` for its confidentiality, or ``missing``."""
    free = str(row.get("confidentiality") or "F") in ("F", "nan", "None")
    return "missing" if free and row.get("status") != "Q" else "suppressed"


def _part(code: str, name: str, rows: Sequence[Mapping[Any, Any]]) -> Part:
    if not rows:
        return Part(code, name, None, state="missing")
    values = [_finite(row["value"]) for row in rows]
    shown = [value for value in values if value is not None]
    if not shown:
        return Part(code, name, None, state=cell_state(rows[0]))
    if len(rows) == 1:
        return Part(code, name, shown[0], _finite(rows[0].get("lower")), _finite(rows[0].get("upper")))
    whole = sum(shown)
    limits = poisson_interval([whole])
    state = "shown" if len(shown) == len(values) else "partly"
    return Part(code, name, whole, float(limits.lower[0]), float(limits.upper[0]), state)


def _finite(value: Any) -> float | None:
    if value is None:
        return None
    number = float(value) if value == value else math.nan  # pandas' missing value is not equal to itself
    return number if math.isfinite(number) else None


def finite_values(points: Iterable[Point]) -> list[float]:
    """Values and interval bounds that a chart must have room for."""
    found = [number for point in points for number in (point.value, point.upper)]
    return [number for number in found if number is not None]
