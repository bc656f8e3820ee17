"""Figures that a project holds on indicators: from the published observations of its build."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kyoto.core.errors import KyotoError, Where

__all__ = ["Held", "held_figures", "read_held_figures"]

_NO_DIMENSION = frozenset({
    "area", "period", "series", "iccs", "unit", "value", "lower", "upper", "status", "confidentiality", "source",
    "note",
})  # fmt: skip
"""Columns of an observation that do not disaggregate it; an indicator of one offence carries its class."""


@dataclass(frozen=True, slots=True)
class Held:
    """What is held on an indicator.

    Parameters
    ----------
    figures, areas
        Number of published figures that have a value, and of areas.
    first, last
        Periods, ISO 8601.
    latest
        Value in the last period for the whole population, if there is exactly one; else None.
    area, unit
        Of the latest value.
    """

    figures: int
    areas: int
    first: str
    last: str
    latest: float | None = None
    area: str = ""
    unit: str = ""


def read_held_figures(project: Path) -> dict[str, Held]:
    """Read what the last build of a project holds on indicators.

    Parameters
    ----------
    project
        Folder of the project; its ``build/indicators.csv`` is read.

    Raises
    ------
    KyotoError
        ``mandates.no-figures``.
    """
    path = project / "build" / "indicators.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise KyotoError(
            "The project has no figures on indicators",
            code="mandates.no-figures",
            where=Where(file=str(path)),
            detail=str(error),
            hint="Run `kyoto build` in it, with indicators under [indicators] of kyoto.toml.",
        ) from error
    return held_figures(rows)


def held_figures(rows: Iterable[Mapping[str, str]]) -> dict[str, Held]:
    """Sum up observations by indicator.

    Parameters
    ----------
    rows
        Observations as text, one a row; a total is ``_T``.

    Examples
    --------
    >>> rows = [{"series": "16.1.1", "area": "AUT", "period": year, "sex": sex, "value": "1.5", "unit": "rate"}
    ...         for year in ("2019", "2020") for sex in ("_T", "F")]
    >>> held_figures(rows)["16.1.1"].last, held_figures(rows)["16.1.1"].latest
    ('2020', 1.5)
    """
    by_series: dict[str, list[Mapping[str, str]]] = {}
    for row in rows:
        if row.get("series") and row.get("value"):
            by_series.setdefault(row["series"], []).append(row)
    return {series: _held(found) for series, found in by_series.items()}


def _held(rows: list[Mapping[str, str]]) -> Held:
    periods = sorted({row["period"] for row in rows})
    of_all = [row for row in rows if row["period"] == periods[-1] and _is_total(row)]
    only = of_all[0] if len(of_all) == 1 else None
    return Held(
        figures=len(rows),
        areas=len({row["area"] for row in rows}),
        first=periods[0],
        last=periods[-1],
        latest=float(only["value"]) if only is not None else None,
        area=only["area"] if only is not None else "",
        unit=only.get("unit", "") if only is not None else "",
    )


def _is_total(row: Mapping[str, str]) -> bool:
    """Whether a figure is of everybody: sex, age and every other disaggregation is a total."""
    return all(value in ("_T", "_Z", "") for name, value in row.items() if name not in _NO_DIMENSION)
