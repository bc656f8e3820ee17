"""Findings on real data equal what pandas counts on the same files."""

from __future__ import annotations

import zipfile

import pandas as pd
import pytest

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def street(shared_data):
    parts = [
        pd.read_parquet(shared_data / "incidents" / f"police_uk_west_yorkshire_{month}.parquet").assign(file=month)
        for month in ("2016-07", "2017-07")
    ]
    return pd.concat(parts, ignore_index=True)


def test_police_uk_lacks_identifiers_coordinates_and_months(street, duckdb, checked, found):
    records = street.rename(
        columns={
            "Crime ID": "id",
            "Month": "period",
            "LSOA code": "region",
            "Longitude": "longitude",
            "Latitude": "latitude",
            "Context": "context",
        }
    )[["file", "id", "period", "region", "longitude", "latitude", "context"]]
    records["context"] = records.context.astype("object").where(records.context.notna(), None)
    findings = checked(duckdb, {"street": records})
    empty = street["Crime ID"].isna()
    missing = found(findings, "completeness.missing", "id")
    assert (missing.count, missing.share) == (int(empty.sum()), pytest.approx(empty.mean()))
    assert missing.severity == "warning"
    assert missing.count == 13_384  # 24.0 % of 55,713: anti-social behaviour has no identifier
    for variable, column in (("longitude", "Longitude"), ("latitude", "Latitude"), ("region", "LSOA code")):
        lacking = found(findings, "completeness.missing", variable)
        assert lacking.count == street[column].isna().sum() == 2888
    assert found(findings, "completeness.empty").variable == "context"
    gap = found(findings, "time.missing-months")
    assert gap.count == 11
    assert gap.examples[0] == {"month": "2016-08"}
    doubled = street["Crime ID"].dropna().duplicated().sum()
    assert [f.count for f in findings if f.code == "duplicates.identifier"] == ([doubled] if doubled else [])


def test_example_rows_are_those_of_the_source(street, duckdb, checked, found):
    records = pd.DataFrame({"file": street.file, "id": street["Crime ID"], "region": street["LSOA code"]})
    files = [{"path": name, "rows": int(rows)} for name, rows in records.groupby("file").size().items()]
    findings = checked(duckdb, {"street": records}, {"street": {"files": files}})
    examples = found(findings, "completeness.missing", "region").examples
    assert len(examples) == 3
    for example in examples:
        part = street[street.file == example["file"]].reset_index(drop=True)
        assert pd.isna(part.loc[example["row"] - 1, "LSOA code"])
    lines = street[street.file == "2016-07"].reset_index(drop=True)
    assert [example["row"] - 1 for example in examples] == lines.index[lines["LSOA code"].isna()][:3].tolist()


def test_houston_heaps_midnight_and_noon(shared_data, duckdb, checked, found):
    frame = pd.read_parquet(shared_data / "incidents" / "houston_2010.parquet")
    records = pd.DataFrame(
        {"occurred": pd.to_datetime(frame.date), "hour": frame.hour.astype("int64"), "region": frame.beat}
    )
    findings = checked(duckdb, {"houston": records})
    hours = frame.hour.value_counts()
    heaped = {f.count: f for f in findings if f.code == "heaping.hour"}
    assert set(heaped) == {hours[0], hours[12]} == {4938, 4390}
    assert hours[0] / ((hours[23] + hours[1]) / 2) == pytest.approx(1.427, abs=0.001)
    assert "3,460" in heaped[4938].message
    days = pd.to_datetime(frame.date).dt.day.value_counts()
    others = days[[day for day in range(2, 29) if day != 15]].median()
    assert days[1] < 1.25 * others and days[15] < 1.25 * others
    assert not [f for f in findings if f.code == "heaping.day"]
    assert not [f for f in findings if f.code.startswith(("time.", "series.", "completeness"))]


def test_nibrs_joins_whole_and_what_is_cut_out_is_found(shared_data, duckdb, checked, found):
    with zipfile.ZipFile(shared_data / "nibrs" / "nibrs_az_2016.zip") as archive:
        names = {name.rsplit("/", 1)[-1]: name for name in archive.namelist()}
        incidents, offences, victims = (
            pd.read_csv(archive.open(names[f"nibrs_{table}.csv"]), dtype=str, low_memory=False)
            for table in ("incident", "offense", "victim")
        )
    sources = {
        "incidents": pd.DataFrame({"id": incidents.incident_id, "occurred": pd.to_datetime(incidents.incident_date)}),
        "offences": offences[["offense_id", "incident_id"]].rename(columns={"offense_id": "offence_id"}),
        "victims": victims[["victim_id", "incident_id", "age_num"]].rename(columns={"age_num": "age"}),
    }
    facts = {"incidents": {"unit": "incident"}, "victims": {"unit": "victim"}}
    findings = checked(duckdb, sources, facts)
    assert not [f for f in findings if f.code in ("references.broken", "duplicates.identifier")]
    lacking = found(findings, "completeness.missing", "age")
    assert lacking.count == victims.age_num.isna().sum() > 0
    few = {**sources, "incidents": sources["incidents"].iloc[:10_000]}
    kept = set(few["incidents"].id)
    findings = checked(duckdb, few, facts)
    broken = {f.source: f.count for f in findings if f.code == "references.broken"}
    assert broken == {
        "offences": int((~offences.incident_id.isin(kept)).sum()),
        "victims": int((~victims.incident_id.isin(kept)).sum()),
    }


def test_un_prison_totals_differ_from_their_parts(shared_data, any_engine, checked, found):
    frame = pd.read_csv(shared_data / "un" / "unodc_cts_prisons_counts_2023vintage.csv")
    frame = frame[(frame.Indicator == "Persons held") & (frame.Dimension == "Total") & (frame.Age == "Total")]
    frame = frame.drop_duplicates(["Iso3_code", "Year", "Sex"])
    sex = frame.Sex.map({"Total": "_T", "Male": "M", "Female": "F"})
    records = pd.DataFrame(
        {"area": frame.Iso3_code, "period": frame.Year.astype(str), "sex": sex, "count": frame.VALUE.astype("int64")}
    )
    findings = checked(any_engine, {"prisons": records}, {"prisons": {"unit": "prisoner"}})
    wide = frame.pivot_table(index=["Iso3_code", "Year"], columns="Sex", values="VALUE", aggfunc="sum")
    parts = wide[["Female", "Male"]].sum(axis=1, min_count=1)
    both = parts.notna() & wide.Total.notna()
    differing = (parts[both] != wide.Total[both]).sum()
    difference = found(findings, "totals.parts", "sex")
    assert difference.count == differing > 100
    assert difference.share == pytest.approx(differing / both.sum())
