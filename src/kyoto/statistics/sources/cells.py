"""Cells as Ibis expressions, kind by kind: the text of a raw cell in, its typed value or null out.

Every function builds an expression and computes nothing, so both engines give the same. What is dear (trimming,
words, separators) stands in branches that an engine takes only for the few cells that need it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kyoto.core.engine import Engine

__all__ = ["as_text", "clock", "decimal_number", "moment", "reference_period", "whole_number"]

# separators of thousands: blank, no-break and narrow no-break blank, apostrophe
_GAPS = " '\u00a0\u202f\u2019"
_PLAIN = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
_LARGEST = 10**15
_ISO_PERIOD = r"^[12][0-9]{3}(-(0[1-9]|1[0-2])|-Q[1-4]|-W(0[1-9]|[1-4][0-9]|5[0-3]))?$"
_QUARTER = r"^(?:([12][0-9]{3})[ /-]?[QqTt]([1-4])|[QqTt]([1-4])[ /-]?([12][0-9]{3}))$"


def as_text(raw: ir.Column) -> ir.StringValue:
    """Text of a raw cell of any type, without blanks around it; null where nothing is left.

    Whole numbers that a file holds as decimals lose their ``.0``: a code 7 is ``7``.
    """
    import ibis

    kind = raw.type()
    if kind.is_string():
        # trimming costs five times what these comparisons do; texts that begin with a blank sort before "!", those that
        # begin with a no-break blank before the next sign, and looking for that blank costs as much as all the rest
        blanks = reduce(or_, [raw.endswith(end) for end in " \t\n\r\u00a0"])
        padded = (raw < "!") | blanks | ((raw >= "\u00a0") & (raw < "\u00a1"))
        return ibis.cases((padded, raw.re_replace("^[\\s\u00a0]+|[\\s\u00a0]+$", "").nullif("")), else_=raw)
    if kind.is_floating() or kind.is_decimal():
        number = raw.cast("float64")
        return ibis.cases(
            (number.isnan(), ibis.null(str)),
            (_is_whole(number), number.cast("int64").cast("string")),
            else_=number.cast("string"),
        )
    if kind.is_boolean():
        return ibis.cases((raw, "true"), (~raw, "false"))
    return raw.cast("string")


def whole_number(raw: ir.Column, text: ir.StringValue, sign: str) -> ir.IntegerValue:
    """Whole number of a cell, null where it is none.

    Parameters
    ----------
    raw
        Column of the source.
    text
        The same as :func:`as_text` gives it.
    sign
        Decimal sign.
    """
    import ibis

    kind = raw.type()
    if kind.is_integer():
        return raw.cast("int64")
    if kind.is_string():
        quick = text.try_cast("int64")
        return ibis.cases((quick.cast("string") == text, quick), else_=_exactly_whole(_decimal(text, sign)))
    if kind.is_numeric():
        return _exactly_whole(raw.cast("float64"))
    return ibis.null("int64")


def decimal_number(raw: ir.Column, text: ir.StringValue, sign: str) -> ir.FloatingValue:
    """Number of a cell, null where it is none."""
    import ibis

    kind = raw.type()
    if kind.is_string():
        return _decimal(text, sign)
    if kind.is_numeric():
        number = raw.cast("float64")
        return ibis.cases((number.isnan() | number.isinf(), ibis.null("float64")), else_=number)
    return ibis.null("float64")


def moment(engine: Engine, raw: ir.Column, text: ir.StringValue, formats: Sequence[str], timed: bool) -> ir.Value:
    """Date (or timestamp, if ``timed``) of a cell by the first format that fits."""
    import ibis

    target = "timestamp" if timed else "date"
    if raw.type().is_temporal():
        return raw.cast(target)
    tried = [_by_format(engine, text, pattern) for pattern in formats]
    return (tried[0] if len(tried) == 1 else ibis.coalesce(*tried)).cast(target)


def _by_format(engine: Engine, text: ir.StringValue, pattern: str) -> ir.Value:
    import ibis

    parsed = engine.parsed_time(text, pattern)
    if pattern != "%Y-%m-%d":
        return parsed
    # casting is five times faster than a pattern, but lenient: only what it would write itself is taken from it
    quick = text.try_cast("date")
    return ibis.cases((quick.cast("string") == text, quick.cast("timestamp")), else_=parsed)


def clock(engine: Engine, raw: ir.Column, text: ir.StringValue, formats: Sequence[str]) -> ir.StringValue:
    """Time of day ``HH:MM`` of a cell."""
    import ibis

    if raw.type().is_time() or raw.type().is_timestamp():
        return _digits(raw.hour(), 2) + ":" + _digits(raw.minute(), 2)
    tried = [engine.parsed_time(text, pattern) for pattern in formats]
    at = tried[0] if len(tried) == 1 else ibis.coalesce(*tried)
    return _digits(at.hour(), 2) + ":" + _digits(at.minute(), 2)


def reference_period(engine: Engine, raw: ir.Column, text: ir.StringValue, formats: Sequence[str]) -> ir.StringValue:
    """ISO 8601 period of a cell: years, quarters and weeks as they are, dates as days, months by their formats."""
    import ibis

    if raw.type().is_temporal():
        return raw.cast("date").cast("string")
    parts = [text.re_extract(_QUARTER, group) for group in (1, 4, 2, 3)]
    quarter = parts[0] + parts[1] + "-Q" + parts[2] + parts[3]
    branches = [(text.re_search(_ISO_PERIOD), text), (text.re_search(_QUARTER), quarter)]
    for pattern in formats:
        at = engine.parsed_time(text, pattern)
        shown = _digits(at.year(), 4) + "-" + _digits(at.month(), 2)
        if "%d" in pattern:
            shown = shown + "-" + _digits(at.day(), 2)
        branches.append((at.notnull(), shown))
    return ibis.cases(*branches)


def _is_whole(number: ir.FloatingValue) -> ir.BooleanValue:
    return (number == number.floor()) & (number.abs() < _LARGEST)


def _exactly_whole(number: ir.FloatingValue) -> ir.IntegerValue:
    import ibis

    return ibis.cases((_is_whole(number), number.cast("int64")))


def _decimal(text: ir.StringValue, sign: str) -> ir.FloatingValue:
    """Number with a decimal sign, thousands apart or not; each pattern is tried where the one before did not fit."""
    import ibis

    other = "," if sign == "." else "."
    grouped = rf"^[+-]?[0-9]{{1,3}}([{_GAPS}{other}][0-9]{{3}})+([{sign}][0-9]+)?$"
    joined = text.re_replace(f"[{_GAPS}{other}]", "").replace(",", ".")
    if sign == ".":
        branches = [(text.re_search(_PLAIN), text.try_cast("float64"))]
    else:
        branches = [
            (text.re_search(r"^[+-]?[0-9]*(,[0-9]+)?$"), text.replace(",", ".").try_cast("float64")),
        ]
    branches.append((text.re_search(grouped), joined.try_cast("float64")))
    return ibis.cases(*branches)


def _digits(number: ir.IntegerValue, width: int) -> ir.StringValue:
    return number.cast("string").lpad(width, "0")
