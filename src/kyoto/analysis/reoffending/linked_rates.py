"""Linkage error in rates: the cohort is built again for linkages that could as well be true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from kyoto.analysis.reoffending.cohorts.repetition import Repetition
from kyoto.analysis.reoffending.rate_table import RateTable, WindowRate

if TYPE_CHECKING:
    from kyoto.statistics.linkage import Carried

__all__ = ["Tables", "linkage_bands", "with_bands", "with_repetition_bands"]

Tables = Sequence[tuple[str, RateTable]]
"""Rates of all (named ``""``) and by each column."""

Place = tuple[Any, ...]
"""Column of a breakdown (empty for all), group, and window."""

Bands = Mapping[Place, tuple[float, float]]
"""How far the limits with linkage error lie below and above the rate of the linkage itself."""

_KEYS = ("column", "groups", "window")


def linkage_bands(linked: Tables, carried: Carried[Tables], *, level: float) -> Bands:
    """Limits that hold the error of linkage and of chance together.

    Parameters
    ----------
    linked
        Rates of the linkage itself, nothing withheld.
    carried
        Those of the other linkages.
    level
        Confidence.

    Notes
    -----
    Multiple imputation of links (Rubin 1987), as :func:`kyoto.statistics.linkage.carry_linkage_error` does it.
    """
    from kyoto.statistics.linkage import reach_of_linkage

    other = carried.each(_rows)
    return reach_of_linkage(_rows(linked), other.draws, _KEYS, thinned=other.thinned, level=level)


def _rows(tables: Tables) -> list[dict[str, Any]]:
    return [
        {
            "column": column,
            "groups": rate.groups,
            "window": rate.window,
            "estimate": rate.estimate,
            "std_error": (rate.estimate * (1 - rate.estimate) / rate.n) ** 0.5,
            "lower": rate.lower,
            "upper": rate.upper,
        }
        for column, table in tables
        for rate in table
        if rate.estimate is not None and rate.n
    ]


def with_bands(table: RateTable, column: str, bands: Bands) -> RateTable:
    """Rates with the limits beside them; those of a rate that is withheld are withheld too.

    The limits are laid around the rate as it is published, to a tenth of a per cent, so that they do not tell the rate
    before it was protected.
    """

    def banded(rate: WindowRate) -> WindowRate:
        reach = bands.get((column, rate.groups, rate.window))
        if reach is None or rate.estimate is None or rate.lower is None or rate.upper is None:
            return rate
        low, high = (min(1.0, max(0.0, round(rate.estimate + end, 3))) for end in reach)
        return replace(rate, linkage_lower=min(low, rate.lower), linkage_upper=max(high, rate.upper))

    return replace(table, rates=tuple(banded(rate) for rate in table))


def with_repetition_bands(
    shown: Sequence[Repetition],
    linked: Sequence[Repetition],
    carried: Carried[Sequence[Repetition]],
    *,
    level: float,
) -> tuple[Repetition, ...]:
    """How often people reoffend, with limits that hold linkage error.

    Parameters
    ----------
    shown
        As they may be published.
    linked, carried
        Of the linkage itself and of the others, nothing withheld.
    level
        Confidence.
    """
    from kyoto.statistics.linkage import banded, reach_of_linkage

    keys = ("measure", "window", "group")
    other = carried.each(lambda rows: [asdict(row) for row in rows])
    reach = reach_of_linkage(map(asdict, linked), other.draws, keys, thinned=other.thinned, level=level)
    rows = banded(map(asdict, shown), reach, keys, least=0.0, digits=2)
    return tuple(Repetition(**row) for row in rows)
