"""The log-rank family: whether groups differ in time to the event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kyoto.analysis.reoffending.survival.arrays import Floats, Ints, checked_times, same_length, vector
from kyoto.core.errors import KyotoError

__all__ = ["GroupTest", "grouped", "log_rank_test", "solved"]


@dataclass(frozen=True, slots=True, eq=False)
class GroupTest:
    """Test of the equality of several groups.

    Parameters
    ----------
    name
        Name of the test.
    groups
        The groups.
    observed, expected
        Events of each group, and those expected were all alike.
    statistic, degrees, p_value
        Chi-square.
    """

    name: str
    groups: tuple[str, ...]
    observed: Floats
    expected: Floats
    statistic: float
    degrees: int
    p_value: float

    def summary(self) -> str:
        """One line for a terminal.

        Examples
        --------
        >>> print(log_rank_test([1, 2, 3, 4], [1, 1, 1, 1], ["a", "a", "b", "b"]).summary())
        log-rank: chi-square 2.88 on 1 degree of freedom, p = 0.09
        """
        freedom = "degree" if self.degrees == 1 else "degrees"
        p = f"p = {self.p_value:.2g}" if self.p_value >= 1e-4 else "p < 0.0001"
        return f"{self.name}: chi-square {self.statistic:.3g} on {self.degrees} {freedom} of freedom, {p}"


def log_rank_test(
    time: Any, event: Any, group: Any, *, entry: Any = None, strata: Any = None, rho: float = 0.0
) -> GroupTest:
    """Test the equality of survival curves.

    Parameters
    ----------
    time, event, group
        Time, whether it ended by the event, and group of each person, shape ``(n,)``.
    entry
        Time at which each came under observation.
    strata
        Strata within which groups are compared.
    rho
        Weight ``S**rho``: 0 is the log-rank test, 1 that of Peto and Peto.

    Returns
    -------
    GroupTest

    Raises
    ------
    KyotoError
        ``reoffending.one-group``, ``reoffending.no-events``.

    Notes
    -----
    Harrington and Fleming (1982); as R's ``survdiff``.

    Examples
    --------
    >>> round(log_rank_test([1, 2, 3, 4], [1, 1, 1, 1], ["a", "a", "b", "b"]).statistic, 4)
    2.8824
    """
    times, events = vector(time, "times"), vector(event, "events") != 0
    entries = None if entry is None else vector(entry, "entry times")
    groups, labels = grouped(group)
    blocks = grouped(strata)[0] if strata is not None else np.zeros(len(times), dtype=np.int64)
    same_length(time=times, event=events, group=groups, strata=blocks, entry=entries)
    checked_times(times, entries)
    k = len(labels)
    observed, expected, variance = np.zeros(k), np.zeros(k), np.zeros((k, k))
    for block in np.unique(blocks):
        rows = blocks == block
        part = _block(times[rows], events[rows], groups[rows], k, None if entries is None else entries[rows], rho)
        observed, expected, variance = observed + part[0], expected + part[1], variance + part[2]
    return solved("log-rank", labels, observed, expected, observed - expected, variance)


def grouped(values: Any) -> tuple[Ints, tuple[str, ...]]:
    """Numbers of the groups of all rows, and their names in order."""
    import pandas as pd

    codes, names = pd.factorize(np.asarray(values), sort=True)
    return codes.astype(np.int64), tuple(str(name) for name in names)


def solved(
    name: str, groups: tuple[str, ...], observed: Floats, expected: Floats, score: Floats, variance: Floats
) -> GroupTest:
    """Chi-square of a score and its covariance.

    Raises
    ------
    KyotoError
        ``reoffending.one-group``, ``reoffending.no-events``.
    """
    from scipy import stats

    if len(groups) < 2:
        raise KyotoError(
            "There is one group only", code="reoffending.one-group", got=", ".join(groups), expected="two or more"
        )
    varying = np.diag(variance) > 1e-12
    if not varying.any():
        raise KyotoError(
            "Nothing to compare: no event while two groups were at risk",
            code="reoffending.no-events",
            got=f"{int(observed.sum())} events",
        )
    degrees = int(varying.sum()) - 1
    kept = np.flatnonzero(varying)[:-1]
    statistic = float(score[kept] @ np.linalg.solve(variance[np.ix_(kept, kept)], score[kept]))
    return GroupTest(name, groups, observed, expected, statistic, degrees, float(stats.chi2.sf(statistic, degrees)))


def _block(
    time: Floats, event: Any, group: Ints, k: int, entry: Floats | None, rho: float
) -> tuple[Floats, Floats, Floats]:
    """Observed, expected and covariance of one stratum."""
    times = np.unique(time[event])
    at_risk, deaths = np.zeros((len(times), k)), np.zeros((len(times), k))
    for number in range(k):
        rows = group == number
        own = np.sort(time[rows])
        at_risk[:, number] = len(own) - np.searchsorted(own, times, side="left")
        if entry is not None:
            at_risk[:, number] -= rows.sum() - np.searchsorted(np.sort(entry[rows]), times, side="left")
    np.add.at(deaths, (np.searchsorted(times, time[event]), group[event]), 1.0)
    n, d = at_risk.sum(axis=1), deaths.sum(axis=1)
    curve = np.concatenate([[1.0], np.cumprod(1 - d / n)[:-1]]) if len(times) else np.ones(0)
    weight = curve**rho
    share = at_risk / n[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = weight**2 * np.where(n > 1, d * (n - d) / (n - 1), 0.0)
    variance = np.diag((factor[:, None] * share).sum(axis=0)) - (share * factor[:, None]).T @ share
    return (weight[:, None] * deaths).sum(axis=0), (weight * d) @ share, variance
