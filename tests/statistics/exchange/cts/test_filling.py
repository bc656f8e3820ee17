"""Every figure of the workbook against a count of the records that this test makes itself."""

from __future__ import annotations

import dataclasses
import re
import shutil

import pandas as pd
import pytest

from kyoto.core.errors import KyotoError
from kyoto.statistics.exchange.cts import fill, observations, questionnaire, read_build, suggested_tables, write_answers

AGES = {"Y0T17": range(18), "Y_GE18": range(18, 200), "Y0T9": range(10), "Y10T14": range(10, 15)}
AGES |= {"Y15T17": range(15, 18), "Y18T19": range(18, 20), "Y20T24": range(20, 25), "Y25T29": range(25, 30)}
AGES |= {"Y30T44": range(30, 45), "Y45T59": range(45, 60), "Y_GE60": range(60, 200)}
RELATIONS = {"partner_or_family": "1", "partner": "1.1", "family": "1.2", "known": "2", "stranger": "3"}
SOURCES = {"victim": "homicides", "offence": "crimes", "suspect": "suspects", "held": "prisons"}


def counted(made, cell, year="2023"):
    """Records of a cell, counted with pandas; None where the records cannot tell."""
    frame = made.records[SOURCES[cell.row.population.name]]
    days = frame.get("day", frame.get("held_on"))
    frame = frame[days.str.startswith(year)]
    if cell.row.iccs:
        frame = frame[frame["iccs"].map(lambda code: code.startswith(cell.row.iccs))]
    if cell.sex != "_T":
        frame = frame[frame["sex"] == ("unknown" if cell.sex == "_U" else cell.sex)]
    if cell.age == "_U":
        frame = frame[frame["age"] == "unknown"]
    elif cell.age != "_T":
        frame = frame[frame["age"].map(lambda age: age != "unknown" and int(age) in AGES[cell.age])]
    for name, entry in cell.row.dims:
        frame = frame[frame.apply(lambda row, n=name, e=entry: _is(row, n, e), axis=1)] if len(frame) else frame
    return len(frame)


def _is(row, name, entry):
    if name == "relationship":
        return (
            row["relationship"] == "unknown" if entry == "unknown" else row["relationship"].startswith(RELATIONS[entry])
        )
    if name == "weapon":
        return row["weapon"] in {"firearm": "1", "firearm_or_sharp": "12"}[entry]
    if name == "legal_status":
        return row["status"] == entry
    return row["citizenship"] == entry


@pytest.fixture(scope="module")
def answered(open_project):
    return fill(read_build(open_project.folder, None, "2023")).answers


def test_each_figure_is_the_count_of_its_records(open_project, answered):
    checked = 0
    for name, answer in answered.figures.items():
        cell = questionnaire().cells[name]
        if cell.row.population.name in SOURCES:
            assert answer.value == counted(open_project, cell), name
            checked += 1
    assert checked > 200


def test_many_kinds_of_cells_are_filled(answered):
    for name in ("1.1.01.T", "1.1.02.T", "1.2.01.F", "1.3.03.M", "1.6.11.U", "1.7.03.F", "1.10.02.T", "2.1.02.F"):
        assert name in answered.figures, name
    for name in ("2.2.03.M", "2.3.03.F", "2.4.07.U", "5.1.03.F", "5.2.03.T", "0.1.01.F"):
        assert name in answered.figures, name


def test_population_and_figures_that_the_office_gives(answered):
    assert answered.value("0.1.01.T") == 5_000_000
    assert answered.value("0.1.01.F") == 2_550_000
    assert answered.value("5.9.02.T") == 180
    assert answered.figures["5.9.02.T"].source == "given in [cts.cells]"


def test_a_table_with_a_condition_serves_only_where_the_project_names_it(open_project, answered):
    frame = open_project.records["prisons"]
    foreign = ((frame["citizenship"] == "foreign") & frame["held_on"].str.startswith("2023")).sum()
    assert answered.value("5.11.01.T") == foreign
    assert answered.value("5.1.01.T") != foreign
    assert "5.4.03.T" not in answered.figures  # no table of persons held is by citizenship


def test_a_row_that_only_words_tell_takes_the_table_that_the_project_names_for_it(open_project, tmp_path, rebuild):
    folder = tmp_path / "copy"
    shutil.copytree(open_project.folder, folder)
    text = (folder / "kyoto.toml").read_text(encoding="utf-8")
    text = text.replace('"5.11" =', '"5.3.02" = "women_unsentenced"\n"5.11" =')
    text += '\n[tables.women_unsentenced]\nsource = "prisons"\nby = ["period:year"]\n'
    text += 'where = \'sex == "F" and legal_status == "unsentenced"\'\n'
    (folder / "kyoto.toml").write_text(text, encoding="utf-8")
    rebuild(folder)
    frame = open_project.records["prisons"]
    wanted = (frame["sex"] == "F") & (frame["status"] == "unsentenced") & frame["held_on"].str.startswith("2023")
    answers = fill(read_build(folder, None, "2023")).answers
    assert answers.value("5.3.02.T") == wanted.sum()
    assert "5.3.03.T" not in answers.figures


