"""One generated project, built once, and its portal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from portal_examples import build, write_project

from kyoto.portal.book import Book, Shelf
from kyoto.portal.guard import Guard, Limits
from kyoto.portal.site import Site
from kyoto.portal.store import Store


@pytest.fixture(scope="session")
def arboria(tmp_path_factory) -> Path:
    """Folder of a built project with areas, boundaries, rates, an indicator and withheld figures."""
    return build(write_project(tmp_path_factory.mktemp("arboria")))


@pytest.fixture(scope="session")
def store(arboria) -> Iterator[Store]:
    opened = Store(arboria)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def shelf(store) -> Shelf:
    return Shelf(store)


@pytest.fixture(scope="session")
def site(shelf) -> Site:
    return Site(shelf)


@pytest.fixture(scope="session")
def book(shelf) -> Iterator[Book]:
    with shelf.book() as opened:
        yield opened


@pytest.fixture(scope="session")
def app(store) -> Guard:
    from kyoto.portal.application import portal_app

    return portal_app(store, limits=Limits(rate=0))


@pytest.fixture
def client(app):
    """Client that speaks to the application without a network."""
    from starlette.testclient import TestClient

    return TestClient(app, base_url="http://localhost", raise_server_exceptions=False, follow_redirects=False)
