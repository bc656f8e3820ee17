"""``kyoto new``: what it writes, what it refuses to overwrite, and that the result builds."""

from __future__ import annotations

import json

import pytest

CSV = (
    "Crime type,Date,District\n"
    + "Burglary,2024-01-05,North\nShoplifting,2024-02-06,South\nRobbery,2024-02-07,North\n" * 4
)


@pytest.fixture
def extract(tmp_path):
    file = tmp_path / "extract.csv"
    file.write_text(CSV, encoding="utf-8")
    return file


def test_from_csv_to_tables_without_touching_the_file(kyoto, tmp_path, extract):
    folder = tmp_path / "project"
    made = kyoto("new", folder, "--from", extract, "--area", "GB-WYK")
    assert made.code == 0, made.err
    assert "uk-police knows 12 of 12 rows" in made.out
    built = kyoto("build", folder)
    assert built.code == 0, built.err
    manifest = json.loads((folder / "build" / "manifest.json").read_text())
    facts = manifest["steps"]["source:records"]["facts"]
    assert (facts["rows_in"], facts["rows_counted"], facts["rows_rejected"]) == (12, 12, 0)
    assert facts["coding"]["uncoded"] == 0


def test_an_existing_project_is_not_overwritten(kyoto, tmp_path, extract):
    (tmp_path / "kyoto.toml").write_text("mine", encoding="utf-8")
    refused = kyoto("new", tmp_path, "--from", extract)
    assert refused.code == 2
    assert "There is a project here already" in refused.err
    assert "project.exists" in refused.err
    assert (tmp_path / "kyoto.toml").read_text() == "mine"
    assert kyoto("new", tmp_path, "--from", extract, "--force").code == 0
    assert (tmp_path / "kyoto.toml").read_text() != "mine"


def test_dry_run_prints_the_file_and_writes_nothing(kyoto, tmp_path, extract):
    folder = tmp_path / "project"
    ran = kyoto("new", folder, "--from", extract, "--dry-run", "--title", "Mine")
    assert ran.code == 0
    assert 'title = "Mine"' in ran.out
    assert 'correspondence = "uk-police"' in ran.out
    assert not folder.exists()


def test_a_missing_file_is_named(kyoto, tmp_path):
    ran = kyoto("new", tmp_path / "p", "--from", tmp_path / "absent.csv")
    assert (ran.code, ran.out) == (2, "")
    assert "absent.csv" in ran.err
    assert not (tmp_path / "p").exists()
