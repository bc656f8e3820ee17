"""Time to a stage where some cases are still open: the product-limit estimate.

Open cases are censored, not ignored: the mean of the closed ones would be the time of the quick cases alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.flow.attrition import grouped
from kyoto.analysis.flow.intervals import normal_quantile
from kyoto.analysis.flow.model import LEAST_CASES, CaseFile
from kyoto.analysis.flow.result import FlowTable, withhold_small

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Survival", "product_limit", "time_to_stage"]


@dataclass(frozen=True, slots=True, eq=False)
class Survival:
    """Share of cases still open after each day on which one was closed.

    Parameters
    ----------
    time
        Days, ascending.
    open_share
        Kaplan and Meier's estimate after that day.
    lower, upper
        Limits on the log-minus-log scale (Kalbfleisch and Prentice), from Greenwood's variance.
    """

    time: Any
    open_share: Any
    lower: Any
    upper: Any

    def at(self, day: float) -> tuple[float, float, float]:
        """Share open after a day, with its limits."""
        place = int(np.searchsorted(self.time, day, side="right")) - 1
        if place < 0:
            return 1.0, 1.0, 1.0
        return float(self.open_share[place]), float(self.lower[place]), float(self.upper[place])

    def quantile(self, share: float) -> tuple[float | None, float | None, float | None]:
        """Day by which so many cases are closed, with limits; None where the file does not reach it."""
        found = []
        for curve in (self.open_share, self.lower, self.upper):
            places = np.flatnonzero(curve <= 1 - share + 1e-12)
            found.append(float(self.time[places[0]]) if places.size else None)
        return found[0], found[1], found[2]


def product_limit(days: Any, closed: Any, level: float = 0.95) -> Survival:
    """Kaplan–Meier estimate.

    Parameters
    ----------
    days
        Days until closed or, of open cases, until the end of the file; shape (cases,).
    closed
        Whether it was closed.
    level
        Confidence of the limits.

    Returns
    -------
    Survival

    Examples
    --------
    >>> found = product_limit([6, 6, 6, 7, 10, 13], [True, True, True, True, False, True])
    >>> [round(float(value), 4) for value in found.open_share]
    [0.5, 0.3333, 0.0]
    """
    time, ended = np.asarray(days, dtype=float), np.asarray(closed, dtype=bool)
    moments, places = np.unique(time[ended], return_inverse=True)
    events = np.bincount(places, minlength=moments.size).astype(float)
    risk = time.size - np.searchsorted(np.sort(time), moments, side="left")
    share = np.cumprod(1 - events / risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(events / (risk * (risk - events)))
        half = normal_quantile(level) * np.sqrt(variance) / np.abs(np.log(share))
        lower, upper = share ** np.exp(half), share ** np.exp(-half)
    done = share <= 0
    lower, upper = np.where(done, 0.0, lower), np.where(done, np.nan_to_num(np.roll(upper, 1), nan=1.0), upper)
    return Survival(moments, share, lower, upper)


def time_to_stage(
    cases: CaseFile,
    stage: str,
    *,
    since: str | None = None,
    shares: Sequence[float] = (0.25, 0.5, 0.75),
    level: float = 0.95,
    least: int = LEAST_CASES,
    totals: bool = False,
) -> FlowTable:
    """Days from one stage to a later one, open cases censored at the end of the file.

    Parameters
    ----------
    cases
        From :func:`.reading.read_cases`.
    stage
        Where the time ends.
    since
        Where it begins; the first stage by default.
    shares
        Quantiles: 0.5 is the median.
    level
        Confidence.
    least
        Groups of fewer cases are withheld.
    totals
        Also give the totals over some of several disaggregations.

    Returns
    -------
    FlowTable
        One row a quantile and group, in days. Where too few cases have ended yet, there is no estimate and the note
        says so; an upper limit that the file does not reach is infinite.

    Raises
    ------
    KyotoError
        ``flow.unknown-stage``, ``flow.wrong-order``.
    """
    begin = since or cases.stages[0]
    cases.require_order(begin, stage)
    started = cases.days[begin].notna()
    start, end = cases.days.loc[started, begin], cases.days.loc[started, stage]
    closed = end.notna()
    days = end.fillna(cases.until) - start
    groups = cases.groups[started.to_numpy()]
    rows = [
        {**row, **key}
        for key, mask in grouped(groups, totals=totals)
        for row in _quantile_rows(days[mask], closed[mask], shares, level)
    ]
    return FlowTable(
        f"How long does it take from {begin} to {stage}?",
        tuple(withhold_small(rows, tuple(groups.columns), least=least)),
        "days",
        by=tuple(groups.columns),
        level=level,
        method=f"Kaplan–Meier; cases that were not {stage} by the end of the file are censored there.",
        findings=cases.findings,
        facts={**cases.facts(), "open": int((~closed).sum())},
    )


def _quantile_rows(
    days: pd.Series[float], closed: pd.Series[bool], shares: Sequence[float], level: float
) -> list[dict[str, Any]]:
    found = product_limit(days, closed, level)
    rows = []
    for share in shares:
        term = "median" if share == 0.5 else f"{share:.0%} done"
        estimate, lower, upper = found.quantile(share)
        note = "" if estimate is not None else "too few cases have ended yet"
        rows.append(
            {
                "term": term,
                "estimate": estimate,
                "lower": lower if estimate is not None else None,
                "upper": (math.inf if upper is None else upper) if estimate is not None else None,
                "cases": int(closed.sum()),
                "of": len(days),
                "note": note,
            }
        )
    return rows
