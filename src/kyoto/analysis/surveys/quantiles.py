"""Quantiles, with limits found by inverting those of the distribution function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kyoto.analysis.surveys.arrays import Bools, Floats
from kyoto.analysis.surveys.domains import domains_of
from kyoto.analysis.surveys.estimation import Design, covariance_of, domain_freedom, figure_note
from kyoto.analysis.surveys.intervals import student
from kyoto.analysis.surveys.result import SurveyEstimate, SurveyEstimates
from kyoto.analysis.surveys.statistic import value_statistic
from kyoto.core.errors import KyotoError

__all__ = ["quantile", "weighted_quantile"]


def weighted_quantile(values: Floats, weights: Floats, share: float) -> float:
    """Smallest value at or below which at least ``share`` of the weight lies (inverse distribution function).

    Examples
    --------
    >>> weighted_quantile(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 2.0]), 0.5)
    2.0
    """
    kept = weights > 0
    order = np.argsort(values[kept], kind="stable")
    ordered, cumulated = values[kept][order], np.cumsum(weights[kept][order])
    whole = float(weights[kept].sum())
    reached = cumulated <= share * whole
    at = int(np.flatnonzero(reached)[-1]) if reached.any() else 0
    if share - cumulated[at] / whole == 0:
        return float(ordered[at])
    return float(ordered[at if at == len(ordered) - 1 else at + 1])


def quantile(
    design: Design,
    values: Any,
    shares: Sequence[float] = (0.5,),
    *,
    by: Mapping[str, Any] | None = None,
    name: str = "quantile",
    level: float = 0.95,
) -> SurveyEstimates:
    """Quantiles of a value over the population.

    Parameters
    ----------
    design, values, by, name, level
        As in :func:`kyoto.analysis.surveys.estimation.total`.
    shares
        Which quantiles, between 0 and 1; the median is 0.5.

    Returns
    -------
    SurveyEstimates
        Limits are the quantiles at the Wald limits of the share below the estimate (Woodruff 1952, *JASA* 47,
        635-646); the standard error is their distance over 2 t. A limit beyond the data is the smallest or largest
        value. Between quantiles no covariance is given.

    Examples
    --------
    >>> from kyoto.analysis.surveys.design import make_design
    >>> quantile(make_design(np.ones(9)), np.arange(9.0), [0.5])[0].estimate
    4.0
    """
    for share in shares:
        if not 0 < share < 1:
            raise KyotoError(
                "A quantile lies between 0 and 1",
                code="survey.wrong-quantile",
                got=f"{share:g}",
                expected="such as 0.5",
            )
    found = np.asarray(values, dtype=np.float64)
    domains = domains_of(by, design.rows)
    used = domains.without(np.isnan(found))
    missing = np.bincount(domains.code[np.isnan(found)], minlength=len(domains))
    freedom = domain_freedom(design, used)
    figures = []
    for at, labels in enumerate(domains.labels):
        inside = used.code == at
        n = int((inside & (design.weights > 0)).sum())
        for share in shares:
            df = float(freedom[at])
            point, error, low, high = (
                _woodruff(design, found, inside, share, df, level) if n else (None, None, None, None)
            )
            figures.append(
                SurveyEstimate(
                    term=f"{name}@{share:g}",
                    statistic="quantile",
                    by=labels,
                    estimate=point,
                    std_error=error,
                    lower=low,
                    upper=high,
                    n=n,
                    df=df,
                    missing=int(missing[at]),
                    cases=n,
                    note=figure_note("quantile", n, point is None, error or 0.0, df),
                )
            )
    errors = np.array([np.nan if figure.std_error is None else figure.std_error for figure in figures])
    covariance = np.where(np.eye(len(figures), dtype=bool), errors[:, None] ** 2, np.nan)
    return SurveyEstimates(tuple(figures), covariance, level, "woodruff")


def _woodruff(
    design: Design, values: Floats, inside: Bools, share: float, df: float, level: float
) -> tuple[float, float, float, float]:
    numbers, weights = values[inside], design.weights[inside]
    point = weighted_quantile(numbers, weights, share)
    below = np.where(inside, values <= point, 0.0)
    domain = np.where(inside, 0, -1)
    statistic = value_statistic("mean", domain, 1, below, np.ones(design.rows))
    estimate, covariance = covariance_of(design, statistic)
    critical = float(student(level, np.array([df]))[0])
    half = critical * float(np.sqrt(covariance[0, 0]))
    low, high = float(estimate[0]) - half, float(estimate[0]) + half
    used = numbers[weights > 0]
    lower = float(used.min()) if low < 0 else weighted_quantile(numbers, weights, low)
    upper = float(used.max()) if high > 1 else weighted_quantile(numbers, weights, high)
    return point, (upper - lower) / (2 * critical), lower, upper
