"""Roles against every address: one table says who may go where, and an address that it leaves out fails the test."""

from __future__ import annotations

import pytest
from starlette.routing import Route as Address

from kyoto.core.database import grant, verify_audit
from kyoto.core.database.accounts import account_named
from kyoto.core.database.permissions import Role
from kyoto.core.database.work import working
from kyoto.portal.mandates.application import desk_app, inner_app
from kyoto.portal.mandates.desk import Desk, Settings

from .conftest import FIRST, REVIEW, ROLES, SECOND, Browser

ANYBODY, READER, EDITOR, APPROVER, ADMINISTRATOR = "", "guest", "desk", "head", "chief"
ORDER = ["", "guest", "desk", "head", "chief"]
ACCESS = {
    # method, path: least account; whether --public opens it; parameters that make it a sensible request
    ("GET", "/"): (ANYBODY, True, {}),
    ("GET", "/assets/{rest:path}"): (ANYBODY, True, {}),
    ("GET", "/{language}/sign-in"): (ANYBODY, True, {}),
    ("POST", "/{language}/sign-in"): (ANYBODY, True, {}),
    ("GET", "/{language}/openid"): (ANYBODY, True, {}),
    ("GET", "/openid/callback"): (ANYBODY, True, {}),
    ("GET", "/calendar.ics"): (READER, True, {}),
    ("POST", "/{language}/sign-out"): (READER, False, {}),
    ("GET", "/{language}/"): (READER, True, {}),
    ("GET", "/{language}/documents"): (READER, True, {}),
    ("POST", "/{language}/documents"): (EDITOR, False, {}),
    ("GET", "/{language}/document"): (READER, True, {"id": "E/2031/30"}),
    ("GET", "/{language}/document/file"): (READER, True, {"id": "E/2031/30", "format": "json"}),
    ("GET", "/{language}/act"): (READER, True, {"document": "E/2031/30", "id": "draft-resolution-I"}),
    ("GET", "/{language}/brief"): (READER, True, {"document": "E/2031/30", "id": "draft-resolution-I"}),
    ("GET", "/{language}/brief/file"): (
        READER, True, {"document": "E/2031/30", "id": "draft-resolution-I", "format": "html"},
    ),
    ("GET", "/{language}/obligations"): (READER, True, {}),
    ("GET", "/{language}/obligation"): (READER, True, {"id": FIRST}),
    ("GET", "/{language}/obligation/history"): (READER, False, {"id": FIRST}),
    ("GET", "/{language}/obligation/change"): (EDITOR, False, {"id": FIRST}),
    ("POST", "/{language}/obligation/change"): (EDITOR, False, {"id": FIRST}),
    ("POST", "/{language}/obligation/restore"): (APPROVER, False, {"id": FIRST}),
    ("GET", "/{language}/review"): (EDITOR, False, {}),
    ("POST", "/{language}/obligation/approve"): (APPROVER, False, {"id": FIRST}),
    ("POST", "/{language}/obligation/decline"): (APPROVER, False, {"id": FIRST}),
    ("POST", "/{language}/obligation/withdraw"): (EDITOR, False, {"id": FIRST}),
    ("POST", "/{language}/recommendations"): (EDITOR, False, {}),
    ("GET", "/{language}/recommendation"): (READER, True, {"id": REVIEW}),
    ("GET", "/{language}/recommendation/history"): (READER, False, {"id": REVIEW}),
    ("GET", "/{language}/recommendation/change"): (EDITOR, False, {"id": REVIEW}),
    ("POST", "/{language}/recommendation/change"): (EDITOR, False, {"id": REVIEW}),
    ("POST", "/{language}/recommendation/restore"): (APPROVER, False, {"id": REVIEW}),
    ("POST", "/{language}/recommendation/approve"): (APPROVER, False, {"id": REVIEW}),
    ("POST", "/{language}/recommendation/decline"): (APPROVER, False, {"id": REVIEW}),
    ("POST", "/{language}/recommendation/withdraw"): (EDITOR, False, {"id": REVIEW}),
    ("GET", "/{language}/sessions"): (READER, True, {}),
    ("GET", "/{language}/sessions/new"): (EDITOR, False, {"body": "ccpcj", "number": "41"}),
    ("GET", "/{language}/session"): (READER, True, {"id": "ccpcj-27"}),
    ("GET", "/{language}/session/history"): (READER, False, {"id": "ccpcj-27"}),
    ("GET", "/{language}/session/change"): (EDITOR, False, {"id": "ccpcj-27"}),
    ("POST", "/{language}/session/change"): (EDITOR, False, {"id": "ccpcj-27"}),
    ("POST", "/{language}/session/restore"): (APPROVER, False, {"id": "ccpcj-27"}),
    ("POST", "/{language}/session/approve"): (APPROVER, False, {"id": "ccpcj-27"}),
    ("POST", "/{language}/session/decline"): (APPROVER, False, {"id": "ccpcj-27"}),
    ("POST", "/{language}/session/withdraw"): (EDITOR, False, {"id": "ccpcj-27"}),
    ("GET", "/{language}/calendar"): (READER, True, {}),
    ("GET", "/{language}/reminders"): (READER, True, {}),
    ("GET", "/{language}/graph"): (READER, True, {}),
    ("GET", "/{language}/search"): (READER, True, {}),
    ("GET", "/{language}/searches"): (READER, False, {}),
    ("POST", "/{language}/searches"): (READER, False, {}),
    ("POST", "/{language}/searches/remove"): (READER, False, {}),
    ("GET", "/{language}/dashboards"): (READER, True, {}),
    ("GET", "/{language}/recommendations"): (READER, True, {}),
    ("GET", "/{language}/report"): (READER, True, {}),
    ("GET", "/{language}/report/file"): (READER, True, {"format": "html"}),
    ("GET", "/{language}/account"): (READER, False, {}),
    ("POST", "/{language}/account/password"): (READER, False, {}),
    ("POST", "/{language}/account/calendar"): (READER, False, {}),
    ("GET", "/{language}/accounts"): (ADMINISTRATOR, False, {}),
    ("POST", "/{language}/accounts"): (ADMINISTRATOR, False, {}),
    ("GET", "/{language}/accounts/one"): (ADMINISTRATOR, False, {"name": "guest"}),
    ("POST", "/{language}/accounts/role"): (ADMINISTRATOR, False, {}),
    ("POST", "/{language}/accounts/access"): (ADMINISTRATOR, False, {}),
    ("POST", "/{language}/accounts/password"): (ADMINISTRATOR, False, {}),
    ("POST", "/{language}/accounts/grant"): (ADMINISTRATOR, False, {}),
    ("GET", "/{language}/log"): (ADMINISTRATOR, False, {}),
}  # fmt: skip
LEAVES = "sign-out"
"""The address after which a session is over: asked last."""


