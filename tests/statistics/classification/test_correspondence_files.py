"""A user's own table: each malformed file and the exact errors it gives, all in one pass."""

from __future__ import annotations

import pytest

from kyoto.core.errors import KyotoError
from kyoto.statistics.classification import correspondence, splits, validate

HEADER = "national_code,national_title,iccs_code,match,weight,condition\n"

BAD_FILES = {
    # name: (content, [(severity, code, line)])
    "empty": (b"", [("error", "correspondence.empty-file", None)]),
    "blank": (b"\n\n", [("error", "correspondence.empty-file", None)]),
    "header only": (HEADER.encode(), [("error", "correspondence.empty-file", None)]),
    "not utf-8": (
        "national_code,iccs_code\nFür,0101\n".encode("latin-1"),
        [("error", "correspondence.encoding", None)],
    ),
    "missing columns": (
        b"code,iccs\n1,0101\n",
        [("error", "correspondence.missing-column", 1), ("error", "correspondence.missing-column", 1)],
    ),
    "column twice": (
        b"national_code,iccs_code,iccs_code\n1,0101,0101\n",
        [("error", "correspondence.duplicate-column", 1)],
    ),
    "ragged": (
        b"national_code,iccs_code\n1,0101\n2,0101,x\n3\n",
        [("error", "correspondence.ragged-row", 3), ("error", "correspondence.ragged-row", 4)],
    ),
    "no code": (b"national_code,iccs_code\n,0101\n", [("error", "correspondence.empty-code", 2)]),
    "unknown class": (
        b"national_code,iccs_code\n1,101\n2,0199\n",
        [("error", "correspondence.unknown-iccs", 2), ("error", "correspondence.unknown-iccs", 3)],
    ),
    "no class": (b"national_code,iccs_code\n1,\n", [("error", "correspondence.missing-iccs", 2)]),
    "class though none": (
        b"national_code,iccs_code,match\n1,0101,none\n",
        [("error", "correspondence.contradiction", 2)],
    ),
    "unknown match": (
        b"national_code,iccs_code,match\n1,0101,exakt\n",
        [("error", "correspondence.unknown-match", 2)],
    ),
    "bad weights": (
        (HEADER + "1,,0101,exact,half,\n2,,0101,exact,0,\n3,,0101,exact,1.5,\n").encode(),
        [("error", "correspondence.bad-weight", line) for line in (2, 3, 4)],
    ),
    "weights do not sum": (
        (HEADER + "1,,0101,broader,0.5,\n1,,0102,broader,0.4,\n").encode(),
        [("error", "correspondence.weights", 3)],
    ),
    "one weight missing": (
        (HEADER + "1,,0101,broader,0.5,\n1,,0102,broader,,\n").encode(),
        [("error", "correspondence.overlap", 3)],
    ),
    "bad conditions": (
        (HEADER + '1,,0102,exact,,attempted =\n1,,0101,exact,,\n2,,0101,exact,,"iccs == ""0101"""\n').encode(),
        [
            ("error", "correspondence.bad-condition", 2),
            ("error", "correspondence.bad-condition", 4),
        ],
    ),
    "overlap": (
        b"national_code,iccs_code\n1,0101\n2,0201\n1,0102\n",
        [("error", "correspondence.overlap", 4)],
    ),
    "same condition twice": (
        (HEADER + "1,,0102,exact,,attempted\n1,,0103,exact,,attempted\n1,,0101,exact,,\n").encode(),
        [("error", "correspondence.overlap", 3)],
    ),
    "wildcard twice": (
        b"national_code,iccs_code\n3*1,0101\n3*1,0102\n",
        [("error", "correspondence.duplicate-wildcard", 3)],
    ),
    "wildcards that meet": (
        b"national_code,iccs_code\n3*1,0101\n31*,0102\n4*1,0103\n",
        [("warning", "correspondence.ambiguous-wildcards", 3)],
    ),
    "wildcards of two lengths": (b"national_code,iccs_code\n3*1,0101\n3**1,0102\n", []),
    "no rest": (
        (HEADER + "1,,0102,exact,,attempted\n").encode(),
        [("warning", "correspondence.no-rest", 2)],
    ),
    "misspelt column": (
        b"national_code,iccs_code,wieght\n1,0101,\n",
        [("warning", "correspondence.strange-column", 1)],
    ),
    "unknown total": (
        b"national_code,iccs_code,part_of\n1,0101,9\n",
        [("error", "correspondence.unknown-total", 2)],
    ),
    "same title": (
        b"national_code,national_title,iccs_code\n1,Theft,0502\n2,theft,05021\n",
        [("note", "correspondence.ambiguous-title", 3)],
    ),
    "several at once": (
        (HEADER + "1,,101,exact,,\n2,,0101,exakt,,\n3,,0201,exact,,\n3,,0202,exact,,\n,,0101,,,\n").encode(),
        [
            ("error", "correspondence.unknown-iccs", 2),
            ("error", "correspondence.unknown-match", 3),
            ("error", "correspondence.overlap", 5),
            ("error", "correspondence.empty-code", 6),
        ],
    ),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_files_give_these_findings_in_one_pass(name, tmp_path):
    content, expected = BAD_FILES[name]
    file = tmp_path / "mine.csv"
    file.write_bytes(content)
    found = [
        (finding.severity, finding.code, finding.line)
        for finding in validate(file)
        if finding.code != "correspondence.gap"
    ]
    assert found == expected
    errors = [(code, line) for severity, code, line in expected if severity == "error"]
    if errors:
        with pytest.raises(KyotoError) as caught:
            correspondence(file)
        assert [(problem.code, problem.where.line) for problem in caught.value.problems] == errors
        assert all(problem.where.file == str(file) for problem in caught.value.problems)
    else:
        assert correspondence(file).links


def test_a_missing_file_is_named(tmp_path):
    for call in (correspondence, validate):
        with pytest.raises(KyotoError) as caught:
            call("nowhere/mine.csv", folder=tmp_path)
        assert caught.value.code == "correspondence.missing-file"
        assert caught.value.where.file == str(tmp_path / "nowhere" / "mine.csv")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_delimiters_and_byte_order_mark_are_recognised(delimiter, encoding, tmp_path):
    rows = [["national_code", "national_title", "iccs_code"], ["007", "Körperverletzung", "02049"], ["", "", ""]]
    file = tmp_path / "mine.csv"
    file.write_text("\r\n".join(delimiter.join(row) for row in rows), encoding=encoding, newline="")
    table = correspondence("mine.csv", folder=tmp_path)
    assert [(link.national_code, link.national_title, link.iccs_code) for link in table.links] == [
        ("007", "Körperverletzung", "02044")
    ]
    assert table.links[0].match == "unstated"
    assert table.name == "mine"


def test_a_row_over_several_lines_keeps_the_line_numbers_right(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text('national_code,iccs_code,note\n1,8,"two\nlines"\n2,9,\n')
    assert [(f.code, f.line) for f in validate(file) if f.severity == "error"] == [
        ("correspondence.unknown-iccs", 2),
        ("correspondence.unknown-iccs", 4),
    ]


def test_weights_with_a_decimal_comma_and_rounding(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("national_code;iccs_code;weight\n1;0101;0,333\n1;0102;0,333\n1;0103;0,334\n")
    assert [(split.link, split.iccs, split.weight) for split in splits(correspondence(file))] == [
        (0, "0101", 0.333),
        (0, "0102", 0.333),
        (0, "0103", 0.334),
    ]


def test_weights_inside_a_condition_sum_by_themselves(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text(
        "national_code,iccs_code,weight,condition\n1,050211,0.8,attempted\n1,050212,0.2,attempted\n1,0502,,\n"
    )
    assert [finding for finding in validate(file) if finding.severity != "note"] == []
    assert [(split.link, split.iccs) for split in splits(correspondence(file))] == [(0, "050211"), (0, "050212")]
