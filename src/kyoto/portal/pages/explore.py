"""The explorer: one choice of figures as a sentence, a chart, a map, a table and files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from kyoto.portal.answer import Answer, NotFound
from kyoto.portal.book import Book
from kyoto.portal.catalogue import Catalogue
from kyoto.portal.figures import Figures, read_figures, sentences
from kyoto.portal.pages.charts import Chart, chart_of
from kyoto.portal.pages.facts import protection, series_facts
from kyoto.portal.pages.fields import breakdowns, fields, groups, period_options, series_title
from kyoto.portal.pages.figure_table import FigureTable, figure_table
from kyoto.portal.pages.rendering import Ask, render
from kyoto.portal.selection import CHARTS, Selection, read_selection

__all__ = ["FILES", "explore"]

FILES = ("csv", "xlsx", "svg", "png")
"""Endings of the files of a choice."""


def explore(book: Book, ask: Ask, code: str = "") -> Answer:
    """Page of a choice; without a series that of the first one.

    Raises
    ------
    NotFound
        There is no such series.
    NotPublished
        The address names a value that is not published.
    """
    catalogue = book.catalogue
    if not catalogue.series:
        return render(
            "nothing", ask, book, {"title": ask.words("home.no_tables"), "text": ask.words("home.no_tables_text")}
        )
    code = code or next((value for name, value in ask.query if name == "series"), "")
    series = catalogue.series.get(code) if code else next(iter(catalogue.series.values()))
    if series is None:
        raise NotFound(code)
    selection = read_selection(series, ask.query)
    figures = read_figures(book.snapshot, catalogue, selection, ask.words)
    context = {
        **shown(book, ask, figures),
        "fields": list(fields(book, selection, ask)),
        "groups": list(groups(book, series, ask)),
        "breakdowns": list(breakdowns(selection, ask)),
        "periods": [
            (name, period_options(book, series, chosen, ask.words))
            for name, chosen in (("from", selection.start), ("to", selection.end))
            if len(series.periods) > 1
        ],
    }
    made = render("explorer" if ask.fragment else "explore", ask, book, context)
    return replace(made, headers={"hx-push-url": str(context["permalink"])}) if ask.fragment else made


def shown(book: Book, ask: Ask, figures: Figures) -> dict[str, Any]:
    """What the page of a choice shows, without its form."""
    words, selection = ask.words, figures.selection
    said = sentences(figures, book.catalogue, words)
    chart: Chart | None = chart_of(book.catalogue, figures, words, " ".join(said))
    table: FigureTable = figure_table(figures, words)
    place = f"explore/{selection.series.code}"
    query = selection.query()
    return {
        "selection": selection,
        "series": selection.series,
        "title": series_title(selection.series, words),
        "sentences": said,
        "chart": chart,
        "charts": list(_chart_links(book.catalogue, selection, ask)),
        "table": table,
        "empty": _empty(figures),
        "protection": protection(book, selection.series, words),
        "facts": series_facts(book, selection.series, words),
        "files": [
            (kind, ask.to(f"{place}/data.{kind}", query)) for kind in FILES if ask.has(f"{place}/data.{kind}", query)
        ],
        "sdmx": _sdmx(book, selection, ask),
        "permalink": ask.to(place, query),
    }


def _empty(figures: Figures) -> str:
    """Why nothing is shown; empty if something is."""
    if any(point.value for line in figures.lines for point in line.points):
        return ""
    if figures.count("shown"):
        return ""
    return "all_withheld" if figures.count("suppressed") else "nothing"


def _chart_links(catalogue: Catalogue, selection: Selection, ask: Ask) -> Iterator[tuple[str, str, bool]]:
    """Kinds of chart that this choice can be shown as: name, address, and whether it is the one shown."""
    for kind in CHARTS:
        if kind == "time" and selection.start == selection.end:
            continue
        if kind != "time" and not selection.by:
            continue
        if kind == "map" and (selection.by != "area" or catalogue.boundaries is None):
            continue
        place, query = f"explore/{selection.series.code}", selection.but(chart=kind).query()
        if ask.has(place, query):
            yield ask.words(f"explore.chart_{kind}"), ask.to(place, query), kind == selection.chart


def _sdmx(book: Book, selection: Selection, ask: Ask) -> str:
    """Address of the same figures as SDMX; empty where the service does not run."""
    if ask.links.static or "sdmx" not in ask.services:
        return ""
    from kyoto.portal.pages.sdmx_link import sdmx_query

    return ask.links.to(*sdmx_query(selection, book.snapshot.columns[selection.series.table]))
