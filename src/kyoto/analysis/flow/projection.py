"""Prison population ahead: stock and flow, with intervals, tested on its own past.

People in prison at the end of a period are those at its start, and those admitted, less those released. Admissions and
the rate of leaving (one over the mean length of stay) are carried forward with the doubt that their past shows; the
stock follows. Where only the stock was published, the stock itself is carried forward.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.flow.drawing_paths import CARRIED_ON, draw_factors, draw_shocks, learn_growth, together
from kyoto.core.errors import KyotoError
from kyoto.core.results import estimates_frame

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = ["History", "Projection", "history_of", "project_population", "read_history"]

LEAST_PERIODS = 4


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Past of one group of prisoners.

    Parameters
    ----------
    periods
        In order, evenly spaced.
    stock
        People at the end of each period.
    admitted
        People admitted in each period; None where unknown.
    """

    periods: tuple[str, ...]
    stock: Any
    admitted: Any = None

    def leaving(self) -> Any:
        """Rate of leaving in each period from the second, per person and period: one over the mean length of stay."""
        return leaving_rates(self.stock[:-1], self.admitted[1:], self.stock[1:])

    def before(self, place: int) -> History:
        """Only the periods before a place."""
        admitted = None if self.admitted is None else self.admitted[:place]
        return History(self.periods[:place], self.stock[:place], admitted)


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """Paths of a prison population.

    Parameters
    ----------
    history
        Past of each group.
    periods
        Periods ahead.
    paths
        People of each group, shape (draws, horizon).
    level
        Confidence of the intervals.
    method
        ``stock and flow`` or ``stock alone``.
    scenario
        What was changed; empty for the projection of things as they are.
    assumptions
        What is taken for granted, in sentences.
    """

    history: Mapping[str, History]
    periods: tuple[str, ...]
    paths: Mapping[str, Any] = field(repr=False)
    level: float
    method: str
    scenario: str = ""
    assumptions: tuple[str, ...] = ()

    def total(self) -> Any:
        """People of all groups, shape (draws, horizon)."""
        return sum(self.paths.values())

    def rows(self) -> list[dict[str, Any]]:
        """One mapping a group and period."""
        tails = [(1 - self.level) / 2, 0.5, (1 + self.level) / 2]
        groups = dict(self.paths) if len(self.paths) == 1 else {**self.paths, "_T": self.total()}
        rows = []
        for name, paths in groups.items():
            lower, middle, upper = np.quantile(paths, tails, axis=0)
            for place, period in enumerate(self.periods):
                rows.append(
                    {
                        "term": "prison population",
                        "estimate": float(middle[place]),
                        "std_error": float(paths[:, place].std()),
                        "lower": float(lower[place]),
                        "upper": float(upper[place]),
                        "period": period,
                        "group": name,
                        "scenario": self.scenario or "as it is",
                    }
                )
        return rows

    def tidy(self) -> pd.DataFrame:
        """One row a group and period ahead."""
        return estimates_frame(self.rows())

    def summary(self) -> str:
        """Text for a terminal."""
        from kyoto.analysis.flow.result import shown_number

        lines = [f"Prison population, {self.scenario or 'as it is'} ({self.method})"]
        for row in self.rows():
            numbers = [shown_number(row[name]) for name in ("estimate", "lower", "upper")]
            group = "" if row["group"] == "_T" or len(self.paths) == 1 else f" {row['group']}"
            lines.append(f"  {row['period']}{group}: {numbers[0]} ({self.level:.0%} {numbers[1]} to {numbers[2]})")
        return "\n".join([*lines, *(f"  Assumes: {text}" for text in self.assumptions)])

    def plot(self) -> altair.LayerChart:
        """Past and future of the whole population, with the interval as a band."""
        from kyoto.analysis.flow.charts import population_chart

        return population_chart([self])


