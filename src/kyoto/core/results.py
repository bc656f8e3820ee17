"""The one form in which estimates come out of every room.

A result is a frozen, slotted dataclass with ``tidy()`` (a pandas frame, one row an estimate), ``summary()``
(text for a terminal) and ``plot()`` (an Altair chart). An estimate without an interval is a bug, so
:func:`estimates_frame` refuses one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = ["ESTIMATE_COLUMNS", "Result", "estimates_frame"]

ESTIMATE_COLUMNS = ("term", "estimate", "std_error", "lower", "upper")
"""First columns of every tidy frame, in this order; a method adds its own behind them."""


@runtime_checkable
class Result(Protocol):
    """What every estimator returns."""

    def tidy(self) -> pd.DataFrame:
        """One row an estimate: ``term``, ``estimate``, ``std_error``, ``lower``, ``upper``, then the method's own."""

    def summary(self) -> str:
        """Text that a person reads in a terminal."""

    def plot(self) -> altair.Chart | altair.LayerChart:
        """The picture of the result."""


def estimates_frame(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Frame of estimates with the common columns first.

    Parameters
    ----------
    rows
        One mapping an estimate. ``term`` and ``estimate`` are required, and so are ``lower`` and ``upper``
        (they may be None only where ``estimate`` is None too, that is where a verdict says there is none).

    Returns
    -------
    pandas.DataFrame
        Columns :data:`ESTIMATE_COLUMNS`, then the others in the order of the first row.

    Raises
    ------
    ValueError
        An estimate without an interval: a mistake of the caller, not of the user.

    Examples
    --------
    >>> estimates_frame([{"term": "share", "estimate": 0.5, "lower": 0.4, "upper": 0.6, "n": 100}]).columns.tolist()
    ['term', 'estimate', 'std_error', 'lower', 'upper', 'n']
    """
    import pandas as pd

    table = [{"std_error": None, **row} for row in rows]
    for row in table:
        interval_missing = row.get("lower") is None or row.get("upper") is None
        if row["estimate"] is not None and interval_missing:
            raise ValueError(f"estimate {row['term']!r} has no interval")
    frame = pd.DataFrame(table)
    own = [name for name in frame.columns if name not in ESTIMATE_COLUMNS]
    return frame.reindex(columns=[*ESTIMATE_COLUMNS, *own])
