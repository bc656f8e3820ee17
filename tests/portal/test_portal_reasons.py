"""Reasons of verdicts and names of areas, said in the language of the page."""

from __future__ import annotations

import re
from itertools import product

import pytest
from justice_example import write_justice
from lxml import html as lxml_html
from portal_examples import build

from kyoto.portal.book import Shelf
from kyoto.portal.reasons import told_reasons
from kyoto.portal.site import Site
from kyoto.portal.store import Store
from kyoto.portal.wording import LANGUAGES, words
from kyoto.statistics.comparability.reasons import KINDS, TEXTS, Reason, Side, reason
from kyoto.statistics.units import COUNTING_UNITS

AREAS = {"XAA": "GBR_E_W", "XBB": "IRQ_KRI", "XCC": "XKX"}
NAMES = {
    "en": ("England and Wales", "Iraq (Kurdistan Region)", "Kosovo (under UN Security Council resolution 1244)"),
    "fr": (
        "Angleterre et pays de Galles",
        "Iraq (Région du Kurdistan)",
        "Kosovo (au sens de la résolution 1244 du Conseil de sécurité de l’ONU)",
    ),
    "es": (
        "Inglaterra y Gales",
        "Iraq (Región del Kurdistán)",
        "Kosovo (según la resolución 1244 del Consejo de Seguridad de la ONU)",
    ),
}


@pytest.fixture(scope="module")
def unodc(tmp_path_factory):
    """The example of the funnel, of areas that UNODC publishes and no ISO list holds."""
    folder = write_justice(tmp_path_factory.mktemp("unodc"))
    path = folder / "published.csv"
    text = path.read_text(encoding="utf-8")
    for made_up, real in AREAS.items():
        text = text.replace(made_up, real)
    path.write_text(text, encoding="utf-8")
    return build(folder)


@pytest.fixture(scope="module")
def store(unodc):
    opened = Store(unodc)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def site(store):
    return Site(Shelf(store))


def page(site, path, query=()):
    made = site.answer(path, query).answer
    assert made.status == 200, made.body
    return lxml_html.fromstring(made.body.decode())


