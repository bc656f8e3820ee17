"""Bayesian log-linear models: thresholding of shrunken interactions, and averaging over all of them.

Sources: Silverman, B. W. (2020), Journal of the Royal Statistical Society A 183, 691-736, section 6 (thresholding);
Overstall, A. M. and King, R. (2014), Journal of Statistical Software 58(7), section 2 (averaging, with the generalised
hyper-g prior of Sabanés Bové and Held 2011).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kyoto.analysis.hidden.arrays import Booleans, Floats, Integers
from kyoto.analysis.hidden.bayes_kernel import laplace_catalogue, posterior_mode, random_walk
from kyoto.analysis.hidden.compiled import in_threads
from kyoto.analysis.hidden.existence import check_model
from kyoto.analysis.hidden.faces import split_model
from kyoto.analysis.hidden.hierarchy import catalogue, format_model, main_effects, pairs, terms_of
from kyoto.analysis.hidden.latent import ChainPosterior, posterior_estimate
from kyoto.analysis.hidden.model import CaptureTable
from kyoto.analysis.hidden.result import PopulationEstimate, settled
from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = ["ShrinkageAverage", "ThresholdedPosterior", "average_shrinkage", "bayesian_threshold"]


@dataclass(frozen=True, slots=True, eq=False)
class ThresholdedPosterior:
    """Bayesian thresholding.

    Parameters
    ----------
    chains
        Posterior of the population under the retained interactions.
    statistics
        For each interaction considered, the absolute posterior mean over the posterior standard deviation.
    retained
        Interactions kept.
    minus_infinity
        With flat priors: interactions whose posterior sits at minus infinity (kept in the model).
    """

    chains: ChainPosterior
    statistics: Mapping[str, float]
    retained: tuple[str, ...]
    minus_infinity: tuple[str, ...]

    @property
    def population(self) -> PopulationEstimate:
        """Posterior median and interval."""
        return self.chains.population

    def tidy(self) -> pd.DataFrame:
        """The population, one row."""
        return self.chains.tidy()

    def summary(self) -> str:
        """Estimate, chains and interactions."""
        kept = ", ".join(self.retained) or "none"
        return f"{self.chains.summary()}\nInteractions kept: {kept}."

    def plot(self) -> altair.LayerChart:
        """Histogram of the draws."""
        return self.chains.plot()


@dataclass(frozen=True, slots=True)
class _Sampling:
    variance: float
    chains: int
    draws: int
    burn: int
    thin: int
    seed: int


def bayesian_threshold(
    table: CaptureTable,
    *,
    variance: float | None = 1.0,
    threshold: float = 2.0,
    order: int = 2,
    chains: int = 4,
    draws: int = 4000,
    burn: int = 2000,
    thin: int = 10,
    seed: int = 1,
    level: float = 0.95,
) -> ThresholdedPosterior:
    """Fit all interactions, keep those that stand out from zero, fit again.

    Parameters
    ----------
    table
        The lists.
    variance
        Prior variance of each interaction; None for flat priors, under which the model must pass the existence tests.
    threshold
        Interactions whose absolute posterior mean is below this many posterior standard deviations are dropped.
    order
        2, or 3 to consider interactions of three lists whose three pairs were kept.
    chains, draws, burn, thin, seed
        Random walks: number, kept draws each, iterations before the first and per draw, seed.
    level
        Credibility.

    Raises
    ------
    KyotoError
        ``hidden.no-model``: with flat priors the model of all pairs has no estimate.
    """
    sampling = _Sampling(math.inf if variance is None else variance, chains, draws, burn, thin, seed)
    everything = terms_of((int(pair) for pair in pairs(table.k)), table.k)
    if variance is None and not check_model(table, everything).exists:
        raise KyotoError(
            "Flat priors need a model that has an estimate",
            code="hidden.no-model",
            got=check_model(table, everything).word,
            hint="Use a proper prior (the default), or look at 'kyoto hidden check'.",
        )
    statistics, kept, gone = _screen(table, everything, pairs(table.k), sampling, threshold)
    terms = np.concatenate([main_effects(table.k), kept])
    eligible = _eligible_triples(kept, table.k) if order >= 3 else np.zeros(0, dtype=np.int64)
    if eligible.size and (variance is not None or check_model(table, np.concatenate([terms, eligible])).exists):
        more, triples, lost = _screen(table, np.concatenate([terms, eligible]), eligible, sampling, threshold)
        statistics, gone = statistics | more, [*gone, *lost]
        terms = np.concatenate([terms, triples])
    hidden = np.exp(_walk(table, terms, sampling)[0][:, :, 0])
    found = posterior_estimate("bayes", f"threshold {format_model(terms)}", table.observed, hidden, level)
    finite = [int(term) for term in terms if int(term).bit_count() > 1 and int(term) not in gone]
    return ThresholdedPosterior(
        found, statistics, tuple(table.name_of(term) for term in finite), tuple(table.name_of(mask) for mask in gone)
    )


def _eligible_triples(kept: Integers, k: int) -> Integers:
    present = set(kept.tolist())
    triples = [
        sum(1 << list_ for list_ in lists)
        for lists in itertools.combinations(range(k), 3)
        if all((1 << first) | (1 << second) in present for first, second in itertools.combinations(lists, 2))
    ]
    return np.array(triples, dtype=np.int64)


def _screen(
    table: CaptureTable, terms: Integers, candidates: Integers, sampling: _Sampling, threshold: float
) -> tuple[dict[str, float], Integers, list[int]]:
    """Threshold statistics of the candidates, those kept, and those at minus infinity (kept too)."""
    draws, finite = _walk(table, terms, sampling)
    flat = draws.reshape(-1, draws.shape[-1])
    position = {int(term): index for index, term in enumerate(finite)}
    statistics: dict[str, float] = {}
    kept: list[int] = []
    gone: list[int] = []
    for candidate in candidates.tolist():
        if candidate not in position:
            kept.append(candidate)
            gone.append(candidate)
            continue
        values = flat[:, position[candidate]]
        ratio = float(abs(values.mean()) / values.std(ddof=1))
        statistics[table.name_of(candidate)] = ratio
        if ratio >= threshold:
            kept.append(candidate)
    return statistics, np.array(kept, dtype=np.int64), gone


def _walk(table: CaptureTable, terms: Integers, sampling: _Sampling) -> tuple[Floats, Integers]:
    """Draws of the parameters (chains by draws by parameters), and which parameters they are."""
    cells = np.ones(table.counts.size, dtype=np.bool_)
    cells[0] = False
    finite = terms
    if math.isinf(sampling.variance):
        finite = split_model(table.counts, terms, cells)
    interaction = np.array([int(term).bit_count() > 1 for term in finite])
    precision = np.where(interaction, 1.0 / sampling.variance, 0.0)
    mode = np.empty(finite.size)
    factor = np.empty((finite.size, finite.size))
    if not posterior_mode(table.counts, finite, cells, precision, mode, factor):
        raise KyotoError(
            "The posterior has no mode", code="hidden.no-model", hint="Look at 'kyoto hidden check' for empty lists."
        )
    return _run_chains(table.counts, finite, cells, precision, mode, factor, sampling), finite


def _run_chains(
    counts: Floats,
    finite: Integers,
    cells: Booleans,
    precision: Floats,
    mode: Floats,
    factor: Floats,
    sampling: _Sampling,
) -> Floats:
    def run(stream: np.random.SeedSequence) -> Floats:
        kept = np.empty((sampling.draws, finite.size))
        generator = np.random.default_rng(stream)
        random_walk(generator, counts, finite, cells, precision, mode, factor, sampling.burn, sampling.thin, kept)
        return kept

    return np.array(in_threads(run, np.random.SeedSequence(sampling.seed).spawn(sampling.chains)))


@dataclass(frozen=True, slots=True, eq=False)
class ShrinkageAverage:
    """Average over all models of pairs with a common, estimated shrinkage.

    Parameters
    ----------
    population
        Posterior median and interval.
    draws
        Draws of the population.
    models, weights
        Models and posterior probabilities, largest first.
    inclusion
        Posterior probability of each interaction.
    shrinkage
        Posterior median of the prior standard deviation of the effects.
    """

    population: PopulationEstimate
    draws: Floats
    models: tuple[str, ...]
    weights: Floats
    inclusion: Mapping[str, float]
    shrinkage: float

    def tidy(self, top: int | None = 20) -> pd.DataFrame:
        """Models by posterior probability."""
        import pandas as pd

        shown = self.models[:top]
        return pd.DataFrame({"model": shown, "weight": self.weights[: len(shown)]})

    def summary(self) -> str:
        """Posterior and the interactions behind it."""
        named = ", ".join(f"{name} {chance:.0%}" for name, chance in self.inclusion.items())
        return f"{self.population.summary()}\nProbability of each interaction: {named}."

    def plot(self) -> altair.LayerChart:
        """Histogram of the draws."""
        from kyoto.analysis.hidden.charts import draws_chart

        return draws_chart(self.draws, self.population, "Posterior draws")


def average_shrinkage(
    table: CaptureTable,
    *,
    shape: float = 1e-3,
    rate: float = 1e-3,
    draws: int = 40_000,
    seed: int = 1,
    level: float = 0.95,
) -> ShrinkageAverage:
    """Posterior averaged over all models of pairs, effects shrunk by a common variance that the data choose.

    Effects (coded +1/-1) are normal with variance ``v``; ``v`` is inverse gamma; the intercept is flat; all
    hierarchical models of pairs are alike a priori. Each model and each ``v`` of a grid is integrated by Laplace's
    method; draws of the unobserved mean come from the mixture, draws of the people are Poisson around it.

    Parameters
    ----------
    table
        The lists, at most six.
    shape, rate
        ``v`` is inverse gamma with ``shape / 2`` and ``rate / 2``.
    draws, seed
        Number of draws and seed.
    level
        Credibility.
    """
    models = catalogue(table.k, 2)
    logs = np.linspace(math.log(0.01), math.log(100.0), 49)
    variances = np.exp(logs)
    answers = np.zeros((len(models), variances.size, 3))

    def run(part: Integers) -> None:
        first, last = int(part[0]), int(part[-1]) + 1
        starts = models.starts[first : last + 1]
        laplace_catalogue(table.counts, models.terms, starts, variances, answers[first:last])

    in_threads(run, np.array_split(np.arange(len(models)), max(1, min(8, len(models) // 8))))
    prior = -(shape / 2.0) * logs - (rate / 2.0) / variances
    joint = answers[:, :, 0] + prior
    joint = np.exp(joint - joint.max())
    joint /= joint.sum()
    sampled = _mixture_draws(joint, answers, draws, seed) + table.observed
    return _average_result(table, joint, variances, sampled, level)


def _mixture_draws(joint: Floats, answers: Floats, draws: int, seed: int) -> Floats:
    generator = np.random.default_rng(seed)
    chosen = generator.choice(joint.size, size=draws, p=joint.ravel())
    mean = answers[:, :, 1].ravel()[chosen]
    spread = np.sqrt(answers[:, :, 2].ravel()[chosen])
    return generator.poisson(np.exp(np.minimum(generator.normal(mean, spread), 40.0))).astype(float)


def _average_result(
    table: CaptureTable, joint: Floats, variances: Floats, sampled: Floats, level: float
) -> ShrinkageAverage:
    models = catalogue(table.k, 2)
    weights = joint.sum(axis=1)
    order = np.argsort(-weights, kind="stable")
    inclusion = {
        table.name_of(int(pair)): float(
            sum(weights[index] for index in range(len(models)) if pair in models.model(index))
        )
        for pair in pairs(table.k)
    }
    tails = (0.5 - level / 2.0, 0.5, 0.5 + level / 2.0)
    lower, median, upper = (float(limit) for limit in np.quantile(sampled, tails))
    by_variance = joint.sum(axis=0)
    middle = int(np.searchsorted(np.cumsum(by_variance), 0.5))
    found = PopulationEstimate(
        "bayes",
        f"average of {len(models)} models",
        table.observed,
        median,
        lower,
        upper,
        std_error=float(sampled.std(ddof=1)),
        level=level,
        interval="posterior",
    )
    return ShrinkageAverage(
        population=settled(found),
        draws=sampled,
        models=tuple(format_model(models.model(int(index))) for index in order),
        weights=weights[order],
        inclusion=inclusion,
        shrinkage=float(np.sqrt(variances[middle])),
    )
