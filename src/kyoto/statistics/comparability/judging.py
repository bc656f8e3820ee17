"""Judging: how a class is covered by a correspondence, and whether two definitions may stand side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from kyoto.statistics.classification import Classification, Link
from kyoto.statistics.comparability.model import Coverage, Definition, LinkUse, Pair, Verdict, spans
from kyoto.statistics.comparability.reasons import Reason, Side, reason

__all__ = ["coverage_of", "judged", "unit_kind"]

_KINDS: Final = {
    "incident": "events",
    "offence": "events",
    "case": "proceedings",
    "victim": "victims",
    "household": "households",
}


def unit_kind(unit: str) -> str:
    """What a counting unit counts: events, victims, households, proceedings, or persons in contact with justice.

    Examples
    --------
    >>> unit_kind("incident"), unit_kind("victim"), unit_kind("person arrested")
    ('events', 'victims', 'person arrested')
    """
    return _KINDS.get(unit, unit)


def coverage_of(
    code: str, links: Sequence[Link], uses: Sequence[LinkUse], classification: Classification
) -> tuple[Coverage, tuple[str, ...]]:
    """How a class is covered, and the classes above it that hold what is missing.

    Parameters
    ----------
    code
        The class.
    links
        All rows of the correspondence.
    uses
        Its rows at, below and above the class.
    classification
        The tree.

    Returns
    -------
    coverage : str
        See :data:`~kyoto.statistics.comparability.model.Coverage`.
    rest_above : tuple of str
        Classes above that may hold a part of the class.
    """
    inside = [use for use in uses if use.place != "above"]
    complete = _complete(code, links, classification)
    above = () if complete else tuple(dict.fromkeys(use.iccs for use in uses if use.place == "above"))
    if not inside:
        return "none", above
    used = [use for use in inside if use.years] or inside
    if not all(use.match in ("exact", "narrower") for use in used):
        return ("partly" if above else "mixed"), above
    return ("fully" if complete else "partly"), above


def _complete(code: str, links: Sequence[Link], classification: Classification) -> bool:
    """Whether a category holds all of the class, or each class below it is complete."""
    if any(link.iccs_code == code and link.match in ("exact", "broader") for link in links):
        return True
    children = classification.children(code)
    return bool(children) and all(_complete(child.code, links, classification) for child in children)


def judged(left: Definition, right: Definition) -> Pair:
    """Verdict on two definitions, with every reason.

    Returns
    -------
    Pair
        *not comparable* if one reason forbids it, *with caution* if there is any reason, else *comparable*.
    """
    forbidding = list(_forbidding(left, right))
    cautions = [*_by_rule(left, right), *_by_coverage(left), *_by_coverage(right), *_by_time(left, right)]
    verdict: Verdict = "not comparable" if forbidding else "with caution" if cautions else "comparable"
    return Pair(left.label, right.label, verdict, tuple(dict.fromkeys([*forbidding, *cautions])))


def _forbidding(left: Definition, right: Definition) -> Iterable[Reason]:
    for side in (left, right):
        if side.coverage == "none" and side.rest_above:
            yield reason("no_category_inside", side=_side(side), codes=side.rest_above)
        elif side.coverage == "none":
            yield reason("no_category", side=_side(side))
        elif not side.years:
            yield reason("no_records", side=_side(side))
        elif side.rest_above:
            above = [link.national_code for link in side.links if link.place == "above"]
            yield reason("part_above", side=_side(side), codes=side.rest_above, national=above)
    kinds = [{unit_kind(unit) for unit in side.units} for side in (left, right)]
    if not kinds[0] & kinds[1]:
        yield reason("other_units", **_both(left, right), left_units=left.units, right_units=right.units)


def _by_rule(left: Definition, right: Definition) -> Iterable[Reason]:
    kinds = [{unit_kind(unit) for unit in side.units} for side in (left, right)]
    both = _both(left, right)
    if kinds[0] & kinds[1] and set(left.units) != set(right.units):
        yield reason("several_offences", **both, left_units=left.units, right_units=right.units)
    if left.principal_offence != right.principal_offence:
        single, every = (left, right) if left.principal_offence else (right, left)
        yield reason("gravest", **_both(single, every))
    if left.source == right.source and left.areas_differ:
        yield reason("own_rules", **both)
    if set(left.attempts) != set(right.attempts):
        yield reason("attempts", **both, left_attempts=left.attempts, right_attempts=right.attempts)


def _by_coverage(side: Definition) -> Iterable[Reason]:
    inside = [link for link in side.links if link.place != "above" and link.years]
    wide = [link.national_code for link in inside if link.match not in ("exact", "narrower")]
    if side.coverage == "none" or side.rest_above:
        return
    if wide:
        yield reason("includes_others", side=_side(side), national=wide)
    if side.coverage == "partly":
        yield reason("covers_part", side=_side(side), national=[link.national_code for link in inside])
    changes = _changes(inside)
    if changes:
        yield reason("changes", side=_side(side), text=changes)


def _changes(links: Sequence[LinkUse]) -> str:
    """Categories that were not used in all years, where they differ: a break in the series."""
    if len({link.years for link in links}) < 2:
        return ""
    return "; ".join(f"{link.national_code} {spans(link.years)}" for link in links)


def _by_time(left: Definition, right: Definition) -> Iterable[Reason]:
    both = _both(left, right)
    for side in (left, right):
        for text in side.breaks:
            yield reason("at_side", side=_side(side), text=text)
    if left.years and right.years and not set(left.years) & set(right.years):
        yield reason("no_common_year", **both, left_years=spans(left.years), right_years=spans(right.years))
    if left.dates and right.dates and set(left.dates) != set(right.dates):
        if {"period", "date"} & {*left.dates, *right.dates}:
            return  # a bare year does not say whether it is that of the offence or of the record
        yield reason("other_dates", **both, left_dates=left.dates, right_dates=right.dates)


def _side(definition: Definition) -> Side:
    return Side(definition.label, definition.source, definition.area)


def _both(left: Definition, right: Definition) -> dict[str, object]:
    return {"left": _side(left), "right": _side(right)}
