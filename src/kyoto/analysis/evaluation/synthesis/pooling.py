"""Pooling effects: fixed and random effects, moderators, Knapp–Hartung, prediction intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kyoto.analysis.evaluation.arrays import Floats
from kyoto.analysis.evaluation.synthesis.heterogeneity import (
    ESTIMATORS,
    Heterogeneity,
    generalised_q,
    heterogeneity,
    tau2_estimate,
)
from kyoto.core.errors import KyotoError, did_you_mean

__all__ = ["MODELS", "Pooled", "bootstrap_pool", "check_effects", "pool", "predict"]

MODELS = ("fixed", *ESTIMATORS)
"""Names of models: ``fixed``, or an estimator of the between-study variance."""


@dataclass(frozen=True, slots=True, eq=False)
class Pooled:
    """A fitted synthesis.

    Parameters
    ----------
    model
        One of :data:`MODELS`.
    hksj
        Whether standard errors and limits are those of Hartung, Knapp, Sidik and Jonkman.
    terms
        Names of the coefficients; ``pooled`` alone where there are no moderators.
    coefficients, covariance
        Shape (p,) and (p, p).
    degrees
        Degrees of freedom of the t distribution; None for the normal.
    p_values, lower, upper
        Shape (p,).
    spread
        Heterogeneity (that which moderators leave, where there are any).
    weights
        Percentage of each study in the pooled estimate, shape (k,).
    moderators
        Test that all moderators are 0: statistic, degrees of freedom, p-value; None without moderators.
    effects, variances, design
        What was pooled.
    level
        Confidence.
    """

    model: str
    hksj: bool
    terms: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    degrees: int | None
    p_values: Floats
    lower: Floats
    upper: Floats
    spread: Heterogeneity
    weights: Floats
    moderators: tuple[float, float, float] | None
    effects: Floats
    variances: Floats
    design: Floats
    level: float

    @property
    def std_errors(self) -> Floats:
        """Shape (p,)."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))


def critical_value(level: float, degrees: float | None) -> float:
    """Quantile of the normal or the t distribution for a two-sided interval."""
    from scipy import stats

    share = 0.5 + level / 2
    return float(stats.norm.ppf(share) if degrees is None else stats.t.ppf(share, degrees))


def check_effects(effects: ArrayLike, variances: ArrayLike, model: str) -> tuple[Floats, Floats]:
    """Effects and variances as arrays that can be pooled.

    Raises
    ------
    KyotoError
        ``evaluation.unknown-model``, ``evaluation.no-error`` (an effect without its error),
        ``evaluation.negative-variance``, ``evaluation.zero-variance``, ``evaluation.no-effects``,
        ``evaluation.one-study``.
    """
    if model not in MODELS:
        raise KyotoError("No such model", code="evaluation.unknown-model", got=model, hint=did_you_mean(model, MODELS))
    y = np.atleast_1d(np.asarray(effects, dtype=np.float64))
    v = np.atleast_1d(np.asarray(variances, dtype=np.float64))
    if len(y) == 0:
        raise KyotoError("There are no effects to pool", code="evaluation.no-effects", expected="a row a study")
    for wrong, title, code, hint in (
        (
            ~np.isfinite(y) | ~np.isfinite(v),
            "An effect has no error",
            "evaluation.no-error",
            "A study without its uncertainty has no weight: take the variance from its interval, test or counts.",
        ),
        (v < 0, "A variance is negative", "evaluation.negative-variance", "Is this the column of variances?"),
        (
            v == 0,
            "A variance is zero",
            "evaluation.zero-variance",
            "A study that knows its effect exactly would outweigh all others: look at its source again.",
        ),
    ):
        if wrong.any():
            raise KyotoError(title, code=code, got=f"study {int(np.flatnonzero(wrong)[0]) + 1}", hint=hint)
    if len(y) == 1 and model != "fixed":
        raise KyotoError(
            "One study is no synthesis",
            code="evaluation.one-study",
            got="1 study",
            expected="at least two studies: the variance between studies cannot be seen in one",
            hint="Report the study itself, or use the fixed model, which repeats it.",
        )
    return y, v


