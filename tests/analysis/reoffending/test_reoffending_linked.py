"""Persons of [link] in [reoffending]: the limits with linkage error cover the truth of the generator."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from kyoto.statistics.linkage import ErrorRates, LinkFile, link_files, simulate_agencies, write_linked

PROJECT = """
[project]
title = "Linked (synthetic)"
area = "XX"
[sources.police]
file = "police.csv"
unit = "offence"
[sources.police.columns]
id = "id"
date = "arrested"
[tables.by_year]
source = "police"
by = ["period:year"]
[disclosure]
method = "METHOD"
[link.files.police]
file = "police.csv"
[link.files.prisons]
file = "prisons.csv"
unique = true
[reoffending]
title = "Arrested again"
end = 2022-12-31
persons = "prisons.csv"
person = "id"
persons_link = "prisons"
by = ["sex"]
[reoffending.cohort]
index = "release"
outcome = "re-arrest"
start = "index"
windows = [12]
[reoffending.events.releases]
file = "prisons.csv"
kind = "release"
person = "id"
date = "released"
link = "prisons"
[reoffending.events.arrests]
file = "police.csv"
kind = "arrest"
person = "id"
date = "arrested"
link = "police"
"""


@pytest.fixture
def records():
    """Police and prison records of synthetic people, with the truth: more errors than usual."""
    files = simulate_agencies(1500, seed=11, errors=ErrorRates().times(2))
    random = np.random.default_rng(3)
    first = pd.Timestamp("2019-01-01")
    police, prisons = files["police"], files["prisons"]
    police = police.assign(arrested=first + pd.to_timedelta(random.integers(0, 1460, len(police)), unit="D"))
    prisons = prisons.assign(released=first + pd.to_timedelta(random.integers(0, 900, len(prisons)), unit="D"))
    return police, prisons


def true_rate(police, prisons):
    """Share of the persons released who were arrested within 365 days of it, counted by hand over the true persons."""
    days = {person: part["arrested"].tolist() for person, part in police.groupby("person")}
    hits = [
        any(0 < (day - released).days <= 365 for day in days.get(person, []))
        for person, released in zip(prisons["person"], prisons["released"], strict=True)
    ]
    return sum(hits) / len(hits)


@pytest.mark.parametrize("method", ["none", "cell-key"])
def test_the_band_covers_the_truth_and_reaches_every_reader(kyoto, tmp_path, records, method):
    police, prisons = records
    for name, frame in (("police", police), ("prisons", prisons)):
        frame.drop(columns="person").to_csv(tmp_path / f"{name}.csv", index=False)
    (tmp_path / "kyoto.toml").write_text(PROJECT.replace("METHOD", method), encoding="utf-8")
    code, out, err = kyoto("build", tmp_path)
    assert code == 0, out + err
    estimates = pd.read_csv(tmp_path / "build" / "reoffending" / "estimates.csv")
    whole = estimates.iloc[0]
    truth = true_rate(police, prisons)
    assert whole["linkage_lower"] < truth < whole["linkage_upper"]
    assert (estimates["linkage_upper"] - estimates["linkage_lower"] >= estimates["upper"] - estimates["lower"]).all()
    # linkage adds doubt: where no noise changes the rate, the limits are not those of chance alone
    assert method != "none" or whole["linkage_upper"] - whole["linkage_lower"] > 1.01 * (
        whole["upper"] - whole["lower"]
    )
    facts = json.loads((tmp_path / "build" / "manifest.json").read_text())["steps"]["reoffending"]["facts"]
    assert facts["panel"]["rows"][0]["note"].startswith("With linkage error")
    found = pd.read_parquet(tmp_path / "build" / "reoffending" / "observations.parquet")
    shares = found[found["series"] == "reoffending"]
    assert shares.iloc[0]["lower"] == pytest.approx(100 * whole["linkage_lower"])
    assert shares["note"].str.contains("limits hold linkage error").all()
    page = (tmp_path / "build" / "reoffending" / "report.html").read_text(encoding="utf-8")
    assert "How certain the persons are" in page
    code, out, _ = kyoto("explain", tmp_path, "reoffending")
    assert code == 0 and "limits hold linkage error" in " ".join(out.split())


def test_without_a_linkage_the_section_says_what_is_missing(kyoto, tmp_path, records):
    police, prisons = records
    for name, frame in (("police", police), ("prisons", prisons)):
        frame.drop(columns="person").to_csv(tmp_path / f"{name}.csv", index=False)
    start, end = PROJECT.index("[link.files.police]"), PROJECT.index("[reoffending]")
    (tmp_path / "kyoto.toml").write_text((PROJECT[:start] + PROJECT[end:]).replace("METHOD", "none"), encoding="utf-8")
    code, _, err = kyoto("build", tmp_path)
    assert code == 2 and "reoffending.not-linked" in err


def followed(kyoto, folder, errors):
    """A cohort of linked records on the command line, and the true rate."""
    folder.mkdir()
    files = simulate_agencies(900, seed=5, errors=ErrorRates().times(errors))
    police, prisons = (files[name].rename(columns={"date": "day"}) for name in ("police", "prisons"))
    prisons["day"] = prisons["released"]
    arrests = np.random.default_rng(8).integers(0, 1800, len(police))  # of the truth alone, whatever the errors
    police["day"] = (pd.Timestamp("2019-01-01") + pd.to_timedelta(arrests, unit="D")).strftime("%Y-%m-%d")
    sources = []
    for name, frame in (("police", police), ("prisons", prisons)):
        frame.drop(columns="person").to_csv(folder / f"{name}.csv", index=False)
        sources.append(LinkFile(name, folder / f"{name}.csv", unique=name == "prisons"))
    write_linked(link_files(sources), folder / "persons.csv")
    named = ["--person", "id", "--date", "day", "--end", "2024-12-31", "--outcome", "re-arrest", "--start", "index"]
    linked = ["--linked", folder / "persons.csv", "--persons", folder / "prisons.csv", "-o", folder / "cohort.csv"]
    events = [f"release={folder / 'prisons.csv'}", f"arrest={folder / 'police.csv'}"]
    code, out, err = kyoto("reoffending", "cohort", *events, *named, *linked)
    assert code == 0, err
    assert "cohort.plausible.zip" in out
    dated = police.assign(arrested=pd.to_datetime(police["day"]))
    free = prisons.assign(released=pd.to_datetime(prisons["day"]))
    return folder / "cohort.csv", true_rate(dated, free)


MADE: dict[int, tuple] = {}


@pytest.fixture
def cohorts(kyoto, tmp_path_factory):
    """Of records with the usual errors and with twice as many, made once."""
    if not MADE:
        folder = tmp_path_factory.mktemp("cohorts")
        MADE.update({errors: followed(kyoto, folder / str(errors), errors) for errors in (1, 2)})
    return MADE


GIVEN = ["--event", "event", "--time", "time"]


def test_rates_of_a_linked_cohort_hold_the_truth_and_are_wider_where_records_are_worse(kyoto, cohorts):
    widths = []
    for path, truth in cohorts.values():
        arguments = ["--follow-up", "follow_up", "--window", "365", "--json"]
        code, out, err = kyoto("reoffending", "rates", path, *GIVEN, *arguments)
        row = json.loads(out)[0]
        assert code == 0 and "Made of linked records" in err
        assert row["linkage_lower"] <= row["lower"] and row["upper"] <= row["linkage_upper"]
        assert row["linkage_lower"] < truth < row["linkage_upper"]
        widths.append(row["linkage_upper"] - row["linkage_lower"])
    assert widths[1] > widths[0]


def test_every_command_of_people_has_the_band(kyoto, cohorts, tmp_path):
    path = cohorts[1][0]
    _, out, _ = kyoto("reoffending", "survival", path, *GIVEN, "--at", "365", "--by", "sex", "--json")
    assert all(row["linkage_lower"] <= row["lower"] < row["upper"] <= row["linkage_upper"] for row in json.loads(out))
    code, out, err = kyoto("reoffending", "compare", path, *GIVEN, "--at", "365", "--by", "sex", "--json")
    assert code == 0, err
    other = next(row for row in json.loads(out) if row["difference"] is not None)
    for name in ("", "difference_", "ratio_"):
        assert other[f"{name}linkage_lower"] <= other[f"{name}lower"] < other[f"{name}upper"]
        assert other[f"{name}upper"] <= other[f"{name}linkage_upper"]
    code, out, err = kyoto("reoffending", "rates", path, *GIVEN, "--window", "365", "--chart", tmp_path / "rates.html")
    assert code == 0 and "linkage_upper" in out, err
    assert "Limits hold linkage error." in (tmp_path / "rates.html").read_text()
    page = tmp_path / "page.html"
    assert kyoto("reoffending", "report", path, *GIVEN, "--window", "365", "--by", "sex", "-o", page)[0] == 0
    assert "How certain the persons are" in page.read_text()


def test_a_cohort_that_was_changed_is_refused(kyoto, cohorts, tmp_path):
    import shutil

    path = tmp_path / "cohort.csv"
    shutil.copy(cohorts[1][0].with_suffix(".plausible.zip"), tmp_path)
    lines = cohorts[1][0].read_text().splitlines()
    path.write_text("\n".join(lines[:-1]))
    code, _, err = kyoto("reoffending", "rates", path, *GIVEN, "--window", "365")
    assert code == 2 and "linkage.changed-table" in err
    (tmp_path / "cohort.plausible.zip").unlink()
    code, out, _ = kyoto("reoffending", "rates", path, *GIVEN, "--window", "365", "--json")
    assert code == 0 and "linkage_lower" not in json.loads(out)[0]
