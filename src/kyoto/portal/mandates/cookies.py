"""Cookies of the desk: none that a script can read or that a form of another site sends."""

from __future__ import annotations

import secrets

from kyoto.portal.mandates.desk import Settings

__all__ = ["FORM", "PROVIDER", "SESSION", "cookie", "cookie_name", "new_token"]

SESSION, FORM, PROVIDER = "session", "form", "provider"
"""Cookies: who signed in; forms of somebody who did not; a sign-in that waits for the provider."""


def cookie_name(settings: Settings, what: str) -> str:
    """Name of a cookie; browsers take one that begins with ``__Host-`` from nobody but this host, encrypted.

    Examples
    --------
    >>> cookie_name(Settings("https://mandates.example.org"), "session"), cookie_name(Settings(), "session")
    ('__Host-kyoto-session', 'kyoto-session')
    """
    return f"{'__Host-' if settings.secure else ''}kyoto-{what}"


def cookie(settings: Settings, what: str, value: str, *, seconds: int | None = None) -> tuple[str, str]:
    """Header that sets a cookie which no script reads and no form of another site sends; no value takes it away."""
    parts = [f"{cookie_name(settings, what)}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
    if settings.secure:
        parts.append("Secure")
    if not value:
        parts.append("Max-Age=0")
    elif seconds is not None:
        parts.append(f"Max-Age={seconds}")
    return ("set-cookie", "; ".join(parts))


def new_token() -> str:
    """Secret for forms of somebody who has not signed in."""
    return secrets.token_urlsafe(32)
