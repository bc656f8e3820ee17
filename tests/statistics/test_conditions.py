"""The condition language: what it accepts, what it refuses and where, and what it means on both engines."""

from __future__ import annotations

import operator
from datetime import date

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyoto.core.engine import open_engine
from kyoto.core.errors import KyotoError
from kyoto.statistics.conditions import parse_condition

ROWS = [
    {"number": 1, "attempted": "1", "victim_age": 12, "sex": "F", "iccs": "0101", "adult": True, "age_text": "12"},
    {"number": 2, "attempted": "2", "victim_age": 18, "sex": "M", "iccs": "050121", "adult": False, "age_text": "x"},
    {"number": 3, "attempted": "_U", "victim_age": None, "sex": "_U", "iccs": "0102", "adult": None, "age_text": "_U"},
    {"number": 4, "attempted": "_Z", "victim_age": 70, "sex": "F", "iccs": "0502", "adult": True, "age_text": None},
    {"number": 5, "attempted": None, "victim_age": 17, "sex": None, "iccs": None, "adult": None, "age_text": "7"},
]
SCHEMA = pa.schema(
    [
        ("number", pa.int64()),
        ("attempted", pa.string()),
        ("victim_age", pa.int64()),
        ("sex", pa.string()),
        ("iccs", pa.string()),
        ("adult", pa.bool_()),
        ("age_text", pa.string()),
    ]
)

MEANINGS = {
    # condition: the numbers of the rows for which it holds, worked out by hand
    "attempted": {1},
    "not attempted": {2, 4},
    "adult": {1, 4},
    "not adult": {2},
    "adult == true": {1, 4},
    "attempted == true": {1},
    "attempted == 1": {1},
    "victim_age < 18": {1, 5},
    "victim_age >= 18": {2, 4},
    "victim_age != 18": {1, 4, 5},
    "not victim_age < 18": {2, 4},
    'sex == "F" and victim_age >= 15': {4},
    'sex == "F" or victim_age >= 15': {1, 2, 4, 5},
    'sex != "F"': {2},
    'sex == "_U"': {3},
    'sex in ("F", "_U")': {1, 3, 4},
    'sex not in ("F")': {2},
    'iccs in ("0101", "0102")': {1, 3},
    'iccs startswith "01"': {1, 3},
    "iccs startswith ('01', '0501')": {1, 2, 3},
    'not (iccs startswith "01")': {2, 4},
    "age_text < 10": {5},
    "age_text in (7, 12)": {1, 5},
    "victim_age == '18'": {2},
    "victim_age > -1.5": {1, 2, 4, 5},
    'attempted or sex == "M" and victim_age == 18': {1, 2},
    '(attempted or sex == "M") and victim_age == 18': {2},
}


@pytest.fixture(scope="module", params=["duckdb", pytest.param("spark", marks=pytest.mark.spark)])
def records(request):
    """The rows on each engine, and the backend that runs them."""
    with open_engine(request.param) as engine:
        yield engine.backend, engine.table(pa.Table.from_pylist(ROWS, schema=SCHEMA), "condition_records")


def test_conditions_hold_for_the_rows_worked_out_by_hand(records):
    backend, table = records
    columns = {f"c{n}": parse_condition(text).expression(table) for n, text in enumerate(MEANINGS)}
    found = backend.execute(table.select("number", **columns))
    for (text, expected), name in zip(MEANINGS.items(), columns, strict=True):
        assert found[name].notna().all(), text
        assert set(found.loc[found[name].astype(bool), "number"]) == expected, text


def test_dates_compare_with_iso_texts():
    table = ibis.memtable({"occurred": [date(2019, 12, 31), date(2020, 1, 1)]})
    assert parse_condition('occurred >= "2020-01-01"').expression(table).execute().tolist() == [False, True]


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 1),
        ("   ", 4),
        ("victim_age <", 13),
        ("victim_age < < 3", 14),
        ("victim_age = 3", 12),
        ("sex == F", 8),
        ("sex in 'F'", 8),
        ("sex in ()", 9),
        ("sex in ('F'", 12),
        ("(attempted", 11),
        ("attempted)", 10),
        ("attempted victim_age", 11),
        ("and attempted", 1),
        ("not", 4),
        ("3 < age", 1),
        ("sex == 'F", 8),
        ("iccs startswith 1", 17),
        ("iccs startswith ('01', 2)", 17),
        ("sex not 'F'", 9),
        ("age < 18; drop table x", 9),
        ("__import__('os')", 11),
        ("age < 1e3", 7),
    ],
)
def test_syntax_errors_name_the_position(text, position):
    with pytest.raises(KyotoError) as caught:
        parse_condition(text)
    assert caught.value.code == "condition.syntax"
    assert caught.value.got.endswith(f"at position {position}")


