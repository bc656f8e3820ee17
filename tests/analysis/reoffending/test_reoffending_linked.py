"""Persons of [link] in [reoffending]: the limits with linkage error cover the truth of the generator."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from kyoto.statistics.linkage import ErrorRates, simulate_agencies

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
