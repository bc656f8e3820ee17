"""Weights step by step: inverse probabilities, nonresponse, trimming, and what each step did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kyoto.analysis.surveys.arrays import Bools, Floats
from kyoto.analysis.surveys.design import make_design, weights_checked
from kyoto.analysis.surveys.regression import model_columns, regress
from kyoto.core.errors import KyotoError

__all__ = [
    "WeightDiagnosis",
    "base_weights",
    "diagnose",
    "nonresponse_by_class",
    "nonresponse_by_propensity",
    "propensities",
    "trim",
]


def base_weights(*probabilities: Any) -> Floats:
    """Inverse of the probability of selection over all stages.

    Parameters
    ----------
    probabilities
        Probability of each row at each stage, between 0 and 1.

    Raises
    ------
    KyotoError
        ``survey.wrong-probability``.

    Examples
    --------
    >>> base_weights([0.1, 0.2], [0.5, 0.5]).tolist()
    [20.0, 10.0]
    """
    whole = np.prod([np.asarray(one, dtype=np.float64) for one in probabilities], axis=0)
    for one in probabilities:
        values = np.asarray(one, dtype=np.float64)
        wrong = ~((values > 0) & (values <= 1))
        if wrong.any():
            row = int(np.argmax(wrong))
            raise KyotoError(
                "Not a probability of selection",
                code="survey.wrong-probability",
                got=f"{values[row]:g} in row {row + 1:,}",
                expected="above 0, at most 1",
            )
    return np.asarray(1.0 / whole)


def nonresponse_by_class(
    weights: Any, responded: Any, classes: Sequence[Any] = (), *, least: int = 1, most: float = np.inf
) -> Floats:
    """Weights of respondents that stand for the nonrespondents of their class too.

    Parameters
    ----------
    weights
        Weights of everybody who was drawn and eligible, shape (rows,).
    responded
        Whether each responded.
    classes
        Columns whose combinations are the adjustment classes; one class if none.
    least
        Fewest respondents in a class.
    most
        Largest factor.

    Returns
    -------
    numpy.ndarray
        Adjusted weights; 0 for nonrespondents. Each class keeps its sum.

    Raises
    ------
    KyotoError
        ``survey.small-class``: too few respondents or too large a factor, with the class.

    Examples
    --------
    >>> nonresponse_by_class([10, 10, 10, 20], [True, False, True, True], [["a", "a", "a", "b"]]).tolist()
    [15.0, 0.0, 15.0, 20.0]
    """
    base = weights_checked(weights)
    answered = np.asarray(responded, dtype=bool)
    names, code = _classes(classes, len(base))
    whole = np.bincount(code, weights=base, minlength=len(names))
    kept = np.bincount(code, weights=base * answered, minlength=len(names))
    count = np.bincount(code, weights=answered & (base > 0), minlength=len(names))
    factor = np.where(kept > 0, whole / np.where(kept > 0, kept, 1.0), np.inf)
    bad = (whole > 0) & ((count < least) | (factor > most))
    if bad.any():
        at = int(np.argmax(bad))
        raise KyotoError(
            "A class has too few respondents",
            code="survey.small-class",
            got=f"{names[at]}: {int(count[at])} respondents, factor {factor[at]:.3g}",
            expected=f"at least {least} and a factor of at most {most:g}",
            hint="Merge it with a class of like response.",
        )
    return np.asarray(np.where(answered, base * np.where(np.isinf(factor), 0.0, factor)[code], 0.0))


def propensities(weights: Any, responded: Any, predictors: Mapping[str, Any]) -> Floats:
    """Probability of response by a logistic regression, weighted as the sample.

    Parameters
    ----------
    weights, responded
        As in :func:`nonresponse_by_class`.
    predictors
        What is known of respondents and nonrespondents alike.
    """
    design = make_design(weights)
    found = regress(design, np.asarray(responded, dtype=np.float64), predictors, family="logistic")
    matrix, _ = model_columns(predictors, design.rows)
    if np.isnan(matrix).any():
        raise KyotoError(
            "A predictor of response is missing in some rows",
            code="survey.missing-predictor",
            expected="values for respondents and nonrespondents",
        )
    return np.asarray(1.0 / (1.0 + np.exp(-(matrix @ found.coefficients))))


def nonresponse_by_propensity(
    weights: Any, responded: Any, predictors: Mapping[str, Any], *, groups: int | None = 5, most: float = np.inf
) -> Floats:
    """Weights of respondents divided by their probability of response, or by that of their group.

    Parameters
    ----------
    weights, responded, predictors
        As in :func:`propensities`.
    groups
        Number of groups of equal size by probability (Little 1986, *Int. Stat. Review* 54, 139-157); None divides by
        each one's own probability and keeps the sum of all weights.
    most
        Largest factor of a group.
    """
    chance = propensities(weights, responded, predictors)
    if groups is None:
        base = weights_checked(weights)
        answered = np.asarray(responded, dtype=bool)
        raw = np.where(answered, base / chance, 0.0)
        return np.asarray(raw * base.sum() / raw.sum())
    edges = np.quantile(chance, np.linspace(0, 1, groups + 1)[1:-1])
    return nonresponse_by_class(weights, responded, [np.searchsorted(edges, chance, side="left")], most=most)


def trim(weights: Any, *, upper: float = np.inf, lower: float = 0.0, strict: bool = True) -> Floats:
    """Weights within limits; what is cut off is shared out evenly among the others, so that the sum stays.

    Parameters
    ----------
    weights
        Weights; those of 0 stay 0.
    upper, lower
        Limits.
    strict
        Trim again where sharing out pushed weights over a limit.

    Raises
    ------
    KyotoError
        ``survey.wrong-bounds``: the limits cannot hold the sum.

    Examples
    --------
    >>> trim([1.0, 1.0, 10.0], upper=6.0).tolist()
    [3.0, 3.0, 6.0]
    """
    found = weights_checked(weights).copy()
    used = found > 0
    whole = float(found.sum())
    if not lower * used.sum() <= whole <= upper * used.sum():
        raise KyotoError(
            "The limits cannot hold the weights",
            code="survey.wrong-bounds",
            got=f"{lower:g} to {upper:g}",
            expected=f"limits around the mean weight of {whole / used.sum():g}",
        )
    fixed: Bools = np.zeros(len(found), dtype=bool)
    while True:
        outside = used & ((found < lower) | (found > upper))
        if not outside.any():
            return found
        fixed |= outside
        cut = np.where(outside, np.clip(found, lower, upper), found)
        free = used & ~(fixed if strict else outside)
        if not free.any():
            return cut
        found = np.where(free, cut + (found - cut).sum() / free.sum(), cut)
        if not strict:
            return found


@dataclass(frozen=True, slots=True)
class WeightDiagnosis:
    """What weights do to precision.

    Parameters
    ----------
    step
        Which weights.
    rows
        Rows with a weight.
    total, least, median, most
        Sum, smallest, median and largest weight.
    kish
        Kish's design effect of unequal weights, 1 + squared coefficient of variation.
    top_share
        Share of the sum that the largest 1 % of the weights hold.
    """

    step: str
    rows: int
    total: float
    least: float
    median: float
    most: float
    kish: float
    top_share: float

    @property
    def effective(self) -> float:
        """Size of an equally weighted sample of the same precision."""
        return self.rows / self.kish

    def row(self) -> dict[str, Any]:
        """Mapping for tables and JSON."""
        return {
            "step": self.step,
            "rows": self.rows,
            "total": self.total,
            "least": self.least,
            "median": self.median,
            "most": self.most,
            "kish": self.kish,
            "effective": self.effective,
            "top_share": self.top_share,
        }


def diagnose(weights: Any, *, step: str = "weights") -> WeightDiagnosis:
    """Describe weights (Kish 1965, *Survey Sampling*, section 11.2C).

    Examples
    --------
    >>> diagnose([1.0, 1.0, 4.0]).kish
    1.5
    """
    found = weights_checked(weights)
    used = np.sort(found[found > 0])
    largest = used[-max(1, round(len(used) / 100)) :]
    kish = float(len(used) * (used**2).sum() / used.sum() ** 2)
    return WeightDiagnosis(
        step,
        len(used),
        float(used.sum()),
        float(used[0]),
        float(np.median(used)),
        float(used[-1]),
        kish,
        float(largest.sum() / used.sum()),
    )


def _classes(columns: Sequence[Any], rows: int) -> tuple[list[str], Any]:
    from kyoto.analysis.surveys.domains import domains_of

    if not columns:
        return ["everybody"], np.zeros(rows, dtype=np.int64)
    domains = domains_of({str(at): column for at, column in enumerate(columns)}, rows)
    return [", ".join(labels.values()) for labels in domains.labels], domains.code
