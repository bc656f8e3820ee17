"""Cohorts: every rule against one person at a time in plain Python, bad events, and comparability."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from kyoto.analysis.reoffending.cohorts import (
    OUTCOMES,
    CohortRules,
    EventSource,
    Grade,
    build_cohort,
    compare_rules,
    frequency,
    open_events,
    repetitions_frame,
    severity,
    synthetic_histories,
    window_days,
)
from kyoto.core.errors import KyotoError

END = dt.date(2021, 12, 31)
LAST = dt.date(2017, 12, 31)


@pytest.fixture(scope="module")
def histories():
    return synthetic_histories(400, seed=7)


@pytest.fixture(scope="module")
def opened(histories):
    with open_events([EventSource(histories[0])], END, persons=histories[1]) as events:
        yield events


def day_of(text, rule="middle"):
    """The day of a date that may be a month alone."""
    if len(text) == 10:
        return dt.date.fromisoformat(text)
    first = dt.date.fromisoformat(text + "-01")
    last = (first + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
    return {"earliest": first, "latest": last, "middle": first + (last - first) // 2}[rule]


def in_custody(history, rule):
    """Days in custody of one person, as a set."""
    found = set()
    releases = sorted(day_of(row["date"]) for row in history if row["kind"] == "release")
    for row in history:
        if row["kind"] != "admission":
            continue
        start = day_of(row["date"])
        if isinstance(row["until"], str):
            end = dt.date.fromisoformat(row["until"])
        else:
            end = next((day for day in releases if day >= start), END + dt.timedelta(days=1))
        found |= {start + dt.timedelta(days=number) for number in range((end - start).days)}
    return found


def outcomes_of(history, start, index, rules):
    """Days by which outcomes count."""
    settle = dt.timedelta(days=int(rules.settle_months * 365.25 / 12))
    for row in history:
        if row["kind"] not in OUTCOMES[rules.outcome]:
            continue
        day = day_of(row["date"], rules.imprecise)
        offence = dt.date.fromisoformat(row["offence_date"]) if isinstance(row["offence_date"], str) else None
        dated = (offence or day) if rules.dated_by == "offence" else day
        if day <= start or dated <= start:
            continue
        if rules.pseudo == "exclude" and offence is not None and offence < start:
            continue
        if rules.same_section and row["iccs"][:2] != index["iccs"][:2]:
            continue
        if rules.least_severity is not None and row["severity"] < rules.least_severity:
            continue
        yield max(dated, day - settle)


def followed_by_hand(history, rules):
    """Time, whether with the event, and days that could be followed, for each index event of a person."""
    custody = in_custody(history, rules)
    leaving = [day_of(row["date"]) for kind in ("death", "departure") for row in history if row["kind"] == kind
               and (rules.deaths if kind == "death" else rules.departures) == "leave"]  # fmt: skip
    admin_end = END - dt.timedelta(days=int(rules.settle_months * 365.25 / 12))
    indexes = [row for row in history if row["kind"] == rules.index and day_of(row["date"], rules.imprecise) <= LAST]
    indexes.sort(key=lambda row: day_of(row["date"], rules.imprecise))
    if rules.per_person == "first":
        indexes = indexes[:1]
    for index in indexes:
        start = day_of(index["date"], rules.imprecise)
        while rules.start == "liberty" and start in custody:
            start += dt.timedelta(days=1)
        leave = min(leaving, default=None)
        first = min(outcomes_of(history, start, index, rules), default=None)
        event = first is not None and first <= admin_end and (leave is None or first <= leave)
        end = admin_end if event or leave is None else min(admin_end, leave)
        end = max(end, start)

        def free(until, start=start):
            days = (until - start).days
            if rules.clock == "liberty":
                days -= sum(1 for day in custody if start <= day < until)
            return days

        yield free(first) if event else free(end), event, free(end)


BASE = CohortRules("release", "re-arrest", END, last_index=LAST)
VARIANTS = {
    "re-arrest": {},
    "reconviction": {"outcome": "reconviction"},
    "pseudo counted": {"outcome": "reconviction", "pseudo": "count"},
    "by offence, settled": {"outcome": "reconviction", "dated_by": "offence", "settle_months": 6},
    "return to custody": {"outcome": "return to custody"},
    "violation": {"outcome": "technical violation"},
    "any, every release": {"outcome": "any", "per_person": "every"},
    "same section": {"same_section": True},
    "serious": {"least_severity": 5.0},
    "at liberty": {"clock": "liberty", "outcome": "reconviction"},
    "conviction, at once": {"index": "conviction", "start": "index", "outcome": "reconviction"},
    "conviction, at liberty": {"index": "conviction", "outcome": "reconviction", "clock": "liberty"},
    "all stay": {"deaths": "stay", "departures": "stay"},
    "earliest": {"outcome": "reconviction", "imprecise": "earliest"},
    "latest": {"outcome": "reconviction", "imprecise": "latest"},
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_one_person_at_a_time(histories, opened, variant):
    rules = replace(BASE, **VARIANTS[variant])
    cohort = build_cohort(opened, rules)
    expected = []
    for _, history in histories[0].groupby("person"):
        expected += followed_by_hand(history.to_dict("records"), rules)
    found = cohort.frame()
    assert cohort.n == len(expected) > 100
    got = sorted(zip(found["time"], found["event"], found["follow"], strict=True))
    assert got == sorted(expected)
    assert 0 < found["event"].sum() < len(found)
    for rate in cohort.rates():
        own = [(time, event) for time, event, follow in expected if follow >= rate.window]
        assert rate.n == len(own)
        assert rate.events == sum(1 for time, event in own if event and time <= rate.window)


def test_frequency_one_person_at_a_time(histories, opened):
    rules = replace(BASE, windows=(12,))
    cohort = build_cohort(opened, rules)
    counts = []
    for _, history in histories[0].groupby("person"):
        rows = history.to_dict("records")
        for _, _, follow in followed_by_hand(rows, rules):
            index = min((row for row in rows if row["kind"] == "release"), key=lambda row: row["date"])
            start = day_of(index["date"])
            if follow >= 365:
                counts.append(sum(1 for day in outcomes_of(rows, start, index, rules) if (day - start).days <= 365))
    per_person, per_reoffender = frequency(cohort)
    assert per_person.n == len(counts) and per_person.events == sum(counts)
    assert per_person.estimate == pytest.approx(100 * np.mean(counts))
    some = [count for count in counts if count]
    assert per_reoffender.estimate == pytest.approx(np.mean(some))
    error = np.std(counts, ddof=1) / len(counts) ** 0.5 / np.mean(counts)
    assert per_person.upper == pytest.approx(per_person.estimate * np.exp(1.959963984540054 * error), rel=1e-9)
    assert len(repetitions_frame(frequency(cohort, ["sex"]))) == 4


def test_severity_adds_up(opened):
    cohort = build_cohort(opened, BASE)
    rows = severity(cohort)
    found = cohort.frame()
    window = window_days(24)
    own = found[found["event"] & (found["time"] <= window) & (found["follow"] >= window)]
    assert rows[0].events == (own["outcome_severity"] > own["index_severity"]).sum()
    assert sum(row.events for row in rows) == rows[0].n == len(own)


def test_curves_have_death_and_departure_as_competing_events(opened):
    cohort = build_cohort(opened, BASE)
    rows = cohort.curves().records()
    assert {row["cause"] for row in rows} == {"outcome", "death", "departure"}
    frame = cohort.frame()
    simple = frame[(frame["cause"] == "outcome") & (frame["time"] <= 182)]
    early = next(row for row in rows if row["cause"] == "outcome" and row["time"] == 182)
    assert early["estimate"] == pytest.approx(len(simple) / len(frame), abs=0.01)


def test_rates_state_their_rules_and_keep_small_groups_back(opened):
    cohort = build_cohort(opened, replace(BASE, first_index=dt.date(2014, 1, 1), last_index=dt.date(2014, 3, 31)))
    table = cohort.rates(["area", "sex"])
    assert any(rate.estimate is None for rate in table)
    assert any("Index event: each person's first release from 2014-01-01" in rule for rule in table.rules)
    assert any("index events found" in remark for remark in table.remarks)
    assert "synthetic" not in table.summary()


def test_excluded_index_events_reconcile(histories):
    events = pd.DataFrame(
        [
            ("a", "release", "2015-01-01"),
            ("b", "conviction", "2015-01-01"),
            ("b", "admission", "2015-01-01"),  # never released
            ("c", "release", "2015-06-01"),
            ("c", "death", "2015-06-01"),
            ("d", "release", "2015-02-01"),
            ("d", "arrest", "2015-03-01"),
        ],
        columns=["person", "kind", "date"],
    )
    with open_events([EventSource(events)], END) as opened:
        cohort = build_cohort(opened, replace(BASE, last_index=None))
        assert (cohort.found, cohort.n, cohort.excluded) == (3, 2, {"died before follow-up": 1})
        convicted = replace(BASE, index="conviction", last_index=None)
        with pytest.raises(KyotoError) as caught:
            build_cohort(opened, convicted)
        assert caught.value.code == "reoffending.no-index-events"
        assert "never at liberty" in caught.value.got


BAD = [
    (("", "arrest", "2015-01-01", None), "no person"),
    (("a", "arrest", "soon", None), "date cannot be read"),
    (("a", "parade", "2015-01-01", None), "unknown kind of event"),
    (("a", "arrest", "2031-01-01", None), "in the future"),
    (("a", "admission", "2015-05-05", "2015-05-01"), "ends before it begins"),
    (("a", "release", "2014-01-01", None), "repeated row"),
    (("z", "death", "2016-05-01", None), "second death of a person"),
    (("z", "arrest", "2017-01-01", None), "after the person's death"),
]


def test_bad_events_are_rejected_with_their_reason():
    good = [
        ("a", "release", "2014-01-01", None),
        ("z", "release", "2014-01-01", None),
        ("z", "death", "2016-01-01", None),
    ]
    rows = pd.DataFrame(good + [row for row, _ in BAD], columns=["person", "kind", "date", "until"])
    with open_events([EventSource(rows)], END) as events:
        assert events.rejected == {reason: 1 for _, reason in BAD}
        kept = events.frame("SELECT count(*) AS n FROM events")["n"][0]
        assert events.rows == len(rows) == kept + sum(events.rejected.values())
        listed = events.frame("SELECT reason FROM rejected ORDER BY row_id")["reason"].tolist()
        assert listed == [reason for _, reason in BAD]


def test_overlapping_custody_counts_once():
    rows = pd.DataFrame(
        [
            ("a", "release", "2014-01-01", None),
            ("a", "admission", "2014-02-01", "2014-04-01"),
            ("a", "admission", "2014-03-01", "2014-05-01"),
            ("a", "arrest", "2014-06-01", None),
        ],
        columns=["person", "kind", "date", "until"],
    )
    with open_events([EventSource(rows)], END) as events:
        assert any("overlap" in finding for finding in events.findings)
        cohort = build_cohort(events, replace(BASE, clock="liberty"))
        # 151 days from New Year to June, 89 of them in custody
        assert cohort.frame()["time"].tolist() == [151 - 89]


def test_several_files_with_their_own_words(tmp_path):
    pd.DataFrame({"pid": [1, 2], "out": ["2014-01-01", "2014-01-01"]}).to_csv(tmp_path / "releases.csv", index=False)
    arrests = pd.DataFrame({"pid": [1], "when": ["2014-05-01"], "what": ["ARR"]})
    arrests.to_parquet(tmp_path / "arrests.parquet")
    sources = [
        EventSource(tmp_path / "releases.csv", kind="release", columns=(("person", "pid"), ("date", "out"))),
        EventSource(
            tmp_path / "arrests.parquet",
            columns=(("person", "pid"), ("date", "when"), ("kind", "what")),
            words=(("ARR", "arrest"),),
        ),
    ]
    persons = pd.DataFrame({"pid": [1, 1, 3], "sex": ["F", "M", "M"]})
    with open_events(sources, END, persons=persons, person_column="pid") as events:
        cohort = build_cohort(events, BASE)
        assert cohort.n == 2 and cohort.frame()["event"].tolist() == [True, False]
        assert any("listed twice" in finding for finding in events.findings)
        assert any("not in the list of persons" in finding for finding in events.findings)
    with pytest.raises(KyotoError) as caught, open_events([replace(sources[0], columns=(("person", "pidd"),))], END):
        pass
    assert caught.value.code == "reoffending.wrong-column"
    with pytest.raises(KyotoError) as caught, open_events([replace(sources[0], kind="relese")], END):
        pass
    assert caught.value.code == "reoffending.unknown-kind"


def test_lines_that_are_no_record_reconcile(tmp_path):
    file = tmp_path / "events.csv"
    file.write_text("person,kind,date\na,release,2014-01-01\nb,release,2014-01-01,x,y\nc,release,2014-02-01\n")
    with open_events([EventSource(file)], END) as events:
        assert events.rejected == {"line is no record": 1}
        assert events.rows == 3 == events.frame("SELECT count(*) AS n FROM events")["n"][0] + 1


def test_identifiers_in_the_wrong_column():
    rows = pd.DataFrame({"person": ["2014-01-01"] * 3, "kind": ["release"] * 3, "date": ["p1", "p2", "p3"]})
    with pytest.raises(KyotoError) as caught, open_events([EventSource(rows)], END):
        pass
    assert caught.value.code == "reoffending.no-events" and "date cannot be read" in caught.value.got


@pytest.mark.parametrize(
    "change",
    [{"outcome": "rearrest"}, {"index": "admission"}, {"windows": ()}, {"windows": (200,)}, {"settle_months": -1},
     {"first_index": dt.date(2020, 1, 1)}],
)  # fmt: skip
def test_rules_that_cannot_be_followed(opened, change):
    with pytest.raises(KyotoError) as caught:
        build_cohort(opened, replace(BASE, **change))
    assert caught.value.code == "reoffending.wrong-rule"


def test_rules_need_their_fields():
    rows = pd.DataFrame({"person": ["a"], "kind": ["release"], "date": ["2014-01-01"]})
    with open_events([EventSource(rows)], END) as events:
        with pytest.raises(KyotoError) as caught:
            build_cohort(events, replace(BASE, same_section=True))
        assert caught.value.code == "reoffending.missing-field"
        with pytest.raises(KyotoError):
            severity(build_cohort(events, BASE))


def test_comparability():
    assert compare_rules(BASE, BASE).grade is Grade.COMPARABLE
    assert compare_rules(BASE, replace(BASE, pseudo="count")).grade is Grade.WITH_CARE
    worst = compare_rules(BASE, replace(BASE, pseudo="count", outcome="reconviction"))
    assert worst.grade is Grade.NOT and worst.differences[0].rule == "outcome"
    assert compare_rules(BASE, replace(BASE, windows=(36,))).grade is Grade.NOT
    assert compare_rules(BASE, replace(BASE, windows=(12, 36))).windows == (12,)
    # where and when the data are from does not make two results incomparable
    assert compare_rules(BASE, replace(BASE, end=dt.date(2022, 12, 31))).grade is Grade.COMPARABLE


def test_the_same_seed_gives_the_same_people():
    first, second, other = (synthetic_histories(50, seed=seed)[0] for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first, second)
    assert not first.equals(other)
    assert {"arrest", "charge", "conviction", "admission", "release"} <= set(first["kind"])
