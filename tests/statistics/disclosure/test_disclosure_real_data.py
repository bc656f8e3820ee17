"""Street-level records of one English district: two linked tables, small counts everywhere."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest

from kyoto.statistics.disclosure import (
    DisclosureSettings,
    Release,
    attack,
    attack_noise,
    attack_together,
    protect_linked,
)

pytestmark = pytest.mark.shared

NAMES = [["type", "area"], ["type", "outcome"]]


def with_totals(records, names):
    parts = []
    for total in ([], names[:1], names[1:], names):
        copy = records.assign(**dict.fromkeys(total, "_T"))
        parts.append(copy.groupby(names).agg(value=("key", "size"), cell_key=("key", "sum")).reset_index())
    table = pd.concat(parts, ignore_index=True)
    return table.assign(cell_key=table["cell_key"] % 2**32)


@pytest.fixture(scope="module")
def tables(shared_data):
    street = pd.read_parquet(shared_data / "incidents" / "police_uk_west_yorkshire_2016-07.parquet")
    district = street[street["LSOA name"].str.startswith("Wakefield", na=False)].reset_index()
    records = pd.DataFrame(
        {
            "type": district["Crime type"],
            "area": district["LSOA name"].str[:-1],
            "outcome": district["Last outcome category"].fillna("_U"),
            "key": [int(hashlib.md5(str(n).encode()).hexdigest()[:8], 16) for n in district["index"]],
        }
    )
    return [with_totals(records, names) for names in NAMES]


@pytest.mark.parametrize("threshold", [3, 10])
def test_linked_tables_stand_the_attack(tables, threshold):
    chosen = DisclosureSettings("suppression", threshold=threshold, max_deviation=threshold)
    published = [result.frame for result in protect_linked(tables, NAMES, settings=chosen)]
    found = attack(published, NAMES, settings=chosen, truth=tables)
    small = sum(int((table["value"] < threshold).sum()) for table in tables)
    assert small > 150
    assert len(found) >= small
    assert not found["narrower"].any()
    for table, shown in zip(tables, published, strict=True):
        kept = shown["value"].notna()
        assert (shown.loc[kept, "value"] == table.loc[kept, "value"]).all()


def test_noise_is_what_it_says_and_averaging_does_not_undo_it(tables):
    results = protect_linked(tables, NAMES)
    for table, result in zip(tables, results, strict=True):
        noise = result.frame["value"] - table["value"]
        assert noise.abs().max() <= 5
        assert abs(noise.mean()) < 4 * np.sqrt(3 / len(noise))
    margin = [
        result.frame[(result.frame.iloc[:, 1] == "_T")].set_index("type")["value"].sort_index() for result in results
    ]
    pd.testing.assert_series_equal(*margin)
    found = attack_noise(tables, results, NAMES)
    assert found.error_averaged < found.error_published
    assert found.small_found_averaged < 0.5


def test_both_tables_with_noise_together_tell_nothing(tables):
    """The default settings hold on real counts; with noise of one most single records are told, and truly."""
    chosen = DisclosureSettings()
    shown = [result.frame for result in protect_linked(tables, NAMES, settings=chosen)]
    found = attack_together([Release(tables, shown)], NAMES, settings=chosen)
    assert (found.verdict, found.narrower, found.not_examined) == ("holds", 0, 0)
    assert found.protected > 150
    weak = DisclosureSettings(threshold=1, max_deviation=1, variance=0.6)
    shown = [result.frame for result in protect_linked(tables, NAMES, settings=weak)]
    found = attack_together([Release(tables, shown)], NAMES, settings=weak)
    assert found.verdict == "broken"
    told = found.tidy()
    assert len(told) == found.narrower > 0
    for own, table in zip(NAMES, tables, strict=True):
        rows = told[(told.drop(columns=own)[["outcome" if "area" in own else "area"]] == "_T").all(axis=1)]
        both = rows.merge(table, on=own)
        assert (both["lower"] == both["value"]).all()
