"""Real extracts through the whole build, against counts made directly from the files with pandas."""

from __future__ import annotations

import zipfile

import pandas as pd
import pytest
from projects import build_project, facts, make_project, read_table, value

pytestmark = pytest.mark.shared

POLICE_UK = """
    [project]
    title = "Street crime, West Yorkshire"
    area = "GB-WYK"

    [sources.street]
    file = "{data}/police_uk_west_yorkshire_*.parquet"
    unit = "offence"
    [sources.street.columns]
    id = "Crime ID"
    period = "Month"
    offence = {{ column = "Crime type", correspondence = "uk-police" }}
    region = "LSOA code"
    longitude = "Longitude"
    latitude = "Latitude"

    [tables.by_month]
    source = "street"
    by = ["iccs", "period:month"]
    [tables.by_region]
    source = "street"
    by = ["period:year", "region"]

    [disclosure]
    method = "none"
"""


def test_police_uk_west_yorkshire(shared_data, tmp_path):
    data = shared_data / "incidents"
    result = build_project(make_project(tmp_path, POLICE_UK.format(data=data)))
    files = facts(result, "source:street")["files"]
    assert [file["rows"] for file in files] == [27_176, 28_537]
    assert result.manifest["reconciliation"]["street"] == {
        "rows_in": 55_713,
        "rows_counted": 55_713,
        "rows_rejected": 0,
    }
    direct = pd.concat(pd.read_parquet(file) for file in sorted(data.glob("police_uk_west_yorkshire_*.parquet")))
    by_month = read_table(result, "by_month")
    for month, rows in direct.groupby("Month"):
        assert value(by_month, period=month, iccs="_T") == len(rows)
        for title, code in (("Burglary", "0501"), ("Robbery", "0401"), ("Drugs", "0601")):
            assert value(by_month, period=month, iccs=code) == (rows["Crime type"] == title).sum()
    by_region = read_table(result, "by_region")
    direct["year"] = direct["Month"].str[:4]
    expected = direct.groupby(["year", direct["LSOA code"].fillna("_U")]).size()
    parts = by_region[by_region.area != "GB-WYK"].set_index(["period", "area"])["value"]
    pd.testing.assert_series_equal(parts.sort_index(), expected.sort_index().astype(float), check_names=False)


NIBRS = """
    [project]
    title = "NIBRS, three agencies in Arizona, 2016"
    area = "US-AZ"

    [sources.incidents]
    files = {{ incident = "{zip}!/nibrs_incident.csv" }}
    sql = "SELECT * FROM incident"
    unit = "incident"
    [sources.incidents.columns]
    incident_id = "incident_id"
    occurred = "incident_date"

    [sources.offences]
    sql = '''
        SELECT offence_id, incident_id, offense_code, attempt_complete_flag, incident_date
        FROM (SELECT offense_id AS offence_id, * FROM offence)
        JOIN incident USING (incident_id) JOIN kind USING (offense_type_id)
    '''
    unit = "offence"
    [sources.offences.files]
    offence = "{zip}!/nibrs_offense.csv"
    incident = "{zip}!/nibrs_incident.csv"
    kind = "{zip}!/lookup/nibrs_offense_type.csv"
    [sources.offences.columns]
    offence_id = "offence_id"
    incident_id = "incident_id"
    offence = {{ column = "offense_code", correspondence = "us-nibrs" }}
    attempted = {{ column = "attempt_complete_flag", map = {{ A = "1", C = "2" }} }}
    occurred = "incident_date"

    [sources.victims]
    files = {{ victim = "{zip}!/nibrs_victim.csv" }}
    sql = "SELECT * FROM victim"
    unit = "victim"
    [sources.victims.columns]
    victim_id = "victim_id"
    incident_id = "incident_id"
    sex = "sex_code"
    age = "age_num"

    [sources.offenders]
    files = {{ offender = "{zip}!/nibrs_offender.csv" }}
    sql = "SELECT * FROM offender"
    unit = "suspect"
    [sources.offenders.columns]
    suspect_id = "offender_id"
    sex = "sex_code"

    [sources.arrestees]
    files = {{ arrestee = "{zip}!/nibrs_arrestee.csv" }}
    sql = "SELECT * FROM arrestee"
    unit = "person arrested"
    [sources.arrestees.columns]
    person_id = "arrestee_id"
    arrested = "arrest_date"
    sex = "sex_code"
    age = "age_num"

    [tables.offences]
    source = "offences"
    by = ["iccs"]
    [tables.offences_apart]
    source = "offences"
    by = ["iccs"]
    attempts = "apart"
    [tables.incidents_by_offence]
    source = "offences"
    unit = "incident"
    by = ["iccs"]
    [tables.incidents_by_principal_offence]
    source = "offences"
    unit = "incident"
    by = ["iccs"]
    principal_offence = true
    [tables.victims]
    source = "victims"
    by = ["sex"]
    [tables.arrestees]
    source = "arrestees"
    by = ["period:quarter", "sex", "age:0-17,18+"]

    [disclosure]
    method = "none"
"""


