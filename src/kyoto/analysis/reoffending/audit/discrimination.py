"""Discrimination: how often the score of a person with the outcome is above that of one without."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kyoto.analysis.reoffending.survival.arrays import Bools, Floats
from kyoto.analysis.reoffending.survival.intervals import quantile_of_normal
from kyoto.core.errors import KyotoError

__all__ = ["Measure", "area_under_curve"]


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure with its limits.

    Parameters
    ----------
    estimate, lower, upper
        None where it cannot be computed.
    n
        Persons that it is of.
    std_error
        Where the method gives one.
    note
        Why it is missing.
    """

    estimate: float | None
    lower: float | None
    upper: float | None
    n: int
    std_error: float | None = None
    note: str = ""


def area_under_curve(score: Floats, outcome: Bools, weights: Floats | None = None, *, level: float = 0.95) -> Measure:
    """Area under the receiver operating curve, ties counted half.

    Parameters
    ----------
    score, outcome
        Of each person, shape ``(n,)``.
    weights
        Inverse probability of being observed.
    level
        Confidence of the limits, which are symmetric on the logit scale.

    Raises
    ------
    KyotoError
        ``reoffending.one-outcome``.

    Notes
    -----
    DeLong, DeLong and Clarke-Pearson (1988), *Biometrics* 44, by ranks. With weights the structural components are
    weighted alike (Uno et al. 2007) and the weights taken as known.

    Examples
    --------
    >>> import numpy as np
    >>> found = area_under_curve(np.array([1.0, 2, 3, 4]), np.array([False, True, False, True]))
    >>> found.estimate
    0.75
    """
    if outcome.all() or not outcome.any():
        raise KyotoError("All people have the same outcome", code="reoffending.one-outcome", expected="both outcomes")
    given = np.ones(len(score)) if weights is None else weights
    above = _placements(score[outcome], score[~outcome], given[~outcome])
    below = 1 - _placements(score[~outcome], score[outcome], given[outcome])
    first, second = given[outcome], given[~outcome]
    area = float(first @ above / first.sum())
    parts = ((first, above), (second, below))
    variance = sum(
        float((w**2 @ (part - area) ** 2) / w.sum() ** 2) * _correction(w, weights is None) for w, part in parts
    )
    error = variance**0.5
    lower, upper = _logit_limits(area, error, level)
    return Measure(area, lower, upper, len(score), error)


def _placements(scores: Floats, others: Floats, weights: Floats) -> Floats:
    """Weighted share of the others below each score, ties half."""
    order = np.argsort(others, kind="stable")
    ranked, sums = others[order], np.concatenate([[0.0], np.cumsum(weights[order])])
    low, high = np.searchsorted(ranked, scores, side="left"), np.searchsorted(ranked, scores, side="right")
    found: Floats = (sums[low] + sums[high]) / (2 * sums[-1])
    return found


def _correction(weights: Floats, plain: bool) -> float:
    """Sample variances divide by n - 1."""
    n = len(weights)
    return n / (n - 1) if plain and n > 1 else 1.0


def _logit_limits(area: float, error: float, level: float) -> tuple[float, float]:
    if not 0 < area < 1:
        return (0.0, 1.0) if error == 0 else (max(0.0, area - 2 * error), min(1.0, area + 2 * error))
    reach = quantile_of_normal(level) * error / (area * (1 - area))
    centre = np.log(area / (1 - area))
    return tuple(float(1 / (1 + np.exp(-value))) for value in (centre - reach, centre + reach))  # type: ignore[return-value]
