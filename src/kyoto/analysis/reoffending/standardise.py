"""Fair comparison: rates of groups, sites or years as they would be if their people were alike.

Direct standardisation weights the strata of every group as in a standard population.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kyoto.analysis.reoffending.survival.arrays import Floats, Ints, same_length, vector
from kyoto.analysis.reoffending.survival.intervals import quantile_of_normal, wilson
from kyoto.analysis.reoffending.survival.kaplan_meier import kaplan_meier
from kyoto.analysis.reoffending.survival.log_rank import grouped
from kyoto.core.errors import KyotoError, did_you_mean

__all__ = ["StandardisedRate", "difference", "rate_limits", "standardised_curves", "standardised_rates"]


@dataclass(frozen=True, slots=True)
class StandardisedRate:
    """Rate of a group, as it is and standardised.

    Parameters
    ----------
    group
        The group.
    crude
        Its rate as it is.
    estimate, std_error, lower, upper
        Its standardised rate; None where it has nobody in a stratum that the standard holds.
    n
        Persons.
    effective
        Persons whose simple rate would be as precise (Kish).
    note
        Why there is no estimate.
    """

    group: str
    crude: float
    estimate: float | None
    std_error: float | None
    lower: float | None
    upper: float | None
    n: int
    effective: float
    note: str = ""


def standardised_rates(
    event: Any, group: Any, stratum: Any, *, standard: dict[str, float] | None = None, level: float = 0.95
) -> tuple[StandardisedRate, ...]:
    """Standardise shares directly.

    Parameters
    ----------
    event
        Whether each person had the event, shape ``(n,)``.
    group, stratum
        Group and stratum of each.
    standard
        Persons or share of each stratum in the standard population; all persons together by default.
    level
        Confidence of the limits.

    Notes
    -----
    Variance ``sum w_k^2 p_k (1 - p_k) / n_k``; limits are Wilson's with the effective number of persons
    ``p (1 - p) / variance`` (Dean and Pagano 2015, *Journal of Survey Statistics and Methodology* 3), which stay
    between 0 and 1 where a plain interval does not.

    Examples
    --------
    >>> found = standardised_rates([1, 0, 1, 0, 1, 1, 0, 0], list("aaaabbbb"), list("xxyyxyyy"))
    >>> [round(rate.estimate, 4) for rate in found]
    [0.5, 0.5833]
    """
    events = vector(event, "events") != 0
    groups, labels = grouped(group)
    strata, names = grouped(stratum)
    same_length(event=events, group=groups, stratum=strata)
    weights = _standard(strata, names, standard)
    found = []
    for number, label in enumerate(labels):
        own = groups == number
        counts = np.bincount(strata[own], minlength=len(names)).astype(np.float64)
        shares = _ratio(np.bincount(strata[own & events], minlength=len(names)), counts)
        variances = _ratio(shares * (1 - shares), counts)
        crude, n = float(events[own].mean()), int(own.sum())
        found.append(_standardised(label, crude, n, counts, shares, variances, weights, names, level))
    return tuple(found)


def standardised_curves(
    time: Any,
    event: Any,
    group: Any,
    stratum: Any,
    at: float,
    *,
    standard: dict[str, float] | None = None,
    level: float = 0.95,
) -> tuple[StandardisedRate, ...]:
    """Standardise the share with the event by a time, people censored before it included.

    Parameters
    ----------
    time, event, group, stratum
        Of each person, shape ``(n,)``.
    at
        The time.
    standard, level
        As in :func:`standardised_rates`.

    Notes
    -----
    Kaplan-Meier in each stratum, weighted by the standard; variances are Greenwood's. A stratum whose last person left
    before ``at`` without the event has no value, and its group no estimate.
    """
    times, events = vector(time, "times"), vector(event, "events")
    groups, labels = grouped(group)
    strata, names = grouped(stratum)
    same_length(time=times, event=events, group=groups, stratum=strata)
    weights = _standard(strata, names, standard)
    found = []
    for number, label in enumerate(labels):
        own = groups == number
        counts, shares, variances = (np.zeros(len(names)) for _ in range(3))
        for place in range(len(names)):
            rows = own & (strata == place)
            if rows.any():
                point = kaplan_meier(times[rows], events[rows]).at([at]).iloc[0]
                counts[place] = rows.sum() if np.isfinite(point["estimate"]) else 0
                shares[place], variances[place] = np.nan_to_num([point["estimate"], point["std_error"] ** 2])
        crude = float(kaplan_meier(times[own], events[own]).at([at])["estimate"].iloc[0])
        found.append(_standardised(label, crude, int(own.sum()), counts, shares, variances, weights, names, level))
    return tuple(found)


def _standard(strata: Ints, names: tuple[str, ...], standard: dict[str, float] | None) -> Floats:
    """Share of each stratum in the standard."""
    if standard is None:
        counts = np.bincount(strata, minlength=len(names)).astype(np.float64)
        return np.asarray(counts / counts.sum(), dtype=np.float64)
    unknown = [name for name in standard if name not in names]
    if unknown or not sum(standard.values()) > 0:
        raise KyotoError(
            "The standard population holds a stratum that nobody is in",
            code="reoffending.wrong-standard",
            got=", ".join(unknown) or "no persons",
            hint=did_you_mean(unknown[0], names) if unknown else "Give persons or shares above 0.",
        )
    weights = np.array([standard.get(name, 0.0) for name in names])
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def _standardised(
    label: str,
    crude: float,
    n: int,
    counts: Floats,
    shares: Floats,
    variances: Floats,
    weights: Floats,
    names: tuple[str, ...],
    level: float,
) -> StandardisedRate:
    empty = [name for name, count, weight in zip(names, counts, weights, strict=True) if weight > 0 and not count]
    effective = float(1 / _ratio(weights**2, counts).sum()) if _ratio(weights**2, counts).sum() > 0 else 0.0
    if empty:
        note = f"nobody to compare in {', '.join(empty[:4])}"
        return StandardisedRate(label, crude, None, None, None, None, n, effective, note)
    mean, variance = float(weights @ shares), float(weights**2 @ variances)
    lower, upper = rate_limits(mean, variance, effective, level)
    return StandardisedRate(label, crude, mean, variance**0.5, lower, upper, n, effective)


def rate_limits(mean: float, variance: float, effective: float, level: float) -> tuple[float, float]:
    """Wilson's limits for the number of persons whose simple share would have this variance."""
    persons = mean * (1 - mean) / variance if variance > 0 and 0 < mean < 1 else effective
    return wilson(mean * persons, persons, level)


def _ratio(top: Any, bottom: Floats) -> Floats:
    return np.asarray(np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1.0), 0.0), dtype=np.float64)


def difference(first: StandardisedRate, second: StandardisedRate, level: float = 0.95) -> tuple[float, float, float]:
    """Difference of two standardised rates of different people, with limits.

    Examples
    --------
    >>> one = StandardisedRate("a", 0.5, 0.5, 0.03, 0.44, 0.56, 300, 280.0)
    >>> two = StandardisedRate("b", 0.4, 0.4, 0.04, 0.32, 0.48, 200, 150.0)
    >>> [round(value, 3) for value in difference(one, two)]
    [0.1, 0.002, 0.198]
    """
    if first.estimate is None or second.estimate is None or first.std_error is None or second.std_error is None:
        notes = first.note + second.note
        raise KyotoError("A group has no standardised rate", code="reoffending.no-estimate", got=notes)
    gap = first.estimate - second.estimate
    reach = quantile_of_normal(level) * (first.std_error**2 + second.std_error**2) ** 0.5
    return gap, gap - reach, gap + reach
