"""The sheets behind the sections: counting rules, where the figures come from, and what each cell asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kyoto.statistics.classification.iccs import iccs
from kyoto.statistics.exchange.cts.answers import Answer
from kyoto.statistics.exchange.cts.layout import CELL_COLUMNS, CELLS_SHEET, RULES_SHEET, TRACE_COLUMNS, TRACE_SHEET
from kyoto.statistics.exchange.cts.model import Cell
from kyoto.statistics.exchange.cts.pages import Pages, fifteen_digits, row_height
from kyoto.statistics.exchange.cts.published import published_names

__all__ = ["write_cells", "write_rules", "write_trace"]

_QUESTION_WIDTH, _ANSWER_WIDTH = 44, 34
_CELL_WIDTHS = (11, 46, 44, 14, 12, 46, 30, 22, 60)
_TRACE_WIDTHS = (11, 46, 40, 14, 12, 8, 15, 40, 60)


def write_rules(pages: Pages) -> None:
    """Questions on counting rules: one line a question, one column an institution."""
    sheet = pages.sheet(RULES_SHEET, "How the figures were counted")
    institutions = pages.form.institutions
    sheet.set_column(0, 0, 8)
    sheet.set_column(1, 1, _QUESTION_WIDTH)
    sheet.set_column(2, 1 + len(institutions), _ANSWER_WIDTH)
    sheet.freeze_panes(4, 2)
    for place, text in enumerate(("Row", "Question", *(each.label for each in institutions))):
        sheet.write_string(3, place, text, pages.styles["head"])
    for line, question in enumerate(pages.form.questions, start=4):
        sheet.write_string(line, 0, f"M.{question.id}", pages.styles["id"])
        sheet.write_string(line, 1, question.text, pages.styles["item"])
        for place, institution in enumerate(institutions, start=2):
            text = pages.answers.texts.get(f"M.{question.id}.{institution.key}", "")
            sheet.write_string(line, place, text, pages.styles["text_filled" if text else "text"])
            if question.choices:
                sheet.data_validation(line, place, line, place, _choice(question.choices))
        texts = {pages.answers.texts.get(f"M.{question.id}.{each.key}", ""): _ANSWER_WIDTH for each in institutions}
        sheet.set_row(line, row_height({**texts, question.text: _QUESTION_WIDTH}))


def write_trace(pages: Pages) -> None:
    """Every figure with the series it came from."""
    sheet = pages.sheet(TRACE_SHEET, "Where the figures come from")
    for place, width in enumerate(_TRACE_WIDTHS):
        sheet.set_column(place, place, width)
    sheet.freeze_panes(4, 1)
    sheet.repeat_rows(3)
    for place, text in enumerate(TRACE_COLUMNS):
        sheet.write_string(3, place, text, pages.styles["head"])
    line = 3
    for name, cell in pages.form.cells.items():
        answer = pages.answers.figures.get(name)
        if answer is None:
            continue
        line += 1
        _trace_row(pages, sheet, line, cell, answer)
    sheet.autofilter(3, 0, max(line, 4), len(TRACE_COLUMNS) - 1)


def write_cells(pages: Pages) -> None:
    """What every cell of the form asks: its class, what it counts and when, and under which name it is published."""
    sheet = pages.sheet(CELLS_SHEET, "What each cell asks")
    for place, width in enumerate(_CELL_WIDTHS):
        sheet.set_column(place, place, width)
    sheet.freeze_panes(4, 1)
    sheet.repeat_rows(3)
    for place, text in enumerate(CELL_COLUMNS):
        sheet.write_string(3, place, text, pages.styles["head"])
    plain, published = pages.styles["plain"], published_names()
    for line, (name, cell) in enumerate(pages.form.cells.items(), start=4):
        classes = "; ".join(iccs().get(code).title for code in cell.row.iccs)
        variables = [pages.form.variables[variable] for variable, _ in cell.row.dims]
        texts = (
            *(name, cell.table.title, cell.row.label, cell.column.label),
            *(" + ".join(cell.row.iccs), "; ".join([*filter(None, [classes]), *variables])),
            *(cell.counts, cell.table.when, published.get(name, "")),
        )
        for place, text in enumerate(texts):
            sheet.write_string(line, place, text, plain)
        sheet.set_row(line, row_height(dict(zip(texts, _CELL_WIDTHS, strict=True))))
    sheet.autofilter(3, 0, line, len(CELL_COLUMNS) - 1)


def _trace_row(pages: Pages, sheet: Any, line: int, cell: Cell, answer: Answer) -> None:
    plain = pages.styles["plain"]
    words = (cell.id, cell.table.title, cell.row.label, cell.column.label)
    for place, text in enumerate(words):
        sheet.write_string(line, place, text, plain)
    widths = {answer.source: _TRACE_WIDTHS[7], answer.note: _TRACE_WIDTHS[8], cell.row.label: _TRACE_WIDTHS[2]}
    sheet.set_row(line, row_height({**widths, cell.table.title: _TRACE_WIDTHS[1]}))
    if answer.value is not None:
        sheet.write_number(line, 4, fifteen_digits(answer.value), pages.styles["plain_figure"])
    for place, text in enumerate((answer.status, answer.confidentiality, answer.source, answer.note), start=5):
        sheet.write_string(line, place, text, plain)


def _choice(choices: Sequence[str]) -> Mapping[str, Any]:
    return {
        "validate": "list",
        "source": list(choices),
        "error_type": "information",
        "error_title": "Not one of the choices",
        "error_message": "You may keep what you typed.",
    }
