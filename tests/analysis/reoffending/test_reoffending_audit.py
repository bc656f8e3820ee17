"""Audit of instruments: ProPublica's figures, R on the same people, and counting by hand."""

from __future__ import annotations

import itertools
import json
import sys

import numpy as np
import pandas as pd
import pytest

from kyoto.analysis.reoffending.audit import (
    area_under_curve,
    audit_instrument,
    brier_score,
    calibration_curve,
    calibration_line,
    censoring_weights,
    cut_offs,
    error_rates,
    false_positive_rate_implied,
    read_scored,
)
from kyoto.analysis.reoffending.people import PeopleColumns
from kyoto.analysis.reoffending.reading import frame_table
from kyoto.cli.main import main
from kyoto.core.errors import KyotoError


@pytest.fixture(scope="module")
def scored(people):
    """A made-up score of the reference people; in R: score <- round(10 * x2) + 3 * event * x1 + 1."""
    return people.assign(score=np.round(10 * people.x2) + 3 * people.event * people.x1 + 1)


def arrays(scored):
    return scored.score.to_numpy(), scored.event.to_numpy() == 1


def test_area_under_curve_is_that_of_r(scored):
    # concordance(event ~ score) of survival 3.5-3: concordance, var (infinitesimal jackknife)
    score, outcome = arrays(scored)
    weighted = area_under_curve(score, outcome, np.ones(300))
    assert weighted.estimate == pytest.approx(0.628032407407407, rel=1e-12)
    assert weighted.std_error**2 == pytest.approx(0.00106672649432966, rel=1e-10)


def test_delong_by_all_pairs(scored):
    score, outcome = arrays(scored)
    pairs = (score[outcome][:, None] > score[~outcome]) + 0.5 * (score[outcome][:, None] == score[~outcome])
    above, below = pairs.mean(axis=1), pairs.mean(axis=0)
    variance = above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below)
    found = area_under_curve(score, outcome)
    assert found.estimate == pytest.approx(pairs.mean(), rel=1e-12)
    assert found.std_error == pytest.approx(variance**0.5, rel=1e-12)
    assert found.lower < found.estimate < found.upper < 1


def test_calibration_is_that_of_r(scored):
    # glm(event ~ score, binomial): coef, sqrt(diag(vcov)); glm(event ~ qlogis(score / 20), binomial)
    score, outcome = arrays(scored)
    intercept, slope = calibration_line(score, outcome)
    assert (intercept.estimate, slope.estimate) == pytest.approx((-1.398654252732113, 0.160075004339293), rel=1e-8)
    assert (intercept.std_error, slope.std_error) == pytest.approx((0.2834412469540329, 0.0404171521290054), rel=1e-8)
    intercept, slope = calibration_line(score / 20, outcome)
    assert (intercept.estimate, slope.estimate) == pytest.approx((0.0910143493644637, 0.5283871611314418), rel=1e-7)
    assert brier_score(score / 20, outcome).estimate == pytest.approx(0.237933333333333, rel=1e-12)


def test_weights_for_people_who_left_are_those_of_r(scored):
    # t2 <- pmin(time, 40); km <- survfit(Surv(t2, !(event == 1 & time <= 40)) ~ 1); weights 1 / km(t2-) of those known
    known, weights = censoring_weights(
        np.minimum(scored.time.to_numpy(), 40), ((scored.event == 1) & (scored.time <= 40)).to_numpy(), 40
    )
    assert weights.sum() == pytest.approx(297.752207428372, rel=1e-10)
    happened = known & (scored.event == 1).to_numpy() & (scored.time <= 40).to_numpy()
    assert weights[happened].sum() / weights.sum() == pytest.approx(0.398570449551461, rel=1e-10)


