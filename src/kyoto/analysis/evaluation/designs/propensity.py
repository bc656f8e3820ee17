"""Logistic regression for the chance of being treated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kyoto.analysis.evaluation.arrays import Floats
from kyoto.core.errors import KyotoError

__all__ = ["Logit", "logistic"]


@dataclass(frozen=True, slots=True, eq=False)
class Logit:
    """A logistic fit.

    Parameters
    ----------
    coefficients
        Shape (p,).
    probabilities
        Shape (n,).
    bread
        Inverse of the information, shape (p, p).
    """

    coefficients: Floats
    probabilities: Floats
    bread: Floats


def logistic(d: Floats, x: Floats, weights: Floats | None = None) -> Logit:
    """Fit by Newton's method.

    Parameters
    ----------
    d
        0 or 1, shape (n,).
    x
        Shape (n, p), with its intercept.
    weights
        Shape (n,).

    Raises
    ------
    KyotoError
        ``evaluation.no-overlap``: covariates separate the groups, so that no treated unit has a comparison.

    Examples
    --------
    >>> x = np.column_stack([np.ones(4), [0.0, 1, 1, 0]])
    >>> logistic(np.array([0.0, 1, 0, 1]), x).probabilities.round(2)
    array([0.5, 0.5, 0.5, 0.5])
    """
    w = np.ones_like(d) if weights is None else weights
    scale = np.maximum(np.abs(x).max(axis=0), 1e-300)
    z = x / scale
    beta = np.zeros(x.shape[1])
    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(z @ beta, -35, 35)))
        information = z.T @ ((w * p * (1 - p))[:, None] * z)
        if np.linalg.cond(information) > 1e13:
            raise _separated()
        step = np.linalg.solve(information, z.T @ (w * (d - p)))
        beta = beta + step
        if np.abs(step).max() < 1e-11:
            break
    else:
        raise _separated()
    bread = np.linalg.inv(information) / np.outer(scale, scale)
    return Logit(beta / scale, p, bread)


def _separated() -> KyotoError:
    return KyotoError(
        "Treated and untreated units have nothing in common",
        code="evaluation.no-overlap",
        detail="The covariates tell without error who is treated, or they determine each other.",
        hint="Leave out covariates that decide who is treated; such a programme may suit a regression discontinuity.",
    )
