"""Where things stand in the workbook: shared by what writes it and what reads it."""

from __future__ import annotations

from functools import cache
from typing import Final

from kyoto.statistics.exchange.cts.model import Section, Table
from kyoto.statistics.exchange.cts.questionnaire import questionnaire
from kyoto.statistics.exchange.cts.settings import RESPONDENT

__all__ = [
    "CELLS_SHEET",
    "CELL_COLUMNS",
    "EXPLANATION",
    "FIRST_VALUE",
    "HEADINGS",
    "HELP",
    "IDENTITY",
    "RULES_SHEET",
    "TRACE_COLUMNS",
    "TRACE_SHEET",
    "static_texts",
    "table_note",
    "tables_of",
    "width_of",
]

RULES_SHEET: Final = "Counting rules"
TRACE_SHEET: Final = "Sources"
CELLS_SHEET: Final = "Cells"
HEADINGS: Final = ("Row", "Item", "Definition")
"""Columns before the figures."""
FIRST_VALUE: Final = len(HEADINGS)
EXPLANATION: Final = "Explanation"
"""Heading of the column behind the figures, where the respondent writes."""
TRACE_COLUMNS: Final = ("Cell", "Table", "Item", "Column", "Figure", "Status", "Confidentiality", "Source", "Note")
CELL_COLUMNS: Final = ("Cell", "Table", "Item", "Column", "ICCS", "Class", "Counts", "When", "Published by UNODC as")
"""Headings of the sheet that says what each cell asks."""
IDENTITY: Final = {
    "R.edition": "Form",
    "R.area": "Area code",
    "R.year": "Year",
    **{f"R.{key}": label for key, label in RESPONDENT.items()},
    "R.project": "Project that the figures come from",
    "R.built": "Date of the build",
}
"""What the first sheet says about the answers, in order."""
HELP: Final = (
    "Type figures into the framed cells. 0 means that there were none; leave blank what you do not answer.",
    "Two marks stand for a figure: .. (not available) and n/a (not applicable).",
    "Hatched grey cells hold a figure that is not shown, because it could tell about single persons.",
    "Tinted cells were filled from the project; the comment of a cell and the sheet Sources say from which table.",
    "A red total differs from the sum of its parts: correct it, or say why in the column Explanation.",
    "Codes in the first column name the rows; they may be moved, but not changed.",
    "Only framed cells take what you type; the sheets are protected without a password (Review, Unprotect Sheet).",
    "Select a cell to see what it asks. The sheet Cells lists all, with the names under which UNODC publishes them.",
)


def tables_of(section: Section) -> tuple[Table, ...]:
    """Tables of a section, in order."""
    return tuple(table for table in questionnaire().tables if table.section == section.id)


def width_of(section: Section) -> int:
    """Most figure columns that a table of the section has; explanations stand behind them."""
    return max(len(table.columns) for table in tables_of(section))


def table_note(table: Table) -> str:
    """What one figure of a table counts, and when.

    Examples
    --------
    >>> table_note(questionnaire().table("5.1"))
    'persons held; on the reference date'
    """
    return "; ".join(part for part in (table.unit, table.when) if part)


@cache
def static_texts() -> frozenset[str]:
    """Every text that the form itself holds, so that a reader can tell what was added."""
    form = questionnaire()
    texts = {*HEADINGS, EXPLANATION, *HELP, *IDENTITY, *IDENTITY.values(), *TRACE_COLUMNS, "Question"}
    for section in form.sections:
        texts |= {section.title, section.note, section.sheet}
    for table in form.tables:
        texts |= {f"{table.id}  {table.title}", table_note(table), *(column.label for column in table.columns)}
        for row in table.rows:
            texts |= {f"{table.id}.{row.id}", row.label, form.definition(row)}
    for question in form.questions:
        texts |= {f"M.{question.id}", question.text}
    texts |= {institution.label for institution in form.institutions}
    return frozenset(texts)
