"""Sheets of the questionnaire: one a section, its tables below each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kyoto.statistics.exchange.cts.answers import MARKS, Answer
from kyoto.statistics.exchange.cts.layout import (
    EXPLANATION,
    FIRST_VALUE,
    HEADINGS,
    HELP,
    IDENTITY,
    table_note,
    tables_of,
    width_of,
)
from kyoto.statistics.exchange.cts.model import Cell, Row, Section, Table
from kyoto.statistics.exchange.cts.pages import Pages, fifteen_digits, row_height

__all__ = ["write_section"]

_MARK_OF = {status: mark for mark, status in MARKS.items()}
_LONGEST_PROMPT = 255
_ITEM_WIDTH, _DEFINITION_WIDTH, _FIGURE_WIDTH, _EXPLANATION_WIDTH = 50, 30, 13, 50


def write_section(pages: Pages, section: Section) -> None:
    """Write the sheet of a section.

    Parameters
    ----------
    pages
        The workbook.
    section
        Which one; the first one also asks who answers, and says how to fill the form.
    """
    width = width_of(section)
    sheet = pages.sheet(section.sheet, section.title)
    sheet.set_column(0, 0, 8)
    sheet.set_column(1, 1, _ITEM_WIDTH)
    sheet.set_column(2, 2, _DEFINITION_WIDTH)
    sheet.set_column(FIRST_VALUE, FIRST_VALUE + width - 1, _FIGURE_WIDTH)
    sheet.set_column(FIRST_VALUE + width, FIRST_VALUE + width, _EXPLANATION_WIDTH)
    sheet.freeze_panes(2, 2)
    line = 3
    if section.note:
        sheet.write_string(2, 0, section.note, pages.styles["quiet"])
        line = 4
    if section.id == "0":
        line = _identity(pages, sheet, line)
    for table in tables_of(section):
        line = _table(pages, sheet, table, line, FIRST_VALUE + width)


def _identity(pages: Pages, sheet: Any, line: int) -> int:
    """Who answers, and how to fill the form."""
    fixed = {"R.edition": pages.form.edition, "R.area": pages.answers.area, "R.year": pages.answers.year}
    for key, label in IDENTITY.items():
        text = fixed.get(key, pages.answers.texts.get(key, ""))
        sheet.write_string(line, 0, key, pages.styles["id"])
        sheet.write_string(line, 1, label, pages.styles["item"])
        style = "fixed" if key == "R.edition" else "text_filled" if text else "text"
        sheet.merge_range(line, 2, line, 6, "", pages.styles[style])
        sheet.write_string(line, 2, text, pages.styles[style])
        line += 1
    for text in HELP:
        line += 1
        sheet.write_string(line, 1, text, pages.styles["help"])
    return line + 2


def _table(pages: Pages, sheet: Any, table: Table, line: int, explanation: int) -> int:
    """One table; returns the line of the next one."""
    styles = pages.styles
    sheet.write_string(line, 0, f"{table.id}  {table.title}", styles["table"])
    sheet.write_string(line + 1, 1, table_note(table), styles["quiet"])
    head = line + 2
    for place, text in enumerate(HEADINGS):
        sheet.write_string(head, place, text, styles["head"])
    for place, column in enumerate(table.columns):
        sheet.write_string(head, FIRST_VALUE + place, column.label, styles["head_right"])
    for place in range(FIRST_VALUE + len(table.columns), explanation):
        sheet.write_blank(head, place, None, styles["head"])
    sheet.write_string(head, explanation, EXPLANATION, styles["head_behind"])
    for number, row in enumerate(table.rows, start=1):
        _row(pages, sheet, table, row, head + number, explanation)
    _sums(pages, sheet, table, head + 1)
    return head + len(table.rows) + 2


def _row(pages: Pages, sheet: Any, table: Table, row: Row, line: int, explanation: int) -> None:
    styles = pages.styles
    name = f"{table.id}.{row.id}"
    sheet.write_string(line, 0, name, styles["id"])
    sheet.write_string(line, 1, row.label, styles["inside" if row.of else "item"])
    sheet.write_string(line, 2, pages.form.definition(row), styles["definition"])
    for place, column in enumerate(table.columns):
        cell = pages.form.cells.get(f"{name}.{column.key}")
        if cell is not None:
            _figure(pages, sheet, line, FIRST_VALUE + place, cell)
    text = pages.answers.explanations.get(name, "")
    sheet.write_string(line, explanation, text, styles["text"])
    texts = {row.label: _ITEM_WIDTH, pages.form.definition(row): _DEFINITION_WIDTH, text: _EXPLANATION_WIDTH}
    sheet.set_row(line, row_height(texts))


def _figure(pages: Pages, sheet: Any, line: int, place: int, cell: Cell) -> None:
    """One cell with its figure or mark, its comment and its validation."""
    answer = pages.answers.figures.get(cell.id)
    style = _style(pages, cell, answer)
    if answer is None or (answer.value is None and not _mark(answer)):
        sheet.write_blank(line, place, None, style)
    elif answer.value is None:
        sheet.write_string(line, place, _mark(answer), style)
    else:
        sheet.write_number(line, place, fifteen_digits(answer.value), style)
    if answer is not None and (answer.source or answer.note or answer.withheld):
        sheet.write_comment(line, place, _comment(answer), {"x_scale": 2.2, "y_scale": 0.9, "author": "Kyoto"})
    reference = _reference(line, place)
    sheet.data_validation(
        line,
        place,
        line,
        place,
        {
            "validate": "custom",
            "input_title": cell.id,
            "input_message": _asked(pages, cell),
            "value": f'=OR(AND(ISNUMBER({reference}),{reference}>=0),{reference}="..",{reference}="n/a")',
            "error_type": "warning",
            "error_title": "Not a figure",
            "error_message": "Type a number, zero or more; or .. (not available); or n/a (not applicable).",
        },
    )


def _asked(pages: Pages, cell: Cell) -> str:
    """What a cell asks, shown where it is selected; Excel takes 255 characters."""
    head = f"{cell.row.label}; {cell.column.label}"
    counts = "; ".join(filter(None, (cell.counts, cell.table.when)))
    text = "\n".join(filter(None, (head, f"Counts: {counts}", pages.form.definition(cell.row))))
    return text if len(text) <= _LONGEST_PROMPT else text[: _LONGEST_PROMPT - 1] + "…"


def _style(pages: Pages, cell: Cell, answer: Answer | None) -> Any:
    if answer is not None and answer.withheld:
        return pages.styles["withheld"]
    if answer is not None and answer.value is None and _mark(answer):
        return pages.styles["mark"]
    value = answer.value if answer is not None else None
    decimal = cell.table.percent or (value is not None and not value.is_integer())
    filled = "_filled" if value is not None else ""
    return pages.styles[("decimal" if decimal else "figure") + filled]


def _sums(pages: Pages, sheet: Any, table: Table, first: int) -> None:
    """Show a total in red where its parts, all given, do not add up to it."""
    columns = {column.key: FIRST_VALUE + place for place, column in enumerate(table.columns)}
    lines = {row.id: first + number for number, row in enumerate(table.rows)}
    if table.percent:
        return
    for row in table.rows:
        for whole, *parts in table.column_parts:
            if not row.columns:
                _sum(pages, sheet, [(lines[row.id], columns[key]) for key in (whole, *parts)])
    for whole, *parts in table.row_parts:
        for column in columns.values():
            _sum(pages, sheet, [(lines[row], column) for row in (whole, *parts)])


def _sum(pages: Pages, sheet: Any, cells: Sequence[tuple[int, int]]) -> None:
    whole, *parts = (_reference(*cell) for cell in cells)
    listed = ",".join(parts)
    sheet.conditional_format(
        *cells[0],
        *cells[0],
        {
            "type": "formula",
            "criteria": f"=AND(ISNUMBER({whole}),COUNT({listed})={len(parts)},ABS({whole}-SUM({listed}))>0.5)",
            "format": pages.styles["wrong"],
        },
    )


def _mark(answer: Answer) -> str:
    """What stands in a cell without a figure: a mark, or the words that were typed and are none."""
    if answer.withheld:
        return ""
    return _MARK_OF.get(answer.status) or answer.note


def _comment(answer: Answer) -> str:
    lines = []
    if answer.withheld:
        lines.append(f"Not shown: confidential (status {answer.status}, confidentiality {answer.confidentiality}).")
    elif answer.status != "A":
        lines.append(f"Status {answer.status}.")
    lines += [f"From {answer.source}." if answer.source else "", answer.note]
    return "\n".join(line for line in lines if line)


def _reference(line: int, place: int) -> str:
    from xlsxwriter.utility import xl_rowcol_to_cell

    return str(xl_rowcol_to_cell(line, place))
