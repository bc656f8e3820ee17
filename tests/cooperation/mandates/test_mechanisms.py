"""Review mechanisms: tables in, bad rows with their place and remedy, views by cycle and State, both stores."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date

import pytest

from kyoto.cooperation.mandates.followup import FileStore, Register, read_calendar
from kyoto.cooperation.mandates.links.citations import known_instruments
from kyoto.cooperation.mandates.mechanisms import (
    add_recommendations,
    change_recommendation,
    known_mechanisms,
    mechanism_of,
    read_recommendations,
    recommendation_rows,
    recommendations_of,
    review_counts,
)
from kyoto.core.errors import KyotoError

DAY = date(2027, 9, 1)
HEADER = "mechanism,cycle,state,number,provision,recommendation,response,status,due,units,evidence\n"
ROWS = (
    'UNCAC IRM,2,Austria,1,Article 9 (2),"Adopt a law on\nprocurement, with deadlines",accepted,in progress,2027-06-30,'
    "Ministry of Finance,\n"
    "UNCAC IRM,2,AUT,2,Art. 5,Review the strategy against corruption,accepted,implemented,,Prime Minister's Office;"
    "Audit Court,Strategy of 2027\n"
    "UNCAC IRM,2,Bolivia,1,14,Assess the risks of money-laundering,noted,,2028,,\n"
    "upr,4th cycle,AT,139.12,,Reduce overcrowding of prisons,supported,not implemented,session:ccpcj-30,,\n"
    "other:peer-review,1,France,,,Publish data on reoffending,,,,,\n"
)


def table(path, text):
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def reviews(tmp_path):
    return table(tmp_path / "reviews.csv", HEADER + ROWS)


def registered(path, register=None, day=DAY):
    found = read_recommendations(path).recommendations
    return add_recommendations(register or Register(), found, today=day, by="desk")


def rows_of(register, **filters):
    return recommendation_rows(recommendations_of(register, **filters), read_calendar(), today=DAY)


def test_words_of_the_table_become_kyotos(reviews):
    first, second, third, fourth, fifth = read_recommendations(reviews).recommendations
    assert (first.id, first.mechanism, first.cycle, first.state) == ("uncac-irm-2-AUT-1", "uncac-irm", "2", "AUT")
    assert first.text == "Adopt a law on procurement, with deadlines"
    assert (first.article, second.article, third.article) == (9, 5, 14)
    assert (first.due, third.due, fourth.due) == (("date:2027-06-30",), ("date:2028",), ("session:ccpcj-30",))
    assert (second.status, second.units) == ("done", ("Prime Minister's Office", "Audit Court"))
    assert (third.state, third.response) == ("BOL", "noted")
    assert (fourth.id, fourth.cycle, fourth.response, fourth.status) == (
        "upr-4-AUT-139.12", "4", "accepted", "not-started",
    )  # fmt: skip
    assert fifth.id.startswith("other-peer-review-1-FRA-")
    assert fifth.response == "pending"


def test_a_workbook_gives_what_the_text_gives(reviews, tmp_path):
    import csv

    import xlsxwriter

    path = tmp_path / "reviews.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Notes").write(0, 0, "Nothing here")
        sheet = book.add_worksheet("Matrix")
        sheet.write(0, 0, "Status of implementation")
        with reviews.open(encoding="utf-8", newline="") as file:
            for line, row in enumerate(csv.reader(file), 2):
                sheet.write_row(line, 0, row)
    assert read_recommendations(path).recommendations == read_recommendations(reviews).recommendations


def test_columns_with_other_names_and_words_for_all_rows(tmp_path):
    text = "State under review;Recommendation;Recommending State;Position;Theme\nFRA;To act.;Austria; Noted ;Prisons\n"
    found = read_recommendations(table(tmp_path / "a.csv", text), mechanism="UPR", cycle="3")
    (one,) = found.recommendations
    assert (one.mechanism, one.cycle, one.made_by, one.response) == ("upr", "3", ("Austria",), "noted")
    assert found.ignored == ("Theme",)


def test_the_same_words_of_two_states_are_two_recommendations(tmp_path):
    text = "mechanism,cycle,state,recommendation,made by\nupr,3,AUT,To act.,Spain\nupr,3,AUT,To act.,Chile\n"
    one, other = read_recommendations(table(tmp_path / "a.csv", text)).recommendations
    assert one.id != other.id
    with pytest.raises(KyotoError):
        read_recommendations(table(tmp_path / "b.csv", text.replace("Chile", "Spain")))


BAD = {
    "mechanism": ("UPRR,2,AUT,,,To act.,,,,,\n", "mandates.wrong-row", "mechanism", "UPRR", "Did you mean 'upr'"),
    "no mechanism": (",2,AUT,,,To act.,,,,,\n", "mandates.wrong-row", "mechanism", "an empty cell", "other:name"),
    "cycle": ("UPR,soon,AUT,,,To act.,,,,,\n", "mandates.wrong-row", "cycle", "soon", ""),
    "state": ("UPR,2,Austira,,,To act.,,,,,\n", "mandates.wrong-row", "state", "Austira", "Austria"),
    "no state": ("UPR,2,,,,To act.,,,,,\n", "mandates.wrong-row", "state", "an empty cell", "three-letter code"),
    "no text": ("UPR,2,AUT,1,,,,,,,\n", "mandates.wrong-row", "recommendation", "an empty cell", "remove the row"),
    "response": ("UPR,2,AUT,,,To act.,acepted,,,,\n", "mandates.wrong-row", "response", "acepted", "accepted"),
    "status": ("UPR,2,AUT,,,To act.,,undr way,,,\n", "mandates.wrong-row", "status", "undr way", "under way"),
    "done without evidence": ("UPR,2,AUT,,,To act.,,done,,,\n", "mandates.wrong-row", "status", "done", "under-way"),
    "due": ("UPR,2,AUT,,,To act.,,,2027-02-31,,\n", "mandates.wrong-due", "due", "2027-02-31", "year-month-day"),
    "too many cells": ("UPR,2,AUT,,,To act,, with,,,,more,still\n", "mandates.wrong-row", None, "more", "quotation"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_wrong_row_names_file_line_value_and_remedy(tmp_path, name):
    row, code, column, got, remedy = BAD[name]
    path = table(tmp_path / "reviews.csv", HEADER + 'upr,2,FRA,,,"Two\nlines",,,,,\n\n' + row)
    with pytest.raises(KyotoError) as caught:
        read_recommendations(path)
    problem = next(one for one in caught.value.problems if one.code == code and one.where.column == column)
    assert (problem.where.file, problem.where.line) == (str(path), 5)
    assert got in problem.got
    assert remedy in problem.hint
    assert str(problem.where).startswith(f"{path}:5")


def test_all_wrong_rows_in_one_pass_and_nothing_is_kept(tmp_path):
    path = table(tmp_path / "reviews.csv", HEADER + ROWS + "".join(row for row, *_ in BAD.values()))
    with pytest.raises(KyotoError) as caught:
        registered(path)
    lines = Counter(problem.where.line for problem in caught.value.problems)
    assert set(lines) == set(range(8, 19))


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", "mandates.broken-table", "no row"),
        (HEADER, "mandates.broken-table", "no row"),
        ("mechanism,cycle,recommendation\nupr,1,To act.\n", "mandates.missing-column", "state"),
        ("state,recommendation\nAUT,To act.\n", "mandates.missing-column", "--mechanism"),
        ("mechanism,cycle,state,recomendation\nupr,1,AUT,To act.\n", "mandates.unknown-column", "recommendation"),
        ("mechanism,cycle,state,country,text\nupr,1,AUT,AUT,x\n", "mandates.unknown-column", "say the same"),
        (HEADER + 'upr,1,AUT,,,"never closed\n', "mandates.broken-table", "Line 2"),
        (HEADER + "upr,1,AUT,7,,To act.,,,,,\nupr,1,AUT,7,,To rest.,,,,,\n", "mandates.double-row", "line 2"),
    ],
)
def test_broken_tables(tmp_path, text, code, words):
    with pytest.raises(KyotoError) as caught:
        read_recommendations(table(tmp_path / "a.csv", text))
    assert code in {problem.code for problem in caught.value.problems}
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"PK\x03\x04 no archive", "workbook.damaged-workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "workbook.password-protected"),
        ("state,recommendation\nAUT,Réduire\n".encode("latin-1"), "mandates.broken-table"),
    ],
)
def test_files_that_are_no_tables(tmp_path, data, code):
    path = tmp_path / "a.xlsx"
    path.write_bytes(data)
    with pytest.raises(KyotoError) as caught:
        read_recommendations(path, mechanism="upr", cycle="1")
    assert caught.value.code == code


def test_reading_again_changes_nothing_and_keeps_what_persons_said(reviews, tmp_path):
    register = registered(reviews)
    changed = change_recommendation(
        register, "uncac-irm-2-BOL-1", by="desk", today=DAY, status="reported", evidence="CAC/COSP/IRG/2027/1"
    )
    assert registered(reviews, changed) == changed
    other = table(tmp_path / "later.csv", HEADER + ROWS.replace("noted,,2028", "accepted,,2029"))
    again = registered(other, changed).recommendation("uncac-irm-2-BOL-1")
    assert (again.response, again.due, again.status) == ("accepted", ("date:2029",), "reported")
    assert again.history[-1].what == "read again: response: accepted; due: date:2029"
    assert [event.evidence for event in again.evidence] == ["CAC/COSP/IRG/2027/1"]


@pytest.mark.parametrize(
    ("identifier", "what", "code"),
    [
        ("uncac-irm-2-AUT-9", {"status": "under-way"}, "mandates.unknown-recommendation"),
        ("uncac-irm-2-AUT-1", {"status": "finished"}, "mandates.unknown-status"),
        ("uncac-irm-2-AUT-1", {"response": "maybe"}, "mandates.unknown-status"),
        ("uncac-irm-2-AUT-1", {"status": "done"}, "mandates.no-evidence"),
        ("uncac-irm-2-AUT-1", {"due": ["soon"]}, "mandates.wrong-due"),
        ("uncac-irm-2-AUT-1", {"by": " "}, "mandates.no-author"),
    ],
)
def test_wrong_changes_are_refused(reviews, identifier, what, code):
    with pytest.raises(KyotoError) as caught:
        change_recommendation(registered(reviews), identifier, **{"by": "desk", "today": DAY} | what)
    assert caught.value.code == code


def test_views_by_cycle_and_state(reviews):
    register = registered(reviews)
    rows = rows_of(register)
    assert [(row["mechanism"], row["cycle"], row["state"], row["article"]) for row in rows] == [
        ("other:peer-review", "1", "FRA", None),
        ("uncac-irm", "2", "AUT", 5),
        ("uncac-irm", "2", "AUT", 9),
        ("uncac-irm", "2", "BOL", 14),
        ("upr", "4", "AUT", None),
    ]
    assert [row["late"] for row in rows] == [False, False, True, False, True]
    assert rows[4]["topics"] == ["prisons"]
    assert [row["id"] for row in rows_of(register, state=["AUT"], cycle=["2"], open_only=True)] == ["uncac-irm-2-AUT-1"]
    counts = review_counts(rows)
    told = [
        (row["mechanism"], row["cycle"], row["state"], row["recommendations"], row["accepted"], row["done"])
        for row in counts
    ]
    assert told == [
        ("other:peer-review", "1", "FRA", 1, 0, 0),
        ("uncac-irm", "2", "AUT", 2, 2, 1),
        ("uncac-irm", "2", "BOL", 1, 0, 0),
        ("upr", "4", "AUT", 1, 1, 0),
    ]
    assert sum(row["late"] for row in counts) == 2
    assert [row["nobody_responsible"] for row in counts] == [1, 0, 1, 1]
    by_state = {row["state"]: row["recommendations"] for row in review_counts(rows, ["state"])}
    assert by_state == dict(Counter(one.state for one in register.recommendations))
    with pytest.raises(KyotoError) as caught:
        review_counts(rows, ["colour"])
    assert caught.value.code == "mandates.unknown-group"


def test_the_mechanisms_name_treaties_that_there_are():
    for one in known_mechanisms().values():
        assert not one.treaty or one.treaty in known_instruments()
        assert all(mechanism_of(alias) == one.id for alias in (one.id, one.name, *one.aliases))


def test_a_file_keeps_them(reviews, tmp_path):
    store = FileStore(tmp_path / "mandates.json")
    register = registered(reviews)
    store.save(register)
    assert store.load().recommendations == register.recommendations
    old = json.loads(store.path.read_text(encoding="utf-8"))
    del old["recommendations"], old["sessions"]
    store.path.write_text(json.dumps(old), encoding="utf-8")
    assert store.load() == Register(revision=1)


def test_a_bomb_and_a_file_of_200_mb_are_refused_before_they_are_read(tmp_path):
    import zipfile

    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as member:
            for _ in range(210):
                member.write(bytes(1_000_000))
    assert bomb.stat().st_size < 1_000_000
    with pytest.raises(KyotoError) as caught:
        read_recommendations(bomb)
    assert (caught.value.code, caught.value.got) == ("workbook.damaged-workbook", "210 MB unpacked")
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(KyotoError) as caught:
        read_recommendations(large)
    assert (caught.value.code, caught.value.got) == ("mandates.too-large", "200 MB")


def test_formulas_in_cells_do_not_run_in_a_spreadsheet(kyoto, tmp_path):
    path = table(tmp_path / "a.csv", 'mechanism,cycle,state,recommendation\nupr,1,AUT,"=HYPERLINK(""x"")"\n')
    where = ("--register", str(tmp_path / "mandates.json"))
    assert kyoto("mandates", "reviews", "import", path, "--by", "Desk", *where).code == 0
    printed = kyoto("mandates", "reviews", "list", "--csv", *where).out
    assert "'=HYPERLINK" in printed
