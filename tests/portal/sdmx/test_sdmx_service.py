"""The service, request by request."""

from __future__ import annotations

import json

import pytest
from lxml import etree
from sdmx_builds import crimes
from sdmx_serving import rows, valid

from kyoto.statistics.exchange.sdmx.formats import DATA_FORMATS, STRUCTURE_FORMATS

DATA = "/v2/data/dataflow/KYOTO/CRIMES/1.0.0"
CSV = "text/csv"


# what is asked for


@pytest.mark.parametrize(
    ("path", "count"),
    [
        (f"{DATA}/*", 144),
        (DATA, 144),
        (f"{DATA}/", 144),
        ("/v2/data/dataflow/KYOTO/CRIMES", 144),
        ("/v2/data/dataflow/*/CRIMES/+", 144),
        ("/v2/data/dataflow/KYOTO/CRIMES/~/M", 144),
        ("/v2/data/datastructure/KYOTO/DSD_CRIMES/1.0.0/*", 144),
        (f"{DATA}/M.*.XA", 48),
        (f"{DATA}/M.*.XA+XB.0401.F", 8),
        (f"{DATA}/M.*.XA.0401.F,M.*.XB.01.M", 8),
        (f"{DATA}/*?c[REF_AREA]=XA&c[SEX]=F,M", 32),
        (f"{DATA}/*?c%5BREF_AREA%5D=XA", 48),
        (f"{DATA}/*?c[REF_AREA]=ne:XA", 96),
        (f"{DATA}/*?c[ICCS]=sw:01", 72),
        (f"{DATA}/*?c[TIME_PERIOD]=ge:2016-12+le:2017-01", 72),
        (f"{DATA}/*?c[TIME_PERIOD]=ge:2016-12%2Ble:2017-01", 72),
        (f"{DATA}/*?c[TIME_PERIOD]=ge:2017,eq:2016-11", 108),
        (f"{DATA}/*?startPeriod=2017&endPeriod=2017-01", 36),
        (f"{DATA}/*?c[OBS_VALUE]=ge:30&c[OBS_VALUE]=", None),
        (f"{DATA}/*?c[OBS_VALUE]=ge:30+lt:60", 17),
        (f"{DATA}/*?c[COMMENT_OBS]=co:%26%20%3Csons", 13),
        (f"{DATA}/*?c[OBS_STATUS]=Q", 19),
        (f"{DATA}/*?firstNObservations=1", 36),
        (f"{DATA}/*?firstNObservations=1&lastNObservations=1", 72),
        (f"{DATA}/*?limit=10", 10),
        (f"{DATA}/*?limit=10&offset=140", 4),
        ("/v1/data/CRIMES", 144),
        ("/v1/data/CRIMES/all/all", 144),
        ("/v1/data/KYOTO,CRIMES,1.0/M..XA/KYOTO", 48),
        ("/v1/data/KYOTO,CRIMES/M..XA+XB.0401.F", 8),
        ("/v1/data/CRIMES/all?startPeriod=2017-01-01&endPeriod=2017-01-31", 36),
    ],
)
def test_queries(get, path, count):
    answer = get(path, accept=CSV)
    if count is None:
        assert answer.status_code == 400
    else:
        assert len(rows(answer)) == count


def test_values_are_those_of_the_build(get):
    found = {(r["REF_AREA"], r["TIME_PERIOD"], r["ICCS"], r["SEX"]): r for r in rows(get(f"{DATA}/*", accept=CSV))}
    for row in crimes().to_pylist():
        read = found[row["area"], row["period"], row["iccs"], row["sex"]]
        assert read["OBS_VALUE"] == ("" if row["value"] is None else read["OBS_VALUE"])
        assert row["value"] is None or float(read["OBS_VALUE"]) == row["value"]
        assert read["COMMENT_OBS"] == row["note"]
        assert read["OBS_STATUS"] == row["status"]


@pytest.mark.parametrize(
    ("parameters", "absent", "present"),
    [
        ("attributes=none", {"OBS_STATUS", "COMMENT_OBS"}, {"OBS_VALUE"}),
        ("attributes=OBS_STATUS", {"COMMENT_OBS"}, {"OBS_STATUS", "OBS_VALUE"}),
        ("measures=none", {"OBS_VALUE"}, {"OBS_STATUS"}),
        ("attributes=none&measures=none", {"OBS_VALUE", "OBS_STATUS"}, {"SEX"}),
    ],
)
def test_only_what_is_wanted_is_shown(get, parameters, absent, present):
    found = rows(get(f"{DATA}/*?{parameters}", accept=CSV))
    assert not absent & set(found[0])
    assert present <= set(found[0])
    assert len(found) == (36 if "&" in parameters else 144)


