"""Weights: calibrated as R survey 4.1-1 does (golden.R); response and trimming by hand; what cannot be met is said."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyoto.analysis.surveys.calibration import Targets, calibrate, calibration_factors, post_stratify
from kyoto.analysis.surveys.design import make_design
from kyoto.analysis.surveys.estimation import mean, total
from kyoto.analysis.surveys.known_totals import read_targets
from kyoto.analysis.surveys.replicate_weights import make_replicates
from kyoto.analysis.surveys.replicates import replicate_design
from kyoto.analysis.surveys.weight_steps import WeightSettings, make_weights
from kyoto.analysis.surveys.weighting import (
    base_weights,
    diagnose,
    nonresponse_by_class,
    nonresponse_by_propensity,
    propensities,
    trim,
)
from kyoto.core.errors import KyotoError, KyotoErrors

STORE = json.loads((Path(__file__).parent / "golden.json").read_text(encoding="utf-8"))
GOLDEN = STORE["golden"]
SCHOOLS = {name: np.array(column) for name, column in STORE["schools"].items() if None not in column}
DESIGN = make_design(GOLDEN["calibrate.weights"], clusters=[SCHOOLS["dnum"]])
PEOPLE = {"E": 4421, "H": 755, "M": 1018}
WIDE = {"No": 1472, "Yes": 4722}
BOTH = Targets.from_margins(SCHOOLS, {"stype": PEOPLE, "sch.wide": WIDE})
NUMBERS = Targets.from_margins(SCHOOLS, {"sch.wide": WIDE}, {"api99": 3914069})


@pytest.mark.parametrize(
    ("name", "targets", "options"),
    [
        ("post", Targets.from_margins(SCHOOLS, {"stype": PEOPLE}), {}),
        ("linear", BOTH, {}),
        ("raking", BOTH, {"distance": "raking"}),
        ("logit", BOTH, {"distance": "logit", "bounds": (0.2, 6.0)}),
        ("bounded", BOTH, {"bounds": (0.5, 4.0)}),
        ("numbers", NUMBERS, {}),
    ],
)
def test_calibration_equals_r(name, targets, options):
    found = calibrate(DESIGN, targets, **options)
    np.testing.assert_allclose(found.weights, GOLDEN[f"calibrate.{name}.weights"], rtol=1e-9)
    whole, by = mean(found, SCHOOLS["api00"]), mean(found, SCHOOLS["api00"], by={"s": SCHOOLS["stype"]})
    figures = [one.estimate for one in whole] + [one.std_error for one in whole]
    figures += [one.estimate for one in by] + [one.std_error for one in by]
    np.testing.assert_allclose(figures, GOLDEN[f"calibrate.{name}"], rtol=1e-9)


def test_raking_by_margins_equals_r():
    found = calibrate(DESIGN, BOTH, distance="raking")
    np.testing.assert_allclose(found.weights, GOLDEN["calibrate.rake.weights"], rtol=1e-9)


def test_replicates_are_calibrated_each():
    found = mean(calibrate(make_replicates(DESIGN, "jk1"), BOTH), SCHOOLS["api00"])[0]
    np.testing.assert_allclose([found.estimate, found.std_error], GOLDEN["calibrate.jk1"], rtol=1e-10)


def test_replicates_of_a_file_are_taken_through_every_step():
    """With calibration alone they are R's; with nonresponse each is adjusted by itself, as done by hand here."""
    frame = pd.DataFrame({**SCHOOLS, "w": GOLDEN["calibrate.weights"]})
    settings = WeightSettings(base="w", clusters=("dnum",), replicate_kind="jk1", distance="linear")
    made = make_weights(frame, settings, {"stype": PEOPLE, "sch.wide": WIDE}).frame
    design = replicate_design(made["weight"], made.filter(like="replicate_"), "jk1")
    found = mean(design, SCHOOLS["api00"])[0]
    np.testing.assert_allclose([found.estimate, found.std_error], GOLDEN["calibrate.jk1"], rtol=1e-10)

    frame["answered"] = (np.arange(len(frame)) % 7 != 3).astype(int)
    settings = WeightSettings(base="w", response="answered", clusters=("dnum",), replicate_kind="jk1")
    made = make_weights(frame, settings).frame
    plain = make_replicates(DESIGN, "jk1").replicates
    for at in range(plain.shape[1]):
        factor = plain[:, at].sum() / plain[frame["answered"] == 1, at].sum()
        expected = np.where(frame["answered"] == 1, plain[:, at] * factor, 0.0)
        np.testing.assert_allclose(made[f"replicate_{at + 1}"], expected, rtol=1e-12)
    with pytest.raises(KyotoError) as caught:
        make_weights(frame, WeightSettings(base="w", clusters=("dnum",), replicate_kind="jkn"))
    assert caught.value.code == "survey.unknown-replicates"


