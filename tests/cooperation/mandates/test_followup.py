"""Follow-up: the register keeps what persons made of suggestions, days come from the calendar, the report says it."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, date, datetime
from itertools import pairwise

import icalendar
import pytest

from kyoto.cooperation.mandates.followup import (
    FileStore,
    Register,
    add_obligations,
    change,
    due_entries,
    read_calendar,
    without_report,
)
from kyoto.cooperation.mandates.followup.feed import to_icalendar
from kyoto.cooperation.mandates.followup.report import build_report, report_html, write_report
from kyoto.cooperation.mandates.obligations import obligations
from kyoto.cooperation.mandates.structure import parse
from kyoto.core.errors import KyotoError

DAY = date(2019, 6, 1)
TEXT = """Resolution 28/9

Data on <b>gardens</b>

The Commission on Crime Prevention and Criminal Justice,

1. Requests the Secretary-General to report to the Commission at its twenty-ninth session;

2. Requests the United Nations Office on Drugs and Crime, upon request, to help States by May 2019;

3. Encourages Member States to plant trees;

4. Invites the Commission to consider it at its next session;

5. Welcomes it.
"""
FIRST, SECOND, THIRD, FOURTH = (f"garden#resolution-28-9/{number}:1" for number in range(1, 5))


def suggested(text=TEXT, register=None):
    document = parse(text, "garden")
    titles = {"resolution-28-9": "Data on <b>gardens</b>"}
    return add_obligations(
        register or Register(), obligations(document), titles=titles, adopted="2019-05-24", today=DAY, by="rules"
    )


@pytest.fixture
def register():
    return suggested()


def test_only_what_asks_or_decides_is_registered(register):
    assert [entry.id for entry in register.entries] == [FIRST, SECOND, THIRD, FOURTH]
    assert {entry.state for entry in register.entries} == {"suggested"}
    assert register.entry(FIRST).due == ("session:ccpcj-29",)
    assert register.entry(FIRST).report_to == ("commission",)
    assert register.entry(SECOND).conditions == ("upon-request",)


def test_adding_again_keeps_what_persons_made_of_it(register):
    changed = change(register, SECOND, by="Unit", today=DAY, state="accepted", status="under-way", units=["Unit"])
    assert suggested(register=changed).entries == changed.entries
    edited = suggested(TEXT.replace("by May 2019", "by May 2020"), changed)
    assert edited.entry(SECOND).state == "suggested"
    assert edited.entry(SECOND).units == ("Unit",)
    assert "the text changed" in edited.entry(SECOND).history[-1].what
    assert edited.entry(FIRST) == changed.entry(FIRST)


def test_changes_have_an_author_and_a_history(register):
    changed = change(register, FIRST, by="Unit", today=DAY, state="accepted", status="done", evidence="E/CN.15/2020/1")
    entry = changed.entry(FIRST)
    assert (entry.state, entry.status) == ("accepted", "done")
    assert [(event.by, event.evidence) for event in entry.history] == [("rules", ""), ("Unit", "E/CN.15/2020/1")]
    edited = change(changed, FIRST, by="Unit", today=DAY, due=["date:2021"])
    assert (edited.entry(FIRST).state, edited.entry(FIRST).due) == ("edited", ("date:2021",))
    assert edited.entry(FIRST).history[:2] == entry.history


@pytest.mark.parametrize(
    ("identifier", "what", "code"),
    [
        ("nothing", {"state": "accepted"}, "mandates.unknown-obligation"),
        (FIRST, {"state": "acepted"}, "mandates.unknown-status"),
        (FIRST, {"state": "accepted", "status": "finished"}, "mandates.unknown-status"),
        (FIRST, {"state": "accepted", "by": " "}, "mandates.no-author"),
        (FIRST, {"status": "under-way"}, "mandates.not-accepted"),
        (FIRST, {"state": "accepted", "status": "done"}, "mandates.no-evidence"),
    ],
)
def test_wrong_changes_are_refused(register, identifier, what, code):
    with pytest.raises(KyotoError) as caught:
        change(register, identifier, **{"by": "Unit", "today": DAY} | what)
    assert caught.value.code == code


def test_days_come_from_the_calendar_and_lateness_from_today(register):
    found = due_entries(register, read_calendar(), today=DAY)
    assert [(one.entry.id, one.day, one.late) for one in found] == [
        (SECOND, date(2019, 5, 31), True),
        (FIRST, date(2020, 12, 3), False),
        (FOURTH, date(2020, 12, 3), False),
    ]
    done = change(register, SECOND, by="Unit", today=DAY, state="accepted", status="done", evidence="x")
    assert not any(one.late for one in due_entries(done, read_calendar(), today=DAY))
    assert SECOND not in {one.entry.id for one in due_entries(done, read_calendar(), today=DAY, open_only=True)}
    assert [one.entry.id for one in due_entries(register, read_calendar(), today=DAY, to=["unodc"])] == [SECOND]


def test_rejected_suggestions_are_not_due_and_not_reported(register):
    rejected = change(register, SECOND, by="Unit", today=DAY, state="rejected")
    assert SECOND not in {one.entry.id for one in due_entries(rejected, read_calendar(), today=DAY)}
    assert SECOND not in report_html(build_report(rejected, read_calendar(), today=DAY, title="T"))


def test_what_nobody_reports_on(register):
    assert [entry.id for entry in without_report(register)] == [THIRD]


def test_the_calendar_can_be_edited(tmp_path, register):
    path = tmp_path / "sessions.toml"
    path.write_text('[[session]]\nid = "ccpcj-29"\nstart = 2020-05-18\nend = 2020-05-22\n', encoding="utf-8")
    days = {one.entry.id: one.day for one in due_entries(register, read_calendar(path), today=DAY)}
    assert days[FIRST] == days[FOURTH] == date(2020, 5, 18)


def test_sessions_of_the_calendar_do_not_overlap():
    by_body = {}
    for session in read_calendar().sessions.values():
        by_body.setdefault(session.body, []).append(session)
    for sessions in by_body.values():
        ordered = sorted(sessions, key=lambda session: int(session.id.rsplit("-", 1)[1]))
        assert all(one.end < other.start for one, other in pairwise(ordered))


@pytest.mark.parametrize(
    "text",
    [
        "[[session]]\nid = 3\n",
        '[[session]]\nid = "ccpcj-30"\nstart = "May"\n',
        "[[session",
        '[[session]]\nid = "x"\nstart = 2020-01-01\n',
    ],
)
def test_a_broken_calendar(tmp_path, text):
    path = tmp_path / "sessions.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(KyotoError) as caught:
        read_calendar(path)
    assert caught.value.code == "mandates.broken-calendar"
    assert caught.value.where.file == str(path)


def test_the_feed_is_read_by_another_program(register):
    feed = to_icalendar(due_entries(register, read_calendar(), today=DAY), now=datetime(2019, 6, 1, tzinfo=UTC))
    events = icalendar.Calendar.from_ical(feed).walk("VEVENT")
    assert sorted(event["dtstart"].dt for event in events) == [
        date(2019, 5, 31),
        date(2020, 12, 3),
        date(2020, 12, 3),
    ]
    assert len({str(event["uid"]) for event in events}) == 3
    assert all(event.walk("VALARM") for event in events)
    assert feed == to_icalendar(due_entries(register, read_calendar(), today=DAY), now=datetime(2019, 6, 1, tzinfo=UTC))


def test_the_file_is_written_whole_and_by_one_at_a_time(tmp_path, register):
    store = FileStore(tmp_path / "deep" / "mandates.json")
    assert store.load() == Register()
    saved = store.save(register)
    assert (saved.revision, store.load()) == (1, saved)
    store.save(change(saved, FIRST, by="Unit", today=DAY, state="accepted"))
    with pytest.raises(KyotoError) as caught:
        store.save(change(saved, SECOND, by="Other", today=DAY, state="accepted"))
    assert caught.value.code == "mandates.changed-meanwhile"
    assert store.load().entry(FIRST).state == "accepted"
    store.path.write_text("{}", encoding="utf-8")
    with pytest.raises(KyotoError) as caught:
        store.load()
    assert caught.value.code == "mandates.broken-register"


def test_the_report_paragraph_by_paragraph(tmp_path, register):
    changed = change(
        register, FIRST, by="Unit", today=DAY, state="accepted", status="done", evidence="E/CN.15/2020/1 <i>x</i>"
    )
    report = build_report(changed, read_calendar(), today=DAY, title="Gardens & trees")
    assert report.counts["done"] == 1
    assert report.counts["not-started"] == 3
    assert report.suggested == 3
    assert [one.entry.id for one in report.late] == [SECOND]
    page = report_html(report)
    assert page.count("<article") == 4
    assert "Gardens &amp; trees" in page
    assert "E/CN.15/2020/1 &lt;i&gt;" in page
    assert "<b>gardens" not in page
    assert "Resolution 28/9" in page
    assert "session 29, Commission on Crime Prevention and Criminal Justice" in page
    for suffix in ("html", "pdf", "docx"):
        write_report(report, tmp_path / f"a.{suffix}")
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF-")
    with zipfile.ZipFile(tmp_path / "a.docx") as archive:
        text = archive.read("word/document.xml").decode()
    assert all(f"aragraph {number}" in text for number in range(1, 5))
    assert len(build_report(changed, read_calendar(), today=DAY, title="T", accepted_only=True).acts[0][2]) == 1
    with pytest.raises(KyotoError):
        write_report(report, tmp_path / "a.txt")


def test_an_empty_register_says_so():
    assert "The register is empty" in report_html(build_report(Register(), read_calendar(), today=DAY, title="T"))


def test_the_path_on_the_command_line(tmp_path, kyoto):
    (tmp_path / "garden.txt").write_text(TEXT, encoding="utf-8")
    register = str(tmp_path / "mandates.json")
    ran = kyoto(
        "mandates", "register", str(tmp_path / "garden.txt"), "--by", "Desk", "-r", register, "--adopted", "2019-05-24"
    )
    assert (ran.code, ran.out.split(" in ")[0]) == (0, "4 new suggestions, 4 obligations")
    again = kyoto("mandates", "register", str(tmp_path / "garden.txt"), "--by", "Desk", "-r", register)
    assert again.out.startswith("0 new")
    assert (
        kyoto("mandates", "follow", FIRST, "--accept", "--by", "Desk", "-r", register).out.strip()
        == f"{FIRST}: accepted, not-started"
    )
    due = kyoto(
        "mandates", "due", "-r", register, "--today", "2019-06-01", "--json", "--ics", str(tmp_path / "due.ics")
    )
    assert [row["late"] for row in json.loads(due.out)] == [True, False, False]
    assert (tmp_path / "due.ics").exists()
    made = kyoto(
        "mandates", "report", "-r", register, "-o", str(tmp_path / "r.html"), "--today", "2019-06-01", "--json"
    )
    assert json.loads(made.out) == {
        "counts": {"not-started": 4, "under-way": 0, "reported": 0, "done": 0, "lapsed": 0, "superseded": 0},
        "late": 1,
        "without_report": 1,
        "recommendations": 0,
        "changes": 0,
    }
