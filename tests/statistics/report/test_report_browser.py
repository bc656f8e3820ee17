"""The report in a real browser: opened from disk, looked at in light and dark, sorted, downloaded, printed."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report_file(report_html: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(report_html, encoding="utf-8")
    return path


@pytest.fixture
def opened(chromium, report_file):
    """Function that opens the report and collects what the page asked for and complained of."""
    contexts = []

    def open_page(width: int = 1440, scheme: str = "light"):
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.requested, page.complaints = [], []
        page.on("request", lambda request: page.requested.append(request.url))
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(report_file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1024, "dark"), (390, "light")])
def test_opens_from_disk_without_network_complaint_or_overflow(opened, report_file, width, scheme):
    page = opened(width, scheme)
    page.mouse.wheel(0, 20_000)
    page.wait_for_timeout(100)
    own = report_file.as_uri()
    assert [url for url in page.requested if not url.startswith((own, "data:", "blob:"))] == []
    assert page.complaints == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.evaluate("document.fonts.check('16px \"Source Sans 3\"')")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_no_accessibility_violation(opened, axe, width, scheme):
    page = opened(width, scheme)
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    page.evaluate(axe)
    found = page.evaluate(
        "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })"
    )
    told = [
        (violation["id"], violation["help"], violation["nodes"][0]["html"][:150], len(violation["nodes"]))
        for violation in found["violations"]
    ]
    assert told == []
    assert len(found["passes"]) > 20


def test_text_of_drawings_can_be_read_on_a_telephone(opened):
    sizes = opened(375).evaluate(
        """() => [...document.querySelectorAll('svg text')].filter(text => text.getClientRects().length).map(text =>
        parseFloat(getComputedStyle(text).fontSize) * Math.hypot(text.getScreenCTM().a, text.getScreenCTM().b))"""
    )
    assert len(sizes) > 20
    assert min(sizes) >= 11


def test_table_sorts_by_mouse_and_keyboard_and_comes_back(opened):
    page = opened()
    table = page.locator("#table-3 table.wide")
    cells = "(table) => [...table.tBodies[0].rows].map((row) => row.cells[row.cells.length - 1].textContent)"
    given = table.evaluate(cells)
    head = table.locator("thead th").last
    head.locator("button").click()
    falling = [int(text.replace("\xa0", "")) for text in table.evaluate(cells)]
    assert falling == sorted(falling, reverse=True)
    assert head.get_attribute("aria-sort") == "descending"
    head.locator("button").focus()
    page.keyboard.press("Enter")
    rising = [int(text.replace("\xa0", "")) for text in table.evaluate(cells)]
    assert rising == sorted(falling)
    page.keyboard.press("Enter")
    assert table.evaluate(cells) == given
    assert head.get_attribute("aria-sort") is None


def test_download_is_the_csv_of_the_table(opened, report_input):
    page = opened()
    with page.expect_download() as waiting:
        page.locator("#table-3 a.download").click()
    text = Path(waiting.value.path()).read_text(encoding="utf-8")
    frame = report_input.tables[2].observations
    assert waiting.value.suggested_filename == "by_motive.csv"
    assert len(text.splitlines()) == len(frame) + 1
    assert text.splitlines()[0].split(",") == list(frame.columns)
    assert page.complaints == []


def test_colours_follow_the_system_until_the_reader_chooses_and_stay_chosen(opened):
    page = opened(scheme="dark")
    paper = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(paper)
    button = page.locator("#theme")
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    assert page.evaluate(paper) == "rgb(255, 255, 255)" != dark
    page.reload()
    assert page.evaluate(paper) == "rgb(255, 255, 255)"


def test_pointer_on_a_chart_tells_the_figure_that_the_table_holds(opened):
    page = opened()
    chart = page.locator("#table-2 .kind-trend svg.wide")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    left, right, width = (float(chart.get_attribute(f"data-{name}")) for name in ("left", "right", "width"))
    scale = box["width"] / width
    page.mouse.move(box["x"] + (left + (right - left) * 0.5) * scale, box["y"] + 80)  # third of five years
    tip = page.locator("#tip").inner_text()
    rows = page.locator("#table-2 .kind-trend .chart-table tbody tr").all_inner_texts()
    assert tip.split() == ["2021", "577", "(530", "to", "627)"] or tip.startswith("2021\n577 (")
    assert (
        page.locator("#table-2 .kind-trend .chart-table tbody tr").nth(2).text_content().split()[0].startswith("2021")
    )
    assert len(rows) == 5
    page.keyboard.press("Escape")
    assert page.locator("#tip").is_hidden()


def test_works_without_script(chromium, report_file):
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 1024, "height": 800})
    page = context.new_page()
    page.goto(report_file.as_uri())
    assert page.locator("#table-1 table.wide").is_visible()
    assert page.locator("#table-1 svg.wide").first.is_visible()
    assert page.locator("#theme").is_hidden()
    assert page.locator("#table-1 a.download").get_attribute("href") == "tables/by_month.csv"
    context.close()


def test_prints_with_how_the_figures_were_made(opened, tmp_path):
    page = opened(scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details.explain").first.get_attribute("open") is not None
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details.explain").first.get_attribute("open") is None
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("nav").is_visible()
    page.pdf(path=str(tmp_path / "report.pdf"), format="A4")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")
