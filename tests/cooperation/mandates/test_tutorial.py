"""The commands of the tutorial on the two real reports: text to Akoma Ntoso, 302 paragraphs and a printed report.

The commands are read from the tutorial itself; only the names of its invented document, of its paragraph and of its
database are replaced. On SQLite and on PostgreSQL.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
from pathlib import Path

import pytest

from kyoto.cooperation.mandates.followup import opened_store
from kyoto.cooperation.mandates.intake import read_document
from kyoto.cooperation.mandates.output import validate_akn

_fixtures = Path(__file__).parents[2] / "core" / "database" / "conftest.py"
_spec = importlib.util.spec_from_file_location("database_fixtures", _fixtures)
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
address, quick_hashes = _module.address, _module.quick_hashes

TUTORIAL = Path(__file__).parents[3] / "docs" / "tutorials" / "mandates.md"
BLOCK = re.compile(r"^(?:<!-- *(?P<note>[^>]*?) *-->\n)?```(?P<kind>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
REPORTS = ("report-26th-session-2017.txt", "report-28th-session-2019.txt")
PARAGRAPHS = {"report-26th-session-2017.txt": 131, "report-28th-session-2019.txt": 171}


def steps():
    """Files that the tutorial writes, and its commands with the exit code that it expects."""
    for found in BLOCK.finditer(TUTORIAL.read_text(encoding="utf-8")):
        note, _, argument = (found["note"] or "").partition(":")
        if note == "file":
            yield "file", argument.strip(), found["body"]
        elif found["kind"] == "console":
            code = int(argument) if note == "exit" else 0
            for line in found["body"].splitlines():
                if line.startswith("$ "):
                    yield "command", code, line[2:]


def test_the_tutorial_has_the_whole_path():
    commands = " ".join(body for kind, _, body in steps() if kind == "command")
    for words in (
        "read",
        "obligations",
        "links",
        "brief",
        "register",
        "follow",
        "due",
        "dashboard",
        "report",
        "reviews",
    ):
        assert f"kyoto mandates {words} " in commands
    assert {"kyoto db init", "kyoto db verify"} <= set(re.findall(r"kyoto db \w+", commands))
    assert sum(PARAGRAPHS.values()) == 302


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def follow_tutorial(kyoto, place, name, address, chosen, source):
    """Every command of the tutorial with the real report; what was printed, by command."""
    printed = {}
    for kind, what, body in steps():
        if kind == "file":
            (place / what).write_text(source if what == "report.txt" else body, encoding="utf-8")
            continue
        command = body.replace("report.txt", name).replace("E/2031/30#draft-resolution-A-I/4:1", chosen)
        typed = ""
        if " | " in command:
            typed, command = command.split(" | ")
            typed = shlex.split(typed)[1] + "\n"
        words = [address if word == "office.db" else word for word in shlex.split(command)]
        ran = kyoto(*words[1:], stdin=typed)
        assert ran.code == what, f"{command}\n{ran.out}\n{ran.err}"
        printed[body] = ran.out
    return printed


@pytest.mark.shared
@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.usefixtures("quick_hashes")
def test_the_reports_go_from_text_to_a_printed_report(shared_documents, place, kyoto, address, name):
    source = (shared_documents / name).read_text(encoding="utf-8")
    (place / name).write_text(source, encoding="utf-8")
    symbol = read_document(place / name).symbol or Path(name).stem
    asked = kyoto("mandates", "obligations", name, "--asks", "--json").rows
    first = f"{symbol}#{asked[0]['paragraph']}:{asked[0]['place']}"
    printed = follow_tutorial(kyoto, place, name, address, first, source)

    told = next(out for command, out in printed.items() if "--out report.xml" in command)
    assert "valid against the OASIS schema of Akoma Ntoso 3.0" in told
    assert validate_akn((place / "report.xml").read_bytes()) == []
    totals = kyoto("mandates", "read", "report.xml", "--json").rows["totals"]
    assert totals["operative_paragraphs"] == PARAGRAPHS[name]
    rows = kyoto("mandates", "read", name, "--json").rows["resolutions"]
    assert sum(row["operative_paragraphs"] for row in rows) == PARAGRAPHS[name]

    with opened_store(address) as store:
        register = store.load()
    assert {entry.id for entry in register.entries} == {f"{symbol}#{row['paragraph']}:{row['place']}" for row in asked}
    followed = register.entry(first)
    assert (followed.status, followed.evidence[-1].evidence) == ("reported", "E/CN.15/2032/8")
    assert followed.history[-1].what.endswith("approved by secretariat")
    page = (place / "from-database.html").read_text(encoding="utf-8")
    assert page.count("<article id=") == len(register.entries)
    assert all(f'id="{entry.id}"' in page for entry in register.entries)
    for file in ("report.html", "report.pdf", "report.docx", "dashboard.html", "brief.html", "due.ics"):
        assert (place / file).stat().st_size > 1000, file
    assert (place / "report.pdf").read_bytes().startswith(b"%PDF-")
    with_file = json.loads((place / "mandates.json").read_text(encoding="utf-8"))
    assert [entry["id"] for entry in with_file["entries"]] == [entry.id for entry in register.entries]
    assert "The log is whole" in next(out for command, out in printed.items() if "db verify" in command)
