"""Flow as people use it: the commands, and the section of a project."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from kyoto.analysis import flow

STOCK = "period,status,stock,admitted\n" + "".join(
    f"{year},{status},{stock + year % 3},{admitted}\n"
    for status, stock, admitted in (("unsentenced", 500, 2000), ("sentenced", 900, 450))
    for year in range(2015, 2024)
)


@pytest.fixture
def cases(tmp_path):
    path = tmp_path / "cases.csv"
    flow.simulate_cases(1500, seed=2).to_csv(path, index=False)
    return path


def test_attrition_and_clearance_agree(kyoto, cases, tmp_path):
    picture = tmp_path / "stages.svg"
    code, out, _ = kyoto("flow", "attrition", cases, "--by", "iccs", "--within", "200", "--json", "--sankey", picture)
    assert code == 0
    rows = json.loads(out)["estimates"]
    assert picture.read_text().startswith("<svg")
    _, out, _ = kyoto("flow", "clearance", cases, "--by", "iccs", "--within", "200", "--json")
    cleared = {row["iccs"]: row["estimate"] for row in json.loads(out)["estimates"]}
    assert cleared == {row["iccs"]: row["estimate"] for row in rows if row["term"] == "solved"}


def test_counts_by_period_are_recognised(kyoto, tmp_path):
    path = tmp_path / "counts.csv"
    path.write_text("period,recorded,charged\n2021,100,20\n2022,120,30\n2023,90,25\n")
    _, out, _ = kyoto("flow", "attrition", path, "--lag", "charged=0:1", "--json")
    found = json.loads(out)
    assert [row["estimate"] for row in found["estimates"]] == [30 / 120, 25 / 90]
    assert "Cases do not link" in found["method"]


def test_time_and_pending(kyoto, cases):
    _, out, _ = kyoto("flow", "time", cases, "--since", "charged", "--to", "convicted", "--csv")
    assert out.splitlines()[0].startswith("term,estimate,lower,upper")
    code, out, _ = kyoto(
        "flow", "pending", cases, "--since", "charged", "--to", "convicted", "--horizon", "2", "--json"
    )
    found = json.loads(out)
    assert code == 0
    assert len(found["forecast"]) == 2
    assert all(row["lower"] <= row["estimate"] <= row["upper"] for row in found["forecast"])


def test_pictures_are_written(kyoto, cases, tmp_path):
    pictures = [tmp_path / "wide.svg", tmp_path / "narrow.svg"]
    for path, more in zip(pictures, ([], ["--narrow"]), strict=True):
        code, _, err = kyoto("flow", "time", cases, "--since", "charged", "--to", "convicted", "--lexis", path, *more)
        assert code == 0, err
    wide, narrow = (path.read_text() for path in pictures)
    assert "Who is inside, and for how long" in wide and "cases.csv" in narrow and 'width="350"' in narrow


def test_decisions_and_lengths(kyoto, tmp_path):
    path = tmp_path / "sentences.csv"
    pd.DataFrame({"sentence": ["prison", "fine"] * 40, "months": range(1, 81)}).to_csv(path, index=False)
    _, out, _ = kyoto("flow", "decisions", path, "--decision", "sentence", "--json")
    assert {row["term"]: row["estimate"] for row in json.loads(out)["estimates"]} == {"fine": 0.5, "prison": 0.5}
    _, out, _ = kyoto("flow", "lengths", path, "--length", "months", "--json")
    assert json.loads(out)["estimates"][0]["estimate"] == 40.5


def test_projection_with_a_scenario(kyoto, tmp_path):
    path = tmp_path / "stock.csv"
    path.write_text(STOCK)
    arguments = ["--group", "status", "--horizon", "4", "--scenario", "shorter-remand:unsentenced=0.8"]
    _, out, _ = kyoto("flow", "project", path, *arguments, "--json")
    rows = json.loads(out)
    change = [row for row in rows if row["term"] == "difference"]
    assert len(change) == 4
    assert change[-1]["estimate"] == pytest.approx(-100, rel=0.1)
    again = kyoto("flow", "project", path, *arguments, "--json")[1]
    assert again == out
    _, out, _ = kyoto("flow", "project", path, "--group", "status", "--backtest", "--json")
    assert json.loads(out)[-1]["ahead"] == "_T"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["attrition", "cases.csv", "--stage", "recorded"], "flow.wrong-option"),
        (["attrition", "cases.csv", "--until", "soon"], "flow.wrong-date"),
        (["time", "cases.csv", "--to", "convcted"], "flow.unknown-stage"),
        (["pending", "cases.csv", "--to", "convicted", "--grain", "week"], "flow.unknown-grain"),
        (["clearance", "nothing.csv"], "source.missing-file"),
        (["pretrial", "cases.csv"], "flow.wrong-column"),
        (["pretrial", "stock.csv", "--column", "helt=stock"], "flow.unknown-quantity"),
        (["project", "stock.csv", "--group", "status", "--scenario", "amnesty=0.5"], "flow.unknown-scenario"),
        (["project", "stock.csv", "--group", "status", "--scenario", "bail-reform:remand=0.5"], "flow.unknown-group"),
    ],
)
def test_mistakes_on_the_command_line(kyoto, cases, monkeypatch, arguments, code):
    monkeypatch.chdir(cases.parent)
    (cases.parent / "stock.csv").write_text(STOCK)
    ended, _, err = kyoto("flow", *arguments)
    assert ended == 2, err
    assert code in err
    assert "Traceback" not in err


def test_the_section_is_three_steps_of_a_build(kyoto, cases, tmp_path):
    (tmp_path / "stock.csv").write_text(STOCK)
    (tmp_path / "prisons.csv").write_text("period,held,unsentenced\n2022,1400,500\n2023,1402,510\n")
    (tmp_path / "kyoto.toml").write_text(
        """
