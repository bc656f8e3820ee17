"""Our World in Data, the World Bank, and any table with an area, a year and a value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from kyoto.statistics.exchange.series.model import PublishedSeries
from kyoto.statistics.exchange.series.shaping import age_code, published, sex_code, unit_code

__all__ = [
    "is_owid",
    "is_table",
    "is_world_bank_csv",
    "read_owid",
    "read_table",
    "read_world_bank_csv",
    "read_world_bank_json",
]

_AREAS: Final = ("iso3", "iso3_code", "code", "geo", "ref_area", "area", "country_code", "countryiso3code", "entity")
_PERIODS: Final = ("period", "year", "time_period", "time", "date")
_VALUES: Final = ("value", "obs_value", "population", "count", "n")
_OWID_KEYS: Final = frozenset(("entity", "code", "year", "owid_region"))
_UNITS: Final = ("unit", "units", "unit_measure", "unit of measurement")
_NATURES: Final = {"c": "A", "ca": "A", "e": "E", "m": "E", "g": "E", "n": "U", "na": "U"}
"""Nature of a figure in the SDG database and its CL_OBS_STATUS: country data, adjusted, estimated, modelled, global."""
_KNOWN: Final = frozenset(
    ("sex", "age", "status", "obs_status", "nature", "source", "note", "footnote", "series", "indicator", "iccs")
)


def is_owid(header: Sequence[str]) -> bool:
    """Whether a heading is that of Our World in Data: entity, code, year, then one column a series."""
    names = [name.strip().casefold() for name in header]
    return names[:1] == ["entity"] and "year" in names[:3] and bool(set(names) - _OWID_KEYS)


def is_world_bank_csv(header: Sequence[str]) -> bool:
    """Whether a heading is that of a World Bank download: one column a year."""
    names = [name.strip().casefold() for name in header]
    return {"country code", "indicator code"} <= set(names)


def is_table(header: Sequence[str]) -> bool:
    """Whether a heading names an area, a period and a value."""
    names = {name.strip().casefold() for name in header}
    return all(names & set(words) for words in (_AREAS, _PERIODS, _VALUES))


def read_owid(rows: Sequence[Mapping[str, str]], file: str) -> PublishedSeries:
    """Read a chart's data of Our World in Data; every column behind the year is a series."""
    names = list(rows[0]) if rows else []
    first = {name.strip().casefold(): name for name in names}
    series = [name for name in names if name.strip().casefold() not in _OWID_KEYS]
    made = [
        {
            "area": (row.get(first.get("code", ""), "") or "").strip() or row[first["entity"]].strip(),
            "period": row[first["year"]],
            "series": name.strip(),
            "value": row[name],
            "source": "Our World in Data",
        }
        for row in rows
        for name in series
    ]
    return published(made, publisher="owid", file=file)


def read_world_bank_csv(rows: Sequence[Mapping[str, str]], file: str, vintage: str = "") -> PublishedSeries:
    """Read a World Bank download, one column a year; ``vintage`` is the date of its last update."""
    made = []
    for row in rows:
        cells = {(name or "").strip(): (text or "").strip() for name, text in row.items()}
        made += [
            {
                "area": cells["Country Code"],
                "period": year,
                "series": cells["Indicator Code"],
                "value": text,
                "source": "World Bank",
                "note": cells.get("Indicator Name", ""),
            }
            for year, text in cells.items()
            if re.fullmatch(r"\d{4}", year) and text
        ]
    return published(made, publisher="world-bank", file=file, vintage=vintage)


def read_world_bank_json(pages: Sequence[Any], file: str) -> PublishedSeries:
    """Read answers of the World Bank's service: pairs of a heading and a list of figures.

    Parameters
    ----------
    pages
        One or several answers, each ``[heading, figures]``.
    file
        Where they came from.
    """
    single = bool(pages) and isinstance(pages[0], dict)
    vintage, made = "", []
    for heading, figures in [pages] if single else pages:
        vintage = str(heading.get("lastupdated", "")) or vintage
        made += [
            {
                "area": row.get("countryiso3code") or row["country"]["id"],
                "period": row["date"],
                "series": row["indicator"]["id"],
                "unit": row.get("unit", ""),
                "value": row["value"],
                "status": "E" if row.get("obs_status") == "E" else "A",
                "source": "World Bank",
                "note": row["indicator"]["value"],
            }
            for row in figures or []
        ]
    return published(made, publisher="world-bank", file=file, vintage=vintage)


def read_table(rows: Sequence[Mapping[str, str]], file: str, series: str) -> PublishedSeries:
    """Read a table with one figure a row, such as an excerpt of the SDG database.

    Parameters
    ----------
    rows
        Cells by column name: an area, a period, a value; sex, age, unit, nature or status where there are any.
    file
        Where they came from.
    series
        Name of the series where no column gives it.
    """
    first = {name.strip().casefold(): name for name in (rows[0] if rows else {})}
    area, period, value = (_first(first, words) for words in (_AREAS, _PERIODS, _VALUES))
    unit = _first(first, _UNITS)
    made = []
    for row in rows:
        known = {name: (row.get(column) or "").strip() for name, column in first.items() if name in _KNOWN}
        made.append(
            {
                "area": row[area].strip(),
                "period": row[period].strip(),
                "series": known.get("series") or known.get("indicator") or series,
                "iccs": known.get("iccs") or None,
                "sex": sex_code(known.get("sex", "")),
                "age": age_code(known.get("age", "")),
                "unit": unit_code(row[unit]) if unit else value.strip(),
                "value": row[value],
                "status": _status(known),
                "source": known.get("source", ""),
                "note": known.get("note") or known.get("footnote", ""),
            }
        )
    return published(made, publisher="table", file=file)


def _first(columns: Mapping[str, str], words: Sequence[str]) -> str:
    return next((columns[word] for word in words if word in columns), "")


def _status(known: Mapping[str, str]) -> str:
    stated = known.get("status") or known.get("obs_status")
    return stated or _NATURES.get(known.get("nature", "").casefold(), "A")
