"""Accounts, sessions, permissions, limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from kyoto.core.database import Actor, Role, add_account, allowed, authenticate, change_password, grant, require
from kyoto.core.database.accounts import account_named, disable_account
from kyoto.core.database.limits import count_attempt
from kyoto.core.database.sessions import begin_session, csrf_fits, csrf_token, end_session, session_actor
from kyoto.core.database.tables import Account, AuditEntry, LoginSession
from kyoto.core.database.work import working
from kyoto.core.errors import KyotoError

PASSWORD = "four words of no sense"


def code_of(call, *arguments, **more):
    with pytest.raises(KyotoError) as caught:
        call(*arguments, **more)
    return caught.value.code


def actions(database):
    with database.session() as session:
        return [tuple(row) for row in session.execute(select(AuditEntry.actor, AuditEntry.action, AuditEntry.record))]


def test_sign_in(database, anna):
    actor = authenticate(database, "anna", PASSWORD)
    assert (actor.name, actor.role) == ("anna", Role.EDITOR)
    assert actions(database)[-1] == ("system", "sign-in", "anna")


def test_the_password_is_not_in_the_database(database, anna):
    with database.session() as session:
        stored = session.scalars(select(Account.password_hash)).one()
        logged = " ".join(session.scalars(select(AuditEntry.detail)))
    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored + logged


def test_wrong_name_and_wrong_password_look_alike(database, anna):
    assert code_of(authenticate, database, "anna", "another one of words") == "database.wrong-password"
    assert code_of(authenticate, database, "nobody", PASSWORD) == "database.wrong-password"
    assert [row[1] for row in actions(database)[-2:]] == ["sign-in-refused", "sign-in-refused"]


def test_attempts_are_limited_even_where_they_fail(database, anna):
    for _ in range(8):
        assert code_of(authenticate, database, "anna", "another one of words") == "database.wrong-password"
    assert code_of(authenticate, database, "anna", PASSWORD) == "database.too-many-attempts"
    assert code_of(authenticate, database, "bert", PASSWORD) == "database.wrong-password"  # others may go on


def test_success_begins_the_count_anew(database, anna):
    for _ in range(3):
        for _ in range(7):
            code_of(authenticate, database, "anna", "another one of words")
        authenticate(database, "anna", PASSWORD)


def test_limit_ends_with_its_window(database):
    count_attempt(database, "x", most=1, seconds=3600)
    assert code_of(count_attempt, database, "x", most=1, seconds=3600) == "database.too-many-attempts"
    count_attempt(database, "x", most=1, seconds=0)  # a window that is over


def test_short_password_and_taken_name(database, anna):
    with working(database, "system") as work:
        assert code_of(add_account, work, "bert", Role.READER, password="short") == "database.weak-password"
        assert code_of(add_account, work, "anna", Role.READER) == "database.account-exists"
        assert code_of(add_account, work, " anna", Role.READER) == "database.wrong-name"
        assert code_of(account_named, work, "bert") == "database.unknown-account"


def signed_in(database):
    actor = authenticate(database, "anna", PASSWORD)
    with working(database, "anna") as work:
        return begin_session(work, actor)


def who(database, token):
    with working(database, "system") as work:
        return session_actor(work, token)


def test_session(database, anna):
    token = signed_in(database)
    assert who(database, token) == Actor(anna.id, "anna", Role.EDITOR)
    assert who(database, token + "x") is None
    with database.session() as session:
        assert token not in session.scalars(select(LoginSession.token_hash)).all()
    with working(database, "anna") as work:
        end_session(work, token)
    assert who(database, token) is None


@pytest.mark.parametrize(("column", "hours"), [("ends_at", 13), ("seen_at", 2)])
def test_session_ends_with_time(database, anna, column, hours):
    token = signed_in(database)
    before = datetime.now(UTC) - timedelta(hours=hours)
    with database.session() as session:
        session.execute(update(LoginSession).values({column: before}))
    assert who(database, token) is None


def test_new_password_and_disabling_end_sessions(database, anna):
    first = signed_in(database)
    with working(database, "system") as work:
        change_password(work, "anna", "five words of no sense")
    assert who(database, first) is None
    assert code_of(authenticate, database, "anna", PASSWORD) == "database.wrong-password"
    second = authenticate(database, "anna", "five words of no sense")
    with working(database, "anna") as work:
        token = begin_session(work, second)
    with working(database, "system") as work:
        disable_account(work, "anna")
    assert who(database, token) is None
    assert code_of(authenticate, database, "anna", "five words of no sense") == "database.wrong-password"


def test_forms_carry_a_token_of_their_session():
    assert csrf_fits("a", csrf_token("a"))
    assert not csrf_fits("b", csrf_token("a"))
    assert not csrf_fits("a", "")
    assert not csrf_fits("a", "ä")


def test_roles_and_permissions_for_a_record(database, anna):
    with working(database, "system") as work:
        account = account_named(work, "anna")
        assert allowed(work, account, Role.READER)
        assert not allowed(work, account, Role.APPROVER, "resolution", "26/1")
        grant(work, account, Role.APPROVER, "resolution", "26/1")
        assert allowed(work, account, Role.APPROVER, "resolution", "26/1")
        assert not allowed(work, account, Role.APPROVER, "resolution", "26/2")
        assert not allowed(work, account, Role.APPROVER, "mandate", "26/1")
        assert not allowed(work, account, Role.APPROVER)
        grant(work, account, None, "resolution", "26/1")
        assert not allowed(work, account, Role.APPROVER, "resolution", "26/1")
    with working(database, "system") as work:
        disable_account(work, "anna")
        assert not allowed(work, account_named(work, "anna"), Role.READER)


def test_a_refusal_leaves_nothing_but_its_entry(database, anna):
    with pytest.raises(KyotoError, match="may not"), working(database, "anna") as work:
        account = account_named(work, "anna")
        account.title = "changed"
        require(work, account, Role.ADMINISTRATOR)
    with database.session() as session:
        assert session.scalars(select(Account.title)).one() == ""
    assert actions(database)[-1][:2] == ("anna", "refused")


def test_two_changes_of_one_account(database, anna):
    """The second of two who read the same state is told, and overwrites nothing."""
    with database.session() as session:
        stale = session.get(Account, anna.id)
    with working(database, "system") as work:
        account_named(work, "anna").title = "first"
    stale.title = "second"
    with pytest.raises(KyotoError) as caught, database.session() as session:
        session.add(stale)
    assert caught.value.code == "database.changed-meanwhile"
    with database.session() as session:
        assert session.scalars(select(Account.title)).one() == "first"


def test_the_last_administrator_stays(database):
    from kyoto.core.database.accounts import change_role, disable_account, enable_account

    with working(database, "system") as work:
        add_account(work, "chief", Role.ADMINISTRATOR)
        add_account(work, "desk", Role.EDITOR)
    for act in (lambda work: change_role(work, "chief", Role.READER), lambda work: disable_account(work, "chief")):
        with pytest.raises(KyotoError) as caught, working(database, "system") as work:
            act(work)
        assert caught.value.code == "database.last-administrator"
    with working(database, "chief") as work:
        change_role(work, "desk", Role.ADMINISTRATOR)
        disable_account(work, "chief")
        assert account_named(work, "desk").role == "administrator"
        assert account_named(work, "chief").disabled_at is not None
        enable_account(work, "chief")
        assert account_named(work, "chief").disabled_at is None


HOSTILE = ["x" * 5_000, "an\0na", "\ud800", "' OR 1=1 --", "", "  anna"]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_that_no_column_holds(database, anna, name):
    """Whoever tries to sign in may send anything: it is refused like a wrong name, counted, and logged."""
    for _ in range(8):
        assert code_of(authenticate, database, name, PASSWORD) == "database.wrong-password"
    assert code_of(authenticate, database, name, PASSWORD) == "database.too-many-attempts"
    assert actions(database)[-1][1] == "sign-in-refused"
    assert len(actions(database)[-1][2]) <= 200
    with working(database, "system") as work:
        assert code_of(account_named, work, name) == "database.unknown-account"
        if name not in ("' OR 1=1 --",):
            assert code_of(add_account, work, name, Role.READER) == "database.wrong-name"


def test_many_at_once_are_all_counted(database):
    """The first attempts of several processes at the same moment do not get in each other's way."""
    from concurrent.futures import ThreadPoolExecutor

    def attempt(_):
        try:
            count_attempt(database, "x", most=6, seconds=3600)
        except KyotoError as error:
            return error.code
        return "counted"

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(attempt, range(8)))
    assert sorted(told) == ["counted"] * 6 + ["database.too-many-attempts"] * 2
