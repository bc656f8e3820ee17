"""What comes out of every estimator of a programme's effect: estimates, the checks of its assumptions, a picture."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kyoto.core.results import estimates_frame

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = ["Check", "EffectResult", "Estimate", "figure", "normal_estimate", "p_text", "t_estimate"]

MARKS = {"pass": "ok", "warn": "look", "fail": "FAIL", "info": "info"}


@dataclass(frozen=True, slots=True)
class Check:
    """One assumption or placebo test, and what the data say about it.

    Parameters
    ----------
    name
        What was checked, in a few words.
    verdict
        ``pass``, ``warn``, ``fail`` or ``info`` (nothing to pass, but to know).
    message
        What was found, in plain language, with its number.
    value
        The number itself, where there is one (often a p-value).
    """

    name: str
    verdict: str
    message: str
    value: float | None = None

    def row(self) -> dict[str, Any]:
        """Mapping for JSON and tables."""
        return {"check": self.name, "verdict": self.verdict, "value": self.value, "message": self.message}


@dataclass(frozen=True, slots=True)
class Estimate:
    """One number with its uncertainty.

    Parameters
    ----------
    term
        What is estimated.
    estimate, std_error, lower, upper
        In the units of the outcome, or as ``scale`` of the result says.
    p_value
        Two-sided, where the method has one.
    extra
        What the method adds.
    """

    term: str
    estimate: float
    std_error: float | None
    lower: float
    upper: float
    p_value: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def row(self) -> dict[str, Any]:
        """Mapping for JSON and tables."""
        return {
            "term": self.term,
            "estimate": self.estimate,
            "std_error": self.std_error,
            "lower": self.lower,
            "upper": self.upper,
            "p_value": self.p_value,
            **self.extra,
        }


def normal_estimate(term: str, estimate: float, std_error: float, level: float = 0.95, **extra: Any) -> Estimate:
    """Estimate with limits and p-value from the normal distribution.

    Examples
    --------
    >>> found = normal_estimate("effect", 2.0, 1.0)
    >>> round(found.lower, 3), round(found.p_value, 4)
    (0.04, 0.0455)
    """
    from scipy import stats

    reach = float(stats.norm.ppf(0.5 + level / 2)) * std_error
    p_value = float(2 * stats.norm.sf(abs(estimate / std_error))) if std_error > 0 else math.nan
    return Estimate(term, estimate, std_error, estimate - reach, estimate + reach, p_value, extra)


def t_estimate(
    term: str, estimate: float, std_error: float, degrees: float, level: float = 0.95, **extra: Any
) -> Estimate:
    """Estimate with limits and p-value from Student's t distribution.

    Examples
    --------
    >>> round(t_estimate("effect", 2.0, 1.0, 10).upper, 3)
    4.228
    """
    from scipy import stats

    reach = float(stats.t.ppf(0.5 + level / 2, degrees)) * std_error
    p_value = float(2 * stats.t.sf(abs(estimate / std_error), degrees)) if std_error > 0 else math.nan
    return Estimate(
        term, estimate, std_error, estimate - reach, estimate + reach, p_value, {"degrees_of_freedom": degrees, **extra}
    )


@dataclass(frozen=True, slots=True, eq=False)
class EffectResult:
    """Estimates of one design.

    Parameters
    ----------
    method
        Name of the estimator.
    estimates
        The first is the headline.
    checks
        Assumption checks and placebo tests.
    level
        Confidence of the intervals.
    outcome, unit
        What is measured, and the word for its unit; they label summaries and charts.
    details
        Numbers for charts and for other functions: series, weights, influence functions.
    figure
        Which chart :meth:`plot` draws: ``intervals``, ``event``, ``paths``, ``series``, ``discontinuity``.
    """

    method: str
    estimates: tuple[Estimate, ...]
    checks: tuple[Check, ...] = ()
    level: float = 0.95
    outcome: str = "outcome"
    unit: str = ""
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)
    figure: str = "intervals"

    @property
    def headline(self) -> Estimate:
        """The estimate that the result stands for."""
        return self.estimates[0]

    def tidy(self) -> pd.DataFrame:
        """One row an estimate: ``term``, ``estimate``, ``std_error``, ``lower``, ``upper``, ``p_value``, and more."""
        return estimates_frame([{**item.row(), "method": self.method, "level": self.level} for item in self.estimates])

    def checks_frame(self) -> pd.DataFrame:
        """One row a check: ``check``, ``verdict``, ``value``, ``message``."""
        import pandas as pd

        return pd.DataFrame([check.row() for check in self.checks], columns=["check", "verdict", "value", "message"])

    def summary(self) -> str:
        """Text for a terminal: the estimates, then the checks."""
        lines = [f"{self.method}: effect on {self.outcome}" + (f" ({self.unit})" if self.unit else "")]
        width = max(len(item.term) for item in self.estimates)
        lines += [f"  {item.term:<{width}}  {sentence(item, self.level)}" for item in self.estimates]
        if self.checks:
            lines.append("Checks")
            lines += [f"  [{MARKS[check.verdict]}] {check.name}: {check.message}" for check in self.checks]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        numbers = self.tidy()[["term", "estimate", "std_error", "lower", "upper", "p_value"]]
        return str(numbers.to_html(index=False, na_rep="–", float_format=figure)) + str(
            self.checks_frame().to_html(index=False, na_rep="–")
        )

    def plot(self) -> altair.LayerChart:
        """The picture of the design."""
        from kyoto.analysis.evaluation.charts import draw

        return draw(self)


def figure(value: float | None, digits: int = 3) -> str:
    """Number with no false digits and a true minus sign.

    Examples
    --------
    >>> figure(-0.12345), figure(1234.5), figure(None)
    ('−0.123', '1\u202f234', '–')
    """
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    places = 0 if size >= 100 else max(digits - 1 - math.floor(math.log10(size)), 0) if size > 0 else 0
    text = f"{size:,.{min(places, 8)}f}".replace(",", "\u202f")
    return f"−{text}" if value < 0 and float(text.replace("\u202f", "")) != 0 else text


def p_text(value: float | None) -> str:
    """p-value as printed.

    Examples
    --------
    >>> p_text(0.0321), p_text(1e-9)
    ('p = 0.032', 'p < 0.001')
    """
    if value is None or math.isnan(value):
        return ""
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def sentence(item: Estimate, level: float) -> str:
    """One estimate as text."""
    parts = [f"{figure(item.estimate)} ({level:.0%} {figure(item.lower)} to {figure(item.upper)})"]
    if item.p_value is not None and not math.isnan(item.p_value):
        parts.append(p_text(item.p_value))
    return ", ".join(parts)
