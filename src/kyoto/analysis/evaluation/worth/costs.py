"""Unit costs of crime and justice: the user's table, brought to one year and one currency."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kyoto.analysis.evaluation.tables import as_frame, column_of_numbers, name_of, require_columns
from kyoto.core.errors import KyotoError, Problems, Where

__all__ = ["PriceTable", "UnitCost", "discount_factor", "read_prices", "read_unit_costs", "unit_cost_of"]


@dataclass(frozen=True, slots=True)
class UnitCost:
    """What one offence, or one step of justice, costs.

    Parameters
    ----------
    iccs
        ICCS code; a code stands for all below it that have no line of their own.
    area, year
        Country or area, and year of the prices.
    cost, lower, upper
        Central value and the range in which it lies (95 per cent); the range is the value itself where not known.
    component
        Who bears it: ``victim``, ``police``, ``courts``, ``prison``, …
    currency
        Of the cost.
    """

    iccs: str
    area: str
    year: int
    cost: float
    lower: float
    upper: float
    component: str
    currency: str


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Prices by area and year.

    Parameters
    ----------
    index
        Price level by (area, year), in any base.
    parity
        National currency units for one international dollar, by (area, year); empty if costs stay in their currency.
    """

    index: Mapping[tuple[str, int], float]
    parity: Mapping[tuple[str, int], float]

    def moved(self, amount: float, area: str, year: int, to_area: str, to_year: int) -> float:
        """Amount of one area's prices and year in those of another.

        Inflation within the area first, then purchasing power in the target year.

        Examples
        --------
        >>> prices = PriceTable({("A", 2010): 80.0, ("A", 2020): 100.0}, {("A", 2020): 2.0, ("B", 2020): 4.0})
        >>> prices.moved(100.0, "A", 2010, "B", 2020)
        250.0
        """
        if year != to_year:
            amount *= self._get(self.index, "price index", area, to_year) / self._get(
                self.index, "price index", area, year
            )
        if area != to_area:
            amount *= self._get(self.parity, "purchasing power parity", to_area, to_year) / self._get(
                self.parity, "purchasing power parity", area, to_year
            )
        return amount

    @staticmethod
    def _get(values: Mapping[tuple[str, int], float], what: str, area: str, year: int) -> float:
        found = values.get((area, year))
        if found is None:
            years = sorted(known for name, known in values if name == area)
            span = f"{years[0]} to {years[-1]}" if years else "nothing"
            raise KyotoError(
                f"There is no {what} for {area} in {year}",
                code="evaluation.no-price",
                got=f"{span} for {area}",
                hint="Add the line to the table of prices; nothing is prolonged by guess.",
            )
        return found


def read_prices(source: Any) -> PriceTable:
    """Table of prices from a dataframe or file with the columns area, year, index and, if needed, parity."""
    frame, file, problems = as_frame(source), name_of(source), Problems()
    if not require_columns(frame, ["area", "year", "index"], file=file, problems=problems):
        problems.raise_if_any()
    years = column_of_numbers(frame, "year", file=file, problems=problems, missing=False)
    index = column_of_numbers(frame, "index", file=file, problems=problems)
    parity = (
        column_of_numbers(frame, "parity", file=file, problems=problems)
        if "parity" in frame.columns
        else np.full(len(frame), np.nan)
    )
    problems.raise_if_any()
    keys = [(str(area), int(year)) for area, year in zip(frame["area"], years, strict=True)]
    return PriceTable(
        {key: float(value) for key, value in zip(keys, index, strict=True) if value > 0},
        {key: float(value) for key, value in zip(keys, parity, strict=True) if value > 0},
    )


