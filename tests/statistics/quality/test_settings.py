"""Section [quality], and the page that explains it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from kyoto.core.errors import KyotoError, Problems
from kyoto.core.project import Project
from kyoto.statistics.quality import CHECKS, THRESHOLDS, QualitySettings

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "quality-findings.md"


def read(text):
    problems = Problems()
    project = Project(Path(), Path("kyoto.toml"), tomllib.loads(text), text)
    settings = QualitySettings.from_section(project.section("quality", problems=problems))
    problems.raise_if_any()
    return settings


def test_thresholds_are_read_and_the_others_stay():
    settings = read(
        '[quality]\nmissing = 0.2\ngap = 3\noptional = ["released"]\nignore = "heaping.day"\n'
        '[quality.references]\n"a.b" = "c.d"\n'
    )
    expected = QualitySettings(
        missing=0.2, gap=3.0, optional=("released",), ignore=("heaping.day",), references={"a.b": "c.d"}
    )
    assert settings == expected
    assert read("") == QualitySettings()
    assert settings.plain()["optional"] == ["released"]


def test_every_problem_is_reported_in_one_pass():
    text = """[quality]
mising = 0.1
gap = 0
heaping = "much"
ignore = ["heaping.days"]
[quality.references]
"incident_id" = "incidents.id"
"""
    with pytest.raises(KyotoError) as caught:
        read(text)
    found = {problem.where.line: problem.hint for problem in caught.value.problems}
    assert set(found) == {2, 3, 4, 5, 7}
    assert found[2] == "Did you mean 'missing'?"
    assert found[5] == "Did you mean 'heaping.day'?"


def test_the_page_explains_every_check_and_every_threshold():
    text = PAGE.read_text(encoding="utf-8")
    table = {
        code
        for line in text.splitlines()
        if line.startswith("| `")
        for code in re.findall(r"`([a-z.\-]+)`", line.split("|")[1])
    }
    assert table == set(CHECKS)
    blocks = re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    shown = tomllib.loads(blocks[1])["quality"]
    defaults = QualitySettings().plain()
    assert {name: shown[name] for name in THRESHOLDS} == {name: defaults[name] for name in THRESHOLDS}
    assert read(blocks[0]).references == {"arrests.crime_number": "police.id"}
