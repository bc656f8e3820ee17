"""The section ``[instrument]``: the audit as a step of a build, and its figures from protected counts."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

PROJECT = """
[project]
title = "Instrument (synthetic)"
area = "XX"
[sources.police]
file = "police.csv"
unit = "offence"
[sources.police.columns]
iccs = "offence"
period = "year"
[tables.recorded]
source = "police"
by = ["iccs", "period:year"]
[disclosure]
method = "METHOD"
[instrument]
title = "Does the made-up score do what it claims?"
file = "scored.csv"
score = "score"
outcome = "again=yes"
cutoff = 6
by = ["site"]
year = "year"
"""
RATES = ("base_rate", "flagged", "false_positive_rate", "false_negative_rate", "positive_predictive_value")


def drawn(rows=1500):
    random = np.random.default_rng(11)
    site = random.choice(["A", "B", "C"], rows, p=[0.6, 0.396, 0.004])
    score = np.clip(random.integers(1, 11, rows) + (site == "B"), 1, 10)
    again = np.where(random.random(rows) < score / 13, "yes", "no")
    people = {"person": [f"synthetic-{number}" for number in range(rows)], "score": score, "again": again}
    return pd.DataFrame({**people, "site": site, "year": random.choice([2020, 2021], rows), "days": 400})


@pytest.fixture
def build(kyoto, tmp_path):
    def made(method, frame=None, more=""):
        (drawn() if frame is None else frame).to_csv(tmp_path / "scored.csv", index=False)
        (tmp_path / "police.csv").write_text("offence,year\n" + "0401,2024\n" * 40, encoding="utf-8")
        (tmp_path / "kyoto.toml").write_text(PROJECT.replace("METHOD", method) + more, encoding="utf-8")
        code, out, err = kyoto("build", tmp_path)
        assert code == 0, out + err
        return tmp_path / "build"

    return made


def counted(frame, cutoff=6):
    """Shares counted by hand."""
    flagged, again = frame["score"] >= cutoff, frame["again"] == "yes"
    pairs = [(again, flagged | ~flagged), (flagged, flagged | ~flagged), (flagged, ~again), (~flagged, again),
             (again, flagged)]  # fmt: skip
    return {name: (part & of).sum() / of.sum() for name, (part, of) in zip(RATES, pairs, strict=True)}


def test_without_protection_it_is_the_command(kyoto, build, tmp_path):
    folder = build("none")
    found = pd.read_csv(folder / "instrument" / "estimates.csv")
    given = ["--score", "score", "--outcome", "again", "--group", "site", "--cutoff", "6", "--year", "year"]
    code, out, err = kyoto("audit-instrument", tmp_path / "scored.csv", *given, "--json")
    assert code == 0, err
    told = pd.DataFrame(json.loads(out))
    assert list(found.columns) == list(told.columns)
    assert np.allclose(found["estimate"].astype(float), told["estimate"].astype(float), equal_nan=True)
    assert found["group"].tolist() == told["group"].tolist()
    assert "No disclosure control" in (folder / "instrument" / "report.html").read_text(encoding="utf-8")


def test_suppression_keeps_true_figures_of_large_groups_and_none_of_small_ones(build):
    frame = drawn()
    folder = build("suppression", frame)
    found = pd.read_csv(folder / "instrument" / "estimates.csv")
    assert 0 < (frame["site"] == "C").sum() < 10
    assert "C" not in set(found["group"])
    shown = set(found["group"]) - {"all"}
    assert len(shown) == 1  # of two groups, one keeps the small third from being found by subtraction
    for group in ("all", *shown):
        truth = counted(frame if group == "all" else frame[frame["site"] == group])
        rows = found[(found["group"] == group) & (found["year"] == "_T")].set_index("measure")["estimate"]
        for name, share in truth.items():
            assert rows[name] == pytest.approx(share)
    page = (folder / "instrument" / "report.html").read_text(encoding="utf-8")
    assert "Withheld, as small" in page and "synthetic-" not in page
    panel = json.loads((folder / "manifest.json").read_text())["steps"]["instrument"]["facts"]["panel"]
    rate = counted(frame)["false_positive_rate"]
    assert f"Of those without the outcome, {rate:.1%} (" in panel["sentence"]
    assert "cannot be found: B, C." in panel["sentence"] or "cannot be found: A, C." in panel["sentence"]


def test_noise_is_in_every_figure_and_the_same_in_every_build(build):
    frame = drawn()
    first = pd.read_csv(build("cell-key", frame) / "instrument" / "estimates.csv")
    folder = build("cell-key", frame.sample(frac=1, random_state=3))
    pd.testing.assert_frame_equal(first, pd.read_csv(folder / "instrument" / "estimates.csv"))
    assert set(first["group"]) == {"all", "A", "B"} and set(first["year"]) == {"_T", "2020", "2021"}
    truth = counted(frame[frame["site"] == "A"])
    rows = first[(first["group"] == "A") & (first["year"] == "_T")].set_index("measure")["estimate"]
    gaps = [abs(rows[name] - share) for name, share in truth.items()]
    assert 0 < max(gaps) < 0.03
    facts = json.loads((folder / "manifest.json").read_text())["steps"]["instrument"]["facts"]
    assert facts["disclosure"]["method"] == "cell-key"
    labels = [row["label"] for row in facts["panel"]["rows"]]
    assert labels[:3] == ["all: false positive rate", "A: false positive rate", "B: false positive rate"]
    assert facts["panel"]["rows"][1]["estimate"] == pytest.approx(100 * rows["false_positive_rate"])
    assert "Does the made-up score do what it claims?" in (folder / "report.html").read_text(encoding="utf-8")


def test_those_who_left_early_are_weighted_for(build):
    """Leaving has nothing to do with the score: protected figures come near those of everybody followed."""
    frame = drawn(6000)
    left = np.random.default_rng(4).random(6000) < 0.3
    truth = counted(frame)
    seen = frame.assign(days=np.where(left, 100, np.where(frame["again"] == "yes", 300, 400)))
    seen.loc[left, "again"] = "no"
    folder = build("cell-key", seen, more='time = "days"\nwindow = 365\n')
    found = pd.read_csv(folder / "instrument" / "estimates.csv")
    rows = found[(found["group"] == "all") & (found["year"] == "_T")].set_index("measure")["estimate"]
    for name, share in truth.items():
        assert abs(rows[name] - share) < 0.03, name
    assert "a weight for each outcome" in (folder / "instrument" / "report.html").read_text(encoding="utf-8")


def test_scores_with_decimals_are_read_in_bands(build):
    frame = drawn()
    frame["score"] += np.random.default_rng(5).random(len(frame)).round(3)
    found = pd.read_csv(build("suppression", frame) / "instrument" / "estimates.csv")
    rows = found[(found["group"] == "all") & (found["year"] == "_T")].set_index("measure")["estimate"]
    assert rows["false_positive_rate"] == pytest.approx(counted(frame)["false_positive_rate"])
    again, score = frame["again"] == "yes", frame["score"].to_numpy()
    pairs = score[again][:, None] - score[~again][None, :]
    assert rows["auc"] == pytest.approx(((pairs > 0) + 0.5 * (pairs == 0)).mean(), abs=0.01)


def test_a_cohort_below_the_threshold_has_no_figure(build):
    frame = pd.DataFrame({"score": [1, 9, 2, 8], "again": ["no", "yes", "yes", "no"], "site": "A", "year": 2020})
    folder = build("suppression", frame)
    found = pd.read_csv(folder / "instrument" / "estimates.csv")
    assert found["estimate"].isna().all() and set(found["group"]) == {"all"}
    assert "All figures are withheld" in (folder / "instrument" / "report.html").read_text(encoding="utf-8")


def test_mistakes_in_the_section_are_told(kyoto, tmp_path):
    (tmp_path / "police.csv").write_text("offence,year\n0401,2024\n", encoding="utf-8")
    text = PROJECT.replace("METHOD", "none").replace("cutoff = 6", "cut = 6") + "window = 365\nlevel = 95\n"
    (tmp_path / "kyoto.toml").write_text(text, encoding="utf-8")
    code, out, err = kyoto("build", tmp_path)
    assert code != 0
    for words in ("cutoff", "cut", "Time and window go together", "Not a confidence level"):
        assert words in out + err
