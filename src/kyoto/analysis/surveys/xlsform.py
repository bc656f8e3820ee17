"""The questionnaire as an XLSForm, which ODK and KoboToolbox run: skip logic, and languages as columns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from kyoto.analysis.surveys.questionnaire import Instrument, Question
from kyoto.core.errors import KyotoError, did_you_mean
from kyoto.core.files import writing

__all__ = ["choice_rows", "survey_rows", "write_xlsform"]

LIMIT_WORDS = {
    "en": "Between {least} and {most}.",
    "fr": "Entre {least} et {most}.",
    "es": "Entre {least} y {most}.",
}
NONE_WORDS = {
    "en": "“None” cannot be chosen together with another answer.",
    "fr": "« Aucun » ne peut pas être choisi avec une autre réponse.",
    "es": "«Ninguno» no se puede elegir junto con otra respuesta.",
}
ALONE = ("none", "nobody")


def write_xlsform(form: Instrument, path: Path, *, languages: Sequence[str] = (), today: date | None = None) -> None:
    """Write the workbook.

    Parameters
    ----------
    form
        The questionnaire.
    path
        File to write, ``.xlsx``.
    languages
        Codes of the languages, the first is the one the form starts in; all if empty.
    today
        Date of the version; the version of the questionnaire alone if None.

    Raises
    ------
    KyotoError
        ``survey.unknown-language``.
    """
    import xlsxwriter

    chosen = _languages(form, languages)
    settings = {
        "form_title": form.title[chosen[0]],
        "form_id": f"kyoto_{form.name}",
        "version": form.version + (f".{today:%Y%m%d}" if today else ""),
        "default_language": form.languages[chosen[0]],
        "style": "pages",
    }
    with writing(path) as part, xlsxwriter.Workbook(str(part), {"in_memory": True}) as book:
        for name, rows in (
            ("survey", survey_rows(form, chosen)),
            ("choices", choice_rows(form, chosen)),
            ("settings", [settings]),
        ):
            _sheet(book, name, rows)


def _languages(form: Instrument, languages: Sequence[str]) -> list[str]:
    for code in languages:
        if code not in form.languages:
            raise KyotoError(
                f"The questionnaire is not there in {code!r}",
                code="survey.unknown-language",
                hint=did_you_mean(code, form.languages),
            )
    return list(dict.fromkeys(languages)) or list(form.languages)


def survey_rows(form: Instrument, languages: Sequence[str]) -> list[dict[str, Any]]:
    """Rows of the sheet ``survey``: a group a module, a page each, and its questions.

    Parameters
    ----------
    form
        The questionnaire.
    languages
        Codes of the languages.
    """
    rows: list[dict[str, Any]] = [
        {"type": "start", "name": "started"},
        {"type": "end", "name": "ended"},
        {"type": "today", "name": "interview_date"},
        {
            "type": "calculate",
            "name": "since",
            "calculation": "concat(format-date(${interview_date}, '%m'), '/', "
            "int(format-date(${interview_date}, '%Y')) - 1)",
        },
    ]
    for module in form.modules:
        group = {"type": "begin_group", "name": f"part_{module.name}", "appearance": "field-list"}
        group |= _texts("label", module.label, form, languages)
        group["relevant"] = " and ".join(condition.expression() for condition in module.when)
        rows.append(group)
        rows += [_question_row(question, form, languages) for question in module.questions]
        rows.append({"type": "end_group", "name": f"part_{module.name}"})
    return rows


def _question_row(question: Question, form: Instrument, languages: Sequence[str]) -> dict[str, Any]:
    kind = f"{question.kind} {question.choices}" if question.choices else question.kind
    row: dict[str, Any] = {"type": kind, "name": question.name}
    label = {code: text.replace("{since}", "${since}") for code, text in question.label.items()}
    row |= _texts("label", label, form, languages)
    row |= _texts("hint", question.hint, form, languages)
    row["relevant"] = " and ".join(condition.expression() for condition in question.when)
    row["required"] = "yes" if question.required else ""
    if question.least is not None and question.most is not None:
        row["constraint"] = f". >= {question.least} and . <= {question.most}"
        words = {code: text.format(least=question.least, most=question.most) for code, text in LIMIT_WORDS.items()}
        row |= _texts("constraint_message", words, form, languages)
    alone = next((code for code in ALONE if code in form.choices.get(question.choices, {})), "")
    if question.kind == "select_multiple" and alone:
        row["constraint"] = f"not(selected(., '{alone}')) or count-selected(.) = 1"
        row |= _texts("constraint_message", NONE_WORDS, form, languages)
    row["iccs"] = question.iccs
    row["sdg"] = ", ".join(question.indicators)
    return row


def choice_rows(form: Instrument, languages: Sequence[str]) -> list[dict[str, Any]]:
    """Rows of the sheet ``choices``: the lists that the form uses.

    Parameters
    ----------
    form
        The questionnaire.
    languages
        Codes of the languages.
    """
    used = dict.fromkeys(question.choices for question in form.questions() if question.choices)
    return [
        {"list_name": name, "name": code, **_texts("label", texts, form, languages)}
        for name in used
        for code, texts in form.choices[name].items()
    ]


def _texts(column: str, texts: Any, form: Instrument, languages: Sequence[str]) -> dict[str, str]:
    """Columns of a text in each language; a language without it has the first one's, never an empty question."""
    if not texts:
        return {}
    first = next(iter(texts.values()))
    return {f"{column}::{form.languages[code]}": texts.get(code, first) for code in languages}


def _sheet(book: Any, name: str, rows: Sequence[dict[str, Any]]) -> None:
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True})
    columns = list(dict.fromkeys(key for row in rows for key in row))
    for at, column in enumerate(columns):
        sheet.write_string(0, at, column, bold)
    for line, row in enumerate(rows, start=1):
        for at, column in enumerate(columns):
            if row.get(column):
                sheet.write_string(line, at, str(row[column]))
    sheet.freeze_panes(1, 2)
    sheet.set_column(0, 1, 24)
    sheet.set_column(2, max(len(columns) - 1, 2), 44)
