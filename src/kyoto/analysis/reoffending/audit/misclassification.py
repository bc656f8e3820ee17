"""Error rates and predictive values at a cut-off, with intervals, and what other cut-offs would cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kyoto.analysis.reoffending.audit.discrimination import Measure
from kyoto.analysis.reoffending.survival.arrays import Bools, Floats
from kyoto.analysis.reoffending.survival.intervals import wilson

__all__ = ["MEASURES", "CutOff", "ErrorRates", "cut_offs", "error_rates"]

MEASURES = {
    "base_rate": "with the outcome, of all",
    "flagged": "at or above the cut-off, of all",
    "false_positive_rate": "flagged, of those without the outcome",
    "false_negative_rate": "not flagged, of those with the outcome",
    "positive_predictive_value": "with the outcome, of those flagged",
    "negative_predictive_value": "without the outcome, of those not flagged",
}
"""What is counted, and of whom."""


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """Errors of a score at a cut-off.

    Parameters
    ----------
    cutoff
        People with this score or a higher one are flagged.
    true_positive, false_positive, false_negative, true_negative
        Persons (or weight) flagged and not, with the outcome and not.
    measures
        Each of :data:`MEASURES` with Wilson's limits.
    """

    cutoff: float
    true_positive: float
    false_positive: float
    false_negative: float
    true_negative: float
    measures: dict[str, Measure]


@dataclass(frozen=True, slots=True)
class CutOff:
    """What a cut-off costs: errors of both kinds.

    Parameters
    ----------
    cutoff
        The cut-off.
    flagged
        Share flagged.
    false_positives, false_negatives
        Of 1,000 persons.
    false_positive_rate, false_negative_rate
        Of those without and with the outcome.
    """

    cutoff: float
    flagged: float
    false_positives: float
    false_negatives: float
    false_positive_rate: float
    false_negative_rate: float


def error_rates(
    score: Floats, outcome: Bools, cutoff: float, weights: Floats | None = None, *, level: float = 0.95
) -> ErrorRates:
    """Count errors at a cut-off.

    Parameters
    ----------
    score, outcome, weights
        Of each person, shape ``(n,)``.
    cutoff
        Lowest score that is flagged.
    level
        Confidence of the limits.

    Notes
    -----
    With weights, Wilson's limits take the effective number of persons (Kish).

    Examples
    --------
    >>> import numpy as np
    >>> found = error_rates(np.array([1, 5, 7, 2.0]), np.array([False, False, True, True]), 5)
    >>> found.measures["false_positive_rate"].estimate
    0.5
    """
    given = np.ones(len(score)) if weights is None else weights
    flagged = score >= cutoff
    everyone = np.ones(len(score), dtype=bool)
    pairs = {
        "base_rate": (outcome, everyone),
        "flagged": (flagged, everyone),
        "false_positive_rate": (flagged, ~outcome),
        "false_negative_rate": (~flagged, outcome),
        "positive_predictive_value": (outcome, flagged),
        "negative_predictive_value": (~outcome, ~flagged),
    }
    measures = {name: _share(part, of, given, level) for name, (part, of) in pairs.items()}
    counts = np.bincount(2 * flagged + outcome, weights=given, minlength=4)
    return ErrorRates(cutoff, float(counts[3]), float(counts[2]), float(counts[1]), float(counts[0]), measures)


def cut_offs(score: Floats, outcome: Bools, weights: Floats | None = None, *, most: int = 20) -> tuple[CutOff, ...]:
    """Errors at every score that could be the cut-off, or at quantiles where there are many.

    Parameters
    ----------
    score, outcome, weights
        Of each person, shape ``(n,)``.
    most
        Cut-offs listed.
    """
    given = np.ones(len(score)) if weights is None else weights
    values = np.unique(score)
    if len(values) > most:
        values = np.unique(np.quantile(score, np.linspace(0, 1, most)))
    total = given.sum()
    without, with_it = given[~outcome].sum(), given[outcome].sum()
    found = []
    for cutoff in values:
        flagged = score >= cutoff
        false_positive, false_negative = given[flagged & ~outcome].sum(), given[~flagged & outcome].sum()
        found.append(
            CutOff(
                float(cutoff), float(given[flagged].sum() / total), float(1000 * false_positive / total),
                float(1000 * false_negative / total), float(false_positive / without), float(false_negative / with_it),
            )
        )  # fmt: skip
    return tuple(found)


def _share(part: Bools, of: Bools, weights: Floats, level: float) -> Measure:
    inside = np.where(of, weights, 0.0)
    total = float(inside.sum())
    n = int(of.sum())
    if total <= 0:
        return Measure(None, None, None, n, note="nobody to count")
    share = float(inside[part].sum()) / total
    effective = total**2 / float((inside**2).sum())
    lower, upper = wilson(share * effective, effective, level)
    if share in (0.0, 1.0):
        lower, upper = (0.0, upper) if share == 0.0 else (lower, 1.0)
    return Measure(share, lower, upper, n)
