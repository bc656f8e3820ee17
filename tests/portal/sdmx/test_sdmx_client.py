"""The library sdmx1 as it comes, at work against the service: SDMX 2.1 and 3.0."""

from __future__ import annotations

import pandas as pd
import pytest
import sdmx.reader.xml.v30  # sdmx1 cannot load it any more once it has read structure-specific data of 2.1
from sdmx.source import Source, sources
from sdmx_builds import crimes

import sdmx

NAMES = ["FREQ", "SERIES", "REF_AREA", "ICCS", "SEX", "AGE", "UNIT_MEASURE", "TIME_PERIOD"]


@pytest.fixture(scope="module", params=["2.1", "3.0.0"])
def client(request, address):
    yield from client_of(address, request.param)


@pytest.fixture(scope="module")
def old(address):
    """A client of 2.1, for what sdmx1 does in 2.1 alone: keys from names, serieskeysonly, periods."""
    yield from client_of(address, "2.1")


def client_of(address, version):
    path = "v1" if version == "2.1" else "v2"
    sources["KYOTO"] = Source(id="KYOTO", url=f"{address}/{path}", name="Test", versions={version})
    client = sdmx.Client("KYOTO")
    del sources["KYOTO"]
    yield client


def is_new(client):
    return client.source.url.endswith("v2")


def flow_with_structure(client):
    if is_new(client):
        return client.dataflow("CRIMES", agency_id="KYOTO", params={"references": "all"})
    return client.dataflow("CRIMES")


def observed(client, key=None, **params):
    """Values by key, as sdmx1 gives them to pandas."""
    structure = flow_with_structure(client).structure["DSD_CRIMES"]
    more = {"agency_id": "KYOTO", "version": "1.0.0", "key": key or "*"} if is_new(client) else {"key": key}
    if not is_new(client):
        more["headers"] = {"Accept": "application/vnd.sdmx.structurespecificdata+xml;version=2.1"}
    message = client.data("CRIMES", params=params, dsd=structure, **{k: v for k, v in more.items() if v is not None})
    return sdmx.to_pandas(message.data[0]) if len(message.data) == 1 else pd.concat(map(sdmx.to_pandas, message.data))


def test_it_lists_the_dataflows(client):
    message = client.dataflow(agency_id="KYOTO") if is_new(client) else client.dataflow()
    assert set(message.dataflow) == {"CRIMES", "MOTIVES", "INDICATORS"}


def test_it_gets_a_flow_with_everything_that_belongs_to_it(client):
    message = flow_with_structure(client)
    structure = message.structure["DSD_CRIMES"]
    assert [dimension.id for dimension in structure.dimensions] == NAMES
    codes = message.codelist["CL_ICCS"]
    assert codes["0401"].name["en"] == "Robbery"
    assert {"CL_SEX", "CL_AREA", "CL_OBS_STATUS"} <= set(message.codelist)


def test_it_gets_a_code_list(client):
    message = client.codelist("CL_SEX", agency_id="KYOTO") if is_new(client) else client.codelist("CL_SEX")
    assert [code.id for code in message.codelist["CL_SEX"]] == ["F", "M", "_T", "_U", "_Z"]


def test_it_reads_every_value(client):
    found = observed(client)
    table = crimes().to_pandas()
    wanted = {
        ("M", "crimes", row.area, row.iccs, row.sex, row.age, row.unit, row.period): row.value
        for row in table.itertuples()
        if row.value == row.value
    }
    order = [found.index.names.index(name) for name in NAMES]
    read = {
        tuple(key[n] for n in order): float(value)
        for key, value in found.items()
        if value == value and value is not None
    }
    assert read == wanted


def test_it_asks_for_a_part(client):
    key = "M.crimes.XA+XB.0401.F._T.offence"
    found = observed(client, key, lastNObservations=2)
    assert len(found) == 4
    assert set(found.index.get_level_values("REF_AREA")) == {"XA", "XB"}
    assert set(found.index.get_level_values("TIME_PERIOD").astype(str)) == {"2017-01", "2017-02"}


def test_it_asks_with_names_of_dimensions(old):
    structure = flow_with_structure(old).structure["DSD_CRIMES"]
    message = old.data("CRIMES", key={"REF_AREA": ["XA"], "SEX": ["_T"]}, dsd=structure)
    assert len(message.data[0].obs) == 16


def test_it_asks_for_periods(old):
    found = observed(old, startPeriod="2017")
    assert set(found.index.get_level_values("TIME_PERIOD").astype(str)) == {"2017-01", "2017-02"}


def test_it_asks_which_series_there_are(old):
    assert len(list(old.series_keys("CRIMES"))) == 36


def test_it_hears_of_its_mistakes(client):
    import requests

    with pytest.raises(requests.HTTPError) as caught:
        observed(client, "Q")
    assert caught.value.response.status_code == 404


def test_it_asks_what_is_available(old):
    message = old.get("availableconstraint", "CRIMES", key="M..XA", force=True)
    (constraint,) = message.constraint.values()
    (region,) = constraint.data_content_region
    found = {dimension.id: selection.values for dimension, selection in region.member.items()}
    assert [value.value for value in found["REF_AREA"]] == ["XA"]
    assert [value.value for value in found["SEX"]] == ["F", "M", "_T"]
    (span,) = found["TIME_PERIOD"]
    assert (str(span.start.period)[:10], str(span.end.period)[:10]) == ("2016-11-01", "2017-02-28")


KINDS = {
    "codelist": ("codelist", 10),
    "datastructure": ("structure", 3),
    "categoryscheme": ("category_scheme", 1),
    "conceptscheme": ("concept_scheme", 1),
    "categorisation": ("categorisation", 3),
}


@pytest.mark.parametrize("kind", KINDS)
def test_it_gets_every_kind(client, kind):
    held, count = KINDS[kind]
    message = client.get(kind, agency_id="KYOTO") if is_new(client) else client.get(kind)
    assert len(getattr(message, held)) == count
