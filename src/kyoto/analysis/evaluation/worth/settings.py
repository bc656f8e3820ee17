"""Costs and offences of a programme from a file, for the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kyoto.analysis.evaluation.worth.appraisal import Appraisal, CostItem, Prevented, appraise
from kyoto.analysis.evaluation.worth.costs import (
    PriceTable,
    UnitCost,
    code_text,
    read_prices,
    read_unit_costs,
    unit_cost_of,
)
from kyoto.core.errors import KyotoError, Problems
from kyoto.core.project import Project, Section, load_project

__all__ = ["appraise_file"]


def appraise_file(path: str | Path, *, draws: int = 20_000, seed: int = 1, level: float = 0.95) -> Appraisal:
    """Weigh costs against benefits as a TOML file says.

    Parameters
    ----------
    path
        File with ``[worth]`` (``currency``, ``rate``, ``area``, ``year``, ``unit_costs``, ``prices``), ``[[cost]]``
        (``name``, ``year``, ``amount``, ``lower``, ``upper``) and ``[[prevented]]`` (``name``, ``per_year``,
        ``std_error``, ``years``, ``first``, and ``iccs`` for the table of unit costs or ``unit_cost``, ``lower``,
        ``upper``).
    draws, seed, level
        As in :func:`~kyoto.analysis.evaluation.worth.appraisal.appraise`.

    Raises
    ------
    KyotoError
        Every problem of the file in one pass.
    """
    project = load_project(path)
    problems = Problems()
    root = project.section(problems=problems)
    worth = root.table("worth")
    rate = worth.number("rate", 0.03)
    prices = _prices(project, worth)
    costs = [_cost(item) for item in _items(root, "cost")]
    prevented = [_prevented(item, prices) for item in _items(root, "prevented")]
    currency = worth.text("currency", "")
    worth.finish()
    problems.raise_if_any()
    return appraise(
        costs,
        prevented,
        rate=0.03 if rate is None else rate,
        draws=draws,
        seed=seed,
        level=level,
        currency=currency,
    )


@dataclass(frozen=True, slots=True)
class _Prices:
    """Unit costs in the prices that the appraisal uses."""

    costs: tuple[UnitCost, ...]
    prices: PriceTable
    area: str
    year: int

    def of(self, iccs: str) -> tuple[UnitCost, ...]:
        return unit_cost_of(self.costs, iccs, area=self.area, year=self.year, prices=self.prices)


def _prices(project: Project, section: Section) -> _Prices:
    unit_costs, prices = section.text("unit_costs"), section.text("prices")
    area, year = section.text("area", ""), section.whole("year", 0) or 0
    table = read_prices(project.folder / prices) if prices else PriceTable({}, {})
    costs = read_unit_costs(project.folder / unit_costs) if unit_costs else ()
    return _Prices(costs, table, area, year)


def _items(root: Section, name: str) -> list[Section]:
    given = root.raw(name, [])
    if not isinstance(given, list) or not given:
        root.wrong(name, f"[[{name}]] is missing", expected=f"at least one [[{name}]]")
        return []
    return [Section(root.project, (name, str(number + 1)), item, root.problems) for number, item in enumerate(given)]


def _cost(section: Section) -> CostItem:
    section.require("name", "amount")
    item = CostItem(
        section.text("name", ""),
        section.whole("year", 0) or 0,
        section.number("amount", 0.0) or 0.0,
        section.number("lower"),
        section.number("upper"),
    )
    section.finish()
    return item


def _prevented(section: Section, prices: _Prices) -> Prevented:
    """Offences with their unit cost: that of the file, or the sum of the components of the table."""
    section.require("name", "per_year", "std_error")
    common: dict[str, Any] = {
        "per_year": section.number("per_year", 0.0) or 0.0,
        "std_error": section.number("std_error", 0.0) or 0.0,
        "first": section.whole("first", 0) or 0,
        "years": section.whole("years", 1) or 1,
    }
    name, iccs = section.text("name", ""), section.raw("iccs")
    unit_cost, lower, upper = (section.number(key) for key in ("unit_cost", "lower", "upper"))
    section.finish()
    if unit_cost is not None:
        return Prevented(name, unit_cost=unit_cost, lower=lower, upper=upper, **common)
    if iccs is None:
        raise KyotoError(
            "An offence prevented has no cost",
            code="evaluation.no-unit-cost",
            got=name,
            expected="unit_cost, or iccs with a table of unit costs",
        )
    parts = prices.of(code_text(iccs))
    cost, low, high = (sum(getattr(part, key) for part in parts) for key in ("cost", "lower", "upper"))
    return Prevented(name, unit_cost=cost, lower=low, upper=high, **common)
