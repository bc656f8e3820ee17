"""Fine-Gray regression: what raises or lowers the share that reoffends, where something else can come first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kyoto.analysis.reoffending.survival.aalen_johansen import cause_codes
from kyoto.analysis.reoffending.survival.arrays import Bools, Floats, Ints, checked_times, matrix, same_length, vector
from kyoto.analysis.reoffending.survival.log_rank import grouped
from kyoto.analysis.reoffending.survival.newton import check_rank, maximise, products
from kyoto.analysis.reoffending.survival.regression import Regression, design
from kyoto.core.errors import KyotoError, did_you_mean

__all__ = ["fine_gray"]


def fine_gray(
    time: Any,
    cause: Any,
    covariates: Any,
    *,
    of: str | None = None,
    censored: Any = 0,
    names: Any = None,
    censoring_groups: Any = None,
    level: float = 0.95,
) -> Regression:
    """Fit proportional hazards of the subdistribution.

    Parameters
    ----------
    time
        Time to the first event of any cause, or to the end of observation, shape ``(n,)``.
    cause
        Which event it was; ``censored`` where there was none.
    covariates
        Dataframe, mapping of columns or array, shape ``(n, p)``.
    of
        Cause that is modelled; the first by default.
    censored
        Value that means censoring.
    names
        Names of the columns of an array.
    censoring_groups
        Groups whose censoring differs; one distribution for all if not given.
    level
        Confidence of the limits.

    Returns
    -------
    Regression
        With robust covariance that accounts for the estimated censoring distribution.

    Raises
    ------
    KyotoError
        ``reoffending.no-events``, ``reoffending.collinear``, ``reoffending.unknown-cause``.

    Notes
    -----
    Fine and Gray (1999), *Journal of the American Statistical Association* 94, 496-509; ties as Breslow's; covariance
    by their equations 7 and 8. As R's ``cmprsk::crr``, but for the covariance with several censoring groups, where each
    group's own number at risk is taken. Those with another event stay in the risk set with weight ``G(t-) / G(X-)``,
    which factors, so that risk sets are prefix sums and an iteration is linear after one sort (Kawaguchi et al. 2021).

    Examples
    --------
    >>> fit = fine_gray([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 1, 0, 1, 2, 1, 0], {"prior": [3, 1, 2, 0, 2, 1, 1, 2]})
    >>> round(float(fit.coefficients[0]), 4)
    1.901
    """
    times = vector(time, "times")
    codes, causes = cause_codes(cause, censored)
    raw, titles = design(covariates, names)
    values = matrix(raw, len(times))
    groups = grouped(censoring_groups)[0] if censoring_groups is not None else np.zeros(len(times), dtype=np.int64)
    same_length(time=times, cause=codes, covariates=values, censoring_groups=groups)
    checked_times(times, None)
    if of is not None and of not in causes:
        raise KyotoError("No such cause", code="reoffending.unknown-cause", got=of, hint=did_you_mean(of, causes))
    wanted = causes.index(of) + 1 if of is not None else 1
    status = np.where(codes == 0, 0, np.where(codes == wanted, 1, 2))
    if not (status == 1).any():
        raise KyotoError(
            "Nobody has the event", code="reoffending.no-events", got=f"{len(times)} rows", hint="Check the causes."
        )
    check_rank(values, titles)
    order = np.argsort(times)
    rows = _Rows.of(times[order], status[order], (values - values.mean(axis=0))[order], groups[order])
    beta, start, value, information, iterations = maximise(lambda b: _likelihood(rows, b), rows.covariates.std(axis=0))
    inverse: Floats = np.asarray(np.linalg.inv(information), dtype=np.float64)
    influence = (_score_residuals(rows, beta)) @ inverse
    covariance = influence.T @ influence
    return Regression(
        f"Fine-Gray regression of {causes[wanted - 1]}", "subdistribution hazard ratio", titles, beta, covariance,
        inverse, True, (start, value), len(times), int((status == 1).sum()), 0, iterations, level,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Rows by time, with what does not depend on the coefficients.

    ``still`` is ``G(t-)`` of each censoring group at each time of an event, shape ``(m, groups)``; ``inverse`` is
    ``1 / G(X-)`` of each row that had another event and 0 of the others. ``first`` is the first row at risk at each
    time of an event; ``until`` and ``earlier`` are the numbers of such times up to each row's own and before it.
    """

    status: Ints
    covariates: Floats
    groups: Ints
    count: int
    events: Floats
    place: Ints
    still: Floats
    inverse: Floats
    first: Ints
    until: Ints
    earlier: Ints
    start: Ints
    end: Ints

    @classmethod
    def of(cls, time: Floats, status: Ints, covariates: Floats, groups: Ints) -> _Rows:
        happened = status == 1
        times, place = np.unique(time[happened], return_inverse=True)
        count = int(groups.max()) + 1
        still, inverse = np.ones((len(times), count)), np.zeros(len(time))
        for group in range(count):
            own = groups == group
            steps, curve = _censoring(time[own], status[own] == 0)
            still[:, group] = curve[np.searchsorted(steps, times, side="left")]
            other = own & (status == 2)
            inverse[other] = 1 / curve[np.searchsorted(steps, time[other], side="left")]
        return cls(
            status=status, covariates=covariates, groups=groups, count=count,
            events=np.bincount(place, minlength=len(times)).astype(np.float64), place=place, still=still,
            inverse=inverse, first=np.searchsorted(time, times, side="left"),
            until=np.searchsorted(times, time, side="right"), earlier=np.searchsorted(times, time, side="left"),
            start=np.searchsorted(time, time, side="left"), end=np.searchsorted(time, time, side="right"),
        )  # fmt: skip

    def at_risk(self, values: Floats) -> Floats:
        """Weighted sum of a column of values over those at risk at each time of an event."""
        sums = _before(values)
        found: Floats = sums[-1] - sums[self.first]
        for group in range(self.count):
            past = _before(np.where(self.groups == group, values * self.inverse, 0.0))
            found = found + self.still[:, group] * past[self.first]
        return found

    def exposure(self, jumps: Floats) -> Floats:
        """Sum of jumps at times of events over each row's time at risk, later times weighted."""
        found: Floats = _before(jumps)[self.until]
        for group in range(self.count):
            sums = _before(jumps * self.still[:, group])
            found = found + np.where(self.groups == group, self.inverse * (sums[-1] - sums[self.until]), 0.0)
        return found


