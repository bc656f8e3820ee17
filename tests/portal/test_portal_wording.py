"""Every language says everything, and says it with the same names filled in."""

from __future__ import annotations

import re
import string
import tomllib
from importlib import resources
from pathlib import Path

import pytest

import kyoto.portal
from kyoto.portal.wording import LANGUAGES, words
from kyoto.statistics.units import COUNTING_UNITS

PORTAL = Path(kyoto.portal.__file__).parent


def _catalogue(language: str) -> dict[str, str]:
    text = resources.files("kyoto.portal").joinpath("locale", f"{language}.toml").read_text(encoding="utf-8")
    return {f"{section}.{key}": value for section, table in tomllib.loads(text).items() for key, value in table.items()}


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_catalogues_hold_the_same_keys_with_the_same_names(language):
    english, other = _catalogue("en"), _catalogue(language)
    assert list(other) == list(english)
    assert {key for key in english if _names(english[key]) != _names(other[key])} == set()
    assert [key for key, text in other.items() if not text.strip()] == []


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_catalogues_are_translated(language):
    english, other = _catalogue("en"), _catalogue(language)
    worded = {key for key, text in english.items() if len(re.findall("[a-z]{2,}", re.sub(r"\{\w+\}", "", text))) > 2}
    same = {key for key in worded if english[key] == other[key]}
    assert same == set()


def test_every_catalogue_is_offered():
    assert {path.stem for path in (PORTAL / "locale").glob("*.toml")} == set(LANGUAGES)


def test_every_key_that_pages_and_modules_name_is_there():
    known = set(_catalogue("en"))
    # the mandates desk has a catalogue of its own, and its own test of it
    apart = {"sdmx", "mandates"}
    sources = [
        path
        for path in PORTAL.rglob("*")
        if path.suffix in (".py", ".j2") and not apart & set(path.relative_to(PORTAL).parts)
    ]
    named = set()
    for path in sources:
        named.update(re.findall(r'\b(?:t|words|ask\.words)\("([a-z]+\.[A-Za-z_]+)"', path.read_text(encoding="utf-8")))
    assert len(named) > 90
    assert {key for key in named if not any(name.startswith(key) for name in known)} == set()
    assert {key for key in named - known if not key.endswith("_")} == set()


def test_every_key_is_used():
    text = "".join(
        path.read_text(encoding="utf-8")
        for path in PORTAL.rglob("*")
        if path.suffix in (".py", ".j2") and path.is_file()
    )
    composed = (
        r"(explore\.(measure|chart|note|sentence|protected)_|compare\.(attempts|principal|fully|mixed|partly|none|counts|years|covered|recomputed|breaks|notes)"
        r"|evidence\.(filter|kind|grade|direction|measure|no_forest|file|fact|page)_"
        r"|funnel\.|reasons\.|home\.task_|errors\.|values\.|units\.)"
    )
    lost = []
    for key in _catalogue("en"):
        section, _, name = key.partition(".")
        if key in text or section in ("dimensions", "periods", "language") or re.match(composed, key):
            continue
        if f'"{name}"' not in text and not re.search(rf"\b{name.removesuffix('_text')}\b", text):
            lost.append(key)
    assert lost == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_counting_unit_has_a_word(language):
    texts = _catalogue(language)
    assert [unit for unit in COUNTING_UNITS if f"units.{unit.replace(' ', '_')}" not in texts] == []


@pytest.mark.parametrize(
    ("language", "value", "digits", "expected"),
    [
        ("en", 1234567.0, 0, "1\u00a0234\u00a0567"),
        ("fr", 1234.56, 1, "1\u00a0234,6"),
        ("es", -0.5, 1, "−0,5"),
        ("en", None, 0, ""),
    ],
)
def test_numbers(language, value, digits, expected):
    assert words(language).number(value, digits) == expected


@pytest.mark.parametrize(
    ("code", "english", "french", "spanish"),
    [
        ("2016", "2016", "2016", "2016"),
        ("2016-07", "July 2016", "juillet 2016", "julio de 2016"),
        ("2016-Q3", "quarter 3 of 2016", "trimestre 3 de 2016", "trimestre 3 de 2016"),
        ("2016-W27", "week 27 of 2016", "semaine 27 de 2016", "semana 27 de 2016"),
        ("2016-02-29", "29 February 2016", "29 février 2016", "29 de febrero de 2016"),
        ("2014/2016", "2014 to 2016", "2014 à 2016", "2014 a 2016"),
        ("_T", "all periods", "toutes les périodes", "todos los períodos"),
        ("whenever", "whenever", "whenever", "whenever"),
    ],
)
def test_periods(code, english, french, spanish):
    assert [words(language).period(code) for language in LANGUAGES] == [english, french, spanish]


def test_interval_never_claims_more_than_was_computed():
    assert words("fr").bounds(1.26, 1.94, 1) == ("1,2", "2,0")
    assert words("en").bounds(None, 2.0) is None
    assert words("en").bounds(float("nan"), 2.0) is None


@pytest.mark.parametrize(
    ("dimension", "code", "expected"),
    [
        ("age", "Y15T24", "15 à 24 ans"),
        ("age", "Y_GE65", "65 ans et plus"),
        ("sex", "F", "Femmes"),
        ("iccs", "_U", "Non codé"),
        ("area", "_Z", "Tous les territoires du projet"),
        ("motive", "_T", "Total"),
        ("motive", "{0}", "{0}"),
    ],
)
def test_values(dimension, code, expected):
    assert words("fr").value(dimension, code) == expected


def test_offences_stand_in_spanish_where_they_have_a_spanish_title():
    assert words("es").value("iccs", "0101") == "Homicidio intencional"
    assert words("en").value("iccs", "0101") == "Intentional homicide"


def test_the_portal_says_of_the_funnel_what_the_report_says():
    from kyoto.statistics.report.funnel import ENGLISH

    known = {key.partition(".")[2]: text for key, text in _catalogue("en").items() if key.startswith("funnel.")}
    assert known == ENGLISH
