"""Is something missing? Small-study effects: Egger's test, PET-PEESE, rank correlation, trim and fill."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kyoto.analysis.evaluation.arrays import Floats
from kyoto.analysis.evaluation.result import Estimate, t_estimate
from kyoto.analysis.evaluation.synthesis.pooling import check_effects, pool
from kyoto.core.errors import KyotoError

__all__ = ["SmallStudies", "TrimFill", "egger", "pet_peese", "rank_test", "trim_and_fill"]


@dataclass(frozen=True, slots=True)
class SmallStudies:
    """A regression of effects on their standard errors or variances.

    Parameters
    ----------
    method
        ``egger``, ``egger-mixed``, ``pet``, ``peese``.
    statistic, p_value, degrees
        Test that effects do not depend on size; degrees of freedom None for the normal distribution.
    slope
        Change of the effect with the standard error (variance for PEESE).
    limit
        Effect of a study without error.
    """

    method: str
    statistic: float
    p_value: float
    degrees: float | None
    slope: Estimate
    limit: Estimate


def _needs(y: Floats, least: int) -> None:
    if len(y) < least:
        raise KyotoError(
            "Too few studies to see a small-study effect",
            code="evaluation.few-studies",
            got=f"{len(y)} studies",
            expected=f"at least {least}, and ten before its absence means anything",
        )


def _regression(y: Floats, v: Floats, predictor: Floats, method: str, level: float) -> SmallStudies:
    """Weighted least squares with weights 1 / v and an estimated scale."""
    x = np.column_stack([np.ones_like(y), predictor])
    w = 1 / v
    inverse = np.linalg.inv(x.T @ (w[:, None] * x))
    coefficients = inverse @ (x.T @ (w * y))
    degrees = len(y) - 2
    scale = float((w * (y - x @ coefficients) ** 2).sum()) / degrees
    errors = np.sqrt(scale * np.diag(inverse))
    slope = t_estimate("slope", float(coefficients[1]), float(errors[1]), degrees, level)
    limit = t_estimate("limit", float(coefficients[0]), float(errors[0]), degrees, level)
    return SmallStudies(method, slope.estimate / float(errors[1]), slope.p_value or 0.0, degrees, slope, limit)


def egger(effects: ArrayLike, variances: ArrayLike, *, mixed: bool = False, level: float = 0.95) -> SmallStudies:
    """Egger's test that small studies find other effects than large ones.

    Parameters
    ----------
    effects, variances
        Shape (k,).
    mixed
        Mixed-effects version (REML) instead of the classic regression of Egger et al. (1997).
    level
        Confidence.

    Examples
    --------
    >>> found = egger([-0.9, -0.6, -0.3, -0.1], [0.4, 0.2, 0.1, 0.02])
    >>> round(found.statistic, 2), round(found.p_value, 3)
    (-9.75, 0.01)
    """
    y, v = check_effects(effects, variances, "reml")
    _needs(y, 3)
    if not mixed:
        return _regression(y, v, np.sqrt(v), "egger", level)
    fitted = pool(y, v, model="reml", moderators=np.sqrt(v), level=level)
    items = [
        Estimate(term, float(b), float(se), float(low), float(high), float(p))
        for term, b, se, low, high, p in zip(
            ("limit", "slope"),
            fitted.coefficients,
            fitted.std_errors,
            fitted.lower,
            fitted.upper,
            fitted.p_values,
            strict=True,
        )
    ]
    statistic = float(fitted.coefficients[1] / fitted.std_errors[1])
    return SmallStudies("egger-mixed", statistic, float(fitted.p_values[1]), None, items[1], items[0])


def pet_peese(
    effects: ArrayLike, variances: ArrayLike, *, level: float = 0.95
) -> tuple[SmallStudies, SmallStudies, str]:
    """Precision-effect test and its variant with variances (Stanley and Doucouliagos 2014).

    Returns
    -------
    tuple
        PET, PEESE, and which of them the rule reports: ``peese`` if PET finds an effect (one-sided 5 per cent in the
        direction of the pooled effect), else ``pet``.
    """
    y, v = check_effects(effects, variances, "reml")
    _needs(y, 3)
    pet = _regression(y, v, np.sqrt(v), "pet", level)
    peese = _regression(y, v, v, "peese", level)
    direction = math.copysign(1.0, float((y / v).sum()))
    found = direction * pet.limit.estimate > 0 and (pet.limit.p_value or 1.0) / 2 < 0.05
    return pet, peese, "peese" if found else "pet"


def rank_test(effects: ArrayLike, variances: ArrayLike) -> tuple[float, float]:
    """Begg and Mazumdar's (1994) rank correlation of standardised effects with variances: Kendall's tau, p-value."""
    from scipy import stats

    y, v = check_effects(effects, variances, "reml")
    _needs(y, 3)
    w = 1 / v
    centred = (y - (w * y).sum() / w.sum()) / np.sqrt(v - 1 / w.sum())
    found = stats.kendalltau(centred, v, method="auto")
    return float(found.statistic), float(found.pvalue)


@dataclass(frozen=True, slots=True, eq=False)
class TrimFill:
    """Studies that a symmetric funnel would add.

    Parameters
    ----------
    missing
        How many.
    side
        ``left`` or ``right``: where they are missing.
    effects, variances
        The added studies, shape (missing,).
    estimate
        Pooled effect with them.
    """

    missing: int
    side: str
    effects: Floats
    variances: Floats
    estimate: Estimate


def trim_and_fill(effects: ArrayLike, variances: ArrayLike, *, model: str = "reml", level: float = 0.95) -> TrimFill:
    """Trim and fill with the estimator L0 (Duval and Tweedie 2000): a sensitivity analysis, not a correction.

    Examples
    --------
    >>> trim_and_fill([-0.9, -0.6, -0.3, -0.1, -0.1], [0.4, 0.2, 0.1, 0.02, 0.02], model="dl").side
    'right'
    """
    y, v = check_effects(effects, variances, model)
    _needs(y, 3)
    side = "right" if egger(y, v, mixed=True).slope.estimate < 0 else "left"
    sign = -1.0 if side == "right" else 1.0
    order = np.argsort(sign * y, kind="stable")
    flipped, spread = (sign * y)[order], v[order]
    missing, centre = 0, 0.0
    for _ in range(100):
        kept = len(y) - missing
        centre = float(pool(flipped[:kept], spread[:kept], model=model).coefficients[0]) if kept > 1 else flipped[0]
        ranks = _signed_ranks(flipped - centre)
        total = float(ranks[ranks > 0].sum())
        k = len(y)
        found = max(0, round((4 * total - k * (k + 1)) / (2 * k - 1)))
        found = min(found, k - 2)
        if found == missing:
            break
        missing = found
    mirrored = sign * (2 * centre - flipped[len(y) - missing :]) if missing else np.zeros(0)
    added = spread[len(y) - missing :] if missing else np.zeros(0)
    fitted = pool(np.concatenate([y, mirrored]), np.concatenate([v, added]), model=model, level=level)
    estimate = Estimate(
        "pooled with filled studies",
        float(fitted.coefficients[0]),
        float(fitted.std_errors[0]),
        float(fitted.lower[0]),
        float(fitted.upper[0]),
        float(fitted.p_values[0]),
        {"tau2": fitted.spread.tau2},
    )
    return TrimFill(missing, side, np.asarray(mirrored), np.asarray(added), estimate)


def _signed_ranks(centred: Floats) -> Floats:
    from scipy import stats

    # equal distances share the mean of their ranks
    return np.asarray(stats.rankdata(np.abs(centred)) * np.sign(centred))
