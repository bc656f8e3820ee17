"""The portal in headless Chromium: what people come for, done by clicking and typing, and axe on every page."""

from __future__ import annotations

import csv
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

PAGES = [
    "",
    "explore/by_area",
    "explore/by_area?by=area",
    "explore/by_area?by=area&iccs=0301",
    "explore/by_area?by=area&chart=bars",
    "explore/by_area.rate?by=area&chart=map",
    "explore/by_area?by=iccs&area=XX-C",
    "explore/by_month",
    "explore/by_month?by=sex",
    "explore/16.1.1",
    "compare",
    "compare/05",
    "areas",
    "areas/XX-B",
    "classification",
    "classification?q=theft",
    "classification?q=xyzzy",
    "classification/0502",
    "methods",
    "downloads",
    "api",
    "nowhere",
    "explore/by_area?area=nowhere",
]
TEXT_SIZES = """() => [...document.querySelectorAll('svg text')].filter(text => text.getClientRects().length)
    .map(text => parseFloat(getComputedStyle(text).fontSize) * Math.hypot(text.getScreenCTM().a, text.getScreenCTM().b))
"""
RULES = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"


@pytest.fixture(scope="module")
def address(app, serving) -> Iterator[str]:
    """Address of a running portal."""
    with serving(app) as address:
        yield address


