"""Least squares with clusters: the arithmetic under several designs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kyoto.analysis.evaluation.arrays import Floats, Integers
from kyoto.core.errors import KyotoError

__all__ = ["Fit", "cluster_covariance", "demean", "hc_covariance", "least_squares", "newey_west", "sum_by"]

TOLERANCE = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A least squares fit.

    Parameters
    ----------
    coefficients
        Shape (p,).
    residuals
        Shape (n,).
    bread
        Inverse of X'WX, shape (p, p).
    x, weights
        What was fitted.
    """

    coefficients: Floats
    residuals: Floats
    bread: Floats
    x: Floats
    weights: Floats


def least_squares(y: Floats, x: Floats, weights: Floats | None = None, names: Sequence[str] = ()) -> Fit:
    """Weighted least squares.

    Raises
    ------
    KyotoError
        ``evaluation.collinear``: some column is determined by the others.
    """
    w: Floats = np.ones(len(y)) if weights is None else weights
    cross = x.T @ (w[:, None] * x)
    size = np.sqrt(np.maximum(np.diag(cross), 1e-300))
    if np.linalg.matrix_rank(cross / np.outer(size, size), tol=1e-9) < x.shape[1]:
        listed = f": {', '.join(names)}" if names else ""
        raise KyotoError(
            "The columns of the model determine each other",
            code="evaluation.collinear",
            got=f"{x.shape[1]} columns{listed}",
            expected="columns none of which follows from the others (fixed effects included)",
        )
    bread = np.asarray(np.linalg.inv(cross), dtype=np.float64)
    coefficients = bread @ (x.T @ (w * y))
    return Fit(coefficients, y - x @ coefficients, bread, x, w)


def sum_by(values: Floats, groups: Integers, count: int) -> Floats:
    """Sums of the rows of each group, shape (count, columns)."""
    columns = values[:, None] if values.ndim == 1 else values
    return np.column_stack([np.bincount(groups, columns[:, j], count) for j in range(columns.shape[1])])


def cluster_covariance(fit: Fit, clusters: Integers, *, absorbed: int = 0) -> Floats:
    """Cluster-robust covariance with the small-sample factor of Stata and fixest.

    Parameters
    ----------
    fit
        Least squares.
    clusters
        Numbers from 0, shape (n,).
    absorbed
        Fixed effects that were swept out and are not nested in clusters.
    """
    n, p = fit.x.shape
    count = int(clusters.max()) + 1
    scores = sum_by(fit.x * (fit.weights * fit.residuals)[:, None], clusters, count)
    factor = count / (count - 1) * (n - 1) / (n - p - absorbed)
    return np.asarray(factor * fit.bread @ (scores.T @ scores) @ fit.bread)


def hc_covariance(fit: Fit) -> Floats:
    """HC2 covariance: exact for a randomised comparison of two groups (Neyman's variance)."""
    leverage = np.einsum("ij,jk,ik->i", fit.x, fit.bread, fit.x) * fit.weights
    scores = fit.x * (fit.weights * fit.residuals / np.sqrt(np.maximum(1 - leverage, 1e-12)))[:, None]
    return np.asarray(fit.bread @ (scores.T @ scores) @ fit.bread)


def newey_west(fit: Fit, lags: int) -> Floats:
    """Covariance that allows for autocorrelation up to some lag (Newey and West 1987; Bartlett weights)."""
    n, p = fit.x.shape
    scores = fit.x * (fit.weights * fit.residuals)[:, None]
    meat = scores.T @ scores
    for lag in range(1, lags + 1):
        cross = scores[lag:].T @ scores[:-lag]
        meat = meat + (1 - lag / (lags + 1)) * (cross + cross.T)
    return np.asarray(n / (n - p) * fit.bread @ meat @ fit.bread)


def demean(columns: Floats, effects: Sequence[Integers], weights: Floats) -> Floats:
    """Sweep fixed effects out of every column by alternating projections.

    Parameters
    ----------
    columns
        Shape (n, k).
    effects
        Numbers from 0 of each fixed effect, each of shape (n,).
    weights
        Shape (n,).

    Notes
    -----
    Each round subtracts the weighted mean of every level in turn; a balanced panel with equal weights needs one.
    """
    out = np.array(columns, dtype=np.float64)
    counts = [int(effect.max()) + 1 for effect in effects]
    totals = [np.bincount(effect, weights, count) for effect, count in zip(effects, counts, strict=True)]
    size = np.sqrt((out**2).mean(axis=0)) + 1e-300
    active = np.arange(out.shape[1])
    for _ in range(10_000):
        largest = np.zeros(len(active))
        for effect, count, total in zip(effects, counts, totals, strict=True):
            for place, column in enumerate(active):
                means = np.bincount(effect, weights * out[:, column], count) / total
                largest[place] = max(largest[place], float(np.abs(means).max())) if effect is not effects[0] else 0.0
                out[:, column] -= means[effect]
        active = active[largest > TOLERANCE * size[active]]
        if not len(active) or len(effects) == 1:
            break
    return out
