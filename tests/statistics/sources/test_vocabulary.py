"""Columns with few texts: what is guessed of them, and what happens where the guess misses one."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest
from source_examples import spec_of, without_empty_statuses

from kyoto.core.build import StepContext
from kyoto.core.engine import KeyNotListedError
from kyoto.statistics.disclosure.settings import DisclosureSettings
from kyoto.statistics.pipeline.source import make_source
from kyoto.statistics.sources import column_typings, guessed_vocabulary, open_source, typed, vocabulary

TOML = """[sources.s]
file = "s.csv"
unit = "suspect"
[sources.s.columns]
person_id = "person"
offence = { column = "offence", correspondence = "uk-police" }
recorded = "day"
sex = "sex"
age = { column = "age", maximum = 120 }
"""
ROWS = 3000


def lines(odd: str = "") -> str:
    kinds = ("Bicycle theft", "Robbery", "Burglary", "")
    rows = [
        f"P{i:05},{kinds[i % 4]},2016-0{i % 9 + 1}-15,{'mf?'[i % 3]},{i % 90 if i % 100 else 999}" for i in range(ROWS)
    ]
    return "\n".join(["person,offence,day,sex,age", *rows, *([odd] if odd else []), *rows[:500]]) + "\n"


@pytest.fixture
def listing(monkeypatch):
    """Every source is worth listing, and the sample is a small part of it."""
    monkeypatch.setattr(vocabulary, "_WORTHWHILE", 0)
    monkeypatch.setattr(vocabulary, "_SAMPLE_BYTES", 80_000)


def guessed(duck, folder):
    spec = spec_of(folder, TOML)
    raw = open_source(duck, spec, folder)
    typings = column_typings(duck, raw, spec)
    return spec, raw, typings, guessed_vocabulary(duck, raw, typings.columns, {"offence": ["Drugs"]})


def test_what_a_column_of_its_kind_can_hold_is_foreseen(duck, tmp_path, listing):
    (tmp_path / "s.csv").write_text(lines())
    *_, found = guessed(duck, tmp_path)
    assert set(found.texts) == {"offence", "day", "sex", "age"}  # every person is another: no list
    assert {"Drugs", "Robbery"} <= set(found.texts["offence"])
    assert {"2015-01-01", "2017-12-31"} <= set(found.texts["day"]) and "2018-01-01" not in found.texts["day"]
    assert {"0", "999", "500"} <= set(found.texts["age"])
    assert found.certain


def test_a_text_that_stands_once_makes_the_guess_uncertain(duck, tmp_path, listing):
    text = lines()
    (tmp_path / "s.csv").write_text(text.replace("Robbery", "Robery", 1))
    *_, found = guessed(duck, tmp_path)
    assert not found.certain


def test_writing_stops_at_a_text_that_is_not_listed(duck, tmp_path, listing):
    (tmp_path / "s.csv").write_text(lines(odd="P9,Witchcraft,2016-01-15,m,30"))
    spec, raw, typings, found = guessed(duck, tmp_path)
    found.texts["offence"] = [text for text in found.texts["offence"] if text != "Witchcraft"]
    with pytest.raises(KeyNotListedError):
        duck.write_parquet(typed(duck, raw, spec, typings, vocabulary=found), tmp_path / "r.parquet")


@pytest.mark.parametrize("odd", ["", "P9,Witchcraft,15 May,x,old", "P9,=1+1, 2016-01-15 ,UNKNOWN,7.0"])
def test_records_are_those_of_cells_typed_one_by_one(duck, tmp_path, monkeypatch, odd):
    (tmp_path / "s.csv").write_text(lines(odd))
    spec = spec_of(tmp_path, TOML)
    made = {}
    for name, worthwhile in (("cells", 1 << 40), ("texts", 0)):
        monkeypatch.setattr(vocabulary, "_WORTHWHILE", worthwhile)
        monkeypatch.setattr(vocabulary, "_SAMPLE_BYTES", 20_000)
        folder = tmp_path / name
        for part in ("records", "rejects"):
            (folder / part).mkdir(parents=True)
        facts = make_source(StepContext(folder, {}, {}, {}, lambda: duck), spec, tmp_path, DisclosureSettings())
        made[name] = (
            pq.read_table(folder / "records" / "s.parquet"),
            (folder / "rejects" / "s.csv").read_text(),
            facts,
        )
    by_text = tmp_path / "texts" / "records" / "s.parquet"
    assert made["texts"][0].equals(without_empty_statuses(by_text, made["cells"][0]))
    assert odd or "recorded_status" not in made["texts"][0].column_names
    assert made["texts"][1:] == made["cells"][1:]
    assert made["cells"][2]["rows_in"] == ROWS + 500 + bool(odd)
