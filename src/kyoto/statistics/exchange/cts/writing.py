"""Answers as an Excel workbook that a person fills: the same answers give the same bytes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from kyoto.core.errors import KyotoError, Where
from kyoto.core.files import writing
from kyoto.statistics.exchange.cts.answers import Answers
from kyoto.statistics.exchange.cts.pages import Pages
from kyoto.statistics.exchange.cts.rule_sheets import write_cells, write_rules, write_trace
from kyoto.statistics.exchange.cts.section_sheets import write_section

__all__ = ["write_workbook"]

_LONGEST = 32_767


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
        pages = Pages(book, answers)
        for section in pages.form.sections:
            write_section(pages, section)
        write_rules(pages)
        write_trace(pages)
        write_cells(pages)
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
