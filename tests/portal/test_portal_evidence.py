"""What works, in the portal: a city officer searches, filters, reads a card and takes the records along."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from evidence_examples import records, write_project
from starlette.testclient import TestClient

from kyoto.analysis.evaluation import synthesis
from kyoto.analysis.evaluation.register import read_register
from kyoto.portal.application import portal_app
from kyoto.portal.book import Shelf
from kyoto.portal.evidence import Choice, evidence_pages, found_records, read_choice, read_register_of
from kyoto.portal.guard import Limits
from kyoto.portal.selection import NotPublished
from kyoto.portal.store import Store

RULES = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"
PAGES = (
    "",
    "evidence",
    "evidence?outcome=burglary",
    "evidence?q=xyzzy",
    "evidence?programme=School+mediation",
    "evidence?grade=9",
    "evidence/records/lamps-04",
    "evidence/records/lamps-04/card",
    "evidence/records/shelters/card",
    "evidence/records/guide/card",
    "downloads",
)


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> Path:
    return write_project(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def town_store(town) -> Iterator[Store]:
    opened = Store(town)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def town_app(town_store):
    return portal_app(town_store, limits=Limits(rate=0))


@pytest.fixture(scope="module")
def reader(town_app):
    return TestClient(town_app, base_url="http://localhost", raise_server_exceptions=False, follow_redirects=False)


@pytest.fixture(scope="module")
def register(town_store):
    with Shelf(town_store).book() as book:
        found = read_register_of(book)
    assert found is not None
    return found


def ids(register, **filters):
    words = filters.pop("q", "")
    return {record.id for record in found_records(register, Choice(words, filters))}


# --- the choice ---


def test_every_filter_finds_what_a_loop_over_the_rows_finds(register):
    rows = records()
    for name in ("programme", "outcome", "area", "setting", "kind", "measure"):
        for value in {row.get(name, "") for row in rows} - {""}:
            expected = {row["id"] for row in rows if row.get(name) == value}
            assert ids(register, **{name: value}) - {"shelters"} == expected, (name, value)
    assert ids(register, sdg="16.10") == {"007"}
    assert ids(register, iccs="02") == {"007", "shelters"}
    assert ids(register, grade="5") == {"lamps-04", "007"}
    assert ids(register, direction="unclear", outcome="burglary") == {
        row["id"]
        for row in rows
        if row.get("outcome") == "burglary" and float(row["lower"]) <= 1 <= float(row["upper"])
    }


def test_words_are_found_in_any_accent_and_in_the_titles_of_offences(register):
    assert ids(register, q="mediacion") == {"007"}
    assert "lamps-01" in ids(register, q="robo")  # 0401 is Robo in Spanish
    assert ids(register, q="lamps harbour") == set()


def test_codes_survive_the_file(register):
    """007, 16.10 and the country NA would be 7, 16.1 and nothing, were they read as numbers."""
    assert register.entries["007"].record.sdg == ("16.1", "16.10")
    assert {record.area for record in register.index.records} >= {"NA", "GB", "PE"}


def test_an_address_is_a_choice_and_back(register):
    query = [("q", "lamps"), ("outcome", "burglary"), ("grade", "4"), ("area", "NA"), ("page", "2")]
    assert list(read_choice(register, [*query, ("colour", "red")]).query()) == query
    with pytest.raises(NotPublished):
        read_choice(register, [("grade", "9")])
    assert read_choice(register, [("page", "-3")]).page == 1


def test_names_in_addresses_never_meet(register):
    assert register.names["lamps/fear"].startswith("lamps-fear-")
    assert len(set(register.names.values())) == len(register.names) == len(records()) + 1


# --- the pages ---


def test_list_counts_and_offers_only_what_is_there(reader):
    page = reader.get("/en/evidence").text
    assert "17 of 17 records" in page
    assert "Street lighting (15)" in page
    narrowed = reader.get("/en/evidence", params={"area": "PE"}).text
    assert "School mediation (1)" in narrowed
    assert "Street lighting (4)" in narrowed


def test_pages_of_a_long_list(reader, monkeypatch):
    monkeypatch.setattr("kyoto.portal.pages.evidence.ON_A_PAGE", 6)
    first, last = (reader.get("/en/evidence", params={"page": page, "kind": "evaluation"}).text for page in (1, 3))
    assert first.count('<h3><a href="/en/evidence/records/') == 6
    assert "Page 2 of 3: next" in first
    assert last.count('<h3><a href="/en/evidence/records/') == 3
    assert "kind=evaluation" in last


def test_forest_plot_says_what_the_studies_say_together(reader):
    page = reader.get("/en/evidence", params={"outcome": "burglary"}).text
    rows = [row for row in records() if row.get("outcome") == "burglary" and row["kind"] == "evaluation"]
    effects = np.log([float(row["effect"]) for row in rows])
    errors = [(np.log(float(row["upper"])) - np.log(float(row["lower"]))) / (2 * 1.959963984540054) for row in rows]
    pooled = synthesis.synthesize(effects, np.square(errors), model="reml", hksj=True, exponentiate=True).to_rows()[-1]
    assert f"12 studies together: Rate ratio {pooled['estimate']:.2f} (" in page
    assert f"{pooled['prediction_lower']:.2f} and {pooled['prediction_upper']:.2f}" in page
    assert page.count('<rect class="square"') == 24  # wide and narrow


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({}, "measured different outcomes"),
        ({"kind": "practice"}, "None of these records is an evaluation"),
        ({"kind": "review"}, "None of these records is an evaluation"),
        ({"outcome": "bullying"}, "there is nothing to pool"),
    ],
)
def test_no_forest_plot_without_the_reason(reader, query, reason):
    page = reader.get("/en/evidence", params=query).text
    assert reason in page
    assert 'svg class="chart forest' not in page
    assert reader.get("/en/evidence/forest.svg", params=query).status_code == 404


def test_scales_are_never_mixed(register, reader, monkeypatch):
    """Two of the twelve told as odds ratios: nothing is drawn until one scale is chosen."""
    from dataclasses import replace

    from kyoto.analysis.evaluation.register import index_register

    changed = [
        replace(record, measure="odds ratio") if record.id in ("lamps-01", "lamps-02") else record
        for record in register.index.records
    ]
    mixed = replace(
        register,
        index=index_register(changed),
        values={**register.values, "measure": {"odds ratio": 3, "rate ratio": 11}},
    )
    monkeypatch.setattr("kyoto.portal.pages.evidence.read_register_of", lambda book: mixed)
    page = reader.get("/en/evidence", params={"outcome": "burglary", "page": 9}).text
    assert "on different scales, which must not be pooled" in page
    assert "outcome=burglary&amp;measure=odds+ratio" in page
    chosen = reader.get("/en/evidence", params={"outcome": "burglary", "measure": "odds ratio", "page": 9}).text
    assert "2 studies together: Odds ratio" in chosen


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Burglary fell by about 23 %. The programme helped.", "Sure, 4 of 4", "It cost 1\u202f200 EUR.")),
        ("fr", ("Burglary : baisse d’environ 23 %. Le programme a été utile.", "Sûr, 4 sur 4")),
        ("es", ("Burglary: descenso de alrededor de 23 %. El programa ayudó.", "Seguro, 4 de 4")),
    ],
)
def test_the_card_speaks_the_language_of_the_reader(reader, language, words):
    page = reader.get(f"/{language}/evidence/records/lamps-04/card").text
    for text in words:
        assert text in page
    assert 'class="range"' in page


def test_an_evaluation_of_the_build_stands_in_the_register_with_its_own_card(reader, register):
    record = register.entries["shelters"].record
    assert (record.measure, record.direction, record.grade.level) == ("relative change", "works", 2)
    # the series was drawn with a fall of 22 from 100
    assert record.lower < -0.22 < record.upper
    assert "two houses" in reader.get("/en/evidence/records/shelters/card").text.casefold()
    assert "no se fijó" in reader.get("/es/evidence/records/shelters/card").text


def test_what_users_wrote_is_escaped(reader):
    page = reader.get("/en/evidence/records/007").text
    assert "<b>of</b>" not in page
    assert "Synthetic study &lt;b&gt;of&lt;/b&gt; schools" in page
    assert "Quarrels moved to the way home" in page


def test_record_leads_to_its_offences_targets_and_source(reader):
    page = reader.get("/en/evidence/records/lamps-01").text
    assert 'href="/en/classification/0501"' in page
    assert 'href="/en/evidence?sdg=16.1"' in page
    assert 'href="https://example.org/studies/1"' in page
    assert "other causes were not held constant" in page


def test_download_is_a_register_again(reader, tmp_path):
    answer = reader.get("/en/evidence/data.csv", params={"outcome": "burglary", "grade": "3"})
    assert answer.headers["content-type"].startswith("text/csv")
    (tmp_path / "again.csv").write_bytes(answer.content)
    again = {record.id: record for record in read_register(tmp_path / "again.csv")}
    expected = {row["id"]: row for row in records() if row.get("outcome") == "burglary" and row["kind"] == "evaluation"}
    assert set(again) == set(expected)
    for name, row in expected.items():
        assert again[name].effect == float(row["effect"])
        assert again[name].iccs == ("0501", "0401")
    whole = reader.get("/files/evaluation/register.csv")
    assert len(whole.text.splitlines()) == 18


def test_only_the_register_leaves_the_build(reader):
    for path in ("evaluation/shelters.entry.json", "evaluation/shelters.csv", "evaluation/register.json"):
        assert reader.get(f"/files/{path}").status_code == 404


def test_wrong_addresses(reader):
    assert reader.get("/en/evidence", params={"area": "nowhere"}).status_code == 404
    assert "“nowhere” is not among" in reader.get("/en/evidence", params={"area": "nowhere"}).text
    assert reader.get("/en/evidence/records/nobody").status_code == 404
    assert reader.get("/en/evidence/records/nobody/card").status_code == 404


def test_a_project_without_a_register_says_so_and_does_not_offer_it(client):
    page = client.get("/en/evidence")
    assert page.status_code == 200
    assert "There is no evidence register" in page.text
    assert 'href="/en/evidence"' not in client.get("/en/").text
    assert client.get("/en/evidence/data.csv").status_code == 404


def test_files_without_a_service_hold_every_record_and_plot(town_store, tmp_path):
    from kyoto.portal.publishing import publish

    with Shelf(town_store).book() as book:
        publish(book, tmp_path / "site")
        planned = list(evidence_pages(book))
    site = tmp_path / "site"
    assert sum(path.endswith("/card") for path, _ in planned) == 17
    page = (site / "en/evidence/index.html").read_text(encoding="utf-8")
    assert "<form" not in page
    plot = (site / "en/evidence/outcome-burglary/index.html").read_text(encoding="utf-8")
    assert "12 studies together" in plot
    assert (site / "fr/evidence/outcome-burglary/forest.svg").is_file()
    assert (site / "en/evidence/outcome-burglary/data.csv").read_text(encoding="utf-8").count("\n") == 14
    for page in site.rglob("evidence/**/index.html"):
        text = page.read_text(encoding="utf-8")
        for part in text.split('href="')[1:]:
            href = part.split('"')[0]
            if not href.startswith(("https://", "#")):
                assert (page.parent / href.replace("%20", " ")).resolve().is_file(), (page, href)


# --- in a browser ---


@pytest.fixture(scope="module")
def place(town_app, serving) -> Iterator[str]:
    with serving(town_app) as address:
        yield address


@pytest.fixture
def opened(chromium, place):
    contexts = []

    def go(path, *, width=1280, scheme="light", script=True):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script
        )
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(f"{place}/{path}")
        return page

    yield go
    for context in contexts:
        context.close()


@pytest.mark.browser
def test_a_city_officer_finds_out_about_street_lighting(opened):
    from playwright.sync_api import expect

    page = opened("en/")
    page.get_by_role("link", name="See what works").click()
    page.get_by_label("Words").fill("lamps")
    page.keyboard.press("Enter")
    page.get_by_label("Outcome").select_option(label="burglary (13)")
    page.get_by_label("Strength of the design").select_option("4")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", name="7 of 17 records")).to_be_visible()
    expect(page.locator("svg.forest.wide")).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Records as CSV").click()
    rows = list(csv.DictReader(Path(waiting.value.path()).read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 7
    assert {row["grade"] for row in rows} == {"4", "5"}
    permanent = page.locator("#permalink").get_attribute("href")
    assert permanent == "/en/evidence?q=lamps&outcome=burglary&grade=4"
    page.get_by_role("link", name=re.compile("One-page card.*in town 4")).click()
    expect(page.locator(".big-answer")).to_have_text("Burglary fell by about 23 %. The programme helped.")
    page.get_by_role("link", name="Français").click()
    expect(page.locator(".big-answer")).to_contain_text("baisse d’environ 23 %")
    page.get_by_role("link", name="Brighter street lamps in town 4").click()
    page.get_by_role("link", name="Cambriolage").or_(
        page.get_by_role("link", name="Burglary", exact=True)
    ).first.click()
    assert "/fr/classification/0501" in page.url
    assert page.complaints == []
    again = opened(permanent.lstrip("/"))
    expect(again.get_by_role("heading", name="7 of 17 records")).to_be_visible()
    again.get_by_role("link", name="Without Strength of the design: Level 4 or more").click()
    expect(again.get_by_role("heading", name="13 of 17 records")).to_be_visible()


@pytest.mark.browser
def test_works_with_the_keyboard_and_without_script(opened):
    from playwright.sync_api import expect

    page = opened("en/evidence", script=False)
    page.get_by_label("Kind of record").focus()
    page.keyboard.type("Pra")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="1 of 17 records")).to_be_visible()
    page.get_by_role("link", name="How to light a street", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("How to light a street")


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme", "language"), [(1280, "light", "en"), (390, "dark", "fr")])
def test_axe_finds_nothing_on_the_pages_of_evidence(opened, place, axe, width, scheme, language):
    page = opened(f"{language}/", width=width, scheme=scheme)
    found = {}
    for path in PAGES:
        page.goto(f"{place}/{language}/{path}")
        page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
        page.evaluate(axe)
        result = page.evaluate(f"axe.run(document, {{ runOnly: {RULES} }})")
        told = [(each["id"], each["nodes"][0]["html"][:160]) for each in result["violations"]]
        if told:
            found[path] = told
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
    assert found == {}
    assert [text for text in page.complaints if "404" not in text] == []
