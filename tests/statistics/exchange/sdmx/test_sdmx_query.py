"""Queries: the same observations as a filter that goes through all rows one by one."""

from __future__ import annotations

import itertools
import operator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sdmx_builds import opened, write_project

from kyoto.core.errors import KyotoError
from kyoto.statistics.exchange.sdmx.encoding import Selection
from kyoto.statistics.exchange.sdmx.periods import frequency_of
from kyoto.statistics.exchange.sdmx.query import Condition, DataQuery, parse_filter, parse_key, period_conditions
from kyoto.statistics.exchange.sdmx.sql import observations_of, present_values, series_of
from kyoto.statistics.tables.labels import period_days

DIMENSIONS = ["FREQ", "SERIES", "REF_AREA", "ICCS", "SEX", "AGE", "UNIT_MEASURE"]
COLUMNS = {"SERIES": "series", "REF_AREA": "area", "ICCS": "iccs", "SEX": "sex", "AGE": "age", "UNIT_MEASURE": "unit"}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    source, catalogue = opened(write_project(tmp_path_factory.mktemp("project")))
    return source, catalogue, catalogue.flows["CRIMES"], source.query("SELECT * FROM crimes").to_pylist()


def asked(project, query, at=None):
    source, catalogue, flow, _ = project
    sql, parameters = observations_of(catalogue, Selection(flow, at), query, most=None)
    return source.query(sql, parameters).to_pylist()


def value_of(row, name):
    return frequency_of(row["period"]) if name == "FREQ" else row[COLUMNS[name]]


COMPARE = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "co": lambda a, b: b in a,
    "nc": lambda a, b: b not in a,
    "sw": str.startswith,
    "ew": str.endswith,
}


def holds(row, name, condition):
    """One condition on one row, from its definition."""
    if name == "TIME_PERIOD":
        mine, given_days = period_days(row["period"]), period_days(condition.value)
        return {
            "ge": mine[0] >= given_days[0],
            "gt": mine[0] > given_days[1],
            "le": mine[1] <= given_days[1],
            "lt": mine[1] < given_days[0],
            "eq": row["period"] == condition.value,
            "ne": row["period"] != condition.value,
        }[condition.operator]
    if name == "OBS_VALUE":
        return row["value"] is not None and COMPARE[condition.operator](row["value"], float(condition.value))
    texts = {"OBS_STATUS": "status", "COMMENT_OBS": "note"}
    value = row[texts[name]] if name in texts else value_of(row, name)
    return COMPARE[condition.operator](value, condition.value)


def brute(rows, query):
    found = []
    for row in rows:
        keys = not query.keys or any(
            all(not part or value_of(row, name) in part for name, part in zip(DIMENSIONS, key, strict=False))
            for key in query.keys
        )
        if keys and all(
            any(all(holds(row, name, one) for one in group) for group in groups)
            for name, groups in query.filters.items()
        ):
            found.append(row)
    if query.first is None and query.last is None:
        return found
    kept = []
    for row in found:
        series = sorted(
            other["period"] for other in found if all(value_of(other, n) == value_of(row, n) for n in DIMENSIONS)
        )
        place = series.index(row["period"])
        if place < (query.first or 0) or place >= len(series) - (query.last or 0):
            kept.append(row)
    return kept


VALUES = {
    "FREQ": ["M", "A"],
    "SERIES": ["crimes", "x"],
    "REF_AREA": ["XA", "XB", "GB-SCT", "?"],
    "ICCS": ["01", "0101", "0401", "_T"],
    "SEX": ["F", "M", "_T"],
    "AGE": ["_T"],
    "UNIT_MEASURE": ["offence"],
}
KEYS = st.lists(
    st.tuples(*(st.lists(st.sampled_from(VALUES[name]), max_size=2).map(tuple) for name in DIMENSIONS)).flatmap(
        lambda key: st.integers(0, len(key)).map(lambda length: key[:length])
    ),
    max_size=2,
)
TEXTS = st.builds(Condition, st.sampled_from(list(COMPARE)), st.sampled_from(["01", "0101", "F", "X", "_T", "A", "E"]))
NUMBERS = st.builds(
    Condition, st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"]), st.sampled_from(["1.5", "30", "-1", "100"])
)
TIMES = st.builds(
    Condition,
    st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"]),
    st.sampled_from(["2016", "2016-12", "2017-01", "2016-Q4", "2017-01-15"]),
)
GROUPS = dict.fromkeys(("ICCS", "SEX", "REF_AREA", "OBS_STATUS", "COMMENT_OBS"), TEXTS) | {
    "OBS_VALUE": NUMBERS,
    "TIME_PERIOD": TIMES,
}
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        name: st.lists(st.lists(one, min_size=1, max_size=2).map(tuple), min_size=1, max_size=2).map(tuple)
        for name, one in GROUPS.items()
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(keys=KEYS, filters=FILTERS, first=st.none() | st.integers(1, 3), last=st.none() | st.integers(1, 3))
def test_queries_find_what_a_search_through_all_rows_finds(project, keys, filters, first, last):
    query = DataQuery(keys=tuple(keys), filters=filters, first=first, last=last)
    found = asked(project, query)
    columns = list(found[0]) if found else []
    wanted = [tuple(row[name] for name in columns) for row in brute(project[3], query)]
    assert sorted((tuple(row.values()) for row in found), key=repr) == sorted(wanted, key=repr)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(keys=KEYS, filters=FILTERS)
