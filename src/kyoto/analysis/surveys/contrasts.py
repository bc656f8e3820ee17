"""Differences between groups and change between waves, with the covariance that a shared sample gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.surveys.arrays import Floats
from kyoto.analysis.surveys.intervals import student
from kyoto.analysis.surveys.result import SurveyEstimate, SurveyEstimates, shown_number
from kyoto.core.errors import KyotoError
from kyoto.core.results import estimates_frame

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = ["Difference", "Differences", "change", "contrast", "differences", "joint_test"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A linear combination of figures and its test against zero.

    Parameters
    ----------
    term
        What is compared.
    estimate, std_error, lower, upper
        The combination.
    statistic, df, p_value
        Student's t, its degrees of freedom, and the two-sided p-value.
    """

    term: str
    estimate: float
    std_error: float
    lower: float
    upper: float
    statistic: float
    df: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Differences:
    """Several differences."""

    rows: tuple[Difference, ...]
    level: float

    def __iter__(self) -> Any:
        return iter(self.rows)

    def __getitem__(self, position: int) -> Difference:
        return self.rows[position]

    def tidy(self) -> pd.DataFrame:
        """One row a difference."""
        names = ("term", "estimate", "std_error", "lower", "upper", "statistic", "df", "p_value")
        return estimates_frame([{name: getattr(row, name) for name in names} for row in self.rows])

    def summary(self) -> str:
        """One line a difference."""
        return "\n".join(
            f"{row.term}: {shown_number(row.estimate)} ({self.level:.0%} {shown_number(row.lower)} to "
            f"{shown_number(row.upper)}), p = {row.p_value:.3g}"
            for row in self.rows
        )

    def plot(self) -> altair.LayerChart:
        """Dots and intervals."""
        from kyoto.analysis.surveys.charts import interval_chart

        return interval_chart(self.tidy(), title="How large are the differences?")


def contrast(estimates: SurveyEstimates, weights: Sequence[float], *, term: str = "contrast") -> Differences:
    """Linear combination of figures.

    Parameters
    ----------
    estimates
        Figures of one sample.
    weights
        Factor of each figure.
    term
        Name of the combination.

    Examples
    --------
    >>> from kyoto.analysis.surveys.design import make_design
    >>> from kyoto.analysis.surveys.estimation import mean
    >>> by_sex = mean(make_design(np.ones(4)), [1.0, 2.0, 4.0, 6.0], by={"sex": ["F", "F", "M", "M"]})
    >>> contrast(by_sex, [-1, 1])[0].estimate
    3.5
    """
    return Differences((_combined(estimates, np.asarray(weights, dtype=np.float64), term),), estimates.level)


def differences(estimates: SurveyEstimates) -> Differences:
    """All pairs of figures of the same term, second less first.

    Parameters
    ----------
    estimates
        Figures by domain.
    """
    found = []
    for first, second in combinations(range(len(estimates)), 2):
        one, other = estimates[first], estimates[second]
        if one.term == other.term and one.estimate is not None and other.estimate is not None:
            weights = np.zeros(len(estimates))
            weights[first], weights[second] = -1.0, 1.0
            found.append(_combined(estimates, weights, f"{_domain(other)} less {_domain(one)}"))
    return Differences(tuple(found), estimates.level)


def change(first: SurveyEstimates, second: SurveyEstimates) -> Differences:
    """Change between two waves with separate samples: figures of the same term and domain, second less first.

    Parameters
    ----------
    first, second
        Figures of each wave. Where waves share clusters or people (rotating panels), this interval is too wide: put
        the rows of both waves under each other in one design, with the wave in ``by``, and use :func:`differences`,
        which has the covariance.
    """
    from scipy.linalg import block_diag

    both = SurveyEstimates(
        (*first.estimates, *second.estimates),
        np.asarray(block_diag(first.covariance, second.covariance)),
        first.level,
        first.method,
    )
    earlier = {(one.term, tuple(one.by.items())): at for at, one in enumerate(first)}
    found = []
    for at, other in enumerate(second):
        match = earlier.get((other.term, tuple(other.by.items())))
        if match is None or other.estimate is None or first[match].estimate is None:
            continue
        weights = np.zeros(len(both))
        weights[match], weights[len(first) + at] = -1.0, 1.0
        row = _combined(both, weights, other.label(), added=True)
        found.append(row)
    return Differences(tuple(found), first.level)


def joint_test(estimates: SurveyEstimates) -> Mapping[str, float]:
    """Test that all figures are equal (Wald; F with the degrees of freedom of the design less those of the test).

    Parameters
    ----------
    estimates
        Two or more figures with their covariance.

    Returns
    -------
    dict
        ``statistic`` (F), ``df1``, ``df2``, ``p_value``.

    Notes
    -----
    Korn & Graubard (1990), *American Statistician* 44, 270-276: F = W (d - k + 1) / (d k) with k and d - k + 1
    degrees of freedom.
    """
    from scipy import special

    values = np.array([np.nan if one.estimate is None else one.estimate for one in estimates])
    known = np.flatnonzero(~np.isnan(values))
    if len(known) < 2:
        raise KyotoError("A test of equality needs two figures", code="survey.too-few-figures", got=str(len(known)))
    rows = np.zeros((len(known) - 1, len(values)))
    rows[:, known[0]] = -1.0
    rows[np.arange(len(known) - 1), known[1:]] = 1.0
    covariance = np.nan_to_num(estimates.covariance)
    distance = rows @ np.nan_to_num(values)
    wald = float(distance @ np.linalg.solve(rows @ covariance @ rows.T, distance))
    k, whole = len(known) - 1, float(max(one.df for one in estimates))
    rest = float(max(whole - k + 1.0, 1.0))
    statistic = wald * rest / (whole * k)
    return {
        "statistic": statistic,
        "df1": float(k),
        "df2": rest,
        "p_value": float(special.fdtrc(float(k), rest, statistic)),
    }


def _combined(estimates: SurveyEstimates, weights: Floats, term: str, *, added: bool = False) -> Difference:
    from scipy import special

    used = [int(at) for at in np.flatnonzero(weights)]
    values = [estimates[at].estimate for at in used]
    if any(value is None for value in values):
        raise KyotoError("A figure of the comparison does not exist", code="survey.no-figure", got=term)
    picked = weights[used]
    estimate = float(picked @ np.array(values, dtype=np.float64))
    variance = float(picked @ estimates.covariance[np.ix_(used, used)] @ picked)
    std_error = float(np.sqrt(max(variance, 0.0)))
    degrees = np.array([estimates[at].df for at in used], dtype=np.float64)
    df = float(degrees.sum() if added else degrees.max())
    half = float(student(estimates.level, np.array([df]))[0]) * std_error
    statistic = estimate / std_error if std_error else float("inf") if estimate else 0.0
    p_value = 2.0 * float(special.stdtr(df, -abs(statistic)) if np.isfinite(df) else special.ndtr(-abs(statistic)))
    return Difference(term, estimate, std_error, estimate - half, estimate + half, statistic, df, p_value)


def _domain(estimate: SurveyEstimate) -> str:
    return ", ".join(estimate.by.values()) or estimate.term
