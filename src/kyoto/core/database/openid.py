"""Signing in through an OpenID Connect provider: authorization code with PKCE, as `authlib` does it.

The provider says who somebody is; what they may do stays with Kyoto: an administrator ties an account to the subject
that the provider names. Nobody gets an account by signing in.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from kyoto.core.database.accounts import Actor
from kyoto.core.database.permissions import Role
from kyoto.core.database.tables import Account
from kyoto.core.database.work import working
from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    from kyoto.core.database.opening import Database

__all__ = ["Provider", "SignIn", "begin_sign_in", "finish_sign_in"]

_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider, and how Kyoto is known to it.

    Parameters
    ----------
    issuer
        Its address; ``<issuer>/.well-known/openid-configuration`` describes it.
    client, secret
        Of Kyoto at the provider.
    redirect
        Where the provider sends browsers back to.
    """

    issuer: str
    client: str
    secret: str
    redirect: str


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in that has begun; it stays with the browser's session until the provider answers.

    Parameters
    ----------
    address
        Where to send the browser.
    state, nonce, verifier
        What the answer has to fit.
    """

    address: str
    state: str
    nonce: str
    verifier: str


def begin_sign_in(provider: Provider) -> SignIn:
    """Address at the provider to send the browser to, and what its answer has to fit."""
    described = _described(provider)
    nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    with _client(provider) as client:
        address, state = client.create_authorization_url(
            described["authorization_endpoint"], nonce=nonce, code_verifier=verifier
        )
    return SignIn(address, state, nonce, verifier)


def finish_sign_in(database: Database, provider: Provider, begun: SignIn, state: str, code: str) -> Actor:
    """Who signed in, from what the provider sent back with the browser.

    Parameters
    ----------
    database
        Accounts.
    provider, begun
        From :func:`begin_sign_in`.
    state, code
        Parameters of the address that the browser was sent back to.

    Raises
    ------
    KyotoError
        ``database.sign-in-failed``: the answer does not fit, or its token is not valid; ``database.unknown-subject``:
        nobody has given this person an account.
    """
    if not secrets.compare_digest(state, begun.state):
        raise _failed("The answer belongs to another sign-in")
    claims = _claims(provider, begun, code)
    subject = f"{claims['iss']} {claims['sub']}"
    with working(database, "system") as work:
        account = work.session.execute(select(Account).where(Account.subject == subject)).scalar_one_or_none()
        known = account is not None and account.disabled_at is None
        work.log("sign-in" if known else "sign-in-refused", "account", account.name if account else subject[:200])
        actor = Actor(account.id, account.name, Role(account.role)) if known and account is not None else None
    if actor is None:
        raise KyotoError(
            "You have no account here",
            code="database.unknown-subject",
            hint="Ask an administrator to tie an account to what your provider calls you.",
        )
    return actor


def _claims(provider: Provider, begun: SignIn, code: str) -> dict[str, Any]:
    """Verified claims of the identity token."""
    import httpx
    from authlib.common.errors import AuthlibBaseError
    from authlib.oidc.core import CodeIDToken
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    described = _described(provider)
    try:
        with _client(provider) as client:
            token = client.fetch_token(described["token_endpoint"], code=code, code_verifier=begun.verifier)
            keys = KeySet.import_key_set(client.request("GET", described["jwks_uri"], withhold_token=True).json())
        algorithms = ["RS256", "ES256", "PS256", "EdDSA"]
        decoded = jwt.decode(token["id_token"], keys, algorithms=algorithms)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            options={
                "iss": {"essential": True, "value": provider.issuer},
                "aud": {"essential": True, "value": provider.client},
            },
            params={"nonce": begun.nonce, "client_id": provider.client},
        )
        claims.validate(leeway=60)
    except (AuthlibBaseError, JoseError, httpx.HTTPError, KeyError, ValueError) as error:
        raise _failed(str(error) or type(error).__name__) from error
    return dict(claims)


def _described(provider: Provider) -> dict[str, Any]:
    import httpx

    address = f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"
    try:
        answer = httpx.get(address, timeout=_SECONDS)
        answer.raise_for_status()
        described: dict[str, Any] = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise _failed(f"The provider does not describe itself: {error}") from error
    if described.get("issuer") != provider.issuer:
        raise _failed("The provider says that it is another one")
    return described


def _client(provider: Provider) -> Any:
    from authlib.integrations.httpx_client import OAuth2Client

    return OAuth2Client(
        provider.client,
        provider.secret,
        scope="openid",
        redirect_uri=provider.redirect,
        code_challenge_method="S256",
        timeout=_SECONDS,
    )


def _failed(detail: str) -> KyotoError:
    return KyotoError(
        "Signing in at the provider failed", code="database.sign-in-failed", detail=detail, hint="Begin again."
    )
