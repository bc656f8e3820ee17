"""Defects that are put in must be found, with their number; clean data must give none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kyoto.core.errors import KyotoError
from kyoto.statistics.quality import Findings, QualitySettings

quick = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
seeds = st.integers(0, 2**32 - 1)


def test_clean_data_gives_nothing(clean, any_engine, checked):
    findings = checked(any_engine, {"police": clean(12, 10)}, {"police": {"rows_in": 1, "rows_rejected": 0}})
    assert [(f.code, f.message) for f in findings] == []
    assert findings.summary() == "Nothing found."


@given(seed=seeds, share=st.floats(0.01, 0.99))
@quick
def test_missing_values_are_counted(clean, duckdb, checked, found, seed, share):
    frame = clean(3, 10)
    gone = np.random.default_rng(seed).random(len(frame)) < share
    assume(gone.any())
    frame.loc[gone, "sex"] = None
    finding = found(checked(duckdb, {"police": frame}), "completeness.missing")
    assert (finding.variable, finding.count, finding.share) == ("sex", gone.sum(), pytest.approx(gone.mean()))
    assert finding.severity == ("warning" if gone.mean() >= 0.05 else "note")
    rows = [example["row"] for example in finding.examples]
    assert rows == (np.flatnonzero(gone)[:3] + 1).tolist()


@given(seed=seeds, share=st.floats(0.15, 0.95))
@quick
def test_unknown_is_not_missing(clean, duckdb, checked, found, seed, share):
    frame = clean(3, 10)
    unclear = np.random.default_rng(seed).random(len(frame)) < share
    frame.loc[unclear, "sex"] = "_U"
    frame["age"] = frame.age.astype("Int64").mask(unclear)
    frame.loc[unclear, "age_status"] = "_U"
    findings = checked(duckdb, {"police": frame})
    assert found(findings, "completeness.unknown", "sex").count == unclear.sum()
    assert found(findings, "completeness.unknown", "age").count == unclear.sum()
    assert not [f for f in findings if f.code == "completeness.missing"]


@given(seed=seeds, copies=st.integers(1, 60))
@quick
def test_doubled_identifiers_are_counted(clean, duckdb, checked, found, seed, copies):
    frame = clean(3, 10)
    again = frame.sample(copies, replace=True, random_state=seed)
    both = pd.concat([frame, again], ignore_index=True).sample(frac=1, random_state=seed, ignore_index=True)
    finding = found(checked(duckdb, {"police": both}), "duplicates.identifier")
    assert finding.count == both.id.duplicated().sum() == copies
    assert finding.message.startswith(f"{again.id.nunique():,} value")
    most = both.id.value_counts()
    assert finding.examples[0]["records"] == most.iloc[0]


def test_unknown_identifiers_are_no_doubles(clean, duckdb, checked, found):
    frame = clean(3, 10)
    frame.loc[:199, "id"] = "_U"
    findings = checked(duckdb, {"police": frame})
    assert [f.code for f in findings] == ["completeness.unknown"]
    doubled = pd.concat([frame, frame.iloc[-1:]], ignore_index=True)
    assert found(checked(duckdb, {"police": doubled}), "duplicates.identifier").count == 1


def test_large_sources_are_sampled_first(clean, any_engine, checked, found):
    frame = clean(12, 15)
    sampled = QualitySettings(exact_rows=1000)
    assert not [f for f in checked(any_engine, {"police": frame}, settings=sampled) if "duplicates" in f.code]
    doubled = pd.concat([frame, frame.iloc[:2000]], ignore_index=True)
    assert found(checked(any_engine, {"police": doubled}, settings=sampled), "duplicates.identifier").count == 2000
    nameless = doubled.drop(columns="id")
    finding = found(checked(any_engine, {"police": nameless}, settings=sampled), "duplicates.rows")
    assert finding.count == nameless.duplicated().sum()


@given(seed=seeds, month=st.integers(1, 22))
@quick
def test_a_missing_month_is_named(clean, duckdb, checked, found, seed, month):
    frame = clean(24, 10)
    name = f"{2015 + month // 12}-{month % 12 + 1:02d}"
    frame = frame[frame.occurred.dt.strftime("%Y-%m") != name].sample(frac=1, random_state=seed)
    finding = found(checked(duckdb, {"police": frame}), "time.missing-months")
    assert (finding.count, finding.examples) == (1, ({"month": name},))


def test_a_cut_off_last_month_is_named(clean, any_engine, checked, found):
    frame = clean(12, 10)
    frame = frame[frame.occurred < "2015-12-10"]
    finding = found(checked(any_engine, {"police": frame}), "time.incomplete-month")
    assert finding.examples == ({"month": "2015-12", "records": 90},)
    assert "the last month" in finding.message


@given(area=st.sampled_from("NESW"), first=st.integers(0, 20), length=st.integers(1, 4))
@quick
def test_an_area_that_did_not_report_is_named(clean, duckdb, checked, found, area, first, length):
    frame = clean(24, 10)
    months = (frame.occurred.dt.year - 2015) * 12 + frame.occurred.dt.month - 1
    silent = (frame.region == area) & months.between(first, first + length - 1)
    finding = found(checked(duckdb, {"police": frame[~silent]}), "areas.missing")
    assert finding.count == length
    assert all(example["region"] == area for example in finding.examples)
    assert finding.examples[0]["month"] == f"{2015 + first // 12}-{first % 12 + 1:02d}"


@given(month=st.integers(7, 17), keep=st.floats(0.3, 0.55))
@quick
def test_a_break_is_dated(clean, duckdb, checked, found, month, keep):
    frame = clean(24, 20)
    months = (frame.occurred.dt.year - 2015) * 12 + frame.occurred.dt.month - 1
    late = months >= month
    frame = frame[~late | (frame.index % 100 < 100 * keep)]
    finding = found(checked(duckdb, {"police": frame}), "series.break")
    assert finding.examples[0]["month"] == f"{2015 + month // 12}-{month % 12 + 1:02d}"
    assert finding.examples[0]["ratio"] == pytest.approx(keep, abs=0.08)


def test_a_break_of_one_area_is_told_from_one_of_all(clean, duckdb, checked, found):
    frame = clean(24, 40)
    late = frame.occurred >= "2016-01-01"
    one = frame[~(late & (frame.region == "S") & (frame.index % 3 == 0))]
    finding = found(checked(duckdb, {"police": one}), "series.break-in-area")
    assert finding.count == 1
    assert finding.examples[0]["region"] == "S"
    assert finding.examples[0]["month"] == "2016-01"
    everywhere = frame[~(late & (frame.index // 4 % 2 == 0))]
    findings = checked(duckdb, {"police": everywhere})
    assert found(findings, "series.break").examples[0]["month"] == "2016-01"
    assert not [f for f in findings if f.code == "series.break-in-area"]


@given(seed=seeds, day=st.sampled_from([1, 15]), share=st.floats(0.05, 0.5))
@quick
def test_heaped_days_are_found(clean, duckdb, checked, found, seed, day, share):
    frame = clean(12, 20)
    moved = np.random.default_rng(seed).random(len(frame)) < share
    first = frame.occurred.dt.to_period("M").dt.to_timestamp() + pd.to_timedelta(day - 1, unit="D")
    clock = frame.occurred - frame.occurred.dt.normalize()
    frame["occurred"] = (first + clock).where(moved, frame.occurred)
    finding = found(checked(duckdb, {"police": frame}), "heaping.day")
    assert finding.count == (frame.occurred.dt.day == day).sum()


@given(seed=seeds, hour=st.sampled_from([0, 12]), share=st.floats(0.05, 0.9))
@quick
def test_heaped_hours_are_found(clean, duckdb, checked, found, seed, hour, share):
    frame = clean(3, 40)
    moved = np.random.default_rng(seed).random(len(frame)) < share
    frame["occurred"] = (frame.occurred.dt.normalize() + pd.to_timedelta(hour, unit="h")).where(moved, frame.occurred)
    finding = found(checked(duckdb, {"police": frame}), "heaping.hour")
    assert finding.count == (frame.occurred.dt.hour == hour).sum()


def test_months_and_days_without_time_are_no_heaps(clean, duckdb, checked):
    frame = clean(12, 10)
    by_month = frame.assign(occurred=frame.occurred.dt.to_period("M").dt.to_timestamp())
    by_day = frame.assign(occurred=frame.occurred.dt.normalize())
    assert list(checked(duckdb, {"months": by_month, "days": by_day})) == []


@given(seed=seeds, lost=st.integers(1, 200))
@quick
def test_broken_references_are_counted(clean, duckdb, checked, found, seed, lost):
    offences = clean(3, 10)
    offences["incident_id"] = [f"I{index // 2}" for index in range(len(offences))]
    incidents = pd.DataFrame({"incident_id": offences.incident_id.unique()})
    kept = incidents.drop(incidents.sample(lost, random_state=seed).index)
    facts = {"incidents": {"unit": "incident"}}
    assert list(checked(duckdb, {"offences": offences, "incidents": incidents}, facts)) == []
    finding = found(checked(duckdb, {"offences": offences, "incidents": kept}, facts), "references.broken")
    assert finding.count == (~offences.incident_id.isin(kept.incident_id)).sum()
    assert finding.source == "offences"


def test_stated_references_are_checked(clean, any_engine, checked, found):
    arrests = pd.DataFrame({"id": ["a", "b", "c"], "crime": ["P0000001", "X", None]})
    stated = QualitySettings(references={"arrests.crime": "police.id"})
    findings = checked(
        any_engine, {"police": clean(3, 10), "arrests": arrests}, {"arrests": {"unit": "person arrested"}}, stated
    )
    finding = found(findings, "references.broken")
    assert (finding.count, finding.examples) == (1, ({"crime": "X"},))
    for wrong, hint in (("arests.crime", "Did you mean 'arrests'?"), ("arrests.crimes", "Did you mean 'crime'?")):
        with pytest.raises(KyotoError) as caught:
            checked(
                any_engine,
                {"police": clean(3, 10), "arrests": arrests},
                None,
                QualitySettings(references={wrong: "police.id"}),
            )
        assert (caught.value.code, caught.value.hint) == ("quality.unknown-reference", hint)


@given(uncoded=st.integers(1, 300), residual=st.integers(0, 600), coarse=st.integers(0, 600))
@quick
def test_coding_is_covered_level_by_level(clean, duckdb, checked, uncoded, residual, coarse):
    frame = clean(3, 20)
    codes = frame.iccs.to_numpy(dtype=object, copy=True)
    codes[:uncoded] = "_U"
    codes[300 : 300 + residual] = "05019"
    codes[900 : 900 + coarse] = "05"
    codes[1500:1510] = "_Z"
    frame["iccs"] = codes
    findings = checked(duckdb, {"police": frame})
    coverage = findings.coverage[0]
    lengths = pd.Series(codes).str.len()
    coded = ~pd.Series(codes).isin(["_U", "_Z"])
    assert [coverage[f"level {n}"] for n in (1, 2, 3, 4)] == [(coded & (lengths == n)).sum() for n in (2, 4, 5, 6)]
    assert (coverage["uncoded"], coverage["outside"], coverage["residual"]) == (uncoded, 10, residual)
    by_code = {f.code: f for f in findings}
    assert by_code["coding.uncoded"].count == uncoded
    assert by_code["coding.uncoded"].severity == ("warning" if uncoded / len(frame) >= 0.01 else "note")
    assert ("coding.residual" in by_code) == (residual / coded.sum() >= 0.2)
    assert ("coding.coarse" in by_code) == (coarse / coded.sum() >= 0.2)


def test_rejected_values_are_shown_with_their_rows(clean, any_engine, checked, found):
    frame = clean(3, 10)
    frame["rejected_values"] = pd.Series([None] * len(frame), dtype="object")
    frame.loc[[4, 9], ["rejected", "rejected_values"]] = ["age: not from 0 to 120", "999"]
    facts = {
        "rows_in": len(frame),
        "rows_rejected": 2,
        "rejected_by_reason": {"age: not from 0 to 120": 2},
        "files": [{"path": "police.csv", "rows": len(frame)}],
    }
    findings = checked(any_engine, {"police": frame}, {"police": facts})
    rejected = found(findings, "records.rejected")
    assert (rejected.count, rejected.severity) == (2, "note")
    impossible = found(findings, "records.impossible")
    assert (impossible.variable, impossible.count) == ("age", 2)
    assert impossible.message == "2 rows: age not from 0 to 120."
    assert {example["rejected_values"] for example in impossible.examples} == {"999"}
    if any_engine.keeps_order:
        assert [example["row"] for example in impossible.examples] == [5, 10]


def test_a_source_without_counted_records_is_an_error(clean, duckdb, checked):
    frame = clean(1, 10).assign(rejected="id: nothing")
    findings = checked(duckdb, {"police": frame})
    assert [(f.severity, f.code) for f in findings] == [("error", "records.none")]


def test_totals_over_counts_are_compared_with_their_parts(any_engine, checked, found):
    rows = [
        ("A", "F", 10),
        ("A", "M", 20),
        ("A", "_T", 30),
        ("B", "F", 5),
        ("B", "_T", 9),
        ("C", "_T", 4),
        ("D", "M", 1),
    ]
    frame = pd.DataFrame(rows, columns=["region", "sex", "count"])
    finding = found(checked(any_engine, {"counts": frame}), "totals.parts")
    assert (finding.variable, finding.count, finding.share) == ("sex", 1, 0.5)
    assert finding.examples == ({"region": "B", "total": 9, "parts": 5},)


def test_changes_since_the_last_build(clean, duckdb, checked, found):
    frame = clean(3, 10)
    now = {
        "rows_in": 900,
        "rows_rejected": 90,
        "files": [{"path": "b.csv", "rows": 900}],
        "columns": [{"concept": "id"}],
        "uncoded": [{"value": "X1", "rows": 7}, {"value": "X2", "rows": 3}],
    }
    before = {
        "rows_in": 600,
        "rows_rejected": 6,
        "files": [{"path": "a.csv", "rows": 600}],
        "columns": [{"concept": "id"}, {"concept": "sex"}],
        "uncoded": [{"value": "X1", "rows": 7}],
    }
    findings = checked(duckdb, {"police": frame}, {"police": now}, previous={"police": before})
    rows = found(findings, "change.rows")
    assert (rows.count, rows.share) == (300, 0.5)
    assert rows.examples == ({"file": "b.csv", "what": "new"}, {"file": "a.csv", "what": "gone"})
    assert "10.0% of the rows are rejected; in the last build it was 1.0%" in found(findings, "change.rejected").message
    assert found(findings, "change.columns").examples == ({"variable": "sex"},)
    assert found(findings, "change.uncoded").count == 3
    same = checked(duckdb, {"police": frame}, {"police": now}, previous={"police": now})
    assert not [f for f in same if f.code.startswith("change.")]


def test_what_is_not_wanted_is_not_reported(clean, duckdb, checked):
    frame = clean(3, 10).assign(sex=None)
    frame["sex"] = frame.sex.astype("object")
    assert [f.code for f in checked(duckdb, {"police": frame})] == ["completeness.empty"]
    assert list(checked(duckdb, {"police": frame}, settings=QualitySettings(optional=("sex",)))) == []
    assert list(checked(duckdb, {"police": frame}, settings=QualitySettings(ignore=("completeness.empty",)))) == []


@given(seed=seeds)
@quick
def test_the_order_of_rows_changes_nothing_but_the_examples(clean, duckdb, checked, seed):
    frame = clean(12, 10)
    frame.loc[frame.index % 9 == 0, "sex"] = None
    frame.loc[frame.index % 11 == 0, "iccs"] = "_U"
    frame = pd.concat([frame, frame.iloc[:40]], ignore_index=True)
    once = checked(duckdb, {"police": frame})
    again = checked(duckdb, {"police": frame.sample(frac=1, random_state=seed)})
    assert len(once) == 3
    pd.testing.assert_frame_equal(once.tidy(), again.tidy())
    assert once.profile == again.profile


def test_json_comes_back(clean, duckdb, checked):
    import json

    frame = clean(3, 10).assign(region=None)
    frame["region"] = frame.region.astype("object")
    findings = checked(duckdb, {"police": frame})
    back = Findings.from_dict(json.loads(json.dumps(findings.to_dict())))
    pd.testing.assert_frame_equal(back.tidy(), findings.tidy())
    assert back.to_dict() == findings.to_dict()
    assert back.by_severity == {"error": 0, "warning": 1, "note": 0}
    assert "completeness.empty" in back.summary()
    chart = back.plot().to_dict()
    assert chart["encoding"]["x"]["scale"] == {"domain": [0, 1]}
