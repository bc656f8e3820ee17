"""Answers that UNODC published, put back into the questionnaire: what a country gave before."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from kyoto.core.errors import KyotoError, Where
from kyoto.statistics.exchange.cts.answers import Answer, Answers
from kyoto.statistics.exchange.cts.finding_rows import plain
from kyoto.statistics.exchange.cts.questionnaire import questionnaire

if TYPE_CHECKING:
    from kyoto.statistics.exchange.series.model import PublishedSeries

__all__ = ["published_answers", "published_names"]


def published_answers(*series: PublishedSeries) -> dict[tuple[str, str], Answers]:
    """Published counts as answers, one set an area and year.

    Parameters
    ----------
    series
        Workbooks of the UNODC data portal, read with :func:`~kyoto.statistics.exchange.series.read_series`.

    Returns
    -------
    dict
        Answers by area and year. Rates are left out. Of a key that stands twice the first figure is taken. A figure
        stands in every cell that asks it.

    Raises
    ------
    KyotoError
        ``cts.nothing-published``: no category of the files is asked in the questionnaire.
    """
    found: dict[tuple[str, str], dict[str, Answer]] = {}
    for each in series:
        frame = each.observations
        frame = frame[(frame["unit"] == "number") & frame["value"].notna()]
        columns = ["area", "period", "series", "category", "age", "sex", "value", "source"]
        for area, year, indicator, category, age, sex, value, source in frame[columns].itertuples(index=False):
            for cell in _cells(indicator, category, age, sex):
                answer = Answer(float(value), source=f"UNODC data portal ({source})" if source else "UNODC data portal")
                found.setdefault((area, year), {}).setdefault(cell, answer)
    if not found:
        raise KyotoError(
            "Nothing in these files is asked in the questionnaire",
            code="cts.nothing-published",
            where=Where(file=series[0].file if series else None),
            expected="counts of the UNODC data portal",
        )
    return {key: Answers(*key, figures) for key, figures in found.items()}


@cache
def published_names() -> dict[str, str]:
    """Indicator and category of the UNODC data portal that hold each cell, as far as its files show them.

    Examples
    --------
    >>> published_names()["5.2.03.F"], "6.1.01.T" in published_names()
    ('Persons held: Unsentenced', False)
    """
    found: dict[str, str] = {}
    for row in _portal():
        for sex in ("_T", "M", "F", "_U"):
            for cell in _cells(row["indicator"], row["category"], row["age"], sex):
                found.setdefault(cell, f"{row['indicator']}: {row['category']}")
    return found


@cache
def _cells(indicator: str, category: str, age: str, sex: str) -> tuple[str, ...]:
    """Cells that ask a published category; none where none does."""
    form, rows = questionnaire(), _rows()
    row = rows.get((plain(indicator), plain(category), age))
    if row is None and age in ("Y_GE18", "Y0T17"):
        row = rows.get((plain(indicator), plain(category), "_T"))  # a table with a column for each age status
        own = [name for name, cell in form.cells.items() if name.startswith(f"{row}.") and cell.age == age]
        return tuple(name for name in own if form.cells[name].sex == sex) if row else ()
    if row is None:
        return ()
    name = next(
        (n for n, c in form.cells.items() if n.startswith(f"{row}.") and c.sex == sex and c.age in (age, "_T")), ""
    )
    if not name:
        return ()
    meaning = form.cells[name].meaning
    same = [other for other, cell in form.cells.items() if meaning is not None and cell.meaning == meaning]
    return tuple(dict.fromkeys([name, *same]))


@cache
def _rows() -> dict[tuple[str, str, str], str]:
    return {(plain(row["indicator"]), plain(row["category"]), row["age"]): row["row"] for row in _portal()}


def _portal() -> list[dict[str, str]]:
    text = resources.files(__package__).joinpath("data", "portal.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
