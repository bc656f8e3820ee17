"""Real extracts: every row arrives, and what arrives equals a direct count by other means."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter

import pytest
from source_examples import outcome_of, source, spec_of

from kyoto.statistics.sources import open_source

pytestmark = pytest.mark.shared

STREET = source(
    'id = "Crime ID"\nperiod = "Month"\noffence = "Crime type"\nregion = "LSOA code"\n'
    'longitude = "Longitude"\nlatitude = "Latitude"',
    'file = "*.parquet"',
)


def link(shared_data, folder, *names):
    for name in names:
        (folder / name.rpartition("/")[2]).symlink_to(shared_data / name)


def test_west_yorkshire_has_every_row_of_both_months(engine, shared_data, tmp_path):
    import pyarrow.parquet as pq

    names = [f"incidents/police_uk_west_yorkshire_{month}.parquet" for month in ("2016-07", "2017-07")]
    link(shared_data, tmp_path, *names)
    found = outcome_of(engine, tmp_path, STREET)
    assert sorted(file["rows"] for file in found.facts["files"]) == [27_176, 28_537]
    assert found.facts["rows_rejected"] == 0
    direct = Counter()
    for name in names:
        table = pq.read_table(shared_data / name, columns=["Month", "Crime type"])
        direct.update(zip(*(column.to_pylist() for column in table.columns), strict=True))
    assert Counter(zip(found.column("period"), found.column("offence"), strict=True)) == direct


def test_west_yorkshire_as_text_gives_the_same_records(duck, shared_data, tmp_path):
    import pyarrow.parquet as pq

    name = "incidents/police_uk_west_yorkshire_2016-07.parquet"
    pq.read_table(shared_data / name).to_pandas().to_csv(tmp_path / "street.csv", index=False)
    link(shared_data, tmp_path, name)
    native = outcome_of(duck, tmp_path, STREET)
    text = outcome_of(duck, tmp_path, STREET.replace("*.parquet", "street.csv"))
    assert len(text.rows) == 27_176
    for column in ("id", "period", "offence", "region", "longitude", "latitude"):
        assert text.column(column) == native.column(column)


def test_houston_has_every_row(duck, shared_data, tmp_path):
    link(shared_data, tmp_path, "incidents/houston_2010.parquet")
    toml = source(
        'date = "date"\nhour = "hour"\noffence = "offense"\nplace = "address"\nlongitude = "lon"\nlatitude = "lat"',
        'file = "houston_2010.parquet"',
    )
    found = outcome_of(duck, tmp_path, toml)
    assert (found.facts["rows_in"], found.facts["rows_rejected"]) == (86_314, 0)
    assert sum(value is None for value in found.column("longitude")) == 5
    assert (str(min(found.column("date"))), str(max(found.column("date")))) == ("2010-01-01", "2010-08-31")


def nibrs_rows(shared_data, table):
    with zipfile.ZipFile(shared_data / "nibrs/nibrs_az_2016.zip") as archive, archive.open(f"{table}.csv") as member:
        return list(csv.DictReader(io.TextIOWrapper(member, encoding="utf-8")))


@pytest.mark.parametrize(
    ("table", "join", "columns", "rows"),
    [
        ("incident", "", 'id = "incident_id"\noccurred = "incident_date"\nhour = "incident_hour"', 14_706),
        (
            "offense",
            "JOIN incident USING (incident_id) JOIN lookup USING (offense_type_id)",
            'id = "offense_id"\nincident_id = "incident_id"\noccurred = "incident_date"\noffence = "offense_code"\n'
            'attempted = "attempt_complete_flag"',
            18_742,
        ),
        (
            "victim",
            "JOIN incident USING (incident_id)",
            'victim_id = "victim_id"\nincident_id = "incident_id"\nvictim_sex = "sex_code"\nvictim_age = "age_num"',
            16_460,
        ),
        (
            "offender",
            "JOIN incident USING (incident_id)",
            'suspect_id = "offender_id"\nincident_id = "incident_id"\nperpetrator_sex = "sex_code"',
            16_155,
        ),
        (
            "arrestee",
            "JOIN incident USING (incident_id)",
            'arrest_id = "arrestee_id"\nincident_id = "incident_id"\narrested = "arrest_date"\nsex = "sex_code"',
            5_883,
        ),
    ],
)
def test_nibrs_tables_are_joined_by_a_query(duck, shared_data, tmp_path, table, join, columns, rows):
    link(shared_data, tmp_path, "nibrs/nibrs_az_2016.zip")
    archive = "nibrs_az_2016.zip!/"
    files = {name: f"{archive}nibrs_{name}.csv" for name in {"incident", table}}
    files["lookup"] = f"{archive}lookup/nibrs_offense_type.csv"
    listed = ", ".join(f'{name} = "{path}"' for name, path in files.items())
    head = f'files = {{ {listed} }}\nsql = "SELECT * FROM {table} {join}"'
    found = outcome_of(duck, tmp_path, source(columns, head))
    assert (found.facts["rows_in"], found.facts["rows_rejected"]) == (rows, 0)
    direct = nibrs_rows(shared_data, f"nibrs_{table}")
    assert Counter(found.column(columns.split(" ")[0])) == Counter(row[columns.split('"')[1]] for row in direct)
    for concept in ("victim_sex", "perpetrator_sex", "sex"):
        if concept in found.rows[0]:
            known = {"M": "M", "F": "F", "U": "_U", "": None}
            assert Counter(found.column(concept)) == Counter(known[row["sex_code"]] for row in direct)
    if table == "offense":
        flags = Counter(row["attempt_complete_flag"] for row in direct)
        assert Counter(found.column("attempted")) == {"2": flags["C"], "1": flags["A"]}
    if table == "victim":
        ages = [int(float(row["age_num"])) for row in direct if row["age_num"]]
        assert sum(value for value in found.column("victim_age") if value is not None) == sum(ages)


def test_the_files_of_a_source_are_named_without_reading_them(shared_data, tmp_path):
    link(shared_data, tmp_path, "nibrs/nibrs_az_2016.zip")
    head = 'files = { a = "nibrs_az_2016.zip!/nibrs_incident.csv" }\nsql = "SELECT * FROM a"'
    spec = spec_of(tmp_path, source('id = "incident_id"', head))
    assert spec.input_files(tmp_path) == [tmp_path / "nibrs_az_2016.zip"]


def test_the_dialect_of_real_files_is_stated(duck, shared_data, tmp_path):
    link(shared_data, tmp_path, "incidents/us_homicides_2015.csv")
    spec = spec_of(tmp_path, source('id = "uid"\noccurred = "date_single"', 'file = "us_homicides_2015.csv"'))
    raw = open_source(duck, spec, tmp_path)
    assert (raw.files[0].dialect.delimiter, raw.files[0].dialect.encoding) == (",", "utf-8")
