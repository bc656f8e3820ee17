"""Linkage as people use it: the commands, and the section of a project."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from kyoto.statistics.linkage import simulate_agencies


@pytest.fixture
def files(tmp_path):
    paths = []
    for name, frame in simulate_agencies(250, seed=5).items():
        if name in ("police", "prisons"):
            paths.append(tmp_path / f"{name}.csv")
            frame.drop(columns="person").to_csv(paths[-1], index=False)
    return paths


def test_link_writes_persons_and_a_review_file(kyoto, files, tmp_path):
    persons, review = tmp_path / "persons.csv", tmp_path / "review.csv"
    code, out, err = kyoto("link", *files, "--unique", "prisons", "-o", persons, "--review", review, "--json")
    assert (code, err.strip()) == (0, "")
    found = json.loads(out)
    assert [row["term"] for row in found["estimates"]] == ["persons", "precision", "recall"]
    assert all(row["lower"] <= row["estimate"] <= row["upper"] for row in found["estimates"])
    table = pd.read_csv(persons)
    assert list(table.columns) == ["source", "identifier", "person_id"]
    assert table["person_id"].nunique() == found["estimates"][0]["estimate"]
    assert set(pd.read_csv(review)["decision"].dropna()) == set()


def test_explain_adds_up(kyoto, files):
    first = pd.read_csv(files[0])["id"].iloc[:2]
    pair = f"police:{first[0]},police:{first[1]}"
    code, out, _ = kyoto("linkage", "explain", files[0], "--pair", pair, "--json")
    rows = json.loads(out)
    assert code == 0
    assert sum(row["bits"] for row in rows[:-1]) == pytest.approx(rows[-1]["bits"], abs=0.01)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--unique", "prisns"], "linkage.unknown-source"),
        (["--column", "family"], "linkage.wrong-column-option"),
        (["--column", "surname=family"], "linkage.unknown-role"),
        (["--engine", "oracle"], "linkage.unknown-engine"),
        (["--reviewed", "nothing.csv"], "source.missing-file"),
    ],
)
def test_mistakes_on_the_command_line(kyoto, files, arguments, code):
    ended, _, err = kyoto("link", *files, *arguments)
    assert ended == 2
    assert code in err
    assert "Traceback" not in err


def test_the_section_is_a_step_of_a_build(kyoto, files, tmp_path):
    (tmp_path / "kyoto.toml").write_text(
        """
[project]
title = "Linked records (synthetic)"
[sources.police]
file = "police.csv"
unit = "person"
[sources.police.columns]
id = "id"
sex = "sex"
[tables.by_sex]
source = "police"
by = ["sex"]
[disclosure]
method = "none"
[link]
[link.files.police]
file = "police.csv"
[link.files.prisons]
file = "prisons.csv"
unique = true
"""
    )
    code, _, err = kyoto("build", tmp_path)
    assert code == 0, err
    manifest = json.loads((tmp_path / "build" / "manifest.json").read_text())
    panel = manifest["steps"]["link"]["facts"]["panel"]
    row = panel["rows"][0]
    assert row["lower"] <= row["estimate"] <= row["upper"]
    persons = pd.read_parquet(tmp_path / "build" / "link" / "persons.parquet")
    assert len(persons) == sum(row["records"] for row in manifest["steps"]["link"]["facts"]["sources"])
    assert panel["sentence"].split()[0] in (tmp_path / "build" / "report.html").read_text()


def test_a_further_column_is_compared_in_the_clear_and_hashed(kyoto, files, tmp_path):
    (tmp_path / "secret.key").write_text("0f6b2f0c9f1e4c3f8a57")
    hashed = []
    for path in files:
        frame = pd.read_csv(path)
        frame["nationality"] = ["XA", "XB"] * (len(frame) // 2) + ["XA"] * (len(frame) % 2)
        frame.to_csv(path, index=False)
        hashed.append(tmp_path / f"h_{path.name}")
        arguments = ["--key", tmp_path / "secret.key", "-o", hashed[-1], "--exact", "nationality"]
        assert kyoto("linkage", "hash", path, *arguments)[0] == 0
    for some in (files, hashed):
        pair = [f"{path.stem}:{pd.read_csv(path)['id'].iloc[0]}" for path in some]
        code, out, err = kyoto(
            "linkage", "explain", *some, "--exact", "nationality", "--pair", ",".join(pair), "--json"
        )
        assert code == 0, err
        step = next(row for row in json.loads(out) if row["step"] == "nationality")
        assert step["agreement"] == "the same"
    code, _, err = kyoto("link", *hashed, "--exact", "religion")
    assert (code, "linkage.not-hashed" in err) == (2, True)
