"""Readers are shared out evenly among the workers, and none waits for a worker that hangs."""

from __future__ import annotations

import http.client
import threading
import time
from contextlib import contextmanager

import pytest
import uvicorn

from kyoto.portal.door import Fair, Places
from kyoto.portal.serving import listening


async def _application(scope, receive, send):
    if scope["type"] == "lifespan":
        for kind in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{kind}.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@contextmanager
def _workers(door, counts, number: int):
    config = uvicorn.Config(_application, log_level="warning", ws="none")
    servers = [Fair(config, door.dup(), Places(counts, own)) for own in range(number)]
    threads = [threading.Thread(target=server.run, daemon=True) for server in servers]
    for thread in threads:
        thread.start()
    while not all(server.started for server in servers):
        time.sleep(0.01)
    try:
        yield servers
    finally:
        for server in servers:
            server.should_exit = True
        for thread in threads:
            thread.join(10)
        assert not any(thread.is_alive() for thread in threads)


def _reader(port: int) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"ok"
    return connection


def test_readers_are_shared_out_evenly():
    counts = [0, 0, 0]
    with listening("127.0.0.1", 0) as door, _workers(door, counts, 3) as servers:
        readers = [_reader(door.getsockname()[1]) for _ in range(12)]
        assert [len(server.server_state.connections) for server in servers] == [4, 4, 4]
        for reader in readers:
            reader.close()


def test_a_worker_that_hangs_keeps_no_reader_waiting():
    counts = [0, 0]
    with listening("127.0.0.1", 0) as door, _workers(door, counts, 1) as servers:
        readers = [_reader(door.getsockname()[1]) for _ in range(3)]  # the other one never takes any
        assert len(servers[0].server_state.connections) == 3
        assert counts[1] == 0
        for reader in readers:
            reader.close()


@pytest.mark.parametrize(("counts", "readers", "may"), [([0, 4], 4, True), ([0, 4], 5, False), ([9, 0], 0, True)])
def test_a_worker_tells_how_many_it_has(counts, readers, may):
    places = Places(counts, 0)
    assert places.told(readers) is may
    assert counts[0] == readers