@pytest.fixture(scope="module")
def arizona(shared_data, tmp_path_factory):
    archive = shared_data / "nibrs" / "nibrs_az_2016.zip"
    folder = make_project(tmp_path_factory.mktemp("nibrs"), NIBRS.format(zip=archive))
    with zipfile.ZipFile(archive) as files:
        tables = {
            name: pd.read_csv(files.open(f"{name}.csv"), dtype=str)
            for name in ("nibrs_offense", "nibrs_victim", "nibrs_arrestee", "lookup/nibrs_offense_type")
        }
    return build_project(folder), tables


def test_every_row_of_the_relational_extract_is_counted(arizona):
    result, _ = arizona
    rows = {name: entry["rows_in"] for name, entry in result.manifest["reconciliation"].items()}
    assert rows == {
        "incidents": 14_706,
        "offences": 18_742,
        "victims": 16_460,
        "offenders": 16_155,
        "arrestees": 5_883,
    }
    assert all(entry["rows_rejected"] == 0 for entry in result.manifest["reconciliation"].values())


def test_incidents_offences_and_principal_offences_differ_as_they_should(arizona):
    result, tables = arizona
    offences = read_table(result, "offences")
    incidents = read_table(result, "incidents_by_offence")
    principal = read_table(result, "incidents_by_principal_offence")
    assert value(offences, iccs="_T") == 18_742
    assert value(incidents, iccs="_T") == value(principal, iccs="_T") == 14_706
    kinds = tables["lookup/nibrs_offense_type"].set_index("offense_type_id")["offense_code"]
    direct = tables["nibrs_offense"].assign(code=lambda frame: frame.offense_type_id.map(kinds))
    robbery = direct[direct.code == "120"]
    assert value(offences, iccs="0401") == len(robbery)
    assert value(incidents, iccs="0401") == robbery.incident_id.nunique()
    assert value(principal, iccs="0401") <= value(incidents, iccs="0401")


def test_attempts_stand_apart(arizona):
    result, tables = arizona
    apart = read_table(result, "offences_apart")
    flags = tables["nibrs_offense"]["attempt_complete_flag"].value_counts()
    assert value(apart, iccs="_T", attempted="1") == flags["A"]
    assert value(apart, iccs="_T", attempted="2") == flags["C"]


def test_persons_by_sex_and_age(arizona):
    result, tables = arizona
    victims = read_table(result, "victims")
    known = tables["nibrs_victim"]["sex_code"].value_counts()
    assert value(victims, sex="F") == known["F"]
    assert value(victims, sex="M") == known["M"]
    assert value(victims, sex="_T") == 16_460
    arrestees = read_table(result, "arrestees")
    direct = tables["nibrs_arrestee"]
    quarter = pd.PeriodIndex(pd.to_datetime(direct.arrest_date), freq="Q").astype(str)
    minors = (pd.to_numeric(direct.age_num) < 18) & (direct.sex_code == "M")
    for period in ("2016Q1", "2016Q3"):
        shown = period.replace("Q", "-Q")
        assert value(arrestees, period=shown, sex="_T", age="_T") == (quarter == period).sum()
        assert value(arrestees, period=shown, sex="M", age="Y0T17") == (minors & (quarter == period)).sum()


HOUSTON = """
    [project]
    title = "Houston, January to August 2010"
    area = "US-HOU"

    [sources.crimes]
    file = "{data}/houston_2010.parquet"
    unit = "offence"
    [sources.crimes.columns]
    occurred = "date"
    hour = "hour"
    offence = {{ column = "offense", correspondence = "houston.csv" }}
    longitude = "lon"
    latitude = "lat"
    place = "location"

    [tables.by_month]
    source = "crimes"
    by = ["iccs", "period:month"]
    [tables.by_week]
    source = "crimes"
    by = ["period:week"]

    [disclosure]
    method = "none"
"""

HOUSTON_CODES = """
    national_code,national_title,iccs_code,match,weight,condition,note,source
    murder,Murder,0101,exact,,,,own
    rape,Rape,03011,exact,,,,own
    robbery,Robbery,0401,exact,,,,own
    aggravated assault,Aggravated assault,020111,broader,,,,own
    burglary,Burglary,0501,exact,,,,own
    theft,Theft,0502,partial,,,,own
    auto theft,Auto theft,05021,exact,,,,own
"""


def test_houston_2010_with_a_correspondence_of_ones_own(shared_data, tmp_path):
    data = shared_data / "incidents"
    folder = make_project(tmp_path, HOUSTON.format(data=data), houston__csv=HOUSTON_CODES)
    result = build_project(folder)
    assert result.manifest["reconciliation"]["crimes"]["rows_in"] == 86_314
    direct = pd.read_parquet(data / "houston_2010.parquet")
    direct["month"] = pd.to_datetime(direct["date"]).dt.strftime("%Y-%m")
    by_month = read_table(result, "by_month")
    thefts = direct[direct.offense.isin(["theft", "auto theft"])].groupby("month").size()
    for month, rows in direct.groupby("month"):
        assert value(by_month, period=month, iccs="_T") == len(rows)
        assert value(by_month, period=month, iccs="0502") == thefts[month]
    weeks = pd.to_datetime(direct["date"]).dt.isocalendar()
    label = weeks.year.astype(str) + "-W" + weeks.week.astype(str).str.zfill(2)
    by_week = read_table(result, "by_week").set_index("period")["value"]
    pd.testing.assert_series_equal(by_week, label.value_counts().sort_index().astype(float), check_names=False)
