"""What goes along with a linkage: the share that was never compared, thinner linkages, limits of later figures."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from kyoto.core.errors import KyotoError
from kyoto.statistics.linkage import (
    banded,
    carried_files,
    carry_linkage_error,
    plausible_frame,
    reach_of_linkage,
    read_linked,
    write_carried,
    write_linked,
)
from kyoto.statistics.linkage.missed import missed_share, thinned


@pytest.mark.parametrize("chances", [(0.9, 0.95, 0.97), (0.75, 0.8, 0.85)])
def test_the_share_that_no_rule_finds_where_errors_are_independent(chances):
    """60,000 true pairs that agree on each of three things by chance; only those that agree on two are candidates."""
    random, pairs = np.random.default_rng(5), 60_000
    agree = np.stack([random.random(pairs) < chance for chance in chances])
    base = np.arange(pairs)
    columns = {}
    for name, same in zip(("birth", "given_sound", "family_sound"), agree, strict=True):
        other = np.where(same, base, base + pairs)
        columns[name] = pa.array([str(value) for value in np.concatenate([base, other])])
    found = agree.sum(axis=0) >= 2
    left = base[found]
    share = missed_share(pa.table(columns), left, left + pairs, np.ones(left.size))
    truth = 1 - found.mean()
    assert share == pytest.approx(truth, rel=0.05)
    # the chance itself, written out: two or three of the three disagree
    a, b, c = (1 - chance for chance in chances)
    assert truth == pytest.approx(a * b + a * c + b * c - 2 * a * b * c, rel=0.05)


def test_nothing_is_said_of_records_without_dates():
    table = pa.table({"given_sound": ["a", "a"], "family_sound": ["b", "b"]})
    assert missed_share(table, np.array([0]), np.array([1]), np.ones(1)) is None


def test_a_thinner_linkage_misses_as_many_pairs_again():
    """40,000 persons of three records: of the pairs joined (1 - m of the true), m / (1 - m) part: 2m are missed."""
    labels = np.repeat(np.arange(40_000), 3)
    found = thinned(labels, 0.1, np.random.default_rng(2)).reshape(-1, 3)
    kept = np.mean([found[:, one] == found[:, two] for one, two in ((0, 1), (0, 2), (1, 2))])
    assert kept == pytest.approx(1 - 0.1 / 0.9, abs=0.005)
    assert (thinned(labels, 0.0, np.random.default_rng(2)) == labels).all()


def test_recall_counts_what_was_never_compared(linkage, truth):
    assert 0 < linkage.missed < 0.1
    whole = replace(linkage, missed=0.0)
    frames = [plausible_frame(each, draws=2) for each in (linkage, whole)]
    assert (frames[1]["thin_1"] == frames[1]["linked"]).all()
    assert frames[0]["thin_1"].nunique() > frames[0]["linked"].nunique()
    pairs = pd.DataFrame({"truth": truth, "found": frames[0]["linked"]})
    joint = pairs.groupby(["truth", "found"]).size()
    true_pairs = (pairs.groupby("truth").size().pipe(lambda n: n * (n - 1) // 2)).sum()
    recall = (joint * (joint - 1) // 2).sum() / true_pairs
    estimate = linkage.quality["recall"]["estimate"]
    assert estimate == pytest.approx(recall, abs=0.03)
    assert abs(estimate - recall) < abs(estimate / (1 - linkage.missed) - recall)


def test_limits_of_tables_are_those_of_a_single_figure(linkage):
    """The table of one row, computed for each linkage, gets the limits that carry_linkage_error gives."""
    frame = plausible_frame(linkage, draws=10)

    def row(labels):
        share, error = row_of(frame.assign(person_id=frame[labels]))
        return {"term": "share", "estimate": share, "std_error": error}

    band = carry_linkage_error(linkage, row_of, draws=10)
    draws = [[row(name)] for name in frame.columns if name.startswith("draw_")]
    thin = [[row(name)] for name in frame.columns if name.startswith("thin_")]
    reach = reach_of_linkage([row("linked")], draws, ["term"], thinned=thin)
    found = banded([row("linked")], reach, ["term"])[0]
    assert found["linkage_lower"] == pytest.approx(min(band.lower, band.best))
    assert found["linkage_upper"] == pytest.approx(max(band.upper, band.best))


def row_of(records):
    police = set(records.loc[records["source"] == "police", "person_id"])
    share = len(police & set(records.loc[records["source"] == "prisons", "person_id"])) / len(police)
    return share, (share * (1 - share) / len(police)) ** 0.5


def test_a_limit_that_the_data_do_not_reach_stays_out_of_reach():
    row = {"term": "median", "estimate": 10.0, "lower": 8.0, "upper": np.inf}
    drawn = [[{**row, "estimate": value, "lower": value - 3}] for value in (9.0, 11.0)]
    found = banded([row, {"term": "other", "estimate": None}], reach_of_linkage([row], drawn, ["term"]), ["term"])
    assert (found[0]["linkage_lower"], found[0]["linkage_upper"]) == (6.0, np.inf)
    assert (found[1]["linkage_lower"], found[1]["linkage_upper"]) == (None, None)


def test_what_was_written_is_read_back(linkage, tmp_path):
    path = tmp_path / "persons.csv"
    assert write_linked(linkage, path, draws=3).name == "persons.plausible.parquet"
    linked = read_linked(path)
    assert linked.labels == ["linked", "draw_1", "draw_2", "draw_3", *(f"thin_{place}" for place in range(1, 6))]
    assert sorted(linked.sources) == linked.sources
    with pytest.raises(KyotoError) as error:
        linked.require("polise")
    assert error.value.code == "linkage.unknown-source" and "police" in error.value.hint
    table = tmp_path / "cases.csv"
    table.write_text("a\n1\n")
    first = write_carried(table, {"draw_1": "a\n2\n", "thin_1": "a\n3\n"}).read_bytes()
    with carried_files(table) as carried:
        texts = carried.each(lambda file: file.read_text())
        assert (texts.draws, texts.thinned) == (("a\n2\n",), ("a\n3\n",))
    assert write_carried(table, {"draw_1": "a\n2\n", "thin_1": "a\n3\n"}).read_bytes() == first
    with carried_files(tmp_path / "another.csv") as carried:
        assert not carried


@pytest.mark.parametrize(
    "module",
    [f"kyoto.{room}.building" for room in ("analysis.reoffending.audit", "analysis.flow", "statistics.linkage")],
)
def test_reading_a_section_loads_no_numbers(module):
    code = f"import sys, {module}; print(sorted({{'numpy', 'pandas', 'scipy', 'ibis'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