def test_error_rates_by_hand(scored):
    score, outcome = arrays(scored)
    found = error_rates(score, outcome, 6)
    tp, fp = (outcome & (score >= 6)).sum(), (~outcome & (score >= 6)).sum()
    fn, tn = (outcome & (score < 6)).sum(), (~outcome & (score < 6)).sum()
    assert (found.true_positive, found.false_positive, found.false_negative, found.true_negative) == (tp, fp, fn, tn)
    shares = {
        "base_rate": (tp + fn) / 300,
        "flagged": (tp + fp) / 300,
        "false_positive_rate": fp / (fp + tn),
        "false_negative_rate": fn / (fn + tp),
        "positive_predictive_value": tp / (tp + fp),
        "negative_predictive_value": tn / (tn + fn),
    }
    assert {name: measure.estimate for name, measure in found.measures.items()} == pytest.approx(shares)


def test_impossibility_is_an_identity(scored):
    score, outcome = arrays(scored)
    m = {name: measure.estimate for name, measure in error_rates(score, outcome, 6).measures.items()}
    implied = false_positive_rate_implied(m["base_rate"], m["positive_predictive_value"], m["false_negative_rate"])
    assert implied == pytest.approx(m["false_positive_rate"], rel=1e-12)


def test_cut_offs_trade_one_error_for_the_other(scored):
    score, outcome = arrays(scored)
    found = cut_offs(score, outcome)
    assert [row.cutoff for row in found] == sorted(set(score))
    assert all(a.false_positives >= b.false_positives for a, b in itertools.pairwise(found))
    assert all(a.false_negatives <= b.false_negatives for a, b in itertools.pairwise(found))
    at_six = next(row for row in found if row.cutoff == 6)
    assert at_six.false_positives == pytest.approx(1000 * (~outcome & (score >= 6)).sum() / 300)
    assert len(cut_offs(np.linspace(0, 1, 300), outcome)) <= 20


def test_calibration_curve_leaves_small_bands_out(scored):
    score, outcome = arrays(scored)
    curve = calibration_curve(score, outcome, np.unique(score))
    assert [point.score for point in curve] == list(range(1, 11))  # 11 to 13 have fewer than ten persons
    for point in curve:
        own = outcome[score == point.score]
        assert (point.observed, point.n) == (own.mean(), len(own))


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.setattr(sys, "argv", ["kyoto", "audit-instrument", *map(str, arguments)])
    capsys.readouterr()
    code = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    return code, *capsys.readouterr()


def figures(out):
    return {(row["measure"], row["group"]): row["estimate"] for row in json.loads(out) if row["year"] == "_T"}


@pytest.mark.shared
def test_propublica(shared_data, monkeypatch, capsys):
    """Larson, Mattu, Kirchner and Angwin (2016), How We Analyzed the COMPAS Recidivism Algorithm."""
    file = shared_data / "recidivism" / "compas_two_years.parquet"
    options = ["--score", "decile_score", "--outcome", "two_year_recid", "--group", "race", "--cutoff", 5]
    code, out, err = run(monkeypatch, capsys, file, *options, "--year", "compas_screening_date", "--json")
    assert code == 0, err
    found = figures(out)
    for name, black, white in [
        ("false_positive_rate", 44.85, 23.45),
        ("false_negative_rate", 27.99, 47.72),
        ("positive_predictive_value", 62.97, 59.13),
    ]:
        assert round(100 * found[name, "African-American"], 2) == black
        assert round(100 * found[name, "Caucasian"], 2) == white
    assert round(found["auc", "all"], 3) == 0.702
    assert {row["year"] for row in json.loads(out)} == {"_T", "2013", "2014"}
    code, out, _ = run(monkeypatch, capsys, file, *options)
    assert "not all errors can be equal" in out and "Caucasian 39.4%" in out


