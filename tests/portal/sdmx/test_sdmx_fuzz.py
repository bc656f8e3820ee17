"""Random requests made from the OpenAPI description: none of them may fail inside."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from starlette.testclient import TestClient

from kyoto.portal.sdmx import sdmx_app
from kyoto.portal.store import Store


@pytest.fixture(scope="module")
def app(project):
    store = Store(project)
    yield sdmx_app(store)
    store.close()


CODES = (200, 304, 400, 404, 406, 413, 414, 501)


def test_no_request_fails_inside(app):
    """Every resource gets requests that fit the description, and some that do not."""
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    asked = set()
    for found in schema.get_all_operations():
        operation = found.ok()
        cases = operation.as_strategy() | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

        @settings(
            max_examples=8,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        )
        @given(cases)
        def ask(case):
            response = case.call()
            assert response.status_code in CODES, (case.as_curl_command(), response.text)
            assert "Traceback" not in response.text
            asked.add(response.status_code)

        ask()
    assert len(list(schema.get_all_operations())) == 35
    assert {400, 404} <= asked


PATHS = (
    *(
        "/v2/data/dataflow/KYOTO/CRIMES/1.0.0/",
        "/v2/data/*/*/*/*/",
        "/v2/data/dataflow,datastructure/*/MOTIVES,DSD_CRIMES/~/",
    ),
    *("/v1/data/CRIMES/", "/v1/data/all/", "/v2/availability/*/*/CRIMES/*/", "/v2/availability/*/*/*/*/"),
)
NAMES = (
    *("c[OBS_VALUE]", "c[TIME_PERIOD]", "c[SEX]", "c[COMMENT_OBS]", "startPeriod", "lastNObservations", "sort"),
    *("format", "detail", "attributes", "dimensionAtObservation", "mode", "references", "updatedAfter"),
)
VALUES = ("ge:1", "2016", "ge:2016+le:2017", "SEX", "csv", "none", "all", "1")
ACCEPTS = ("*/*", "text/csv", "application/json", "application/vnd.sdmx.data+csv;labels=both", "x", ";;,")


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    path=st.sampled_from(PATHS),
    key=st.text(st.sampled_from("MAXFcrimes_T.+*,:0123456789%"), max_size=20),
    parameters=st.dictionaries(st.sampled_from(NAMES), st.text(max_size=12) | st.sampled_from(VALUES), max_size=4),
    accept=st.sampled_from(ACCEPTS),
)
def test_no_data_query_fails_inside(app, path, key, parameters, accept):
    """The same where it goes deepest."""
    with TestClient(app) as client:
        response = client.get(path + quote(key, safe=".+*,:"), params=parameters, headers={"accept": accept})
    assert response.status_code in CODES, response.text
    assert "Traceback" not in response.text


def test_the_description_names_every_resource(tmp_path):
    paths = sdmx_app(Store(tmp_path)).openapi()["paths"]
    text = json.dumps(paths)
    for start in ("/v2/structure", "/v2/data", "/v2/availability", "/v2/schema", "/v1/data", "/v1/availableconstraint"):
        assert any(path.startswith(start) for path in paths), start
    for name in ("lastNObservations", "updatedAfter", "dimensionAtObservation", "references", "detail", "deepObject"):
        assert name in text