def addresses(app):
    """Method and path of every address that the application has."""
    return {
        (method, route.path)
        for route in app.routes
        for method in (route.methods or ()) - {"HEAD"}
        if isinstance(route, Address)
    }


def test_every_address_has_its_line(office):
    app = inner_app(Desk(office, Settings()))
    assert all(isinstance(route, Address) for route in app.routes)
    assert addresses(app) == set(ACCESS)


def asked(browser, method, path, fields, token):
    where = path.replace("{language}", "en").replace("{rest:path}", "none")
    if method == "GET":
        return browser.client.get(where, params=fields)
    return browser.client.post(where, data={**fields, "csrf": token})


def denied(answer):
    """Whether an answer is the refusal: the page that says so, or the way to the sign-in."""
    return answer.status_code == 403 or (
        answer.status_code == 303 and "/sign-in?next=" in answer.headers.get("location", "")
    )


@pytest.mark.parametrize("name", ["", *ROLES])
def test_roles_against_every_address(browser, name):
    visitor = browser(name)
    token = visitor.token("") or visitor.token("sign-in")
    for (method, path), (least, _, fields) in sorted(ACCESS.items(), key=lambda each: each[0][1].endswith(LEAVES)):
        answer = asked(visitor, method, path, fields, token)
        may = ORDER.index(name) >= ORDER.index(least)
        assert answer.status_code < 500, (method, path, answer.text)
        assert denied(answer) == (not may), (method, path, name, answer.status_code)


def test_open_reading(office, sessions):
    """With --public anybody reads what is said to be open, and nothing else."""
    visitor = Browser(desk_app(office, Settings(public=True, calendar=sessions), rate=0))
    token = visitor.token("sign-in")
    for (method, path), (_, public, fields) in ACCESS.items():
        answer = asked(visitor, method, path, fields, token)
        assert denied(answer) == (not public), (method, path, answer.status_code)


@pytest.mark.parametrize("name", ["", *ROLES])
def test_a_form_without_its_token_changes_nothing(browser, office, name):
    visitor = browser(name)
    other = browser("guest").token("")
    with office.session() as session:
        before = session.connection().exec_driver_sql("SELECT sum(version) FROM stored_record").scalar()
    for token in ("", "0" * 64, other):
        for (method, path), (_, _, fields) in ACCESS.items():
            if method == "POST":
                assert asked(visitor, method, path, fields, token).status_code == 403, (path, token)
    with office.session() as session:
        assert session.connection().exec_driver_sql("SELECT sum(version) FROM stored_record").scalar() == before


def test_a_role_for_one_obligation(browser, office):
    with working(office, "chief") as work:
        grant(work, account_named(work, "guest"), Role.EDITOR, "obligation", FIRST)
    guest = browser("guest")
    assert guest.get("obligation/change", params={"id": FIRST}).status_code == 200
    assert guest.get("obligation/change", params={"id": SECOND}).status_code == 403
    fields = {"id": SECOND, "revision": "1", "state": "accepted", "status": "under-way"}
    assert guest.post("obligation/change", fields).status_code == 403
    # the address may name another one: the form counts
    token = guest.token("")
    answer = guest.client.post("/en/obligation/change", params={"id": FIRST}, data={**fields, "csrf": token})
    assert answer.status_code == 403
    assert guest.post("obligation/change", {**fields, "id": FIRST}).headers["location"].endswith("said=proposed")


def test_refusals_are_in_the_log(browser, office):
    browser("guest").get("log")
    with office.session() as session:
        rows = session.connection().exec_driver_sql("SELECT actor, record FROM audit_entry WHERE action = 'refused'")
        assert ("guest", "GET log") in [tuple(row) for row in rows]
        assert verify_audit(session) == []


def test_a_role_that_is_taken_away_holds_at_once(browser, office):
    from kyoto.core.database.accounts import change_role, disable_account

    head = browser("head")
    assert head.get("review").status_code == 200
    with working(office, "chief") as work:
        change_role(work, "head", Role.READER)
    assert head.get("review").status_code == 403
    with working(office, "chief") as work:
        disable_account(work, "head")
    assert head.get("").headers["location"].startswith("/en/sign-in?next=")
