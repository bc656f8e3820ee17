"""The workbook: the same bytes after export, import and export; and what Excel shows."""

from __future__ import annotations

from dataclasses import replace

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kyoto.statistics.exchange.cts import (
    Answer,
    Answers,
    answers_from,
    fill,
    observations,
    questionnaire,
    read_answers,
    read_build,
    read_workbook,
    write_answers,
    write_workbook,
)
from kyoto.statistics.exchange.cts.layout import CELLS_SHEET, TRACE_SHEET
from kyoto.statistics.exchange.cts.pages import fifteen_digits

CELLS = list(questionnaire().cells)


@pytest.fixture
def exported(open_project, tmp_path):
    path = tmp_path / "first.xlsx"
    write_workbook(fill(read_build(open_project.folder, None, "2023")).answers, path)
    return path


@pytest.mark.parametrize("form", ["workbook", "parquet", "csv"])
@pytest.mark.parametrize("project", ["open_project", "suppressed_project"])
def test_export_import_export_is_the_same_workbook(request, project, form, tmp_path):
    first, second = tmp_path / "first.xlsx", tmp_path / "second.xlsx"
    answers = fill(read_build(request.getfixturevalue(project).folder, None, "2023")).answers
    write_workbook(answers, first)
    read = read_workbook(first)
    assert read.entries == ()
    assert read.answers == answers
    again = read.answers
    if form != "workbook":
        write_answers(read.answers, tmp_path / f"answers.{form}")
        again = read_answers(tmp_path / f"answers.{form}")
    write_workbook(again, second)
    assert first.read_bytes() == second.read_bytes()


texts = st.text("ab=;é", max_size=9)
counts = st.integers(0, 10**12).map(float)
answer = st.one_of(
    st.builds(Answer, counts, st.sampled_from("AEPB"), st.just("F"), st.just("table x")),
    st.builds(Answer, st.floats(0, 1e9).map(fifteen_digits), st.just("A"), st.just("F"), st.just("typed"), texts),
    st.sampled_from([Answer(None, "L"), Answer(None, "M"), Answer(None, "Q", "C", "y"), Answer(None, "M", "N", "t")]),
)
words = st.text(st.characters(categories=("L", "N", "P", "Zs")), min_size=1, max_size=40).map(str.strip).filter(bool)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    figures=st.dictionaries(st.sampled_from(CELLS), answer, min_size=1, max_size=30),
    explanations=st.dictionaries(st.sampled_from(["1.2.01", "5.1.03", "8.1.04"]), words),
    texts=st.dictionaries(st.sampled_from(["M.02.police", "M.12.survey", "R.office"]), words),
)
def test_any_answers_come_back_and_give_the_same_bytes(tmp_path, figures, explanations, texts):
    ordered = {name: figures[name] for name in CELLS if name in figures}
    answers = Answers("XA", "2023", ordered, dict(sorted(explanations.items())), texts)
    first, second = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    write_workbook(answers, first)
    read = read_workbook(first).answers
    assert dict(read.figures) == ordered
    assert (dict(read.explanations), dict(read.texts)) == (explanations, texts)
    write_workbook(answers_from(observations(read)), second)
    assert first.read_bytes() == second.read_bytes()


