"""What the repository promises to whoever installs it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from kyoto import __version__

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PYPROJECT["project"]["optional-dependencies"]
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")


def requirements():
    """Requirements of the package and of every extra, without those on itself."""
    listed = [*PYPROJECT["project"]["dependencies"], *(item for extra in EXTRAS.values() for item in extra)]
    return [requirement for requirement in listed if not requirement.startswith("kyoto[")]


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_dev_holds_every_other_extra():
    named = re.fullmatch(r"kyoto\[(.*)\]", EXTRAS["dev"][0])[1].split(",")
    assert set(named) == set(EXTRAS) - {"dev"}


def test_every_requirement_has_a_floor_and_a_ceiling():
    open_ended = [each for each in requirements() if not (">=" in each and re.search(r"<\d", each))]
    assert open_ended == []


def test_constraints_pin_every_requirement_exactly():
    pinned = {plain(name) for name in re.findall(r"^([\w.-]+)==\S+$", CONSTRAINTS, re.MULTILINE)}
    wanted = {plain(re.match(r"[\w.-]+", requirement)[0]) for requirement in requirements()}
    assert wanted - pinned == set(), "run `make constraints`"


def test_constraints_name_no_host_and_no_path():
    lines = [line for line in CONSTRAINTS.splitlines() if not line.lstrip().startswith("#")]
    assert [line for line in lines if "/" in line or "@" in line] == []


def test_versions_agree():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert PYPROJECT["project"]["version"] == __version__
    assert f"version: {__version__}" in citation
