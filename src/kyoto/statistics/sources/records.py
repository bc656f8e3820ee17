"""From raw cells to records: every mapped column typed, every row kept, every refusal with its reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from kyoto.statistics.sources.dialect import cleaned_name
from kyoto.statistics.sources.model import RawSource, SourceSpec
from kyoto.statistics.sources.outcomes import OUTCOME_COLUMN, Numbered, finished
from kyoto.statistics.sources.typing import ColumnTyping, Typings, column_typings

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

    from kyoto.core.engine import Engine
    from kyoto.statistics.sources.vocabulary import Vocabulary

__all__ = ["VALUE_SEPARATOR", "Described", "typed"]

VALUE_SEPARATOR = "\x1f"
"""Stands between the source values of several rejected cells of a row, in ``rejected_values``."""

Described = Mapping[str, "Callable[[ir.Table, str], ir.Table]"]
"""By concept: what adds columns to a table that has a text column of the given name."""


def typed(
    engine: Engine,
    raw: RawSource,
    spec: SourceSpec,
    typings: Typings | None = None,
    *,
    vocabulary: Vocabulary | None = None,
    described: Described | None = None,
) -> ir.Table:
    """Records of a source, not yet coded.

    Parameters
    ----------
    engine
        Where the table will be computed.
    raw
        The opened source.
    spec
        Its description.
    typings
        Typing of its columns; chosen here if None.
    vocabulary
        Texts of the columns that have few: there each text is typed once, not each cell. Writing the records raises
        :class:`~kyoto.core.engine.model.KeyNotListedError` if such a column has another text.
    described
        What else is to be said of the values of a text concept, such as their ICCS codes.

    Returns
    -------
    ibis.expr.types.Table
        As many rows as ``raw.table`` has, in its order: ``file``, one column a concept (and ``<concept>_status``
        for typed ones, unless it is known that no cell says unknown or not applicable), ``rejected`` (null, or
        ``concept: reason`` joined by ``; ``) and ``rejected_values`` (source values of the rejected cells, in the
        same order, joined by :data:`VALUE_SEPARATOR`), then what ``described`` added.
    """
    columns = list(enumerate((typings or column_typings(engine, raw, spec)).columns))
    listed = vocabulary.texts if vocabulary else {}
    few = [(number, typing) for number, typing in columns if cleaned_name(typing.spec.column) in listed]
    many = [(number, typing) for number, typing in columns if cleaned_name(typing.spec.column) not in listed]
    cells = {f"cell_{number}": raw.table[cleaned_name(typing.spec.column)] for number, typing in columns}
    table = finished(engine, raw.table.select("file", **cells), many)
    table = _described(table, many, described or {})
    lists = {
        f"cell_{number}": _said_of_texts(
            engine, listed[cleaned_name(typing.spec.column)], (number, typing), described or {}
        )
        for number, typing in few
    }
    if lists:
        table = engine.look_up_all(table, lists)
        table = table.mutate(file=engine.enumerated(table.file, [file.shown for file in raw.files]))
    return _records(table, columns)


def _said_of_texts(engine: Engine, texts: Sequence[str], column: tuple[int, ColumnTyping], more: Described) -> pa.Table:
    """What becomes of each text of a column, the missing cell last: the texts, then the columns of the outcome."""
    import pyarrow as pa

    cell, every = f"cell_{column[0]}", pa.array([*texts, None], pa.string())
    small = engine.table(pa.table({cell: every, "kyoto_order": range(len(every))}), f"kyoto_texts_{column[0]}")
    said = _described(finished(engine, small, [column]), [column], more)
    rows = engine.fetch(said.order_by("kyoto_order"))
    # a column without a value in any record costs as much to write and to read as one with values
    unsaid = [name for name in rows.column_names if name.startswith("status_") and rows[name].null_count == len(every)]
    return rows.drop_columns(["kyoto_order", *unsaid]).add_column(0, cell, [every])


def _described(table: ir.Table, columns: Numbered, more: Described) -> ir.Table:
    for number, typing in columns:
        if typing.spec.name in more:
            table = more[typing.spec.name](table, f"final_{number}")
    return table


def _records(table: ir.Table, columns: Numbered) -> ir.Table:
    """Outcomes of all columns under the names of their concepts, and why a row is refused."""
    import ibis

    found: dict[str, Any] = {"file": table.file}
    whys: list[tuple[ir.StringValue, ir.StringValue]] = []
    for number, typing in columns:
        found[typing.spec.name] = table[f"final_{number}"]
        if f"status_{number}" in table.columns:
            found[f"{typing.spec.name}_status"] = table[f"status_{number}"]
        if f"why_{number}" in table.columns:
            whys.append((table[f"why_{number}"], table[f"refused_{number}"]))
    rest = {name: table[name] for name in table.columns if name != "file" and not OUTCOME_COLUMN.fullmatch(name)}
    if not whys:
        return table.select(**found, rejected=ibis.null(str), rejected_values=ibis.null(str), **rest)
    # joined texts skip nulls, and are put together only for the rows that need them
    refused = reduce(or_, (why.notnull() for why, _ in whys))
    reasons = ibis.literal("; ").join([why for why, _ in whys])
    values = ibis.literal(VALUE_SEPARATOR).join([text for _, text in whys])
    rejected = {"rejected": ibis.cases((refused, reasons)), "rejected_values": ibis.cases((refused, values))}
    return table.select(**found, **rejected, **rest)
