"""Explanations of figures, recounted from the raw files without Kyoto."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from kyoto.cli.main import app
from kyoto.core.build import run_build
from kyoto.core.errors import KyotoError
from kyoto.core.project import load_project
from kyoto.statistics.explain.lines import Wanted, find_lines
from kyoto.statistics.explain.tracing import explain_figure
from kyoto.statistics.pipeline.settings import read_settings
from kyoto.statistics.pipeline.steps import project_steps

SOURCE = """\
ref,day,kind,district,person,age,note
1,2020-01-03,BURGLARY,North,a,17,plain
2,2020-01-09,THEFT,North,a,,"two
lines"
3,2020-02-11,THEFT,South,b,40,plain
4,2020-02-30,THEFT,South,b,40,no such day
5,2020-02-12,VEHICLE,South,c,,"a ""quoted"" word"
6,2020-03-01,BURGLARY,North,a,17,plain
broken line with,too few
7,2021-03-02,UNHEARD OF,South,d,90,=1+1
8,2021-03-02,THEFT,North,e,30,plain
9,2021-04-05,BURGLARY,South,f,33,plain
10,2021-04-06,BURGLARY,South,f,34,plain
"""
CORRESPONDENCE = """\
national_code,national_title,iccs_code,match,weight,note
BURGLARY,Burglary,0501,exact,,
THEFT,Theft,0502,exact,,all of it
VEHICLE,Theft or misuse of vehicles,05021,broader,0.75,
VEHICLE,Theft or misuse of vehicles,0504,partial,0.25,
"""
PROJECT = """\
[project]
title = "Two districts"
area = "XX"

[sources.police]
file = "police.csv"
unit = "offence"

[sources.police.columns]
id = "ref"
recorded = "day"
offence = {{ column = "kind", correspondence = "own.csv" }}
region = "district"
suspect_id = "person"
age = "age"

[tables.by_type]
title = "What was recorded?"
source = "police"
by = ["iccs", "period:year", "region"]

[tables.young]
source = "police"
by = ["iccs", "period:month"]
where = "age < 18"

[tables.suspects]
source = "police"
unit = "suspect"
by = ["iccs", "period:year"]

[tables.first]
source = "police"
unit = "suspect"
principal_offence = true
by = ["iccs", "age:0-17,18+"]

[indicators]
use = ["burglaries", "16.1.4"]

[indicators.own.burglaries]
title = "Burglaries"
numerator = {{ unit = "offence", iccs = ["0501"] }}

