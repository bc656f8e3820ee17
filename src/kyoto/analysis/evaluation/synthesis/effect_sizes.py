"""Effect sizes from what papers report: means, two-by-two tables, rates, correlations, counts before and after.

Every function takes arrays with one element a study (scalars are one study) and returns :class:`EffectSizes`, whose
``effect`` is on the scale on which studies may be pooled (ratios as natural logarithms) with its sampling variance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from kyoto.analysis.evaluation.arrays import Booleans, Floats
from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "EffectSizes",
    "correlation_effect",
    "from_interval",
    "log_odds_ratio",
    "log_rate_ratio",
    "log_risk_ratio",
    "mean_difference",
    "rate_difference",
    "ratio_of_means",
    "relative_incident_rate_ratio",
    "risk_difference",
    "standardized_mean_difference",
]


@dataclass(frozen=True, slots=True, eq=False)
class EffectSizes:
    """Effects of several studies on one scale.

    Parameters
    ----------
    measure
        Name of the measure.
    effect
        Shape (studies,); natural logarithm where ``ratio``.
    variance
        Sampling variances, shape (studies,).
    ratio
        Whether ``exp(effect)`` is the ratio that papers report.
    """

    measure: str
    effect: Floats
    variance: Floats
    ratio: bool

    def tidy(self) -> pd.DataFrame:
        """One row a study: ``effect``, ``variance``, ``std_error``."""
        import pandas as pd

        return pd.DataFrame({"effect": self.effect, "variance": self.variance, "std_error": np.sqrt(self.variance)})


def _arrays(**named: ArrayLike) -> list[Floats]:
    arrays = [np.atleast_1d(np.asarray(value, dtype=np.float64)) for value in named.values()]
    for name, array in zip(named, arrays, strict=True):
        if not np.isfinite(array).all():
            raise KyotoError("A number is missing", code="evaluation.missing-number", where=None, got=name)
    return list(np.broadcast_arrays(*arrays))


def _require(valid: Booleans, what: str, expected: str) -> None:
    if not np.all(valid):
        raise KyotoError(
            f"{what} cannot be so",
            code="evaluation.wrong-count",
            got=f"study {int(np.flatnonzero(~valid)[0]) + 1}",
            expected=expected,
        )


def _table(a: ArrayLike, b: ArrayLike, c: ArrayLike, d: ArrayLike) -> list[Floats]:
    """Cells of the two-by-two tables; tables with an empty cell get one half added to each of their cells."""
    cells = _arrays(events=a, others=b, comparison_events=c, comparison_others=d)
    _require(np.all([cell >= 0 for cell in cells], axis=0), "A count", "counts of 0 or more")
    _require((cells[0] + cells[1] > 0) & (cells[2] + cells[3] > 0), "An empty group", "people in both groups")
    empty = np.any([cell == 0 for cell in cells], axis=0)
    return [cell + 0.5 * empty for cell in cells]


def log_odds_ratio(events: ArrayLike, others: ArrayLike, events0: ArrayLike, others0: ArrayLike) -> EffectSizes:
    """Log odds ratio of two-by-two tables (Woolf 1955); one half is added to tables with an empty cell.

    Parameters
    ----------
    events, others
        People with and without the event in the programme group.
    events0, others0
        The same in the comparison group.

    Examples
    --------
    >>> log_odds_ratio(4, 119, 11, 128).effect.round(4)
    array([-0.9387])
    """
    a, b, c, d = _table(events, others, events0, others0)
    return EffectSizes("log odds ratio", np.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d, True)


def log_risk_ratio(events: ArrayLike, others: ArrayLike, events0: ArrayLike, others0: ArrayLike) -> EffectSizes:
    """Log risk ratio of two-by-two tables (Katz et al. 1978); empty cells as in :func:`log_odds_ratio`."""
    a, b, c, d = _table(events, others, events0, others0)
    effect = np.log(a / (a + b)) - np.log(c / (c + d))
    return EffectSizes("log risk ratio", effect, 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d), True)


def risk_difference(events: ArrayLike, others: ArrayLike, events0: ArrayLike, others0: ArrayLike) -> EffectSizes:
    """Difference of two proportions; empty cells as in :func:`log_odds_ratio`."""
    a, b, c, d = _table(events, others, events0, others0)
    effect = a / (a + b) - c / (c + d)
    return EffectSizes("risk difference", effect, a * b / (a + b) ** 3 + c * d / (c + d) ** 3, False)


def _groups(
    mean: ArrayLike, sd: ArrayLike, n: ArrayLike, mean0: ArrayLike, sd0: ArrayLike, n0: ArrayLike
) -> list[Floats]:
    values = _arrays(mean=mean, sd=sd, n=n, mean0=mean0, sd0=sd0, n0=n0)
    _require((values[1] > 0) & (values[4] > 0), "A standard deviation", "standard deviations above 0")
    _require((values[2] > 1) & (values[5] > 1), "A group size", "at least two people in each group")
    return values


def standardized_mean_difference(
    mean: ArrayLike, sd: ArrayLike, n: ArrayLike, mean0: ArrayLike, sd0: ArrayLike, n0: ArrayLike
) -> EffectSizes:
    """Hedges' g: difference of means in pooled standard deviations, with the exact correction for small samples.

    Parameters
    ----------
    mean, sd, n
        Mean, standard deviation and size of the programme group.
    mean0, sd0, n0
        The same of the comparison group.

    Notes
    -----
    Hedges (1981); variance by its large-sample formula (Hedges and Olkin 1985, equation 8).

    Examples
    --------
    >>> standardized_mean_difference(10.3, 2.5, 30, 9.1, 2.8, 28).effect.round(4)
    array([0.4469])
    """
    from scipy.special import gammaln

    m1, s1, n1, m0, s0, n2 = _groups(mean, sd, n, mean0, sd0, n0)
    degrees = n1 + n2 - 2
    pooled = np.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s0**2) / degrees)
    correction = np.exp(gammaln(degrees / 2) - 0.5 * np.log(degrees / 2) - gammaln((degrees - 1) / 2))
    effect = correction * (m1 - m0) / pooled
    return EffectSizes("standardized mean difference", effect, 1 / n1 + 1 / n2 + effect**2 / (2 * (n1 + n2)), False)


def mean_difference(
    mean: ArrayLike, sd: ArrayLike, n: ArrayLike, mean0: ArrayLike, sd0: ArrayLike, n0: ArrayLike
) -> EffectSizes:
    """Difference of means in the outcome's own unit, with unequal variances."""
    m1, s1, n1, m0, s0, n2 = _groups(mean, sd, n, mean0, sd0, n0)
    return EffectSizes("mean difference", m1 - m0, s1**2 / n1 + s0**2 / n2, False)


