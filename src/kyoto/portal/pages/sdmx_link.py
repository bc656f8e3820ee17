"""A choice of the explorer as a query of the SDMX service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from kyoto.portal.links import Query
from kyoto.portal.selection import Selection
from kyoto.statistics.exchange.sdmx.concepts import components_of
from kyoto.statistics.exchange.sdmx.identifiers import artefact_id, code_ids
from kyoto.statistics.exchange.sdmx.periods import to_sdmx

__all__ = ["sdmx_query"]


def sdmx_query(selection: Selection, columns: Sequence[str]) -> tuple[str, Query]:
    """Path and parameters (SDMX REST 2.1, component filters) of the data of a choice.

    Parameters
    ----------
    selection
        The choice.
    columns
        Columns of its table.
    """
    series = selection.series
    names = {part.column: part.id for part in components_of(columns, timed=True)}
    found = [(f"c[{names['series']}]", code_ids([series.code])[series.code])]
    for axis in series.axes:
        ids = _ids(axis.start, axis.codes)
        codes = selection.shown if axis.name == selection.by else (selection.codes[axis.name],)
        found.append((f"c[{names[axis.name]}]", ",".join(ids[code] for code in codes)))
    if "area" in series.fixed:
        found.append((f"c[{names['area']}]", code_ids([series.fixed["area"]])[series.fixed["area"]]))
    start = selection.start if selection.chart == "time" else selection.end
    whole = (start, selection.end) == (series.periods[0].code, series.periods[-1].code)
    first, last = to_sdmx(start), to_sdmx(selection.end)
    if not whole and first and last:
        found.append((f"c[{names['period']}]", f"ge:{first}+le:{last}"))
    return f"sdmx/v2/data/dataflow/*/{artefact_id(series.table)}/*/*", found


@lru_cache(maxsize=64)
def _ids(start: str, codes: tuple[str, ...]) -> Mapping[str, str]:
    """Identifiers of the codes of a dimension, the same for every choice of a series."""
    return code_ids([start, *codes])
