"""The workbook that is being written: its answers, its styles, and sheets that look alike."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any, Final

from kyoto.statistics.exchange.cts.answers import Answers
from kyoto.statistics.exchange.cts.questionnaire import questionnaire
from kyoto.statistics.exchange.cts.styles import Styles

__all__ = ["Pages", "fifteen_digits", "row_height"]


_PROTECTED: Final = {
    **dict.fromkeys(("format_cells", "format_columns", "format_rows", "sort", "autofilter"), True),
    **dict.fromkeys(("objects", "scenarios"), True),
}
"""What a protected sheet leaves to everybody; comments are objects."""


class Pages:
    """A workbook and what its sheets share.

    Parameters
    ----------
    book
        An ``xlsxwriter.Workbook``.
    answers
        What is written.
    """

    def __init__(self, book: Any, answers: Answers) -> None:
        self.book = book
        self.answers = answers
        self.styles = Styles(book)
        self.form = questionnaire()

    def sheet(self, name: str, title: str) -> Any:
        """New sheet with its title, ready to be printed.

        It is protected without a password: so nobody overwrites codes and headings by chance, and whoever wants to move
        rows can lift it.
        """
        sheet = self.book.add_worksheet(name)
        sheet.protect("", _PROTECTED)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        place = self.place.replace("&", "&&")
        sheet.set_footer(f"&L&8{title}&C&8{place}&R&8&P / &N")
        sheet.set_row(0, 26)
        sheet.write_string(0, 0, title, self.styles["title"])
        sheet.write_string(1, 0, self.place, self.styles["quiet"])
        return sheet

    @property
    def place(self) -> str:
        """Whom and when the answers are about."""
        name, area = self.answers.texts.get("R.name", ""), self.answers.area
        return f"{name} ({area}), {self.answers.year}" if name and area else f"{name or area}, {self.answers.year}"


def fifteen_digits(value: float) -> float:
    """Round to what a spreadsheet keeps, so that writing and reading again changes nothing.

    Examples
    --------
    >>> fifteen_digits(100 / 3)
    33.3333333333333
    """
    return float(f"{value:.15g}")


def row_height(widths: Mapping[str, int]) -> float:
    """Height of a row whose cells hold these texts in columns of these widths: rows do not grow by themselves."""
    lines = max(
        sum(max(1, ceil(len(part) / (1.2 * width))) for part in text.split("\n")) for text, width in widths.items()
    )
    return 3.0 + 13.0 * min(lines, 30)
