"""Cells of every kind become what they say, are set apart when unknown, and are refused with their reason."""

from __future__ import annotations

import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from source_examples import outcome_of, source, spec_of


def csv_of(header: str, *rows: str) -> str:
    return "\n".join((header, *rows)) + "\n"


D = datetime.date
T = datetime.datetime


@pytest.mark.parametrize(
    ("cells", "expected", "formats"),
    [
        (["2016-02-29", "2016-12-31"], [D(2016, 2, 29), D(2016, 12, 31)], "%Y-%m-%d"),
        (["29/02/2016", "1/12/2016"], [D(2016, 2, 29), D(2016, 12, 1)], "%d/%m/%Y"),
        (["02/29/2016", "12/1/2016"], [D(2016, 2, 29), D(2016, 12, 1)], "%m/%d/%Y"),
        (["29.02.2016", "01.12.2016"], [D(2016, 2, 29), D(2016, 12, 1)], "%d.%m.%Y"),
        (["20160229", "20161201"], [D(2016, 2, 29), D(2016, 12, 1)], "%Y%m%d"),
        (["29-Feb-2016", "01-Dec-2016"], [D(2016, 2, 29), D(2016, 12, 1)], "%d-%b-%Y"),
        (["31/12/16", "01/02/16"], [D(2016, 12, 31), D(2016, 2, 1)], "%d/%m/%y"),
        (
            ["2016-02-29 23:59:01", "2016-12-31 00:00:00"],
            [T(2016, 2, 29, 23, 59, 1), T(2016, 12, 31)],
            "%Y-%m-%d %H:%M:%S",
        ),
        (["2016-02-29T23:59", "2016-12-31T00:00"], [T(2016, 2, 29, 23, 59), T(2016, 12, 31)], "%Y-%m-%dT%H:%M"),
        (
            ["02/29/2016 11:59 PM", "12/31/2016 12:00 AM"],
            [T(2016, 2, 29, 23, 59), T(2016, 12, 31)],
            "%m/%d/%Y %I:%M %p",
        ),
    ],
)
def test_dates_in_their_format(read, cells, expected, formats):
    found = read({"a.csv": csv_of("d;x", *(f"{cell};1" for cell in cells))}, source('occurred = "d"'))
    assert found.column("occurred") == expected
    assert found.facts["columns"][0]["typing"] == f"date, {formats}"


def test_impossible_dates_are_refused_with_their_cell(read):
    found = read(
        {"a.csv": csv_of("d,x", "2016-02-28,1", "2016-02-30,2", "0016-01-01,3", "2900-01-01,4")},
        source('occurred = "d"'),
    )
    assert found.column("occurred") == [D(2016, 2, 28), None, None, None]
    assert [(r["row"], r["line"], r["column"], r["value"], r["reason"]) for r in found.rejects] == [
        ("2", "3", "d", "2016-02-30", "not a date"),
        ("3", "4", "d", "0016-01-01", "before 1800"),
        ("4", "5", "d", "2900-01-01", "after 2100"),
    ]


def test_two_formats_in_one_column_are_both_read(read):
    found = read({"a.csv": csv_of("d,x", "2016-01-31,1", "2016-02-01,2", "31/03/2016,3")}, source('occurred = "d"'))
    assert found.column("occurred") == [D(2016, 1, 31), D(2016, 2, 1), D(2016, 3, 31)]
    assert "source.several-date-formats" in found.findings


def test_day_first_where_nothing_decides_and_it_says_so(read):
    found = read({"a.csv": csv_of("d,x", "01/02/2016,1", "03/04/2016,2")}, source('occurred = "d"'))
    assert found.column("occurred") == [D(2016, 2, 1), D(2016, 4, 3)]
    assert found.findings == ["source.day-or-month-first"]


def test_a_row_far_outside_the_sample_decides_month_first(read):
    row = "01/02/2016," + "x" * 300
    rows = [row] * 30_000
    rows[5_000] = "12/31/2016," + "x" * 300
    found = read({"a.csv": csv_of("d,x", *rows)}, source('occurred = "d"'))
    assert set(found.column("occurred")) == {D(2016, 1, 2), D(2016, 12, 31)}
    assert found.findings == ["source.day-or-month-decided"]


