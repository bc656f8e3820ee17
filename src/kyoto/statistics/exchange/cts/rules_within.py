"""Rules on one set of answers: totals and parts, classes within classes, the same figure in two places.

A rule only reports: real answers often break what must hold, because totals and parts come from different registers or
dates, so nothing is refused.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Final

from kyoto.statistics.classification import iccs
from kyoto.statistics.exchange.cts.questionnaire import questionnaire
from kyoto.statistics.exchange.cts.rule_model import Broken, Checked, Rule, cell_name, number

__all__ = ["WITHIN"]

TOLERANCE: Final = 1e-6
"""Differences below it are those of decimal fractions."""


def _figures(checked: Checked, *cells: str) -> tuple[float | None, ...]:
    return tuple(checked.now.value(cell) for cell in cells)


def whole_number(rule: Rule, checked: Checked) -> Iterator[Broken]:
    """Find counts below zero or with decimals."""
    for name, answer in checked.now.figures.items():
        value = answer.value
        cell = questionnaire().cells[name]
        money = cell.table.unit == "national currency"
        if value is None or not cell.counted or (value >= 0 and (value.is_integer() or money)):
            continue
        what = "is below zero" if value < 0 else "is no whole number"
        yield Broken((name,), (value,), f"{cell_name(name)}: {number(value)} {what}")


def percentage(rule: Rule, checked: Checked) -> Iterator[Broken]:
    """Find percentages outside 0 to 100."""
    for name, answer in checked.now.figures.items():
        cell = questionnaire().cells[name]
        asked = cell.table.percent or cell.row.population.name == "rate"
        if asked and answer.value is not None and not 0 <= answer.value <= 100:
            yield Broken((name,), (answer.value,), f"{cell_name(name)}: {number(answer.value)} per cent")


def column_parts(rule: Rule, checked: Checked) -> Iterator[Broken]:
    """Sexes and their total, row by row."""
    for table in questionnaire().tables:
        if table.percent:
            continue
        for row in table.rows:
            for whole, *parts in table.column_parts:
                names = [f"{table.id}.{row.id}.{key}" for key in (whole, *parts)]
                if all(name in questionnaire().cells for name in names):
                    yield from _sum(checked, names)


def row_parts(rule: Rule, checked: Checked) -> Iterator[Broken]:
    """Rows that divide a total, column by column."""
    for table in questionnaire().tables:
        for column in table.columns:
            for whole, *parts in table.row_parts:
                names = [f"{table.id}.{row}.{column.key}" for row in (whole, *parts)]
                yield from _sum(checked, [name for name in names if name in questionnaire().cells])


def sum_of(rule: Rule, checked: Checked) -> Iterator[Broken]:
    """Cells of several tables that add up."""
    yield from _sum(checked, [rule.limits["total"], *rule.limits["parts"]])


def _sum(checked: Checked, names: Sequence[str]) -> Iterator[Broken]:
    """Compare a total with its parts.

    With all parts given the sum must be the total. A blank part may hold the difference; then the sum must not be
    above the total, and where it is below, the difference is worth a warning only if the blank is an 'unknown'.
    """
    total, *parts = _figures(checked, *names)
    given = [value for value in parts if value is not None]
    blank = [name for name, value in zip(names[1:], parts, strict=True) if value is None]
    if total is None or len(given) < 2 or abs(sum(given) - total) < TOLERANCE:
        return
    difference = sum(given) - total
    if blank and difference < 0 and not all(_is_unknown(name) for name in blank):
        return
    what = "above" if difference > 0 else "below"
    severity = "warning" if blank and difference < 0 else ""
    message = (
        f"{cell_name(names[0])}: parts add up to {number(sum(given))}, {number(abs(difference))} {what} {number(total)}"
    )
    if severity:
        message += "; the unknown part is blank"
    yield Broken(tuple(names), (total, *parts), message, severity)


def _is_unknown(name: str) -> bool:
    cell = questionnaire().cells[name]
    return "_U" in (cell.sex, cell.age) or ("unknown" in dict(cell.row.dims).values())


def of_which(rule: Rule, checked: Checked) -> Iterator[Broken]:
    """Rows 'of which' and the row that holds them."""
    for name, cell in questionnaire().cells.items():
        if cell.row.of:
            yield from _not_above(checked, name, f"{cell.table.id}.{cell.row.of}.{cell.column.key}")


def _not_above(checked: Checked, part: str, whole: str) -> Iterator[Broken]:
    low, high = _figures(checked, part, whole)
    if low is not None and high is not None and low > high + TOLERANCE:
        yield Broken(
            (part, whole), (low, high), f"{cell_name(part)}: {number(low)} is above {cell_name(whole)}, {number(high)}"
        )


def _classes(checked: Checked) -> Iterable[dict[str, str]]:
    """Answered cells of single classes, those that differ by the class alone together: class, then cell."""
    found: dict[tuple[object, ...], dict[str, str]] = defaultdict(dict)
    for name, answer in checked.now.figures.items():
        cell = questionnaire().cells[name]
        if answer.value is not None and cell.meaning is not None and len(cell.row.iccs) == 1:
            population, _, *rest = cell.meaning
            found[(population, *rest)].setdefault(cell.row.iccs[0], name)
    return found.values()


def classification(rule: Rule, checked: Checked) -> Iterator[Broken]:
    """Classes and the nearest answered class above them: rape within sexual violence, for one."""
    for classes in _classes(checked):
        for code, name in classes.items():
            above = [category.code for category in iccs().ancestors(code) if category.code in classes]
            if above:
                yield from _not_above(checked, name, classes[above[-1]])


def classification_sum(rule: Rule, checked: Checked) -> Iterator[Broken]:
    """Classes all of whose direct children are answered."""
    for classes in _classes(checked):
        for code, name in classes.items():
            below = [child.code for child in iccs().children(code)]
            if below and all(child in classes for child in below):
                yield from _sum(checked, [name, *(classes[child] for child in below)])


@cache
def _same() -> tuple[tuple[str, ...], ...]:
    """Cells that ask the same, several at a time."""
    found: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for name, cell in questionnaire().cells.items():
        if cell.meaning is not None:
            found[cell.meaning].append(name)
    return tuple(tuple(names) for names in found.values() if len(names) > 1)


def same_figure(rule: Rule, checked: Checked) -> Iterator[Broken]:
    """Find cells that ask the same and were answered differently."""
    for names in _same():
        given = [(name, value) for name in names if (value := checked.now.value(name)) is not None]
        if len({value for _, value in given}) > 1:
            text = ", ".join(f"{name} {number(value)}" for name, value in given)
            cells, figures = zip(*given, strict=True)
            yield Broken(cells, figures, f"{cell_name(names[0])} is given differently: {text}")


def ratio(rule: Rule, checked: Checked) -> Iterator[Broken]:
    """One figure over another, outside its range."""
    part, whole = _figures(checked, rule.limits["of"], rule.limits["to"])
    if part is None or not whole:
        return
    found = part / whole
    if not rule.limits["low"] <= found <= rule.limits["high"]:
        message = f"{cell_name(rule.limits['of'])} over {cell_name(rule.limits['to'])}: {found:.2f}"
        expected = f"expected {rule.limits['low']:g} to {rule.limits['high']:g}"
        yield Broken((rule.limits["of"], rule.limits["to"]), (part, whole), f"{message}; {expected}")


def rate(rule: Rule, checked: Checked) -> Iterator[Broken]:
    """Find a rate per 100 000 people above its limit."""
    part, people = _figures(checked, rule.limits["of"], rule.limits["to"])
    if part is not None and people and part / people * 100_000 > rule.limits["high"]:
        message = f"{cell_name(rule.limits['of'])}: {part / people * 100_000:.1f} per 100 000 people"
        yield Broken((rule.limits["of"], rule.limits["to"]), (part, people), message)


def funnel(rule: Rule, checked: Checked) -> Iterator[Broken]:
    """Stages of proceedings that become more instead of fewer."""
    stages: Sequence[str] = rule.limits["stages"]
    by_class: dict[tuple[object, ...], dict[str, str]] = defaultdict(dict)
    for name, answer in checked.now.figures.items():
        cell = questionnaire().cells[name]
        if answer.value is not None and cell.meaning is not None and cell.sex == "_T":
            by_class[cell.meaning[1:]].setdefault(str(cell.meaning[0]), name)
    for names in by_class.values():
        for before, after in pairwise(names[stage] for stage in stages if stage in names):
            yield from _not_above(checked, after, before)


def metadata_missing(rule: Rule, checked: Checked) -> Iterator[Broken]:
    """Institutions that give figures and do not say how they were counted."""
    form = questionnaire()
    answering = {form.section_of[form.cells[name].table.id].institution for name in checked.now.figures}
    for institution in form.institutions:
        names = [f"M.{question}.{institution.key}" for question in rule.limits["questions"]]
        absent = [name for name in names if not checked.now.texts.get(name)]
        if institution.key in answering and absent:
            yield Broken(
                tuple(absent), (), f"{institution.label}: {len(absent)} of {len(names)} counting rules are not stated"
            )


WITHIN: Final[Mapping[str, Callable[[Rule, Checked], Iterable[Broken]]]] = {
    "whole_number": whole_number,
    "percentage": percentage,
    "column_parts": column_parts,
    "row_parts": row_parts,
    "sum": sum_of,
    "of_which": of_which,
    "classification": classification,
    "classification_sum": classification_sum,
    "same_figure": same_figure,
    "ratio": ratio,
    "rate": rate,
    "funnel": funnel,
    "metadata_missing": metadata_missing,
}
"""What each kind of rule computes."""
