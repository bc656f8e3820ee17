"""Reading lists: three forms, and every bad input with the exact error it gives."""

from __future__ import annotations

import gzip

import pandas as pd
import pytest

from kyoto.analysis.hidden import (
    CaptureTable,
    Options,
    check_table,
    estimate_population,
    from_frame,
    overlap_frame,
    read_captures,
    read_linked_files,
)
from kyoto.core.errors import KyotoError, KyotoErrors

HISTORIES = "A,B,C,sex,count\n1,0,0,f,10\n0,1,0,f,8\n1,1,0,f,3\n1,0,0,m,7\n0,0,1,m,5\n1,0,1,m,2\n"


def write(tmp_path, text, name="lists.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_histories_with_counts_and_strata(tmp_path):
    found = read_captures(write(tmp_path, HISTORIES), by=["sex"])
    assert found.table.lists == ("A", "B", "C")
    assert found.table.observed == 35
    assert found.table.counts[0b001] == 17
    assert {key: table.observed for key, table in found.strata.items()} == {("f",): 21, ("m",): 14}
    assert sum(table.observed for table in found.strata.values()) == found.table.observed


@pytest.mark.parametrize(("text", "name"), [
    (HISTORIES.replace(",", ";"), "semicolon.csv"), ("\ufeff" + HISTORIES, "mark.csv"),
    (HISTORIES.replace(",", "\t"), "tab.csv"), (HISTORIES.replace("\n", "\r\n"), "windows.csv"),
    (HISTORIES.replace("count", "Frequency"), "named.csv"), (HISTORIES.replace("10", "10.0"), "float.csv"),
    (HISTORIES.replace("1,0,0", "yes,no,no"), "words.csv"),
])  # fmt: skip
def test_forms_of_the_same_table(tmp_path, text, name):
    plain = read_captures(write(tmp_path, HISTORIES)).table
    assert read_captures(write(tmp_path, text, name)).table.counts.tolist() == plain.counts.tolist()


def test_other_formats_and_frames(tmp_path):
    frame = pd.read_csv(write(tmp_path, HISTORIES))
    frame.to_parquet(tmp_path / "lists.parquet")
    frame.to_excel(tmp_path / "lists.xlsx", index=False, engine="xlsxwriter")
    wanted = from_frame(frame).table.counts.tolist()
    for name in ("lists.parquet", "lists.xlsx"):
        assert read_captures(tmp_path / name).table.counts.tolist() == wanted


def test_a_row_a_person():
    frame = pd.DataFrame({"police": [1, 1, 0, 0], "ngo": [0, 1, 1, 0]})
    found = from_frame(frame)
    assert found.table.counts.tolist() == [0, 1, 1, 1]
    assert [finding.count for finding in found.findings] == [1]  # the person on no list is left out, and said so


def test_identifiers_are_linked_through_any_list():
    """p1 and p2 share n7, so they are one person; the repeated p3 is one person."""
    frame = pd.DataFrame({"police": ["p1", "p2", "p3", "p3", ""], "ngo": ["n7", "n7", "", "", "n9"]})
    found = from_frame(frame, lists=["police", "ngo"])
    assert found.table.observed == 3
    assert found.table.overlap(0, 1) == 1
    assert {finding.code: finding.count for finding in found.findings} == {"hidden.duplicates": 1}
    assert len(found.findings) == 2


def test_one_file_a_list(tmp_path):
    first = write(tmp_path, "id,sex\na,f\nb,m\na,f\n,m\n", "police.csv")
    second = write(tmp_path, "id,sex\nb,m\nc,f\n", "ngo.csv")
    found = read_linked_files({"police": first, "ngo": second}, "id", by=["sex"])
    assert found.table.list_totals() == {"police": 2, "ngo": 2}
    assert found.table.overlap(0, 1) == 1
    assert {key: table.observed for key, table in found.strata.items()} == {("f",): 2, ("m",): 1}
    assert {finding.code: finding.count for finding in found.findings} == {
        "hidden.duplicates": 1, "hidden.no-identifier": 1,
    }  # fmt: skip


BAD = [
    ("A,B,count\n1,0,-3\n0,1,4\n", {}, "hidden.wrong-count", ":2"),
    ("A,B,count\n1,0,3\n0,1,2.5\n", {}, "hidden.wrong-count", ":3"),
    ("A,B,count\n1,0,3\n0,1,many\n", {}, "hidden.wrong-count", "many"),
    ("A,B,count\n0,0,9\n0,1,4\n", {}, "hidden.all-zero-row", ":2"),
    ("A,B,count\n", {}, "hidden.empty-table", "No rows"),
    ("A,count\n1,3\n", {}, "hidden.too-few-lists", "--lists"),
    ("A,B,count\n1,0,3\n0,2,4\n", {"lists": ["A", "B"]}, "hidden.not-a-list", "'B'"),
    ("A,B,count\n1,0,3\n", {"lists": ["A", "Bb"]}, "hidden.wrong-column", "Did you mean 'B'?"),
    ("A,B,count\n1,0,3\n", {"by": ["sexe"]}, "hidden.wrong-column", "sexe"),
    ("A,B,level,n\n1,0,x,3\n", {"by": ["level"]}, "hidden.reserved-name", "Rename"),
    ("A,B,n\n1,0,3\n", {"count": "cuont"}, "hidden.wrong-column", "cuont"),
    (
        ",".join(f"L{at}" for at in range(20)) + ",count\n" + ",".join(["1"] * 20) + ",5\n",
        {},
        "hidden.too-many-lists",
        "20",
    ),
]


@pytest.mark.parametrize(("text", "arguments", "code", "shown"), BAD)
def test_bad_input(tmp_path, text, arguments, code, shown):
    with pytest.raises(KyotoError) as caught:
        read_captures(write(tmp_path, text), **arguments)
    assert caught.value.code == code
    assert shown in str(caught.value)


def test_all_problems_in_one_pass(tmp_path):
    with pytest.raises(KyotoErrors) as caught:
        read_captures(write(tmp_path, "A,B,count\n1,0,-3\n0,1,2.5\n0,0,4\n"))
    assert [problem.code for problem in caught.value.problems] == [
        "hidden.wrong-count", "hidden.wrong-count", "hidden.all-zero-row",
    ]  # fmt: skip


def test_missing_and_unreadable_files(tmp_path):
    with pytest.raises(KyotoError) as caught:
        read_captures(tmp_path / "none.csv")
    assert caught.value.code == "source.missing-file"
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(KyotoError) as caught:
        read_captures(tmp_path / "broken.parquet")
    assert caught.value.code == "source.unreadable-table"


def test_packed_files_in_other_encodings_and_the_line_of_excel(tmp_path):
    text = "sep=;\r\nPolícia;Saúde;count\r\n1;0;30\r\n0;1;20\r\n1;1;10\r\n"
    (tmp_path / "lists.csv.gz").write_bytes(gzip.compress(text.encode("cp1252")))
    found = read_captures(tmp_path / "lists.csv.gz")
    assert found.table.list_totals() == {"Polícia": 40, "Saúde": 30}
    (tmp_path / "wrong.csv").write_bytes(text.replace("20", "x").encode("cp1252"))
    with pytest.raises(KyotoError) as caught:
        read_captures(tmp_path / "wrong.csv")
    assert caught.value.where.line == 4


def test_an_empty_count_is_zero_and_said(tmp_path):
    found = read_captures(write(tmp_path, "A,B,count\n1,0,3\n0,1,5\n1,1,\n"))
    assert found.table.list_totals() == {"A": 3, "B": 5}
    assert [(one.code, one.severity, one.count) for one in found.findings] == [("hidden.empty-count", "warning", 1)]
    whole = read_captures(write(tmp_path, "A,B,count\n1,0,3\n0,1,5\n1,1,0\n"))
    assert whole.findings == ()


def codes(table):
    return [finding.code for finding in check_table(table)]


def test_findings():
    copies = CaptureTable.from_histories("ABC", {(0, 1): 6, (2,): 4, (0, 1, 2): 3})
    assert "hidden.equal-lists" in codes(copies)
    nested = CaptureTable.from_histories("AB", {(0,): 6, (0, 1): 4})
    assert codes(nested) == ["hidden.two-lists", "hidden.nested-lists"]
    empty = CaptureTable.from_histories("ABC", {(0,): 6, (1,): 5, (0, 1): 9})
    assert codes(empty)[0] == "hidden.empty-list"
    apart = CaptureTable.from_histories("ABC", {(0,): 6, (1,): 5, (2,): 9})
    assert codes(apart)[0] == "hidden.no-overlap-at-all"
    strata = {("x",): apart.with_counts(apart.counts * 0), ("y",): empty}
    assert {"hidden.empty-stratum", "hidden.small-stratum"} <= {finding.code for finding in check_table(empty, strata)}


def test_overlap_report():
    table = CaptureTable.from_histories("ABC", {(0,): 9, (0, 1): 6, (2,): 4})
    frame = overlap_frame(table).set_index(["first", "second"])
    assert frame.loc[("A", "B"), "on_both"] == 6
    assert frame.loc[("A", "B"), "pair_estimate"] == pytest.approx(16 * 7 / 7 - 1)
    assert frame.loc[("A", "C"), "on_both"] == 0
    assert pd.isna(frame.loc[("A", "C"), "pair_estimate"])


def test_no_overlap_at_all_is_a_verdict():
    apart = CaptureTable.from_histories("ABC", {(0,): 6, (1,): 5, (2,): 9})
    for method in ("loglinear", "chao", "coverage", "graphs", "bayes"):
        found = estimate_population(apart, Options(method=method, replicates=50))
        assert found.estimate is None
        assert found.verdict != "ok"


@pytest.mark.parametrize(("table", "code"), [
    (CaptureTable.from_histories("AB", {(0,): 6}), "hidden.too-few-lists"),
    (CaptureTable.from_histories("AB", {(0, 1): 6}), "hidden.equal-lists"),
    (CaptureTable.from_histories("AB", {}), "hidden.empty-table"),
])  # fmt: skip
def test_nothing_to_estimate_from_is_an_error(table, code):
    with pytest.raises(KyotoError) as caught:
        estimate_population(table)
    assert caught.value.code == code


@pytest.mark.parametrize(("options", "code"), [
    (Options(method="magic"), "hidden.unknown-method"), (Options(select="best"), "hidden.unknown-selection"),
    (Options(select="model"), "hidden.wrong-model"), (Options(select="model", model="12,3"), "hidden.wrong-model"),
    (Options(select="model", model="[19]"), "hidden.wrong-model"), (Options(level=1.5), "hidden.wrong-level"),
    (Options(select="model", model="[123]"), "hidden.wrong-model"),
    (Options(method="graphs", delta=-1), "hidden.wrong-prior"),
])  # fmt: skip
def test_wrong_options(korea, options, code):
    with pytest.raises(KyotoError) as caught:
        estimate_population(korea, options)
    assert caught.value.code == code


def test_twelve_lists_are_estimated_and_their_search_is_refused():
    table = CaptureTable.from_histories(
        "ABCDEFGHIJKL", {(at,): 20 + at for at in range(12)} | {(0, 1): 5, (2, 9): 4, (4, 11): 3}
    )
    assert estimate_population(table, Options(replicates=0)).verdict == "ok"
    with pytest.raises(KyotoError) as caught:
        estimate_population(table, Options(select="bic"))
    assert caught.value.code == "hidden.too-many-models"
