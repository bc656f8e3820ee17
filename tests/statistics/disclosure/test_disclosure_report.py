"""The report: losses recomputed by hand, and nothing in it that undoes the protection."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import euclidean

from kyoto.statistics.disclosure import DisclosureSettings, protect
from kyoto.statistics.disclosure.loss import hellinger_distance, measure_loss


def test_loss_by_hand():
    """Deviations 2, 0, 1 over three shown cells; 4 of 25 withheld; shares 10, 6, 5 of 21 against 12, 6, 4 of 22."""
    loss = measure_loss(np.array([10.0, 6.0, 5.0, 4.0]), np.array([12.0, 6.0, 4.0, np.nan]))
    assert loss.mean_deviation == 1.0
    assert loss.median_deviation == 1.0
    assert loss.max_deviation == 2.0
    assert loss.suppressed_share == 0.16
    affinity = np.sqrt(10 * 12 / (21 * 22)) + np.sqrt(6 * 6 / (21 * 22)) + np.sqrt(5 * 4 / (21 * 22))
    np.testing.assert_allclose(loss.hellinger, np.sqrt(1 - affinity))


def test_hellinger_is_the_euclidean_distance_of_roots():
    """Definition of the distance, computed by SciPy's Euclidean distance."""
    rng = np.random.default_rng(1)
    for _ in range(20):
        left, right = rng.integers(0, 50, (2, 6)).astype(float)
        expected = euclidean(np.sqrt(left / left.sum()), np.sqrt(right / right.sum())) / np.sqrt(2)
        np.testing.assert_allclose(hellinger_distance(left, right), expected)
    assert hellinger_distance(np.zeros(3), np.zeros(3)) == 0
    assert hellinger_distance(np.zeros(3), np.ones(3)) == 1


@pytest.mark.parametrize("method", ["none", "cell-key", "rounding", "suppression"])
def test_facts_are_json_and_name_the_guarantee(method):
    cells = pd.DataFrame({"sex": ["_T", "F", "M"], "value": [41, 1, 40], "cell_key": [3, 1, 2]})
    report = protect(cells, ["sex"], None, DisclosureSettings(method, secret="hush")).report
    facts = json.loads(json.dumps(report.facts()))
    assert facts["method"] == method
    assert facts["guarantee"] == report.guarantee
    assert "hush" not in json.dumps(facts)
    assert report.guarantee in report.summary()


def test_public_facts_do_not_undo_the_protection():
    """42 shown and two cells withheld: with the share of the sum, a reader would have the sum of the two."""
    cells = pd.DataFrame({"sex": ["_T", "F", "M"], "value": [42, 2, 40]})
    report = protect(cells, ["sex"], None, DisclosureSettings("suppression")).report
    assert report.loss.suppressed_share == 0.5
    public = report.public_facts()
    assert public["loss"] is None
    assert "suppressed_by_reason" not in public
    many = pd.DataFrame({"area": [f"{n}" for n in range(500)], "value": 9, "cell_key": np.arange(500) * 8_000_000})
    public = protect(many, ["area"]).report.public_facts()
    assert set(public["loss"]) == {"mean_deviation", "hellinger"}