def read_unit_costs(source: Any) -> tuple[UnitCost, ...]:
    """Unit costs from a dataframe or file.

    Columns: ``iccs``, ``area``, ``year``, ``cost``; and, if known, ``lower``, ``upper``, ``component``, ``currency``.

    Raises
    ------
    KyotoError
        Every problem in one pass; ``evaluation.wrong-cost`` for negative costs and ranges that do not hold the cost.
    """
    frame, file, problems = as_frame(source), name_of(source), Problems()
    if not require_columns(frame, ["iccs", "area", "year", "cost"], file=file, problems=problems):
        problems.raise_if_any()
    numbers = {
        name: column_of_numbers(frame, name, file=file, problems=problems, missing=name in {"lower", "upper"})
        for name in ("year", "cost", "lower", "upper")
        if name in frame.columns
    }
    problems.raise_if_any()
    cost = numbers["cost"]
    lower, upper = (np.where(np.isnan(numbers.get(n, cost)), cost, numbers.get(n, cost)) for n in ("lower", "upper"))
    wrong = (cost < 0) | (lower > cost) | (upper < cost) | (lower < 0)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise KyotoError(
            "A cost and its range do not fit",
            code="evaluation.wrong-cost",
            where=Where(file=file, line=row + 2, column="cost"),
            got=f"{lower[row]:g} <= {cost[row]:g} <= {upper[row]:g}",
            expected="0 <= lower <= cost <= upper",
        )
    text = {
        name: frame[name].astype(str) if name in frame.columns else ["" for _ in range(len(frame))]
        for name in ("component", "currency")
    }
    return tuple(
        UnitCost(code_text(iccs), str(area), int(year), float(c), float(lo), float(up), comp, money)
        for iccs, area, year, c, lo, up, comp, money in zip(
            frame["iccs"],
            frame["area"],
            numbers["year"],
            cost,
            lower,
            upper,
            text["component"],
            text["currency"],
            strict=True,
        )
    )


def code_text(value: object) -> str:
    """ICCS code as text, with the leading zero that spreadsheets take away.

    Examples
    --------
    >>> code_text(501), code_text("0501"), code_text(5), code_text("10")
    ('0501', '0501', '05', '10')
    """
    text = str(value).strip().removesuffix(".0")
    return f"0{text}" if text.isdigit() and len(text) in (1, 3) else text


def unit_cost_of(
    costs: tuple[UnitCost, ...], iccs: str, *, area: str, year: int, prices: PriceTable
) -> tuple[UnitCost, ...]:
    """Costs of one offence in the prices of one area and year, one a component.

    A code without a line takes that of the nearest code above it; lines of the area itself come before those of others,
    which are carried over by purchasing power.

    Raises
    ------
    KyotoError
        ``evaluation.no-unit-cost``; ``evaluation.no-price`` where a price is needed that is not in the table.
    """
    code = iccs
    while code:
        lines = [cost for cost in costs if cost.iccs == code]
        own = [cost for cost in lines if cost.area == area]
        chosen = own or lines
        if chosen:
            return tuple(_in_prices(cost, area, year, prices) for cost in _latest(chosen))
        code = code[:-1]
    raise KyotoError(
        "There is no unit cost for this offence",
        code="evaluation.no-unit-cost",
        got=iccs,
        expected="a line with this ICCS code or one above it",
    )


def _latest(costs: list[UnitCost]) -> list[UnitCost]:
    """The newest line of each component, from one area."""
    area = max(costs, key=lambda cost: cost.year).area
    newest: dict[str, UnitCost] = {}
    for cost in sorted((cost for cost in costs if cost.area == area), key=lambda cost: cost.year):
        newest[cost.component] = cost
    return list(newest.values())


def _in_prices(cost: UnitCost, area: str, year: int, prices: PriceTable) -> UnitCost:
    factor = prices.moved(1.0, cost.area, cost.year, area, year)
    return UnitCost(
        cost.iccs,
        area,
        year,
        cost.cost * factor,
        cost.lower * factor,
        cost.upper * factor,
        cost.component,
        cost.currency,
    )


def discount_factor(rate: float, years: float) -> float:
    """Present value of one unit after some years.

    Examples
    --------
    >>> round(discount_factor(0.03, 10), 4)
    0.7441
    """
    return math.exp(-years * math.log1p(rate))
