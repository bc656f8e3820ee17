"""The dashboard: what is due to whom, what nobody has to report on; counts against counting by hand."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime

import icalendar
import pytest

from kyoto.cooperation.mandates.followup import (
    Register,
    add_obligations,
    build_dashboard,
    calendar_for,
    change,
    due_entries,
    read_calendar,
    session_of,
    set_session,
)
from kyoto.cooperation.mandates.followup.dashboard import VIEWS
from kyoto.cooperation.mandates.followup.dashboard_page import dashboard_html, write_dashboard
from kyoto.cooperation.mandates.followup.feed import to_icalendar
from kyoto.cooperation.mandates.followup.report import build_report, report_html, write_report
from kyoto.cooperation.mandates.intake import read_document
from kyoto.cooperation.mandates.mechanisms import add_recommendations, read_recommendations, recommendation_rows
from kyoto.cooperation.mandates.obligations import obligations
from kyoto.cooperation.mandates.structure import parse
from kyoto.core.errors import KyotoError

DAY = date(2019, 6, 1)
TEXT = """Resolution 28/9

Data on <b>gardens</b>

The Commission on Crime Prevention and Criminal Justice,

1. Requests the Secretary-General to report to the Commission at its twenty-ninth session;

2. Requests the United Nations Office on Drugs and Crime and the Secretary-General to help States by May 2019;

3. Encourages Member States to plant trees;

4. Invites the Commission to consider it at its ninety-ninth session;

5. Encourages the planting of trees everywhere;

