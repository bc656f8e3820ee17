"""The justice funnel on the compare pages and in the report, from series as UNODC publishes them."""

from __future__ import annotations

import re

import pytest
from justice_example import write_justice
from lxml import html as lxml_html
from playwright.sync_api import expect
from portal_examples import build

from kyoto.portal.book import Shelf
from kyoto.portal.publishing import plan_publication
from kyoto.portal.site import Site
from kyoto.portal.store import Store

RULES = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"


@pytest.fixture(scope="module")
def justice(tmp_path_factory):
    return build(write_justice(tmp_path_factory.mktemp("justice")))


@pytest.fixture(scope="module")
def justice_site(justice):
    store = Store(justice)
    yield Site(Shelf(store))
    store.close()


def page(site, path, query=()):
    made = site.answer(path, query).answer
    assert made.status == 200, made.body
    return lxml_html.fromstring(made.body.decode())


def table_rows(tree):
    return {
        (body.findtext("tr/th").strip(), row.findtext("th").strip()): [
            " ".join(cell.text_content().split()) for cell in row.findall("td")
        ]
        for body in tree.xpath("//section[@aria-labelledby='funnel']//tbody")
        for row in body.findall("tr")[1:]
    }


def test_ranges_with_their_years_and_counts(justice_site):
    rows = table_rows(page(justice_site, "en/compare/0502"))
    text, counted, recorded, mind = rows["XAA", "Persons prosecuted"]
    # 210 (exact Poisson 182.6 to 240.4) of 800 (up to 857.4) or 900 (up to 960.8), at least 745.5
    assert (text, counted, recorded) == ("19 to 33", "210 in 2021", "800 in 2020, 900 in 2021")
    assert mind == "record of the same year or the year before: 2020–2021"
    assert rows["XAA", "Persons convicted"][3].startswith("record of the same year to 2 years before: 2019–2021")
    assert "gravest offence only" in rows["XAA", "Persons convicted"][3]
    assert rows["XCC", "Persons suspected or arrested"][0] == "not counted here"
    assert rows["XCC", "Persons convicted"][3].count("no usable record of the other years") == 1


def test_no_percentage_and_no_rank(justice_site):
    section = page(justice_site, "en/compare/0502").xpath("//section[@aria-labelledby='funnel']")[0]
    text = section.text_content()
    assert re.findall(r"[\d.]+\s*%", text) == ["95 %"]  # of chance, in the note below the chart
    names = section.xpath(".//svg[contains(@class, 'wide')]/text[@class='end']/text()")
    assert names == ["XAA", "XBB", "XCC"]


def test_a_few_homicides_give_no_range(justice_site):
    rows = table_rows(page(justice_site, "en/compare/0101"))
    assert rows["XAA", "Persons convicted"][0] == "too few recorded for a range"


def test_areas_are_chosen_and_unknown_ones_refused(justice_site):
    chosen = page(justice_site, "en/compare/0502", (("area", "XAA"), ("area", "XCC")))
    assert {area for area, _ in table_rows(chosen)} == {"XAA", "XCC"}
    assert chosen.xpath("//input[@name='area'][@checked]/@value") == ["XAA", "XCC"]
    assert justice_site.answer("en/compare/0502", (("area", "XZZ"),)).answer.status == 404
    links = page(justice_site, "en/compare", (("area", "XAA"), ("area", "XBB"))).xpath("//tbody//a/@href")
    assert "/en/compare/0502?area=XAA&area=XBB" in links


def test_pairs_are_of_one_stage_and_verdicts_of_the_funnel_beside(justice_site):
    tree = page(justice_site, "en/compare/0502")
    heads = [text.strip() for text in tree.xpath("//section[@aria-labelledby='pairs']//h3/text()")]
    assert all(re.findall(r"\((\w+)\)", head)[0] == re.findall(r"\((\w+)\)", head)[1] for head in heads)
    verdicts = tree.xpath("//section[@aria-labelledby='funnel']//li[h4]/p/text()")
    assert {"".join(text.split()) for text in verdicts if text.strip()} == {"withcaution"}


