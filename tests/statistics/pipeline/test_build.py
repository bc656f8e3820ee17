"""The whole build: both engines alike, rows that reconcile, protection, incremental, killed at any moment."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
from projects import build_project, facts, make_project, read_table, value

from kyoto.core.errors import KyotoError
from kyoto.core.project import load_project
from kyoto.statistics.pipeline.settings import read_settings

PROJECT = """
    [project]
    title = "Small"
    area = "LL"
    population = "population.csv"

    [sources.police]
    file = "police.csv"
    unit = "offence"
    [sources.police.columns]
    offence_id = "nr"
    incident_id = "case"
    recorded = "day"
    offence = {{ column = "what", correspondence = "own.csv" }}
    region = "where"
    sex = "sex"
    age = "age"

    [tables.by_region]
    source = "police"
    by = ["iccs", "period:year", "region"]
    rate = 100000
    [tables.by_person]
    source = "police"
    by = ["period:quarter", "sex", "age:0-17,18+"]
    share = "sex"
    [tables.incidents]
    source = "police"
    unit = "incident"
    by = ["iccs", "sex"]

    [indicators]
    use = ["robbery_rate", "16.1.4"]

    [disclosure]
    {disclosure}
"""

OWN = """
    national_code,national_title,iccs_code,match,weight,condition,note,source
    R,Robbery,0401,exact,,,,own
    T,Theft,0502,exact,,,,own
    V,Violence,0101,broader,0.1,,,own
    V,Violence,0201,broader,0.9,,,own
    X,Fishing,,none,,,,own
"""

POPULATION = """
    area,period,sex,age,value
    LL,2020,_T,_T,1000000
    LL,2021,_T,_T,1010000
    N,2020,_T,_T,400000
    N,2021,_T,_T,404000
