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


def test_the_command_and_the_section_have_the_same_rules():
    """Every rule of the section is an option, and every column of events."""
    from typer.main import get_command

    from kyoto.analysis.reoffending import settings
    from kyoto.cli.reoffending import app

    options = {name for each in get_command(app).commands["cohort"].params for name in each.opts}
    rules = {*settings._CHOICES, "index", "outcome", "first_index", "last_index", "same_section", "least_severity"}
    spelled = {"per_person": "every"}
    for name in (*rules, *settings._FIELDS):
        assert "--" + spelled.get(name, name).replace("_", "-") in options, name
    assert {"--settle", "--window", "--kind", "--word"} <= options


def test_every_rule_changes_what_it_says(kyoto, tmp_path):
    """One person, released on 1 January 2020: arrested for an older offence on day 50, for a new one on day 100."""
    (tmp_path / "events.csv").write_text(
        "person,date,what,offence,harm,code\n"
        "a,2020-01-01,freed,,5,0401\n"
        "a,2020-02-20,taken,2019-05-01,2,0501\n"
        "a,2020-04-10,taken,2020-03-01,9,0401\n"
    )
    words = ["--kind", "what", "--word", "freed=release", "--word", "taken=arrest"]
    columns = ["--offence-date", "offence", "--severity", "harm", "--iccs", "code", "--end", "2022-12-31"]
    output = tmp_path / "a.csv"

    def days(*more):
        given = [*words, *columns, "--outcome", "re-arrest", "-o", output, *more]
        code, _, err = kyoto("reoffending", "cohort", tmp_path / "events.csv", *given)
        assert code == 0, err
        row = pd.read_csv(output).iloc[0]
        return row["time"] if row["event"] else None

    assert days() == 100
    assert days("--pseudo", "count") == 50
    assert days("--pseudo", "count", "--least-severity", "3") == 100
    assert days("--pseudo", "count", "--same-section") == 100
    assert days("--dated-by", "offence", "--settle", "3") == 60
    code, _, err = kyoto(
        "reoffending", "cohort", tmp_path / "events.csv", *words, *columns, "--outcome", "re-arrest",
        "--first-index", "2021-01-01",
    )  # fmt: skip
    assert code == 2 and "reoffending.no-index-events" in err


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (["--iccs", "code"], "reoffending.wrong-column"),
        (["--word", "freed"], "reoffending.wrong-word"),
        (["--first-index", "soon"], "reoffending.wrong-rule"),
        (["--linked", "nothing.csv"], "linkage.no-plausible"),
    ],
)
def test_more_mistakes(kyoto, events, more, code):
    ended, _, err = run(kyoto, events, *more)
    assert ended == 2 and code in err
