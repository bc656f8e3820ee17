"""The portal as an ASGI application."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from kyoto import __version__
from kyoto.core.errors import KyotoError
from kyoto.portal.answer import BadRequest, NotFound
from kyoto.portal.book import Shelf
from kyoto.portal.guard import Guard, Limits, error_json
from kyoto.portal.links import ServerLinks
from kyoto.portal.selection import NotPublished
from kyoto.portal.service import json_service
from kyoto.portal.site import Made, Site, error_page, language_of
from kyoto.portal.store import Store
from kyoto.portal.wording import words

__all__ = ["portal_app"]

_MACHINES = ("/api/v1", "/sdmx", "/api/openapi.json")


def portal_app(
    store: Store, *, limits: Limits | None = None, root: str = "", threads: int = 4, memory: int = 48_000_000
) -> Guard:
    """Make the application.

    Parameters
    ----------
    store
        Where the newest build is.
    limits
        What one reader may ask for.
    root
        Path under which the portal stands behind another server, such as ``/statistics``.
    threads
        Requests that are answered at once; the others wait. More would only wait for each other, and each holds memory.
    memory
        Bytes of made answers that are kept.
    """
    limits = limits or Limits()
    shelf = Shelf(store)

    @asynccontextmanager
    async def few_threads(app: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = threads
        yield

    app = FastAPI(
        title="Kyoto portal",
        version=__version__,
        description="Published figures of crime prevention and criminal justice, with their intervals and status.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        root_path=root,
        redirect_slashes=False,
        lifespan=few_threads,
    )
    app.include_router(json_service(shelf))
    services = _mount_services(app, store)
    site = Site(shelf, root=root, services=services, rate=limits.rate, memory=memory)
    _add_errors(app)
    _add_pages(app, site)
    _add_failure(app, site)

    def said(status: int, key: str, path: str, values: dict[str, str]) -> tuple[bytes, str]:
        language = language_of(path.strip("/"))
        if path.startswith(_MACHINES):
            return _machine_error(status, key, values), "application/json"
        answer = error_page(status, key, language, ServerLinks(root), values=values)
        return answer.body, answer.media

    return Guard(app, limits, said)


def _mount_services(app: FastAPI, store: Store) -> tuple[str, ...]:
    """Mount the services that this installation has."""
    from kyoto.portal import sdmx

    sdmx_app = getattr(sdmx, "sdmx_app", None)
    if sdmx_app is None:
        return ()
    app.mount("/sdmx", sdmx_app(store))
    return ("sdmx",)


def _add_pages(app: FastAPI, site: Site) -> None:
    """Everything that is not a service: pages, their files, style and scripts."""

    @app.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def first(request: Request) -> Response:
        language = language_of("", request.headers.get("accept-language", ""))
        headers = {"location": site.links.to(f"{language}/"), "vary": "Accept-Language", "cache-control": "no-cache"}
        return Response(status_code=307, headers=headers)

    @app.api_route("/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
    def page(request: Request, path: str) -> Response:
        fragment = request.headers.get("hx-request") == "true" and "hx-history-restore-request" not in request.headers
        made = site.answer(path, tuple(request.query_params.multi_items()), fragment=fragment)
        return _sent(request, made)


def _sent(request: Request, made: Made) -> Response:
    """An answer with its headers; 304 where the reader has it already."""
    answer = made.answer
    headers = {"vary": "Accept-Encoding, HX-Request", **answer.headers}
    if answer.lasting:
        headers["cache-control"] = "public, max-age=31536000, immutable"
    elif answer.status == 200 and made.version:
        headers |= {"cache-control": "no-cache", "etag": f'W/"{made.version[:16]}-{__version__}"'}
        if headers["etag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
    else:
        headers["cache-control"] = "no-store"
    if answer.status == 503:
        headers["retry-after"] = "20"
    if answer.name:
        headers["content-disposition"] = _saved_as(answer.name)
    body = answer.body
    if made.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        body = made.packed
        headers["content-encoding"] = "gzip"
    return Response(body, status_code=answer.status, headers=headers, media_type=answer.media)


def _saved_as(name: str) -> str:
    r"""Header that names a file to save (RFC 6266): in ASCII for the oldest clients, in full for the others.

    Examples
    --------
    >>> _saved_as("straftaten_köln.csv")
    'attachment; filename="straftaten_k_ln.csv"; filename*=UTF-8\'\'straftaten_k%C3%B6ln.csv'
    """
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    full = f"; filename*=UTF-8''{quote(name, safe='')}" if plain != name else ""
    return f'attachment; filename="{plain}"{full}'


def _add_errors(app: FastAPI) -> None:
    """Errors of the service as JSON; anything unforeseen goes to the guard."""

    def handler(
        status: int, key: str, values: Callable[[Any], dict[str, str]]
    ) -> Callable[[Request, Exception], Awaitable[Response]]:
        async def handle(request: Request, error: Exception) -> Response:
            headers = {"retry-after": "20"} if status == 503 else {}
            return Response(_machine_error(status, key, values(error)), status, headers, "application/json")

        return handle

    def named(error: NotPublished) -> dict[str, str]:
        return {"name": error.name, "value": error.value}

    def none(error: object) -> dict[str, str]:
        return {}

    app.add_exception_handler(NotFound, handler(404, "not_found", none))
    app.add_exception_handler(NotPublished, handler(404, "not_published", named))
    app.add_exception_handler(BadRequest, handler(400, "bad_request", none))
    app.add_exception_handler(RequestValidationError, handler(400, "bad_request", none))
    app.add_exception_handler(KyotoError, _kyoto_error)
    app.add_exception_handler(HTTPException, _http_error)


def _add_failure(app: FastAPI, site: Site) -> None:
    """What a reader sees of a mistake of ours: that there was one, and nothing else."""

    async def failed(request: Request, error: Exception) -> Response:
        path = request.url.path
        if path.startswith(_MACHINES):
            return Response(_machine_error(500, "failed", {}), 500, media_type="application/json")
        answer = error_page(500, "failed", language_of(path.strip("/")), site.links)
        return Response(answer.body, 500, {"cache-control": "no-store"}, answer.media)

    app.add_exception_handler(Exception, failed)


async def _kyoto_error(request: Request, error: Exception) -> Response:
    if isinstance(error, KyotoError) and error.code.startswith("portal."):
        return Response(_machine_error(503, "no_build", {}), 503, {"retry-after": "20"}, "application/json")
    raise error


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    key = "not_found" if error.status_code == 404 else "bad_request"
    return Response(_machine_error(error.status_code, key, {}), error.status_code, media_type="application/json")


def _machine_error(status: int, key: str, values: dict[str, str]) -> bytes:
    english = words("en")
    detail = english.texts.get(f"errors.{key}_text", "").format(**values)
    return error_json(status, english(f"errors.{key}"), detail)