6. Requests the Secretary-General to send a list to the Congress, the fifteenth, in due course.
"""
REVIEWS = (
    "mechanism,cycle,state,recommendation,response,status,due,units,evidence\n"
    'upr,3,AUT,"Plant <i>trees</i>",accepted,under way,2019-05-01,Gardens,\n'
    "upr,3,FRA,Water them,noted,,session:ga-80,,\n"
    "uncac-irm,2,AUT,Sell the fruit,accepted,done,2019-01-01,,A/1\n"
)


def number(place):
    return f"garden#resolution-28-9/{place}:1"


@pytest.fixture
def register(tmp_path):
    titles = {"resolution-28-9": "Data on <b>gardens</b>"}
    found = obligations(parse(TEXT, "garden"))
    register = add_obligations(Register(), found, titles=titles, adopted="2019-05-24", today=DAY, by="rules")
    (tmp_path / "reviews.csv").write_text(REVIEWS, encoding="utf-8")
    return add_recommendations(
        register, read_recommendations(tmp_path / "reviews.csv").recommendations, today=DAY, by="desk"
    )


def board_of(register, **settings):
    return build_dashboard(register, calendar_for(register), today=DAY, **settings)


def test_what_is_due_to_whom(register):
    board = board_of(register)
    who = {row["id"]: (row["open"], row["late"], row["next_day"], row["confirmed"]) for row in board.by_addressee}
    assert who == {
        "secretary-general": (2, 1, "2020-12-03", True),
        "unodc": (1, 1, None, None),
        "commission": (1, 0, None, None),
    }
    recipients = {row["id"]: (row["obligations"], row["late"]) for row in board.by_recipient}
    assert recipients == {"commission": (1, 0), "": (2, 1)}
    assert [(row["due"], row["day"], row["obligations"], row["late"]) for row in board.by_occasion] == [
        ("date:2019-05", "2019-05-31", 1, 1),
        ("session:ccpcj-29", "2020-12-03", 1, 0),
        ("session:ccpcj-99", None, 1, 0),
    ]
    assert [row["id"] for row in board.overdue] == [number(2)]
    assert [row["id"] for row in board.unknown_day] == [number(4)]


def test_what_is_due_at_a_session_is_due_to_its_body(register):
    """Unless that body is the one who owes it, or the text names somebody else."""
    entries = tuple(
        replace(entry, due=due, report_to=())
        for entry, due in zip(
            register.entries,
            [("session:ga-75",), ("event:congress-14",), ("date:2020",), ("session:ccpcj-30",)],
            strict=False,
        )
    )
    board = board_of(replace(register, entries=entries))
    recipients = {row["id"]: row["obligations"] for row in board.by_recipient}
    assert recipients == {"general-assembly": 1, "congress": 1, "": 2}


def test_what_nobody_reports_on_answers_for_or_is_asked(register):
    board = board_of(register)
    assert [row["id"] for row in board.no_reporting_duty] == [number(3), number(5), number(6)]
    assert [row["id"] for row in board.no_addressee] == [number(5)]
    assert board.nobody_responsible == ()
    accepted = change(register, number(1), by="desk", today=DAY, state="accepted")
    assert [row["id"] for row in board_of(accepted).nobody_responsible] == [number(1)]
    answered = change(accepted, number(1), by="desk", today=DAY, units=["Unit"])
    assert board_of(answered).nobody_responsible == ()
    assert board_of(answered, accepted_only=True).counts["obligations"] == 1


def test_closed_and_rejected_obligations_are_not_owed(register):
    done = change(register, number(2), by="desk", today=DAY, state="accepted", status="done", evidence="A/1")
    gone = change(done, number(1), by="desk", today=DAY, state="rejected")
    board = board_of(gone)
    assert board.overdue == ()
    assert {row["id"]: row["open"] for row in board.by_addressee} == {
        "secretary-general": 0, "unodc": 0, "commission": 1,
    }  # fmt: skip
    assert (board.counts["obligations"], board.counts["open"], board.counts["waiting"]) == (5, 4, 4)


def test_recommendations_in_the_dashboard(register):
    board = board_of(register)
    assert (board.counts["recommendations"], board.counts["recommendations_late"]) == (3, 1)
    assert [(row["mechanism"], row["state"], row["late"]) for row in board.recommendations] == [
        ("uncac-irm", "AUT", 0), ("upr", "AUT", 1), ("upr", "FRA", 0),
    ]  # fmt: skip
    assert [(row["state"], row["day"], row["confirmed"]) for row in board.recommendations_due] == [
        ("AUT", "2019-05-01", True), ("FRA", "2025-09-16", False),
    ]  # fmt: skip


def test_the_page_answers_its_questions_and_escapes(register, tmp_path):
    board = board_of(register)
    page = dashboard_html(board)
    assert all(question.replace("'", "&#39;") in page for question in VIEWS.values())
    assert all(f'id="{name}"' in page for name in VIEWS)
    assert "<b>gardens" not in page
    assert "<i>trees" not in page
    assert page.count("date not confirmed</span>") == 1
    for suffix in ("html", "pdf", "json"):
        write_dashboard(board, tmp_path / f"board.{suffix}")
    assert (tmp_path / "board.pdf").read_bytes().startswith(b"%PDF-")
    told = json.loads((tmp_path / "board.json").read_text(encoding="utf-8"))
    assert set(told) == {"day", "counts", *VIEWS}
    with pytest.raises(KyotoError) as caught:
        write_dashboard(board, tmp_path / "board.txt")
    assert caught.value.code == "mandates.unknown-format"


def test_an_empty_dashboard_says_what_to_do():
    page = dashboard_html(board_of(Register()))
    assert "The register is empty" in page
    assert "<table" not in page


def test_the_report_holds_recommendations(register, tmp_path):
    report = build_report(register, calendar_for(register), today=DAY, title="T")
    page = report_html(report)
    assert page.count('<article id="upr-3-') == 2
    assert "Universal Periodic Review, cycle 3" in page
    assert "&lt;i&gt;trees" in page
    assert "1 May 2019 (late)" in page
    assert "session 80, General Assembly (16 September 2025, date not confirmed)" in page
    write_report(report, tmp_path / "report.docx")
    with zipfile.ZipFile(tmp_path / "report.docx") as archive:
        text = archive.read("word/document.xml").decode()
    assert "Austria: Universal Periodic Review, cycle 3" in text
    assert "3 recommendations of review mechanisms, 1 late." in text


def test_days_of_the_office_stand_over_kyotos_and_a_file_over_both(register, tmp_path):
    own = set_session(
        register, session_of("ccpcj-29", "2020-05-18", "2020-05-22", verified=False), by="desk", today=DAY
    )
    own = set_session(own, session_of("ccpcj-99", "2090-05-18"), by="desk", today=DAY)
    board = board_of(own)
    days = {row["due"]: (row["day"], row["confirmed"]) for row in board.by_occasion}
    assert days["session:ccpcj-29"] == ("2020-05-18", False)
    assert days["session:ccpcj-99"] == ("2090-05-18", True)
    assert board.unknown_day == ()
    path = tmp_path / "sessions.toml"
    path.write_text('[[session]]\nid = "ccpcj-29"\nstart = 2020-06-01\n', encoding="utf-8")
    assert calendar_for(own, path).day("session:ccpcj-29") == date(2020, 6, 1)
    assert calendar_for(own, path).day("session:ccpcj-27") == date(2018, 5, 14)
    moved = set_session(own, session_of("ccpcj-29", "2020-12-03"), by="desk", today=DAY)
    assert len(moved.sessions) == 2
    assert Register.from_dict(json.loads(json.dumps(moved.to_dict()))) == moved


@pytest.mark.parametrize(
    "words", [("ccpcj", "2020-01-01"), ("ccpcj-1", "2020-13-01"), ("ccpcj-1", "2020-01-02", "2020-01-01"), ("", "")]
)
def test_wrong_sessions_are_refused(words):
    with pytest.raises(KyotoError) as caught:
        session_of(*words)
    assert caught.value.code == "mandates.wrong-session"


def test_every_session_of_kyoto_has_a_source_or_is_not_confirmed():
    for session in read_calendar().sessions.values():
        assert session.source or not session.verified, session.id
        assert ("announced" in session.source) is not session.verified, session.id


@pytest.mark.shared
def test_sessions_are_those_that_the_documents_print(shared_documents):
    calendar = read_calendar()
    for name, session in (("report-26th-session-2017", "ccpcj-26"), ("report-28th-session-2019", "ccpcj-28")):
        text = (shared_documents / f"{name}.txt").read_text(encoding="utf-8")
        one = calendar.sessions[session]
        assert f"{one.start.day}–{one.end.day} {one.end:%B %Y}" in text.replace("-", "–")
    guide = (shared_documents / "discussion-guide-14th-congress-2018.txt").read_text(encoding="utf-8")
    planned = calendar.sessions["congress-14"].note.removeprefix("planned for ").replace(" to ", "–")
    assert f"Kyoto, Japan, {planned}" in guide


@pytest.mark.shared
def test_the_dashboard_of_the_real_reports(shared_documents):
    """Counted again from the obligations themselves."""
    register, asked = Register(), []
    for name in ("report-26th-session-2017.txt", "report-28th-session-2019.txt"):
        found = obligations(read_document(shared_documents / name))
        asked += [one for one in found if one.asks]
        register = add_obligations(register, found, titles={}, today=DAY, by="rules")
    board = board_of(register)
    assert board.counts["obligations"] == len(asked)
    with_time = {one.id for one in asked if one.due}
    silent = {one.id for one in asked if not one.due and not one.report_to and one.force != "decide"}
    assert {row["id"] for row in board.no_reporting_duty} == silent
    assert {entry["id"] for row in board.by_occasion for entry in row["entries"]} == with_time
    unodc = [one for one in asked if one.due and "unodc" in {party.id for party in one.addressees}]
    assert {row["id"]: row["obligations"] for row in board.by_addressee}["unodc"] == len(unodc)


def test_what_falls_due_soon(register):
    days = calendar_for(register)
    assert [one.entry.id for one in due_entries(register, days, today=DAY, within=365)] == [number(2)]
    assert [one.entry.id for one in due_entries(register, days, today=DAY, within=600)] == [number(2), number(1)]


def test_the_feed_holds_recommendations_and_says_what_is_tentative(register):
    days = calendar_for(register)
    rows = recommendation_rows(register.recommendations, days, today=DAY)
    entries = due_entries(register, days, today=DAY)
    feed = to_icalendar(entries, recommendations=rows, now=datetime(2019, 6, 1, tzinfo=UTC), remind_days=7)
    events = icalendar.Calendar.from_ical(feed).walk("VEVENT")
    told = {event["dtstart"].dt.isoformat(): str(event["status"]) for event in events}
    assert told == {
        "2019-05-31": "CONFIRMED", "2020-12-03": "CONFIRMED", "2019-05-01": "CONFIRMED",
        "2019-01-01": "CONFIRMED", "2025-09-16": "TENTATIVE",
    }  # fmt: skip
    assert sum("date not confirmed" in str(event["summary"]) for event in events) == 1
    assert {alarm["trigger"].dt.days for event in events for alarm in event.walk("VALARM")} == {-7}


def test_a_day_that_does_not_exist_is_no_day(register):
    entry = replace(register.entries[0], due=("date:2019-02-31", "date:2019-13", "session:ccpcj-x"))
    assert [one.day for one in due_entries(replace(register, entries=(entry,)), read_calendar(), today=DAY)] == [
        None
    ] * 3


def test_a_wrong_time_is_refused_when_a_person_types_it(register):
    with pytest.raises(KyotoError) as caught:
        change(register, number(1), by="desk", today=DAY, due=["2019-02-31"])
    assert caught.value.code == "mandates.wrong-due"
    changed = change(register, number(1), by="desk", today=DAY, due=["2021-06-30"])
    assert changed.entry(number(1)).due == ("date:2021-06-30",)


def test_the_commands(tmp_path, kyoto):
    (tmp_path / "garden.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "reviews.csv").write_text(REVIEWS, encoding="utf-8")
    where = ("--register", str(tmp_path / "mandates.json"))
    assert kyoto("mandates", "register", tmp_path / "garden.txt", "--by", "Desk", *where).code == 0
    ran = kyoto("mandates", "reviews", "import", tmp_path / "reviews.csv", "--by", "Desk", *where)
    assert ran.out.startswith("3 new, 0 changed, 3 recommendations in ")
    again = kyoto("mandates", "reviews", "import", "-", "--by", "Desk", *where, stdin=REVIEWS)
    assert again.out.startswith("0 new, 0 changed")
    board = kyoto("mandates", "dashboard", *where, "--today", "2019-06-01", "--json", "--out", tmp_path / "d.html")
    assert board.rows["counts"]["recommendations_late"] == 1
    assert "What is overdue?" in (tmp_path / "d.html").read_text(encoding="utf-8")
    one = kyoto("mandates", "dashboard", *where, "--today", "2019-06-01", "--view", "no-reporting-duty", "--json")
    assert [row["paragraph"] for row in one.rows] == ["3", "5", "6"]
    for view in VIEWS:
        shown = kyoto("mandates", "dashboard", *where, "--view", view.replace("_", "-"))
        assert (shown.code, VIEWS[view] in shown.out) == (0, True), view
    lines = kyoto("mandates", "dashboard", *where, "--csv").out.splitlines()
    assert lines[0] == "name,open,late,next_day,confirmed,next_occasion"
    wrong = kyoto("mandates", "dashboard", *where, "--view", "overdu")
    assert (wrong.code, "Did you mean 'overdue'" in wrong.err) == (2, True)
    listed = kyoto("mandates", "reviews", "list", *where, "--state", "Austria", "--open", "--json").rows
    assert [row["id"] for row in listed] == [row["id"] for row in listed if row["state"] == "AUT"]
    assert len(listed) == 1
    followed = kyoto(
        "mandates",
        "reviews",
        "follow",
        listed[0]["id"],
        "--status",
        "reported",
        "--evidence",
        "A/2",
        "--by",
        "D",
        *where,
    )
    assert followed.out.strip() == f"{listed[0]['id']}: accepted, reported"
    counted = kyoto("mandates", "reviews", "summary", *where, "--by", "state", "--json").rows
    assert {row["state"]: (row["recommendations"], row["reported"]) for row in counted} == {
        "AUT": (2, 1),
        "FRA": (1, 0),
    }
    for words in (("--state", "Atlantis"), ("--mechanism", "uprr"), ("--status", "finished")):
        assert kyoto("mandates", "reviews", "list", *where, *words).code == 2
    kyoto("mandates", "sessions", *where, "--set", "ccpcj-99 2090-05-01 2090-05-05", "--unconfirmed", "--by", "D")
    (session,) = [row for row in kyoto("mandates", "sessions", *where, "--json").rows if row["id"] == "ccpcj-99"]
    assert (session["start"], session["confirmed"]) == ("2090-05-01", False)
    assert kyoto("mandates", "sessions", *where, "--set", "").code == 2
    assert kyoto("mandates", "reviews", "template", tmp_path / "t.csv").code == 0
    assert kyoto("mandates", "reviews", "template", tmp_path / "t.csv").code == 2
    empty = kyoto("mandates", "reviews", "import", tmp_path / "t.csv", "--by", "Desk", *where)
    assert (empty.code, "no row" in empty.err) == (2, True)


def test_the_report_of_a_year_says_what_changed(register, tmp_path):
    day = date(2019, 6, 20)
    changed = change(register, number(1), by="desk", today=day, state="accepted", status="done", evidence="E/<1>")
    changed = change(changed, number(3), by="head", today=date(2018, 6, 20), state="accepted")
    report = build_report(changed, calendar_for(changed), today=day, title="T", since=date(2019, 6, 2))
    assert [(row["day"], row["by"], row["label"]) for row in report.changes] == [
        ("2019-06-20", "desk", "Resolution 28/9, paragraph 1")
    ]
    page = report_html(report)
    assert "What changed since 02 June 2019?" in page
    assert "E/&lt;1&gt;" in page
    write_report(report, tmp_path / "report.docx")
    with zipfile.ZipFile(tmp_path / "report.docx") as archive:
        assert "2019-06-20, Resolution 28/9, paragraph 1" in archive.read("word/document.xml").decode()
    assert "What changed" not in report_html(build_report(changed, calendar_for(changed), today=day, title="T"))


def test_a_symbol_that_the_text_does_not_print(kyoto, tmp_path):
    (tmp_path / "garden.txt").write_text(TEXT, encoding="utf-8")
    register = str(tmp_path / "mandates.json")
    words = ("--by", "Desk", "-r", register, "--symbol", "E/2019/30")
    assert kyoto("mandates", "register", tmp_path / "garden.txt", *words).code == 0
    entries = json.loads((tmp_path / "mandates.json").read_text(encoding="utf-8"))["entries"]
    assert entries[0]["id"] == "E/2019/30#resolution-28-9/1:1"
    read = kyoto("mandates", "read", tmp_path / "garden.txt", "--symbol", "E/2019/30", "--json").rows
    assert read["document"]["symbol"] == "E/2019/30"
    both = kyoto("mandates", "register", tmp_path / "garden.txt", tmp_path / "garden.txt", *words)
    assert both.code == 2
