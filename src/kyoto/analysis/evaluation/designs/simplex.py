"""Weights that are not negative and add up to one: the quadratic programs of synthetic control."""

from __future__ import annotations

import numpy as np

from kyoto.analysis.evaluation.arrays import Floats

__all__ = ["ridge_simplex", "simplex_weights", "simplex_weights_many"]

PENALTY = 1e4


def simplex_weights(target: Floats, donors: Floats, importance: Floats | None = None) -> Floats:
    """Weights of donors whose average is nearest to a target.

    Parameters
    ----------
    target
        Shape (m,).
    donors
        Shape (m, donors).
    importance
        Importance of each of the m features, shape (m,).

    Returns
    -------
    numpy.ndarray
        Shape (donors,), at least 0, sum 1.

    Notes
    -----
    Non-negative least squares (Lawson and Hanson 1974) with the sum as one more, heavily weighted equation. It ends at
    a vertex of the optimal face, with at most m + 1 donors.

    Examples
    --------
    >>> simplex_weights(np.array([1.0, 2.0]), np.array([[0.0, 2.0, 9.0], [2.0, 2.0, 9.0]])).round(6) + 0
    array([0.5, 0.5, 0. ])
    """
    root = np.ones_like(target) if importance is None else np.sqrt(np.maximum(importance, 0.0))
    return np.asarray(simplex_weights_many(target[:, None] * root[:, None], donors * root[:, None])[0])


def simplex_weights_many(targets: Floats, donors: Floats) -> Floats:
    """Weights for many targets and the same donors.

    Parameters
    ----------
    targets
        Shape (m, targets).
    donors
        Shape (m, donors).

    Returns
    -------
    numpy.ndarray
        Shape (targets, donors).
    """
    from scipy.optimize import nnls

    size = float(np.sqrt((donors**2).mean())) or 1.0
    matrix = np.vstack([donors / size, np.full(donors.shape[1], PENALTY)])
    right = np.vstack([targets / size, np.full(targets.shape[1], PENALTY)])
    out = np.empty((targets.shape[1], donors.shape[1]))
    for position in range(targets.shape[1]):
        weights, _ = nnls(matrix, right[:, position], maxiter=30 * donors.shape[1])
        out[position] = weights / weights.sum()
    return out


def ridge_simplex(target: Floats, donors: Floats, ridge: float, *, intercept: bool = True) -> Floats:
    """Weights with a penalty on their squares, so that many donors share the weight.

    Parameters
    ----------
    target
        Shape (m,).
    donors
        Shape (m, donors).
    ridge
        Factor of the sum of squares.
    intercept
        Whether a constant difference is allowed.
    """
    y, x = target, donors
    if intercept:
        y, x = y - y.mean(), x - x.mean(axis=0)
    count = x.shape[1]
    stacked = np.vstack([x, np.sqrt(ridge) * np.eye(count)]) if ridge > 0 else x
    right = np.concatenate([y, np.zeros(count)]) if ridge > 0 else y
    return simplex_weights(right, stacked)
