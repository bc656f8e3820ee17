"""The justice funnel of a class in some areas, out of what a snapshot holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from kyoto.portal.book import Book
from kyoto.portal.figures import quoted
from kyoto.portal.wording import Words
from kyoto.statistics.comparability import Comparison, Funnel, StageTable, funnel_of, stage_counts
from kyoto.statistics.comparability.stages import stage_of
from kyoto.statistics.explain.rules import step_facts
from kyoto.statistics.report.funnel import Speech

if TYPE_CHECKING:
    import pandas as pd

    from kyoto.portal.catalogue import Series

__all__ = ["read_funnel", "speech"]


def read_funnel(book: Book, comparison: Comparison, areas: Sequence[str]) -> Funnel:
    """What was counted of a class at each stage of justice.

    Parameters
    ----------
    book
        The build.
    comparison
        What the sources mean by the class.
    areas
        Which areas.
    """
    counts = stage_counts(_tables(book, comparison.iccs, areas), comparison.iccs)
    return funnel_of(comparison.iccs, counts, comparison.definitions, areas)


def _tables(book: Book, code: str, areas: Sequence[str]) -> Iterator[StageTable]:
    """Counts of the tables that hold a stage, all codes of the areas in the years, without other parts."""
    manifest = book.snapshot.manifest
    for series in book.catalogue.counts:
        facts = step_facts(manifest, f"table:{series.table}")
        if not stage_of(str(facts.get("unit") or "")) or "iccs" not in (facts.get("dimensions") or ()):
            continue
        columns = step_facts(manifest, f"source:{facts.get('source')}").get("columns") or ()
        given = any(column.get("concept") == "count" for column in columns)
        yield StageTable(series.table, facts, _observations(book, series, code, areas), given)


def _observations(book: Book, series: Series, code: str, areas: Sequence[str]) -> pd.DataFrame:
    """Rows of the class, and those of the total that tell in which years anything was counted."""
    marks = ", ".join("?" * len(areas))
    others = [axis.name for axis in series.axes if axis.name not in ("iccs", "area") and axis.total == "_T"]
    whole = "".join(f" AND {quoted(name)} = '_T'" for name in others)
    sql = (
        f"SELECT * FROM {quoted(series.table)} WHERE series = ? AND iccs IN (?, '_T') AND area IN ({marks}){whole}"
        " ORDER BY area, period, iccs"
    )
    found: pd.DataFrame = book.snapshot.query(sql, [series.code, code, *areas]).to_pandas()
    return found


def speech(book: Book, words: Words) -> Speech:
    """How the portal says a funnel."""

    def say(key: str, **values: object) -> str:
        return words(f"funnel.{key}", **values)

    def area(code: str) -> str:
        return book.catalogue.area_name(code, words.language)

    return Speech(say, words.number, words.unit, area)
