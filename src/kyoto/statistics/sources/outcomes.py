"""From raw cells to their outcome, one step after the other; the same for cells of a source and for single texts.

``cell_N`` of a table is the raw cell of column N of the source. The steps replace it by ``text_N``, ``value_N``,
``word_N``, ``why_N`` and at last by the outcome; other columns of the table pass through.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kyoto.statistics.sources import cells
from kyoto.statistics.sources.model import ColumnSpec
from kyoto.statistics.sources.samples import has_time
from kyoto.statistics.sources.typing import ColumnTyping
from kyoto.statistics.sources.words import NOT_APPLICABLE_WORDS, UNKNOWN_WORDS, default_map, missing_words

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kyoto.core.engine import Engine

__all__ = ["OUTCOME_COLUMN", "Numbered", "finished"]

Numbered = Sequence[tuple[int, ColumnTyping]]
"""Columns with their number among the columns of the source."""

OUTCOME_COLUMN = re.compile(r"(final|status|why|refused)_[0-9]+")
"""Names of the columns that :func:`finished` adds."""

_TEXT_KINDS = ("identifier", "code", "text")  # every text is a value: none is refused
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


def finished(engine: Engine, table: ir.Table, columns: Numbered) -> ir.Table:
    """Table with the outcome of cells in their place.

    Parameters
    ----------
    engine
        Where the table will be computed.
    table
        Has ``cell_N`` of each of the columns.
    columns
        Columns to type.

    Returns
    -------
    ibis.expr.types.Table
        ``final_N``, the value, and of typed concepts ``status_N`` (``_U``, ``_Z`` or null; not of counts and
        coordinates) and, where a cell can refuse its row, ``why_N`` (``concept: reason`` or null) and ``refused_N``
        (the text of the refused cell).
    """
    if not columns:
        return table
    texts = engine.step(_texts(table, columns))
    parsed = engine.step(_parsed(engine, texts, columns))
    meant = engine.step(_meant(engine, parsed, columns))
    judged = engine.step(_judged(meant, columns))
    return engine.step(_outcome(judged, columns))


def _texts(table: ir.Table, columns: Numbered) -> ir.Table:
    """Step 1: ``text_N``, the trimmed text of a cell; ``cell_N`` stays where it is no text."""
    found = {f"text_{number}": cells.as_text(table[f"cell_{number}"]) for number, _ in columns}
    done = [f"cell_{number}" for number, _ in columns if table[f"cell_{number}"].type().is_string()]
    return table.mutate(**found).drop(*done)


def _parsed(engine: Engine, table: ir.Table, columns: Numbered) -> ir.Table:
    """Step 2: ``value_N``, the typed value, null where the cell has none of its kind."""
    import ibis

    found: dict[str, Any] = {}
    for number, typing in columns:
        text = table[f"text_{number}"]
        if typing.spec.concept.kind in _TEXT_KINDS:
            continue
        raw = table[f"cell_{number}"] if f"cell_{number}" in table.columns else text
        value = _value(engine, raw, text, typing)
        stated = _stated(typing.spec)
        if stated:  # what means unknown is no value, even where it could be one: 99 for an age
            value = ibis.cases((ibis.array(list(stated)).contains(text.lower()), ibis.null(value.type())), else_=value)
        found[f"value_{number}"] = value
    done = [f"cell_{number}" for number, _ in columns if f"cell_{number}" in table.columns]
    return table.mutate(**found).drop(*done)


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


def _meant(engine: Engine, table: ir.Table, columns: Numbered) -> ir.Table:
    """Step 3: words with a meaning: values of text concepts; ``word_N`` (``_U``, ``_Z``, empty) of unread others.

    Words are looked up, not compared one after the other: it costs a fraction, and keeps the order of the rows.
    """
    import pyarrow as pa

    keys = {f"key_{number}": _word_key(table, number, typing) for number, typing in columns}
    found = engine.step(table.mutate(**keys))
    for number, typing in columns:
        outcomes = _outcomes(typing)
        words = pa.table(
            {
                "word": pa.array(outcomes, pa.string()),
                f"outcome_{number}": pa.array([outcome or "" for outcome in outcomes.values()], pa.string()),
            }
        )
        found = engine.look_up(found, f"key_{number}", words, fold=True)
    return found.mutate(**_words_applied(found, columns)).drop(*keys, *(f"outcome_{number}" for number, _ in columns))


def _word_key(table: ir.Table, number: int, typing: ColumnTyping) -> ir.StringValue:
    """Text to look up: of every cell of a text concept, of the unread cells of others."""
    import ibis

    text = table[f"text_{number}"]
    if typing.spec.concept.kind in _TEXT_KINDS:
        return text
    return ibis.cases((table[f"value_{number}"].isnull(), text))


def _words_applied(table: ir.Table, columns: Numbered) -> dict[str, ir.Value]:
    import ibis

    found: dict[str, ir.Value] = {}
    for number, typing in columns:
        outcome = table[f"outcome_{number}"]
        if typing.spec.concept.kind in _TEXT_KINDS:
            found[f"value_{number}"] = ibis.cases((outcome.isnull(), table[f"text_{number}"]), else_=outcome.nullif(""))
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


def _judged(table: ir.Table, columns: Numbered) -> ir.Table:
    """Step 4: ``why_N``, the reason why a cell is refused, or null."""
    import ibis

    found: dict[str, Any] = {}
    for number, typing in columns:
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


def _outcome(table: ir.Table, columns: Numbered) -> ir.Table:
    """Step 5: the value where the cell is not refused, its status, and why it is refused."""
    import ibis

    found: dict[str, Any] = {}
    for number, typing in columns:
        kind, value = typing.spec.concept.kind, table[f"value_{number}"]
        if kind in _TEXT_KINDS:
            found[f"final_{number}"] = value
            continue
        why, status = table[f"why_{number}"], table[f"word_{number}"].nullif("")
        found[f"final_{number}"] = ibis.cases((why.isnull(), value))
        if typing.spec.invalid == "unknown" and kind != "count":
            status = ibis.cases((why.notnull(), "_U"), else_=status)
        else:
            found[f"refused_{number}"] = ibis.cases((why.notnull(), table[f"text_{number}"].fill_null("")))
        if kind not in _NO_STATUS:
            found[f"status_{number}"] = status
    done = {f"{step}_{number}" for number, _ in columns for step in ("text", "value", "word")}
    done |= {f"why_{number}" for number, _ in columns if f"refused_{number}" not in found}
    return table.mutate(**found).drop(*(name for name in table.columns if name in done))
