"""The explorer: one choice of figures as a sentence, a chart, a map, a table and files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from kyoto.portal.answer import Answer, NotFound
from kyoto.portal.book import Book
from kyoto.portal.catalogue import Axis, Catalogue, Series
from kyoto.portal.figures import Figures, label, read_figures, sentences
from kyoto.portal.pages.charts import Chart, chart_of
from kyoto.portal.pages.facts import protection, series_facts
from kyoto.portal.pages.figure_table import FigureTable, figure_table
from kyoto.portal.pages.rendering import Ask, render
from kyoto.portal.selection import CHARTS, Selection, parameter, read_selection
from kyoto.portal.wording import Words
from kyoto.statistics.classification import iccs

__all__ = ["FILES", "explore", "series_title"]

FILES = ("csv", "xlsx", "svg", "png")
"""Endings of the files of a choice."""


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a form field, or one link where there are no forms."""

    code: str
    name: str
    chosen: bool
    href: str = ""
    children: tuple[Option, ...] = ()

    @property
    def open(self) -> bool:
        """Whether anything below it is chosen."""
        return any(child.chosen or child.open for child in self.children)


@dataclass(frozen=True, slots=True)
class Field:
    """A dimension to choose from; ``kind`` is ``select``, ``checks`` or ``tree``."""

    name: str
    title: str
    kind: str
    options: tuple[Option, ...]


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
        "fields": list(_fields(catalogue, selection, ask)),
        "groups": list(_groups(catalogue, series, ask)),
        "breakdowns": list(_breakdowns(selection, ask)),
        "periods": [(period.code, ask.words.period(period)) for period in series.periods],
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
        "sdmx": _sdmx(selection, ask),
        "permalink": ask.to(place, query),
    }


def series_title(series: Series, words: Words) -> str:
    """Title of a series: the question of its table, or the name of the indicator."""
    if series.kind == "indicator":
        return series.title
    if series.kind == "count":
        return series.title
    measure = words(f"explore.measure_{series.kind}")
    return f"{series.title} {measure}" if series.title.endswith("?") else f"{series.title}: {measure}"


def _empty(figures: Figures) -> str:
    """Why nothing is shown; empty if something is."""
    if any(point.value for line in figures.lines for point in line.points):
        return ""
    if figures.count("shown"):
        return ""
    return "all_withheld" if figures.count("suppressed") else "nothing"


def _groups(catalogue: Catalogue, chosen: Series, ask: Ask) -> Iterator[tuple[str, list[Option]]]:
    """Series to choose from, in groups."""
    for key, kinds in (("home.indicators", ("indicator",)), ("home.tables", ("count", "rate", "share"))):
        options = [
            Option(each.code, series_title(each, ask.words), each.code == chosen.code, ask.to(f"explore/{each.code}"))
            for each in catalogue.series.values()
            if each.kind in kinds
        ]
        if options:
            yield ask.words(key), options


def _breakdowns(selection: Selection, ask: Ask) -> Iterator[Option]:
    must = any(not axis.total for axis in selection.series.axes)
    if not must:
        yield _option(selection.broken_down(""), "none", ask.words("explore.by_none"), not selection.by, ask)
    for axis in selection.series.axes:
        if must and axis.total:
            continue
        chosen = axis.name == selection.by
        yield _option(selection.broken_down(axis.name), axis.name, ask.words.dimension(axis.name), chosen, ask)


def _option(
    selection: Selection, code: str, name: str, chosen: bool, ask: Ask, children: tuple[Option, ...] = ()
) -> Option:
    if not ask.links.static:
        return Option(code, name, chosen, "", children)  # a field of a form needs no address
    place, query = f"explore/{selection.series.code}", selection.query()
    return Option(code, name, chosen, ask.to(place, query) if ask.has(place, query) else "", children)


def _fields(catalogue: Catalogue, selection: Selection, ask: Ask) -> Iterator[Field]:
    for axis in selection.series.axes:
        title = ask.words.dimension(axis.name)
        if axis.name == "iccs":
            yield Field("iccs", title, "tree", tuple(_tree(axis, selection, ask)))
            continue
        several = axis.name == selection.by
        codes = axis.codes if several else tuple(code for code in (axis.total, *axis.codes) if code)
        options = tuple(
            _option(
                selection.at(axis.name, code) if not several else selection.but(parts=(code,)),
                code,
                label(catalogue, ask.words, axis.name, code),
                code in selection.parts if several else code == selection.codes[axis.name],
                ask,
            )
            for code in codes
        )
        yield Field("show" if several else parameter(axis.name), title, "checks" if several else "select", options)


def _tree(axis: Axis, selection: Selection, ask: Ask) -> Iterator[Option]:
    """Classes that have figures, each below the class it belongs to."""
    known = set(axis.codes)
    below: dict[str, list[str]] = {}
    tops = [axis.total] if axis.total else []
    for code in axis.codes:
        above = (
            next((each.code for each in reversed(iccs().ancestors(code)) if each.code in known), "")
            if code in iccs()
            else ""
        )
        below.setdefault(above, []).append(code)
    chosen = selection.codes["iccs"]

    def option(code: str) -> Option:
        children = tuple(option(child) for child in below.get(code, ()))
        return _option(selection.at("iccs", code), code, ask.words.value("iccs", code), code == chosen, ask, children)

    yield from (option(code) for code in [*tops, *below.get("", [])])


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


def _sdmx(selection: Selection, ask: Ask) -> str:
    """Address of the same table as SDMX; empty where the service does not run."""
    if ask.links.static or "sdmx" not in ask.services:
        return ""
    return ask.links.to("sdmx/v2/structure/dataflow")
