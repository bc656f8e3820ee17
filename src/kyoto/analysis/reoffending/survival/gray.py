"""Gray's test: whether groups differ in the cumulative incidence of a cause."""

from __future__ import annotations

from typing import Any

import numpy as np

from kyoto.analysis.reoffending.survival.aalen_johansen import cause_codes
from kyoto.analysis.reoffending.survival.arrays import Floats, Ints, checked_times, same_length, vector
from kyoto.analysis.reoffending.survival.log_rank import GroupTest, grouped, solved

__all__ = ["gray_test"]


def gray_test(
    time: Any, cause: Any, group: Any, *, of: str | None = None, censored: Any = 0, strata: Any = None, rho: float = 0.0
) -> GroupTest:
    """Test the equality of cumulative incidences.

    Parameters
    ----------
    time
        Time to the first event of any cause or to the end of observation, shape ``(n,)``.
    cause
        Which event it was; ``censored`` where there was none.
    group
        Groups to compare.
    of
        Cause whose incidence is compared; the first by default.
    censored
        Value that means censoring.
    strata
        Strata within which groups are compared.
    rho
        Weight ``(1 - F)**rho``: above 0 early differences count more.

    Returns
    -------
    GroupTest

    Raises
    ------
    KyotoError
        ``reoffending.one-group``, ``reoffending.no-events``.

    Notes
    -----
    Gray (1988), *Annals of Statistics* 16, 1141-1154. Variance with the corrections for ties of his program, so that
    the statistic equals that of R's ``cmprsk::cuminc``.

    Examples
    --------
    >>> test = gray_test([1, 2, 3, 4, 5, 6], [1, 2, 1, 2, 1, 0], ["a", "b"] * 3)
    >>> round(test.statistic, 4), test.degrees
    (4.1244, 1)
    """
    times = vector(time, "times")
    codes, names = cause_codes(cause, censored)
    groups, labels = grouped(group)
    blocks = grouped(strata)[0] if strata is not None else np.zeros(len(times), dtype=np.int64)
    same_length(time=times, cause=codes, group=groups, strata=blocks)
    checked_times(times, None)
    wanted = names.index(of) + 1 if of in names else 1
    status = np.where(codes == 0, 0, np.where(codes == wanted, 1, 2))
    score, variance = np.zeros(len(labels)), np.zeros((len(labels), len(labels)))
    for block in np.unique(blocks):
        rows = blocks == block
        part = _score(times[rows], status[rows], groups[rows], len(labels), rho)
        score, variance = score + part[0], variance + part[1]
    observed = np.bincount(groups[status == 1], minlength=len(labels)).astype(np.float64)
    return solved("Gray", labels, observed, observed - score, score, variance)


def _counts(time: Floats, status: Ints, group: Ints, k: int) -> tuple[Floats, Floats, Floats]:
    """At risk, events of the cause, and other events at each time of any event, shape ``(m, k)``."""
    times = np.unique(time[status > 0])
    at_risk, wanted, other = (np.zeros((len(times), k)) for _ in range(3))
    for number in range(k):
        own = np.sort(time[group == number])
        at_risk[:, number] = len(own) - np.searchsorted(own, times, side="left")
    place = np.searchsorted(times, time)
    for code, target in ((1, wanted), (2, other)):
        rows = status == code
        np.add.at(target, (place[rows], group[rows]), 1.0)
    return at_risk, wanted, other


def _score(time: Floats, status: Ints, group: Ints, k: int, rho: float) -> tuple[Floats, Floats]:
    """Score of each group and its covariance within one stratum."""
    at_risk, wanted, other = _counts(time, status, group, k)
    present = at_risk > 0
    n = np.where(present, at_risk, 1.0)
    after = np.cumprod(1 - (wanted + other) / n, axis=0)
    before = np.vstack([np.ones(k), after[:-1]])
    inflated = np.where(present, at_risk / np.where(before > 0, before, 1.0), 0.0)
    incidence = np.cumsum(before * wanted / n, axis=0)
    still = 1 - np.vstack([np.zeros(k), incidence[:-1]])
    events = wanted.sum(axis=1)
    pooled_risk = inflated.sum(axis=1)
    subdistribution = inflated * still
    pooled = np.cumsum(events / pooled_risk)
    pooled_before = np.concatenate([[0.0], pooled[:-1]])
    weight = (1 - pooled_before) ** rho
    share = events / subdistribution.sum(axis=1)
    score = (weight[:, None] * (wanted - subdistribution * share[:, None])).sum(axis=0)
    contrast = weight[:, None, None] * (
        inflated[:, :, None] * np.eye(k) - inflated[:, :, None] * inflated[:, None, :] / pooled_risk[:, None, None]
    )
    hazard = events / (pooled_risk * (1 - pooled_before))
    running = np.cumsum(contrast * hazard[:, None, None], axis=0)
    ahead = running[-1] - running
    ratio = np.where(after > 0, (1 - pooled)[:, None] / np.where(after > 0, after, 1.0), 0.0)[:, None, :]
    first = _tied(events[:, None], pooled_risk[:, None] * before) * before * events[:, None]
    first = np.where(present, first / (pooled_risk[:, None] * n), 0.0)
    second = np.where(present, _tied(other, n) * before**2 * other / n**2, 0.0)
    direct = np.where((first > 0)[:, None, :], contrast - (ratio - 1) * ahead, 0.0)
    crossed = np.where((second > 0)[:, None, :], ratio * ahead, 0.0)
    variance = _product(direct, first) + _product(crossed, second)
    return score, variance


def _product(weights: Floats, variances: Floats) -> Floats:
    """Sum over times and groups of the outer products of weights."""
    found: Floats = np.einsum("tij,tkj,tj->ik", weights, weights, variances, optimize=True)
    return found


def _tied(events: Floats, n: Floats) -> Floats:
    """Correction of the variance for several events at one time."""
    several = events > 1
    found: Floats = np.where(several, 1 - (events - 1) / np.where(several, n - 1, 1.0), 1.0)
    return found
