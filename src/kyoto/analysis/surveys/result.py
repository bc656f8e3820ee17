"""What estimation gives: figures with standard errors, limits and what to know about each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.surveys.arrays import Floats
from kyoto.core.results import estimates_frame

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = ["SurveyEstimate", "SurveyEstimates", "shown_number"]


@dataclass(frozen=True, slots=True)
class SurveyEstimate:
    """One figure.

    Parameters
    ----------
    term
        What is estimated: ``Y``, ``Y/X``, ``Y=level`` or ``Y@0.5``.
    statistic
        ``total``, ``mean``, ``ratio``, ``proportion``, ``quantile``.
    by
        Values of the disaggregations.
    estimate
        The figure; None where nobody is behind it.
    std_error, lower, upper
        Its standard error and limits.
    n
        Rows with a weight behind it; of a ratio, those that count in its denominator.
    df
        Degrees of freedom of the limits.
    deff
        Variance over that of a simple random sample of the same size.
    missing
        Rows of the domain left out because the value is missing.
    cases
        Rows with a weight that add something to the figure, such as the victims among the people asked; None where
        that is not known, or withheld with the figure.
    note
        What to know.
    """

    term: str
    statistic: str
    by: Mapping[str, str]
    estimate: float | None
    std_error: float | None
    lower: float | None
    upper: float | None
    n: int
    df: float
    deff: float | None = None
    missing: int = 0
    note: str = ""
    cases: int | None = None

    @property
    def cv(self) -> float | None:
        """Coefficient of variation: standard error over estimate."""
        if self.estimate is None or self.std_error is None or self.estimate == 0:
            return None
        return abs(self.std_error / self.estimate)

    def row(self) -> dict[str, Any]:
        """Mapping for JSON and frames."""
        return {
            "term": self.term,
            "statistic": self.statistic,
            **self.by,
            "estimate": self.estimate,
            "std_error": self.std_error,
            "lower": self.lower,
            "upper": self.upper,
            "cv": self.cv,
            "n": self.n,
            "cases": self.cases,
            "df": self.df if math.isfinite(self.df) else None,
            "deff": self.deff,
            "missing": self.missing,
            "note": self.note,
        }

    def label(self) -> str:
        """Term and domain in words.

        Examples
        --------
        >>> SurveyEstimate("theft", "mean", {"sex": "F"}, 0.1, 0.01, 0.08, 0.12, 900, 40.0).label()
        'theft, sex F'
        """
        return ", ".join([self.term, *(f"{name} {value}" for name, value in self.by.items())])


@dataclass(frozen=True, slots=True, eq=False)
class SurveyEstimates:
    """Figures and their covariance.

    Parameters
    ----------
    estimates
        In the order in which they are shown.
    covariance
        Shape (estimates, estimates); not a number where a figure has none.
    level
        Confidence of the limits.
    method
        How the limits were made.
    """

    estimates: tuple[SurveyEstimate, ...]
    covariance: Floats
    level: float = 0.95
    method: str = "wald"

    def __iter__(self) -> Any:
        return iter(self.estimates)

    def __len__(self) -> int:
        return len(self.estimates)

    def __getitem__(self, position: int) -> SurveyEstimate:
        return self.estimates[position]

    def rows(self) -> list[dict[str, Any]]:
        """One mapping an estimate, for JSON."""
        return [estimate.row() for estimate in self.estimates]

    def tidy(self) -> pd.DataFrame:
        """One row an estimate: ``term``, ``estimate``, ``std_error``, ``lower``, ``upper``, ``n`` and more."""
        return estimates_frame(self.rows())

    def summary(self) -> str:
        """One line an estimate."""
        return "\n".join(_line(estimate, self.level) for estimate in self.estimates)

    def _repr_html_(self) -> str:
        return str(self.tidy().to_html(index=False, na_rep="–"))

    def plot(self) -> altair.LayerChart:
        """Dots and intervals, one line an estimate."""
        from kyoto.analysis.surveys.charts import dot_chart

        return dot_chart(self)

    def scaled(self, factor: float) -> SurveyEstimates:
        """The same figures per ``factor``: shares times 100 are per cent."""
        found = tuple(
            replace(
                estimate,
                estimate=_times(estimate.estimate, factor),
                std_error=_times(estimate.std_error, factor),
                lower=_times(estimate.lower, factor),
                upper=_times(estimate.upper, factor),
            )
            for estimate in self.estimates
        )
        return replace(self, estimates=found, covariance=self.covariance * factor**2)


def joined(parts: Sequence[SurveyEstimates]) -> SurveyEstimates:
    """Several sets under each other; between sets no covariance is kept."""
    from scipy.linalg import block_diag

    estimates = tuple(estimate for part in parts for estimate in part.estimates)
    methods = " ".join(dict.fromkeys(part.method for part in parts))
    whole = np.asarray(block_diag(*(part.covariance for part in parts)))
    return SurveyEstimates(estimates, whole, parts[0].level, methods)


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _line(estimate: SurveyEstimate, level: float) -> str:
    if estimate.estimate is None:
        return f"{estimate.label()}: no estimate. {estimate.note}"
    limits = f"{level:.0%} {shown_number(estimate.lower)} to {shown_number(estimate.upper)}"
    return f"{estimate.label()}: {shown_number(estimate.estimate)} ({limits}), n = {shown_number(estimate.n)}"


def shown_number(value: float | None) -> str:
    """Number with thin spaces and without false digits.

    Examples
    --------
    >>> shown_number(1234567.8), shown_number(90.334), shown_number(0.04321), shown_number(None)
    ('1\u202f234\u202f568', '90.3', '0.0432', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    if abs(value) >= 1000 or float(value).is_integer():
        return f"{value:,.0f}".replace(",", "\u202f")
    places = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0
    return f"{value:.{min(places, 6)}f}"
