"""``kyoto cts``: what each command prints, writes and refuses."""

from __future__ import annotations

import csv
import io
import json

import openpyxl
import pandas as pd
import pytest

from kyoto.statistics.exchange.cts import questionnaire


def test_export_writes_the_workbook_and_says_what_is_missing(kyoto, open_project, tmp_path):
    out = tmp_path / "cts.xlsx"
    code, printed, _ = kyoto("cts", "export", open_project.folder, "--year", "2023", "--out", out)
    assert code == 0
    assert out.stat().st_size > 20_000
    assert f"of {len(questionnaire().cells)} cells filled" in printed
    assert "no table counts in units of person convicted" in printed
    assert "[tables.cts_held_sex_citizenship]" in printed


def test_export_as_json_counts_the_same_cells(kyoto, open_project, tmp_path):
    out = tmp_path / "cts.xlsx"
    _, printed, _ = kyoto("cts", "export", open_project.folder, "--year", "2023", "--out", out, "--json")
    found = json.loads(printed)
    assert sum(row["cells"] for row in found["coverage"]) == len(questionnaire().cells)
    assert found["workbook"] == out.as_posix()
    _, printed, _ = kyoto("cts", "import", out, "--json")
    figures = [row for row in json.loads(printed) if row["unit"] != "text"]
    assert sum(row["filled"] + row["withheld"] for row in found["coverage"]) == len(figures)


def test_export_import_export_with_commands(kyoto, open_project, tmp_path):
    first, answers, second = tmp_path / "a.xlsx", tmp_path / "answers.parquet", tmp_path / "b.xlsx"
    kyoto("cts", "export", open_project.folder, "--area", "XA", "--year", "2023", "--out", first)
    assert kyoto("cts", "import", first, "--out", answers)[0] == 0
    assert kyoto("cts", "export", answers, "--out", second)[0] == 0
    assert first.read_bytes() == second.read_bytes()


def test_import_prints_and_writes_the_same_rows(kyoto, filled, tmp_path):
    out = tmp_path / "answers.csv"
    code, printed, _ = kyoto("cts", "import", filled, "--csv", "--out", out)
    assert code == 0
    shown = pd.read_csv(io.StringIO(printed), dtype=str)
    written = pd.read_csv(out, dtype=str)
    assert list(shown.columns) == list(written.columns)
    assert shown["cell"].tolist() == written["cell"].tolist()


def test_form_prints_every_cell(kyoto):
    rows = list(csv.DictReader(io.StringIO(kyoto("cts", "form", "--csv")[1])))
    assert [row["cell"] for row in rows] == list(questionnaire().cells)
    assert "1.2.01.F" in kyoto("cts", "form", "--table-id", "1.2")[1]


def test_the_blank_form_is_filled_by_hand_and_read(kyoto, tmp_path, locate):
    path = tmp_path / "blank.xlsx"
    assert kyoto("cts", "form", "--out", path)[0] == 0
    book = openpyxl.load_workbook(path)
    sheet, row, column = locate(book, "5.1.01.T")
    book[sheet].cell(row, column).value = "8 645"
    book.save(path)
    code, printed, _ = kyoto("cts", "import", path, "--area", "AT", "--year", "2023", "--json")
    assert code == 0
    assert [(row["area"], row["cell"], row["value"]) for row in json.loads(printed)] == [("AT", "5.1.01.T", 8645.0)]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["export", "{project}", "--out", "{tmp}/x.xlsx"], "cts.no-area-or-year"),
        (["export", "{tmp}", "--year", "2023", "--out", "{tmp}/x.xlsx"], "project.missing-file"),
        (["export", "{tmp}/none.parquet", "--out", "{tmp}/x.xlsx"], "cts.missing-file"),
        (["export", "{tmp}/notes.csv", "--out", "{tmp}/x.xlsx"], "cts.no-answers"),
        (["export", "{project}", "--year", "2023", "--out", "/proc/x.xlsx"], "files.cannot-write"),
        (["import", "{tmp}/notes.csv"], "workbook.not-a-workbook"),
        (["import", "{filled}", "--out", "{tmp}/x.txt"], "cts.unknown-format"),
        (["check", "{tmp}/none.xlsx"], "workbook.missing-file"),
        (["check", "{filled}", "--last", "{tmp}/none.xlsx"], "workbook.missing-file"),
        (["form", "--table-id", "12.1"], "cts.unknown-table"),
    ],
)
def test_what_cannot_be_done_is_said(kyoto, open_project, filled, tmp_path, arguments, code):
    (tmp_path / "notes.csv").write_text("a,b\n1,2\n")
    places = {"project": open_project.folder, "tmp": tmp_path, "filled": filled}
    exit_code, _, errors = kyoto("cts", *(argument.format(**places) for argument in arguments))
    assert exit_code == 2
    assert code in errors
    assert "Traceback" not in errors
