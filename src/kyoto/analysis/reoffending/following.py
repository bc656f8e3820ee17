"""Curves of the people of a file, as rows to print and charts to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.reoffending.survival import IncidenceCurves, SurvivalCurve, aalen_johansen, kaplan_meier
from kyoto.analysis.reoffending.times import PeopleTimes
from kyoto.core.results import estimates_frame

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Following", "default_times", "follow"]

_DEFAULT_TIMES = {"days": (182, 365, 730, 1095, 1825, 3650), "weeks": (26, 52, 104, 156, 260, 520)}
_LONG_TIMES = {"months": (6, 12, 24, 36, 60, 120), "years": (0.5, 1, 2, 3, 5, 10)}


@dataclass(frozen=True, slots=True, eq=False)
class Following:
    """Share with the event over time, a curve a group.

    Parameters
    ----------
    curves
        Kaplan-Meier curves where there is one cause, Aalen-Johansen curves where others compete.
    times
        Times at which figures are given.
    remarks
        What a reader should know.
    unit
        Unit of time.
    level
        Confidence of the limits.
    """

    curves: tuple[SurvivalCurve, ...] | tuple[IncidenceCurves, ...]
    times: tuple[float, ...]
    remarks: tuple[str, ...]
    unit: str
    level: float

    def records(self) -> list[dict[str, Any]]:
        """Rows for scripts: ``group``, ``time``, ``estimate``, ``lower``, ``upper``, ``at_risk``, ``n``, ``events``."""
        rows = []
        for curve in self.curves:
            for point in curve.at(self.times).to_dict("records"):
                row: dict[str, Any] = {"group": curve.label, "unit": self.unit}
                row |= {str(name): value for name, value in point.items()} | {"n": curve.n, "level": self.level}
                rows.append(row if np.isfinite(row["estimate"]) else row | {"note": "nobody was followed so long"})
        return rows

    def tidy(self) -> pd.DataFrame:
        """One row a group (and cause) and time."""
        rows = [row for row in self.records() if np.isfinite(row["estimate"])]
        return estimates_frame(
            {"term": f"{row['group']} {row.get('cause', '')} by {row['time']:g} {self.unit}"} | row for row in rows
        )

    def summary(self) -> str:
        """Curves in words for a terminal."""
        lines = []
        for curve in self.curves:
            events = int(curve.events.sum())
            lines.append(f"{curve.label}: {curve.n:,} persons, {events:,} events")
            if isinstance(curve, SurvivalCurve):
                lines.append(f"  half have the event {_half(curve.quantile(0.5), self.unit)}")
            for row in curve.at(self.times).to_dict("records"):
                if np.isfinite(row["estimate"]):
                    cause = f"{row['cause']} " if "cause" in row else ""
                    limits = f"{row['lower']:.1%} to {row['upper']:.1%}"
                    lines.append(f"  {cause}by {row['time']:g} {self.unit}: {row['estimate']:.1%} ({limits})")
        return "\n".join([*lines, *self.remarks])

    def plot(self, *, title: str = "How soon do people reoffend?", source: str = "") -> Any:
        """Chart of the curves with their bands."""
        from kyoto.analysis.reoffending.charts import curves_chart

        named = self.frames()
        shown = [("" if len(named) == 1 and name == "all" else name, frame) for name, frame in named]
        return curves_chart(shown, title=title, unit=self.unit, level=self.level, source=source)

    def frames(self) -> list[tuple[str, pd.DataFrame]]:
        """Each line of the chart: its name, and ``time``, ``estimate``, ``lower``, ``upper``."""
        import pandas as pd

        found = []
        for curve in self.curves:
            if isinstance(curve, SurvivalCurve):
                columns = {"estimate": 1 - curve.survival, "lower": 1 - curve.upper, "upper": 1 - curve.lower}
                found.append((curve.label, pd.DataFrame({"time": curve.times, **columns})))
                continue
            for number, cause in enumerate(curve.causes):
                parts = {"estimate": curve.incidence, "lower": curve.lower, "upper": curve.upper}
                frame = pd.DataFrame({"time": curve.times} | {name: part[:, number] for name, part in parts.items()})
                found.append((cause if curve.label == "all" else f"{curve.label}: {cause}", frame))
        return found


def follow(people: PeopleTimes, times: Sequence[float] = (), *, level: float = 0.95) -> Following:
    """Estimate the curve of every group.

    Parameters
    ----------
    people
        From :func:`.times.read_times`.
    times
        Times at which to give figures; half a year to ten years by default, as far as people were followed.
    level
        Confidence of the limits.
    """
    chosen = default_times(people, times)
    if len(people.causes) > 1:
        incidence = []
        for group in people.groups:
            own = people.of(group)
            curves = aalen_johansen(own.time, own.cause, causes=own.causes, level=level, label=group)
            incidence.append(curves)
        return Following(tuple(incidence), chosen, people.remarks, people.unit, level)
    plain = []
    for group in people.groups:
        own = people.of(group)
        plain.append(kaplan_meier(own.time, own.cause == 1, level=level, label=group))
    remarks = people.remarks
    if not (people.cause == 1).any():
        remarks = (*remarks, "Nobody has the event: all are censored.")
    return Following(tuple(plain), chosen, remarks, people.unit, level)


def default_times(people: PeopleTimes, times: Sequence[float]) -> tuple[float, ...]:
    """Times asked for, or half a year to ten years as far as anybody was followed."""
    if times:
        return tuple(dict.fromkeys(float(time) for time in times))
    known = (_DEFAULT_TIMES | _LONG_TIMES)[people.unit]
    longest = float(people.time.max())
    return tuple(float(time) for time in known if time <= longest) or (longest,)


def _half(quantile: tuple[float | None, float | None, float | None], unit: str) -> str:
    middle, low, high = quantile
    if middle is None:
        return "not while people were followed"
    start = "?" if low is None else f"{low:g}"
    end = "?" if high is None else f"{high:g}"
    return f"by {middle:g} {unit} ({start} to {end})"
