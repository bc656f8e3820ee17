"""Reading the questionnaire that comes with Kyoto."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from kyoto.statistics.classification.iccs import iccs
from kyoto.statistics.exchange.cts.model import (
    Column,
    Institution,
    Population,
    Question,
    Questionnaire,
    Row,
    Section,
    Table,
)

__all__ = ["questionnaire", "read_data"]


def read_data(name: str) -> dict[str, Any]:
    """Parsed TOML of a data file of this package."""
    return tomllib.loads(resources.files(__package__).joinpath("data", name).read_text(encoding="utf-8"))


@cache
def questionnaire() -> Questionnaire:
    """Give the questionnaire on crime trends and operations of criminal justice systems, as data.

    Returns
    -------
    Questionnaire

    Examples
    --------
    >>> form = questionnaire()
    >>> [section.sheet for section in form.sections][1:4]
    ['1 Police', '2 Suspects', '3 Prosecution']
    >>> form.cell("5.1.03.F").row.label
    'Juveniles (under 18)'
    """
    data, asked = read_data("questionnaire.toml"), read_data("questions.toml")
    populations = {name: _population(name, each) for name, each in data["populations"].items()}
    return Questionnaire(
        edition=data["edition"],
        sections=tuple(Section(**section) for section in data["sections"]),
        tables=tuple(_table(each, data, populations) for each in data["tables"]),
        institutions=tuple(Institution(**each) for each in asked["institutions"]),
        questions=tuple(_question(each) for each in asked["questions"]),
        roles={role: {name: tuple(c) for name, c in each.items()} for role, each in data["roles"].items()},
        values={
            name: {entry: {c: tuple(codes) for c, codes in spec.items()} for entry, spec in entries.items()}
            for name, entries in data["values"].items()
        },
        variables=data["variables"],
    )


def _population(name: str, spec: Mapping[str, Any]) -> Population:
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in spec.items()}
    return Population(name, **fields)


def _question(spec: Mapping[str, Any]) -> Question:
    return Question(spec["id"], spec["text"], spec.get("filled", ""), tuple(spec.get("choices", ())))


def _table(spec: Mapping[str, Any], data: Mapping[str, Any], populations: Mapping[str, Population]) -> Table:
    population, breakdown = populations[spec["population"]], data["breakdowns"][spec["breakdown"]]
    stock, percent = spec.get("stock", population.stock), spec.get("percent", False)
    when = "on the reference date" if stock else ("" if percent else "during the year")
    rows = spec.get("rows") or _class_rows(data["rows"][spec["rows_from"]])
    return Table(
        id=spec["id"],
        section=spec["id"].partition(".")[0],
        title=spec["title"],
        unit=spec.get("unit", population.label),
        columns=tuple(Column(**column) for column in breakdown["columns"]),
        rows=tuple(_row(row, population, populations) for row in rows),
        column_parts=tuple(map(tuple, breakdown.get("parts", ()))),
        row_parts=tuple(map(tuple, spec.get("parts", ()))),
        stock=stock,
        percent=percent,
        when=spec.get("when", when),
    )


def _class_rows(codes: list[str]) -> list[dict[str, Any]]:
    """Rows of ICCS classes, under the titles of the classification."""
    return [
        {"id": f"{number:02d}", "label": iccs().get(code).title, "iccs": code}
        for number, code in enumerate(codes, start=1)
    ]


def _row(spec: Mapping[str, Any], population: Population, populations: Mapping[str, Population]) -> Row:
    codes = spec.get("iccs", ())
    own = spec.get("population")
    return Row(
        id=spec["id"],
        label=spec["label"],
        population=population if own is None else populations.get(own, Population(own, own)),
        iccs=(codes,) if isinstance(codes, str) else tuple(codes),
        age=spec.get("age", "_T"),
        dims=tuple(spec.get("dims", {}).items()),
        match=tuple((name, tuple(values)) for name, values in spec.get("match", {}).items()),
        of=spec.get("of", ""),
        indicator=spec.get("indicator", ""),
        columns=tuple(spec.get("columns", ())),
    )
