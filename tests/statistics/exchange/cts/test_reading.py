"""Workbooks as people send them back."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest

from kyoto.core.errors import KyotoError
from kyoto.statistics.exchange.cts import questionnaire, read_workbook
from kyoto.statistics.exchange.cts.typed import read_typed


def figures(read):
    return {name: answer.value for name, answer in read.answers.figures.items()}


def expected(answers):
    return {name: answer.value for name, answer in answers.figures.items()}


def messages(read):
    return [entry.message for entry in read.entries]


# --- what was typed into a cell -------------------------------------------------------------------
TYPED = [
    ("1 234", 1234, "A"), ("1,234", 1234, "A"), ("1.234", 1234, "A"), ("1'234", 1234, "A"), ("1 234", 1234, "A"),
    ("1\u202f234\u202f567", 1234567, "A"), ("1.234.567", 1234567, "A"), ("1,234.5", 1234.5, "A"),
    ("1.234,5", 1234.5, "A"),
    (" 12 ", 12, "A"), ("0", 0, "A"), ("nil", 0, "A"), ("12*", 12, "A"), ("12 (a)", 12, "A"), ("12 [1]", 12, "A"),
    ("12¹", 12, "A"), ("12 e", 12, "E"), ("12p", 12, "P"), ("~ 120", 120, "E"), ("approx. 1 200", 1200, "E"),
    ("n/a", None, "M"), ("not applicable", None, "M"), ("..", None, "L"), ("...", None, "L"), (":", None, "L"),
    ("not available", None, "L"), ("-", None, "L"), ("–", None, "L"), ("c", None, "Q"), ("<5", None, "Q"),
    ("about half of them", None, "O"), ("12,34,5", None, "O"), ("1.2.3", None, "O"), (True, None, "O"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "value", "status"), TYPED)
def test_what_is_typed_into_a_count(typed, value, status):
    read = read_typed(typed)
    assert (read.value, read.status) == (value, status)


@pytest.mark.parametrize(("typed", "value"), [("12,5", 12.5), ("12.345", 12.345), ("45 %", 45), ("45.0%", 45)])
def test_what_is_typed_into_a_percentage(typed, value):
    assert read_typed(typed, whole=False).value == value


@pytest.mark.parametrize("blank", [None, "", "   ", "\u00a0"])
def test_blank_is_not_zero(blank):
    assert read_typed(blank) is None


def test_only_what_was_no_plain_number_is_remarked_on():
    assert read_typed(12.0).remark == read_typed("..").remark == ""
    assert "0 if there were none" in read_typed("-").remark
    assert read_typed("half").severity == "warning"


def test_typed_texts_are_read_noted_and_kept(change, answers, locate):
    def edit(book):
        for name, text in (("1.2.01.T", "1 234"), ("1.2.01.M", "n/a"), ("1.2.01.F", "several"), ("1.2.01.U", "-")):
            sheet, row, column = locate(book, name)
            book[sheet].cell(row, column).value = text

    read = read_workbook(change(edit))
    assert read.answers.value("1.2.01.T") == 1234
    assert read.answers.figures["1.2.01.M"].status == "M"
    assert read.answers.figures["1.2.01.F"].note == "several"
    assert any("'1 234' was read as 1234" in message for message in messages(read))
    assert len(read.entries) == 3  # n/a is a mark of the form


# --- what people do to a workbook -----------------------------------------------------------------
def test_rows_and_columns_that_moved_are_found(change, answers):
    def edit(book):
        for sheet in book.worksheets[:-1]:
            sheet.merged_cells.ranges.clear()
            sheet.insert_rows(9, 3)
            sheet.insert_cols(3)

    assert figures(read_workbook(change(edit))) == expected(answers)


def test_renamed_and_reordered_sheets_are_found(change, answers):
    def edit(book):
        for number, sheet in enumerate(book.worksheets):
            sheet.title = f"Tabelle{number}"
        book.move_sheet(book.worksheets[3], offset=-3)

    assert figures(read_workbook(change(edit))) == expected(answers)


def test_exchanged_columns_are_found_by_their_headings(change, answers, locate):
    def edit(book):
        sheet, row, column = locate(book, "1.2.01.M")
        for line in range(row - 1, row + 2):
            male, female = book[sheet].cell(line, column), book[sheet].cell(line, column + 1)
            male.value, female.value = female.value, male.value

    assert figures(read_workbook(change(edit))) == expected(answers)


def test_rows_without_their_code_are_found_by_their_words(change, answers, locate):
    def edit(book):
        sheet, row, _ = locate(book, "1.6.05.F")
        book[sheet].cell(row, 1).value = None

    read = read_workbook(change(edit))
    assert figures(read) == expected(answers)
    assert any("found by its words" in message for message in messages(read))


def test_deleted_headings_are_taken_from_the_form_and_said(change, answers, locate):
    def edit(book):
        sheet, row, _ = locate(book, "1.2.01.T")
        for column in range(1, 9):
            book[sheet].cell(row - 1, column).value = None

    read = read_workbook(change(edit))
    assert figures(read) == expected(answers)
    assert any("no heading for Total, Male, Female, Sex unknown" in message for message in messages(read))


def test_half_filled(change, answers):
    def edit(book):
        del book["5 Prisons"]
        del book["Sources"]
        for row in book["1 Police"].iter_rows(min_row=40):
            for cell in row[3:]:
                if isinstance(cell.value, (int, float)):
                    cell.value = None

    read = read_workbook(change(edit))
    found = figures(read)
    assert found
    assert all(expected(answers)[name] == value for name, value in found.items())
    assert not any(name.startswith("5.") for name in found)
    assert any("lacks table 5.1" in message for message in messages(read))


def test_a_row_that_stands_twice_is_read_once_and_said(change, answers, locate):
    def edit(book):
        sheet, row, _ = locate(book, "1.2.01.T")
        end = book[sheet].max_row + 3
        for column in range(1, 10):
            book[sheet].cell(end, column).value = book[sheet].cell(row, column).value
        book[sheet].cell(end, 4).value = 99999

    read = read_workbook(change(edit))
    assert figures(read) == expected(answers)
    assert any("stands a second time" in message for message in messages(read))


def test_what_is_no_part_of_the_form_is_reported(change):
    def edit(book):
        book["1 Police"]["L3"] = "see the letter of 3 May"
        book.create_sheet("Notes of Ms X")["B2"] = 17

    read = read_workbook(change(edit))
    assert [(entry.place, entry.message) for entry in read.entries] == [
        ("1 Police!L3", "'see the letter of 3 May' is no part of the form and was not read"),
        ("Notes of Ms X!B2", "'17' is no part of the form and was not read"),
    ]


def test_a_figure_typed_over_a_withheld_one_counts_as_typed(suppressed_project, tmp_path, locate):
    from kyoto.statistics.exchange.cts import fill, read_build, write_workbook

    answers = fill(read_build(suppressed_project.folder, None, "2023")).answers
    name = next(name for name, answer in answers.figures.items() if answer.withheld)
    path = tmp_path / "w.xlsx"
    write_workbook(answers, path)
    book = openpyxl.load_workbook(path)
    sheet, row, column = locate(book, name)
    book[sheet].cell(row, column).value = 3
    book.save(path)
    answer = read_workbook(path).answers.figures[name]
    assert (answer.value, answer.confidentiality, answer.source) == (3, "F", "typed in the workbook")


def test_a_deleted_figure_of_the_project_is_said(open_project, tmp_path, locate):
    from kyoto.statistics.exchange.cts import fill, read_build, write_workbook

    path = tmp_path / "w.xlsx"
    write_workbook(fill(read_build(open_project.folder, None, "2023")).answers, path)
    book = openpyxl.load_workbook(path)
    sheet, row, column = locate(book, "1.2.01.T")
    book[sheet].cell(row, column).value = None
    book.save(path)
    read = read_workbook(path)
    assert "1.2.01.T" not in read.answers.figures
    assert any("of the project was deleted" in message for message in messages(read))


def test_another_edition_is_read_by_its_codes_and_said(change, answers):
    def edit(book):
        for row in book["Country"].iter_rows():
            for cell in row:
                if cell.value == questionnaire().edition:
                    cell.value = "kyoto-cts-0"

    read = read_workbook(change(edit))
    assert figures(read) == expected(answers)
    assert read.entries[0].message.startswith("the form is kyoto-cts-0, not ")


def test_area_and_year_may_be_said_where_the_first_sheet_is_gone(change, answers):
    path = change(lambda book: book.remove(book["Country"]))
    with pytest.raises(KyotoError) as caught:
        read_workbook(path)
    assert caught.value.code == "cts.no-area-or-year"
    read = read_workbook(path, area="XA", year="2023")
    assert (read.answers.area, read.answers.year) == ("XA", "2023")


def test_a_year_that_contradicts_the_workbook_is_said(filled):
    read = read_workbook(filled, year="2022")
    assert read.answers.year == "2022"
    assert "the workbook is of year 2023, read as 2022" in messages(read)


# --- what is no questionnaire ---------------------------------------------------------------------
def _foreign_workbook():
    book = openpyxl.Workbook()
    book.active.append(["Iso3_code", "Country", "VALUE"])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _bomb():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", b"\0" * 100_000_000)
    return buffer.getvalue()


COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
BAD = {
    "csv renamed": (b"cell,value\n1.2.01.T,5\n", "workbook.not-a-workbook", "text, such as CSV"),
    "picture": (b"\x89PNG\r\n\x1a\n\0\0\0", "workbook.not-a-workbook", "other bytes"),
    "empty": (b"", "workbook.not-a-workbook", ""),
    "password": (COMPOUND + "EncryptedPackage".encode("utf-16-le"), "workbook.password-protected", ""),
    "old Excel, damaged": (COMPOUND, "workbook.damaged-workbook", ""),
    "zip of something else": (b"PK\x03\x04 nothing of the kind", "workbook.damaged-workbook", ""),
    "another workbook": (_foreign_workbook(), "cts.not-the-questionnaire", "Sheet"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_questionnaire(tmp_path, name):
    content, code, got = BAD[name]
    path = tmp_path / "sent.xlsx"
    path.write_bytes(content)
    with pytest.raises(KyotoError) as caught:
        read_workbook(path)
    assert caught.value.code == code
    assert got in caught.value.got
    assert caught.value.where.file == str(path)
    assert caught.value.hint or caught.value.expected


def test_a_workbook_that_was_cut_off(filled):
    filled.write_bytes(filled.read_bytes()[:20_000])
    with pytest.raises(KyotoError) as caught:
        read_workbook(filled)
    assert caught.value.code == "workbook.damaged-workbook"


def test_a_small_file_that_unpacks_to_far_too_much(tmp_path):
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(_bomb())
    assert path.stat().st_size < 1_000_000
    with pytest.raises(KyotoError) as caught:
        read_workbook(path)
    assert caught.value.code == "workbook.damaged-workbook"
    assert "300 MB" in caught.value.got


def test_no_such_file(tmp_path):
    with pytest.raises(KyotoError) as caught:
        read_workbook(tmp_path / "none.xlsx")
    assert caught.value.code == "workbook.missing-file"
