"""Model choice, compiled: stepwise by p-value for one table, and information criteria of many models for one table."""

from __future__ import annotations

import math

import numpy as np

from kyoto.analysis.hidden.arrays import Booleans, Floats, Integers
from kyoto.analysis.hidden.compiled import compiled
from kyoto.analysis.hidden.faces import existence_code, split_model
from kyoto.analysis.hidden.kernels import fit_poisson, superset_sums

__all__ = ["fit_catalogue", "fit_one", "log_poisson_tail", "stepwise_terms"]


@compiled
def log_poisson_tail(observed: float, mean: float) -> float:
    """Logarithm of the smaller one-sided Poisson tail probability of ``observed``, which counts itself in.

    Sums terms outward from ``observed`` until they no longer matter, so it does not underflow.
    """
    if mean <= 0.0:
        return 0.0 if observed <= 0.0 else -np.inf
    first = observed * math.log(mean) - mean - math.lgamma(observed + 1.0)
    total = 1.0
    ratio = 1.0
    if observed >= mean:
        count = observed
        while ratio > 1e-17 * total:
            count += 1.0
            ratio *= mean / count
            total += ratio
    else:
        count = observed
        while count > 0.0 and ratio > 1e-17 * total:
            ratio *= count / mean
            count -= 1.0
            total += ratio
    return min(0.0, first + math.log(total))


@compiled
def fit_one(counts: Floats, terms: Integers, means: Floats) -> tuple[int, float, float]:
    """Check and fit one model.

    Returns
    -------
    tuple
        Existence code; expected number of unobserved people (NaN unless the code is 0); log-likelihood without its
        constant.
    """
    cells = np.empty(counts.shape[0], dtype=np.bool_)
    finite = split_model(counts, terms, cells)
    code = existence_code(counts, finite, cells)
    if code != 0:
        return code, np.nan, np.nan
    alpha = np.empty(finite.shape[0])
    matrix = np.empty((finite.shape[0], finite.shape[0]))
    value = fit_poisson(counts, finite, cells, alpha, means, matrix)
    if np.isnan(value):
        return 4, np.nan, np.nan
    return 0, math.exp(alpha[0]), value


@compiled
def best_addition(
    totals: Floats, means: Floats, candidates: Integers, included: Booleans, barred: Booleans
) -> tuple[int, float]:
    """Candidate of smallest tail probability under the current fit, and the logarithm of that probability."""
    fitted = means.copy()
    fitted[0] = 0.0
    superset_sums(fitted)
    best = -1
    smallest = 0.0
    for index in range(candidates.shape[0]):
        if included[index] or barred[index]:
            continue
        tail = log_poisson_tail(totals[candidates[index]], fitted[candidates[index]])
        if best < 0 or tail < smallest:
            best = index
            smallest = tail
    return best, smallest


@compiled
def assemble(base: Integers, candidates: Integers, included: Booleans) -> Integers:
    """Parameters of the base model followed by the included candidates."""
    terms = np.empty(base.shape[0] + included.sum(), dtype=np.int64)
    terms[: base.shape[0]] = base
    filled = base.shape[0]
    for index in range(candidates.shape[0]):
        if included[index]:
            terms[filled] = candidates[index]
            filled += 1
    return terms


@compiled
def stepwise_terms(
    counts: Floats, base: Integers, candidates: Integers, threshold: float, included: Booleans
) -> tuple[int, float]:
    """Forward selection of two-list interactions (Chan, Silverman and Vincent 2021, section 3.2).

    From the main effects on, the pair whose total has the smallest one-sided Poisson tail probability under the
    current fit is added while that probability is below ``threshold`` and the larger model passes the existence
    tests. A pair that fails the tests is passed over at this step and may be tried again at the next.

    Parameters
    ----------
    counts
        Counts by history.
    base
        Intercept and main effects.
    candidates
        Masks of the pairs.
    threshold
        Largest p-value at which a pair enters.
    included
        Receives which pairs were chosen.

    Returns
    -------
    tuple
        Existence code and expected number of unobserved people of the chosen model.
    """
    included[:] = False
    totals = counts.copy()
    totals[0] = 0.0
    superset_sums(totals)
    means = np.empty(counts.shape[0])
    code, hidden, _ = fit_one(counts, base, means)
    trial_means = np.empty(counts.shape[0])
    barred = np.zeros(candidates.shape[0], dtype=np.bool_)
    while code == 0:
        best, tail = best_addition(totals, means, candidates, included, barred)
        if best < 0 or not tail < math.log(threshold):
            break
        included[best] = True
        trial, trial_hidden, _ = fit_one(counts, assemble(base, candidates, included), trial_means)
        if trial == 0:
            hidden = trial_hidden
            means[:] = trial_means
            barred[:] = False
        else:
            included[best] = False
            barred[best] = True
    return code, hidden


@compiled
def fit_catalogue(
    counts: Floats, terms: Integers, starts: Integers, codes: Integers, hidden: Floats, values: Floats
) -> None:
    """Check and fit every model of a catalogue on one table.

    Parameters
    ----------
    counts
        Counts by history.
    terms, starts
        Parameters of model ``i`` are ``terms[starts[i]:starts[i + 1]]``.
    codes, hidden, values
        Receive existence code, expected unobserved people and log-likelihood without its constant.
    """
    means = np.empty(counts.shape[0])
    for model in range(starts.shape[0] - 1):
        code, unseen, value = fit_one(counts, terms[starts[model] : starts[model + 1]], means)
        codes[model] = code
        hidden[model] = unseen
        values[model] = value


@compiled
def repeat_stepwise(
    samples: Floats, base: Integers, candidates: Integers, threshold: float, codes: Integers, hidden: Floats
) -> None:
    """Stepwise selection on each row of ``samples``; fills existence codes and expected unobserved people."""
    included = np.empty(candidates.shape[0], dtype=np.bool_)
    for row in range(samples.shape[0]):
        code, unseen = stepwise_terms(samples[row], base, candidates, threshold, included)
        codes[row] = code
        hidden[row] = unseen


@compiled
def repeat_selection(
    samples: Floats, terms: Integers, starts: Integers, penalties: Floats, hidden: Floats, chosen: Integers
) -> None:
    """Choice by criterion on each row of ``samples``, among the first, the first two, ... models of a ranking.

    Parameters
    ----------
    samples
        Counts by history, a row a replicate.
    terms, starts
        Models, best on the original data first.
    penalties
        What is added to minus twice the log-likelihood of each model.
    hidden, chosen
        Receive, for each replicate and each number of models admitted, the expected unobserved people (infinite
        where none of them has an estimate) and the position of the chosen model (-1 where there is none).
    """
    means = np.empty(samples.shape[1])
    for row in range(samples.shape[0]):
        best = np.inf
        unseen = np.inf
        position = -1
        for model in range(starts.shape[0] - 1):
            code, here, value = fit_one(samples[row], terms[starts[model] : starts[model + 1]], means)
            if code == 0 and penalties[model] - 2.0 * value < best:
                best = penalties[model] - 2.0 * value
                unseen = here
                position = model
            hidden[row, model] = unseen
            chosen[row, model] = position
