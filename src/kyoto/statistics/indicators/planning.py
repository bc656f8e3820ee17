"""From an indicator to counting rules for the sources that a project has, or to the reason why there are none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from kyoto.core.errors import KyotoError, did_you_mean
from kyoto.statistics.conditions import parse_condition
from kyoto.statistics.indicators.model import Count, Indicator, Persons, Plan, PlannedSource
from kyoto.statistics.observations import TOTAL
from kyoto.statistics.tables.model import DATE_CONCEPTS, Dimension, TableSpec
from kyoto.statistics.units import COUNTING_UNITS

__all__ = ["STAND_INS", "WHOLE", "plan"]

WHOLE = ".whole"
"""What the name of a denominator's table adds to the code of its indicator."""

_VICTIM = {"sex": "victim_sex", "age": "victim_age"}
_PERPETRATOR = {"sex": "perpetrator_sex", "age": "perpetrator_age"}
STAND_INS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "victim": _VICTIM,
        "suspect": _PERPETRATOR,
        "person arrested": _PERPETRATOR,
        "person prosecuted": _PERPETRATOR,
        "person convicted": _PERPETRATOR,
    }
)
"""Concepts that say of a counting unit what ``sex`` and ``age`` say of the row's own person."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """How one source counts one thing.

    ``names`` gives its column for ``sex`` and ``age``; ``coarser`` holds ICCS classes that it codes to and that are
    wider than what is counted.
    """

    source: str
    where: str | None
    concepts: frozenset[str]
    names: Mapping[str, str]
    coarser: tuple[str, ...] = ()


def plan(
    indicator: Indicator,
    sources: Iterable[PlannedSource],
    *,
    by: Sequence[Dimension] | None = None,
    source: str | None = None,
) -> Plan:
    """Find a source that serves an indicator, and say how to count it.

    Parameters
    ----------
    indicator
        The indicator.
    sources
        Sources of the project, in the order in which they are tried.
    by
        Disaggregations instead of the usual ones, which are ``area`` (where the source maps it), the year, and those
        of the indicator that the source has.
    source
        Name of the only source to try.

    Returns
    -------
    Plan
        With the counting rules, or with the reason why no source serves. The table of the numerator is named by the
        indicator's code, that of a counted denominator by the code and ``.whole``.

    Examples
    --------
    >>> from kyoto.statistics.indicators import registry
    >>> plan(registry()["16.1.1"], []).reason
    'needs a source with unit = "victim" (or one that maps victim_id)'
    """
    if indicator.numerator is None:
        return Plan(indicator, reason=f"needs {indicator.needs}")
    candidates = [entry for entry in sources if source is None or entry.name == source]
    serving, reason = _serving(indicator.numerator, candidates)
    if not serving:
        return Plan(indicator, reason=reason)
    upper, others = serving[0], [rule.source for rule in serving[1:]]
    notes = [f"also served by {', '.join(others)}; {upper.source} is taken"] if others else []
    if upper.coarser:
        notes.append(f"at least: {upper.source} also codes to ICCS {', '.join(upper.coarser)}, which is wider")
    rules = [upper]
    if isinstance(indicator.denominator, Count):
        own_first = sorted(candidates, key=lambda entry: entry.name != upper.source)
        serving, reason = _serving(indicator.denominator, own_first)
        if not serving:
            return Plan(indicator, reason=f"the denominator {reason}")
        rules.append(serving[0])
    dimensions, left_out = _dimensions(indicator, rules, by)
    notes += [f"not by {name}: {rule.source} does not map it" for name, rule in left_out]
    counts = [indicator.numerator, indicator.denominator]
    tables = [
        _table(indicator.code + ending, indicator.title, count, rule, dimensions)
        for ending, count, rule in zip(("", WHOLE), counts, rules, strict=False)
        if isinstance(count, Count)
    ]
    return Plan(indicator, tuple(tables), note="; ".join(notes))


def _serving(count: Count, sources: Sequence[PlannedSource]) -> tuple[list[_Rule], str]:
    """Rules of the sources that can count, those of the very unit first; and why the others cannot."""
    identifier = COUNTING_UNITS[count.unit]
    telling = identifier != "person_id"  # which persons it names depends on the source: no other's may be counted
    found: list[tuple[bool, _Rule]] = []
    obstacles = []
    for source in sources:
        concepts = _concepts(source)
        if source.unit != count.unit and not (telling and identifier in concepts):
            continue
        names = _names(count.unit, concepts)
        codes = _codes_reached(source) if count.iccs else None
        obstacle = _obstacle(count, concepts, names) or _out_of_reach(count, codes)
        if obstacle:
            obstacles.append(f"{source.name} {obstacle}")
        else:
            rule = _Rule(source.name, _where(count, concepts, names), concepts, names, _coarser(count, codes))
            found.append((source.unit != count.unit, rule))
    if not found and not obstacles:
        other = f" (or one that maps {identifier})" if telling else ""
        return [], f'needs a source with unit = "{count.unit}"{other}'
    return [rule for _, rule in sorted(found, key=lambda pair: pair[0])], "; ".join(obstacles)


def _concepts(source: PlannedSource) -> frozenset[str]:
    """Concepts of the records; ``iccs`` is one where the source is coded."""
    coded = {"iccs"} if any(column.name == "offence" and column.correspondence for column in source.columns) else set()
    return frozenset({column.name for column in source.columns} | coded)


def _codes_reached(source: PlannedSource) -> frozenset[str] | None:
    """ICCS classes that the source's correspondence table leads to; None where that is not known."""
    from pathlib import Path

    from kyoto.statistics.classification import correspondence

    name = next((column.correspondence for column in source.columns if column.name == "offence"), "")
    if not name:
        return None
    try:
        table = correspondence(name, Path(getattr(source, "project_file", "")).parent)
    except KyotoError:
        return None  # reading the source says what is wrong with it
    return frozenset(link.iccs_code for link in table.links if link.iccs_code)


