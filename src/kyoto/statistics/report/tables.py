"""Tables as a reader sees them: one row a combination of values, one column a period; and their CSV."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kyoto.core.files import neutral_cell
from kyoto.statistics.observations import NOT_APPLICABLE, UNKNOWN
from kyoto.statistics.report.views import TableView, cell_state
from kyoto.statistics.report.wording import Period, common_decimals, dimension_name, number, sentence_case

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Cell", "Pivot", "Row", "pivot", "zipped_csv"]

_SYMBOLS = {"suppressed": "c", "missing": ":"}
_MOST_PERIODS = 13


@dataclass(frozen=True, slots=True)
class Cell:
    """Text of a figure; ``state`` is ``shown``, ``suppressed`` or ``missing``, ``status`` as in CL_OBS_STATUS."""

    text: str
    state: str
    status: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its labels (one a dimension), its depth in the classification, its code, its figures.

    ``repeats`` says that its first label is that of the row above.
    """

    labels: tuple[str, ...]
    depth: int
    code: str
    total: bool
    repeats: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Pivot:
    """A table ready to print.

    Parameters
    ----------
    heads
        Names of the dimensions.
    periods
        Names of the period columns.
    rows
        In the order of the classification and of the codes.
    all_rows, all_periods
        How many there are in all; more than shown where the table is long.
    """

    heads: tuple[str, ...]
    periods: tuple[str, ...]
    rows: tuple[Row, ...]
    all_rows: int
    all_periods: int

    @property
    def cut(self) -> bool:
        """Whether rows or periods are left to the download."""
        return self.all_rows > len(self.rows) or self.all_periods > len(self.periods)

    @property
    def states(self) -> set[str]:
        """States that need a word of explanation."""
        return {cell.state for row in self.rows for cell in row.cells}

    @property
    def statuses(self) -> set[str]:
        """Observation statuses that occur."""
        return {cell.status for row in self.rows for cell in row.cells}


def pivot(view: TableView, most_cells: int) -> Pivot:
    """Lay a table out.

    Parameters
    ----------
    view
        The table.
    most_cells
        About how many figures may be shown. Totals come before details where not all rows have room; rows that are
        zero throughout are left out.
    """
    periods = view.periods[-_MOST_PERIODS:]
    keys = view.used or ["iccs"]
    frame = view.frame
    combinations = frame.loc[frame["value"] != 0, keys].drop_duplicates().to_dict("list")
    rows = list(zip(*(combinations[name] for name in keys), strict=True))
    room = max(most_cells // max(len(periods), 1), 12)
    kept = set(sorted(rows, key=lambda row: (_details(view, keys, row), _order(view, keys, row)))[:room])
    figures = _figures(frame, keys, kept)
    digits = common_decimals(_triple(row) for row in figures.values())
    shown: list[Row] = []
    above = ""
    for row in sorted(kept, key=lambda row: _order(view, keys, row)):
        cells = [_cell(figures.get((*row, period.code)), digits, period.code in view.counted) for period in periods]
        shown.append(_row(view, keys, row, cells, repeats=row[0] == above))
        above = row[0]
    return Pivot(
        tuple(dimension_name(name) for name in keys),
        tuple(_period_head(period) for period in periods),
        tuple(shown),
        len(rows),
        len(view.periods),
    )


def _figures(
    frame: pd.DataFrame, keys: list[str], kept: set[tuple[str, ...]]
) -> dict[tuple[str, ...], Mapping[Any, Any]]:
    """Rows of the frame whose keys are kept, by keys and period; a large frame is narrowed before it becomes rows."""
    import pandas as pd

    for place, name in enumerate(keys):
        frame = frame[frame[name].isin({row[place] for row in kept})]
    if len(keys) > 1:  # the product of the kept values of each dimension holds combinations that are not kept
        frame = frame[pd.MultiIndex.from_frame(frame[keys]).isin(list(kept))]
    columns = [*keys, "period"]
    return {tuple(row[name] for name in columns): row for row in frame.to_dict("records")}


def _details(view: TableView, keys: Sequence[str], row: Sequence[str]) -> int:
    """How far a row is from the grand total: dimensions that are not totals, and depth in the classification."""
    away = 0
    for name, code in zip(keys, row, strict=True):
        if code != view.totals[name]:
            away += 2 + (max(len(code) - 2, 0) if name == "iccs" else 0)
    return away


def _order(view: TableView, keys: Sequence[str], row: Sequence[str]) -> tuple[tuple[int, int, str], ...]:
    positions = []
    for name, code in zip(keys, row, strict=True):
        first = 0 if code == view.totals[name] else 2 if code in (UNKNOWN, NOT_APPLICABLE) else 1
        digits = "".join(letter if letter.isdigit() else " " for letter in code).split() if name == "age" else []
        positions.append((first, int(digits[0]) if digits else 0, code))
    return tuple(positions)


def _row(view: TableView, keys: Sequence[str], row: Sequence[str], cells: list[Cell], *, repeats: bool) -> Row:
    labels = tuple(sentence_case(view.name_of(name, code)) for name, code in zip(keys, row, strict=True))
    code = row[keys.index("iccs")] if "iccs" in keys else ""
    numeric = code.isdigit()
    depth = {2: 1, 4: 2, 5: 3, 6: 4}.get(len(code), 0) if numeric else 0
    total = all(value == view.totals[name] for name, value in zip(keys, row, strict=True))
    return Row(labels, depth, code if numeric else "", total, repeats, tuple(cells))


def _triple(row: Mapping[Any, Any]) -> tuple[float | None, float | None, float | None]:
    value, lower, upper = (
        None if row.get(name) != row.get(name) else row.get(name) for name in ("value", "lower", "upper")
    )
    return value, lower, upper


def _cell(row: Mapping[Any, Any] | None, digits: int, counted: bool) -> Cell:
    if row is None and counted:
        return Cell("0", "shown", "A")
    if row is None:
        return Cell(_SYMBOLS["missing"], "missing", "")
    status = str(row.get("status") or "A")
    value = _triple(row)[0]
    if value is None:
        state = cell_state(row)
        return Cell(_SYMBOLS[state], state, status)
    return Cell(number(value, digits) if value else "0", "shown", status)


def _period_head(period: Period) -> str:
    return sentence_case(period.short)


def zipped_csv(frame: pd.DataFrame) -> str:
    """Observations as CSV, compressed (gzip) and written in base64.

    Text that a spreadsheet would run as a formula is made harmless. The same observations give the same bytes.
    """
    safe = frame.copy()
    for name in safe.columns:
        if not _is_number(safe[name]):
            safe[name] = [
                neutral_cell(str(value)) if value is not None and value == value else "" for value in safe[name]
            ]
    text = safe.to_csv(index=False, lineterminator="\n")
    return base64.b64encode(gzip.compress(text.encode(), compresslevel=9, mtime=0)).decode()


def _is_number(column: pd.Series) -> bool:
    return bool(column.dtype.kind in "iufb")
