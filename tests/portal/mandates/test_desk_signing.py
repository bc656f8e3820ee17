"""Signing in and out: cookies, limits, sessions that end, providers; and what stands before everything."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from kyoto.core.database import Role, add_account
from kyoto.core.database.openid import Provider
from kyoto.core.database.tables import LoginSession
from kyoto.core.database.work import working
from kyoto.core.errors import KyotoError
from kyoto.portal.guard import CONTENT_POLICY
from kyoto.portal.mandates.application import desk_app
from kyoto.portal.mandates.desk import Settings

from .conftest import PASSWORD, Browser


def cookies(answer):
    return answer.headers.get_list("set-cookie")


def test_cookies_on_this_machine(browser):
    begun = browser().sign_in("desk")
    (session,) = [one for one in cookies(begun) if one.startswith("kyoto-session=")]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(session.split("; "))
    assert "Secure" not in session


def test_cookies_and_transport_behind_https(office):
    app = desk_app(office, Settings("https://mandates.example.org"), rate=0)
    visitor = Browser(app, "https://mandates.example.org")
    begun = visitor.sign_in("desk")
    (session,) = [one for one in cookies(begun) if "kyoto-session=" in one]
    assert session.startswith("__Host-kyoto-session=")
    assert {"HttpOnly", "SameSite=Lax", "Secure", "Path=/"} <= set(session.split("; "))
    assert visitor.get("").headers["strict-transport-security"] == "max-age=31536000"
    assert Browser(app, "https://elsewhere.example.org").get("sign-in").status_code == 400


def test_under_a_path_of_another_server(office):
    app = desk_app(office, Settings("https://office.example.org/mandates"), rate=0)
    visitor = Browser(app, "https://office.example.org")
    assert 'action="/mandates/en/sign-in"' in visitor.get("sign-in").text
    assert visitor.get("").headers["location"].startswith("/mandates/en/sign-in?next=%2Fmandates%2Fen%2F")
    assert visitor.sign_in("desk", next="/mandates/en/calendar").headers["location"] == "/mandates/en/calendar"


def test_a_new_session_has_a_new_secret(browser):
    visitor = browser()
    before = visitor.token()
    assert visitor.sign_in("desk").status_code == 303
    first = visitor.client.cookies["kyoto-session"]
    assert visitor.token("") != before
    visitor.post("sign-out")
    visitor.sign_in("desk")
    assert visitor.client.cookies["kyoto-session"] != first


def test_signing_out_ends_the_session_in_the_database(browser, office):
    visitor = browser("desk")
    token = visitor.client.cookies["kyoto-session"]
    assert visitor.post("sign-out").status_code == 303
    visitor.client.cookies.set("kyoto-session", token)
    assert visitor.get("").status_code == 303


@pytest.mark.parametrize("ends", [{"seen_at": timedelta(minutes=61)}, {"ends_at": timedelta(seconds=1)}])
def test_sessions_end(browser, office, ends):
    visitor = browser("desk")
    token = visitor.token("")
    with office.session() as session:
        session.execute(update(LoginSession).values({name: datetime.now(UTC) - ago for name, ago in ends.items()}))
    assert visitor.post("searches", {"name": "a", "page": "search"}, token=token).status_code == 403
    there = visitor.get("documents").headers["location"]
    assert there == "/en/sign-in?next=%2Fen%2Fdocuments&ended=1"
    assert "Your session has ended" in visitor.get(there).text


def test_wrong_passwords(browser):
    visitor = browser()
    for name, password in (("desk", "wrong"), ("nobody", PASSWORD), ("", ""), ("desk", "")):
        answer = visitor.sign_in(name, password)
        assert answer.status_code == 401
        assert "Wrong name or password" in answer.text
    assert "kyoto-session" not in visitor.client.cookies


def test_attempts_on_one_name_are_limited(browser):
    visitor = browser()
    token = visitor.token()
    answers = [visitor.post("sign-in", {"name": "desk", "password": "wrong"}, token=token) for _ in range(9)]
    assert [one.status_code for one in answers] == [401] * 8 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert visitor.sign_in("desk").status_code == 429
    assert visitor.sign_in("head").status_code == 303


def test_attempts_from_one_place_are_limited(browser):
    visitor = browser()
    token = visitor.token()
    codes = [
        visitor.post("sign-in", {"name": f"name{number}", "password": "x"}, token=token).status_code
        for number in range(41)
    ]
    assert codes == [401] * 40 + [429]


@pytest.mark.parametrize(
    "onward", ["https://evil.example", "//evil.example", "/\\evil.example", "/en/ //x", "javascript:x", "/de/"]
)
def test_no_way_out_after_signing_in(browser, onward):
    assert browser().sign_in("desk", next=onward).headers["location"] == "/en/"


def test_onward_after_signing_in(browser):
    visitor = browser()
    there = visitor.get("obligations?force=request").headers["location"]
    assert "Sign in" in visitor.get(there).text
    onward = re.search(r'name="next" value="([^"]+)"', visitor.get(there).text)[1]
    assert visitor.sign_in("desk", next=onward).headers["location"] == "/en/obligations?force=request"


def test_headers_on_every_answer(browser):
    visitor = browser("desk")
    for path in ("", "documents", "nowhere", "log", "/calendar.ics", "/", "/assets/none", "report/file?format=html"):
        answer = visitor.get(path)
        assert answer.headers["content-security-policy"] == CONTENT_POLICY, path
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "access-control-allow-origin" not in answer.headers
        if not path.startswith("/assets"):
            assert answer.headers["cache-control"] == "no-store", path
    page = visitor.get("documents").text
    assert " style=" not in page
    assert not re.search(r"<script(?! src=\"/assets/)", page)
    assert not re.search(r" on[a-z]+=", page)


def test_methods_and_sizes(app):
    visitor = Browser(app)
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        assert visitor.client.request(method, "/en/documents").status_code == 405
    assert visitor.client.get("/en/sign-out").status_code == 405
    assert visitor.client.post("/en/calendar").status_code == 405
    assert visitor.post("sign-in", {"name": "x" * 400_000}).status_code == 413
    big = {"content-length": str(30_000_000)}
    assert visitor.client.post("/en/documents", headers=big, content=b"").status_code == 413
    assert visitor.client.get("/en/documents", headers={"content-length": "5"}).status_code == 413


def test_a_form_in_another_shape_has_no_token(browser):
    visitor = browser("desk")
    token = visitor.token("")
    for media, body in (
        ("application/json", json.dumps({"csrf": token})),
        ("text/plain", f"csrf={token}"),
        ("multipart/form-data", "no boundary"),
        ("multipart/form-data; boundary=x", "--x\r\nbroken"),
    ):
        answer = visitor.client.post("/en/searches", content=body, headers={"content-type": media})
        assert answer.status_code == 403, media


def test_own_password(browser, office):
    visitor, elsewhere = browser("desk"), browser("desk")
    new = "other words of no sense"
    for sent in (
        {"old": PASSWORD, "new": new, "again": new + "!"},
        {"old": "wrong", "new": new, "again": new},
        {"old": PASSWORD, "new": "short", "again": "short"},
    ):
        assert visitor.post("account/password", sent).status_code == 422
    assert visitor.post("account/password", {"old": PASSWORD, "new": new, "again": new}).status_code == 303
    assert visitor.get("account").status_code == 200
    assert elsewhere.get("account").status_code == 303
    assert browser().sign_in("desk").status_code == 401
    assert browser().sign_in("desk", new).status_code == 303


def test_accounts(browser, office):
    chief = browser("chief")
    made = {"name": "unit", "role": "reader", "title": "A unit", "password": PASSWORD}
    assert chief.post("accounts", made).status_code == 303
    assert chief.post("accounts", made).status_code == 422
    assert chief.post("accounts", {**made, "name": "x", "password": "short"}).status_code == 422
    assert chief.post("accounts", {**made, "name": "x", "password": ""}).status_code == 422
    assert chief.post("accounts", {**made, "name": "x", "role": "emperor"}).status_code == 422
    unit = browser("unit")
    assert unit.get("review").status_code == 403
    assert chief.post("accounts/role", {"name": "unit", "role": "editor"}).status_code == 303
    assert unit.get("review").status_code == 200
    assert chief.post("accounts/access", {"name": "unit", "enable": "0"}).status_code == 303
    assert unit.get("review").status_code == 303
    assert browser().sign_in("unit").status_code == 401
    assert chief.post("accounts/access", {"name": "unit", "enable": "1"}).status_code == 303
    assert chief.post("accounts/password", {"name": "unit", "password": PASSWORD + "!"}).status_code == 303
    assert browser().sign_in("unit", PASSWORD + "!").status_code == 303
    last = chief.post("accounts/role", {"name": "chief", "role": "reader"})
    assert last.status_code == 422
    assert "last administrator" in last.text
    assert chief.post("accounts/access", {"name": "chief", "enable": "0"}).status_code == 422
    assert chief.post("accounts/grant", {"name": "unit", "record": "none", "role": "editor"}).status_code == 422
    assert chief.get("accounts/one", params={"name": "nobody"}).status_code == 404


class FakeProvider:
    """What the sign-in through a provider asks of it, without a network."""

    def __init__(self, monkeypatch):
        from kyoto.core.database.openid import SignIn
        from kyoto.portal.mandates.pages import signing

        self.begun = SignIn("https://id.example.org/authorize?x=1", "the-state", "n", "v")
        monkeypatch.setattr(signing, "begin_sign_in", lambda provider: self.begun)
        monkeypatch.setattr(signing, "finish_sign_in", self.finish)

    def finish(self, database, provider, begun, state, code):
        from kyoto.core.database import Actor
        from kyoto.core.database.accounts import account_named

        assert begun == self.begun
        if (state, code) != ("the-state", "the-code"):
            raise KyotoError("Signing in at the provider failed", code="database.sign-in-failed")
        with working(database, "system") as work:
            account = account_named(work, "berta")
            return Actor(account.id, account.name, Role(account.role))


def test_signing_in_through_a_provider(office, monkeypatch):
    FakeProvider(monkeypatch)
    with working(office, "system") as work:
        add_account(work, "berta", Role.EDITOR, subject="https://id.example.org 4711")
    provider = Provider("https://id.example.org", "kyoto", "secret", "http://127.0.0.1:8010/openid/callback")
    visitor = Browser(desk_app(office, Settings(provider=provider), rate=0))
    assert visitor.get("/openid/callback?state=the-state&code=the-code").status_code == 404
    assert "/en/openid?next=%2Fen%2Fcalendar" in visitor.get("sign-in?next=/en/calendar").text
    away = visitor.get("openid?next=/en/calendar")
    assert away.headers["location"] == "https://id.example.org/authorize?x=1"
    assert "HttpOnly" in cookies(away)[0]
    assert visitor.get("/openid/callback?state=other&code=the-code").status_code == 401
    visitor.get("openid?next=/en/calendar")
    back = visitor.get("/openid/callback?state=the-state&code=the-code")
    assert back.headers["location"] == "/en/calendar"
    assert visitor.get("review").status_code == 200
    assert visitor.get("/openid/callback?state=the-state&code=the-code").status_code == 404


def test_without_a_provider_there_is_no_way_to_it(browser):
    assert browser().get("openid").status_code == 404
    assert "openid" not in browser().get("sign-in").text
