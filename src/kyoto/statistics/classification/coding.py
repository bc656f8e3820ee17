"""Giving records their ICCS code: one hash join, and CASE expressions only where a table asks for them.

The lookup has one row for each spelling of a national code or title. Wildcards are tried only for records that the
join missed; conditions branch over the distinct plans of the correspondence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kyoto.core.errors import KyotoError, did_you_mean
from kyoto.statistics.classification.engines import without_blanks
from kyoto.statistics.classification.lookup import NO_LINK, UNMAPPED, Lookup, alternatives
from kyoto.statistics.classification.model import Correspondence, Finding
from kyoto.statistics.conditions import parse_condition

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

    from kyoto.core.engine import Engine

__all__ = ["Split", "alternatives_of", "coded", "decided", "splits", "undecidable"]

_KEY, _SPELLING, _SLOT = "_kyoto_key", "_kyoto_spelling", "_kyoto_slot"
_MINE = "_kyoto_"


@dataclass(frozen=True, slots=True)
class Split:
    """Share of the records with a link number that belongs to a class."""

    link: int
    iccs: str
    weight: float


def splits(correspondence: Correspondence) -> tuple[Split, ...]:
    """How the records of each weighted link are divided over classes.

    Returns
    -------
    tuple of Split
        Only links that are divided; the weights of one link number sum to 1.

    Examples
    --------
    >>> from kyoto.statistics.classification import Correspondence, Link
    >>> table = Correspondence("t", "", "", (
    ...     Link("7", "Vehicle theft", "", "050211", "broader", weight=0.8),
    ...     Link("7", "Vehicle theft", "", "050212", "broader", weight=0.2)))
    >>> [(split.link, split.iccs, split.weight) for split in splits(table)]
    [(0, '050211', 0.8), (0, '050212', 0.2)]
    """
    return tuple(
        Split(alternative.links[0], correspondence.links[number].observed, correspondence.links[number].weight or 0.0)
        for code in correspondence.groups
        for alternative in alternatives(correspondence, code)
        if len(alternative.links) > 1
        for number in alternative.links
    )


def undecidable(correspondence: Correspondence, columns: Iterable[str]) -> tuple[Finding, ...]:
    """Conditions that name a column the records do not have: their links are never used.

    Parameters
    ----------
    columns
        Columns of the records.

    Returns
    -------
    tuple of Finding
        One a condition, ``correspondence.undecidable-condition``; ``national_code`` lists the codes it stands at.
    """
    known = tuple(columns)
    codes: dict[str, list[str]] = {}
    for link in correspondence.links:
        if link.condition and parse_condition(link.condition).missing_names(known):
            codes.setdefault(link.condition, []).append(link.national_code)
    return tuple(_undecidable(condition, named, known) for condition, named in codes.items())


def coded(table: ir.Table, column: str, correspondence: Correspondence, *, engine: Engine | None = None) -> ir.Table:
    """Add the columns ``iccs`` and ``link`` to records.

    Parameters
    ----------
    table
        Ibis table of records, on any engine.
    column
        Column that holds national codes or titles. Blanks around them do not matter, nor does upper or lower case
        unless the correspondence has codes that differ by case alone.
    correspondence
        The table to code by.
    engine
        Engine of the table. With it the records keep their order, which is how a figure is traced back to the lines
        of its source; without it they are joined with the correspondence, which promises no order.

    Returns
    -------
    ibis.expr.types.Table
        The same rows with ``iccs`` (text: a class, ``_Z`` outside ICCS, ``_U`` not mapped or too wide) and ``link``
        (int32: position of the link used, the first of its group for weighted links; null where not mapped).
        Columns of these names that the records already had are replaced.

    Raises
    ------
    KyotoError
        ``coding.unknown-column``.

    Examples
    --------
    >>> import ibis
    >>> from kyoto.statistics.classification import coded, correspondence
    >>> records = ibis.memtable({"offence": ["Bicycle theft", "robbery", "Witchcraft"]})
    >>> coded(records, "offence", correspondence("uk-police")).order_by("offence").iccs.execute().tolist()
    ['050229', '_U', '0401']
    """
    if column not in table.columns:
        raise KyotoError(
            f"The records have no column {column!r}",
            code="coding.unknown-column",
            got=column,
            hint=did_you_mean(column, table.columns),
        )
    lookup = Lookup(correspondence, table.columns)
    return decided(alternatives_of(table, column, lookup, engine=engine), lookup)


def alternatives_of(table: ir.Table, column: str, lookup: Lookup, *, engine: Engine | None = None) -> ir.Table:
    """Add what a national code or title may become: the part of coding that depends on its text alone.

    Parameters
    ----------
    table, column, engine
        As :func:`coded` takes them; a table of distinct texts will do.
    lookup
        The correspondence as the records see it.

    Returns
    -------
    ibis.expr.types.Table
        The same rows with columns that begin with ``_kyoto_``, for :func:`decided`.
    """
    import ibis

    keyed = table.mutate(**{_KEY: _normal(table[column].cast("string"), lookup.fold)})
    wide = _by_pattern(keyed, lookup, engine) if lookup.patterns else _by_spelling(keyed, lookup, engine)
    filled: dict[str, ir.Value] = {f"{_MINE}plan": wide[f"{_MINE}plan"].fill_null(0)}
    for n in range(lookup.width):
        filled[f"{_MINE}link_{n}"] = wide[f"{_MINE}link_{n}"].nullif(NO_LINK).cast("int32")
        filled[f"{_MINE}iccs_{n}"] = ibis.coalesce(wide[f"{_MINE}iccs_{n}"], UNMAPPED)
    return wide.select(*table.columns, **filled)


def _normal(text: ir.StringValue, fold: bool) -> ir.StringValue:
    stripped = without_blanks(text)
    return stripped.lower() if fold else stripped


def _by_spelling(keyed: ir.Table, lookup: Lookup, engine: Engine | None) -> ir.Table:
    """Records with the outcome of their spelling; null where it is not in the lookup."""
    outcomes = [_outcome(lookup, code) for code in lookup.slots]
    rows = [{_SPELLING: key, **outcomes[slot]} for key, slot in lookup.keys.items()]
    return _looked_up(keyed, _KEY, _small(rows, {_SPELLING: "string", **_outcome_schema(lookup)}), engine)


def _by_pattern(keyed: ir.Table, lookup: Lookup, engine: Engine | None) -> ir.Table:
    """The same for tables with wildcards: spelling or else pattern gives a slot, the slot gives the outcome."""
    import ibis

    rows = [{_SPELLING: key, "_kyoto_found": slot} for key, slot in lookup.keys.items()]
    small = _small(rows, {_SPELLING: "string", "_kyoto_found": "int32"})
    found = _looked_up(keyed, _KEY, small, engine)
    by_pattern = ibis.cases(
        *(
            (_like(found[_KEY], pattern.like, pattern.regex, lookup.fold), lookup.slots[pattern.code])
            for pattern in lookup.patterns
        ),
    )
    wanted = ibis.coalesce(found["_kyoto_found"], by_pattern).cast("int32").cast("string")
    outcomes = [{_SLOT: str(slot), **_outcome(lookup, code)} for code, slot in lookup.slots.items()]
    small = _small(outcomes, {_SLOT: "string", **_outcome_schema(lookup)})
    return _looked_up(found.mutate(_kyoto_wanted=wanted), "_kyoto_wanted", small, engine)


def _looked_up(table: ir.Table, key: str, rows: pa.Table, engine: Engine | None) -> ir.Table:
    """Records with what a small table says of their key; null where it has no such key."""
    if engine is not None:
        return engine.look_up(table, key, rows)
    import ibis

    small = ibis.memtable(rows)
    return table.left_join(small, table[key] == small[rows.column_names[0]])


def decided(table: ir.Table, lookup: Lookup, engine: Engine | None = None, *, held: bool = False) -> ir.Table:
    """Choose among the alternatives of each record by its plan: the columns ``iccs`` and ``link`` take their place.

    Parameters
    ----------
    table
        Records with what :func:`alternatives_of` added.
    lookup
        The same that it was given.
    engine
        Engine of the table, which may hold the codes as numbers.
    held
        Whether it does so already: the outcomes were looked up in a complete list.
    """
    import ibis

    branches = [
        (table[f"{_MINE}plan"] == number, _first_that_holds(table, number, lookup))
        for number in range(1, len(lookup.plans))
    ]
    kept = [name for name in table.columns if not name.startswith(_MINE) and name not in ("iccs", "link")]
    link, iccs = table[f"{_MINE}link_0"], table[f"{_MINE}iccs_0"]
    if branches:
        table = table.mutate(_kyoto_chosen=ibis.cases(*branches, else_=0))
        chosen = table["_kyoto_chosen"]
        link = ibis.cases(*((chosen == n, table[f"{_MINE}link_{n}"]) for n in range(lookup.width)))
        iccs = ibis.cases(*((chosen == n, table[f"{_MINE}iccs_{n}"]) for n in range(lookup.width)))
    if engine is not None and (branches or not held):
        iccs = engine.enumerated(iccs, lookup.classes)
    return table.select(*kept, iccs=iccs, link=link)


def _first_that_holds(wide: ir.Table, plan: int, lookup: Lookup) -> ir.IntegerValue:
    import ibis

    conditions = lookup.plans[plan]
    tried = [(condition.expression(wide), position) for position, condition in enumerate(conditions)]
    return ibis.cases(*tried, else_=len(conditions))


def _like(key: ir.StringValue, like: str, regex: str, fold: bool) -> ir.BooleanValue:
    if like:
        return key.like(like.lower() if fold else like)
    return key.re_search(regex.lower() if fold else regex)


def _outcome(lookup: Lookup, code: str) -> dict[str, int | str]:
    return {f"{_MINE}{name}": value for name, value in lookup.outcome(code).items()}


def _outcome_schema(lookup: Lookup) -> dict[str, str]:
    schema = {f"{_MINE}plan": "int32"}
    for position in range(lookup.width):
        schema |= {f"{_MINE}link_{position}": "int32", f"{_MINE}iccs_{position}": "string"}
    return schema


def _small(rows: Sequence[Mapping[str, object]], schema: dict[str, str]) -> pa.Table:
    """Small table that the records are looked up in."""
    import pyarrow as pa

    kinds = {"string": pa.string(), "int32": pa.int32()}
    return pa.Table.from_pylist(list(rows), schema=pa.schema([(name, kinds[kind]) for name, kind in schema.items()]))


def _undecidable(condition: str, codes: list[str], columns: tuple[str, ...]) -> Finding:
    missing = ", ".join(repr(name) for name in parse_condition(condition).missing_names(columns))
    return Finding(
        severity="warning",
        code="correspondence.undecidable-condition",
        line=None,
        national_code=", ".join(dict.fromkeys(codes)),
        message=f"The condition {condition!r} cannot be decided: the records have no column {missing}",
        hint="Map a column of the source to this concept; until then the next link of the code is used.",
    )