"""


def extract(rows=300, seed=1):
    chance = random.Random(seed)
    lines = ["nr;case;day;what;where;sex;age"]
    for number in range(rows):
        day = f"{chance.randrange(1, 29):02d}.{chance.randrange(1, 13):02d}.{chance.choice([2020, 2021])}"
        lines.append(
            ";".join(
                [
                    str(number),
                    str(chance.randrange(rows // 2)),
                    "31.02.2020" if number % 97 == 5 else day,
                    chance.choice("RTVXQ"),
                    chance.choice("NS"),
                    chance.choice(["M", "F", "", "unknown"]),
                    "999" if number % 89 == 3 else str(chance.randrange(90)),
                ]
            )
        )
    return "\n".join(lines) + "\n"


def small(folder, disclosure='method = "none"', **more):
    files = {"police__csv": extract(), "own__csv": OWN, "population__csv": POPULATION, **more}
    return make_project(folder, PROJECT.format(disclosure=disclosure), **files)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return build_project(small(tmp_path_factory.mktemp("small")))


@pytest.fixture(scope="module")
def records(built):
    """The extract read by pandas, without the rows that must be rejected."""
    frame = pd.read_csv(built.folder.parent / "police.csv", sep=";", dtype=str)
    day = pd.to_datetime(frame["day"], format="%d.%m.%Y", errors="coerce")
    return frame.assign(date=day)[day.notna() & (frame["age"].astype(int) <= 150)]


def test_rows_reconcile_and_rejects_say_why(built, records):
    entry = built.manifest["reconciliation"]["police"]
    assert entry["rows_in"] == 300 == entry["rows_counted"] + entry["rows_rejected"]
    assert entry["rows_counted"] == len(records)
    rejects = pd.read_csv(built.folder / "rejects" / "police.csv", dtype=str)
    assert set(rejects["value"]) == {"31.02.2020", "999"}
    raw = (built.folder.parent / "police.csv").read_text().splitlines()
    for reject in rejects.to_dict("records"):
        assert reject["value"] in raw[int(reject["line"]) - 1]
        assert reject["value"] in raw[int(reject["row"])]


def test_tables_equal_direct_counts(built, records):
    table = read_table(built, "by_region")
    counts = table[table.series == "by_region"]
    year = records["date"].dt.year
    for period in (2020, 2021):
        assert value(counts, iccs="_T", period=str(period), area="LL") == (year == period).sum()
        robbery = (year == period) & (records["what"] == "R")
        assert value(counts, iccs="0401", period=str(period), area="LL") == robbery.sum()
        assert value(counts, iccs="04", period=str(period), area="N") == (robbery & (records["where"] == "N")).sum()
        violence = ((year == period) & (records["what"] == "V")).sum()
        assert value(counts, iccs="0101", period=str(period), area="LL") == pytest.approx(0.1 * violence)
    rates = table[table.series == "by_region.rate"]
    robbery = ((year == 2021) & (records["what"] == "R")).sum()
    assert value(rates, iccs="0401", period="2021", area="LL") == pytest.approx(robbery / 1_010_000 * 100_000)
    south = rates[(rates.area == "S") & (rates.iccs == "_T")]
    assert south["value"].isna().all()
    assert (south["status"] == "M").all()


def test_shares_add_up(built):
    table = read_table(built, "by_person")
    shares = table[(table.series == "by_person.share") & (table.period == "2020-Q2") & (table.age == "_T")]
    assert shares["value"].sum() == pytest.approx(1)
    assert ((shares["lower"] <= shares["value"]) & (shares["value"] <= shares["upper"])).all()


def test_distinct_incidents(built, records):
    table = read_table(built, "incidents")
    assert value(table, iccs="_T", sex="_T") == records["case"].nunique()
    thefts = records[records["what"] == "T"]
    assert value(table, iccs="0502", sex="_T") == thefts["case"].nunique()
    assert table["period"].unique().tolist() == ["2020/2021"]


def test_indicators_are_computed_or_say_what_they_need(built, records):
    frame = pd.read_csv(built.folder / "indicators.csv", dtype={"period": str})
    robberies = ((records["date"].dt.year == 2020) & (records["what"] == "R")).sum()
    rate = frame[(frame.series == "robbery_rate") & (frame.period == "2020") & (frame.area == "LL")]
    assert rate["value"].tolist() == pytest.approx([robberies / 10])
    survey = frame[frame.series == "16.1.4"]
    assert survey["value"].isna().all()
    assert "survey" in survey["note"].iloc[0]


def test_every_output_says_that_it_is_not_protected(built):
    assert (read_table(built, "by_person")["note"] == "not protected").all()
    assert "No disclosure control was applied" in (built.folder / "report.html").read_text()


def test_what_reading_and_coding_found_stands_in_quality(tmp_path):
    rest = "T,Theft,0502,exact,,,,own"
    own = OWN.replace(rest, f"T,Theft,0501,exact,,victim_minor,,own\n    {rest}")
    result = build_project(small(tmp_path, own__csv=own))
    found = json.loads((result.folder / "quality.json").read_text())["findings"]
    codes = {finding["code"]: finding for finding in found}
    assert "day" in codes["source.day-or-month-decided"]["message"]
    assert "victim_minor" in codes["correspondence.undecidable-condition"]["message"]


@pytest.mark.parametrize("disclosure", ["", 'method = "rounding"', 'method = "suppression"'])
def test_protection_changes_every_output_alike(tmp_path, disclosure):
    result = build_project(small(tmp_path, disclosure))
    true = build_project(small(tmp_path / "true"))
    published, exact = (read_table(each, "by_region") for each in (result, true))
    both = published.merge(exact, how="right", on=["area", "period", "series", "iccs"], suffixes=("", "_true"))
    counts = both[both.series == "by_region"]
    assert (counts["value"] != counts["value_true"]).any()
    small_counts = counts[counts["value_true"].between(1, 2)]
    assert len(small_counts) > 0
    assert not ((small_counts["value"] == small_counts["value_true"]).fillna(False)).any()


def test_the_same_cell_has_the_same_noise_in_every_table(tmp_path):
    result = build_project(small(tmp_path, 'method = "cell-key"\nsecret = "s"'))
    total = read_table(result, "by_region").query("series == 'by_region' and iccs == '_T' and area == 'LL'")
    by_quarter = read_table(result, "by_person").query("series == 'by_person' and sex == '_T' and age == '_T'")
    assert len(total) == 2
    assert len(by_quarter) == 8
    again = build_project(tmp_path, force=True)
    pd.testing.assert_frame_equal(read_table(again, "by_region"), read_table(result, "by_region"))


@pytest.mark.parametrize("method", ["cell-key", "rounding"])
def test_a_count_made_zero_is_not_told_from_none(tmp_path, method):
    result = build_project(small(tmp_path, f'method = "{method}"'))
    for name in ("by_region", "by_person", "incidents"):
        assert (read_table(result, name)["value"] != 0).all()


def test_suppressed_tables_do_not_give_each_other_away(tmp_path):
    """Both tables of one source hold the totals by year and month; neither may show what the other withholds."""
    folder = small(tmp_path, 'method = "suppression"\nthreshold = 8')
    text = (folder / "kyoto.toml").read_text()
    more = '[tables.monthly]\nsource = "police"\nby = ["iccs", "period:month", "sex"]\n'
    (folder / "kyoto.toml").write_text(text.replace("[indicators]", more + "[indicators]"))
    result = build_project(folder)
    yearly = read_table(result, "by_region").query("series == 'by_region' and area == 'LL'")
    monthly = read_table(result, "monthly").query("sex == '_T'").assign(year=lambda frame: frame.period.str[:4])
    one_hidden = 0
    for (code, year), months in monthly.groupby(["iccs", "year"]):
        hidden = months["value"].isna().sum()
        shown = yearly[(yearly.iccs == code) & (yearly.period == year)]["value"].notna().all()
        if shown:
            one_hidden += hidden == 1
    assert monthly["value"].isna().any()
    assert one_hidden == 0  # else the year less the other months would be the withheld one
    assert build_project(folder).ran == ()


@pytest.mark.spark
def test_both_engines_give_identical_tables(tmp_path):
    one = build_project(small(tmp_path / "duckdb", 'method = "cell-key"\nsecret = "s"'))
    other = build_project(small(tmp_path / "spark", 'method = "cell-key"\nsecret = "s"'), engine="spark")
    for name in ("by_region", "by_person", "incidents"):
        pd.testing.assert_frame_equal(read_table(one, name), read_table(other, name))
        csv = [(each.folder / "tables" / f"{name}.csv").read_bytes() for each in (one, other)]
        assert csv[0] == csv[1]
    assert one.manifest["reconciliation"] == other.manifest["reconciliation"]
    assert (one.folder / "indicators.csv").read_bytes() == (other.folder / "indicators.csv").read_bytes()


def test_only_what_changed_is_made_again(tmp_path):
    folder = small(tmp_path)
    build_project(folder)
    assert build_project(folder).ran == ()
    (folder / "population.csv").write_text(POPULATION.replace("1010000", "1020000").replace("    ", "").lstrip())
    assert build_project(folder).ran == ("table:by_region", "indicators", "report")
    text = (folder / "kyoto.toml").read_text()
    (folder / "kyoto.toml").write_text(text.replace('title = "Small"', 'title = "Smaller"'))
    assert build_project(folder).ran == ("report",)
    (folder / "own.csv").write_text((folder / "own.csv").read_text().replace("Robbery", "Robberies"))
    assert build_project(folder).ran[0] == "source:police"


def test_a_comment_in_the_project_file_changes_nothing(tmp_path):
    folder = small(tmp_path)
    build_project(folder)
    (folder / "kyoto.toml").write_text("# a comment\n" + (folder / "kyoto.toml").read_text())
    assert build_project(folder).ran == ()


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("[tables.incidents]", "[tabels.incidents]", "project.unknown-key", "Did you mean 'tables'?"),
        ('source = "police"', 'source = "polize"', "project.wrong-value", "Did you mean 'police'?"),
        ('by = ["iccs", "sex"]', 'by = ["iccs", "period:yaer"]', "project.wrong-value", "Did you mean 'year'?"),
        ("rate = 100000", "rat = 100000", "project.unknown-key", "Did you mean 'rate'?"),
        ('unit = "incident"', 'unit = "incidnet"', "project.wrong-value", "Did you mean 'incident'?"),
        ('area = "LL"', "area = 7", "project.wrong-value", "text in quotes"),
        ('use = ["robbery_rate"', 'use = ["robery_rate"', "project.wrong-value", "Did you mean 'robbery_rate'?"),
    ],
)
def test_wrong_settings_name_line_and_remedy(tmp_path, old, new, code, says):
    folder = small(tmp_path)
    text = (folder / "kyoto.toml").read_text()
    (folder / "kyoto.toml").write_text(text.replace(old, new, 1))
    with pytest.raises(KyotoError) as caught:
        read_settings(load_project(folder))
    problem = caught.value.problems[0]
    assert problem.code == code
    assert says in str(problem)
    line = text.replace(old, new, 1).splitlines()[problem.where.line - 1]
    assert line.strip() in (new, new + ', "16.1.4"]') or new in line


def test_all_problems_of_the_file_come_out_at_once(tmp_path):
    folder = small(tmp_path)
    text = (folder / "kyoto.toml").read_text()
    broken = text.replace("rate = 100000", "rat = 1").replace('area = "LL"', "area = 7").replace("LL", "L")
    (folder / "kyoto.toml").write_text(broken)
    with pytest.raises(KyotoError) as caught:
        read_settings(load_project(folder))
    assert len(caught.value.problems) == 2


def test_a_build_killed_at_any_moment_leaves_the_last_one_whole(tmp_path):
    folder = small(tmp_path)
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "kyoto", "build", str(folder)]
    assert subprocess.run(command, check=False, env=environment, capture_output=True).returncode == 0
    moments = random.Random(5)
    for attempt in range(4):
        (folder / "police.csv").write_text(extract(seed=attempt + 2))
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(moments.uniform(0.3, 4))
        process.send_signal(signal.SIGKILL)
        process.wait()
        manifest = json.loads((folder / "build" / "manifest.json").read_text())
        for step in manifest["steps"].values():
            for output in step["outputs"]:
                assert (folder / "build" / output["path"]).stat().st_size == output["bytes"]
    assert subprocess.run(command, check=False, env=environment, capture_output=True).returncode == 0
    clean = build_project(small(tmp_path / "clean", police__csv=extract(seed=5)))
    assert (folder / "build" / "tables" / "by_region.csv").read_bytes() == (
        clean.folder / "tables" / "by_region.csv"
    ).read_bytes()
    assert facts(clean, "source:police")["rows_in"] == 300
