"""Totals that differ from the sum of their parts, in sources whose rows are counts already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kyoto.statistics.observations import TOTAL
from kyoto.statistics.quality.profile import variables_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kyoto.core.engine import Engine

__all__ = ["PartsDiffer", "totals_of_parts"]


@dataclass(frozen=True, slots=True)
class PartsDiffer:
    """Totals over one variable that are not the sum of its parts.

    Parameters
    ----------
    variable
        What is summed over.
    compared, differing
        Totals that have parts, and those that differ from their sum.
    examples
        The largest differences: the other variables, ``total`` and ``parts``.
    """

    variable: str
    compared: int
    differing: int
    examples: tuple[Mapping[str, Any], ...]


def totals_of_parts(engine: Engine, records: ir.Table, *, few: int = 3) -> list[PartsDiffer]:
    """Compare every ``_T`` with the parts beside it.

    Parameters
    ----------
    engine
        Where the records are.
    records
        Counted records with a ``count``; variables with the code ``_T`` somewhere are summed over one at a time,
        the others (``iccs`` among them) held.
    few
        Number of examples.

    Returns
    -------
    list of PartsDiffer
        One entry for each variable of which some totals differ.
    """
    names = [name for name in variables_of(records) if records[name].type().is_string()]
    names += ["iccs"] if "iccs" in records.columns else []
    with_totals = _with_totals(engine, records, names)
    found = [_compared(engine, records, name, [other for other in names if other != name], few) for name in with_totals]
    return [entry for entry in found if entry.differing]


def _with_totals(engine: Engine, records: ir.Table, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    counts = {f"v{index}": records.count(where=records[name] == TOTAL) for index, name in enumerate(names)}
    row = engine.fetch(records.aggregate(**counts)).to_pylist()[0]
    return [name for index, name in enumerate(names) if row[f"v{index}"]]


def _compared(engine: Engine, records: ir.Table, name: str, others: Sequence[str], few: int) -> PartsDiffer:
    import ibis

    is_total = records[name] == TOTAL
    dated = [column for column in records.columns if records[column].type().is_temporal()]
    held = [*others, *dated]
    grouped = records.group_by([records[other] for other in held]).aggregate(
        total=records["count"].sum(where=is_total),
        parts=records["count"].sum(where=~is_total & records[name].notnull()),
    )
    both = grouped.filter(grouped.total.notnull() & grouped.parts.notnull())
    both = both.mutate(difference=(both.total - both.parts).abs())
    differ = both.filter(both["difference"] > 1e-9 * both["total"].abs())
    compared = engine.fetch(both.aggregate(n=both.count()))["n"][0].as_py()
    differing = engine.fetch(differ.aggregate(n=differ.count()))["n"][0].as_py()
    worst = differ.order_by([ibis.desc("difference"), *others]).limit(few).drop("difference")
    return PartsDiffer(name, int(compared), int(differing), tuple(engine.fetch(worst).to_pylist()))
