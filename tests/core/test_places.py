"""What lists say of places, as arithmetic: the same as the lists themselves."""

from __future__ import annotations

import random
from datetime import date, timedelta

import duckdb
import pyarrow as pa
import pytest

from kyoto.core.engine import KeyNotListedError, open_engine
from kyoto.core.engine.places import in_order, run_sql, runs

LISTS = {
    "days": [date(2019, 12, 30) + timedelta(day) for day in range(40)],
    "ages": [*range(121), *([None] * 20)],
    "gaps": [1, 2, 3, 4, 7, 8, 9, None, None, 5],
    "one": [7],
    "none": [],
    "same": ["a"] * 9,
    "down": [5, 4, 3],
}


@pytest.mark.parametrize("missing", ["null", "like the last", "other"])
@pytest.mark.parametrize("name", LISTS)
def test_runs_say_what_the_list_says(name, missing):
    told = LISTS[name]
    last = {"null": None, "like the last": told[-1] if told else None, "other": told[0] if told else None}[missing]
    values, keys = [*told, last], [f"key {place}" for place in range(len(told))]
    cut = runs(values, keys)
    assert cut is not None
    sql = run_sql(cut, lambda value: "NULL" if value is None else f"{_typed(value)}", "place", "'unused'")
    places = [*range(len(told)), None]
    found = [
        duckdb.execute(f"SELECT {sql} FROM (SELECT $1::INTEGER AS place)", [place]).fetchone()[0] for place in places
    ]
    assert found == values


def test_a_list_without_runs_stays_a_list():
    chance = random.Random(3)
    assert runs([chance.random() for _ in range(50)], [str(n) for n in range(49)]) is None


def test_texts_that_stay_as_they_are_need_no_list():
    cut = runs([None, None, "c", "d", None], ["a", "b", "c", "d"])
    assert cut is not None and [run.kind for run in cut] == ["same", "key"]


def test_rows_stand_in_the_order_of_numbers_and_days_not_of_texts():
    texts, numbers = ["10", "9", "x"], [10, 9, None]
    assert in_order([texts, numbers]) == [1, 0, 2]
    assert in_order([texts]) == [0, 1, 2]
    assert in_order([[True, False]]) == [0, 1]
    assert in_order([]) == []


@pytest.mark.parametrize("seed", range(20))
def test_looking_up_all_equals_a_dictionary(seed):
    chance = random.Random(seed)
    texts = [str(number) for number in chance.sample(range(10_000), 300)]
    first = date(2000, 1, 1)
    columns = {
        "number": [int(text) if int(text) < 9000 else None for text in texts],
        "day": [first + timedelta(int(text)) for text in texts],
        "itself": texts,
        "refused": [text if int(text) >= 9000 else None for text in texts],
        "why": ["too large" if int(text) >= 9000 else None for text in texts],
        "some": [text if chance.random() < 0.5 else "_U" for text in texts],
        "chance": [chance.choice(["a", "b", None]) for _ in texts],
        "real": [chance.random() for _ in texts],
    }
    missing = {"number": None, "day": first, "itself": None, "refused": None, "why": "empty", "some": "_U"}
    rows = pa.table(
        {"key": [*texts, None], **{name: [*values, missing.get(name)] for name, values in columns.items()}},
    )
    asked = [chance.choice([*texts, None]) for _ in range(5000)]
    with open_engine("duckdb") as engine:
        table = engine.table(pa.table({"key": pa.array(asked, pa.string()), "row": range(len(asked))}), "asked")
        found = engine.fetch(engine.look_up_all(table, {"key": rows}).order_by("row")).to_pylist()
    expected = {row.pop("key"): row for row in rows.to_pylist()}
    assert [{name: row[name] for name in columns} for row in found] == [expected[key] for key in asked]


def test_a_text_that_is_not_listed_stops_the_writing(tmp_path):
    with open_engine("duckdb") as engine:
        table = engine.table(pa.table({"key": ["a", "c"]}), "asked")
        found = engine.look_up_all(table, {"key": pa.table({"key": ["a", "b", None], "said": [1, 2, None]})})
        with pytest.raises(KeyNotListedError):
            engine.write_parquet(found, tmp_path / "found.parquet")


def _typed(value):
    return f"DATE '{value}'" if isinstance(value, date) else f"'{value}'" if isinstance(value, str) else str(value)
