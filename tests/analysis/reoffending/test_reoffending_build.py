"""The section of a project, its step and its page; the page of a file on the command line."""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pandas as pd
import pytest

from kyoto.analysis.reoffending.building import build_steps, read_settings, run_settings
from kyoto.analysis.reoffending.cohorts import CohortRules, EventSource, build_cohort, open_events, synthetic_histories
from kyoto.analysis.reoffending.drawing import curves_svg, rates_svg
from kyoto.cli.main import main
from kyoto.core.errors import KyotoError, Problems
from kyoto.core.project import load_project

PEOPLE = """
[reoffending]
title = "After release"
origin = "A made-up register"
file = "releases.csv"
event = "status=arrest"
time = "days"
competing = ["death"]
windows = [365, 182]
by = ["sex", "site"]
"""

EVENTS = """
[reoffending]
title = "From events"
end = 2021-12-31
persons = "persons.csv"
by = ["sex"]

[reoffending.cohort]
index = "release"
outcome = "reconviction"
last_index = "2018-12-31"
windows = [12, 24]

[reoffending.events.all]
file = "events.csv"
kind_column = "what"
words = { verdict = "conviction" }
"""


def settings_of(folder, text):
    (folder / "kyoto.toml").write_text(text, encoding="utf-8")
    problems = Problems()
    settings = read_settings(load_project(folder).section("reoffending", problems=problems))
    problems.raise_if_any()
    return settings


@pytest.fixture
def people_folder(tmp_path):
    random = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "person": [f"person-{number}" for number in range(500)],
            "days": random.integers(1, 900, 500),
            "status": random.choice(["arrest", "death", "none"], 500, p=[0.5, 0.1, 0.4]),
            "sex": random.choice(["F", "M"], 500),
            "site": random.choice(["A", "B"], 500, p=[0.99, 0.01]),
        }
    )
    frame.to_csv(tmp_path / "releases.csv", index=False)
    return tmp_path, frame


@pytest.fixture
def events_folder(tmp_path):
    events, persons = synthetic_histories(300, seed=9)
    events["what"] = events.pop("kind").replace("conviction", "verdict")
    events.to_csv(tmp_path / "events.csv", index=False)
    persons.to_csv(tmp_path / "persons.csv", index=False)
    return tmp_path


def test_people_become_rates_and_a_page(people_folder):
    folder, frame = people_folder
    report = run_settings(settings_of(folder, PEOPLE))
    rows = report.rows()
    first = rows[0]
    with_event = (frame["status"] == "arrest") & (frame["days"] <= 182)
    assert (first["group"], first["window"], first["events"]) == ("all", 182, with_event.sum())
    assert {"sex F", "sex M", "site A", "site B"} <= {row["group"] for row in rows}
    withheld = next(row for row in rows if row["group"] == "site B")
    assert withheld["estimate"] is None
    html = report.html()
    assert f"{first['estimate']:.1%} reoffended within 182 days" in html
    assert "A made-up register" in html and "withheld" in html and "Aalen and Johansen" in html
    assert "person-" not in html


def test_events_become_a_cohort(events_folder):
    report = run_settings(settings_of(events_folder, EVENTS))
    assert [row["window"] for row in report.total.records()] == [365, 730]
    html = report.html()
    assert "first release from the beginning of the data to 2018-12-31" in html
    assert "How often?" in html and "synthetic-0" not in html


def test_the_step_of_a_build(people_folder):
    folder, _ = people_folder
    settings = settings_of(folder, PEOPLE)
    [step] = build_steps(settings, load_project(folder), ["quality"])
    assert step.inputs == (folder / "releases.csv",)

    class Context:
        pass

    context = Context()
    context.folder = folder
    facts = step.run(context)
    assert facts["rows"] == facts["read"] == 500
    assert facts["panel"]["title"] == "After release" and facts["panel"]["unit"] == "per cent"
    assert facts["panel"]["rows"][0]["label"] == "within 182 days"
    assert 0 < facts["panel"]["rows"][0]["lower"] < facts["panel"]["rows"][0]["estimate"] < 100
    estimates = pd.read_csv(folder / "reoffending" / "estimates.csv")
    assert estimates.loc[0, "estimate"] * 100 == pytest.approx(facts["panel"]["rows"][0]["estimate"])
    assert (folder / "reoffending" / "report.html").stat().st_size > 5000


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (PEOPLE.replace('file = "releases.csv"', ""), "'file' is missing"),
        (PEOPLE.replace("windows = [365, 182]", 'windows = "a year"'), "Not numbers"),
        (PEOPLE.replace("by =", "bye ="), "Unknown key 'bye'"),
        (PEOPLE + 'unit = "fortnights"\n', "Unknown value 'fortnights'"),
        (EVENTS.replace("end = 2021-12-31", 'end = "New Year"'), "Not a date"),
        (EVENTS.replace("reconviction", "conviction"), "Unknown value 'conviction'"),
        (EVENTS.replace("index =", "indexed ="), "'index' is missing"),
    ],
)
def test_wrong_settings_are_named(tmp_path, wrong, words):
    with pytest.raises(KyotoError) as caught:
        settings_of(tmp_path, wrong)
    assert any(words in problem.title for problem in caught.value.problems)


