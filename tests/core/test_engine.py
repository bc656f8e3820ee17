"""Both engines do the same things."""

from __future__ import annotations

import datetime
import hashlib

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyoto.core.engine import EngineSettings, open_engine
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


def test_order_is_kept_beside_long_lists(tmp_path):
    import pyarrow.parquet as pq

    rows, texts = 1_500_000, [f"w{i}" for i in range(5000)]
    words = pa.array([texts[(i * 7919) % 5000] for i in range(rows)])
    pq.write_table(pa.table({"n": range(rows), "word": words}), tmp_path / "in.parquet", row_group_size=100_000)
    codes = [f"c{(i * 31) % 977}" if i % 11 else None for i in range(5000)]
    numbers = [(i * 17) % 4999 for i in range(5000)]
    said = pa.table({"word": [*texts, None], "code": [*codes, "none"], "number": [*numbers, -1]})
    with open_engine(settings=EngineSettings(threads=4)) as opened:
        table = opened.look_up_all(opened.read_parquet([tmp_path / "in.parquet"]), {"word": said})
        opened.write_parquet(table, tmp_path / "out.parquet", keep_order=True)
        threads = opened.backend.con.execute("SELECT current_setting('threads')").fetchone()
    found = pq.read_table(tmp_path / "out.parquet")
    assert found["n"].to_pylist() == list(range(rows))
    places = [(i * 7919) % 5000 for i in range(rows)]
    assert found["code"].to_pylist() == [codes[place] for place in places]
    assert found["number"].to_pylist() == [numbers[place] for place in places]
    assert threads == (4,)


def test_a_join_is_written_by_one_thread_and_keeps_its_order(tmp_path):
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"n": range(300_000)}), tmp_path / "in.parquet", row_group_size=10_000)
    with open_engine() as opened:
        table = opened.read_parquet([tmp_path / "in.parquet"])
        few = opened.table(pa.table({"n": range(0, 300_000, 2), "even": ["yes"] * 150_000}), "few")
        assert opened._loses_order(table.left_join(few, "n").drop("n_right"))
        assert not opened._loses_order(table.mutate(m=table.n + 1))


_SIGNS = st.sampled_from([*"aAkKsSiIuUnNxX09_-.#ß", "İ", "ı", "K", "ſ", "Å", "å", "Ω", "ω", "Н", "н", "不", ""])


@given(
    keys=st.lists(st.lists(_SIGNS, min_size=1, max_size=3).map("".join), min_size=1, max_size=12, unique=True),
    texts=st.lists(st.lists(_SIGNS, max_size=4).map("".join), max_size=40),
)
@settings(max_examples=60, deadline=None)
def test_few_words_are_found_in_any_case(keys, texts):
    import duckdb

    folded = list(dict.fromkeys(duckdb.execute("SELECT lower(?)", [key]).fetchone()[0] for key in keys if key))
    with open_engine() as opened:
        expected = [duckdb.execute("SELECT lower(?)", [text]).fetchone()[0] for text in texts]
        many = opened.table(
            pa.table({"n": pa.array(range(len(texts)), pa.int64()), "t": pa.array(texts, pa.string())}), "texts"
        )
        few = pa.table({"key": pa.array(folded, pa.string()), "place": pa.array(range(len(folded)), pa.int64())})
        found = opened.fetch(opened.look_up(many, "t", few, fold=True).order_by("n"))
    places = {key: place for place, key in enumerate(folded)}
    assert found["place"].to_pylist() == [places.get(text) for text in expected]


def test_one_in_so_many_texts_is_chosen(engine):
    words = [f"w{i}" for i in range(20_000)] * 2
    table = engine.table(pa.table({"t": words}), "words")
    chosen = engine.fetch(table.filter(engine.one_in(16, table.t)))["t"].to_pylist()
    assert len(chosen) == 2 * len(set(chosen))
    assert 1000 < len(set(chosen)) < 1500


def test_work_meanwhile_gives_its_result_or_its_error(engine, tmp_path):
    table = engine.table(pa.table({"n": [1, 2, 3]}), "few")
    engine.write_parquet(table, tmp_path / "n.parquet")

    def counted(second):
        return int(second.fetch(second.read_parquet([tmp_path / "n.parquet"]).count().as_table())[0][0].as_py())

    with engine.meanwhile(counted) as found:
        assert sorted(engine.fetch(table)["n"].to_pylist()) == [1, 2, 3]
        assert found() == 3
    with engine.meanwhile(lambda second: 1 // 0) as found, pytest.raises(ZeroDivisionError):
        found()
