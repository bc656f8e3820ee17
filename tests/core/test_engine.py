"""Both engines do the same things."""

from __future__ import annotations

import datetime
import hashlib

import pyarrow as pa
import pytest

from kyoto.core.engine import open_engine
from kyoto.core.errors import KyotoError


@pytest.fixture(params=["duckdb", pytest.param("spark", marks=pytest.mark.spark)], scope="module")
def engine(request):
    with open_engine(request.param) as opened:
        yield opened


def test_unknown_engine_suggests_the_nearest():
    with pytest.raises(KyotoError, match="Unknown engine") as caught:
        open_engine("duckbd")
    assert caught.value.code == "engine.unknown"
    assert caught.value.hint == "Did you mean 'duckdb'?"


def test_text_is_read_as_text_with_quoted_breaks(engine, tmp_path):
    file = tmp_path / "a b.csv"
    file.write_text('code;text\n007;"line one\nline ""two"""\n;x\n', encoding="utf-8")
    table = engine.read_text([file], columns=["code", "text"], delimiter=";", quote='"')
    rows = engine.fetch(table).to_pylist()
    assert [(row["code"], row["text"]) for row in rows] == [("007", 'line one\nline "two"'), (None, "x")]
    assert {row["file"].rsplit("/", 1)[-1].replace("%20", " ") for row in rows} == {"a b.csv"}


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("2016-07", "%Y-%m", datetime.datetime(2016, 7, 1)),
        ("2016-02-30", "%Y-%m-%d", None),
        ("1/2/2016", "%d/%m/%Y", datetime.datetime(2016, 2, 1)),
        ("20160229", "%Y%m%d", datetime.datetime(2016, 2, 29)),
        ("2016-07-01 23:59", "%Y-%m-%d %H:%M", datetime.datetime(2016, 7, 1, 23, 59)),
        ("July 2016", "%B %Y", datetime.datetime(2016, 7, 1)),
        ("nonsense", "%Y", None),
        (None, "%Y", None),
    ],
)
def test_times_follow_a_pattern_or_are_null(engine, text, pattern, expected):
    table = engine.table(pa.table({"t": pa.array([text], pa.string())}), "times")
    found = engine.fetch(table.select(at=engine.parsed_time(table.t, pattern))).to_pylist()[0]["at"]
    assert (found.replace(tzinfo=None) if found else None) == expected


def test_key_hash_is_the_start_of_md5(engine):
    words = ["abc", "", "Zürich", "P000000001"]
    table = engine.table(pa.table({"t": words}), "words")
    found = engine.fetch(table.select("t", key=engine.key_hash(table.t))).to_pylist()
    expected = {word: int.from_bytes(hashlib.md5(word.encode()).digest()[:4], "little") for word in words}
    assert {row["t"]: row["key"] for row in found} == expected


def test_parquet_comes_back(engine, tmp_path):
    table = engine.table(pa.table({"n": [3, 1, 2]}), "numbers")
    assert engine.write_parquet(table, tmp_path / "n.parquet") == 3
    back = engine.read_parquet([tmp_path / "n.parquet"])
    assert sorted(engine.fetch(back).column("n").to_pylist()) == [1, 2, 3]


def test_keep_computes_once(engine):
    table = engine.table(pa.table({"n": [1, 2]}), "few")
    kept = engine.keep(table.mutate(m=table.n + 1), "kept")
    assert sorted(engine.fetch(kept).column("m").to_pylist()) == [2, 3]


def test_look_up_says_what_a_small_table_says(engine):
    many = engine.table(pa.table({"word": ["b", None, "it's", "x", "b", ""], "n": list(range(6))}), "many")
    few = pa.table(
        {
            "key": ["a", "b", "it's"],
            "code": ["A", "B", None],
            "number": pa.array([None, 2, 3], pa.int32()),
        }
    )
    rows = sorted(engine.fetch(engine.look_up(many, "word", few)).to_pylist(), key=lambda row: row["n"])
    assert [(row["word"], row["code"], row["number"]) for row in rows] == [
        ("b", "B", 2),
        (None, None, None),
        ("it's", None, 3),
        ("x", None, None),
        ("b", "B", 2),
        ("", None, None),
    ]


def test_order_is_kept_over_many_row_groups(tmp_path):
    import pyarrow.parquet as pq

    rows = 1_500_000
    words = pa.array([f"w{i % 5000}" for i in range(rows)])
    pq.write_table(pa.table({"n": range(rows), "word": words}), tmp_path / "in.parquet", row_group_size=100_000)
    few = pa.table({"key": [f"w{i}" for i in range(0, 5000, 2)], "even": ["yes"] * 2500})
    with open_engine() as opened:
        table = opened.read_parquet([tmp_path / "in.parquet"])
        wanted = opened.look_up(table, "word", few)
        opened.write_parquet(wanted, tmp_path / "out.parquet", keep_order=True)
    found = pq.read_table(tmp_path / "out.parquet", columns=["n", "even"])
    assert found["n"].to_pylist() == list(range(rows))
    assert found["even"].null_count == rows // 2