def ratio_of_means(
    mean: ArrayLike, sd: ArrayLike, n: ArrayLike, mean0: ArrayLike, sd0: ArrayLike, n0: ArrayLike
) -> EffectSizes:
    """Log ratio of means by the delta method (Hedges, Gurevitch and Curtis 1999); means must be above 0."""
    m1, s1, n1, m0, s0, n2 = _groups(mean, sd, n, mean0, sd0, n0)
    _require((m1 > 0) & (m0 > 0), "A mean", "means above 0, for their logarithms")
    return EffectSizes("log ratio of means", np.log(m1 / m0), s1**2 / (n1 * m1**2) + s0**2 / (n2 * m0**2), True)


def _rates(x: ArrayLike, t: ArrayLike, x0: ArrayLike, t0: ArrayLike) -> list[Floats]:
    values = _arrays(count=x, exposure=t, count0=x0, exposure0=t0)
    _require((values[0] >= 0) & (values[2] >= 0), "A count", "counts of 0 or more")
    _require((values[1] > 0) & (values[3] > 0), "An exposure", "person-time or area-time above 0")
    return values


def log_rate_ratio(
    count: ArrayLike, exposure: ArrayLike, count0: ArrayLike, exposure0: ArrayLike, *, dispersion: ArrayLike = 1.0
) -> EffectSizes:
    """Log ratio of two incidence rates.

    Parameters
    ----------
    count, exposure
        Events, and the person-time in which they happened, of the programme group.
    count0, exposure0
        The same of the comparison group.
    dispersion
        Variance of the counts over their mean (quasi-Poisson); 1 is Poisson, crime counts of places are often 2 to 5.
    """
    x1, t1, x0, t0 = _rates(count, exposure, count0, exposure0)
    empty = (x1 == 0) | (x0 == 0)
    x1, x0 = x1 + 0.5 * empty, x0 + 0.5 * empty
    effect = np.log(x1 / t1) - np.log(x0 / t0)
    return EffectSizes("log rate ratio", effect, _dispersion(dispersion) * (1 / x1 + 1 / x0), True)


