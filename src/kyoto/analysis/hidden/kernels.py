r"""Poisson log-linear fits on the lattice of capture histories, without ever forming a design matrix.

A capture history and an interaction are both sets of lists, held as bit masks: bit ``i`` is list ``i + 1``. With
parameters :math:`\alpha_\theta` the mean of history :math:`\omega` is

.. math:: \log\mu_\omega = \sum_{\theta \subseteq \omega} \alpha_\theta .

Both sides of the score equations are sums over the lattice. The linear predictor of all histories is the *subset sum*
of :math:`\alpha`; the sufficient statistic of :math:`\theta` is the *superset sum* :math:`n^*_\theta` of the counts;
and the information matrix is :math:`I_{\theta\psi} = \mu^*_{\theta\cup\psi}`, a look-up in the superset sum of the
fitted means. One Newton step for ``k`` lists and ``p`` parameters costs :math:`k 2^k + p^3/6` operations, against
:math:`2^k p^2` for a general-purpose fit.

Sources: Chan, Silverman and Vincent (2021, section 2) for the notation and for parameters at minus infinity;
Fienberg and Rinaldo (2012) for existence.
"""

from __future__ import annotations

import math

import numpy as np

from kyoto.analysis.hidden.arrays import Booleans, Floats, Integers
from kyoto.analysis.hidden.compiled import compiled

__all__ = ["cholesky", "fit_poisson", "solve_cholesky", "subset_sums", "superset_sums"]

MAXIMUM_STEPS = 60
TOLERANCE = 1e-11


@compiled
def superset_sums(values: Floats) -> None:
    """Replace each value by the sum over all supersets of its index, in place."""
    size = values.shape[0]
    bit = 1
    while bit < size:
        for index in range(size):
            if index & bit == 0:
                values[index] += values[index | bit]
        bit <<= 1


@compiled
def subset_sums(values: Floats) -> None:
    """Replace each value by the sum over all subsets of its index, in place."""
    size = values.shape[0]
    bit = 1
    while bit < size:
        for index in range(size):
            if index & bit:
                values[index] += values[index ^ bit]
        bit <<= 1


@compiled
def cholesky(matrix: Floats) -> bool:
    """Lower Cholesky factor in place; False where the matrix is not positive definite."""
    size = matrix.shape[0]
    for column in range(size):
        pivot = matrix[column, column]
        for inner in range(column):
            pivot -= matrix[column, inner] * matrix[column, inner]
        if not pivot > 1e-13 * matrix[column, column]:
            return False
        root = math.sqrt(pivot)
        matrix[column, column] = root
        for row in range(column + 1, size):
            value = matrix[row, column]
            for inner in range(column):
                value -= matrix[row, inner] * matrix[column, inner]
            matrix[row, column] = value / root
    return True


@compiled
def solve_cholesky(factor: Floats, right: Floats) -> None:
    """Solve ``L L' x = right`` in place."""
    size = factor.shape[0]
    for row in range(size):
        value = right[row]
        for inner in range(row):
            value -= factor[row, inner] * right[inner]
        right[row] = value / factor[row, row]
    for row in range(size - 1, -1, -1):
        value = right[row]
        for inner in range(row + 1, size):
            value -= factor[inner, row] * right[inner]
        right[row] = value / factor[row, row]


@compiled
def means_of(alpha: Floats, terms: Integers, cells: Booleans, means: Floats) -> bool:
    """Fitted means of all histories; zero outside ``cells``. Returns False on overflow."""
    means[:] = 0.0
    for index in range(terms.shape[0]):
        means[terms[index]] = alpha[index]
    subset_sums(means)
    for cell in range(means.shape[0]):
        if cells[cell]:
            if means[cell] > 700.0:
                return False
            means[cell] = math.exp(means[cell])
        else:
            means[cell] = 0.0
    return True


@compiled
def information(sums: Floats, terms: Integers, matrix: Floats) -> None:
    """Fill the lower triangle of the information matrix from superset sums of the means."""
    for row in range(terms.shape[0]):
        for column in range(row + 1):
            matrix[row, column] = sums[terms[row] | terms[column]]


