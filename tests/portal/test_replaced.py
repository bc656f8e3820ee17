"""A build that is replaced while readers read pages, files and the service: every answer is of one build."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lxml import html
from starlette.testclient import TestClient

from kyoto.core.build.swap import swap_in
from kyoto.core.files import sha256_of
from kyoto.portal.application import portal_app
from kyoto.portal.guard import Limits
from kyoto.portal.store import Store
from kyoto.statistics.observations import observation_columns, write_observations

PERIODS = [str(year) for year in range(2000, 2020)]


def _write(folder: Path, mark: int) -> Path:
    """Build folder whose every figure, in two tables, is ``mark``."""
    steps = {}
    for name in ("first", "second"):
        rows = [
            {
                **dict.fromkeys(observation_columns(), "_T"),
                "area": area,
                "period": period,
                "series": name,
                "unit": "offence",
                "value": float(mark),
                "lower": float(mark),
                "upper": float(mark),
                "status": "A",
                "confidentiality": "F",
                "source": f"build {mark}",
                "note": None,
            }
            for area in ("X", "A", "B")
            for period in PERIODS
        ]
        (folder / "tables").mkdir(parents=True, exist_ok=True)
        write_observations(pa.Table.from_pylist(rows).select(observation_columns()), folder / "tables", name)
        outputs = [
            {"path": f"tables/{name}.{ending}", "sha256": sha256_of(folder / "tables" / f"{name}.{ending}")}
            for ending in ("parquet", "csv")
        ]
        facts = {
            "title": f"Build {mark}",
            "unit": "offence",
            "source": f"build {mark}",
            "disclosure": {"method": "none"},
        }
        steps[f"table:{name}"] = {"outputs": outputs, "facts": facts}
    manifest = {"kyoto": str(mark), "finished": f"2026-01-01T00:00:{mark:02d}+00:00", "steps": steps}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def _project(folder: Path) -> Path:
    _write(folder / "build", 1)
    (folder / "kyoto.toml").write_text('[project]\ntitle = "T"\narea = "X"\n')
    return folder


def _of_page(text: bytes) -> set[int]:
    page = html.fromstring(text)
    marks = {int(page.xpath("//h1")[0].text.split()[-1])}
    marks |= {
        int(cell.text.split()[0]) for cell in page.xpath("//td[contains(@class, 'n') and not(span)]") if cell.text
    }
    marks |= {int(text.split()[-1]) for text in page.xpath("//p[@class='source']/text()")}
    return marks


def _of_service(text: bytes) -> set[int]:
    answer = json.loads(text)
    marks = {int(row["value"]) for row in answer["observations"]} | {int(answer["built_at"][17:19])}
    return marks | {int(row["source"].split()[-1]) for row in answer["observations"]}


def _of_csv(text: bytes) -> set[int]:
    return {int(float(row["value"])) for row in csv.DictReader(io.StringIO(text.decode()))}


def _of_parquet(text: bytes) -> set[int]:
    return {int(value) for value in pq.read_table(io.BytesIO(text))["value"].to_pylist()}


READ = {
    "/en/explore/first": _of_page,
    "/fr/explore/second?area=A": _of_page,
    "/en/explore/first/data.csv?by=area": _of_csv,
    "/api/v1/series/second/observations": _of_service,
    "/files/tables/first.csv": _of_csv,
    "/files/tables/second.parquet": _of_parquet,
}


def test_every_answer_is_of_one_build(tmp_path):
    project = _project(tmp_path)
    store = Store(project, memory="200MB")
    app = portal_app(store, limits=Limits(rate=0))
    stop = threading.Event()

    def read(address: str) -> list[set[int]]:
        client = TestClient(app, base_url="http://localhost")
        seen = []
        while not stop.is_set():
            answer = client.get(address)
            assert answer.status_code == 200
            seen.append(READ[address](answer.content))
        return seen

    with ThreadPoolExecutor(len(READ)) as pool:
        reading = [pool.submit(read, address) for address in READ]
        for mark in range(2, 9):
            time.sleep(0.25)
            swap_in(_write(project / ".kyoto" / "next", mark), project / "build", project / ".kyoto" / "old")
        time.sleep(0.5)
        stop.set()
        seen = [marks for each in reading for marks in each.result(timeout=60)]
    assert all(len(marks) == 1 for marks in seen)
    assert len({mark for marks in seen for mark in marks}) > 3
    store.close()


def test_a_reader_who_comes_back_sees_the_new_build_and_not_what_was_kept(tmp_path):
    project = _project(tmp_path)
    store = Store(project)
    client = TestClient(portal_app(store), base_url="http://localhost")
    first = client.get("/en/explore/first")
    assert _of_page(first.content) == {1}
    swap_in(_write(project / ".kyoto" / "next", 2), project / "build", project / ".kyoto" / "old")
    again = client.get("/en/explore/first", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 200
    assert _of_page(again.content) == {2}
    (project / "build" / "manifest.json").write_text("{}")
    stale = client.get("/en/explore/first")
    assert _of_page(stale.content) == {2}
    assert "A newer build cannot be read" in stale.text
    store.close()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_stopped_and_leaves_nothing(tmp_path, stop):
    project = _project(tmp_path / "project")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "kyoto", "serve", str(project), "--port", str(port)]
    environment = {**os.environ, "TMPDIR": str(scratch)}
    running = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/es/explore/first", timeout=10) as answer:
                text = answer.read()
            break
        except OSError:
            assert running.poll() is None
            time.sleep(0.1)
    assert _of_page(text) == {1}
    running.send_signal(stop)
    assert f"http://127.0.0.1:{port}/" in running.communicate(timeout=30)[0]
    assert list(scratch.glob("kyoto-portal-*")) == []
