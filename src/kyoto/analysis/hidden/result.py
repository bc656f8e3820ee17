"""What comes out: an estimate of the population with its interval, or a verdict that says why there is none."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from kyoto.core.results import estimates_frame

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = ["IMPRECISE", "EstimateTable", "PopulationEstimate", "number", "refused", "settled"]

IMPRECISE = 1000.0
"""An estimate or upper limit of more than this many times the observed people says only that the data cannot tell."""


def number(value: float | None) -> str:
    """Count with narrow spaces that do not break between thousands, and no false digits.

    Examples
    --------
    >>> number(12345.6), number(None)
    ('12\u202f346', '–')
    """
    return "–" if value is None or math.isnan(value) else f"{value:,.0f}".replace(",", "\u202f")


@dataclass(frozen=True, slots=True)
class PopulationEstimate:
    """One estimate of a population's size by one method.

    Parameters
    ----------
    method
        ``loglinear``, ``chao``, ``coverage``, ``graphs``, ``latent``, ``bayes`` and their variants.
    model
        Model in the field's notation, or the variant of the method.
    observed
        People on at least one list.
    estimate
        Population, the observed included; None where ``verdict`` is not ``ok``.
    lower, upper
        Limits at ``level``; None with the estimate.
    std_error
        Standard error where the method has one.
    level
        Confidence or credibility of the interval.
    interval
        How it was made: ``profile``, ``bca``, ``log-normal``, ``posterior``.
    verdict
        ``ok``, or the reason for no estimate: ``no-mle``, ``not-identifiable``, ``no-mle-not-identifiable``,
        ``not-converged``, ``too-imprecise``, ``no-overlap``, ``unstable``, ``chains-disagree``, ``too-few-lists``,
        ``too-little-data``.
    note
        Reason or caveat in plain language.
    strata
        Values of the disaggregations, ``_T`` for a total.
    details
        What the method adds: draws, criteria, weights.
    """

    method: str
    model: str
    observed: int
    estimate: float | None
    lower: float | None
    upper: float | None
    std_error: float | None = None
    level: float = 0.95
    interval: str = ""
    verdict: str = "ok"
    note: str = ""
    strata: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def row(self) -> dict[str, Any]:
        """Mapping that the command line prints: method, model, estimate, limits, verdict, strata, note."""
        return {
            "method": self.method,
            "model": self.model,
            **self.strata,
            "observed": self.observed,
            "estimate": self.estimate,
            "std_error": self.std_error,
            "lower": self.lower,
            "upper": self.upper,
            "level": self.level,
            "interval": self.interval,
            "verdict": self.verdict,
            "strata": dict(self.strata),
            "note": self.note,
        }

    def tidy(self) -> pd.DataFrame:
        """Frame of one row."""
        return EstimateTable((self,)).tidy()

    def summary(self) -> str:
        """One line that a person reads.

        Examples
        --------
        >>> PopulationEstimate("chao", "f1, f2", 60, 90.4, 70.2, 130.9).summary()
        'chao f1, f2: 90 people (95% 70 to 131), of whom 60 observed'
        """
        name = " ".join([self.method, self.model, *(f"{key}={value}" for key, value in self.strata.items())]).strip()
        if self.estimate is None:
            return f"{name}: no estimate ({self.verdict}). {self.note}".strip()
        limits = f"{self.level:.0%} {number(self.lower)} to {number(self.upper)}"
        return f"{name}: {number(self.estimate)} people ({limits}), of whom {number(self.observed)} observed"

    def _repr_html_(self) -> str:
        return EstimateTable((self,))._repr_html_()

    def plot(self) -> altair.LayerChart:
        """Estimate and interval as a chart."""
        return EstimateTable((self,)).plot()

    def in_stratum(self, strata: Mapping[str, str]) -> PopulationEstimate:
        """Same estimate, labelled."""
        return replace(self, strata=dict(strata))


@dataclass(frozen=True, slots=True)
class EstimateTable:
    """Estimates of several methods, models or strata side by side.

    Parameters
    ----------
    estimates
        In the order in which they are shown.
    """

    estimates: tuple[PopulationEstimate, ...]

    def __iter__(self) -> Iterator[PopulationEstimate]:
        return iter(self.estimates)

    def __len__(self) -> int:
        return len(self.estimates)

    def rows(self) -> list[dict[str, Any]]:
        """One mapping an estimate, for JSON."""
        return [estimate.row() for estimate in self.estimates]

    def tidy(self) -> pd.DataFrame:
        """One row an estimate: ``term`` (method and model), estimate, limits, verdict, strata."""
        rows = []
        for estimate in self.estimates:
            row = estimate.row()
            row.pop("strata")
            rows.append({"term": f"{estimate.method} {estimate.model}".strip(), **row})
        return estimates_frame(rows)

    def summary(self) -> str:
        """One line an estimate, and how far the methods are apart."""
        lines = [estimate.summary() for estimate in self.estimates]
        values = [estimate.estimate for estimate in self.estimates if estimate.estimate is not None]
        if len(values) > 1 and not any(estimate.strata for estimate in self.estimates):
            lines.append(
                f"The estimates reach from {number(min(values))} to {number(max(values))}: "
                "the choice of method is part of the uncertainty."
            )
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return str(self.tidy().drop(columns="term").to_html(index=False, na_rep="–", float_format=number))

    def plot(self) -> altair.LayerChart:
        """Interval chart, one line an estimate; estimates that were refused say so."""
        from kyoto.analysis.hidden.charts import interval_chart

        return interval_chart(self)


def refused(
    method: str, model: str, observed: int, verdict: str, note: str, *, details: Mapping[str, Any] | None = None
) -> PopulationEstimate:
    """No estimate, and why."""
    return PopulationEstimate(
        method, model, observed, None, None, None, verdict=verdict, note=note, details=details or {}
    )


def settled(estimate: PopulationEstimate) -> PopulationEstimate:
    """The estimate itself, or a refusal where a number or limit is not finite or says nothing.

    Examples
    --------
    >>> settled(PopulationEstimate("chao", "", 60, 1e13, 70.0, 1e14)).verdict
    'too-imprecise'
    """
    numbers = (estimate.estimate, estimate.lower, estimate.upper)
    if any(value is None for value in numbers):
        return estimate
    top = IMPRECISE * max(estimate.observed, 1)
    if all(value is not None and math.isfinite(value) and value <= top for value in numbers):
        return estimate
    return refused(
        estimate.method,
        estimate.model,
        estimate.observed,
        "too-imprecise",
        f"The interval reaches beyond {IMPRECISE:,.0f} times the observed people: the overlaps do not fix a number.",
        details=estimate.details,
    )


def side_by_side(estimates: Iterable[PopulationEstimate] | Sequence[EstimateTable]) -> EstimateTable:
    """One table of several estimates or tables."""
    found: list[PopulationEstimate] = []
    for item in estimates:
        found.extend(item if isinstance(item, EstimateTable) else (item,))
    return EstimateTable(tuple(found))
