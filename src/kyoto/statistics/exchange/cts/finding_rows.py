"""Finding the rows of the form in sheets that people have moved, renamed and cut."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from kyoto.statistics.exchange.cts.layout import EXPLANATION, FIRST_VALUE
from kyoto.statistics.exchange.cts.model import Row, Table
from kyoto.statistics.exchange.cts.questionnaire import questionnaire
from kyoto.statistics.sources.workbook import cell_text

__all__ = ["FoundRow", "cell_place", "plain", "rows_of", "text_of"]

_ROW_ID = re.compile(r"\d{1,2}\.\d{1,2}\.\d{2}")
_TITLE = re.compile(r"(\d{1,2}\.\d{1,2})\s+\S")
_ID_COLUMNS = 6
"""Columns in which the code of a row is looked for."""


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A row of the form where it stands now.

    Parameters
    ----------
    id
        Table and row, such as ``1.2.01``.
    sheet, line
        Where it stands; lines count from 0.
    cells
        All cells of the line.
    columns
        Place of each column of figures.
    explanation
        Place of the explanation; None if there is none.
    remark
        How it was found, where its code was not enough.
    """

    id: str
    sheet: str
    line: int
    cells: Sequence[Any]
    columns: Mapping[str, int]
    explanation: int | None
    remark: str = ""

    def at(self, place: int) -> Any:
        """Cell at a place; blank behind the last one."""
        return self.cells[place] if place < len(self.cells) else ""

    def place(self, column: int) -> str:
        """Sheet and cell for people."""
        return cell_place(self.sheet, self.line, column)


def cell_place(sheet: str, line: int, column: int) -> str:
    """Name of a cell for people, from its line and column counted from 0.

    Examples
    --------
    >>> cell_place("1 Police", 6, 3), cell_place("x", 0, 27)
    ('1 Police!D7', 'x!AB1')
    """
    letters, place = "", column + 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{sheet}!{letters}{line + 1}"


def text_of(cell: Any) -> str:
    """Text of a cell without blanks around it."""
    return cell_text(cell).strip() if cell is not None else ""


def plain(text: str) -> str:
    """Text without case, punctuation and blanks, to compare by.

    Examples
    --------
    >>> plain("Sex  unknown "), plain("0–9 years")
    ('sexunknown', '09years')
    """
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in folded if letter.isalnum())


def rows_of(sheet: str, rows: Sequence[Sequence[Any]]) -> Iterator[FoundRow]:
    """Find every row of the form in a sheet, in the order of the sheet.

    A row is found by its code; where the code was deleted, by its words below the heading of its table. Columns are
    found by the headings above; where these were deleted, they are taken to stand where the form has them.
    """
    form = questionnaire()
    tables = {table.id: table for table in form.tables}
    current: Table | None = None
    heads: dict[str, dict[str, int]] = {}
    pending: dict[str, int] = {}
    coded = {text_of(cell) for cells in rows for cell in cells[:_ID_COLUMNS]} & _rows_by_id().keys()
    for line, cells in enumerate(rows):
        texts = [text_of(cell) for cell in cells]
        title = _title(texts)
        if title in tables:
            current, pending = tables[title], {}
            continue
        labels = {plain(text): place for place, text in reversed(list(enumerate(texts))) if text}
        if _is_head(labels):
            pending = labels
            continue
        found = _identify(texts, current)
        if found is None:
            continue
        table, row, by_words = found
        if by_words and f"{table.id}.{row.id}" in coded:
            continue  # its code stands elsewhere in the sheet
        heads.setdefault(table.id, pending)
        columns, explanation, guessed = _places(table, heads[table.id])
        remark = "its code is gone; it was found by its words" if by_words else ""
        if guessed:
            remark = "; ".join(
                filter(None, (remark, f"no heading for {', '.join(guessed)}; taken from where the form has it"))
            )
        yield FoundRow(f"{table.id}.{row.id}", sheet, line, cells, columns, explanation, remark)


def _title(texts: Sequence[str]) -> str:
    """Number of the table whose title stands in a line."""
    for text in texts[:_ID_COLUMNS]:
        found = _TITLE.match(text)
        if found and not _ROW_ID.match(text):
            return found[1]
    return ""


@cache
def _labels() -> frozenset[str]:
    return frozenset(plain(column.label) for table in questionnaire().tables for column in table.columns)


def _is_head(labels: Mapping[str, int]) -> bool:
    """Whether a line holds headings: those of figures, and at least one of the others."""
    own = {plain(text) for text in ("Row", "Item", "Definition", EXPLANATION)}
    return bool(labels.keys() & _labels()) and bool(labels.keys() & own)


def _identify(texts: Sequence[str], current: Table | None) -> tuple[Table, Row, bool] | None:
    """Table and row of a line, and whether only its words told."""
    by_id = _rows_by_id()
    for text in texts[:_ID_COLUMNS]:
        if text in by_id:
            return (*by_id[text], False)
    if current is None:
        return None
    words = {plain(row.label): row for row in current.rows}
    for text in texts[:_ID_COLUMNS]:
        if text and plain(text) in words:
            return current, words[plain(text)], True
    return None


@cache
def _rows_by_id() -> dict[str, tuple[Table, Row]]:
    return {f"{table.id}.{row.id}": (table, row) for table in questionnaire().tables for row in table.rows}


def _places(table: Table, labels: Mapping[str, int]) -> tuple[dict[str, int], int | None, list[str]]:
    """Place of each column, that of the explanation, and the columns for which no heading was found."""
    columns, guessed = {}, []
    for number, column in enumerate(table.columns):
        place = labels.get(plain(column.label))
        if place is None:
            guessed.append(column.label)
            place = FIRST_VALUE + number
        columns[column.key] = place
    return columns, labels.get(plain(EXPLANATION)), guessed
