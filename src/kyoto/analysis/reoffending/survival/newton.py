"""Maximising a concave log-likelihood by Newton's method with step halving."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from kyoto.analysis.reoffending.survival.arrays import Floats
from kyoto.core.errors import KyotoError

__all__ = ["Likelihood", "check_rank", "maximise", "products"]

_ENDLESS = 12.0
"""A standard deviation of a covariate that multiplies the hazard by e to the 12th is no finding but a separation."""

Likelihood: TypeAlias = Callable[[Floats], tuple[float, Floats, Floats]]
"""Log-likelihood, score and information at a vector of coefficients."""


def maximise(likelihood: Likelihood, spread: Floats, *, most: int = 40) -> tuple[Floats, float, float, Floats, int]:
    """Coefficients, log-likelihood at zero and at the maximum, information, and iterations.

    Parameters
    ----------
    likelihood
        See :data:`Likelihood`.
    spread
        Standard deviation of each covariate, shape ``(p,)``.
    most
        Iterations allowed.

    Raises
    ------
    KyotoError
        ``reoffending.no-convergence``, ``reoffending.collinear``.

    Examples
    --------
    >>> import numpy as np
    >>> def parabola(b):
    ...     return float(-(b[0] - 3) ** 2), -2 * (b - 3), np.array([[2.0]])
    >>> maximise(parabola, np.ones(1))[0].tolist()
    [3.0]
    """
    beta = np.zeros(len(spread))
    value, score, information = likelihood(beta)
    start = value
    for iteration in range(1, most + 1):
        step = _step(information, score)
        decrement = float(score @ step)
        found = likelihood(beta + step)
        halvings = 0
        while not (np.isfinite(found[0]) and found[0] >= value - 1e-10 * abs(value)) and halvings < 30:
            step, halvings = step / 2, halvings + 1
            found = likelihood(beta + step)
        beta = beta + step
        value, score, information = found
        if decrement < 1e-14 * (abs(value) + 1) or halvings == 30:
            if (np.abs(beta) * spread).max() >= _ENDLESS:
                break
            return beta, start, value, information, iteration
    raise KyotoError(
        "The model does not converge",
        code="reoffending.no-convergence",
        detail="A coefficient grows without end: a covariate tells exactly who has the event.",
        hint="Leave that covariate out, or merge its rare categories.",
    )


def check_rank(covariates: Floats, names: tuple[str, ...]) -> None:
    """Raise if a covariate does not vary or is a combination of others.

    Raises
    ------
    KyotoError
        ``reoffending.collinear``.
    """
    centred = covariates - covariates.mean(axis=0)
    spread = centred.std(axis=0)
    constant = [name for name, value in zip(names, spread, strict=True) if value <= 1e-12]
    if constant:
        raise _collinear(f"{', '.join(constant)} is the same for all")
    correlation = (centred / spread).T @ (centred / spread) / len(centred)
    values, vectors = np.linalg.eigh(correlation)
    if values[0] < 1e-10:
        involved = [name for name, part in zip(names, vectors[:, 0], strict=True) if abs(part) > 1e-4]
        raise _collinear(f"{', '.join(involved)} follow from each other")


def products(covariates: Floats, weights: Floats) -> Floats:
    """Sum of weighted outer products of the rows."""
    found: Floats = covariates.T @ (covariates * weights[:, None])
    return found


def _step(information: Floats, score: Floats) -> Floats:
    try:
        found: Floats = np.asarray(np.linalg.solve(information, score), dtype=np.float64)
    except np.linalg.LinAlgError as error:
        raise _collinear("the information matrix is singular") from error
    return found


def _collinear(got: str) -> KyotoError:
    return KyotoError(
        "The covariates do not determine a model",
        code="reoffending.collinear",
        got=got,
        expected="covariates that vary, none of which follows from the others",
        hint="Leave one of them out. Of the categories of a variable one is the reference.",
    )
