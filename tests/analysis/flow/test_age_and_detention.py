"""Attrition by age group, length of detention and occupancy, by command, against R, published counts and counting."""

from __future__ import annotations

import json
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from kyoto.analysis import flow

STAGES = ("recorded", "solved", "charged", "convicted", "admitted", "released")
END = date(2024, 12, 31)


def estimates(kyoto, *arguments):
    code, out, err = kyoto("flow", *arguments, "--json")
    assert code == 0, err
    return json.loads(out)["estimates"]


@pytest.fixture(scope="module")
def aged():
    """Synthetic cases of people of 10 to 79 years; a tenth of the ages is not known."""
    frame = flow.simulate_cases(2000, seed=6)
    random = np.random.default_rng(9)
    years = random.uniform(10, 80, len(frame)).round(1)
    frame["age"] = np.where(random.random(len(frame)) < 0.1, "", years.astype(str))
    return frame


def group_of(age):
    """Age group as a person would say it: birthdays that are over count."""
    years = int(float(age)) if age else None
    if years is None or years > 64:
        return "_U"
    return "Y0T17" if years <= 17 else "Y18T29" if years <= 29 else "Y30T64"


def test_attrition_by_age_group_is_what_counting_gives(kyoto, aged, tmp_path):
    path = tmp_path / "cases.csv"
    aged.to_csv(path, index=False)
    asked = ["--within", "300", "--until", END.isoformat()]
    found = estimates(kyoto, "attrition", path, "--by", "age:0-17,18-29,30-64", *asked)
    counts: dict[tuple[str, str], int] = {}
    for row in aged.to_dict("records"):
        last = date.fromisoformat(row["recorded"]) + timedelta(days=300)
        if last > END:
            continue
        for stage in STAGES:
            if row[stage] and date.fromisoformat(row[stage]) <= last:
                for group in ("_T", group_of(row["age"])):
                    counts[group, stage] = counts.get((group, stage), 0) + 1
    assert {row["age"] for row in found} == {"_T", "_U", "Y0T17", "Y18T29", "Y30T64"}
    for row in found:
        group, stage = row["age"], row["term"]
        assert (row["cases"], row["of"]) == (counts.get((group, stage), 0), counts[group, "recorded"])
        assert row["estimate"] == pytest.approx(row["cases"] / row["of"])
    named = aged.assign(age=[group_of(age) for age in aged["age"]])  # an office that has groups already
    named.to_csv(path, index=False)
    assert estimates(kyoto, "attrition", path, "--by", "age", *asked) == found


def test_a_small_age_group_is_withheld(kyoto, aged, tmp_path):
    path = tmp_path / "cases.csv"
    few = aged[(aged["age"] != "") & (aged["recorded"] < "2023-01-01")].copy()
    few["age"] = ["12"] * 6 + ["40"] * (len(few) - 46) + ["70"] * 40
    few.to_csv(path, index=False)
    found = estimates(kyoto, "attrition", path, "--by", "age:0-17,18-64,65+", "--until", END.isoformat())
    withheld = {row["age"] for row in found if row["estimate"] is None}
    assert withheld == {"Y0T17", "Y_GE65"}  # the next smallest too, or the total would tell the small one


@pytest.mark.parametrize(
    ("ages", "by", "code"),
    [
        (["17", "adult", "-3"], "age:0-17,18+", "flow.wrong-age"),
        (["17", "20", "inf"], "age:0-17,18+", "flow.wrong-age"),
        (["17", "20", "30"], "age:0-17,15+", "table.wrong-age-groups"),
        (["17", "20", "30"], "age:young", "flow.wrong-column"),
        (["17", "20", "30"], "aeg:0-17,18+", "flow.wrong-column"),
    ],
)
def test_ages_that_are_none(kyoto, tmp_path, ages, by, code):
    path = tmp_path / "cases.csv"
    pd.DataFrame({"age": ages, "recorded": "2024-01-01", "charged": "2024-02-01"}).to_csv(path, index=False)
    ended, _, err = kyoto("flow", "attrition", path, "--by", by)
    assert ended == 2 and code in err and "Traceback" not in err
    if code == "flow.wrong-age":
        assert all(age in err for age in ages if age not in ("17", "20"))


def test_a_colon_in_the_name_of_a_column_stays(kyoto, tmp_path):
    path = tmp_path / "cases.csv"
    frame = pd.DataFrame({"court:name": ["N"] * 20, "recorded": "2023-01-01", "charged": "2023-02-01"})
    frame.to_csv(path, index=False)
    found = estimates(kyoto, "attrition", path, "--by", "court:name", "--until", "2024-12-31")
    assert {row["court:name"] for row in found} == {"N", "_T"}


