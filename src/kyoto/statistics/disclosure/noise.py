"""Perturbation tables: how likely each noise is for each count.

For every count the noise has mean zero and the variance asked for, never exceeds the largest deviation, and never
makes a negative or a small positive figure. Among all such distributions the one of maximum entropy is taken: it
promises nothing else. Source: Fraser and Wooton (2005), *A proposed method for confidentialising tabular output to
protect against differencing*; Giessing (2016), *Computational issues in the design of transition probabilities
and disclosure risk estimation for additive noise*, doi:10.1007/978-3-319-45381-1_18, section 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["KEY_RANGE", "PerturbationTable", "maximum_entropy", "perturbation_table"]

KEY_RANGE = 2**32
"""Cell keys run from 0 to this, excluded."""

_STEPS = 200
_TOLERANCE = 1e-13


@dataclass(frozen=True, slots=True, eq=False)
class PerturbationTable:
    """Probabilities of noise by count.

    Parameters
    ----------
    max_deviation
        Largest noise D.
    threshold
        No positive count below it comes out.
    variance
        Variance V asked for.
    probabilities
        Shape ``(D + threshold + 1, 2 D + 1)``: row ``c`` for the count ``c`` (the last row for all larger ones),
        column ``j`` for the noise ``j - D``.
    bounds
        Same shape, integers: a cell key ``k`` draws the column of the first bound above ``k``.
    """

    max_deviation: int
    threshold: int
    variance: float
    probabilities: NDArray[np.float64]
    bounds: NDArray[np.int64]

    @property
    def deviations(self) -> NDArray[np.int64]:
        """Noise of each column."""
        return np.arange(-self.max_deviation, self.max_deviation + 1)

    def row_variances(self) -> NDArray[np.float64]:
        """Variance of the noise of each row; above :attr:`variance` for counts that the threshold forces to move."""
        variances: NDArray[np.float64] = self.probabilities @ (self.deviations.astype(float) ** 2)
        return variances

    def noise(self, counts: NDArray[np.int64], cell_keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Noise of cells.

        Parameters
        ----------
        counts
            Non-negative counts, shape ``(n,)``.
        cell_keys
            From 0 to 2**32 - 1, shape ``(n,)``.

        Returns
        -------
        numpy.ndarray
            Noise to add, shape ``(n,)``.

        Examples
        --------
        >>> table = perturbation_table(max_deviation=5, variance=3.0, threshold=3)
        >>> table.noise(np.array([0, 1, 1, 100]), np.array([7, 7, 2**32 - 1, 2**31])).tolist()
        [0, -1, 5, 0]
        """
        rows = np.minimum(counts, len(self.bounds) - 1)
        drawn = np.full(len(counts), -self.max_deviation, dtype=np.int64)
        for column in range(self.bounds.shape[1] - 1):
            drawn += cell_keys >= self.bounds[rows, column]
        return drawn


@lru_cache(maxsize=32)
def perturbation_table(*, max_deviation: int, variance: float, threshold: int) -> PerturbationTable:
    """Perturbation table of maximum entropy.

    Parameters
    ----------
    max_deviation
        Largest noise D, a count.
    variance
        Variance V of the noise. A count below the threshold must move, and its noise has at least the variance
        ``count * (threshold - count)``; where that is above V it is taken.
    threshold
        No positive count below it comes out; 1 allows all (R's ``ptable`` calls ``threshold - 1`` js).

    Returns
    -------
    PerturbationTable

    Examples
    --------
    >>> table = perturbation_table(max_deviation=2, variance=1.0, threshold=1)
    >>> table.probabilities[1].round(4).tolist()
    [0.0, 0.3981, 0.3058, 0.1942, 0.1019]
    """
    deviations = np.arange(-max_deviation, max_deviation + 1)
    rows = max_deviation + threshold + 1
    probabilities = np.zeros((rows, len(deviations)))
    probabilities[0, max_deviation] = 1.0
    for count in range(1, rows):
        outcome = count + deviations
        allowed = (outcome == 0) | (outcome >= threshold)
        probabilities[count, allowed] = maximum_entropy(deviations[allowed], variance)
    bounds = np.rint(np.cumsum(probabilities, axis=1) * KEY_RANGE).astype(np.int64)
    return PerturbationTable(max_deviation, threshold, variance, probabilities, bounds)


def maximum_entropy(deviations: NDArray[np.int64], variance: float) -> NDArray[np.float64]:
    """Distribution of maximum entropy on given deviations with mean zero and a variance.

    Parameters
    ----------
    deviations
        Increasing whole numbers, shape ``(m,)``, at least one below and one above zero.
    variance
        Variance asked for; the nearest possible one is taken where it is out of reach.

    Returns
    -------
    numpy.ndarray
        Probabilities, shape ``(m,)``.

    Examples
    --------
    >>> maximum_entropy(np.array([-1, 0, 1]), 0.5).round(6).tolist()
    [0.25, 0.5, 0.25]
    """
    smallest = _two_points(deviations, deviations[deviations <= 0].max(), deviations[deviations >= 0].min())
    largest = _two_points(deviations, deviations.min(), deviations.max())
    squares = deviations.astype(float) ** 2
    if variance <= smallest @ squares + _TOLERANCE:
        return smallest
    if variance >= largest @ squares - _TOLERANCE:
        return largest
    return _newton(deviations.astype(float), variance)


def _two_points(deviations: NDArray[np.int64], below: int, above: int) -> NDArray[np.float64]:
    """Distribution with mean zero on two deviations (on zero alone where both are zero)."""
    probabilities = np.zeros(len(deviations))
    if below == above:
        probabilities[deviations == 0] = 1.0
        return probabilities
    probabilities[deviations == below] = above / (above - below)
    probabilities[deviations == above] = -below / (above - below)
    return probabilities


def _newton(deviations: NDArray[np.float64], variance: float) -> NDArray[np.float64]:
    """Minimise the convex dual, log sum exp(a d + b (d² - V)), by damped Newton steps."""
    scale = np.abs(deviations).max()
    features = np.vstack([deviations / scale, (deviations**2 - variance) / scale**2])
    multipliers = np.zeros(2)
    for _ in range(_STEPS):
        probabilities = _softmax(multipliers @ features)
        gradient = features @ probabilities
        if np.abs(gradient).max() < _TOLERANCE:
            break
        hessian = (features * probabilities) @ features.T - np.outer(gradient, gradient)
        step = np.linalg.solve(hessian + 1e-15 * np.eye(2), gradient)
        multipliers = _descend(features, multipliers, step, gradient)
    return _softmax(multipliers @ features)


def _descend(
    features: NDArray[np.float64],
    multipliers: NDArray[np.float64],
    step: NDArray[np.float64],
    gradient: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Go along a Newton step, halved until the dual falls enough."""
    start = _log_sum_exp(multipliers @ features)
    length = 1.0
    while length > 1e-10:
        tried = multipliers - length * step
        if _log_sum_exp(tried @ features) <= start - 1e-4 * length * (gradient @ step) + 1e-16:
            return tried
        length /= 2
    return multipliers - step


def _log_sum_exp(values: NDArray[np.float64]) -> float:
    top = values.max()
    return float(top + np.log(np.exp(values - top).sum()))


def _softmax(values: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = np.exp(values - values.max())
    shares: NDArray[np.float64] = weights / weights.sum()
    return shares
