"""From raw cells to records: every mapped column typed, every row kept, every refusal with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kyoto.statistics.sources import cells
from kyoto.statistics.sources.dialect import cleaned_name
from kyoto.statistics.sources.model import ColumnSpec, RawSource, SourceSpec
from kyoto.statistics.sources.samples import has_time
from kyoto.statistics.sources.typing import ColumnTyping, Typings, column_typings
from kyoto.statistics.sources.words import NOT_APPLICABLE_WORDS, UNKNOWN_WORDS, default_map, missing_words

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kyoto.core.engine import Engine

__all__ = ["VALUE_SEPARATOR", "typed"]

VALUE_SEPARATOR = "\x1f"
"""Stands between the source values of several rejected cells of a row, in ``rejected_values``."""

_TEXT_KINDS = ("identifier", "code", "text")
_NO_STATUS = ("count", "longitude", "latitude")
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
    columns = (typings or column_typings(engine, raw, spec)).columns
    texts = engine.step(_texts(raw.table, columns))
    parsed = engine.step(_parsed(engine, texts, columns))
    meant = engine.step(_meant(engine, parsed, columns))
    judged = engine.step(_judged(meant, columns))
    return _records(judged, columns)


def _texts(table: ir.Table, columns: tuple[ColumnTyping, ...]) -> ir.Table:
    """Step 1: ``raw_N``, the cell as it is, and ``text_N``, its trimmed text."""
    found: dict[str, Any] = {"file": table.file}
    for number, typing in enumerate(columns):
        raw = table[cleaned_name(typing.spec.column)]
        found[f"text_{number}"] = cells.as_text(raw)
        if not raw.type().is_string():
            found[f"raw_{number}"] = raw
    return table.select(**found)


def _parsed(engine: Engine, table: ir.Table, columns: tuple[ColumnTyping, ...]) -> ir.Table:
    """Step 2: ``value_N``, the typed value, null where the cell has none of its kind."""
    import ibis

    found: dict[str, Any] = {}
    for number, typing in enumerate(columns):
        text = table[f"text_{number}"]
        if typing.spec.concept.kind in _TEXT_KINDS:
            continue
        raw = table[f"raw_{number}"] if f"raw_{number}" in table.columns else text
        value = _value(engine, raw, text, typing)
        stated = _stated(typing.spec)
        if stated:  # what means unknown is no value, even where it could be one: 99 for an age
            value = ibis.cases((ibis.array(list(stated)).contains(text.lower()), ibis.null(value.type())), else_=value)
        found[f"value_{number}"] = value
    kept = [name for name in table.columns if not name.startswith("raw_")]
    return table.select(*kept, **found)


def _value(engine: Engine, raw: ir.Column, text: ir.StringValue, typing: ColumnTyping) -> ir.Value:
    kind = typing.spec.concept.kind
    if kind in ("whole", "count"):
        return cells.whole_number(raw, text, typing.decimal)
    if kind in ("decimal", "longitude", "latitude"):
        return cells.decimal_number(raw, text, typing.decimal)
    if kind == "time":
        return cells.clock(engine, raw, text, typing.formats)
    if kind == "period":
        return cells.reference_period(engine, raw, text, typing.formats)
    timed = raw.type().is_timestamp() or any(has_time(pattern) for pattern in typing.formats)
    return cells.moment(engine, raw, text, typing.formats, timed)


def _meant(engine: Engine, table: ir.Table, columns: tuple[ColumnTyping, ...]) -> ir.Table:
    """Step 3: words with a meaning: values of text concepts; ``word_N`` (``_U``, ``_Z``, empty) of unread others.

    Words are looked up, not compared one after the other: it costs a fraction, and keeps the order of the rows.
    """
    import pyarrow as pa

    keys = {f"key_{number}": _word_key(table, number, typing) for number, typing in enumerate(columns)}
    found = engine.step(table.mutate(**keys))
    for number, typing in enumerate(columns):
        outcomes = _outcomes(typing)
        words = pa.table(
            {
                "word": pa.array(outcomes, pa.string()),
                f"outcome_{number}": pa.array([outcome or "" for outcome in outcomes.values()], pa.string()),
            }
        )
        found = engine.look_up(found, f"key_{number}", words, fold=True)
    return found.mutate(**_words_applied(found, columns)).drop(*keys, *(f"outcome_{n}" for n in range(len(columns))))


def _word_key(table: ir.Table, number: int, typing: ColumnTyping) -> ir.StringValue:
    """Text to look up: of every cell of a text concept, of the unread cells of others."""
    import ibis

    text = table[f"text_{number}"]
    if typing.spec.concept.kind in _TEXT_KINDS:
        return text
    return ibis.cases((table[f"value_{number}"].isnull(), text))


def _words_applied(table: ir.Table, columns: tuple[ColumnTyping, ...]) -> dict[str, ir.Value]:
    import ibis

    found: dict[str, ir.Value] = {}
    for number, typing in enumerate(columns):
        outcome = table[f"outcome_{number}"]
        if typing.spec.concept.kind in _TEXT_KINDS:
            found[f"value_{number}"] = ibis.coalesce(outcome, table[f"text_{number}"]).nullif("")
        else:
            found[f"word_{number}"] = outcome
    return found


def _outcomes(typing: ColumnTyping) -> dict[str, str | None]:
    """Outcome of every word with a meaning, in lower case; what the project states comes last and wins."""
    spec = typing.spec
    found: dict[str, str | None] = dict.fromkeys(missing_words(spec.name), None)
    found |= dict.fromkeys(UNKNOWN_WORDS, "_U") | dict.fromkeys(NOT_APPLICABLE_WORDS, "_Z")
    if spec.concept.kind in _TEXT_KINDS:
        found |= default_map(spec.name)
    if spec.concept.kind in _TEXT_KINDS:
        found |= {source.strip().lower(): code for source, code in typing.values}
    found |= {word.strip().lower(): None for word in spec.missing}
    return found | _stated(spec)


def _stated(spec: ColumnSpec) -> dict[str, str]:
    """Words that the description itself calls unknown or not applicable."""
    found = {word.strip().lower(): "_U" for word in spec.unknown}
    found |= {word.strip().lower(): "_Z" for word in spec.not_applicable}
    return found | {source.strip().lower(): code for source, code in spec.values if code in ("_U", "_Z")}


def _judged(table: ir.Table, columns: tuple[ColumnTyping, ...]) -> ir.Table:
    """Step 4: ``why_N``, the reason why a cell is refused, or null."""
    import ibis

    found: dict[str, Any] = {}
    for number, typing in enumerate(columns):
        spec = typing.spec
        if spec.concept.kind in _TEXT_KINDS:
            continue
        value, text, word = table[f"value_{number}"], table[f"text_{number}"], table[f"word_{number}"]
        unread = value.isnull() & text.notnull() & word.isnull()
        problems = [(unread, f"not {_EXPECTED[spec.concept.kind]}"), *_range_problems(value, spec)]
        if spec.concept.kind == "count":
            problems.append((value.isnull(), "missing"))
        found[f"why_{number}"] = ibis.cases(*((condition, f"{spec.name}: {why}") for condition, why in problems))
    return table.mutate(**found)


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


def _records(table: ir.Table, columns: tuple[ColumnTyping, ...]) -> ir.Table:
    """Step 5: the record."""
    import ibis

    found: dict[str, Any] = {"file": table.file}
    whys: list[tuple[ir.StringValue, ir.StringValue]] = []
    for number, typing in enumerate(columns):
        name, kind, value = typing.spec.name, typing.spec.concept.kind, table[f"value_{number}"]
        if kind in _TEXT_KINDS:
            found[name] = value
            continue
        why, status = table[f"why_{number}"], table[f"word_{number}"].nullif("")
        found[name] = ibis.cases((why.isnull(), value))
        if typing.spec.invalid == "unknown" and kind != "count":
            status = ibis.cases((why.notnull(), "_U"), else_=status)
        else:
            whys.append((why, table[f"text_{number}"]))
        if kind not in _NO_STATUS:
            found[f"{name}_status"] = status
    if not whys:
        return table.select(**found, rejected=ibis.null(str), rejected_values=ibis.null(str))
    # joined texts skip nulls, and are put together only for the rows that need them
    refused = ibis.coalesce(*(why for why, _ in whys)).notnull()
    reasons = ibis.literal("; ").join([why for why, _ in whys])
    values = ibis.literal(VALUE_SEPARATOR).join([ibis.cases((why.notnull(), text.fill_null(""))) for why, text in whys])
    return table.select(**found, rejected=ibis.cases((refused, reasons)), rejected_values=ibis.cases((refused, values)))
