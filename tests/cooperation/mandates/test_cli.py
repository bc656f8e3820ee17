"""The commands that read: what they print is what scripts rely on."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def file(tmp_path, report_text):
    path = tmp_path / "gardens.txt"
    path.write_text(report_text, encoding="utf-8")
    return str(path)


def test_read_as_json(kyoto, file):
    ran = kyoto("mandates", "read", file, "--json")
    told = json.loads(ran.out)
    assert ran.code == 0
    assert set(told) == {"document", "resolutions", "items", "totals", "not_understood"}
    assert {"id", "title", "status", "operative_paragraphs"} <= set(told["resolutions"][0])
    assert (
        sum(row["operative_paragraphs"] for row in told["resolutions"]) == told["totals"]["operative_paragraphs"] == 8
    )


def test_read_as_table_and_csv(kyoto, file):
    ran = kyoto("mandates", "read", file)
    assert "3 resolutions, 8 operative paragraphs, 1 decision," in ran.out
    assert "Not understood: 1 line," in ran.out
    rows = kyoto("mandates", "read", file, "--csv").out.splitlines()
    assert rows[0].split(",")[:4] == ["id", "title", "status", "operative_paragraphs"]
    assert len(rows) == 5


def test_read_writes_files(kyoto, file, tmp_path):
    out = tmp_path / "out.xml"
    ran = kyoto("mandates", "read", file, "--out", str(out), "--out", str(tmp_path / "out.parquet"))
    assert "valid against the OASIS schema" in ran.out
    again = json.loads(kyoto("mandates", "read", str(out), "--json").out)
    assert again["totals"]["operative_paragraphs"] == 8
    assert again["document"]["symbol"] == "E/2031/30"


def test_read_standard_input(kyoto, report_text):
    assert json.loads(kyoto("mandates", "read", "-", "--json", stdin=report_text).out)["totals"]["resolutions"] == 3


def test_a_bad_file_is_a_problem_of_the_user(kyoto, tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(b"MZ" + b"x" * 99)
    ran = kyoto("mandates", "read", str(path))
    assert ran.code == 2
    assert "mandates.not-a-document" in ran.err


def test_obligations_with_filters(kyoto, file):
    rows = json.loads(kyoto("mandates", "obligations", file, "--force", "request", "--json").out)
    assert [row["addressees"] for row in rows] == ["secretary-general", "secretary-general"]
    assert json.loads(kyoto("mandates", "obligations", file, "--to", "donors", "--json").out)[0]["force"] == "encourage"
    every = kyoto("mandates", "obligations", file, "--csv").out.splitlines()
    asking = kyoto("mandates", "obligations", file, "--asks", "--csv").out.splitlines()
    assert (len(every), len(asking)) == (12, 10)


def test_links_and_brief(kyoto, file, tmp_path):
    rows = json.loads(
        kyoto("mandates", "links", file, "--kind", "document", "--json", "--graph", str(tmp_path / "g.graphml")).out
    )
    assert [row["target"] for row in rows] == ["E/CN.15/2019/10"]
    assert (tmp_path / "g.graphml").exists()
    told = json.loads(kyoto("mandates", "brief", file, "--item", "resolution-5-1", "--json").out)
    assert (told["title"], len(told["questions"])) == ("Seeds", 1)
    wrong = kyoto("mandates", "brief", file, "--item", "resolution-5-2")
    assert (wrong.code, "resolution-5-1" in wrong.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("obligations", "FILE", "--force", "reqest"), "mandates.unknown-filter", "Did you mean 'request'"),
        (("obligations", "FILE", "--to", "unodcc"), "mandates.unknown-filter", "Did you mean 'unodc'"),
        (("links", "FILE", "--kind", "traety"), "mandates.unknown-filter", "Did you mean 'treaty'"),
        (("sessions", "--body", "ccpjc"), "mandates.unknown-filter", "Did you mean 'ccpcj'"),
        (("due", "-r", "none.json"), "mandates.no-register", "kyoto mandates register"),
        (("due", "-r", "none.db"), "mandates.no-register", "kyoto mandates register"),
        (("dashboard", "-r", "none.json"), "mandates.no-register", "none.json"),
        (("report", "-r", "none.json", "-o", "a.html"), "mandates.no-register", "none.json"),
        (("reviews", "list", "-r", "none.json"), "mandates.no-register", "none.json"),
        (("follow", "a", "--by", "x"), "mandates.nothing-to-change", "--help"),
        (("reviews", "follow", "a", "--by", "x"), "mandates.nothing-to-change", "--help"),
        (("follow", "a", "--by", "x", "--accept", "--reject"), "", "not both"),
    ],
)
def test_what_nothing_can_fit_is_told(kyoto, file, tmp_path, monkeypatch, words, code, told):
    monkeypatch.chdir(tmp_path)
    ran = kyoto("mandates", *(file if word == "FILE" else word for word in words))
    assert ran.code == 2
    assert code in ran.err
    assert told in ran.err
    assert not (tmp_path / "none.db").exists()


def test_the_thesaurus_is_published(kyoto):
    from kyoto.cooperation.mandates.links import known_topics

    rows = kyoto("mandates", "topics", "--json").rows
    assert [row["id"] for row in rows] == list(known_topics())
    assert {row["id"]: row["iccs"] for row in rows}["homicide"] == "0101"
    assert len(kyoto("mandates", "topics", "--csv").out.splitlines()) == len(rows) + 1
