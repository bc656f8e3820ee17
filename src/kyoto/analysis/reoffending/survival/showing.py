"""Curves as rows and as a chart, the same for every estimator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kyoto.analysis.reoffending.survival.arrays import Floats
from kyoto.core.results import estimates_frame

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["curve_chart", "curve_rows"]


def curve_rows(
    term: str, times: Floats, estimate: Floats, std_error: Floats, lower: Floats, upper: Floats
) -> pd.DataFrame:
    """Tidy frame of a curve: one row a time.

    Examples
    --------
    >>> import numpy as np
    >>> one = np.ones(1)
    >>> curve_rows("all", one, one, one, one, one).columns.tolist()
    ['term', 'estimate', 'std_error', 'lower', 'upper', 'time']
    """
    columns = zip(times, estimate, std_error, lower, upper, strict=True)
    return estimates_frame(
        {"term": term, "estimate": value, "std_error": error, "lower": low, "upper": high, "time": time}
        for time, value, error, low, high in columns
    )


def curve_chart(parts: list[tuple[str, pd.DataFrame]], level: float, *, title: str, share: bool = True) -> Any:
    """Chart of tidy frames, one line each."""
    from kyoto.analysis.reoffending.charts import curves_chart

    measure = "share with the event" if share else "events a person"
    return curves_chart(parts, title=title, unit="time", level=level, measure=measure, percent=share)
