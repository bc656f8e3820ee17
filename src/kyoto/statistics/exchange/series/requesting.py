"""One polite request: a pause before, retries with growing waits, and a clear word when the service refuses."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Final, Protocol
from urllib.parse import urlsplit

from kyoto import __version__
from kyoto.core.errors import KyotoError

__all__ = ["Answer", "Opener", "Patience", "request"]

_PASSING: Final = (429, 500, 502, 503, 504)
"""Statuses after which trying again may help."""
_LARGEST: Final = 2_000_000_000
_AGENT: Final = f"kyoto/{__version__} (statistics on crime and justice)"


class Opener(Protocol):
    """Opens a request; ``urllib.request.urlopen`` is one."""

    def __call__(self, request: urllib.request.Request, *, timeout: float) -> http.client.HTTPResponse:
        """Answer of the service; raises ``urllib.error.HTTPError`` for one that is no success."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long to wait.

    Parameters
    ----------
    attempts
        Requests before giving up.
    first
        Seconds before the second; each further wait is twice as long.
    longest
        Longest wait, also where the service asks for a longer one.
    timeout
        Seconds that one request may take.
    sleep
        Waits; a test puts its own.
    """

    attempts: int = 5
    first: float = 1.0
    longest: float = 120.0
    timeout: float = 60.0
    sleep: Callable[[float], None] = field(default=time.sleep)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered; ``content`` is None where nothing changed since the last time."""

    content: bytes | None
    headers: Mapping[str, str]
    attempts: int


def request(url: str, headers: Mapping[str, str], patience: Patience, opener: Opener | None = None) -> Answer:
    """Ask for an address.

    Parameters
    ----------
    url
        Of a service; HTTPS, or plain HTTP on this computer.
    headers
        Sent besides the name of the program.
    patience
        Retries.
    opener
        What opens the request; that of the standard library if None.

    Raises
    ------
    KyotoError
        ``series.refused``: the service says no, and trying again would not help; ``series.unreachable``: it did not
        answer after all attempts.
    """
    _check_scheme(url)
    asked = urllib.request.Request(url, headers={"User-Agent": _AGENT, "Accept": "*/*", **headers})  # noqa: S310
    trouble = ""
    for attempt in range(1, patience.attempts + 1):
        wait = min(patience.first * 2 ** (attempt - 1), patience.longest)
        try:
            with (opener or urllib.request.urlopen)(asked, timeout=patience.timeout) as answer:
                return Answer(_whole(answer), dict(answer.headers.items()), attempt)
        except urllib.error.HTTPError as error:
            if error.code == 304:
                return Answer(None, dict(error.headers.items()), attempt)
            if error.code not in _PASSING:
                raise _refused(url, error.code, error.reason) from None
            trouble = f"{error.code} {error.reason}"
            wait = max(wait, min(_asked_wait(error.headers.get("Retry-After")), patience.longest))
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
            trouble = str(getattr(error, "reason", error)) or type(error).__name__
        if attempt < patience.attempts:
            patience.sleep(wait)
    raise KyotoError(
        f"{urlsplit(url).hostname} does not answer",
        code="series.unreachable",
        got=trouble,
        detail=f"{patience.attempts} attempts at {url}",
        hint="Try again later, or download the file with a browser and read it with `kyoto series read`.",
    )


def _whole(answer: http.client.HTTPResponse) -> bytes:
    """Content, no shorter than was announced and not larger than any series is."""
    content = answer.read(_LARGEST + 1)
    announced = answer.headers.get("Content-Length")
    if announced and announced.isdigit() and len(content) < int(announced):
        raise http.client.IncompleteRead(content, int(announced) - len(content))
    if len(content) > _LARGEST:
        raise KyotoError("The answer is far too large", code="series.refused", expected=f"at most {_LARGEST:,} bytes")
    return content


def _asked_wait(text: str | None) -> float:
    """Seconds of ``Retry-After``, which is a number or a date."""
    if not text:
        return 0.0
    if text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError):
        return 0.0


def _check_scheme(url: str) -> None:
    parts = urlsplit(url)
    local = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise KyotoError("Not a secure address", code="series.refused", got=url, expected="https://…")


def _refused(url: str, status: int, reason: str) -> KyotoError:
    hints = {404: "Check the name of the data set on the service's own pages.", 403: "The service lets nobody in here."}
    return KyotoError(
        f"{urlsplit(url).hostname} refuses: {status} {reason}",
        code="series.refused",
        detail=url,
        hint=hints.get(status, ""),
    )
