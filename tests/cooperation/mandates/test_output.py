"""What documents are written as: valid Akoma Ntoso, JSON that scripts rely on, Parquet."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

from kyoto.cooperation.mandates.intake import read_document
from kyoto.cooperation.mandates.output import act_rows, as_json, node_rows, to_akn, validate_akn, write_document
from kyoto.cooperation.mandates.structure import parse
from kyoto.core.errors import KyotoError


def test_akoma_ntoso_is_valid_by_the_schema_of_oasis(report):
    assert validate_akn(to_akn(report)) == []


def test_validation_can_fail(report):
    broken = to_akn(report).replace(b"<mainBody>", b"<mainBody><nonsense/>")
    assert "nonsense" in validate_akn(broken)[0]


@pytest.mark.parametrize(
    "text",
    ["A\n", "1. One.\n\n2. Two.", "\x0b\x0c text \x01 with controls that XML cannot hold, and a \ufffd", "* * *"],
)
def test_odd_documents_are_valid_too(text):
    assert validate_akn(to_akn(parse(text, "odd/name ☃"))) == []


@pytest.mark.shared
def test_all_real_documents_become_valid_akoma_ntoso_and_come_back(shared_documents, tmp_path):
    for path in sorted(shared_documents.glob("*-*.txt")):
        document = read_document(path)
        data = to_akn(document)
        assert validate_akn(data) == []
        (tmp_path / "a.xml").write_bytes(data)
        again = read_document(tmp_path / "a.xml")
        assert {row["id"]: (row["kind"], row["number"], row["text"]) for row in node_rows(again)} == {
            row["id"]: (row["kind"], row["number"], row["text"]) for row in node_rows(document)
        }
        assert [row["status"] for row in act_rows(again)] == [row["status"] for row in act_rows(document)]


def test_rows_of_acts(report):
    rows = act_rows(report)
    assert [
        (row["id"], row["label"], row["title"], row["status"], row["operative_paragraphs"], row["clauses"])
        for row in rows
    ] == [
        ("draft-resolution-A-I", "Draft resolution I", "Gardens for all", "recommended", 3, 0),
        ("draft-resolution-A-II", "Draft resolution II", "Tools", "recommended", 4, 0),
        ("resolution-5-1", "Resolution 5/1", "Seeds", "adopted", 1, 0),
        ("decision-5-1", "Decision 5/1", "Date of the next session", "adopted", 0, 1),
    ]
    totals = as_json(report)["totals"]
    assert sum(row["operative_paragraphs"] for row in rows) == totals["operative_paragraphs"] == 8
    assert (totals["resolutions"], totals["decisions"], totals["clauses"]) == (3, 1, 1)


def test_files(report, tmp_path):
    assert write_document(report, tmp_path / "a.xml") == ["valid against the OASIS schema of Akoma Ntoso 3.0"]
    write_document(report, tmp_path / "a.json")
    write_document(report, tmp_path / "a.parquet")
    told = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert told["totals"] == report.totals()
    assert told["nodes"] == pq.read_table(tmp_path / "a.parquet").to_pylist()
    assert len(told["nodes"]) == sum(1 for _ in report.walk())
    with pytest.raises(KyotoError) as caught:
        write_document(report, tmp_path / "a.odt")
    assert caught.value.code == "mandates.unknown-format"