def test_another_reader_finds_every_figure_where_its_row_and_column_say(answers, filled, locate):
    book = openpyxl.load_workbook(filled)
    for name in CELLS[:: len(CELLS) // 60]:
        sheet, row, column = locate(book, name)
        assert book[sheet].cell(row, column).value == answers.value(name), name
        heading = next(
            book[sheet].cell(line, column).value
            for line in range(row - 1, 0, -1)
            if book[sheet].cell(line, 1).value == "Row"
        )
        assert heading == questionnaire().cells[name].column.label


def test_each_filled_cell_says_where_it_came_from(open_project, exported, locate):
    book = openpyxl.load_workbook(exported)
    sheet, row, column = locate(book, "1.2.01.F")
    cell = book[sheet].cell(row, column)
    assert "table victims, source homicides" in cell.comment.text
    trace = {line[0]: line for line in book[TRACE_SHEET].iter_rows(min_row=5, values_only=True)}
    assert trace["1.2.01.F"][4] == cell.value
    assert trace["1.2.01.F"][7] == "table victims, source homicides"


def test_withheld_cells_are_blank_hatched_and_explained(suppressed_project, tmp_path, locate):
    answers = fill(read_build(suppressed_project.folder, None, "2023")).answers
    name = next(name for name, answer in answers.figures.items() if answer.withheld)
    write_workbook(answers, tmp_path / "w.xlsx")
    book = openpyxl.load_workbook(tmp_path / "w.xlsx")
    sheet, row, column = locate(book, name)
    cell = book[sheet].cell(row, column)
    assert cell.value is None
    assert cell.fill.patternType not in (None, "none", "solid")
    assert "Not shown: confidential" in cell.comment.text


def test_the_workbook_helps_to_fill_it(exported, locate):
    book = openpyxl.load_workbook(exported)
    for sheet in book.worksheets:
        assert sheet.freeze_panes, sheet.title
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.column_dimensions["B"].width > 30 or sheet.title == TRACE_SHEET
    sheet, row, column = locate(book, "1.6.04.M")
    address = book[sheet].cell(row, column).coordinate
    rules = [rule for rule in book[sheet].data_validations.dataValidation if address in rule.sqref]
    assert [rule.type for rule in rules] == ["custom"]
    assert rules[0].errorStyle == "warning"
    choices = [rule for rule in book["Counting rules"].data_validations.dataValidation if rule.type == "list"]
    assert any("yes" in rule.formula1 for rule in choices)


def test_a_total_that_differs_from_its_parts_turns_red(exported, locate):
    book = openpyxl.load_workbook(exported)
    sheet, row, column = locate(book, "1.2.01.T")
    address = book[sheet].cell(row, column).coordinate
    formulas = [
        rule.formula[0]
        for area in book[sheet].conditional_formatting
        if str(area.sqref) == address
        for rule in area.rules
    ]
    parts = [book[sheet].cell(row, column + step).coordinate for step in (1, 2, 3)]
    assert any(all(part in formula for part in parts) for formula in formulas)


def test_nothing_in_the_workbook_can_run(exported, tmp_path):
    answers = Answers("XA", "2023", {}, {"1.2.01": '=HYPERLINK("x")'}, {"R.office": "=1+1"})
    write_workbook(answers, tmp_path / "w.xlsx")
    book = openpyxl.load_workbook(tmp_path / "w.xlsx")
    for path_book in (book, openpyxl.load_workbook(exported)):
        for sheet in path_book.worksheets:
            assert not [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert read_workbook(tmp_path / "w.xlsx").answers.texts["R.office"] == "=1+1"


def test_observations_have_one_row_a_cell_and_the_classes_of_the_form(answers):
    frame = observations(answers).to_pandas()
    figures = frame[frame["unit"] != "text"].set_index("cell")
    assert list(figures.index) == CELLS
    row = figures.loc["1.6.06.F"]
    assert (row["iccs"], row["sex"], row["age"], row["period"]) == ("0101", "F", "Y20T24", "2023")
    assert figures.loc["1.17.06.T"]["iccs"] == "07032+07033+07034+07035+07039"
    assert figures.loc["5.1.01.T"]["iccs"] == "_T"
    assert figures.loc["6.1.01.T"]["iccs"] == "_Z"
    keys = [name for name in frame.columns if name not in ("value", "lower", "upper", "note")]
    assert not frame.duplicated(keys).any()


def test_blanks_around_texts_and_signs_of_a_footer_change_nothing(tmp_path):
    figures = {"1.2.01.T": Answer(3.0, note=" a note ")}
    answers = Answers("A&B", "2023", figures, {"1.2.01": " because "}, {"R.office": " & Sons ", "M.02.police": "x\n"})
    first, second = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    write_workbook(answers, first)
    write_workbook(read_workbook(first).answers, second)
    assert first.read_bytes() == second.read_bytes()
    assert "A&&B, 2023" in openpyxl.load_workbook(first)["1 Police"].oddFooter.center.text


def test_a_text_that_excel_would_cut_is_refused(tmp_path):
    from kyoto.core.errors import KyotoError

    with pytest.raises(KyotoError) as caught:
        write_workbook(Answers("XA", "2023", {}, {"1.2.01": "x" * 32_768}), tmp_path / "a.xlsx")
    assert caught.value.code == "cts.text-too-long"
    assert not (tmp_path / "a.xlsx").exists()


def test_each_cell_says_what_it_asks(exported, locate):
    """Filled or blank: definition, class, counting unit and time, in the prompt of the cell and on the sheet Cells."""
    book = openpyxl.load_workbook(exported)
    prompts = {
        (sheet.title, str(rule.sqref)): (rule.promptTitle, rule.prompt)
        for sheet in book.worksheets
        for rule in sheet.data_validations.dataValidation
    }
    sheet, row, column = locate(book, "1.2.01.F")
    title, prompt = prompts[sheet, book[sheet].cell(row, column).coordinate]
    assert (title, prompt) == (
        "1.2.01.F",
        "Victims of intentional homicide; Female\nCounts: victims; during the year\nICCS 0101",
    )
    titles = {title for title, _ in prompts.values()}
    assert set(CELLS) <= titles
    assert all(len(prompt or "") <= 255 for _, prompt in prompts.values())
    listed = {line[0]: line for line in book[CELLS_SHEET].iter_rows(min_row=5, values_only=True)}
    assert list(listed) == CELLS
    assert listed["5.2.03.F"][3:] == (
        *("Female", "", "legal status", "persons held", "on the reference date", "Persons held: Unsentenced"),
    )
    assert listed["1.2.01.F"][4:8] == ("0101", "Intentional homicide", "victims", "during the year")
    assert all(line[6] for line in listed.values())


def test_only_cells_to_be_filled_can_be_typed_into(exported, locate):
    book = openpyxl.load_workbook(exported)
    for sheet in book.worksheets:
        assert sheet.protection.sheet, sheet.title
        assert not sheet.protection.password
    for name in ("1.2.01.F", "5.9.02.T", "8.1.01.T"):
        sheet, row, column = locate(book, name)
        assert not book[sheet].cell(row, column).protection.locked
        assert all(book[sheet].cell(row, place).protection.locked for place in (1, 2, 3))
    explanations = [cell for cell in book["1 Police"]["H"] if cell.border.left.style and cell.row > 5]
    assert explanations
    assert not any(cell.protection.locked for cell in explanations)
    questions = [row[2] for row in book["Counting rules"].iter_rows(min_row=5)]
    assert len(questions) == 17
    assert not any(cell.protection.locked for cell in questions)


def test_the_country_is_named_by_its_code_where_the_project_does_not(open_project, tmp_path):
    built = read_build(open_project.folder, None, "2023")
    answers = fill(replace(built, area="GBR_S", cts=replace(built.cts, respondent={}))).answers
    write_workbook(answers, tmp_path / "w.xlsx")
    book = openpyxl.load_workbook(tmp_path / "w.xlsx")
    assert book["1 Police"]["A2"].value == "Scotland (GBR_S), 2023"
    assert read_workbook(tmp_path / "w.xlsx").answers.texts["R.name"] == "Scotland"


def test_names_under_which_cells_are_published_are_those_of_the_files(shared_data):
    """No reference that the files of UNODC do not hold."""
    from kyoto.statistics.exchange.cts.published import published_names
    from kyoto.statistics.exchange.series import read_series

    names = {"unodc_cts_prisons_counts_2023vintage", "unodc_cts_violent_sexual_counts_2025vintage"}
    names |= {"unodc_cts_corruption_economic_counts_2024vintage"}
    frames = [read_series(shared_data / "un" / f"{name}.csv").observations for name in sorted(names)]
    held = {
        f"{series}: {category}"
        for frame in frames
        for series, category in zip(frame["series"], frame["category"], strict=True)
    }
    assert len(set(published_names().values())) > 40
    assert {
        name for name in published_names().values() if name.casefold() not in {each.casefold() for each in held}
    } == set()
