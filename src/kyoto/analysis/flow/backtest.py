"""The projection tested on the past: what it would have said, and how often it was right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from kyoto.analysis.flow.intervals import share_limits
from kyoto.analysis.flow.projection import LEAST_PERIODS, History, project_population
from kyoto.core.errors import KyotoError
from kyoto.core.results import estimates_frame

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = ["Backtest", "backtest_population"]


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """Forecasts from earlier origins against what came.

    Parameters
    ----------
    forecasts
        ``origin``, ``period``, ``ahead``, ``estimate``, ``lower``, ``upper``, ``actual``, ``naive`` (the last value
        known at the origin), ``group``.
    level
        Confidence that the intervals claim.
    """

    forecasts: pd.DataFrame
    level: float

    def rows(self) -> list[dict[str, Any]]:
        """One mapping a distance ahead, and for all: coverage with its interval, mean absolute errors."""
        table = self.forecasts
        inside = (table["actual"] >= table["lower"]) & (table["actual"] <= table["upper"])
        error = ((table["estimate"] - table["actual"]).abs() / table["actual"]).rename("error")
        naive = ((table["naive"] - table["actual"]).abs() / table["actual"]).rename("naive")
        parts: list[tuple[str, Any]] = [
            (str(ahead), table["ahead"] == ahead) for ahead in sorted(table["ahead"].unique())
        ]
        rows = []
        for name, mask in [*parts, ("_T", np.ones(len(table), dtype=bool))]:
            hits, trials = int(inside[mask].sum()), int(mask.sum())
            lower, upper = share_limits(hits, trials)
            rows.append(
                {
                    "term": "coverage",
                    "estimate": hits / trials,
                    "lower": lower,
                    "upper": upper,
                    "ahead": name,
                    "forecasts": trials,
                    "mean_error": float(error[mask].mean()),
                    "naive_error": float(naive[mask].mean()),
                }
            )
        return rows

    def tidy(self) -> pd.DataFrame:
        """One row a distance ahead, and for all (``_T``)."""
        return estimates_frame(self.rows())

    def summary(self) -> str:
        """Text for a terminal."""
        lines = [f"Intervals that claim {self.level:.0%}, tested on the past"]
        for row in self.rows():
            name = "all" if row["ahead"] == "_T" else f"{row['ahead']} ahead"
            lines.append(
                f"  {name}: {row['estimate']:.0%} of {row['forecasts']} held "
                f"({row['lower']:.0%} to {row['upper']:.0%}); "
                f"mean error {row['mean_error']:.1%}, of the last value {row['naive_error']:.1%}"
            )
        lines.append("  Forecasts from neighbouring origins are not independent: the limits are too narrow.")
        return "\n".join(lines)

    def plot(self) -> altair.LayerChart:
        """What came against what was forecast."""
        import altair as alt

        base = alt.Chart(self.forecasts.assign(what="forecast"))
        rule = base.mark_rule(color="#1f5a94", opacity=0.3, strokeWidth=5).encode(
            x=alt.X("period:N", title=None), y=alt.Y("lower:Q", title="People"), y2="upper:Q"
        )
        point = base.mark_point(color="black", filled=True, size=36, opacity=1).encode(x="period:N", y="actual:Q")
        title = alt.Title(
            "Would the projection have been right?", subtitle="Bars: forecast intervals. Points: what came."
        )
        return cast("altair.LayerChart", alt.layer(rule, point).properties(title=title, width=520))


def backtest_population(
    history: Mapping[str, History],
    *,
    ahead: int = 3,
    least: int = 6,
    draws: int = 2000,
    seed: int = 1,
    level: float = 0.95,
) -> Backtest:
    """Project from every earlier origin and compare with what came (rolling origin; Tashman 2000).

    Parameters
    ----------
    history
        From :func:`.projection.history_of`.
    ahead
        How many periods ahead.
    least
        Periods known at the first origin.
    draws, seed, level
        As in :func:`.projection.project_population`.

    Raises
    ------
    KyotoError
        ``flow.short-history``.
    """
    import pandas as pd

    rows = []
    for name, past in history.items():
        for origin in range(max(least, LEAST_PERIODS), len(past.periods)):
            reach = min(ahead, len(past.periods) - origin)
            found = project_population({name: past.before(origin)}, reach, draws=draws, seed=seed, level=level)
            for step, row in enumerate(found.rows()):
                rows.append(
                    {
                        "origin": past.periods[origin - 1],
                        "period": past.periods[origin + step],
                        "ahead": step + 1,
                        "estimate": row["estimate"],
                        "lower": row["lower"],
                        "upper": row["upper"],
                        "actual": float(past.stock[origin + step]),
                        "naive": float(past.stock[origin - 1]),
                        "group": name,
                    }
                )
    if not rows:
        raise KyotoError(
            "The history is too short to test the projection on it",
            code="flow.short-history",
            expected=f"more than {max(least, LEAST_PERIODS)} periods",
        )
    return Backtest(pd.DataFrame(rows), level)
