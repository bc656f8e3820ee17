"""Estimation: figures of a sample with their sampling error, for the whole or by domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kyoto.analysis.surveys.arrays import Floats, Ints, codes_of
from kyoto.analysis.surveys.choices import Interval
from kyoto.analysis.surveys.design import SurveyDesign
from kyoto.analysis.surveys.domains import Domains, domains_of, is_flag, label_text, with_one
from kyoto.analysis.surveys.intervals import interval
from kyoto.analysis.surveys.replicates import ReplicateDesign
from kyoto.analysis.surveys.result import SurveyEstimate, SurveyEstimates
from kyoto.analysis.surveys.statistic import (
    Moments,
    Statistic,
    linearized,
    ratio_of,
    share_statistic,
    value_statistic,
)

__all__ = [
    "Design",
    "assemble",
    "covariance_of",
    "deffs",
    "mean",
    "proportion",
    "ratio",
    "total",
]

Design = SurveyDesign | ReplicateDesign


def total(
    design: Design, values: Any, *, by: Mapping[str, Any] | None = None, name: str = "total", level: float = 0.95
) -> SurveyEstimates:
    """Total of a value in the population.

    Parameters
    ----------
    design
        The sample.
    values
        One number a row; rows without one are left out and counted as missing.
    by
        Disaggregations: label of each row, by name.
    name
        Term of the figures.
    level
        Confidence of the limits.

    Returns
    -------
    SurveyEstimates
        One figure a domain, with their covariance.

    Notes
    -----
    Särndal, Swensson & Wretman (1992), equations 4.3.21 and 5.5.11, with weights for inverse probabilities.

    Examples
    --------
    >>> from kyoto.analysis.surveys.design import make_design
    >>> design = make_design([3, 3, 3, 3, 3, 4, 4, 4], strata=[[1, 1, 1, 1, 1, 2, 2, 2]])
    >>> found = total(design, [2.8, 4.1, 6.8, 6.8, 9.2, 3.7, 6.6, 4.2])
    >>> round(found[0].estimate, 4), round(found[0].std_error, 4)
    (147.1, 20.0142)
    """
    return _of_values("total", design, values, None, by, name, level)


def mean(
    design: Design, values: Any, *, by: Mapping[str, Any] | None = None, name: str = "mean", level: float = 0.95
) -> SurveyEstimates:
    """Mean of a value over the population: the total over the sum of the weights. Parameters as in :func:`total`.

    Examples
    --------
    >>> from kyoto.analysis.surveys.design import make_design
    >>> round(mean(make_design([1, 1, 2]), [3.0, 5.0, 8.0])[0].estimate, 4)
    6.0
    """
    return _of_values("mean", design, values, None, by, name, level)


def ratio(
    design: Design,
    numerator: Any,
    denominator: Any,
    *,
    by: Mapping[str, Any] | None = None,
    name: str = "ratio",
    level: float = 0.95,
) -> SurveyEstimates:
    """Ratio of two totals, such as victimizations per household. Parameters as in :func:`total`.

    Examples
    --------
    >>> from kyoto.analysis.surveys.design import make_design
    >>> round(ratio(make_design([1, 1, 2]), [1.0, 0.0, 1.0], [2.0, 3.0, 4.0])[0].estimate, 4)
    0.2308
    """
    return _of_values("ratio", design, numerator, denominator, by, name, level)


def proportion(
    design: Design,
    values: Any,
    *,
    by: Mapping[str, Any] | None = None,
    name: str = "share",
    method: Interval = "logit",
    level: float = 0.95,
) -> SurveyEstimates:
    """Share of the population in each level of a category.

    Parameters
    ----------
    design, by, name, level
        As in :func:`total`.
    values
        One label a row. If all are 0 or 1 (or false and true) the share of 1 alone is given.
    method
        Kind of the limits.

    Examples
    --------
    >>> from kyoto.analysis.surveys.design import make_design
    >>> found = proportion(make_design([1, 1, 2]), ["a", "b", "a"], name="kind")
    >>> [(figure.term, figure.estimate) for figure in found]
    [('kind=a', 0.75), ('kind=b', 0.25)]
    """
    codes, labels = codes_of(values)
    labels = with_one(labels)
    domains = domains_of(by, design.rows)
    used = domains.without(codes < 0)
    statistic = share_statistic(used.code, len(domains), codes, len(labels), np.ones(design.rows))
    moments = _moments(design, used, np.ones(design.rows), None, statistic)
    missing = np.bincount(domains.code[codes < 0], minlength=len(domains))
    whole = _assembled(design, statistic, used, moments, missing, name, method, level, levels=labels)
    return only_ones(whole, name) if is_flag(labels) else whole


def only_ones(whole: SurveyEstimates, name: str) -> SurveyEstimates:
    """Figures of the level 1 alone."""
    kept = [at for at, figure in enumerate(whole) if figure.term in (f"{name}=1", f"{name}=true")]
    estimates = tuple(whole[at] for at in kept)
    return SurveyEstimates(estimates, whole.covariance[np.ix_(kept, kept)], whole.level, whole.method)


def _of_values(
    kind: str,
    design: Design,
    above: Any,
    below: Any,
    by: Mapping[str, Any] | None,
    name: str,
    level: float,
) -> SurveyEstimates:
    numerator = np.asarray(above, dtype=np.float64)
    denominator = None if below is None else np.asarray(below, dtype=np.float64)
    lost = np.isnan(numerator) if denominator is None else np.isnan(numerator) | np.isnan(denominator)
    domains = domains_of(by, design.rows)
    used = domains.without(lost)
    divisor = np.ones(design.rows) if kind == "mean" else denominator
    statistic = value_statistic(kind, used.code, len(domains), numerator, divisor)  # type: ignore[arg-type]
    moments = _moments(design, used, numerator, divisor, statistic)
    missing = np.bincount(domains.code[lost], minlength=len(domains))
    return _assembled(design, statistic, used, moments, missing, name, "wald", level)


def _moments(design: Design, used: Domains, above: Floats, below: Floats | None, statistic: Statistic) -> Moments:
    """Moments by figure; shares have one figure a level in each domain."""
    inside = used.code >= 0
    code, weight = used.code[inside], design.weights[inside]
    y = above[inside]
    x = np.ones(len(y)) if below is None else below[inside]

    def summed(values: Floats) -> Floats:
        by_domain = np.bincount(code, weights=values, minlength=len(used)).astype(np.float64)
        return np.repeat(by_domain, statistic.terms // max(len(used), 1))

    n, size = summed((weight != 0).astype(np.float64)), summed(weight)
    base = summed(((weight != 0) & (x != 0)).astype(np.float64))
    line = statistic.numerator
    hits = (line.value != 0) & (design.weights[line.row] != 0)
    cases: Floats = np.bincount(line.term, weights=hits, minlength=statistic.terms).astype(np.float64)
    if statistic.kind == "proportion":
        above_line = statistic.numerator.sums(design.weights, statistic.terms)
        return Moments(n, base, cases, size, above_line, above_line, size)
    return Moments(n, base, cases, size, summed(weight * y * y), summed(weight * x * y), summed(weight * x * x))


def deffs(statistic: Statistic, moments: Moments, variance: Floats, estimate: Floats, sums: Floats) -> Floats:
    """Design effects: variance over that of a simple random sample without replacement of the same size.

    Parameters
    ----------
    statistic, moments
        What is estimated.
    variance, estimate
        Of each figure.
    sums
        Denominator of each figure (sum of weights for totals).
    """
    n, size = moments.n, moments.weight
    with np.errstate(divide="ignore", invalid="ignore"):
        if statistic.kind == "total":
            middle = moments.xy / size
            squares = moments.yy - size * middle**2
            factor = size**2
        else:
            squares = moments.yy - 2 * estimate * moments.xy + estimate**2 * moments.xx
            factor = np.where(sums == 0, np.nan, size / sums) ** 2
        spread = squares / size * n / (n - 1.0)
        simple = spread * factor * (size - n) / (size * n)
        return np.where((simple > 0) & (size >= n), variance / simple, np.nan)


def covariance_of(design: Design, statistic: Statistic) -> tuple[Floats, Floats]:
    """Estimates and their covariance under a design."""
    if isinstance(design, SurveyDesign):
        estimate, entries = linearized(statistic, design.weights)
        return estimate, design.covariance(entries.row, entries.term, entries.value, statistic.terms)
    sets = np.column_stack([design.weights, design.replicates])
    above = statistic.numerator.weighted_sums(sets, statistic.terms)
    below = None if statistic.denominator is None else statistic.denominator.weighted_sums(sets, statistic.terms)
    values = ratio_of(above, below)
    return values[:, 0], design.spread.covariance(values[:, 0], values[:, 1:])


def _assembled(
    design: Design,
    statistic: Statistic,
    used: Domains,
    moments: Moments,
    missing: Ints,
    name: str,
    method: Interval,
    level: float,
    levels: NDArray[Any] | None = None,
) -> SurveyEstimates:
    estimate, covariance = covariance_of(design, statistic)
    sums = statistic.denominator.sums(design.weights, statistic.terms) if statistic.denominator else moments.weight
    effects = deffs(statistic, moments, np.diag(covariance), estimate, sums)
    freedom = domain_freedom(design, used)
    return assemble(
        statistic.kind,
        estimate,
        covariance,
        moments.base,
        freedom,
        effects,
        missing,
        used.labels,
        name,
        method,
        level,
        levels,
        moments.cases,
    )


def domain_freedom(design: Design, used: Domains) -> Floats:
    """Degrees of freedom of each domain; at least 1."""
    if len(used) == 1 or isinstance(design, ReplicateDesign):
        whole = max(design.degrees_of_freedom(), 1)
        return np.full(len(used), float(whole))
    return np.array([max(design.degrees_of_freedom(used.code == at), 1) for at in range(len(used))], dtype=np.float64)


def assemble(
    kind: str,
    estimate: Floats,
    covariance: Floats,
    n: Floats,
    freedom: Floats,
    effects: Floats,
    missing: Any,
    labels: Sequence[Mapping[str, str]],
    name: str,
    method: Interval,
    level: float,
    levels: NDArray[Any] | None = None,
    cases: Floats | None = None,
) -> SurveyEstimates:
    """Result from arrays; figures of shares run over the levels within each domain.

    Parameters
    ----------
    kind, name
        What is estimated.
    estimate, covariance, n, effects
        By figure.
    freedom, missing, labels
        By domain.
    method, level
        How limits are made.
    levels
        Labels of the levels of a share; None for values.
    cases
        By figure, if known.
    """
    each = 1 if levels is None else len(levels)
    df = np.repeat(freedom, each)
    std_error = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    std_error = np.where(std_error <= 1e-11 * np.abs(np.nan_to_num(estimate)), 0.0, std_error)  # rounding, not spread
    lower, upper = interval(method, np.nan_to_num(estimate), std_error, df=df, n=np.maximum(n, 2.0), level=level)
    found = []
    for at, value in enumerate(estimate):
        domain, which = divmod(at, each)
        term = name if levels is None else f"{name}={label_text(levels[which])}"
        empty = bool(n[at] == 0 or np.isnan(value))
        note = figure_note(kind, int(n[at]), empty, float(std_error[at]), float(df[at]))
        found.append(
            SurveyEstimate(
                term=term,
                statistic=kind,
                by=labels[domain],
                estimate=None if empty else float(value),
                std_error=None if empty else float(std_error[at]),
                lower=None if empty else float(lower[at]),
                upper=None if empty else float(upper[at]),
                n=int(n[at]),
                df=float(df[at]),
                deff=None if empty or not np.isfinite(effects[at]) else float(effects[at] * (std_error[at] > 0)),
                missing=int(missing[domain]),
                cases=None if cases is None else int(cases[at]),
                note=note,
            )
        )
    return SurveyEstimates(tuple(found), covariance, level, method)


def figure_note(kind: str, n: int, empty: bool, std_error: float, df: float) -> str:
    """What to know about a figure.

    Examples
    --------
    >>> figure_note("mean", 0, True, 0.0, 9.0)
    'Nobody with a value and a weight is in this domain.'
    """
    if empty:
        if kind == "ratio":
            return "Nobody in this domain counts in the denominator."
        return "Nobody with a value and a weight is in this domain."
    if kind in ("mean", "ratio", "quantile") and std_error == 0:
        return "The rows of this domain do not differ, or lie in one cluster: its interval says nothing."
    if df <= 1:
        return "The domain has hardly more clusters than strata: its interval rests on one degree of freedom."
    return ""
