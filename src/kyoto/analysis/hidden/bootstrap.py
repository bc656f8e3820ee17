"""Intervals that know a model was chosen: the choice is repeated in every bootstrap and jackknife replicate.

Replicates are multinomial samples of the observed people. The acceleration is exact: the jackknife leaves each
distinct history out once, weighted by its count. A replicate in which no model has an estimate counts as infinite,
which can only lengthen the interval; where a limit itself becomes infinite the estimate is refused.

Sources: Efron (1987), Journal of the American Statistical Association 82, 171-185; DiCiccio and Efron (1996),
Statistical Science 11, 189-228; Chan, Silverman and Vincent (2021, section 3.3); Silverman, Chan and Vincent (2024).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from kyoto.analysis.hidden.arrays import Floats, Integers
from kyoto.analysis.hidden.compiled import in_threads
from kyoto.analysis.hidden.downhill import downhill_terms, search_downhill
from kyoto.analysis.hidden.hierarchy import Catalogue, main_effects, pairs, parse_model
from kyoto.analysis.hidden.loglinear import LogLinearFit, fit_loglinear
from kyoto.analysis.hidden.model import CaptureTable
from kyoto.analysis.hidden.options import DEFAULT_P
from kyoto.analysis.hidden.result import PopulationEstimate, refused, settled
from kyoto.analysis.hidden.searching import repeat_selection, repeat_stepwise
from kyoto.analysis.hidden.selection import (
    CRITERIA,
    penalties_of,
    search_models,
    select_stepwise,
)

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = ["Bootstrap", "acceleration", "bca_limits", "bootstrap_population", "resample"]

LEVELS = (0.8, 0.95)
Reestimate = Callable[[Floats], tuple[Floats, Integers]]


@dataclass(frozen=True, slots=True, eq=False)
class Bootstrap:
    """Bootstrap of a log-linear estimate with its selection.

    Parameters
    ----------
    population
        Estimate with its BCa interval.
    fit
        Fit to the data themselves.
    replicates
        Population of each bootstrap sample, infinite where it has no estimate; with a criterion, one column for each
        number of top-ranked models among which the replicate could choose, otherwise one column.
    accelerations
        BCa acceleration for each column.
    jackknife, jackknife_weights
        Population without one person of each distinct history, and the people of that history.
    failed
        Replicates without an estimate (last column).
    shares
        Share of the replicates that chose each ranked model (with a criterion; last column), else empty.
    """

    population: PopulationEstimate
    fit: LogLinearFit
    replicates: Floats
    accelerations: Floats
    jackknife: Floats
    jackknife_weights: Floats
    failed: int
    shares: Floats

    def limits(self, levels: Sequence[float], column: int = -1, *, quantile_type: int = 8) -> Floats:
        """BCa limits at cumulative levels, such as ``(0.025, 0.975)``.

        Parameters
        ----------
        levels
            Cumulative probabilities.
        column
            Which number of admitted models (see ``replicates``); the last, all of them, by default.
        quantile_type
            As in :func:`bca_limits`.
        """
        estimate = self.fit.population.estimate
        assert estimate is not None
        accelerated = float(self.accelerations[column])
        return bca_limits(self.replicates[:, column], estimate, accelerated, levels, quantile_type=quantile_type)

    def tidy(self) -> pd.DataFrame:
        """Estimate with BCa limits, one row a level of confidence (80% and 95%)."""
        from kyoto.core.results import estimates_frame

        rows = []
        for level in sorted({*LEVELS, self.population.level}):
            row = {**self.population.row(), "term": self.population.model, "level": level, "failed": self.failed}
            row.pop("strata")
            if self.population.estimate is not None:
                lower, upper = self.limits((0.5 - level / 2, 0.5 + level / 2))
                row |= {"lower": float(lower), "upper": float(upper)}
            rows.append(row)
        return estimates_frame(rows)

    def summary(self) -> str:
        """Estimate, replicates, acceleration."""
        lines = [
            self.population.summary(),
            f"{len(self.replicates)} bootstrap samples, each with the whole selection; "
            f"acceleration {self.accelerations[-1]:.4f}; {self.failed} samples without an estimate.",
        ]
        if self.shares.size:
            lines.append(f"The model chosen on the data was chosen in {self.shares[0]:.0%} of the samples.")
        return "\n".join(lines)

    def plot(self) -> altair.LayerChart:
        """Histogram of the replicates with estimate and limits."""
        from kyoto.analysis.hidden.charts import draws_chart

        return draws_chart(self.replicates[:, -1], self.population, "Bootstrap estimates")


def resample(table: CaptureTable, replicates: int, seed: int) -> Floats:
    """Multinomial samples of the observed people, a row a replicate."""
    generator = np.random.default_rng(seed)
    shares = table.counts / table.counts.sum()
    return generator.multinomial(table.observed, shares, size=replicates).astype(float)


def acceleration(values: Floats, weights: Floats) -> float:
    """BCa acceleration from leave-one-out estimates.

    Parameters
    ----------
    values
        Estimate without one person of each distinct history.
    weights
        People of that history.

    Returns
    -------
    float
        Efron (1987, equation 6.6); 0 where an estimate is not finite or nothing varies.

    Examples
    --------
    >>> round(acceleration(np.array([1.0, 2.0, 4.0]), np.array([2.0, 1.0, 1.0])), 4)
    -0.068
    """
    if not np.isfinite(values).all():
        return 0.0
    difference = (weights * values).sum() / weights.sum() - values
    spread = float((weights * difference**2).sum())
    if spread <= 0.0:
        return 0.0
    return float((weights * difference**3).sum() / (6.0 * spread**1.5))


def bca_limits(
    replicates: Floats, estimate: float, accelerated: float, levels: Sequence[float], *, quantile_type: int = 8
) -> Floats:
    """Bias-corrected and accelerated limits.

    Parameters
    ----------
    replicates
        Bootstrap estimates; infinite ones count as larger than all.
    estimate
        Estimate from the data.
    accelerated
        Acceleration.
    levels
        Cumulative probabilities.
    quantile_type
        Definition of a sample quantile (Hyndman and Fan 1996): 8, median-unbiased, as SparseMSE and
        MultipleSystemsEstimation take it; 7 is the default of R and NumPy.

    Returns
    -------
    numpy.ndarray
        One limit a level: the quantile at the corrected probability.
    """
    from scipy.special import ndtr, ndtri

    share = float((replicates < estimate * (1.0 - 1e-9)).mean())  # a tie is not below, whatever its last digits
    half = 0.5 / len(replicates)
    bias = ndtri(min(max(share, half), 1.0 - half))
    shifted = bias + ndtri(np.asarray(levels))
    probabilities = ndtr(bias + shifted / (1.0 - accelerated * shifted))
    ordered = np.sort(replicates)
    return np.array([_quantile(ordered, float(probability), quantile_type) for probability in probabilities])


def _quantile(ordered: Floats, probability: float, kind: int) -> float:
    count = len(ordered)
    position = probability * (count - 1) if kind == 7 else probability * (count + 1 / 3) - 2 / 3
    position = min(max(position, 0.0), count - 1.0)
    below = math.floor(position)
    share = position - below
    if share < 1e-12 or not math.isfinite(ordered[below]):
        return float(ordered[below])
    return float(ordered[below] + share * (ordered[below + 1] - ordered[below]))


def bootstrap_population(
    table: CaptureTable,
    select: str = "stepwise",
    *,
    model: str | None = None,
    order: int | None = None,
    threshold: float = DEFAULT_P,
    top: int | None = None,
    replicates: int = 1000,
    seed: int = 1,
    level: float = 0.95,
) -> Bootstrap:
    """Estimate with a BCa interval that repeats the selection.

    Parameters
    ----------
    table
        The lists.
    select
        ``main``, ``model`` (with ``model``), ``stepwise``, ``aic``, ``aicc``, ``bic``, or ``downhill`` (by BIC).
    model
        Notation of a given model.
    order, top
        With a criterion: largest interaction, and how many of the models ranked by the data a replicate may choose
        among (all for three lists, 20 for four, 100 beyond, as in Silverman, Chan and Vincent 2024).
    threshold
        P-value of the stepwise selection.
    replicates, seed
        Number of samples and seed; the same seed gives the same bits on any number of cores.
    level
        Confidence of ``population``.

    Examples
    --------
    >>> korea = CaptureTable.from_histories(
    ...     "bcd", {(2,): 41, (1,): 5, (0,): 5, (0, 1): 54, (0, 2): 6, (0, 1, 2): 12})
    >>> boot = bootstrap_population(korea, "stepwise", replicates=200)
    >>> boot.population.model, round(float(boot.accelerations[-1]), 8)
    ('[12,3]', -0.02877338)
    """
    fit, again, models = _procedure(table, select, model, order, threshold, top)
    if fit.population.estimate is None:
        empty = np.zeros((0, 1))
        return Bootstrap(fit.population, fit, empty, np.zeros(1), np.zeros(0), np.zeros(0), 0, np.zeros(0))
    samples = resample(table, replicates, seed)
    values, chosen = _in_parts(again, samples)
    left_out, weights = _leave_one_out(table)
    jackknife, _ = again(left_out)
    accelerations = np.array([acceleration(column, weights) for column in jackknife.T])
    lower, upper = bca_limits(
        values[:, -1], fit.population.estimate, accelerations[-1], (0.5 - level / 2, 0.5 + level / 2)
    )
    failed = int((~np.isfinite(values[:, -1])).sum())
    population = _with_interval(fit.population, select, values[:, -1], float(lower), float(upper), level)
    shares = np.bincount(chosen[chosen >= 0], minlength=models) / replicates if models else np.zeros(0)
    return Bootstrap(population, fit, values, accelerations, jackknife[:, -1], weights, failed, shares)


def _with_interval(
    found: PopulationEstimate, select: str, values: Floats, lower: float, upper: float, level: float
) -> PopulationEstimate:
    if not (math.isfinite(lower) and math.isfinite(upper)):
        share = float((~np.isfinite(values)).mean())
        note = f"{share:.0%} of the bootstrap samples have no estimate, so the interval has no upper limit."
        return refused(found.method, found.model, found.observed, "unstable", note)
    note = "" if select in {"main", "model"} else "The interval repeats the choice of the model."
    finite = values[np.isfinite(values)]
    interval = {"lower": lower, "upper": upper, "level": level, "interval": "bca", "note": note}
    return settled(replace(found, std_error=float(finite.std(ddof=1)), **interval))  # type: ignore[arg-type]


def _leave_one_out(table: CaptureTable) -> tuple[Floats, Floats]:
    """Tables without one person of each distinct history, and how many people each stands for."""
    positive = np.flatnonzero(table.counts)
    rows = np.repeat(table.counts[None, :], positive.size, axis=0)
    rows[np.arange(positive.size), positive] -= 1.0
    return rows, table.counts[positive]


def _in_parts(again: Reestimate, samples: Floats) -> tuple[Floats, Integers]:
    parts = in_threads(again, [part for part in np.array_split(samples, 8) if len(part)])
    return np.concatenate([values for values, _ in parts]), np.concatenate([chosen for _, chosen in parts])


def _procedure(
    table: CaptureTable, select: str, model: str | None, order: int | None, threshold: float, top: int | None
) -> tuple[LogLinearFit, Reestimate, int]:
    """Fit to the data, the function that repeats the whole procedure on tables of counts, how many models it ranks."""
    if select in CRITERIA:
        search = search_models(table, select, order=order)
        limit = top or {2: 10**6, 3: 10**6, 4: 20}.get(table.k, 100)
        ranked = search.ranked.subset(range(min(limit, len(search.ranked))))
        return search.best, _criterion_procedure(ranked, select), len(ranked)
    if select == "downhill":
        largest = min(order or 2, table.k - 1)
        return search_downhill(table, order=largest), _downhill_procedure(table.k, largest), 0
    if select == "stepwise":
        return select_stepwise(table, threshold=threshold), _stepwise_procedure(table.k, threshold), 0
    terms = parse_model(model or "main", table)
    return fit_loglinear(table, terms), _criterion_procedure(Catalogue(table.k, [terms]), "aic"), 0


def _stepwise_procedure(k: int, threshold: float) -> Reestimate:
    def again(rows: Floats) -> tuple[Floats, Integers]:
        codes = np.zeros(len(rows), dtype=np.int64)
        hidden = np.zeros(len(rows))
        repeat_stepwise(rows, main_effects(k), pairs(k), threshold, codes, hidden)
        return np.asarray(np.where(codes == 0, rows.sum(axis=1) + hidden, np.inf))[:, None], codes

    return again


def _downhill_procedure(k: int, order: int) -> Reestimate:
    def again(rows: Floats) -> tuple[Floats, Integers]:
        hidden = np.array([downhill_terms(row, k, "bic", order)[1] for row in rows])
        return (rows.sum(axis=1) + hidden)[:, None], np.zeros(len(rows), dtype=np.int64)

    return again


def _criterion_procedure(ranked: Catalogue, criterion: str) -> Reestimate:
    def again(rows: Floats) -> tuple[Floats, Integers]:
        hidden = np.empty((len(rows), len(ranked)))
        chosen = np.empty((len(rows), len(ranked)), dtype=np.int64)
        people = rows.sum(axis=1)
        penalties = penalties_of(criterion, np.diff(ranked.starts), float(people[0]))
        repeat_selection(rows, ranked.terms, ranked.starts, penalties, hidden, chosen)
        return people[:, None] + hidden, chosen[:, -1]

    return again
