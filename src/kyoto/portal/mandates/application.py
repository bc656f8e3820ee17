"""The mandates desk as an ASGI application: from a request to a page, through the door of its route."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote, urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Address

from kyoto.core.database.opening import Database
from kyoto.core.database.sessions import csrf_fits
from kyoto.portal.guard import Guard, Limits
from kyoto.portal.mandates.access import identified, let_in, refuse
from kyoto.portal.mandates.assets import desk_asset
from kyoto.portal.mandates.cookies import PROVIDER, SESSION, cookie, cookie_name
from kyoto.portal.mandates.desk import Desk, Reply, Settings, Upload, Visit
from kyoto.portal.mandates.failures import failure, plain_failure, said_failure
from kyoto.portal.mandates.rendering import redirect
from kyoto.portal.mandates.routes import ROUTES, Route
from kyoto.portal.mandates.wording import desk_words
from kyoto.portal.site import language_of
from kyoto.portal.wording import LANGUAGES

__all__ = ["desk_app", "guarded", "inner_app"]

_FIELDS: Final = 400
_TRANSPORT: Final = ("strict-transport-security", "max-age=31536000")

log = logging.getLogger("kyoto.portal")


def desk_app(database: Database, settings: Settings, *, rate: float = 20.0) -> Guard:
    """Make the application, guarded as the portal is.

    Parameters
    ----------
    database
        Initialised and current.
    settings
        How the site is reached.
    rate
        Requests a second from one address; 0 for any number.
    """
    return guarded(Desk(database, settings), rate=rate)


def guarded(desk: Desk, *, rate: float = 20.0) -> Guard:
    """Guard a desk that is there already, such as one that was warmed up; see :func:`desk_app`."""
    settings = desk.settings
    host = urlsplit(settings.address).netloc.lower()
    name = host if host.endswith("]") else host.partition("]")[0] + "]" if host.startswith("[") else host.split(":")[0]
    limits = Limits(
        hosts=Limits().hosts | {name},
        rate=rate,
        burst=rate * 5,
        methods=("GET", "HEAD", "POST"),
        body=settings.upload + 100_000,
    )

    def said(status: int, key: str, path: str, values: dict[str, str]) -> tuple[bytes, str]:
        reply = plain_failure(_visit(desk, path.strip("/")), status, key, values)
        return reply.body, reply.media

    return Guard(inner_app(desk), limits, said)


def inner_app(desk: Desk) -> Starlette:
    """Make the application without its guard: :data:`~kyoto.portal.mandates.routes.ROUTES`, assets, the way in."""
    routes = [Address(_path(route), _endpoint(desk, route), methods=[route.method]) for route in ROUTES]
    routes += [Address("/", _first(desk)), Address("/assets/{rest:path}", _assets)]
    handlers: dict[Any, Any] = {HTTPException: _unknown(desk), Exception: _broken(desk)}
    return Starlette(routes=routes, exception_handlers=handlers)


def _path(route: Route) -> str:
    return route.path if route.path.startswith("/") else f"/{{language}}/{route.path}"


def _endpoint(desk: Desk, route: Route) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        language = request.path_params.get("language", LANGUAGES[0])
        visit = _visit(desk, f"{language}/{route.path}".strip("/"), request)
        if language not in LANGUAGES:
            return _sent(said_failure(visit, 404, "not_found"), desk)
        actor, token, ended = await run_in_threadpool(identified, desk, request.cookies)
        waiting = request.cookies.get(cookie_name(desk.settings, PROVIDER), "")
        visit = replace(visit, actor=actor, token=token, ended=ended, waiting=waiting)
        length = int(request.headers.get("content-length") or 0)
        if length > (route.body or desk.settings.upload + 100_000):
            return _sent(said_failure(visit, 413, "too_large"), desk)
        if route.method == "POST":
            if route.role is not None and actor is None:  # before anything that was sent is read
                return _sent(said_failure(visit, 403, "signed_out"), desk)
            form, files = await _form(request)
            visit = replace(visit, form=form, files=files)
        return _sent(await run_in_threadpool(_answered, visit, route), desk)

    return answer


def _answered(visit: Visit, route: Route) -> Reply:
    """Through the door: the token of the form, the role, then the page."""
    if route.method == "POST" and not (visit.token and csrf_fits(visit.token, visit.sent("csrf"))):
        return said_failure(visit, 403, "forged")
    try:
        if not let_in(visit, route):
            refuse(visit, route)
            if visit.actor is None and route.method == "GET":
                return redirect(visit.to("sign-in", next=_here(visit), ended="1" if visit.ended else ""))
            return said_failure(visit, 403, "not_allowed")
        reply = route.page(visit)
    except Exception as error:  # noqa: BLE001 (those that are not the visitor's go on to the guard)
        return failure(visit, error)
    return reply.adding(cookie(visit.desk.settings, SESSION, "")) if visit.ended and route.role is None else reply


def _here(visit: Visit) -> str:
    return visit.to(visit.path, **visit.query)


def _visit(desk: Desk, path: str, request: Request | None = None) -> Visit:
    language = language_of(path)
    query: dict[str, list[str]] = {}
    if request is not None:
        for name, value in request.query_params.multi_items():
            query.setdefault(name, []).append(value.replace("\x00", ""))
    client = request.client.host if request is not None and request.client else ""
    rest = path.partition("/")[2] if path.partition("/")[0] in LANGUAGES else ""
    return Visit(desk, desk_words(language), rest, query, client=client)


async def _form(request: Request) -> tuple[Mapping[str, list[str]], Mapping[str, Upload]]:
    """Fields and files of a form; one that cannot be read has none, and so no token either."""
    form: dict[str, list[str]] = {}
    files: dict[str, Upload] = {}
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return form, files
    try:
        async with request.form(max_files=1, max_fields=_FIELDS) as sent:
            for name, value in sent.multi_items():
                if isinstance(value, UploadFile):
                    files[name] = Upload(value.filename or "", await value.read())
                else:
                    form.setdefault(name, []).append(value.replace("\x00", ""))
    except (HTTPException, ValueError, UnicodeError):
        return {}, {}
    return form, files


def _sent(reply: Reply, desk: Desk) -> Response:
    """An answer with its headers; what stands behind a sign-in is kept by no cache."""
    response = Response(reply.body, status_code=reply.status, media_type=reply.media)
    response.headers["cache-control"] = "no-store"
    if desk.settings.secure:
        response.headers[_TRANSPORT[0]] = _TRANSPORT[1]
    if reply.name:
        plain = re.sub(r"[^A-Za-z0-9._-]", "_", reply.name)
        response.headers["content-disposition"] = (
            f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(reply.name, safe='')}"
        )
    for name, value in reply.headers:
        response.headers.append(name, value)
    return response


def _first(desk: Desk) -> Callable[[Request], Awaitable[Response]]:
    async def first(request: Request) -> Response:
        language = language_of("", request.headers.get("accept-language", ""))
        return _sent(redirect(f"{desk.settings.root}/{language}/"), desk)

    return first


async def _assets(request: Request) -> Response:
    found = desk_asset(request.url.path.removeprefix(request.scope.get("root_path", "")).lstrip("/"))
    if found is None:
        return Response("no such file\n", 404, media_type="text/plain")
    return Response(found[0], headers={"cache-control": "public, max-age=31536000, immutable"}, media_type=found[1])


def _unknown(desk: Desk) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def unknown(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        visit = _visit(desk, request.url.path.strip("/"))
        key = {404: "not_found", 405: "wrong_method"}.get(status, "bad_request")
        return _sent(plain_failure(visit, status, key, {}), desk)

    return unknown


def _broken(desk: Desk) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def broken(request: Request, error: Exception) -> Response:
        return _sent(plain_failure(_visit(desk, request.url.path.strip("/")), 500, "failed", {}), desk)

    return broken
