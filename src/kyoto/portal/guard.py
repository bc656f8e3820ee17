"""What stands between the network and the portal: names, methods, sizes, rates, headers, and errors that tell nothing.

A plain ASGI wrapper, so that everything behind it, services too, is guarded alike.
"""

from __future__ import annotations

import json
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["CONTENT_POLICY", "Guard", "Limits"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
ErrorPage = Callable[[int, str, str, dict[str, str]], tuple[bytes, str]]

CONTENT_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = (
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_OPEN: Final = ("/api/v1", "/sdmx/", "/files/", "/api/openapi.json")
"""Paths whose content scripts of other sites may read: public data, no cookies."""
_CLIENTS: Final = 10_000

log = logging.getLogger("kyoto.portal")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one reader may ask for.

    Parameters
    ----------
    hosts
        Names that the server answers to; ``*`` for any.
    rate
        Requests a second from one address, on average; 0 for any number.
    burst
        Requests that may come at once before the rate counts.
    address
        Longest path with its parameters, in bytes.
    methods
        Methods that are answered.
    body
        Most bytes that a ``POST`` may carry.
    """

    hosts: frozenset[str] = frozenset({"localhost", "127.0.0.1", "[::1]"})
    rate: float = 50.0
    burst: float = 200.0
    address: int = 8000
    methods: tuple[str, ...] = ("GET", "HEAD")
    body: int = 0


@dataclass(slots=True)
class _Buckets:
    """Token buckets by client address, the longest unseen forgotten."""

    rate: float
    burst: float
    clock: Callable[[], float] = time.monotonic
    held: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def wait(self, client: str) -> float:
        """Take one token; seconds to wait if there is none, else 0."""
        if not self.rate:
            return 0.0
        now = self.clock()
        tokens, seen = self.held.pop(client, (self.burst, now))
        tokens = min(self.burst, tokens + (now - seen) * self.rate)
        missing = 1.0 - tokens
        self.held[client] = (tokens - 1.0 if missing <= 0 else tokens, now)
        if len(self.held) > _CLIENTS:
            self.held.popitem(last=False)
        return max(missing, 0.0) / self.rate


class Guard:
    """Wraps an application.

    Parameters
    ----------
    inner
        The application.
    limits
        What one reader may ask for.
    error_page
        Body and media type of an error: from status, key of its text, path, and values in the text.
    clock
        Seconds that pass; another one in tests.
    """

    def __init__(
        self, inner: Application, limits: Limits, error_page: ErrorPage, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._inner = inner
        self._limits = limits
        self._error_page = error_page
        self._buckets = _Buckets(limits.rate, limits.burst, clock)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request, or pass on what is none."""
        if scope["type"] == "lifespan":
            await self._inner(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1003})
            return
        refused = self._refused(scope)
        if refused is not None:
            status, key, values, headers = refused
            await self._say(scope, send, status, key, values, headers)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = _secured(message.get("headers", ()), scope["path"])
            await send(message)

        try:
            await self._inner(scope, receive, sending)
        except Exception:  # whatever it is, the reader learns nothing of it
            log.exception("%s %s failed", scope["method"], scope["path"])
            if not started:
                await self._say(scope, send, 500, "failed", {}, ())

    def _refused(
        self, scope: MutableMapping[str, Any]
    ) -> tuple[int, str, dict[str, str], tuple[tuple[bytes, bytes], ...]] | None:
        """Why a request is not answered: status, key of the text, values in it, further headers; None if it is."""
        headers = dict(scope["headers"])
        if not self._known_host(headers.get(b"host", b"")):
            return 400, "wrong_host", {}, ()
        if scope["method"] not in self._limits.methods:
            return 405, "wrong_method", {}, ((b"allow", ", ".join(self._limits.methods).encode()),)
        if len(scope.get("raw_path") or scope["path"].encode()) + len(scope["query_string"]) > self._limits.address:
            return 414, "too_long", {}, ()
        if not self._small_enough(scope["method"], headers):
            return 413, "bad_request", {}, ((b"connection", b"close"),)
        wait = 0.0 if scope["path"].startswith("/assets/") else self._buckets.wait((scope.get("client") or ("",))[0])
        if wait > 0:
            seconds = str(max(round(wait + 0.5), 1))
            return 429, "too_many", {"seconds": seconds}, ((b"retry-after", seconds.encode()),)
        return None

    def _small_enough(self, method: str, headers: dict[bytes, bytes]) -> bool:
        """Whether the body is of a length that is told and allowed."""
        length = headers.get(b"content-length", b"0")
        most = self._limits.body if method == "POST" else 0
        return b"transfer-encoding" not in headers and length.isdigit() and len(length) < 12 and int(length) <= most

    def _known_host(self, host: bytes) -> bool:
        if "*" in self._limits.hosts:
            return True
        text = host.decode("latin-1").lower()
        name = text if text.endswith("]") else text.rpartition(":")[0] or text
        return name in self._limits.hosts

    async def _say(
        self,
        scope: MutableMapping[str, Any],
        send: Send,
        status: int,
        key: str,
        values: dict[str, str],
        headers: Iterable[tuple[bytes, bytes]],
    ) -> None:
        body, media = self._error_page(status, key, scope["path"], values)
        given = [
            (b"content-type", media.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            *headers,
        ]
        await send({"type": "http.response.start", "status": status, "headers": _secured(given, scope["path"])})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _secured(headers: Iterable[tuple[bytes, bytes]], path: str) -> list[tuple[bytes, bytes]]:
    """Headers with those that every answer carries."""
    found = [(name.lower(), value) for name, value in headers]
    names = {name for name, _ in found}
    found += [pair for pair in _HEADERS if pair[0] not in names]
    if path.startswith(_OPEN):
        found += [(b"access-control-allow-origin", b"*"), (b"cross-origin-resource-policy", b"cross-origin")]
    else:
        found.append((b"cross-origin-resource-policy", b"same-origin"))
    return found


def error_json(status: int, title: str, detail: str) -> bytes:
    """Error for machines."""
    return (json.dumps({"status": status, "title": title, "detail": detail}, ensure_ascii=False) + "\n").encode()
