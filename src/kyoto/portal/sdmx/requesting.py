"""What every request goes through: the newest build, the parameters, and errors as SDMX has them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from kyoto.core.errors import KyotoError
from kyoto.portal.sdmx.answers import refusal
from kyoto.portal.sdmx.library import Library, View
from kyoto.portal.sdmx.negotiation import version_matches
from kyoto.portal.sdmx.parameters import Asked, parameters_of
from kyoto.portal.sdmx.problems import SdmxProblem, no_results, problem_of, wrong_value
from kyoto.statistics.exchange.sdmx.model import VERSION, Flow

__all__ = ["ServiceLimits", "Work", "flow_of", "flows_of", "handled", "listed"]

log = logging.getLogger("kyoto.portal.sdmx")


@dataclass(frozen=True, slots=True)
class ServiceLimits:
    """What one answer may hold.

    Parameters
    ----------
    observations
        Observations of one answer; a query that matches more is refused with 413, and may be paged.
    """

    observations: int = 200_000


@dataclass(frozen=True, slots=True)
class Work:
    """One request at work.

    Parameters
    ----------
    request
        The request.
    asked
        Its parameters.
    view
        The newest build.
    old
        Whether it follows SDMX 2.1 (``/v1``).
    limits
        What the answer may hold.
    """

    request: Request
    asked: Asked
    view: View
    old: bool
    limits: ServiceLimits

    @property
    def accept(self) -> str:
        """Its ``Accept`` header."""
        return self.request.headers.get("accept", "")


def handled(
    library: Library, request: Request, limits: ServiceLimits, *, old: bool, answer: Callable[[Work], Response]
) -> Response:
    """Answer a request; whatever goes wrong becomes an SDMX error.

    Parameters
    ----------
    library
        Where the newest build is.
    request
        The request.
    limits
        What the answer may hold.
    old
        Whether the request follows SDMX 2.1.
    answer
        Makes the answer.
    """
    try:
        asked = parameters_of(request.scope.get("query_string", b""))
        with library.view() as view:
            return answer(Work(request, asked, view, old, limits))
    except SdmxProblem as problem:
        return refusal(request, problem)
    except KyotoError as error:
        return refusal(request, problem_of(error))
    except Exception:
        log.exception("%s failed", request.url.path)
        return refusal(request, SdmxProblem(500, 500, "The service failed. Try again; it is not your query."))


def flows_of(
    work: Work, agency: str, identifier: str, version: str, *, kinds: Collection[str] = ("dataflow",)
) -> tuple[Flow, ...]:
    """Flows that a request names, in the order of the build.

    Parameters
    ----------
    work
        The request.
    agency, identifier, version
        As the path has them, with lists and wildcards.
    kinds
        Whether the identifier is that of a dataflow, of its data structure, or of either.

    Raises
    ------
    SdmxProblem
        404: none.
    """
    catalogue = work.view.catalogue
    found = tuple(
        flow
        for flow in catalogue.flows.values()
        if listed(agency, catalogue.agency.id)
        and any(listed(identifier, flow.id if kind == "dataflow" else flow.structure_id) for kind in kinds)
        and any(version_matches(one, VERSION) for one in version.split(","))
    )
    if not found:
        known = ", ".join(catalogue.flows)
        raise no_results(f"No dataflow {agency}:{identifier[:100]}({version[:30]}). There are {known}.")
    return found


def flow_of(work: Work, agency: str, identifier: str, version: str, *, kinds: Collection[str]) -> Flow:
    """The one flow that a request names.

    Parameters
    ----------
    work, agency, identifier, version, kinds
        See :func:`flows_of`.

    Raises
    ------
    SdmxProblem
        404 for none, 400 for several.
    """
    found = flows_of(work, agency, identifier, version, kinds=kinds)
    if len(found) > 1:
        raise wrong_value("resourceID", identifier, "one of " + ", ".join(flow.id for flow in found))
    return found[0]


def listed(asked: str, actual: str) -> bool:
    """Whether an identifier is among those that a path asks for.

    Examples
    --------
    >>> listed("A,B", "B"), listed("*", "B"), listed("A+C", "B")
    (True, True, False)
    """
    if asked in ("", "*", "all"):
        return True
    return actual in asked.replace("+", ",").split(",")
