"""Cox regression: what speeds up or slows down reoffending."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.reoffending.survival.arrays import (
    Floats,
    checked_times,
    checked_weights,
    matrix,
    same_length,
    vector,
)
from kyoto.analysis.reoffending.survival.cox_sums import CoxSums, Slots, Ties
from kyoto.analysis.reoffending.survival.log_rank import grouped
from kyoto.analysis.reoffending.survival.newton import check_rank, maximise
from kyoto.analysis.reoffending.survival.regression import Regression, clustered, design
from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["baseline_hazard", "cox_regression"]


def cox_regression(
    time: Any,
    event: Any,
    covariates: Any,
    *,
    names: Any = None,
    entry: Any = None,
    strata: Any = None,
    weights: Any = None,
    cluster: Any = None,
    robust: bool = False,
    ties: Ties = "efron",
    level: float = 0.95,
) -> Regression:
    """Fit proportional hazards.

    Parameters
    ----------
    time
        End of each row's time at risk, shape ``(n,)``.
    event
        Whether it ended by the event.
    covariates
        Dataframe, mapping of columns or array, shape ``(n, p)``. A covariate that changes over time is given by several
        rows a person, each with ``entry`` and ``time`` (counting process).
    names
        Names of the columns of an array.
    entry
        Start of each row's time at risk.
    strata
        Strata with baseline hazards of their own.
    weights
        Weight of each row.
    cluster
        Persons or sites whose rows depend on each other: errors are then robust over clusters.
    robust
        Robust errors over rows, also without clusters.
    ties
        ``efron`` or ``breslow``.
    level
        Confidence of the limits.

    Returns
    -------
    Regression

    Raises
    ------
    KyotoError
        ``reoffending.no-events``, ``reoffending.collinear``, ``reoffending.no-convergence``, and those of wrong times.

    Notes
    -----
    Cox (1972), Efron (1977), Breslow (1974); robust covariance of Lin and Wei (1989). As R's ``coxph``. One iteration
    costs a prefix sum a covariate and one matrix product, so that a million rows take seconds.

    Examples
    --------
    >>> fit = cox_regression([5, 8, 3, 9, 7, 2], [1, 1, 1, 0, 1, 1], {"priors": [2, 0, 5, 1, 1, 3]})
    >>> fit.names, round(float(fit.coefficients[0]), 3)
    (('priors',), 0.694)
    """
    sums, titles = _sums(time, event, covariates, names, entry, strata, weights, ties)
    fitted = maximise(lambda b: Slots.at(sums, b).likelihood(sums, b), sums.covariates.std(axis=0))
    beta, start, value, information, iterations = fitted
    inverse: Floats = np.asarray(np.linalg.inv(information), dtype=np.float64)
    covariance, groups = inverse, 0
    sandwich = robust or cluster is not None
    if sandwich:
        influence = (Slots.at(sums, beta).residuals(sums) * sums.weights[:, None]) @ inverse
        influence, groups = clustered(influence, cluster)
        covariance = influence.T @ influence
    stratified = f", {len(np.unique(sums.time_stratum))} strata" if strata is not None else ""
    return Regression(
        f"Cox regression ({ties}{stratified})", "hazard ratio", titles, beta, covariance, inverse, sandwich,
        (start, value), len(sums.event), int(sums.event.sum()), groups, iterations, level,
    )  # fmt: skip


def baseline_hazard(
    fit: Regression,
    time: Any,
    event: Any,
    covariates: Any,
    *,
    entry: Any = None,
    strata: Any = None,
    weights: Any = None,
    ties: Ties = "efron",
) -> pd.DataFrame:
    """Cumulative baseline hazard, of a person whose covariates are all 0.

    Parameters
    ----------
    fit
        The model, from :func:`cox_regression` on the same rows.
    time, event, covariates, entry, strata, weights, ties
        As given to it.

    Returns
    -------
    pandas.DataFrame
        ``stratum``, ``time``, ``hazard``.
    """
    import pandas as pd

    sums, _ = _sums(time, event, covariates, fit.names, entry, strata, weights, ties)
    slots = Slots.at(sums, fit.coefficients)
    mean = matrix(design(covariates, fit.names)[0], len(sums.event)).mean(axis=0)
    jumps = sums.over_times(slots.hazard[:, None], sums.slot_time)[:, 0] * np.exp(-mean @ fit.coefficients)
    frame = pd.DataFrame({"stratum": sums.time_stratum, "time": sums.times, "hazard": jumps})
    frame["hazard"] = frame.groupby("stratum")["hazard"].cumsum()
    if strata is not None:
        labels = grouped(strata)[1]
        frame["stratum"] = [labels[number] for number in frame["stratum"]]
    return frame


def _sums(
    time: Any, event: Any, covariates: Any, names: Any, entry: Any, strata: Any, weights: Any, ties: Ties
) -> tuple[CoxSums, tuple[str, ...]]:
    times, events = vector(time, "times"), vector(event, "events") != 0
    entries = None if entry is None else vector(entry, "entry times")
    raw, titles = design(covariates, names)
    values = matrix(raw, len(times))
    blocks = grouped(strata)[0] if strata is not None else np.zeros(len(times), dtype=np.int64)
    same_length(time=times, event=events, covariates=values, entry=entries, strata=blocks)
    checked_times(times, entries)
    if not events.any():
        raise KyotoError(
            "Nobody has the event",
            code="reoffending.no-events",
            got=f"{len(times)} rows, all censored",
            hint="Check which value of the event column means the event.",
        )
    check_rank(values, titles)
    given = checked_weights(None if weights is None else vector(weights, "weights"), len(times))
    centred: Floats = values - values.mean(axis=0)
    sums = CoxSums.of(times, events, centred, entry=entries, strata=blocks, weights=given, ties=ties)
    return sums, titles
