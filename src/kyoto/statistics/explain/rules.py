"""Counting rules, mappings and disclosure in words, from the facts that a build's manifest holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

__all__ = [
    "Fact",
    "correspondence_words",
    "counting_rule",
    "denominator_words",
    "disclosure_words",
    "mapping_words",
    "protection_statements",
    "step_facts",
    "unit_plural",
]

Fact = tuple[str, str]
"""Label and text."""

_PLURALS: Final = {
    "person": "persons",
    "person_arrested": "persons arrested",
    "person_prosecuted": "persons prosecuted",
    "person_convicted": "persons convicted",
}
_METHODS: Final = {
    "none": "No disclosure control was applied: the project says so. These figures are meant for confidential use.",
    "cell-key": (
        "Cell-key perturbation: a small random amount, fixed by the records behind a figure, is added to it. "
        "The same records give the same amount wherever they are counted, so differences between tables reveal nothing."
    ),
    "suppression": (
        "Suppression: figures that would identify people are withheld, and so are as many others as are needed "
        "to keep the first from being worked out from totals."
    ),
    "rounding": "Rounding: every figure is rounded at random, up or down, to a multiple of the base.",
}
_ATTEMPTS: Final = {
    "inside": "Attempts are counted together with completed offences.",
    "apart": "Attempts and completed offences are shown apart.",
    "excluded": "Attempts are left out.",
}


def step_facts(manifest: Mapping[str, Any], step: str) -> Mapping[str, Any]:
    """Facts of one step of a build; empty where the step is not there.

    Examples
    --------
    >>> step_facts({"steps": {"table:a": {"facts": {"unit": "offence"}}}}, "table:a")
    {'unit': 'offence'}
    """
    steps = manifest.get("steps") or {}
    found = (steps.get(step) or {}).get("facts") or {}
    return found if isinstance(found, Mapping) else {}


def unit_plural(unit: str) -> str:
    """Counting unit as a plural.

    Examples
    --------
    >>> unit_plural("offence"), unit_plural("person_arrested")
    ('offences', 'persons arrested')
    """
    return _PLURALS.get(unit) or f"{unit.replace('_', ' ')}s"


def counting_rule(facts: Mapping[str, Any]) -> list[Fact]:
    """Say how a table counts.

    Parameters
    ----------
    facts
        Facts of a ``table:`` step.

    Examples
    --------
    >>> counting_rule({"unit": "offence", "attempts": "excluded", "where": "sex == 'F'"})[0]
    ('Counted', 'offences, one for each counted record')
    """
    unit = str(facts.get("unit") or "record")
    identifier = facts.get("identifier")
    each = f"each counted once, told apart by {identifier}" if identifier else "one for each counted record"
    found: list[Fact] = [("Counted", f"{unit_plural(unit)}, {each}")]
    if facts.get("by"):
        found.append(("Divided by", ", ".join(str(item) for item in _listed(facts["by"]))))
    if facts.get("where"):
        found.append(("Only where", str(facts["where"])))
    if facts.get("attempts") in _ATTEMPTS:
        found.append(("Attempts", _ATTEMPTS[str(facts["attempts"])]))
    found.append(("Principal offence", _principal(facts)))
    found.extend(_time_rule(facts))
    return found


def _principal(facts: Mapping[str, Any]) -> str:
    if not facts.get("principal_offence"):
        return "Rule not applied: each offence of an event counts."
    order = ", ".join(str(code) for code in _listed(facts.get("severity") or []))
    return "Each unit counts once, under its most serious offence" + (f" (order: {order})." if order else ".")


def _time_rule(facts: Mapping[str, Any]) -> list[Fact]:
    found: list[Fact] = []
    if facts.get("date"):
        found.append(("Placed in time by", str(facts["date"])))
    period = facts.get("reference_period")
    if period:
        ends = [str(end) for end in _listed(period)]
        found.append(("Reference period", ends[0] if ends[0] == ends[-1] else f"{ends[0]} to {ends[-1]}"))
    left_out = facts.get("left_out")
    if isinstance(left_out, Mapping) and any(left_out.values()):
        shown = ", ".join(f"{rule.replace('_', ' ')} {number}" for rule, number in left_out.items() if number)
        found.append(("Records left out by rule", shown))
    return found


def mapping_words(facts: Mapping[str, Any]) -> list[Fact]:
    """Say which column of the source gave each concept, and how it was typed.

    Parameters
    ----------
    facts
        Facts of a ``source:`` step; ``columns`` is a list of mappings or a mapping of mappings.
    """
    columns = facts.get("columns") or []
    if isinstance(columns, Mapping):
        columns = [
            {"concept": name, **(item if isinstance(item, Mapping) else {"column": item})}
            for name, item in columns.items()
        ]
    found = []
    for column in columns:
        how = next((str(column[key]) for key in ("typing", "how") if column.get(key)), "")
        name = column.get("column")
        shown = f"column “{name}”" if isinstance(name, str) and name else "set by the project"
        found.append((str(column.get("concept", "")), f"{shown}{f', {how}' if how else ''}"))
    return found


def correspondence_words(facts: Mapping[str, Any]) -> str:
    """Say which correspondence table coded the source, empty where none did."""
    found = facts.get("correspondence")
    if isinstance(found, Mapping):
        found = found.get("title") or found.get("name")
    return f"National codes to ICCS 1.0 by the correspondence table “{found}”." if found else ""


def denominator_words(facts: Mapping[str, Any]) -> str:
    """Say what rates are divided by."""
    if facts.get("denominator_words"):
        return str(facts["denominator_words"])
    rate = facts.get("rate")
    if not rate:
        return "None: the figures are counts."
    population = facts.get("population") or facts.get("denominator") or "the project's population figures"
    return (
        f"Rates are per {int(rate):,}".replace(",", "\u00a0")
        + f" of {population}, matched by area, period, sex and age."
    )


def disclosure_words(disclosure: Mapping[str, Any] | None) -> str:
    """Say how figures were protected before they left.

    Parameters
    ----------
    disclosure
        ``method``, ``settings`` and ``changed`` (or ``changed_cells``) of a table step.
    """
    if not disclosure:
        return "The build does not state a disclosure method."
    method = str(disclosure.get("method", ""))
    parts = [str(disclosure.get("guarantee") or _METHODS.get(method, f"Method: {method}."))]
    settings = disclosure.get("settings")
    if isinstance(settings, Mapping) and not disclosure.get("guarantee"):
        shown = [f"{key} {value}" for key, value in settings.items() if key != "method" and not _secret(key, value)]
        if shown:
            parts.append(f"Settings: {', '.join(shown)}.".replace("_", " "))
    parts.extend(str(note) for note in disclosure.get("notes") or ())
    parts.extend(_attack_words(disclosure.get("attack") or {}))
    return " ".join(parts)


def protection_statements(manifest: Mapping[str, Any], tables: Sequence[str]) -> list[tuple[str, list[str]]]:
    """What was done to protect persons: each statement once, with the tables and rooms it holds for.

    Parameters
    ----------
    manifest
        Of the build.
    tables
        Names of the tables that are shown; those of rooms are looked up by their steps.

    Returns
    -------
    list
        Statements with names. First those on tables, then those on rooms that publish counts of their own, then what
        the attack on all tables of a source together came to.

    Examples
    --------
    >>> facts = {"disclosure": {"method": "cell-key", "guarantee": "Noise."}}
    >>> audit = {"tables": ["a"], "attack": {"attacked": True, "verdict": "holds", "releases": 1, "small": 3}}
    >>> steps = {"table:a": {"facts": facts}, "reoffending": {"facts": facts}, "audit:s": {"facts": audit}}
    >>> [(words[:12], names) for words, names in protection_statements({"steps": steps}, ["a"])]
    [('Noise.', ['a', 'reoffending']), ('An attacker ', ['a'])]
    """
    found: dict[str, list[str]] = {}
    steps = [str(name) for name in manifest.get("steps") or {}]
    for name in tables:
        if f"table:{name}" in steps:
            found.setdefault(disclosure_words(step_facts(manifest, f"table:{name}").get("disclosure")), []).append(name)
    for name in steps:
        protected = step_facts(manifest, name).get("disclosure")
        if isinstance(protected, Mapping) and "method" in protected and not name.startswith(("table:", "indicators")):
            found.setdefault(disclosure_words(protected), []).append(name.replace(":", " "))
    for name in steps:
        facts = step_facts(manifest, name) if name.startswith("audit:") else {}
        shown = [str(table) for table in facts.get("tables") or () if table in tables]
        for words in _attack_words(facts.get("attack") or {}) if shown else ():
            found.setdefault(words, []).extend(shown)
    return list(found.items())


def _joint_attack_words(attack: Mapping[str, Any]) -> list[str]:
    """What the attack on noise in all tables together came to."""
    last = int(attack["small"]) - 1
    small = "1" if last == 1 else f"from 1 to {last}"
    kept = int(attack["releases"]) - 1
    earlier = f" and {kept} earlier release{'s' if kept != 1 else ''}" if kept else ""
    who = f"An attacker who solves all these tables{earlier} together"
    return {
        "holds": [f"{who} can prove of no count, and of no change between releases, that it is {small}."],
        "open": [f"{who} was set on the figures; not every small count was examined, and of the others none is told."],
        "broken": [f"{who} can tell that some counts or changes are {small}: the noise does not protect all of them."],
    }.get(str(attack["verdict"]), [])


def _attack_words(attack: Mapping[str, Any]) -> list[str]:
    """What the attack on the published tables came to."""
    if "verdict" in attack:
        return _joint_attack_words(attack)
    if "withheld" not in attack or not attack["withheld"]:
        return []
    narrower = attack["narrower"]
    verdict = "none of them" if not narrower else f"{narrower} of them"
    return [
        f"An attacker who solves all tables published together was set on the {attack['withheld']:,} withheld cells"
        f" and narrows {verdict} beyond the rule."
    ]


def _secret(key: str, value: object) -> bool:
    """Whether a setting would help to undo the protection, or says nothing."""
    return value is None or value in ("", [], {}) or any(word in key for word in ("seed", "secret", "salt", "key"))


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, (list, tuple)) else [value]