def pool(
    effects: ArrayLike,
    variances: ArrayLike,
    *,
    model: str = "reml",
    moderators: ArrayLike | None = None,
    names: Sequence[str] = (),
    hksj: bool = False,
    level: float = 0.95,
) -> Pooled:
    """Pool effects of independent studies.

    Parameters
    ----------
    effects, variances
        Shape (k,): effects on the scale on which they are normal (log ratios), and their sampling variances.
    model
        ``fixed``, ``dl``, ``reml``, ``pm``, ``ml``, ``eb``, ``sj``, ``he`` or ``hs``.
    moderators
        Shape (k, m): characteristics of the studies (meta-regression); an intercept is added.
    names
        Their names.
    hksj
        Knapp–Hartung: errors from the spread that was seen, t distribution (Knapp and Hartung 2003).
    level
        Confidence.

    Raises
    ------
    KyotoError
        As :func:`check_effects`; ``evaluation.collinear`` where moderators say the same thing twice or there are not
        more studies than coefficients.

    Examples
    --------
    >>> found = pool([-0.2, 0.1, -0.5], [0.04, 0.02, 0.05], model="dl")
    >>> round(float(found.coefficients[0]), 4), round(found.spread.tau2, 4)
    (-0.1675, 0.0595)
    """
    y, v = check_effects(effects, variances, model)
    x, terms = _design(len(y), moderators, names)
    tau2 = 0.0 if model == "fixed" else tau2_estimate(y, v, x, model)
    w = 1 / (v + tau2)
    coefficients, covariance = _weighted(y, w, x)
    degrees: int | None = None
    if hksj:
        degrees = len(y) - x.shape[1]
        if degrees < 1:
            raise KyotoError(
                "Knapp–Hartung needs at least two studies", code="evaluation.one-study", got=f"{len(y)} study"
            )
        covariance = covariance * generalised_q(y, v, x, tau2) / degrees
    errors = np.sqrt(np.diag(covariance))
    reach = critical_value(level, degrees) * errors
    return Pooled(
        model=model,
        hksj=hksj,
        terms=terms,
        coefficients=coefficients,
        covariance=covariance,
        degrees=degrees,
        p_values=_p_values(coefficients, errors, degrees),
        lower=coefficients - reach,
        upper=coefficients + reach,
        spread=heterogeneity(y, v, x, None if model == "fixed" else tau2, level),
        weights=100 * w / w.sum(),
        moderators=_joint_test(coefficients, covariance, degrees) if len(terms) > 1 else None,
        effects=y,
        variances=v,
        design=x,
        level=level,
    )


def _design(k: int, moderators: ArrayLike | None, names: Sequence[str]) -> tuple[Floats, tuple[str, ...]]:
    if moderators is None:
        return np.ones((k, 1)), ("pooled",)
    given = np.asarray(moderators, dtype=np.float64)
    given = given[:, None] if given.ndim == 1 else given
    x = np.column_stack([np.ones(k), given])
    if k <= x.shape[1] or np.linalg.matrix_rank(x) < x.shape[1]:
        raise KyotoError(
            "The moderators cannot be told apart",
            code="evaluation.collinear",
            got=f"{k} studies, {x.shape[1]} coefficients",
            expected="more studies than coefficients, and no moderator that others determine",
        )
    labels = tuple(names) or tuple(f"moderator {position + 1}" for position in range(given.shape[1]))
    return x, ("intercept", *labels)


def _weighted(y: Floats, w: Floats, x: Floats) -> tuple[Floats, Floats]:
    covariance = np.linalg.inv(x.T @ (w[:, None] * x))
    return np.asarray(covariance @ (x.T @ (w * y))), np.asarray(covariance)


def _p_values(coefficients: Floats, errors: Floats, degrees: float | None) -> Floats:
    """Two-sided p-values; NaN where the error is 0, as with Knapp–Hartung and effects that are all the same."""
    from scipy import stats

    ratio = np.divide(coefficients, errors, out=np.full_like(errors, np.nan), where=errors > 0)
    return np.asarray(2 * (stats.norm.sf(np.abs(ratio)) if degrees is None else stats.t.sf(np.abs(ratio), degrees)))


def _joint_test(coefficients: Floats, covariance: Floats, degrees: int | None) -> tuple[float, float, float]:
    from scipy import stats

    count = len(coefficients) - 1
    statistic = float(coefficients[1:] @ np.linalg.solve(covariance[1:, 1:], coefficients[1:]))
    if degrees is None:
        return statistic, float(count), float(stats.chi2.sf(statistic, count))
    return statistic / count, float(count), float(stats.f.sf(statistic / count, count, degrees))


