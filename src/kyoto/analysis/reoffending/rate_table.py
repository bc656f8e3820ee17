"""Rates of reoffending in fixed windows: what comes out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kyoto.analysis.reoffending.people import PeopleColumns
from kyoto.core.results import estimates_frame

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = ["RateTable", "WindowRate"]


@dataclass(frozen=True, slots=True)
class WindowRate:
    """Share of a group that had the event within a window.

    Parameters
    ----------
    window
        Length of the window, in the unit of the table.
    groups
        Value of each column of groups.
    n, events
        Persons in the denominator, and those of them with the event; None where withheld.
    censored
        Persons left out because they were followed for less than the window.
    rejected
        Rows of the group that could not be read. ``rows = n + censored + rejected``.
    rows
        Rows of the group.
    estimate, lower, upper
        The rate with Wilson's limits; None where withheld, or where nobody is in the denominator.
    note
        Why something is missing.
    linkage_lower, linkage_upper
        Limits that also hold the error of linkage, where the persons were linked from records.
    """

    window: float
    groups: tuple[str, ...]
    n: int | None
    events: int | None
    censored: int | None
    rejected: int | None
    rows: int | None
    estimate: float | None
    lower: float | None
    upper: float | None
    note: str = ""
    linkage_lower: float | None = None
    linkage_upper: float | None = None

    def withheld(self, why: str) -> WindowRate:
        """The same row without its figures."""
        nothing: dict[str, Any] = dict.fromkeys(
            (
                "n", "events", "censored", "rejected", "rows", "estimate", "lower", "upper", "linkage_lower",
                "linkage_upper",
            )
        )  # fmt: skip
        return replace(self, **nothing, note=why)


@dataclass(frozen=True, slots=True)
class RateTable:
    """Rates of all windows and groups, and the rules by which they were counted.

    Parameters
    ----------
    rates
        One a window and group.
    columns
        What the columns of the file mean.
    level
        Confidence of the limits.
    rows, used, rejected
        Rows of the file; those read; those rejected, by reason.
    rules
        The counting rules in words.
    remarks
        What a reader of the rates should know of this file.
    protected
        Whether the counts went through the disclosure control of a project.
    """

    rates: tuple[WindowRate, ...]
    columns: PeopleColumns
    level: float
    rows: int
    used: int
    rejected: dict[str, int]
    rules: tuple[str, ...]
    remarks: tuple[str, ...]
    protected: bool = False

    @property
    def linked(self) -> bool:
        """Whether limits with the error of linkage stand beside the others."""
        return any(rate.linkage_lower is not None for rate in self.rates)

    def __iter__(self) -> Iterator[WindowRate]:
        return iter(self.rates)

    def records(self) -> list[dict[str, Any]]:
        """Rows for scripts: ``window``, ``unit``, groups, ``estimate``, ``lower``, ``upper``, ``n``, ``events``, ..."""
        found = []
        for rate in self.rates:
            window = int(rate.window) if rate.window == int(rate.window) else rate.window
            row: dict[str, Any] = {
                "window": window,
                "unit": self.columns.unit,
                "group": ", ".join(rate.groups) or "all",
            }
            row |= dict(zip(self.columns.by, rate.groups, strict=False))
            row |= {name: getattr(rate, name) for name in ("estimate", "lower", "upper", "n", "events", "censored")}
            if self.linked:
                row |= {"linkage_lower": rate.linkage_lower, "linkage_upper": rate.linkage_upper}
            row |= {"rejected": rate.rejected, "rows": rate.rows, "level": self.level, "note": rate.note}
            found.append(row)
        return found

    def tidy(self) -> pd.DataFrame:
        """One row a rate: ``term``, ``estimate``, ``std_error``, ``lower``, ``upper``, then counts."""
        rows = []
        for record in self.records():
            p, n = record["estimate"], record["n"]
            error = None if p is None else (p * (1 - p) / n) ** 0.5
            rows.append(
                {"term": f"{record['group']} within {record['window']} {record['unit']}", "std_error": error} | record
            )
        return estimates_frame(rows)

    def summary(self) -> str:
        """Rates in words, with rules and remarks, for a terminal."""
        lines = []
        for row in self.records():
            place = "" if row["group"] == "all" else f"{row['group']}: "
            if row["estimate"] is None:
                lines.append(f"{place}within {row['window']} {row['unit']}: no figure ({row['note']})")
                continue
            limits = f"{self.level:.0%} {row['lower']:.1%} to {row['upper']:.1%}"
            counts = f"{row['events']} of {row['n']}"
            if self.linked and row["linkage_lower"] is not None:
                counts += f"; with linkage error {row['linkage_lower']:.1%} to {row['linkage_upper']:.1%}"
            lines.append(f"{place}within {row['window']} {row['unit']}: {row['estimate']:.1%} ({limits}; {counts})")
        return "\n".join([*lines, *self.rules, *self.remarks])

    def plot(self) -> altair.LayerChart | altair.FacetChart:
        """Rates with their limits, one line a group, from zero."""
        from kyoto.analysis.reoffending.charts import rates_chart

        chart: altair.LayerChart | altair.FacetChart = rates_chart(self)
        return chart
