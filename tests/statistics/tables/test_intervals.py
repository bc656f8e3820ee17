"""Intervals against R and against published tables."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from kyoto.statistics.tables.intervals import poisson_interval, rate_interval, wilson_interval

# R 4.2.2: poisson.test(k)$conf.int
R_POISSON = [
    (0, 0, 3.68887945411394),
    (1, 0.0253178079842899, 5.5716433909389),
    (2, 0.242209278543965, 7.22468766772396),
    (5, 1.62348639011842, 11.6683320793227),
    (10, 4.79538869613243, 18.3903560420178),
    (27, 17.7931701317648, 39.2835824451621),
    (100, 81.3639912509232, 121.626793792426),
    (1234, 1166.10171851755, 1304.82037052892),
    (1_000_000, 998040.983340294, 1001961.91194543),
]
# R 4.2.2: poisson.test(11, conf.level = level)$conf.int
R_LEVELS = [
    (0.8, 7.02074659471098, 16.5981221443141),
    (0.9, 6.16900728939532, 18.2075142509037),
    (0.99, 4.32135820033321, 22.7792559682653),
]
# R 4.2.2: t <- poisson.test(k, T = exposure); c(t$estimate, t$conf.int)
R_RATES = [
    (137, 24.19893, 5.66140734321724, 4.75312480484875, 6.69270933417607),
    (0, 0.5, 0.0, 0.0, 7.37775890822787),
    (412, 54.633, 7.54122965972947, 6.83053340353007, 8.30578048456106),
]
# R 4.2.2: prop.test(x, n, correct = FALSE)$conf.int
R_WILSON = [
    (0, 10, 0, 0.277532799862889),
    (10, 10, 0.722467200137111, 1),
    (1, 10, 0.0178762130950729, 0.404150026795238),
    (81, 263, 0.255288519878274, 0.3662095769828),
    (15, 148, 0.0623863995307363, 0.160487241723308),
    (0, 20, 0, 0.161125158052819),
    (1, 29, 0.00611321429276266, 0.171755218793203),
    (3600, 90000, 0.0387392669541399, 0.0412999996155727),
    (1, 1, 0.206549314377238, 1),
]
# Garwood, F. (1936). Fiducial limits for the Poisson distribution. Biometrika 28, 437-442: the 95% limits as
# epidemiology prints them, to two digits.
PRINTED_POISSON_95 = [(0, 0.00, 3.69), (1, 0.03, 5.57), (3, 0.62, 8.77), (10, 4.80, 18.39), (20, 12.22, 30.89)]
# Newcombe, R. G. (1998). Two-sided confidence intervals for the single proportion: comparison of seven methods.
# Statistics in Medicine 17, 857-872, Table I, method 3 (score without continuity correction).
PRINTED_WILSON_95 = [
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0000, 0.1611),
    (1, 29, 0.0061, 0.1718),
]


def test_poisson_equals_r():
    counts, lower, upper = np.array(R_POISSON).T
    found = poisson_interval(counts)
    np.testing.assert_allclose(found.lower, lower, rtol=1e-12)
    np.testing.assert_allclose(found.upper, upper, rtol=1e-12)


@pytest.mark.parametrize(("level", "lower", "upper"), R_LEVELS)
def test_poisson_equals_r_at_other_levels(level, lower, upper):
    found = poisson_interval(11, level=level)
    np.testing.assert_allclose([found.lower, found.upper], [lower, upper], rtol=1e-12)


@pytest.mark.parametrize(("count", "exposure", "rate", "lower", "upper"), R_RATES)
def test_rates_equal_r(count, exposure, rate, lower, upper):
    found = rate_interval(count, exposure)
    np.testing.assert_allclose([*map(float, found)], [rate, lower, upper], rtol=1e-12)
    scaled = rate_interval(count, exposure * 1e5, multiplier=1e5)
    np.testing.assert_allclose([*map(float, scaled)], [rate, lower, upper], rtol=1e-12)


def test_wilson_equals_r():
    part, whole, lower, upper = np.array(R_WILSON).T
    found = wilson_interval(part, whole)
    np.testing.assert_allclose(found.lower, lower, rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(found.upper, upper, rtol=1e-11)


def test_wilson_equals_r_at_ninety_percent():
    # R 4.2.2: prop.test(45, 120, correct = FALSE, conf.level = 0.9)$conf.int
    found = wilson_interval(45, 120, level=0.9)
    np.testing.assert_allclose([found.lower, found.upper], [0.305816244600501, 0.449696023586281], rtol=1e-12)


@pytest.mark.parametrize(("count", "lower", "upper"), PRINTED_POISSON_95)
def test_poisson_equals_the_printed_table(count, lower, upper):
    found = poisson_interval(count)
    assert (round(float(found.lower), 2), round(float(found.upper), 2)) == (lower, upper)


@pytest.mark.parametrize(("part", "whole", "lower", "upper"), PRINTED_WILSON_95)
def test_wilson_equals_the_printed_table(part, whole, lower, upper):
    found = wilson_interval(part, whole)
    assert (round(float(found.lower), 4), round(float(found.upper), 4)) == (lower, upper)


@given(count=st.integers(1, 100_000), level=st.floats(0.5, 0.999))
@settings(max_examples=100, deadline=None)
def test_poisson_limits_solve_their_definition(count, level):
    """At the limits the tail probabilities of the observed count are half of what the level leaves."""
    found = poisson_interval(count, level=level)
    tail = (1 - level) / 2
    assert stats.poisson.sf(count - 1, float(found.lower)) == pytest.approx(tail, rel=1e-6)
    assert stats.poisson.cdf(count, float(found.upper)) == pytest.approx(tail, rel=1e-6)


@given(whole=st.integers(1, 10**9), share=st.floats(0, 1), level=st.floats(0.5, 0.999))
@settings(max_examples=100, deadline=None)
def test_wilson_holds_its_share_and_stays_within_zero_and_one(whole, share, level):
    part = round(whole * share)
    estimate, lower, upper = (float(value) for value in wilson_interval(part, whole, level=level))
    assert 0 <= lower <= estimate <= upper <= 1


@pytest.mark.parametrize("expected", [0.3, 2.0, 11.0])
def test_poisson_covers_at_least_its_level(expected):
    counts = np.arange(200)
    found = poisson_interval(counts)
    covered = (found.lower <= expected) & (expected <= found.upper)
    assert stats.poisson.pmf(counts[covered], expected).sum() >= 0.95


def test_nothing_is_said_without_a_denominator():
    rate = rate_interval([3, 3, np.nan], [0, np.nan, 10])
    assert np.isnan(np.array(rate)).all()
    share = wilson_interval([0, np.nan], [0, 4])
    assert np.isnan(np.array(share)).all()


@pytest.mark.parametrize(
    "call",
    [
        lambda: poisson_interval(-1),
        lambda: poisson_interval(1, level=1.0),
        lambda: rate_interval(1, -5),
        lambda: wilson_interval(5, 4),
        lambda: wilson_interval(-1, 4),
    ],
)
def test_impossible_arguments_are_refused(call):
    with pytest.raises(ValueError):
        call()
