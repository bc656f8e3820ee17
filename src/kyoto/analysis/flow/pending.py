"""Pending cases: how many are open, how old they are, and how many there will be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.flow.drawing_paths import draw_levels
from kyoto.analysis.flow.model import CaseFile, Finding
from kyoto.analysis.flow.projection import next_periods
from kyoto.analysis.flow.result import FlowTable
from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["forecast_backlog", "pending_counts"]

LEAST_PERIODS = 4


def pending_counts(cases: CaseFile, stage: str, *, since: str | None = None, grain: str = "month") -> pd.DataFrame:
    """Cases opened, closed and pending at the end of each period.

    Parameters
    ----------
    cases
        From :func:`.reading.read_cases`.
    stage
        Reaching it closes a case.
    since
        Reaching it opens one; the first stage by default.
    grain
        ``month``, ``quarter`` or ``year``.

    Returns
    -------
    pandas.DataFrame
        ``period``, ``opened``, ``closed``, ``pending``, ``median_age`` (days that the pending cases have waited). A
        last period that the file does not cover whole is left out.

    Raises
    ------
    KyotoError
        ``flow.unknown-stage``, ``flow.wrong-order``.

    Examples
    --------
    >>> import pandas as pd
    >>> from kyoto.analysis.flow.reading import type_cases
    >>> days = ["2024-01-05", "2024-01-20", "2024-02-03"]
    >>> frame = pd.DataFrame({"in": days, "out": ["2024-02-20", None, "2024-02-29"]})
    >>> cases = type_cases(frame, {"recorded": "in", "closed": "out"})
    >>> pending_counts(cases, "closed")[["period", "opened", "closed", "pending"]].values.tolist()
    [['2024-01', 2, 0, 2], ['2024-02', 1, 2, 1]]
    """
    import pandas as pd

    begin = since or cases.stages[0]
    cases.require_order(begin, stage)
    known = cases.days[begin].notna()
    start = cases.days.loc[known, begin].to_numpy()
    end = cases.days.loc[known, stage].fillna(np.inf).to_numpy()
    code = {"month": "M", "quarter": "Q", "year": "Y"}[grain]
    days = pd.to_datetime([start.min(), cases.until], unit="D")
    rows = []
    for period in pd.period_range(days[0], days[1], freq=code):
        first = (period.start_time - pd.Timestamp(0)).days
        last = (period.end_time - pd.Timestamp(0)).days
        if last > cases.until:
            break
        waiting = (start <= last) & (end > last)
        rows.append(
            {
                "period": f"{period.year}-Q{period.quarter}" if code == "Q" else str(period),
                "opened": int(((start >= first) & (start <= last)).sum()),
                "closed": int(((end >= first) & (end <= last)).sum()),
                "pending": int(waiting.sum()),
                "median_age": float(np.median(last - start[waiting])) if waiting.any() else np.nan,
            }
        )
    return pd.DataFrame(rows, columns=["period", "opened", "closed", "pending", "median_age"])


def forecast_backlog(
    counts: pd.DataFrame, horizon: int = 4, *, draws: int = 4000, seed: int = 1, level: float = 0.95
) -> FlowTable:
    """Pending cases ahead: those pending now, and those opened, less those closed.

    Cases opened, and cases closed as a share of those that could be closed, keep their level with the noise and the
    slow change that their past shows.

    Parameters
    ----------
    counts
        ``period``, ``opened``, ``closed``, ``pending`` (:func:`pending_counts`, or counts of an office).
    horizon
        Periods ahead.
    draws, seed
        Simulated paths.
    level
        Confidence.

    Returns
    -------
    FlowTable
        One row a period ahead, in cases.

    Raises
    ------
    KyotoError
        ``flow.short-history``, ``flow.gap``.
    """
    if len(counts) < LEAST_PERIODS:
        expected = f"{LEAST_PERIODS} periods or more"
        raise KyotoError("Too few periods", code="flow.short-history", expected=expected, got=str(len(counts)))
    opened, closed, pending = (counts[name].to_numpy(dtype=float) for name in ("opened", "closed", "pending"))
    if np.isnan(np.concatenate([opened, closed, pending])).any():
        raise KyotoError("Counts are missing", code="flow.gap", expected="opened, closed and pending in each period")
    random = np.random.default_rng(seed)
    shares = closed[1:] / np.maximum(pending[:-1] + opened[1:], 1)
    came = draw_levels(opened, horizon, draws, random)
    share = draw_levels(shares, horizon, draws, random)
    present = np.full(draws, pending[-1])
    rows: list[dict[str, Any]] = []
    tails = [(1 - level) / 2, 0.5, (1 + level) / 2]
    for step, period in enumerate(next_periods(tuple(counts["period"]), horizon)):
        present = (present + came[:, step]) * (1 - np.minimum(share[:, step], 1.0))
        lower, middle, upper = (float(limit) for limit in np.quantile(present, tails))
        rows.append(
            {
                "term": "pending",
                "estimate": middle,
                "std_error": float(present.std()),
                "lower": lower,
                "upper": upper,
                "period": period,
                "note": "",
            }
        )
    return FlowTable(
        "How many cases will be pending?",
        tuple(rows),
        "cases",
        level=level,
        method="Opened cases and the share closed keep their level, with noise and slow change as before; simulated.",
        findings=_identity(opened, closed, pending),
    )


def _identity(opened: Any, closed: Any, pending: Any) -> tuple[Finding, ...]:
    gap = np.abs(pending[1:] - (pending[:-1] + opened[1:] - closed[1:]))
    broken = int((gap > 0.5).sum())
    if not broken:
        return ()
    message = "Periods whose pending cases are not those before, and opened, less closed: another counting rule."
    return (Finding("warning", "flow.backlog-mismatch", message, broken),)
