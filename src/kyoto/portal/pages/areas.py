"""Everything that is published for one area, on one page."""

from __future__ import annotations

from collections.abc import Iterator

from kyoto.portal.answer import Answer, NotFound
from kyoto.portal.book import Book
from kyoto.portal.catalogue import Series
from kyoto.portal.drawing import bars_svg
from kyoto.portal.figures import read_figures, sentences
from kyoto.portal.links import Query
from kyoto.portal.pages.fields import series_title
from kyoto.portal.pages.figure_table import figure_table
from kyoto.portal.pages.home import Headline, headline
from kyoto.portal.pages.rendering import Ask, render
from kyoto.portal.selection import read_selection
from kyoto.statistics.report.wording import sentence_case

__all__ = ["area", "areas"]


def areas(book: Book, ask: Ask) -> Answer:
    """List of the areas, in the order of their codes."""
    catalogue = book.catalogue
    if not catalogue.areas:
        context = {"title": ask.words("areas.none"), "text": ask.words("areas.none_text")}
        return render("nothing", ask, book, context)
    rows = [(code, catalogue.area_name(code, ask.words.language), ask.to(f"areas/{code}")) for code in catalogue.areas]
    return render("areas", ask, book, {"title": ask.words("areas.title"), "rows": rows})


def area(book: Book, ask: Ask, code: str) -> Answer:
    """Profile of an area.

    Raises
    ------
    NotFound
        No table has figures of it.
    """
    if code not in book.catalogue.areas:
        raise NotFound(code)
    name = book.catalogue.area_name(code, ask.words.language)
    context = {
        "title": name if name == code else f"{name} ({code})",
        "headlines": list(_headlines(book, ask, code)),
        "parts": list(_sections(book, ask, code)),
    }
    return render("area", ask, book, context)


def _headlines(book: Book, ask: Ask, code: str) -> Iterator[Headline]:
    for series in book.catalogue.series.values():
        query = _query(series, code)
        if query is None:
            continue
        selection = read_selection(series, query)
        if selection.by:
            continue
        figures = read_figures(book.snapshot, book.catalogue, selection, ask.words)
        href = ask.nearest(f"explore/{series.code}", selection.query())
        found = headline(figures, series_title(series, ask.words), href, ask.words)
        if found is not None:
            yield found


def _sections(book: Book, ask: Ask, code: str) -> Iterator[dict[str, object]]:
    """Sections of ICCS in the latest period of each table of counts."""
    for series in book.catalogue.counts:
        query = _query(series, code)
        if query is None or series.axis("iccs") is None:
            continue
        latest = max((period.code for period in series.periods if period.code in series.counted), default="")
        if not latest:
            continue
        chosen = read_selection(series, [*query, ("by", "iccs"), ("from", latest), ("to", latest)])
        figures = read_figures(book.snapshot, book.catalogue, chosen, ask.words)
        if not any(line.points[-1].value for line in figures.lines):
            continue
        told = " ".join(sentences(figures, book.catalogue, ask.words))
        yield {
            "title": series_title(series, ask.words),
            "about": sentence_case(ask.words("areas.offences", period=ask.words.period(latest))),
            "drawings": [
                bars_svg(figures, ask.words, told, width=760, variant="wide"),
                bars_svg(figures, ask.words, told, width=360, variant="narrow"),
            ],
            "table": figure_table(figures, ask.words),
            "href": ask.nearest(f"explore/{series.code}", read_selection(series, [*query, ("by", "iccs")]).query()),
            "source": series.source,
        }


def _query(series: Series, code: str) -> Query | None:
    """Parameters that choose an area; None if the series has no figures of it."""
    if series.fixed.get("area") == code:
        return []
    axis = series.axis("area")
    return [("area", code)] if axis is not None and code in axis.codes else None