def _out_of_reach(count: Count, codes: frozenset[str] | None) -> str:
    """Why counting would give nothing but zeros; empty where it would not."""
    if codes is None or any(code.startswith(count.iccs) for code in codes):
        return ""
    return f"codes no offence to ICCS {', '.join(count.iccs)}: its correspondence table does not lead there"


def _coarser(count: Count, codes: frozenset[str] | None) -> tuple[str, ...]:
    """Classes above those counted to which the source codes too: some of what is looked for is hidden there."""
    return tuple(
        sorted(code for code in codes or () if any(wanted.startswith(code) and wanted != code for wanted in count.iccs))
    )


def _names(unit: str, concepts: frozenset[str]) -> dict[str, str]:
    """Concept that gives the sex and the age of the counted person."""
    stand_ins = STAND_INS.get(unit, {})
    return {
        name: stand_ins[name] if stand_ins.get(name) in concepts and name not in concepts else name
        for name in ("sex", "age")
    }


def _obstacle(count: Count, concepts: frozenset[str], names: Mapping[str, str]) -> str:
    """Why a source of the right unit cannot count; empty if it can."""
    if count.iccs and "iccs" not in concepts:
        return f"maps no offence by a correspondence, so that ICCS {', '.join(count.iccs)} cannot be told"
    if count.sex != TOTAL and names["sex"] not in concepts:
        return "does not map sex"
    if count.attempts == "excluded" and "attempted" not in concepts:
        return "does not map attempted"
    if count.where and _decidable(count, concepts, names) is None:
        missing = [name for name in parse_condition(count.where[0]).names if names.get(name, name) not in concepts]
        near = did_you_mean(missing[0], concepts) if len(count.where) == 1 else ""
        hint = f" ({near})" if near.startswith("Did") else ""
        return "does not map " + " or ".join(_wanted(count, concepts, names)) + hint
    return ""


def _wanted(count: Count, concepts: frozenset[str], names: Mapping[str, str]) -> list[str]:
    """What each condition misses."""
    return [
        " and ".join(name for name in parse_condition(text).names if names.get(name, name) not in concepts)
        for text in count.where
    ]


def _decidable(count: Count, concepts: frozenset[str], names: Mapping[str, str]) -> str | None:
    """First condition of which the source has all concepts."""
    for text in count.where:
        renamed = _renamed(text, names)
        if not parse_condition(renamed).missing_names(concepts):
            return renamed
    return None


def _where(count: Count, concepts: frozenset[str], names: Mapping[str, str]) -> str | None:
    """Everything that a record must fulfil, as one condition."""
    parts = []
    if count.iccs:
        codes = ", ".join(f'"{code}"' for code in count.iccs)
        parts.append(f"iccs startswith ({codes})" if len(count.iccs) > 1 else f"iccs startswith {codes}")
    if count.sex != TOTAL:
        parts.append(f'{names["sex"]} == "{count.sex}"')
    if condition := _decidable(count, concepts, names):
        parts.append(f"({condition})" if parts else condition)
    return " and ".join(parts) or None


def _renamed(condition: str, names: Mapping[str, str]) -> str:
    """Condition with the source's own concepts, texts in quotes left alone."""
    pattern = r"""("[^"]*"|'[^']*')|\b(sex|age)\b"""
    return re.sub(pattern, lambda match: match[1] or names[match[2]], condition)


def _dimensions(
    indicator: Indicator, rules: Sequence[_Rule], by: Sequence[Dimension] | None
) -> tuple[list[Dimension], list[tuple[str, _Rule]]]:
    """Disaggregations that all sources have, and those that were asked for and that one has not."""
    if by is None:
        asked = [Dimension("area"), Dimension("period", grain="year"), *indicator.by]
        required: tuple[Dimension, ...] = ()
    else:
        asked = list(by)
        required = tuple(by)
    fixed = _fixed(indicator)
    kept, left_out = [], []
    for dimension in asked:
        lacking = next((rule for rule in rules if not _has(rule, dimension)), None)
        if dimension.concept in fixed:
            continue
        if lacking is None:
            kept.append(dimension)
        elif dimension in required:
            left_out.append((dimension.text, lacking))
    return kept, left_out


def _fixed(indicator: Indicator) -> set[str]:
    """Disaggregations that make no sense because the indicator is about one of their values."""
    denominator = indicator.denominator
    fixed = {"sex"} if indicator.numerator is not None and indicator.numerator.sex != TOTAL else set()
    if isinstance(denominator, Persons):
        fixed |= {name for name in ("sex", "age") if getattr(denominator, name) != TOTAL}
    return fixed


def _has(rule: _Rule, dimension: Dimension) -> bool:
    if dimension.concept == "period":
        return any(concept in rule.concepts for concept in DATE_CONCEPTS)
    if dimension.concept == "age":  # only ages in years fall into the groups of the population
        return "age" in rule.concepts
    return rule.names.get(dimension.concept, dimension.concept) in rule.concepts


def _table(name: str, title: str, count: Count, rule: _Rule, dimensions: Sequence[Dimension]) -> TableSpec:
    return TableSpec(
        name=name,
        source=rule.source,
        by=tuple(Dimension(rule.names["sex"]) if dimension.concept == "sex" else dimension for dimension in dimensions),
        unit=count.unit,
        where=rule.where,
        attempts=count.attempts,
        title=title,
    )