@compiled
def start_values(counts: Floats, terms: Integers, cells: Booleans) -> Floats:
    """One weighted least-squares step from means ``count + 0.1``, where nothing is known yet."""
    weights = np.zeros(counts.shape[0])
    weighted = np.zeros(counts.shape[0])
    for cell in range(counts.shape[0]):
        if cells[cell]:
            weights[cell] = counts[cell] + 0.1
            weighted[cell] = weights[cell] * math.log(weights[cell]) - 0.1
    superset_sums(weights)
    superset_sums(weighted)
    size = terms.shape[0]
    matrix = np.empty((size, size))
    information(weights, terms, matrix)
    alpha = np.empty(size)
    for index in range(size):
        alpha[index] = weighted[terms[index]]
    if cholesky(matrix):
        solve_cholesky(matrix, alpha)
    else:
        alpha[:] = 0.0
    return alpha


@compiled
def log_likelihood_part(alpha: Floats, statistics: Floats, means: Floats) -> float:
    """Log-likelihood without its constant."""
    value = 0.0
    for index in range(alpha.shape[0]):
        value += alpha[index] * statistics[index]
    for cell in range(means.shape[0]):
        value -= means[cell]
    return value


@compiled
def newton_direction(sums: Floats, statistics: Floats, terms: Integers, matrix: Floats, direction: Floats) -> float:
    """Newton direction in place; returns the largest relative residual of the score, or -1 where it cannot be had."""
    worst = 0.0
    for index in range(terms.shape[0]):
        direction[index] = statistics[index] - sums[terms[index]]
        worst = max(worst, abs(direction[index]) / (statistics[index] + 1.0))
    information(sums, terms, matrix)
    if not cholesky(matrix):
        return -1.0
    solve_cholesky(matrix, direction)
    return worst


@compiled
def improve(
    alpha: Floats, direction: Floats, statistics: Floats, terms: Integers, cells: Booleans, means: Floats, value: float
) -> float:
    """Step along the direction, halved until the likelihood does not fall; returns the new value of it."""
    length = 1.0
    trial = np.empty(alpha.shape[0])
    for _ in range(40):
        for index in range(alpha.shape[0]):
            trial[index] = alpha[index] + length * direction[index]
        if means_of(trial, terms, cells, means):
            reached = log_likelihood_part(trial, statistics, means)
            if reached >= value - 1e-9 * (abs(value) + 1.0):
                alpha[:] = trial
                return reached
        length *= 0.5
    means_of(alpha, terms, cells, means)
    return value


@compiled
def fit_poisson(
    counts: Floats, terms: Integers, cells: Booleans, alpha: Floats, means: Floats, matrix: Floats
) -> float:
    """Maximum likelihood fit; the caller has made sure that it exists.

    Parameters
    ----------
    counts
        Counts by history, ``2**k`` floats; those outside ``cells`` are ignored.
    terms
        Masks of the finite parameters, ``p`` integers, the first 0 (the intercept).
    cells
        Which histories are fitted, ``2**k`` booleans.
    alpha, means, matrix
        Receive the parameters (``p``), the fitted means (``2**k``) and the Cholesky factor of the information
        at the solution (``p`` by ``p``, lower triangle).

    Returns
    -------
    float
        Log-likelihood without its constant (the sum of ``log(count!)``), or NaN where Newton's method did not settle.
    """
    observed = np.where(cells, counts, 0.0)
    superset_sums(observed)
    statistics = np.empty(terms.shape[0])
    for index in range(terms.shape[0]):
        statistics[index] = observed[terms[index]]
    alpha[:] = start_values(counts, terms, cells)
    if not means_of(alpha, terms, cells, means):
        alpha[:] = 0.0
        means_of(alpha, terms, cells, means)
    value = log_likelihood_part(alpha, statistics, means)
    direction = np.empty(terms.shape[0])
    sums = np.empty(means.shape[0])
    for _ in range(MAXIMUM_STEPS):
        sums[:] = means
        superset_sums(sums)
        residual = newton_direction(sums, statistics, terms, matrix, direction)
        if residual < 0.0:
            return np.nan
        value = improve(alpha, direction, statistics, terms, cells, means, value)
        if residual < TOLERANCE:
            return value
    return np.nan
