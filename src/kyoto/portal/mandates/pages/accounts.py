"""Accounts, for administrators: who may sign in, and what they may do."""

from __future__ import annotations

from sqlalchemy import select

from kyoto.cooperation.mandates.review import SUBJECTS
from kyoto.core.database.accounts import (
    account_named,
    add_account,
    change_password,
    change_role,
    disable_account,
    enable_account,
)
from kyoto.core.database.permissions import Role, grant, parse_role
from kyoto.core.database.records import kept_record
from kyoto.core.database.tables import Account, Grant
from kyoto.core.errors import KyotoError
from kyoto.portal.mandates.desk import Reply, Visit
from kyoto.portal.mandates.failures import problem_texts
from kyoto.portal.mandates.rendering import page, redirect

__all__ = ["access", "accounts", "create", "grant_one", "one", "password", "role"]

_ROLES = tuple(role.value for role in Role)
_SHOWN = frozenset(
    {
        "database.account-exists",
        "database.weak-password",
        "database.wrong-name",
        "database.unknown-role",
        "database.last-administrator",
        "mandates.unknown-obligation",
        "mandates.no-password",
    }
)


def accounts(visit: Visit) -> Reply:
    """All accounts, and the form for a new one."""
    return _accounts(visit)


def _accounts(visit: Visit, *, status: int = 200, problems: object = ()) -> Reply:
    with visit.work() as work:
        rows = list(work.session.scalars(select(Account).order_by(Account.name)))
        visit.log_reading(work, "account", "*", {"records": len(rows)})
    return page(
        visit, "accounts", visit.words("accounts.title"), status=status, rows=rows, roles=_ROLES, problems=problems
    )


def create(visit: Visit) -> Reply:
    """Make an account, with a password or for somebody whom the provider knows."""
    name, subject = visit.sent("name"), visit.sent("subject")
    secret = next(iter(visit.form.get("password", ())), "")[:1000]
    try:
        if not secret and not subject:
            raise KyotoError("An account needs a password or a subject", code="mandates.no-password")
        with visit.work() as work:
            add_account(
                work,
                name,
                parse_role(visit.sent("role")),
                password=secret or None,
                subject=subject[:500] or None,
                title=visit.sent("title")[:200],
            )
    except KyotoError as error:
        if error.code not in _SHOWN:
            raise
        return _accounts(visit, status=422, problems=problem_texts(visit, error))
    return redirect(visit.to("accounts/one", name=name, said="created"))


def one(visit: Visit) -> Reply:
    """One account, with the roles that it has for single records."""
    return _one(visit, visit.asked("name"))


def _one(visit: Visit, name: str, *, status: int = 200, problems: object = ()) -> Reply:
    with visit.work() as work:
        account = account_named(work, name)
        query = select(Grant).where(Grant.account_id == account.id).order_by(Grant.record)
        grants = list(work.session.scalars(query))
        visit.log_reading(work, "account", name)
    return page(
        visit,
        "account_of",
        visit.words("accounts.one", name=name),
        status=status,
        account=account,
        grants=grants,
        roles=_ROLES,
        problems=problems,
    )


def _changed(visit: Visit, said: str, error: KyotoError | None) -> Reply:
    name = visit.sent("name")
    if error is None:
        return redirect(visit.to("accounts/one", name=name, said=said))
    if error.code not in _SHOWN:
        raise error
    return _one(visit, name, status=422, problems=problem_texts(visit, error))


def role(visit: Visit) -> Reply:
    """Give an account another role."""
    try:
        with visit.work() as work:
            change_role(work, visit.sent("name"), parse_role(visit.sent("role")))
    except KyotoError as error:
        return _changed(visit, "", error)
    return _changed(visit, "role", None)


def access(visit: Visit) -> Reply:
    """Let somebody in no more, or again."""
    try:
        with visit.work() as work:
            change = enable_account if visit.sent("enable") == "1" else disable_account
            change(work, visit.sent("name"))
    except KyotoError as error:
        return _changed(visit, "", error)
    return _changed(visit, "access", None)


def password(visit: Visit) -> Reply:
    """Set a new password for somebody who forgot theirs; their sessions end."""
    try:
        with visit.work() as work:
            change_password(work, visit.sent("name"), next(iter(visit.form.get("password", ())), "")[:1000])
    except KyotoError as error:
        return _changed(visit, "", error)
    return _changed(visit, "password", None)


def grant_one(visit: Visit) -> Reply:
    """Give an account a role for one record, or take it away."""
    record, wanted = visit.sent("record")[:200], visit.sent("role")
    try:
        with visit.work() as work:
            kind = next((kind for kind in SUBJECTS if kept_record(work, kind, record) is not None), "")
            if not kind:
                raise KyotoError("No such obligation", code="mandates.unknown-obligation", got=record)
            account = account_named(work, visit.sent("name"))
            grant(work, account, parse_role(wanted) if wanted else None, kind, record)
    except KyotoError as error:
        return _changed(visit, "", error)
    return _changed(visit, "granted", None)