[disclosure]
method = "{method}"
{secret}
"""


def built(folder: Path, method: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "police.csv").write_text(SOURCE, encoding="utf-8")
    (folder / "own.csv").write_text(CORRESPONDENCE, encoding="utf-8")
    secret = 'secret = "for the tests"' if method != "none" else ""
    (folder / "kyoto.toml").write_text(PROJECT.format(method=method, secret=secret), encoding="utf-8")
    settings = read_settings(load_project(folder))
    run_build(settings.project, project_steps(settings), engine="duckdb")
    return folder


@pytest.fixture(scope="module")
def open_project(tmp_path_factory) -> Path:
    return built(tmp_path_factory.mktemp("open"), "none")


@pytest.fixture(scope="module")
def safe_project(tmp_path_factory) -> Path:
    return built(tmp_path_factory.mktemp("safe"), "cell-key")


def explained(folder: Path, table: str, /, **wanted):
    options = {name: wanted.pop(name) for name in ("rows", "write_to", "confidential") if name in wanted}
    return explain_figure(load_project(folder), table, wanted, **options)


def test_every_published_count_is_explained_by_rows_that_recount_to_it(open_project):
    seen = 0
    for offset, table in enumerate(("by_type", "young", "suspects", "first")):
        frame = pq.read_table(open_project / "build" / "tables" / f"{table}.parquet").to_pandas()
        figures = frame[frame["series"].astype(str) == table].to_dict("records")
        for row in figures[offset::3]:  # a third of each table: every explanation starts an engine of its own
            used = [name for name in ("iccs", "period", "area", "age") if frame[name].nunique() > 1 or name == "period"]
            found = explained(open_project, table, **{name: str(row[name]) for name in used})
            assert found.rows.unprotected == pytest.approx(row["value"]) == pytest.approx(found.value), row
            seen += 1
    assert seen == 20


def test_source_rows_are_the_lines_of_the_file(open_project):
    found = explained(open_project, "by_type", iccs="0501", period="2021", area="South", rows=10)
    lines = SOURCE.splitlines()
    assert sorted(lines[row["line"] - 1].split(",")[0] for row in found.rows.sample) == ["10", "9"]
    # after a quoted line break and a line that is no record, positions still hold
    assert {row["file"] for row in found.rows.sample} == {"police.csv"}


def test_every_row_of_the_source_is_found_on_its_own_line(open_project):
    found = explained(open_project, "by_type", rows=100, period="2020")
    lines = SOURCE.splitlines()
    assert {lines[row["line"] - 1].split(",")[0] for row in found.rows.sample} == {"1", "2", "3", "5", "6"}
    for row in found.rows.sample:
        assert lines[row["line"] - 1].startswith(f"{row['id']},")


def test_rows_through_each_row_of_the_correspondence(open_project):
    found = explained(open_project, "by_type", iccs="05", period="2020")
    used = {link.national_code: link for link in found.links}
    assert {code: link.rows for code, link in used.items()} == {"BURGLARY": 2, "THEFT": 2, "VEHICLE": 1}
    assert used["THEFT"].note == "all of it"
    assert used["THEFT"].match == "exact"


def test_weighted_link_counts_with_its_share(open_project):
    found = explained(open_project, "by_type", iccs="0504", period="2020")
    assert found.value == pytest.approx(0.25)
    assert (found.rows.rows, found.rows.unprotected) == (1, pytest.approx(0.25))


def test_rule_mapping_and_classification_are_told(open_project):
    text = explained(open_project, "young", iccs="0501", period="2020-01").summary()
    for words in (
        "Only where: age < 18",
        "offence: column “kind”",
        "0501 (Burglary)",
        "1 row: Burglary → 0501 (exact)" if "1 row: Burglary" in text else "BURGLARY: Burglary → 0501 (exact)",
        "None: the figures are counts.",
        "No disclosure control",
        "police.csv:2",
    ):
        assert words.lower() in re.sub(r"\s+", " ", text).lower(), words


def test_a_protected_figure_tells_no_rows_and_no_counts(safe_project):
    found = explained(safe_project, "by_type", iccs="05")
    assert found.protected
    assert found.rows is None
    assert all(link.rows is None for link in found.links)
    assert found.to_dict()["source_rows"] is None
    text = found.summary()
    assert "Not shown: they would tell the figure as it was before disclosure control." in text
    assert "--confidential" in text
    with pytest.raises(KyotoError) as error:
        explained(safe_project, "by_type", iccs="05", write_to=safe_project / "rows.csv")
    assert error.value.code == "explain.confidential"
    assert not (safe_project / "rows.csv").exists()


def test_the_office_sees_the_rows_of_a_protected_figure_on_request(safe_project):
    found = explained(safe_project, "by_type", iccs="0501", period="2021", confidential=True)
    assert found.rows.unprotected == 2
    assert "CONFIDENTIAL" in found.summary()


def test_all_rows_go_to_a_file_with_harmless_cells(open_project, tmp_path):
    target = tmp_path / "rows.csv"
    found = explained(open_project, "by_type", period="2021", rows=1, write_to=target)
    with target.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["id"] for row in rows) == ["10", "7", "8", "9"]
    assert len(found.rows.sample) == 1
    assert found.rows.rows == 4


@pytest.mark.parametrize(
    ("table", "wanted", "code", "hint"),
    [
        ("by_tipe", {}, "explain.unknown-table", "Did you mean 'by_type'?"),
        ("by_type", {"icss": "05"}, "explain.unknown-dimension", "Did you mean 'iccs'?"),
        ("by_type", {"sex": "F"}, "explain.unknown-dimension", "Known: area, iccs, period."),
        ("by_type", {"area": "Nort"}, "explain.unknown-value", "Did you mean 'North'?"),
        (
            "by_type",
            {"iccs": "501"},
            "explain.unknown-value",
            "Did you mean '0501'? Codes are text: keep the leading zero.",
        ),
        ("by_type", {"period": "2019"}, "explain.unknown-value", "Did you mean '2021'?"),
        ("by_type", {"iccs": "0504", "period": "2021"}, "explain.no-figure", "leave one out"),
    ],
)
def test_wrong_words_suggest_the_nearest(open_project, table, wanted, code, hint):
    with pytest.raises(KyotoError) as error:
        explained(open_project, table, **wanted)
    assert error.value.code == code
    assert hint in error.value.hint


def test_region_is_another_word_for_area_and_case_does_not_matter(open_project):
    one = explained(open_project, "by_type", region="north", period="2020")
    assert one.cell["area"] == "North"
    assert one.value == 3


def test_without_a_period_the_latest_is_explained_and_said(open_project):
    found = explained(open_project, "by_type", iccs="05")
    assert found.cell["period"] == "2021"
    assert "Period not named: the latest, 2021" in found.summary()


def test_an_indicator_is_explained_by_the_rows_of_its_numerator(open_project):
    found = explained(open_project, "burglaries", period="2021")
    assert found.value == found.rows.unprotected == 2
    assert found.title == "Burglaries"
    assert "Source rows are those of the numerator." in found.summary()
    missing = explained(open_project, "16.1.4")
    assert missing.value is None
    assert missing.rows is None
    assert "Not computed: it needs a victimization survey" in missing.summary()


def test_no_build_says_what_to_do(tmp_path):
    (tmp_path / "kyoto.toml").write_text(PROJECT.format(method="none", secret=""), encoding="utf-8")
    with pytest.raises(KyotoError, match="has not been built") as error:
        explained(tmp_path, "by_type")
    assert error.value.hint == "Run `kyoto build` first."


def test_findings_on_the_source_and_its_variables_touch_the_figure(open_project):
    quality = open_project / "build" / "quality.json"
    before = quality.read_bytes() if quality.exists() else None
    findings = [
        {
            "severity": "warning",
            "code": "a.b",
            "source": "police",
            "message": "Districts are missing.",
            "variable": "region",
        },
        {"severity": "note", "code": "a.c", "source": "police", "message": "Sex is missing.", "variable": "sex"},
        {"severity": "note", "code": "a.d", "source": "courts", "message": "Other source.", "variable": ""},
        {"severity": "error", "code": "a.e", "source": "police", "message": "A month is missing.", "variable": ""},
    ]
    quality.write_text(json.dumps({"findings": findings}), encoding="utf-8")
    try:
        found = explained(open_project, "by_type", iccs="05")
    finally:
        quality.write_bytes(before) if before is not None else quality.unlink()
    assert [finding["code"] for finding in found.findings] == ["a.b", "a.e"]


def test_lines_are_found_whatever_ends_them(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes('x,y\r\n1,"a\r\nb"\r\n2,c\r\n\r\nbad\r\n3,"d ""e"""\r\n2,c\r\n'.encode("cp1252"))
    dialect = {"quote": '"', "delimiter": ",", "encoding": "cp1252", "header_line": 1}
    wanted = [Wanted(1, {"x": "1"}), Wanted(2, {"x": "2", "y": "c"}), Wanted(3, {"y": 'd "e"'})]
    assert find_lines(path, dialect, wanted, {6}) == [(1, 2), (2, 4), (3, 7)]


