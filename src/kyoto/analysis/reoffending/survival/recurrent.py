"""Recurrent events: how often people reoffend, not only whether."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from kyoto.analysis.reoffending.survival.arrays import Floats, Ints, checked_times, same_length, vector
from kyoto.analysis.reoffending.survival.cox import cox_regression
from kyoto.analysis.reoffending.survival.cox_sums import Ties
from kyoto.analysis.reoffending.survival.influence import squared_influence
from kyoto.analysis.reoffending.survival.intervals import quantile_of_normal
from kyoto.analysis.reoffending.survival.log_rank import grouped
from kyoto.analysis.reoffending.survival.regression import Regression
from kyoto.analysis.reoffending.survival.risk import risk_table
from kyoto.analysis.reoffending.survival.showing import curve_chart, curve_rows
from kyoto.core.errors import KyotoError, Where

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MeanCount", "RecurrentModel", "event_number", "mean_count", "recurrent_regression"]

RecurrentModel = Literal["andersen-gill", "pwp-total", "pwp-gap"]


@dataclass(frozen=True, slots=True, eq=False)
class MeanCount:
    """Mean number of events a person by each time.

    Parameters
    ----------
    label
        Group; empty for all.
    times
        Distinct ends of periods, shape ``(m,)``.
    at_risk, events
        Persons at liberty, and events.
    mean, std_error, lower, upper
        Mean cumulative function with limits.
    persons
        Persons.
    level
        Confidence of the limits.
    """

    label: str
    times: Floats
    at_risk: Floats
    events: Floats
    mean: Floats
    std_error: Floats
    lower: Floats
    upper: Floats
    persons: int
    level: float

    def at(self, times: Any) -> pd.DataFrame:
        """Means at given times: ``time``, ``estimate``, ``std_error``, ``lower``, ``upper``; none beyond the last."""
        import pandas as pd

        wanted = vector(times, "times")
        place = np.searchsorted(self.times, wanted, side="right") - 1
        inside = wanted <= self.times[-1]
        columns = {"estimate": self.mean, "std_error": self.std_error, "lower": self.lower, "upper": self.upper}
        found = {
            name: np.where(inside, np.where(place >= 0, values[np.maximum(place, 0)], 0.0), np.nan)
            for name, values in columns.items()
        }
        return pd.DataFrame({"time": wanted, **found})

    def tidy(self) -> pd.DataFrame:
        """One row a time: the mean number of events, with its limits."""
        return curve_rows(self.label or "all", self.times, self.mean, self.std_error, self.lower, self.upper)

    def summary(self) -> str:
        """Persons, events, and the mean at the last time, in a line.

        Examples
        --------
        >>> mean_count([1, 1, 2], [0, 3, 0], [3, 9, 9], [1, 1, 0]).summary()
        'all: 2 persons, 2 events; 1 a person by 9'
        """
        mean = f"{self.mean[-1]:.3g} a person by {self.times[-1]:g}"
        return f"{self.label or 'all'}: {self.persons:,} persons, {self.events.sum():,g} events; {mean}"

    def plot(self) -> Any:
        """The mean number of events with its band."""
        return curve_chart([(self.label, self.tidy())], self.level, title="How often do people reoffend?", share=False)


def mean_count(person: Any, start: Any, stop: Any, event: Any, *, level: float = 0.95, label: str = "") -> MeanCount:
    """Estimate the mean cumulative function.

    Parameters
    ----------
    person
        Identifier of the person of each period at liberty, shape ``(n,)``.
    start, stop
        The period, in time since the person's follow-up began; gaps between periods are custody.
    event
        Whether the period ended by an event.
    level
        Confidence of the limits.
    label
        Name of the group.

    Raises
    ------
    KyotoError
        ``reoffending.overlapping-periods``, and those of wrong times.

    Notes
    -----
    Nelson (1988); robust variance of Lawless and Nadeau (1995), as R's ``survfit(Surv(start, stop, event) ~ 1, id)``.
    The squared influences are summed by prefix sums. Limits on the logarithmic scale; where no event happened yet, the
    upper is that of a Poisson count of none (3.7 events at 95 %) among those at risk.

    Examples
    --------
    >>> found = mean_count([1, 1, 2], [0, 3, 0], [3, 9, 9], [1, 1, 0])
    >>> found.mean.tolist()
    [0.5, 1.0]
    """
    from scipy import stats

    periods = _periods(person, start, stop, event)
    codes, starts, stops, events = periods
    table = risk_table(stops, events.astype(np.int64), 2, entry=starts)
    counts = table.leaving[:, 1]
    jumps = counts / table.at_risk
    mean = np.cumsum(jumps)
    variance = squared_influence(
        codes,
        np.searchsorted(table.times, starts, side="right"),
        table.place,
        np.where(events, 1 / table.at_risk[table.place], 0.0),
        np.ones(len(codes)),
        np.cumsum(jumps / table.at_risk),
    )
    std_error = np.sqrt(variance)
    some = mean > 0
    reach = np.exp(quantile_of_normal(level) * std_error / np.where(some, mean, 1.0))
    none = stats.chi2.ppf(0.5 + level / 2, 2) / 2
    upper = np.where(some, mean * reach, none / table.at_risk)
    persons = int(codes.max()) + 1
    return MeanCount(label, table.times, table.at_risk, counts, mean, std_error, mean / reach, upper, persons, level)


def recurrent_regression(
    person: Any,
    start: Any,
    stop: Any,
    event: Any,
    covariates: Any,
    *,
    model: RecurrentModel = "andersen-gill",
    most: int | None = None,
    names: Any = None,
    ties: Ties = "efron",
    level: float = 0.95,
) -> Regression:
    """Fit a model of recurrent events, errors robust over persons.

    Parameters
    ----------
    person, start, stop, event
        Periods at liberty, as in :func:`mean_count`.
    covariates
        Of each period, shape ``(n, p)``.
    model
        ``andersen-gill``: one intensity for all events. ``pwp-total`` and ``pwp-gap`` (Prentice, Williams and Peterson
        1981): an intensity of its own for the first, second, ... event, in time since the start of follow-up or since
        the last event.
    most
        Later events join this stratum of the PWP models, where few persons get that far.
    names, ties, level
        As in :func:`.cox.cox_regression`.

    Notes
    -----
    Andersen and Gill (1982); robust covariance of Lin and Wei (1989). As R's ``coxph`` with ``cluster(person)``.
    """
    codes, starts, stops, events = _periods(person, start, stop, event)
    number = event_number(codes, stops, events)
    strata = None if model == "andersen-gill" else np.minimum(number, most or np.inf)
    if model == "pwp-gap":
        starts, stops = _since_last_event(codes, starts, stops, number)
    return cox_regression(
        stops, events, covariates, names=names, entry=starts, strata=strata, cluster=codes, ties=ties, level=level
    )


def event_number(person: Any, stop: Any, event: Any) -> Ints:
    """Number of the event that each period waits for: 1 plus the person's events before it.

    Examples
    --------
    >>> event_number([7, 7, 8], [3, 9, 5], [1, 0, 1]).tolist()
    [1, 2, 1]
    """
    codes, stops, events = grouped(person)[0], vector(stop), vector(event) != 0
    order = np.lexsort((stops, codes))
    happened = events[order].astype(np.int64)
    before = np.cumsum(happened) - happened
    first = np.searchsorted(codes[order], codes[order], side="left")
    found = np.empty(len(codes), dtype=np.int64)
    found[order] = before - before[first] + 1
    return found


def _since_last_event(codes: Ints, starts: Floats, stops: Floats, number: Ints) -> tuple[Floats, Floats]:
    """Periods in time since the last event: custody in between counts as time that passed, but not at risk."""
    import pandas as pd

    origin = pd.Series(starts).groupby([codes, number]).transform("min").to_numpy()
    return starts - origin, stops - origin


def _periods(person: Any, start: Any, stop: Any, event: Any) -> tuple[Ints, Floats, Floats, Any]:
    codes, _ = grouped(person)
    starts, stops, events = vector(start, "starts"), vector(stop, "ends"), vector(event, "events") != 0
    same_length(person=codes, start=starts, stop=stops, event=events)
    checked_times(stops, starts)
    order = np.lexsort((stops, codes))
    same = codes[order][1:] == codes[order][:-1]
    overlap = same & (starts[order][1:] < stops[order][:-1])
    if overlap.any():
        raise KyotoError(
            "Periods of one person overlap",
            code="reoffending.overlapping-periods",
            where=Where(line=int(order[1:][overlap][0]) + 1),
            got=f"{int(overlap.sum())} periods begin before the person's last one ended",
            hint="A person is counted as at risk once at a time. Merge overlapping periods.",
        )
    return codes, starts, stops, events
