"""Bad input, one name a clause, through the commands: findings are clear, and rows read are cases and rejected."""

from __future__ import annotations

import json

import pytest

HEAD = "case,recorded,charged,admitted,released"
GOOD = [f"C{number},2020-01-01,2020-02-01,2020-03-01,2020-06-01" for number in range(20)]


@pytest.fixture
def attrition(kyoto, tmp_path):
    """Run ``kyoto flow attrition`` on lines; its JSON, or what it says where it refuses."""

    def run(lines, *more, code=0):
        path = tmp_path / "cases.csv"
        path.write_text("\n".join([HEAD, *lines, ""]))
        ended, out, err = kyoto("flow", "attrition", path, "--within", "300", "--json", *more)
        assert ended == code, err
        return json.loads(out) if not code else err

    return run


def reconciled(found, rows, rejected):
    facts = found["facts"]
    assert facts["rejected"] == rejected
    assert facts["rows"] == rows == facts["cases"] + sum(rejected.values())


UNTIL = ("--until", "2021-12-31")


def test_release_before_admission(attrition):
    found = attrition([*GOOD, "X,2020-01-01,2020-02-01,2020-03-01,2020-02-15"], *UNTIL)
    reconciled(found, 21, {"released before admitted": 1})


def test_rejected_cases_are_printed(kyoto, tmp_path):
    path = tmp_path / "cases.csv"
    path.write_text("\n".join([HEAD, *GOOD, "X,2020-05-01,2020-02-01,,", ""]))
    code, out, _ = kyoto("flow", "attrition", path, *UNTIL)
    assert code == 0 and "rejected: charged before recorded (1)" in out


def test_overlapping_custody(kyoto, tmp_path):
    """Two stays of one person are one for a count of persons: the second is a further record, and counted as such."""
    (tmp_path / "prisons.csv").write_text("id,date\nA,2020-01-01\nA,2020-02-01\nB,2020-01-01\n")
    (tmp_path / "probation.csv").write_text("id,date\nA,2020-06-01\n")
    files = [f"admitted={tmp_path / 'prisons.csv'}", f"released={tmp_path / 'probation.csv'}"]
    code, out, _ = kyoto("flow", "cases", *files, "--unit", "person", "-o", tmp_path / "a.csv", "--json")
    count = json.loads(out)["records"]["admitted"]
    assert code == 0 and count == {"rows": 3, "used": 2, "identifier repeated": 1}


def test_deaths_before_events(kyoto, tmp_path):
    """Prison counts have deaths and no events: more of them than prisoners, or fewer than none, cannot be."""
    path = tmp_path / "prisons.csv"
    path.write_text("period,held,unsentenced,deaths\n2020,100,30,120\n2021,100,30,2\n")
    _, out, _ = kyoto("flow", "pretrial", path, "--json")
    rows = {row["period"]: row for row in json.loads(out)["estimates"] if row["term"] == "deaths_per_1000"}
    assert rows["2020"]["estimate"] is None and rows["2020"]["note"] == "more deaths than held"
    assert rows["2021"]["estimate"] == 20
    path.write_text("period,held,deaths\n2020,100,-1\n")
    code, _, err = kyoto("flow", "pretrial", path)
    assert code == 2 and "flow.wrong-number" in err


def test_duplicate_cases(attrition):
    reconciled(attrition([*GOOD, GOOD[0]], "--id", "case", *UNTIL), 21, {"identifier repeated": 1})


def test_negative_times(attrition, kyoto, tmp_path):
    """A stage before the one it follows is a negative time; a negative length is no length."""
    found = attrition([*GOOD, "X,2020-05-01,2020-02-01,,"], *UNTIL)
    reconciled(found, 21, {"charged before recorded": 1})
    path = tmp_path / "sentences.csv"
    path.write_text("months\n" + "12\n" * 12 + "-3\n")
    code, _, err = kyoto("flow", "lengths", path, "--length", "months")
    assert code == 2 and "flow.wrong-number" in err and ":14" in err


