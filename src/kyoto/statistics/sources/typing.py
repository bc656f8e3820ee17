"""How each column is typed: as the project file states, else as a sample of its cells says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kyoto.statistics.sources.cells import as_text
from kyoto.statistics.sources.dialect import cleaned_name
from kyoto.statistics.sources.model import ColumnSpec, Finding, RawSource, SourceSpec
from kyoto.statistics.sources.samples import DateFormats, date_formats, decimal_sign, fitting

if TYPE_CHECKING:
    from kyoto.core.engine import Engine

__all__ = ["ColumnTyping", "Typings", "column_typings"]

_TIME_FORMATS = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%H%M")
_MONTH_FORMATS = ("%Y-%m-%d", "%m/%Y", "%B %Y", "%b %Y", "%b-%y", "%b-%Y", "%Y/%m", "%Y%m")


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


def _typing(engine: Engine, raw: RawSource, column: ColumnSpec, spec: SourceSpec) -> tuple[ColumnTyping, list[Finding]]:
    kind = column.concept.kind
    name = cleaned_name(column.column)
    values = raw.values.get(column.name, ())
    if kind in ("identifier", "code", "text"):
        return ColumnTyping(column, values=values), []
    sample = [str(value).strip() for value in raw.sample.get(name, ()) if value is not None]
    sample = [value for value in sample if value]
    if kind in ("date", "period", "time"):
        return _moment_typing(engine, raw, column, sample)
    sign, shown = decimal_sign(sample)
    stated = column.decimal or spec.decimal
    findings = [] if stated or shown or not raw.table[name].type().is_string() else [_unclear_decimal(column)]
    return ColumnTyping(column, decimal=stated or sign, values=values), findings


def _moment_typing(
    engine: Engine, raw: RawSource, column: ColumnSpec, sample: list[str]
) -> tuple[ColumnTyping, list[Finding]]:
    kind = column.concept.kind
    if column.formats or raw.table[cleaned_name(column.column)].type().is_temporal():
        return ColumnTyping(column, formats=column.formats), []
    if kind == "time":
        return ColumnTyping(column, formats=fitting(sample, _TIME_FORMATS)), []
    if kind == "period":
        return ColumnTyping(column, formats=fitting(sample, _MONTH_FORMATS)), []
    found = date_formats(sample)
    formats = found.formats or ("%Y-%m-%d",)
    if found.undecided:
        return _decided_by_all(engine, raw, column, found)
    return ColumnTyping(column, formats=formats), _date_findings(column, found)


def _decided_by_all(
    engine: Engine, raw: RawSource, column: ColumnSpec, found: DateFormats
) -> tuple[ColumnTyping, list[Finding]]:
    """Day or month first, where the sample leaves it open: every row is asked."""
    text = as_text(raw.table[cleaned_name(column.column)])
    first, other = found.formats[0], found.exchanged
    counts = raw.table.select(
        first=engine.parsed_time(text, first).notnull(), other=engine.parsed_time(text, other).notnull()
    )
    totals = engine.fetch(
        counts.aggregate(
            first=(counts["first"] & ~counts["other"]).sum(), other=(counts["other"] & ~counts["first"]).sum()
        )
    ).to_pylist()[0]
    day, month = totals["first"] or 0, totals["other"] or 0
    if month > day:
        first, other, day, month = other, first, month, day
    formats = (first, *found.formats[1:], *((other,) if month else ()))
    chosen = DateFormats(formats, day + month == 0, found.unread, other, day)
    return ColumnTyping(column, formats=formats), _date_findings(column, chosen)


def _date_findings(column: ColumnSpec, found: DateFormats) -> list[Finding]:
    findings = []
    order = "day" if found.formats and found.formats[0].startswith("%d") else "month"
    if found.undecided:
        findings.append(
            Finding(
                "warning",
                "source.day-or-month-first",
                f"Dates in {column.column!r} can be read with the day or the month first; the {order} was taken",
                column=column.column,
                hint=f'State it: format = "{found.formats[0]}" or format = "{found.exchanged}".',
            )
        )
    elif found.exchanged:
        findings.append(
            Finding(
                "note",
                "source.day-or-month-decided",
                f"Dates in {column.column!r} have the {order} first: some allow nothing else",
                column=column.column,
            )
        )
    if len(found.formats) > 1:
        both = found.exchanged in found.formats
        findings.append(
            Finding(
                "warning" if both else "note",
                "source.several-date-formats",
                f"{column.column!r} has dates in {len(found.formats)} formats: {', '.join(found.formats)}",
                column=column.column,
                hint="Dates that fit both were read by the first." if both else "",
            )
        )
    if found.formats and any("%d" not in pattern for pattern in found.formats):
        findings.append(
            Finding(
                "note",
                "source.no-day",
                f"{column.column!r} names months or years without a day; the first day stands for them",
                column=column.column,
                hint="Map it to `period` if all its rows are so.",
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
