"""What people do on the desk, step by step, on SQLite and PostgreSQL: propose, decide, collide, go back."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from kyoto.core.database import verify_audit
from kyoto.core.database.records import kept_record, record_count, record_versions
from kyoto.core.database.tables import AuditEntry
from kyoto.core.database.work import working
from kyoto.portal.mandates.application import desk_app
from kyoto.portal.mandates.desk import Settings

from .conftest import FIRST, HOSTILE, REVIEW, SECOND, TEXT, Browser, recommend


@pytest.fixture
def app(offices, sessions):
    return desk_app(offices, Settings(calendar=sessions), rate=0)


@pytest.fixture
def desk(browser):
    return browser("desk")


@pytest.fixture
def head(browser):
    return browser("head")


def held(database, record, kind="obligation"):
    with working(database, "head") as work:
        return kept_record(work, kind, record)


def fields(identifier=FIRST, revision=1, **more):
    """What the form sends that leaves an obligation as it is."""
    return {
        "id": identifier, "revision": str(revision), "state": "suggested", "status": "not-started", "evidence": "",
        "units": "", "due": "session:ccpcj-41" if identifier == FIRST else "",
        "addressees": ["secretary-general"] if identifier == FIRST else ["member-states"],
        "report_to": ["commission"] if identifier == FIRST else [],
        "conditions": [] if identifier == FIRST else ["upon-request"], **more,
    }  # fmt: skip


def test_the_form_that_is_not_changed_changes_nothing(desk, offices):
    """What the page offers is what the obligation says: sent back as it is, nothing would change."""
    page = desk.get("obligation/change", params={"id": FIRST}).text
    ticked = re.findall(r'name="(addressees|report_to|conditions)" value="([^"]+)" checked', page)
    assert sorted(ticked) == [("addressees", "secretary-general"), ("report_to", "commission")]
    answer = desk.post("obligation/change", fields())
    assert answer.status_code == 422
    assert "Nothing would change" in answer.text
    assert held(offices, FIRST).revision == 1


def test_an_editor_proposes_and_an_approver_decides(desk, head, offices):
    sent = fields(state="accepted", status="under-way", units="Research\nLegal", evidence="CRP.7")
    assert desk.post("obligation/change", sent).headers["location"].endswith("said=proposed")
    assert held(offices, FIRST).content["state"] == "suggested"
    review = head.get("review").text
    assert "proposed by desk" in review
    assert "Research, Legal" in review
    revision = str(held(offices, FIRST, "proposal").revision)
    assert desk.post("obligation/approve", {"id": FIRST, "revision": revision}).status_code == 403
    assert head.post("obligation/approve", {"id": FIRST, "revision": revision}).status_code == 303
    now = held(offices, FIRST)
    assert (now.revision, now.content["state"], now.content["status"]) == (2, "accepted", "under-way")
    assert now.content["units"] == ["Research", "Legal"]
    last = now.content["history"][-1]
    assert (last["by"], last["evidence"]) == ("desk", "CRP.7")
    assert last["what"].endswith("approved by head")
    assert head.post("obligation/approve", {"id": FIRST, "revision": revision}).status_code == 409
    assert held(offices, FIRST).revision == 2


def test_a_proposal_is_declined_with_a_reason_or_taken_back(desk, head, offices):
    desk.post("obligation/change", fields(state="rejected"))
    assert head.post("obligation/decline", {"id": FIRST, "revision": "1", "reason": " "}).status_code == 400
    assert head.post("obligation/decline", {"id": FIRST, "revision": "1", "reason": "It asks."}).status_code == 303
    page = desk.get("obligation", params={"id": FIRST}).text
    assert "It asks." in page
    assert "declined by head" in page
    assert desk.post("obligation/change", fields(state="accepted")).status_code == 303
    assert head.post("obligation/withdraw", {"id": FIRST, "revision": "3"}).status_code == 403
    assert desk.post("obligation/withdraw", {"id": FIRST, "revision": "3"}).status_code == 303
    assert held(offices, FIRST).content["state"] == "suggested"
    assert "Nothing waits" in head.get("review").text


def test_nobody_decides_on_their_own_proposal(desk, browser, offices):
    from kyoto.core.database import Role
    from kyoto.core.database.accounts import change_role

    desk.post("obligation/change", fields(state="accepted"))
    with working(offices, "chief") as work:
        change_role(work, "desk", Role.APPROVER)
    assert desk.post("obligation/approve", {"id": FIRST, "revision": "1"}).status_code == 400
    assert held(offices, FIRST).content["state"] == "suggested"


def test_one_proposal_at_a_time(desk, browser, offices):
    from kyoto.core.database import Role, add_account

    with working(offices, "chief") as work:
        add_account(work, "unit", Role.EDITOR, password="four words of no sense")
    desk.post("obligation/change", fields(state="accepted"))
    assert desk.post("obligation/change", fields(state="rejected")).status_code == 303  # one's own may be replaced
    other = browser("unit").post("obligation/change", fields(state="accepted"))
    assert other.status_code == 422
    assert "waits for a decision" in other.text


def test_two_persons_at_once_see_both_versions(head, browser, offices):
    chief = browser("chief")
    assert head.post("obligation/change", fields(state="accepted", units="Research")).status_code == 303
    clash = chief.post("obligation/change", fields(state="accepted", due="date:2032-06-30"))
    assert clash.status_code == 409
    assert "head changed this obligation" in clash.text
    theirs, yours = clash.text.split('id="yours"')[0].split('id="theirs"')[1], clash.text.split('id="yours"')[1]
    assert "Research" in theirs
    assert "30 June 2032" in yours
    assert "Research" not in yours.split("</section>")[0]  # what chief left alone follows head
    assert held(offices, FIRST).revision == 2
    assert 'name="revision" value="2"' in clash.text
    assert ">Research</textarea>" in clash.text
    again = fields(revision=2, state="accepted", units="Research", due="date:2032-06-30")
    assert chief.post("obligation/change", again).status_code == 303
    assert held(offices, FIRST).content["units"] == ["Research"]
    assert held(offices, FIRST).content["due"] == ["date:2032-06-30"]


def test_a_proposal_on_an_older_version_cannot_be_approved(desk, head, offices):
    desk.post("obligation/change", fields(state="accepted"))
    head.post("obligation/change", fields(units="Research"))
    assert "changed after this was proposed" in head.get("review").text
    assert head.post("obligation/approve", {"id": FIRST, "revision": "1"}).status_code == 409
    assert held(offices, FIRST).content["state"] == "suggested"


def test_every_version_stays_and_can_come_back(head, desk, offices):
    head.post("obligation/change", fields(state="accepted"))
    head.post("obligation/change", fields(revision=2, state="accepted", status="done", evidence="A/87/1"))
    history = head.get("obligation/history", params={"id": FIRST}).text
    assert history.count("<h2>Version") == 3
    assert "A/87/1" in history
    assert "<del>Not started</del>" in history
    assert "<ins>Done</ins>" in history
    undo = {"id": FIRST, "version": "2", "revision": "3"}
    assert desk.post("obligation/restore", undo).status_code == 403
    assert head.post("obligation/restore", {**undo, "revision": "2"}).status_code == 409
    assert head.post("obligation/restore", {**undo, "version": "9"}).status_code == 404
    assert head.post("obligation/restore", undo).status_code == 303
    now = held(offices, FIRST)
    assert (now.revision, now.content["status"], now.content["state"]) == (4, "not-started", "accepted")
    assert [event["what"] for event in now.content["history"]][-1] == "version 2 restored"
    with working(offices, "head") as work:
        assert [one.content["status"] for one in record_versions(work, "obligation", FIRST)] == [
            "not-started", "not-started", "done", "not-started",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"status": "done"}, "only a suggestion"),
        ({"state": "accepted", "status": "done"}, "needs evidence"),
        ({"state": "accepted", "status": "finished"}, "no such status"),
        ({"state": "sleeping"}, "no such status"),
        ({"due": "soon\ndate:2031-02-31"}, "Not a time that can be followed up"),
        ({"conditions": "when-it-rains"}, "no such condition"),
        ({"evidence": "x" * 5000}, "too long"),
    ],
)
def test_what_cannot_be_is_said_and_keeps_what_was_typed(head, offices, wrong, said):
    answer = head.post("obligation/change", fields(units="Research", **wrong))
    assert answer.status_code == 422
    assert said in answer.text
    assert ">Research</textarea>" in answer.text
    assert held(offices, FIRST).revision == 1


def test_a_party_that_no_list_knows_can_be_typed(head, offices):
    head.post("obligation/change", fields(state="accepted", addressees_other="Ministry of Justice\n"))
    assert held(offices, FIRST).content["addressees"] == ["secretary-general", "Ministry of Justice"]
    assert held(offices, FIRST).content["state"] == "edited"
    page = head.get("obligation/change", params={"id": FIRST}).text
    assert ">Ministry of Justice</textarea>" in page


def test_a_document_is_added_by_an_editor(desk, browser, offices):
    text = TEXT.replace("E/2031/30", "E/2032/30").replace("Draft resolution I\n", "Draft resolution II\n")
    upload = {"file": ("new report.txt", text.encode(), "text/plain")}
    answer = desk.post("documents", {"adopted": "2032-07-20"}, files=upload)
    assert answer.headers["location"].endswith("new=3")
    assert held(offices, "E/2032/30", "document").content["adopted"] == "2032-07-20"
    again = desk.post("documents", {}, files=upload)
    assert again.headers["location"].endswith("new=0")
    assert held(offices, "E/2032/30", "document").content["adopted"] == "2032-07-20"
    named = desk.post("documents", {"symbol": "E/2033/30"}, files=upload)
    assert "E%2F2033%2F30" in named.headers["location"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.txt", b"", "No file was sent"),
        ("virus.pdf", b"MZ\x90\x00" + b"\x00" * 200, "not a document"),
        ("../../etc/passwd", b"\x7fELF" + b"\x00" * 200, "not a document"),
        ("latin.txt", "Résolution".encode("cp1252") * 50, "not in UTF-8"),
    ],
)
def test_files_that_are_no_documents(desk, name, content, said):
    answer = desk.post("documents", {}, files={"file": (name, content, "text/plain")})
    assert answer.status_code == 422
    assert said in answer.text


def test_a_day_that_is_none(desk):
    answer = desk.post("documents", {"adopted": "soon"}, files={"file": ("a.txt", TEXT.encode(), "text/plain")})
    assert answer.status_code == 422
    assert "Not a date" in answer.text


def test_hostile_text_is_text_on_every_page(head, desk):
    desk.post("obligation/change", fields(state="accepted", units=HOSTILE, evidence=HOSTILE))
    paths = [
        "", "documents", "document?id=E/2031/30", "act?document=E/2031/30&id=draft-resolution-I", "obligations",
        "brief?document=E/2031/30&id=draft-resolution-I", "search", "review", "calendar", "dashboards", "reminders",
        f"obligation?id={FIRST.replace('#', '%23')}", f"obligation/change?id={FIRST.replace('#', '%23')}",
        "graph", "report/file?format=html", "brief/file?document=E/2031/30&id=draft-resolution-I&format=html",
        f"search?q={HOSTILE.replace('#', '').replace('&', '')}", f"nowhere/{HOSTILE.replace('/', '')}",
    ]  # fmt: skip
    shown = 0
    for path in paths:
        text = head.get(path).text
        assert "<script>alert" not in text, path
        assert "<img src=x" not in text, path
        shown += "&lt;script&gt;alert(1)" in text
    assert shown > 8


def test_facets_count_exactly(head):
    """Against the register itself, counted one by one."""
    page = head.get("obligations").text
    assert "Obligations found: 3" in page
    counts = dict(
        re.findall(r"<span>([^<]+)</span><span class=\"hide\"></span></a> <span class=\"n\">(\d+)</span>", page)
    )
    assert counts["suggestion"] == "3"
    assert counts["requests"] == "2"
    assert counts["invites"] == "1"
    assert counts["Secretary-General"] == "1"
    assert counts["2031"] == "3"
    found = head.get("obligations", params={"force": "request", "q": "reoffending OR data"}).text
    assert "Obligations found: 0" in found
    assert "Nothing fits" in found
    assert "Obligations found: 1" in head.get("obligations", params={"force": "request", "q": "collect data"}).text
    assert "Obligations found: 2" in head.get("obligations", params={"force": "request"}).text
    assert "Obligations found: 0" in head.get("obligations", params={"cites": "A/RES/99/99"}).text


def test_facets_follow_a_change(head):
    head.post("obligation/change", fields(state="accepted", status="under-way"))
    assert "Obligations found: 1" in head.get("obligations", params={"status": "under-way"}).text
    assert "Obligations found: 1" in head.get("obligations", params={"kind": "accepted"}).text
    assert "Obligations found: 2" in head.get("obligations", params={"kind": "suggested"}).text


def test_searches_are_kept_for_oneself(desk, head):
    kept = {"name": "Prisons", "page": "search", "query": "q=prisons&force=invite&page=2"}
    assert desk.post("searches", kept).status_code == 303
    page = desk.get("searches").text
    assert 'href="/en/search?q=prisons&amp;force=invite"' in page
    assert "Prisons" not in head.get("searches").text
    assert desk.post("searches", {**kept, "page": "//evil.example"}).status_code == 400
    assert desk.post("searches/remove", {"name": "Prisons"}).status_code == 303
    assert "Prisons" not in desk.get("searches").text


def test_calendar_and_its_feed(desk, app, offices):
    page = desk.get("calendar").text
    assert "17 May 2032" in page
    assert "every year" in page
    made = desk.post("account/calendar").text
    feed = re.search(r"http://127\.0\.0\.1:8010(/calendar\.ics\?key=[\w%-]+)", made)[1]
    stranger = Browser(app)
    answer = stranger.get(feed)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert b"DTSTART;VALUE=DATE:20320517" in answer.content
    assert stranger.get("/calendar.ics").status_code == 403
    assert stranger.get(feed[:-3] + "abc").status_code == 403
    desk.post("account/calendar")
    assert stranger.get(feed).status_code == 403
    with offices.session() as session:
        rows = session.execute(
            select(AuditEntry.actor, AuditEntry.detail).where(AuditEntry.detail.contains("calendar"))
        )
        assert "desk" in {row[0] for row in rows}


def test_recommendations_stand_in_the_calendar_and_its_feed(desk, head, offices):
    recommend(offices)
    assert "Count bribes" not in desk.get("calendar").text
    assert head.post("recommendation/change", advice(due="2032-06-30\nsession:ccpcj-41")).status_code == 303
    page = desk.get("calendar").text
    assert "17 May 2032" in page.split('id="recommended"')[1]
    assert "<script>alert" not in page
    feed = desk.get("/calendar.ics").text
    assert "Austria: recommendation 7" in feed.replace("\r\n ", "")
    assert feed.count("BEGIN:VEVENT") == 2  # the report of the Secretary-General, and the recommendation
    assert "Count bribes" not in desk.get("calendar", params={"to": "unodc"}).text


def test_a_long_calendar_has_pages(desk, monkeypatch):
    """Every row stands on exactly one page."""
    from kyoto.portal.mandates.pages import calendar

    monkeypatch.setattr(calendar, "_ROWS", 1)
    pages = [desk.get("calendar", params={"page": number}).text for number in (1, 2, 3)]
    assert ["17 May 2032" in page for page in pages] == [True, False, False]
    assert ["every year" in page for page in pages] == [False, True, False]
    assert "Page 2 of 2" in pages[1]


def test_every_reading_and_writing_is_in_the_log(desk, head, offices):
    desk.get("obligation", params={"id": FIRST})
    desk.get("document", params={"id": "E/2031/30"})
    desk.get("search", params={"q": "prisons"})
    desk.post("obligation/change", fields(state="accepted"))
    head.post("obligation/approve", {"id": FIRST, "revision": "1"})
    head.get("report/file", params={"format": "docx"})
    with offices.session() as session:
        assert verify_audit(session) == []
        rows = {tuple(row) for row in session.execute(select(AuditEntry.actor, AuditEntry.action, AuditEntry.record))}
    assert {
        ("desk", "read", FIRST), ("desk", "read", "E/2031/30"), ("desk", "begin", "desk"),
        ("system", "sign-in", "desk"),
        ("desk", "add", FIRST), ("head", "change", FIRST), ("head", "export", "*"),
    } <= rows  # fmt: skip


def test_the_report_as_files(head):
    import io
    import zipfile

    head.post("obligation/change", fields(state="accepted", status="under-way", evidence="CRP.7"))
    docx = head.get("report/file", params={"format": "docx"})
    with zipfile.ZipFile(io.BytesIO(docx.content)) as archive:
        assert b"CRP.7" in archive.read("word/document.xml")
    assert head.get("report/file", params={"format": "pdf"}).content.startswith(b"%PDF-")
    html = head.get("report/file", params={"format": "html", "accepted": "1", "heading": "Our mandates"})
    assert "Our mandates" in html.text
    assert "collect data" not in html.text
    assert html.headers["content-disposition"].startswith("attachment")
    assert head.get("report/file", params={"format": "exe"}).status_code == 404
    annual = head.get("report/file", params={"format": "html", "since": "2026-01-01"}).text
    assert "What changed since 01 January 2026?" in annual
    assert "state: accepted; status: under-way" in annual
    assert "What changed since" not in html.text
    assert head.get("report/file", params={"format": "html", "since": "soon"}).status_code == 400


def test_recommendations_of_reviews(head, offices):
    assert "No recommendation" in head.get("recommendations").text
    recommend(offices)
    page = head.get("recommendations").text
    assert "Recommendations: 2" in page
    assert "Austria" in page
    assert "<script>alert" not in page
    assert "Recommendations: 1" in head.get("recommendations", params={"state": "KEN"}).text
    assert SECOND in head.get("obligations").text.replace("%2F", "/").replace("%23", "#").replace("%3A", ":")


def advice(revision=1, **more):
    """What the form of a recommendation sends that leaves it as it is."""
    return {
        "id": REVIEW, "revision": str(revision), "response": "accepted", "status": "not-started", "evidence": "",
        "units": "", "due": "", "text": f"Count bribes {HOSTILE}", "provision": "", "number": "7", "made_by": "",
        "made_on": "", **more,
    }  # fmt: skip


def test_a_recommendation_is_proposed_decided_and_taken_back(desk, head, offices):
    """The same way as an obligation: proposal, decision, version, history, log."""
    recommend(offices)
    page = desk.get("recommendation", params={"id": REVIEW})
    assert "Recommendation 7" in page.text
    assert "Austria" in page.text
    assert "<script>alert" not in page.text
    assert desk.get("recommendation", params={"id": "none"}).status_code == 404
    form = desk.get("recommendation/change", params={"id": REVIEW}).text
    assert "Count bribes &lt;script&gt;" in form
    unchanged = desk.post("recommendation/change", advice())
    assert (unchanged.status_code, "Nothing would change" in unchanged.text) == (422, True)
    sent = advice(
        status="under-way", units="Justice\nInterior", due="2032-06-30", made_on="2030-01-31", evidence="CRP.9"
    )
    assert desk.post("recommendation/change", sent).headers["location"].endswith("said=proposed")
    assert held(offices, REVIEW, "recommendation").revision == 1
    review = head.get("review").text
    assert "Justice, Interior" in review
    assert "30 June 2032" in review
    assert "31 January 2030" in review
    decide = {"id": REVIEW, "revision": "1"}
    assert desk.post("recommendation/approve", decide).status_code == 403
    assert head.post("obligation/approve", decide).status_code == 404  # of another kind
    assert head.post("recommendation/approve", decide).status_code == 303
    now = held(offices, REVIEW, "recommendation")
    assert (now.revision, now.content["status"], now.content["due"]) == (2, "under-way", ["date:2032-06-30"])
    assert now.content["history"][-1]["by"] == "desk"
    assert now.content["history"][-1]["what"].endswith("approved by head")
    clash = head.post("recommendation/change", advice(provision="Art. 15"))
    assert clash.status_code == 409
    assert "changed this recommendation" in clash.text
    assert ">Justice\nInterior</textarea>" in clash.text
    merged = advice(2, status="under-way", units="Justice\nInterior", due="2032-06-30", made_on="2030-01-31")
    assert head.post("recommendation/change", {**merged, "provision": "Art. 15"}).status_code == 303
    history = head.get("recommendation/history", params={"id": REVIEW}).text
    assert history.count("<h2>Version") == 3
    assert "<ins>Art. 15</ins>" in history
    assert head.post("recommendation/restore", {"id": REVIEW, "version": "1", "revision": "3"}).status_code == 303
    again = held(offices, REVIEW, "recommendation").content
    assert (again["status"], again["units"], again["provision"]) == ("not-started", [], "")
    assert len(again["history"]) == 4
    with offices.session() as session:
        assert verify_audit(session) == []
        query = select(AuditEntry.actor, AuditEntry.action).where(AuditEntry.record == REVIEW)
        logged = [tuple(row) for row in session.execute(query)]
    assert {("desk", "read"), ("desk", "add"), ("head", "change")} <= set(logged)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"status": "done"}, "needs evidence"),
        ({"status": "finished"}, "no such status"),
        ({"status": ""}, "no such status"),
        ({"response": "maybe"}, "no such status"),
        ({"due": "soon"}, "Not a time that can be followed up"),
        ({"made_on": "2031"}, "Not a date"),
        ({"text": " "}, "needs its text"),
        ({"text": "x" * 5000}, "too long"),
    ],
)
def test_what_a_recommendation_cannot_be(head, offices, wrong, said):
    recommend(offices)
    answer = head.post("recommendation/change", advice(units="Research") | wrong)
    assert answer.status_code == 422
    assert said in answer.text
    assert ">Research</textarea>" in answer.text
    assert held(offices, REVIEW, "recommendation").revision == 1


def test_a_table_of_recommendations_is_added_on_the_desk(desk, head, browser, offices):
    table = "mechanism,cycle,state,recommendation,response\nupr,3,AUT,Plant trees,pending\n"
    sent = {"file": ("reviews.csv", table.encode(), "text/csv")}
    assert browser("guest").post("recommendations", {}, files=sent).status_code == 403
    assert desk.post("recommendations", {}, files=sent).headers["location"].endswith("said=table_read&new=1")
    assert "Plant trees" in desk.get("recommendations").text
    changed = {"file": ("reviews.csv", table.replace("pending", "accepted").encode(), "text/csv")}
    assert desk.post("recommendations", {}, files=changed).headers["location"].endswith("said=table_proposed&new=0")
    assert "Plant trees" in head.get("review").text
    short = {"file": ("short.csv", b"state,recommendation\nAUT,Count\nATL,Count\n", "text/csv")}
    told = desk.post("recommendations", {"mechanism": "upr", "cycle": "3"}, files=short)
    assert (told.status_code, "ATL" in told.text) == (422, True)
    for name, content in (
        ("a.xlsx", b"PK\x03\x04broken"),
        ("b.csv", b""),
        ("c.csv", b"\xff\xfe\x00"),
        ("d.csv", b"a,b\n1,2\n"),
    ):
        wrong = desk.post("recommendations", {}, files={"file": (name, content, "text/csv")})
        assert wrong.status_code == 422, name


DAYS = {"start": "2032-05-24", "end": "2032-05-28", "verified": "1", "source": "E/2031/30", "note": "moved"}


def test_days_of_a_session_are_proposed_and_decided(desk, head, browser, offices):
    """A calendar that an office edits: what the register ties to the session follows at once."""
    assert (
        desk.get("sessions/new", params={"body": "CCPCJ", "number": "42"}).headers["location"].endswith("id=ccpcj-42")
    )
    assert 'name="revision" value="0"' in desk.get("session/change", params={"id": "ccpcj-42"}).text
    new = {"id": "ccpcj-42", "revision": "0", **DAYS}
    assert browser("guest").post("session/change", new).status_code == 403
    assert desk.post("session/change", new).headers["location"].endswith("said=proposed")
    assert held(offices, "ccpcj-42", "session") is None
    assert "was proposed" in desk.get("session", params={"id": "ccpcj-42"}).text.replace(
        "were proposed", "was proposed"
    )
    assert "session 42" in head.get("sessions").text
    assert "24 May 2032" in head.get("review").text
    assert head.post("session/approve", {"id": "ccpcj-42", "revision": "1"}).status_code == 303
    now = held(offices, "ccpcj-42", "session")
    assert (now.revision, now.content["start"], now.content["source"]) == (1, "2032-05-24", "E/2031/30")
    assert now.content["history"][-1]["by"] == "desk"
    moved = fields(state="accepted", due="session:ccpcj-42")
    assert head.post("obligation/change", moved).status_code == 303
    assert "24 May 2032" in head.get("calendar").text
    assert "What falls due there: 1" in head.get("session", params={"id": "ccpcj-42"}).text
    clash = head.post("session/change", {**new, "start": "2032-06-01", "end": ""})
    assert clash.status_code == 409
    again = {**new, "revision": "1", "start": "2032-06-01", "end": "2032-06-04", "verified": "0"}
    assert head.post("session/change", again).status_code == 303
    assert "1 June 2032" in head.get("calendar").text
    assert "only announced" in head.get("calendar").text
    assert head.post("session/restore", {"id": "ccpcj-42", "version": "1", "revision": "2"}).status_code == 303
    assert "24 May 2032" in head.get("calendar").text
    assert head.get("session/history", params={"id": "ccpcj-42"}).text.count("<h2>Version") == 3
    with offices.session() as session:
        assert verify_audit(session) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": "soon"},
        {"end": "2032-05-01"},
        {"start": ""},
        {"id": "somewhere"},
        {"id": HOSTILE},
        {"note": "x" * 5000},
    ],
)
def test_days_that_are_none(head, offices, wrong):
    answer = head.post("session/change", {"id": "ccpcj-42", "revision": "0", **DAYS, **wrong})
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    with working(offices, "head") as work:
        assert record_count(work, "session") == 0


def test_a_session_that_kyoto_knows_is_moved_and_one_of_a_file_is_not(head, offices):
    page = head.get("session", params={"id": "ccpcj-27"}).text
    assert "comes with Kyoto" in page
    form = head.get("session/change", params={"id": "ccpcj-27"}).text
    assert 'value="2018-05-14"' in form
    same = {"id": "ccpcj-27", "revision": "0", "start": "2018-05-14", "end": "2018-05-18", "verified": "1"}
    assert head.post("session/change", {**same, "note": "in Vienna"}).status_code == 303
    page = head.get("session", params={"id": "ccpcj-27"}).text
    assert "set by your office" in page
    assert "in Vienna" in page
    page = head.get("session", params={"id": "ccpcj-41"}).text
    assert "from the file of who runs this site" in page
    assert "session/change" not in page
    assert head.get("session", params={"id": "ccpcj-999"}).status_code == 404


def test_a_role_for_one_recommendation_or_session(browser, offices):
    recommend(offices)
    chief, guest = browser("chief"), browser("guest")
    for record in (REVIEW, FIRST):
        granted = chief.post("accounts/grant", {"name": "guest", "record": record, "role": "editor"})
        assert granted.status_code == 303
    assert chief.post("accounts/grant", {"name": "guest", "record": "none", "role": "editor"}).status_code == 422
    assert guest.get("recommendation/change", params={"id": REVIEW}).status_code == 200
    assert guest.get("recommendation/change", params={"id": "uncac-irm/2/KEN/1"}).status_code == 403
    assert guest.post("recommendation/change", advice(units="Justice")).headers["location"].endswith("said=proposed")
    assert (
        guest.get("session/change", params={"id": FIRST}).status_code == 403
    )  # a role for an obligation is for none else
    assert guest.post("recommendation/withdraw", {"id": REVIEW, "revision": "1"}).status_code == 303


FIGURES = "area,period,series,iccs,sex,age,unit,value,status\nAUT,2030,{code},_T,_T,_T,%,{value},A\n"
RECORDS = "id,title,kind,programme,year,sdg,source\na,Classes for inmates,evaluation,classes,2025,4.1,{source}\n"


@pytest.fixture
def project(tmp_path):
    """A built project that holds a figure on an indicator of prisons, and a register of evaluations."""
    from kyoto.analysis.evaluation.register import read_register
    from kyoto.analysis.evaluation.register.storage import Entry, write_entries

    folder = tmp_path / "project"
    (folder / "build" / "evaluation").mkdir(parents=True)
    (folder / "kyoto.toml").write_text('[project]\ntitle = "Prisons <of> Atlantis"\n', encoding="utf-8")
    (folder / "build" / "indicators.csv").write_text(FIGURES.format(code="16.3.2", value="21.5"), encoding="utf-8")
    (tmp_path / "register.csv").write_text(RECORDS.format(source="<b>Report</b>"), encoding="utf-8")
    entries = tuple(Entry(record) for record in read_register(tmp_path / "register.csv"))
    write_entries(folder / "build" / "evaluation" / "register.json", entries)
    return folder


BRIEF = {"document": "E/2031/30", "id": "draft-resolution-I"}


def test_a_brief_shows_what_is_held_and_what_was_evaluated(offices, sessions, project):
    """From a paragraph on prisons to figures and evaluations of the project; what a new build holds counts at once."""
    import os

    browser = Browser(desk_app(offices, Settings(calendar=sessions, project=project), rate=0))
    browser.sign_in("guest")
    page = browser.get("brief", params=BRIEF).text
    assert "Prisons &lt;of&gt; Atlantis" in page
    assert "<strong>21.5</strong>" in page
    assert "figures: 1, 2030 to 2030" in page
    assert "Classes for inmates" in page
    assert "&lt;b&gt;Report&lt;/b&gt;" in page
    assert "figures on 16.3.2" not in page
    assert "figures on prisoners_per_100k" in page
    file = browser.get("brief/file", params={**BRIEF, "format": "html"}).text
    assert "latest: 21.5 %" in file
    assert "Classes for inmates" in file
    figures = project / "build" / "indicators.csv"
    figures.write_text(FIGURES.format(code="16.3.2", value="876"), encoding="utf-8")
    os.utime(figures, (2_000_000_000, 2_000_000_000))
    assert "<strong>876</strong>" in browser.get("brief", params=BRIEF).text
    figures.rename(project / "away")
    gone = browser.get("brief", params=BRIEF)
    assert (gone.status_code, "cannot be read just now" in gone.text) == (200, True)


def test_a_brief_without_a_project_says_so(desk):
    page = desk.get("brief", params=BRIEF).text
    assert "without a project or without a register" in page
    assert "What is held" not in page


def test_a_register_that_is_named_goes_before_that_of_the_build(offices, sessions, project, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text(RECORDS.format(source="S").replace("Classes for inmates", "Prison gardens"), encoding="utf-8")
    settings = Settings(calendar=sessions, project=project, evaluations=other, public=True)
    page = Browser(desk_app(offices, settings, rate=0)).get("brief", params=BRIEF).text
    assert "Prison gardens" in page
    assert "Classes for inmates" not in page


def test_many_at_once_never_wait_for_each_other_for_ever(app, offices):
    """Readers, who find the register changed at every click, while others change it: all of them get their answers."""
    import threading

    paths = ["", "review", "obligations", "dashboards", f"obligation/change?id={SECOND.replace('#', '%23')}", "search"]
    codes, ends = [], []

    def work(number):
        browser = Browser(app)
        assert browser.sign_in(("head", "desk", "chief", "guest")[number % 4]).status_code == 303
        for turn in range(4):
            codes.append(browser.get(paths[(number + turn) % len(paths)]).status_code)
            if number % 4 in (0, 2):
                now = held(offices, FIRST).revision
                sent = fields(revision=now, state="accepted", units=f"Unit {number} {turn}")
                codes.append(browser.post("obligation/change", sent).status_code)
        ends.append(number)

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(ends) == list(range(8))
    assert set(codes) <= {200, 303, 403, 409}
    saved = held(offices, FIRST)
    assert saved.revision == 1 + codes.count(303)
    assert len(saved.content["history"]) == saved.revision
    with offices.session() as session:
        assert verify_audit(session) == []
