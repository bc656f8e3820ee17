"""The figures of a choice as a table that reads from top to bottom and with a screen reader."""

from __future__ import annotations

from dataclasses import dataclass

from kyoto.portal.figures import Figures
from kyoto.portal.wording import Words
from kyoto.statistics.report.views import Point
from kyoto.statistics.report.wording import sentence_case

__all__ = ["Cell", "FigureTable", "figure_table"]

_MOST_COLUMNS = 12
_MOST_INTERVALS = 400
_REMARKS = {"B": "break", "P": "provisional", "E": "estimated", "F": "forecast", "I": "imputed"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure in words; ``state`` is ``shown``, ``suppressed`` or ``missing``."""

    text: str
    between: str
    state: str
    remark: str


@dataclass(frozen=True, slots=True)
class FigureTable:
    """Rows of cells under their heads; ``by_period`` where every period has a row of its own."""

    head: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[Cell, ...]], ...]
    by_period: bool
    notes: tuple[str, ...]

    @property
    def remarked(self) -> bool:
        """Whether any figure has a remark."""
        return any(cell.remark or cell.state == "suppressed" for _, _, cells in self.rows for cell in cells)


def figure_table(figures: Figures, words: Words) -> FigureTable:
    """Table of a choice: a row a period, or a row a part with its periods beside each other."""
    if not figures.selection.by:
        return _by_period(figures, words)
    first = max(len(figures.periods) - _MOST_COLUMNS, 0)
    periods = figures.periods[first:]
    bounded = len(periods) * len(figures.lines) <= _MOST_INTERVALS
    rows = tuple(
        (line.code, line.name, tuple(_cell(point, figures, words, bounded) for point in line.points[first:]))
        for line in figures.lines
    )
    notes = []
    every = len(figures.selection.shown)
    if every > len(figures.lines):
        notes.append(words("explore.note_rows", shown=words.number(len(figures.lines)), all=words.number(every)))
    if first:
        notes.append(words("explore.note_columns", shown=len(periods), all=len(figures.periods)))
    heads = tuple(sentence_case(words.period(period)) for period in periods)
    return FigureTable(words.dimension(figures.selection.by), heads, rows, False, tuple(notes))


def _by_period(figures: Figures, words: Words) -> FigureTable:
    line = figures.lines[0]
    rows = tuple(
        ("", sentence_case(words.period(point.period)), (_cell(point, figures, words, True),)) for point in line.points
    )
    return FigureTable(words("explore.period"), (), rows, True, ())


def _cell(point: Point, figures: Figures, words: Words, bounded: bool) -> Cell:
    if point.value is None:
        text = words("explore.withheld" if point.state == "suppressed" else "explore.no_data")
        return Cell(text, "", point.state, point.note)
    remark = words(f"explore.{_REMARKS[point.status]}") if point.status in _REMARKS else ""
    if remark and point.note and point.status == "B":
        remark = f"{remark}: {point.note}"
    between = words.between(point.lower, point.upper, figures.digits) if bounded else ""
    return Cell(words.number(point.value, figures.digits), between, "shown", remark)
