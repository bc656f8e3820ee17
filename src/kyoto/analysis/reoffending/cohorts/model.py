"""What a cohort of reoffending is, as data: index event, follow-up, outcome, and the rules that go with them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from kyoto.core.errors import KyotoError, Problems, did_you_mean

__all__ = ["DAYS_A_MONTH", "DEFAULT_WINDOWS", "KINDS", "OUTCOMES", "CohortRules", "checked_rules", "window_days"]

KINDS = ("arrest", "charge", "conviction", "admission", "release", "supervision", "violation", "death", "departure")
"""Kinds of events. A technical violation is a ``violation``; leaving the country is a ``departure``."""

INDEX_KINDS = ("release", "conviction", "supervision", "arrest", "charge")
"""Kinds that can be an index event."""

OUTCOMES = {
    "re-arrest": ("arrest",),
    "re-charge": ("charge",),
    "reconviction": ("conviction",),
    "return to custody": ("admission",),
    "technical violation": ("violation",),
    "any": ("arrest", "charge", "conviction", "admission", "violation"),
}
"""Definitions of the outcome, and the events that they count."""

DAYS_A_MONTH = 365.25 / 12
DEFAULT_WINDOWS: tuple[float, ...] = (6, 12, 24)
"""Lengths of the windows in months, where none are given."""


@dataclass(frozen=True, slots=True)
class CohortRules:
    """Counting rules of a cohort.

    Parameters
    ----------
    index
        Kind of the index event: ``release``, ``conviction``, ``supervision``, ``arrest`` or ``charge``.
    outcome
        A key of :data:`OUTCOMES`.
    end
        Last day on which the sources are complete.
    first_index, last_index
        Days between which index events are taken; None: the first of the data, and ``end``.
    per_person
        ``first`` index event of a person, or ``every`` one.
    start
        ``index``: follow-up starts on the day of the index event. ``liberty``: on the day on which the person is next
        at liberty.
    clock
        ``calendar``: all days count. ``liberty``: days in custody are taken out.
    same_section
        Whether the outcome must fall into the same ICCS section (first two digits) as the index event.
    least_severity
        Severity that the outcome must reach.
    pseudo
        ``exclude``: events whose offence was committed before the start (pseudo-reconvictions) are not outcomes.
    dated_by
        ``event``: time to the outcome is counted to its own date; ``offence``: to that of its offence.
    settle_months
        Months that proceedings are given: an outcome must be known by then, and who cannot be followed for the
        window and these months is not in its denominator.
    deaths, departures
        ``leave``: who dies or departs without the outcome has left. ``stay``: counts as without the outcome.
    imprecise
        Where only the month or the year of an event is known: ``earliest``, ``latest`` or ``middle`` day.
    windows
        Lengths of the windows in months.
    """

    index: Literal["release", "conviction", "supervision", "arrest", "charge"]
    outcome: str
    end: dt.date
    first_index: dt.date | None = None
    last_index: dt.date | None = None
    per_person: Literal["first", "every"] = "first"
    start: Literal["index", "liberty"] = "liberty"
    clock: Literal["calendar", "liberty"] = "calendar"
    same_section: bool = False
    least_severity: float | None = None
    pseudo: Literal["exclude", "count"] = "exclude"
    dated_by: Literal["event", "offence"] = "event"
    settle_months: float = 0.0
    deaths: Literal["leave", "stay"] = "leave"
    departures: Literal["leave", "stay"] = "leave"
    imprecise: Literal["earliest", "middle", "latest"] = "middle"
    windows: tuple[float, ...] = DEFAULT_WINDOWS

    def statement(self) -> tuple[str, ...]:
        """The rules in sentences, to stand beside every figure."""
        kinds = " or ".join(OUTCOMES[self.outcome])
        first = self.first_index.isoformat() if self.first_index else "the beginning of the data"
        last = (self.last_index or self.end).isoformat()
        section = " in the same ICCS section as the index event" if self.same_section else ""
        severity = "" if self.least_severity is None else f", severity {self.least_severity:g} or more"
        pseudo = "are not counted" if self.pseudo == "exclude" else "are counted"
        days = "of all days" if self.clock == "calendar" else "of days at liberty"
        who = "each person's first" if self.per_person == "first" else "every"
        starts = "on the day of the index event" if self.start == "index" else "on the first day at liberty"
        settle = f", known within {self.settle_months:g} months more" if self.settle_months else ""
        return (
            f"Index event: {who} {self.index} from {first} to {last}.",
            f"Follow-up starts {starts}; outcomes count from the day after it.",
            f"Outcome ({self.outcome}): {kinds}{section}{severity}, dated by the {self.dated_by}{settle}.",
            f"Outcomes of offences committed before follow-up started {pseudo}.",
            f"Time is counted in days, {days}; a month is {DAYS_A_MONTH:.4f} days, windows are rounded down.",
            f"People who die {_leave(self.deaths)}; people who depart {_leave(self.departures)}.",
            f"Complete to {self.end.isoformat()}. Events known by month or year are put on the {self.imprecise} day.",
        )


def _leave(rule: str) -> str:
    return "without the outcome leave" if rule == "leave" else "without the outcome stay in the denominator"


def window_days(months: float) -> int:
    """Days of a window, rounded down.

    Examples
    --------
    >>> [window_days(months) for months in (6, 12, 24, 120)]
    [182, 365, 730, 3652]
    """
    return int(months * DAYS_A_MONTH)


def checked_rules(rules: CohortRules) -> CohortRules:
    """Raise for rules that cannot be followed; all problems together.

    Raises
    ------
    KyotoError
        ``reoffending.wrong-rule``.
    """
    problems = Problems()

    def wrong(title: str, got: object, expected: str, hint: str = "") -> None:
        problems.add(KyotoError(title, code="reoffending.wrong-rule", got=str(got), expected=expected, hint=hint))

    if rules.outcome not in OUTCOMES:
        wrong("Unknown outcome", rules.outcome, ", ".join(OUTCOMES), did_you_mean(rules.outcome, OUTCOMES))
    if str(rules.index) not in INDEX_KINDS:
        wrong("Unknown index event", rules.index, ", ".join(INDEX_KINDS))
    if not rules.windows or not all(0 < months <= 120 for months in rules.windows):
        wrong("A window is out of range", rules.windows, "months, above 0 and at most 120")
    if rules.settle_months < 0:
        wrong("Months to settle are negative", rules.settle_months, "0 or more")
    if rules.first_index and rules.first_index > (rules.last_index or rules.end):
        wrong("Index events end before they begin", rules.first_index, "a first day before the last")
    problems.raise_if_any()
    return rules