def test_age_groups_of_a_build(kyoto, aged, tmp_path):
    """The section takes the same words; the observations have age as a dimension."""
    aged.to_csv(tmp_path / "cases.csv", index=False)
    (tmp_path / "kyoto.toml").write_text(
        """
[project]
title = "Ages (synthetic)"
[sources.cases]
file = "cases.csv"
unit = "offence"
[sources.cases.columns]
id = "case"
recorded = "recorded"
[tables.by_year]
source = "cases"
by = ["period:year"]
[disclosure]
method = "none"
[flow]
cases = "cases.csv"
by = ["age:0-17,18-29,30-64"]
within = 300
until = 2024-12-31
[flow.stages]
recorded = "recorded"
charged = "charged"
"""
    )
    code, out, err = kyoto("build", tmp_path)
    assert code == 0, out + err
    written = pd.read_csv(tmp_path / "build" / "flow_cases" / "attrition.csv").set_index(["age", "term"])["estimate"]
    stages = ["--stage", "recorded=recorded", "--stage", "charged=charged"]
    asked = ["--by", "age:0-17,18-29,30-64", "--within", "300", "--until", END.isoformat()]
    found = estimates(kyoto, "attrition", tmp_path / "cases.csv", *stages, *asked)
    assert {key: pytest.approx(value) for key, value in written.items()} == {
        (row["age"], row["term"]): row["estimate"] for row in found
    }
    observed = pd.read_parquet(tmp_path / "build" / "flow_cases" / "observations.parquet")
    assert {"_T", "_U", "Y0T17", "Y18T29", "Y30T64"} == set(observed["age"])


def stays():
    """Forty stays by a formula, twenty on remand and twenty of sentenced people, to the end of February 2024."""
    rows = []
    for place in range(40):
        begin = date(2023, 1, 2) + timedelta(days=9 * place)
        end = begin + timedelta(days=20 + place * place * 7 % 211 + (120 if place % 2 else 0))
        rows.append((("remand", "sentenced")[place % 2], begin, end if end <= date(2024, 2, 28) else ""))
    return pd.DataFrame(rows, columns=["status", "admitted", "released"])


def test_length_of_detention_of_r(kyoto, tmp_path):
    """From admission to release, those still inside as far as they have come.

    R 4.2.2, survival 3.5-3: fit <- survfit(Surv(days, left) ~ 1, conf.type = "log-log"), by status; limits are those of
    quantile(fit, c(.25, .5, .75)), days are min(fit$time[fit$surv <= 1 - share]). Where exactly a quarter had left by
    day 46 and the next left on day 48, quantile() itself says 47.
    """
    path = tmp_path / "stays.csv"
    stays().to_csv(path, index=False)
    asked = ["--since", "admitted", "--to", "released", "--by", "status", "--until", "2024-02-28"]
    found = estimates(kyoto, "time", path, *asked)
    expected = {
        "_T": (26, 40, [(94, 46, 143), (179, 126, 264), (268, 203, None)]),
        "remand": (16, 20, [(46, 20, 87), (94, 46, 132), (132, 110, None)]),
        "sentenced": (10, 20, [(203, 143, 264), (264, 179, 285), (272, 264, None)]),
    }
    for status, (left, people, quantiles) in expected.items():
        rows = [row for row in found if row["status"] == status]
        assert [row["term"] for row in rows] == ["25% done", "median", "75% done"]
        assert {(row["cases"], row["of"]) for row in rows} == {(left, people)}
        for row, (middle, lower, upper) in zip(rows, quantiles, strict=True):
            assert (row["estimate"], row["lower"]) == (middle, lower)
            assert row["upper"] in ((None, "inf", float("inf")) if upper is None else (upper,))


def test_mean_length_of_completed_detention(kyoto, tmp_path):
    """Of those released, as offices publish it: mean and median of released less admitted."""
    done = stays().query("released != ''")
    days = [(end - begin).days for begin, end in zip(done["admitted"], done["released"], strict=True)]
    path = tmp_path / "released.csv"
    done.assign(days=days).to_csv(path, index=False)
    found = {
        (row["status"], row["term"]): row
        for row in estimates(kyoto, "lengths", path, "--length", "days", "--by", "status")
    }
    for status in ("remand", "sentenced"):
        own = sorted(each for each, of in zip(days, done["status"], strict=True) if of == status)
        row = found[status, "mean"]
        assert row["estimate"] == pytest.approx(sum(own) / len(own)) and row["of"] == len(own)
        middle = len(own) // 2
        assert found[status, "median"]["estimate"] == pytest.approx((own[middle - 1] + own[middle]) / 2)
        assert row["lower"] < row["estimate"] < row["upper"]
    # those still inside stay longer than those who left: the completed ones alone are too short
    assert found["sentenced", "median"]["estimate"] < 264


