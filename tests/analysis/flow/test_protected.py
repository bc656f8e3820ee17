"""What a build publishes of cases and prisons under the project's disclosure control."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from kyoto.analysis import flow
from kyoto.analysis.flow.protected import protect_cases, protect_stocks
from kyoto.statistics.disclosure.settings import DisclosureSettings
from kyoto.statistics.pipeline.room_tables import RoomRoad

STAGES = {"recorded": "recorded", "charged": "charged", "convicted": "convicted"}


def drawn(rows=700, seed=4):
    frame = flow.simulate_cases(rows, seed=seed)
    random = np.random.default_rng(seed)
    return frame.assign(court=random.choice(["north", "south", "isle"], rows, p=[0.6, 0.385, 0.015]))


def road(tmp_path, method, **more):
    return RoomRoad("flow-cases", tmp_path, DisclosureSettings(method, **more))


def true_counts(frame, by, within=200):
    """Cases at each stage within some days of being recorded, of those followed so long, counted by hand."""
    days = frame[list(STAGES)].apply(pd.to_datetime)
    days["charged"] = days["charged"].fillna(days["convicted"])
    last = days.max().max()
    young = days["recorded"] + pd.Timedelta(days=within) > last
    found = {}
    for group, part in [*days[~young].groupby(frame[by]), ("_T", days[~young])]:
        late = part["recorded"] + pd.Timedelta(days=within)
        found[group] = [int((part[stage] <= late).sum()) for stage in STAGES]
    return found


def test_without_protection_the_cells_are_those_counted_by_hand(tmp_path):
    frame = drawn()
    cases = flow.type_cases(frame, STAGES, by=["court"], keyed=True)
    safe = protect_cases(cases, within=200, road=road(tmp_path, "none"), build=tmp_path, least=1)
    counted = true_counts(frame, "court")
    for row in safe.attrition.rows:
        assert row["cases"] == counted[row["court"]][list(STAGES).index(row["term"])]
        assert row["of"] == counted[row["court"]][0]


@pytest.mark.parametrize("method", ["cell-key", "rounding"])
def test_shares_are_those_of_the_protected_counts(tmp_path, method):
    frame = drawn()
    cases = flow.type_cases(frame, STAGES, by=["court"], identifier="case", keyed=True)
    safe = protect_cases(cases, within=200, road=road(tmp_path, method), build=tmp_path, least=20)
    shown = [row for row in safe.attrition.rows if row["estimate"] is not None]
    assert {row["court"] for row in shown} == {"_T", "north", "south"}
    for row in shown:
        assert row["estimate"] == pytest.approx(row["cases"] / row["of"])
        assert row["lower"] <= row["estimate"] <= row["upper"]
    counted = true_counts(frame, "court")
    off = [row["cases"] - counted[row["court"]][list(STAGES).index(row["term"])] for row in shown]
    assert any(off) and max(map(abs, off)) <= 5
    mixed = flow.type_cases(frame.sample(frac=1, random_state=1), STAGES, by=["court"], identifier="case", keyed=True)
    again = protect_cases(mixed, within=200, road=road(tmp_path, method), build=tmp_path, least=20)
    assert [row["cases"] for row in again.attrition.rows] == [row["cases"] for row in safe.attrition.rows]


def test_a_reader_of_suppressed_attrition_learns_no_small_count(tmp_path):
    """Bounds of withheld counts from all published ones: cases of a court that went no further than each stage."""
    frame = drawn()
    cases = flow.type_cases(frame, STAGES, by=["court"], keyed=True)
    settings = road(tmp_path, "suppression", threshold=4)
    safe = protect_cases(cases, within=200, road=settings, build=tmp_path, least=12)
    courts, stages = ["isle", "north", "south"], list(STAGES)
    place = {(court, stage): n for n, (court, stage) in enumerate((c, s) for c in courts for s in stages)}

    def row(court, stage):
        found = np.zeros(len(place))
        later = stages[stages.index(stage) :]
        found[[place[one, s] for one in (courts if court == "_T" else [court]) for s in later]] = 1.0
        return found

    known = [one for one in safe.attrition.rows if one["cases"] is not None]
    equations = np.array([row(one["court"], one["term"]) for one in known])
    values = [one["cases"] for one in known]
    hidden = 0
    for court, counts in true_counts(frame, "court").items():
        for stage, count in zip(stages, counts, strict=True):
            least = 12 if stage == "recorded" else 4
            if not 0 < count < least:
                continue
            hidden += 1
            ends = [linprog(sign * row(court, stage), A_eq=equations, b_eq=values, method="highs") for sign in (1, -1)]
            assert ends[0].fun <= 1e-6 and (ends[1].status == 3 or -ends[1].fun >= least - 1e-6), (court, stage)
    assert hidden >= 2 and len(known) >= 3
    report = json.loads((tmp_path / "audit" / "flow-cases.json").read_text())[0]
    assert report["attacked"] and report["narrower"] == 0


def test_people_held_are_protected_with_their_sums(tmp_path):
    counts = pd.DataFrame(
        {
            "period": ["2022", "2023"], "area": ["N", "N"], "held": [60.0, 59.0], "unsentenced": [2.0, 20.0],
            "sentenced": [58.0, 39.0], "deaths": [1.0, 5.0], "capacity": [50.0, 50.0],
        }
    )  # fmt: skip
    way = RoomRoad("flow-prisons", tmp_path, DisclosureSettings("suppression"))
    shown, _ = protect_stocks(counts, ["area"], road=way, build=tmp_path)
    assert shown["unsentenced"].isna().tolist() == [True, False]
    assert shown.loc[0, ["held", "sentenced"]].isna().sum() >= 1  # else the rest is a subtraction
    assert shown["deaths"].isna().tolist() == [True, False]
    assert shown["capacity"].tolist() == [50.0, 50.0]
    noisy, _ = protect_stocks(counts, ["area"], road=RoomRoad("x", tmp_path, DisclosureSettings()), build=tmp_path)
    assert noisy.loc[0, "unsentenced"] in (0.0, *range(3, 8))


def test_sections_publish_observations(kyoto, tmp_path):
    drawn(1500).to_csv(tmp_path / "cases.csv", index=False)
    (tmp_path / "prisons.csv").write_text("period,held,unsentenced\n2022,1400,500\n2023,1402,510\n")
    (tmp_path / "stock.csv").write_text(
        "period,status,stock,admitted\n"
        + "".join(
            f"{y},{s},{n + y % 3},{a}\n" for s, n, a in (("held", 900, 450), ("youth", 7, 5)) for y in range(2015, 2024)
        )
    )
    (tmp_path / "kyoto.toml").write_text(
        """