def test_the_page_of_a_file(people_folder, monkeypatch, capsys):
    folder, _ = people_folder
    page = folder / "page.html"
    command = ["kyoto", "reoffending", "report", folder / "releases.csv", "--time", "days", "--event", "status=arrest"]
    monkeypatch.setattr(sys, "argv", [*map(str, command), "--window", "365", "--by", "sex", "-o", str(page)])
    with pytest.raises(SystemExit) as done:
        main()
        raise SystemExit(0)
    assert done.value.code == 0 and "Wrote" in capsys.readouterr().out
    assert "Kaplan and Meier" in page.read_text(encoding="utf-8")


def test_drawings_show_what_they_are_given():
    frame = pd.DataFrame({"time": [10.0, 20.0], "estimate": [0.1, 0.4], "lower": [0.05, 0.3], "upper": [0.2, 0.5]})
    drawn = ElementTree.fromstring(curves_svg([("<b>&", frame)], unit="days", label="x"))
    words = [element.text for element in drawn.iter() if element.tag == "text"]
    assert "<b>&" in words and "50%" in words and "20" in words
    line = next(element for element in drawn.iter("path") if "line" in element.get("class"))
    heights = [float(pair.split(",")[1]) for pair in re.findall(r"[\d.]+,[\d.]+", line.get("d"))]
    # half a per cent is a share of the drawing's height: the last point stands at 0.4 of 0.5
    assert heights[-1] == pytest.approx(heights[0] - (heights[0] - 12) * 0.4 / 0.5, abs=0.2)
    rows = [
        {"name": "A", "estimate": 0.2, "lower": 0.1, "upper": 0.3},
        {"name": "B", "estimate": None, "lower": None, "upper": None},
    ]
    for narrow in (False, True):
        drawn = ElementTree.fromstring(rates_svg(rows, label="x", narrow=narrow))
        words = [element.text for element in drawn.iter("text")]
        assert "20.0%" in words and "withheld" in words and drawn.get("class") == ("narrow" if narrow else "wide")
        # the point stands at two thirds of the way from nothing to the upper limit
        upper, point = float(drawn.find("line[@class='interval']").get("x2")), float(drawn.find("circle").get("cx"))
        zero = min(float(line.get("x1")) for line in drawn.iter("line") if line.get("class") == "grid")
        assert point - zero == pytest.approx((upper - zero) * 2 / 3, abs=0.2)


def test_narrow_curves_are_named_below_and_fit():
    frame = pd.DataFrame({"time": [10.0, 900.0], "estimate": [0.1, 0.4], "lower": [0.05, 0.3], "upper": [0.2, 0.5]})
    names = ["a long name that would take the whole width", "B"]
    drawn = ElementTree.fromstring(curves_svg([(name, frame) for name in names], unit="days", label="x", narrow=True))
    width, height = (float(part) for part in drawn.get("viewBox").split()[2:])
    assert width < 360
    below = {text.text: float(text.get("y")) for text in drawn.iter("text") if "name" in text.get("class")}
    assert list(below) == names
    assert 270 < below[names[0]] < below[names[1]] < height


def test_intervals_of_a_cohort_are_its_curve_where_days_are_known():
    events, _ = synthetic_histories(200, seed=5)
    rules = CohortRules("release", "re-arrest", pd.Timestamp("2021-12-31").date())
    with open_events([EventSource(events)], rules.end) as opened:
        cohort = build_cohort(opened, rules)
        curve = cohort.interval_curve()
        plain = cohort.times(competing=False)
    from kyoto.analysis.reoffending.survival import kaplan_meier

    simple = kaplan_meier(plain.time, plain.cause == 1)
    for time in (182, 365, 730):
        at = simple.at([time])["estimate"].iloc[0]
        assert curve.bounds(time) == pytest.approx((at, at), abs=1e-6)
