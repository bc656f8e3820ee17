"""Parameters of the service for its OpenAPI description."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["AVAILABILITY", "DATA_NEW", "DATA_OLD", "RESPONSES", "SCHEMA", "STRUCTURE", "described"]

Parameter = dict[str, Any]


def _query(name: str, description: str, **schema: Any) -> Parameter:
    return {"name": name, "in": "query", "description": description, "schema": {"type": "string", **schema}}


_WHOLE: Final = {"type": "integer", "minimum": 1, "maximum": 999_999_999}
_FORMAT = _query("format", "Format by name, in place of the Accept header.", examples=["sdmx-csv-2.0"])
_COMPONENTS: Parameter = {
    "name": "c",
    "in": "query",
    "style": "deepObject",
    "explode": True,
    "description": "Filters of components: c[OBS_VALUE]=ge:100, c[TIME_PERIOD]=ge:2016+le:2020, c[SEX]=M,F. Operators: "
    "eq, ne, lt, le, gt, ge, co, nc, sw, ew.",
    "schema": {"type": "object", "additionalProperties": {"type": "string"}},
}
_COMMON: Final = [
    _query("startPeriod", "First period wanted.", examples=["2016", "2016-Q3"]),
    _query("endPeriod", "Last period wanted.", examples=["2020"]),
    _query("updatedAfter", "Only if the build is later.", examples=["2026-01-31T12:00:00Z"]),
]
_NUMBERS: Final = [
    {
        "name": "firstNObservations",
        "in": "query",
        "description": "First observations of each series.",
        "schema": _WHOLE,
    },
    {"name": "lastNObservations", "in": "query", "description": "Last observations of each series.", "schema": _WHOLE},
    {"name": "offset", "in": "query", "description": "Observations to skip.", "schema": {**_WHOLE, "minimum": 0}},
    {"name": "limit", "in": "query", "description": "Observations of a page.", "schema": _WHOLE},
    _query("dimensionAtObservation", "Dimension at the observation, or AllDimensions.", examples=["TIME_PERIOD"]),
    _query("includeHistory", "Refused: earlier versions are not kept.", enum=["true", "false"]),
    _FORMAT,
]
DATA_NEW: Final = [
    _COMPONENTS,
    *_COMMON,
    *_NUMBERS,
    _query("attributes", "all, none, or identifiers.", examples=["OBS_STATUS"]),
    _query("measures", "all, none, or identifiers.", examples=["none"]),
    _query("sort", "Components, joined by +, each with :asc or :desc.", examples=["REF_AREA+TIME_PERIOD:desc"]),
]
"""Of data queries of SDMX 3.0."""
DATA_OLD: Final = [
    *_COMMON,
    *_NUMBERS,
    _query("detail", "How much is shown.", enum=["full", "dataonly", "serieskeysonly", "nodata"]),
]
"""Of data queries of SDMX 2.1."""
AVAILABILITY: Final = [
    _COMPONENTS,
    *_COMMON,
    _query("mode", "Values that the query returns, or that may still be chosen.", enum=["exact", "available"]),
    _query("references", "Structures to come along.", examples=["all", "codelist"]),
    _FORMAT,
]
"""Of queries about availability."""
STRUCTURE: Final = [
    _query("references", "Structures to come along.", examples=["none", "children", "all", "codelist"]),
    _query("detail", "How much is shown.", examples=["full", "allstubs", "referencestubs", "referencepartial"]),
    _FORMAT,
]
"""Of structure queries."""
SCHEMA: Final = [_query("dimensionAtObservation", "Dimension at the observation.", examples=["AllDimensions"]), _FORMAT]
"""Of schema queries."""

RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The message, in the format asked for."},
    304: {"description": "The client has the newest answer."},
    400: {"description": "The query cannot be read; an SDMX error message says why."},
    404: {"description": "Nothing matches."},
    406: {"description": "No format that the client takes."},
    413: {"description": "More observations than one answer holds."},
    414: {"description": "The query is too long."},
    501: {"description": "Part of the standard that this service does not have."},
    503: {"description": "There is no build to serve."},
}
"""Of every resource."""


def described(parameters: list[Parameter]) -> dict[str, Any]:
    """Description of a resource with its parameters."""
    return {"parameters": parameters}