@pytest.mark.parametrize(
    ("detail", "count", "values"), [("full", 144, True), ("dataonly", 144, True), ("serieskeysonly", 0, False)]
)
def test_details_of_2_1(get, detail, count, values):
    tree = etree.fromstring(get(f"/v1/data/CRIMES?detail={detail}").content)
    space = {"g": "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/data/generic"}
    assert len(tree.findall(".//g:Series", space)) == 36
    assert len(tree.findall(".//g:Obs", space)) == count
    assert bool(tree.findall(".//g:Attributes", space)) == (detail == "full")


def test_sorting(get):
    found = rows(get(f"{DATA}/*?sort=TIME_PERIOD:desc+REF_AREA&limit=40", accept=CSV))
    assert [row["TIME_PERIOD"] for row in found[:36]] == ["2017-02"] * 36
    assert [row["REF_AREA"] for row in found[:36]] == ["GB-SCT"] * 12 + ["XA"] * 12 + ["XB"] * 12


def test_pages_lead_to_the_next(get, address):
    found, path = [], f"{DATA}/*?limit=50"
    while path:
        answer = get(path, accept=CSV)
        found += rows(answer)
        link = answer.headers.get("link", "")
        path = link[1:].partition(">")[0].removeprefix("/sdmx") if link else ""
    assert len(found) == 144
    assert len({json.dumps(row) for row in found}) == 144


# formats


@pytest.mark.parametrize("name", DATA_FORMATS)
@pytest.mark.parametrize("path", [f"{DATA}/*", "/v1/data/CRIMES"])
def test_every_format_by_header_and_by_parameter(get, name, path):
    media = DATA_FORMATS[name].media_type
    asked, named = get(path, accept=media), get(f"{path}?format={name}")
    for answer in (asked, named):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == media
    assert asked.content == named.content


@pytest.mark.parametrize("name", STRUCTURE_FORMATS)
def test_every_format_of_structures(get, name):
    for path in ("/v2/structure/codelist/KYOTO/CL_SEX/1.0.0", "/v1/codelist/KYOTO/CL_SEX/1.0.0"):
        answer = get(path, accept=STRUCTURE_FORMATS[name].media_type)
        assert answer.headers["content-type"] == STRUCTURE_FORMATS[name].media_type
        assert b"CL_SEX" in answer.content


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", "application/vnd.sdmx.data+xml;version=3.0.0"),
        ("*/*", "application/vnd.sdmx.data+xml;version=3.0.0"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/vnd.sdmx.data+xml;version=3.0.0"),
        ("application/json", "application/vnd.sdmx.data+json;version=2.0.0"),
        ("application/vnd.sdmx.data+json", "application/vnd.sdmx.data+json;version=2.0.0"),
        ("application/vnd.sdmx.data+json;version=1.0", "application/vnd.sdmx.data+json;version=1.0.0"),
        ("application/vnd.sdmx.data+csv;version=2+.0.0", "application/vnd.sdmx.data+csv;version=2.0.0"),
        ("application/vnd.sdmx.data+csv;version=9.0, text/csv;q=0.5", "application/vnd.sdmx.data+csv;version=2.0.0"),
        ("text/csv;q=0.2, application/json;q=0.9", "application/vnd.sdmx.data+json;version=2.0.0"),
        ("application/xml;q=0, text/csv", "application/vnd.sdmx.data+csv;version=2.0.0"),
    ],
)
def test_negotiation(get, accept, media):
    answer = get(f"{DATA}/M.*.XA.01.F", accept=accept)
    assert answer.headers["content-type"] == media
    assert "Accept" in answer.headers["vary"]


def test_labels_of_csv_come_with_the_media_type(get):
    answer = get(f"{DATA}/M.*.XA.01.F", accept="application/vnd.sdmx.data+csv;version=2.0.0;labels=both")
    assert rows(answer)[0]["SEX: Sex"] == "F: Female"
    answer = get(f"{DATA}/*", accept="application/vnd.sdmx.data+csv;version=2.0.0;labels=all")
    assert answer.status_code == 400


# structures


