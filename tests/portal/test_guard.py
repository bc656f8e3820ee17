"""What stands between the network and the portal."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest
from starlette.testclient import TestClient

from kyoto.portal.application import portal_app
from kyoto.portal.guard import Guard, Limits, error_json
from kyoto.portal.store import Store


def test_every_answer_carries_the_security_headers(client):
    addresses = [
        "/",
        "/en/",
        "/en/none",
        "/api/v1/series",
        "/api/v1/none",
        "/files/tables/by_area.csv",
        "/assets/none",
        "/sdmx/none",
    ]
    for address in addresses:
        headers = client.get(address).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers
        assert "set-cookie" not in headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_only_reading_is_possible(client, method):
    answer = client.request(method, "/en/")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


def test_head_is_get_without_a_body(client):
    whole, head = client.get("/en/methods"), client.head("/en/methods")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == whole.headers["etag"]


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "127.0.0.1.evil.example:80"])
def test_other_names_are_not_answered(client, host):
    answer = client.get("/en/", headers={"host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.text


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:9", "[::1]:8000", "[::1]"])
def test_own_names_are_answered(client, host):
    assert client.get("/en/", headers={"host": host}).status_code == 200


def test_long_addresses_and_bodies_are_refused(client):
    assert client.get("/en/classification?q=" + "x" * 9000).status_code == 414
    assert client.request("GET", "/en/", content=b"x" * 10).status_code == 413


def _clocked(now: list[float], rate: float = 2.0) -> TestClient:
    async def inner(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def said(status, key, path, values):
        return error_json(status, key, json.dumps(values)), "application/json"

    guard = Guard(inner, Limits(hosts=frozenset({"*"}), rate=rate, burst=3), said, clock=lambda: now[0])
    return TestClient(guard)


def test_too_many_requests_wait_and_then_go_on():
    now = [0.0]
    client = _clocked(now)
    assert [client.get("/a").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    refused = client.get("/a")
    assert refused.headers["retry-after"] == "1"
    assert client.get("/assets/style").status_code == 200
    now[0] += 1.0
    assert [client.get("/a").status_code for _ in range(3)] == [200, 200, 429]
    now[0] += 1000.0
    assert [client.get("/a").status_code for _ in range(4)] == [200, 200, 200, 429]


def test_without_a_rate_nobody_waits():
    client = _clocked([0.0], rate=0)
    assert {client.get("/a").status_code for _ in range(50)} == {200}


@pytest.mark.parametrize(("address", "machine"), [("/fr/explore/by_area", False), ("/api/v1/series", True)])
def test_a_mistake_of_ours_is_told_without_a_trace(arboria, monkeypatch, caplog, address, machine):
    opened = Store(arboria)
    client = TestClient(portal_app(opened), base_url="http://localhost", raise_server_exceptions=False)

    def broken(*args, **kwargs):
        raise RuntimeError("secret detail in /some/where")

    monkeypatch.setattr("kyoto.portal.book.Shelf.book", broken)
    with caplog.at_level(logging.ERROR, logger="kyoto.portal"):
        answer = client.get(address)
    opened.close()
    assert answer.status_code == 500
    for word in ("secret detail", "Traceback", "RuntimeError", "/some/where"):
        assert word not in answer.text
    assert ("application/json" in answer.headers["content-type"]) is machine
    assert machine or "Quelque chose a échoué de notre côté" in answer.text
    assert "secret detail" in caplog.text
    assert "content-security-policy" in answer.headers


def test_an_error_before_the_application_is_told_too():
    async def inner(scope, receive, send):
        raise RuntimeError("inside")

    def said(status, key, path, values):
        return error_json(status, key, ""), "application/json"

    answer = TestClient(Guard(inner, Limits(hosts=frozenset({"*"})), said), raise_server_exceptions=False).get("/")
    assert (answer.status_code, answer.json()["title"]) == (500, "failed")


def test_what_is_no_request_is_closed():
    async def inner(scope, receive, send):
        raise AssertionError("not reached")

    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {}

    asyncio.run(Guard(inner, Limits(), lambda *_: (b"", ""))({"type": "websocket"}, receive, send))
    assert sent == [{"type": "websocket.close", "code": 1003}]


@pytest.mark.parametrize(
    "path",
    [
        "/%ff%fe",
        "/en/%00",
        "/en/explore/%ff",
        "/en/explore/by_area?area=%00&iccs=%ff",
        "/en/explore/by_area?by=area&show=&show=XX-A&show=%27%20OR%201=1",
        "/en/explore/by_area?iccs=05&iccs=0501&from=2023&to=2020",
        "/en/explore/by_area?chart=map",
        "/en/explore?series=%3Cscript%3E",
        "/en/areas/..%2f..%2fetc%2fpasswd",
        "/files/tables/..%2f..%2fkyoto.toml",
        "/files//etc/passwd",
        "/assets/../kyoto.toml",
        "/en/compare/" + "9" * 200,
        "/en/classification?q=" + "%F0%9F%92%A5" * 50,
        "/en/classification?q=%25%25_",
        "//en//explore",
        "/en/explore/by_area/data.csv?limit=1&x=%0d%0aSet-Cookie:a",
        "/api/v1/series/%2e%2e/observations",
        "/sdmx/%00",
    ],
)
def test_odd_addresses_are_answered_and_never_fail(client, path):
    answer = client.get(path)
    assert answer.status_code in (200, 307, 400, 404, 501)
    assert "set-cookie" not in answer.headers
    assert "root:" not in answer.text
    assert "[project]" not in answer.text


def test_first_address_leads_to_the_readers_language(client):
    answer = client.get("/", headers={"accept-language": "es-MX, en;q=0.5"})
    assert (answer.status_code, answer.headers["location"]) == (307, "/es/")
    assert answer.headers["vary"] == "Accept-Language"


def test_readers_keep_what_has_not_changed(client):
    first = client.get("/en/explore/by_area")
    again = client.get("/en/explore/by_area", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["cache-control"] == "no-cache"
    style = client.get(next(line for line in first.text.split('"') if line.endswith("portal.css")))
    assert "immutable" in style.headers["cache-control"]


def test_answers_are_compressed_for_who_can_read_that(client):
    packed = client.get("/en/explore/by_area", headers={"accept-encoding": "gzip"})
    plain = client.get("/en/explore/by_area", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text
    assert int(packed.headers["content-length"]) < len(plain.content) / 2


def test_portal_under_a_path_of_another_server(arboria):
    opened = Store(arboria)
    client = TestClient(portal_app(opened, root="/statistics"), base_url="http://localhost", follow_redirects=False)
    assert client.get("/").headers["location"] == "/statistics/en/"
    text = client.get("/en/").text
    assert 'href="/statistics/en/explore"' in text
    assert 'href="/en' not in text
    opened.close()
