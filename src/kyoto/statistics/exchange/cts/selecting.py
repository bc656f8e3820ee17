"""Which published figures answer a cell: matching its meaning to the dimensions of a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from kyoto.statistics.exchange.cts.built import BuiltTable, Figure
from kyoto.statistics.exchange.cts.model import Cell, Population
from kyoto.statistics.exchange.cts.questionnaire import questionnaire
from kyoto.statistics.observations import TOTAL, UNKNOWN
from kyoto.statistics.tables.labels import parse_age
from kyoto.statistics.tables.model import LEVELS, AgeBand, parse_dimension

__all__ = ["Selected", "select_figure", "serves"]

_PLACES = {"area", "region", "period"}


@dataclass(frozen=True, slots=True)
class Selected:
    """What a table has for a cell.

    Parameters
    ----------
    figure
        The figure; None where the table has none.
    reason
        Why it has none.
    remark
        How it was made, where it is not simply a published one.
    """

    figure: Figure | None = None
    reason: str = ""
    remark: str = ""


class _CannotAnswer(Exception):
    """The table cannot answer the cell; the message says why."""


def serves(table: BuiltTable, population: Population) -> str:
    """Say why a table does not count a population; empty where it does.

    A table with a condition counts a part only, so that a project must name it in ``[cts.tables]``.
    """
    facts = table.facts
    if facts["unit"] not in population.units:
        return f"counts in units of {facts['unit']}"
    if facts["where"]:
        return f"counts only records where {facts['where']}"
    if population.dates and facts["date"] not in population.dates:
        return f"places records by {facts['date'] or 'no date'}"
    if facts["date"] in population.without_dates:
        return f"places records by {facts['date']}"
    return ""


def select_figure(table: BuiltTable, cell: Cell, *, named: bool = False) -> Selected:
    """Find the figure of a cell in a table.

    Parameters
    ----------
    table
        A published table.
    cell
        What is asked.
    named
        The project names this table for the cell's table: then it need not be by ICCS.

    Returns
    -------
    Selected
        Several published figures are added up where the cell is wider than they are; the remark says so. A cell
        without a row is zero where the table counted anything and its codes can say so.
    """
    try:
        wanted, remark = _wanted_codes(table, cell, named=named)
    except _CannotAnswer as error:
        return Selected(reason=str(error))
    keys = [dict(zip(wanted, codes, strict=True)) for codes in product(*wanted.values())]
    found = [figure for key in keys if (figure := table.figure(key)) is not None]
    if not table.counted:
        return Selected(reason="counted nothing in this area and year")
    if any(figure.value is None for figure in found):
        return Selected(next(figure for figure in found if figure.value is None), remark=remark)
    if not found:
        # a part that counted nothing does not make the whole of the class nothing
        incomplete = [code for code in cell.row.iccs if "iccs" in wanted and table.covers(code)[0] == "partly"]
        if incomplete:
            return Selected(reason=f"has no record of {', '.join(incomplete)}, of which it {remark}")
        return Selected(Figure(0.0, "A", "F", ""), remark=remark)
    if len(found) > 1:
        remark = "; ".join(part for part in (remark, f"sum of {len(found)} published figures") if part)
    statuses = {figure.status for figure in found} - {"A"}
    notes = "; ".join(dict.fromkeys(figure.note for figure in found if figure.note))
    total = sum(figure.value for figure in found if figure.value is not None)
    return Selected(Figure(total, min(statuses, default="A"), "F", notes), remark=remark)


def _wanted_codes(table: BuiltTable, cell: Cell, *, named: bool) -> tuple[dict[str, tuple[str, ...]], str]:
    """Codes by dimension whose figures add up to the cell."""
    wanted: dict[str, tuple[str, ...]] = {}
    _check_period(table)
    remark = _classes(table, cell, wanted, named=named)
    roles = questionnaire().roles[cell.row.population.role]
    if cell.sex != TOTAL:
        wanted[_column(table, roles["sex"], "sex")] = (cell.sex,)
    if cell.age != TOTAL:
        wanted[_column(table, roles["age"], "age")] = _ages(table, cell.age)
    for name, entry in cell.row.dims:
        column, codes = _listed(table, name, entry)
        wanted[column] = codes
    for concept, codes in cell.row.match:
        wanted[_column(table, (concept,), concept)] = codes
    return wanted, remark


def _check_period(table: BuiltTable) -> None:
    for text in table.facts["by"]:
        grain = parse_dimension(text).grain
        if grain not in (None, "year"):
            raise _CannotAnswer(f"is by {grain}, not by period:year")


def _column(table: BuiltTable, concepts: Iterable[str], what: str) -> str:
    for concept in concepts:
        if concept in table.dimensions and table.codes[concept] != {TOTAL}:
            return concept
    raise _CannotAnswer(f"is not by {what}")


def _classes(table: BuiltTable, cell: Cell, wanted: dict[str, tuple[str, ...]], *, named: bool) -> str:
    """Put the classes of ICCS into ``wanted``; return a remark on how the source covers them."""
    by_iccs = any(parse_dimension(text).concept == "iccs" for text in table.facts["by"])
    codes = cell.row.iccs
    if not codes:
        if not named and len(table.sections) == 1 and cell.row.population.units:
            raise _CannotAnswer(f"holds section {min(table.sections)} of ICCS only")
        return ""
    if not by_iccs:
        if named:
            return ""
        raise _CannotAnswer("is not by iccs")
    level = next(parse_dimension(text).level for text in table.facts["by"] if parse_dimension(text).concept == "iccs")
    if any(len(code) > LEVELS[str(level)] for code in codes):
        raise _CannotAnswer(f"is by iccs:{level}, which does not show {', '.join(codes)}")
    remarks = dict.fromkeys(_coverage_remark(table, code) for code in codes)
    wanted["iccs"] = codes
    return "; ".join(remark for remark in remarks if remark)


def _coverage_remark(table: BuiltTable, code: str) -> str:
    coverage, remark = table.covers(code)
    if coverage == "none":
        raise _CannotAnswer(f"has no category that leads to {code}" + (f" ({remark})" if remark else ""))
    if coverage == "unknown":
        raise _CannotAnswer(f"holds no record of {code} in any year; type 0 if there were none")
    return remark


def _listed(table: BuiltTable, name: str, entry: str) -> tuple[str, tuple[str, ...]]:
    """Column and codes of an entry of a value list; none where the table's codes are not those of the list."""
    entries = questionnaire().values[name]
    reasons = []
    for concept, patterns in entries[entry].items():
        if concept not in table.dimensions:
            reasons.append(concept)
            continue
        found = table.codes[concept]
        known = [code for spec in entries.values() for code in _matching(found, spec.get(concept, ()))]
        if not set(known) - {UNKNOWN}:
            shown = ", ".join(sorted(found - {TOTAL})[:6])
            raise _CannotAnswer(f"has codes of {concept} that are not those of ICCS ({shown})")
        return concept, tuple(_matching(found, patterns))
    raise _CannotAnswer("is not by " + " or ".join(reasons))


