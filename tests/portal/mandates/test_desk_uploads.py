"""Files that attack, sent to the desk as uploads: each is refused with its reason, and nothing of it is kept."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from kyoto.core.database.records import record_count
from kyoto.core.database.work import working

_bad = Path(__file__).parents[2] / "cooperation" / "mandates" / "test_intake.py"
_spec = importlib.util.spec_from_file_location("intake_tests", _bad)
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
BAD = {name: make for name, (make, _) in _module.BAD.items()}


@pytest.fixture
def kept(office):
    """Numbers of documents, obligations and recommendations."""

    def count():
        with working(office, "head") as work:
            return [record_count(work, kind) for kind in ("document", "obligation", "recommendation")]

    return count


@pytest.mark.parametrize(("name", "language"), zip(BAD, ("en", "fr", "es") * len(BAD), strict=False))
def test_no_attack_comes_in_as_a_document(browser, kept, name, language):
    desk, before = browser("desk"), kept()
    answer = desk.post(f"/{language}/documents", {}, files={"file": ("../report.txt", BAD[name](), "text/plain")})
    assert answer.status_code == 422, answer.text
    notice = answer.text.split('role="alert"')[1].split("</div>")[0]
    assert f'<span lang="{language}">' in notice
    assert kept() == before


@pytest.mark.parametrize("name", [name for name in BAD if "PDF" not in name])
def test_no_attack_comes_in_as_a_table(browser, kept, name):
    desk, before = browser("desk"), kept()
    answer = desk.post("recommendations", {"mechanism": "upr"}, files={"file": ("a.csv", BAD[name](), "text/csv")})
    assert answer.status_code == 422, answer.text
    assert 'role="alert"' in answer.text
    assert kept() == before


def test_a_wrong_row_is_told_with_its_line(browser):
    table = "mechanism,cycle,state,recommendation\nupr,3,AUT,Plant trees\nupr,3,Atlantis,Water them\n"
    answer = browser("desk").post("recommendations", {}, files={"file": ("a.csv", table.encode(), "text/csv")})
    assert answer.status_code == 422
    assert "Line 3:" in answer.text
    assert "Atlantis" in answer.text


@pytest.mark.parametrize("path", ["documents", "recommendations"])
def test_200_mb_are_refused_before_they_are_read(browser, kept, path):
    """By what the request says of its length; one that says less than it sends is cut by the server."""
    desk, before = browser("desk"), kept()
    said = {"content-length": "200000000", "content-type": "multipart/form-data; boundary=x"}
    answer = desk.client.post(f"/en/{path}", content=b"--x--", headers=said)
    assert answer.status_code == 413
    large = desk.post(path, {}, files={"file": ("large.txt", b"0" * 20_200_000, "text/plain")})
    assert large.status_code == 413
    assert kept() == before
