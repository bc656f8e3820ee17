"""Data, availability of data, and schemas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from starlette.responses import Response

from kyoto.portal.sdmx.answers import Stamp, content, unmodified
from kyoto.portal.sdmx.gathering import data_sets, parts_of, queries_of
from kyoto.portal.sdmx.negotiation import Chosen, choose_format
from kyoto.portal.sdmx.parameters import selection_of, unchanged_since
from kyoto.portal.sdmx.problems import SdmxProblem, no_results, wrong_value
from kyoto.portal.sdmx.requesting import Work
from kyoto.portal.sdmx.structure import STRUCTURE_ORDER, referenced_by_constraint
from kyoto.statistics.exchange.sdmx.data_xml import structure_namespace
from kyoto.statistics.exchange.sdmx.formats import (
    DATA_FORMATS,
    SEVERAL_FLOWS,
    STRUCTURE_FORMATS,
    MessageFormat,
    data_sets_message,
    structure_message,
)
from kyoto.statistics.exchange.sdmx.model import VERSION, Component, Flow
from kyoto.statistics.exchange.sdmx.periods import frequency_of
from kyoto.statistics.exchange.sdmx.query import DataQuery
from kyoto.statistics.exchange.sdmx.schema_xml import schema_xml
from kyoto.statistics.exchange.sdmx.sql import present_values
from kyoto.statistics.exchange.sdmx.structures import Artefact, Reference, Region, region_of

__all__ = ["availability", "data", "schema"]

_NEW: Final = (
    "sdmx-ml-3.0",
    "sdmx-json-2.0",
    "sdmx-csv-2.0",
    "sdmx-ml-2.1-generic",
    "sdmx-ml-2.1",
    "sdmx-csv-1.0",
    "sdmx-json-1.0",
)
_OLD: Final = (
    "sdmx-ml-2.1-generic",
    "sdmx-ml-2.1",
    "sdmx-json-1.0",
    "sdmx-csv-1.0",
    "sdmx-ml-3.0",
    "sdmx-json-2.0",
    "sdmx-csv-2.0",
)
_SCHEMAS: Final = {
    "xsd-3.0": MessageFormat("xsd-3.0", "application/vnd.sdmx.schema+xml;version=3.0.0", ".xsd"),
    "xsd-2.1": MessageFormat("xsd-2.1", "application/vnd.sdmx.schema+xml;version=2.1", ".xsd"),
}


def data(work: Work, flows: Sequence[Flow], key: str) -> Response:
    """Observations of one flow or of several, a data set each.

    Parameters
    ----------
    work
        The request.
    flows
        The flows.
    key
        Key of the path.

    Raises
    ------
    SdmxProblem
        400, 404, 406, 413, 501.
    """
    chosen = _data_format(work, several=len(flows) > 1)
    options = _csv_options(chosen) if "csv" in chosen.format.name else {}
    parts = parts_of(work, flows, key)
    snapshot = work.view.snapshot
    stamp = Stamp(snapshot.version, snapshot.built_at, work.request, chosen.format.media_type)
    if (known := unmodified(work.request, stamp)) is not None:
        return known
    if unchanged_since(work.asked, snapshot.built_at):
        raise no_results("Nothing has changed since updatedAfter.")
    sets = data_sets(work, parts)
    rows = sum(one.table.num_rows for one in sets)
    headers = _next_page(work, parts[0].query, rows)
    name = flows[0].id if len(flows) == 1 else "data"
    headers["content-disposition"] = f'inline; filename="{name}{chosen.format.suffix}"'
    pieces = data_sets_message(chosen.format.name, work.view.catalogue, sets, **options)
    return content(work.request, pieces, chosen.format.media_type, stamp, observations=rows, headers=headers)


def availability(work: Work, flows: Sequence[Flow], key: str, component: str) -> Response:
    """Which values of the dimensions there are data for, given a query: a constraint for each flow with data.

    Parameters
    ----------
    work
        The request.
    flows
        The flows.
    key
        Key of the path.
    component
        Dimension that is wanted; ``*`` or ``all`` for each.

    Raises
    ------
    SdmxProblem
        400, 404, 406, 501.
    """
    order = STRUCTURE_ORDER[work.old]
    chosen = choose_format(work.accept, work.asked.get("format"), STRUCTURE_FORMATS, order)
    queries = queries_of(work, flows, key)
    mode = work.asked.choice("mode", ("exact", "available"), "exact")
    wanted = _wanted(flows, component)
    snapshot = work.view.snapshot
    stamp = Stamp(snapshot.version, snapshot.built_at, work.request, chosen.format.media_type)
    if (known := unmodified(work.request, stamp)) is not None:
        return known
    if unchanged_since(work.asked, snapshot.built_at):
        raise no_results("Nothing has changed since updatedAfter.")
    regions: dict[str, Region] = {}
    for flow, query in queries:
        parts = [part for part in _keys(flow) if part.id in wanted]
        row = _row(work, flow, query, parts)
        if not row["observations_"]:
            continue
        values = {part.id: _identifiers(work, flow, part, row) for part in parts}
        if mode == "available":
            values |= {part.id: _selectable(work, flow, query, part) for part in parts}
        regions[flow.id] = region_of(flow, values, observations=row["observations_"], series=row["series_"])
    if not regions:
        raise no_results("No observation matches the query.")
    constraints = [_constraint(work, flow, regions[flow.id]) for flow in flows if flow.id in regions]
    found = [*constraints, *referenced_by_constraint(work, regions)]
    body = structure_message(chosen.format.name, work.view.catalogue, found)
    return content(work.request, [body], chosen.format.media_type, stamp)


def schema(work: Work, flow: Flow) -> Response:
    """XML schema of the data structure of a flow.

    Parameters
    ----------
    work
        The request.
    flow
        The flow.

    Raises
    ------
    SdmxProblem
        400, 406.
    """
    order = ("xsd-2.1", "xsd-3.0") if work.old else ("xsd-3.0", "xsd-2.1")
    chosen = choose_format(work.accept, work.asked.get("format"), _SCHEMAS, order)
    selection = selection_of(flow, work.asked, old=False)
    snapshot = work.view.snapshot
    stamp = Stamp(snapshot.version, snapshot.built_at, work.request, chosen.format.media_type)
    if (known := unmodified(work.request, stamp)) is not None:
        return known
    edition: Any = chosen.format.name.removeprefix("xsd-")
    body = schema_xml(work.view.catalogue, selection, edition=edition)
    own = structure_namespace(work.view.catalogue, flow.structure_id, selection.at_observation)
    return content(work.request, [body], chosen.format.media_type, stamp, headers={"x-sdmx-namespace": own})


def _data_format(work: Work, *, several: bool) -> Chosen:
    """Format of the answer; for several flows one that has room for them."""
    order = _OLD if work.old else _NEW
    if not several:
        return choose_format(work.accept, work.asked.get("format"), DATA_FORMATS, order)
    known = {name: DATA_FORMATS[name] for name in order if name in SEVERAL_FLOWS}
    try:
        return choose_format(work.accept, work.asked.get("format"), known, tuple(known))
    except SdmxProblem as problem:
        raise SdmxProblem(problem.status, problem.code, f"For several dataflows at once: {problem.text}") from problem


def _constraint(work: Work, flow: Flow, region: Region) -> Artefact:
    agency = work.view.catalogue.agency.id
    uses = (Reference("dataflow", agency, flow.id, VERSION),)
    name = f"Available: {flow.name}"
    return Artefact("dataconstraint", agency, f"CR_{flow.id}", VERSION, name, region=region, uses=uses)


def _next_page(work: Work, query: DataQuery, rows: int) -> dict[str, str]:
    """Link to the page behind this one, where there may be one."""
    if query.limit is None or rows < query.limit:
        return {}
    given = [pair for pair in work.request.url.query.split("&") if not pair.startswith("offset=")]
    following = "&".join([*given, f"offset={query.offset + rows}"])
    return {"link": f'<{work.request.url.path}?{following}>; rel="next"'}


def _csv_options(chosen: Chosen) -> dict[str, str]:
    """Labels and keys that the media type asks for."""
    found = {}
    for name, known in (("labels", ("id", "name", "both")), ("keys", ("none", "series", "obs", "both"))):
        value = chosen.parameters.get(name)
        if value is not None:
            if value not in known:
                raise wrong_value(name, value, "one of " + ", ".join(known))
            found[name] = value
    return found


def _keys(flow: Flow) -> tuple[Component, ...]:
    return (*flow.dimensions, *((flow.time,) if flow.time else ()))


def _wanted(flows: Sequence[Flow], component: str) -> set[str]:
    """Dimensions that are wanted; each has to be of one of the flows."""
    known = dict.fromkeys(part.id for flow in flows for part in _keys(flow))
    if component in ("", "*", "all"):
        return set(known)
    names = component.split(",")
    for name in names:
        if name not in known:
            raise wrong_value("componentId", name, "one of " + ", ".join(known))
    return set(names)


def _row(work: Work, flow: Flow, query: DataQuery, parts: Iterable[Component]) -> dict[str, Any]:
    sql, parameters = present_values(work.view.catalogue, flow, query, tuple(parts))
    row: dict[str, Any] = work.view.snapshot.query(sql, parameters).to_pylist()[0]
    return row


def _identifiers(work: Work, flow: Flow, part: Component, row: dict[str, Any]) -> tuple[str, ...]:
    """Identifiers of a component that occur, in the order of the flow."""
    texts = row[part.column or "period"] or []
    if not part.column:
        present = {frequency_of(text) for text in texts}
    elif part.role == "time":
        present = {flow.periods[text] for text in texts}
    else:
        present = {work.view.catalogue.ids(part)[text] for text in texts}
    return tuple(value for value in flow.values[part.id] if value in present)


def _selectable(work: Work, flow: Flow, query: DataQuery, part: Component) -> tuple[str, ...]:
    """Identifiers that may be chosen of one dimension, given what is chosen of the others."""
    place = flow.dimensions.index(part) if part in flow.dimensions else len(flow.dimensions)
    keys = tuple((*key[:place], (), *key[place + 1 :]) if place < len(key) else key for key in query.keys)
    filters = {name: value for name, value in query.filters.items() if name != part.id}
    return _identifiers(work, flow, part, _row(work, flow, replace(query, keys=keys, filters=filters), [part]))