def _before(values: Floats) -> Floats:
    """Sum of the values before each position, one more than the values."""
    found = np.zeros(len(values) + 1)
    np.cumsum(values, out=found[1:])
    return found


def _censoring(time: Floats, censored: Bools) -> tuple[Floats, Floats]:
    """Times of censoring and the share not yet censored: before the first, and after each.

    Beyond the last time observed the share is 0: nobody of the group is known to be under observation.
    """
    steps, counts = np.unique(time[censored], return_counts=True)
    at_risk = len(time) - np.searchsorted(time, steps, side="left")
    curve = np.concatenate([[1.0], np.cumprod(1 - counts / at_risk)])
    if len(time) and not (len(steps) and steps[-1] == time[-1]):
        steps, curve = np.append(steps, time[-1]), np.append(curve, 0.0)
    else:
        curve[-1] = 0.0
    return steps, curve


def _means(rows: _Rows, beta: Floats) -> tuple[Floats, Floats, Floats]:
    """Relative hazard of each row; sum over the risk set and mean of the covariates at each time."""
    relative = np.exp(np.clip(rows.covariates @ beta, -700, 700))
    total = rows.at_risk(relative)
    columns = rows.covariates.T * relative
    mean = np.column_stack([rows.at_risk(column) for column in columns]) / total[:, None]
    return relative, total, mean


def _likelihood(rows: _Rows, beta: Floats) -> tuple[float, Floats, Floats]:
    relative, total, mean = _means(rows, beta)
    dying = rows.covariates[rows.status == 1]
    value = float((dying @ beta).sum() - rows.events @ np.log(total))
    score = dying.sum(axis=0) - rows.events @ mean
    spread = products(rows.covariates, relative * rows.exposure(rows.events / total))
    return value, score, spread - products(mean, rows.events)


def _score_residuals(rows: _Rows, beta: Floats) -> Floats:
    """Influence of each row on the score, that by way of the censoring distribution included."""
    relative, total, mean = _means(rows, beta)
    jumps = rows.events / total
    exposure = rows.exposure(jumps)
    passed = np.column_stack([rows.exposure(jumps * column) for column in mean.T])
    found: Floats = -relative[:, None] * (rows.covariates * exposure[:, None] - passed)
    happened = rows.status == 1
    found[happened] += rows.covariates[happened] - mean[rows.place]
    for group in range(rows.count):
        found += _censoring_residuals(rows, group, relative, jumps, mean)
    return found


def _censoring_residuals(rows: _Rows, group: int, relative: Floats, jumps: Floats, mean: Floats) -> Floats:
    """Influence through ``G``: martingale residuals of censoring, weighted by what they move in the score."""
    own = rows.groups == group
    weight = np.where(own, rows.inverse * relative, 0.0)
    later = jumps * rows.still[:, group]
    sums = _before(later)
    ahead = (sums[-1] - sums)[rows.earlier]
    counts = _before(own.astype(np.float64))
    at_risk = np.where(own, counts[-1] - counts[rows.start], 1.0)
    censored = own & (rows.status == 0)
    found = np.zeros_like(rows.covariates)
    for column in range(rows.covariates.shape[1]):
        weighted = _before(later * mean[:, column])
        ahead_mean = (weighted[-1] - weighted)[rows.earlier]
        past = _before(weight * rows.covariates[:, column])[rows.start]
        moved = past * ahead - _before(weight)[rows.start] * ahead_mean
        share = np.where(censored, moved / at_risk, 0.0)
        drift = _before(np.where(censored, moved / at_risk**2, 0.0))[rows.end]
        found[:, column] = np.where(own, share - drift, 0.0)
    return found
