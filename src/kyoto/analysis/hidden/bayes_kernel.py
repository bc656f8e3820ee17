"""Posterior of a log-linear model, compiled: a random walk shaped by the curvature, and Laplace approximations.

Two codings are used, each with its own fast transform. In the coding of capture histories (0/1) the linear predictor
is a subset sum (see :mod:`kyoto.analysis.hidden.kernels`). In the coding of effects (+1/-1) it is a Walsh-Hadamard
transform, and the information matrix is the transform of the means at the symmetric difference of two terms.
"""

from __future__ import annotations

import math

import numpy as np

from kyoto.analysis.hidden.arrays import Booleans, Floats, Integers
from kyoto.analysis.hidden.compiled import compiled
from kyoto.analysis.hidden.kernels import (
    cholesky,
    information,
    log_likelihood_part,
    means_of,
    solve_cholesky,
    start_values,
    superset_sums,
)

__all__ = ["hadamard", "laplace_catalogue", "laplace_effects", "posterior_mode", "random_walk"]


@compiled
def penalised(alpha: Floats, statistics: Floats, means: Floats, precision: Floats) -> float:
    """Log-posterior without its constant; normal priors centred on zero."""
    value = log_likelihood_part(alpha, statistics, means)
    for index in range(alpha.shape[0]):
        value -= 0.5 * precision[index] * alpha[index] * alpha[index]
    return value


@compiled
def posterior_mode(
    counts: Floats, terms: Integers, cells: Booleans, precision: Floats, alpha: Floats, factor: Floats
) -> bool:
    """Posterior mode and Cholesky factor of its curvature, in place; False where Newton's method did not settle."""
    observed = np.where(cells, counts, 0.0)
    superset_sums(observed)
    size = terms.shape[0]
    statistics = np.empty(size)
    for index in range(size):
        statistics[index] = observed[terms[index]]
    alpha[:] = start_values(counts, terms, cells)
    for index in range(size):
        if precision[index] > 0.0:
            alpha[index] = 0.0
    means = np.empty(counts.shape[0])
    sums = np.empty(counts.shape[0])
    direction = np.empty(size)
    if not means_of(alpha, terms, cells, means):
        alpha[:] = 0.0
        means_of(alpha, terms, cells, means)
    value = penalised(alpha, statistics, means, precision)
    for _ in range(200):
        sums[:] = means
        superset_sums(sums)
        information(sums, terms, factor)
        worst = 0.0
        for index in range(size):
            direction[index] = statistics[index] - sums[terms[index]] - precision[index] * alpha[index]
            worst = max(worst, abs(direction[index]) / (statistics[index] + 1.0))
            factor[index, index] += precision[index]
        if not cholesky(factor):
            return False
        if worst < 1e-9:
            return True
        solve_cholesky(factor, direction)
        value = improve_penalised(alpha, direction, statistics, terms, cells, means, precision, value)
    return False


@compiled
def improve_penalised(
    alpha: Floats,
    direction: Floats,
    statistics: Floats,
    terms: Integers,
    cells: Booleans,
    means: Floats,
    precision: Floats,
    value: float,
) -> float:
    """Step along the direction, halved until the posterior does not fall; returns its new value."""
    length = 1.0
    for _ in range(40):
        trial = alpha + length * direction
        if means_of(trial, terms, cells, means):
            reached = penalised(trial, statistics, means, precision)
            if reached >= value - 1e-9 * (abs(value) + 1.0):
                alpha[:] = trial
                return reached
        length *= 0.5
    means_of(alpha, terms, cells, means)
    return value


