"""Workers that share a port: none sends a reader back to an older build, none takes more threads than it should."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest
from test_replaced import _of_page, _project, _write

from kyoto.core.build.swap import swap_in
from kyoto.core.errors import KyotoError
from kyoto.portal.application import portal_app
from kyoto.portal.scratch import new_scratch, remove_abandoned
from kyoto.portal.serving import listening, watch
from kyoto.portal.site import Site
from kyoto.portal.store import Store


def test_a_worker_that_is_behind_reads_in_before_it_answers(tmp_path, monkeypatch):
    project = _project(tmp_path)
    newest = SimpleNamespace(value=0)
    first, second = (Store(project, memory="200MB", newest=newest) for _ in range(2))
    for store in (first, second):
        with store.snapshot():
            pass
    swap_in(_write(project / ".kyoto" / "next", 2), project / "build", project / ".kyoto" / "old")
    with first.snapshot() as snapshot:
        assert snapshot.manifest["kyoto"] == "2"
    second._reading.acquire()  # another reader of the second worker is reading the build in
    threading.Timer(0.2, second._reading.release).start()
    with second.snapshot() as snapshot:
        assert snapshot.manifest["kyoto"] == "2"
    first.close()
    second.close()


def test_a_worker_answers_few_requests_at_once(tmp_path):
    from anyio.to_thread import current_default_thread_limiter
    from starlette.testclient import TestClient

    store = Store(_project(tmp_path), memory="200MB")
    with TestClient(portal_app(store, threads=3), base_url="http://localhost") as client:
        assert client.portal.call(lambda: current_default_thread_limiter().total_tokens) == 3
    store.close()


def test_cursors_are_used_again(tmp_path):
    store = Store(_project(tmp_path), memory="200MB")
    with store.snapshot() as snapshot:
        assert [snapshot.rows("SELECT count(*) FROM first")[0][0] for _ in range(20)] == [60] * 20
        assert len(snapshot._cursors) == 1
    store.close()


def test_a_port_in_use_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(KyotoError) as raised:
            listening("127.0.0.1", taken.getsockname()[1])
    assert raised.value.code == "portal.no-port"


def test_small_answers_do_not_wait_for_others():
    with listening("127.0.0.1", 0) as door:
        assert door.proto == socket.IPPROTO_TCP  # asyncio turns Nagle's algorithm off for these alone


def _workers(parent: int) -> set[int]:
    """Numbers of the processes that answer for another."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return {int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()}


def _wait_for(done, seconds: float = 30.0):
    until = time.monotonic() + seconds
    while not (found := done()):
        assert time.monotonic() < until, "nothing happened"
        time.sleep(0.05)
    return found


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are found in /proc")
def test_a_worker_that_dies_is_replaced_and_none_outlives_the_command(tmp_path):
    project, scratch = _project(tmp_path / "project"), tmp_path / "scratch"
    scratch.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "kyoto", "serve", str(project), "--port", str(port), "--workers", "2"]
    running = subprocess.Popen(command, env={**os.environ, "TMPDIR": str(scratch)}, stdout=subprocess.DEVNULL)

    def answered() -> set[int]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/en/explore/first", timeout=20) as answer:
                return _of_page(answer.read())
        except OSError:
            assert running.poll() is None
            return set()

    def folders() -> set[Path]:
        """Those whose figures are read in."""
        return {found.parent for found in scratch.glob("kyoto-portal-*/observations.duckdb")}

    try:
        assert _wait_for(answered) == {1}
        _wait_for(lambda: len(folders()) == 2)
        before = folders()
        first = _workers(running.pid)
        assert len(first) == 2
        os.kill(min(first), signal.SIGKILL)
        _wait_for(lambda: len(folders() - before) == 1)  # the next one has read in ...
        assert len(folders()) == 2  # ... and has removed what the killed one left behind
        second = _workers(running.pid)
        assert len(second) == 2
        assert second & first == {max(first)}
        assert {mark for _ in range(10) for mark in answered()} == {1}
    finally:
        running.kill()
        running.wait(10)
    _wait_for(lambda: not any(map(_runs, first | second)), 15)
    assert list(scratch.glob("kyoto-portal-*")) == []
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=5).close()


def test_workers_that_end_at_once_again_and_again_are_given_up():
    started = []

    def start(place: int) -> SimpleNamespace:
        reading, writing = os.pipe()
        os.close(writing)  # so that it is ready at once, as the sentinel of an ended process is
        started.append(SimpleNamespace(sentinel=reading, is_alive=lambda: False, exitcode=3, join=lambda: None))
        return started[-1]

    with pytest.raises(KyotoError) as raised:
        watch([start(0), start(1)], start)
    for worker in started:
        os.close(worker.sentinel)
    assert raised.value.code == "portal.worker-ended"
    assert "3" in str(raised.value.got)
    assert 2 < len(started) < 20


def test_folders_of_killed_portals_are_removed_and_those_in_use_stay(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    used, killed = new_scratch(), new_scratch()
    (killed.folder / "tables").mkdir()
    (killed.folder / "tables" / "first.csv").write_text("1")
    fcntl.flock(killed._mark, fcntl.LOCK_UN)  # as the system does when a process ends
    foreign, elsewhere = tmp_path / "kyoto-portal-unmarked", tmp_path / "elsewhere"
    foreign.mkdir()
    elsewhere.mkdir()
    (elsewhere / "in-use").touch()
    (tmp_path / "kyoto-portal-link").symlink_to(elsewhere)
    assert remove_abandoned() == [killed.folder]
    assert not killed.folder.exists()
    assert used.folder.exists()
    assert foreign.exists()
    assert (elsewhere / "in-use").exists()
    used.remove()
    assert not used.folder.exists()


def test_answers_that_are_kept_take_no_more_than_their_bytes(shelf):
    choices = [(("by", "area"), ("iccs", code)) for code in ("05", "0501", "0502", "0301")]
    languages = ("en", "fr", "es")
    addresses = [(f"{language}/explore/by_area", choice) for language in languages for choice in choices]
    roomy, narrow = Site(shelf, memory=50_000_000), Site(shelf, memory=280_000)
    for site in (roomy, narrow):
        for path, query in addresses:
            assert site.answer(path, query).answer.status == 200

    def kept(site: Site) -> list[int]:
        return [len(made.answer.body) + len(made.packed or b"") for made in site._memory.held.values()]

    assert len(kept(roomy)) == len(addresses)
    assert sum(kept(roomy)) > 280_000  # so that something had to go
    assert 0 < len(kept(narrow)) < len(addresses)
    assert sum(kept(narrow)) <= 280_000


_STOPPED = """
import os, signal, sys, time
from kyoto.portal.serving import _stopping_once
_stopping_once()
try:
    os.kill(os.getpid(), int(sys.argv[1]))
    time.sleep(30)
finally:
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.1)
    print("cleared up", flush=True)
"""


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_later_signals_do_not_break_off_the_clearing_up(first):
    command = [sys.executable, "-c", _STOPPED, str(int(first))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "cleared up\n"
    assert ("KeyboardInterrupt" in done.stderr) == (first == signal.SIGINT)
