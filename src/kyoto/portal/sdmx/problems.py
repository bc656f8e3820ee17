"""Errors of the service as SDMX writes them; a reader learns what was wrong with the query and nothing of the server.

Codes and their HTTP statuses: SDMX 2.1, section 7, part 5; SDMX 3.0 keeps them.
"""

from __future__ import annotations

import json
from typing import Final
from xml.sax.saxutils import escape

from kyoto.core.errors import KyotoError

__all__ = [
    "SdmxProblem",
    "error_json",
    "error_xml",
    "no_results",
    "not_acceptable",
    "not_implemented",
    "problem_of",
    "too_many_observations",
    "wrong_value",
]

_TOO_LARGE: Final = ("sdmx.query-too-long",)
_NO_RESULTS: Final = ("sdmx.unknown-flow",)
_OURS: Final = ("portal.no-build", "portal.broken-build", "portal.closed", "sdmx.empty-dimension", "sdmx.no-build")


class SdmxProblem(Exception):
    """A query that gets no data.

    Parameters
    ----------
    status
        HTTP status.
    code
        SDMX code: 100 no results, 130 too large, 140 syntax, 150 semantics, 500 error, 501 not implemented, 503
        unavailable.
    text
        What is wrong, for the person who wrote the query.
    """

    def __init__(self, status: int, code: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text


def no_results(text: str) -> SdmxProblem:
    """Nothing matches."""
    return SdmxProblem(404, 100, text)


def wrong_value(name: str, got: str, expected: str) -> SdmxProblem:
    """A parameter that cannot be read."""
    return SdmxProblem(400, 140, f"{name}: got {got[:200]!r}, expected {expected}.")


def not_implemented(text: str) -> SdmxProblem:
    """Part of the standard that this service does not have."""
    return SdmxProblem(501, 501, text)


def not_acceptable(asked: str, known: str) -> SdmxProblem:
    """No format that the client takes."""
    return SdmxProblem(406, 140, f"None of the formats asked for ({asked[:200]}) is available. Available: {known}.")


def too_many_observations(most: int) -> SdmxProblem:
    """More observations than one answer holds."""
    text = (
        f"The query matches more than {most} observations, the most that one answer holds. Ask for fewer series or "
        "periods, use offset and limit, or take the file of the whole dataflow."
    )
    return SdmxProblem(413, 130, text)


def problem_of(error: KyotoError) -> SdmxProblem:
    """The SDMX error for one of ours."""
    first = error.problems[0]
    if first.code in _OURS:
        return SdmxProblem(503, 503, "The figures are not available at the moment; try again later.")
    got = f"got {first.got[:200]}" if first.got else ""
    expected = f"expected {first.expected}" if first.expected else ""
    text = "; ".join(part for part in (first.title, got, expected, first.hint) if part)
    if first.code in _TOO_LARGE:
        return SdmxProblem(413, 130, text)
    if first.code in _NO_RESULTS:
        return SdmxProblem(404, 100, text)
    return SdmxProblem(400, 150, text)


def error_xml(problem: SdmxProblem, *, edition: str) -> bytes:
    """Error message in SDMX-ML.

    Parameters
    ----------
    problem
        What went wrong.
    edition
        ``2.1`` or ``3.0``.
    """
    base = f"http://www.sdmx.org/resources/sdmxml/schemas/v{edition.replace('.', '_')}"
    text = "".join(mark if mark >= " " else " " for mark in problem.text)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<mes:Error xmlns:mes="{base}/message" xmlns:com="{base}/common">'
        f'<mes:ErrorMessage code="{problem.code}"><com:Text xml:lang="en">{escape(text)}</com:Text></mes:ErrorMessage>'
        "</mes:Error>\n"
    ).encode(errors="replace")


def error_json(problem: SdmxProblem) -> bytes:
    """Error message in SDMX-JSON."""
    error = {"code": problem.code, "title": problem.text}
    return json.dumps({"errors": [error]}, ensure_ascii=False).encode(errors="replace")
