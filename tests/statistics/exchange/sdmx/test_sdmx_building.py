"""``[publish]`` as a step of a build."""

from __future__ import annotations

import json
import tomllib
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from sdmx_builds import write_project

from kyoto.core.errors import KyotoError, Problems
from kyoto.core.project import Project
from kyoto.statistics.exchange.sdmx.building import build_steps, read_settings


def project_of(text):
    return Project(Path(), Path("kyoto.toml"), tomllib.loads(text), text)


def settings_of(text):
    problems = Problems()
    settings = read_settings(project_of(text).section("publish", problems=problems))
    problems.raise_if_any()
    return settings


TEXT = """
[project]
title = "Crime"
[publish]
sdmx = true
agency = "NSO"
sdmx_formats = ["sdmx-json-2.0"]
"""


def test_the_section_is_read():
    settings = settings_of(TEXT)
    assert (settings.files, settings.agency.id, settings.agency.name) == (True, "NSO", "NSO")
    assert settings.formats == ("sdmx-json-2.0",)
    assert settings_of("").files is False


def test_mistakes_of_the_section_come_together():
    with pytest.raises(KyotoError) as caught:
        settings_of('[publish]\nsdmx = "yes"\nagency = "1"\nsdmx_formats = ["pdf"]\nagenzy = "X"\n')
    assert len(caught.value.problems) == 4


def test_the_step_writes_the_files(tmp_path):
    folder = write_project(tmp_path)
    manifest = json.loads((folder / "build" / "manifest.json").read_text(encoding="utf-8"))
    (folder / "build" / "manifest.json").unlink()  # a build that is being made has none yet
    del manifest["finished"]
    (step,) = build_steps(settings_of(TEXT), project_of(TEXT), ["source:a", "table:crimes", "indicators", "quality"])
    assert step.needs == ("table:crimes", "indicators")
    facts = step.run(SimpleNamespace(folder=folder / "build", manifest=manifest))
    assert facts["agency"] == "NSO"
    assert "sdmx/CRIMES.sdmx-json-2.0.json" in facts["files"]
    assert all((folder / "build" / name).is_file() for name in facts["files"])
    structures = json.loads((folder / "build" / "sdmx" / "structures.sdmx-json-2.0.json").read_text(encoding="utf-8"))
    assert structures["data"]["categorySchemes"][0]["name"] == "Crime"
    assert structures["data"]["dataflows"][0]["agencyID"] == "NSO"
    json.dumps(step.settings)


def test_without_the_key_there_is_no_step():
    assert build_steps(settings_of("[publish]\nagency = 'NSO'\n"), project_of(TEXT), []) == []


def test_the_room_is_announced():
    text = (Path(__file__).parents[4] / "pyproject.toml").read_text(encoding="utf-8")
    name = tomllib.loads(text)["project"]["entry-points"]["kyoto.rooms"]["publish"]
    assert import_module(name).build_steps is build_steps
