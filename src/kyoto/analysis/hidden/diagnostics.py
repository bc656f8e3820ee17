"""What would change the estimate: lists, people, models, and chance."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from kyoto.analysis.hidden.arrays import Floats
from kyoto.analysis.hidden.bootstrap import Bootstrap, bootstrap_population
from kyoto.analysis.hidden.estimate import estimate_population
from kyoto.analysis.hidden.hierarchy import main_effects
from kyoto.analysis.hidden.kernels import fit_poisson
from kyoto.analysis.hidden.loglinear import LogLinearFit, fit_loglinear
from kyoto.analysis.hidden.model import CaptureTable
from kyoto.analysis.hidden.options import Options
from kyoto.analysis.hidden.result import EstimateTable
from kyoto.core.errors import KyotoError

__all__ = [
    "Coverage",
    "GoodnessOfFit",
    "expected_precision",
    "goodness_of_fit",
    "influence",
    "leave_one_list_out",
    "lists_needed",
    "merge_lists",
    "rank_stability",
    "simulate_coverage",
]


def leave_one_list_out(table: CaptureTable, options: Options | None = None) -> EstimateTable:
    """Estimate without each list in turn; the list left out is in ``strata`` under ``without``.

    Parameters
    ----------
    table
        At least three lists.
    options
        How to estimate; without replicates the intervals are conditional on the model and quick.
    """
    chosen = options or Options(replicates=0)
    found = []
    for index, name in enumerate(table.lists):
        if table.k > 2:
            found.append(estimate_population(table.without(index), chosen).in_stratum({"without": name}))
    return EstimateTable(tuple(found))


def merge_lists(table: CaptureTable, options: Options | None = None) -> EstimateTable:
    """Estimate with each pair of lists merged into one; the pair is in ``strata`` under ``merged``."""
    chosen = options or Options(replicates=0)
    found = []
    for first, second in itertools.combinations(range(table.k), 2):
        if table.k < 3:
            break
        name = f"{table.lists[first]}+{table.lists[second]}"
        groups: list[tuple[str, tuple[int, ...]]] = [(name, (first, second))]
        groups += [(other, (at,)) for at, other in enumerate(table.lists) if at not in {first, second}]
        found.append(estimate_population(table.merged(groups), chosen).in_stratum({"merged": name}))
    return EstimateTable(tuple(found))


@dataclass(frozen=True, slots=True)
class GoodnessOfFit:
    """How well a model fits the observable histories.

    Parameters
    ----------
    deviance, pearson, residual_df
        Statistics and degrees of freedom.
    p_asymptotic
        Chance of a deviance as large by the chi-squared distribution; rough where cells are small.
    p_bootstrap
        The same by tables simulated from the fitted model.
    residuals
        One row a history: ``history``, ``observed``, ``fitted``, ``residual`` (Pearson's).
    """

    deviance: float
    pearson: float
    residual_df: int
    p_asymptotic: float
    p_bootstrap: float
    residuals: pd.DataFrame


def goodness_of_fit(table: CaptureTable, model: str = "main", *, replicates: int = 999, seed: int = 1) -> GoodnessOfFit:
    """Deviance and Pearson statistic of a model, with p-values by theory and by simulation.

    Raises
    ------
    KyotoError
        ``hidden.no-model``: the model has no estimate.
    """
    from scipy.special import chdtrc

    fit = _needed_fit(table, model)
    means = fit.means.copy()
    means[0] = 0.0
    seen = means > 0
    residual = np.zeros(means.size)
    residual[seen] = (table.counts[seen] - means[seen]) / np.sqrt(means[seen])
    samples = np.random.default_rng(seed).poisson(means, size=(replicates, means.size)).astype(float)
    simulated = np.array([fit_loglinear_deviance(table.with_counts(sample), model) for sample in samples])
    beyond = int((simulated >= fit.deviance - 1e-9).sum())
    histories = np.flatnonzero(np.arange(means.size) > 0)
    frame = pd.DataFrame(
        {
            "history": [table.name_of(int(mask)) for mask in histories],
            "observed": table.counts[histories],
            "fitted": means[histories],
            "residual": residual[histories],
        }
    )
    return GoodnessOfFit(
        deviance=fit.deviance,
        pearson=float((residual**2).sum()),
        residual_df=fit.residual_df,
        p_asymptotic=float(chdtrc(fit.residual_df, fit.deviance)) if fit.residual_df else 1.0,
        p_bootstrap=(beyond + 1.0) / (replicates + 1.0),
        residuals=frame.sort_values("residual", key=np.abs, ascending=False, ignore_index=True),
    )


def fit_loglinear_deviance(table: CaptureTable, model: str) -> float:
    """Deviance of a refit to simulated counts; 0 where they have no estimate (it fits at the boundary)."""
    from kyoto.analysis.hidden.faces import existence_code, split_model
    from kyoto.analysis.hidden.hierarchy import parse_model

    cells = np.empty(table.counts.size, dtype=np.bool_)
    finite = split_model(table.counts, parse_model(model, table), cells)
    if existence_code(table.counts, finite, cells):
        return 0.0
    alpha, means = np.empty(finite.size), np.empty(table.counts.size)
    fit_poisson(table.counts, finite, cells, alpha, means, np.empty((finite.size, finite.size)))
    positive = table.counts > 0
    observed = table.counts[positive]
    return float(2.0 * (observed * np.log(observed / means[positive])).sum() + 2.0 * (means[1:].sum() - observed.sum()))


def _needed_fit(table: CaptureTable, model: str) -> LogLinearFit:
    fit = fit_loglinear(table, model)
    if fit.population.estimate is None and not fit.verdict.exists:
        raise KyotoError("The model has no estimate", code="hidden.no-model", got=fit.verdict.word)
    return fit


def influence(table: CaptureTable, options: Options | None = None) -> pd.DataFrame:
    """How much one person of each history moves the estimate.

    Returns
    -------
    pandas.DataFrame
        ``history``, ``people``, ``estimate`` without one of them (None where there is none), ``change``; largest first.
    """
    chosen = replace(options or Options(), replicates=0)
    whole = estimate_population(table, chosen).estimate
    rows = []
    for mask in np.flatnonzero(table.counts):
        counts = table.counts.copy()
        counts[mask] -= 1.0
        without = estimate_population(table.with_counts(counts), chosen).estimate
        change = without - whole if without is not None and whole is not None else math.nan
        rows.append(
            {
                "history": table.name_of(int(mask)),
                "people": int(table.counts[mask]),
                "estimate": without,
                "change": change,
            }
        )
    return pd.DataFrame(rows).sort_values("change", key=np.abs, ascending=False, ignore_index=True)


def rank_stability(boot: Bootstrap, ranks: tuple[int, ...] = (1, 5, 10, 50, 100)) -> pd.DataFrame:
    """How often the model that a bootstrap sample chose was among the best of the original data.

    Parameters
    ----------
    boot
        Bootstrap with a criterion (with ``top`` as large as wished).
    ranks
        Ranks on the original data.

    Returns
    -------
    pandas.DataFrame
        ``rank``, ``share`` (Silverman, Chan and Vincent 2024, table 4, divided by the number of samples).
    """
    if not boot.shares.size:
        raise KyotoError(
            "No ranking to judge", code="hidden.unknown-selection", expected="a bootstrap with aic, aicc or bic"
        )
    cumulative = np.cumsum(boot.shares)
    return pd.DataFrame({"rank": ranks, "share": [float(cumulative[min(rank, cumulative.size) - 1]) for rank in ranks]})


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often the interval contains the truth when the fitted model is the truth.

    Parameters
    ----------
    truth
        Population that was simulated.
    share
        Share of the intervals that contain it.
    std_error
        Of that share.
    refused
        Samples without an estimate.
    bias, rmse
        Of the estimates.
    """

    truth: float
    share: float
    std_error: float
    refused: int
    bias: float
    rmse: float


def simulate_coverage(
    table: CaptureTable,
    model: str = "main",
    options: Options | None = None,
    *,
    datasets: int = 200,
    seed: int = 1,
) -> Coverage:
    """Coverage of the whole procedure on tables simulated from a fitted model.

    Parameters
    ----------
    table, model
        The population, unobserved included, is the fit of this model to this table.
    options
        Procedure whose intervals are judged.
    datasets, seed
        Number of simulated tables and seed.
    """
    chosen = options or Options(replicates=0)
    fit = _needed_fit(table, model)
    truth = round(table.observed + fit.hidden)
    generator = np.random.default_rng(seed)
    samples = generator.multinomial(truth, fit.means / fit.means.sum(), size=datasets).astype(float)
    samples[:, 0] = 0.0
    found = [estimate_population(table.with_counts(sample), chosen) for sample in samples]
    kept = [estimate for estimate in found if estimate.estimate is not None]
    inside = [estimate.lower <= truth <= estimate.upper for estimate in kept if estimate.lower is not None]  # type: ignore[operator]
    errors: Floats = np.array([estimate.estimate - truth for estimate in kept if estimate.estimate is not None])
    share = float(np.mean(inside)) if inside else math.nan
    return Coverage(
        truth=float(truth),
        share=share,
        std_error=math.sqrt(share * (1.0 - share) / len(inside)) if inside else math.nan,
        refused=datasets - len(kept),
        bias=float(errors.mean()) if errors.size else math.nan,
        rmse=float(np.sqrt((errors**2).mean())) if errors.size else math.nan,
    )


def expected_precision(population: float, chances: tuple[float, ...], *, level: float = 0.95) -> float:
    """Half-width of the interval relative to the population, before any data, for independent lists.

    Parameters
    ----------
    population
        Guess of the population.
    chances
        Share of the population on each list.
    level
        Confidence.

    Returns
    -------
    float
        For example 0.2 for plus or minus 20%. Infinite where no overlap can be expected.

    Notes
    -----
    The expected information of the Poisson log-linear model with main effects; dependence that must be modelled costs
    more, so read it as the best case.

    Examples
    --------
    >>> round(expected_precision(10_000, (0.1, 0.1, 0.1)), 3), round(expected_precision(10_000, (0.05, 0.05, 0.05)), 3)
    (0.1, 0.213)
    """
    from scipy.special import ndtri

    if len(chances) < 2 or not all(0.0 < chance < 1.0 for chance in chances):
        raise KyotoError(
            "Not a plan", code="hidden.wrong-plan", got=str(chances), expected="two or more shares between 0 and 1"
        )
    k = len(chances)
    expected = np.full(1 << k, float(population))
    for index, chance in enumerate(chances):
        on = (np.arange(1 << k) >> index & 1).astype(bool)
        expected *= np.where(on, chance, 1.0 - chance)
    hidden = float(expected[0])
    expected[0] = 0.0
    cells = np.ones(1 << k, dtype=np.bool_)
    cells[0] = False
    factor = np.empty((k + 1, k + 1))
    fit_poisson(expected, main_effects(k), cells, np.empty(k + 1), np.empty(1 << k), factor)
    first = np.linalg.solve(np.tril(factor), np.eye(k + 1)[0])
    spread = hidden * math.sqrt(float(first @ first) + 1.0 / max(hidden, 1e-12))
    return float(ndtri(0.5 + level / 2.0)) * spread / population


def lists_needed(
    population: float, chance: float, target: float, *, level: float = 0.95, most: int = 12
) -> pd.DataFrame:
    """How precise 2, 3, ... lists that each hold a share of the population would be.

    Parameters
    ----------
    population, chance
        Guess of the population, and share of it on each list.
    target
        Wanted half-width relative to the population.
    level
        Confidence.
    most
        Largest number of lists tried.

    Returns
    -------
    pandas.DataFrame
        ``lists``, ``on_each``, ``on_two`` (expected overlap of a pair), ``precision``, ``enough``; ends at the first
        number of lists that is enough.
    """
    rows = []
    for lists in range(2, most + 1):
        precision = expected_precision(population, (chance,) * lists, level=level)
        rows.append(
            {
                "lists": lists,
                "on_each": population * chance,
                "on_two": population * chance * chance,
                "precision": precision,
                "enough": precision <= target,
            }
        )
        if precision <= target:
            break
    return pd.DataFrame(rows)


def bootstrap_ranks(
    table: CaptureTable, *, order: int | None = None, replicates: int = 1000, seed: int = 1
) -> pd.DataFrame:
    """Table 4 of Silverman, Chan and Vincent (2024) for these lists: BIC, all models admitted."""
    boot = bootstrap_population(table, "bic", order=order, top=10**6, replicates=replicates, seed=seed)
    return rank_stability(boot)
