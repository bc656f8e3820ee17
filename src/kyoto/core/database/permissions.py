"""Who may do what: a role for everything, and roles for single records beyond it."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from sqlalchemy import select

from kyoto.core.database.tables import Account, Grant
from kyoto.core.database.work import NOT_ALLOWED
from kyoto.core.errors import KyotoError, did_you_mean

if TYPE_CHECKING:
    from kyoto.core.database.work import Work

__all__ = ["Role", "allowed", "grant", "parse_role", "require"]


class Role(Enum):
    """What somebody may do; each role includes those before it."""

    READER = "reader"
    """Read."""
    EDITOR = "editor"
    """Propose and change."""
    APPROVER = "approver"
    """Accept what others proposed."""
    ADMINISTRATOR = "administrator"
    """Manage accounts and permissions."""

    @property
    def rank(self) -> int:
        """Place in the order of roles, from 0."""
        return list(Role).index(self)

    def covers(self, other: Role) -> bool:
        """Whether this role may do what the other may.

        Examples
        --------
        >>> Role.APPROVER.covers(Role.EDITOR), Role.READER.covers(Role.EDITOR)
        (True, False)
        """
        return self.rank >= other.rank


def parse_role(text: str) -> Role:
    """Role by its name.

    Raises
    ------
    KyotoError
        ``database.unknown-role``.
    """
    names = [role.value for role in Role]
    if text not in names:
        raise KyotoError(
            f"Unknown role {text!r}",
            code="database.unknown-role",
            expected="one of " + ", ".join(names),
            hint=did_you_mean(text, names),
        )
    return Role(text)


def allowed(work: Work, account: Account, role: Role, kind: str = "", record: str = "") -> bool:
    """Whether an account may act in a role, on everything or on one record.

    Parameters
    ----------
    work
        The transaction.
    account
        Who.
    role
        What is needed.
    kind, record
        The record; empty to ask about everything.
    """
    if account.disabled_at is not None:
        return False
    if Role(account.role).covers(role):
        return True
    if not record:
        return False
    query = select(Grant.role).where(Grant.account_id == account.id, Grant.kind == kind, Grant.record == record)
    given = work.session.execute(query).scalar_one_or_none()
    return given is not None and Role(given).covers(role)


def require(work: Work, account: Account, role: Role, kind: str = "", record: str = "") -> None:
    """Refuse unless an account may act in a role; :func:`~kyoto.core.database.work.working` logs the refusal.

    Raises
    ------
    KyotoError
        ``database.not-allowed``.
    """
    if allowed(work, account, role, kind, record):
        return
    raise KyotoError(
        "You may not do this",
        code=NOT_ALLOWED,
        expected=f"the role {role.value}" + (f" for {kind} {record}" if record else ""),
        got=account.role if account.disabled_at is None else "a disabled account",
        hint="Ask an administrator.",
    )


def grant(work: Work, account: Account, role: Role | None, kind: str, record: str) -> None:
    """Give an account a role for one record, or take it away.

    Parameters
    ----------
    work
        The transaction, by whoever grants.
    account
        Who gets it.
    role
        The role; None takes it away.
    kind, record
        The record.
    """
    query = select(Grant).where(Grant.account_id == account.id, Grant.kind == kind, Grant.record == record)
    given = work.session.execute(query).scalar_one_or_none()
    if role is None:
        if given is not None:
            work.session.delete(given)
    elif given is None:
        work.session.add(Grant(account_id=account.id, kind=kind, record=record, role=role.value))
    else:
        given.role = role.value
    work.log("grant", kind, record, {"account": account.name, "role": role.value if role else None})
