"""The classification of offences: a tree to walk, words to search, and the figures of each class."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from kyoto.portal.answer import Answer, NotFound
from kyoto.portal.book import Book
from kyoto.portal.pages.fields import series_title
from kyoto.portal.pages.rendering import Ask, render
from kyoto.statistics.classification import Category, correspondence, iccs, known_correspondences

__all__ = ["classification", "one_class"]

_MOST_HITS = 30
_LONGEST = 200


def classification(book: Book, ask: Ask) -> Answer:
    """The tree, or what a search found."""
    text = next((value for name, value in ask.query if name == "q"), "").strip()[:_LONGEST]
    words = ask.words
    hits = (
        [
            (
                hit.category.code,
                words.value("iccs", hit.category.code),
                hit.matched,
                ask.to(f"classification/{hit.category.code}"),
            )
            for hit in iccs().search(text, _MOST_HITS)
        ]
        if text
        else []
    )
    known = _with_figures(book)
    context = {
        "title": words("classification.title"),
        "text": text,
        "hits": hits,
        "nodes": [] if text else [_node(category, ask, known) for category in iccs() if category.level == 1],
    }
    return render("classification", ask, book, context)


def one_class(book: Book, ask: Ask, code: str) -> Answer:
    """One class with its place in the tree, its index terms, national categories and figures."""
    if code not in iccs() or iccs().get(code).code != code:
        raise NotFound(code)
    category = iccs().get(code)
    other = category.title if ask.words.language == "es" else category.title_es
    context = {
        "title": f"{ask.words.value('iccs', code)} ({code})",
        "category": category,
        "other": ("en" if ask.words.language == "es" else "es", other),
        "above": [_named(each, ask) for each in iccs().ancestors(code)],
        "below": [_named(each, ask) for each in iccs().children(code)],
        "terms": [term.term for term in iccs().index_terms(code)],
        "national": _national().get(code, []),
        "variables": [variable.name for variable in iccs().variables_for(code)],
        "figures": list(_figures(book, ask, code)),
    }
    return render("one_class", ask, book, context)


def _named(category: Category, ask: Ask) -> tuple[str, str, str]:
    return category.code, ask.words.value("iccs", category.code), ask.to(f"classification/{category.code}")


def _node(category: Category, ask: Ask, known: set[str]) -> dict[str, object]:
    code, name, href = _named(category, ask)
    children = [_node(child, ask, known) for child in iccs().children(code)]
    return {"code": code, "name": name, "href": href, "figures": code in known, "children": children}


def _with_figures(book: Book) -> set[str]:
    found: set[str] = set()
    for series in book.catalogue.series.values():
        axis = series.axis("iccs")
        found.update(axis.codes if axis else (series.fixed.get("iccs", ""),))
    return found


def _figures(book: Book, ask: Ask, code: str) -> Iterator[tuple[str, str]]:
    for series in book.catalogue.series.values():
        axis = series.axis("iccs")
        if axis is not None and code in axis.codes:
            yield series_title(series, ask.words), ask.nearest(f"explore/{series.code}", [("iccs", code)])
        elif series.fixed.get("iccs") == code:
            yield series_title(series, ask.words), ask.to(f"explore/{series.code}")


@cache
def _national() -> dict[str, list[tuple[str, str, str]]]:
    """National categories by the class they lead to: table, category, how well it fits."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for known in known_correspondences():
        if known.name == "iccs":
            continue
        for link in correspondence(known.name).links:
            title = next(iter(link.titles), "")
            text = link.national_code if title in ("", link.national_code) else f"{link.national_code} {title}"
            found.setdefault(link.iccs_code, []).append((known.name, text, link.match))
    return found
