"""The chapter of the report on what may stand side by side, and on the way from the record to the sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kyoto.statistics.comparability.funnel import Funnel
from kyoto.statistics.comparability.model import Comparison, Definition
from kyoto.statistics.comparability.sides import pairs_of_a_stage
from kyoto.statistics.report.funnel import FunnelView, funnel_view, in_english

__all__ = ["Compared", "ComparedClass", "ReportComparability", "compared"]

VERDICTS = ("comparable", "with caution", "not comparable")


@dataclass(frozen=True, slots=True)
class ReportComparability:
    """What the chapter is made of.

    Parameters
    ----------
    comparisons
        Classes that several sources or areas have records of, in the areas that are shown.
    funnels
        The justice funnel of the classes that have one.
    shown, areas
        How many areas are shown, of how many.
    """

    comparisons: Sequence[Comparison]
    funnels: Sequence[Funnel]
    shown: int
    areas: int


@dataclass(frozen=True, slots=True)
class ComparedClass:
    """One class: its pairs by verdict, and every verdict with its reasons."""

    code: str
    title: str
    by_verdict: tuple[tuple[str, ...], ...]
    pairs: tuple[tuple[str, str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """The chapter as the page shows it."""

    classes: tuple[ComparedClass, ...]
    funnels: tuple[tuple[str, str, FunnelView], ...]
    shown: int
    areas: int


def compared(chapter: ReportComparability) -> Compared:
    """Say what was compared; classes without a pair are left out."""
    classes = [_class(comparison) for comparison in chapter.comparisons]
    titles = {comparison.iccs: comparison.title for comparison in chapter.comparisons}
    views = tuple(
        (funnel.iccs, titles.get(funnel.iccs, funnel.iccs), funnel_view(funnel, in_english()))
        for funnel in chapter.funnels
        if funnel.areas
    )
    return Compared(tuple(each for each in classes if each.pairs), views, chapter.shown, chapter.areas)


def _class(comparison: Comparison) -> ComparedClass:
    pairs = pairs_of_a_stage(comparison)
    areas = {each.label: each for each in comparison.definitions}
    names = {pair: _name(areas[pair.left], areas[pair.right], comparison) for pair in pairs}
    return ComparedClass(
        comparison.iccs,
        comparison.title,
        tuple(tuple(names[pair] for pair in pairs if pair.verdict == verdict) for verdict in VERDICTS),
        tuple((names[pair], pair.verdict, pair.reasons) for pair in pairs),
    )


def _name(left: Definition, right: Definition, comparison: Comparison) -> str:
    """Two areas; with their source where an area has several."""
    first, second = ("" if each.area.startswith("_") else each.area for each in (left, right))
    if not first or not second:
        return f"{first or left.source} – {second or right.source}"
    several = len({each.area for each in comparison.definitions}) < len(comparison.definitions)
    told = left.source if left.source == right.source else f"{left.source}, {right.source}"
    return f"{first} – {second} ({told})" if several else f"{first} – {second}"
