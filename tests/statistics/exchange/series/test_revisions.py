"""Vintages compared."""

from __future__ import annotations

import json
import sys

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyoto.cli.main import main
from kyoto.core.errors import KyotoError
from kyoto.statistics.exchange.series import read_series, revisions
from kyoto.statistics.exchange.series.shaping import published

OLD = "Entity,Code,Year,rate\nAustria,AUT,2020,10\nAustria,AUT,2021,20\nFrance,FRA,2020,5\nFrance,FRA,2021,0\n"
NEW = "Entity,Code,Year,rate\nAustria,AUT,2020,10\nAustria,AUT,2021,25\nFrance,FRA,2021,1\nFrance,FRA,2022,7\n"


@pytest.fixture
def vintages(tmp_path):
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_text(OLD)
    new.write_text(NEW)
    return old, new


def test_each_figure_is_unchanged_revised_added_or_removed(vintages):
    found = revisions(*map(read_series, vintages))
    table = found.table.set_index(["area", "period"])
    assert table["kind"].to_dict() == {
        ("AUT", "2020"): "unchanged",
        ("AUT", "2021"): "revised",
        ("FRA", "2020"): "removed",
        ("FRA", "2021"): "revised",
        ("FRA", "2022"): "added",
    }
    assert table.loc[("AUT", "2021"), ["old", "new", "difference", "relative"]].tolist() == [20, 25, 5, 0.25]
    assert pd.isna(table.loc[("FRA", "2021"), "relative"])  # nothing is relative to zero
    assert found.counts == {"revised": 2, "added": 1, "removed": 1, "status": 0, "unchanged": 1}
    assert found.tidy()["kind"].tolist() == ["revised", "revised", "added", "removed"]
    assert "median revision 25.0%" in found.summary()


def test_a_changed_status_is_a_change(tmp_path):
    line = "DATAFLOW,freq,unit,geo,TIME_PERIOD,OBS_VALUE,OBS_FLAG\nESTAT:X(1.0),A,NR,AT,2022,5,{}\n"
    for name, flag in (("old.csv", "p"), ("new.csv", "")):
        (tmp_path / name).write_text(line.format(flag))
    found = revisions(read_series(tmp_path / "old.csv"), read_series(tmp_path / "new.csv"))
    assert found.table[["status_old", "status_new", "kind"]].to_numpy().tolist() == [["P", "A", "status"]]


def test_doubles_are_left_out_and_counted(vintages):
    old, new = vintages
    new.write_text(NEW + "Austria,AUT,2021,26\n")
    found = revisions(read_series(old), read_series(new))
    assert found.doubles == 2
    assert found.counts["removed"] == 2
    assert "2 rows left out" in found.summary()


def test_files_without_a_common_figure(vintages, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("Entity,Code,Year,something\nAustria,AUT,2020,1\n")
    with pytest.raises(KyotoError) as caught:
        revisions(read_series(vintages[0]), read_series(other))
    assert caught.value.code == "series.nothing-in-common"


figures = st.dictionaries(
    st.tuples(st.sampled_from(["AUT", "FRA", "ITA"]), st.sampled_from(["2020", "2021"])), st.integers(0, 5)
)


@settings(max_examples=30, deadline=None)
@given(old=figures, new=figures)
def test_every_key_of_both_vintages_is_in_the_table_once(old, new):
    def made(values):
        rows = [
            {"area": area, "period": year, "series": "s", "unit": "number", "value": v}
            for (area, year), v in values.items()
        ]
        return published(rows, publisher="table", file="x")

    if not set(old) & set(new):
        return
    table = revisions(made(old), made(new)).table
    kinds = dict(zip(zip(table["area"], table["period"], strict=True), table["kind"], strict=True))
    assert set(kinds) == set(old) | set(new)
    for key, kind in kinds.items():
        both = key in old and key in new
        assert kind == (
            ("unchanged" if old[key] == new[key] else "revised") if both else "added" if key in new else "removed"
        )


def test_commands(vintages, tmp_path, monkeypatch, capsys):
    def kyoto(*arguments):
        monkeypatch.setattr(sys, "argv", ["kyoto", "series", *map(str, arguments)])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code
        return code, *capsys.readouterr()

    code, out, _ = kyoto("revisions", *vintages, "--json")
    assert code in (0, None)
    assert {row["kind"] for row in json.loads(out)} == {"revised", "added", "removed"}
    assert "2 revised, 1 added, 1 removed" in kyoto("revisions", *vintages)[1]
    code, out, _ = kyoto("read", vintages[0], "--area", "AT", "--json", "--out", tmp_path / "x.parquet")
    assert [row["area"] for row in json.loads(out)] == ["AUT", "AUT"]
    assert len(pd.read_parquet(tmp_path / "x.parquet")) == 4
    assert kyoto("read", vintages[0], "--out", tmp_path / "x.txt")[0] == 2
    assert "eurostat" in kyoto("services")[1]
    assert "series.unknown-service" in kyoto("fetch", "eurostadt", "x")[2]
