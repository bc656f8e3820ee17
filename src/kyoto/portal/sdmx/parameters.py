"""Parameters of a request: read once, checked once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import unquote

from kyoto.portal.sdmx.problems import SdmxProblem, not_implemented, wrong_value
from kyoto.statistics.exchange.sdmx.encoding import ALL_DIMENSIONS, Selection
from kyoto.statistics.exchange.sdmx.model import Flow
from kyoto.statistics.exchange.sdmx.query import Condition, DataQuery, parse_filter, parse_key, period_conditions

__all__ = ["Asked", "data_query", "parameters_of", "selection_of", "unchanged_since"]

_LONGEST: Final = 8000
_MANY: Final = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """Parameters of one request.

    Parameters
    ----------
    values
        By name, as they were written.
    filters
        ``c[COMPONENT]`` by component.
    """

    values: Mapping[str, str]
    filters: Mapping[str, str]

    def get(self, name: str, default: str = "") -> str:
        """Value of a parameter."""
        return self.values.get(name, default)

    def number(self, name: str, *, least: int) -> int | None:
        """Whole number of a parameter; None if it is not given.

        Raises
        ------
        SdmxProblem
            400.
        """
        text = self.get(name)
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) >= least):
            raise wrong_value(name, text, f"a whole number, at least {least}")
        return int(text)

    def choice(self, name: str, known: tuple[str, ...], default: str) -> str:
        """One of the known values.

        Raises
        ------
        SdmxProblem
            400.
        """
        text = self.get(name) or default
        if text not in known:
            raise wrong_value(name, text, "one of " + ", ".join(known))
        return text


def parameters_of(query_string: bytes) -> Asked:
    """Parameters of a query string; a plus sign stays one, since SDMX has a use for it.

    Raises
    ------
    SdmxProblem
        400 or 414: not UTF-8, given twice, or too long.
    """
    if len(query_string) > _LONGEST:
        raise SdmxProblem(414, 140, f"The query is longer than {_LONGEST} bytes.")
    values: dict[str, str] = {}
    filters: dict[str, str] = {}
    for pair in query_string.split(b"&")[:_MANY]:
        name, _, value = (_decoded(part) for part in pair.partition(b"="))
        if not name:
            continue
        component = name[2:-1] if name.startswith("c[") and name.endswith("]") else ""
        target, key = (filters, component) if component else (values, name)
        if key in target:
            raise wrong_value(name, value, "each parameter once")
        target[key] = value
    return Asked(values, filters)


def data_query(flow: Flow, key: str, asked: Asked, flows: Sequence[Flow] = ()) -> DataQuery:
    """What a request asks for.

    Parameters
    ----------
    flow
        The flow.
    key
        Last part of the path.
    asked
        Parameters.
    flows
        All flows of the request: what one of the others has is no mistake.

    Raises
    ------
    SdmxProblem
        400, 413 or 501.
    """
    _refuse_history(asked)
    filters: dict[str, tuple[tuple[Condition, ...], ...]] = {
        name: parse_filter(value) for name, value in asked.filters.items()
    }
    limits = period_conditions(asked.get("startPeriod") or None, asked.get("endPeriod") or None)
    if limits and flow.time is not None:
        given = filters.get(flow.time.id, ((),))
        filters[flow.time.id] = tuple((*group, *limits) for group in given)
    return DataQuery(
        keys=parse_key(flow, key),
        filters=filters,
        first=asked.number("firstNObservations", least=1),
        last=asked.number("lastNObservations", least=1),
        offset=asked.number("offset", least=0) or 0,
        limit=asked.number("limit", least=1),
        sort=_sort(flow, asked.get("sort"), flows),
    )


def selection_of(flow: Flow, asked: Asked, flows: Sequence[Flow] = (), *, old: bool) -> Selection:
    """What of the observations a request wants to see.

    Parameters
    ----------
    flow
        The flow.
    asked
        Parameters.
    flows
        All flows of the request: what one of the others has is no mistake.
    old
        Whether the request follows SDMX 2.1, with ``detail`` in place of ``attributes`` and ``measures``.

    Raises
    ------
    SdmxProblem
        400.
    """
    at_observation = asked.get("dimensionAtObservation") or None
    known = [ALL_DIMENSIONS, *(part.id for part in flow.components if part.role in ("dimension", "time"))]
    if at_observation is not None and at_observation not in known:
        raise wrong_value("dimensionAtObservation", at_observation, "one of " + ", ".join(known))
    if old:
        detail = asked.choice("detail", ("full", "dataonly", "serieskeysonly", "nodata"), "full")
        plain = () if detail == "dataonly" else None
        return Selection(flow, at_observation, attributes=plain, observations=detail in ("full", "dataonly"))
    attributes = _components(flow, asked.get("attributes", "dsd"), "attribute", flows)
    measures = _components(flow, asked.get("measures", "all"), "measure", flows)
    shown = bool(attributes is None or attributes or measures is None or measures)
    return Selection(flow, at_observation, attributes=attributes, measures=measures, observations=shown)


def unchanged_since(asked: Asked, built_at: datetime) -> bool:
    """Whether nothing has changed after ``updatedAfter``: the whole of a build is as old as the build.

    Raises
    ------
    SdmxProblem
        400.
    """
    text = asked.get("updatedAfter") or asked.get("updateAfter")
    if not text:
        return False
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise wrong_value("updatedAfter", text, "a date and time, such as 2026-01-31T12:00:00Z") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return built_at <= moment


def _refuse_history(asked: Asked) -> None:
    if asked.choice("includeHistory", ("true", "false"), "false") == "true":
        raise not_implemented("includeHistory: earlier versions of the figures are not kept.")
    if asked.get("asOf"):
        raise not_implemented("asOf: earlier versions of the figures are not kept.")
    if asked.get("reportingYearStartDay", "--01-01") != "--01-01":
        raise not_implemented("reportingYearStartDay: reporting years start in January here.")


def _components(flow: Flow, text: str, role: str, flows: Sequence[Flow]) -> tuple[str, ...] | None:
    """Identifiers that ``attributes`` or ``measures`` names; None for all."""
    words = [word for word in text.split(",") if word]
    if not words or {"all", "dsd", "obs"} & set(words):
        return None
    found = []
    for word in words:
        if word in ("none", "msd", "dataset", "series"):
            continue
        if _has(flow, word, role):
            found.append(word)
        elif not any(_has(other, word, role) for other in flows):
            known = ", ".join(entry.id for entry in flow.components if entry.role == role)
            raise wrong_value(f"{role}s", word, f"all, none, or some of {known}")
    return tuple(found)


def _has(flow: Flow, identifier: str, role: str) -> bool:
    part = flow.by_id.get(identifier)
    return part is not None and part.role == role


def _sort(flow: Flow, text: str, flows: Sequence[Flow]) -> tuple[tuple[str, bool], ...]:
    """Components to sort by, and whether they descend."""
    found: list[tuple[str, bool]] = []
    for word in filter(None, text.split("+")):
        name, _, direction = word.partition(":")
        if direction not in ("", "asc", "desc"):
            raise wrong_value("sort", word, "a component, :asc or :desc")
        parts = [part.id for part in flow.dimensions] + ([flow.time.id] if flow.time else [])
        names = {"*": parts, "series_key": [part.id for part in flow.dimensions]}.get(name, [name])
        for identifier in names:
            if identifier in flow.by_id:
                found.append((identifier, direction == "desc"))
            elif all(identifier not in other.by_id for other in flows):
                raise wrong_value("sort", identifier, "components of the flow: " + ", ".join(flow.by_id))
    return tuple(found)


def _decoded(text: bytes) -> str:
    try:
        found = unquote(text.decode("utf-8"), errors="strict")
    except UnicodeDecodeError as error:
        raise SdmxProblem(400, 140, "The query is not UTF-8.") from error
    if "\0" in found:
        raise SdmxProblem(400, 140, "The query holds a null character.")
    return found
