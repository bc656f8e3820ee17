"""Level shifts against known breaks, and against series that have none."""

from __future__ import annotations

import numpy as np
import pytest

from kyoto.statistics.quality import level_shifts
from kyoto.statistics.quality.breaks import _jumps, _PairSlopes

# R 4.2.2: datasets::Nile, annual flow at Aswan 1871-1970. The level falls after 1898: Cobb, G. W. (1978), The problem
# of the Nile: conditional solution to a changepoint problem, Biometrika 65(2), 243-251.
NILE = [
    1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958, 1140,
    1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969, 831,
    726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759, 781, 865, 845,
    944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890, 744, 749, 838, 1050, 918,
    986, 797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740,
]  # fmt: skip
TIME = np.arange(60)


@pytest.mark.parametrize("window", [6, 10, 15])
def test_the_nile_breaks_after_1898_and_only_then(window):
    (shift,) = level_shifts(NILE, change=0.2, window=window, least_z=2.5, period=1)
    assert 1871 + shift.at == 1899
    before, after = np.mean(NILE[:28]), np.mean(NILE[28:])
    assert shift.ratio == pytest.approx(after / before, rel=0.12)


def series(rng, months, season=0.0, trend=0.0, level=200.0):
    time = np.arange(months)
    return level * np.exp(season * np.sin(2 * np.pi * time / 12) + trend * time), rng


@pytest.mark.parametrize(
    ("months", "season", "trend"),
    [(60, 0, 0), (24, 0, 0), (12, 0, 0), (60, 0.4, 0), (24, 0.4, 0), (18, 0.2, 0), (60, 0, 0.02), (60, 0.2, -0.02)],
)
def test_noise_seasons_and_trends_are_no_breaks(months, season, trend):
    rng = np.random.default_rng(20150301)
    level, rng = series(rng, months, season, trend)
    false = sum(bool(level_shifts(rng.poisson(level))) for _ in range(200))
    assert false <= 4


def test_more_noise_than_poisson_is_no_break():
    rng = np.random.default_rng(5)
    false = sum(bool(level_shifts(rng.negative_binomial(20, 20 / 220, 60))) for _ in range(200))
    assert false <= 6


@pytest.mark.parametrize(
    ("months", "at", "ratio", "season", "least_power"),
    [
        (24, 12, 1.6, 0, 0.9),
        (60, 30, 1.7, 0.3, 0.8),
        (36, 6, 0.6, 0, 0.9),
        (60, 52, 0.55, 0, 0.9),
        (18, 9, 1.7, 0, 0.9),
    ],
)
def test_lasting_changes_are_found_where_they_are(months, at, ratio, season, least_power):
    rng = np.random.default_rng(20150302)
    level, rng = series(rng, months, season)
    level[at:] *= ratio
    hits, ratios = 0, []
    for _ in range(100):
        shifts = level_shifts(rng.poisson(level))
        near = [shift for shift in shifts if abs(shift.at - at) <= 1]
        hits += bool(near)
        ratios += [shift.ratio for shift in near]
    assert hits >= 100 * least_power
    assert np.median(ratios) == pytest.approx(ratio, rel=0.1)


def test_two_breaks_are_both_found():
    level = np.full(72, 300.0)
    level[24:] *= 2
    level[48:] *= 0.4
    shifts = level_shifts(np.random.default_rng(1).poisson(level))
    assert [shift.at for shift in shifts] == [24, 48]


@pytest.mark.parametrize("spike", [0, 20, 3000])
def test_a_single_odd_month_is_no_break(spike):
    counts = np.random.default_rng(2).poisson(np.full(36, 300.0))
    counts[17] = spike
    assert level_shifts(counts) == []


def test_short_series_say_nothing():
    assert level_shifts([1, 2, 3, 100, 100, 100]) == []
    assert level_shifts([]) == []


def test_scale_does_not_matter_where_noise_is_more_than_poisson():
    rng = np.random.default_rng(3)
    level = np.exp(rng.normal(8, 0.05, 48)) * np.where(np.arange(48) < 24, 1, 1.8)
    small, large = level_shifts(level), level_shifts(level * 1000)
    assert [shift.at for shift in small] == [shift.at for shift in large] == [24]
    assert small[0].ratio == pytest.approx(large[0].ratio)


@pytest.mark.parametrize(
    ("length", "window", "period"), [(11, 3, 1), (20, 6, 12), (30, 2, 4), (60, 6, 12), (300, 5, 7)]
)
def test_jumps_of_all_places_are_those_of_each(length, window, period):
    """Month pairs and pair slopes place by place, as the text of the module says it."""
    level = np.cumsum(np.random.default_rng(length).normal(size=length))
    places = np.arange(window, length - window + 1)
    medians = np.median(np.lib.stride_tricks.sliding_window_view(level, window), axis=1)
    raw = medians[places] - medians[places - window]
    pairs = _PairSlopes.of(level)
    slopes = np.array([pairs.beside(int(at)) for at in places])
    found = _jumps(raw, level, places, slopes, window, period)
    for place, at in enumerate(places):
        beside = [
            (level[j] - level[i]) / (j - i)
            for part in (range(at), range(at, length))
            for i in part
            for j in part
            if i < j
        ]
        assert slopes[place] == pytest.approx(np.median(beside))
        jumps = [raw[place] - slopes[place] * window]
        years = [
            level[month + period] - level[month]
            for month in range(max(at - period, 0), min(at, length - period))
            if month >= at - window or month + period < at + window
        ]
        if period > 1 and len(years) >= window / 2:
            yearly = slopes[place] * period if length - 1 >= 3 * period else 0.0
            jumps.append(np.median(years) - yearly)
        expected = min(jumps, key=abs) if min(jumps) * max(jumps) > 0 else 0.0
        assert found[place] == pytest.approx(expected)
