"""Power and minimum detectable effect: by formula where one holds, by simulation on past data where none does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from kyoto.analysis.evaluation.arrays import Floats
from kyoto.analysis.evaluation.designs.panel import NEVER, Panel
from kyoto.analysis.evaluation.result import EffectResult
from kyoto.core.errors import KyotoError

__all__ = [
    "Power",
    "power_of_means",
    "power_of_shares",
    "power_of_stepped_wedge",
    "simulated_power",
    "smallest_effect",
]


@dataclass(frozen=True, slots=True)
class Power:
    """Chance that a design finds an effect.

    Parameters
    ----------
    design
        What was planned.
    effect
        True effect, in the unit of the outcome.
    power
        Chance of a significant result.
    lower, upper
        Limits of the power where it was simulated (95 per cent), else the power itself.
    alpha
        Significance level, two-sided.
    how
        ``formula`` or ``simulation``.
    """

    design: str
    effect: float
    power: float
    lower: float
    upper: float
    alpha: float
    how: str

    def row(self) -> dict[str, Any]:
        """Mapping for tables and JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


def _check(**positive: float) -> None:
    for name, value in positive.items():
        if not value > 0:
            raise KyotoError(f"{name} must be above 0", code="evaluation.wrong-number", got=f"{value:g}")


def power_of_means(
    effect: float,
    *,
    sd: float,
    treated: float,
    untreated: float,
    cluster_size: float = 1.0,
    icc: float = 0.0,
    explained: float = 0.0,
    alpha: float = 0.05,
) -> Power:
    """Power of a comparison of two means, randomised by person or by cluster.

    Parameters
    ----------
    effect, sd
        True difference, and standard deviation of the outcome.
    treated, untreated
        People in both groups.
    cluster_size, icc
        People in a cluster, and the correlation of outcomes within clusters, if clusters are randomised.
    explained
        Share of the variance that covariates explain (adjusted comparison).
    alpha
        Two-sided significance level.

    Notes
    -----
    Non-central t distribution; with clusters the variance grows by 1 + (size - 1) icc and the degrees of freedom are
    clusters minus 2 (Donner and Klar 2000).

    Examples
    --------
    >>> round(power_of_means(0.5, sd=1, treated=64, untreated=64).power, 4)
    0.8015
    """
    _check(sd=sd, treated=treated, untreated=untreated, cluster_size=cluster_size)
    inflation = 1 + (cluster_size - 1) * icc
    error = sd * np.sqrt((1 - explained) * inflation * (1 / treated + 1 / untreated))
    degrees = (treated + untreated) / (cluster_size if icc > 0 else 1) - 2
    if degrees < 1:
        raise KyotoError("Too few units for a test", code="evaluation.few-units", got=f"{degrees + 2:g}")
    power = _t_power(abs(effect) / error, degrees, alpha)
    name = "means, clusters" if icc > 0 and cluster_size > 1 else "means"
    return Power(f"randomised, {name}", effect, power, power, power, alpha, "formula")


def _t_power(ratio: float, degrees: float, alpha: float) -> float:
    from scipy import stats

    critical = stats.t.ppf(1 - alpha / 2, degrees)
    return float(stats.nct.sf(critical, degrees, ratio) + stats.nct.cdf(-critical, degrees, ratio))


def power_of_shares(
    before: float,
    after: float,
    *,
    treated: float,
    untreated: float,
    cluster_size: float = 1.0,
    icc: float = 0.0,
    alpha: float = 0.05,
) -> Power:
    """Power of a comparison of two shares, such as reoffending.

    Parameters
    ----------
    before, after
        Shares without and with the programme, between 0 and 1.
    treated, untreated, cluster_size, icc, alpha
        As in :func:`power_of_means`.

    Examples
    --------
    >>> round(power_of_shares(0.5, 0.35, treated=170, untreated=170).power, 3)
    0.802
    """
    from scipy import stats

    if not (0 < before < 1 and 0 < after < 1):
        raise KyotoError(
            "A share must lie between 0 and 1", code="evaluation.wrong-number", got=f"{before:g}, {after:g}"
        )
    inflation = 1 + (cluster_size - 1) * icc
    n1, n0 = treated / inflation, untreated / inflation
    _check(treated=n1, untreated=n0)
    pooled = (n1 * after + n0 * before) / (n1 + n0)
    null = np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n0))
    own = np.sqrt(after * (1 - after) / n1 + before * (1 - before) / n0)
    critical = stats.norm.ppf(1 - alpha / 2)
    power = float(stats.norm.cdf((abs(before - after) - critical * null) / own))
    return Power("randomised, shares", after - before, power, power, power, alpha, "formula")


