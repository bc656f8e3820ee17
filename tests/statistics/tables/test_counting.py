"""Tables against brute force: every published cell is recounted by filtering the records one by one."""

from __future__ import annotations

import datetime
import random

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyoto.core.engine import open_engine
from kyoto.core.errors import KyotoError
from kyoto.statistics.classification import iccs
from kyoto.statistics.tables.counting import count_cells
from kyoto.statistics.tables.model import TableSpec, parse_dimension
from kyoto.statistics.tables.rules import SEVERITY

ANCESTORS = [(code, above) for code, above, _ in iccs().ancestor_rows()]
CODES = [category.code for category in iccs()]
SCHEMA = pa.schema(
    [
        ("incident_id", pa.string()),
        ("iccs", pa.string()),
        ("sex", pa.string()),
        ("age", pa.int16()),
        ("region", pa.string()),
        ("attempted", pa.string()),
        ("recorded", pa.date32()),
        ("link", pa.int32()),
        ("record_key", pa.int64()),
    ]
)


def make_records(seed, rows=400):
    chance = random.Random(seed)
    return [
        {
            "incident_id": chance.choice([None, *map(str, range(150))]),
            "iccs": chance.choice([*CODES, "_U", "_Z"]),
            "sex": chance.choice(["M", "F", "_U", None]),
            "age": chance.choice([None, *range(100)]),
            "region": chance.choice(["N", "S"]),
            "attempted": chance.choice(["1", "2", "_U", None]),
            "recorded": datetime.date(2015, 1, 1) + datetime.timedelta(days=chance.randrange(800)),
            "link": chance.choice([None, 0, 1]),
            "record_key": chance.randrange(2**32),
        }
        for _ in range(rows)
    ]


@pytest.fixture(params=["duckdb", pytest.param("spark", marks=pytest.mark.spark)], scope="module")
def engine(request):
    with open_engine(request.param) as opened:
        yield opened


@pytest.fixture(scope="module")
def duckdb():
    with open_engine("duckdb") as opened:
        yield opened


def count(engine, rows, by, **rule):
    records = engine.table(pa.Table.from_pylist(rows, schema=SCHEMA), "records_under_test")
    rule = {"splits": (), "keys": True, "source_unit": "offence", **rule}
    passing = {name: rule.pop(name) for name in ("splits", "keys", "source_unit")}
    spec = TableSpec("t", "s", tuple(parse_dimension(text) for text in by), **rule)
    return count_cells(engine, records, spec, ancestors=ANCESTORS, **passing)


