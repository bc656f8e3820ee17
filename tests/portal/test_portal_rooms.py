"""What rooms above the pipeline publish stands in the portal beside recorded crime: as a panel and as figures."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from kyoto.analysis import surveys
from kyoto.analysis.surveys.answers import check_answers
from kyoto.cli.main import app
from kyoto.portal.application import portal_app
from kyoto.portal.store import Store

PROJECT = """
[project]
title = "Recorded and experienced"
area = "XX"
[sources.police]
file = "police.csv"
unit = "offence"
[sources.police.columns]
iccs = "offence"
period = "year"
[tables.recorded]
source = "police"
by = ["iccs", "period:year"]
[disclosure]
method = "none"
[survey]
file = "answers.csv"
weight = "weight"
strata = ["stratum"]
cluster = ["cluster"]
period = "2024"
title = "What people have been through"
source = "Synthetic survey"
[survey.by]
sex = "sex"
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rooms")
    drawn = surveys.simulate_survey(1200, seed=2)
    settings = surveys.WeightSettings(probabilities=("probability",), response="answered", classes=("region",))
    made = surveys.make_weights(drawn, settings).frame
    surveys.derive(check_answers(made, surveys.instrument("persons")).frame).to_csv(folder / "answers.csv", index=False)
    (folder / "police.csv").write_text("offence,year\n" + "0401,2024\n" * 40, encoding="utf-8")
    (folder / "kyoto.toml").write_text(PROJECT, encoding="utf-8")
    ran = CliRunner().invoke(app, ["build", str(folder)])
    assert ran.exit_code == 0, ran.output
    return folder


@pytest.fixture(scope="module")
def client(project):
    with TestClient(portal_app(Store(project)), base_url="http://127.0.0.1") as opened:
        yield opened


def test_the_panel_is_at_home(client):
    assert "What people have been through" in client.get("/en/").text


def test_survey_figures_stand_among_the_tables(client, project):
    with Store(project).snapshot() as snapshot:
        assert set(snapshot.tables) == {"recorded", "survey"}
        rows = snapshot.query("SELECT value, lower, upper FROM survey WHERE series = '16.1.4' AND sex = '_T'", [])
    value, lower, upper = (rows.column(name)[0].as_py() for name in ("value", "lower", "upper"))
    assert 0 < lower < value < upper < 100


@pytest.mark.parametrize("page", ["/en/explore", "/en/compare", "/en/methods", "/en/downloads", "/fr/", "/es/explore"])
def test_pages_with_a_survey(client, page):
    answer = client.get(page)
    assert answer.status_code == 200, page


def test_the_survey_can_be_explored(client):
    page = client.get("/en/explore", params={"series": "16.1.4"})
    assert page.status_code == 200
    assert "Proportion of population that feel safe walking alone" in page.text.replace("\n", " ")
    assert "one for each counted record" not in page.text


def test_person_level_files_are_never_served(client):
    for path in ("records/police.parquet", "survey/estimates.csv", "answers.csv"):
        assert client.get(f"/files/{path}").status_code in (403, 404)