[project]
title = "Flow (synthetic)"
area = "XX"
[sources.cases]
file = "cases.csv"
unit = "offence"
[sources.cases.columns]
id = "case"
recorded = "recorded"
[tables.by_year]
source = "cases"
by = ["period:year"]
[flow]
cases = "cases.csv"
by = ["iccs:section", "sex"]
identifier = "case"
period = "2021/2023"
[flow.stages]
recorded = "recorded"
charged = "charged"
convicted = "convicted"
[flow.prisons]
file = "prisons.csv"
published = true
held = "held"
unsentenced = "unsentenced"
[flow.projection]
file = "stock.csv"
group = "status"
"""
    )
    code, out, err = kyoto("build", tmp_path)
    assert code == 0, out + err
    cases = pd.read_parquet(tmp_path / "build/flow_cases/observations.parquet")
    assert set(cases["series"]) == {"flow.reached", "flow.cases", "flow.days"}
    assert {"iccs", "sex", "stage", "area", "period"} <= set(cases.columns) and set(cases["period"]) == {"2021/2023"}
    margins = cases[(cases["series"] == "flow.reached") & (cases["stage"] == "charged")]
    assert {("_T", "_T"), ("_T", "F"), ("04", "_T"), ("04", "F")} <= set(
        zip(margins["iccs"], margins["sex"], strict=True)
    )
    prisons = pd.read_parquet(tmp_path / "build/flow_prisons/observations.parquet")
    share = prisons[(prisons["series"] == "flow.pretrial_share") & (prisons["period"] == "2023")]
    assert share["value"].tolist() == [pytest.approx(100 * 510 / 1402)]
    ahead = pd.read_parquet(tmp_path / "build/flow_projection/observations.parquet")
    assert set(ahead[ahead["group"] == "held"]["status"]) == {"F"}
    assert ahead[ahead["group"] == "youth"]["value"].isna().all()
    facts = json.loads((tmp_path / "build/manifest.json").read_text())["steps"]
    assert facts["flow:cases"]["facts"]["disclosure"]["method"] == "cell-key"
    assert "public already" in facts["flow:prisons"]["facts"]["disclosure"]["guarantee"]
