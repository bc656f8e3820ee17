"""Cells of one column as Ibis expressions: raw value in; typed value, status and reason of rejection out.

Every function builds an expression and computes nothing, so both engines give the same. What is dear (words,
separators) stands in branches that an engine takes only for the few cells that need it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kyoto.statistics.sources.model import ColumnSpec
from kyoto.statistics.sources.words import NOT_APPLICABLE_WORDS, UNKNOWN_WORDS, default_map, missing_words

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kyoto.core.engine import Engine

__all__ = ["Cell", "as_text", "text_cell", "typed_cell"]

# separators of thousands: blank, no-break and narrow no-break blank, apostrophe
_GAPS = " '\u00a0\u202f\u2019"
_PLAIN = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
_LARGEST = 10**15


@dataclass(frozen=True, slots=True)
class Cell:
    """Expressions of one concept.

    Parameters
    ----------
    value
        Typed value; null where it is missing, unknown, not applicable or rejected.
    status
        ``_U``, ``_Z`` or null; None where the concept has no status column.
    bad
        True where the cell rejects its row; None where no cell can.
    reason
        Why, where ``bad``.
    text
        The cell as it stood in the source.
    """

    value: ir.Value
    status: ir.StringValue | None
    bad: ir.BooleanValue | None
    reason: ir.StringValue | None
    text: ir.StringValue


def as_text(raw: ir.Column) -> ir.StringValue:
    """Text of a raw cell of any type, without blanks around it; null where nothing is left.

    Whole numbers that a file holds as decimals lose their ``.0``: a code 7 is ``7``.
    """
    import ibis

    kind = raw.type()
    if kind.is_string():
        return raw.strip().nullif("")
    if kind.is_floating() or kind.is_decimal():
        number = raw.cast("float64")
        whole = (number == number.floor()) & (number.abs() < _LARGEST)
        return ibis.cases(
            (number.isnan(), ibis.null(str)), (whole, number.cast("int64").cast("string")), else_=raw.cast("string")
        )
    return raw.cast("string")


def text_cell(raw: ir.Column, spec: ColumnSpec, values: dict[str, str]) -> Cell:
    """Cell of an identifier, code or free text.

    Parameters
    ----------
    raw
        Column of the source.
    spec
        Its description.
    values
        Source value and code, from the value list and the map of the description.
    """
    text = as_text(raw)
    outcomes = _outcomes(spec, values)
    value = _looked_up(text, outcomes)
    return Cell(value, None, None, None, text)


def _outcomes(spec: ColumnSpec, values: dict[str, str]) -> dict[str, str | None]:
    """Outcome of every word with a meaning, in lower case; what the project states comes last and wins."""
    found: dict[str, str | None] = dict.fromkeys(missing_words(spec.name), None)
    found |= dict.fromkeys(UNKNOWN_WORDS, "_U")
    found |= dict.fromkeys(NOT_APPLICABLE_WORDS, "_Z")
    found |= default_map(spec.name)
    found |= {source.strip().lower(): code for source, code in values.items()}
    for words, outcome in ((spec.missing, None), (spec.unknown, "_U"), (spec.not_applicable, "_Z")):
        found |= {word.strip().lower(): outcome for word in words}
    return found


def _looked_up(text: ir.StringValue, outcomes: dict[str, str | None]) -> ir.StringValue:
    """Outcome of a text, or the text itself; one comparison with a list for each outcome."""
    import ibis

    lower = text.lower()
    by_outcome: dict[str | None, list[str]] = {}
    for word, outcome in outcomes.items():
        by_outcome.setdefault(outcome, []).append(word)
    branches = [
        (lower.isin(words), ibis.null(str) if outcome is None else ibis.literal(outcome))
        for outcome, words in by_outcome.items()
    ]
    return ibis.cases(*branches, else_=text)


def typed_cell(raw: ir.Column, spec: ColumnSpec, parsed: ir.Value, expected: str) -> Cell:
    """Cell of a number, date, period or time.

    Parameters
    ----------
    raw
        Column of the source.
    spec
        Its description.
    parsed
        Typed value, null where it cannot be typed.
    expected
        What a cell should have been, for the reason: ``a whole number``.
    """
    import ibis

    text = as_text(raw)
    word = text.lower()
    stated = _stated(spec)
    status = _status_of(word, stated)
    value = ibis.cases((word.isin(list(stated)), ibis.null(parsed.type())), else_=parsed) if stated else parsed
    ignored = word.isin([*missing_words(spec.name), *(w.lower() for w in spec.missing)])
    untyped = value.isnull() & text.notnull() & (status.isnull() & ~ignored)
    problems = [(untyped, f"not {expected}"), *_range_problems(value, spec)]
    if spec.concept.kind == "count":
        problems.append((text.isnull() | (value.isnull() & ~untyped), "missing"))
    bad = problems[0][0]
    for condition, _ in problems[1:]:
        bad = bad | condition.fill_null(False)
    reason = ibis.cases(*((condition, f"{spec.name}: {why}") for condition, why in problems))
    status = ibis.cases((value.isnull() & text.notnull(), status))
    good = ibis.cases((bad, ibis.null(parsed.type())), else_=value) if len(problems) > 1 else value
    if spec.invalid == "unknown" and spec.concept.kind != "count":
        return Cell(good, ibis.cases((bad, "_U"), else_=status), None, None, text)
    keeps_status = spec.concept.kind not in ("count", "longitude", "latitude")
    has_status = keeps_status and (raw.type().is_string() or bool(stated))
    return Cell(good, status if has_status else None, bad, reason, text)


def _stated(spec: ColumnSpec) -> dict[str, str]:
    """Words that the description itself gives a status, which therefore are no values."""
    found = {word.strip().lower(): "_U" for word in spec.unknown}
    found |= {word.strip().lower(): "_Z" for word in spec.not_applicable}
    return found | {source.strip().lower(): code for source, code in spec.values if code in ("_U", "_Z")}


def _status_of(word: ir.StringValue, stated: dict[str, str]) -> ir.StringValue:
    import ibis

    words = dict.fromkeys(UNKNOWN_WORDS, "_U") | dict.fromkeys(NOT_APPLICABLE_WORDS, "_Z") | stated
    branches = [
        (word.isin([w for w, outcome in words.items() if outcome == status]), status) for status in ("_U", "_Z")
    ]
    return ibis.cases(*branches)


def _range_problems(value: ir.Value, spec: ColumnSpec) -> list[tuple[ir.BooleanValue, str]]:
    if value.type().is_temporal():
        return [(value.year() < 1800, "before 1800"), (value.year() > 2100, "after 2100")]
    if not value.type().is_numeric():
        return []
    least = 0.0 if spec.concept.kind == "count" else spec.minimum
    found = []
    if least is not None:
        found.append((value < least, f"below {least:g}"))
    if spec.maximum is not None:
        found.append((value > spec.maximum, f"above {spec.maximum:g}"))
    return found


def whole_number(raw: ir.Column, sign: str) -> ir.IntegerValue:
    """Whole number of a cell, null where it is none."""
    import ibis

    kind = raw.type()
    if kind.is_integer():
        return raw.cast("int64")
    if kind.is_string():
        text = as_text(raw)
        quick = text.try_cast("int64")
        return ibis.cases((quick.cast("string") == text, quick), else_=_exactly_whole(_decimal(text, sign)))
    if kind.is_numeric():
        return _exactly_whole(raw.cast("float64"))
    return ibis.null("int64")


def decimal_number(raw: ir.Column, sign: str) -> ir.FloatingValue:
    """Number of a cell, null where it is none."""
    import ibis

    kind = raw.type()
    if kind.is_string():
        return _decimal(as_text(raw), sign)
    if kind.is_numeric():
        number = raw.cast("float64")
        return ibis.cases((number.isnan() | number.isinf(), ibis.null("float64")), else_=number)
    return ibis.null("float64")


def _exactly_whole(number: ir.FloatingValue) -> ir.IntegerValue:
    import ibis

    whole = (number == number.floor()) & (number.abs() < _LARGEST)
    return ibis.cases((whole, number.cast("int64")))


def _decimal(text: ir.StringValue, sign: str) -> ir.FloatingValue:
    """Number with a decimal sign, thousands apart or not. Each pattern is tried where the one before did not fit."""
    import ibis

    other = "," if sign == "." else "."
    grouped = rf"^[+-]?[0-9]{{1,3}}([{_GAPS}{other}][0-9]{{3}})+([{sign}][0-9]+)?$"
    joined = text.re_replace(f"[{_GAPS}{other}]", "")
    branches = []
    if sign == ".":
        branches.append((text.re_search(_PLAIN), text.try_cast("float64")))
    else:
        joined = joined.replace(",", ".")
        branches.append((text.re_search(r"^[+-]?[0-9]+$"), text.try_cast("float64")))
        branches.append((text.re_search(r"^[+-]?[0-9]*,[0-9]+$"), text.replace(",", ".").try_cast("float64")))
    branches.append((text.re_search(grouped), joined.try_cast("float64")))
    return ibis.cases(*branches)


def moment(engine: Engine, raw: ir.Column, formats: tuple[str, ...], timed: bool) -> ir.Value:
    """Date (or timestamp, if ``timed``) of a cell by the first format that fits."""
    import ibis

    kind = raw.type()
    target = "timestamp" if timed else "date"
    if kind.is_date() or kind.is_timestamp():
        return raw.cast(target)
    text = as_text(raw)
    tried = [engine.parsed_time(text, pattern) for pattern in formats]
    return (tried[0] if len(tried) == 1 else ibis.coalesce(*tried)).cast(target)


def clock(engine: Engine, raw: ir.Column, formats: tuple[str, ...]) -> ir.StringValue:
    """Time of day ``HH:MM`` of a cell."""
    import ibis

    if raw.type().is_time() or raw.type().is_timestamp():
        return _two_digits(raw.hour()) + ":" + _two_digits(raw.minute())
    text = as_text(raw)
    tried = [engine.parsed_time(text, pattern) for pattern in formats]
    at = tried[0] if len(tried) == 1 else ibis.coalesce(*tried)
    return _two_digits(at.hour()) + ":" + _two_digits(at.minute())


ISO_PERIOD = r"^[12][0-9]{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?|-Q[1-4]|-W(0[1-9]|[1-4][0-9]|5[0-3]))?$"
_QUARTER = r"^(?:([12][0-9]{3})[ /-]?[QqTt]([1-4])|[QqTt]([1-4])[ /-]?([12][0-9]{3}))$"


def reference_period(engine: Engine, raw: ir.Column, formats: tuple[str, ...]) -> ir.StringValue:
    """ISO 8601 period of a cell: years, quarters and weeks as they are, dates as days, months by their formats."""
    import ibis

    if raw.type().is_date() or raw.type().is_timestamp():
        return raw.cast("date").cast("string")
    text = as_text(raw)
    quarter = (
        text.re_extract(_QUARTER, 1)
        + text.re_extract(_QUARTER, 4)
        + "-Q"
        + text.re_extract(_QUARTER, 2)
        + text.re_extract(_QUARTER, 3)
    )
    branches = [(text.re_search(ISO_PERIOD), text), (text.re_search(_QUARTER), quarter)]
    for pattern in formats:
        at = engine.parsed_time(text, pattern)
        shown = _four_digits(at.year()) + "-" + _two_digits(at.month())
        if "%d" in pattern:
            shown = shown + "-" + _two_digits(at.day())
        branches.append((at.notnull(), shown))
    return ibis.cases(*branches)


def _two_digits(number: ir.IntegerValue) -> ir.StringValue:
    return number.cast("string").lpad(2, "0")


def _four_digits(number: ir.IntegerValue) -> ir.StringValue:
    return number.cast("string").lpad(4, "0")