def labels(row, by):
    """Label of a record in each dimension, by its own arithmetic."""
    found = {}
    for text in by:
        concept, _, detail = text.partition(":")
        if concept == "period":
            day = row["recorded"]
            year, week, _ = day.isocalendar()
            found["period"] = {
                "year": f"{day.year}",
                "quarter": f"{day.year}-Q{(day.month + 2) // 3}",
                "month": f"{day:%Y-%m}",
                "week": f"{year}-W{week:02d}",
            }[detail]
        elif concept == "age":
            age = row["age"]
            low = None if age is None else min(age // 10 * 10, 60)
            found["age"] = "_U" if low is None else "Y_GE60" if low == 60 else f"Y{low}T{low + 9}"
        else:
            found["area" if concept == "region" else concept] = row[concept] or "_U"
    return found


AGES = "age:0-9,10-19,20-29,30-39,40-49,50-59,60+"


def belongs(label, cell):
    for name, value in cell.items():
        if value == "_T" and name != "period":
            continue
        same = label[name].startswith(value) if name == "iccs" and not value.startswith("_") else label[name] == value
        if not same:
            return False
    return True


def brute(rows, by, cell, value):
    return value([row for row in rows if belongs(labels(row, by), cell)])


@pytest.mark.parametrize("grain", ["year", "quarter", "month", "week"])
def test_every_cell_is_the_number_of_its_records(engine, grain):
    rows = make_records(1)
    by = ["iccs", f"period:{grain}", "region", AGES]
    cells = count(engine, rows, by)
    table = cells.table.to_pandas()
    assert cells.records == cells.selected == 400
    for cell in table.sample(150, random_state=2).to_dict("records"):
        key = {name: cell[name] for name in cells.dimensions}
        assert cell["value"] == brute(rows, by, key, len), key
        assert cell["cell_key"] == brute(rows, by, key, lambda some: sum(r["record_key"] for r in some) % 2**32)
    total = table[(table.iccs == "_T") & (table.area == "_T") & (table.age == "_T")]
    assert total["value"].sum() == 400


def test_no_cell_is_missing(duckdb):
    rows = make_records(3, rows=60)
    by = ["iccs", "sex"]
    table = count(duckdb, rows, by).table.to_pandas()
    expected = set()
    for row in rows:
        label = labels(row, by)
        codes = [label["iccs"]] if label["iccs"].startswith("_") else [a for c, a in ANCESTORS if c == label["iccs"]]
        expected |= {(code, sex) for code in [*codes, "_T"] for sex in (label["sex"], "_T")}
    assert set(zip(table.iccs, table.sex, strict=True)) == expected


def test_incidents_are_counted_once_in_every_cell(engine):
    rows = make_records(4)
    by = ["iccs", "period:year", "sex"]
    cells = count(engine, rows, by, unit="incident")

    def incidents(some):
        return len({row["incident_id"] for row in some} - {None}) + sum(row["incident_id"] is None for row in some)

    for cell in cells.table.to_pandas().sample(150, random_state=5).to_dict("records"):
        key = {name: cell[name] for name in cells.dimensions}
        assert cell["value"] == brute(rows, by, key, incidents), key
    assert cells.identifier == "incident_id"
    assert cells.without_identifier == sum(row["incident_id"] is None for row in rows)


def test_principal_offence_counts_each_incident_under_its_most_severe(engine):
    rows = make_records(6)
    cells = count(engine, rows, ["iccs", "region"], unit="incident", principal_offence=True)

    def rank(code):
        return max((len(branch), -place) for place, branch in enumerate(SEVERITY) if code.startswith(branch))[1]

    chosen = {}
    for row in rows:
        severity = (-rank(row["iccs"]) if row["iccs"] in CODES else len(SEVERITY), row["iccs"])
        if row["incident_id"] is not None:
            chosen[row["incident_id"]] = min(chosen.get(row["incident_id"], severity), severity)
    expected = pd.Series([code for _, code in chosen.values()] + [r["iccs"] for r in rows if r["incident_id"] is None])
    table = cells.table.to_pandas()
    whole = table[table.area == "_T"].set_index("iccs")["value"]
    assert whole["_T"] == len(expected)
    for code in ("01", "0101", "02", "05", "0502", "_U", "_Z"):
        if code in whole:
            assert whole[code] == (expected.str.startswith(code)).sum(), code


def test_a_severity_order_of_the_user_decides():
    rows = [{**make_records(7, 1)[0], "incident_id": "1", "iccs": code} for code in ("0101", "0502")]
    with open_engine() as engine:
        own = count(engine, rows, ["iccs"], unit="incident", principal_offence=True, severity=("0502", "0101"))
    assert set(own.table["iccs"].to_pylist()) == {"_T", "05", "0502"}


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [("inside", 400), ("excluded", None), ("apart", 400)],
)
def test_attempts_inside_apart_or_excluded(engine, attempts, expected):
    rows = make_records(8)
    attempted = sum(row["attempted"] == "1" for row in rows)
    cells = count(engine, rows, ["region"], attempts=attempts)
    table = cells.table.to_pandas()
    whole = table[table.area == "_T"]
    if attempts == "apart":
        by_attempt = whole.set_index("attempted")["value"]
        assert by_attempt["1"] == attempted
        whole = whole[whole.attempted == "_T"]
    assert whole["value"].sum() == (expected or 400 - attempted)
    assert cells.left_out == ({"attempts": attempted} if attempts == "excluded" else {})


def test_rules_leave_out_what_they_say_and_report_it(engine):
    rows = make_records(9)
    cells = count(engine, rows, ["sex"], where='sex == "F"', first="2015-07", last="2016")
    women = [row for row in rows if row["sex"] == "F"]
    inside = [row for row in women if datetime.date(2015, 7, 1) <= row["recorded"] <= datetime.date(2016, 12, 31)]
    assert cells.left_out == {"where": 400 - len(women), "reference_period": len(women) - len(inside)}
    assert cells.selected == len(inside)
    assert cells.table.to_pandas().set_index("sex")["value"].to_dict() == {"F": len(inside), "_T": len(inside)}


def test_a_condition_may_name_a_status_that_no_record_has(engine):
    rows = make_records(9)
    cells = count(engine, rows, ["sex"], where='age_status == "_U" or sex == "F"')
    assert cells.selected == sum(row["sex"] == "F" for row in rows)
    none = count(engine, rows, ["sex"], where='age_status == "_U"')
    assert (none.selected, none.left_out) == (0, {"where": 400})
    with pytest.raises(KyotoError) as caught:
        count(engine, rows, ["sex"], where='sex_status == "_U"')
    assert caught.value.code == "condition.unknown-name"