[project]
title = "Flow (synthetic)"
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
by = ["iccs"]
[flow.stages]
recorded = "recorded"
solved = "solved"
charged = "charged"
[flow.prisons]
file = "prisons.csv"
held = "held"
unsentenced = "unsentenced"
[flow.projection]
file = "stock.csv"
group = "status"
scenarios = ["bail-reform:unsentenced=0.2"]
"""
    )
    code, _, err = kyoto("build", tmp_path)
    assert code == 0, err
    steps = json.loads((tmp_path / "build" / "manifest.json").read_text())["steps"]
    assert {"flow:cases", "flow:prisons", "flow:projection"} <= set(steps)
    page = (tmp_path / "build" / "report.html").read_text()
    for name in ("flow:cases", "flow:prisons", "flow:projection"):
        panel = steps[name]["facts"]["panel"]
        assert panel["title"] in page
        assert all(row["lower"] <= row["estimate"] <= row["upper"] for row in panel["rows"])
    names = ["cases/attrition.csv", "cases/time.csv", "cases/stages.svg", "prisons/detention.csv"]
    for name in [*names, "projection/projection.csv", "cases/observations.csv", "prisons/observations.csv"]:
        assert (tmp_path / "build" / f"flow_{name}").stat().st_size > 100
    assert steps["flow:projection"]["facts"]["assumptions"]["bail-reform 0.2"]


def test_legal_aid_and_alternatives_by_area_as_counted_by_hand(kyoto, tmp_path):
    """Shares with counts in a column, by area; the unknown are left out, and said."""
    path = tmp_path / "cases.csv"
    lines = ["N,yes,prison,30", "N,no,fine,10", "S,yes,service,15", "S,no,prison,45", "S,,prison,5"]
    path.write_text("\n".join(["area,aid,sentence,cases", *lines, ""]))
    asked = ["--count", "cases", "--by", "area", "--json"]
    _, out, _ = kyoto("flow", "decisions", path, "--decision", "aid", *asked)
    found = json.loads(out)
    shares = {(row["area"], row["term"]): row["estimate"] for row in found["estimates"]}
    assert shares == {
        ("_T", "no"): 55 / 100, ("_T", "yes"): 45 / 100, ("N", "no"): 10 / 40, ("N", "yes"): 30 / 40,
        ("S", "no"): 45 / 60, ("S", "yes"): 15 / 60,
    }  # fmt: skip
    assert found["findings"][0]["code"] == "flow.unknown-decision" and found["findings"][0]["count"] == 5
    _, out, _ = kyoto("flow", "decisions", path, "--decision", "sentence", *asked)
    shares = {(row["area"], row["term"]): row["estimate"] for row in json.loads(out)["estimates"]}
    assert (shares["_T", "fine"], shares["S", "service"]) == (10 / 105, 15 / 65)
