"""From an indicator to counting rules, or to the reason why there are none."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from kyoto.statistics.indicators import Count, Indicator, Persons, plan, registry
from kyoto.statistics.tables.model import parse_dimension


@dataclass(frozen=True)
class Column:
    name: str
    correspondence: str = ""


@dataclass(frozen=True)
class Source:
    name: str
    unit: str
    columns: tuple[Column, ...]


def source(unit, *concepts, name="records"):
    columns = [Column(concept, "us-nibrs" if concept == "offence" else "") for concept in concepts]
    return Source(name, unit, tuple(columns))


def dimensions(table):
    return [dimension.text for dimension in table.by]


def test_homicide_is_counted_by_year_sex_and_age():
    found = plan(registry()["16.1.1"], [source("victim", "offence", "occurred", "sex", "age", "weapon")])
    (table,) = found.tables
    assert (table.name, table.source, table.unit) == ("16.1.1", "records", "victim")
    assert table.where == 'iccs startswith "0101"'
    assert dimensions(table) == ["period:year", "sex", "age:0-14,15-24,25-34,35-44,45-54,55-64,65+"]
    assert found.reason == ""


def test_victims_are_found_in_a_source_of_offences_that_names_them():
    table = plan(registry()["16.1.1"], [source("offence", "iccs", "recorded", "victim_id", "victim_sex")]).tables[0]
    assert table.unit == "victim"
    assert dimensions(table) == ["period:year", "victim_sex"]


def test_a_source_of_the_unit_comes_before_one_that_only_names_it():
    sources = [source("offence", "iccs", "victim_id", name="police"), source("victim", "iccs", name="register")]
    found = plan(registry()["16.1.1"], sources)
    assert found.tables[0].source == "register"
    assert found.note == "also served by police; register is taken"
    assert plan(registry()["16.1.1"], sources, source="police").tables[0].source == "police"


def test_a_share_has_two_tables_with_the_same_disaggregations():
    found = plan(registry()["16.3.2"], [source("prisoner", "legal_status", "date", "area", "sex")])
    upper, lower = found.tables
    assert (upper.name, lower.name) == ("16.3.2", "16.3.2.whole")
    assert upper.where == 'legal_status == "unsentenced"'
    assert lower.where is None
    assert dimensions(upper) == dimensions(lower) == ["area", "period:year", "sex"]


@pytest.mark.parametrize(
    ("concepts", "condition"),
    [
        (("homicide_relationship", "sex"), 'sex == "F" and (homicide_relationship startswith "1")'),
        (("victim_relationship", "victim_sex"), 'victim_sex == "F" and (victim_relationship in ("1", "2", "3", "4"))'),
        (
            ("homicide_relationship", "victim_relationship", "sex"),
            'sex == "F" and (homicide_relationship startswith "1")',
        ),
    ],
)
def test_the_first_condition_that_can_be_decided_is_taken(concepts, condition):
    found = plan(registry()["women_killed_by_partner_or_family"], [source("victim", "iccs", "date", *concepts)])
    assert found.tables[0].where == f'iccs startswith "0101" and {condition}'
    assert dimensions(found.tables[0]) == ["period:year"]


@pytest.mark.parametrize(
    ("code", "sources", "reason"),
    [
        ("16.1.1", [], 'needs a source with unit = "victim" (or one that maps victim_id)'),
        ("16.1.1", [source("offence", "iccs")], 'needs a source with unit = "victim" (or one that maps victim_id)'),
        (
            "16.1.1",
            [Source("people", "victim", (Column("offence"), Column("sex")))],
            "people maps no offence by a correspondence, so that ICCS 0101 cannot be told",
        ),
        ("16.3.2", [source("prisoner", "sex")], "records does not map legal_status"),
        (
            "pretrial_share",
            [source("prisoner", "legal_statuss")],
            "records does not map legal_status (Did you mean 'legal_statuss'?)",
        ),
        (
            "women_killed_by_partner",
            [source("victim", "iccs", "sex")],
            "records does not map homicide_relationship or victim_relationship",
        ),
        ("women_killed_by_partner", [source("victim", "iccs")], "records does not map sex"),
        (
            "16.1.4",
            [source("person", "sex")],
            "needs a victimization survey with the question on safety when walking alone after dark",
        ),
    ],
)
def test_what_cannot_be_served_says_why(code, sources, reason):
    found = plan(registry()[code], sources)
    assert (found.tables, found.reason, found.possible) == ((), reason, False)


def test_the_denominator_may_come_from_another_source():
    ratio = Indicator("convicted_per_prosecuted", "", Count("person convicted"), Count("person prosecuted"), 100, "%")
    courts = source("person convicted", "convicted", name="courts")
    office = source("person prosecuted", "prosecuted", "region", name="office")
    assert [table.source for table in plan(ratio, [office, courts]).tables] == ["courts", "office"]
    # persons named in one source are not the persons of another unit
    named = source("person convicted", "convicted", "person_id")
    assert plan(ratio, [named]).reason == 'the denominator needs a source with unit = "person prosecuted"'


def test_the_source_of_the_numerator_counts_the_denominator_where_it_can():
    sources = [source("victim", "iccs", name="first"), source("victim", "iccs", "cleared", name="second")]
    found = plan(registry()["homicide_clearance_rate"], sources)
    assert [table.source for table in found.tables] == ["second", "second"]


def test_what_the_user_asks_for_and_the_source_has_not_is_said():
    by = [parse_dimension(text) for text in ("region", "period:month", "sex")]
    found = plan(registry()["theft_rate"], [source("offence", "offence", "period", "region")], by=by)
    assert dimensions(found.tables[0]) == ["region", "period:month"]
    assert found.note == "not by sex: records does not map it"


def test_attempts_and_own_conditions_become_part_of_the_rule():
    own = Indicator(
        "x",
        "",
        Count("victim", iccs=("0501", "0502"), where=('age < 18 and place != "age"',), attempts="excluded"),
        Persons(age="Y_LT18"),
        1000,
    )
    known = source("victim", "iccs", "victim_age", "place", "attempted", "date", "sex")
    table = plan(own, [known]).tables[0]
    assert table.where == 'iccs startswith ("0501", "0502") and (victim_age < 18 and place != "age")'
    assert table.attempts == "excluded"
    assert plan(own, [source("victim", "iccs", "age", "place")]).reason == "records does not map attempted"


def test_a_correspondence_that_does_not_lead_there_gives_no_zeros():
    street = Source("street", "offence", (Column("offence", "uk-police"), Column("period")))
    assert plan(registry()["kidnapping_rate"], [street]).reason == (
        "street codes no offence to ICCS 020221: its correspondence table does not lead there"
    )
    assert plan(registry()["burglary_rate"], [street]).possible
    found = plan(registry()["residential_burglary_rate"], [street])
    assert found.reason == "street codes no offence to ICCS 05012: its correspondence table does not lead there"


def test_wider_classes_beside_those_counted_are_said():
    canada = Source("canada", "offence", (Column("offence", "ca-ucr"), Column("period")))
    notes = {code: plan(entry, [canada]).note for code, entry in registry().items() if entry.computed}
    assert any(note.startswith("at least: canada also codes to ICCS") for note in notes.values())
    assert notes["robbery_rate"] == ""