def read_history(
    path: str | Path, *, group: str | None = None, stock: str = "stock", admitted: str = "admitted"
) -> dict[str, History]:
    """Histories of a file: columns ``period``, stock, admissions if the file has them, and a group.

    Parameters
    ----------
    path
        CSV, Excel or Parquet; wide, or observations whose series are the stock and the admissions.
    group
        Column of the groups.
    stock, admitted
        Columns or series.

    Raises
    ------
    KyotoError
        As :func:`.counts.read_counts` and :func:`history_of`.
    """
    from kyoto.analysis.flow.counts import read_counts
    from kyoto.analysis.flow.reading import is_observations, read_table

    frame = read_table(path)
    known = set(frame["series"]) if is_observations(frame) else set(frame.columns)
    columns = {"stock": stock} | ({"admitted": admitted} if admitted in known else {})
    counts = read_counts(path, columns, by=[group] if group else [])
    return history_of(counts, group=group)


def history_of(counts: pd.DataFrame, *, group: str | None = None) -> dict[str, History]:
    """Histories of a table of counts.

    Parameters
    ----------
    counts
        ``period``, ``stock``, and ``admitted`` where it is known; ``group`` if there are several.
    group
        Column of the groups, such as status.

    Raises
    ------
    KyotoError
        ``flow.short-history``, ``flow.gap``, ``flow.impossible-flow``: more released than were there.
    """
    parts = counts.groupby(group, sort=True) if group else [("all", counts)]
    found = {}
    for name, part in parts:
        part = part.sort_values("period")
        stock = part["stock"].to_numpy(dtype=float)
        admitted = part["admitted"].to_numpy(dtype=float) if "admitted" in part else None
        history = History(tuple(part["period"].astype(str)), stock, admitted)
        _check(str(name), history)
        found[str(name)] = history
    lengths = {history.periods for history in found.values()}
    if len(lengths) > 1:
        raise KyotoError("The groups have different periods", code="flow.gap", got=", ".join(found))
    return found


def _check(name: str, history: History) -> None:
    if len(history.periods) < LEAST_PERIODS:
        raise KyotoError(
            f"The history of {name!r} is too short to learn from",
            code="flow.short-history",
            expected=f"{LEAST_PERIODS} periods or more",
            got=str(len(history.periods)),
        )
    if np.isnan(history.stock).any() or (history.stock <= 0).any() or _uneven(history.periods):
        raise KyotoError(
            f"The history of {name!r} has gaps",
            code="flow.gap",
            expected="a stock above zero in each of evenly spaced periods",
            hint="Start after the gap, or fill it and say so.",
        )
    if history.admitted is None:
        return
    if np.isnan(history.admitted[1:]).any():
        raise KyotoError(
            f"Admissions of {name!r} have gaps", code="flow.gap", hint="Leave them out to project the stock."
        )
    released = history.stock[:-1] + history.admitted[1:] - history.stock[1:]
    impossible = (released <= 0) | (history.admitted[1:] <= 0)
    if impossible.any():
        raise KyotoError(
            f"Stock and admissions of {name!r} contradict each other",
            code="flow.impossible-flow",
            expected="stock before, and admissions, less stock after, above 0: somebody was released",
            got=f"period {history.periods[int(np.argmax(impossible)) + 1]}",
            hint="Admissions must include transfers into the group, and cover the whole period.",
        )


def _uneven(periods: tuple[str, ...]) -> bool:
    """Whether years (the one form with known distances here) are not one apart."""
    if not all(period.isdigit() and len(period) == 4 for period in periods):
        return False
    return any(int(after) - int(before) != 1 for before, after in itertools.pairwise(periods))


