"""Lists that hold people who do not belong, and links that were missed or false: carried into the interval.

*Over-counting.* A list may hold people outside the population (a client list with occasional users on it). Those of
them who are on that list alone are then an upper bound and not a count. *Linkage error.* A missed link turns one
person into two; a false link turns two into one. Given rates of both, with their uncertainty, the counts are put back
before the estimate is made, in every bootstrap sample.

Sources: King, R. et al. (2013) and Overstall et al. (2014), Journal of the Royal Statistical Society A 177 and C 63
(one-sided lists, there by data augmentation, here by an EM algorithm); Ding, Y. and Fienberg, S. E. (1994), Survey
Methodology 20, 149-158 (linkage error with two lists; here any number).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kyoto.analysis.hidden.arrays import Booleans, Floats, Integers
from kyoto.analysis.hidden.bootstrap import resample
from kyoto.analysis.hidden.faces import existence_code, split_model
from kyoto.analysis.hidden.hierarchy import format_model, parse_model
from kyoto.analysis.hidden.kernels import fit_poisson
from kyoto.analysis.hidden.model import CaptureTable, members
from kyoto.analysis.hidden.result import PopulationEstimate, refused, settled
from kyoto.analysis.hidden.searching import stepwise_terms
from kyoto.core.errors import KyotoError

__all__ = ["LinkageError", "correct_links", "estimate_overcounting", "estimate_with_linkage_error"]


def estimate_overcounting(
    table: CaptureTable,
    lists: Sequence[str],
    model: str = "main",
    *,
    replicates: int = 500,
    seed: int = 1,
    level: float = 0.95,
) -> PopulationEstimate:
    """Log-linear estimate where people seen by certain lists alone are an upper bound.

    Parameters
    ----------
    table
        The lists.
    lists
        Names of the lists that over-count. Histories of these lists alone are bounded above by their counts.
    model
        Notation.
    replicates, seed
        Bootstrap samples for the interval (percentiles), and seed.
    level
        Confidence.

    Returns
    -------
    PopulationEstimate
        ``observed`` counts only people seen by another list too; ``details`` holds ``true_only``, the estimated number
        of people among those seen by the over-counting lists alone who belong.
    """
    unknown = [name for name in lists if name not in table.lists]
    if unknown or not lists:
        raise KyotoError("No such list", code="hidden.wrong-column", got=", ".join(unknown), expected=str(table.lists))
    suspect = sum(1 << table.lists.index(name) for name in lists)
    terms = parse_model(model, table)
    bounded = np.array([mask != 0 and mask & ~suspect == 0 for mask in range(table.counts.size)])
    certain = round(float(table.counts[~bounded].sum()))
    point, true_only = _em(table.counts, terms, bounded)
    name = f"{format_model(terms)} with {', '.join(lists)} over-counting"
    if not math.isfinite(point):
        return refused("loglinear", name, certain, "no-mle", "The model has no estimate on these lists.")
    values = np.array([_em(sample, terms, bounded)[0] for sample in resample(table, replicates, seed)])
    lower, upper = (float(limit) for limit in np.quantile(values, (0.5 - level / 2.0, 0.5 + level / 2.0)))
    if not math.isfinite(upper):
        return refused("loglinear", name, certain, "unstable", "Too many bootstrap samples have no estimate.")
    found = PopulationEstimate(
        "loglinear",
        name,
        certain,
        point,
        lower,
        upper,
        std_error=float(values[np.isfinite(values)].std(ddof=1)),
        level=level,
        interval="bootstrap",
        details={"true_only": true_only},
    )
    return settled(found)


def _em(counts: Floats, terms: Integers, bounded: Booleans) -> tuple[float, float]:
    """Population, and the people among the bounded histories who belong; infinite where there is no estimate."""
    imputed = counts.copy()
    cells = np.empty(counts.size, dtype=np.bool_)
    means = np.empty(counts.size)
    before = math.nan
    for _ in range(500):
        finite = split_model(imputed, terms, cells)
        if existence_code(imputed, finite, cells):
            return math.inf, math.nan
        alpha, factor = np.empty(finite.size), np.empty((finite.size, finite.size))
        if not math.isfinite(fit_poisson(imputed, finite, cells, alpha, means, factor)):
            return math.inf, math.nan
        imputed = np.where(bounded, truncated_mean(means, counts), counts)
        total = float(imputed.sum()) + math.exp(alpha[0])
        if abs(total - before) < 1e-7 * total:
            break
        before = total
    return total, float(imputed[bounded].sum())


def truncated_mean(means: Floats, bounds: Floats) -> Floats:
    """Mean of Poisson variables given that each is at most its bound.

    Examples
    --------
    >>> truncated_mean(np.array([2.0, 2.0]), np.array([1.0, 100.0])).round(4).tolist()
    [0.6667, 2.0]
    """
    from scipy.special import gammaincc

    at_most = gammaincc(bounds + 1.0, np.maximum(means, 1e-300))
    below = np.where(bounds > 0, gammaincc(np.maximum(bounds, 1e-9), np.maximum(means, 1e-300)), 0.0)
    usable = at_most > 1e-290
    ratio = np.where(usable, below / np.where(usable, at_most, 1.0), 1.0)
    return np.asarray(np.where(usable, np.minimum(means * ratio, bounds), bounds))


@dataclass(frozen=True, slots=True)
class LinkageError:
    """Rates of linkage error and how well they are known.

    Parameters
    ----------
    missed
        Chance that a person on several lists was split: one of the lists was not linked to the rest.
    false
        Share of the linked records of several lists that join two people.
    missed_sample, false_sample
        Number of clerically reviewed pairs behind each rate; the smaller, the wider the interval.
    """

    missed: float = 0.0
    false: float = 0.0
    missed_sample: int = 1000
    false_sample: int = 1000

    def __post_init__(self) -> None:
        for name in ("missed", "false"):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise KyotoError(
                    "Not a rate", code="hidden.wrong-rate", got=f"{name} = {getattr(self, name)}", expected="0 to 1"
                )

    def draw(self, generator: np.random.Generator) -> tuple[float, float]:
        """Rates drawn around the given ones (beta, Jeffreys)."""
        drawn = []
        for rate, sample in ((self.missed, self.missed_sample), (self.false, self.false_sample)):
            drawn.append(generator.beta(rate * sample + 0.5, (1.0 - rate) * sample + 0.5) if rate > 0 else 0.0)
        return drawn[0], drawn[1]


def correct_links(counts: Floats, missed: float, false: float) -> Floats:
    """Counts that the lists would show without linkage error, in expectation.

    Parameters
    ----------
    counts
        Counts by history.
    missed, false
        Rates, as in :class:`LinkageError`. A missed link is taken to split off one list, each with the same chance.

    Returns
    -------
    numpy.ndarray
        Corrected counts, not below zero.

    Examples
    --------
    100 people on both lists, of whom 10 were split:

    >>> correct_links(np.array([0.0, 60.0, 30.0, 90.0]), missed=0.1, false=0.0).round(6).tolist()
    [0.0, 50.0, 20.0, 100.0]
    """
    found = counts.astype(float).copy()
    order = sorted(range(1, counts.size), key=lambda mask: -mask.bit_count())
    for mask in order:
        if mask.bit_count() >= 2 and false > 0.0:
            _move(found, mask, -found[mask] * false, +1.0)
    for mask in order:
        if mask.bit_count() >= 2 and missed > 0.0:
            whole = found[mask] / (1.0 - missed)
            _move(found, mask, whole - found[mask], -1.0)
    return np.asarray(np.maximum(found, 0.0))


def _move(counts: Floats, mask: int, change: float, direction: float) -> None:
    """Add ``change`` people to a history and take their two parts from (or give them to) the smaller ones."""
    counts[mask] += change
    size = mask.bit_count()
    if size == 2:
        for index in members(mask):
            counts[1 << index] += direction * abs(change)
        return
    for index in members(mask):
        counts[1 << index] += direction * abs(change) / size
        counts[mask ^ (1 << index)] += direction * abs(change) / size


def estimate_with_linkage_error(
    table: CaptureTable,
    errors: LinkageError,
    *,
    model: str | None = None,
    threshold: float = 0.02,
    replicates: int = 1000,
    seed: int = 1,
    level: float = 0.95,
) -> PopulationEstimate:
    """Log-linear estimate with the links put right, and with their uncertainty in the interval.

    Parameters
    ----------
    table
        Lists as linked.
    errors
        Rates of linkage error.
    model
        Notation; by default stepwise selection, repeated in every replicate.
    threshold
        P-value of the stepwise selection.
    replicates, seed
        Bootstrap samples, each with its own draw of the rates; seed.
    level
        Confidence of the percentile interval.
    """
    fixed = parse_model(model, table) if model else None
    point, terms = _refit(table.k, correct_links(table.counts, errors.missed, errors.false), fixed, threshold)
    name = f"{format_model(terms)} with linkage error"
    if not math.isfinite(point):
        return refused("loglinear", name, table.observed, "no-mle", "The corrected lists have no estimate.")
    generator = np.random.default_rng([seed, 1])
    samples = resample(table, replicates, seed)
    corrected = [correct_links(sample, *errors.draw(generator)) for sample in samples]
    drawn = np.array([_refit(table.k, counts, fixed, threshold)[0] for counts in corrected])
    lower, upper = (float(limit) for limit in np.quantile(drawn, (0.5 - level / 2.0, 0.5 + level / 2.0)))
    if not math.isfinite(upper):
        return refused("loglinear", name, table.observed, "unstable", "Too many bootstrap samples have no estimate.")
    spread = float(drawn[np.isfinite(drawn)].std(ddof=1))
    found = PopulationEstimate(
        "loglinear", name, table.observed, point, lower, upper, std_error=spread, level=level, interval="bootstrap"
    )
    return settled(found)


def _refit(k: int, counts: Floats, fixed: Integers | None, threshold: float) -> tuple[float, Integers]:
    from kyoto.analysis.hidden.hierarchy import main_effects, pairs
    from kyoto.analysis.hidden.searching import fit_one

    if fixed is not None:
        code, hidden, _ = fit_one(counts, fixed, np.empty(counts.size))
        return (float(counts.sum()) + hidden if code == 0 else math.inf), fixed
    candidates = pairs(k)
    included = np.zeros(candidates.size, dtype=np.bool_)
    code, hidden = stepwise_terms(counts, main_effects(k), candidates, threshold, included)
    terms = np.concatenate([main_effects(k), candidates[included]])
    return (float(counts.sum()) + hidden if code == 0 else math.inf), terms
