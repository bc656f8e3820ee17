"""Releases that differ by a record: the attacker has kept the older one."""

from __future__ import annotations

import sys
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from attacker import BruteForce

from kyoto.core.errors import KyotoError
from kyoto.statistics.disclosure import DisclosureSettings, Release, attack_releases, protect, protect_linked

SUPPRESSION = DisclosureSettings("suppression")
SQUARE = {
    "sex": {"_T": {"F", "M"}, "F": {"F"}, "M": {"M"}},
    "age": {"_T": {"a", "b"}, "a": {"a"}, "b": {"b"}},
}
NAMES = [["sex", "age"]]
QUICK = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


@lru_cache
def world():
    return BruteForce(SQUARE, 10)


@lru_cache
def all_tables():
    return world().tables()


def fitting(published):
    shown = published["value"].notna().to_numpy()
    return all_tables()[:, (all_tables()[shown] == published["value"].to_numpy()[shown][:, None]).all(axis=0)]


def intervals(older, newer, unchanged):
    """Over all pairs of tables: the newer is nowhere smaller, and equal where it is known to be unchanged."""
    first, second = fitting(older), fitting(newer)
    rise = second[:, None, :] - first[:, :, None]
    pairs = (rise >= 0).all(axis=0) & (rise[unchanged] == 0).all(axis=0)
    assert pairs.any()
    return (
        first[:, pairs.any(axis=1)].min(axis=1),
        first[:, pairs.any(axis=1)].max(axis=1),
        second[:, pairs.any(axis=0)].min(axis=1),
        second[:, pairs.any(axis=0)].max(axis=1),
    )


two_releases = st.tuples(st.lists(st.integers(0, 2), min_size=4, max_size=4), st.integers(0, 3))


@QUICK
@given(two_releases, st.lists(st.booleans(), min_size=18, max_size=18))
def test_attack_over_releases_finds_what_brute_force_finds(case, hidden):
    values, place = case
    later = list(values)
    later[place] += 1
    truth = [world().frame(values), world().frame(later)]
    published = []
    for table, mask in zip(truth, (hidden[:9], hidden[9:]), strict=True):
        shown = table.drop(columns="cell_key").astype({"value": float})
        grand = (shown["sex"] == "_T") & (shown["age"] == "_T")
        shown.loc[np.array(mask) & ~grand, "value"] = np.nan
        published.append(shown)
    found = attack_releases([[table] for table in published], NAMES)
    unchanged = np.zeros(9, dtype=bool)
    low1, high1, low2, high2 = intervals(*published, unchanged)
    for release, (table, low, high) in enumerate([(published[0], low1, high1), (published[1], low2, high2)]):
        withheld = table["value"].isna().to_numpy()
        own = found[found["release"] == release]
        np.testing.assert_array_equal(own["lower"], low[withheld])
        np.testing.assert_array_equal(own["upper"], high[withheld])


@QUICK
@given(st.lists(st.integers(0, 4), min_size=4, max_size=4), st.integers(0, 3), st.integers(1, 2))
def test_a_new_release_does_not_undo_an_old_one(values, place, records):
    later = list(values)
    later[place] += records
    old, new = world().frame(values), world().frame(later)
    first = protect(old, NAMES[0], None, SUPPRESSION).frame
    second = protect_linked([new], NAMES, settings=SUPPRESSION, earlier=[Release(cells=[old], published=[first])])[
        0
    ].frame
    unchanged = (old["value"] == new["value"]).to_numpy()
    low1, high1, low2, high2 = intervals(first, second, unchanged)
    small1 = ((old["value"] > 0) & (old["value"] < 3)).to_numpy()
    small2 = ((new["value"] > 0) & (new["value"] < 3)).to_numpy()
    assert second["value"].isna().to_numpy()[small2].all()
    assert (low1[small1] <= 0).all()
    assert (high1[small1] >= 3).all()
    assert (low2[small2] <= 0).all()
    assert (high2[small2] >= 3).all()
    report = attack_releases([[first], [second]], NAMES, None, SUPPRESSION, truth=[[old], [new]])
    assert not report["narrower"].any()


def test_forgetting_the_older_release_is_found_out():
    """The second release alone is safe; beside the first it shows that the two women were there already."""
    old = pd.DataFrame({"sex": ["_T", "F", "M"], "value": [42.0, 2.0, 40.0]})
    new = pd.DataFrame({"sex": ["_T", "F", "M"], "value": [43.0, 3.0, 40.0]})
    first = protect(old, ["sex"], None, SUPPRESSION).frame
    careless = protect(new, ["sex"], None, SUPPRESSION).frame
    assert careless["value"].notna().all()
    found = attack_releases([[first], [careless]], [["sex"]], None, SUPPRESSION, truth=[[old], [new]])
    assert found.loc[found["sex"] == "F", ["lower", "upper", "narrower"]].to_numpy().tolist() == [[2.0, 2.0, True]]
    careful = protect_linked([new], [["sex"]], settings=SUPPRESSION, earlier=[Release([old], [first])])[0].frame
    found = attack_releases([[first], [careful]], [["sex"]], None, SUPPRESSION, truth=[[old], [new]])
    assert not found["narrower"].any()


def test_unchanged_release_repeats_its_pattern():
    values = world().frame([1, 9, 7, 8])
    first = protect(values, NAMES[0], None, SUPPRESSION).frame
    again = protect_linked([values], NAMES, settings=SUPPRESSION, earlier=[Release([values], [first])])[0].frame
    pd.testing.assert_frame_equal(first, again)


def test_contradictory_tables_are_named():
    table = pd.DataFrame({"sex": ["_T", "F", "M"], "value": [4.0, np.nan, 5.0]})
    with pytest.raises(KyotoError) as caught:
        attack_releases([[table]], [["sex"]])
    assert caught.value.code == "disclosure.contradictory-tables"