@pytest.fixture
def visit(chromium, address):
    """Function that opens a page and collects what it asked for and complained of."""
    contexts = []

    def open_page(path: str, *, width: int = 1280, scheme: str = "light", script: bool = True):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script, locale="en-GB"
        )
        contexts.append(context)
        page = context.new_page()
        page.requested, page.complaints = [], []
        page.on("request", lambda request: page.requested.append(request.url))
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(f"{address}/{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_axe_finds_nothing_on_any_page(visit, axe, address, width, scheme):
    page = visit("en/", width=width, scheme=scheme)
    found = {}
    for path in PAGES:
        page.goto(f"{address}/en/{path}")
        page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
        page.evaluate(axe)
        result = page.evaluate(f"axe.run(document, {{ runOnly: {RULES} }})")
        told = [(each["id"], each["nodes"][0]["html"][:120], len(each["nodes"])) for each in result["violations"]]
        if told:
            found[path] = told
        assert len(result["passes"]) > 15
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
    assert found == {}
    assert [text for text in page.complaints if "404" not in text] == []
    assert [url for url in page.requested if not url.startswith(address)] == []


@pytest.mark.parametrize(("width", "scheme", "language"), [(1280, "dark", "fr"), (390, "light", "es")])
def test_axe_finds_nothing_in_other_languages(visit, axe, address, width, scheme, language):
    page = visit(f"{language}/", width=width, scheme=scheme)
    for path in ("", "explore/by_area?by=area", "compare", "classification/0502", "methods", "api", "nowhere"):
        page.goto(f"{address}/{language}/{path}")
        page.evaluate(axe)
        violations = page.evaluate(f"axe.run(document, {{ runOnly: {RULES} }})")["violations"]
        assert [(each["id"], each["nodes"][0]["html"][:120]) for each in violations] == [], path


def test_pages_as_files_are_whole_without_a_service(chromium, axe, book, tmp_path, monkeypatch):
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    from kyoto.portal.publishing import publish

    monkeypatch.setattr("kyoto.portal.publishing._MOST_VIEWS", 8)
    publish(book, tmp_path / "site")
    monkeypatch.setattr(SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=tmp_path / "site"))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = chromium.new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"http://127.0.0.1:{server.server_port}/")
    page.get_by_role("link", name="English").click()
    page.get_by_role("link", name="Find a figure").click()
    page.get_by_text("Tables", exact=True).click()
    page.get_by_role("link", name="What was recorded in each district?", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What was recorded in each district?")
    page.get_by_text("Break down by").click()
    page.get_by_role("link", name="Area", exact=True).click()
    expect(page.locator("#result table tbody th")).to_have_count(8)
    page.evaluate(axe)
    assert page.evaluate(f"axe.run(document, {{ runOnly: {RULES} }})")["violations"] == []
    with page.expect_download() as waiting:
        page.get_by_role("link", name="CSV").click()
    assert len(Path(waiting.value.path()).read_text(encoding="utf-8").splitlines()) > 8
    assert complaints == []
    page.close()
    server.shutdown()


def test_a_journalist_finds_a_figure_reads_what_it_means_and_takes_it_along(visit, arboria, address):
    page = visit("")
    assert page.url == f"{address}/en/"
    page.get_by_role("link", name="Find a figure").click()
    page.wait_for_load_state("load")
    page.get_by_label("Indicator or table").select_option(label="What was recorded in each district?")
    page.wait_for_url("**/explore/by_area")
    page.get_by_label("05 Acts against property only").check()
    page.wait_for_url("**iccs=05**")
    page.get_by_label("Area", exact=True).select_option(label="Hazel")
    page.wait_for_url("**area=XX-H**")
    sentence = page.locator(".sentence").inner_text()
    assert sentence.startswith("Victims: Acts against property only (05), Hazel, 2020 to 2023.")
    assert page.locator("#live").inner_text() == sentence
    assert "95 % interval" in sentence
    assert "Counts that could identify a person are withheld." in page.locator(".protection").inner_text()
    link = page.locator("#permalink").get_attribute("href")
    assert page.url == f"{address}{link}" == f"{address}/en/explore/by_area?iccs=05&area=XX-H"
    with page.expect_download() as waiting:
        page.get_by_role("link", name="CSV").click()
    rows = list(csv.DictReader(Path(waiting.value.path()).read_text(encoding="utf-8").splitlines()))
    assert {(row["area"], row["iccs"]) for row in rows} == {("XX-H", "05")}
    latest = next(row for row in rows if row["period"] == "2023")
    assert f"2023: {float(latest['value']):.0f} (95 % interval" in sentence
    again = visit(link.lstrip("/"))
    assert again.locator(".sentence").inner_text() == sentence
    assert page.complaints == []


def test_a_statistician_changes_the_breakdown_and_reads_how_it_was_counted(visit):
    page = visit("en/explore/by_area")
    page.get_by_label("Break down by").focus()
    page.get_by_label("Break down by").select_option("area")
    page.wait_for_url("**by=area**")
    assert page.evaluate("document.activeElement.id") == "by"
    boxes = page.locator("fieldset.checks input")
    assert boxes.count() == 8
    page.get_by_label("Ash").check()
    page.wait_for_url("**show=XX-A**")
    page.get_by_label("Fir").check()
    page.wait_for_url("**show=XX-F**")
    assert page.locator("#result table tbody th").all_inner_texts() == ["Ash", "Fir"]
    expect(page.locator("svg.chart.wide path.line")).to_have_count(2)
    page.go_back()
    page.wait_for_function("document.querySelectorAll('#result table tbody th').length === 1")
    facts = page.locator("#result .facts").inner_text()
    assert "Principal offence" in facts
    assert "rows in 3" in facts
    page.get_by_role("link", name="All methods and quality notes").click()
    expect(page.get_by_role("heading", name="Counting rules of the tables")).to_be_visible()
    with page.expect_download() as waiting:
        page.evaluate("location.assign('/files/manifest.json')")
    assert waiting.value.suggested_filename == "manifest.json"


def test_a_city_officer_reads_about_a_district_and_its_map(visit):
    page = visit("en/areas")
    page.get_by_label("Find an area").fill("bir")
    assert page.locator("#areas li:visible").all_inner_texts() == ["Birch XX-B"]
    page.get_by_role("link", name="Birch").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Birch (XX-B)")
    expect(page.locator(".headlines li")).to_have_count(2)
    page.get_by_role("link", name="Open in the explorer").click()
    page.wait_for_load_state("load")  # a choice made before the script is there waits for the button
    page.get_by_label("Break down by").select_option("area")
    page.get_by_role("link", name="Map").click()
    expect(page.locator("svg.map circle.count")).to_have_count(8)
    page.locator("svg.map circle.count").first.hover()
    expect(page.locator("#tip")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#tip")).to_be_hidden()


def test_everything_can_be_done_with_the_keyboard(visit):
    page = visit("en/explore/by_area")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.locator("#iccs-_T").focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_url("**iccs=01**")
    assert page.evaluate("document.activeElement.id") == "iccs-01"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"


def test_pointer_on_a_chart_tells_the_figure_that_the_table_holds(visit):
    page = visit("en/explore/by_month")
    chart = page.locator("svg.chart.wide")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    right, width = (float(chart.get_attribute(f"data-{name}")) for name in ("right", "width"))
    page.mouse.move(box["x"] + right * box["width"] / width, box["y"] + 80)
    head, figure = page.locator("#tip").inner_text().split("\n")[:2]
    assert head == "December 2023"
    row = page.locator("#result table tr", has_text="December 2023")
    assert figure == f"{row.locator('td').nth(0).inner_text()} ({row.locator('td').nth(1).inner_text()})"


@pytest.mark.parametrize("chart", ["by=area", "by=area&chart=bars", "by=area&chart=map", "by=iccs", "iccs=05"])
def test_text_of_drawings_can_be_read_on_a_telephone(visit, chart):
    for series in ("by_area", "by_area.rate"):
        sizes = visit(f"en/explore/{series}?{chart}", width=375).evaluate(TEXT_SIZES)
        assert sizes
        assert min(sizes) >= 11, chart


def test_works_without_script(visit):
    page = visit("en/explore/by_area", script=False)
    expect(page.locator("#theme")).to_be_hidden()
    page.get_by_label("Break down by").select_option("area")
    page.get_by_role("button", name="Show", exact=True).last.click()
    assert "by=area" in page.url
    expect(page.locator("#result table tbody th")).to_have_count(8)
    page.get_by_label("Indicator or table").select_option("by_month")
    page.get_by_role("button", name="Show", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How many offences were recorded each month?")


def test_first_page_is_light_and_asks_nobody_else(visit, address, chromium):
    context = chromium.new_context()
    page = context.new_page()
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    sizes = []
    client.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    requested = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto(f"{address}/en/", wait_until="networkidle")
    first = sum(sizes)
    page.goto(f"{address}/en/explore/by_area?by=area", wait_until="networkidle")
    context.close()
    assert 10_000 < first < 400_000
    assert sum(sizes) < 400_000
    assert [url for url in requested if not url.startswith(address)] == []


def test_colours_follow_the_system_until_the_reader_chooses_and_stay_chosen(visit):
    page = visit("en/", scheme="dark")
    paper = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(paper)
    button = page.get_by_role("button", name="Dark colours")
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    assert page.evaluate(paper) == "rgb(255, 255, 255)" != dark
    page.reload()
    assert page.evaluate(paper) == "rgb(255, 255, 255)"


def test_prints_without_forms_and_in_light_colours(visit, tmp_path):
    page = visit("en/explore/by_area", scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("form#choice").is_visible()
    expect(page.locator("#result table")).to_be_visible()


def test_content_policy_stops_foreign_and_inline_code(visit, address):
    page = visit("en/")
    blocked = page.evaluate(
        """() => { const script = document.createElement("script");
        script.textContent = "window.broken = 1"; document.body.append(script); return window.broken; }"""
    )
    assert blocked is None
    assert any("Content Security Policy" in text for text in page.complaints)
    raised = page.evaluate(
        """() => new Promise((done) => { document.addEventListener("securitypolicyviolation", () => done(true));
        const image = new Image(); image.src = "https://example.org/x.png"; document.body.append(image); })"""
    )
    assert raised is True
