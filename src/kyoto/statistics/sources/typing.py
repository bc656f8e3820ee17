"""From raw cells to records: every mapped column typed, every row kept, every refusal with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from kyoto.statistics.sources.cells import (
    Cell,
    clock,
    decimal_number,
    moment,
    reference_period,
    text_cell,
    typed_cell,
    whole_number,
)
from kyoto.statistics.sources.dialect import cleaned_name
from kyoto.statistics.sources.model import ColumnSpec, Finding, RawSource, SourceSpec
from kyoto.statistics.sources.samples import DateFormats, date_formats, decimal_sign, has_time

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kyoto.core.engine import Engine

__all__ = ["VALUE_SEPARATOR", "ColumnTyping", "Typings", "column_typings", "typed"]

VALUE_SEPARATOR = "\x1f"
"""Stands between the source values of several rejected cells of a row, in ``rejected_values``."""

_TIME_FORMATS = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%H%M")
_MONTH_FORMATS = ("%m/%Y", "%B %Y", "%b %Y", "%b-%y", "%b-%Y", "%Y/%m", "%Y%m")
_EXPECTED = {
    "whole": "a whole number",
    "count": "a whole number",
    "decimal": "a number",
    "longitude": "a number",
    "latitude": "a number",
    "date": "a date",
    "period": "a period",
    "time": "a time of day",
}


@dataclass(frozen=True, slots=True)
class ColumnTyping:
    """How one column is typed, stated or detected.

    Parameters
    ----------
    spec
        Its description.
    formats
        Date patterns used.
    decimal
        Decimal sign used; empty for what is no number.
    values
        Source value and code of the value list.
    """

    spec: ColumnSpec
    formats: tuple[str, ...] = ()
    decimal: str = ""
    values: tuple[tuple[str, str], ...] = ()

    @property
    def described(self) -> str:
        """The typing in words.

        Examples
        --------
        >>> from kyoto.statistics.sources.concepts import CONCEPTS
        >>> ColumnTyping(ColumnSpec(CONCEPTS["occurred"], "Date"), formats=("%d/%m/%Y",)).described
        'date, %d/%m/%Y'
        """
        parts: list[str] = [self.spec.concept.kind, *self.formats]
        if self.decimal == ",":
            parts.append("decimal comma")
        if self.values:
            parts.append(f"{len(self.values)} values mapped")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Typings:
    """Typing of all columns of a source, and what choosing it found."""

    columns: tuple[ColumnTyping, ...]
    findings: tuple[Finding, ...] = ()


def column_typings(engine: Engine, raw: RawSource, spec: SourceSpec) -> Typings:
    """Choose how every mapped column is typed: as stated, else as the sample says."""
    found = [_typing(engine, raw, column, spec) for column in spec.columns]
    return Typings(tuple(typing for typing, _ in found), tuple(f for _, findings in found for f in findings))


def typed(engine: Engine, raw: RawSource, spec: SourceSpec, typings: Typings | None = None) -> ir.Table:
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

    Returns
    -------
    ibis.expr.types.Table
        As many rows as ``raw.table`` has, in its order: ``file``, one column a concept (and ``<concept>_status``
        for typed ones), ``rejected`` (null, or ``concept: reason`` joined by ``; ``) and ``rejected_values``
        (source values of the rejected cells, in the same order, joined by :data:`VALUE_SEPARATOR`).
    """
    import ibis

    chosen = typings or column_typings(engine, raw, spec)
    table = raw.table
    cells = {
        typing.spec.name: _cell(engine, table[cleaned_name(typing.spec.column)], typing) for typing in chosen.columns
    }
    columns: dict[str, Any] = {"file": table.file}
    for name, cell in cells.items():
        columns[name] = cell.value
        if cell.status is not None:
            columns[f"{name}_status"] = cell.status
    checked = [cell for cell in cells.values() if cell.bad is not None]
    if not checked:
        nothing = ibis.null(str)
        return table.select(**columns, rejected=nothing, rejected_values=nothing)
    any_bad = reduce(or_, [cell.bad for cell in checked])
    # joined texts skip nulls, and are put together only for the rows that need them
    reasons = ibis.literal("; ").join([ibis.cases((cell.bad, cell.reason)) for cell in checked])
    texts = ibis.literal(VALUE_SEPARATOR).join([ibis.cases((cell.bad, cell.text.fill_null(""))) for cell in checked])
    return table.select(
        **columns, rejected=ibis.cases((any_bad, reasons)), rejected_values=ibis.cases((any_bad, texts))
    )


