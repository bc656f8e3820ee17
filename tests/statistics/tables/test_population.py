"""Denominators: found, summed from complete parts, scaled to person-years, or missing with a reason."""

from __future__ import annotations

import csv
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyoto.core.errors import KyotoError
from kyoto.statistics.tables.labels import parse_age, period_days
from kyoto.statistics.tables.model import AgeBand
from kyoto.statistics.tables.population import Population

LONG = """area,period,sex,age,value
A,2016,F,0-14,100
A,2016,F,15-64,400
A,2016,F,65+,90
A,2016,M,0-14,110
A,2016,M,15-64,420
A,2016,M,65+,60
A,2017,_T,_T,1200
B,2016,F,_T,50
B,2016-Q1,_T,_T,700
"""


@pytest.fixture
def write(tmp_path):
    def writer(text: str, encoding: str = "utf-8"):
        path = tmp_path / "population.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return writer


def keys(*rows):
    return pd.DataFrame(rows, columns=["area", "period", "sex", "age"])


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (("A", "2016", "F", "Y0T14"), 100),
        (("A", "2016", "F", "Y_GE65"), 90),
        (("A", "2016", "F", "_T"), 590),
        (("A", "2016", "_T", "Y15T64"), 820),
        (("A", "2016", "_T", "_T"), 1180),
        (("A", "2016", "M", "Y_GE15"), 480),
        (("A", "2016", "_T", "Y0T64"), 1030),
        (("A", "2017", "_T", "_T"), 1200),
    ],
)
def test_figures_are_found_or_summed_from_complete_parts(write, key, expected):
    population = Population.read(write(LONG))
    assert population.denominators(keys(key)).tolist() == [expected]


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (("C", "2016", "_T", "_T"), "no area C"),
        (("A", "2018", "_T", "_T"), "nothing for A in 2018"),
        (("B", "2016", "_T", "_T"), "no sex _T, age _T for B in 2016"),
        (("A", "2016", "F", "Y10T19"), "no sex F, age Y10T19"),
        (("A", "2017", "F", "_T"), "no sex F, age _T for A in 2017"),
        (("A", "2016", "_U", "_T"), "no population exists for _U"),
        (("A", "2016", "F", "_O"), "no population exists for _O"),
        (("A", "sometime", "F", "_T"), "no population exists for sometime"),
        (("A", "2016-12/2018-01", "_T", "_T"), "nothing for A in 2018"),
    ],
)
def test_what_is_missing_is_reported_and_not_invented(write, key, reason):
    found = Population.read(write(LONG)).match(keys(("A", "2016", "_T", "_T"), key, key))
    assert np.isnan(found.values).tolist() == [False, True, True]
    missing = found.missing()
    assert missing[["area", "period", "sex", "age"]].to_numpy().tolist() == [list(key)]
    assert reason in missing.reason[0]


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("2016-02", 1180 * 29 / 366),
        ("2017-Q1", 1200 * 90 / 365),
        ("2016-W53", None),
        ("2016-W52", 1180 * 6 / 366 + 1200 * 1 / 365),
        ("2016-07/2017-06", 1180 * 184 / 366 + 1200 * 181 / 365),
        ("2016/2017", 1180 + 1200),
        ("2016-07-01", 1180 / 366),
    ],
)
def test_parts_of_years_are_person_years(write, period, expected):
    found = Population.read(write(LONG)).match(keys(("A", period, "_T", "_T")))
    if expected is None:
        assert np.isnan(found.values[0])
        return
    assert found.values[0] == pytest.approx(expected, rel=1e-12)
    assert found.notes[0].startswith("person-years: population of 201")


def test_a_figure_of_the_period_itself_comes_before_that_of_its_year(write):
    population = Population.read(write(LONG + "B,2016,_T,_T,1000\n"))
    assert population.value("B", "2016-Q1") == pytest.approx(700 * 91 / 366)
    assert population.value("B", "2016-Q2") == pytest.approx(1000 * 91 / 366)


@pytest.mark.parametrize(
    "text",
    [
        "area;period;value\nA;2016;10\nA;2017;20\n",
        "\ufeffarea,year,population\nA,2016,10\nA,2017,20\n",
        "area,2016,2017\nA,10,20\n",
        "area\tyear\tmale\tfemale\nA\t2016\t4\t6\nA\t2017\t9\t11\n",
        "area,year,0-14,15+\nA,2016,4,6\nA,2017,9,11\n",
        "area,year,sex,Y0T14,Y_GE15\nA,2016,F,1,2\nA,2016,M,3,4\nA,2017,F,5,5\nA,2017,M,5,5\n",
        "area,year,Total,note\nA,2016-07-01,10,x\nA,2017,20,\n",
        "area,period,sex,age,value\nA,2016,_T,_T,10\nA,2016,_T,_T,10\nA,2017,_T,_T,20\nA,2018,_T,_T,\n",
    ],
    ids=[
        "semicolons",
        "byte order mark",
        "years wide",
        "sexes wide",
        "ages wide",
        "ages by sex",
        "mid-year",
        "doubled",
    ],
)
def test_forms_of_the_file(write, text):
    population = Population.read(write(text))
    assert [population.value("A", year) for year in ("2016", "2017", "2018")] == [10, 20, None]


def test_a_file_without_areas_is_of_the_area_that_is_given(write):
    path = write("year,value\n2016,10\n")
    assert Population.read(path, area="GB-WYK").value("GB-WYK", "2016") == 10
    assert Population.read(path).value("GB-WYK", "2016") is None


