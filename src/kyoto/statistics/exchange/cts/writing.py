"""Answers as an Excel workbook that a person fills: the same answers give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from math import ceil
from pathlib import Path
from typing import Any

from kyoto.core.errors import KyotoError, Where
from kyoto.core.files import writing
from kyoto.statistics.exchange.cts.answers import MARKS, Answer, Answers
from kyoto.statistics.exchange.cts.layout import (
    EXPLANATION,
    FIRST_VALUE,
    HEADINGS,
    HELP,
    IDENTITY,
    RULES_SHEET,
    TRACE_COLUMNS,
    TRACE_SHEET,
    table_note,
    tables_of,
    width_of,
)
from kyoto.statistics.exchange.cts.model import Cell, Row, Section, Table
from kyoto.statistics.exchange.cts.questionnaire import questionnaire
from kyoto.statistics.exchange.cts.styles import Styles

__all__ = ["fifteen_digits", "write_workbook"]

_MARK_OF = {status: mark for mark, status in MARKS.items()}
_ITEM_WIDTH, _DEFINITION_WIDTH, _FIGURE_WIDTH, _EXPLANATION_WIDTH = 50, 30, 13, 50
_QUESTION_WIDTH, _ANSWER_WIDTH = 44, 34
_LONGEST = 32_767
_TRACE_WIDTHS = (11, 46, 40, 14, 12, 8, 15, 40, 60)


def write_workbook(answers: Answers, path: Path) -> None:
    """Write the questionnaire with these answers.

    Parameters
    ----------
    answers
        Of one area and year; those not answered stay blank.
    path
        The ``.xlsx`` to write; it appears whole or not at all.

    Raises
    ------
    KyotoError
        ``files.cannot-write``; ``cts.text-too-long``: Excel cuts texts of more than 32 767 characters.
    """
    import xlsxwriter

    answers = _without_blanks(answers)
    _check_lengths(answers)

    with writing(path) as part:
        book = xlsxwriter.Workbook(
            str(part),
            {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False, "in_memory": True},
        )
        book.set_properties(
            {
                "title": f"UN-CTS questionnaire, {answers.area}, {answers.year}",
                "author": answers.texts.get("R.office", ""),
                "created": datetime(int(year) if (year := answers.year).isdigit() and len(year) == 4 else 2015, 12, 31),
            }
        )
        _Writer(book, answers).write()
        book.close()


def _without_blanks(answers: Answers) -> Answers:
    """Same answers without blanks around texts, which no reader can see."""
    figures = {
        name: replace(answer, source=answer.source.strip(), note=answer.note.strip())
        for name, answer in answers.figures.items()
    }
    explanations = {name: text.strip() for name, text in answers.explanations.items()}
    return replace(
        answers,
        figures=figures,
        explanations=explanations,
        texts={name: text.strip() for name, text in answers.texts.items()},
    )


def _check_lengths(answers: Answers) -> None:
    for name, text in {**answers.explanations, **answers.texts}.items():
        if len(text) > _LONGEST:
            raise KyotoError(
                "A text is too long for a workbook",
                code="cts.text-too-long",
                where=Where(key=name),
                got=f"{len(text):,} characters",
                expected=f"at most {_LONGEST:,}",
            )


def fifteen_digits(value: float) -> float:
    """Round to what a spreadsheet keeps, so that writing and reading again changes nothing.

    Examples
    --------
    >>> fifteen_digits(100 / 3)
    33.3333333333333
    """
    return float(f"{value:.15g}")


class _Writer:
    """Writes the sheets of one workbook in order."""

    def __init__(self, book: Any, answers: Answers) -> None:
        self.book = book
        self.answers = answers
        self.styles = Styles(book)
        self.form = questionnaire()

    def write(self) -> None:
        for section in self.form.sections:
            self._section(section)
        self._rules()
        self._trace()

    def _sheet(self, name: str, title: str) -> Any:
        sheet = self.book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        place = f"{self.answers.area}, {self.answers.year}".replace("&", "&&")
        sheet.set_footer(f"&L&8{title}&C&8{place}&R&8&P / &N")
        sheet.set_row(0, 26)
        sheet.write_string(0, 0, title, self.styles["title"])
        sheet.write_string(1, 0, f"{self.answers.area}, {self.answers.year}", self.styles["quiet"])
        return sheet

    def _section(self, section: Section) -> None:
        width = width_of(section)
        sheet = self._sheet(section.sheet, section.title)
        sheet.set_column(0, 0, 8)
        sheet.set_column(1, 1, _ITEM_WIDTH)
        sheet.set_column(2, 2, _DEFINITION_WIDTH)
        sheet.set_column(FIRST_VALUE, FIRST_VALUE + width - 1, _FIGURE_WIDTH)
        sheet.set_column(FIRST_VALUE + width, FIRST_VALUE + width, _EXPLANATION_WIDTH)
        sheet.freeze_panes(2, 2)
        line = 3
        if section.note:
            sheet.write_string(2, 0, section.note, self.styles["quiet"])
            line = 4
        if section.id == "0":
            line = self._identity(sheet, line)
        for table in tables_of(section):
            line = self._table(sheet, table, line, FIRST_VALUE + width)

    def _identity(self, sheet: Any, line: int) -> int:
        """Who answers, and how to fill the form."""
        fixed = {"R.edition": self.form.edition, "R.area": self.answers.area, "R.year": self.answers.year}
        for key, label in IDENTITY.items():
            text = fixed.get(key, self.answers.texts.get(key, ""))
            sheet.write_string(line, 0, key, self.styles["id"])
            sheet.write_string(line, 1, label, self.styles["item"])
            sheet.merge_range(line, 2, line, 6, "", self.styles["text"])
            sheet.write_string(line, 2, text, self.styles["text_filled" if text else "text"])
            line += 1
        for text in HELP:
            line += 1
            sheet.write_string(line, 1, text, self.styles["help"])
        return line + 2

    def _table(self, sheet: Any, table: Table, line: int, explanation: int) -> int:
        """One table; returns the line of the next one."""
        styles = self.styles
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
            self._row(sheet, table, row, head + number, explanation)
        self._sums(sheet, table, head + 1)
        return head + len(table.rows) + 2

    def _row(self, sheet: Any, table: Table, row: Row, line: int, explanation: int) -> None:
        styles = self.styles
        name = f"{table.id}.{row.id}"
        sheet.write_string(line, 0, name, styles["id"])
        sheet.write_string(line, 1, row.label, styles["inside" if row.of else "item"])
        sheet.write_string(line, 2, self.form.definition(row), styles["definition"])
        for place, column in enumerate(table.columns):
            cell = self.form.cells.get(f"{name}.{column.key}")
            if cell is not None:
                self._figure(sheet, line, FIRST_VALUE + place, cell)
        text = self.answers.explanations.get(name, "")
        sheet.write_string(line, explanation, text, styles["text"])
        texts = {row.label: _ITEM_WIDTH, self.form.definition(row): _DEFINITION_WIDTH, text: _EXPLANATION_WIDTH}
        sheet.set_row(line, _height(texts))

    def _figure(self, sheet: Any, line: int, place: int, cell: Cell) -> None:
        """One cell with its figure or mark, its comment and its validation."""
        answer = self.answers.figures.get(cell.id)
        style = self._style(cell, answer)
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
                "value": f'=OR(AND(ISNUMBER({reference}),{reference}>=0),{reference}="..",{reference}="n/a")',
                "error_type": "warning",
                "error_title": "Not a figure",
                "error_message": "Type a number, zero or more; or .. (not available); or n/a (not applicable).",
            },
        )

    def _style(self, cell: Cell, answer: Answer | None) -> Any:
        if answer is not None and answer.withheld:
            return self.styles["withheld"]
        if answer is not None and answer.value is None and _mark(answer):
            return self.styles["mark"]
        value = answer.value if answer is not None else None
        decimal = cell.table.percent or (value is not None and not value.is_integer())
        filled = "_filled" if value is not None else ""
        return self.styles[("decimal" if decimal else "figure") + filled]

    def _sums(self, sheet: Any, table: Table, first: int) -> None:
        """Show a total in red where its parts, all given, do not add up to it."""
        columns = {column.key: FIRST_VALUE + place for place, column in enumerate(table.columns)}
        lines = {row.id: first + number for number, row in enumerate(table.rows)}
        if table.percent:
            return
        for row in table.rows:
            for whole, *parts in table.column_parts:
                if not row.columns:
                    self._sum(sheet, [(lines[row.id], columns[key]) for key in (whole, *parts)])
        for whole, *parts in table.row_parts:
            for column in columns.values():
                self._sum(sheet, [(lines[row], column) for row in (whole, *parts)])

    def _sum(self, sheet: Any, cells: Sequence[tuple[int, int]]) -> None:
        whole, *parts = (_reference(*cell) for cell in cells)
        listed = ",".join(parts)
        sheet.conditional_format(
            *cells[0],
            *cells[0],
            {
                "type": "formula",
                "criteria": f"=AND(ISNUMBER({whole}),COUNT({listed})={len(parts)},ABS({whole}-SUM({listed}))>0.5)",
                "format": self.styles["wrong"],
            },
        )

    def _rules(self) -> None:
        """Questions on counting rules: one line a question, one column an institution."""
        sheet = self._sheet(RULES_SHEET, "How the figures were counted")
        institutions = self.form.institutions
        sheet.set_column(0, 0, 8)
        sheet.set_column(1, 1, _QUESTION_WIDTH)
        sheet.set_column(2, 1 + len(institutions), _ANSWER_WIDTH)
        sheet.freeze_panes(4, 2)
        for place, text in enumerate(("Row", "Question", *(each.label for each in institutions))):
            sheet.write_string(3, place, text, self.styles["head"])
        for line, question in enumerate(self.form.questions, start=4):
            sheet.write_string(line, 0, f"M.{question.id}", self.styles["id"])
            sheet.write_string(line, 1, question.text, self.styles["item"])
            for place, institution in enumerate(institutions, start=2):
                text = self.answers.texts.get(f"M.{question.id}.{institution.key}", "")
                sheet.write_string(line, place, text, self.styles["text_filled" if text else "text"])
                if question.choices:
                    sheet.data_validation(line, place, line, place, _choice(question.choices))
            texts = {self.answers.texts.get(f"M.{question.id}.{each.key}", ""): _ANSWER_WIDTH for each in institutions}
            sheet.set_row(line, _height({**texts, question.text: _QUESTION_WIDTH}))

    def _trace(self) -> None:
        """Every figure with the series it came from."""
        sheet = self._sheet(TRACE_SHEET, "Where the figures come from")
        for place, width in enumerate(_TRACE_WIDTHS):
            sheet.set_column(place, place, width)
        sheet.freeze_panes(4, 1)
        sheet.repeat_rows(3)
        for place, text in enumerate(TRACE_COLUMNS):
            sheet.write_string(3, place, text, self.styles["head"])
        line = 3
        for name, cell in self.form.cells.items():
            answer = self.answers.figures.get(name)
            if answer is None:
                continue
            line += 1
            self._trace_row(sheet, line, cell, answer)
        sheet.autofilter(3, 0, max(line, 4), len(TRACE_COLUMNS) - 1)

    def _trace_row(self, sheet: Any, line: int, cell: Cell, answer: Answer) -> None:
        plain = self.styles["plain"]
        words = (cell.id, cell.table.title, cell.row.label, cell.column.label)
        for place, text in enumerate(words):
            sheet.write_string(line, place, text, plain)
        widths = {answer.source: _TRACE_WIDTHS[7], answer.note: _TRACE_WIDTHS[8], cell.row.label: _TRACE_WIDTHS[2]}
        sheet.set_row(line, _height({**widths, cell.table.title: _TRACE_WIDTHS[1]}))
        if answer.value is not None:
            sheet.write_number(line, 4, fifteen_digits(answer.value), self.styles["plain_figure"])
        for place, text in enumerate((answer.status, answer.confidentiality, answer.source, answer.note), start=5):
            sheet.write_string(line, place, text, plain)


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


def _choice(choices: Sequence[str]) -> Mapping[str, Any]:
    return {
        "validate": "list",
        "source": list(choices),
        "error_type": "information",
        "error_title": "Not one of the choices",
        "error_message": "You may keep what you typed.",
    }


def _height(widths: Mapping[str, int]) -> float:
    """Height of a row whose cells hold these texts in columns of these widths: rows do not grow by themselves."""
    lines = max(
        sum(max(1, ceil(len(part) / (1.1 * width))) for part in text.split("\n")) for text, width in widths.items()
    )
    return 3.0 + 13.0 * min(lines, 30)


def _reference(line: int, place: int) -> str:
    from xlsxwriter.utility import xl_rowcol_to_cell

    return str(xl_rowcol_to_cell(line, place))
