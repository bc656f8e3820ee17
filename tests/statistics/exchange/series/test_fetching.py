"""Downloads against a service on this computer that answers as the real ones do, badly too."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kyoto.core.errors import KyotoError
from kyoto.statistics.exchange.series import fetch, read_series, services
from kyoto.statistics.exchange.series.requesting import Patience
from kyoto.statistics.exchange.series.services import Service, service
from kyoto.statistics.exchange.series.street_crime import street_crime_csv

CSV = b"Entity,Code,Year,rate\nAustria,AUT,2020,10\n"


class Answers(BaseHTTPRequestHandler):
    """Answers from the list that the test put on the server: status, headers, body."""

    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        status, headers, body = self.server.answers.pop(0) if len(self.server.answers) > 1 else self.server.answers[0]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    made = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    made.asked, made.answers = [], [(200, {"ETag": '"1"', "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}, CSV)]
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture
def local(server):
    address = f"http://127.0.0.1:{server.server_address[1]}/{{dataset}}.csv"
    return Service("local", "A service of the tests", "", address, ".csv", pause=3.0)


class Waits:
    """Waits without waiting, and remembers how long."""

    def __init__(self):
        self.seconds = []

    def __call__(self, seconds):
        self.seconds.append(seconds)


@pytest.fixture
def waits():
    return Waits()


def got(local, folder, waits, now=1_000_000.0, dataset="rates", **more):
    patience = Patience(sleep=waits, timeout=5.0, attempts=more.pop("attempts", 5))
    return fetch(local, dataset, folder=folder, patience=patience, clock=lambda: now, **more)


def test_a_download_is_kept_with_its_checksum(local, server, tmp_path, waits):
    found = got(local, tmp_path, waits)
    assert (found.state, found.bytes, found.etag) == ("new", len(CSV), '"1"')
    assert found.sha256 == hashlib.sha256(CSV).hexdigest()
    assert json.loads(found.path.with_name(found.path.name + ".json").read_text())["sha256"] == found.sha256
    assert read_series(found.path).observations["value"].tolist() == [10.0]
    assert server.asked[0][0] == "/rates.csv"
    assert server.asked[0][1]["User-Agent"].startswith("kyoto/")


def test_a_young_copy_is_not_asked_for_again(local, server, tmp_path, waits):
    got(local, tmp_path, waits)
    assert got(local, tmp_path, waits, now=1_000_060.0).state == "cached"
    assert len(server.asked) == 1


def test_an_old_copy_is_asked_for_by_what_it_is_called(local, server, tmp_path, waits):
    got(local, tmp_path, waits)
    server.answers = [(304, {}, b"")]
    found = got(local, tmp_path, waits, now=1_200_000.0)
    assert (found.state, found.path.read_bytes()) == ("unchanged", CSV)
    assert server.asked[1][1]["If-None-Match"] == '"1"'
    assert server.asked[1][1]["If-Modified-Since"].startswith("Mon, 01 Jan 2024")
    assert got(local, tmp_path, waits, now=1_200_010.0).state == "cached"


def test_a_copy_that_was_changed_is_downloaded_anew(local, server, tmp_path, waits):
    first = got(local, tmp_path, waits)
    first.path.write_bytes(CSV + b"tampered")
    second = got(local, tmp_path, waits, now=1_000_060.0)
    assert second.state == "new"
    assert second.path.read_bytes() == CSV
    assert "If-None-Match" not in server.asked[1][1]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_passing_troubles_are_tried_again_with_growing_waits(local, server, tmp_path, waits, status):
    server.answers = [(status, {}, b""), (status, {}, b""), (200, {}, CSV)]
    assert got(local, tmp_path, waits).state == "new"
    assert waits.seconds == [1.0, 2.0]


def test_a_service_may_say_how_long_to_wait_but_not_for_ever(local, server, tmp_path, waits):
    server.answers = [(429, {"Retry-After": "7"}, b""), (503, {"Retry-After": "99999"}, b""), (200, {}, CSV)]
    got(local, tmp_path, waits)
    assert waits.seconds == [7.0, 120.0]


def test_an_answer_that_was_cut_off_is_tried_again(local, server, tmp_path, waits):
    server.answers = [(200, {"Content-Length": "1000"}, CSV), (200, {}, CSV)]
    assert got(local, tmp_path, waits).path.read_bytes() == CSV
    assert len(server.asked) == 2


def test_a_service_that_never_answers(local, server, tmp_path, waits):
    server.answers = [(503, {}, b"")]
    with pytest.raises(KyotoError) as caught:
        got(local, tmp_path, waits, attempts=3)
    assert caught.value.code == "series.unreachable"
    assert caught.value.got == "503 Service Unavailable"
    assert len(server.asked) == 3
    assert list(tmp_path.glob("*.csv")) == []


def test_the_last_copy_serves_while_the_service_does_not_answer(local, server, tmp_path, waits):
    got(local, tmp_path, waits)
    server.answers = [(503, {}, b"")]
    found = got(local, tmp_path, waits, now=2_000_000.0, attempts=2)
    assert (found.state, found.path.read_bytes()) == ("stale", CSV)


def test_nobody_listens(tmp_path, waits):
    closed = Service("closed", "", "", "http://127.0.0.1:9/{dataset}", ".csv", pause=0.0)
    with pytest.raises(KyotoError) as caught:
        got(closed, tmp_path, waits, attempts=2)
    assert caught.value.code == "series.unreachable"


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_a_refusal_is_final(local, server, tmp_path, waits, status):
    server.answers = [(status, {}, b"")]
    with pytest.raises(KyotoError) as caught:
        got(local, tmp_path, waits)
    assert caught.value.code == "series.refused"
    assert len(server.asked) == 1
    assert waits.seconds == []


def test_a_pause_lies_between_two_requests_also_of_two_runs(local, server, tmp_path, waits):
    got(local, tmp_path, waits, dataset="one")
    got(local, tmp_path, waits, dataset="two", now=1_000_001.0)
    assert waits.seconds == [2.0]
    got(local, tmp_path, waits, dataset="three", now=1_000_009.0)
    assert waits.seconds == [2.0]


def test_only_secure_addresses_are_asked(tmp_path, waits):
    for address in ("http://example.org/{dataset}", "file:///etc/{dataset}", "ftp://example.org/{dataset}"):
        with pytest.raises(KyotoError) as caught:
            got(Service("x", "", "", address, ".csv"), tmp_path, waits)
        assert caught.value.code == "series.refused"


def test_pages_of_the_world_bank_are_put_together(local, server, tmp_path, waits):
    def page(number, year):
        figure = {
            "indicator": {"id": "SP.POP.TOTL", "value": "Population"},
            "country": {"id": "AT"},
            "countryiso3code": "AUT",
        }
        return json.dumps(
            [{"page": number, "pages": 2, "lastupdated": "2025-10-07"}, [{**figure, "date": year, "value": 9}]]
        ).encode()

    paged = Service(
        "wb", "World Bank", "", local.address.replace("{dataset}.csv", "{dataset}/{page}"), ".json", pause=0.0
    )
    server.answers = [(200, {}, page(1, "2022")), (200, {}, page(2, "2023"))]
    found = got(paged, tmp_path, waits, dataset="SP.POP.TOTL")
    assert [path for path, _ in server.asked] == ["/SP.POP.TOTL/1", "/SP.POP.TOTL/2"]
    assert read_series(found.path).observations["period"].tolist() == ["2022", "2023"]


def test_a_message_instead_of_figures_is_no_file(local, server, tmp_path, waits):
    paged = Service(
        "wb", "World Bank", "", local.address.replace("{dataset}.csv", "{dataset}/{page}"), ".json", pause=0.0
    )
    server.answers = [(200, {}, b'[{"message": [{"id": "120", "value": "The indicator was not found."}]}]')]
    with pytest.raises(KyotoError) as caught:
        got(paged, tmp_path, waits)
    assert caught.value.code == "series.refused"
    assert "not found" in caught.value.got


def test_street_crime_becomes_a_table_for_a_project(tmp_path):
    crime = {
        "category": "bicycle-theft", "persistent_id": "", "id": 54164419, "month": "2024-03", "context": "",
        "location": {
            "latitude": "52.640961", "longitude": "-1.126371", "street": {"id": 1, "name": "On or near Wharf Street"},
        },
        "outcome_status": {"category": "Under investigation", "date": "2024-03"},
    }  # fmt: skip
    path = tmp_path / "street.json"
    path.write_text(json.dumps([crime, {**crime, "outcome_status": None, "location": None, "persistent_id": "ab12"}]))
    lines = street_crime_csv(path).splitlines()
    assert lines[0] == "Crime ID,Month,Longitude,Latitude,Location,Crime type,Last outcome category"
    assert (
        lines[1] == "id-54164419,2024-03,-1.126371,52.640961,On or near Wharf Street,bicycle-theft,Under investigation"
    )
    assert lines[2] == "ab12,2024-03,,,,bicycle-theft,"
    path.write_text('{"error": "no"}')
    with pytest.raises(KyotoError):
        street_crime_csv(path)


def test_every_service_has_a_secure_address_that_takes_a_data_set():
    assert set(services()) == {"unodc", "eurostat", "owid", "world-bank", "police-uk"}
    for each in services().values():
        url = each.url("x y", place="lat=1&lng=2")
        assert url.startswith("https://")
        assert "x%20y" in url
        assert each.pause > 0
    with pytest.raises(KyotoError):
        service("unodcs")
