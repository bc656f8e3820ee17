"""Linkage error in rates: the cohort is built again for linkages that could as well be true."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from kyoto.analysis.reoffending.rate_table import RateTable, WindowRate

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Bands", "linkage_bands", "people_of", "with_bands"]

Place = tuple[str, tuple[str, ...], float]
"""Column of a breakdown (empty for all), group, and window."""

Bands = Mapping[Place, tuple[float, float]]
"""How far the limits with linkage error lie below and above the rate of the linkage itself."""


def people_of(plausible: pd.DataFrame, source: str, labels: str) -> pd.DataFrame:
    """Person of each record of a source in one linkage.

    Parameters
    ----------
    plausible
        From :func:`kyoto.statistics.linkage.plausible_frame`.
    source
        Name of the file in ``[link.files]``.
    labels
        ``linked`` or one of the draws.
    """
    own = plausible[plausible["source"].astype(str) == source]
    return own[["identifier", labels]].rename(columns={labels: "person"})


def linkage_bands(
    rates_of: Callable[[str], Sequence[tuple[str, RateTable]]], plausible: pd.DataFrame, *, level: float
) -> Bands:
    """Limits that hold the error of linkage and of chance together.

    Parameters
    ----------
    rates_of
        Rates of all (named ``""``) and by each column, of one linkage, nothing withheld.
    plausible
        From :func:`kyoto.statistics.linkage.plausible_frame`.
    level
        Confidence.

    Notes
    -----
    Multiple imputation of links (Rubin 1987), as :func:`kyoto.statistics.linkage.carry_linkage_error` does it.
    """
    from kyoto.statistics.linkage import combine_estimates

    drawn: dict[Place, list[tuple[float, float]]] = {}
    draws = [str(name) for name in plausible.columns if str(name).startswith("draw_")]
    for labels in draws:
        for place, (share, error) in _shares(rates_of(labels)).items():
            drawn.setdefault(place, []).append((share, error))
    found = {}
    for place, (share, _) in _shares(rates_of("linked")).items():
        estimates = drawn.get(place, [])
        if len(estimates) == len(draws) > 1:
            _, _, lower, upper, _ = combine_estimates(estimates, level=level)
            found[place] = (lower - share, upper - share)
    return found


def _shares(tables: Sequence[tuple[str, RateTable]]) -> dict[Place, tuple[float, float]]:
    """Rate and standard error of every group and window that has any person."""
    return {
        (column, rate.groups, rate.window): (rate.estimate, (rate.estimate * (1 - rate.estimate) / rate.n) ** 0.5)
        for column, table in tables
        for rate in table
        if rate.estimate is not None and rate.n
    }


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
