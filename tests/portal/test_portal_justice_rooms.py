"""Figures of reoffending and of the flow of justice in the portal and as SDMX, as the build let them out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from kyoto.analysis import flow
from kyoto.cli.main import app
from kyoto.portal.application import portal_app
from kyoto.portal.store import Store

PROJECT = """
[project]
title = "Justice (synthetic)"
area = "XX"
[sources.cases]
file = "cases.csv"
unit = "offence"
[sources.cases.columns]
id = "case"
recorded = "recorded"
[tables.by_year]
source = "cases"
by = ["period:year"]
[reoffending]
title = "Arrested again after release"
file = "releases.csv"
event = "again"
time = "days"
windows = [180, 365]
by = ["sex"]
period = "2019/2022"
[flow]
cases = "cases.csv"
by = ["sex"]
identifier = "case"
period = "2021/2023"
[flow.stages]
recorded = "recorded"
charged = "charged"
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("justice")
    random = np.random.default_rng(2)
    again, sex = random.choice([1, 0], 800, p=[0.4, 0.6]), random.choice(["F", "M"], 800)
    people = {"person": range(800), "days": random.integers(1, 800, 800), "again": again, "sex": sex}
    pd.DataFrame(people).to_csv(folder / "releases.csv", index=False)
    flow.simulate_cases(900, seed=6).to_csv(folder / "cases.csv", index=False)
    (folder / "kyoto.toml").write_text(PROJECT, encoding="utf-8")
    ran = CliRunner().invoke(app, ["build", str(folder)])
    assert ran.exit_code == 0, ran.output
    return folder


@pytest.fixture(scope="module")
def client(project):
    with TestClient(portal_app(Store(project)), base_url="http://127.0.0.1") as opened:
        yield opened


def test_figures_are_those_of_the_build(client, project):
    published = pd.read_csv(project / "build" / "reoffending" / "estimates.csv")
    with Store(project).snapshot() as snapshot:
        assert {"reoffending", "flow_cases"} <= set(snapshot.tables)
        query = "SELECT value FROM reoffending WHERE series = 'reoffending' AND \"window\" = 'P365D' AND sex = 'F'"
        [(value,)] = [tuple(row.values()) for row in snapshot.query(query).to_pylist()]
    row = published[(published["group"] == "sex F") & (published["window"] == 365)].iloc[0]
    assert value == pytest.approx(100 * row["estimate"])


@pytest.mark.parametrize("series", ["reoffending", "reoffending.persons", "flow.reached", "flow.days"])
def test_every_series_can_be_explored(client, series):
    page = client.get("/en/explore", params={"series": series})
    assert page.status_code == 200
    title = {"reoffending": "Arrested again after release", "flow.reached": "Cases that reach each stage of justice"}
    assert title.get(series, "") in page.text.replace("\n", " ")


def test_panels_and_pages(client):
    home = client.get("/en/").text
    assert "Arrested again after release" in home and "How many cases reach each stage?" in home
    assert client.get("/files/reoffending/report.html").status_code == 200
    for path in ("/en/methods", "/en/downloads", "/fr/", "/es/explore"):
        assert client.get(path).status_code == 200


def test_methods_say_how_the_counts_of_rooms_are_protected(client, project):
    """The guarantee of every room, what the attack on its tables came to, and no table without a statement."""
    for page in (client.get("/en/methods").text, (project / "build" / "report.html").read_text(encoding="utf-8")):
        words = " ".join(page.split())
        assert "Every count above zero carries random noise" in words
        assert "reoffending" in words and "flow cases" in words
        assert words.count("An attacker who solves all these tables together") >= 2
        assert "does not state a disclosure method" not in words


def test_rooms_are_attacked_as_one_and_remembered(project):
    import json

    from kyoto.statistics.pipeline.releases import keep_release

    (report,) = json.loads((project / "build" / "audit" / "flow-cases.json").read_text(encoding="utf-8"))
    assert report["verdict"] in ("holds", "broken")
    assert report["protected"] >= report["narrower"]
    kept = keep_release(project, "2024")
    assert {"by_year", *report["tables"]} <= set(kept.tables)


def test_files_for_the_office_are_never_served(client):
    for path in ("audit/reoffending.json", "reoffending/estimates.csv", "releases.csv", "flow_cases/attrition.csv"):
        assert client.get(f"/files/{path}").status_code in (403, 404)


def test_sdmx_holds_them_too(project, tmp_path):
    listed = CliRunner().invoke(app, ["sdmx", "list", str(project), "--json"])
    assert listed.exit_code == 0, listed.output
    assert "REOFFENDING" in listed.output.upper() and "FLOW_CASES" in listed.output.upper()