def test_stated_formats_are_the_only_ones(read):
    toml = source('occurred = { column = "d", format = ["%d/%m/%Y", "%Y"] }')
    found = read({"a.csv": csv_of("d,x", "01/02/2016,1", "2015,1", "2016-01-01,2")}, toml)
    assert found.column("occurred") == [D(2016, 2, 1), D(2015, 1, 1), None]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2016", "2016"),
        ("2016-07", "2016-07"),
        ("2016-Q3", "2016-Q3"),
        ("2016-W27", "2016-W27"),
        ("2016-07-09", "2016-07-09"),
        ("Q3 2016", "2016-Q3"),
        ("2016Q3", "2016-Q3"),
        ("07/2016", "2016-07"),
        ("July 2016", "2016-07"),
        ("2016-13", None),
        ("2016-02-30", None),
        ("last year", None),
    ],
)
def test_periods_become_iso(read, cell, expected):
    found = read({"a.csv": csv_of("p,x", f"{cell},1")}, source('period = "p"'))
    assert found.column("period") == [expected]
    assert found.reasons == ([] if expected else ["not a period"])


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["7", "7.0", "+7", " 7 ", "007"], [7, 7, 7, 7, 7]),
        (["1,234", "1,234,567"], [1234, 1234567]),
        (["1 234", "1'234", "1\u202f234"], [1234, 1234, 1234]),
        (["7.5", "seven", "1e2", "inf", "1_000", "12/3"], [None, None, 100, None, None, None]),
    ],
)
def test_whole_numbers(read, cells, expected):
    found = read(
        {"a.csv": csv_of("n;x", *(f"{cell};1" for cell in cells))}, source('n = { column = "n", kind = "whole" }')
    )
    assert found.column("n") == expected
    assert found.reasons == ["not a whole number"] * expected.count(None)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1.5", "-0.25", ".5", "1,234.5"], [1.5, -0.25, 0.5, 1234.5]),
        (["1,5", "-0,25", "1.234,5", "12"], [1.5, -0.25, 1234.5, 12.0]),
        (["nan", "1d", "0x1F"], [None, None, None]),
    ],
)
def test_decimals_by_the_sign_that_the_column_shows(read, cells, expected):
    toml = source('v = { column = "n", kind = "decimal" }')
    assert read({"a.csv": csv_of("n;x", *(f"{cell};1" for cell in cells))}, toml).column("v") == expected


def test_an_unclear_decimal_sign_is_said_and_can_be_stated(read):
    files = {"a.csv": csv_of("n;x", "1,234;1")}
    open_question = read(files, source('v = { column = "n", kind = "decimal" }'))
    assert open_question.column("v") == [1234.0]
    assert open_question.findings == ["source.decimal-or-thousands"]
    stated = read(files, source('v = { column = "n", kind = "decimal", decimal = "," }'))
    assert stated.column("v") == [1.234]
    assert stated.findings == []


def test_impossible_ages_coordinates_and_counts(read):
    toml = source('age = "a"\nlongitude = "x"\nlatitude = "y"\ncount = "n"')
    found = read({"a.csv": csv_of("a,x,y,n", "121,181,-91,-1", "120,180,-90,0", ",,,")}, toml)
    assert found.rows[1]["age"] == 120
    assert found.rows[0]["rejected"] == "age: above 120; longitude: above 180; latitude: below -90; count: below 0"
    assert [r["value"] for r in found.rejects] == ["121", "181", "-91", "-1", ""]
    assert found.rows[2]["rejected"] == "count: missing"
    assert found.facts["rejected_by_reason"]["age: above 120"] == 1


def test_a_project_may_take_what_is_invalid_as_unknown(read):
    toml = source(
        'age = "a"\noccurred = { column = "d", invalid = "reject" }', 'file = "a.csv"\non_invalid = "unknown"'
    )
    found = read({"a.csv": csv_of("a,d", "200,2016-01-01", "x,never")}, toml)
    assert [(row["age"], row["age_status"]) for row in found.rows] == [(None, "_U"), (None, "_U")]
    assert found.reasons == ["not a date"]


