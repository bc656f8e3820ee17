"""``kyoto indicators`` and ``kyoto check`` on a project that is built."""

from __future__ import annotations

import csv
import io
import json

import pytest

PROJECT = """
[project]
title = "Robberies and burglaries"
area = "LUX"
population = "population.csv"
[sources.police]
file = "police.csv"
unit = "offence"
[sources.police.columns]
id = "number"
recorded = "day"
iccs = "class"
sex = "sex"
[indicators]
use = ["robbery_rate", "16.1.1", "16.1.4", "night_burglaries", "household_burglary_rate"]
given = "given.csv"
households = "households.csv"
[indicators.own.night_burglaries]
title = "Burglaries per 1 000 robberies"
numerator = { unit = "offence", iccs = ["0501"] }
denominator = { count = { unit = "offence", iccs = ["0401"] } }
multiplier = 1000
[disclosure]
method = "none"
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    (folder / "kyoto.toml").write_text(PROJECT)
    lines = ["number,day,class,sex"]
    for index in range(400):
        code = "0401" if index % 4 else "05012"
        sex = "" if index < 50 else "F"
        lines.append(f"P{index if index < 390 else 7},2016-{index % 12 + 1:02d}-{index % 28 + 1:02d},{code},{sex}")
    (folder / "police.csv").write_text("\n".join(lines) + "\n")
    (folder / "population.csv").write_text("area,year,value\nLUX,2016,600000\n")
    (folder / "households.csv").write_text("area,year,value\nLUX,2016,200000\n")
    (folder / "given.csv").write_text(
        "indicator,area,period,value,lower,upper,source\n16.1.4,LUX,2016,70,68,72,survey\n"
    )
    return folder


@pytest.fixture
def built(project, kyoto):
    assert kyoto("build", project).code == 0
    return project


def test_list_finds_by_words(kyoto):
    rows = json.loads(kyoto("indicators", "list", "homicide", "clear", "--json").out)
    assert [row["code"] for row in rows] == ["homicide_clearance_rate"]
    computed = json.loads(kyoto("indicators", "list", "--computed", "--json").out)
    assert "16.1.4" not in {row["code"] for row in computed}
    rows = list(csv.DictReader(io.StringIO(kyoto("indicators", "list", "--csv").out)))
    assert {"16.1.1", "16.1.4", "theft_rate"} <= {row["code"] for row in rows}


def test_show_says_what_is_counted(kyoto):
    ran = kyoto("indicators", "show", "16.1.1")
    assert "victims, ICCS 0101" in ran.out
    missing = kyoto("indicators", "show", "16.1.1x")
    assert missing.code == 2
    assert "indicator.unknown" in missing.err and "Did you mean" in missing.err


def test_a_project_says_what_it_can_serve(project, kyoto):
    rows = {row["code"]: row for row in json.loads(kyoto("indicators", "list", "-p", project, "--json").out)}
    assert rows["robbery_rate"]["source"] == "police"
    assert rows["16.1.1"]["reason"] == 'needs a source with unit = "victim" (or one that maps victim_id)'
    shown = json.loads(kyoto("indicators", "show", "night_burglaries", "-p", project, "--json").out)
    assert shown["tables"] == [
        'night_burglaries: offence in police where iccs startswith "0501", by period:year',
        'night_burglaries.whole: offence in police where iccs startswith "0401", by period:year',
    ]


def test_a_build_computes_them(built):
    with (built / "build" / "indicators.csv").open(encoding="utf-8") as file:
        rows = {row["series"]: row for row in csv.DictReader(file)}
    assert float(rows["robbery_rate"]["value"]) == pytest.approx(300 / 600_000 * 100_000)
    assert float(rows["household_burglary_rate"]["value"]) == pytest.approx(100 / 200_000 * 1000)
    assert float(rows["16.1.4"]["value"]) == 70
    assert (rows["16.1.1"]["value"], rows["16.1.1"]["status"]) == ("", "M")
    assert "needs a source with unit" in rows["16.1.1"]["note"]


def test_check_prints_the_findings(built, kyoto):
    ran = kyoto("check", built)
    assert ran.code == 0
    assert "sex is missing in 50 of 400 records (12.5%)" in ran.out
    assert "1 value of id stands more than once: 10 records too many" in ran.out
    assert "police.csv row 1" in ran.out
    data = json.loads(kyoto("check", built, "--json").out)
    assert data["current"] is True
    assert data["by_severity"]["warning"] == 2
    assert {found["code"] for found in data["findings"]} == {"completeness.missing", "duplicates.identifier"}
    rows = list(csv.DictReader(io.StringIO(kyoto("check", built, "--csv").out)))
    assert {row["count"] for row in rows} == {"50", "10"}
    assert json.loads(kyoto("check", built, "--source", "other", "--json").out)["findings"] == []


@pytest.mark.parametrize(("severity", "code"), [("error", 0), ("warning", 2), ("note", 2)])
def test_check_fails_where_it_is_asked_to(built, kyoto, severity, code):
    assert kyoto("check", built, "--fail-on", severity).code == code


def test_check_says_when_the_build_is_old(built, kyoto):
    file = built / "kyoto.toml"
    file.write_text(PROJECT + "[quality]\nmissing = 0.5\n")
    try:
        ran = kyoto("check", built)
        assert "changed since this build" in ran.out
        assert json.loads(kyoto("check", built, "--json").out)["current"] is False
    finally:
        file.write_text(PROJECT)


def test_check_without_a_build(tmp_path, kyoto):
    (tmp_path / "kyoto.toml").write_text(PROJECT)
    ran = kyoto("check", tmp_path)
    assert ran.code == 2
    assert "check.no-build" in ran.err