def test_the_command_without_shared_data(scored, tmp_path, monkeypatch, capsys):
    file, chart = tmp_path / "scored.csv", tmp_path / "chart.json"
    scored.assign(again=scored.event.map({1: "yes", 0: "no"}), year=2019 + scored.site).to_csv(file, index=False)
    options = [file, "--score", "score", "--outcome", "again", "--group", "group", "--cutoff", 6]
    code, out, err = run(monkeypatch, capsys, *options, "--year", "year", "--chart", chart, "--json")
    assert code == 0, err
    found = figures(out)
    assert found["auc", "all"] == pytest.approx(0.628032407407407, rel=1e-12)
    own = scored[(scored.group == 1) & (scored.event == 0)]
    assert found["false_positive_rate", "1"] == pytest.approx((own.score >= 6).mean())
    assert "Does a score mean the same" in chart.read_text(encoding="utf-8")
    code, out, _ = run(monkeypatch, capsys, *options, "--costs", "--csv")
    assert out.splitlines()[0].startswith("cutoff,flagged,false_positives")
    code, out, _ = run(monkeypatch, capsys, *options, "--year", "year", "--costs")
    assert code == 0 and "By year" in out and "What cut-offs cost" in out and "Base rates differ" in out


def test_censoring_on_the_command_line(scored, tmp_path, monkeypatch, capsys):
    file = tmp_path / "scored.csv"
    scored.to_csv(file, index=False)
    options = [
        file,
        "--score",
        "score",
        "--outcome",
        "event",
        "--cutoff",
        6,
        "--time",
        "time",
        "--window",
        40,
        "--json",
    ]
    code, out, err = run(monkeypatch, capsys, *options, "--json")
    assert code == 0 and "weighted to stand for them" in err
    assert figures(out)["base_rate", "all"] == pytest.approx(0.398570449551461, rel=1e-10)


def test_weighting_recovers_what_censoring_hides():
    """Synthetic: a high score brings sooner arrests and many leave early. Weighted figures are near the whole."""
    random = np.random.default_rng(11)
    score = random.integers(1, 11, 40_000)
    time = random.exponential(2000 / score)
    leaving = random.uniform(0, 2000, 40_000)
    whole = error_rates(score.astype(float), time <= 730, 6).measures["base_rate"].estimate
    frame = pd.DataFrame({"score": score, "again": (time <= leaving).astype(int), "days": np.minimum(time, leaving)})
    with frame_table(frame) as table:
        read = read_scored(table, "score", PeopleColumns("again", time="days"), window=730)
    found = audit_instrument(read, 6).measures["all"]
    naive = read.outcome.mean()
    assert found["base_rate"].estimate == pytest.approx(whole, abs=0.01)
    assert abs(naive - whole) > 0.03
    assert found["auc"].estimate == pytest.approx(area_under_curve(score.astype(float), time <= 730).estimate, abs=0.01)


BAD = [
    (["--score", "scor"], "reoffending.wrong-column"),
    (["--score", "name"], "reoffending.all-rejected"),
    (["--cutoff", 99], "reoffending.wrong-cutoff"),
    (["--cutoff", 1], "reoffending.wrong-cutoff"),
    (["--outcome", "nobody"], "reoffending.one-outcome"),
    (["--time", "time"], "reoffending.no-window"),
]


@pytest.mark.parametrize(("change", "code"), BAD)
def test_bad_input_is_named(scored, tmp_path, monkeypatch, capsys, change, code):
    file = tmp_path / "scored.csv"
    scored.assign(nobody=0, name="somebody").to_csv(file, index=False)
    options = {"--score": "score", "--outcome": "event", "--cutoff": 6} | {change[0]: change[1]}
    ran, _, err = run(monkeypatch, capsys, file, *(part for pair in options.items() for part in pair))
    assert ran == 2 and code in err


def test_small_groups_are_withheld_and_rejects_counted(scored):
    frame = scored.assign(region=["A"] * 5 + ["B"] * 145 + ["C"] * 150)
    frame.loc[7, "score"] = np.nan
    with frame_table(frame) as table:
        read = read_scored(table, "score", PeopleColumns("event", by=("region",)))
    assert read.groups == ("C",)
    assert read.rejected == {"score is missing or no number": 1}
    assert len(read.score) + 1 == len(frame)
    with pytest.raises(KyotoError):
        area_under_curve(np.arange(3.0), np.ones(3, dtype=bool))
