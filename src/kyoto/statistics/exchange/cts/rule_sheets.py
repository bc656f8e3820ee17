"""The two sheets behind the sections: counting rules, and where the figures come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kyoto.statistics.exchange.cts.answers import Answer
from kyoto.statistics.exchange.cts.layout import RULES_SHEET, TRACE_COLUMNS, TRACE_SHEET
from kyoto.statistics.exchange.cts.model import Cell
from kyoto.statistics.exchange.cts.pages import Pages, fifteen_digits, row_height

__all__ = ["write_rules", "write_trace"]

_QUESTION_WIDTH, _ANSWER_WIDTH = 44, 34
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
