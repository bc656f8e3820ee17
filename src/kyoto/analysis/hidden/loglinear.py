"""Poisson log-linear fit of one model, with its profile likelihood interval.

Sources: Fienberg (1972) for the model; Cormack (1992) and Baillargeon and Rivest (2007, section 2.3) for the
multinomial profile likelihood of the population; Chan, Silverman and Vincent (2021) for parameters at minus infinity.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kyoto.analysis.hidden.arrays import Booleans, Floats, Integers
from kyoto.analysis.hidden.existence import VERDICTS, Verdict, check_model
from kyoto.analysis.hidden.faces import existence_code, split_model
from kyoto.analysis.hidden.hierarchy import format_model, parse_model
from kyoto.analysis.hidden.kernels import fit_poisson
from kyoto.analysis.hidden.model import CaptureTable
from kyoto.analysis.hidden.result import PopulationEstimate, refused, settled

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = ["LogLinearFit", "fit_loglinear", "log_factorials", "profile_interval"]


@dataclass(frozen=True, slots=True, eq=False)
class LogLinearFit:
    """Fit of one log-linear model.

    Parameters
    ----------
    population
        Estimate with its interval, or its refusal.
    verdict
        Existence and identifiability.
    coefficients
        Parameters by the names of their lists (``""`` is the intercept); minus infinity where they are there.
    means
        Fitted means by capture history (``2**k``; position 0 is the unobserved), all NaN without an estimate.
    hidden
        Expected unobserved people.
    hidden_std_error
        Standard error of the intercept, that is of the logarithm of ``hidden``.
    deviance, residual_df, aic, aicc, bic, log_likelihood
        Of the fit to the observable histories. Parameters at minus infinity count as parameters; BIC takes the
        logarithm of the number of people, not of histories.
    """

    population: PopulationEstimate
    verdict: Verdict
    coefficients: Mapping[str, float]
    means: Floats
    hidden: float
    hidden_std_error: float
    deviance: float
    residual_df: int
    aic: float
    aicc: float
    bic: float
    log_likelihood: float

    @property
    def model(self) -> str:
        """Notation of the model."""
        return self.verdict.model

    def tidy(self) -> pd.DataFrame:
        """The population, one row, with the criteria of the fit."""
        frame = self.population.tidy()
        for name in ("deviance", "residual_df", "aic", "aicc", "bic"):
            frame[name] = getattr(self, name)
        return frame

    def summary(self) -> str:
        """Estimate, criteria and verdict in sentences."""
        lines = [self.population.summary(), self.verdict.summary()]
        if self.verdict.exists:
            lines.insert(1, f"Deviance {self.deviance:.2f} on {self.residual_df} df; BIC {self.bic:.2f}.")
        return "\n".join(lines)

    def plot(self) -> altair.LayerChart:
        """Estimate and interval as a chart."""
        return self.population.plot()


def log_factorials(counts: Floats) -> float:
    """Constant of the Poisson log-likelihood: the sum of ``log(count!)``."""
    from scipy.special import gammaln

    return float(gammaln(counts + 1.0).sum())


def fit_loglinear(table: CaptureTable, model: str | Integers = "main", *, level: float = 0.95) -> LogLinearFit:
    """Fit one hierarchical log-linear model by extended maximum likelihood.

    Parameters
    ----------
    table
        The lists.
    model
        Notation such as ``"[12,3]"``, ``"main"``, ``"pairs"``, or terms.
    level
        Confidence of the profile likelihood interval.

    Returns
    -------
    LogLinearFit
        Its ``population`` has no estimate where none exists; ``verdict`` says why.

    Examples
    --------
    Korean women held in Palembang (Ball, Shin and Yang 2018):

    >>> korea = CaptureTable.from_histories(
    ...     "bcd", {(2,): 41, (1,): 5, (0,): 5, (0, 1): 54, (0, 2): 6, (0, 1, 2): 12})
    >>> fit = fit_loglinear(korea, "[12,23]")
    >>> round(fit.population.estimate, 4), round(fit.bic, 4)
    (157.1667, 57.1408)
    """
    terms = parse_model(model, table) if isinstance(model, str) else model
    cells = np.empty(table.counts.size, dtype=np.bool_)
    finite = split_model(table.counts, terms, cells)
    code = existence_code(table.counts, finite, cells)
    if code:
        return _without_estimate(table, terms, code)
    alpha = np.empty(finite.size)
    means = np.empty(table.counts.size)
    factor = np.empty((finite.size, finite.size))
    value = fit_poisson(table.counts, finite, cells, alpha, means, factor)
    if not math.isfinite(value):
        return _without_estimate(table, terms, 4)
    return _collect(table, terms, finite, cells, alpha, means, factor, value, level)


def _collect(
    table: CaptureTable,
    terms: Integers,
    finite: Integers,
    cells: Booleans,
    alpha: Floats,
    means: Floats,
    factor: Floats,
    value: float,
    level: float,
) -> LogLinearFit:
    observed = table.observed
    log_likelihood = value - log_factorials(table.counts)
    means = means.copy()
    means[0] = math.exp(alpha[0])
    parameters = terms.size
    aic = 2.0 * parameters - 2.0 * log_likelihood
    spare = observed - parameters - 1
    lower_factor = np.tril(factor)
    first = np.linalg.solve(lower_factor, np.eye(finite.size)[0])
    variance = float(first @ first)
    hidden = float(means[0])
    lower, upper = profile_interval(table, finite, cells, level=level, start=hidden)
    population = settled(
        PopulationEstimate(
            "loglinear",
            format_model(terms),
            observed,
            observed + hidden,
            lower,
            upper,
            std_error=math.sqrt(hidden + hidden * hidden * variance),
            level=level,
            interval="profile",
        )
    )
    by_mask = dict(zip(finite.tolist(), alpha.tolist(), strict=True))
    gone = [term for term in terms.tolist() if term not in by_mask]
    return LogLinearFit(
        population=population,
        verdict=_passed(table, terms, finite, cells),
        coefficients={table.name_of(mask): by_mask.get(mask, -math.inf) for mask in [*by_mask, *gone]},
        means=means,
        hidden=hidden,
        hidden_std_error=math.sqrt(variance),
        deviance=_deviance(table.counts, means, cells),
        residual_df=int(cells.sum()) - finite.size,
        aic=aic,
        aicc=aic + 2.0 * parameters * (parameters + 1) / spare if spare > 0 else math.inf,
        bic=parameters * math.log(observed) - 2.0 * log_likelihood,
        log_likelihood=log_likelihood,
    )


def _passed(table: CaptureTable, terms: Integers, finite: Integers, cells: Booleans) -> Verdict:
    """Verdict of a model that passed the compiled tests, without solving the linear program again."""
    gone = [term for term in terms.tolist() if term not in set(finite.tolist())]
    dropped = [mask for mask in range(1, cells.size) if not cells[mask]]
    return Verdict(
        format_model(terms),
        0,
        tuple(table.name_of(mask) for mask in gone),
        tuple(table.name_of(mask) for mask in dropped),
        (),
        True,
        math.nan,
    )


def _without_estimate(table: CaptureTable, terms: Integers, code: int) -> LogLinearFit:
    verdict = check_model(table, terms)
    nothing = math.nan
    return LogLinearFit(
        population=refused(
            "loglinear", format_model(terms), table.observed, VERDICTS[code], verdict.summary().split(". ", 1)[-1]
        ),
        verdict=verdict,
        coefficients={},
        means=np.full(table.counts.size, nothing),
        hidden=nothing,
        hidden_std_error=nothing,
        deviance=nothing,
        residual_df=0,
        aic=nothing,
        aicc=nothing,
        bic=nothing,
        log_likelihood=nothing,
    )


def _deviance(counts: Floats, means: Floats, cells: Booleans) -> float:
    from scipy.special import xlogy

    observed, fitted = counts[cells], means[cells]
    return float(2.0 * (xlogy(observed, observed) - xlogy(observed, fitted) - observed + fitted).sum())


def profile_interval(
    table: CaptureTable, finite: Integers, cells: Booleans, *, level: float, start: float, stirling: bool = False
) -> tuple[float, float]:
    """Multinomial profile likelihood limits of the population.

    Parameters
    ----------
    table
        The lists.
    finite, cells
        Finite parameters and fitted histories, from :func:`kyoto.analysis.hidden.faces.split_model`.
    level
        Confidence.
    start
        Expected unobserved people at the Poisson fit, where the search begins.
    stirling
        Approximate the factorials by Stirling's formula as Rcapture's ``closedpCI`` does, to compare with it. The
        limits then differ by about one twelfth of a person divided by the number of unobserved ones.

    Returns
    -------
    tuple
        Limits; the lower is the observed people where the likelihood does not fall far enough above them.
    """
    from scipy.optimize import brentq, minimize_scalar
    from scipy.special import ndtri

    profile = _Profile(table, finite, cells, stirling=stirling)
    centre = math.log(max(start, 0.5))
    best = minimize_scalar(lambda at: -profile(math.exp(at)), bracket=(centre - 0.2, centre), options={"xtol": 1e-10})
    peak_at, peak = math.exp(best.x), -float(best.fun)
    target = peak - 0.5 * float(ndtri(0.5 + level / 2.0)) ** 2
    lower = 0.0
    least = 0.5 if stirling else 1e-9
    if profile(least) < target:
        lower = brentq(lambda unseen: profile(unseen) - target, least, peak_at, xtol=1e-9, rtol=1e-12)
    above = peak_at
    while profile(above) > target:
        above = 2.0 * above + 1.0
        if above > 1e15:
            return table.observed + lower, math.inf
    upper = brentq(lambda unseen: profile(unseen) - target, peak_at, above, xtol=1e-9, rtol=1e-12)
    return table.observed + lower, table.observed + upper


class _Profile:
    """Multinomial log-likelihood of a number of unobserved people, all else maximised."""

    __slots__ = ("alpha", "cells", "counts", "factor", "finite", "means", "observed", "stirling")

    def __init__(self, table: CaptureTable, finite: Integers, cells: Booleans, *, stirling: bool = False) -> None:
        self.stirling = stirling
        self.counts = table.counts.copy()
        self.observed = table.observed
        self.finite = finite
        self.cells = cells.copy()
        self.cells[0] = True
        self.alpha = np.empty(finite.size)
        self.means = np.empty(self.counts.size)
        self.factor = np.empty((finite.size, finite.size))

    def __call__(self, unseen: float) -> float:
        self.counts[0] = unseen
        total = self.observed + unseen
        value = fit_poisson(self.counts, self.finite, self.cells, self.alpha, self.means, self.factor)
        if not math.isfinite(value):
            return -math.inf
        log_factorial = _stirling if self.stirling else _log_factorial
        coefficient = log_factorial(total) - log_factorial(unseen)
        return coefficient + value + total - total * math.log(total)


def _log_factorial(value: float) -> float:
    return math.lgamma(value + 1.0)


def _stirling(value: float) -> float:
    return value * math.log(value) - value + 0.5 * math.log(2.0 * math.pi * value)