def _typing(engine: Engine, raw: RawSource, column: ColumnSpec, spec: SourceSpec) -> tuple[ColumnTyping, list[Finding]]:
    kind = column.concept.kind
    name = cleaned_name(column.column)
    if kind in ("identifier", "code", "text"):
        return ColumnTyping(column, values=column.values), []
    sample = [str(value).strip() for value in raw.sample.get(name, ()) if value is not None]
    sample = [value for value in sample if value]
    if kind in ("date", "period", "time"):
        return _moment_typing(raw, column, sample)
    sign, shown = decimal_sign(sample)
    stated = column.decimal or spec.decimal
    findings = [] if stated or shown or not raw.table[name].type().is_string() else [_unclear_decimal(column)]
    return ColumnTyping(column, decimal=stated or sign, values=column.values), findings


def _moment_typing(raw: RawSource, column: ColumnSpec, sample: list[str]) -> tuple[ColumnTyping, list[Finding]]:
    kind = column.concept.kind
    type_of_cells = raw.table[cleaned_name(column.column)].type()
    if column.formats or type_of_cells.is_temporal():
        return ColumnTyping(column, formats=column.formats), []
    if kind == "time":
        return ColumnTyping(column, formats=_TIME_FORMATS), []
    if kind == "period":
        return ColumnTyping(column, formats=_MONTH_FORMATS), []
    found = date_formats(sample)
    return ColumnTyping(column, formats=found.formats or ("%Y-%m-%d",)), list(_date_findings(column, found))


def _date_findings(column: ColumnSpec, found: DateFormats) -> list[Finding]:
    findings = []
    if found.undecided:
        findings.append(
            Finding(
                "warning",
                "source.day-or-month-first",
                f"{column.column!r} can be read with the day or with the month first; {found.formats[0]} was taken",
                column=column.column,
                hint='State it: format = "%d/%m/%Y" or format = "%m/%d/%Y".',
            )
        )
    if len(found.formats) > 1:
        findings.append(
            Finding(
                "note",
                "source.several-date-formats",
                f"{column.column!r} has dates in {len(found.formats)} formats: {', '.join(found.formats)}",
                column=column.column,
            )
        )
    return findings


def _unclear_decimal(column: ColumnSpec) -> Finding:
    return Finding(
        "warning",
        "source.decimal-or-thousands",
        f"{column.column!r} has numbers such as 1,234 that can be read in two ways; the point was taken as decimal",
        column=column.column,
        hint='State it: decimal = "," or decimal = ".".',
    )


def _cell(engine: Engine, raw: ir.Column, typing: ColumnTyping) -> Cell:
    spec, kind = typing.spec, typing.spec.concept.kind
    if kind in ("identifier", "code", "text"):
        return text_cell(raw, spec, dict(typing.values))
    if kind in ("whole", "count"):
        parsed = whole_number(raw, typing.decimal)
    elif kind in ("decimal", "longitude", "latitude"):
        parsed = decimal_number(raw, typing.decimal)
    elif kind == "date":
        timed = raw.type().is_timestamp() or any(has_time(pattern) for pattern in typing.formats)
        parsed = moment(engine, raw, typing.formats, timed)
    elif kind == "time":
        parsed = clock(engine, raw, typing.formats)
    else:
        parsed = reference_period(engine, raw, typing.formats)
    return typed_cell(raw, spec, parsed, _EXPECTED[kind])