def test_a_line_is_believed_for_its_text_not_for_its_position(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x,y\n1,a\n2,b\n2,b\n3,c\n", encoding="utf-8")
    dialect = {"quote": '"', "delimiter": ",", "encoding": "utf-8", "header_line": 1}
    # the position is wrong, the text is there: twice for two records that say the same
    wanted = [Wanted(4, {"x": "1"}), Wanted(1, {"x": "2", "y": "b"}), Wanted(9, {"x": "2", "y": "b"})]
    assert find_lines(path, dialect, wanted) == [(1, 2), (2, 3), (3, 4)]
    assert find_lines(path, dialect, [Wanted(1, {"x": "9"}), Wanted(1, {})]) == [None, None]


def test_command_prints_text_json_and_errors(open_project):
    runner = CliRunner()
    plain = runner.invoke(app, ["explain", str(open_project), "by_type", "iccs=0501", "period=2021"])
    assert plain.exit_code == 0
    assert "2 offences (95 % interval" in plain.output
    result = runner.invoke(app, ["explain", str(open_project), "by_type", "iccs=0501", "period=2021", "--json"])
    data = json.loads(result.output)
    assert data["figure"]["value"] == 2
    assert data["source_rows"]["rows"] == 2
    wrong = runner.invoke(app, ["explain", str(open_project), "by_type", "iccs"])
    assert isinstance(wrong.exception, KyotoError)
    assert wrong.exception.code == "explain.syntax"


@pytest.mark.shared
def test_police_uk_burglaries_of_one_area_are_its_lines(shared_data, tmp_path):
    frame = pd.read_parquet(shared_data / "incidents" / "police_uk_west_yorkshire_2016-07.parquet")
    frame.to_csv(tmp_path / "street.csv", index=False)
    (tmp_path / "kyoto.toml").write_text(
        '[project]\ntitle = "T"\narea = "GB-WYK"\n[sources.street]\nfile = "street.csv"\nunit = "offence"\n'
        '[sources.street.columns]\nperiod = "Month"\nregion = "LSOA code"\n'
        'offence = { column = "Crime type", correspondence = "uk-police" }\n'
        '[tables.t]\nsource = "street"\nby = ["iccs", "period:month", "region"]\n[disclosure]\nmethod = "none"\n',
        encoding="utf-8",
    )
    settings = read_settings(load_project(tmp_path))
    run_build(settings.project, project_steps(settings), engine="duckdb")
    burglaries = frame[frame["Crime type"] == "Burglary"]
    area = burglaries["LSOA code"].value_counts().idxmax()
    own = burglaries[burglaries["LSOA code"] == area]
    found = explained(tmp_path, "t", iccs="0501", area=area, rows=500)
    assert found.value == found.rows.rows == len(own)
    # the frame's positions are the file's lines: no cell of this file holds a line break
    assert sorted(row["line"] for row in found.rows.sample) == sorted(position + 2 for position in own.index)
