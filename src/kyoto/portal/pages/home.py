"""The first page: the latest figures, the questions that the tables answer, and three ways in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from kyoto.portal.answer import Answer
from kyoto.portal.book import Book
from kyoto.portal.catalogue import Series
from kyoto.portal.drawing import spark_svg
from kyoto.portal.figures import Figures, Line, read_figures
from kyoto.portal.pages.explore import series_title
from kyoto.portal.pages.facts import public_findings
from kyoto.portal.pages.rendering import Ask, render
from kyoto.portal.selection import read_selection
from kyoto.portal.wording import Words
from kyoto.statistics.report.views import Point
from kyoto.statistics.report.wording import sentence_case

__all__ = ["Headline", "headline", "home"]

_MOST = 8


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
    chosen = [*catalogue.indicators, *catalogue.counts][:_MOST]
    headlines = [found for series in chosen if (found := _of_series(book, ask, series)) is not None]
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
        "span": _whole_span(list(catalogue.series.values()), ask.words),
        "errors": severities.count("error"),
        "warnings": severities.count("warning"),
        "remarks": len(severities) - severities.count("error") - severities.count("warning"),
    }
    return render("home", ask, book, context)


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