def test_availability_is_what_the_data_have(project, keys, filters):
    source, catalogue, flow, rows = project
    query = DataQuery(keys=tuple(keys), filters=filters)
    sql, parameters = present_values(catalogue, flow, query, flow.dimensions)
    (row,) = source.query(sql, parameters).to_pylist()
    found = brute(rows, query)
    assert row["observations_"] == len(found)
    assert row["series_"] == len({tuple(value_of(one, name) for name in DIMENSIONS) for one in found})
    assert set(row["area"] or ()) == {one["area"] for one in found}


def test_series_stand_together_and_in_the_order_of_time(project):
    for at in (None, "SEX", "AllDimensions"):
        rows = asked(project, DataQuery(), at)
        names = [COLUMNS.get(name, "period") for name in (*DIMENSIONS[1:], "TIME_PERIOD")]
        grouped = [name for name in names if name != {"SEX": "sex", None: "period"}.get(at)]
        keys = [tuple(row[name] for name in grouped) for row in rows]
        changes = sum(one != other for one, other in itertools.pairwise(keys))
        assert changes == len(set(keys)) - 1
        if at is None:
            for key in set(keys):
                periods = [row["period"] for row, mine in zip(rows, keys, strict=True) if mine == key]
                assert periods == sorted(periods)


def test_pages_are_all_of_it_and_nothing_twice(project):
    whole = asked(project, DataQuery())
    pages = [row for start in range(0, 200, 37) for row in asked(project, DataQuery(offset=start, limit=37))]
    assert pages == whole


def test_sorting(project):
    rows = asked(project, DataQuery(sort=(("OBS_VALUE", True),), filters={"OBS_VALUE": ((Condition("gt", "0"),),)}))
    values = [row["value"] for row in rows]
    assert values == sorted(values, reverse=True)


def test_series_without_observations(project):
    source, catalogue, flow, rows = project
    sql, parameters = series_of(catalogue, flow, DataQuery(), most=None)
    found = source.query(sql, parameters).to_pylist()
    assert len(found) == len({tuple(value_of(row, name) for name in DIMENSIONS) for row in rows}) == 36


def test_tables_of_several_frequencies_keep_their_series_apart(project):
    source, catalogue, _, _ = project
    flow = catalogue.flows["MOTIVES"]
    assert flow.values["FREQ"] == ("A", "_O")
    sql, parameters = observations_of(catalogue, Selection(flow), DataQuery(last=1), most=None)
    rows = source.query(sql, parameters).to_pylist()
    assert len(rows) == 11  # five texts in two frequencies, and the rate
    sql, parameters = observations_of(catalogue, Selection(flow), DataQuery(keys=(((("_O",)),),)), most=None)
    assert {row["period"] for row in source.query(sql, parameters).to_pylist()} == {"2019/2021"}


def test_keys_are_read(project):
    flow = project[2]
    assert parse_key(flow, "all") == parse_key(flow, "*") == parse_key(flow, "") == ()
    assert parse_key(flow, "M..XA+XB.*") == ((("M",), (), ("XA", "XB"), ()),)
    assert len(parse_key(flow, "M,A")) == 2


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda flow: parse_key(flow, "a.b.c.d.e.f.g.h"), "sdmx.wrong-key"),
        (lambda flow: parse_key(flow, ",".join("A" * 3000)), "sdmx.query-too-long"),
        (lambda flow: parse_filter(""), "sdmx.wrong-filter"),
        (lambda flow: parse_filter("ge:"), "sdmx.wrong-filter"),
        (lambda flow: parse_filter("a," * 3000 + "a"), "sdmx.query-too-long"),
        (lambda flow: period_conditions("yesterday", None), "sdmx.wrong-period"),
    ],
)
def test_what_cannot_be_read_is_refused(project, call, code):
    with pytest.raises(KyotoError) as caught:
        call(project[2])
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("name", "condition", "code"),
    [
        ("SEXX", Condition("eq", "F"), "sdmx.unknown-component"),
        ("OBS_VALUE", Condition("ge", "many"), "sdmx.wrong-filter"),
        ("OBS_VALUE", Condition("sw", "1"), "sdmx.wrong-filter"),
        ("TIME_PERIOD", Condition("ge", "soon"), "sdmx.wrong-period"),
        ("TIME_PERIOD", Condition("co", "2016"), "sdmx.wrong-period"),
    ],
)
def test_filters_that_fit_no_component_are_refused(project, name, condition, code):
    with pytest.raises(KyotoError) as caught:
        asked(project, DataQuery(filters={name: ((condition,),)}))
    assert caught.value.code == code


def test_values_never_become_sql(project):
    for text in ("' OR 1=1 --", '"; DROP TABLE crimes; --', "?"):
        for name in ("REF_AREA", "COMMENT_OBS"):
            assert asked(project, DataQuery(filters={name: ((Condition("eq", text),),)})) == []
    assert len(asked(project, DataQuery())) == 144
