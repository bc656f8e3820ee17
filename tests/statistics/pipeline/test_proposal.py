"""What ``kyoto new`` recognises, in four languages and on real files, and that its project file builds."""

from __future__ import annotations

import csv
import tomllib

import pytest

from kyoto.core.engine import open_engine
from kyoto.core.errors import KyotoError
from kyoto.core.project import load_project
from kyoto.statistics.classification import correspondence
from kyoto.statistics.pipeline.column_words import COLUMN_WORDS, recognised
from kyoto.statistics.pipeline.project_text import project_text
from kyoto.statistics.pipeline.proposal import propose
from kyoto.statistics.pipeline.settings import read_settings
from kyoto.statistics.sources.concepts import CONCEPTS


@pytest.fixture(scope="module")
def engine():
    with open_engine("duckdb") as opened:
        yield opened


def written(path, header, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def test_every_concept_with_words_is_in_the_vocabulary():
    assert set(COLUMN_WORDS) <= set(CONCEPTS)


def test_no_phrase_stands_for_two_concepts():
    phrases = [phrase for words in COLUMN_WORDS.values() for phrase in words]
    assert sorted(phrases) == sorted(set(phrases))


@pytest.mark.parametrize(
    ("name", "concept"),
    [
        ("Crime type", "offence"),
        ("OFFENSE_DESCRIPTION", "offence"),
        ("Delito", "offence"),
        ("Type d'infraction", "offence"),
        ("Straftatenschlüssel", "offence"),
        ("fechaDelHecho", "occurred"),
        ("Date de naissance", "birth"),
        ("Geschlecht des Opfers", "victim_sex"),
        ("Edad de la víctima", "victim_age"),
        ("Sexe", "sex"),
        ("Alter", "age"),
        ("LSOA code", "region"),
        ("Municipio", "region"),
        ("Jahr", "period"),
        ("Anzahl", "count"),
        ("Aktenzeichen", "incident_id"),
        ("victim_age_group", "age_group"),
    ],
)
def test_names_are_recognised_in_four_languages(name, concept):
    assert concept in [found for found, _ in recognised(name)]


@pytest.mark.parametrize("name", ["", "PD Code Description", "total_pop", "x", "Beschreibung"])
def test_names_that_say_nothing_are_left_alone(name):
    assert recognised(name) == []


def test_spanish_extract(engine, tmp_path):
    header = ["Expediente", "Fecha del hecho", "Delito", "Sexo de la víctima", "Edad de la víctima", "Municipio", "Obs"]
    titles = [link.titles[0] for link in correspondence("mx-sesnsp").links if link.titles][:12]
    rows = [
        [
            f"E{n}",
            f"{1 + n % 28:02d}/03/2024",
            titles[n % 12],
            "Mujer" if n % 2 else "Hombre",
            18 + n % 60,
            "Norte",
            "-",
        ]
        for n in range(200)
    ]
    proposal = propose(engine, written(tmp_path / "extracto.csv", header, rows))
    assert dict(proposal.concepts) == {
        "case_id": "Expediente",
        "offence": "Delito",
        "occurred": "Fecha del hecho",
        "region": "Municipio",
        "victim_sex": "Sexo de la víctima",
        "victim_age": "Edad de la víctima",
    }
    assert (proposal.fit.correspondence, proposal.fit.known, proposal.fit.rows) == ("mx-sesnsp", 200, 200)
    assert proposal.unrecognised == ("Obs",)


def test_a_name_is_not_believed_against_the_cells(engine, tmp_path):
    header = ["Date", "Age", "Longitude", "Sex", "Offence"]
    rows = [["n.n.", 1900 + n, 400 + n, f"house {n}", n * 1.5] for n in range(300)]
    proposal = propose(engine, written(tmp_path / "odd.csv", header, rows))
    assert dict(proposal.concepts) == {}
    assert proposal.fit is None


def test_coverage_is_that_of_all_rows(engine, tmp_path):
    rows = [["Burglary"]] * 70 + [["Shoplifting"]] * 15 + [["Dragons"]] * 10 + [["Unicorns"]] * 5
    proposal = propose(engine, written(tmp_path / "a.csv", ["Crime type"], rows))
    assert proposal.fit.correspondence == "uk-police"
    assert (proposal.fit.known, proposal.fit.rows) == (85, 100)
    assert proposal.fit.unknown == ("Dragons", "Unicorns")


def test_new_york_is_recognised_by_its_values(engine, examples_data):
    proposal = propose(engine, examples_data / "nypd_hate_crimes.csv")
    assert proposal.concepts["offence"] == "Offense Description"
    assert proposal.concepts["recorded"] == "Record Create Date"
    assert "arrested" not in proposal.concepts  # the column "Arrest Date" is empty in every row
    assert proposal.fit.correspondence == "us-nypd-hate-crimes"
    with (examples_data / "nypd_hate_crimes.csv").open(newline="", encoding="utf-8") as file:
        assert proposal.fit.rows == sum(1 for row in csv.DictReader(file) if row["Offense Description"])


@pytest.mark.shared
def test_west_yorkshire_is_recognised(engine, shared_data):
    proposal = propose(engine, shared_data / "incidents" / "police_uk_west_yorkshire_2016-07.parquet")
    assert (proposal.fit.correspondence, proposal.fit.known) == ("uk-police", 27_176)
    assert proposal.concepts["period"] == "Month"


def test_missing_file(engine, tmp_path):
    with pytest.raises(KyotoError) as caught:
        propose(engine, tmp_path / "absent.csv")
    assert caught.value.code == "source.missing-file"


def test_the_text_is_read_without_a_problem(engine, tmp_path):
    header = ['He said "no"', "Crime type", "Date", "link", "2nd # col", "größe\ttab"]
    rows = [["a", "Burglary", "2024-01-05", "x", "1", "k"]] * 10 + [["a", 'Odd\n"thing"', "2024-01-05", "x", "1", "k"]]
    file = written(tmp_path / "it's.csv", header, rows)
    folder = tmp_path / "project"
    folder.mkdir()
    text = project_text(folder, propose(engine, file), title='A "title" \\ ü', area="AA")
    (folder / "kyoto.toml").write_text(text, encoding="utf-8")
    settings = read_settings(load_project(folder))
    assert settings.title == 'A "title" \\ ü'
    assert settings.sources["records"].files == ("../it's.csv",)
    # the proposals for own variables are valid too, once uncommented
    uncommented = "\n".join(line.removeprefix("# ") if 'kind = "code"' in line else line for line in text.splitlines())
    (folder / "kyoto.toml").write_text(uncommented, encoding="utf-8")
    columns = read_settings(load_project(folder)).sources["records"].columns
    assert {column.column for column in columns} >= {'He said "no"', "link", "2nd # col"}


def test_without_data_the_text_is_a_project_to_fill_in(tmp_path):
    text = project_text(tmp_path)
    assert tomllib.loads(text)["sources"]["records"]["file"] == "data/*.csv"
    (tmp_path / "kyoto.toml").write_text(text, encoding="utf-8")
    assert list(read_settings(load_project(tmp_path)).tables) == ["by_offence", "by_month"]


def test_each_project_has_its_own_secret(tmp_path):
    secrets = {tomllib.loads(project_text(tmp_path))["disclosure"]["secret"] for _ in range(5)}
    assert len(secrets) == 5
    assert all(len(secret) == 32 for secret in secrets)
