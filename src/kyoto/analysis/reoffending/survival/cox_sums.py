"""The sums of a Cox model: risk sets by prefix sums, ties by slots.

Rows at risk at a time of an event are those of the stratum that leave at it or later, less those that enter at it or
later; with rows sorted by both, every risk set is a difference of prefix sums. A *slot* is one term of the partial
likelihood: with Breslow's ties one a time, with Efron's one a death, each taking a growing share of the tied deaths out
of the risk set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from kyoto.analysis.reoffending.survival.arrays import Bools, Floats, Ints
from kyoto.analysis.reoffending.survival.newton import products

__all__ = ["CoxSums", "Slots", "Ties", "slots_of"]

Ties = Literal["efron", "breslow"]


@dataclass(frozen=True, slots=True, eq=False)
class CoxSums:
    """Sorted rows of a Cox model, ready for any coefficients.

    Parameters
    ----------
    covariates
        Centred, shape ``(n, p)``.
    event
        Whether each row ends by the event.
    weights
        Weight of each row.
    by_exit, by_entry
        Orders of the rows by stratum and exit, and by stratum and entry (None where nobody enters late).
    first_exit, end, first_entry
        For each time of an event within its stratum: first position in ``by_exit`` at risk, end of the stratum, and
        first position in ``by_entry`` that enters too late.
    until, since
        For each row: number of times of events (over all strata) up to its exit, and up to its entry.
    of_death
        Time of the event, by position, of each row that dies.
    slot_time, slot_share, slot_weight
        Time, share of the tied deaths taken out, and weight of each slot.
    times, time_stratum
        Times of events, and their strata.
    """

    covariates: Floats
    event: Bools
    weights: Floats
    by_exit: Ints
    by_entry: Ints | None
    first_exit: Ints
    end: Ints
    first_entry: Ints
    until: Ints
    since: Ints
    of_death: Ints
    slot_time: Ints
    slot_share: Floats
    slot_weight: Floats
    times: Floats
    time_stratum: Ints

    @classmethod
    def of(
        cls, time: Floats, event: Bools, covariates: Floats, *, entry: Floats | None, strata: Ints, weights: Floats,
        ties: Ties,
    ) -> CoxSums:  # fmt: skip
        """Sort the rows once."""
        ranks, rank_of = np.unique(time if entry is None else np.concatenate([time, entry]), return_inverse=True)
        width = len(ranks) + 1
        exit_key = strata * width + rank_of[: len(time)]
        entry_key = strata * width + rank_of[len(time) :] if entry is not None else strata * width - 1
        keys, of_death = np.unique(exit_key[event], return_inverse=True)
        by_exit = np.argsort(exit_key, kind="stable")
        by_entry = None if entry is None else np.argsort(entry_key, kind="stable")
        sorted_exit = exit_key[by_exit]
        stratum = keys // width
        first_entry = end = np.searchsorted(sorted_exit, (stratum + 1) * width)
        if by_entry is not None:
            first_entry = np.searchsorted(entry_key[by_entry], keys)
        slots = slots_of(of_death, weights[event], len(keys), ties)
        return cls(
            covariates=covariates, event=event, weights=weights, by_exit=by_exit, by_entry=by_entry,
            first_exit=np.asarray(np.searchsorted(sorted_exit, keys), dtype=np.int64), end=end, first_entry=first_entry,
            until=np.searchsorted(keys, exit_key, side="right"), since=np.searchsorted(keys, entry_key, side="right"),
            of_death=of_death, slot_time=slots[0], slot_share=slots[1], slot_weight=slots[2],
            times=ranks[keys % width], time_stratum=stratum,
        )  # fmt: skip

    def at_risk(self, values: Floats) -> Floats:
        """Sum of a value of each row, shape ``(n, q)``, over the rows at risk at each time."""
        sums = _prefix(values[self.by_exit])
        found: Floats = sums[self.end] - sums[self.first_exit]
        if self.by_entry is not None:
            entered = _prefix(values[self.by_entry])
            found -= entered[self.end] - entered[self.first_entry]
        return found

    def over_deaths(self, values: Floats) -> Floats:
        """Sum of a value of each row that dies, shape ``(n, q)``, at each time."""
        return self.over_times(values[self.event], self.of_death)

    def over_times(self, values: Floats, place: Ints) -> Floats:
        """Sum of values, shape ``(s, q)``, by the time that each belongs to."""
        columns = [np.bincount(place, weights=values[:, q], minlength=len(self.times)) for q in range(values.shape[1])]
        return np.column_stack(columns)

    def while_at_risk(self, values: Floats) -> Floats:
        """Sum of a value of each time, shape ``(m, q)``, over the times at which each row is at risk."""
        sums = _prefix(values)
        found: Floats = sums[self.until] - sums[self.since]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Slots:
    """The slots at given coefficients: all that likelihood, score, information and residuals need.

    Parameters
    ----------
    relative
        Relative hazard of each row, without weight.
    hazard, mean
        Jump of the baseline hazard and weighted mean of the covariates at each slot.
    denominator
        Sum of relative hazards of each slot.
    exposure
        Baseline hazard to which each row was exposed, its own tied death accounted for.
    """

    relative: Floats
    hazard: Floats
    mean: Floats
    denominator: Floats
    exposure: Floats

    @classmethod
    def at(cls, sums: CoxSums, beta: Floats) -> Slots:
        """Compute the slots."""
        relative = np.exp(np.clip(sums.covariates @ beta, -700, 700))
        weighted = np.column_stack([np.ones(len(relative)), sums.covariates]) * (sums.weights * relative)[:, None]
        risk = sums.at_risk(weighted)[sums.slot_time]
        tied = sums.slot_share > 0
        if tied.any():
            risk[tied] -= sums.slot_share[tied, None] * sums.over_deaths(weighted)[sums.slot_time[tied]]
        hazard = sums.slot_weight / risk[:, 0]
        by_time = sums.over_times(np.column_stack([hazard, hazard * sums.slot_share]), sums.slot_time)
        exposure = sums.while_at_risk(by_time[:, :1])[:, 0]
        exposure[sums.event] -= by_time[sums.of_death, 1]
        return cls(relative, hazard, risk[:, 1:] / risk[:, :1], risk[:, 0], exposure)

    def likelihood(self, sums: CoxSums, beta: Floats) -> tuple[float, Floats, Floats]:
        """Log partial likelihood, score and information."""
        own = sums.weights[sums.event]
        dying = sums.covariates[sums.event]
        value = float(own @ (dying @ beta) - sums.slot_weight @ np.log(self.denominator))
        score = own @ dying - sums.slot_weight @ self.mean
        spread = products(sums.covariates, sums.weights * self.relative * self.exposure)
        return value, score, spread - products(self.mean, sums.slot_weight)

    def residuals(self, sums: CoxSums) -> Floats:
        """Score residuals of all rows, without weights, shape ``(n, p)``."""
        jumps = sums.over_times(self.hazard[:, None] * self.mean, sums.slot_time)
        passed = sums.while_at_risk(jumps)
        share = sums.over_times((self.hazard * sums.slot_share)[:, None] * self.mean, sums.slot_time)
        passed[sums.event] -= share[sums.of_death]
        found: Floats = -self.relative[:, None] * (sums.covariates * self.exposure[:, None] - passed)
        slots = np.bincount(sums.slot_time, minlength=len(sums.times))
        mean = sums.over_times(self.mean, sums.slot_time) / slots[:, None]
        found[sums.event] += sums.covariates[sums.event] - mean[sums.of_death]
        return found


def slots_of(of_death: Ints, weights: Floats, times: int, ties: Ties) -> tuple[Ints, Floats, Floats]:
    """Time, share of tied deaths and weight of every slot."""
    total: Floats = np.bincount(of_death, weights=weights, minlength=times).astype(np.float64)
    if ties == "breslow":
        return np.arange(times, dtype=np.int64), np.zeros(times), total
    deaths = np.bincount(of_death, minlength=times)
    place = np.repeat(np.arange(times, dtype=np.int64), deaths)
    number = np.arange(len(place)) - np.repeat(np.cumsum(deaths) - deaths, deaths)
    share: Floats = number / deaths[place]
    return np.asarray(place, dtype=np.int64), share, (total / deaths)[place]


def _prefix(values: Floats) -> Floats:
    """Sums of the rows before each, one more than the rows; summed column by column, which is faster."""
    found = np.zeros((len(values) + 1, values.shape[1]))
    for column in range(values.shape[1]):
        np.cumsum(values[:, column], out=found[1:, column])
    return found
