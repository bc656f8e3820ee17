"""Fair comparison by inverse weighting: through a model of who is in which group.

For more covariates than strata can hold. The model is of the group: nothing here predicts what anybody
will do.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kyoto.analysis.reoffending.standardise import StandardisedRate, rate_limits
from kyoto.analysis.reoffending.survival.arrays import Floats, Ints, matrix, same_length, vector
from kyoto.analysis.reoffending.survival.log_rank import grouped
from kyoto.analysis.reoffending.survival.newton import check_rank, maximise
from kyoto.analysis.reoffending.survival.regression import design
from kyoto.core.errors import KyotoError, did_you_mean

__all__ = ["inverse_weights", "weighted_rates"]


def inverse_weights(
    group: Any, covariates: Any, *, target: str | None = None, names: Any = None
) -> tuple[Floats, Floats, tuple[str, ...]]:
    """Weights that make the covariates of all groups alike.

    Parameters
    ----------
    group
        Group of each person, shape ``(n,)``.
    covariates
        Dataframe, mapping of columns or array.
    target
        Group to whose people all others are made alike; by default all persons together.
    names
        Names of the columns of an array.

    Returns
    -------
    weights : numpy.ndarray
        Shape ``(n,)``.
    shares : numpy.ndarray
        Modelled probability of each group, shape ``(n, groups)``.
    labels : tuple of str
        The groups.

    Notes
    -----
    Multinomial logit of the group by maximum likelihood; weight ``1 / P(own group)``, or ``P(target) / P(own group)``.
    """
    groups, labels = grouped(group)
    x, titles = _with_constant(covariates, names, len(groups))
    theta = _multinomial(groups, x, len(labels), titles)
    shares = _shares(x, theta)
    own = shares[np.arange(len(groups)), groups]
    return _numerator(shares, labels, target) / own, shares, labels


def weighted_rates(
    event: Any, group: Any, covariates: Any, *, target: str | None = None, names: Any = None, level: float = 0.95
) -> tuple[StandardisedRate, ...]:
    """Standardise shares by inverse weighting.

    Parameters
    ----------
    event
        Whether each person had the event, shape ``(n,)``.
    group, covariates, target, names
        As in :func:`inverse_weights`.
    level
        Confidence of the limits.

    Notes
    -----
    Hajek's mean; the variance is the sandwich of the stacked estimating equations, the model of the groups included
    (Lunceford and Davidian 2004, *Statistics in Medicine* 23).
    """
    y = vector(event, "events")
    groups, labels = grouped(group)
    x, titles = _with_constant(covariates, names, len(groups))
    same_length(event=y, group=groups)
    theta = _multinomial(groups, x, len(labels), titles)
    shares = _shares(x, theta)
    weights = _numerator(shares, labels, target) / shares[np.arange(len(groups)), groups]
    goal = None if target is None else labels.index(target)
    scores, inverse = _model_influence(groups, x, shares)
    found = []
    for number, label in enumerate(labels):
        own = groups == number
        inside = np.where(own, weights, 0.0)
        total = inside.sum()
        mean = float(inside @ y / total)
        residual = inside * (y - mean) / total
        moved = _moved(x, shares, residual, number, goal)
        influence = residual + scores @ inverse @ moved
        error = float(np.sqrt((influence**2).sum()))
        effective = float(total**2 / (inside**2).sum())
        lower, upper = rate_limits(mean, error**2, effective, level)
        found.append(
            StandardisedRate(label, float(y[own].mean()), mean, error, lower, upper, int(own.sum()), effective)
        )
    return tuple(found)


def _with_constant(covariates: Any, names: Any, rows: int) -> tuple[Floats, tuple[str, ...]]:
    raw, titles = design(covariates, names)
    values = matrix(raw, rows)
    check_rank(values, titles)
    centred = (values - values.mean(axis=0)) / values.std(axis=0)
    return np.column_stack([np.ones(rows), centred]), ("constant", *titles)


def _multinomial(groups: Ints, x: Floats, k: int, titles: tuple[str, ...]) -> Floats:
    """Coefficients of each group but the first, shape ``(k - 1, p)``."""
    if k < 2:
        raise KyotoError("There is one group only", code="reoffending.one-group", expected="two or more")
    chosen = np.eye(k)[groups][:, 1:]

    def likelihood(flat: Floats) -> tuple[float, Floats, Floats]:
        shares = _shares(x, flat.reshape(k - 1, -1))
        value = float(np.log(np.maximum(shares[np.arange(len(groups)), groups], 1e-300)).sum())
        score = ((chosen - shares[:, 1:]).T @ x).ravel()
        return value, score, _information(x, shares[:, 1:])

    spread = np.ones((k - 1, x.shape[1]))
    return maximise(likelihood, spread.ravel())[0].reshape(k - 1, -1)


def _information(x: Floats, shares: Floats) -> Floats:
    blocks = [
        [x.T @ (x * (shares[:, a] * ((a == b) - shares[:, b]))[:, None]) for b in range(shares.shape[1])]
        for a in range(shares.shape[1])
    ]
    return np.asarray(np.block(blocks), dtype=np.float64)


def _shares(x: Floats, theta: Floats) -> Floats:
    """Probability of each group."""
    linear = np.column_stack([np.zeros(len(x)), x @ theta.T])
    raised = np.exp(linear - linear.max(axis=1, keepdims=True))
    found: Floats = raised / raised.sum(axis=1, keepdims=True)
    return found


def _numerator(shares: Floats, labels: tuple[str, ...], target: str | None) -> Floats:
    if target is None:
        return np.ones(len(shares))
    if target not in labels:
        raise KyotoError(
            "No such group", code="reoffending.unknown-group", got=target, hint=did_you_mean(target, labels)
        )
    return shares[:, labels.index(target)]


def _model_influence(groups: Ints, x: Floats, shares: Floats) -> tuple[Floats, Floats]:
    """Score of each person in the model of the groups, and the inverse information."""
    chosen = np.eye(shares.shape[1])[groups]
    difference = chosen[:, 1:] - shares[:, 1:]
    scores = (difference[:, :, None] * x[:, None, :]).reshape(len(x), -1)
    return scores, np.asarray(np.linalg.inv(_information(x, shares[:, 1:])), dtype=np.float64)


def _moved(x: Floats, shares: Floats, residual: Floats, number: int, goal: int | None) -> Floats:
    """Derivative of a weighted mean by the coefficients of the model of the groups."""
    parts = []
    for other in range(1, shares.shape[1]):
        own = float(other == number)
        change = shares[:, other] - own if goal is None else float(other == goal) - own
        parts.append(x.T @ (residual * change))
    return np.concatenate(parts)