def test_classes_without_any_record_stay_empty_where_nothing_leads_to_them(open_project):
    filled = fill(read_build(open_project.folder, None, "2023"))
    assert "1.16.02.T" not in filled.answers.figures
    assert "no record of 06011 in any year" in filled.gaps["1.16.02.T"]


def test_a_cell_without_records_is_zero_where_its_class_occurs_in_other_years(open_project, tmp_path, rebuild):
    folder = tmp_path / "copy"
    shutil.copytree(open_project.folder, folder)
    frame = open_project.records["crimes"]
    frame = frame[~((frame["iccs"] == "0701") & frame["day"].str.startswith("2023"))]
    frame.to_csv(folder / "crimes.csv", index=False)
    rebuild(folder)
    assert fill(read_build(folder, None, "2023")).answers.value("1.17.01.T") == 0.0


def test_withheld_cells_have_no_value_and_say_so(suppressed_project):
    answers = fill(read_build(suppressed_project.folder, None, "2023")).answers
    withheld = {name: answer for name, answer in answers.figures.items() if answer.withheld}
    assert withheld
    for name, answer in withheld.items():
        assert answer.value is None, name
        assert answer.confidentiality != "F" or answer.status == "Q", name


def test_no_small_true_count_leaves_through_the_questionnaire(suppressed_project):
    answers = fill(read_build(suppressed_project.folder, None, "2023")).answers
    for name, answer in answers.figures.items():
        cell = questionnaire().cells[name]
        if cell.row.population.name in SOURCES and answer.value is not None and "sum of" not in answer.note:
            assert not 0 < answer.value < 5, name


def test_figures_are_the_perturbed_ones(perturbed_project, open_project):
    answers = fill(read_build(perturbed_project.folder, None, "2023")).answers
    exact = fill(read_build(open_project.folder, None, "2023")).answers
    common = answers.figures.keys() & exact.figures.keys()
    differing = [name for name in common if answers.value(name) != exact.value(name)]
    assert len(differing) > len(common) / 4


def test_counting_rules_are_answered_from_the_project(answered):
    texts = answered.texts
    assert "homicides (homicides.csv)" in texts["M.01.police"]
    assert "offence (crimes" in texts["M.02.police"]
    assert texts["M.02.prisons"] == "prisoner"
    assert texts["M.03.police"] == "no"
    assert texts["M.04.prisons"] == "counted with completed offences"
    assert texts["M.05.police"] == "by recorded"
    assert texts["M.06.prisons"] == "calendar year 2023"
    assert texts["M.10.prisons"] == "not protected"
    assert texts["M.11.police"] == "no"
    assert texts["R.office"] == "Statistical office"
    assert "M.02.courts" not in texts


def test_coverage_counts_every_cell(open_project):
    filled = fill(read_build(open_project.folder, None, "2023"))
    assert sum(each.asked for each in filled.coverage) == len(questionnaire().cells)
    assert sum(each.empty for each in filled.coverage) == len(filled.gaps)
    assert sum(each.filled + each.withheld for each in filled.coverage) == len(filled.answers.figures)


def test_suggested_tables_fill_more_once_they_are_added(open_project, tmp_path, rebuild):
    built = read_build(open_project.folder, None, "2023")
    before = fill(built).answers
    suggestion = suggested_tables(built, before)
    assert 'no source has unit = "person convicted"' in suggestion
    assert "source homicides has no column for homicide_mechanism, homicide_context" in suggestion
    assert suggestion.count("[tables.") == 1  # one table serves all that is missing
    folder = tmp_path / "copy"
    shutil.copytree(open_project.folder, folder)
    file = folder / "kyoto.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text + "\n" + suggestion, encoding="utf-8")
    rebuild(folder)
    after = fill(read_build(folder, None, "2023")).answers
    assert len(after.figures) > len(before.figures)
    assert after.value("5.4.03.T") == counted(open_project, questionnaire().cells["5.4.03.T"])


@pytest.mark.parametrize(
    ("area", "year", "code"), [("XB", "2023", "cts.unknown-area"), (None, "1999", "cts.unknown-year")]
)
def test_an_area_or_year_that_is_not_there(open_project, area, year, code):
    with pytest.raises(KyotoError) as caught:
        read_build(open_project.folder, area, year)
    assert caught.value.code == code
    assert caught.value.got


