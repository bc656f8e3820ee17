"""What else stands behind a figure: rows of the correspondence, protection, quality findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kyoto.statistics.explain.result import LinkUse
from kyoto.statistics.explain.rules import disclosure_words

if TYPE_CHECKING:
    from kyoto.statistics.classification import Correspondence, Link

__all__ = ["findings_touching", "indicator_denominator", "is_protected", "links_used", "protection_words"]

_MOST_LINKS = 50


def links_used(table: Correspondence | None, used: Mapping[int | None, int] | None, iccs: str) -> list[LinkUse]:
    """Rows of the correspondence behind a figure.

    Parameters
    ----------
    table
        The correspondence; None where the source is not coded by one.
    used
        Rows of the source by link number, or None where that may not be told: then all links to the class.
    iccs
        Class of the figure; ``_T`` for all.
    """
    if table is None:
        return []
    if used is None:
        fitting = [link for link in table.links if not iccs.isdigit() or link.iccs_code.startswith(iccs)]
        return [_use(link, None) for link in fitting[:_MOST_LINKS]]
    ranked = sorted(((link, rows) for link, rows in used.items() if link is not None), key=lambda item: -item[1])
    return [_use(table.links[link], rows) for link, rows in ranked if 0 <= link < len(table.links)]


def _use(link: Link, rows: int | None) -> LinkUse:
    return LinkUse(
        link.national_code,
        link.national_title,
        link.iccs_code,
        link.match,
        link.weight,
        link.condition,
        link.note,
        rows,
    )


def is_protected(facts: Mapping[str, Any]) -> bool:
    """Whether disclosure control applied to a table; one that says nothing is taken as protected."""
    disclosure = facts.get("disclosure")
    if not facts:
        return False
    return str((disclosure or {}).get("method") or "unknown") != "none"


def protection_words(facts: Mapping[str, Any]) -> str:
    """Words on the protection of a figure."""
    if not facts:
        return ""
    words = disclosure_words(facts.get("disclosure"))
    return f"{words} This figure may have been changed." if is_protected(facts) else words


def findings_touching(
    findings: Sequence[Mapping[str, Any]], sources: Sequence[str], variables: Sequence[str]
) -> list[Mapping[str, Any]]:
    """Findings on one of the sources that concern no variable, or one that the figure uses."""
    return [
        finding
        for finding in findings
        if finding.get("source") in sources and (not finding.get("variable") or finding["variable"] in variables)
    ]


def indicator_denominator(indicator: Any) -> str:
    """Words on the denominator of an indicator."""
    from kyoto.statistics.indicators import Count, Households, Persons

    per = f"Per {indicator.multiplier:,.0f}".replace(",", " ")
    denominator = indicator.denominator
    if isinstance(denominator, Households):
        return f"{per} households."
    if isinstance(denominator, Persons):
        persons = {"F": "women and girls", "M": "men and boys"}.get(denominator.sex, "persons")
        age = "" if denominator.age == "_T" else f" of age {denominator.age}"
        return f"{per} {persons}{age} of the population, matched by area and period."
    if isinstance(denominator, Count):
        classes = f" under ICCS {', '.join(denominator.iccs)}" if denominator.iccs else ""
        where = f" where {denominator.where[0]}" if denominator.where else ""
        return f"{per} {denominator.unit} counts{classes}{where}."
    return "None: the figure is a count."
