"""Dimensions as expressions: a cheap key for the pass over all records, its label for the few cells that remain.

Grouping 50 million records by a formatted text costs several times as much as grouping them by a small number, so
years, months and age groups are numbers until the cells are counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis

from kyoto.core.errors import KyotoError, Where, did_you_mean
from kyoto.statistics.observations import NOT_APPLICABLE, UNKNOWN
from kyoto.statistics.tables.model import LEVELS, AgeBand, Dimension
from kyoto.statistics.tables.periods import day_within

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["OTHER", "dimension_key", "dimension_label"]

OTHER = "_O"
"""Ages that a table's groups leave out."""

_AGE_OTHER, _AGE_NOT_APPLICABLE = -1, -2


def dimension_key(records: ir.Table, dimension: Dimension, date: str | None, *, table: str) -> ir.Value:
    """Key to group records by; null where unknown.

    Parameters
    ----------
    records
        Records of one source.
    dimension
        What to group by.
    date
        Concept that places a record in time.
    table
        Name of the table, for errors.

    Raises
    ------
    KyotoError
        ``table.unknown-concept``: the source maps no such concept. ``table.no-date``: nothing places it in time.
    """
    if dimension.concept == "period":
        if date is None:
            raise KyotoError(
                f"Table {table!r} is by period, but its source has no date",
                code="table.no-date",
                where=Where(key=f"tables.{table}.by"),
                hint="Map a date concept, such as `recorded` or `occurred`, in the source's columns.",
            )
        return _period_key(records[date], str(dimension.grain))
    if dimension.concept not in records.columns:
        own = [name for name in records.columns if name not in ("file", "link", "rejected", "record_key")]
        raise KyotoError(
            f"Table {table!r} is by {dimension.concept!r}, which its source does not map",
            code="table.unknown-concept",
            where=Where(key=f"tables.{table}.by"),
            hint=did_you_mean(dimension.concept, [*own, "period"]),
        )
    column = records[dimension.concept]
    if dimension.concept == "age" and dimension.bands and column.type().is_numeric():
        return _age_key(records, column, dimension.bands)
    if column.type().is_numeric() and f"{dimension.concept}_status" in records.columns:
        return column.cast("string").fill_null(records[f"{dimension.concept}_status"])
    return column


def dimension_label(key: ir.Value, dimension: Dimension) -> ir.StringValue:
    """Code that stands in the observations for a key of :func:`dimension_key`."""
    label: Any
    if dimension.concept == "period":
        label = _period_label(key, str(dimension.grain))
    elif dimension.concept == "age" and dimension.bands and key.type().is_numeric():
        codes = {index: band.code for index, band in enumerate(dimension.bands)}
        codes |= {_AGE_OTHER: OTHER, _AGE_NOT_APPLICABLE: NOT_APPLICABLE}
        label = ibis.cases(*((key == index, code) for index, code in codes.items()))
    elif dimension.concept == "iccs" and dimension.level < 4:
        # a code deeper than the table shows counts under its ancestor; _U and _Z are short enough to stay
        label = key.cast("string").substr(0, LEVELS[str(dimension.level)])
    else:
        label = key.cast("string")
    return label.fill_null(UNKNOWN)


def _period_key(date: Any, grain: str) -> Any:
    date = day_within(date, grain)
    if grain == "year":
        return date.year().cast("int32")
    if grain == "quarter":
        return (date.year() * 10 + date.quarter()).cast("int32")
    if grain == "month":
        return (date.year() * 100 + date.month()).cast("int32")
    return date.truncate("W").cast("date")


def _period_label(key: Any, grain: str) -> Any:
    if grain == "year":
        return key.cast("string").lpad(4, "0")
    if grain == "quarter":
        text = key.cast("string").lpad(5, "0")
        return text.substr(0, 4) + "-Q" + text.substr(4, 1)
    if grain == "month":
        text = key.cast("string").lpad(6, "0")
        return text.substr(0, 4) + "-" + text.substr(4, 2)
    thursday = key + ibis.interval(days=3)  # a week belongs to the year of its Thursday (ISO 8601)
    return thursday.year().cast("string").lpad(4, "0") + "-W" + key.week_of_year().cast("string").lpad(2, "0")


def _age_key(records: ir.Table, age: Any, bands: tuple[AgeBand, ...]) -> Any:
    tests = [
        (age >= band.low if band.high is None else (age >= band.low) & (age <= band.high), index)
        for index, band in enumerate(bands)
    ]
    key = ibis.cases(*tests, (age.notnull(), _AGE_OTHER)).cast("int8")
    if "age_status" in records.columns:
        key = ibis.cases((records.age_status == NOT_APPLICABLE, _AGE_NOT_APPLICABLE), else_=key).cast("int8")
    return key
