"""Kaplan-Meier: the share that has not yet reoffended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.reoffending.survival.arrays import (
    Floats,
    checked_times,
    checked_weights,
    same_length,
    vector,
)
from kyoto.analysis.reoffending.survival.influence import squared_influence
from kyoto.analysis.reoffending.survival.intervals import Scale, curve_interval
from kyoto.analysis.reoffending.survival.risk import RiskTable, risk_table
from kyoto.analysis.reoffending.survival.showing import curve_chart, curve_rows

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SurvivalCurve", "kaplan_meier", "kaplan_meier_by"]


@dataclass(frozen=True, slots=True, eq=False)
class SurvivalCurve:
    """A survival curve: one value a distinct time.

    Parameters
    ----------
    label
        Group that it is of; empty for all.
    times
        Distinct times at which anybody leaves, shape ``(m,)``.
    at_risk, events, censored
        Persons (or weight) at each time.
    survival, std_error, lower, upper
        Share without the event after each time.
    n
        Persons.
    level
        Confidence of the limits.
    """

    label: str
    times: Floats
    at_risk: Floats
    events: Floats
    censored: Floats
    survival: Floats
    std_error: Floats
    lower: Floats
    upper: Floats
    n: int
    level: float

    def at(self, times: Any) -> pd.DataFrame:
        """Curve at given times, as the share that has had the event.

        Parameters
        ----------
        times
            Times; beyond the last observed the curve has no value.

        Returns
        -------
        pandas.DataFrame
            ``time``, ``at_risk``, ``estimate`` (share with the event), ``std_error``, ``lower``, ``upper``.
        """
        import pandas as pd

        wanted = vector(times, "times")
        place = np.searchsorted(self.times, wanted, side="right") - 1
        inside = wanted <= (self.times[-1] if len(self.times) else -np.inf)
        next_place = np.minimum(np.searchsorted(self.times, wanted, side="left"), len(self.times) - 1)

        def step(values: Floats, start: float) -> Floats:
            found = np.where(place >= 0, values[np.maximum(place, 0)], start)
            return np.where(inside, found, np.nan)

        return pd.DataFrame(
            {
                "time": wanted,
                "at_risk": np.where(inside, self.at_risk[next_place], 0),
                "estimate": 1 - step(self.survival, 1.0),
                "std_error": step(self.std_error, 0.0),
                "lower": 1 - step(self.upper, 1.0),
                "upper": 1 - step(self.lower, 1.0),
            }
        )

    def tidy(self) -> pd.DataFrame:
        """One row a time: the share with the event, with its limits."""
        return curve_rows(
            self.label or "all", self.times, 1 - self.survival, self.std_error, 1 - self.upper, 1 - self.lower
        )

    def summary(self) -> str:
        """Persons, events, and the time by which half have the event, in a line.

        Examples
        --------
        >>> kaplan_meier([1, 2, 3, 4], [1, 1, 1, 0]).summary()
        'all: 4 persons, 3 events, half by 2.5'
        """
        middle = self.quantile(0.5)[0]
        half = "less than half in the time observed" if middle is None else f"half by {middle:g}"
        return f"{self.label or 'all'}: {self.n:,} persons, {self.events.sum():,g} events, {half}"

    def plot(self) -> Any:
        """The curve with its band."""
        return curve_chart([(self.label, self.tidy())], self.level, title="How soon do people reoffend?")

    def quantile(self, share: float) -> tuple[float | None, float | None, float | None]:
        """Time by which a share has had the event, with its limits; None where the curve does not get there.

        Notes
        -----
        The limits are those times at which the limits of the curve cross the share (Brookmeyer and Crowley 1982). Where
        the curve is exactly at the share on an interval, its middle is taken.

        Examples
        --------
        >>> kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1]).quantile(0.5)[0]
        2.5
        """
        return (
            _crossing(self.times, self.survival, 1 - share),
            _crossing(self.times, self.lower, 1 - share),
            _crossing(self.times, self.upper, 1 - share),
        )


def kaplan_meier(
    time: Any,
    event: Any,
    *,
    entry: Any = None,
    weights: Any = None,
    level: float = 0.95,
    scale: Scale = "log-log",
    label: str = "",
) -> SurvivalCurve:
    """Estimate the share without an event.

    Parameters
    ----------
    time
        Time to the event or to the end of observation, shape ``(n,)``.
    event
        Whether it ended by the event, shape ``(n,)``.
    entry
        Time at which each person came under observation, if later than 0 (left truncation).
    weights
        Weights, as those of inverse probability; the variance is then robust.
    level, scale
        Of the interval; see :func:`.intervals.curve_interval`.
    label
        Name of the group.

    Returns
    -------
    SurvivalCurve

    Raises
    ------
    KyotoError
        Codes ``reoffending.*``: no rows, negative or missing times, entry after exit.

    Notes
    -----
    Kaplan and Meier (1958); Greenwood's variance (1926). With weights the variance is the infinitesimal jackknife, as
    in R's ``survfit(..., robust = TRUE)``.

    Examples
    --------
    >>> curve = kaplan_meier([6, 6, 6, 7, 10], [1, 1, 0, 1, 0])
    >>> curve.survival.round(3).tolist()
    [0.6, 0.3, 0.3]
    """
    times = vector(time, "times")
    events = vector(event, "events") != 0
    entries = None if entry is None else vector(entry, "entry times")
    given = None if weights is None else vector(weights, "weights")
    same_length(time=times, event=events, entry=entries, weights=given)
    checked_times(times, entries)
    if given is not None:
        checked_weights(given, len(times))
    table = risk_table(times, events.astype(np.int64), 2, entry=entries, weights=given)
    deaths = table.leaving[:, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        hazard = np.where(table.at_risk > 0, deaths / table.at_risk, 0.0)
        survival = np.cumprod(1 - hazard)
        if given is None:
            relative = np.cumsum(np.where(hazard < 1, deaths / (table.at_risk * (table.at_risk - deaths)), 0.0))
        else:
            relative = _robust(table, events, entries, given, hazard)
    std_error = survival * np.sqrt(relative)
    lower, upper = curve_interval(survival, std_error, table.at_risk, level=level, scale=scale)
    return SurvivalCurve(
        label, table.times, table.at_risk, deaths, table.leaving[:, 0], survival, std_error, lower, upper,
        len(times), level,
    )  # fmt: skip


def kaplan_meier_by(
    time: Any,
    event: Any,
    group: Any,
    *,
    entry: Any = None,
    weights: Any = None,
    level: float = 0.95,
    scale: Scale = "log-log",
) -> tuple[SurvivalCurve, ...]:
    """One curve a group (or stratum), in the order of their names.

    Parameters
    ----------
    group
        Group of each person, shape ``(n,)``.
    time, event, entry, weights, level, scale
        As in :func:`kaplan_meier`.

    Examples
    --------
    >>> [curve.label for curve in kaplan_meier_by([1, 2, 3], [1, 0, 1], ["b", "a", "a"])]
    ['a', 'b']
    """
    import pandas as pd

    codes, names = pd.factorize(np.asarray(group), sort=True)
    times, events = vector(time, "times"), vector(event, "events")
    same_length(time=times, event=events, group=codes)
    optional = [None if part is None else vector(part) for part in (entry, weights)]
    found = []
    for code, name in enumerate(names):
        rows = np.flatnonzero(codes == code)
        entries, given = (None if part is None else part[rows] for part in optional)
        curve = kaplan_meier(
            times[rows], events[rows], entry=entries, weights=given, level=level, scale=scale, label=str(name)
        )
        found.append(curve)
    return tuple(found)


def _robust(table: RiskTable, events: Any, entry: Floats | None, weights: Floats, hazard: Floats) -> Floats:
    """Squared influence on the logarithm of the curve."""
    rest = np.where(hazard < 1, table.at_risk * (1 - hazard), np.inf)
    drift = np.cumsum(np.where(hazard < 1, hazard / rest, 0.0))
    entered = (
        np.zeros(len(weights), dtype=np.int64) if entry is None else np.searchsorted(table.times, entry, side="right")
    )
    jump = np.where(events, 1 / rest[table.place], 0.0)
    person = np.arange(len(weights))
    return squared_influence(person, entered, table.place, jump, weights, drift)


def _crossing(times: Floats, curve: Floats, share: float) -> float | None:
    """First time at which a falling curve is at or below a share."""
    tolerance = 1e-9
    below = np.flatnonzero(curve <= share + tolerance)
    if not len(below):
        return None
    first = int(below[0])
    if abs(curve[first] - share) > tolerance:
        return float(times[first])
    deeper = np.flatnonzero(curve < share - tolerance)
    end = int(deeper[0]) if len(deeper) else first
    return float((times[first] + times[end]) / 2)
