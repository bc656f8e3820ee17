"""The JSON service gives the published observations, and no request makes it fail."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

from kyoto.portal.service import objects_json


@pytest.fixture(scope="module")
def published(arboria):
    return pq.read_table(arboria / "build" / "tables" / "by_area.parquet").to_pylist()


def _rows(rows) -> set[str]:
    return {json.dumps(row, sort_keys=True) for row in rows}


def test_all_pages_together_are_the_published_observations(client, published):
    found, offset = [], 0
    while offset is not None:
        answer = client.get(f"/api/v1/series/by_area/observations?limit=100&offset={offset}").json()
        found += answer["observations"]
        offset = answer["next_offset"]
    theirs = [row for row in published if row["series"] == "by_area"]
    assert len(found) == len(theirs)
    assert _rows(found) == _rows(theirs)


def test_dimensions_and_periods_narrow(client, published):
    address = "/api/v1/series/by_area.rate/observations?iccs=05&area=XX-A&area=XX-B&from=2021&to=2022"
    found = client.get(address).json()["observations"]
    theirs = [
        row
        for row in published
        if row["series"] == "by_area.rate"
        and row["iccs"] == "05"
        and row["area"] in ("XX-A", "XX-B")
        and "2021" <= row["period"] <= "2022"
    ]
    assert len(theirs) > 2
    assert _rows(found) == _rows(theirs)


def test_series_are_described_with_their_codes(client, published):
    listed = {series["code"]: series for series in client.get("/api/v1/series").json()["series"]}
    assert set(listed) == {"by_area", "by_area.rate", "by_month", "16.1.1"}
    one = client.get("/api/v1/series/by_area").json()
    assert set(one["codes"]["area"]) == {row["area"] for row in published}
    assert one["observations"] == sum(row["series"] == "by_area" for row in published)
    assert one["periods"] == ["2020", "2021", "2022", "2023"]


def test_classes(client):
    assert len(client.get("/api/v1/classification").json()["classes"]) == 320
    assert client.get("/api/v1/classification/0502").json()["title"] == "Theft"
    hits = client.get("/api/v1/classification?q=robo").json()["classes"]
    assert "0401" in [hit["code"] for hit in hits]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/v1/series/none", 404),
        ("/api/v1/series/by_area/observations?area=none", 404),
        ("/api/v1/series/by_area/observations?from=1066", 404),
        ("/api/v1/series/by_area/observations?colour=red", 400),
        ("/api/v1/series/by_area/observations?limit=0", 400),
        ("/api/v1/series/by_area/observations?limit=many", 400),
        ("/api/v1/series/by_area/observations?offset=-1", 400),
        ("/api/v1/classification/99", 404),
        ("/api/v1/none", 404),
    ],
)
def test_wrong_questions_get_a_clear_answer(client, address, status):
    answer = client.get(address)
    assert answer.status_code == status
    if not address.endswith("v1/none"):
        assert answer.json()["status"] == status
        assert answer.json()["title"]


def test_scripts_of_other_sites_may_read(client):
    assert client.get("/api/v1/series").headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in client.get("/en/").headers


def test_unchanged_answers_are_not_sent_again(client):
    first = client.get("/api/v1/series")
    again = client.get("/api/v1/series", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.json()["version"].startswith(first.headers["etag"].strip('W/"'))


@pytest.mark.slow
def test_a_fuzzer_on_the_description_finds_no_failure(app):
    schemathesis = pytest.importorskip("schemathesis")
    from hypothesis import HealthCheck, given, settings
    from starlette.testclient import TestClient

    schema = schemathesis.openapi.from_asgi("/api/openapi.json", app, headers={"host": "localhost"})
    client = TestClient(app, base_url="http://localhost", raise_server_exceptions=False)
    asked = set()
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
        )
        @given(case=operation.as_strategy())
        def no_failure(case):
            given_ = case.as_transport_kwargs(base_url="http://localhost")
            answer = client.request(given_["method"], given_["url"], params=given_.get("params"))
            asked.add((case.method, case.path))
            assert answer.status_code < 500

        no_failure()
    assert ("GET", "/api/v1/series/{code}/observations") in asked


@pytest.mark.parametrize("rows", [
    [],
    [("A", 1.0, None, "quote \" and comma, \n é"), ("A", 2, 1e-7, None), ("B", None, 3.25, "x")],
    [(None, None, None, None)],
    [("1", True, 2.0, 5)],
])  # fmt: skip
def test_rows_are_written_as_any_json_library_would(rows):
    names = ["area", "value", "lower", 'na"me']
    expected = [dict(zip(names, row, strict=True)) for row in rows]
    written = objects_json(names, rows)
    assert written == json.dumps(expected, ensure_ascii=False, separators=(",", ":"))


def test_a_number_that_is_none_is_nothing():
    rows = [(float(text), 1.0) for text in ("nan", "inf", "-inf", "2.5")]
    assert [row["value"] for row in json.loads(objects_json(["value", "upper"], rows))] == [None, None, None, 2.5]
