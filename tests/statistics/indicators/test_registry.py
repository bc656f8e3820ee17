"""The registry and the section [indicators]."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path

import pytest

from kyoto.core.errors import KyotoError, Problems
from kyoto.core.project import Project
from kyoto.statistics.classification import iccs
from kyoto.statistics.conditions import parse_condition
from kyoto.statistics.indicators import Count, Households, Persons, indicator, read_settings, registry
from kyoto.statistics.sources.concepts import CONCEPTS

OWN_CONCEPTS = {"cleared"}


def settings(text):
    problems = Problems()
    project = Project(Path(), Path("kyoto.toml"), tomllib.loads(text), text)
    found = read_settings(project, problems)
    problems.raise_if_any()
    return found


@pytest.mark.shared
def test_all_sdg_indicators_are_declared(shared_data):
    with (shared_data / "classification" / "sdg_indicators.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 37
    for row in rows:
        entry = registry()[row["indicator"]]
        assert entry.title == row["title"].split(" (identical to")[0]
        assert float(row["multiplier"] or 1) == entry.multiplier
        codes = entry.numerator.iccs if entry.numerator else entry.iccs
        assert set(codes) <= {iccs().get(code).code for code in row["iccs_codes"].split(";") if code} | {"110131"}
        assert set(entry.series) <= set(row["series_codes"].replace(" (formerly VC_PRS_UNSEC)", "").split(";"))


@pytest.mark.parametrize("code", ["16.1.1", "16.1.2", "16.2.2", "16.3.2", "women_killed_by_partner_or_family"])
def test_what_administrative_data_serve_is_computed(code):
    assert registry()[code].computed


@pytest.mark.parametrize("code", list(registry()))
def test_every_indicator_is_whole(code):
    entry = registry()[code]
    assert entry.title and entry.unit and entry.custodian
    assert entry.computed != bool(entry.needs), "computed from records, or it says what it needs"
    for count in (entry.numerator, entry.denominator):
        if isinstance(count, Count):
            names = {name for text in count.where for name in parse_condition(text).names}
            assert names <= set(CONCEPTS) | OWN_CONCEPTS
    if entry.computed:
        assert (entry.unit == "%") == (entry.multiplier == 100 and isinstance(entry.denominator, Count))
        assert entry.unit == "%" or f"{entry.multiplier:.0f}" in entry.unit


def test_an_unknown_code_suggests_the_nearest():
    with pytest.raises(KyotoError) as caught:
        indicator("thef_rate")
    assert caught.value.code == "indicator.unknown"
    assert "Did you mean 'theft_rate'?" in caught.value.hint


def test_a_project_uses_and_adds_indicators():
    found = settings(
        """
[sources.police]
[indicators]
use = ["16.1.1", "bike_theft_rate", "boys_robbed"]
by = ["region", "period:quarter"]
given = "given.csv"
households = "h.csv"
[indicators.sources]
"16.1.1" = "police"
[indicators.own.bike_theft_rate]
title = "Thefts of bicycles per 1 000 households"
numerator = { unit = "offence", iccs = "0502", where = 'object == "bicycle"' }
denominator = "households"
multiplier = 1000
[indicators.own.boys_robbed]
title = "Robbed boys per 100 000"
numerator = { unit = "victim", iccs = ["0401"], sex = "M", where = "age < 18", attempts = "excluded" }
denominator = { population = { sex = "M", age = "<18" } }
multiplier = 100000
"""
    )
    assert [entry.code for entry in found.use] == ["16.1.1", "bike_theft_rate", "boys_robbed"]
    assert [dimension.text for dimension in found.by] == ["region", "period:quarter"]
    assert (found.given, found.households, found.sources) == ("given.csv", "h.csv", {"16.1.1": "police"})
    bikes, boys = found.use[1:]
    assert bikes.own and bikes.unit == "per 1000 households" and bikes.denominator == Households()
    assert bikes.numerator == Count("offence", ("0502",), where=('object == "bicycle"',))
    assert boys.denominator == Persons("M", "Y0T17")
    assert boys.unit == "per 100000 population"


def test_own_indicators_are_used_where_the_project_names_none():
    text = '[indicators.own.a]\ntitle = "A"\nnumerator = { unit = "offence" }\n'
    assert [entry.code for entry in settings(text).use] == ["a"]
    assert settings("").use == ()


def test_all_problems_are_reported_in_one_pass_with_their_lines():
    text = """[sources.police]
[indicators]
use = ["16.1.9", "thef_rate"]
by = ["period:yaer"]
useful = 1
[indicators.sources]
theft_rate = "polise"
[indicators.own.theft_rate]
title = "Mine"
numerator = { unit = "offence" }
[indicators.own.mine]
numerator = { unit = "offense", iccs = ["502"], where = "age <", atempts = "inside" }
denominator = "popullation"
multiplier = 0
source_type = "admin"
by = ["sex:x"]
[indicators.own.other]
title = "Other"
denominator = { population = { age = "young" } }
"""
    with pytest.raises(KyotoError) as caught:
        settings(text)
    found = {(problem.where.key, problem.where.line): problem for problem in caught.value.problems}
    own = "indicators.own"
    assert set(found) == {
        ("indicators.use", 3),
        ("indicators.by", 4),
        ("indicators.useful", 5),
        ("indicators.sources.theft_rate", 7),
        (f"{own}.theft_rate", 8),
        (f"{own}.mine", 11),
        (f"{own}.mine.numerator.unit", 12),
        (f"{own}.mine.numerator.iccs", 12),
        (f"{own}.mine.numerator.where", 12),
        (f"{own}.mine.numerator.atempts", 12),
        (f"{own}.mine.denominator", 13),
        (f"{own}.mine.multiplier", 14),
        (f"{own}.mine.source_type", 15),
        (f"{own}.mine.by", 16),
        (f"{own}.other", 17),
        (f"{own}.other.denominator.population.age", 19),
    }
    hints = {key: problem.hint for (key, _), problem in found.items()}
    assert hints[f"{own}.mine.numerator.unit"] == "Did you mean 'offence'?"
    assert hints[f"{own}.mine.numerator.iccs"].startswith("Did you mean '0502'?")
    assert hints[f"{own}.mine.numerator.atempts"] == "Did you mean 'attempts'?"
    assert hints[f"{own}.mine.denominator"] == "Did you mean 'population'?"
    assert hints["indicators.sources.theft_rate"] == "Did you mean 'police'?"
    titles = [problem.title for problem in caught.value.problems]
    assert "No indicator '16.1.9'" in titles and "No indicator 'thef_rate'" in titles


@pytest.mark.parametrize(
    "denominator",
    ["3", "{ people = 1 }", "{ population = {}, count = {} }", '{ count = { unit = "things" } }', "{ count = {} }"],
)
def test_what_is_no_denominator(denominator):
    text = f'[indicators.own.a]\ntitle = "A"\nnumerator = {{ unit = "offence" }}\ndenominator = {denominator}\n'
    with pytest.raises(KyotoError) as caught:
        settings(text)
    assert caught.value.where.key.startswith("indicators.own.a.denominator")