def reasons_of(tree):
    return [(node.text_content().strip(), node.get("lang")) for node in tree.xpath("//ul[@class='pairs']/li/ul/li")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_of_areas_wherever_they_are_shown(site, language):
    names = NAMES[language]
    compare = page(site, f"{language}/compare/0502")
    assert compare.xpath("//section[@aria-labelledby='funnel']//th[@scope='rowgroup']/text()") == list(names)
    drawn = compare.xpath(
        "//section[@aria-labelledby='funnel']//svg[contains(@class, 'wide')]/text[@class='end']/text()"
    )
    assert drawn == list(names)
    listed = page(site, f"{language}/areas").text_content()
    profile = page(site, f"{language}/areas/IRQ_KRI")
    explored = page(site, f"{language}/explore/recorded", [("by", "area")]).text_content()
    assert all(name in listed and name in explored for name in names)
    assert profile.findtext(".//h1") == f"{names[1]} (IRQ_KRI)"


@pytest.mark.parametrize("language", LANGUAGES)
def test_reasons_are_in_the_language_of_the_page(site, language):
    english = dict.fromkeys(text for text, _ in reasons_of(page(site, "en/compare/0502")))
    found = reasons_of(page(site, f"{language}/compare/0502"))
    assert len(found) > 10
    assert all(lang is None for _, lang in found)
    said = {"en": "own, which the source does not", "fr": "règles propres que la source", "es": "reglas propias que la"}
    assert any(said[language] in text for text, _ in found)
    assert not any(code in text for text, _ in found for code in AREAS.values())
    if language != "en":
        assert not {text for text, _ in found} & set(english)
        assert len(found) == len(reasons_of(page(site, "en/compare/0502")))


def test_what_the_funnel_minds_is_in_the_language_of_the_page(site):
    cells = {
        language: [
            node.text_content() for node in page(site, f"{language}/compare/0502").xpath("//td/span[@class='between']")
        ]
        for language in LANGUAGES
    }
    assert len(cells["en"]) == len(cells["fr"]) == len(cells["es"]) > 0
    assert "England and Wales (convicted) counts the gravest offence only" in " ".join(cells["en"])
    assert "Angleterre et pays de Galles (convicted) ne compte que l’infraction la plus grave" in " ".join(cells["fr"])
    assert "Inglaterra y Gales (convicted) cuenta solo el delito más grave" in " ".join(cells["es"])


def test_words_of_a_source_keep_their_language(store):
    with Shelf(store).book() as book:
        side = Side("XX (police)", "police", "XX")
        nested = reason("at_side", side=side, text=reason("missing_years", years="2014–2015"))
        foreign = reason("at_side", side=side, text="the level falls from 2019-04 on")
        told = told_reasons(book, words("fr"), [nested, foreign, "anything"])
    assert told == (
        ("XX (police) : aucun enregistrement en 2014–2015", ""),
        ("XX (police) : the level falls from 2019-04 on", "en"),
        ("anything", "en"),
    )


def test_the_english_catalogue_says_what_the_command_line_says():
    texts = words("en").texts
    assert {key: texts[f"reasons.{key}"] for key in TEXTS} == dict(TEXTS)


EXAMPLES = {
    "side": (Side("XX (police)", "police", "XX"), Side("courts", "courts", "_T")),
    "area": ("GBR_S",),
    "units": (("offence", "incident"), ("person arrested",)),
    "attempts": (("inside", "apart"), ("excluded",)),
    "dates": (("recorded", "occurred"), ("booked",)),
    "list": (("0501", "0502"), "05"),
    "years": ("2012–2014, 2016",),
    "number": (3,),
    "stage": ("recorded", "suspected", "prosecuted", "convicted", "imprisoned"),
    "text": ("Straßenraub 2012–2014", reason("missing_years", years="2014")),
}


@pytest.mark.parametrize("key", TEXTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_can_be_said_whatever_its_parts(store, language, key):
    names = re.findall(r"\{(\w+)\}", TEXTS[key])
    with Shelf(store).book() as book:
        for values in product(*(EXAMPLES[KINDS[name]] for name in names)):
            found = reason(key, **dict(zip(names, values, strict=True)))
            ((told, _),) = told_reasons(book, words(language), [found])
            assert "{" not in told
            assert "(" not in told or re.search(r"\((police|courts|\w.*)\)", told)
            for unit in COUNTING_UNITS:
                assert f"'{unit}'" not in told


def test_reasons_survive_copies():
    import copy
    import pickle

    found = reason("lacks_years", area="XX")
    for twin in (copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        assert (twin, twin.key, twin.parts) == (found, "lacks_years", {"area": "XX"})
        assert isinstance(twin, Reason)


def test_the_report_names_the_areas(unodc):
    text = (unodc / "build" / "report.html").read_text(encoding="utf-8")
    assert all(name in text for name in NAMES["en"])


def test_the_sdmx_service_names_the_areas_in_all_languages(store):
    from starlette.testclient import TestClient

    from kyoto.portal.sdmx import sdmx_app

    with TestClient(sdmx_app(store)) as client:
        tree = lxml_html.fromstring(client.get("/v2/structure/codelist/KYOTO/CL_AREA").content)
        found = client.get("/v2/structure/codelist/KYOTO/CL_AREA?format=sdmx-json-2.0").json()
    xml = {
        code.get("id"): {name.get("xml:lang") or name.get("lang"): name.text for name in code}
        for code in tree.iter("{*}code", "code", "str:code")
    }
    (codes,) = [one["codes"] for one in found["data"]["codelists"]]
    json_names = {code["id"]: code.get("names") for code in codes}
    for place, area in enumerate(AREAS.values()):
        wanted = {language: NAMES[language][place] for language in LANGUAGES}
        assert json_names[area] == wanted
        assert xml[area] == wanted