def rate_difference(
    count: ArrayLike, exposure: ArrayLike, count0: ArrayLike, exposure0: ArrayLike, *, dispersion: ArrayLike = 1.0
) -> EffectSizes:
    """Difference of two incidence rates; parameters as in :func:`log_rate_ratio`."""
    x1, t1, x0, t0 = _rates(count, exposure, count0, exposure0)
    empty = (x1 == 0) | (x0 == 0)
    x1, x0 = x1 + 0.5 * empty, x0 + 0.5 * empty
    variance = x1 / t1**2 + x0 / t0**2
    return EffectSizes("rate difference", x1 / t1 - x0 / t0, _dispersion(dispersion) * variance, False)


def relative_incident_rate_ratio(
    after: ArrayLike, before: ArrayLike, after0: ArrayLike, before0: ArrayLike, *, dispersion: ArrayLike = 1.0
) -> EffectSizes:
    """Log of the change in a programme area over the change in its comparison area, from four counts.

    Parameters
    ----------
    after, before
        Counts in the programme area, in periods of any lengths that are the same for both areas.
    after0, before0
        Counts in the comparison area.
    dispersion
        Variance of counts over their mean; with 1 the interval is too narrow for most crime counts.

    Notes
    -----
    Wilson (2022), *Journal of Quantitative Criminology* 38: with Poisson counts this has the arithmetic of an odds
    ratio and not its meaning; overdispersion multiplies the variance.

    Examples
    --------
    >>> found = relative_incident_rate_ratio(45, 60, 80, 85, dispersion=2.0)
    >>> found.effect.round(3), found.variance.round(4)
    (array([-0.227]), array([0.1263]))
    """
    cells = _arrays(after=after, before=before, after0=after0, before0=before0)
    _require(np.all([cell >= 0 for cell in cells], axis=0), "A count", "counts of 0 or more")
    empty = np.any([cell == 0 for cell in cells], axis=0)
    a, b, c, d = (cell + 0.5 * empty for cell in cells)
    variance = _dispersion(dispersion) * (1 / a + 1 / b + 1 / c + 1 / d)
    return EffectSizes("log relative incident rate ratio", np.log(a * d / (b * c)), variance, True)


def correlation_effect(correlation: ArrayLike, n: ArrayLike) -> EffectSizes:
    """Fisher's z of correlations; variance 1 / (n - 3)."""
    r, size = _arrays(correlation=correlation, n=n)
    _require((np.abs(r) < 1) & (size > 3), "A correlation", "correlations between -1 and 1 of more than three people")
    return EffectSizes("Fisher's z", np.arctanh(r), 1 / (size - 3), False)


def from_interval(
    estimate: ArrayLike, lower: ArrayLike, upper: ArrayLike, *, level: float = 0.95, ratio: bool = False
) -> EffectSizes:
    """Effect and variance from a published estimate with its confidence interval.

    Parameters
    ----------
    estimate, lower, upper
        As printed; for ratios on the ratio scale.
    level
        Confidence of the printed interval.
    ratio
        Whether to take logarithms first.

    Examples
    --------
    >>> found = from_interval(1.53, 1.35, 1.73, ratio=True)
    >>> found.effect.round(4), np.sqrt(found.variance).round(4)
    (array([0.4253]), array([0.0633]))
    """
    from scipy import stats

    point, low, high = _arrays(estimate=estimate, lower=lower, upper=upper)
    _require((low < high) & (low <= point) & (point <= high), "An interval", "lower limit <= estimate <= upper limit")
    if ratio:
        _require(low > 0, "A limit of a ratio", "limits above 0")
        point, low, high = np.log(point), np.log(low), np.log(high)
    width = 2 * float(stats.norm.ppf(0.5 + level / 2))
    return EffectSizes("reported", point, ((high - low) / width) ** 2, ratio)


def _dispersion(value: ArrayLike) -> Floats:
    found = np.asarray(value, dtype=np.float64)
    _require(np.atleast_1d(found > 0), "A dispersion", "dispersion above 0")
    return found
