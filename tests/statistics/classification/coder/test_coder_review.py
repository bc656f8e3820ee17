"""The review file: only what a person accepted becomes a table."""

import csv
import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from kyoto.cli.main import app
from kyoto.core.errors import KyotoError
from kyoto.statistics.classification import correspondence
from kyoto.statistics.classification.coder import apply_review, read_review, read_titles, suggest, write_review

TITLES = ["Larceny from motor vehicle", "Arson", "Parking, no crime", "=cmd theft"]


@pytest.fixture
def review(tmp_path):
    path = tmp_path / "review.csv"
    write_review(path, suggest(TITLES), [5, 3, 2, 1])
    return path


def decide(path, **decisions):
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["accepted"] = decisions.get(row["title"].split()[0].strip("',="), "")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return rows


def test_a_review_file_holds_the_suggestions_and_no_decision(review):
    with review.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["count"] for row in rows] == ["5", "3", "2", "1"]
    assert {row["accepted"] for row in rows} == {""}
    assert rows[0]["iccs_code_1"] == "050222"
    assert rows[0]["reason_1"]
    assert rows[3]["title"].startswith("'=")  # a spreadsheet must not run it


def test_only_accepted_rows_are_applied(review, tmp_path):
    rows = decide(review, Larceny="1", Parking="none")
    target = tmp_path / "table.csv"
    decisions = apply_review(review, target)
    table = correspondence(target)
    assert [(link.national_code, link.iccs_code, link.match) for link in table.links] == [
        ("Larceny from motor vehicle", rows[0]["iccs_code_1"], "unstated"),
        ("Parking, no crime", "", "none"),
    ]
    assert decisions.undecided == 2


def test_a_code_and_a_code_without_its_zero_are_accepted(review):
    decide(review, Larceny="0502", Arson="504")
    links = read_review(review).links
    assert [link.iccs_code for link in links] == ["0502", "0504"]
    assert links[0].note.startswith("chosen by the person") or links[0].note.startswith("suggestion")


def test_a_title_that_looks_like_a_formula_comes_back_as_it_was(review):
    decide(review, cmd="0502")
    assert read_review(review).links[0].national_code == "=cmd theft"


def test_the_person_may_say_how_well_the_class_fits(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("title,accepted,match\nArson,0504,narrower\nTheft,0502,nonsense\n", encoding="utf-8")
    assert [link.match for link in read_review(path).links] == ["narrower", "unstated"]


def test_semicolons_and_byte_order_mark_of_a_spreadsheet(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("title;accepted\r\nArson;0504\r\n", encoding="utf-8-sig")
    assert read_review(path).links[0].iccs_code == "0504"


def test_all_bad_rows_are_told_in_one_pass_and_nothing_is_written(tmp_path):
    path, target = tmp_path / "bad.csv", tmp_path / "table.csv"
    path.write_text(
        "title,count,accepted,iccs_code_1\nArson,1,0504,0504\nTheft,1,9999,0502\nFraud,1,3,0701\nArson,1,0504,0504\n"
        ",1,0502,\nRape,1,yes,03011\n",
        encoding="utf-8",
    )
    with pytest.raises(KyotoError) as error:
        apply_review(path, target)
    assert [(problem.code, problem.where.line) for problem in error.value.problems] == [
        ("coder.unknown-code", 3),
        ("coder.no-such-suggestion", 4),
        ("coder.decided-twice", 5),
        ("coder.no-title", 6),
        ("coder.unknown-code", 7),
    ]
    assert not target.exists()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "coder.not-a-review"),
        (b"titel,accepted\nArson,1\n", "coder.not-a-review"),
        (b"title,count\nArson,1\n", "coder.not-a-review"),
        (b"title,accepted\nArson,\n", "coder.nothing-accepted"),
        (b"title,accepted\n", "coder.nothing-accepted"),
        ("title,accepted\nKörper,1\n".encode("latin-1"), "coder.encoding"),
    ],
)
def test_files_that_are_no_review(tmp_path, content, code):
    path = tmp_path / "r.csv"
    path.write_bytes(content)
    with pytest.raises(KyotoError) as error:
        read_review(path)
    assert error.value.problems[0].code == code


def test_missing_review(tmp_path):
    with pytest.raises(KyotoError) as error:
        read_review(tmp_path / "none.csv")
    assert error.value.code == "coder.missing-file"


FRAME = pd.DataFrame({"title": ["Arson", "Theft", "Arson ", None, ""], "chapter": ["a", "b", "a", "c", "c"]})


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
def test_titles_are_read_from_three_formats(tmp_path, suffix):
    path = tmp_path / f"t{suffix}"
    if suffix == ".csv":
        FRAME.to_csv(path, index=False)
    elif suffix == ".xlsx":
        FRAME.to_excel(path, index=False, engine="xlsxwriter")
    else:
        FRAME.to_parquet(path)
    found = read_titles(path, "title", group="chapter")
    assert found.titles == ("Arson", "Theft")
    assert found.counts == (2, 1)
    assert found.groups == ("a", "b")
    assert found.blank == 2


def test_latin_1_and_semicolons(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("Schlüssel;Bezeichnung\n1;Körperverletzung und Bedrohung in der Öffentlichkeit\n".encode("cp1252"))
    assert read_titles(path, "Bezeichnung").titles == ("Körperverletzung und Bedrohung in der Öffentlichkeit",)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("t.csv", b"", "source.empty-file"),
        ("t.csv", b"titel\nArson\n", "source.wrong-column"),
        ("t.parquet", b"PAR1", "source.unreadable"),
        ("t.xlsx", b"PK", "source.unreadable"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, name, content, code):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(KyotoError) as error:
        read_titles(path, "title")
    assert error.value.code == code


def run(*arguments, stdin=None):
    return CliRunner().invoke(app, ["iccs", "code", *map(str, arguments)], input=stdin)


def test_the_command_from_file_to_table(tmp_path):
    source, review, table = tmp_path / "o.csv", tmp_path / "review.csv", tmp_path / "table.csv"
    source.write_text("offence\nArson\nArson\nHacking\n", encoding="utf-8")
    shown = run(source, "--column", "offence", "--out", review)
    assert shown.exit_code == 0, shown.output
    assert "0504" in shown.output
    decide(review, Arson="1")
    applied = run("--apply", review, "--as", table)
    assert applied.exit_code == 0, applied.output
    assert "1 accepted" in applied.output.replace("\n", " ")
    assert [link.national_title for link in correspondence(table).links] == ["Arson"]


def test_the_command_prints_json_and_csv_from_standard_input():
    shown = run("-", "-c", "offence", "--json", stdin="offence\nArson\nArson\n12\n")
    rows = json.loads(shown.output)
    assert [(row["title"], row["count"], row["iccs_code"]) for row in rows if row["rank"] == 1] == [
        ("Arson", 2, "0504"),
        ("12", 1, None),
    ]
    lines = run("-", "-c", "offence", "--csv", "--top", "1", stdin="offence\nArson\n").output.splitlines()
    assert lines[0] == "title,count,rank,iccs_code,iccs_title,score,reason"
    assert len(lines) == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], "coder.usage"),
        (["o.csv"], "coder.usage"),
        (["--as", "t.csv"], "coder.usage"),
        (["--apply", "r.csv"], "coder.apply-usage"),
        (["o.csv", "--apply", "r.csv", "--as", "t.csv"], "coder.apply-usage"),
        (["absent.csv", "-c", "title"], "source.missing-file"),
    ],
)
def test_wrong_use_of_the_command(arguments, code):
    result = run(*arguments)
    assert isinstance(result.exception, KyotoError)
    assert result.exception.code == code