def project_population(
    history: Mapping[str, History], horizon: int = 5, *, draws: int = 4000, seed: int = 1, level: float = 0.95
) -> Projection:
    """Project the population as things are.

    Parameters
    ----------
    history
        From :func:`history_of`.
    horizon
        Periods ahead.
    draws, seed
        Simulated paths; the same seed gives the same paths, for scenarios too.
    level
        Confidence.

    Examples
    --------
    >>> import numpy as np
    >>> past = History(("2019", "2020", "2021", "2022"), np.array([1000.0, 1010.0, 1020.0, 1030.0]))
    >>> found = project_population({"all": past}, 2, draws=500)
    >>> [900 < row["lower"] < row["estimate"] < row["upper"] < 1200 for row in found.rows()]
    [True, True]
    """
    from kyoto.analysis.flow.scenarios import AS_IT_IS, simulate

    return simulate(history, horizon, AS_IT_IS, draws=draws, seed=seed, level=level)


def next_periods(periods: tuple[str, ...], horizon: int) -> tuple[str, ...]:
    """Names of the periods ahead: years and quarters and months count on, others are ``+1``, ``+2``.

    Examples
    --------
    >>> next_periods(("2022", "2023"), 2), next_periods(("2023-Q3", "2023-Q4"), 1), next_periods(("2023-12",), 2)
    (('2024', '2025'), ('2024-Q1',), ('2024-01', '2024-02'))
    """
    last = periods[-1]
    if last.isdigit():
        return tuple(str(int(last) + step) for step in range(1, horizon + 1))
    year, dash, part = last.partition("-")
    quarter = part.startswith("Q")
    number = part.removeprefix("Q")
    if not (year.isdigit() and dash and number.isdigit()):
        return tuple(f"+{step}" for step in range(1, horizon + 1))
    size = 4 if quarter else 12
    names = []
    for step in range(1, horizon + 1):
        years, place = divmod(int(number) - 1 + step, size)
        names.append(f"{int(year) + years}-Q{place + 1}" if quarter else f"{int(year) + years}-{place + 1:02}")
    return tuple(names)


def leaving_rates(before: Any, admitted: Any, after: Any) -> Any:
    """Rate of leaving that turns one stock into the next, where people come evenly and leave at a constant rate.

    The stock then obeys N' = A - r N, so that after one period it is N exp(-r) + A (1 - exp(-r)) / r; solved by
    bisection.

    Parameters
    ----------
    before, admitted, after
        Stock, admissions during the period, and stock at its end; shape (periods,).

    Examples
    --------
    >>> import numpy as np
    >>> leaving_rates(np.array([500.0]), np.array([1000.0]), np.array([500.0])).round(6).tolist()
    [2.0]
    """
    low, high = np.full(np.shape(after), 1e-9), np.full(np.shape(after), 400.0)
    for _ in range(80):
        middle = (low + high) / 2
        larger = stock_after(before, admitted, middle) > after
        low, high = np.where(larger, middle, low), np.where(larger, high, middle)
    return (low + high) / 2


def stock_after(stock: Any, admitted: Any, rate: Any) -> Any:
    """Stock after one period of even admissions and a constant rate of leaving."""
    return stock * np.exp(-rate) + admitted * -np.expm1(-rate) / rate


def group_paths(history: History, horizon: int, draws: int, random: np.random.Generator) -> tuple[Any, Any] | Any:
    """Admissions and rates of leaving ahead, or the stock where admissions are unknown; (draws, horizon) each.

    Shocks of admissions and of leaving go together as they did: when courts slow down, fewer come and fewer leave.
    """
    shocks = draw_shocks(horizon, draws, random)
    if history.admitted is None:
        return history.stock[-1] * draw_factors(learn_growth(history.stock), shocks, random, carried_on=CARRIED_ON)
    admitted, leaving = history.admitted[1:], history.leaving()
    shared = together(admitted, leaving)
    others = shared * shocks + np.sqrt(1 - shared**2) * draw_shocks(horizon, draws, random)
    admissions = admitted[-1] * draw_factors(learn_growth(admitted), shocks, random)
    return admissions, leaving[-1] * draw_factors(learn_growth(leaving), others, random, trend=False)
