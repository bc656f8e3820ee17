"""Cases through the stages: brute force, properties, and what a user can do wrong."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyoto.analysis import flow
from kyoto.analysis.flow.reading import read_table
from kyoto.analysis.flow.result import withhold_small
from kyoto.analysis.flow.synthetic import CHANCES, MEDIAN_DAYS
from kyoto.core.errors import KyotoError, Problems
from kyoto.core.project import Project

STAGES = ("recorded", "solved", "charged", "convicted", "admitted", "released")
SAME = {stage: stage for stage in STAGES}


@pytest.fixture(scope="module")
def frame():
    return flow.simulate_cases(4000, seed=7)


@pytest.fixture(scope="module")
def cases(frame):
    return flow.type_cases(frame, SAME, by=["iccs"], identifier="case", until=date(2024, 12, 31))


def test_attrition_is_what_counting_gives(frame, cases):
    found = flow.attrition_by_case(cases, within=365)
    last = pd.Timestamp("2024-12-31")
    counts, total = dict.fromkeys(STAGES, 0), 0
    for row in frame[frame["iccs"] == "0401"].to_dict("records"):
        start = pd.Timestamp(row["recorded"])
        if start + pd.Timedelta(days=365) > last:
            continue
        total += 1
        for stage in STAGES:
            counts[stage] += bool(row[stage]) and pd.Timestamp(row[stage]) <= start + pd.Timedelta(days=365)
    for stage in STAGES:
        row = found.row(stage, iccs="0401")
        assert (row["cases"], row["of"]) == (counts[stage], total)
        assert row["lower"] <= row["estimate"] <= row["upper"]


def test_groups_add_up_and_stages_fall(cases):
    found = flow.attrition_by_case(cases, within=365)
    for stage in STAGES:
        parts = sum(found.row(stage, iccs=section)["cases"] for section in CHANCES)
        assert parts == found.row(stage)["cases"]
    shares = [found.row(stage)["estimate"] for stage in STAGES]
    assert shares == sorted(shares, reverse=True)
    assert found.facts["followed"] + found.findings[0].count == len(cases.days) == found.facts["cases"]


def test_long_follow_up_finds_the_chances_of_the_generator(cases):
    found = flow.attrition_by_case(cases, within=1200)
    for section, chances in CHANCES.items():
        row = found.row("solved", iccs=section)
        assert row["lower"] - 0.02 < chances["solved"] < row["upper"] + 0.02


def test_open_cases_would_shorten_the_median(frame, cases):
    """The median of the closed cases alone is too short; the product-limit median is that of the generator."""
    charged = flow.type_cases(frame, SAME, until=date(2024, 12, 31))
    always = charged.days["convicted"].notna()
    naive = (charged.days["convicted"] - charged.days["charged"])[always].median()
    found = flow.time_to_stage(charged, "solved", shares=(0.1,)).rows[0]
    assert found["estimate"] is not None
    young = flow.type_cases(frame[frame["recorded"] > "2024-06-01"], SAME, until=date(2024, 12, 31))
    released = flow.time_to_stage(young, "charged", since="solved", shares=(0.25,)).rows[0]
    assert released["lower"] <= released["estimate"] <= released["upper"]
    assert naive < MEDIAN_DAYS["convicted"]


@given(st.permutations(range(60)))
@settings(max_examples=10, deadline=None)
def test_the_order_of_rows_changes_nothing(order):
    some = flow.simulate_cases(60, seed=3)
    usual = flow.attrition_by_case(flow.type_cases(some, SAME, until=date(2024, 12, 31)), within=300)
    mixed = flow.attrition_by_case(
        flow.type_cases(some.iloc[list(order)].reset_index(drop=True), SAME, until=date(2024, 12, 31)), within=300
    )
    assert usual.rows == mixed.rows


def test_rows_in_are_cases_and_rejected(frame):
    spoiled = frame.copy()
    spoiled.loc[0, "recorded"] = ""
    spoiled.loc[1, ["recorded", "solved", "charged"]] = ["2024-05-01", "2024-05-02", "2024-01-01"]
    spoiled.loc[2, "case"] = spoiled.loc[3, "case"]
    spoiled.loc[4, "recorded"] = "2031-01-01"
    spoiled.loc[5, ["recorded", "solved", "charged"]] = ["2021-01-01", "", "2021-02-01"]
    found = flow.type_cases(spoiled, SAME, identifier="case", until=date(2024, 12, 31))
    assert found.rows_in == len(frame)
    assert found.rejected == {
        "no date of recorded": 1,
        "charged before solved": 1,
        "identifier repeated": 1,
        "recorded after the end of the file": 1,
    }
    assert [finding.code for finding in found.findings] == ["flow.implied-stage"]
    assert found.findings[0].count == 1


def test_small_groups_are_withheld_with_the_one_that_would_reveal_them():
    frame = pd.DataFrame(
        {"recorded": "2020-01-01", "charged": "2020-02-01", "sex": ["F"] * 4 + ["M"] * 90 + ["X"] * 30}
    )
    stages = {"recorded": "recorded", "charged": "charged"}
    found = flow.attrition_by_case(flow.type_cases(frame, stages, by=["sex"], until=date(2022, 1, 1)), within=100)
    hidden = {row["sex"] for row in found.rows if row["estimate"] is None}
    assert hidden == {"F", "X"}
    assert all(row["cases"] is None and row["of"] is None for row in found.rows if row["sex"] in hidden)
    assert "withheld" in found.summary()
    alone = withhold_small([{"term": "a", "s": "_T", "of": 3, "estimate": 1}], ["s"])
    assert alone[0]["estimate"] == 1


COUNTS = pd.DataFrame(
    {
        "period": ["2020", "2021", "2022", "2023"],
        "recorded": ["1000", "1200", "900", "1100"],
        "charged": ["200", "230", "250", "180"],
        "convicted": ["90", "100", "", "110"],
    }
)


def test_by_period_the_band_covers_every_lag():
    stages = ["recorded", "charged", "convicted"]
    counts = flow.counts_of(COUNTS, {stage: stage for stage in stages})
    found = flow.attrition_by_period(counts, stages, lags={"convicted": (0, 2)})
    rows = {(row["term"], row["period"]): row for row in found.rows}
    row = rows[("convicted", "2023")]
    assert row["estimate"] == pytest.approx(110 / 900)  # middle lag: one year
    for recorded in (1100, 900, 1200):
        assert row["lower"] < 110 / recorded < row["upper"]
    assert rows[("convicted", "2022")]["estimate"] is None
    assert ("convicted", "2021") not in rows
    assert "convicted 0 to 2" in found.method
    narrow = flow.attrition_by_period(counts, stages, lags={"convicted": (1, 1)})
    tight = next(one for one in narrow.rows if (one["term"], one["period"]) == ("convicted", "2023"))
    assert row["lower"] < tight["lower"] < tight["upper"] <= row["upper"]


def test_observations_give_the_same_as_a_wide_table(tmp_path):
    COUNTS.to_csv(tmp_path / "wide.csv", index=False)
    rows = [
        {"area": "XX", "period": row["period"], "series": stage, "iccs": "_T", "sex": sex, "age": "_T",
         "unit": "offence", "value": row[stage] if sex == "_T" else "1"}
        for row in COUNTS.to_dict("records") for stage in ("recorded", "charged") for sex in ("_T", "F")
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(tmp_path / "long.csv", index=False)
    columns = {"recorded": "recorded", "charged": "charged"}
    wide, long = (flow.read_counts(tmp_path / name, columns) for name in ("wide.csv", "long.csv"))
    pd.testing.assert_frame_equal(wide, long[wide.columns], check_dtype=False)
    first = flow.clearance_by_period(wide, cleared="charged")
    assert [row["estimate"] for row in first.rows] == pytest.approx([200 / 1000, 230 / 1200, 250 / 900, 180 / 1100])


def test_clearance_is_attrition_to_solved(cases):
    found, whole = flow.clearance_by_case(cases, within=180), flow.attrition_by_case(cases, within=180)
    assert found.row("cleared")["estimate"] == whole.row("solved")["estimate"]


def test_pending_cases_balance(cases):
    counts = flow.pending_counts(cases, "convicted", since="charged", grain="quarter")
    change = counts["pending"].diff().iloc[1:]
    assert (change == counts["opened"].iloc[1:] - counts["closed"].iloc[1:]).all()
    day = (date(2023, 6, 30) - date(1970, 1, 1)).days
    waiting = (cases.days["charged"] <= day) & ~(cases.days["convicted"] <= day)
    assert counts.set_index("period").loc["2023-Q2", "pending"] == waiting.sum()


def test_backlog_forecast_covers_the_future_of_a_steady_office():
    """200 offices with constant inflow and closing share: 90% intervals hold nine times in ten."""
    random = np.random.default_rng(8)
    hits = 0
    for seed in range(200):
        pending, rows = 300.0, []
        for step in range(18):
            opened = random.poisson(100)
            closed = random.binomial(int(pending) + opened, 0.25)
            pending += opened - closed
            rows.append({"period": str(2000 + step), "opened": opened, "closed": closed, "pending": pending})
        past = pd.DataFrame(rows[:14])
        found = flow.forecast_backlog(past, 4, draws=400, seed=seed, level=0.9).rows[3]
        hits += found["lower"] <= rows[17]["pending"] <= found["upper"]
    assert 0.85 <= hits / 200 <= 1.0


def test_backlog_with_another_rule_is_noticed():
    rows = {"period": ["1", "2", "3", "4"], "opened": [5, 5, 5, 5], "closed": [4, 4, 4, 4], "pending": [10, 11, 30, 13]}
    found = flow.forecast_backlog(pd.DataFrame(rows), 1, draws=200)
    assert [finding.code for finding in found.findings] == ["flow.backlog-mismatch"]


def test_lengths_of_sentences_against_the_normal_interval():
    values = np.random.default_rng(3).gamma(2, 12, 900)
    frame = pd.DataFrame({"months": values.astype(str), "sex": ["F", "M", "M"] * 300})
    row = flow.sentence_lengths(frame, "months", by=["sex"]).row("mean")
    half = 1.96 * values.std(ddof=1) / 30
    assert row["estimate"] == pytest.approx(values.mean())
    assert (row["lower"], row["upper"]) == pytest.approx((values.mean() - half, values.mean() + half), rel=0.02)


def test_pictures_say_the_numbers(cases):
    from lxml import etree

    table = flow.attrition_by_case(cases)
    picture = flow.sankey_svg(table, source="Synthetic cases & nothing else")
    root = etree.fromstring(picture.encode())
    assert root.find("{*}title").text == "How many cases reach each stage?"
    text = " ".join(root.itertext())
    for stage in STAGES:
        assert stage in text
    for narrow, width in ((False, 930), (True, 380)):
        drawn = [flow.sankey_svg(table, narrow=narrow), flow.lexis_svg(cases, "charged", "convicted", narrow=narrow)]
        for root in (etree.fromstring(text.encode()) for text in drawn):
            left, _, wide, _ = map(float, root.get("viewBox").split())
            assert wide == width
            for block in root.findall("{*}rect"):
                assert (
                    left <= float(block.get("x")) and float(block.get("x")) + float(block.get("width")) <= left + wide
                )
            assert len(root.findall("{*}rect")) > 5 and "prefers-color-scheme:dark" in root.findtext("{*}style")
            # letters of such pictures are half as wide as high: no line leaves the paper
            for line in root.findall("{*}text"):
                if line.get("text-anchor") == "start":
                    end = float(line.get("x")) + 0.55 * float(line.get("font-size")) * len(line.text)
                    assert end <= left + wide
    for chart in (table.plot(), flow.time_to_stage(cases, "solved").plot()):
        assert chart.to_dict()["layer"]


@pytest.mark.parametrize(
    ("text", "stages", "code"),
    [
        ("", {"recorded": "a", "charged": "b"}, "source.empty-file"),
        ("a,b\n", {"recorded": "a", "charged": "b"}, "flow.empty-file"),
        ("a,b\n2020-01-01,2020-02-01\n", {"recorded": "a", "charged": "c"}, "flow.wrong-column"),
        ("a,b\n2020-01-01,soon\n", {"recorded": "a", "charged": "b"}, "flow.wrong-date"),
        ("a,b\n2020-01-01,2020-02-01\n", {"recorded": "a", "charged": "b"}, "flow.too-young"),
        ("a,b\n2020-01-01,2019-02-01\n", {"recorded": "a", "charged": "b"}, "flow.no-cases"),
        ("a,b\n,2019-02-01\n", {"recorded": "a", "charged": "b"}, "flow.no-cases"),
        ("a,b\n03/04/2020,05/06/2020\n", {"recorded": "a", "charged": "b"}, "flow.ambiguous-date"),
    ],
)
def test_malformed_case_files(tmp_path, text, stages, code):
    (tmp_path / "cases.csv").write_text(text)
    with pytest.raises(KyotoError) as error:
        flow.attrition_by_case(flow.read_cases(tmp_path / "cases.csv", stages))
    assert error.value.code == code


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ("period,stock\n2020,10\n2021,11\n", "flow.short-history"),
        ("period,stock\n2018,10\n2019,11\n2020,12\n2022,13\n", "flow.gap"),
        ("period,stock\n2018,10\n2019,x\n2020,12\n2021,13\n", "flow.wrong-number"),
        ("period,stock\n2018,10\n2018,11\n2020,12\n2021,13\n", "flow.duplicate-period"),
        ("period,stock,admitted\n2018,10,5\n2019,30,5\n2020,12,5\n2021,13,5\n", "flow.impossible-flow"),
        ("period,people\n2018,10\n2019,11\n2020,12\n2021,13\n", "flow.wrong-column"),
    ],
)
def test_malformed_histories(tmp_path, rows, code):
    (tmp_path / "stock.csv").write_text(rows)
    with pytest.raises(KyotoError) as error:
        flow.read_history(tmp_path / "stock.csv")
    assert error.value.code == code


def test_impossible_counts_are_refused_or_said():
    with pytest.raises(KyotoError) as error:
        flow.detention_figures(
            flow.counts_of(pd.DataFrame({"period": ["1"], "capacity": ["9"]}), {"capacity": "capacity"})
        )
    assert error.value.code == "flow.no-stock"
    more = pd.DataFrame({"period": ["1"], "held": [10.0], "unsentenced": [12.0]})
    row = flow.detention_figures(more).row("pretrial_share")
    assert (row["estimate"], row["note"]) == (None, "more unsentenced than held")


PROJECT = """
[flow]
cases = "cases.csv"
by = ["iccs"]
within = 200
until = "2024-12-31"
identifier = "case"
[flow.stages]
recorded = "recorded"
solved = "solved"
charged = "charged"
[flow.prisons]
file = "prisons.csv"
held = "held"
unsentenced = "remand"
[flow.projection]
file = "prisons.csv"
horizon = 3
scenarios = ["bail-reform=0.2"]
seed = 4
"""


def project(folder, text):
    return Project(folder, folder / "kyoto.toml", tomllib.loads(text), text)


def test_the_section_runs(tmp_path, frame):
    frame.to_csv(tmp_path / "cases.csv", index=False)
    years = [str(year) for year in range(2015, 2024)]
    held = [1000, 1020, 990, 1010, 1030, 1000, 1015, 1025, 1040]
    prisons = pd.DataFrame({"period": years, "held": held, "remand": [300] * 9, "stock": held, "admitted": [1500] * 9})
    prisons.to_csv(tmp_path / "prisons.csv", index=False)
    problems = Problems()
    given = flow.read_settings(project(tmp_path, PROJECT).section("flow", problems=problems))
    problems.raise_if_any()
    found = flow.run_settings(given)
    assert list(found) == ["attrition", "time", "detention", "projection"]
    assert found["attrition"].facts["within"] == 200
    assert found["detention"].row("pretrial_share")["estimate"] == 0.3
    assert found["projection"].scenarios[0].scenario == "bail-reform 0.2"


def test_linked_files_are_never_put_together_without_their_persons(tmp_path):
    text = PROJECT[: PROJECT.index("[flow]")] + "[flow]\n"
    for stage, name in (("recorded", "police"), ("charged", "courts")):
        (tmp_path / f"{name}.csv").write_text("id,date\nA1,2020-01-01\n")
        text += f'[flow.files.{name}]\nfile = "{name}.csv"\nstage = "{stage}"\nlink = "{name}"\n'
    given = flow.read_settings(project(tmp_path, text).section("flow", problems=Problems()))
    assert given.linked
    with pytest.raises(KyotoError) as caught:
        flow.run_settings(given)
    assert caught.value.code == "flow.not-linked"


@pytest.mark.parametrize(
    ("old", "new", "title"),
    [
        ("within", "witin", "Unknown key 'witin'"),
        ('"2024-12-31"', '"soon"', "Not a date"),
        ("bail-reform=0.2", "bail-reform", "Not a scenario"),
        ('file = "prisons.csv"\nheld', "held", "'file' is missing"),
    ],
)
def test_mistakes_in_the_section(old, new, title):
    problems = Problems()
    flow.read_settings(project(Path(), PROJECT.replace(old, new, 1)).section("flow", problems=problems))
    with pytest.raises(KyotoError) as error:
        problems.raise_if_any()
    assert title in str(error.value)


def test_tables_are_read_from_three_formats(tmp_path, frame):
    some = frame.head(30)
    some.to_csv(tmp_path / "a.csv", index=False)
    some.replace("", None).to_parquet(tmp_path / "a.parquet", index=False)
    some.replace("", None).to_excel(tmp_path / "a.xlsx", index=False, engine="xlsxwriter")
    tables = [read_table(tmp_path / name).fillna("").to_dict("records") for name in ("a.csv", "a.parquet", "a.xlsx")]
    assert tables[0] == tables[1] == tables[2]


def test_sections_are_the_sums_of_their_codes(frame, cases):
    by_code = flow.attrition_by_case(cases, within=365)
    sections = flow.type_cases(frame, SAME, by=["iccs:section"], until=date(2024, 12, 31))
    by_section = flow.attrition_by_case(sections, within=365)
    parts = sum(by_code.row("charged", iccs=code)["cases"] for code in ("0501", "0502"))
    assert by_section.row("charged", iccs="05")["cases"] == parts
    assert by_section.row("charged", iccs="04")["cases"] == by_code.row("charged", iccs="0401")["cases"]


def test_dates_in_the_office_s_own_form():
    frame = pd.DataFrame(
        {"a": ["31/12/2019", "05/01/2020", "2020-02-01"], "b": ["13.01.2020 08:30", "", "01.03.2020 09:00"]}
    )
    found = flow.type_cases(frame, {"recorded": "a", "charged": "b"})
    assert (found.days["charged"] - found.days["recorded"]).tolist()[::2] == [13, 29]


def test_all_censored_and_all_withheld_say_so():
    frame = pd.DataFrame({"a": ["2020-01-01"] * 20 + ["2022-01-01"], "b": [""] * 21})
    cases = flow.type_cases(frame, {"recorded": "a", "charged": "b"})
    found = flow.time_to_stage(cases, "charged")
    assert [row["estimate"] for row in found.rows] == [None] * 3
    assert "too few cases have ended" in found.summary()
    with pytest.raises(KyotoError) as error:
        found.plot()
    assert error.value.code == "flow.nothing-to-draw"
