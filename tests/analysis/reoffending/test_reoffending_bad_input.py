"""Bad input, one name a clause, through the commands: findings are clear, and rows read are rows used and rejected."""

from __future__ import annotations

import json

import pytest

PEOPLE = [f"p{number}" for number in range(12)]
RELEASES = [f"{person},2020-01-01" for person in PEOPLE]
ARRESTS = ["p0,2020-03-01", "p1,2020-06-01", "p2,2021-06-01"]


@pytest.fixture
def cohort(kyoto, tmp_path):
    """Run ``kyoto reoffending cohort`` on lines by kind; all that it says, and the rates of what it writes."""

    def run(more=(), *, code=0, **kinds):
        files = []
        for kind, lines in ({"release": RELEASES, "arrest": ARRESTS} | kinds).items():
            path = tmp_path / f"{kind}.csv"
            head = [] if lines[0].startswith("person") else ["person,date"]
            path.write_text("\n".join([*head, *lines, ""]))
            files.append(f"{kind}={path}")
        output = tmp_path / "followed.csv"
        named = ["--end", "2022-12-31", "--outcome", "re-arrest", "-o", output, "--json", *more]
        ended, out, err = kyoto("reoffending", "cohort", *files, *named)
        assert ended == code, err
        if code:
            return err
        found = json.loads(out)
        followed = len(output.read_text().splitlines()) - 1
        assert found["followed"] == followed
        assert found["index_events"] == followed + sum(found["excluded"].values())
        return found

    return run


def reconciled(found, rows, rejected):
    assert found["rows"] == rows
    assert found["rejected"] == rejected
    for reason, count in rejected.items():
        assert f"{count:,} rows of events rejected: {reason}." in found["findings"]


def test_release_before_admission(cohort):
    stays = ["person,date,until", "p0,2019-06-01,2019-05-01", "p1,2019-01-01,2020-01-01"]
    found = cohort(["--until", "until"], admission=stays)
    reconciled(found, 12 + 3 + 2, {"ends before it begins": 1})
    assert "11 releases have no admission before them." in found["findings"]


def test_overlapping_custody(cohort):
    stays = ["person,date,until", "p0,2019-06-01,2020-01-01", "p0,2019-08-01,2019-12-01", "p1,2019-01-01,2020-01-01"]
    found = cohort(["--until", "until"], admission=stays)
    reconciled(found, 12 + 3 + 3, {})
    assert "1 stays in custody overlap or touch another of the same person and are merged." in found["findings"]


def test_deaths_before_events(cohort):
    found = cohort(death=["p0,2020-02-01", "p5,2019-01-01"])
    # p0 is arrested, and p5 released, after the day on which they died
    reconciled(found, 12 + 3 + 2, {"after the person's death": 2})
    assert found["followed"] == 11


def test_duplicate_persons(cohort, tmp_path):
    (tmp_path / "people.csv").write_text("person,sex\n" + "\n".join(f"{person},F" for person in [*PEOPLE, "p0"]))
    found = cohort(["--persons", tmp_path / "people.csv"], release=[*RELEASES, RELEASES[0]])
    reconciled(found, 13 + 3, {"repeated row": 1})
    assert "1 persons are listed twice or without identifier: the first row counts." in found["findings"]
    assert found["followed"] == 12


def test_negative_times(kyoto, tmp_path):
    path, rejects = tmp_path / "people.csv", tmp_path / "rejects.csv"
    path.write_text("days,event\n" + "30,1\n400,0\n" * 10 + "-5,1\n-1,0\n")
    asked = ["--time", "days", "--event", "event", "--window", "365", "--json", "--rejects", rejects]
    code, out, err = kyoto("reoffending", "rates", path, *asked)
    row = json.loads(out)[0]
    assert code == 0 and "2 rows rejected: time is negative." in err
    assert row["rows"] == 22 == row["n"] + row["censored"] + row["rejected"]
    assert [line.split(",")[0] for line in rejects.read_text().splitlines()[1:]] == ["21", "22"]


def test_future_dates(cohort, kyoto, tmp_path):
    found = cohort(arrest=[*ARRESTS, "p3,2031-01-01"])
    reconciled(found, 12 + 4, {"in the future": 1})
    path = tmp_path / "people.csv"
    path.write_text("start,end,event\n" + "2020-01-01,2020-06-01,1\n" * 10 + "2020-01-01,2099-01-01,1\n")
    asked = ["--start", "start", "--time", "end", "--event", "event", "--window", "365", "--json"]
    code, out, err = kyoto("reoffending", "rates", path, *asked)
    assert code == 0 and "1 rows rejected: date cannot be read or is to come." in err
    assert json.loads(out)[0]["rejected"] == 1


def test_all_censored(kyoto, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("days,event\n" + "100,0\n" * 20)
    code, out, err = kyoto(
        "reoffending", "rates", path, "--time", "days", "--event", "event", "--window", "365", "--json"
    )
    row = json.loads(out)[0]
    assert code == 0 and row["estimate"] is None and row["note"] == "nobody was followed through the window"
    assert row["censored"] == row["rows"] == 20
    code, out, err = kyoto(
        "reoffending", "survival", path, "--time", "days", "--event", "event", "--at", "50", "--json"
    )
    assert code == 0 and json.loads(out)[0]["estimate"] == 0 and "all are censored" in err


def test_one_group_of_one_person(cohort, kyoto, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("days,event,sex\n" + "30,1,M\n400,0,M\n" * 10 + "30,1,F\n")
    asked = ["--time", "days", "--event", "event", "--window", "365", "--by", "sex", "--json"]
    code, out, _ = kyoto("reoffending", "rates", path, *asked)
    rows = {row["sex"]: row for row in json.loads(out)}
    assert code == 0 and rows["F"]["n"] is None and "withheld" in rows["F"]["note"]
    assert rows["M"]["n"] is None  # with the total it would give the one person away
    path.write_text("days,event,sex\n30,1,F\n")
    code, out, _ = kyoto("reoffending", "rates", path, *asked)
    rows = json.loads(out)
    assert len(rows) == 1 and rows[0]["sex"] == "_T" and "fewer than 10 persons" in rows[0]["note"]
    found = cohort(release=["p0,2020-01-01"], arrest=["p0,2020-03-01"])
    assert found["followed"] == 1


def test_dates_in_the_column_of_persons(cohort):
    found = cohort(["--person", "date"])
    assert "The persons of release.csv look like dates: is this the column of persons?" in found["findings"]


def test_persons_in_the_column_of_dates(cohort):
    said = cohort(["--date", "person"], code=2)
    assert "reoffending.no-events" in said and "15 rows: date cannot be read" in said


def test_one_identifier_for_all(cohort):
    found = cohort(arrest=[line.replace(line.split(",")[0], "p0") for line in ARRESTS])
    assert "All 3 events of arrest.csv are of one person: is this the column of persons?" in found["findings"]


def test_no_person_in_common(cohort):
    found = cohort(arrest=[line.replace("p", "q") for line in ARRESTS])
    assert any("No person is in two of the files release.csv, arrest.csv" in line for line in found["findings"])
    usual = cohort()
    assert usual["findings"] == []


def test_identifiers_as_the_group(kyoto, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("id,days,event\n" + "\n".join(f"x{number},30,1" for number in range(1200)) + "\n")
    asked = ["--time", "days", "--event", "event", "--window", "365", "--by", "id"]
    code, _, err = kyoto("reoffending", "rates", path, *asked)
    assert code == 2 and "reoffending.too-many-groups" in err
