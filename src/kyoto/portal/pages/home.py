"""The first page: the latest figures, the questions that the tables answer, and three ways in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from kyoto.portal.answer import Answer
from kyoto.portal.book import Book
from kyoto.portal.catalogue import Series
from kyoto.portal.drawing import spark_svg
from kyoto.portal.figures import Figures, Line, read_figures
from kyoto.portal.pages.facts import public_findings
from kyoto.portal.pages.fields import series_title
from kyoto.portal.pages.rendering import Ask, render
from kyoto.portal.selection import read_selection
from kyoto.portal.wording import Words
from kyoto.statistics.report.panels import panel_decimals
from kyoto.statistics.report.views import Point
from kyoto.statistics.report.wording import sentence_case

__all__ = ["Headline", "headline", "home"]

_MOST = 8
_FEW = 4


@dataclass(frozen=True, slots=True)
class Headline:
    """The latest figure of a series in words, with its course."""

    name: str
    value: str
    unit: str
    period: str
    between: str
    before: str
    spark: Markup | None
    href: str


def home(book: Book, ask: Ask) -> Answer:
    """First page."""
    catalogue = book.catalogue
    headlines = list(_headlines(book, ask))
    questions = [
        (
            series_title(series, ask.words),
            ask.words.unit(series.unit),
            _span(series, ask.words),
            ask.to(f"explore/{series.code}"),
        )
        for series in catalogue.counts
    ]
    severities = [str(finding.get("severity")) for finding in public_findings(book)]
    context = {
        "title": catalogue.title,
        "headlines": headlines,
        "questions": questions,
        "panels": list(_panels(book, ask)),
        "span": _whole_span(list(catalogue.series.values()), ask.words),
        "errors": severities.count("error"),
        "warnings": severities.count("warning"),
        "remarks": len(severities) - severities.count("error") - severities.count("warning"),
    }
    return render("home", ask, book, context)


def _panels(book: Book, ask: Ask) -> Iterator[dict[str, object]]:
    """What rooms above the pipeline estimated (:class:`kyoto.core.rooms.Panel`), in the reader's numbers."""
    for step in book.snapshot.manifest["steps"].values():
        panel = (step.get("facts") or {}).get("panel")
        if not panel:
            continue
        figures = [(row["estimate"], row["lower"], row["upper"]) for row in panel["rows"]]
        digits = panel_decimals(figures, panel["unit"])
        rows = [
            (
                row["label"],
                ask.words.number(row["estimate"], digits) or ask.words("explore.no_data"),
                ask.words.between(row["lower"], row["upper"], digits),
                row.get("note") or "",
            )
            for row in panel["rows"]
        ]
        page = f"files/{panel.get('page')}"
        href = ask.links.to(page) if panel.get("page") and ask.links.has(page) else ""
        remarked = any(note for *_, note in rows)
        yield {**panel, "rows": rows, "remarked": remarked, "href": href, "source": panel.get("source") or ""}


def _headlines(book: Book, ask: Ask) -> Iterator[Headline]:
    """Indicators, then the total of each table that says something new, then sections of ICCS if these are few."""
    told: set[tuple[str, str, str]] = set()
    count = 0
    for series in (*book.catalogue.indicators, *book.catalogue.counts):
        found = _of_series(book, ask, series)
        if found is None or count >= _MOST or (found.value, found.unit, found.period) in told:
            continue
        told.add((found.value, found.unit, found.period))
        count += 1
        yield found
    if count < _FEW:
        yield from _of_sections(book, ask, _FEW - count)


def _of_sections(book: Book, ask: Ask, wanted: int) -> Iterator[Headline]:
    """Latest figures of the sections of ICCS with the highest counts, of the first table by ICCS."""
    series = next((each for each in book.catalogue.counts if each.axis("iccs")), None)
    if series is None:
        return
    selection = read_selection(series, [("by", "iccs")])
    figures = read_figures(book.snapshot, book.catalogue, selection, ask.words)
    lines = [line for line in figures.lines if line.code.isdigit() and line.last is not None and line.last.value]
    for line in sorted(lines, key=lambda line: -((line.last and line.last.value) or 0.0))[:wanted]:
        place = read_selection(series, [("iccs", line.code)])
        found = headline(
            replace(figures, lines=(line,)), line.name, ask.nearest(f"explore/{series.code}", place.query()), ask.words
        )
        if found is not None:
            yield found


def headline(figures: Figures, name: str, href: str, words: Words) -> Headline | None:
    """Latest figure of a line in words; None if none is published."""
    line = figures.lines[0]
    last = line.last
    if last is None:
        return None
    between = words.bounds(last.lower, last.upper, figures.digits)
    shown = [point for point in line.points if point.value is not None]
    return Headline(
        name=name,
        value=words.number(last.value, figures.digits),
        unit=words.unit(figures.selection.series.unit),
        period=sentence_case(words.period(last.period)),
        between=words("home.interval", lower=between[0], upper=between[1]) if between else "",
        before=_before(line, last, figures, words),
        spark=spark_svg(line) if len(shown) > 2 else None,
        href=href,
    )


def _before(line: Line, last: Point, figures: Figures, words: Words) -> str:
    index = line.points.index(last)
    before = line.points[index - 1] if index else None
    if before is None or before.value is None or last.status == "B":
        return ""
    value = words.number(before.value, figures.digits)
    return words("home.before", value=value, period=words.period(before.period))


def _of_series(book: Book, ask: Ask, series: Series) -> Headline | None:
    selection = read_selection(series, [])
    if selection.by:
        return None
    figures = read_figures(book.snapshot, book.catalogue, selection, ask.words)
    return headline(figures, series_title(series, ask.words), ask.to(f"explore/{series.code}"), ask.words)


def _span(series: Series, words: Words) -> str:
    return words.span(series.periods[0], series.periods[-1]) if series.periods else ""


def _whole_span(every: Sequence[Series], words: Words) -> str:
    years = sorted(set(_years(every)))
    return words.span(str(years[0]), str(years[-1])) if years else ""


def _years(every: Sequence[Series]) -> Iterator[int]:
    for series in every:
        yield from (period.year for period in series.periods if period.year)
