"""The example of four areas from its files to what others use: questionnaire, SDMX, portal, attacker's report."""

from __future__ import annotations

import io
import json
import sys

import pandas as pd
import pytest
from typer.testing import CliRunner

from kyoto.cli.main import app

RUN = CliRunner()


@pytest.fixture(scope="module")
def project(examples_copy):
    folder = examples_copy / "four-areas"
    assert RUN.invoke(app, ["build", str(folder)]).exit_code == 0
    return folder


def test_questionnaire_of_a_country_and_year(project, tmp_path):
    book = tmp_path / "us.xlsx"
    words = ["cts", "export", str(project), "--area", "US", "--year", "2019", "--out", str(book)]
    assert RUN.invoke(app, words).exit_code == 0
    rows = json.loads(RUN.invoke(app, ["cts", "import", str(book), "--json"]).output)
    values = {row["value"] for row in rows if row["value"] is not None}
    # FBI, Crime in the United States 2019, table 1: murders, robberies, burglaries
    assert {16_425.0, 267_988.0, 1_117_696.0} <= values
    checked = RUN.invoke(app, ["cts", "check", str(book), "--json"])
    assert (checked.exit_code, json.loads(checked.output)) == (0, [])


def test_sdmx_is_read_by_another_library(project):
    import sdmx

    folder = project / "build" / "sdmx"
    structures = sdmx.read_sdmx(folder / "structures.sdmx-ml-2.1.xml")
    assert {"BERLIN", "MARYLAND", "SCOTLAND", "UNITED_STATES"} <= set(structures.dataflow)
    definition = structures.dataflow["UNITED_STATES"].structure
    message = sdmx.read_sdmx(folder / "UNITED_STATES.sdmx-ml-3.0.xml", structure=definition)
    read = {
        (observation.key.get_values()[1:]): float(observation.value)
        for data in message.data
        for observation in data.obs
        if observation.value not in (None, "NaN")
    }
    table = pd.read_parquet(project / "build" / "tables" / "united_states.parquet")
    assert sorted(read.values()) == sorted(table["value"].dropna())


def test_portal_shows_the_figures(project):
    from fastapi.testclient import TestClient

    from kyoto.portal.application import portal_app
    from kyoto.portal.store import Store

    with TestClient(portal_app(Store(project)), base_url="http://127.0.0.1") as client:
        pages = ["/en/", "/en/compare", "/fr/", "/es/"]
        assert [client.get(page).status_code for page in pages] == [200] * len(pages)
        assert "Berlin" in client.get("/en/").text


def test_attackers_report_is_in_the_build(project):
    (report,) = json.loads((project / "build" / "audit" / "berlin.json").read_text(encoding="utf-8"))
    assert report["attacked"] is False
    assert "none" in report["reason"]  # the offices published these figures as they are


def test_what_goes_out_needs_no_terminal(project, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    listed = RUN.invoke(app, ["sdmx", "list", str(project), "--json"])
    assert len(json.loads(listed.output)) == 4
