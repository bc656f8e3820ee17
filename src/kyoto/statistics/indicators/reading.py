"""Reading indicators: one parser for the registry and for those of a project, every problem in one pass."""

from __future__ import annotations

from kyoto.core.errors import KyotoError, did_you_mean
from kyoto.core.project import Section
from kyoto.statistics.classification import iccs
from kyoto.statistics.conditions import parse_condition
from kyoto.statistics.indicators.model import SOURCE_TYPES, Count, Denominator, Households, Indicator, Persons
from kyoto.statistics.observations import TOTAL
from kyoto.statistics.tables.labels import parse_age
from kyoto.statistics.tables.model import Dimension, parse_dimension
from kyoto.statistics.units import COUNTING_UNITS

__all__ = ["read_dimensions", "read_indicator"]

_SEXES = (TOTAL, "F", "M")
_ATTEMPTS = ("inside", "excluded")
_DENOMINATORS = ("population", "households")


def read_indicator(section: Section, *, own: bool) -> Indicator:
    """Read one indicator; what is wrong with it goes to the section's collector.

    Parameters
    ----------
    section
        Table of the registry, or ``[indicators.own.NAME]`` of a project.
    own
        Whether the project declares it.

    Returns
    -------
    Indicator
        Complete only if the section's problems stay empty.
    """
    section.require("title", *(["numerator"] if own else []))
    multiplier = section.number("multiplier", 1.0) or 0.0
    if multiplier <= 0:
        section.wrong("multiplier", "The multiplier is not above 0", expected="for example 100 or 100000")
    denominator = _denominator(section)
    indicator = Indicator(
        code=section.name,
        title=section.text("title", ""),
        numerator=_count(section.table("numerator")) if "numerator" in section else None,
        denominator=denominator,
        multiplier=multiplier,
        unit=section.text("unit", _unit(denominator, multiplier)),
        by=read_dimensions(section, "by"),
        disaggregations=section.texts("disaggregations"),
        iccs=_codes(section),
        custodian=section.texts("custodian"),
        series=section.texts("series"),
        source_type=section.text("source_type", "administrative", choices=SOURCE_TYPES),
        needs=section.text("needs", ""),
        note=section.text("note", ""),
        own=own,
    )
    section.finish()
    return indicator


def read_dimensions(section: Section, key: str) -> tuple[Dimension, ...]:
    """Disaggregations at ``key``, as in the ``by`` of a table."""
    found = []
    for text in section.texts(key):
        try:
            found.append(parse_dimension(text))
        except KyotoError as error:
            section.wrong(key, error.title, expected=error.expected, got=error.got or text, hint=error.hint)
    return tuple(found)


def _count(section: Section) -> Count:
    """Read ``{ unit = "victim", iccs = [...], sex = "F", where = "...", attempts = "excluded" }``."""
    section.require("unit")
    count = Count(
        unit=section.text("unit", "", choices=COUNTING_UNITS),
        iccs=_codes(section),
        sex=section.text("sex", TOTAL, choices=_SEXES),
        where=section.texts("where"),
        attempts=section.text("attempts", "inside", choices=_ATTEMPTS),
    )
    for text in count.where:
        try:
            parse_condition(text)
        except KyotoError as error:
            section.wrong("where", error.title, expected=error.expected, got=error.got, detail=error.detail)
    section.finish()
    return count


def _codes(section: Section) -> tuple[str, ...]:
    """ICCS classes at ``iccs``, each in its canonical spelling."""
    found = []
    for code in section.texts("iccs"):
        try:
            found.append(iccs().get(code).code)
        except KyotoError as error:
            section.wrong("iccs", error.title, expected=error.expected, hint=error.hint)
    return tuple(found)


def _denominator(section: Section) -> Denominator | None:
    """Read a denominator: a word, ``{ population = {...} }`` or ``{ count = {...} }``."""
    value = section.raw("denominator")
    if value is None:
        return None
    if isinstance(value, str):
        return _named_denominator(section, value)
    if not isinstance(value, dict) or len(value) != 1 or next(iter(value)) not in ("population", "count"):
        section.wrong(
            "denominator",
            "Not a denominator",
            expected='"population", "households", { population = { sex = "F" } } or { count = { unit = "offence" } }',
            got=repr(value),
        )
        return None
    inside = section.table("denominator")
    if "count" in value:
        return _count(inside.table("count"))
    return _persons(inside.table("population"))


def _named_denominator(section: Section, word: str) -> Denominator | None:
    if word not in _DENOMINATORS:
        section.wrong(
            "denominator",
            f"Unknown denominator {word!r}",
            expected='"population", "households" or { count = { unit = ... } }',
            hint=did_you_mean(word, _DENOMINATORS),
        )
        return None
    return Persons() if word == "population" else Households()


def _persons(section: Section) -> Persons:
    age = section.text("age", TOTAL)
    band = parse_age(age)
    if band is None:
        section.wrong("age", f"{age!r} is no age group", expected='for example "15-64", "15+" or "Y_GE15"')
    persons = Persons(section.text("sex", TOTAL, choices=_SEXES), getattr(band, "code", TOTAL))
    section.finish()
    return persons


def _unit(denominator: Denominator | None, multiplier: float) -> str:
    """Unit of the figures where none is stated."""
    if denominator is None:
        return "number"
    if isinstance(denominator, Count):
        return "%" if multiplier == 100 else f"per {multiplier:g} {denominator.unit}"
    whole = f"{int(multiplier)}" if multiplier == int(multiplier) else f"{multiplier:g}"
    return f"per {whole} {'households' if isinstance(denominator, Households) else 'population'}"
