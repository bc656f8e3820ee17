"""Denominators of rates: population matched by area, period, sex and age.

A figure that the file gives is used as it stands. A total that it does not give is the sum of its parts, where they
are complete. For a quarter, month, week or interval the denominator is person-years: the mid-year population of each
calendar year, times the share of that year's days. What cannot be had so is missing, with the reason; nothing is
estimated.
"""

from __future__ import annotations

import re
from calendar import isleap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from kyoto.statistics.observations import TOTAL, UNKNOWN
from kyoto.statistics.tables.labels import parse_age, period_days
from kyoto.statistics.tables.model import AgeBand

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Denominators", "Population"]

Ages: TypeAlias = Mapping[AgeBand | str, float]
"""Persons by age group; ``_T`` is all ages and ``_U`` age unknown."""
Persons: TypeAlias = Mapping[str, Ages]
"""Persons by sex, then age."""

KEY_NAMES = ("area", "period", "sex", "age")


@dataclass(frozen=True, slots=True)
class Denominators:
    """Denominators of a frame of keys, in its order.

    Parameters
    ----------
    values
        Persons for years, person-years for parts of years and for intervals; not-a-number where missing.
    notes
        Why a denominator is missing, or how it was scaled; empty where neither applies.
    keys
        The keys asked.
    """

    values: NDArray[np.float64]
    notes: NDArray[np.object_]
    keys: pd.DataFrame

    def missing(self) -> pd.DataFrame:
        """Distinct keys without a denominator: ``area``, ``period``, ``sex``, ``age``, ``reason``."""
        absent = self.keys[np.isnan(self.values)].assign(reason=self.notes[np.isnan(self.values)])
        return absent.drop_duplicates().reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class Population:
    """Population figures of a file.

    Parameters
    ----------
    figures
        Persons by area and period (``2016``, ``2016-Q3`` or ``2016-07``), then by sex and age.
    file
        Where they come from.
    """

    figures: Mapping[tuple[str, str], Persons]
    file: str = ""
    _areas: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_areas", frozenset(area for area, _ in self.figures))

    @classmethod
    def read(cls, path: str | Path, columns: Mapping[str, str] | None = None, *, area: str = TOTAL) -> Population:
        r"""Read a population file; every bad row is reported in one pass.

        Parameters
        ----------
        path
            Delimited text (comma, semicolon or tab; UTF-8) with ``area, period, sex, age, value``. ``sex`` and
            ``age`` are totals where they are absent. Instead of ``value`` the file may be wide: one column a year, a
            sex or an age group. Cells without a figure are left out.
        columns
            Column of the file for a name, such as ``{"area": "iso3", "period": "year", "value": "population"}``;
            ``year`` and ``population`` are known without it.
        area
            Area of all rows where the file has no such column.

        Returns
        -------
        Population

        Raises
        ------
        KyotoError
            ``population.missing-file``, ``population.wrong-encoding``, ``population.missing-column``,
            ``population.wrong-cell`` (one for each bad cell) and ``population.contradiction``.

        Examples
        --------
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "p.csv").write_text("area,year,F,M\nLUX,2016,290000,292000\n")
        >>> population = Population.read(folder / "p.csv")
        >>> population.value("LUX", "2016")
        582000.0
        """
        from kyoto.statistics.tables.population_file import read_figures

        return cls(read_figures(Path(path), columns or {}, area), str(path))

    @property
    def areas(self) -> frozenset[str]:
        """Areas of which the file says something."""
        return self._areas

    def tells(self, name: str) -> bool:
        """Whether any figure is by ``sex`` or by ``age``.

        Examples
        --------
        >>> population = Population({("LUX", "2016"): {"F": {"_T": 290000.0}, "M": {"_T": 292000.0}}})
        >>> population.tells("sex"), population.tells("age")
        (True, False)
        """
        if name == "sex":
            return any(sex in persons for persons in self.figures.values() for sex in ("F", "M"))
        return any(
            isinstance(age, AgeBand) for persons in self.figures.values() for ages in persons.values() for age in ages
        )

    def value(self, area: str, period: str, sex: str = TOTAL, age: str = TOTAL) -> float | None:
        """Denominator of one key; None where there is none.

        Examples
        --------
        >>> figures = {("LUX", "2016"): {"_T": {"_T": 582000.0}}}
        >>> round(Population(figures).value("LUX", "2016-02"), 3)  # 29 of 366 days
        46114.754
        """
        return self._resolve(area, period, sex, age)[0]

    def denominators(self, keys: pd.DataFrame) -> NDArray[np.float64]:
        """Denominators of keys, not-a-number where missing; :meth:`match` also says why.

        Parameters
        ----------
        keys
            Columns ``area``, ``period``, and ``sex`` and ``age`` where they are not totals throughout, coded as in
            observations.

        Returns
        -------
        numpy.ndarray
            One value a row: persons for a year, person-years for a part of a year or an interval.
        """
        return self.match(keys).values

    def match(self, keys: pd.DataFrame) -> Denominators:
        """Denominators of keys with the notes on them (see :meth:`denominators`)."""
        asked = keys.reindex(columns=KEY_NAMES).fillna({"sex": TOTAL, "age": TOTAL}).reset_index(drop=True)
        codes, distinct = _distinct(asked)
        found = [self._resolve(*key) for key in distinct]
        values = np.array([np.nan if value is None else value for value, _ in found], dtype=float)
        notes = np.array([note for _, note in found], dtype=object)
        return Denominators(values[codes], notes[codes], asked)

    def _resolve(self, area: str, period: str, sex: str, age: str) -> tuple[float | None, str]:
        band = parse_age(age)
        span = period_days(period)
        if band is None or span is None or sex == UNKNOWN or band == UNKNOWN:
            unclear = period if span is None else sex if sex == UNKNOWN else age
            return None, f"no population exists for {unclear}"
        if area not in self._areas:
            return None, f"the population file has no area {area}"
        if re.fullmatch(r"\d{4}", period):
            return _persons(self.figures.get((area, period)), sex, band, f"{area} in {period}")
        if (area, period) in self.figures:
            persons, reason = _persons(self.figures[area, period], sex, band, f"{area} in {period}")
            return _scaled({period: persons}, _year_shares(*span), reason, [period])
        shares = _year_shares(*span)
        parts = {year: _persons(self.figures.get((area, str(year))), sex, band, f"{area} in {year}") for year in shares}
        reason = "; ".join(reason for _, reason in parts.values() if reason)
        return _scaled(
            {str(year): persons for year, (persons, _) in parts.items()}, shares, reason, [*map(str, shares)]
        )