def test_unknown_name_suggests_the_nearest_column():
    table = ibis.memtable({"victim_age": [1], "sex": ["F"]})
    with pytest.raises(KyotoError) as caught:
        parse_condition("victm_age < 18").expression(table)
    assert caught.value.code == "condition.unknown-name"
    assert caught.value.hint == "Did you mean 'victim_age'?"


@pytest.mark.parametrize("text", ["victim_age == 'young'", "adult == 'yes'", "occurred > 'yesterday'", "occurred > 5"])
def test_a_literal_that_cannot_be_compared_is_refused(text):
    table = ibis.memtable({"victim_age": [1], "adult": [True], "occurred": [date(2020, 1, 1)]})
    with pytest.raises(KyotoError) as caught:
        parse_condition(text).expression(table)
    assert caught.value.code == "condition.type"


def test_names_are_listed_once_and_missing_ones_are_found():
    condition = parse_condition("b and (a or not b) and c startswith 'x'")
    assert condition.names == ("b", "a", "c")
    assert condition.missing_names(["a"]) == ("b", "c")


# An independent reading of the language: Kleene's three-valued logic over Python values.
SIGNS = {"==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
atoms = st.one_of(
    st.just(("flag",)),
    st.tuples(st.just("age"), st.sampled_from(sorted(SIGNS)), st.integers(-2, 20)),
    st.tuples(st.just("letters"), st.lists(st.sampled_from(["a", "b", "ab", "_U"]), min_size=1, max_size=3)),
    st.tuples(st.just("start"), st.sampled_from(["a", "b", ""])),
)
trees = st.recursive(
    atoms,
    lambda inner: st.one_of(st.tuples(st.just("not"), inner), st.tuples(st.sampled_from(["and", "or"]), inner, inner)),
    max_leaves=6,
)
VALUES = [
    {"n": n, "flag": flag, "age": age, "word": word}
    for n, (flag, age, word) in enumerate(
        (flag, age, word)
        for flag in ("1", "2", "_U", None)
        for age in (0, 17, 18, None)
        for word in ("a", "b", "ab", "_U", None)
    )
]


def written(tree):
    match tree:
        case ("flag",):
            return "flag"
        case ("age", sign, number):
            return f"age {sign} {number}"
        case ("letters", words):
            return f"word in ({', '.join(repr(word) for word in words)})"
        case ("start", text):
            return f'word startswith "{text}"'
        case ("not", inner):
            return f"not ({written(inner)})"
        case (word, left, right):
            return f"({written(left)}) {word} ({written(right)})"


def truth(tree, row):
    """True, False or None (undecided)."""
    match tree:
        case ("flag",):
            return None if row["flag"] in (None, "_U") else row["flag"] == "1"
        case ("age", sign, number):
            return None if row["age"] is None else SIGNS[sign](row["age"], number)
        case ("letters", words):
            missing = row["word"] is None or (row["word"] == "_U" and "_U" not in words)
            return None if missing else row["word"] in words
        case ("start", text):
            return None if row["word"] in (None, "_U") else row["word"].startswith(text)
        case ("not", inner):
            inside = truth(inner, row)
            return None if inside is None else not inside
        case (word, left, right):
            sides = (truth(left, row), truth(right, row))
            deciding = word == "or"
            return deciding if deciding in sides else None if None in sides else not deciding


@settings(max_examples=60, deadline=None)
@given(trees)
def test_expressions_agree_with_three_valued_logic(tree):
    backend = ibis.duckdb.connect()
    frame = pd.DataFrame(VALUES).astype({"age": "Int64"})
    table = ibis.memtable(frame, schema={"n": "int64", "flag": "string", "age": "int64", "word": "string"})
    found = backend.execute(table.select("n", holds=parse_condition(written(tree)).expression(table)))
    expected = [truth(tree, row) is True for row in VALUES]
    assert found.sort_values("n")["holds"].tolist() == expected


@given(st.text(max_size=40))
def test_any_text_is_parsed_or_refused_with_a_code(text):
    try:
        parse_condition(text)
    except KyotoError as error:
        assert error.code == "condition.syntax"
