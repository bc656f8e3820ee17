"""The fields of the explorer: forms on a server, links between files.

A form's options are the same for every choice of a series, but for which are chosen: they are written once a build and
language, and marked. A long list of areas then costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from markupsafe import Markup, escape

from kyoto.portal.book import Book
from kyoto.portal.catalogue import Axis, Series
from kyoto.portal.figures import label
from kyoto.portal.pages.rendering import Ask
from kyoto.portal.selection import Selection, parameter
from kyoto.portal.wording import Words
from kyoto.statistics.classification import iccs

__all__ = ["Field", "Option", "breakdowns", "fields", "groups", "period_options", "series_title"]


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a field; ``href`` where values are links."""

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
    """A dimension to choose from; ``kind`` is ``select``, ``checks`` or ``tree``.

    On a server ``html`` holds its options, between files ``options`` does.
    """

    name: str
    title: str
    kind: str
    options: tuple[Option, ...] = ()
    html: str = ""


def series_title(series: Series, words: Words) -> str:
    """Title of a series: the question of its table, or the name of the indicator."""
    if series.kind in ("indicator", "count"):
        return series.title
    measure = words(f"explore.measure_{series.kind}")
    return f"{series.title} {measure}" if series.title.endswith("?") else f"{series.title}: {measure}"


def groups(book: Book, chosen: Series, ask: Ask) -> Iterator[tuple[str, list[Option]]]:
    """Series to choose from, in groups."""
    for key, kinds in (("home.indicators", ("indicator",)), ("home.tables", ("count", "rate", "share"))):
        options = [
            Option(each.code, series_title(each, ask.words), each.code == chosen.code, ask.to(f"explore/{each.code}"))
            for each in book.catalogue.series.values()
            if each.kind in kinds
        ]
        if options:
            yield ask.words(key), options


def breakdowns(selection: Selection, ask: Ask) -> Iterator[Option]:
    """Dimensions to break down by; none is among them where every dimension has a total."""
    must = any(not axis.total for axis in selection.series.axes)
    if not must:
        yield _option(selection.broken_down(""), "none", ask.words("explore.by_none"), not selection.by, ask)
    for axis in selection.series.axes:
        if must and axis.total:
            continue
        chosen = axis.name == selection.by
        yield _option(selection.broken_down(axis.name), axis.name, ask.words.dimension(axis.name), chosen, ask)


def fields(book: Book, selection: Selection, ask: Ask) -> Iterator[Field]:
    """Field of each dimension of a choice."""
    for axis in selection.series.axes:
        kind = "tree" if axis.name == "iccs" else "checks" if axis.name == selection.by else "select"
        name = "show" if kind == "checks" else parameter(axis.name)
        title = ask.words.dimension(axis.name)
        if ask.links.static:
            yield Field(name, title, kind, tuple(_links(book, selection, axis, kind, ask)))
        else:
            yield Field(name, title, kind, html=_marked_options(book, selection, axis, kind, ask.words))


def period_options(book: Book, series: Series, chosen: str, words: Words) -> Markup:
    """Options of a field of periods."""

    def made() -> str:
        return "".join(_plain_option(period.code, words.period(period)) for period in series.periods)

    return _marked(_remembered(book, (words.language, series.code, "period"), made), [chosen], "selected")


def _marked_options(book: Book, selection: Selection, axis: Axis, kind: str, words: Words) -> Markup:
    code = selection.codes[axis.name]

    def made() -> str:
        if kind == "tree":
            return _tree_html(axis, words)
        write = _plain_option if kind == "select" else _check
        return "".join(write(each, label(book.catalogue, words, axis.name, each)) for each in _codes(axis, kind))

    html = _remembered(book, (words.language, selection.series.code, axis.name, kind), made)
    if kind == "select":
        return _marked(html, [code], "selected")
    if kind == "checks":
        return _marked(html, selection.parts, "checked")
    for above in (code, *(each.code for each in (iccs().ancestors(code) if code in iccs() else ()))):
        fold = f'<details data-code="{escape(above)}">'
        html = html.replace(fold, f"{fold[:-1]} open>")
    return _marked(html, [code], "checked")


