"""Calibration: whether a score means the same share of outcomes for everybody."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kyoto.analysis.reoffending.audit.discrimination import Measure
from kyoto.analysis.reoffending.survival.arrays import Bools, Floats
from kyoto.analysis.reoffending.survival.intervals import quantile_of_normal, wilson
from kyoto.analysis.reoffending.survival.newton import maximise
from kyoto.core.errors import KyotoError

__all__ = ["CurvePoint", "brier_score", "calibration_curve", "calibration_line", "is_probability", "score_bands"]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Observed share at a band of the score.

    Parameters
    ----------
    band
        The score, or its range.
    score
        Mean score in the band.
    observed, lower, upper
        Share with the outcome, with Wilson's limits.
    n
        Persons.
    """

    band: str
    score: float
    observed: float
    lower: float
    upper: float
    n: int


def is_probability(score: Floats) -> bool:
    """Whether a score can be read as a probability: between 0 and 1, and not only those."""
    return bool(score.min() >= 0 and score.max() <= 1 and len(np.unique(score)) > 2)


def score_bands(score: Floats, *, most: int = 12) -> Floats:
    """Lower ends of the bands: every value where there are few, else tenths of the people.

    Examples
    --------
    >>> import numpy as np
    >>> score_bands(np.array([1.0, 1, 2, 3])).tolist()
    [1.0, 2.0, 3.0]
    """
    values = np.unique(score)
    if len(values) <= most:
        return values
    return np.unique(np.quantile(score, np.linspace(0, 0.9, 10)))


def calibration_curve(
    score: Floats,
    outcome: Bools,
    bands: Floats,
    weights: Floats | None = None,
    *,
    level: float = 0.95,
    least: int = 10,
) -> tuple[CurvePoint, ...]:
    """Share with the outcome by band of the score.

    Parameters
    ----------
    score, outcome, weights
        Of each person, shape ``(n,)``.
    bands
        Lower ends, from :func:`score_bands`, so that groups share them.
    level
        Confidence of the limits.
    least
        Bands with fewer persons are left out.
    """
    given = np.ones(len(score)) if weights is None else weights
    place = np.searchsorted(bands, score, side="right") - 1
    found = []
    for number, low in enumerate(bands):
        rows = place == number
        if rows.sum() < least:
            continue
        total = float(given[rows].sum())
        share = float(given[rows & outcome].sum()) / total
        effective = total**2 / float((given[rows] ** 2).sum())
        lower, upper = wilson(share * effective, effective, level)
        top = score[rows].max()
        band = f"{low:g}" if top == score[rows].min() else f"{score[rows].min():g} to {top:g}"
        found.append(
            CurvePoint(band, float(np.average(score[rows], weights=given[rows])), share, lower, upper, int(rows.sum()))
        )
    return tuple(found)


def calibration_line(
    score: Floats, outcome: Bools, weights: Floats | None = None, *, level: float = 0.95
) -> tuple[Measure, Measure]:
    """Intercept and slope of the logit of the outcome on the score; on its logit where it is a probability.

    Parameters
    ----------
    score, outcome, weights
        Of each person, shape ``(n,)``.
    level
        Confidence of the limits.

    Returns
    -------
    intercept, slope : Measure
        A calibrated probability has intercept 0 and slope 1. A score that means the same for all groups has the same
        line in all.

    Notes
    -----
    Cox (1958); logistic regression by maximum likelihood, sandwich errors with weights.
    """
    x = score
    if is_probability(score):
        inside = np.clip(score, 1e-6, 1 - 1e-6)
        x = np.log(inside / (1 - inside))
    given = np.ones(len(score)) if weights is None else weights
    design = np.column_stack([np.ones(len(x)), x])
    y = outcome.astype(np.float64)

    def likelihood(beta: Floats) -> tuple[float, Floats, Floats]:
        linear = design @ beta
        share = 1 / (1 + np.exp(-linear))
        value = float(given @ (y * linear - np.logaddexp(0, linear)))
        return value, design.T @ (given * (y - share)), design.T @ (design * (given * share * (1 - share))[:, None])

    spread = np.array([1.0, max(float(x.std()), 1e-12)])
    try:
        beta, _, _, information, _ = maximise(likelihood, spread)
    except KyotoError as error:
        missing = Measure(None, None, None, len(x), note=error.title)
        return missing, missing
    inverse = np.linalg.inv(information)
    if weights is not None:
        share = 1 / (1 + np.exp(-(design @ beta)))
        influence = (design * (given * (y - share))[:, None]) @ inverse
        inverse = influence.T @ influence
    reach = quantile_of_normal(level) * np.sqrt(np.diag(inverse))
    found = [
        Measure(float(b), float(b - r), float(b + r), len(x), float(r / quantile_of_normal(level)))
        for b, r in zip(beta, reach, strict=True)
    ]
    return found[0], found[1]


def brier_score(score: Floats, outcome: Bools, weights: Floats | None = None, *, level: float = 0.95) -> Measure:
    """Mean squared distance of a probability from what happened.

    Notes
    -----
    Brier (1950); with weights Graf et al. (1999). Limits by the standard error of a (weighted) mean.

    Examples
    --------
    >>> import numpy as np
    >>> round(brier_score(np.array([0.2, 0.9, 0.4]), np.array([False, True, True])).estimate, 4)
    0.1367
    """
    given = np.ones(len(score)) if weights is None else weights
    loss = (score - outcome) ** 2
    mean = float(given @ loss / given.sum())
    error = float(np.sqrt(given**2 @ (loss - mean) ** 2) / given.sum())
    reach = quantile_of_normal(level) * error
    return Measure(mean, max(0.0, mean - reach), min(1.0, mean + reach), len(score), error)
