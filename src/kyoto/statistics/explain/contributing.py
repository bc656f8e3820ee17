"""The records behind a figure, found again by the same rules that counted them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kyoto.core.engine.model import ROW_COLUMN
from kyoto.core.files import neutral_cell, writing
from kyoto.statistics.observations import TOTAL
from kyoto.statistics.tables.counting import Split
from kyoto.statistics.tables.model import Dimension, TableSpec

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kyoto.core.engine import Engine

__all__ = ["Contribution", "contributing_records", "count_units", "rows_by_link", "rows_of", "write_rows"]

_OWN = ("link", "rejected", "rejected_values", "record_key", ROW_COLUMN)
_SHARE = "share_of_record"
_BATCH = 50_000


@dataclass(frozen=True, slots=True)
class Contribution:
    """Records behind a figure.

    Parameters
    ----------
    records
        Ibis table of them.
    identifier
        Column whose distinct values are counted; None if records are.
    starts
        Position of the first record of each file, where the engine keeps order.
    """

    records: ir.Table
    identifier: str | None
    starts: Mapping[str, int]


def contributing_records(
    engine: Engine,
    path: Path,
    spec: TableSpec,
    cell: Mapping[str, str],
    *,
    source_unit: str,
    area: str,
    splits: Sequence[Split] = (),
) -> Contribution:
    """Find the records that a cell counts.

    Parameters
    ----------
    engine
        Where to look; DuckDB also tells their positions.
    path
        Records of the source.
    spec
        Counting rule of the table.
    cell
        Value of each dimension.
    source_unit
        Counting unit of the source.
    area
        The project's own area, which stands for the total over areas.
    splits
        Weighted links of the source's correspondence.
    """
    from kyoto.statistics.classification import iccs
    from kyoto.statistics.tables.rules import SEVERITY, principal_offences, select_records

    whole = engine.read_parquet([path], row_column=True)
    counted = whole.filter(whole.rejected.isnull())
    selection = select_records(counted, spec, source_unit=source_unit)
    chosen = selection.records
    if selection.identifier is not None and not spec.principal_offence:
        splits = ()  # a person is one person, so distinct counts do not divide a link
    dimensions = [*spec.by, Dimension("attempted")] if spec.attempts == "apart" else list(spec.by)
    if spec.principal_offence:
        ties = [d.concept for d in dimensions if d.concept in chosen.columns and d.concept != "iccs"]
        codes = [category.code for category in iccs()]
        chosen = principal_offences(engine, selection, codes, spec.severity or SEVERITY, ties)
    for dimension in dimensions:
        value = cell.get(dimension.column, TOTAL)
        if value != TOTAL and not (dimension.column == "area" and value == area):
            chosen = _narrowed(chosen, dimension, value, selection.date, spec.name, splits)
    starts = {}
    if ROW_COLUMN in whole.columns:
        first = whole.group_by("file").aggregate(start=whole[ROW_COLUMN].min())
        starts = {row["file"]: row["start"] for row in engine.fetch(first).to_pylist()}
    distinct = selection.identifier if not spec.principal_offence else None
    return Contribution(chosen, distinct, starts)


def _narrowed(
    records: ir.Table, dimension: Dimension, value: str, date: str | None, table: str, splits: Sequence[Split]
) -> ir.Table:
    """Keep the records of one value of a dimension."""
    from kyoto.statistics.tables.keys import dimension_key, dimension_label

    label = dimension_label(dimension_key(records, dimension, date, table=table), dimension)
    if dimension.concept != "iccs":
        return records.filter(label == value)
    within = label.startswith(value) if value.isdigit() else label == value
    shares = _shares(splits, value)
    if not splits:
        return records.filter(within)
    import ibis

    divided = records.link.isin(sorted({link for link, _, _ in splits})).fill_null(False)
    share = ibis.cases(*((records.link == link, part) for link, part in shares.items()), else_=0.0) if shares else 0.0
    weighted = records.mutate(**{_SHARE: ibis.ifelse(divided, share, within.ifelse(1.0, 0.0))})
    return weighted.filter(weighted[_SHARE] > 0)


def _shares(splits: Sequence[Split], value: str) -> dict[int, float]:
    """Share of each divided link that belongs to a class and all below it."""
    found: dict[int, float] = {}
    for link, code, weight in splits:
        if code == value or (value.isdigit() and code.startswith(value)):
            found[link] = found.get(link, 0.0) + weight
    return found


def count_units(engine: Engine, found: Contribution) -> tuple[float, int]:
    """Count what the table counts, and the rows it comes from.

    Returns
    -------
    tuple
        Value without disclosure control, and number of rows.
    """
    records = found.records
    rows = records.count()
    value: Any = rows
    if found.identifier is not None:
        known = records[found.identifier]
        value = known.nunique() + known.isnull().sum()
    elif "count" in records.columns or _SHARE in records.columns:
        one: Any = records["count"] if "count" in records.columns else 1
        value = (one * records[_SHARE]).sum() if _SHARE in records.columns else one.sum()
    row = engine.fetch(records.aggregate(value=value, rows=rows)).to_pylist()[0]
    return float(row["value"] or 0), int(row["rows"])


def rows_by_link(engine: Engine, found: Contribution) -> dict[int | None, int]:
    """Rows that came through each row of the correspondence table."""
    if "link" not in found.records.columns:
        return {}
    grouped = found.records.group_by("link").aggregate(rows=found.records.count())
    return {row["link"]: row["rows"] for row in engine.fetch(grouped).to_pylist()}


def rows_of(engine: Engine, found: Contribution, limit: int) -> list[dict[str, Any]]:
    """First records behind a figure: ``file``, ``row`` (in its file, from 1) and their concepts."""
    return [row for batch in _batches(engine, found, limit) for row in batch]


def _batches(engine: Engine, found: Contribution, limit: int | None) -> Iterator[list[dict[str, Any]]]:
    shown = [name for name in found.records.columns if name not in _OWN or name == ROW_COLUMN]
    table = found.records.select(*shown)
    if ROW_COLUMN in shown:
        table = table.order_by(ROW_COLUMN)
    if limit is not None:
        table = table.limit(limit)
    for batch in engine.backend.to_pyarrow_batches(table, chunk_size=_BATCH):
        yield [_placed(row, found.starts) for row in batch.to_pylist()]


def _placed(row: dict[str, Any], starts: Mapping[str, int]) -> dict[str, Any]:
    position = row.pop(ROW_COLUMN, None)
    file = row.pop("file", None)
    number = None if position is None or file not in starts else position - starts[file] + 1
    return {"file": file, "row": number, **row}


def write_rows(engine: Engine, found: Contribution, path: Path) -> int:
    """Write all records behind a figure as CSV; return how many. Formulas in cells are made harmless."""
    import csv

    count = 0
    with writing(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for batch in _batches(engine, found, None):
            if count == 0 and batch:
                writer.writerow(batch[0])
            writer.writerows([_harmless(value) for value in row.values()] for row in batch)
            count += len(batch)
    return count


def _harmless(value: Any) -> Any:
    return neutral_cell(value) if isinstance(value, str) else value