def power_of_stepped_wedge(
    effect: float, *, sd: float, clusters: int, periods: int, cluster_size: float, icc: float, alpha: float = 0.05
) -> Power:
    """Power of a stepped wedge in which equally many clusters start in each period after the first.

    Parameters
    ----------
    effect, sd
        True effect, and standard deviation of the outcome of a person.
    clusters, periods
        Numbers; ``clusters`` is a multiple of ``periods - 1``.
    cluster_size
        People in a cluster in one period.
    icc
        Correlation within clusters.
    alpha
        Significance level.

    Notes
    -----
    Generalised least squares with effects of periods and random effects of clusters (Hussey and Hughes 2007).
    """
    from scipy import stats

    _check(sd=sd, cluster_size=cluster_size, icc=icc)
    steps = periods - 1
    if steps < 2 or clusters % steps:
        raise KyotoError(
            "The clusters do not divide into steps",
            code="evaluation.wrong-number",
            got=f"{clusters} clusters, {periods} periods",
            expected="a multiple of periods - 1, and at least three periods",
        )
    start = np.repeat(np.arange(1, periods), clusters // steps)
    d = (np.arange(periods)[None, :] >= start[:, None]).astype(float)
    between, within = icc * sd**2, (1 - icc) * sd**2 / cluster_size
    inverse = np.linalg.inv(within * np.eye(periods) + between)
    information = np.zeros((periods + 1, periods + 1))
    for row in d:
        x = np.column_stack([row, np.eye(periods)])
        information += x.T @ inverse @ x
    error = float(np.sqrt(np.linalg.inv(information)[0, 0]))
    ratio, critical = abs(effect) / error, stats.norm.ppf(1 - alpha / 2)
    power = float(stats.norm.cdf(ratio - critical) + stats.norm.cdf(-ratio - critical))
    return Power("stepped wedge", effect, power, power, power, alpha, "formula")


def smallest_effect(power_at: Callable[[float], float], *, wanted: float = 0.8, scale: float = 1.0) -> float:
    """Minimum detectable effect: the smallest that is found with the wanted power.

    Parameters
    ----------
    power_at
        Power as an increasing function of the size of the effect.
    wanted
        Power.
    scale
        A first guess of the size, such as the standard deviation.

    Examples
    --------
    >>> at = lambda size: power_of_means(size, sd=1, treated=64, untreated=64).power
    >>> round(smallest_effect(at), 3)
    0.499
    """
    from scipy.optimize import brentq

    high = scale
    for _ in range(60):
        if power_at(high) >= wanted:
            break
        high *= 2
    else:
        raise KyotoError(
            "No effect would be found with this power",
            code="evaluation.no-power",
            got=f"{power_at(high):.2f} at an effect of {high:g}",
            expected=f"{wanted:g}",
        )
    return float(brentq(lambda size: power_at(size) - wanted, 0.0, high, xtol=1e-10))


def simulated_power(
    history: Floats,
    estimator: Callable[[Panel], EffectResult],
    effect: float,
    *,
    treated: int,
    start: int,
    relative: bool = False,
    alpha: float = 0.05,
    replicates: int = 200,
    seed: int = 1,
) -> Power:
    """Power of any estimator on a panel: past data, a programme put into it by lot, again and again.

    Parameters
    ----------
    history
        Outcomes without any programme, shape (units, periods).
    estimator
        Takes a panel, gives a result whose headline has limits at the level ``1 - alpha``.
    effect
        Added to treated units from the start on, or the share by which their outcome changes if ``relative``.
    treated, start
        Number of treated units, and position of their first period.
    relative
        See ``effect``.
    alpha
        Significance level.
    replicates, seed
        Draws of treated units.

    Examples
    --------
    >>> from kyoto.analysis.evaluation.designs import two_way_fixed_effects
    >>> past = np.random.default_rng(1).normal(10, 1, size=(30, 8))
    >>> simulated_power(past, two_way_fixed_effects, -3.0, treated=10, start=5, replicates=20).power
    1.0
    """
    from scipy import stats

    units, periods = history.shape
    if not 0 < treated < units or not 0 < start < periods:
        raise KyotoError(
            "The programme does not fit into the past data",
            code="evaluation.wrong-number",
            got=f"{treated} treated of {units} units, start {start} of {periods} periods",
        )
    generator = np.random.default_rng(seed)
    found = 0
    for _ in range(replicates):
        first = np.full(units, NEVER, dtype=np.int64)
        first[generator.choice(units, treated, replace=False)] = start
        on = (np.arange(periods)[None, :] >= start) & (first != NEVER)[:, None]
        outcome = history * (1 + effect * on) if relative else history + effect * on
        labels = tuple(map(str, range(units)))
        panel = Panel(labels, tuple(range(periods)), outcome, on, first, np.ones(units), np.arange(units))
        item = estimator(panel).headline
        found += item.lower > 0 or item.upper < 0
    limits = stats.binomtest(found, replicates).proportion_ci(0.95)
    return Power("simulation", effect, found / replicates, float(limits.low), float(limits.high), alpha, "simulation")