def test_every_language_says_it(justice_site):
    for language, title in (("fr", "De l’enregistrement à la condamnation"), ("es", "Del registro a la condena")):
        tree = page(justice_site, f"{language}/compare/0502")
        assert title in tree.text_content()
        assert "stage" not in tree.xpath("string(//section[@aria-labelledby='funnel']//thead)").lower()


def test_the_report_has_the_chapter(justice):
    tree = lxml_html.fromstring((justice / "build" / "report.html").read_text(encoding="utf-8"))
    chapter = tree.xpath("//section[@id='compared']")[0]
    text = " ".join(chapter.text_content().split())
    assert "XAA – XBB (recorded)" in text
    assert "record of the same year or the year before: 2020–2021" in text
    assert "19 to 33" in text
    assert len(chapter.xpath(".//svg[contains(@class, 'wide')]")) == 2  # homicide and theft; the sections above repeat


def test_a_project_of_one_source_has_no_such_chapter(tmp_path):
    folder = write_justice(tmp_path / "one")
    text = (folder / "kyoto.toml").read_text(encoding="utf-8")
    start, end = text.index("[sources.suspected]"), text.index("[comparability.recorded]")
    text = text[:start] + '[disclosure]\nmethod = "none"\n'
    assert end > start
    (folder / "kyoto.toml").write_text(text.replace('area = "area"\n', ""), encoding="utf-8")
    text = (folder / "kyoto.toml").read_text(encoding="utf-8").replace(', "area"]', "]")
    (folder / "kyoto.toml").write_text(text, encoding="utf-8")
    build(folder)
    assert 'id="compared"' not in (folder / "build" / "report.html").read_text(encoding="utf-8")


def test_files_hold_the_funnel_without_a_form(justice):
    store = Store(justice)
    try:
        with Shelf(store).book() as book:
            from kyoto.portal.links import FileLinks
            from kyoto.portal.site import page_of

            planned = plan_publication(book)
            assert "en/compare/0502/index.html" in planned.files
            body = page_of(book, "en/compare/0502", (), FileLinks("en/compare/0502/index.html", planned.files)).body
            assert b"<form" not in body
            assert b"19 to 33" in body
    finally:
        store.close()


def test_command_gives_the_same_figures(kyoto, justice):
    ran = kyoto("compare", justice, "--iccs", "0502", "--funnel", "--area", "XAA", "--json")
    found = {each["stage"]: (each["lower"], each["upper"]) for each in ran.rows[0]["ranges"]}
    assert found == {"suspected": (36.0, 58.0), "prosecuted": (19.0, 33.0), "convicted": (10.0, 21.0)}
    assert kyoto("compare", justice, "--funnel").code == 2
    assert "XBB" not in kyoto("compare", justice, "--iccs", "0502", "--funnel", "--area", "XAA").out


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_reader_chooses_areas_and_axe_finds_nothing(justice, justice_site, chromium, axe, width, scheme, served):
    opened = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
    opened.goto(f"{served}/en/compare")
    opened.get_by_role("link", name="Theft").click()
    opened.get_by_role("checkbox", name="XBB").uncheck()
    opened.get_by_role("button", name="Compare").click()
    expect(opened.locator("section.funnel")).to_contain_text("19 to 33")
    expect(opened.locator("section.funnel")).not_to_contain_text("XBB")
    assert "area=XAA&area=XCC" in opened.url
    opened.goto(f"{served}/en/compare/0502")
    for address in (opened.url, f"file://{justice}/build/report.html"):
        opened.goto(address)
        opened.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
        opened.evaluate(axe)
        result = opened.evaluate(f"axe.run(document, {{ runOnly: {RULES} }})")
        assert [(each["id"], each["nodes"][0]["html"][:150]) for each in result["violations"]] == []
        assert opened.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    opened.close()


@pytest.fixture(scope="module")
def served(justice, serving):
    """Address of a running portal of the example."""
    from kyoto.portal.application import portal_app
    from kyoto.portal.guard import Limits

    store = Store(justice)
    with serving(portal_app(store, limits=Limits(rate=0))) as address:
        yield address
    store.close()
