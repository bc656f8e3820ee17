"""Documentation is true: its blocks run in order, page by page, and its references hold every command and key.

``console`` blocks: each ``$`` line must succeed, and the output shown below it must be what it prints (``…`` stands
for any text, a line of it for any lines). ``python`` blocks share the names of their page. A comment before a block
says more: ``<!-- file: PATH -->`` writes the block to a file, ``<!-- append: PATH -->`` adds it to one, ``<!-- exit: 2
-->`` expects that exit code, ``<!-- not run: WHY -->`` leaves the block alone.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from kyoto.core.errors import KyotoError
from kyoto.core.project import Project, Section
from kyoto.statistics.pipeline.settings import read_settings

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^(?:<!-- *(?P<note>[^>]*?) *-->\n)?```(?P<kind>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
SHELL = re.compile(r"[|<>;&]")


def blocks(page):
    text = page.read_text(encoding="utf-8")
    for found in BLOCK.finditer(text):
        line = text[: found.start("body")].count("\n") + 1
        yield line, found["note"] or "", found["kind"], found["body"]


def runs(page):
    return any(kind in ("console", "python") and not note.startswith("not run") for _, note, kind, _ in blocks(page))


@pytest.fixture
def workplace(tmp_path, examples_copy, monkeypatch):
    shutil.copytree(examples_copy, tmp_path / "examples", ignore=shutil.ignore_patterns("build", ".kyoto"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


@pytest.mark.parametrize(
    "page", [page for page in PAGES if runs(page)], ids=lambda page: page.relative_to(ROOT).as_posix()
)
def test_blocks_run(page, workplace, monkeypatch):
    names = {"__name__": "docs"}
    for line, note, kind, body in blocks(page):
        place = f"{page.relative_to(ROOT)}:{line}"
        instruction, _, argument = note.partition(":")
        if instruction == "not run":
            continue
        if instruction in ("file", "append"):
            path = workplace / argument.strip()
            path.parent.mkdir(parents=True, exist_ok=True)
            before = path.read_text(encoding="utf-8") + "\n" if instruction == "append" else ""
            path.write_text(before + body, encoding="utf-8")
        elif kind == "python":
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(body, place, "exec"), names)
        elif kind == "console":
            expected_code = int(argument) if instruction == "exit" else 0
            for command, expected in steps(body):
                code, printed = run(command, monkeypatch)
                assert code == expected_code, f"{place}: {command}\nexit code {code}\n{printed}"
                assert matches(expected, printed), f"{place}: {command}\n--- shown\n{expected}\n--- printed\n{printed}"


def steps(body):
    """Commands of a console block, each with the output shown."""
    command, shown = None, []
    for line in body.splitlines():
        if line.startswith("$ "):
            if command is not None:
                yield command, "\n".join(shown)
            command, shown = line[2:], []
        else:
            shown.append(line)
    if command is not None:
        yield command, "\n".join(shown)


def run(command, monkeypatch):
    """Exit code and output; ``kyoto`` alone runs in this process, which is faster."""
    if not command.startswith("kyoto ") or SHELL.search(command):
        done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr
    from kyoto.cli.main import main

    monkeypatch.setattr(sys, "argv", shlex.split(command))
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            main()
        except SystemExit as end:
            return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def matches(expected, printed):
    """Whether the output is as shown; blanks at the end of lines, and how many there are within, do not matter."""
    lines = [" ".join(line.split()) for line in expected.strip().splitlines()]
    if not lines:
        return True
    pattern = ""
    for line in lines:
        if line == "…":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*".join(re.escape(part.strip()) for part in line.split("…")) + r"\n"
    flat = "\n".join(" ".join(line.split()) for line in printed.strip().splitlines()) + "\n"
    return re.fullmatch(pattern, flat) is not None


def test_the_comparison_of_output_can_fail():
    assert matches("a  b\n…\nz", "a b\nc\nd\nz  \n")
    assert matches("took … s", "took 3.4 s\n")
    assert not matches("a\nz", "a\nb\nz\n")
    assert not matches("took … s", "took 3.4 m\n")


def test_commands_page_is_made_from_the_commands():
    spec = importlib.util.spec_from_file_location("commands_page", ROOT / "docs" / "commands_page.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.PAGE.read_text(encoding="utf-8") == module.page(), "run `python docs/commands_page.py`"


WHOLE_PROJECT = """
[project]
[project.population_columns]
[sources.NAME]
[sources.NAME.columns]
own = { kind = "code" }
[tables.NAME]
[indicators]
[indicators.own.NAME]
denominator = { population = { sex = "F" } }
numerator = { unit = "offence" }
[quality]
[comparability.NAME]
principal_offence = true
[disclosure]
[report]
[engine]
"""
ROOMS = {point.name: point for point in entry_points(group="kyoto.rooms")}
WHOLE_PROJECT += "".join(f"[{name}]\n" for name in ROOMS)
PLACES = {"sources.NAME.columns.own": "sources.NAME.columns", "indicators.own.NAME": "indicators"}


def keys_of_the_code(monkeypatch):
    """Keys that the code asks for, by section."""
    asked = {}
    finish = Section.finish

    def recording(section):
        asked.setdefault(".".join(section.path), set()).update(section._asked)
        finish(section)

    monkeypatch.setattr(Section, "finish", recording)
    with contextlib.suppress(KyotoError):
        read_settings(Project(Path(), Path("kyoto.toml"), tomllib.loads(WHOLE_PROJECT), WHOLE_PROJECT))
    return asked


def test_project_file_page_has_every_key(monkeypatch):
    text = (ROOT / "docs" / "reference" / "project-file.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## \[(.*?)\]\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    sections["comparability.NAME"] = sections["comparability.SOURCE"]
    asked = keys_of_the_code(monkeypatch)
    wanted = {"project", "sources.NAME", "tables.NAME", "quality", "disclosure", "report", "engine", *PLACES, *ROOMS}
    assert wanted <= set(asked)
    for path in [*wanted, "indicators", "comparability.NAME"]:
        keys = asked[path]
        named = set(re.findall(r"`(\w+)`", sections[PLACES.get(path, path)]))
        assert keys - named == set(), f"[{path}] of docs/reference/project-file.md lacks {sorted(keys - named)}"


def test_every_page_is_in_the_navigation():
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    listed = set(re.findall(r"- ([\w/-]+\.md)$", text, re.MULTILINE))
    pages = {page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md")}
    assert listed == pages


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links to {target}"
