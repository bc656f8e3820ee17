"""Perturbation tables: the properties that define them, and the entropy that nothing else reaches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize

from kyoto.statistics.disclosure.noise import KEY_RANGE, maximum_entropy, perturbation_table
from kyoto.statistics.disclosure.settings import DisclosureSettings, largest_variance

PARAMETERS = [(5, 3.0, 3), (2, 1.0, 1), (3, 1.0, 1), (3, 1.5, 2), (4, 2.0, 1), (6, 2.0, 5), (10, 9.0, 3), (5, 5.0, 3)]


@pytest.mark.parametrize(("deviation", "variance", "threshold"), PARAMETERS)
def test_noise_is_unbiased_bounded_and_of_the_variance_asked_for(deviation, variance, threshold):
    """The constraints that the documentation of R's ptable 1.0.0 lists (create_ptable, Details)."""
    table = perturbation_table(max_deviation=deviation, variance=variance, threshold=threshold)
    noise = table.deviations
    assert table.probabilities.min() >= 0
    np.testing.assert_allclose(table.probabilities.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(table.probabilities @ noise, 0, atol=1e-9)
    counts = np.arange(len(table.probabilities))
    forced = np.where(counts < threshold, counts * (threshold - counts), 0)
    np.testing.assert_allclose(table.row_variances()[1:], np.maximum(variance, forced)[1:], atol=1e-9)
    outcome = counts[:, None] + noise[None, :]
    forbidden = (outcome < 0) | ((outcome > 0) & (outcome < threshold))
    assert not table.probabilities[forbidden].any()
    assert table.probabilities[0, deviation] == 1


@pytest.mark.parametrize(("deviation", "variance", "threshold"), PARAMETERS)
def test_last_row_serves_all_larger_counts(deviation, variance, threshold):
    table = perturbation_table(max_deviation=deviation, variance=variance, threshold=threshold)
    np.testing.assert_allclose(table.probabilities[-1], table.probabilities[-1][::-1], atol=1e-12)
    large = np.full(4, 10**9)
    keys = np.array([0, KEY_RANGE // 3, KEY_RANGE // 2, KEY_RANGE - 1])
    last = np.full(4, len(table.bounds) - 1)
    np.testing.assert_array_equal(table.noise(large, keys), table.noise(last, keys))


def entropy(probabilities):
    positive = probabilities[probabilities > 0]
    return -(positive * np.log(positive)).sum()


@pytest.mark.parametrize(("deviation", "variance", "threshold"), PARAMETERS)
def test_general_optimiser_finds_the_same_entropy(deviation, variance, threshold):
    """scipy's SLSQP maximises the entropy directly, over the probabilities, under the same constraints."""
    table = perturbation_table(max_deviation=deviation, variance=variance, threshold=threshold)
    for count in range(1, len(table.probabilities)):
        support = table.probabilities[count] > 0
        if support.sum() < 4:  # three moments leave no choice
            continue
        noise = table.deviations[support].astype(float)
        reached = table.row_variances()[count]
        moments = np.vstack([np.ones_like(noise), noise, noise**2])
        start = linprog(np.zeros(len(noise)), A_eq=moments, b_eq=[1, 0, reached], bounds=(0, 1)).x
        found = minimize(
            lambda p: (p * np.log(np.maximum(p, 1e-12))).sum(),
            0.5 * start + 0.5 / len(noise),
            constraints={"type": "eq", "fun": lambda p, m=moments, r=reached: m @ p - np.array([1, 0, r])},
            bounds=[(0, 1)] * len(noise),
            options={"maxiter": 500, "ftol": 1e-12},
        )
        assert found.success
        np.testing.assert_allclose(entropy(table.probabilities[count]), -found.fun, atol=1e-5)
        np.testing.assert_allclose(table.probabilities[count][support], found.x, atol=2e-3)


def test_known_closed_form():
    """Noise -1, 0, 1 with variance v leaves no choice: v/2, 1 - v, v/2."""
    for variance in (0.1, 0.5, 0.9):
        np.testing.assert_allclose(
            maximum_entropy(np.array([-1, 0, 1]), variance), [variance / 2, 1 - variance, variance / 2], atol=1e-12
        )


@given(st.integers(1, 12), st.integers(1, 6), st.floats(0.05, 0.999))
@settings(max_examples=60, deadline=None)
def test_every_admissible_setting_gives_a_valid_table(deviation, threshold, share):
    if deviation < threshold:
        return
    variance = share * largest_variance(deviation, threshold)
    chosen = DisclosureSettings(max_deviation=deviation, threshold=threshold, variance=variance)
    table = perturbation_table(max_deviation=deviation, variance=variance, threshold=threshold)
    np.testing.assert_allclose(table.probabilities @ table.deviations, 0, atol=1e-8)
    assert (table.row_variances()[1:] >= chosen.variance - 1e-7).all()


def test_bounds_cover_all_keys_in_their_share():
    table = perturbation_table(max_deviation=5, variance=3.0, threshold=3)
    assert (table.bounds[:, -1] == KEY_RANGE).all()
    keys = np.linspace(0, KEY_RANGE - 1, 1_000_001).astype(np.int64)
    for count in (1, 2, 3, 7, 50):
        drawn = table.noise(np.full(len(keys), count), keys)
        share = np.bincount(drawn + 5, minlength=11) / len(keys)
        np.testing.assert_allclose(share, table.probabilities[min(count, 8)], atol=2e-6)
