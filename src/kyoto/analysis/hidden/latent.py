"""Latent classes: people fall into groups that differ in how easily each list finds them.

Within a group the lists are independent, and a Dirichlet process decides how many groups there are. The posterior can
have several modes, and one chain may stay in one of them and look settled. So many chains are run from different
starts, and where they disagree there is no estimate.

Source: Manrique-Vallier, D. (2016), Biometrics 72, 1246-1254 (model, prior and Gibbs sampler; truncated stick breaking
with a gamma prior on the concentration, uniform priors on the chances of being listed, prior 1/N on the population).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from kyoto.analysis.hidden.arrays import Floats
from kyoto.analysis.hidden.chains import ENOUGH_DRAWS, LARGEST_R_HAT, effective_size, r_hat
from kyoto.analysis.hidden.compiled import in_threads
from kyoto.analysis.hidden.latent_kernel import latent_chain
from kyoto.analysis.hidden.model import CaptureTable, members
from kyoto.analysis.hidden.result import PopulationEstimate, refused, settled

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = ["ChainPosterior", "latent_classes", "posterior_estimate"]


@dataclass(frozen=True, slots=True, eq=False)
class ChainPosterior:
    """Posterior of the population from several Markov chains.

    Parameters
    ----------
    population
        Posterior median and interval, or a refusal.
    draws
        Population, chains by draws.
    r_hat, effective
        Agreement of the chains and effective number of draws, both on the logarithm of the unobserved.
    """

    population: PopulationEstimate
    draws: Floats
    r_hat: float
    effective: float

    def tidy(self) -> pd.DataFrame:
        """One row, with ``r_hat`` and ``effective``."""
        return self.population.tidy().assign(r_hat=self.r_hat, effective=self.effective)

    def by_chain(self) -> pd.DataFrame:
        """Median and 95% limits of each chain: where they differ, so does what the chains found."""
        import pandas as pd

        limits = np.quantile(self.draws, [0.025, 0.5, 0.975], axis=1)
        return pd.DataFrame(
            {"chain": range(1, len(self.draws) + 1), "lower": limits[0], "median": limits[1], "upper": limits[2]}
        )

    def summary(self) -> str:
        """Estimate and agreement of the chains."""
        return (
            f"{self.population.summary()}\n{len(self.draws)} chains of {self.draws.shape[1]} draws: "
            f"R-hat {self.r_hat:.3f}, effective size {self.effective:.0f}."
        )

    def plot(self) -> altair.LayerChart:
        """Histogram of the draws."""
        from kyoto.analysis.hidden.charts import draws_chart

        return draws_chart(self.draws.ravel(), self.population, "Posterior draws")


def latent_classes(
    table: CaptureTable,
    *,
    classes: int = 10,
    shape: float = 0.25,
    rate: float = 0.25,
    chains: int = 8,
    draws: int = 2000,
    burn: int = 10_000,
    thin: int = 25,
    longer: int = 1,
    seed: int = 1,
    level: float = 0.95,
) -> ChainPosterior:
    """Latent class estimate by a truncated Dirichlet process.

    Parameters
    ----------
    table
        The lists.
    classes
        Largest number of classes.
    shape, rate
        Gamma prior of the concentration.
    chains, draws, burn, thin
        Chains, kept draws of each, iterations before the first and per draw.
    longer
        Where the chains disagree, they are run once more, this many times longer; 1, the default, refuses at once.
    seed
        Seed; each chain has its own stream.
    level
        Credibility.

    Returns
    -------
    ChainPosterior
        Without an estimate where R-hat exceeds 1.05 or the effective size is below 400.
    """
    if table.k < 3:
        nothing = np.zeros((chains, 0))
        note = "Two lists cannot tell classes of people from chance; at least three are needed."
        found = refused("latent", f"{classes} classes", table.observed, "too-few-lists", note)
        return ChainPosterior(found, nothing, np.nan, 0.0)
    label = f"up to {classes} classes"
    setting = _Setting(classes, shape, rate, burn, thin)
    result = posterior_estimate("latent", label, table.observed, _hidden(table, setting, chains, draws, seed), level)
    if result.population.verdict == "chains-disagree" and longer > 1:
        setting = _Setting(classes, shape, rate, burn * longer, thin * longer)
        hidden = _hidden(table, setting, chains, draws, seed)
        result = posterior_estimate("latent", label, table.observed, hidden, level)
    return result


@dataclass(frozen=True, slots=True)
class _Setting:
    classes: int
    shape: float
    rate: float
    burn: int
    thin: int


def _hidden(table: CaptureTable, setting: _Setting, chains: int, draws: int, seed: int) -> Floats:
    """Unobserved people, chains by draws."""
    masks = [0, *np.flatnonzero(table.counts).tolist()]
    patterns = np.zeros((len(masks), table.k))
    for row, mask in enumerate(masks):
        patterns[row, list(members(mask))] = 1.0
    counts = table.counts[masks].astype(np.int64)

    def run(stream: np.random.SeedSequence) -> Floats:
        kept = np.empty(draws)
        latent_chain(
            np.random.default_rng(stream),
            patterns,
            counts.copy(),
            setting.classes,
            setting.shape,
            setting.rate,
            setting.burn,
            setting.thin,
            kept,
        )
        return kept

    return np.array(in_threads(run, np.random.SeedSequence(seed).spawn(chains)))


def posterior_estimate(method: str, model: str, observed: int, hidden: Floats, level: float) -> ChainPosterior:
    """Estimate from chains of the number of unobserved people, refused where they do not agree.

    Parameters
    ----------
    method, model
        Labels.
    observed
        People on at least one list.
    hidden
        Unobserved people, chains by draws.
    level
        Credibility of the equal-tailed interval.
    """
    logarithm = np.log(hidden + 0.5)
    agreement, effective = r_hat(logarithm), effective_size(logarithm)
    population = observed + hidden
    tails = (0.5 - level / 2.0, 0.5, 0.5 + level / 2.0)
    lower, median, upper = (float(limit) for limit in np.quantile(population, tails))
    details = {"r_hat": agreement, "effective": effective}
    found = PopulationEstimate(
        method,
        model,
        observed,
        median,
        lower,
        upper,
        std_error=float(population.std(ddof=1)),
        level=level,
        interval="posterior",
        details=details,
    )
    if not agreement <= LARGEST_R_HAT or effective < ENOUGH_DRAWS:
        reach = f"{np.median(population, axis=1).min():,.0f} to {np.median(population, axis=1).max():,.0f}"
        note = (
            f"The chains do not agree: R-hat {agreement:.2f} (at most {LARGEST_R_HAT}), effective size {effective:.0f} "
            f"(at least {ENOUGH_DRAWS:.0f}); their medians reach from {reach}. Run longer, or distrust the model."
        )
        found = replace(refused(method, model, observed, "chains-disagree", note), details=details)
    return ChainPosterior(settled(found), population, agreement, effective)