@compiled
def random_walk(
    generator: np.random.Generator,
    counts: Floats,
    terms: Integers,
    cells: Booleans,
    precision: Floats,
    mode: Floats,
    factor: Floats,
    burn: int,
    thin: int,
    draws: Floats,
) -> float:
    """Random-walk Metropolis chain with steps shaped by the curvature at the mode; started from twice its spread.

    Returns
    -------
    float
        Share of accepted steps. ``draws`` receives one row of parameters a draw.
    """
    size = terms.shape[0]
    observed = np.where(cells, counts, 0.0)
    superset_sums(observed)
    statistics = np.empty(size)
    for index in range(size):
        statistics[index] = observed[terms[index]]
    means = np.empty(counts.shape[0])
    here = mode.copy()
    shift = np.empty(size)
    curved_step(generator, factor, 1.0, shift)
    here += shift
    if not means_of(here, terms, cells, means):
        here[:] = mode
        means_of(here, terms, cells, means)
    value = penalised(here, statistics, means, precision)
    scale = 2.38 / math.sqrt(size)
    there = np.empty(size)
    accepted = 0
    total = burn + thin * draws.shape[0]
    for step in range(total):
        curved_step(generator, factor, scale, shift)
        there[:] = here + shift
        if means_of(there, terms, cells, means):
            offered = penalised(there, statistics, means, precision)
            if math.log(generator.random()) < offered - value:
                here[:] = there
                value = offered
                accepted += 1
        if step >= burn and (step - burn + 1) % thin == 0:
            draws[(step - burn) // thin] = here
    share: float = accepted / total
    return share


@compiled
def curved_step(generator: np.random.Generator, factor: Floats, scale: float, shift: Floats) -> None:
    """Normal step with the inverse of the curvature as covariance."""
    size = factor.shape[0]
    for index in range(size):
        shift[index] = scale * generator.standard_normal()
    for row in range(size - 1, -1, -1):
        value = shift[row]
        for inner in range(row + 1, size):
            value -= factor[inner, row] * shift[inner]
        shift[row] = value / factor[row, row]


@compiled
def hadamard(values: Floats) -> None:
    """Walsh-Hadamard transform in place: position ``m`` becomes the sum of ``(-1)**|m & i|`` times value ``i``."""
    size = values.shape[0]
    bit = 1
    while bit < size:
        for index in range(size):
            if index & bit == 0:
                low = values[index]
                high = values[index | bit]
                values[index] = low + high
                values[index | bit] = low - high
        bit <<= 1


@compiled
def effect_means(beta: Floats, terms: Integers, means: Floats) -> bool:
    """Fitted means of the observable histories in effect coding; position 0 receives the linear predictor."""
    means[:] = 0.0
    for index in range(terms.shape[0]):
        means[terms[index]] = beta[index]
    hadamard(means)
    for cell in range(1, means.shape[0]):
        if means[cell] > 700.0:
            return False
        means[cell] = math.exp(means[cell])
    return True


@compiled
def effect_value(beta: Floats, statistics: Floats, means: Floats, precision: float) -> float:
    """Log-posterior without its constant: flat prior on the intercept, normal on the effects."""
    value = 0.0
    for index in range(beta.shape[0]):
        value += beta[index] * statistics[index]
        if index > 0:
            value -= 0.5 * precision * beta[index] * beta[index]
    for cell in range(1, means.shape[0]):
        value -= means[cell]
    return value


@compiled
def effect_curvature(
    means: Floats,
    terms: Integers,
    statistics: Floats,
    beta: Floats,
    precision: float,
    direction: Floats,
    factor: Floats,
) -> float:
    """Gradient into ``direction``, curvature into ``factor``; returns the largest relative gradient."""
    sums = means.copy()
    sums[0] = 0.0
    hadamard(sums)
    worst = 0.0
    for row in range(terms.shape[0]):
        direction[row] = statistics[row] - sums[terms[row]]
        if row > 0:
            direction[row] -= precision * beta[row]
        worst = max(worst, abs(direction[row]) / (statistics[0] + 1.0))
        for column in range(row + 1):
            factor[row, column] = sums[terms[row] ^ terms[column]]
        if row > 0:
            factor[row, row] += precision
    return worst


@compiled
def laplace_effects(
    transformed: Floats, terms: Integers, variance: float, beta: Floats, factor: Floats, answer: Floats
) -> bool:
    """Laplace approximation of one model at one prior variance.

    Parameters
    ----------
    transformed
        Walsh-Hadamard transform of the counts.
    terms
        Masks of the effects, the intercept first.
    variance
        Prior variance of the effects.
    beta, factor
        In: start values; out: mode and Cholesky factor of the curvature.
    answer
        Receives the logarithm of the marginal likelihood (without a constant common to all models), and mean and
        variance of the linear predictor of the unobserved history.

    Returns
    -------
    bool
        Whether Newton's method settled.
    """
    size = terms.shape[0]
    precision = 1.0 / variance
    statistics = np.empty(size)
    for index in range(size):
        statistics[index] = transformed[terms[index]]
    means = np.empty(transformed.shape[0])
    direction = np.empty(size)
    trial = np.empty(size)
    effect_means(beta, terms, means)
    value = effect_value(beta, statistics, means, precision)
    for _ in range(100):
        worst = effect_curvature(means, terms, statistics, beta, precision, direction, factor)
        if not cholesky(factor):
            return False
        if worst < 1e-9:
            break
        solve_cholesky(factor, direction)
        length = 1.0
        for _ in range(40):
            trial[:] = beta + length * direction
            if effect_means(trial, terms, means):
                reached = effect_value(trial, statistics, means, precision)
                if reached >= value - 1e-9 * (abs(value) + 1.0):
                    beta[:] = trial
                    value = reached
                    break
            length *= 0.5
    predictor = 0.0
    log_determinant = 0.0
    for index in range(size):
        predictor += beta[index]
        log_determinant += 2.0 * math.log(factor[index, index])
        direction[index] = 1.0
    solve_cholesky(factor, direction)
    answer[0] = value - 0.5 * (size - 1) * math.log(variance) - 0.5 * log_determinant
    answer[1] = predictor
    answer[2] = direction.sum()
    return True


@compiled
def laplace_catalogue(counts: Floats, terms: Integers, starts: Integers, variances: Floats, answers: Floats) -> None:
    """Laplace approximations of every model (first axis) at every prior variance (second axis) into ``answers``."""
    transformed = counts.copy()
    transformed[0] = 0.0
    hadamard(transformed)
    for model in range(starts.shape[0] - 1):
        chosen = terms[starts[model] : starts[model + 1]]
        size = chosen.shape[0]
        beta = np.zeros(size)
        beta[0] = math.log(transformed[0] / counts.shape[0] + 0.5)
        factor = np.empty((size, size))
        for index in range(variances.shape[0]):
            if not laplace_effects(transformed, chosen, variances[index], beta, factor, answers[model, index]):
                answers[model, index, 0] = -np.inf
                beta[:] = 0.0
