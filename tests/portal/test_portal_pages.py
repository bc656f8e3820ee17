"""Every page in every language, what stands on it, and what must not."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lxml import html

from kyoto.core.files import sha256_of
from kyoto.portal.book import Shelf
from kyoto.portal.links import FileLinks, file_of
from kyoto.portal.site import Site, language_of
from kyoto.portal.store import Store
from kyoto.portal.wording import LANGUAGES
from kyoto.statistics.observations import observation_columns

PAGES = [
    "",
    "explore",
    "explore/by_area",
    "explore/by_area.rate",
    "explore/by_month",
    "explore/16.1.1",
    "compare",
    "areas",
    "areas/XX-B",
    "classification",
    "classification/0502",
    "methods",
    "downloads",
    "api",
]


def _page(site, path, query=(), status=200):
    made = site.answer(path, tuple(query))
    assert made.answer.status == status, path
    return html.fromstring(made.answer.body)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_there_in_every_language(site, language, path):
    page = _page(site, f"{language}/{path}")
    assert page.get("lang") == language
    assert len(page.xpath("//h1")) == 1
    assert page.xpath("//title")[0].text.strip()
    assert page.xpath("//main[@id='main']")
    assert page.xpath("//a[@class='skip' and @href='#main']")
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    said = " ".join(page.xpath("//main//text()[not(ancestor::code)]"))
    assert not re.search(r"\{[a-z]+\}|(?<!-)None(?!\.)|Undefined", said)


@pytest.mark.parametrize("path", PAGES)
def test_no_inline_script_style_or_handler(site, path):
    page = _page(site, f"en/{path}")
    assert page.xpath("//script[not(@src)] | //style | //@style | //@*[starts-with(name(), 'on')]") == []
    assert [address for address in page.xpath("//@src | //link/@href") if not address.startswith("/assets/")] == []


@pytest.mark.parametrize("path", PAGES)
def test_tables_have_captions_and_scopes_and_fields_have_labels(site, path):
    page = _page(site, f"en/{path}")
    for table in page.xpath("//table"):
        assert table.xpath("./caption")
        assert table.xpath(".//th[not(@scope)]") == []
    labelled = set(page.xpath("//label/@for"))
    for field in page.xpath("//select | //input"):
        assert field.get("id") in labelled or field.getparent().tag == "label"


def test_every_link_of_every_page_leads_somewhere(site):
    seen, todo = set(), [f"/en/{path}" for path in PAGES]
    while todo and len(seen) < 400:
        address = todo.pop()
        if address in seen or address.startswith(("/api/v1", "/api/openapi", "/sdmx", "#")):
            continue
        seen.add(address)
        path, _, query = address.partition("?")
        pairs = [tuple(pair.split("=", 1)) for pair in query.split("&") if pair]
        made = site.answer(path.lstrip("/"), tuple((name, value.replace("+", " ")) for name, value in pairs))
        assert made.answer.status == 200, address
        if made.answer.media.startswith("text/html") and len(seen) < 120 and not made.answer.name:
            todo += html.fromstring(made.answer.body).xpath("//main//a/@href")
    assert len(seen) > 150


def test_the_explorer_shows_the_figures_of_its_choice(site, arboria):
    frame = pq.read_table(arboria / "build" / "tables" / "by_area.parquet").to_pandas()
    row = frame[(frame.series == "by_area") & (frame.area == "XX-H") & (frame.iccs == "05") & (frame.period == "2023")]
    page = _page(site, "en/explore/by_area", [("iccs", "05"), ("area", "XX-H")])
    cells = page.xpath("//table//tr[th='2023']/td[1]/text()")
    assert cells == [f"{row['value'].item():.0f}"]
    assert page.xpath("//input[@name='iccs' and @value='05' and @checked]")
    assert page.xpath("//select[@name='area']/option[@selected]/@value") == ["XX-H"]
    assert "Counts that could identify a person are withheld." in " ".join(page.itertext())


def test_withheld_figures_are_nowhere(site, arboria):
    """A suppressed cell says so in words, and no file or page carries a number in its place."""
    page = _page(site, "en/explore/by_area", [("by", "area"), ("iccs", "0301")])
    text = [cell.text for cell in page.xpath("//td[contains(@class, 'suppressed')]")]
    assert set(text) == {"withheld"}
    csv = site.answer("en/explore/by_area/data.csv", (("by", "area"), ("iccs", "0301"))).answer.body.decode()
    hidden = [line.split(",") for line in csv.splitlines() if ",N," in line]
    assert hidden
    assert all(line[7:10] == ["", "", ""] for line in hidden)


def test_all_withheld_and_nothing_published_are_states_of_their_own(site, arboria):
    frame = pq.read_table(arboria / "build" / "tables" / "by_area.parquet").to_pandas()
    counts = frame[frame.series == "by_area"]
    states = counts.groupby(["area", "iccs"])["value"].agg(["size", "count"])
    area, iccs = next(key for key, row in states.iterrows() if row["size"] == 4 and row["count"] == 0)
    page = _page(site, "en/explore/by_area", [("area", area), ("iccs", iccs)])
    assert "All figures of this choice are withheld" in page.xpath("//h2/text()")
    assert page.xpath("//svg[contains(@class, 'chart')]") == []


def test_a_map_counts_in_circles_and_rates_in_colours(site):
    counts = _page(site, "en/explore/by_area", [("by", "area"), ("chart", "map")])
    rates = _page(site, "en/explore/by_area.rate", [("by", "area"), ("chart", "map")])
    assert len(counts.xpath("//*[@class='count']")) == 8
    assert rates.xpath("//*[@class='count']") == []
    coloured = rates.xpath("//*[local-name()='path' and starts-with(@class, 'm')]")
    assert len(coloured) == 9
    assert "Boundaries: generated for this example." in " ".join(rates.itertext())


def test_nothing_ranks_areas(site):
    page = _page(site, "en/explore/by_area", [("by", "area"), ("chart", "bars")])
    rows = [" ".join(row.itertext()).strip() for row in page.xpath("//table//tbody//th")]
    assert rows == sorted(rows) == ["Ash", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Gorse", "Hazel"]


def test_search_finds_classes_by_words_codes_and_says_when_nothing_fits(site):
    page = _page(site, "en/classification", [("q", "pickpocketing")])
    assert "/en/classification/050221" in " ".join(page.xpath("//ol//a/@href"))
    assert _page(site, "fr/classification", [("q", "0502")]).xpath("//ol/li")
    none = _page(site, "es/classification", [("q", "xyzzy")])
    assert none.xpath("//ol[@class='hits']/li") == []
    assert "xyzzy" in " ".join(none.xpath("//h2//text()"))


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("en/nowhere", ()),
        ("de/explore", ()),
        ("en/explore/none", ()),
        ("en/areas/XX-Q", ()),
        ("en/classification/999", ()),
        ("en/compare/1001", ()),
        ("en/explore/by_area", (("area", "<script>alert(1)</script>"),)),
        ("en/explore/by_month/data.pdf", ()),
        ("files/records/police.parquet", ()),
        ("files/../kyoto.toml", ()),
        ("files/rejects/police.csv", ()),
        ("favicon.ico", ()),
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(site, path, query):
    page = _page(site, path, query, status=404)
    assert page.xpath("//h1/text()")
    assert page.xpath("//main//a[@href='/en/explore']")
    assert page.xpath("//script[not(@src)]") == []


def test_the_manifest_that_is_published_tells_nothing_of_single_records(site, arboria):
    own = json.loads((arboria / "build" / "manifest.json").read_text())
    public = json.loads(site.answer("files/manifest.json").answer.body)
    assert not [name for name in public["steps"] if name.startswith(("source:", "protection:"))]
    assert "selected" in own["steps"]["table:by_area"]["facts"]
    assert "selected" not in json.dumps(public)
    assert public["steps"]["table:by_area"]["facts"]["disclosure"]["method"] == "suppression"
    findings = json.loads(site.answer("files/quality.json").answer.body)["findings"]
    assert not [finding for finding in findings if "examples" in finding]


HOSTILE = '"><img src=x onerror=alert(1)>{{7191*7}}'


def test_text_of_the_build_is_escaped_wherever_it_stands(tmp_path):
    build = tmp_path / "build" / "tables"
    build.mkdir(parents=True)
    columns = observation_columns(["motive"])
    rows = [
        {
            **dict.fromkeys(columns, "_T"),
            "area": area,
            "period": period,
            "series": "hostile",
            "motive": motive,
            "unit": HOSTILE,
            "value": 7.0,
            "lower": 1.0,
            "upper": 9.0,
            "status": "B",
            "confidentiality": "F",
            "source": HOSTILE,
            "note": HOSTILE,
        }
        for area in ("_T", HOSTILE, "B")
        for period in ("2020", "2021", "2022")
        for motive in ("_T", HOSTILE, "plain")
    ]
    pq.write_table(pa.Table.from_pylist(rows).select(columns), build / "hostile.parquet")
    (tmp_path / "build" / "quality.json").write_text(json.dumps({"findings": [{"message": HOSTILE, "code": HOSTILE}]}))
    outputs = [
        {"path": path, "sha256": sha256_of(tmp_path / "build" / path)}
        for path in ("tables/hostile.parquet", "quality.json")
    ]
    manifest = {
        "kyoto": HOSTILE,
        "finished": "2026-01-02T03:04:05+00:00",
        "inputs": [{"path": HOSTILE, "bytes": 1, "sha256": HOSTILE}],
        "reconciliation": {HOSTILE: {"rows_in": 1, "rows_counted": 1, "rows_rejected": 0}},
        "steps": {
            "table:hostile": {
                "outputs": outputs,
                "facts": {"title": HOSTILE, "source": HOSTILE, "where": HOSTILE, "date": HOSTILE},
            }
        },
    }
    (tmp_path / "build" / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "kyoto.toml").write_text(f"[project]\ntitle = '{HOSTILE}'\n")
    store = Store(tmp_path)
    site = Site(Shelf(store))
    choices = [("by", "area"), ("by", "motive"), ("chart", "bars")]
    asked = [("en/", ()), ("en/methods", ()), ("en/downloads", ()), ("en/areas", ()), (f"en/areas/{HOSTILE}", ())]
    asked += [
        ("en/explore/hostile", choices[:1]),
        ("en/explore/hostile", choices[1:]),
        ("en/classification", [("q", HOSTILE)]),
    ]
    asked += [("fr/explore/hostile/data.svg", choices[:1])]
    for path, query in asked:
        made = site.answer(path, tuple(query))
        assert made.answer.status == 200, path
        assert "<img" not in made.answer.body.decode()
        assert "50337" not in re.sub(r"[0-9a-f]{12,}", "", made.answer.body.decode())
    store.close()


def test_estimates_of_rooms_stand_on_the_first_page_with_their_intervals(tmp_path):
    folder = tmp_path / "build" / "hidden"
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("<p>how</p>")
    (folder / "estimates.csv").write_text("not asked for")
    panel = {
        "title": "How many?",
        "sentence": "About ten thousand.",
        "unit": "people",
        "source": "lists",
        "page": "hidden/report.html",
        "rows": [
            {"label": "all", "estimate": 10313.0, "lower": 8000.2, "upper": 13000.1, "note": "with caution"},
            {"label": "children", "estimate": None, "lower": None, "upper": None, "note": "too few"},
        ],
    }
    outputs = [
        {"path": f"hidden/{name}", "sha256": sha256_of(folder / name)} for name in ("report.html", "estimates.csv")
    ]
    shares = {"title": "Who?", "sentence": "4.6 %.", "unit": "per cent of cases", "rows": [
        {"label": "charged", "estimate": 4.55, "lower": 3.41, "upper": 6.04, "note": ""},
    ]}  # fmt: skip
    steps = {"hidden": {"outputs": outputs, "facts": {"panel": panel}}, "flow": {"facts": {"panel": shares}}}
    manifest = {"kyoto": "0", "finished": "2026-01-02T03:04:05+00:00", "steps": steps}
    (tmp_path / "build" / "manifest.json").write_text(json.dumps(manifest))
    store = Store(tmp_path)
    site = Site(Shelf(store))
    rows = _page(site, "fr/").xpath("//section[@aria-labelledby='estimates']//tbody/tr")
    cells = [[" ".join(cell.itertext()) for cell in row] for row in rows]
    assert cells == [
        ["all", "10\u00a0313", "8\u00a0000 à 13\u00a0001", "with caution"],
        ["children", "sans données", "", "too few"],
        ["charged", "4,5", "3,4 à 6,1"],  # as in the sentence, and no empty column of remarks
    ]
    assert site.answer("files/hidden/report.html").answer.name == "hidden-report.html"
    assert site.answer("files/hidden/estimates.csv").answer.status == 404
    store.close()


def test_language_of_the_reader():
    assert language_of("", "fr-CA, en;q=0.8") == "fr"
    assert language_of("", "de, it") == "en"
    assert language_of("", "es;q=nonsense, fr;q=0.1") == "es"
    assert language_of("es/explore", "fr") == "es"


def test_file_names_keep_different_addresses_apart():
    addresses = [
        ("a", [("x", "1")]),
        ("a", [("x", "2")]),
        ("a", [("x", "1/2")]),
        ("a", [("x", "1-2")]),
        ("a/.git", ()),
        ("a/É", ()),
    ]
    names = [file_of(path, query) for path, query in addresses]
    assert len(set(names)) == len(names)
    assert not [name for name in names if "/." in name or "É" in name]
    links = FileLinks("en/areas/a b/index.html", frozenset({"en/index.html"}))
    assert links.to("en/") == "../../../en/index.html"
    assert links.has("en/")
    assert not links.has("fr/")


def test_a_build_in_progress_is_a_page_that_waits(tmp_path):
    site = Site(Shelf(Store(tmp_path)))
    made = site.answer("fr/explore")
    page = html.fromstring(made.answer.body)
    assert made.answer.status == 503
    assert page.xpath("//meta[@http-equiv='refresh']/@content") == ["20"]
    assert page.xpath("//h1/text()") == ["Les chiffres sont en préparation"]


def test_project_without_tables_areas_or_comparison_has_pages_that_say_so(tmp_path: Path):
    (tmp_path / "build").mkdir()
    manifest = {"kyoto": "0", "finished": "2026-01-02T03:04:05+00:00", "steps": {}}
    (tmp_path / "build" / "manifest.json").write_text(json.dumps(manifest))
    site = Site(Shelf(Store(tmp_path)))
    for path in ("en/", "en/explore", "en/areas", "en/methods", "en/downloads", "en/api"):
        made = site.answer(path)
        assert made.answer.status == 200, path
    assert site.answer("en/compare").answer.status == 503
    assert "No table has been published" in site.answer("en/explore").answer.body.decode()
