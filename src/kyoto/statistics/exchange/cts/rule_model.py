"""What a rule is, what it looks at, and what it says where it does not hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kyoto.statistics.exchange.cts.answers import Answers
from kyoto.statistics.exchange.cts.questionnaire import questionnaire

__all__ = ["Broken", "Checked", "Rule", "cell_name", "number", "question_of", "rule_name"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Parameters
    ----------
    id, kind, severity, text
        Its name, what it computes, how grave it is when broken, and what must hold.
    limits
        Thresholds and cells that the kind needs.
    """

    id: str
    kind: str
    severity: str
    text: str
    limits: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Broken:
    """Where a rule does not hold: the cells or answers, their figures, and what is wrong."""

    cells: tuple[str, ...]
    figures: tuple[float | None, ...]
    message: str
    severity: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """What rules look at."""

    now: Answers
    last: Answers | None = None


def number(value: float | None) -> str:
    """Figure for people.

    Examples
    --------
    >>> number(1234.0), number(None)
    ('1,234', 'blank')
    """
    return "blank" if value is None else f"{value:,.10g}"


def cell_name(name: str) -> str:
    """Words for a cell: its id, row and column.

    Examples
    --------
    >>> cell_name("1.2.01.F")
    '1.2.01.F Victims of intentional homicide, female'
    """
    cell = questionnaire().cells[name]
    column = "" if len(cell.table.columns) == 1 else f", {cell.column.label.lower()}"
    return f"{name} {cell.row.label}{column}"


def question_of(name: str) -> str:
    """Number of the question that a text answers; empty for other texts.

    Examples
    --------
    >>> question_of("M.02.police"), question_of("R.office")
    ('02', '')
    """
    return name.split(".")[1] if name.startswith("M.") else ""


def rule_name(name: str) -> str:
    """Words for an answer on counting rules: institution and question."""
    question, institution = questionnaire().answers[name]
    return f"{institution.label}: {question.text}"