def _year_shares(first: date, last: date) -> dict[int, float]:
    """Share of each calendar year's days that lies from ``first`` to ``last``."""
    shares = {}
    for year in range(first.year, last.year + 1):
        days = (min(last, date(year, 12, 31)) - max(first, date(year, 1, 1))).days + 1
        shares[year] = days / (366 if isleap(year) else 365)
    return shares


def _scaled(
    persons: Mapping[str, float | None], shares: Mapping[int, float], reason: str, years: Sequence[str]
) -> tuple[float | None, str]:
    """Person-years: each year's persons times its share; one stock figure counts for all the shares."""
    if any(value is None for value in persons.values()):
        return None, reason
    stocks = [float(value) for value in persons.values() if value is not None]
    weights = list(shares.values()) if len(stocks) == len(shares) else [sum(shares.values())]
    total = sum(stock * weight for stock, weight in zip(stocks, weights, strict=True))
    return total, f"person-years: population of {', '.join(years)} times {sum(shares.values()):.4f} years"


def _persons(persons: Persons | None, sex: str, band: AgeBand | str, where: str) -> tuple[float | None, str]:
    """Persons of a sex and age group, summed from complete parts where it is not given; else the reason."""
    if persons is None:
        return None, f"the population file has nothing for {where}"
    found = _of_age(persons.get(sex, {}), band)
    if found is None and sex == TOTAL and {"F", "M"} <= persons.keys():
        parts = [_of_age(ages, band) for name, ages in persons.items() if name != TOTAL]
        if all(part is not None for part in parts):
            found = sum(part for part in parts if part is not None)
    if found is None:
        code = band.code if isinstance(band, AgeBand) else band
        return None, f"the population file has no sex {sex}, age {code} for {where}, nor all parts of it"
    return found, ""


def _of_age(ages: Ages, band: AgeBand | str) -> float | None:
    """Persons of an age group, given or summed from groups that cover it without gap or overlap."""
    if band in ages:
        return ages[band]
    wanted = band if isinstance(band, AgeBand) else AgeBand(0, None)
    groups = sorted((group for group in ages if isinstance(group, AgeBand)), key=_breadth, reverse=True)
    cover = _cover(wanted.low, wanted.high, groups)
    if cover is None:
        return None
    unknown = ages.get(UNKNOWN, 0.0) if band == TOTAL else 0.0
    return sum(ages[group] for group in cover) + unknown


def _breadth(group: AgeBand) -> float:
    return float("inf") if group.high is None else group.high - group.low


def _cover(low: int, high: int | None, groups: list[AgeBand]) -> list[AgeBand] | None:
    """Groups that together are the ages from ``low`` to ``high``, the broadest first; None where there are none."""
    for group in groups:
        if group.low != low:
            continue
        if group.high == high:
            return [group]
        if group.high is not None and (high is None or group.high < high):
            rest = _cover(group.high + 1, high, groups)
            if rest is not None:
                return [group, *rest]
    return None


def _distinct(keys: pd.DataFrame) -> tuple[NDArray[np.int64], list[tuple[str, str, str, str]]]:
    """Position of each row's key among the distinct keys, and these."""
    grouped = keys.groupby(list(KEY_NAMES), sort=False, dropna=False)
    codes = np.asarray(grouped.ngroup(), dtype=np.int64)
    rows = keys.drop_duplicates().itertuples(index=False, name=None)
    return codes, [(str(a), str(b), str(c), str(d)) for a, b, c, d in rows]
