"""Signing in by password or through a provider, and out."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from typing import Final

from kyoto.core.database.accounts import Actor, authenticate
from kyoto.core.database.limits import count_attempt
from kyoto.core.database.openid import SignIn, begin_sign_in, finish_sign_in
from kyoto.core.database.sessions import begin_session, end_session
from kyoto.core.database.work import working
from kyoto.core.errors import KyotoError
from kyoto.portal.answer import NotFound
from kyoto.portal.mandates.cookies import FORM, PROVIDER, SESSION, cookie, new_token
from kyoto.portal.mandates.desk import Reply, Visit
from kyoto.portal.mandates.failures import problem_texts
from kyoto.portal.mandates.rendering import page, redirect

__all__ = ["openid", "openid_back", "sign_in", "sign_out", "signed_in"]

_FROM_ONE_PLACE: Final = 40
_WINDOW: Final = 300
_WAIT: Final = 600


def sign_in(visit: Visit) -> Reply:
    """Form for name and password, with a link to the provider where there is one."""
    if visit.actor is not None:
        return redirect(_onward(visit, visit.asked("next")) or visit.to(""))
    return _form(visit)


def _form(visit: Visit, *, status: int = 200, name: str = "", problems: object = ()) -> Reply:
    """The form; it carries a token from the first visit on, so that no other site can sign somebody in."""
    fresh = not visit.token
    shown = replace(visit, token=new_token()) if fresh else visit
    reply = page(
        shown,
        "sign_in",
        visit.words("signing.title"),
        status=status,
        name=name,
        problems=problems,
        onward=_onward(visit, visit.asked("next") or visit.sent("next")),
        ended=bool(visit.asked("ended")) or visit.ended,
        provider=visit.desk.settings.provider is not None,
    )
    return reply.adding(cookie(visit.desk.settings, FORM, shown.token)) if fresh else reply


def signed_in(visit: Visit) -> Reply:
    """Check name and password; attempts are counted by name and by network address."""
    name = visit.sent("name")[:200]
    database = visit.desk.database
    try:
        count_attempt(database, f"sign-in-from:{visit.client}"[:200], most=_FROM_ONE_PLACE, seconds=_WINDOW)
        password = next(iter(visit.form.get("password", ())), "")
        actor = authenticate(database, name[:180], password[:1000])
    except KyotoError as error:
        if error.code != "database.wrong-password":
            raise
        return _form(visit, status=401, name=name, problems=problem_texts(visit, error))
    return _begin(visit, actor, visit.sent("next"))


def _begin(visit: Visit, actor: Actor, onward: str) -> Reply:
    """A new session with a new secret; one that the browser had before ends."""
    settings = visit.desk.settings
    with working(visit.desk.database, actor.name) as work:
        if visit.actor is not None:
            end_session(work, visit.token)
        token = begin_session(work, actor)
        work.log("begin", "session", actor.name)
    reply = redirect(_onward(visit, onward) or visit.to(""))
    return reply.adding(cookie(settings, SESSION, token), cookie(settings, FORM, ""))


def sign_out(visit: Visit) -> Reply:
    """End the session, here and in the database."""
    with visit.work() as work:
        end_session(work, visit.token)
        work.log("end", "session", visit.name)
    return redirect(visit.to("sign-in", said="signed_out")).adding(cookie(visit.desk.settings, SESSION, ""))


def openid(visit: Visit) -> Reply:
    """Send the browser to the provider; what its answer has to fit waits in a cookie."""
    provider = visit.desk.settings.provider
    if provider is None:
        raise NotFound(visit.path)
    begun = begin_sign_in(provider)
    waiting = {
        "sign_in": [begun.address, begun.state, begun.nonce, begun.verifier],
        "next": visit.asked("next"),
        "language": visit.words.language,
    }
    value = base64.urlsafe_b64encode(json.dumps(waiting).encode()).decode()
    return redirect(begun.address).adding(cookie(visit.desk.settings, PROVIDER, value, seconds=_WAIT))


def openid_back(visit: Visit) -> Reply:
    """Take the answer of the provider: who it says this is must have an account here."""
    provider = visit.desk.settings.provider
    begun, onward = _waiting(visit.waiting)
    if provider is None or begun is None:
        raise NotFound(visit.path)
    try:
        actor = finish_sign_in(visit.desk.database, provider, begun, visit.asked("state"), visit.asked("code"))
    except KyotoError as error:
        return _form(visit, status=401, problems=problem_texts(visit, error)).adding(
            cookie(visit.desk.settings, PROVIDER, "")
        )
    return _begin(visit, actor, onward).adding(cookie(visit.desk.settings, PROVIDER, ""))


def _waiting(value: str) -> tuple[SignIn | None, str]:
    try:
        found = json.loads(base64.urlsafe_b64decode(value.encode()))
        return SignIn(*[str(part) for part in found["sign_in"]]), str(found["next"])
    except (ValueError, KeyError, TypeError):
        return None, ""


def _onward(visit: Visit, address: str) -> str:
    """Address to go to after signing in, if it is one of ours; else empty."""
    root = re.escape(visit.desk.settings.root)
    return address if re.fullmatch(rf"{root}/(?:en|fr|es)/[^\\\s\x00-\x1f]*", address) else ""
