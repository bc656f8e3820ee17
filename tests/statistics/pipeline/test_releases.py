"""Suppressed tables over several releases, and the attacker's report of a build."""

from __future__ import annotations

import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from projects import build_project, facts, make_project, read_table
from typer.testing import CliRunner

from kyoto.cli.main import app
from kyoto.core.errors import KyotoError
from kyoto.statistics.disclosure import DisclosureSettings, protect_linked
from kyoto.statistics.disclosure.result import Protected
from kyoto.statistics.pipeline.auditing import attackers_report
from kyoto.statistics.pipeline.releases import keep_release, kept_releases, releases_of

PROJECT = """
[project]
title = "People"
[sources.people]
file = "people.csv"
unit = "person"
[sources.people.columns]
id = "id"
sex = "sex"
[tables.by_sex]
source = "people"
by = ["sex"]
[disclosure]
method = "{method}"
"""


def people(women: int, men: int) -> str:
    rows = [f"{number},{'F' if number < women else 'M'}" for number in range(women + men)]
    return "id,sex\n" + "\n".join(rows) + "\n"


def project(folder, women, men, method="suppression"):
    return make_project(folder, PROJECT.format(method=method), people__csv=people(women, men))


def shown(result) -> dict[str, float]:
    frame = read_table(result, "by_sex")
    return dict(zip(frame["sex"].astype(str), frame["value"], strict=True))


def audit(result) -> dict:
    (report,) = json.loads((result.folder / "audit" / "people.json").read_text(encoding="utf-8"))
    return report


def test_a_release_is_remembered(tmp_path):
    """Two women are withheld; when there are three, showing them would show that there were two before."""
    folder = project(tmp_path, 2, 40)
    first = shown(build_project(folder))
    assert pd.isna(first["F"])
    keep_release(folder, "2024")
    project(tmp_path, 3, 40)
    result = build_project(folder)
    assert pd.isna(shown(result)["F"])
    assert audit(result) | {"cells": []} == {
        "tables": ["by_sex"], "attacked": True, "releases": 2, "withheld": 4, "narrower": 0, "unbounded": 0,
        "cells": [],
    }  # fmt: skip
    assert facts(result, "table:by_sex")["disclosure"]["attack"]["narrower"] == 0
    assert [release.name for release in kept_releases(folder)] == ["2024"]


def test_without_the_release_the_new_figures_are_shown(tmp_path):
    folder = project(tmp_path, 2, 40)
    build_project(folder)
    project(tmp_path, 3, 40)
    assert shown(build_project(folder)) == {"_T": 43.0, "F": 3.0, "M": 40.0}


def test_the_report_finds_a_careless_table():
    """What is left open on purpose is found: the report can fail."""
    cells = pd.DataFrame({"sex": ["_T", "F", "M"], "value": [42.0, 2.0, 40.0]})
    settings = DisclosureSettings("suppression")
    (safe,) = protect_linked([cells], [["sex"]], None, settings)
    careless = safe.frame.assign(value=[42.0, None, 40.0])
    broken = Protected(careless, safe.report, safe.reasons)
    report = attackers_report([pa.Table.from_pandas(cells)], [broken], [["sex"]], {}, settings)
    assert (report["withheld"], report["narrower"]) == (1, 1)
    assert report["cells"] == [{"release": 0, "table": 0, "sex": "F", "lower": 2.0, "upper": 2.0, "narrower": True}]


def test_noise_is_attacked_too(tmp_path):
    result = build_project(project(tmp_path, 20, 40, method="cell-key"))
    (report,) = json.loads((result.folder / "audit" / "by_sex.json").read_text(encoding="utf-8"))
    assert report["attacked"]
    assert report["cells"] == 3
    assert "error_averaged" not in json.dumps(facts(result, "table:by_sex"))  # for the office alone


def test_nothing_protected_nothing_attacked(tmp_path):
    result = build_project(project(tmp_path, 2, 40, method="none"))
    (report,) = json.loads((result.folder / "audit" / "by_sex.json").read_text(encoding="utf-8"))
    assert report["attacked"] is False


def test_command(tmp_path):
    folder = project(tmp_path, 2, 40)
    with pytest.raises(KyotoError, match="not been built"):
        keep_release(folder, "2024")
    build_project(folder)
    run = CliRunner()
    kept = json.loads(run.invoke(app, ["release", str(folder), "2024", "--json"]).output)
    assert [row["release"] for row in kept] == ["2024"]
    assert run.invoke(app, ["release", str(folder), "2024"]).exception.code == "release.exists"
    assert run.invoke(app, ["release", str(folder), "../x"]).exception.code == "release.wrong-name"


@pytest.mark.parametrize("method", ["cell-key", "rounding"])
def test_noise_is_remembered_with_its_settings(tmp_path, method):
    folder = project(tmp_path, 20, 40, method=method)
    result = build_project(folder)
    keep_release(folder, "2024")
    (release,) = releases_of(folder, ["by_sex"], [["sex"]])
    assert release.settings == DisclosureSettings(method)
    true = dict(zip(release.cells[0]["sex"], release.cells[0]["value"], strict=True))
    assert true == {"_T": 60, "F": 20, "M": 40}
    kept = dict(zip(release.published[0]["sex"], release.published[0]["value"], strict=True))
    assert {name: value for name, value in kept.items() if value} == shown(result)
    assert releases_of(folder, ["by_sex"], [["sex"]], method="suppression") == []


def test_nothing_protected_nothing_to_keep(tmp_path):
    folder = project(tmp_path, 20, 40, method="none")
    build_project(folder)
    with pytest.raises(KyotoError, match="nothing to keep"):
        keep_release(folder, "2024")


def test_suppression_does_not_take_noise_for_true_figures(tmp_path):
    """A release with noise before: its figures are not the counts, so suppression protects as if it had none."""
    folder = project(tmp_path, 20, 40, method="cell-key")
    build_project(folder)
    keep_release(folder, "2024")
    project(tmp_path, 2, 40)
    result = build_project(folder)
    assert pd.isna(shown(result)["F"])
    assert audit(result)["releases"] == 1


def test_a_release_without_settings_is_one_of_suppression(tmp_path):
    """Releases kept before settings were: suppression alone was remembered then."""
    folder = project(tmp_path, 2, 40)
    build_project(folder)
    keep_release(folder, "2024")
    path = folder / "releases" / "2024" / "by_sex.parquet"
    pd.read_parquet(path).to_parquet(path, index=False)
    pq.write_table(pq.read_table(path).replace_schema_metadata(None), path)
    (release,) = releases_of(folder, ["by_sex"], [["sex"]])
    assert release.settings == DisclosureSettings("suppression")
    project(tmp_path, 3, 40)
    assert pd.isna(shown(build_project(folder))["F"])
