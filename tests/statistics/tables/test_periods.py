"""Periods as text, against Python's own calendar, on both engines."""

from __future__ import annotations

import datetime

import ibis
import pytest

from kyoto.core.engine import open_engine
from kyoto.statistics.tables.periods import day_within, first_day

DAY = datetime.date.fromisoformat
FIRST_DAYS = {
    "2016": DAY("2016-01-01"),
    "2016-Q1": DAY("2016-01-01"),
    "2016-Q4": DAY("2016-10-01"),
    "2016-07": DAY("2016-07-01"),
    "2016-W01": datetime.date.fromisocalendar(2016, 1, 1),
    "2020-W53": datetime.date.fromisocalendar(2020, 53, 1),
    "2015-W27": datetime.date.fromisocalendar(2015, 27, 1),
    "2016-02-29": DAY("2016-02-29"),
    "_U": None,
}
FINE_ENOUGH = {
    "year": set(FIRST_DAYS) - {"_U"},
    "quarter": {"2016-Q1", "2016-Q4", "2016-07", "2016-02-29"},
    "month": {"2016-07", "2016-02-29"},
    "week": {"2016-W01", "2020-W53", "2015-W27", "2016-02-29"},
}


@pytest.fixture(params=["duckdb", pytest.param("spark", marks=pytest.mark.spark)], scope="module")
def engine(request):
    with open_engine(request.param) as opened:
        yield opened


def found(engine, function):
    table = ibis.memtable({"period": list(FIRST_DAYS)})
    rows = engine.fetch(table.select("period", day=function(table.period))).to_pylist()
    return {row["period"]: row["day"] for row in rows}


def test_first_day(engine):
    assert found(engine, first_day) == FIRST_DAYS


@pytest.mark.parametrize("grain", list(FINE_ENOUGH))
def test_a_period_is_placed_only_where_it_is_fine_enough(engine, grain):
    days = found(engine, lambda column: day_within(column, grain))
    assert {period for period, day in days.items() if day is not None} == FINE_ENOUGH[grain]


def test_a_week_belongs_to_the_year_of_its_thursday(engine):
    years = {period: day.year for period, day in found(engine, lambda c: day_within(c, "year")).items() if day}
    assert (years["2016-W01"], years["2020-W53"], years["2016"]) == (2016, 2020, 2016)