def _remembered(book: Book, key: tuple[str, ...], made: Callable[[], str]) -> str:
    found = book.fragments.get(key)
    if found is None:
        found = book.fragments.setdefault(key, made())
    return found


def _marked(html: str, codes: Iterable[str], mark: str) -> Markup:
    """Options with those of the codes chosen; no text of an option holds a bare quotation mark."""
    for code in codes:
        value = f'value="{escape(code)}"'
        html = html.replace(value, f"{value} {mark}", 1)
    return Markup(html)  # noqa: S704 (every text in it was escaped when it was made)


def _codes(axis: Axis, kind: str) -> tuple[str, ...]:
    return axis.codes if kind == "checks" else tuple(code for code in (axis.total, *axis.codes) if code)


def _plain_option(code: str, name: str) -> str:
    return f'<option value="{escape(code)}">{escape(name)}</option>'


def _check(code: str, name: str) -> str:
    value = escape(code)
    return f'<label><input type="checkbox" id="show-{value}" name="show" value="{value}">{escape(name)}</label>'


def _tree_html(axis: Axis, words: Words) -> str:
    below = _below(axis)
    spoken = ' lang="en"' if words.language == "fr" else ""  # the classification has no French titles

    def node(code: str) -> str:
        value, name = escape(code), escape(words.value("iccs", code))
        shown = f"<small>{value}</small> <span{spoken}>{name}</span>" if code[:1].isdigit() else name
        parts = [f'<li><label><input type="radio" id="iccs-{value}" name="iccs" value="{value}">{shown}</label>']
        if code in below:
            inside = "".join(node(child) for child in below[code])
            parts.append(f'<details data-code="{value}"><summary><span class="hide">{name}</span></summary>')
            parts.append(f"<ul>{inside}</ul></details>")
        return "".join([*parts, "</li>"])

    return "<ul>" + "".join(node(code) for code in _tops(axis, below)) + "</ul>"


def _below(axis: Axis) -> dict[str, list[str]]:
    """Classes that have figures, below the nearest class above them that has some; those without one under ``""``."""
    known = set(axis.codes)
    found: dict[str, list[str]] = {}
    for code in axis.codes:
        chain = iccs().ancestors(code) if code in iccs() else ()
        above = next((each.code for each in reversed(chain) if each.code in known), "")
        found.setdefault(above, []).append(code)
    return found


def _tops(axis: Axis, below: dict[str, list[str]]) -> list[str]:
    return [*([axis.total] if axis.total else []), *below.get("", [])]


def _links(book: Book, selection: Selection, axis: Axis, kind: str, ask: Ask) -> Iterator[Option]:
    """Values as links to the prepared choices."""
    if kind == "tree":
        below = _below(axis)
        yield from (_tree_link(selection, code, below, ask) for code in _tops(axis, below))
        return
    for code in _codes(axis, kind):
        place = selection.but(parts=(code,)) if kind == "checks" else selection.at(axis.name, code)
        chosen = code in selection.parts if kind == "checks" else code == selection.codes[axis.name]
        yield _option(place, code, label(book.catalogue, ask.words, axis.name, code), chosen, ask)


def _tree_link(selection: Selection, code: str, below: dict[str, list[str]], ask: Ask) -> Option:
    children = tuple(_tree_link(selection, child, below, ask) for child in below.get(code, ()))
    chosen = code == selection.codes["iccs"]
    return _option(selection.at("iccs", code), code, ask.words.value("iccs", code), chosen, ask, children)


def _option(
    selection: Selection, code: str, name: str, chosen: bool, ask: Ask, children: tuple[Option, ...] = ()
) -> Option:
    if not ask.links.static:
        return Option(code, name, chosen)  # a field of a form needs no address
    place, query = f"explore/{selection.series.code}", selection.query()
    return Option(code, name, chosen, ask.to(place, query) if ask.has(place, query) else "", children)