def test_a_project_without_build(tmp_path, open_project):
    (tmp_path / "kyoto.toml").write_bytes((open_project.folder / "kyoto.toml").read_bytes())
    with pytest.raises(KyotoError) as caught:
        read_build(tmp_path, None, "2023")
    assert caught.value.code == "cts.no-build"


@pytest.mark.parametrize(
    ("extra", "wrong"),
    [
        ('[cts.tables]\n"9.99" = "held"', "no table '9.99'"),
        ('[cts.tables]\n"5.1" = "hold"', "No table 'hold'"),
        ('[cts.tables]\n"5.3" = "held"', "No table can tell the rows of 5.3 apart"),
        ('[cts.tables]\n"5.3.09" = "held"', "Table 5.3 has no row '09'"),
        ('[cts.tables]\n"9.3" = "held"', "asks percentages"),
        ('[cts.cells.2023]\n"5.9.9.T" = 1', "no cell '5.9.9.T'"),
        ('[cts.cells.2023]\n"5.9.02.T" = [1]', "Neither a number nor"),
        ('[cts.answers]\n"M.99.police" = "x"', "No question 'M.99.police'"),
        ("[cts]\nanswer = 1", "Unknown key 'answer'"),
        ('[cts.respondent]\nofice = "x"', "Unknown key 'ofice'"),
    ],
)
def test_mistakes_in_the_section_are_reported_with_their_line(open_project, tmp_path, extra, wrong):
    text = (open_project.folder / "kyoto.toml").read_text(encoding="utf-8")
    text = re.sub(r"\[cts\.tables\].*?\n(?=\[disclosure\])", extra + "\n", text, flags=re.DOTALL)
    (tmp_path / "kyoto.toml").write_text(text, encoding="utf-8")
    with pytest.raises(KyotoError) as caught:
        read_build(tmp_path, None, "2023")
    assert wrong in str(caught.value)
    assert caught.value.where.line == text[: text.index(extra.splitlines()[-1])].count("\n") + 1


def test_imported_answers_serve_as_a_source_of_another_project(answered, tmp_path, rebuild):
    write_answers(answered, tmp_path / "answers.csv")
    (tmp_path / "kyoto.toml").write_text(
        """
[project]
area = "XA"
[sources.answers]
unit = "suspect"
files = { answers = "answers.csv" }
sql = "SELECT period, iccs, sex, CAST(value AS DOUBLE) AS n FROM answers WHERE series = 'cts.2.3' AND sex <> '_T'"
[sources.answers.columns]
period = "period"
iccs = "iccs"
sex = "sex"
count = "n"
[tables.suspects]
source = "answers"
by = ["iccs", "period:year", "sex"]
[disclosure]
method = "none"
""",
        encoding="utf-8",
    )
    rebuild(tmp_path)
    again = fill(read_build(tmp_path, None, "2023")).answers
    for section in ("01", "03", "05"):
        name = f"2.3.{section}.F"
        assert again.value(name) == answered.value(name)
    assert observations(again).num_rows


def test_an_example_on_real_data_gives_the_figures_of_its_file(examples_copy, examples_data, tmp_path, rebuild):
    """Reference: sums over the jurisdictions of Maryland in the file itself, of which the rows are read with pandas."""
    folder = tmp_path / "four-areas"
    shutil.copytree(examples_copy / "four-areas", folder, ignore=shutil.ignore_patterns("build", ".kyoto"))
    rebuild(folder)
    answers = fill(read_build(folder, "US-MD", "2016")).answers
    year = pd.read_csv(examples_data / "MD_Crime_Data.csv").query("YEAR == 2016")
    cells = {"1.1.01.T": "MURDER", "1.10.02.T": "RAPE", "1.11.01.T": "ROBBERY", "1.15.01.T": "B & E"}
    assert {cell: answers.value(cell) for cell in cells} == {cell: year[name].sum() for cell, name in cells.items()}
    assert answers.value("0.1.01.T") == year["POPULATION"].sum()
    assert answers.texts["M.03.police"] == "yes"
    assert answers.texts["M.07.police"] == "correspondence table us-maryland"
    with pytest.raises(KyotoError) as caught:
        read_build(folder, "FR", "2016")
    assert caught.value.code == "cts.unknown-area"


def test_a_table_of_another_area_says_nothing_about_this_one(open_project):
    """Zero is what a table counted, never what it does not cover."""
    built = read_build(open_project.folder, None, "2023")
    assert all(table.counted for table in built.tables.values())
    from kyoto.statistics.exchange.cts.selecting import select_figure

    table = dataclasses.replace(built.tables["victims"], counted=False, figures={})
    selected = select_figure(table, questionnaire().cells["1.2.01.T"])
    assert (selected.figure, selected.reason) == (None, "counted nothing in this area and year")
