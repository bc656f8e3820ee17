"""What rooms above the pipeline estimated: a dot with its interval for every row of their panels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kyoto.statistics.report.wording import common_decimals, interval, number

__all__ = ["PanelSection", "RangeRow", "panel_decimals", "panel_sections"]


@dataclass(frozen=True, slots=True)
class RangeRow:
    """One estimate: its words, and places on the track in per cent; None where there is no estimate."""

    name: str
    text: str
    between: str
    at: float | None
    low: float | None
    high: float | None
    note: str


@dataclass(frozen=True, slots=True)
class PanelSection:
    """One room's panel as the page shows it."""

    anchor: str
    title: str
    sentence: str
    unit: str
    source: str
    page: str
    rows: tuple[RangeRow, ...]


def panel_sections(manifest: Mapping[str, Any]) -> list[PanelSection]:
    """Panels in the facts of a manifest (:class:`kyoto.core.rooms.Panel`), in the order of the steps."""
    steps = manifest.get("steps") or {}
    panels = [(name, (step.get("facts") or {}).get("panel")) for name, step in steps.items()]
    return [_section(f"room-{index}", panel) for index, (_, panel) in enumerate(panels, start=1) if panel]


def _section(anchor: str, panel: Mapping[str, Any]) -> PanelSection:
    return PanelSection(
        anchor=anchor,
        title=panel["title"],
        sentence=panel["sentence"],
        unit=panel["unit"],
        source=panel.get("source", ""),
        page=panel.get("page", ""),
        rows=tuple(_ranges(panel["rows"], panel["unit"])),
    )


def panel_decimals(figures: Sequence[tuple[float | None, float | None, float | None]], unit: str) -> int:
    """Decimals of the rows of a panel: those that the figures can bear, and of shares at least one, as in sentences.

    Examples
    --------
    >>> panel_decimals([(4.55, 3.41, 6.04)], "per cent of cases"), panel_decimals([(10313, 8000.2, 13000.1)], "people")
    (1, 0)
    """
    return max(common_decimals(figures), 1 if unit.startswith("per cent") else 0)


def _ranges(rows: Iterable[Mapping[str, Any]], unit: str) -> list[RangeRow]:
    """Rows on one track that starts at zero, or at the lowest bound where that is below."""
    rows = list(rows)
    figures = [(row["estimate"], row["lower"], row["upper"]) for row in rows]
    known = [value for figure in figures for value in figure if value is not None]
    digits = panel_decimals(figures, unit)
    least, most = min([0.0, *known]), max([0.0, *known])

    def place(value: float | None) -> float | None:
        return None if value is None else round((value - least) / ((most - least) or 1.0) * 100, 2)

    return [
        RangeRow(
            name=row["label"],
            text=number(row["estimate"], digits),
            between=interval(row["lower"], row["upper"], digits),
            at=place(row["estimate"]),
            low=place(row["lower"]),
            high=place(row["upper"]),
            note=row.get("note", ""),
        )
        for row in rows
    ]