def test_every_bad_row_is_reported_in_one_pass(write):
    text = (
        "area,period,sex,age,value\n"
        "A,2016,F,_T,10\n"
        ",2016,F,_T,10\n"
        "A,summer,F,_T,10\n"
        "A,2016,X,_T,10\n"
        "A,2016,F,young,10\n"
        'A,2016,F,_T,"1,000"\n'
        "A,2016,F,_T,-5\n"
        "A,2016,F,_T,nan\n"
        "A,2016,F,_T,11\n"
        "A,2016,F\n"
        "A,2016-01-01,F,_T,11\n"
    )
    with pytest.raises(KyotoError) as caught:
        Population.read(write(text))
    found = [(problem.where.line, problem.code, problem.got) for problem in caught.value.problems]
    assert found == [
        (3, "population.wrong-cell", "''"),
        (4, "population.wrong-cell", "'summer'"),
        (5, "population.wrong-cell", "'X'"),
        (6, "population.wrong-cell", "'young'"),
        (7, "population.wrong-cell", "'1,000'"),
        (8, "population.wrong-cell", "'-5'"),
        (9, "population.wrong-cell", "'nan'"),
        (10, "population.contradiction", "11"),
        (11, "population.wrong-cell", "3"),
        (12, "population.wrong-cell", "'2016-01-01'"),
    ]


def test_wrong_columns_are_named_with_the_nearest(write):
    path = write("iso3,year,popn\nA,2016,1\n")
    with pytest.raises(KyotoError) as caught:
        Population.read(path, {"area": "iso2", "valeu": "popn"})
    assert [problem.hint for problem in caught.value.problems] == ["Did you mean 'iso3'?", "Did you mean 'value'?"]
    with pytest.raises(KyotoError, match="no column for value") as caught:
        Population.read(path, {"area": "iso3"})
    assert caught.value.hint == "Say which it is, for example columns = { value = 'popn' }."


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, "population.missing-file"), ("", "population.missing-column"), ("area,year,value\n", "population.empty")],
)
def test_files_without_figures(tmp_path, content, code):
    path = tmp_path / "p.csv"
    if content is not None:
        path.write_text(content)
    with pytest.raises(KyotoError) as caught:
        Population.read(path)
    assert caught.value.code == code


def test_wrong_encoding(write):
    with pytest.raises(KyotoError) as caught:
        Population.read(write("area,year,value\nAlén,2016,1\n", "latin-1"))
    assert caught.value.code == "population.wrong-encoding"


@given(
    edges=st.lists(st.integers(1, 90), unique=True, max_size=8).map(sorted),
    persons=st.lists(st.integers(0, 1000), min_size=18, max_size=18),
    data=st.data(),
)
@settings(max_examples=100, deadline=None)
def test_any_run_of_groups_is_the_sum_of_its_groups(edges, persons, data):
    """Against brute force: groups that cover the ages are summed; a run that cuts a group is missing."""
    lows = [0, *edges]
    bands = [AgeBand(low, high - 1 if high else None) for low, high in zip(lows, [*edges, None], strict=True)]
    ages = dict(zip(bands, persons, strict=False))
    population = Population({("A", "2016"): {"F": ages, "M": dict.fromkeys(bands, 1.0)}})
    first = data.draw(st.integers(0, len(bands) - 1))
    last = data.draw(st.integers(first, len(bands) - 1))
    wanted = AgeBand(bands[first].low, bands[last].high)
    expected = sum(persons[first : last + 1])
    assert population.value("A", "2016", "F", wanted.code) == expected
    assert population.value("A", "2016", "_T", wanted.code) == expected + last - first + 1
    assert population.value("A", "2016") == sum(persons[: len(bands)]) + len(bands)
    if bands[first].high is None or bands[first].high > bands[first].low:
        assert population.value("A", "2016", "F", AgeBand(bands[first].low + 1, bands[last].high).code) is None


@given(first=st.dates(date(1990, 1, 1), date(2030, 1, 1)), days=st.integers(0, 1500))
@settings(max_examples=60, deadline=None)
def test_person_years_are_the_sum_over_days(first, days):
    stock = {year: 1000.0 + 7 * (year - 1990) for year in range(1990, 2036)}
    population = Population({("A", str(year)): {"_T": {"_T": value}} for year, value in stock.items()})
    last = first + timedelta(days=days)
    lengths = {year: (date(year + 1, 1, 1) - date(year, 1, 1)).days for year in stock}
    every = (first + timedelta(days=n) for n in range(days + 1))
    expected = sum(stock[day.year] / lengths[day.year] for day in every)
    assert population.value("A", f"{first}/{last}") == pytest.approx(expected)


@pytest.mark.parametrize("text", ["2016-13", "2016-W54", "2016-02-30", "2017/2016", "x", "2016-Q5", ""])
def test_what_is_no_period(text):
    assert period_days(text) is None


@pytest.mark.parametrize("text", ["24-15", "<0", "abc", "", "Y"])
def test_what_is_no_age(text):
    assert parse_age(text) is None


@pytest.mark.shared
def test_world_bank_file_through_a_mapping(shared_data):
    path = shared_data / "un" / "population_total_wdi_2025.csv"
    population = Population.read(path, {"area": "iso3"})
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    asked = pd.DataFrame({"area": [row["iso3"] for row in rows], "period": [row["year"] for row in rows]})
    np.testing.assert_array_equal(population.denominators(asked), [float(row["population"]) for row in rows])
    assert len(rows) == 9275
