"""Names of areas in three languages, and what keeps a project's own codes from being taken for countries."""

from __future__ import annotations

import csv
from importlib import resources

import pytest

from kyoto.statistics.exchange.series.areas import area_name, area_names, area_of

PARTS = {
    "GBR_E_W": ("England and Wales", "Angleterre et pays de Galles", "Inglaterra y Gales"),
    "GBR_S": ("Scotland", "Écosse", "Escocia"),
    "GBR_NI": ("Northern Ireland", "Irlande du Nord", "Irlanda del Norte"),
    "IRQ_C": ("Iraq (central)", "Iraq (centre)", "Iraq (centro)"),
    "IRQ_KRI": ("Iraq (Kurdistan Region)", "Iraq (Région du Kurdistan)", "Iraq (Región del Kurdistán)"),
}


@pytest.mark.parametrize("code", PARTS)
def test_areas_that_no_iso_list_holds(code):
    assert tuple(area_name(code, language) for language in ("en", "fr", "es")) == PARTS[code]
    assert area_of(code).of in ("GBR", "IRQ")


def test_kosovo_is_named_with_the_resolution():
    names = [area_name("XKX", language) for language in ("en", "fr", "es")]
    assert all(name.startswith("Kosovo (") and "1244" in name for name in names)
    assert len(set(names)) == 3


def test_every_country_has_a_name_in_each_language():
    text = resources.files("kyoto.statistics.exchange.series").joinpath("data", "areas.csv").read_text(encoding="utf-8")
    rows = [row for row in csv.DictReader(text.splitlines()) if row["kind"] != "aggregate"]
    assert len(rows) > 250
    assert [row["code"] for row in rows if not (row["name"] and row["name_fr"] and row["name_es"])] == []
    for column in ("name", "name_fr", "name_es"):
        assert len({row[column] for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("code", "names"),
    [  # CLDR as Babel carries it, where the United Nations say the same
        ("DEU", ("Germany", "Allemagne", "Alemania")),
        ("JPN", ("Japan", "Japon", "Japón")),
        ("ZAF", ("South Africa", "Afrique du Sud", "Sudáfrica")),
        ("NAM", ("Namibia", "Namibie", "Namibia")),
        ("KOR", ("Republic of Korea", "République de Corée", "República de Corea")),
    ],
)  # fmt: skip
def test_names_of_countries(code, names):
    assert tuple(area_name(code, language) for language in ("en", "fr", "es")) == names


def test_namibia_has_its_two_letters():
    assert area_of("NA").code == "NAM"


def test_names_agree_with_another_list():
    """Babel's CLDR; what the United Nations call otherwise is left out."""
    babel = pytest.importorskip("babel")
    text = resources.files("kyoto.statistics.exchange.series").joinpath("data", "areas.csv").read_text(encoding="utf-8")
    rows = [row for row in csv.DictReader(text.splitlines()) if row["kind"] == "country" and row["iso2"]]
    for language, column in (("fr", "name_fr"), ("es", "name_es")):
        territories = babel.Locale(language).territories
        same = sum(row[column] == territories[row["iso2"]].replace("'", "’") for row in rows)
        assert same > 0.8 * len(rows)


@pytest.mark.parametrize(
    "codes",
    [
        ["CA", "AL", "GA"],  # states, and Canada, Albania and Gabon
        ["FRA", "DEU", "north"],
        ["fra"],
        ["DE-BE", "DEU"],
        ["01", "02"],
        [],
    ],
)
def test_a_project_s_own_codes_are_not_taken_for_countries(codes):
    assert area_names(codes) == {}


def test_codes_of_eurostat_beside_each_other():
    found = area_names(["AT", "EL", "UK", "AT13", "EU27_2020", "_T"], "fr")
    assert found == {
        "AT": "Autriche",
        "EL": "Grèce",
        "UK": "Royaume-Uni de Grande-Bretagne et d’Irlande du Nord",
        "AT13": "Wien",
    }


def test_regions_of_nuts():
    assert [area_name(code) for code in ("ITH3", "EL43", "UKM7", "FRK2", "HR05")] == [
        *("Veneto", "Kriti", "Eastern Scotland", "Rhône-Alpes", "Grad Zagreb"),
    ]
    assert [area_name(code, "es") for code in ("ITH31", "ES300")] == ["ITH31 (Italia)", "ES300 (España)"]
    assert [(area_of(code).kind, area_of(code).of) for code in ("DEA", "UKM", "EL30")] == [
        *(("nuts", "DEU"), ("nuts", "GBR"), ("nuts", "GRC")),
    ]


def test_regions_are_complete_and_clash_with_no_country():
    """Counts of level 2 in the annexes of Regulations 1319/2013 and 2016/2066, country by country."""
    data = resources.files("kyoto.statistics.exchange.series").joinpath("data")
    regions = [
        row["code"] for row in csv.DictReader(data.joinpath("nuts.csv").read_text(encoding="utf-8").splitlines())
    ]
    countries = {
        row["code"] for row in csv.DictReader(data.joinpath("areas.csv").read_text(encoding="utf-8").splitlines())
    }
    assert not set(regions) & countries
    assert len(regions) == len(set(regions))
    alike = {"AT": 9, "BE": 11, "BG": 6, "CZ": 8, "DE": 38, "DK": 5, "EL": 13, "ES": 19, "IT": 21, "NL": 12, "SE": 8}
    alike |= {"FI": 5, "PT": 7, "RO": 8, "SI": 2, "SK": 4, "CH": 7}
    level2 = [code for code in regions if len(code) == 4]
    assert {country: sum(code.startswith(country) for code in level2) for country in alike} == alike
    old = {"FR": 27, "HU": 7, "IE": 2, "PL": 16, "UK": 40, "HR": 2, "LT": 1}  # of 2013
    new = {"FR": 27, "HU": 8, "IE": 3, "PL": 17, "UK": 41, "HR": 4, "LT": 2}  # of 2021, of the United Kingdom 2016
    both = {"FR": 1, "HU": 6, "IE": 0, "PL": 10, "UK": 38, "HR": 1, "LT": 0}
    found = {country: sum(code.startswith(country) for code in level2) for country in old}
    assert found == {country: old[country] + new[country] - both[country] for country in old}