# France, Spain and Finland: UNODC, Prisons and prisoners (file of 11 May 2023); one place without a capacity
HELD = "period,area,held,capacity\n2021,FRA,69448,60749\n2021,ESP,55097,63150\n2021,FIN,2811,3011\n2021,XXX,4000,\n"


def test_occupancy_of_published_counts(kyoto, tmp_path):
    path = tmp_path / "prisons.csv"
    path.write_text(HELD)
    found = {
        row["area"]: row for row in estimates(kyoto, "pretrial", path, "--by", "area") if row["term"] == "occupancy"
    }
    france = found["FRA"]
    assert france["estimate"] == pytest.approx(69448 / 60749)
    # R 4.2.2: poisson.test(69448)$conf.int / 60749
    assert (france["lower"], france["upper"]) == pytest.approx((1.13470902767308, 1.15173022272751), rel=1e-10)
    assert [round(100 * found[area]["estimate"], 1) for area in ("FRA", "ESP", "FIN")] == [114.3, 87.2, 93.4]
    assert france["unit"] == "held per place"
    assert found["XXX"]["estimate"] is None and found["XXX"]["note"] == "a count is missing"


def test_held_is_the_sum_of_the_sentenced_and_the_others(kyoto, tmp_path):
    path = tmp_path / "prisons.csv"
    path.write_text("period,remand,sentenced,places\n2021,18660,50788,60749\n")
    named = ["--column", "unsentenced=remand", "--column", "capacity=places"]
    rows = {row["term"]: row for row in estimates(kyoto, "pretrial", path, *named)}
    assert rows["occupancy"]["estimate"] == pytest.approx((18660 + 50788) / 60749)
    assert rows["pretrial_share"]["estimate"] == pytest.approx(18660 / 69448)


def test_length_of_detention_of_published_counts(kyoto, tmp_path):
    """Unsentenced people in France in 2021 by how long they were held (UNODC, the same file)."""
    path = tmp_path / "unsentenced.csv"
    path.write_text("length,people\nless than 12 months,12641\nmore than 12 months,6019\n")
    found = {
        row["term"]: row for row in estimates(kyoto, "decisions", path, "--decision", "length", "--count", "people")
    }
    row = found["more than 12 months"]
    assert (row["estimate"], row["of"]) == (pytest.approx(6019 / 18660), 18660)
    # R 4.2.2: prop.test(6019, 18660, correct = FALSE)$conf.int
    assert (row["lower"], row["upper"]) == pytest.approx((0.315891660482731, 0.329304639828190), rel=1e-10)


@pytest.mark.shared
def test_occupancy_of_every_country_of_unodc(kyoto, shared_data, tmp_path):
    frame = pd.read_csv(shared_data / "un" / "unodc_cts_prisons_counts_2023vintage.csv")
    frame = frame[(frame["Sex"] == "Total") & (frame["Age"] == "Total")]
    capacity = frame[frame["Category"] == "Official prison capacity"]
    held = frame[(frame["Indicator"] == "Persons held") & (frame["Category"] == "Total")]
    keys = ["Iso3_code", "Year"]
    both = held.drop_duplicates(keys).merge(capacity, on=keys, suffixes=("_held", "_capacity"))
    path = tmp_path / "prisons.csv"
    names = {"Iso3_code": "area", "Year": "period", "VALUE_held": "held", "VALUE_capacity": "capacity"}
    both.rename(columns=names)[list(names.values())].to_csv(path, index=False)
    found = [row for row in estimates(kyoto, "pretrial", path, "--by", "area") if row["term"] == "occupancy"]
    known = {(row["area"], row["period"]): row["estimate"] for row in found if row["estimate"] is not None}
    counted = {
        (area, str(year)): people / places
        for area, year, people, places in zip(
            both["Iso3_code"], both["Year"], both["VALUE_held"], both["VALUE_capacity"], strict=True
        )
        if places > 0
    }
    assert len(counted) > 700
    assert known == {key: pytest.approx(value) for key, value in counted.items()}
    assert round(100 * known["FRA", "2021"], 1) == 114.3
