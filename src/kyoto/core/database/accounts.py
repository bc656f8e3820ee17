"""Accounts: who may sign in, by password (Argon2id) or through an OpenID Connect provider."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from kyoto.core.database.limits import count_attempt, forget_attempts
from kyoto.core.database.opening import storable
from kyoto.core.database.permissions import Role
from kyoto.core.database.tables import Account
from kyoto.core.database.work import Work, working
from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    from kyoto.core.database.opening import Database

__all__ = [
    "Actor",
    "account_named",
    "add_account",
    "authenticate",
    "change_password",
    "change_role",
    "disable_account",
    "enable_account",
]

_SHORTEST = 12
_ATTEMPTS, _WINDOW = 8, 300


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who signed in.

    Parameters
    ----------
    id, name
        Of the account.
    role
        For everything.
    """

    id: int
    name: str
    role: Role


def add_account(
    work: Work, name: str, role: Role, *, password: str | None = None, subject: str | None = None, title: str = ""
) -> Account:
    """Make an account.

    Parameters
    ----------
    work
        The transaction, by whoever makes it.
    name
        To sign in with.
    role
        For everything.
    password
        At least twelve characters; None for accounts that sign in elsewhere.
    subject
        Issuer and subject at an OpenID Connect provider.
    title
        How the account is shown.

    Raises
    ------
    KyotoError
        ``database.account-exists``, ``database.weak-password``, ``database.wrong-name``.
    """
    reserved = name in ("system", "anonymous")
    if not name or name != name.strip() or reserved or storable(name) != name or storable(title) != title:
        raise KyotoError("Not a name for an account", code="database.wrong-name", got=repr(name)[:200])
    if _find(work, name) is not None:
        raise KyotoError(f"There is an account {name!r} already", code="database.account-exists")
    account = Account(
        name=name,
        title=title,
        role=role.value,
        password_hash=_hashed(password) if password is not None else None,
        subject=subject,
        created_at=datetime.now(UTC),
    )
    work.session.add(account)
    work.session.flush()
    work.log("add", "account", name, {"role": role.value})
    return account


def account_named(work: Work, name: str) -> Account:
    """Account by its name.

    Raises
    ------
    KyotoError
        ``database.unknown-account``.
    """
    account = _find(work, name)
    if account is None:
        raise KyotoError(f"There is no account {name!r}", code="database.unknown-account")
    return account


def change_password(work: Work, name: str, password: str) -> None:
    """Set a new password; sessions that are open end."""
    from kyoto.core.database.sessions import end_sessions

    account = account_named(work, name)
    account.password_hash = _hashed(password)
    end_sessions(work, account.id)
    work.log("change-password", "account", name)


def change_role(work: Work, name: str, role: Role) -> None:
    """Give an account another role; it holds from the next request on.

    Raises
    ------
    KyotoError
        ``database.unknown-account``, ``database.last-administrator``.
    """
    account = account_named(work, name)
    if role is not Role.ADMINISTRATOR:
        _require_another_administrator(work, account)
    before, account.role = account.role, role.value
    work.log("change-role", "account", name, {"from": before, "to": role.value})


def enable_account(work: Work, name: str) -> None:
    """Let somebody in again who was let in no more."""
    account_named(work, name).disabled_at = None
    work.log("enable", "account", name)


def _require_another_administrator(work: Work, account: Account) -> None:
    """Somebody must be left who can manage accounts."""
    query = select(Account).where(Account.role == Role.ADMINISTRATOR.value, Account.disabled_at.is_(None))
    if [one.id for one in work.session.scalars(query.with_for_update())] == [account.id]:
        raise KyotoError(
            "This is the last administrator",
            code="database.last-administrator",
            got=account.name,
            hint="Make somebody else an administrator first.",
        )


def disable_account(work: Work, name: str) -> None:
    """Let somebody in no more. The account stays, since the audit log names it.

    Raises
    ------
    KyotoError
        ``database.unknown-account``, ``database.last-administrator``.
    """
    from kyoto.core.database.sessions import end_sessions

    account = account_named(work, name)
    _require_another_administrator(work, account)
    account.disabled_at = datetime.now(UTC)
    end_sessions(work, account.id)
    work.log("disable", "account", name)


def authenticate(database: Database, name: str, password: str) -> Actor:
    """Check a name and a password; both outcomes are logged, and attempts are limited.

    Raises
    ------
    KyotoError
        ``database.wrong-password`` for a wrong name, a wrong password and a disabled account alike, so that nobody can
        find out which names exist; ``database.too-many-attempts``.
    """
    key = f"sign-in:{name}"
    count_attempt(database, key, most=_ATTEMPTS, seconds=_WINDOW)
    with working(database, "system") as work:
        account = _find(work, name)
        stored = account.password_hash if account is not None and account.disabled_at is None else None
        fits = _fits(stored or _nobody(), password) and stored is not None
        work.log("sign-in" if fits else "sign-in-refused", "account", name)
        actor = Actor(account.id, account.name, Role(account.role)) if fits and account is not None else None
    if actor is None:
        raise KyotoError("Wrong name or password", code="database.wrong-password")
    forget_attempts(database, key)
    return actor


def _find(work: Work, name: str) -> Account | None:
    if storable(name) != name:
        return None
    return work.session.execute(select(Account).where(Account.name == name)).scalar_one_or_none()


@cache
def _hasher() -> Any:
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobody() -> str:
    """Hash that no password fits: a name that does not exist takes as long as one that does."""
    import secrets

    return str(_hasher().hash(secrets.token_hex(32)))


def _hashed(password: str) -> str:
    if len(password) < _SHORTEST:
        raise KyotoError(
            "The password is too short",
            code="database.weak-password",
            expected=f"at least {_SHORTEST} characters",
            hint="Several words that do not belong together are long and easy to remember.",
        )
    return str(_hasher().hash(password))


def _fits(stored: str, password: str) -> bool:
    from argon2.exceptions import VerificationError

    try:
        return bool(_hasher().verify(stored, password))
    except VerificationError:
        return False
