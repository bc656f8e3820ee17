"""Workbooks of the UNODC data portal: thirteen columns whose heading and place change between vintages."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Final

from kyoto.core.errors import KyotoError, Where, did_you_mean
from kyoto.statistics.classification import iccs
from kyoto.statistics.exchange.series.model import Note, PublishedSeries
from kyoto.statistics.exchange.series.shaping import age_code, published, sex_code, unit_code
from kyoto.statistics.observations import TOTAL

__all__ = ["find_header", "read_unodc"]

_COLUMNS: Final = {
    "area": ("iso3code", "iso3", "isocode", "iso", "countrycode"),
    "country": ("country", "countryarea", "territory", "countryname"),
    "region": ("region",),
    "subregion": ("subregion",),
    "indicator": ("indicator", "indicatorname"),
    "dimension": ("dimension",),
    "category": ("category",),
    "sex": ("sex", "gender"),
    "age": ("age", "agegroup"),
    "year": ("year", "period"),
    "unit": ("unitofmeasurement", "unit", "unitofmeasure"),
    "value": ("value", "obsvalue"),
    "source": ("source", "sources", "datasource"),
}
_REQUIRED: Final = ("area", "indicator", "year", "value")
_LINES: Final = 60
"""Lines in which the heading is looked for."""


def find_header(rows: Sequence[Sequence[Any]]) -> tuple[int, dict[str, int]] | None:
    """Line of the heading and place of each column; None where there is none.

    Examples
    --------
    >>> find_header([["Prisons", ""], ["ISO3 code", "Country", "Indicator", "Year", "VALUE"]])
    (1, {'area': 0, 'country': 1, 'indicator': 2, 'year': 3, 'value': 4})
    """
    for line, row in enumerate(rows[:_LINES]):
        names = [_plain(cell) for cell in row]
        places = {
            column: names.index(spelling)
            for column, spellings in _COLUMNS.items()
            for spelling in spellings[::-1]
            if spelling in names
        }
        if all(column in places for column in _REQUIRED):
            return line, places
    return None


def read_unodc(rows: Sequence[Sequence[Any]], file: str) -> PublishedSeries:
    """Read the rows of a sheet.

    Parameters
    ----------
    rows
        Cells, the lines above the heading among them.
    file
        Where they came from.

    Returns
    -------
    PublishedSeries
        Series are indicators; ``dimension`` and ``category`` are disaggregations. ``iccs`` is known of the categories
        that are classes; others carry ``_T``.

    Raises
    ------
    KyotoError
        ``series.no-header``.
    """
    found = find_header(rows)
    if found is None:
        first = [str(cell) for row in rows[:3] for cell in row if str(cell).strip()][:8]
        raise KyotoError(
            "No heading of the UNODC data portal in this file",
            code="series.no-header",
            where=Where(file=file),
            expected="a line with " + ", ".join(_REQUIRED),
            got=", ".join(first),
            hint=did_you_mean(first[0], ["Iso3_code"]) if first else "",
        )
    line, places = found
    above = " ".join(str(cell) for row in rows[:line] for cell in row)
    lacking = [column for column in _COLUMNS if column not in places]
    notes = []
    if lacking:
        notes.append(Note("series.no-column", "note", f"this vintage has no column for {', '.join(lacking)}"))
    made = [_observation(row, places) for row in rows[line + 1 :] if _has(row, places)]
    return published(
        made,
        publisher="unodc",
        file=file,
        vintage=_vintage(above),
        dimensions=("dimension", "category"),
        notes=notes,
    )


def _plain(cell: Any) -> str:
    return "".join(letter for letter in str(cell).casefold() if letter.isalnum())


def _has(row: Sequence[Any], places: Mapping[str, int]) -> bool:
    return any(str(row[places[column]]).strip() for column in ("area", "value") if places[column] < len(row))


def _observation(row: Sequence[Any], places: Mapping[str, int]) -> dict[str, Any]:
    part = {column: _text(row[place]) if place < len(row) else "" for column, place in places.items()}
    category, indicator = part.get("category", ""), part["indicator"]
    return {
        "area": part["area"],
        "period": part["year"],
        "series": indicator,
        "iccs": _classes().get(_plain(category)) or _classes().get(_plain(indicator)) or TOTAL,
        "sex": sex_code(part.get("sex", "")),
        "age": age_code(part.get("age", "")),
        "dimension": part.get("dimension", "") or "Total",
        "category": category or "Total",
        "unit": unit_code(part.get("unit", "Counts")),
        "value": part["value"],
        "source": part.get("source", ""),
    }


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


@cache
def _classes() -> dict[str, str]:
    """ICCS code of categories and indicators, by their letters: spellings and hyphens change between vintages.

    A category that bears the title of a class is that class, if only one has it.
    """
    titles = [_plain(category.title) for category in iccs()]
    found = {_plain(category.title): category.code for category in iccs() if titles.count(_plain(category.title)) == 1}
    for name, column in (("unodc_categories.csv", "category"), ("unodc_indicators.csv", "indicator")):
        text = resources.files(__package__).joinpath("data", name).read_text(encoding="utf-8")
        found |= {_plain(row[column]): row["iccs"] for row in csv.DictReader(text.splitlines())}
    return found


def _vintage(text: str) -> str:
    """Date of publication in the lines above the heading, day before month as the portal writes it."""
    found = re.search(r"\b(\d{1,2})[/.](\d{1,2})[/.](\d{4})\b", text)
    if found:
        return f"{found[3]}-{int(found[2]):02d}-{int(found[1]):02d}"
    iso = re.search(r"\b\d{4}-\d{2}-\d{2}\b", text)
    return iso[0] if iso else ""
