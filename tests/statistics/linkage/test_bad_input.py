"""What a user can do wrong with linkage: the exact error, and never a value of a record in it."""

from __future__ import annotations

import tomllib
import zipfile
from pathlib import Path

import pytest

from kyoto.core.errors import KyotoError, Problems
from kyoto.core.project import Project
from kyoto.statistics.linkage import (
    LinkFile,
    link_files,
    read_decisions,
    read_settings,
    run_settings,
    simulate_agencies,
)
from kyoto.statistics.linkage.reading import found_columns, read_text_table

GOOD = "id,given,family,birth,sex\n1,Ana,Lopez,1980-02-03,F\n2,Luis,Vega,1975-01-09,M\n"


@pytest.mark.parametrize(
    ("text", "columns", "code"),
    [
        ("", {}, "source.empty-file"),
        ("id,given,family,birth\n", {}, "linkage.empty-file"),
        ("id,given\n1,Zulema\n", {}, "linkage.too-few-columns"),
        ("id,family,birth\n1,Zulema,1980\n1,Vega,1981\n", {}, "linkage.duplicate-identifier"),
        ("id,family,birth\n,Zulema,1980\n2,Vega,1981\n", {}, "linkage.duplicate-identifier"),
        (GOOD, {"family": "famly"}, "source.wrong-column"),
        (GOOD, {"surname": "family"}, "linkage.unknown-role"),
        (GOOD, {}, "linkage.cannot-train"),
    ],
)
def test_malformed_files(tmp_path, text, columns, code):
    path = tmp_path / "police.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(KyotoError) as error:
        link_files([LinkFile("police", path, columns)])
    assert error.value.code == code
    assert error.value.hint or error.value.expected or code in ("linkage.empty-file", "source.empty-file")
    assert "zulema" not in str(error.value).casefold()


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(KyotoError) as error:
        link_files([LinkFile("police", tmp_path / "nothing.csv")])
    assert error.value.code == "source.missing-file"


def test_columns_are_found_in_several_languages():
    found = found_columns(["Caso", "Nombre", "Apellidos", "Fecha nacimiento", "Sexo"], {"id": "Caso"})
    assert found == {
        "id": "Caso",
        "given": "Nombre",
        "family": "Apellidos",
        "birth": "Fecha nacimiento",
        "sex": "Sexo",
    }
    assert found_columns(["name", "surname", "given"], {}) == {"given": "given", "family": "surname"}


def test_the_same_table_from_three_formats(tmp_path):
    frame = simulate_agencies(60, seed=1)["police"].drop(columns="person").replace("", None)
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_parquet(tmp_path / "a.parquet", index=False)
    frame.to_excel(tmp_path / "a.xlsx", index=False, engine="xlsxwriter")
    text = "sep=;\r\n" + (tmp_path / "a.csv").read_text().replace(",", ";").replace("\n", "\r\n")
    (tmp_path / "excel.csv").write_bytes(text.encode("cp1252"))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(tmp_path / "a.csv", "inside/a.csv")
    names = ("a.csv", "a.parquet", "a.xlsx", "excel.csv", "a.zip")
    tables = [read_text_table(tmp_path / name).to_pylist() for name in names]
    assert all(table == tables[0] for table in tables[1:])
    assert len(tables[0]) == len(frame)


DECISIONS = "left_source,left_id,right_source,right_id,decision\n"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("police,1,police,2,perhaps\n", "linkage.wrong-decision"),
        ("police,1,police,99999,same\n", "linkage.unknown-record"),
        ("police,1,police,2,same\npolice,2,police,1,different\n", "linkage.contradiction"),
    ],
)
def test_wrong_decisions(tmp_path, row, code):
    path = tmp_path / "police.csv"
    simulate_agencies(80, seed=1)["police"].drop(columns=["person", "id"]).to_csv(path, index=False)
    (tmp_path / "review.csv").write_text(DECISIONS + row)
    with pytest.raises(KyotoError) as error:
        link_files([LinkFile("police", path)], reviewed=read_decisions(tmp_path / "review.csv"))
    assert error.value.code == code


def test_identifiers_in_the_column_of_names_are_noticed(tmp_path):
    frame = simulate_agencies(200, seed=1)["police"].drop(columns="person")
    frame["family"] = frame["id"]
    frame.drop(columns="id").to_csv(tmp_path / "police.csv", index=False)
    try:
        found = link_files([LinkFile("police", tmp_path / "police.csv")]).findings
    except KyotoError as error:
        assert error.code == "linkage.cannot-train"
        return
    assert "linkage.wrong-column" in [finding.code for finding in found]


def project(tmp_path, text):
    return Project(tmp_path, tmp_path / "kyoto.toml", tomllib.loads(text), text)


def test_the_section_links_as_the_function_does(tmp_path):
    files = simulate_agencies(200, seed=5)
    for name in ("police", "prisons"):
        files[name].drop(columns="person").to_csv(tmp_path / f"{name}.csv", index=False)
    text = """
[link]
threshold = 0.9
review = [0.1, 0.95]
seed = 3
[link.files.police]
file = "police.csv"
[link.files.prisons]
file = "prisons.csv"
id = "id"
unique = true
"""
    problems = Problems()
    settings = read_settings(project(tmp_path, text).section("link", problems=problems))
    problems.raise_if_any()
    assert (settings.options.threshold, settings.options.review, settings.options.seed) == (0.9, (0.1, 0.95), 3)
    assert [file.unique for file in settings.files] == [False, True]
    by_section = run_settings(settings)
    by_function = link_files(settings.files, settings.options)
    assert by_section.records.equals(by_function.records)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("[link]\n", "'files' is missing"),
        ("[link]\nthreshold = 2\n[link.files.a]\nfile = 'a.csv'\n", "Not a probability"),
        ("[link]\nreview = [0.9, 0.1]\n[link.files.a]\nfile = 'a.csv'\n", "Not a range"),
        ("[link]\nthreshhold = 0.9\n[link.files.a]\nfile = 'a.csv'\n", "Unknown key 'threshhold'"),
        ("[link]\n[link.files.a]\nfamily = 'a'\n", "'file' is missing"),
        ("[link]\nengine = 'oracle'\n[link.files.a]\nfile = 'a'\n", "Unknown value 'oracle'"),
    ],
)
def test_mistakes_in_the_section(text, title):
    problems = Problems()
    read_settings(project(Path(), text).section("link", problems=problems))
    with pytest.raises(KyotoError) as error:
        problems.raise_if_any()
    assert title in str(error.value)
