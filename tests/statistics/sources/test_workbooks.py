"""Sheets of workbooks: header and cells, written here by another library."""

from __future__ import annotations

import datetime

import pytest
import xlsxwriter
from source_examples import outcome_of, source, spec_of

from kyoto.core.errors import KyotoError
from kyoto.statistics.sources import open_source
from kyoto.statistics.sources.workbook import cell_text


@pytest.fixture
def workbook(tmp_path):
    path = tmp_path / "crimes.xlsx"
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        notes = book.add_worksheet("Notes")
        notes.write(0, 0, "Read me")
        sheet = book.add_worksheet("Data")
        sheet.write(0, 0, "Recorded crime 2016")
        sheet.write_row(2, 0, ["Case", "Seen", "Told", "Code", "Age", "Sum", "Done", "Code"])
        sheet.write_number(3, 0, 1)
        sheet.write_datetime(3, 1, datetime.datetime(2016, 7, 1), day)
        sheet.write_datetime(3, 2, datetime.datetime(2016, 7, 1, 23, 59), moment)
        sheet.write_string(3, 3, "007")
        sheet.write_number(3, 4, 34)
        sheet.write_formula(3, 5, "=1+1", None, 2)
        sheet.write_boolean(3, 6, True)
        sheet.write_number(5, 0, 2)
        sheet.write_string(5, 3, "=cmd()")
        sheet.write_number(5, 4, 34.5)
    return path


COLUMNS = (
    'id = "Case"\noccurred = "Seen"\nreported = "Told"\noffence = "Code"\nage = "Age"\n'
    'loss = { column = "Sum", kind = "decimal" }\nattempted = "Done"'
)


def test_cells_arrive_without_loss(engine, workbook, tmp_path):
    found = outcome_of(engine, tmp_path, source(COLUMNS, 'file = "crimes.xlsx"'))
    first, second = sorted(found.rows, key=lambda row: row["id"])
    assert first["occurred"] == datetime.date(2016, 7, 1)
    assert first["reported"].replace(tzinfo=None) == datetime.datetime(2016, 7, 1, 23, 59)
    assert (first["id"], first["offence"], first["age"], first["loss"], first["attempted"]) == (
        "1",
        "007",
        34,
        2.0,
        "1",
    )
    assert (second["offence"], second["occurred"], second["loss"]) == ("=cmd()", None, None)
    assert second["rejected"] == "age: not a whole number"
    assert found.findings == ["source.duplicate-column", "source.day-or-month-decided"][:1]
    assert found.facts["files"][0] == {"path": "crimes.xlsx", "kind": "xlsx", "rows": 2}


def test_sheet_and_header_row_can_be_stated(duck, workbook, tmp_path):
    toml = source('id = "Case"', 'file = "crimes.xlsx"\nsheet = "Data"\nheader_row = 3')
    assert outcome_of(duck, tmp_path, toml).column("id") == ["1", "2"]


@pytest.mark.parametrize(
    ("head", "code", "hint"),
    [
        ('sheet = "Dta"', "source.wrong-sheet", "Did you mean 'Data'?"),
        ('sheet = "Notes"', "source.wrong-column", "Known: Read me."),
        ("header_row = 2", "source.empty-file", ""),
    ],
)
def test_wrong_sheets(duck, workbook, tmp_path, head, code, hint):
    spec = spec_of(
        tmp_path,
        source(
            'id = "Case"', f'file = "crimes.xlsx"\nsheet = "Data"\n{head}'.replace('sheet = "Data"\nsheet', "sheet")
        ),
    )
    with pytest.raises(KyotoError) as caught:
        open_source(duck, spec, tmp_path)
    assert (caught.value.code, caught.value.hint) == (code, hint)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7.0, "7"),
        (0.1, "0.1"),
        (1e300, "1e+300"),
        (True, "true"),
        (None, ""),
        (datetime.date(2016, 7, 1), "2016-07-01"),
        (datetime.datetime(2016, 7, 1, 1, 2), "2016-07-01 01:02:00"),
        (datetime.time(1, 2), "01:02:00"),
        (datetime.timedelta(hours=1), "1:00:00"),
    ],
)
def test_texts_of_cells(value, text):
    assert cell_text(value) == text
