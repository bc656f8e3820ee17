"""Linkage error on the command line: a table that was made of linked records gets limits that hold it too."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from kyoto.statistics.linkage import Carried

__all__ = ["DRAWN", "drawn_of", "linked_remark", "with_linkage", "with_linkage_of_ratio"]

DRAWN = ("estimate", "lower", "upper", "linkage_lower", "linkage_upper")
"""Columns of an estimate, its limits, and its limits with linkage error."""

Rows = list[dict[str, Any]]
Made = TypeVar("Made")


def drawn_of(file: str, made_of: Callable[[Path], Made]) -> Carried[Made]:
    """What is made of a file, for each of the other linkages; nothing where records were not linked.

    Parameters
    ----------
    file
        What the user named; linkages stand beside it.
    made_of
        Makes it of a file, nothing withheld.
    """
    from kyoto.statistics.linkage import carried_files

    with carried_files(file) as files:
        return files.each(made_of)


def linked_remark(drawn: Carried[Made]) -> list[str]:
    """What a reader of the limits must know; nothing where records were not linked."""
    if not drawn:
        return []
    return [
        "Made of linked records: linkage_lower and linkage_upper also hold the doubt of the links "
        f"({len(drawn.draws)} linkages that could as well be true) and what links never found may change."
    ]


def with_linkage(
    rows: Iterable[Mapping[str, Any]],
    drawn: Carried[Rows],
    keys: Sequence[str],
    *,
    level: float,
    least: float = 0.0,
    most: float = math.inf,
    names: Sequence[str] = DRAWN,
) -> Rows:
    """Rows with limits that hold linkage error too; unchanged where records were not linked.

    Parameters
    ----------
    rows
        Estimates as they are printed.
    drawn
        The same table for each of the other linkages.
    keys
        Columns that tell rows apart.
    level
        Confidence.
    least, most
        Smallest and largest possible value.
    names
        Columns of the estimate, its limits, and the limits to add.
    """
    own = [dict(row) for row in rows]
    if not drawn:
        return own
    from kyoto.statistics.linkage import banded, reach_of_linkage

    reach = reach_of_linkage(own, drawn.draws, keys, thinned=drawn.thinned, level=level, names=names[:3])
    return banded(own, reach, keys, names=names, least=least, most=most)


def with_linkage_of_ratio(
    rows: Iterable[Mapping[str, Any]], drawn: Carried[Rows], keys: Sequence[str], *, level: float, names: Sequence[str]
) -> Rows:
    """The same for a ratio, on the logarithmic scale; parameters as in :func:`with_linkage`."""
    if not drawn:
        return [dict(row) for row in rows]

    def logarithms(row: Mapping[str, Any]) -> dict[str, Any]:
        return {**row, **{name: math.log(row[name]) if row.get(name) else None for name in names[:3]}}

    own = [dict(row) for row in rows]
    logs = drawn.each(lambda each: [logarithms(row) for row in each])
    found = with_linkage(map(logarithms, own), logs, keys, level=level, least=-math.inf, names=names)
    ends = [{name: None if row[name] is None else math.exp(row[name]) for name in names[3:]} for row in found]
    return [{**row, **end} for row, end in zip(own, ends, strict=True)]
