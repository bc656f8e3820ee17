"""A desk on each engine: an office with one document, four accounts, and clients that sign in as a browser does."""

from __future__ import annotations

import importlib.util
import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from kyoto.cooperation.mandates.followup import DatabaseStore
from kyoto.cooperation.mandates.library import add_document
from kyoto.cooperation.mandates.mechanisms import Recommendation, add_recommendations
from kyoto.cooperation.mandates.structure import parse
from kyoto.core.database import Role, add_account, initialise, open_database
from kyoto.core.database.work import working
from kyoto.portal.mandates.application import desk_app
from kyoto.portal.mandates.desk import Settings

_fixtures = Path(__file__).parents[2] / "core" / "database" / "conftest.py"
_spec = importlib.util.spec_from_file_location("database_fixtures", _fixtures)
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
address, database, quick_hashes = _module.address, _module.database, _module.quick_hashes

PASSWORD = "four words of no sense"
ROLES = {"guest": Role.READER, "desk": Role.EDITOR, "head": Role.APPROVER, "chief": Role.ADMINISTRATOR}
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{ 7*7 }}"
TEXT = f"""\
E/2031/30

Commission on Crime Prevention and Criminal Justice

Report on the fortieth session (12-16 May 2031)

Draft resolution I

Counting what is decided {HOSTILE}

The Economic and Social Council,

Recalling General Assembly resolution 70/1 of 25 September 2015,

1. Requests the Secretary-General to report to the Commission on Crime Prevention and Criminal Justice at its
forty-first session on the implementation of the present resolution {HOSTILE};

2. Invites Member States to share experience on prisons, upon request, and requests the United Nations Office on
Drugs and Crime to collect data annually.
"""
FIRST = "E/2031/30#draft-resolution-I/1:1"
SECOND = "E/2031/30#draft-resolution-I/2:1"
REVIEW = "uncac-irm/1/AUT/1"
CALENDAR = '[[session]]\nid = "ccpcj-41"\nstart = 2032-05-17\nend = 2032-05-21\n'


def furnish(opened):
    """Accounts, and the document with its obligations."""
    with working(opened, "system") as work:
        for name, role in ROLES.items():
            add_account(work, name, role, password=PASSWORD)
    assert add_document(opened, "desk", parse(TEXT, "report"), adopted="2031-07-20", today=date(2031, 8, 1)) == 3


def recommend(opened):
    """Two recommendations of reviews in the register."""
    made = [
        Recommendation(REVIEW, "uncac-irm", "1", "AUT", f"Count bribes {HOSTILE}", response="accepted", number="7"),
        Recommendation("uncac-irm/2/KEN/1", "uncac-irm", "2", "KEN", "Publish the figures"),
    ]
    store = DatabaseStore(opened, "desk")
    store.save(add_recommendations(store.load(), made, today=date(2031, 8, 1), by="desk"))


@pytest.fixture(scope="module")
def furnished(tmp_path_factory):
    """File of a furnished SQLite database with recommendations, made once; each test works on a copy."""
    from argon2 import PasswordHasher

    from kyoto.core.database import accounts

    quick, slow = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1), accounts._hasher
    accounts._hasher = lambda: quick
    path = tmp_path_factory.mktemp("desk") / "office.db"
    opened = open_database(path)
    initialise(opened)
    furnish(opened)
    recommend(opened)
    opened.close()
    accounts._hasher = slow
    return path


@pytest.fixture
def office(furnished, tmp_path):
    """A furnished database on SQLite."""
    path = tmp_path / "office.db"
    shutil.copy(furnished, path)
    opened = open_database(path)
    yield opened
    opened.close()


@pytest.fixture
def offices(database):
    """A furnished database, on each engine in turn."""
    furnish(database)
    return database


@pytest.fixture
def sessions(tmp_path):
    path = tmp_path / "sessions.toml"
    path.write_text(CALENDAR, encoding="utf-8")
    return path


class Browser:
    """A client that keeps cookies and takes the token of a form from the page, as a browser does."""

    def __init__(self, app, base="http://127.0.0.1:8010"):
        from starlette.testclient import TestClient

        self.client = TestClient(app, base_url=base, raise_server_exceptions=False, follow_redirects=False)

    def get(self, path, **more):
        return self.client.get(path if path.startswith("/") else f"/en/{path}", **more)

    def token(self, path="sign-in"):
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.get(path).text)
        return found[1] if found else ""

    def post(self, path, fields=None, *, token=None, **more):
        own = self.token("" if self.client.cookies.get("kyoto-session") else "sign-in") if token is None else token
        return self.client.post(
            path if path.startswith("/") else f"/en/{path}", data={**(fields or {}), "csrf": own}, **more
        )

    def sign_in(self, name, password=PASSWORD, **more):
        return self.post("sign-in", {"name": name, "password": password, **more})


@pytest.fixture
def app(office, sessions):
    return desk_app(office, Settings(calendar=sessions), rate=0)


@pytest.fixture
def browser(app):
    """Function that gives a browser of somebody who signed in, or of nobody."""

    def make(name=""):
        made = Browser(app)
        if name:
            assert made.sign_in(name).status_code == 303
        return made

    return make