@pytest.mark.parametrize("command", ["time", "pending"])
def test_stages_in_the_wrong_order(kyoto, tmp_path, command):
    """A time that runs backwards would be negative."""
    path = tmp_path / "cases.csv"
    path.write_text("\n".join([HEAD, *GOOD, ""]))
    code, _, err = kyoto("flow", command, path, "--since", "released", "--to", "charged")
    assert code == 2 and "flow.wrong-order" in err and "charged does not come after released" in err


def test_lengths_reconcile(kyoto, tmp_path):
    path = tmp_path / "sentences.csv"
    path.write_text("months,sex\n" + "12,F\n" * 12 + ",F\n")
    _, out, _ = kyoto("flow", "lengths", path, "--length", "months", "--json")
    assert json.loads(out)["facts"] == {"rows": 13, "cases": 12, "rejected": {"no length": 1}}
    path.write_text("months,sex\n,F\n")
    code, _, err = kyoto("flow", "lengths", path, "--length", "months")
    assert code == 2 and "No row has a length" in err


def test_future_dates(attrition):
    found = attrition([*GOOD, "X,2099-01-01,,,", "Y,2020-01-01,2020-02-01,2020-03-01,2099-01-01"], "--within", "100")
    reconciled(found, 22, {"recorded after the end of the file": 1, "released after the end of the file": 1})
    found = attrition([*GOOD, "X,2021-06-01,,,"], "--until", "2021-01-01")
    reconciled(found, 21, {"recorded after the end of the file": 1})


def test_all_open(attrition, kyoto, tmp_path):
    lines = [f"C{number},2020-01-01,,," for number in range(20)]
    found = attrition(lines, *UNTIL)
    assert [row["estimate"] for row in found["estimates"]] == [1, 0, 0, 0]
    code, out, _ = kyoto("flow", "time", tmp_path / "cases.csv", "--to", "charged", *UNTIL, "--json")
    assert code == 0 and {row["note"] for row in json.loads(out)["estimates"]} == {"too few cases have ended yet"}


def test_one_group_of_one_case(kyoto, tmp_path):
    path = tmp_path / "cases.csv"
    lines = [f"{line},{sex}" for line, sex in zip([*GOOD, GOOD[0]], ["M"] * 20 + ["F"], strict=True)]
    path.write_text("\n".join([HEAD + ",sex", *lines, ""]))
    _, out, _ = kyoto("flow", "attrition", path, "--by", "sex", "--within", "300", *UNTIL, "--json")
    rows = [row for row in json.loads(out)["estimates"] if row["sex"] != "_T"]
    # with the total, the group of twenty would give the one away
    assert {row["sex"] for row in rows} == {"F", "M"} and all(row["estimate"] is None for row in rows)
    assert all("withheld" in row["note"] for row in rows)


def test_dates_as_identifiers(attrition):
    days = [f"2019-01-{number + 1:02},2020-01-01,2020-02-01,," for number in range(20)]
    found = attrition(days, "--id", "case", *UNTIL)
    assert "flow.dates-as-identifiers" in {row["code"] for row in found["findings"]}


def test_one_identifier_for_all(attrition):
    said = attrition([line.replace(line.split(",")[0], "A") for line in GOOD], "--id", "case", *UNTIL, code=2)
    assert "flow.wrong-identifier" in said and "19 of 20 rows" in said


def test_identifiers_in_the_column_of_dates(attrition):
    said = attrition(GOOD, "--stage", "recorded=case", "--stage", "charged=charged", code=2)
    assert "flow.wrong-date" in said


def test_no_case_in_common(kyoto, tmp_path):
    (tmp_path / "police.csv").write_text("id,date\nA,2020-01-01\n")
    (tmp_path / "courts.csv").write_text("id,date\nB,2020-02-01\n")
    files = [f"recorded={tmp_path / 'police.csv'}", f"convicted={tmp_path / 'courts.csv'}"]
    code, _, err = kyoto("flow", "cases", *files, "-o", tmp_path / "a.csv")
    assert code == 2 and "flow.nothing-links" in err and "1 no case of the person before it" in err
