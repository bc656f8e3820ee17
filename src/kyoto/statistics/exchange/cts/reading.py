"""Reading a filled questionnaire: rows are found by their code or their words, wherever they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kyoto.core.errors import KyotoError, Where
from kyoto.statistics.exchange.cts.answers import Answer, Answers
from kyoto.statistics.exchange.cts.finding_rows import FoundRow, cell_place, plain, rows_of, text_of
from kyoto.statistics.exchange.cts.layout import CELL_COLUMNS, IDENTITY, TRACE_COLUMNS, static_texts
from kyoto.statistics.exchange.cts.model import Cell
from kyoto.statistics.exchange.cts.pages import fifteen_digits
from kyoto.statistics.exchange.cts.questionnaire import questionnaire
from kyoto.statistics.exchange.cts.typed import Typed, read_typed
from kyoto.statistics.exchange.workbooks import Sheet, open_sheets

__all__ = ["TYPED", "Entry", "ReadWorkbook", "read_workbook"]

TYPED: Final = "typed in the workbook"
"""Source of a figure that no project gave."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that a reader had to decide, or could not use.

    Parameters
    ----------
    severity
        ``warning`` or ``note``.
    place
        Sheet and cell, such as ``1 Police!D7``.
    cell
        Cell or row of the questionnaire; empty where it is none.
    message
        What it was, and what became of it.
    """

    severity: str
    place: str
    cell: str
    message: str


@dataclass(frozen=True, slots=True)
class ReadWorkbook:
    """A workbook as it was understood.

    Parameters
    ----------
    answers
        What was answered.
    entries
        What was decided on the way; nothing that was typed is left out silently.
    """

    answers: Answers
    entries: tuple[Entry, ...] = ()


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    figures: dict[str, Answer] = field(default_factory=dict)
    explanations: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    used: set[tuple[str, int, int]] = field(default_factory=set)
    seen: dict[str, str] = field(default_factory=dict)


def read_workbook(path: str | Path, *, area: str | None = None, year: str | None = None) -> ReadWorkbook:
    """Read a filled questionnaire, whatever was left blank, moved or typed as text.

    Parameters
    ----------
    path
        The workbook.
    area, year
        Whom and when it is about, where the first sheet does not say or is wrong.

    Returns
    -------
    ReadWorkbook

    Raises
    ------
    KyotoError
        ``workbook.missing-file``, ``workbook.not-a-workbook``, ``workbook.password-protected``,
        ``workbook.damaged-workbook``,
        ``cts.not-the-questionnaire``: no row of the form is in it; ``cts.no-area-or-year``.
    """
    name = str(path)
    sheets = open_sheets(Path(path), name)
    reading = _Reading()
    trace = _read_trace(sheets, reading)
    _pass_over_cells(sheets, reading)
    for sheet, rows in sheets:
        for found in rows_of(sheet, rows):
            _take_row(found, trace, reading)
        _read_texts(sheet, rows, reading)
    if not reading.seen:
        raise KyotoError(
            "This is not the questionnaire",
            code="cts.not-the-questionnaire",
            where=Where(file=name),
            got="sheets " + ", ".join(sheet for sheet, _ in sheets[:8]),
            expected=f"the form {questionnaire().edition}, as `kyoto cts export` writes it",
            hint="Published UNODC workbooks are read by `kyoto series read`.",
        )
    _keep_withheld(trace, reading)
    _note_strangers(sheets, reading)
    answers = _identified(reading, name, area, year)
    return ReadWorkbook(answers, tuple(reading.entries))


def _take_row(found: FoundRow, trace: Mapping[str, Answer], reading: _Reading) -> None:
    """Read the figures and the explanation of one row."""
    if found.id in reading.seen:
        reading.entries.append(
            Entry(
                "warning", found.place(0), found.id, f"the row stands a second time; {reading.seen[found.id]} was read"
            )
        )
        reading.used |= {(found.sheet, found.line, place) for place in range(len(found.cells))}
        return
    reading.seen[found.id] = found.place(0)
    if found.remark:
        reading.entries.append(Entry("note", found.place(0), found.id, found.remark))
    cells = questionnaire().cells
    for key, place in found.columns.items():
        name = f"{found.id}.{key}"
        reading.used.add((found.sheet, found.line, place))
        if name in cells:
            _take_figure(cells[name], found, place, trace, reading)
        elif text_of(found.at(place)):
            reading.entries.append(Entry("warning", found.place(place), found.id, _strange(found.at(place))))
    if found.explanation is not None:
        reading.used.add((found.sheet, found.line, found.explanation))
        text = text_of(found.at(found.explanation))
        if text:
            reading.explanations[found.id] = text


def _take_figure(cell: Cell, found: FoundRow, place: int, trace: Mapping[str, Answer], reading: _Reading) -> None:
    typed = read_typed(found.at(place) if found.at(place) != "" else None, whole=cell.counted)
    before = trace.get(cell.id)
    if typed is None:
        if before is not None and before.value is not None:
            reading.entries.append(
                Entry("note", found.place(place), cell.id, f"the figure {before.value:g} of the project was deleted")
            )
        return
    if before is not None and _same(typed, before):
        reading.figures[cell.id] = before
        return
    if typed.remark:
        reading.entries.append(Entry(typed.severity, found.place(place), cell.id, typed.remark))
    value = None if typed.value is None else fifteen_digits(typed.value)
    reading.figures[cell.id] = Answer(value, typed.status, typed.confidentiality, TYPED, typed.note)


def _same(typed: Typed, before: Answer) -> bool:
    """Whether a cell holds what was written into it, so that its source and status still hold."""
    if before.value is None:
        return typed.value is None and (typed.status == before.status or typed.note == before.note != "")
    return typed.value is not None and fifteen_digits(typed.value) == before.value


def _keep_withheld(trace: Mapping[str, Answer], reading: _Reading) -> None:
    """Withheld figures stay withheld unless somebody typed a figure over them."""
    for name, answer in trace.items():
        if answer.withheld and name not in reading.figures:
            reading.figures[name] = answer
    order = list(questionnaire().cells)
    reading.figures = {name: reading.figures[name] for name in order if name in reading.figures}


def _read_trace(sheets: Sequence[Sheet], reading: _Reading) -> dict[str, Answer]:
    """Sheet that says where the figures came from, found by its headings."""
    wanted = [plain(text) for text in TRACE_COLUMNS]
    for sheet, rows in sheets:
        for line, row in enumerate(rows[:50]):
            names = [plain(text_of(cell)) for cell in row]
            if set(wanted[4:8]) <= set(names):
                places = {text: names.index(plain(text)) for text in TRACE_COLUMNS if plain(text) in names}
                reading.used |= {(sheet, number, place) for number in range(line, len(rows)) for place in range(50)}
                return dict(_traced(rows[line + 1 :], places))
    return {}


def _pass_over_cells(sheets: Sequence[Sheet], reading: _Reading) -> None:
    """The sheet that says what each cell asks holds no answers; it is found by its headings."""
    wanted = {plain(text) for text in CELL_COLUMNS}
    for sheet, rows in sheets:
        for line, row in enumerate(rows[:50]):
            if wanted <= {plain(text_of(cell)) for cell in row}:
                reading.used |= {(sheet, number, place) for number in range(line, len(rows)) for place in range(50)}


def _traced(rows: Sequence[Sequence[Any]], places: Mapping[str, int]) -> Iterator[tuple[str, Answer]]:
    for row in rows:
        part = {text: row[place] if place < len(row) else "" for text, place in places.items()}
        name = text_of(part.get("Cell", ""))
        if name in questionnaire().cells:
            value = part.get("Figure")
            yield (
                name,
                Answer(
                    float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None,
                    text_of(part.get("Status")) or "A",
                    text_of(part.get("Confidentiality")) or "F",
                    text_of(part.get("Source")),
                    text_of(part.get("Note")),
                ),
            )


def _read_texts(sheet: str, rows: Sequence[Sequence[Any]], reading: _Reading) -> None:
    """Texts of the first sheet, and answers on counting rules, found by the codes of their rows."""
    form = questionnaire()
    asked = {f"M.{question.id}" for question in form.questions}
    heads: dict[str, int] = {}
    for line, row in enumerate(rows):
        texts = [text_of(cell) for cell in row]
        labels = {plain(text): place for place, text in enumerate(texts) if text}
        if sum(plain(each.label) in labels for each in form.institutions) > 2:
            heads = {each.key: labels[plain(each.label)] for each in form.institutions if plain(each.label) in labels}
        code = next((text for text in texts[:4] if text in IDENTITY or text in asked), "")
        if code in IDENTITY:
            behind = range(texts.index(code) + 1, len(texts))
            own = (place for place in behind if texts[place] and plain(texts[place]) != plain(IDENTITY[code]))
            _take_text(code, sheet, line, next(own, len(texts)), texts, reading)
        elif code:
            for number, institution in enumerate(form.institutions):
                place = heads.get(institution.key, texts.index(code) + 2 + number)
                _take_text(f"{code}.{institution.key}", sheet, line, place, texts, reading)


def _take_text(name: str, sheet: str, line: int, place: int, texts: Sequence[str], reading: _Reading) -> None:
    reading.used.add((sheet, line, place))
    if place < len(texts) and texts[place]:
        reading.texts.setdefault(name, texts[place])


def _identified(reading: _Reading, file: str, area: str | None, year: str | None) -> Answers:
    edition = reading.texts.pop("R.edition", "")
    if edition != questionnaire().edition:
        what = f"the form is {edition or 'of no known edition'}, not {questionnaire().edition}"
        message = f"{what}; rows were found by their codes"
        reading.entries.insert(0, Entry("warning", "", "", message))
    stated = {key: reading.texts.pop(f"R.{key}", "") for key in ("area", "year")}
    wanted = {"area": area or stated["area"], "year": year or stated["year"].removesuffix(".0")}
    for key, given in (("area", area), ("year", year)):
        if given and stated[key] and given != stated[key]:
            reading.entries.append(Entry("warning", "", "", f"the workbook is of {key} {stated[key]}, read as {given}"))
    lacking = [key for key, text in wanted.items() if not text]
    if lacking:
        raise KyotoError(
            "The workbook does not say which " + " and ".join(lacking) + " it is about",
            code="cts.no-area-or-year",
            where=Where(file=file),
            hint="Fill it in on the first sheet, or say it: " + ", ".join(f"--{key} …" for key in lacking) + ".",
        )
    absent = [t.id for t in questionnaire().tables if not any(f"{t.id}.{row.id}" in reading.seen for row in t.rows)]
    if absent:
        reading.entries.append(Entry("warning", "", "", f"the workbook lacks table {', '.join(absent)}"))
    order = [f"{table.id}.{row.id}" for table in questionnaire().tables for row in table.rows]
    explanations = {row: reading.explanations[row] for row in order if row in reading.explanations}
    names = [*(key for key in IDENTITY), *questionnaire().answers]
    texts = {name: reading.texts[name] for name in names if name in reading.texts}
    return Answers(wanted["area"], wanted["year"], reading.figures, explanations, texts)


def _note_strangers(sheets: Sequence[Sheet], reading: _Reading) -> None:
    """Report every text and number that is no part of the form and was not read."""
    known = {plain(text) for text in static_texts()}
    for sheet, rows in sheets:
        title = [text_of(cell) for row in rows[:2] for cell in row]
        for line, row in enumerate(rows):
            for place, cell in enumerate(row):
                text = text_of(cell)
                if not text or (sheet, line, place) in reading.used or plain(text) in known:
                    continue
                if line < 2 and text in title[:1] + title[len(rows[0]) : len(rows[0]) + 1]:
                    continue
                place_name = cell_place(sheet, line, place)
                reading.entries.append(Entry("note", place_name, "", _strange(cell)))


def _strange(cell: object) -> str:
    return f"{text_of(cell)!r} is no part of the form and was not read"
