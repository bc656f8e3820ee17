"""Aalen-Johansen: the share that has reoffended, where death or deportation can come first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.reoffending.survival.arrays import Floats, Ints, checked_times, same_length, vector
from kyoto.analysis.reoffending.survival.intervals import Scale, curve_interval
from kyoto.analysis.reoffending.survival.risk import risk_table
from kyoto.analysis.reoffending.survival.showing import curve_chart, curve_rows

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["IncidenceCurves", "aalen_johansen", "aalen_johansen_by", "cause_codes"]


@dataclass(frozen=True, slots=True, eq=False)
class IncidenceCurves:
    """Cumulative incidence of each cause.

    Parameters
    ----------
    label
        Group; empty for all.
    causes
        Names of the causes, ``k`` of them.
    times
        Distinct times at which anybody leaves, shape ``(m,)``.
    at_risk
        Persons at risk before each time.
    events
        Events at each time by cause, shape ``(m, k)``.
    incidence, std_error, lower, upper
        Share with each cause after each time, shape ``(m, k)``.
    n
        Persons.
    level
        Confidence of the limits.
    """

    label: str
    causes: tuple[str, ...]
    times: Floats
    at_risk: Floats
    events: Floats
    incidence: Floats
    std_error: Floats
    lower: Floats
    upper: Floats
    n: int
    level: float

    def at(self, times: Any) -> pd.DataFrame:
        """Curves at given times: ``cause``, ``time``, ``estimate``, ``std_error``, ``lower``, ``upper``.

        Beyond the last time observed there is no value.
        """
        import pandas as pd

        wanted = vector(times, "times")
        place = np.searchsorted(self.times, wanted, side="right") - 1
        inside = wanted <= (self.times[-1] if len(self.times) else -np.inf)
        parts = []
        for number, cause in enumerate(self.causes):
            columns: dict[str, Any] = {"cause": cause, "time": wanted}
            named = (
                ("estimate", self.incidence),
                ("std_error", self.std_error),
                ("lower", self.lower),
                ("upper", self.upper),
            )
            for name, values in named:
                found = np.where(place >= 0, values[np.maximum(place, 0), number], 0.0)
                columns[name] = np.where(inside, found, np.nan)
            parts.append(pd.DataFrame(columns))
        return pd.concat(parts, ignore_index=True)

    def tidy(self) -> pd.DataFrame:
        """One row a cause and time: the share with it, with its limits."""
        import pandas as pd

        return pd.concat([frame for _, frame in self._frames()], ignore_index=True)

    def summary(self) -> str:
        """Persons, and the share with each cause by the last time, in a line.

        Examples
        --------
        >>> aalen_johansen([1, 2, 3, 4], [1, 2, 1, 0]).summary()
        'all: 4 persons; by 4: 1 50.0%, 2 25.0%'
        """
        shares = (f"{cause} {share:.1%}" for cause, share in zip(self.causes, self.incidence[-1], strict=True))
        return f"{self.label or 'all'}: {self.n:,} persons; by {self.times[-1]:g}: {', '.join(shares)}"

    def plot(self) -> Any:
        """The curves with their bands."""
        return curve_chart(self._frames(), self.level, title="What comes first, and how soon?")

    def _frames(self) -> list[tuple[str, pd.DataFrame]]:
        columns = (self.incidence, self.std_error, self.lower, self.upper)
        return [
            (cause, curve_rows(cause, self.times, *(values[:, number] for values in columns)))
            for number, cause in enumerate(self.causes)
        ]


def cause_codes(cause: Any, censored: Any = 0) -> tuple[Ints, tuple[str, ...]]:
    """Causes as numbers from 1, and their names; 0 is censoring.

    Parameters
    ----------
    cause
        Cause of each person's exit; ``censored``, empty or missing where there was none.
    censored
        The value that means censoring.

    Examples
    --------
    >>> codes, names = cause_codes(["arrest", "", "death", "arrest"], censored="")
    >>> codes.tolist(), names
    ([1, 0, 2, 1], ('arrest', 'death'))
    """
    import pandas as pd

    values = pd.Series(np.asarray(cause))
    none = values.isna() | (values == censored) | (values.astype(str) == "")
    codes, names = pd.factorize(values.where(~none), sort=True)
    whole = [str(int(name)) if isinstance(name, float) and name == int(name) else str(name) for name in names]
    return codes.astype(np.int64) + 1, tuple(whole)


def aalen_johansen(
    time: Any,
    cause: Any,
    *,
    censored: Any = 0,
    entry: Any = None,
    level: float = 0.95,
    scale: Scale = "log-log",
    label: str = "",
    causes: tuple[str, ...] | None = None,
) -> IncidenceCurves:
    """Estimate the cumulative incidence of competing causes; ties are exact, not jittered.

    Parameters
    ----------
    time
        Time to the first event of any cause, or to the end of observation, shape ``(n,)``.
    cause
        Which event it was; ``censored`` where there was none. Codes from 1 where ``causes`` are given.
    censored
        Value that means censoring.
    entry
        Time at which each came under observation, if later than 0.
    level, scale
        Of the limits, as for the share without the event.
    label
        Name of the group.
    causes
        Names of the causes, where ``cause`` holds their numbers already.

    Returns
    -------
    IncidenceCurves

    Notes
    -----
    Aalen and Johansen (1978). The variance is that of the multinomial jumps of the hazards (Andersen, Borgan, Gill and
    Keiding 1993, section IV.4), with the finite-sample form of Greenwood. It equals the infinitesimal jackknife of R's
    ``survfit`` where nobody enters late: influences at different times are then uncorrelated in the sample. As a
    quadratic in the incidence at ``t`` it needs prefix sums only.

    Examples
    --------
    >>> curves = aalen_johansen([1, 2, 2, 3, 4], [1, 2, 1, 0, 1])
    >>> curves.causes, curves.incidence[-1].round(3).tolist()
    (('1', '2'), [0.8, 0.2])
    """
    times = vector(time, "times")
    codes, names = cause_codes(cause, censored) if causes is None else (np.asarray(cause, dtype=np.int64), causes)
    entries = None if entry is None else vector(entry, "entry times")
    same_length(time=times, cause=codes, entry=entries)
    checked_times(times, entries)
    table = risk_table(times, codes, len(names) + 1, entry=entries)
    events = table.leaving[:, 1:]
    at_risk = np.where(table.at_risk > 0, table.at_risk, 1.0)
    hazards = events / at_risk[:, None]
    total = hazards.sum(axis=1)
    survival = np.cumprod(np.maximum(1 - total, 0.0))
    before = np.concatenate([[1.0], survival[:-1]])
    incidence = np.cumsum(before[:, None] * hazards, axis=0)
    variance = _variance(before, hazards, total, incidence, at_risk)
    std_error = np.sqrt(np.maximum(variance, 0.0))
    limits = [
        curve_interval(1 - incidence[:, cause], std_error[:, cause], table.at_risk, level=level, scale=scale)
        for cause in range(len(names))
    ]
    lower = np.column_stack([1 - above for _, above in limits]) if names else incidence
    upper = np.column_stack([1 - below for below, _ in limits]) if names else incidence
    return IncidenceCurves(
        label, names, table.times, table.at_risk, events, incidence, std_error, lower, upper, len(times), level,
    )  # fmt: skip


def aalen_johansen_by(
    time: Any,
    cause: Any,
    group: Any,
    *,
    censored: Any = 0,
    entry: Any = None,
    level: float = 0.95,
    scale: Scale = "log-log",
) -> tuple[IncidenceCurves, ...]:
    """Curves of each group, in the order of their names, with the same causes.

    Parameters
    ----------
    group
        Group of each person, shape ``(n,)``.
    time, cause, censored, entry, level, scale
        As in :func:`aalen_johansen`.
    """
    import pandas as pd

    codes, names = cause_codes(cause, censored)
    groups, labels = pd.factorize(np.asarray(group), sort=True)
    times = vector(time, "times")
    entries = None if entry is None else vector(entry, "entry times")
    same_length(time=times, cause=codes, group=groups, entry=entries)
    found = []
    for number, name in enumerate(labels):
        rows = np.flatnonzero(groups == number)
        curves = aalen_johansen(
            times[rows], codes[rows], causes=names, entry=None if entries is None else entries[rows], level=level,
            scale=scale, label=str(name),
        )  # fmt: skip
        found.append(curves)
    return tuple(found)


def _variance(before: Floats, hazards: Floats, total: Floats, incidence: Floats, at_risk: Floats) -> Floats:
    """Variance of each incidence at each time.

    A change of the hazard of cause ``j`` at ``s`` moves the incidence of ``k`` at ``t`` by ``before(s)`` where j = k,
    less ``(F(t) - F(s)) / (1 - total(s))``. Jumps at ``s`` are multinomial among those at risk.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        rest = np.where(total < 1, 1 / (1 - total), 0.0)[:, None]
    own = before[:, None] * hazards
    spread = (total * (1 - total))[:, None] * rest**2
    mixed = own * (1 - total[:, None]) * rest
    direct = before[:, None] * own * (1 - hazards)
    n = at_risk[:, None]
    # w = before * [own cause] - (F(t) - F(s)) * rest, so that the variance of w is quadratic in F(t)
    second = np.cumsum(spread / n, axis=0)
    first = np.cumsum((spread * incidence + mixed) / n, axis=0)
    zeroth = np.cumsum((spread * incidence**2 + 2 * mixed * incidence + direct) / n, axis=0)
    found: Floats = second * incidence**2 - 2 * first * incidence + zeroth
    return found
