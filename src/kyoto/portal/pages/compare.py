"""What may stand side by side: a verdict on each pair with its reasons, and no ranking."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from kyoto.portal.answer import Answer, NotFound
from kyoto.portal.book import Book
from kyoto.portal.figures import read_figures
from kyoto.portal.funnels import read_funnel, speech
from kyoto.portal.pages.home import Headline, headline
from kyoto.portal.pages.rendering import Ask, render
from kyoto.portal.reasons import Told, side_name, told_reasons
from kyoto.portal.selection import NotPublished, read_selection
from kyoto.portal.wording import Words
from kyoto.statistics.comparability.model import spans
from kyoto.statistics.comparability.sides import MOST_AREAS, areas_of, first_areas, pairs_of_a_stage
from kyoto.statistics.explain.rules import step_facts
from kyoto.statistics.report.funnel import funnel_view

if TYPE_CHECKING:
    from kyoto.statistics.comparability import Comparison, Definition

__all__ = ["VERDICTS", "compare", "compare_class"]

VERDICTS = {"comparable": "comparable", "with caution": "caution", "not comparable": "not_comparable"}


def compare(book: Book, ask: Ask) -> Answer:
    """All classes with their verdicts, in the areas that were chosen."""
    found = book.comparisons
    if found.state != "ready":
        key = "nothing" if found.state == "nothing" else "unavailable"
        context = {"title": ask.words(f"compare.{key}"), "text": ask.words(f"compare.{key}_text")}
        return render("nothing", ask, book, context, status=200 if found.state == "nothing" else 503)
    definitions = [each for comparison in found.by_code.values() for each in comparison.definitions]
    areas = _choice(ask, definitions)
    query = [("area", area) for area in areas.chosen] if areas.asked else []
    rows = []
    for code, whole in found.by_code.items():
        each = whole.of(areas.chosen)
        pairs = [(VERDICTS[pair.verdict], _pair(book, ask.words, each, pair)) for pair in pairs_of_a_stage(each)]
        verdicts = [(kind, [text for verdict, text in pairs if verdict == kind]) for kind in VERDICTS.values()]
        if pairs:
            rows.append(
                (len(code), code, ask.words.value("iccs", code), verdicts, ask.nearest(f"compare/{code}", query))
            )
    shown: dict[str, Any] = {"title": ask.words("compare.title"), "rows": rows}
    return render("compare", ask, book, {**shown, "areas": _options(book, ask.words, areas), "choice": areas})


def compare_class(book: Book, ask: Ask, code: str) -> Answer:
    """One class: what each source means by it, and the reasons of each verdict."""
    whole = book.comparisons.by_code.get(code)
    if whole is None:
        raise NotFound(code)
    areas = _choice(ask, whole.definitions)
    comparison = whole.of(areas.chosen)
    definitions = [
        (_name(book, ask.words, each), _described(book, each, ask.words), [_link(link) for link in each.links])
        for each in comparison.definitions
    ]
    names = {each.label: _name(book, ask.words, each) for each in comparison.definitions}
    pairs = [
        (names[pair.left], names[pair.right], VERDICTS[pair.verdict], told_reasons(book, ask.words, pair.reasons))
        for pair in pairs_of_a_stage(comparison)
    ]
    funnel = read_funnel(book, comparison, areas.chosen)
    context = {
        "title": f"{ask.words.value('iccs', code)} ({code})",
        "areas": _options(book, ask.words, areas),
        "choice": areas,
        "funnel": funnel_view(funnel, speech(book, ask.words)) if funnel.areas else None,
        "told": partial(told_reasons, book, ask.words),
        "verdicts": VERDICTS,
        "pairs": pairs,
        "definitions": definitions,
        "side": list(_figures(book, ask, comparison)),
    }
    return render("compare_class", ask, book, context)


@dataclass(frozen=True, slots=True)
class _Areas:
    """Areas that may be compared, and those that are."""

    all: tuple[str, ...]
    chosen: tuple[str, ...]
    asked: bool

    @property
    def most(self) -> int:
        """As many as one page compares."""
        return MOST_AREAS


def _choice(ask: Ask, definitions: Sequence[Definition]) -> _Areas:
    """Areas that the address names; without any all of them, or the first where they are many."""
    areas = areas_of(definitions)
    wanted = {value for name, value in ask.query if name == "area"}
    unknown = sorted(wanted - set(areas))
    if unknown:
        raise NotPublished("area", unknown[0])
    if wanted:
        return _Areas(areas, tuple(area for area in areas if area in wanted)[:MOST_AREAS], True)
    return _Areas(areas, first_areas(definitions), False)


def _options(book: Book, words: Words, areas: _Areas) -> list[tuple[str, str, bool]]:
    """Code, name, and whether it is chosen; empty where there is nothing to choose."""
    if len(areas.all) < 3:
        return []
    return [(area, book.catalogue.area_name(area, words.language), area in areas.chosen) for area in areas.all]


def _name(book: Book, words: Words, definition: Definition) -> str:
    return side_name(book, words, definition.source, definition.area)


def _pair(book: Book, words: Words, comparison: Comparison, pair: Any) -> str:
    areas = {
        each.label: each.source if each.area.startswith("_") else book.catalogue.area_name(each.area, words.language)
        for each in comparison.definitions
    }
    name = f"{areas[pair.left]} – {areas[pair.right]}"
    sources = dict.fromkeys(each.source for each in comparison.definitions if each.label in (pair.left, pair.right))
    several = len({each.area for each in comparison.definitions}) < len(comparison.definitions)
    return f"{name} ({', '.join(sources)})" if several and not any(map(_nowhere, comparison.definitions)) else name


def _nowhere(definition: Definition) -> bool:
    """Whether the source names no area: then its own name stands for it."""
    return definition.area.startswith("_")


def _described(book: Book, definition: Definition, words: Words) -> list[tuple[str, str, str]]:
    """Label, text, and the language of texts that are in another than that of the page."""
    covered = words(f"compare.{definition.coverage}")
    if definition.rest_above:
        covered += "; " + words("compare.rest_above", codes=", ".join(definition.rest_above))
    principal = "yes" if definition.principal_offence else "no"
    found = [
        ("counts", ", ".join(words.unit(unit) for unit in definition.units)),
        ("principal", words(f"compare.principal_{principal}")),
        ("attempts", ", ".join(words(f"compare.attempts_{each}") for each in definition.attempts)),
        ("years", spans(definition.years) or words("explore.no_data")),
        ("covered", covered),
    ]
    told: list[tuple[str, Sequence[Told]]] = [
        ("recomputed", told_reasons(book, words, definition.recomputed)),
        ("breaks", told_reasons(book, words, definition.breaks)),
        ("notes", [(text, "en") for text in definition.notes]),
    ]
    more = [(words(f"compare.{key}"), text, language) for key, texts in told for text, language in texts]
    return [*((words(f"compare.{key}"), text, "") for key, text in found), *more]


def _link(link: Any) -> tuple[str, str, str, str]:
    return link.national_code, link.iccs, link.match, link.note


def _figures(book: Book, ask: Ask, comparison: Comparison) -> Iterator[Headline]:
    """Figures of the class in each source, on scales of their own: rates where there are any."""
    for definition in comparison.definitions:
        for series in book.catalogue.series.values():
            facts = step_facts(book.snapshot.manifest, f"table:{series.table}")
            axis = series.axis("iccs")
            better = f"{series.table}.rate" in book.catalogue.series and series.kind == "count"
            if facts.get("source") != definition.source or axis is None or comparison.iccs not in axis or better:
                continue
            query = [("iccs", comparison.iccs)]
            if series.axis("area") and definition.area in (series.areas):
                query.append(("area", definition.area))
            selection = read_selection(series, query)
            if selection.by:
                continue
            figures = read_figures(book.snapshot, book.catalogue, selection, ask.words)
            href = ask.nearest(f"explore/{series.code}", selection.query())
            found = headline(figures, _name(book, ask.words, definition), href, ask.words)
            if found is not None:
                yield found