def test_a_replicate_that_loses_a_group_says_which():
    frame = pd.DataFrame({"w": 1.0, "c": [1, 1, 2, 2, 3, 3], "g": ["a", "b", "b", "b", "b", "b"]})
    settings = WeightSettings(base="w", clusters=("c",), replicate_kind="jk1")
    with pytest.raises(KyotoError) as caught:
        make_weights(frame, settings, {"g": {"a": 1, "b": 5}})
    assert "replicate 1" in caught.value.problems[0].hint


def test_trimming_equals_r():
    np.testing.assert_allclose(trim(DESIGN.weights, upper=300, lower=60), GOLDEN["calibrate.trim.weights"], rtol=1e-10)
    np.testing.assert_allclose(
        trim(DESIGN.weights, upper=300, lower=60, strict=False), GOLDEN["calibrate.cut.weights"], rtol=1e-10
    )
    with pytest.raises(KyotoError):
        trim([1.0, 2.0, 30.0], upper=5.0)


def test_known_totals_have_no_sampling_error():
    found = post_stratify(DESIGN, SCHOOLS["stype"], PEOPLE)
    known = total(found, np.ones(48), by={"s": SCHOOLS["stype"]})
    assert [one.estimate for one in known] == pytest.approx([4421, 755, 1018])
    assert [one.std_error for one in known] == pytest.approx([0, 0, 0], abs=1e-8)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.5, 2.0), min_size=3, max_size=3), st.floats(0.6, 1.6))
def test_calibrated_weights_have_the_totals(factors, shift):
    random = np.random.default_rng(4)
    matrix = np.column_stack([np.eye(3)[random.integers(0, 3, 60)], random.gamma(2, 1, 60)])
    weights = random.uniform(1, 3, 60)
    totals = matrix.T @ weights * np.array([*factors, shift * np.mean(factors)])
    for distance in ("linear", "raking"):
        try:
            found = calibration_factors(matrix, weights, totals, distance=distance)
        except KyotoError as error:
            assert error.code == "survey.targets-not-met"
            continue
        np.testing.assert_allclose(matrix.T @ (weights * found), totals, rtol=1e-7)
        if distance == "raking":
            assert (found > 0).all()


@pytest.mark.parametrize(
    ("margins", "numbers", "words"),
    [
        ({"stype": {"E": 4421, "H": 755}}, {}, "stype=M"),
        ({"stype": {**PEOPLE, "Z": 9}}, {}, "stype=Z"),
        ({"stype": {**PEOPLE, "E": -1}}, {}, "negative"),
        ({"stype": PEOPLE, "sch.wide": {"No": 1, "Yes": 2}}, {}, "same population"),
        ({"stypo": PEOPLE}, {}, "stype"),
    ],
)
def test_targets_that_do_not_fit_the_sample(margins, numbers, words):
    with pytest.raises(KyotoError) as caught:
        Targets.from_margins(SCHOOLS, margins, numbers)
    assert words in str(caught.value)


def test_all_wrong_targets_come_out_at_once():
    with pytest.raises(KyotoErrors) as caught:
        Targets.from_margins(SCHOOLS, {"stype": {"E": 1, "Z": 2}, "sch.wide": WIDE})
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"bounds": (0.99, 1.01)}, "survey.targets-not-met"),
        ({"distance": "logit", "bounds": (0.99, 1.01)}, "survey.targets-not-met"),
        ({"distance": "logit"}, "survey.wrong-bounds"),
        ({"bounds": (1.5, 2.0)}, "survey.wrong-bounds"),
        ({"distance": "cubic"}, "survey.wrong-bounds"),
    ],
)
def test_targets_that_cannot_be_met(options, code):
    with pytest.raises(KyotoError) as caught:
        calibrate(DESIGN, BOTH, **options)
    assert caught.value.code == code
    if code == "survey.targets-not-met":
        assert "reaches" in caught.value.got