@pytest.mark.parametrize(
    ("path", "kinds"),
    [
        ("/v2/structure", {"AgencyScheme", "Categorisation", "CategoryScheme", "Codelist", "ConceptScheme"}
         | {"DataConstraint", "Dataflow", "DataStructure", "Hierarchy"}),
        ("/v2/structure/dataflow/KYOTO/CRIMES", {"Dataflow"}),
        ("/v2/structure/dataflow/KYOTO/CRIMES?references=children", {"Dataflow", "DataStructure"}),
        ("/v2/structure/dataflow/KYOTO/CRIMES?references=parents", {"Dataflow", "DataConstraint", "Categorisation"}),
        ("/v2/structure/dataflow/KYOTO/CRIMES?references=descendants",
         {"Dataflow", "DataStructure", "Codelist", "ConceptScheme"}),
        ("/v2/structure/dataflow/KYOTO/CRIMES?references=codelist", {"Dataflow", "Codelist"}),
        ("/v2/structure/dataflow/KYOTO/CRIMES?references=codelist,datastructure",
         {"Dataflow", "Codelist", "DataStructure"}),
        ("/v2/structure/dataflow/KYOTO/CRIMES?references=parentsandsiblings",
         {"Dataflow", "DataConstraint", "Categorisation", "CategoryScheme"}),
        ("/v2/structure/codelist/KYOTO/CL_MOTIVE?references=ancestors",
         {"Codelist", "ConceptScheme", "DataStructure", "Dataflow", "DataConstraint", "Categorisation"}),
        ("/v2/structure/codelist/KYOTO/CL_SEX,CL_AGE", {"Codelist"}),
        ("/v2/structure/*/KYOTO/CL_SEX", {"Codelist"}),
    ],
)  # fmt: skip
def test_structure_queries(get, path, kinds):
    answer = get(path)
    assert answer.status_code == 200
    valid(answer, "3.0")
    space = "{http://www.sdmx.org/resources/sdmxml/schemas/v3_0/structure}"
    (structures,) = etree.fromstring(answer.content).iter("{*}Structures")
    assert {element.tag.removeprefix(space) for box in structures for element in box} == kinds


OLD_KINDS = (
    *("dataflow", "datastructure", "codelist", "conceptscheme", "categoryscheme", "categorisation"),
    *("contentconstraint", "agencyscheme", "structure"),
)


@pytest.mark.parametrize("kind", OLD_KINDS)
def test_structure_queries_of_2_1(get, kind):
    for path in (f"/v1/{kind}", f"/v1/{kind}/KYOTO/all/latest?references=all&detail=referencestubs"):
        answer = get(path)
        assert answer.status_code == 200
        valid(answer, "2.1")


def test_an_item_comes_with_those_above_it(get):
    answer = get("/v1/codelist/KYOTO/CL_ICCS/1.0.0/04011")
    valid(answer, "2.1")
    codes = etree.fromstring(answer.content).iter("{*}Code")
    assert [code.get("id") for code in codes] == ["04", "0401", "04011"]


def test_partial_references_hold_what_occurs(get):
    answer = get("/v2/structure/dataflow/KYOTO/CRIMES?references=descendants&detail=referencepartial")
    valid(answer, "3.0")
    tree = etree.fromstring(answer.content)
    (codes,) = (one for one in tree.iter("{*}Codelist") if one.get("id") == "CL_ICCS")
    assert codes.get("isPartial") == "true"
    assert [code.get("id") for code in codes.iter("{*}Code")] == ["01", "0101", "04", "0401", "_T"]


def test_stubs_hold_names_only(get):
    answer = get("/v2/structure/codelist?detail=allstubs")
    valid(answer, "3.0")
    tree = etree.fromstring(answer.content)
    assert not list(tree.iter("{*}Code"))
    assert {one.get("isExternalReference") for one in tree.iter("{*}Codelist")} == {"true"}


# availability and schemas


def available(answer):
    valid(answer, "3.0")
    region = etree.fromstring(answer.content).find(".//{*}CubeRegion")
    return {key.get("id"): [value.text for value in key.iter("{*}Value")] for key in region.iter("{*}KeyValue")}


def test_availability(get):
    base = "/v2/availability/dataflow/KYOTO/CRIMES/1.0.0"
    found = available(get(f"{base}/M.*.XA.01.F"))
    assert (found["REF_AREA"], found["ICCS"], found["SEX"]) == (["XA"], ["01"], ["F"])
    assert found["TIME_PERIOD"] == ["2016-11", "2016-12", "2017-01", "2017-02"]
    found = available(get(f"{base}/M.*.XA.01.F?mode=available"))
    assert (found["REF_AREA"], found["SEX"]) == (["GB-SCT", "XA", "XB"], ["F", "M", "_T"])
    assert set(available(get(f"{base}/*/SEX"))) == {"SEX"}
    answer = get(f"{base}/*?references=codelist&c[SEX]=F")
    sexes = [one for one in etree.fromstring(answer.content).iter("{*}Codelist") if one.get("id") == "CL_SEX"]
    assert [code.get("id") for code in sexes[0].iter("{*}Code")] == ["F"]


def test_availability_counts(get):
    answer = get("/v1/availableconstraint/CRIMES/M..XA/all/all?startPeriod=2017")
    valid(answer, "2.1")
    titles = [note.text for note in etree.fromstring(answer.content).iter("{*}AnnotationTitle")]
    assert titles == ["24", "12"]


@pytest.mark.parametrize("path", ["/v2/schema/dataflow/KYOTO/CRIMES/1.0.0", "/v1/schema/dataflow/KYOTO/CRIMES"])
def test_schemas(get, path):
    answer = get(path)
    assert answer.status_code == 200
    root = etree.fromstring(answer.content)
    assert root.get("targetNamespace") == answer.headers["x-sdmx-namespace"]
    assert "schema+xml" in answer.headers["content-type"]
