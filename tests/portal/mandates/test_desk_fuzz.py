"""Thousands of requests of no sense: whatever is sent, nothing breaks on our side."""

from __future__ import annotations

import random

import pytest
from starlette.routing import Route as Address

from kyoto.core.database import verify_audit
from kyoto.portal.mandates.application import desk_app, inner_app
from kyoto.portal.mandates.desk import Desk, Settings

from .conftest import FIRST, HOSTILE, SECOND, Browser

NAMES = (
    "id", "document", "act", "target", "q", "page", "days", "to", "all", "format", "kind", "status", "force", "year",
    "sdg", "cites", "actor", "record", "name", "key", "state", "code", "next", "new", "said", "heading", "accepted",
    "mechanism", "revision", "version", "reason", "evidence", "units", "due", "addressees", "addressees_other", "role",
    "report_to", "conditions", "password", "subject", "title", "query", "old", "again", "enable", "adopted", "symbol",
)  # fmt: skip
VALUES = (
    "", "0", "1", "-1", "99999999999999999999", "１２", "²", "1e9", "NaN", FIRST, SECOND, "E/2031/30",
    "draft-resolution-I", "../../etc/passwd", "\x00", "a\x00b", "'; DROP TABLE account; --", '" OR 1=1', HOSTILE,
    "{{7*7}}", "%s%n", "\ud7ff", "𝕏" * 300, "x" * 3000, "a" * 199 + "é", "session:ccpcj-next", "date:0000",
    "date:9999-99-99", "recurrence:x",
    "NEAR(", '"', "*", "-", "AND OR NOT", "(((", "col:val", "^", "guest", "chief", "system", "reader", "administrator",
    "docx", "pdf", "xml", "json", "csv", "search", "//evil", "1-", "1-x", "\u202e", "\n\r\n", "on", "de",
)  # fmt: skip


@pytest.mark.parametrize("name", ["", "chief"])
def test_nothing_breaks(offices, sessions, name):
    settings = Settings(calendar=sessions)
    browser = Browser(desk_app(offices, settings, rate=0))
    if name:
        assert browser.sign_in(name).status_code == 303
    routes = [
        (method, route.path)
        for route in inner_app(Desk(offices, settings)).routes
        if isinstance(route, Address)
        for method in sorted((route.methods or set()) - {"HEAD"})
        if not route.path.endswith(("sign-out", "account/password"))
    ]
    chance = random.Random(20311120)
    token = browser.token("") or browser.token()
    seen = set()
    for _ in range(450):
        method, path = chance.choice(routes)
        fields = {chance.choice(NAMES): chance.choice(VALUES) for _ in range(chance.randrange(6))}
        if chance.random() < 0.5:
            fields["id"] = chance.choice((FIRST, SECOND, "E/2031/30"))
        language = chance.choice(("en", "fr", "es", "en", "xx"))
        where = path.replace("{language}", language).replace("{rest:path}", chance.choice(VALUES[:9]) or "x")
        more = {"params": fields} if method == "GET" else {"data": {"csrf": token, **fields}}
        if method == "POST" and chance.random() < 0.2:
            more["files"] = {"file": (chance.choice(VALUES)[:50] or "f", chance.choice(VALUES).encode(), "text/plain")}
        answer = browser.client.request(method, where, **more)
        seen.add(answer.status_code)
        assert answer.status_code < 500, (method, where, fields, answer.text[:300])
        if name and browser.get("account").status_code != 200:
            browser.client.cookies.clear()
            assert browser.sign_in(name).status_code in (303, 429)
            token = browser.token("") or browser.token()
    assert ({200, 400, 404, 409, 422} if name else {200, 303, 403, 404}) <= seen
    with offices.session() as session:
        assert verify_audit(session) == []


@pytest.mark.parametrize(
    "address",
    [
        "/en/obligations?q=%ff%fe",
        "/en/%00",
        "/en/obligation?id=%F0%28%8C%28",
        "/%2e%2e/%2e%2e/etc",
        "/en//",
        "/assets/%2e%2e",
    ],
)
def test_broken_addresses(browser, address):
    assert browser("chief").client.get(address).status_code in (200, 303, 400, 404)


def test_broken_cookies(browser):
    visitor = browser()
    for value in ("x", "é".encode().decode("latin-1"), "a" * 3000, "%00"):
        for name in ("kyoto-session", "kyoto-form", "kyoto-provider"):
            headers = [(b"cookie", f"{name}={value}".encode("latin-1", "replace"))]
            assert visitor.client.get("/en/", headers=headers).status_code == 303
            assert visitor.client.get("/openid/callback?state=a&code=b", headers=headers).status_code == 404
