"""Checking answers: every rule on every figure, each finding with the respondent's explanation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from kyoto.statistics.exchange.cts.answers import Answers
from kyoto.statistics.exchange.cts.questionnaire import read_data
from kyoto.statistics.exchange.cts.rule_model import Broken, Checked, Rule
from kyoto.statistics.exchange.cts.rules_over_time import OVER_TIME
from kyoto.statistics.exchange.cts.rules_within import WITHIN

if TYPE_CHECKING:
    from kyoto.statistics.exchange.cts.reading import Entry

__all__ = ["SEVERITIES", "Finding", "check_answers", "rules"]

SEVERITIES: Final = ("error", "warning", "note")

_FIELDS = ("id", "kind", "severity", "text")


@dataclass(frozen=True, slots=True)
class Finding:
    """Where answers break a rule.

    Parameters
    ----------
    rule, severity
        Name of the rule, and ``error``, ``warning`` or ``note``.
    cells
        Cells of the questionnaire, or answers on counting rules, that are concerned; the total first.
    figures
        Their figures in the same order; for changes the figure now and the last one.
    message
        What is wrong.
    explanation
        What the respondent wrote about it; empty if nothing.
    """

    rule: str
    severity: str
    cells: tuple[str, ...]
    figures: tuple[float | None, ...]
    message: str
    explanation: str = ""

    @property
    def explained(self) -> bool:
        """Whether the respondent wrote why."""
        return bool(self.explanation)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form with stable keys."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "cells": list(self.cells),
            "figures": list(self.figures),
            "message": self.message,
            "explanation": self.explanation,
        }


@cache
def rules() -> tuple[Rule, ...]:
    """Rules in the order in which findings are listed.

    Examples
    --------
    >>> [rule.id for rule in rules()][:3]
    ['whole-number', 'percentage', 'column-parts']
    """
    found = []
    for spec in read_data("checks.toml")["rules"]:
        limits = {name: value for name, value in spec.items() if name not in _FIELDS}
        found.append(Rule(spec["id"], spec["kind"], spec["severity"], spec["text"], limits))
    return tuple(found)


def check_answers(
    answers: Answers, earlier: Iterable[Answers] = (), entries: Iterable[Entry] = ()
) -> tuple[Finding, ...]:
    """Check answers by every rule; nothing is refused.

    Parameters
    ----------
    answers
        What a country answered.
    earlier
        Answers of an earlier year, or earlier ones of the same year; each is compared with.
    entries
        What the reader of the workbook had to decide; listed among the findings.

    Returns
    -------
    tuple of Finding
        The gravest first, then in the order of the rules and of the form.

    Examples
    --------
    >>> from kyoto.statistics.exchange.cts import Answer
    >>> figures = {"5.2.01.T": Answer(100.0), "5.2.02.T": Answer(70.0), "5.2.03.T": Answer(20.0)}
    >>> found = check_answers(Answers("AT", "2023", figures, {"5.2.01": "Civil prisoners are in the total only."}))
    >>> found[0].rule, found[0].figures, found[0].explanation
    ('row-parts', (100.0, 70.0, 20.0), 'Civil prisoners are in the total only.')
    """
    found = list(_found(Checked(answers), WITHIN))
    for last in earlier:
        found += _found(Checked(answers, last), OVER_TIME)
    for entry in entries:
        message = ": ".join(part for part in (entry.place, entry.message) if part)
        cells = (entry.cell,) if entry.cell else ()
        values = (answers.value(entry.cell),) if entry.cell in answers.figures else ()
        found.append(Finding("entry", entry.severity, cells, values, message, _explanation(answers, cells)))
    return tuple(sorted(found, key=lambda finding: SEVERITIES.index(finding.severity)))


def _found(checked: Checked, kinds: Mapping[str, Callable[[Rule, Checked], Iterable[Broken]]]) -> Iterator[Finding]:
    for rule in rules():
        if rule.kind not in kinds:
            continue
        for broken in kinds[rule.kind](rule, checked):
            explanation = _explanation(checked.now, broken.cells)
            severity = broken.severity or rule.severity
            yield Finding(rule.id, severity, broken.cells, broken.figures, broken.message, explanation)


def _explanation(answers: Answers, cells: Iterable[str]) -> str:
    """What the respondent wrote in the rows of these cells."""
    rows = dict.fromkeys(cell if cell in answers.explanations else cell.rpartition(".")[0] for cell in cells)
    texts = [answers.explanations[row] for row in rows if row in answers.explanations]
    institutions = dict.fromkeys(cell.rpartition(".")[2] for cell in cells if cell.startswith("M."))
    texts += [answers.texts[name] for each in institutions if (name := f"M.17.{each}") in answers.texts]
    return " / ".join(texts)
