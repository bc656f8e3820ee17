"""Looking texts up, as DuckDB's SQL: texts compared with keys, keys cast to enumerations, lists and literals.

The column that is looked up is called ``given``: these texts are bodies of macros.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["by_length", "cast_sql", "compared_sql", "list_sql", "literal_sql", "quoted"]

_FEW_TEXTS = 6
_CASED = 0x2200  # below it stand the signs, such as that of Kelvin, whose lower case has another upper case


def by_length(keys: Sequence[str]) -> dict[int, dict[str, int]]:
    """Place of each key, counted from 1, by length."""
    found: dict[int, dict[str, int]] = {}
    for place, key in enumerate(keys, start=1):
        found.setdefault(len(key), {})[key] = place
    return found


def compared_sql(by_length: Mapping[int, Mapping[str, int]], text: str) -> str:
    """SQL that compares a text with the keys of its own length; case is folded only where the length fits."""
    branches = (
        f"WHEN {length} THEN CASE {text} "
        + " ".join(f"WHEN {quoted(key)} THEN {place}" for key, place in places.items())
        + " END"
        for length, places in sorted(by_length.items())
    )
    found = f"CASE length(given) {' '.join(branches)} END"
    keys = [key for places in by_length.values() for key in places]
    # few texts begin like a key, and identifiers end in a digit where words do not: each costs a part of comparing.
    # Beginnings are bits of a number, by the last six bits of their sign: a list of them would become a join
    begins = sum({1 << (sign & 63) for sign in _beginnings(keys)})
    cannot = [f"(({begins - (begins >> 63 << 64)})::BIGINT >> (unicode(given) & 63)) & 1 = 0"]
    if not any(key[-1:].isdigit() for key in keys):
        cannot += [f"suffix(given, '{digit}')" for digit in range(10)]
    return f"CASE {' '.join(f'WHEN {condition} THEN NULL' for condition in cannot)} ELSE {found} END"


def _beginnings(keys: Sequence[str]) -> set[int]:
    """Code points of the signs with which a text may begin that is one of the keys, in any case."""
    first = {key[:1] for key in keys}
    other = {each.upper() for each in first} | {each for each in map(chr, range(_CASED)) if each.lower()[:1] in first}
    return {ord(each) if each else -1 for each in first | other if len(each) < 2}


def quoted(value: object) -> str:
    """SQL literal."""
    if isinstance(value, float):  # a bare one is read as a decimal, and a list of them as decimals of one scale
        return f"'{value!r}'::DOUBLE"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def list_sql(values: Sequence[Any], held: str) -> str:
    """SQL of a list."""
    return f"[{', '.join('NULL' if value is None else quoted(value) for value in values)}]::{held}[]"


def cast_sql(keys: Sequence[str], enumeration: str) -> str:
    """SQL that casts a text to an enumeration; of few texts, comparing costs a third of searching."""
    cast = f"CAST(given AS {enumeration})"
    if len(keys) > _FEW_TEXTS:
        return cast
    branches = "".join(f"WHEN given = {quoted(key)} THEN {literal_sql(key, enumeration)} " for key in keys)
    return f"CASE {branches}ELSE {cast} END" if keys else cast


def literal_sql(value: object, held: str) -> str:
    """SQL literal of a type."""
    return f"{'NULL' if value is None else quoted(value)}::{held}"
