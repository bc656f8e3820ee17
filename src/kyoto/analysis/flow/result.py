"""Tables of estimates in the one form of the room."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kyoto.analysis.flow.model import LEAST_CASES, Finding
from kyoto.core.results import estimates_frame

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = ["FlowTable", "shown_number", "withhold_small"]


def shown_number(value: float | None, unit: str = "") -> str:
    """Number for people: shares as per cent, counts with narrow spaces, no false digits.

    Examples
    --------
    >>> shown_number(0.4567, "share"), shown_number(12345.6), shown_number(None), shown_number(12.345, "days")
    ('45.7%', '12\u202f346', '–', '12')
    """
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞"
    if unit == "share":
        return f"{value:.1%}"
    digits = 1 if abs(value) < 10 and value != round(value) else 0
    return f"{value:,.{digits}f}".replace(",", "\u202f")


@dataclass(frozen=True, slots=True)
class FlowTable:
    """Estimates of one kind, one row each.

    Parameters
    ----------
    what
        The question that the table answers.
    rows
        ``term``, ``estimate``, ``lower``, ``upper``, what the method adds, disaggregations, ``note``. An estimate that
        is withheld or cannot be made is None, and ``note`` says why.
    unit
        ``share``, ``days``, ``persons`` or another unit of ``estimate``.
    by
        Disaggregations among the keys of the rows.
    level
        Confidence of the intervals.
    method
        Counting rule in one sentence.
    findings
        What a reader should know.
    facts
        What became of the rows of the input, and what the method adds.
    """

    what: str
    rows: tuple[Mapping[str, Any], ...]
    unit: str
    by: tuple[str, ...] = ()
    level: float = 0.95
    method: str = ""
    findings: tuple[Finding, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    def row(self, term: str, **groups: str) -> Mapping[str, Any]:
        """Row of a term and group; groups not named are totals.

        Raises
        ------
        KeyError
            No such row.
        """
        for row in self.rows:
            if row["term"] == term and all(row[name] == groups.get(name, "_T") for name in self.by):
                return row
        raise KeyError((term, groups))

    def tidy(self) -> pd.DataFrame:
        """One row an estimate, the common columns first."""
        return estimates_frame(self.rows)

    def summary(self) -> str:
        """Text for a terminal."""
        lines = [self.what]
        for row in self.rows:
            groups = " ".join(f"{name}={row[name]}" for name in self.by if row[name] != "_T")
            label = f"{row['term']} {groups}".strip()
            if row["estimate"] is None:
                lines.append(f"  {label}: – ({row.get('note', '')})")
                continue
            numbers = [shown_number(row[name], self.unit) for name in ("estimate", "lower", "upper")]
            lines.append(f"  {label}: {numbers[0]} ({self.level:.0%} {numbers[1]} to {numbers[2]}{self._doubt(row)})")
        lines += [f"  {self.method}"] if self.method else []
        lines += [f"  {finding.severity}: {finding.message} ({finding.count:,})" for finding in self.findings]
        return "\n".join(lines)

    def _doubt(self, row: Mapping[str, Any]) -> str:
        """Limits with linkage error in words, where there are such."""
        ends = [row.get(name) for name in ("linkage_lower", "linkage_upper")]
        if ends[0] is None:
            return ""
        low, high = (shown_number(end, self.unit) for end in ends)
        return f"; with linkage error {low} to {high}"

    def plot(self) -> altair.LayerChart:
        """Estimates with their intervals."""
        from kyoto.analysis.flow.charts import interval_chart

        return interval_chart(self)


def withhold_small(
    rows: Sequence[dict[str, Any]], by: Sequence[str], *, cases: str = "of", least: int = LEAST_CASES
) -> list[dict[str, Any]]:
    """Rows with those of small groups emptied; where one group alone is small, the next smallest goes with it.

    Otherwise the withheld group would be the total less the others.

    Parameters
    ----------
    rows
        Each with ``cases`` and the disaggregations ``by``; totals are ``_T`` in all of them.
    by
        Disaggregations.
    cases
        Key of the number of cases.
    least
        Groups with fewer are withheld.

    Examples
    --------
    >>> rows = [{"term": "a", "sex": s, "of": n, "estimate": 0.5, "lower": 0.1, "upper": 0.9}
    ...         for s, n in [("_T", 63), ("F", 3), ("M", 40), ("X", 20)]]
    >>> [row["sex"] for row in withhold_small(rows, ["sex"]) if row["estimate"] is None]
    ['F', 'X']
    """
    sizes: dict[tuple[Any, ...], float] = {}
    for row in rows:
        key = tuple(row[name] for name in by)
        sizes[key] = max(sizes.get(key, 0), row[cases])
    groups = {key: size for key, size in sizes.items() if any(part != "_T" for part in key)}
    small = {key for key, size in groups.items() if size < least}
    if len(small) == 1 and len(groups) > 1:
        small.add(min((key for key in groups if key not in small), key=lambda key: (groups[key], str(key))))
    return [_withheld(row, by, cases, least) if tuple(row[name] for name in by) in small else dict(row) for row in rows]


def _withheld(row: Mapping[str, Any], by: Sequence[str], cases: str, least: int) -> dict[str, Any]:
    kept = {"term", *by}
    empty = {name: (value if name in kept else None) for name, value in row.items()}
    return {**empty, "note": f"withheld: a group of fewer than {least} cases, or one that would reveal it"}
