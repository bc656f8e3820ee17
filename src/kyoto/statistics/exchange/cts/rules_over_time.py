"""Rules on two sets of answers: changes from year to year, revisions, changed counting rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from kyoto.statistics.exchange.cts.questionnaire import questionnaire
from kyoto.statistics.exchange.cts.rule_model import Broken, Checked, Rule, cell_name, number, question_of, rule_name

__all__ = ["OVER_TIME"]


def _counts_of_both(checked: Checked) -> Iterator[tuple[str, float, float]]:
    """Cells with a count now and in the last answers."""
    if checked.last is None:
        return
    for name, answer in checked.now.figures.items():
        before = checked.last.value(name)
        if answer.value is not None and before is not None and questionnaire().cells[name].counted:
            yield name, answer.value, before


def change(rule: Rule, checked: Checked) -> Iterator[Broken]:
    """Changes from the last year that are larger than usual."""
    limits = rule.limits
    if checked.last is None or checked.last.year == checked.now.year:
        return
    for name, value, before in _counts_of_both(checked):
        if max(value, before) < limits["least"] or not before:
            continue
        limit = limits["large_limit"] if before >= limits["large"] else limits["limit"]
        relative = value / before - 1
        if abs(relative) > limit:
            message = (
                f"{cell_name(name)}: {number(before)} in {checked.last.year}, {number(value)} now ({relative:+.0%})"
            )
            yield Broken((name,), (value, before), message)


def factor_ten(rule: Rule, checked: Checked) -> Iterator[Broken]:
    """Figures that are ten times the last one, or a tenth, within five per cent."""
    for name, value, before in _counts_of_both(checked):
        if min(value, before) > 0 and max(value, before) >= rule.limits["least"]:
            times = max(value, before) / min(value, before)
            if any(abs(times / power - 1) < 0.05 for power in (10, 100, 1000)):
                message = f"{cell_name(name)}: {number(value)} now, {number(before)} last time"
                yield Broken((name,), (value, before), message)


def new_zero(rule: Rule, checked: Checked) -> Iterator[Broken]:
    """Zeros where there was something."""
    for name, value, before in _counts_of_both(checked):
        if value == 0 and before >= rule.limits["least"]:
            yield Broken((name,), (value, before), f"{cell_name(name)}: 0 now, {number(before)} last time")


def revision(rule: Rule, checked: Checked) -> Iterator[Broken]:
    """Figures of the same year that were given differently before."""
    if checked.last is None or checked.last.year != checked.now.year:
        return
    for name, value, before in _counts_of_both(checked):
        if value != before and abs(value - before) > rule.limits["limit"] * before:
            message = f"{cell_name(name)}: {number(before)} was given before, {number(value)} now"
            yield Broken((name,), (value, before), message)


def metadata_change(rule: Rule, checked: Checked) -> Iterator[Broken]:
    """Counting rules that differ from the last answers."""
    if checked.last is None:
        return
    for name, text in checked.now.texts.items():
        before = checked.last.texts.get(name, "")
        if question_of(name) in rule.limits["questions"] and before and text != before:
            yield Broken((name,), (), f"{rule_name(name)}: {before!r} last time, {text!r} now")


OVER_TIME: Final[Mapping[str, Callable[[Rule, Checked], Iterable[Broken]]]] = {
    "change": change,
    "factor_ten": factor_ten,
    "new_zero": new_zero,
    "revision": revision,
    "metadata_change": metadata_change,
}
"""What each kind of rule computes."""