def predict(pooled: Pooled, at: ArrayLike = ()) -> tuple[float, float, float, float, float, float]:
    """Mean effect at given moderators with its interval, and the interval in which a new study's effect lies.

    Parameters
    ----------
    pooled
        The synthesis.
    at
        Values of the moderators, in order; empty without moderators.

    Returns
    -------
    tuple of float
        Estimate, standard error, lower, upper, lower and upper prediction limit (Higgins, Thompson and Spiegelhalter
        2009, with the distribution of the model's own interval). Without a random part the last two are the interval.

    Examples
    --------
    >>> found = predict(pool([-0.2, 0.1, -0.5], [0.04, 0.02, 0.05], model="dl"))
    >>> [round(value, 3) for value in found]
    [-0.167, 0.177, -0.515, 0.18, -0.759, 0.424]
    """
    row = np.concatenate([[1.0], np.atleast_1d(np.asarray(at, dtype=np.float64))])
    estimate = float(row @ pooled.coefficients)
    variance = float(row @ pooled.covariance @ row)
    critical = critical_value(pooled.level, pooled.degrees)
    reach, wide = critical * math.sqrt(variance), critical * math.sqrt(variance + pooled.spread.tau2)
    return estimate, math.sqrt(variance), estimate - reach, estimate + reach, estimate - wide, estimate + wide


def bootstrap_pool(
    effects: ArrayLike, variances: ArrayLike, *, model: str = "reml", replicates: int = 10_000, seed: int = 1
) -> tuple[Floats, Floats]:
    """Pooled effect and tau² of samples of studies drawn with replacement, all at once.

    Parameters
    ----------
    effects, variances
        Shape (k,).
    model
        ``fixed``, ``dl``, ``reml`` or ``ml``.
    replicates, seed
        How many samples; the same seed gives the same samples.

    Returns
    -------
    tuple of numpy.ndarray
        Pooled effects and tau², each of shape (replicates,).

    Examples
    --------
    >>> means, spreads = bootstrap_pool([-0.2, 0.1, -0.5], [0.04, 0.02, 0.05], model="dl", replicates=200)
    >>> means.shape, bool((spreads >= 0).all())
    ((200,), True)
    """
    y, v = check_effects(effects, variances, model)
    if model not in {"fixed", "dl", "reml", "ml"}:
        raise KyotoError(
            "This model has no bootstrap", code="evaluation.unknown-model", got=model, expected="fixed, dl, reml or ml"
        )
    chosen = np.random.default_rng(seed).integers(0, len(y), size=(replicates, len(y)))
    return _pool_rows(y[chosen], v[chosen], model)


def _pool_rows(y: Floats, v: Floats, model: str) -> tuple[Floats, Floats]:
    """Pool every row of (replicates, k) arrays."""
    k = y.shape[1]
    tau2 = np.zeros(len(y))
    if model == "dl":
        w = 1 / v
        total = w.sum(1)
        q = (w * y**2).sum(1) - (w * y).sum(1) ** 2 / total
        tau2 = np.maximum((q - (k - 1)) / (total - (w**2).sum(1) / total), 0.0)
    elif model in {"reml", "ml"}:
        tau2 = _score_rows(y, v, restricted=model == "reml")
    w = 1 / (v + tau2[:, None])
    return np.asarray((w * y).sum(1) / w.sum(1)), tau2


def _score_rows(y: Floats, v: Floats, *, restricted: bool) -> Floats:
    """Fisher scoring of tau² for every row; rows leave as they converge."""
    tau2 = np.maximum(y.var(axis=1, ddof=1) - v.mean(axis=1), 0.0)
    open_rows = np.arange(len(y))
    for _ in range(200):
        here = tau2[open_rows]
        w = 1 / (v[open_rows] + here[:, None])
        one, two = w.sum(1), (w**2).sum(1)
        residual = y[open_rows] - ((w * y[open_rows]).sum(1) / one)[:, None]
        squares = ((w * residual) ** 2).sum(1)
        if restricted:
            trace = two - 2 * (w**3).sum(1) / one + (two / one) ** 2
            step = (squares - (one - two / one)) / trace
        else:
            step = (squares - one) / two
        below = here + step < 0
        step = np.where(below, np.where(here < 1e-12, -here, -here / 2), step)
        tau2[open_rows] = here + step
        open_rows = open_rows[np.abs(step) > 1e-10 * np.maximum(1.0, here)]
        if not len(open_rows):
            break
    return np.asarray(tau2)
