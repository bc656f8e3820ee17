"""``kyoto reoffending cohort``: from events to a file that ``rates`` reads, and two countries' rules compared."""

from __future__ import annotations

import json

import pandas as pd
import pytest


@pytest.fixture
def events(tmp_path):
    """Ten people released on the first of January 2020; four are arrested after 100, 200, 300 and 500 days."""
    people = [f"synthetic-{number}" for number in range(10)]
    releases = pd.DataFrame({"pid": people, "day": "2020-01-01"})
    arrests = pd.DataFrame({"pid": people[:4], "day": ["2020-04-10", "2020-07-19", "2020-10-27", "2021-05-15"]})
    releases.to_csv(tmp_path / "releases.csv", index=False)
    arrests.to_csv(tmp_path / "arrests.csv", index=False)
    pd.DataFrame({"pid": people, "sex": ["F", "M"] * 5}).to_csv(tmp_path / "people.csv", index=False)
    return tmp_path


def run(kyoto, folder, *more):
    files = [f"release={folder / 'releases.csv'}", f"arrest={folder / 'arrests.csv'}"]
    named = ["--person", "pid", "--date", "day", "--end", "2022-12-31", "--outcome", "re-arrest"]
    return kyoto("reoffending", "cohort", *files, *named, *more)


def test_rates_run_on_what_it_writes(kyoto, events):
    followed = events / "followed.csv"
    code, out, err = run(kyoto, events, "--persons", events / "people.csv", "-o", followed, "--window", "12")
    assert code == 0, err
    assert "10 index events found, 10 followed." in out and "Outcome (re-arrest): arrest" in out
    assert "synthetic" not in followed.read_text()
    given = ["--event", "event", "--time", "time", "--follow-up", "follow_up", "--window", "365", "--window", "730"]
    code, out, err = kyoto("reoffending", "rates", followed, *given, "--json")
    assert code == 0, err
    assert [(row["events"], row["n"]) for row in json.loads(out)] == [(3, 10), (4, 10)]
    assert pd.read_csv(followed)["sex"].value_counts().to_dict() == {"F": 5, "M": 5}


def test_rules_of_two_countries_are_compared(kyoto, events):
    own = events / "rules.json"
    assert run(kyoto, events, "--rules", own)[0] == 0
    code, out, _ = run(kyoto, events, "--compare-with", own, "--json")
    assert code == 0 and json.loads(out)["verdict"] == "comparable"
    _, out, _ = run(kyoto, events, "--compare-with", own, "--every", "--json")
    assert json.loads(out)["verdict"] == "comparable with care"
    _, out, _ = run(kyoto, events, "--compare-with", own, "--window", "18")
    assert "not comparable" in out


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (["--compare-with", "nothing.json"], "reoffending.wrong-rules-file"),
        (["--outcome", "arest"], "reoffending.wrong-rule"),
    ],
)
def test_mistakes(kyoto, events, more, code):
    ended, _, err = run(kyoto, events, *more)
    assert ended == 2 and code in err
