"""Linkage error in tables of cases: the cases are put together again for linkages that could as well be true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kyoto.analysis.flow.model import Finding
from kyoto.analysis.flow.result import FlowTable

if TYPE_CHECKING:
    from kyoto.statistics.linkage import Carried

__all__ = ["with_linkage_error"]


def with_linkage_error(
    found: FlowTable, carried: Carried[FlowTable], *, linked: FlowTable | None = None, digits: int | None = None
) -> FlowTable:
    """A table with limits that hold linkage error beside the others; unchanged where records were not linked.

    Parameters
    ----------
    found
        The table, as it may be published.
    carried
        The same of the other linkages, nothing withheld.
    linked
        The table of the linkage itself with nothing withheld, where ``found`` went through disclosure control.
    digits
        Round the limits so far, where ``found`` went through it.

    Returns
    -------
    FlowTable
        ``linkage_lower`` and ``linkage_upper`` in each row.
    """
    if not carried:
        return found
    from kyoto.statistics.linkage import banded, reach_of_linkage

    keys = ("term", *(("period",) if any("period" in row for row in found.rows) else ()), *found.by)
    other = carried.each(lambda table: table.rows)
    own = (linked or found).rows
    reach = reach_of_linkage(own, other.draws, keys, thinned=other.thinned, level=found.level)
    ends: Mapping[str, Any] = {"least": 0.0, **({"most": 1.0} if found.unit == "share" else {})}
    rows = banded(found.rows, reach, keys, digits=digits, **ends)
    message = "Linkages that could as well be true: the limits with linkage error hold them, and links never found."
    note = Finding("note", "flow.linkage-error", message, len(carried.draws))
    return replace(found, rows=tuple(rows), findings=(*found.findings, note))