def test_missing_unknown_and_not_applicable_stay_apart(read):
    toml = source(
        'weapon = { column = "w", unknown = ["9"], not_applicable = ["8"], missing = ["7"] }\n'
        'age = { column = "a", unknown = [99], not_applicable = [98] }'
    )
    rows = ["Knife,34", "9,99", "8,98", "7,", ",NA", "Unknown,Not known", "not applicable,_Z", "None,0"]
    found = read({"a.csv": csv_of("w,a", *rows)}, toml)
    assert found.column("weapon") == ["Knife", "_U", "_Z", None, None, "_U", "_Z", "None"]
    assert [(row["age"], row["age_status"]) for row in found.rows] == [
        (34, None),
        (None, "_U"),
        (None, "_Z"),
        (None, None),
        (None, None),
        (None, "_U"),
        (None, "_Z"),
        (0, None),
    ]
    assert found.rejects == []


def test_namibia_is_no_missing_value(read):
    found = read({"a.csv": csv_of("c,a", "NA,NA")}, source('citizenship = "c"\nage = "a"'))
    assert found.column("citizenship") == ["NA"]
    assert found.column("age") == [None]


def test_words_for_sex_and_attempts_are_known_and_numbers_are_not(read):
    rows = ["M,A", "female,C", "Hombre,no", "MUJER,true", "1,attempted", "U,x"]
    found = read({"a.csv": csv_of("s,t", *rows)}, source('sex = "s"\nattempted = "t"'))
    assert found.column("sex") == ["M", "F", "M", "F", "1", "_U"]
    assert found.column("attempted") == ["1", "2", "2", "1", "1", "x"]
    stated = read({"a.csv": csv_of("s,t", "1,1", "2,2")}, source('sex = { column = "s", map = { 1 = "F", 2 = "M" } }'))
    assert stated.column("sex") == ["F", "M"]


@pytest.mark.parametrize("length", [3, 500])
def test_value_lists_short_and_long(read, length):
    listed = csv_of("value,code", *(f"Bias {number},{number}" for number in range(length)))
    toml = source('bias_motive = { column = "b", kind = "code", values = "bias.csv", map = { "Bias 1" = "one" } }')
    found = read({"a.csv": csv_of("b,x", "Bias 2,1", "bias 1,2", "other,3", "unknown,4"), "bias.csv": listed}, toml)
    assert found.column("bias_motive") == ["2", "one", "other", "_U"]


def test_times_of_day(read):
    found = read({"a.csv": csv_of("t,x", "9:05,1", "23:59:59,2", "25:00,3", "11:30 PM,4")}, source('time = "t"'))
    assert found.column("time") == ["09:05", "23:59", None, "23:30"]
    assert found.reasons == ["not a time of day"]


