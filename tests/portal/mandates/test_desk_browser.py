"""The desk in headless Chromium: a delegate, an editor and an approver at work, by keyboard too; axe on every page."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from kyoto.portal.mandates.application import desk_app
from kyoto.portal.mandates.desk import Settings

from .conftest import FIRST, PASSWORD, REVIEW, SECOND

pytestmark = pytest.mark.browser

RULES = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"
ID = FIRST.replace("#", "%23")
PAGES = [
    "", "documents", "document?id=E/2031/30", "act?document=E/2031/30&id=draft-resolution-I",
    "brief?document=E/2031/30&id=draft-resolution-I", "obligations", "obligations?force=request&q=report",
    "obligations?q=nothing-like-it", f"obligation?id={ID}", f"obligation/change?id={ID}", f"obligation/history?id={ID}",
    "review", "calendar", "calendar?to=unodc", "reminders", "reminders?days=365", "graph", "search", "search?q=prisons",
    "searches", "dashboards", "recommendations", "report", "account", "accounts", "accounts/one?name=guest", "log",
    "nowhere", "sessions", "session?id=ccpcj-27", "session/change?id=ccpcj-42", f"recommendation?id={REVIEW}",
    f"recommendation/change?id={REVIEW}", f"recommendation/history?id={REVIEW}",
]  # fmt: skip


@pytest.fixture
def site(office, sessions, serving) -> Iterator[str]:
    """Address of a running desk."""
    with serving(desk_app(office, Settings(calendar=sessions), rate=0)) as address:
        yield address


@pytest.fixture
def visit(chromium, site):
    """Function that opens the desk as somebody and collects what the browser complained of."""
    contexts = []

    def open_page(name="", *, width=1280, scheme="light", script=True, language="en"):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script
        )
        contexts.append(context)
        page = context.new_page()
        page.complaints, page.requested = [], []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda request: page.requested.append(request.url))
        page.goto(f"{site}/{language}/sign-in")
        if name:
            page.locator("#name").fill(name)
            page.locator("#password").fill(PASSWORD)
            page.locator("form.sheet button").click()
            expect(page.locator("h1")).to_be_visible()
            assert page.url == f"{site}/{language}/"
        return page

    yield open_page
    for context in contexts:
        context.close()


def violations(page, axe):
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    page.evaluate(axe)
    found = page.evaluate(f"axe.run(document, {{ runOnly: {RULES} }})")
    assert len(found["passes"]) > 15
    return [(each["id"], each["nodes"][0]["html"][:160], len(each["nodes"])) for each in found["violations"]]


def work_done(page, site):
    """Leave the desk with a proposal, a saved search, a grant and a history, so that these show too."""
    request = page.context.request
    token = page.locator('input[name="csrf"]').first.get_attribute("value")
    forms = [
        ("obligation/change", {"id": SECOND, "revision": "1", "state": "accepted", "status": "under-way",
                               "addressees": "member-states", "conditions": "upon-request", "units": "Legal"}),
        ("session/change", {"id": "ccpcj-43", "revision": "0", "start": "2034-05-15", "end": "", "verified": "0"}),
        ("searches", {"name": "Prisons", "page": "search", "query": "q=prisons"}),
        ("accounts/grant", {"name": "guest", "record": FIRST, "role": "editor"}),
    ]  # fmt: skip
    for path, fields in forms:
        sent = request.post(f"{site}/en/{path}", form={"csrf": token, **fields}, max_redirects=0)
        assert sent.status == 303, (path, sent.text())


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_axe_finds_nothing_on_any_page(visit, axe, site, width, scheme):
    desk = visit("desk")
    token = desk.locator('input[name="csrf"]').first.get_attribute("value")
    proposed = desk.context.request.post(
        f"{site}/en/obligation/change", max_redirects=0,
        form={"csrf": token, "id": FIRST, "revision": "1", "state": "accepted", "status": "not-started"},
    )  # fmt: skip
    assert proposed.status == 303
    page = visit("chief", width=width, scheme=scheme)
    work_done(page, site)
    page.goto(f"{site}/en/")
    found = {}
    for path in PAGES:
        page.goto(f"{site}/en/{path}")
        told = violations(page, axe)
        if told:
            found[path] = told
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
    assert found == {}
    assert [text for text in page.complaints if "404" not in text] == []
    assert [url for url in page.requested if not url.startswith(site)] == []


@pytest.mark.parametrize(("width", "scheme", "language"), [(1280, "dark", "fr"), (390, "light", "es")])
def test_axe_finds_nothing_in_other_languages(visit, axe, site, width, scheme, language):
    page = visit("chief", width=width, scheme=scheme, language=language)
    for path in (
        "",
        "sessions",
        f"recommendation?id={REVIEW}",
        "recommendations",
        f"obligation?id={ID}",
        f"obligation/change?id={ID}",
        "obligations",
        "calendar",
        "accounts",
        "x",
    ):
        page.goto(f"{site}/{language}/{path}")
        assert violations(page, axe) == [], path
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path


def test_axe_finds_nothing_where_forms_come_back(visit, axe, site):
    stranger = visit()
    assert violations(stranger, axe) == []
    stranger.locator("#name").fill("desk")
    stranger.locator("#password").fill("wrong password")
    stranger.locator("form.sheet button").click()
    expect(stranger.get_by_role("alert")).to_contain_text("Wrong name or password")
    assert violations(stranger, axe) == []
    page, other = visit("head"), visit("chief")
    for each in (page, other):
        each.goto(f"{site}/en/obligation/change?id={ID}")
    page.get_by_label("Accept: it is an obligation").check()
    page.get_by_role("button", name="Save").click()
    other.get_by_label("Responsible units").fill("Legal")
    other.get_by_role("button", name="Save").click()
    expect(other.get_by_role("alert")).to_contain_text("head changed this obligation")
    assert violations(other, axe) == []
    other.get_by_label("Status").select_option("done")
    other.get_by_role("button", name="Save").click()
    expect(other.get_by_role("alert")).to_contain_text("needs evidence")
    assert violations(other, axe) == []


def test_a_delegate_searches_opens_and_looks_at_the_calendar(visit):
    page = visit("guest")
    page.get_by_role("link", name="Find an obligation").click()
    page.get_by_label("Words in the obligation").fill("report")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator(".count")).to_have_text("Obligations found: 1")
    page.get_by_role("complementary").get_by_role("link", name="requests").click()
    expect(page.locator(".count")).to_have_text("Obligations found: 1")
    page.locator(".cards a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Obligation in paragraph 1")
    expect(page.locator("mark.m-addressee").first).to_have_text("addressee")
    expect(page.locator(".act mark.m-addressee")).to_have_text("Secretary-General")
    assert page.get_by_role("link", name="Change").count() == 0
    page.get_by_role("navigation", name="Menu").get_by_role("link", name="Calendar").click()
    expect(page.get_by_role("cell", name="17 May 2032")).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="iCalendar file").click()
    assert "20320517" in Path(waiting.value.path()).read_text(encoding="utf-8")
    assert page.complaints == []


def test_an_editor_accepts_says_where_it_stands_and_takes_the_report(visit):
    page = visit("desk")
    page.get_by_role("navigation", name="Menu").get_by_role("link", name="Documents").click()
    page.get_by_role("link", name="E/2031/30", exact=True).click()
    page.get_by_role("link", name="Draft resolution I", exact=True).click()
    page.locator("section.paragraph").first.get_by_role("link", name="Secretary-General").click()
    page.get_by_role("link", name="Propose a change").click()
    page.get_by_label("Accept: it is an obligation").check()
    page.get_by_label("Status").select_option("under-way")
    page.get_by_label("Evidence").fill("E/CN.15/2031/CRP.7")
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_role("status").first).to_contain_text("It takes effect when an approver agrees")
    expect(page.get_by_text("A proposal of desk waits for a decision.")).to_be_visible()
    head = visit("head")
    head.get_by_role("link", name="Proposals that wait for a decision: 1").click()
    expect(head.get_by_role("cell", name="E/CN.15/2031/CRP.7")).to_be_visible()
    head.get_by_role("button", name="Approve").click()
    expect(head.get_by_role("status").first).to_have_text("Approved.")
    page.reload()
    expect(page.get_by_text("E/CN.15/2031/CRP.7").first).to_be_visible()
    page.goto(page.url.split("/en/")[0] + "/en/report")
    for form, start in (("DOCX", b"PK"), ("PDF", b"%PDF-"), ("HTML", b"<!doctype html>")):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=form).click()
        content = Path(waiting.value.path()).read_bytes()
        assert content.startswith(start)
        if form == "DOCX":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                assert "CRP.7" in archive.read("word/document.xml").decode()
    assert page.complaints == []


def test_an_editor_moves_a_session_and_an_approver_agrees(visit):
    page = visit("desk")
    page.get_by_role("navigation", name="Menu").get_by_role("link", name="Calendar").click()
    page.get_by_role("link", name="Sessions", exact=True).click()
    page.locator("#new-body").fill("ccpcj")
    page.get_by_label("Number").fill("42")
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("First day").fill("2033-05-16")
    page.get_by_label("Last day").fill("2033-05-20")
    page.get_by_label("only announced").check()
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_role("status").first).to_contain_text("It takes effect when an approver agrees")
    expect(page.get_by_text("A proposal of desk waits for a decision.")).to_be_visible()
    head = visit("head", width=375)
    head.goto(page.url.split("/en/")[0] + "/en/review")
    expect(head.get_by_text("16 May 2033")).to_be_visible()
    head.get_by_role("button", name="Approve").click()
    page.goto(page.url.split("/en/")[0] + "/en/sessions")
    row = page.get_by_role("row", name="session 42")
    expect(row).to_contain_text("16 May 2033")
    expect(row).to_contain_text("only announced")
    assert page.complaints == head.complaints == []


def test_an_editor_proposes_for_a_recommendation(visit, site):
    page = visit("desk", width=375, scheme="dark")
    page.goto(f"{site}/en/recommendations")
    page.get_by_role("link", name="Austria · 7").click()
    page.get_by_role("link", name="Propose a change").click()
    page.get_by_label("Answer of the State").select_option("partly-accepted")
    page.get_by_label("Status").select_option("under-way")
    page.get_by_label("Responsible units").fill("Justice")
    page.get_by_role("button", name="Propose").click()
    head = visit("head")
    head.goto(f"{site}/en/review")
    expect(head.get_by_role("row", name="Responsible units – Justice")).to_be_visible()
    head.get_by_role("button", name="Approve").click()
    page.reload()
    expect(page.locator(".intro .status-under-way")).to_be_visible()
    page.get_by_role("link", name="History (2)").click()
    expect(page.get_by_text("by head")).to_be_visible()
    assert page.complaints == head.complaints == []


def test_an_approver_takes_a_version_back(visit, site):
    page = visit("head")
    page.goto(f"{site}/en/obligation/change?id={ID}")
    page.get_by_label("Reject: it is none").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".intro .state-rejected")).to_be_visible()
    page.get_by_role("link", name="History (2)").click()
    expect(page.get_by_role("row", name="Decision on the suggestion suggestion rejected")).to_be_visible()
    page.get_by_role("button", name="Restore version 1").click()
    expect(page.locator(".intro .state-suggested")).to_be_visible()
    expect(page.get_by_role("link", name="History (3)")).to_be_visible()


def test_everything_can_be_done_with_the_keyboard(visit, site):
    page = visit()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.locator("#name").focus()
    page.keyboard.type("head")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site}/en/")
    page.goto(f"{site}/en/obligation/change?id={ID}")
    page.locator('input[name="state"]').first.focus()
    page.keyboard.press("ArrowDown")
    assert page.locator('input[value="accepted"]').is_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert page.locator("#status").input_value() == "under-way"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Save":
            break
    page.keyboard.press("Enter")
    expect(page.locator(".intro .status-under-way")).to_be_visible()


def test_without_scripts(visit, site):
    page = visit("desk", script=False, width=390)
    page.goto(f"{site}/en/obligations")
    page.get_by_role("complementary").get_by_role("link", name="invites").click()
    expect(page.locator(".count")).to_have_text("Obligations found: 1")
    page.get_by_label("Name of this search").fill("Invitations")
    page.get_by_role("button", name="Keep this search").click()
    page.get_by_role("link", name="Invitations").click()
    expect(page.locator(".count")).to_have_text("Obligations found: 1")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status").first).to_have_text("You are signed out.")
    page.goto(f"{site}/en/obligations")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