def test_weighted_links_share_their_records(engine):
    rows = [{**row, "link": 0 if i < 100 else None, "iccs": "01"} for i, row in enumerate(make_records(10))]
    cells = count(engine, rows, ["iccs", "region"], splits=((0, "0101", 0.75), (0, "0102", 0.25)))
    table = cells.table.to_pandas()
    whole = table[table.area == "_T"].set_index("iccs")["value"].to_dict()
    assert whole == {"0101": 75.0, "0102": 25.0, "01": 400.0, "_T": 400.0}


def test_rows_that_are_counts_are_summed(duckdb):
    table = pa.table({"iccs": ["0101", "0502"], "count": pa.array([12, 30], pa.int64())})
    spec = TableSpec("t", "s", (parse_dimension("iccs"),))
    cells = count_cells(duckdb, duckdb.table(table, "counts"), spec, source_unit="offence", ancestors=ANCESTORS)
    values = dict(zip(cells.table["iccs"].to_pylist(), cells.table["value"].to_pylist(), strict=True))
    assert values == {"0101": 12, "01": 12, "0502": 30, "05": 30, "_T": 42}


def test_levels_stop_where_the_table_says(duckdb):
    rows = make_records(11)
    table = count(duckdb, rows, ["iccs:2"]).table.to_pandas()
    codes = table.iccs[~table.iccs.str.startswith("_")]
    assert set(codes.str.len()) == {2, 4}
    assert table.set_index("iccs")["value"]["_T"] == 400


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), order=st.randoms(use_true_random=False))
def test_order_of_rows_changes_nothing_and_totals_are_sums(duckdb, seed, order):
    rows = make_records(seed, rows=50)
    first = count(duckdb, rows, ["iccs:1", "sex"]).table
    order.shuffle(rows)
    assert count(duckdb, rows, ["iccs:1", "sex"]).table.equals(first)
    table = first.to_pandas()
    parts = table[(table.iccs != "_T") & (table.sex != "_T")]["value"].sum()
    assert parts == table[(table.iccs == "_T") & (table.sex == "_T")]["value"].sum() == 50


@pytest.mark.parametrize(
    ("by", "rule", "code", "hint"),
    [
        (["regoin"], {}, "table.unknown-concept", "Did you mean 'region'?"),
        (["region"], {"unit": "victim"}, "table.no-identifier", "Map 'victim_id'"),
        (["region"], {"date": "occurred"}, "table.no-date", "recorded"),
        (["region"], {"where": "regoin == 'N'"}, "condition.unknown-name", "region"),
    ],
)
def test_wrong_rules_are_clear_errors(duckdb, by, rule, code, hint):
    with pytest.raises(KyotoError) as caught:
        count(duckdb, make_records(12, 5), by, **rule)
    assert caught.value.code == code
    assert hint in caught.value.hint


def test_a_table_by_nothing_is_one_cell(duckdb):
    rows = make_records(13, 30)
    assert count(duckdb, rows, []).table.to_pydict()["value"] == [30]
    incidents = len({row["incident_id"] for row in rows} - {None}) + sum(row["incident_id"] is None for row in rows)
    assert count(duckdb, rows, [], unit="incident").table.to_pydict()["value"] == [incidents]


@pytest.mark.parametrize(
    ("grain", "expected"),
    [
        ("year", {"2016": 7, "_U": 1}),
        ("quarter", {"2016-Q3": 4, "2016-Q4": 1, "_U": 3}),
        ("month", {"2016-07": 2, "2016-08": 1, "2016-12": 1, "_U": 4}),
        ("week", {"2016-W27": 1, "2016-W30": 1, "_U": 6}),
    ],
)
def test_text_periods_say_what_they_tell(engine, grain, expected):
    periods = ["2016", "2016-Q3", "2016-07", "2016-07-30", "2016-08", "2016-12", "2016-W27", None]
    records = engine.table(pa.table({"period": pa.array(periods, pa.string())}), "periods_under_test")
    spec = TableSpec("t", "s", (parse_dimension(f"period:{grain}"),))
    table = count_cells(engine, records, spec, source_unit="offence", ancestors=ANCESTORS).table
    assert dict(zip(table["period"].to_pylist(), table["value"].to_pylist(), strict=True)) == expected


def test_text_periods_lie_inside_a_reference_period_by_their_first_day(engine):
    periods = ["2015", "2016", "2016-Q3", "2016-07", "2017-01", None]
    records = engine.table(pa.table({"period": pa.array(periods, pa.string())}), "periods_inside")
    spec = TableSpec("t", "s", (parse_dimension("period:year"),), first="2016", last="2016")
    cells = count_cells(engine, records, spec, source_unit="offence", ancestors=ANCESTORS)
    assert cells.selected == 3
    assert cells.left_out == {"reference_period": 3}
