"""From records to cells: one pass over the records, then roll-up of what is left.

Counts of records add up, so they are counted once at the finest disaggregation (*base cells*) and summed over the
ICCS tree and to ``_T`` of every other dimension. Distinct persons or events do not add up (one incident can stand
under two offences), so they are counted anew at every level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from typing import TYPE_CHECKING, Any

import ibis

from kyoto.statistics.observations import TOTAL
from kyoto.statistics.tables.keys import dimension_key, dimension_label
from kyoto.statistics.tables.model import LEVELS, Dimension, TableSpec
from kyoto.statistics.tables.rules import SEVERITY, Selection, principal_offences, select_records

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

    from kyoto.core.engine import Engine

__all__ = ["Cells", "Split", "count_cells"]

Split = tuple[int, str, float]
"""A weighted link of a correspondence: link, ICCS code, weight."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Counted cells of one table, totals included.

    Parameters
    ----------
    table
        One row a cell: a text column a dimension, ``value`` (whole number, or decimal where links are weighted)
        and, if asked for, ``cell_key`` (sum of record keys modulo 2**32). Sorted by the dimensions.
    dimensions
        Names of the dimension columns, in the user's order.
    unit
        Counting unit.
    identifier
        Column whose distinct values were counted; None if records were.
    date
        Concept that placed records in time; None if none did.
    records, selected
        Counted records of the source, and those the table's rules let through.
    left_out
        Records left out by each rule.
    without_identifier
        Records without identifier; each counts as a unit of its own.
    """

    table: pa.Table
    dimensions: tuple[str, ...]
    unit: str
    identifier: str | None
    date: str | None
    records: int
    selected: int
    left_out: dict[str, int]
    without_identifier: int


def count_cells(
    engine: Engine,
    records: ir.Table,
    spec: TableSpec,
    *,
    source_unit: str,
    ancestors: Sequence[tuple[str, str]],
    splits: Sequence[Split] = (),
    keys: bool = False,
) -> Cells:
    """Count one table.

    Parameters
    ----------
    engine
        Where the records are.
    records
        Counted records of the source (rejected ones already left out).
    spec
        The counting rule.
    source_unit
        Counting unit of the source.
    ancestors
        Pairs of ICCS code and each of its ancestors, itself among them.
    splits
        Weighted links of the source's correspondence.
    keys
        Also sum the record keys (column ``record_key``), for cell-key perturbation.

    Returns
    -------
    Cells

    Raises
    ------
    KyotoError
        What :func:`~kyoto.statistics.tables.rules.select_records` and
        :func:`~kyoto.statistics.tables.keys.dimension_key` raise.
    """
    selection = select_records(records, spec, source_unit=source_unit)
    dimensions = [*spec.by, Dimension("attempted")] if spec.attempts == "apart" else list(spec.by)
    chosen = selection.records
    distinct = selection.identifier is not None and not spec.principal_offence
    if spec.principal_offence:
        own_ancestors = [code for code, ancestor in ancestors if code == ancestor]
        ties = [d.concept for d in dimensions if d.concept in chosen.columns and d.concept != "iccs"]
        chosen = principal_offences(engine, selection, own_ancestors, spec.severity or SEVERITY, ties)
    keyed = _keyed(chosen, selection, dimensions, spec, keys=keys, distinct=distinct, split=bool(splits))
    tally = _tally(engine, records, selection)
    names = [dimension.column for dimension in dimensions]
    local = engine.local()
    tree = _tree(local, ancestors, spec)
    if distinct:
        whole = _distinct_cells(engine, keyed, names, ancestors, spec)
        without = engine.fetch(_base(keyed.filter(keyed.unit_id.isnull()), names, keys=keys))
        parts = [whole, _rolled(local, local.table(without, "kyoto_base"), names, tree, keys=keys)]
        table = _summed(local, parts, names, keys=keys)
    else:
        base = _base(keyed, names, keys=keys, extra=["link"] if splits else [])
        small = base if local is engine else local.table(engine.fetch(base), "kyoto_base")
        labelled = _labelled(small, dimensions)
        table = _rolled(local, _split(local, labelled, splits, names, keys=keys), names, tree, keys=keys)
    return Cells(
        table=table,
        dimensions=tuple(names),
        unit=selection.unit,
        identifier=selection.identifier,
        date=selection.date,
        **tally,
    )


def _keyed(
    chosen: ir.Table,
    selection: Selection,
    dimensions: Sequence[Dimension],
    spec: TableSpec,
    *,
    keys: bool,
    distinct: bool,
    split: bool,
) -> ir.Table:
    """Columns that counting needs and no others: keys of the dimensions, weight, identifier."""
    columns: dict[str, Any] = {d.column: dimension_key(chosen, d, selection.date, table=spec.name) for d in dimensions}
    if distinct:
        columns["unit_id"] = chosen[selection.identifier]
        # a distinct count rolls up in the engine, so its few base values get their labels at once
        columns |= {d.column: dimension_label(columns[d.column], d) for d in dimensions}
    if "count" in chosen.columns:
        columns["weight"] = chosen["count"]
    if keys:
        columns["record_key"] = chosen.record_key
    if split:
        columns["link"] = chosen.link
    return chosen.select(**columns) if columns else chosen.select(one=ibis.literal(1))


def _tally(engine: Engine, records: ir.Table, selection: Selection) -> dict[str, Any]:
    """Count the records, those each rule left out, and those without identifier: one query."""
    without: Any = selection.records[selection.identifier].isnull() if selection.identifier else None
    measures: dict[str, Any] = {"records": records.count()}
    measures |= {f"rule_{rule}": left.sum() for rule, left in selection.left_out.items()}
    row = engine.fetch(records.aggregate(**measures)).to_pylist()[0]
    left_out = {rule: int(row[f"rule_{rule}"] or 0) for rule in selection.left_out}
    missing = 0
    if without is not None:
        missing = engine.fetch(selection.records.aggregate(n=without.sum()))[0][0].as_py() or 0
    return {
        "records": int(row["records"]),
        "selected": int(row["records"]) - sum(left_out.values()),
        "left_out": left_out,
        "without_identifier": int(missing),
    }


def _base(keyed: ir.Table, names: list[str], *, keys: bool, extra: Sequence[str] = ()) -> ir.Table:
    """Cells at the finest disaggregation."""
    weight = keyed.weight.sum() if "weight" in keyed.columns else keyed.count()
    measures: dict[str, Any] = {"value": weight.cast("int64")}
    if keys:
        measures["cell_key"] = keyed.record_key.sum().cast("int64")
    return keyed.aggregate(by=[*names, *extra], **measures)


def _labelled(base: ir.Table, dimensions: Sequence[Dimension]) -> ir.Table:
    return base.mutate(**{d.column: dimension_label(base[d.column], d) for d in dimensions})


def _split(local: Engine, base: ir.Table, splits: Sequence[Split], names: list[str], *, keys: bool) -> ir.Table:
    """Share the count of a weighted link among its ICCS codes."""
    if not splits or "iccs" not in names:
        return base.drop("link") if "link" in base.columns else base
    import pyarrow as pa

    links, codes, weights = zip(*splits, strict=True)
    shares = local.table(
        pa.table(
            {
                "split_link": pa.array(links, pa.int32()),
                "split_iccs": list(codes),
                "share": pa.array(weights, pa.float64()),
            }
        ),
        "kyoto_splits",
    )
    joined = base.left_join(shares, base.link == shares.split_link)
    return joined.mutate(
        iccs=ibis.coalesce(joined.split_iccs, joined.iccs), value=joined.value * joined.share.fill_null(1.0)
    ).select(*names, "value", *(["cell_key"] if keys else []))


def _tree(local: Engine, ancestors: Sequence[tuple[str, str]], spec: TableSpec) -> ir.Table | None:
    """Pairs of code and what it counts under, ``_T`` among them, down to the level that the table shows."""
    level = next((dimension.level for dimension in spec.by if dimension.concept == "iccs"), None)
    if level is None:
        return None
    import pyarrow as pa

    codes, above = zip(*_pairs(ancestors, level), strict=True)
    return local.table(pa.table({"tree_code": list(codes), "tree_ancestor": list(above)}), "kyoto_tree")


def _pairs(ancestors: Sequence[tuple[str, str]], level: int) -> list[tuple[str, str]]:
    deepest = LEVELS[str(level)]
    pairs = [(code, above) for code, above in ancestors if len(above) <= deepest]
    own = [*sorted({code for code, _ in ancestors}), "_U", "_Z"]
    return [*pairs, ("_U", "_U"), ("_Z", "_Z"), *((code, TOTAL) for code in own)]


def _rolled(local: Engine, base: ir.Table, names: list[str], tree: ir.Table | None, *, keys: bool) -> pa.Table:
    """Add the ICCS ancestors, then ``_T`` of one dimension after the other: each step sums few cells."""
    cells = base
    if tree is not None:
        joined = cells.inner_join(tree, cells.iccs == tree.tree_code)
        cells = joined.mutate(iccs=joined.tree_ancestor).select(*base.columns)
    cells = local.keep(_regrouped(cells, names, keys=keys), "kyoto_cells_0")
    for step, name in enumerate(_totalled(names), start=1):
        total = _regrouped(cells.mutate(**{name: ibis.literal(TOTAL)}), names, keys=keys)
        cells = ibis.union(cells, total.select(*cells.columns))
        if step < len(_totalled(names)):  # the last one is fetched as it is made
            cells = local.keep(cells, f"kyoto_cells_{step}")
    return local.fetch(_sorted(_with_key_modulus(cells, keys=keys), names))


def _sorted(cells: ir.Table, names: list[str]) -> ir.Table:
    return cells.order_by(names) if names else cells


def _regrouped(cells: ir.Table, names: list[str], *, keys: bool) -> ir.Table:
    measures: dict[str, Any] = {"value": cells.value.sum()}
    measures["value"] = measures["value"].cast("float64" if cells.value.type().is_floating() else "int64")
    if keys:
        measures["cell_key"] = cells.cell_key.sum().cast("int64")
    return cells.aggregate(by=names, **measures)


def _with_key_modulus(cells: ir.Table, *, keys: bool) -> ir.Table:
    return cells.mutate(cell_key=cells.cell_key % 2**32) if keys else cells


def _totalled(names: Sequence[str]) -> list[str]:
    """Flat dimensions that get a total: all but ICCS, which has its tree, and period, which has none."""
    return [name for name in names if name not in ("iccs", "period")]


def _distinct_cells(
    engine: Engine, keyed: ir.Table, names: list[str], ancestors: Sequence[tuple[str, str]], spec: TableSpec
) -> pa.Table:
    """Count distinct identifiers at every level of every dimension."""
    known = keyed.filter(keyed.unit_id.notnull())
    key = {"record_key": known.record_key.max()} if "record_key" in known.columns else {}
    once = known.group_by(["unit_id", *names]).aggregate(rows=known.count(), **key)
    tree = _tree(engine, ancestors, spec)
    if tree is not None:
        joined = once.inner_join(tree, once.iccs == tree.tree_code)
        once = joined.mutate(iccs=joined.tree_ancestor).select(*once.columns)
    once = engine.keep(once, "kyoto_once")
    parts = []
    flat = _totalled(names)
    for totalled in chain.from_iterable(combinations(flat, size) for size in range(len(flat) + 1)):
        at_total = once.mutate(**{name: ibis.literal(TOTAL) for name in totalled})
        units = at_total.group_by(["unit_id", *names]).aggregate(
            **({"record_key": at_total.record_key.max()} if key else {"rows": at_total.rows.max()})
        )
        measures = {"value": units.count().cast("int64")}
        if key:
            measures["cell_key"] = units.record_key.sum().cast("int64")
        parts.append(units.aggregate(by=names, **measures))
    return engine.fetch(ibis.union(*parts) if len(parts) > 1 else parts[0])


def _summed(local: Engine, parts: Sequence[pa.Table], names: list[str], *, keys: bool) -> pa.Table:
    """Sum tables with the same cells."""
    tables = [
        local.keep(local.table(part, f"kyoto_part_{i}").select(*parts[0].column_names), f"kyoto_kept_{i}")
        for i, part in enumerate(parts)
    ]
    summed = _regrouped(ibis.union(*tables), names, keys=keys)
    return local.fetch(_sorted(_with_key_modulus(summed, keys=keys), names))
