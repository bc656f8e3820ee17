"""The tutorial's files and commands give what its page prints."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kyoto.cli.main import app

PAGE = Path(__file__).parents[3] / "docs" / "tutorials" / "hidden-victims.md"
BLOCKS = re.findall(r"```console\n\$ kyoto (.*?)\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
FILES = re.findall(r"<!-- file: (\S+) -->\n```csv\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
PYTHON = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name, text in FILES:
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "110")
    return tmp_path


def test_the_page_has_its_parts():
    assert [name for name, _ in FILES] == ["lists.csv", "sparse.csv"]
    assert len(BLOCKS) == 6


@pytest.mark.parametrize(("command", "printed"), BLOCKS, ids=[command[:40] for command, _ in BLOCKS])
def test_command_prints_what_the_page_shows(command, printed, folder):
    if "--method all" in command:
        command = command.replace("--method all", "--method graphs")  # latent classes alone take ten seconds
        printed = "".join(line + "\n" for line in printed.splitlines() if line.startswith("graphs"))
    done = CliRunner().invoke(app, shlex.split(command))
    assert done.exit_code == 0, done.output
    if "--json" in command:
        shown, found = json.loads(printed), json.loads(done.stdout)
        assert [{**row, "std_error": None} for row in shown] == [
            {**row, "std_error": None} | {key: pytest.approx(row[key]) for key in ("estimate", "lower", "upper")}
            for row in found
        ]
        return
    lines = {" ".join(line.split()) for line in done.stdout.splitlines()}
    for line in printed.splitlines():
        assert " ".join(line.split()) in lines


def test_the_python_of_the_page_runs(folder, capsys):
    exec(compile(PYTHON[0], "page", "exec"), {})
    printed = capsys.readouterr().out
    assert "11\u202f418 people" in printed
    assert "without=LA" in printed
