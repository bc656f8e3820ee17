"""``kyoto iccs`` as a person and a script use it."""

from __future__ import annotations

import csv
import io
import json

import pytest
from typer.testing import CliRunner

from kyoto.cli.main import app
from kyoto.core.errors import KyotoError

RUN = CliRunner()


def output(*arguments, text=None, code=0):
    result = RUN.invoke(app, ["iccs", *arguments], input=text)
    assert result.exit_code == code, result.output
    return result.output


def test_show_prints_the_place_of_a_class_and_what_leads_to_it():
    card = json.loads(output("show", "050229", "--json"))
    assert card["title"] == "Other theft of personal property"
    assert card["residual"] is True
    assert [above["code"] for above in card["ancestors"]] == ["05", "0502", "05022"]
    assert card["children"] == []
    assert "Theft of a bicycle" in card["index_terms"]
    assert {"table": "uk-police", "code": "bicycle-theft"}.items() <= {
        key: value for item in card["national_codes"] if item["table"] == "uk-police" for key, value in item.items()
    }.items()
    text = output("show", "050229")
    assert "Otras formas de hurto de bienes personales" in text
    assert "05022 Theft of personal property" in text
    row = next(csv.DictReader(io.StringIO(output("show", "0103", "--csv"))))
    assert (row["code"], row["ancestors"], row["children"]) == ("0103", "01", "01031; 01032")


def test_show_with_the_users_copy_of_the_texts(tmp_path):
    file = tmp_path / "texts.csv"
    file.write_text("code,definition,inclusions,exclusions\n0401,Mine,a; b,c\n")
    card = json.loads(output("show", "0401", "--texts", str(file), "--json"))
    assert (card["definition"], card["inclusions"], card["exclusions"]) == ("Mine", ["a", "b"], ["c"])
    assert "Leaves out" in output("show", "0401", "--texts", str(file))
    assert json.loads(output("show", "0401", "--json"))["definition"] is None


def test_search_in_every_format():
    rows = json.loads(output("search", "money", "laundering", "--json"))
    assert rows[0]["code"] == "07041"
    assert next(csv.DictReader(io.StringIO(output("search", "blanqueo", "--csv"))))["code"] == "07041"
    assert "Money laundering" in output("search", "laundering")
    assert "Try fewer or other words" in output("search", "xylophone")
    assert len(json.loads(output("search", "theft", "-n", "3", "--json"))) == 3


def test_tree_is_drawn_to_a_depth():
    rows = json.loads(output("tree", "--depth", "2", "--json"))
    assert len(rows) == 11 + 63
    assert len(json.loads(output("tree", "--json"))) == 320
    below = json.loads(output("tree", "0103", "--depth", "1", "--language", "es", "--json"))
    assert [(row["code"], row["title"]) for row in below] == [
        ("0103", "Homicidio no intencional"),
        ("01031", "Homicidio no culposo"),
        ("01032", "Homicidio culposo"),
    ]
    drawn = output("tree", "0103")
    assert "    ├── 010321 Vehicular homicide" in drawn


def test_map_lists_tables_shows_one_and_resolves_a_code():
    names = [row["name"] for row in json.loads(output("map", "--json"))]
    assert "uk-police" in names
    rows = json.loads(output("map", "us-nibrs", "--json"))
    assert len(rows) == 87
    two = json.loads(output("map", "de-pks", "010000", "--json"))
    assert [(row["condition"], row["iccs"]) for row in two] == [("attempted", "0102"), ("", "0101")]
    by_wildcard = json.loads(output("map", "de-pks", "326000", "--json"))
    assert [row["code"] for row in by_wildcard] == ["326*00"]
    text = output("map", "de-pks", "010000")
    assert "When attempted" in text
    assert "Otherwise" in text
    assert "Arson" in output("map", "us-nibrs", "200")


def test_map_refuses_what_it_does_not_know():
    for arguments, code in [
        (["map", "us-nibrs", "99Z"], "correspondence.unmapped"),
        (["map", "us-nibr"], "correspondence.unknown"),
        (["show", "101"], "classification.unknown-code"),
        (["tree", "zz"], "classification.unknown-code"),
    ]:
        result = RUN.invoke(app, ["iccs", *arguments])
        assert isinstance(result.exception, KyotoError)
        assert result.exception.code == code


def test_check_reports_everything_and_exits_with_two_for_errors(tmp_path):
    good = "national_code,iccs_code\n1,0101\n"
    assert "The table can be used." in output("check", "-", text=good)
    bad = tmp_path / "mine.csv"
    bad.write_text("national_code,iccs_code,match\n1,101,exact\n1,0101,exakt\n")
    found = json.loads(output("check", str(bad), "--json", code=2))
    assert [(row["severity"], row["code"], row["line"]) for row in found] == [
        ("error", "correspondence.unknown-iccs", 2),
        ("error", "correspondence.unknown-match", 3),
    ]
    text = output("check", str(bad), code=2)
    assert "line 2" in text
    assert "2 errors, 0 warnings, 0 notes" in text
    assert "correspondence.gap" in output("check", "us-ucr", "--csv")
    result = RUN.invoke(app, ["iccs", "check", str(tmp_path / "nowhere.csv")])
    assert result.exception.code == "source.missing-file"


@pytest.mark.parametrize("command", ["show", "search", "tree", "map", "check"])
def test_every_command_has_an_example_and_the_output_flags(command):
    text = output(command, "--help")
    assert f"kyoto iccs {command}" in text
    assert all(flag in text for flag in ("--json", "--csv", "--table"))
