"""Whether two rates of reoffending may be compared: their counting rules side by side, and a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kyoto.analysis.reoffending.cohorts.model import CohortRules

__all__ = ["Comparability", "Difference", "Grade", "compare_rules"]


class Grade(StrEnum):
    """How far two results can be compared."""

    COMPARABLE = "comparable"
    WITH_CARE = "comparable with care"
    NOT = "not comparable"


@dataclass(frozen=True, slots=True)
class Difference:
    """One rule in which two results differ.

    Parameters
    ----------
    rule
        Name of the rule.
    first, second
        What each says.
    grade
        What it does to a comparison.
    why
        The reason, in words.
    """

    rule: str
    first: str
    second: str
    grade: Grade
    why: str


@dataclass(frozen=True, slots=True)
class Comparability:
    """Verdict on a pair.

    Parameters
    ----------
    grade
        The worst of the differences.
    differences
        All of them, the worst first.
    windows
        Windows that both have, in months.
    """

    grade: Grade
    differences: tuple[Difference, ...]
    windows: tuple[float, ...]

    def summary(self) -> str:
        """The verdict and its reasons."""
        lines = [f"The rates are {self.grade.value}."]
        lines += [f"  {row.rule}: {row.first} against {row.second}. {row.why}" for row in self.differences]
        return "\n".join(lines)


_WHY = {
    "index": (Grade.NOT, "Different people enter the cohort."),
    "outcome": (
        Grade.NOT,
        "Arrests, convictions and returns to custody are different events.",
    ),
    "same_section": (Grade.NOT, "Any reoffence and one of the same kind are different questions."),
    "least_severity": (Grade.NOT, "A threshold of severity leaves events out on one side."),
    "start": (Grade.NOT, "Time in prison counts as time to reoffend on one side."),
    "clock": (Grade.NOT, "Days in custody count on one side only."),
    "per_person": (Grade.WITH_CARE, "People with many index events weigh more where every event counts."),
    "pseudo": (Grade.WITH_CARE, "Convictions of older offences raise the rate where they count."),
    "dated_by": (Grade.WITH_CARE, "The date of the event is months after that of the offence."),
    "settle_months": (Grade.WITH_CARE, "Where proceedings are given less time, late convictions are missed."),
    "deaths": (Grade.WITH_CARE, "People who died count in the denominator on one side."),
    "departures": (Grade.WITH_CARE, "People who left the country count in the denominator on one side."),
    "imprecise": (Grade.WITH_CARE, "Events known by month or year fall on different days."),
}


def compare_rules(first: CohortRules, second: CohortRules) -> Comparability:
    """Compare the rules of two cohorts.

    Parameters
    ----------
    first, second
        Their counting rules.

    Examples
    --------
    >>> import datetime as dt
    >>> from dataclasses import replace
    >>> rules = CohortRules("release", "reconviction", dt.date(2023, 12, 31))
    >>> compare_rules(rules, rules).grade.value
    'comparable'
    >>> print(compare_rules(rules, replace(rules, pseudo="count")).summary())
    The rates are comparable with care.
      pseudo: exclude against count. Convictions of older offences raise the rate where they count.
    """
    found = [
        Difference(rule, str(getattr(first, rule)), str(getattr(second, rule)), grade, why)
        for rule, (grade, why) in _WHY.items()
        if getattr(first, rule) != getattr(second, rule)
    ]
    shared = tuple(sorted(set(first.windows) & set(second.windows)))
    if not shared:
        one, two = (", ".join(f"{months:g}" for months in rules.windows) for rules in (first, second))
        found.append(Difference("windows", one, two, Grade.NOT, "No window, in months, is in both."))
    order = list(Grade)
    found.sort(key=lambda row: -order.index(row.grade))
    return Comparability(found[0].grade if found else Grade.COMPARABLE, tuple(found), shared)
