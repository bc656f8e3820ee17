"""What an answer holds of each dataflow that a request names, and the pages over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from kyoto.core.errors import KyotoError
from kyoto.portal.sdmx.parameters import data_query, selection_of
from kyoto.portal.sdmx.problems import no_results, too_many_observations
from kyoto.portal.sdmx.requesting import Work
from kyoto.statistics.exchange.sdmx.encoding import DataSet, Selection
from kyoto.statistics.exchange.sdmx.model import Flow
from kyoto.statistics.exchange.sdmx.query import DataQuery
from kyoto.statistics.exchange.sdmx.sql import Statement, observations_of, series_of

__all__ = ["Part", "data_sets", "parts_of", "queries_of"]

_NOT_HERE: Final = ("sdmx.wrong-key", "sdmx.unknown-component")
"""Errors that only say that a flow has not what is asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What is asked of one flow.

    Parameters
    ----------
    query
        Which observations.
    selection
        What of them is shown.
    """

    query: DataQuery
    selection: Selection


def queries_of(work: Work, flows: Sequence[Flow], key: str) -> list[tuple[Flow, DataQuery]]:
    """Query for each flow; a flow without a dimension or component that is asked for has nothing that matches.

    Parameters
    ----------
    work
        The request.
    flows
        Flows that it names.
    key
        Key of the path.

    Raises
    ------
    SdmxProblem, KyotoError
        400, 413, 501; what no flow has is refused as if the first were alone.
    """
    found: list[tuple[Flow, DataQuery]] = []
    refused: KyotoError | None = None
    for flow in flows:
        try:
            query = data_query(flow, key, work.asked, flows)
            for name in query.filters:
                flow.component(name)
        except KyotoError as error:
            if error.code not in _NOT_HERE:
                raise
            refused = refused or error
        else:
            found.append((flow, query))
    if not found and refused is not None:
        raise refused
    return found


def parts_of(work: Work, flows: Sequence[Flow], key: str) -> list[Part]:
    """What is asked of each flow, and what of it is shown.

    Parameters
    ----------
    work, flows, key
        See :func:`queries_of`.

    Raises
    ------
    SdmxProblem, KyotoError
        400, 413, 501.
    """
    found = queries_of(work, flows, key)
    return [Part(query, selection_of(flow, work.asked, flows, old=work.old)) for flow, query in found]


def data_sets(work: Work, parts: Sequence[Part]) -> list[DataSet]:
    """Observations of each flow that has any; pages run through the flows as if they were one table.

    Parameters
    ----------
    work
        The request.
    parts
        From :func:`parts_of`.

    Raises
    ------
    SdmxProblem
        404: nothing matches; 413: more than an answer holds. One more than it holds is read, so that more can be told
        from as many.
    """
    most = work.limits.observations
    found: list[DataSet] = []
    held = 0
    skip = parts[0].query.offset if parts else 0
    for part in parts:
        wanted = part.query.limit
        if wanted is not None and held >= wanted:
            break
        query = replace(part.query, offset=skip, limit=None if wanted is None else wanted - held)
        table = work.view.snapshot.query(*_statement(work, part.selection, query, most + 1 - held))
        if table.num_rows:
            found.append(DataSet(part.selection, table))
            held += table.num_rows
            skip = 0
        elif skip:
            skip -= min(skip, _count(work, part))
        if held > most:
            raise too_many_observations(most)
    if not found:
        raise no_results("No observation matches the query.")
    return found


def _statement(work: Work, selection: Selection, query: DataQuery, most: int | None) -> Statement:
    """Statement for the observations, or for the series where observations are not shown."""
    catalogue = work.view.catalogue
    if selection.observations:
        return observations_of(catalogue, selection, query, most=most)
    return series_of(catalogue, selection.flow, query, most=most)


def _count(work: Work, part: Part) -> int:
    """How many rows a part has over all its pages."""
    sql, parameters = _statement(work, part.selection, replace(part.query, offset=0, limit=None), None)
    counted: list[dict[str, Any]] = work.view.snapshot.query(
        f"SELECT count(*) AS rows_ FROM ({sql})", parameters
    ).to_pylist()
    return int(counted[0]["rows_"])