def _matching(found: Iterable[str], patterns: Iterable[str]) -> list[str]:
    """Codes that a pattern stands for, without regard to case.

    Examples
    --------
    >>> _matching(["1.1", "1.2.1", "2"], ["1.*", "3"]), _matching(["Firearm"], ["firearm"])
    (['1.1', '1.2.1'], ['Firearm'])
    """
    lists = list(patterns)
    return sorted(code for code in found if any(_fits(code.casefold(), pattern.casefold()) for pattern in lists))


def _fits(code: str, pattern: str) -> bool:
    return code.startswith(pattern[:-1]) if pattern.endswith("*") else code == pattern


def _ages(table: BuiltTable, wanted: str) -> tuple[str, ...]:
    """Codes of the table's age groups that tile the wanted one."""
    if wanted == UNKNOWN:
        return (UNKNOWN,)
    band = parse_age(wanted)
    assert isinstance(band, AgeBand)
    bands = next((d.bands for d in map(parse_dimension, table.facts["by"]) if d.concept == "age"), ())
    if not bands:
        return tuple(code for code in sorted(table.codes["age"]) if _inside(parse_age(code), band))
    inside = [each for each in bands if _inside(each, band)]
    if not inside or not _tiles(inside, band):
        groups = ",".join(each.code for each in bands)
        raise _CannotAnswer(f"has age groups ({groups}) that do not make up {wanted}")
    return tuple(each.code for each in inside)


def _inside(part: object, whole: AgeBand) -> bool:
    if not isinstance(part, AgeBand) or part.low < whole.low:
        return False
    return whole.high is None or (part.high is not None and part.high <= whole.high)


def _tiles(parts: list[AgeBand], whole: AgeBand) -> bool:
    """Whether ascending groups follow each other from the start of the whole to its end."""
    start = whole.low
    for part in parts:
        if part.low != start:
            return False
        if part.high is None:
            return whole.high is None
        start = part.high + 1
    return whole.high is not None and start == whole.high + 1
