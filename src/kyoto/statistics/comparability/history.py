"""What stands between the records and a comparison: gaps and breaks in time, and what was computed on the way."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kyoto.statistics.comparability.model import LinkUse, spans
from kyoto.statistics.comparability.reasons import Reason, reason

if TYPE_CHECKING:
    from kyoto.statistics.classification import Correspondence
    from kyoto.statistics.tables.model import TableSpec

__all__ = ["found_breaks", "missing_years", "recomputed"]


def missing_years(years: Sequence[int]) -> tuple[str, ...]:
    """Years without records between the first and the last.

    Examples
    --------
    >>> missing_years([2012, 2013, 2016])
    ('no records in 2014–2015',)
    """
    absent = tuple(sorted(set(range(years[0], years[-1] + 1)) - set(years))) if years else ()
    return (reason("missing_years", years=spans(absent)),) if absent else ()


def found_breaks(build: Path, source: str) -> tuple[str, ...]:
    """Breaks in the series of a source that the checks of its build found."""
    path = build / "quality.json"
    if not path.is_file():
        return ()
    findings = json.loads(path.read_text(encoding="utf-8"))["findings"]
    return tuple(
        found["message"].rstrip(".")
        for found in findings
        if found["source"] == source and str(found["code"]).startswith("series.break")
    )


def recomputed(
    code: str, table: Correspondence, uses: Sequence[LinkUse], rules: Sequence[TableSpec]
) -> tuple[str, ...]:
    """What was computed from the categories of a source to give a class.

    Parameters
    ----------
    code
        The class.
    table
        Correspondence of the source.
    uses
        Its rows behind the class.
    rules
        Tables of the source.
    """
    inside = [use for use in uses if use.place != "above" and use.years]
    return tuple(_steps(code, table, inside, rules))


def _steps(code: str, table: Correspondence, inside: Sequence[LinkUse], rules: Sequence[TableSpec]) -> Iterable[Reason]:
    categories = dict.fromkeys(use.national_code for use in inside)
    if len(categories) > 1 or any(use.place == "below" for use in inside):
        count = len(categories)
        yield reason("added_up", number=count, codes=code) if count > 1 else reason("added_up_one", codes=code)
    links = [link for link in table.links if link.national_code in categories]
    divided = dict.fromkeys(link.national_code for link in links if link.weight is not None)
    if divided:
        yield reason("by_weight", national=tuple(divided))
    told_apart = dict.fromkeys(link.national_code for link in links if link.condition)
    if told_apart:
        yield reason("by_records", national=tuple(told_apart))
    for rate in dict.fromkeys(rule.rate for rule in rules if rule.rate):
        yield reason("rates", number=f"{rate:,.0f}".replace(",", "\u202f"))