def test_response_by_class_keeps_the_sum_of_each_class():
    weights = np.array([10.0, 20, 30, 5, 5, 5])
    answered = np.array([True, False, True, True, True, False])
    classes = ["a", "a", "a", "b", "b", "b"]
    found = nonresponse_by_class(weights, answered, [classes])
    assert found.tolist() == pytest.approx([15, 0, 45, 7.5, 7.5, 0])
    with pytest.raises(KyotoError) as caught:
        nonresponse_by_class(weights, [True] * 3 + [False] * 3, [classes])
    assert "b" in caught.value.got
    with pytest.raises(KyotoError):
        nonresponse_by_class(weights, answered, [classes], most=1.4)


def test_propensities_of_groups_are_their_response_rates():
    """A saturated logistic model gives each group its weighted response rate."""
    weights = np.array([1.0, 2, 1, 3, 1, 2, 2])
    group = np.array(["a", "a", "a", "b", "b", "b", "b"])
    answered = np.array([1, 1, 0, 1, 0, 0, 1], dtype=bool)
    chance = propensities(weights, answered, {"g": group})
    assert chance[0] == pytest.approx(3 / 4)
    assert chance[3] == pytest.approx(5 / 8)
    found = nonresponse_by_propensity(weights, answered, {"g": group}, groups=None)
    assert found.sum() == pytest.approx(weights.sum())
    grouped = nonresponse_by_propensity(weights, answered, {"g": group}, groups=2)
    assert grouped[:3].sum() == pytest.approx(4)
    assert grouped[3:].sum() == pytest.approx(8)


def test_base_weights_and_their_diagnosis():
    assert base_weights([0.5, 0.25]).tolist() == [2, 4]
    for wrong in ([0.0], [1.2], [np.nan]):
        with pytest.raises(KyotoError):
            base_weights(wrong)
    found = diagnose([0.0, 1.0, 1.0, 4.0])
    assert (found.rows, found.total, found.most) == (3, 6.0, 4.0)
    assert found.kish == pytest.approx(1 + np.var([1, 1, 4]) / 4)
    assert found.effective == pytest.approx(2)


DRAWN = """id,p,answered,region,sex
1,0.1,1,a,F
2,0.1,1,a,M
3,0.1,0,a,M
4,0.05,1,b,F
5,0.05,1,b,M
6,0.05,,b,
"""
CENSUS = "variable,level,total\nsex,F,40\nsex,M,35\n"


def test_the_command_weights_a_file(tmp_path, survey_command):
    (tmp_path / "drawn.csv").write_text(DRAWN)
    (tmp_path / "census.csv").write_text(CENSUS)
    words = ["weight", tmp_path / "drawn.csv", "--probability", "p", "--response", "answered", "--class", "region"]
    words += ["--targets", tmp_path / "census.csv", "-o", tmp_path / "out.csv", "--json"]
    told = json.loads(survey_command(*words)[1])
    assert [step["step"] for step in told["steps"]] == ["base", "nonresponse", "calibrated"]
    assert [step["total"] for step in told["steps"]] == pytest.approx([90, 70, 75])
    made = pd.read_csv(tmp_path / "out.csv")
    assert made["weight_response"].tolist() == pytest.approx([15, 15, 0, 20, 20, 0])
    assert made["weight"].tolist() == pytest.approx([120 / 7, 15, 0, 160 / 7, 20, 0])
    assert made["id"].tolist() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({}, "survey.no-base-weight"),
        ({"base": "p", "probabilities": ("p",)}, "survey.no-base-weight"),
        ({"base": "q"}, "survey.wrong-column"),
        ({"base": "region"}, "survey.not-a-number"),
        ({"base": "p", "response": "id"}, "survey.wrong-response"),
        ({"base": "p", "response": "answered", "classes": ("region", "sex"), "least": 2}, "survey.small-class"),
    ],
)
def test_settings_that_do_not_work(options, code):
    with pytest.raises(KyotoError) as caught:
        make_weights(pd.read_csv(io.StringIO(DRAWN)), WeightSettings(**options))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "problems"),
    [("variable,level\nsex,F\n", 1), (CENSUS + "sex,F,1\nsex,X,many\n,,3\n", 3)],
)
def test_files_of_totals_that_cannot_be_read(tmp_path, text, problems):
    (tmp_path / "census.csv").write_text(text)
    with pytest.raises(KyotoError) as caught:
        read_targets(tmp_path / "census.csv")
    assert len(caught.value.problems) == problems
    assert {one.code for one in caught.value.problems} == {"survey.wrong-targets-file"}
