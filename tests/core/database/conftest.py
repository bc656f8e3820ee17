"""One suite on both engines: each test has an empty database on SQLite and, where there is a server, on PostgreSQL."""

from __future__ import annotations

import os
import uuid

import pytest

from kyoto.core.database import Role, add_account, initialise, open_database
from kyoto.core.database.work import working

PASSWORD = "four words of no sense"


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch):
    """Argon2 with the least work: its strength is its library's to test."""
    from argon2 import PasswordHasher

    from kyoto.core.database import accounts

    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    accounts._nobody.cache_clear()
    monkeypatch.setattr(accounts, "_hasher", lambda: quick)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def address(request, tmp_path):
    """Address of a database without tables."""
    if request.param == "sqlite":
        yield str(tmp_path / "kyoto.db")
        return
    from sqlalchemy import create_engine, make_url, text

    server = make_url(os.environ["KYOTO_TEST_POSTGRES"]).set(drivername="postgresql+psycopg")
    name = f"kyoto_{uuid.uuid4().hex[:12]}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield server.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture
def database(address):
    opened = open_database(address)
    initialise(opened)
    yield opened
    opened.close()


@pytest.fixture
def anna(database):
    """An editor."""
    with working(database, "system") as work:
        return add_account(work, "anna", Role.EDITOR, password=PASSWORD)
