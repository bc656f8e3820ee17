"""The form as data: it holds together, and asks what the survey is known to ask."""

from __future__ import annotations

import csv
import re

import pytest

from kyoto.core.errors import KyotoError
from kyoto.statistics.classification import iccs
from kyoto.statistics.exchange.cts import questionnaire
from kyoto.statistics.exchange.cts.layout import table_note, tables_of, width_of
from kyoto.statistics.sources.concepts import CONCEPTS

FORM = questionnaire()


def test_every_section_of_the_survey_is_there():
    words = " ".join(section.title.lower() for section in FORM.sections)
    for asked in ("police", "prosecuted", "courts", "prison", "personnel", "trafficking", "victimization", "justice"):
        assert asked in words


def test_ids_name_table_row_and_column():
    for name, cell in FORM.cells.items():
        assert re.fullmatch(r"\d\.\d{1,2}\.\d{2}\.[A-Z]+", name)
        assert name.startswith(f"{cell.table.section}.")
    assert len({table.id for table in FORM.tables}) == len(FORM.tables)
    for table in FORM.tables:
        assert len({row.id for row in table.rows}) == len(table.rows)


def test_every_class_is_one_of_iccs():
    codes = {code for cell in FORM.cells.values() for code in cell.row.iccs}
    assert len(codes) > 60
    assert all(iccs().get(code).code == code for code in codes)


@pytest.mark.parametrize("table", FORM.tables, ids=lambda table: table.id)
def test_sums_name_rows_and_columns_that_are_there(table):
    rows, columns = {row.id for row in table.rows}, {column.key for column in table.columns}
    assert all(set(part) <= rows for part in table.row_parts)
    assert all(set(part) <= columns for part in table.column_parts)
    assert {row.of for row in table.rows if row.of} <= rows
    assert {key for row in table.rows for key in row.columns} <= columns
    assert table_note(table)


def test_value_lists_name_concepts_of_the_vocabulary_and_entries_that_are_there():
    for entries in FORM.values.values():
        assert {concept for spec in entries.values() for concept in spec} <= set(CONCEPTS)
    for cell in FORM.cells.values():
        for name, entry in cell.row.dims:
            assert entry in FORM.values[name]
            assert name in FORM.variables


def test_labels_of_a_table_differ_so_that_words_can_find_a_row():
    for table in FORM.tables:
        assert len({row.label for row in table.rows}) == len(table.rows)


def test_every_sheet_has_a_table_and_a_name_that_excel_takes():
    for section in FORM.sections:
        assert tables_of(section)
        assert width_of(section) >= 1
        assert len(section.sheet) <= 31


def test_questions_cover_the_counting_rules():
    filled = {question.filled for question in FORM.questions}
    assert {"unit", "principal_offence", "attempts", "date", "reference_period", "correspondence"} <= filled


@pytest.mark.parametrize(("call", "code"), [("table", "cts.unknown-table"), ("cell", "cts.unknown-cell")])
def test_what_is_not_asked(call, code):
    with pytest.raises(KyotoError) as caught:
        getattr(FORM, call)("1.99")
    assert caught.value.code == code


@pytest.mark.shared
def test_the_form_asks_every_class_that_the_survey_is_known_to_ask(shared_data):
    """Reference: the categories gathered from published UNODC files and from glossaries of UN-CTS items."""
    known = {"offence": "offence", "victim (person)": "victim", "person (suspect)": "suspect"}
    known |= {"person (defendant)": "prosecuted", "person (convicted)": "convicted", "person (stock)": "held"}
    asked = {(cell.row.population.name, code) for cell in FORM.cells.values() for code in cell.row.iccs}
    with (shared_data / "classification" / "un_cts_tables.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["iccs_code"] and row["counting_unit"] in known]
    missing = {
        (known[row["counting_unit"]], row["iccs_code"])
        for row in rows
        if (known[row["counting_unit"]], row["iccs_code"]) not in asked
    }
    assert len(rows) > 180
    assert missing == set()
