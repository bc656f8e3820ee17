"""One's own account: a new password, and the address of one's own calendar."""

from __future__ import annotations

import secrets

from kyoto.core.database.accounts import authenticate, change_password
from kyoto.core.database.records import Kept, kept_record, save_record
from kyoto.core.database.sessions import begin_session
from kyoto.core.errors import KyotoError
from kyoto.portal.mandates.cookies import SESSION, cookie
from kyoto.portal.mandates.desk import Reply, Visit
from kyoto.portal.mandates.failures import problem_texts
from kyoto.portal.mandates.pages.calendar import KEYS, hashed
from kyoto.portal.mandates.rendering import page, redirect

__all__ = ["account", "calendar_key", "password"]


def account(visit: Visit) -> Reply:
    """What the account may do, and the forms."""
    return _account(visit)


def _account(visit: Visit, *, status: int = 200, problems: object = (), feed: str = "") -> Reply:
    with visit.work() as work:
        own = visit.account(work)
        key = kept_record(work, KEYS, str(own.id))
    return page(
        visit,
        "account",
        visit.words("account.title"),
        status=status,
        own=own,
        problems=problems,
        feed=feed,
        has_key=key is not None,
    )


def password(visit: Visit) -> Reply:
    """Set a new password, after the old one; every session ends, and a new one begins here."""
    actor = visit.actor
    assert actor is not None
    old, new, again = (next(iter(visit.form.get(name, ())), "")[:1000] for name in ("old", "new", "again"))
    try:
        if new != again:
            raise KyotoError("The two new passwords differ", code="mandates.passwords-differ")
        authenticate(visit.desk.database, actor.name, old)
        with visit.work() as work:
            change_password(work, actor.name, new)
            token = begin_session(work, actor)
    except KyotoError as error:
        if error.code not in ("mandates.passwords-differ", "database.wrong-password", "database.weak-password"):
            raise
        return _account(visit, status=422, problems=problem_texts(visit, error))
    return redirect(visit.to("account", said="password")).adding(cookie(visit.desk.settings, SESSION, token))


def calendar_key(visit: Visit) -> Reply:
    """Make a new key for the feed of one's own; the one before opens nothing any more. It is shown this once."""
    actor = visit.actor
    assert actor is not None
    key = f"{actor.id}-{secrets.token_urlsafe(24)}"
    with visit.work() as work:
        kept = kept_record(work, KEYS, str(actor.id)) or Kept(str(actor.id), 0, {})
        save_record(work, KEYS, Kept(str(actor.id), kept.revision, {"hash": hashed(key)}))
    settings = visit.desk.settings
    feed = settings.address.removesuffix(settings.root).rstrip("/") + visit.address("calendar.ics", key=key)
    return _account(visit, feed=feed)
