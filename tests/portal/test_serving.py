"""Workers that share a port: none sends a reader back to an older build, none takes more threads than it should."""

from __future__ import annotations

import socket
import threading
from types import SimpleNamespace

import pytest
from test_replaced import _project, _write

from kyoto.core.build.swap import swap_in
from kyoto.core.errors import KyotoError
from kyoto.portal.application import portal_app
from kyoto.portal.serving import listening
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
