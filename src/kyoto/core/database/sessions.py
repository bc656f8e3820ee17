"""Browsers that signed in: tokens that the database knows only by their hash, and tokens against forged requests."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete

from kyoto.core.database.accounts import Actor
from kyoto.core.database.limits import utc
from kyoto.core.database.permissions import Role
from kyoto.core.database.tables import Account, LoginSession

if TYPE_CHECKING:
    from kyoto.core.database.work import Work

__all__ = ["begin_session", "csrf_fits", "csrf_token", "end_session", "end_sessions", "session_actor"]

_LONGEST = timedelta(hours=12)
_IDLE = timedelta(hours=1)


def begin_session(work: Work, actor: Actor) -> str:
    """Token of a new session, for a cookie that is ``HttpOnly``, ``Secure`` and bound to its site.

    Parameters
    ----------
    work
        The transaction.
    actor
        Who signed in.
    """
    token = secrets.token_urlsafe(32)
    now = datetime.now(UTC)
    session = LoginSession(
        token_hash=_hash(token), account_id=actor.id, created_at=now, seen_at=now, ends_at=now + _LONGEST
    )
    work.session.add(session)
    work.session.flush()
    return token


def session_actor(work: Work, token: str) -> Actor | None:
    """Who a token belongs to; None if it is unknown, too old, idle for an hour, or the account is disabled.

    The role is read anew, so that a change of it holds at once.
    """
    found = work.session.get(LoginSession, _hash(token))
    if found is None:
        return None
    now = datetime.now(UTC)
    account = work.session.get(Account, found.account_id)
    over = utc(found.ends_at) <= now or now - utc(found.seen_at) > _IDLE
    if over or account is None or account.disabled_at is not None:
        work.session.delete(found)
        return None
    found.seen_at = now
    return Actor(account.id, account.name, Role(account.role))


def end_session(work: Work, token: str) -> None:
    """Sign out."""
    work.session.execute(delete(LoginSession).where(LoginSession.token_hash == _hash(token)))


def end_sessions(work: Work, account: int) -> None:
    """Sign an account out everywhere."""
    work.session.execute(delete(LoginSession).where(LoginSession.account_id == account))


def csrf_token(token: str) -> str:
    """Token that forms carry; it is made from the session's token, which another site cannot read.

    Examples
    --------
    >>> csrf_fits("session", csrf_token("session")), csrf_fits("other", csrf_token("session"))
    (True, False)
    """
    return hmac.new(token.encode(), b"kyoto-form", "sha256").hexdigest()


def csrf_fits(token: str, sent: str) -> bool:
    """Whether what a form sent belongs to the session."""
    return hmac.compare_digest(csrf_token(token).encode(), sent.encode())


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
