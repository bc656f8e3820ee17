"""The service: paths of SDMX REST 2 (SDMX 3.0) under ``/v2`` and of SDMX REST 1 (SDMX 2.1) under ``/v1``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response

from kyoto import __version__
from kyoto.portal.sdmx.answers import refusal
from kyoto.portal.sdmx.data import availability, data, schema
from kyoto.portal.sdmx.described import AVAILABILITY, DATA_NEW, DATA_OLD, RESPONSES, SCHEMA, STRUCTURE, described
from kyoto.portal.sdmx.library import Library
from kyoto.portal.sdmx.problems import SdmxProblem, no_results, not_implemented, wrong_value
from kyoto.portal.sdmx.requesting import ServiceLimits, Work, flow_of, flows_of, handled
from kyoto.portal.sdmx.structure import StructurePath, structure
from kyoto.portal.store import Store
from kyoto.statistics.exchange.sdmx.model import Agency

__all__ = ["sdmx_app", "sdmx_routers"]

_METHODS: Final = ["GET", "HEAD"]
_CONTEXTS: Final = ("dataflow", "datastructure", "provisionagreement", "*")


def sdmx_app(store: Store, *, agency: Agency | None = None, limits: ServiceLimits | None = None) -> FastAPI:
    """Make the service as an application to be mounted, at ``/sdmx`` for instance.

    Parameters
    ----------
    store
        Where the newest build is.
    agency
        Who maintains the structures; by default whom ``[publish]`` of the project file names.
    limits
        What one answer may hold.

    Returns
    -------
    fastapi.FastAPI
        Its description is at ``/openapi.json``.
    """
    app = FastAPI(
        title="SDMX service of Kyoto",
        version=__version__,
        description="Published figures and their structures as SDMX 3.0 (/v2) and 2.1 (/v1).",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    for router in sdmx_routers(store, agency=agency, limits=limits):
        app.include_router(router)

    @app.api_route("/{path:path}", methods=_METHODS, include_in_schema=False)
    def unknown(request: Request, path: str) -> Response:
        return refusal(request, SdmxProblem(404, 100, "There is no such resource. They begin with /v2/ or /v1/."))

    return app


def sdmx_routers(
    store: Store, *, agency: Agency | None = None, limits: ServiceLimits | None = None
) -> tuple[APIRouter, APIRouter]:
    """Routers of SDMX 3.0 (``/v2``) and of SDMX 2.1 (``/v1``).

    Parameters
    ----------
    store, agency, limits
        See :func:`sdmx_app`.
    """
    library, bounds = Library(store, agency), limits or ServiceLimits()
    return _new(library, bounds), _old(library, bounds)


def _new(library: Library, limits: ServiceLimits) -> APIRouter:
    """Paths of SDMX 3.0; what is left out at the end of a path stands for everything."""
    router = APIRouter(prefix="/v2", tags=["SDMX 3.0"], responses=RESPONSES)

    def structures(
        request: Request, kind: str = "*", agency: str = "*", ident: str = "*", version: str = "~", item: str = "*"
    ) -> Response:
        path = StructurePath(kind, agency, ident, version, item)
        return handled(library, request, limits, old=False, answer=lambda work: structure(work, path))

    def observations(
        request: Request, context: str = "*", agency: str = "*", ident: str = "*", version: str = "*", key: str = "*"
    ) -> Response:
        def answer(work: Work) -> Response:
            return data(work, flows_of(work, agency, ident, version, kinds=_context(context)), key)

        return handled(library, request, limits, old=False, answer=answer)

    def available(
        request: Request,
        context: str = "*",
        agency: str = "*",
        ident: str = "*",
        version: str = "*",
        key: str = "*",
        component: str = "*",
    ) -> Response:
        def answer(work: Work) -> Response:
            return availability(work, flows_of(work, agency, ident, version, kinds=_context(context)), key, component)

        return handled(library, request, limits, old=False, answer=answer)

    def schemas(request: Request, context: str, agency: str, ident: str, version: str = "~") -> Response:
        def answer(work: Work) -> Response:
            return schema(work, flow_of(work, agency, ident, version, kinds=_context(context)))

        return handled(library, request, limits, old=False, answer=answer)

    tail = ("/{agency}", "/{ident}", "/{version}")
    _paths(router, "/structure", ("/{kind}", *tail, "/{item}"), structures, STRUCTURE, "Structures")
    _paths(router, "/data", ("/{context}", *tail, "/{key}"), observations, DATA_NEW, "Data")
    around = ("/{context}", *tail, "/{key}", "/{component}")
    _paths(router, "/availability", around, available, AVAILABILITY, "Availability of data")
    _paths(router, "/schema/{context}/{agency}/{ident}", ("/{version}",), schemas, SCHEMA, "XML schema")
    _refused(router, ("metadata", "registration"))
    return router


def _old(library: Library, limits: ServiceLimits) -> APIRouter:
    """Paths of SDMX 2.1."""
    router = APIRouter(prefix="/v1", tags=["SDMX 2.1"], responses=RESPONSES)

    def observations(request: Request, flow: str, key: str = "all", provider: str = "all") -> Response:
        def answer(work: Work) -> Response:
            _provided_by(provider, work.view.catalogue.agency.id)
            return data(work, flows_of(work, *_flow_reference(flow)), key)

        return handled(library, request, limits, old=True, answer=answer)

    def available(
        request: Request, flow: str, key: str = "all", provider: str = "all", component: str = "all"
    ) -> Response:
        def answer(work: Work) -> Response:
            _provided_by(provider, work.view.catalogue.agency.id)
            return availability(work, flows_of(work, *_flow_reference(flow)), key, component)

        return handled(library, request, limits, old=True, answer=answer)

    def schemas(request: Request, context: str, agency: str, ident: str, version: str = "latest") -> Response:
        def answer(work: Work) -> Response:
            return schema(work, flow_of(work, agency, ident, version, kinds=_context(context)))

        return handled(library, request, limits, old=True, answer=answer)

    def structures(
        request: Request, kind: str, agency: str = "all", ident: str = "all", version: str = "latest", item: str = "all"
    ) -> Response:
        path = StructurePath(kind, agency, ident, version, item)
        return handled(library, request, limits, old=True, answer=lambda work: structure(work, path))

    _paths(router, "/data/{flow}", ("/{key}", "/{provider}"), observations, DATA_OLD, "Data")
    around = ("/{key}", "/{provider}", "/{component}")
    _paths(router, "/availableconstraint/{flow}", around, available, AVAILABILITY, "Availability of data")
    _paths(router, "/schema/{context}/{agency}/{ident}", ("/{version}",), schemas, SCHEMA, "XML schema")
    _refused(router, ("metadata",))
    _paths(router, "/{kind}", ("/{agency}", "/{ident}", "/{version}", "/{item}"), structures, STRUCTURE, "Structures")
    return router


def _paths(
    router: APIRouter,
    start: str,
    parts: tuple[str, ...],
    endpoint: Callable[..., Response],
    parameters: list[dict[str, Any]],
    summary: str,
) -> None:
    """Register a resource with and without the parts at the end of its path, and with a slash behind it."""
    for length in range(len(parts), -1, -1):
        path = start + "".join(parts[:length])
        router.add_api_route(
            path,
            endpoint,
            methods=["GET"],
            summary=summary,
            response_class=Response,
            openapi_extra=described(parameters),
            operation_id=f"{router.prefix[1:]}_{summary.split(maxsplit=1)[0].lower()}_{length}",
        )
        router.add_api_route(path, endpoint, methods=["HEAD"], include_in_schema=False)
        router.add_api_route(path + "/", endpoint, methods=_METHODS, include_in_schema=False)


def _refused(router: APIRouter, names: tuple[str, ...]) -> None:
    """Resources of the standard that are not here, said clearly."""
    for name in names:

        def refuse(request: Request, path: str = "", name: str = name) -> Response:
            return refusal(request, not_implemented(f"{name}: this service has data and structures only."))

        router.add_api_route(f"/{name}", refuse, methods=_METHODS, include_in_schema=False)
        router.add_api_route(f"/{name}/{{path:path}}", refuse, methods=_METHODS, include_in_schema=False)


def _context(context: str) -> tuple[str, ...]:
    """Kinds of structure that data are asked for by."""
    kinds = context.split(",")
    for kind in kinds:
        if kind not in _CONTEXTS:
            raise wrong_value("context", kind, "dataflow, datastructure or *")
    known = ("dataflow", "datastructure") if "*" in kinds else tuple({"dataflow", "datastructure"} & set(kinds))
    if not known:
        raise no_results("There are no provision agreements here; ask by dataflow.")
    return known


def _flow_reference(text: str) -> tuple[str, str, str]:
    """Agency, identifier and version from ``FLOW``, ``AGENCY,FLOW`` or ``AGENCY,FLOW,VERSION``."""
    parts = text.split(",")
    if len(parts) > 3:
        raise wrong_value("flowRef", text, "FLOW, AGENCY,FLOW or AGENCY,FLOW,VERSION")
    if len(parts) == 1:
        return "all", parts[0], "latest"
    return parts[0], parts[1], parts[2] if len(parts) == 3 else "latest"


def _provided_by(provider: str, agency: str) -> None:
    """The agency is the one provider of its data."""
    names = {one.rpartition(",")[2] for one in provider.split("+")}
    if not names & {"all", "", "*", agency}:
        raise no_results(f"There are no data of the provider {provider[:100]}; all are of {agency}.")
