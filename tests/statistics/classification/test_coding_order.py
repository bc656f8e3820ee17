"""Records keep the order of their source through coding: it is how a figure finds its source lines."""

from __future__ import annotations

import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kyoto.core.engine import open_engine
from kyoto.statistics.classification import Correspondence, Link, coded


@pytest.mark.parametrize("rows", [3, 300, 600_000])
@pytest.mark.parametrize("codes", [2, 3000])
@pytest.mark.parametrize("wildcard", [False, True])
def test_order_is_kept_whatever_matches(tmp_path, rows, codes, wildcard):
    chance = random.Random(rows + codes)
    links = [Link(f"N{code:04d}", "", "", "0401", "exact") for code in range(codes)]
    if wildcard:
        links.append(Link("W*", "", "", "0502", "exact"))
    names = [f"N{code:04d}" for code in range(codes)] + ["unmapped", "other", None, "W1", "", " n0001 "]
    values = [chance.choice(names) for _ in range(rows)]
    with open_engine() as engine:
        pq.write_table(
            pa.table({"offence": values, "number": list(range(rows))}), tmp_path / "raw.parquet", row_group_size=50_000
        )
        table = engine.read_parquet([tmp_path / "raw.parquet"])
        written = engine.write_parquet(
            coded(table, "offence", Correspondence("t", "", "", tuple(links)), engine=engine),
            tmp_path / "coded.parquet",
            keep_order=True,
        )
    assert written == rows
    found = pq.read_table(tmp_path / "coded.parquet")
    assert found["number"].to_pylist() == list(range(rows))
    matched = {"W1": "0502" if wildcard else "_U", " n0001 ": "0401" if codes > 1 else "_U"}
    expected = ["0401" if v and v.startswith("N") else matched.get(v, "_U") for v in values]
    assert found["iccs"].to_pylist() == expected