def test_native_types_of_parquet_are_kept(engine, tmp_path):
    table = pa.table(
        {
            "when": pa.array([T(2016, 1, 2, 3, 4), None], pa.timestamp("us")),
            "day": pa.array([D(2016, 1, 2), D(2016, 1, 3)]),
            "age": pa.array([34.0, 34.5]),
            "code": pa.array([7.0, 8.0]),
            "kind": pa.array(["a", "b"]).dictionary_encode(),
            "tried": pa.array([True, False]),
            "n": pa.array([1, 2], pa.int32()),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    toml = source(
        'occurred = "when"\nreported = "day"\nage = "age"\noffence = "code"\n'
        'region = "kind"\nattempted = "tried"\ncount = "n"',
        'file = "a.parquet"',
    )
    found = outcome_of(engine, tmp_path, toml)
    first, second = sorted(found.rows, key=lambda row: row["count"])
    assert first["occurred"].replace(tzinfo=None) == T(2016, 1, 2, 3, 4)
    assert first["reported"] == D(2016, 1, 2)
    assert (first["age"], first["offence"], first["region"], first["attempted"]) == (34, "7", "a", "1")
    assert second["rejected"] == "age: not a whole number"
    assert found.reasons == ["not a whole number"]


MESSY = csv_of(
    "id,d,a,s,x,w,p",
    "1,2016-01-31,34,M,1.5,Knife,2016-07",
    '2,31/12/2016," 1,2 ",f,-200,unknown,Q1 2016',
    "3,2016-02-30,NA,Unknown,1d,,2016-13",
    "4,1 2,3",
    '5,"2016-03-01\t",99,男,inf,"a ""b""\nc",July 2016',
    "6,2016-3-1,+5,\u00a0F\u00a0,.5, Knife,2016",
)
MESSY_TOML = source(
    'id = "id"\noccurred = "d"\nage = { column = "a", unknown = ["99"] }\nsex = "s"\n'
    'longitude = "x"\nweapon = "w"\nperiod = "p"'
)


def test_both_engines_make_the_same_records(engine, duck, tmp_path):
    (tmp_path / "a.csv").write_text(MESSY, encoding="utf-8")
    found = outcome_of(engine, tmp_path, MESSY_TOML)
    here = outcome_of(duck, tmp_path, MESSY_TOML)

    def by_id(rows):
        return sorted(rows, key=lambda row: row["id"])

    assert by_id(found.rows) == by_id(here.rows)
    assert sorted(found.reasons) == sorted(here.reasons)
    assert here.rows[3]["weapon"] == 'a "b"\nc'
    assert [row["sex"] for row in here.rows] == ["M", "F", "_U", "M", "F"]
    assert [row["age_status"] for row in here.rows] == [None, None, None, "_U", None]
    assert here.rows[1]["rejected"] == "age: not a whole number; longitude: below -180"
    assert [r["line"] for r in here.rejects] == ["5", "3", "3", "4", "4", "4", "6"]


def test_reading_twice_finds_a_broken_line_once(duck, tmp_path):
    (tmp_path / "a.csv").write_text(MESSY, encoding="utf-8")
    first = outcome_of(duck, tmp_path, MESSY_TOML)
    assert first.reasons.count("3 fields instead of 7") == 1


def test_minimum_and_maximum_can_be_stated(read):
    found = read(
        {"a.csv": csv_of("a,x", "9,1", "10,1", "19,1")}, source('age = { column = "a", minimum = 10, maximum = 18 }')
    )
    assert found.column("age") == [None, 10, None]
    assert found.reasons == ["below 10", "above 18"]


def test_a_formula_stays_text_and_is_neutral_in_the_rejects(read):
    found = read({"a.csv": csv_of("p,a", '=HYPERLINK("x"),=1+1')}, source('place = "p"\nage = "a"'))
    assert found.column("place") == ['=HYPERLINK("x")']
    assert found.rejects[0]["value"] == "'=1+1"


def test_every_problem_of_the_description_is_reported_at_once(tmp_path):
    from kyoto.core.errors import KyotoErrors

    toml = (
        '[sources.s]\nfile = "a.csv"\nunit = "ofence"\ndelimter = ";"\nencoding = "utf9"\n[sources.s.columns]\n'
        'ocurred = "d"\nbias = { column = "b" }\nage = { column = "a", minimum = "x", format = "year" }\n'
    )
    with pytest.raises(KyotoErrors) as caught:
        spec_of(tmp_path, toml)
    found = [(problem.title, problem.where.line) for problem in caught.value.problems]
    assert ("Unknown value 'ofence'", 6) in found
    assert ("Unknown key 'delimter'", 7) in found
    assert ("Unknown encoding 'utf9'", 8) in found
    assert ("Unknown concept 'ocurred'", 10) in found
    assert ("Unknown concept 'bias'", 11) in found
    assert ("'minimum' has the wrong type", 12) in found
    assert ("'year' is no date pattern", 12) in found
    assert len(found) == 7
    hints = {problem.title: problem.hint for problem in caught.value.problems}
    assert hints["Unknown concept 'ocurred'"].startswith("Did you mean 'occurred'?")
