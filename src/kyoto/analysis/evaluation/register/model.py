"""Evaluations, reviews and practices as records that can be searched, compared and pooled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kyoto.analysis.evaluation.phrases import phrases

__all__ = ["DIRECTIONS", "KINDS", "MEASURES", "Evidence", "Grade", "maryland_grade"]

KINDS = ("evaluation", "review", "practice")
MEASURES = {
    "odds ratio": True,
    "risk ratio": True,
    "rate ratio": True,
    "relative change": False,
    "difference": False,
    "standardized mean difference": False,
}
"""Measures of effect, and whether 1 (rather than 0) means none."""
DIRECTIONS = ("works", "harms", "unclear", "not measured")
"""What the interval of an effect says."""


@dataclass(frozen=True, slots=True)
class Grade:
    """Strength of a design on the Maryland Scientific Methods Scale.

    Parameters
    ----------
    level
        1 (weakest) to 5; None where the design is not described.
    keys
        Why this level and not the one above, as keys of the phrases ``grade``.
    """

    level: int | None
    keys: tuple[str, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why this level and not the one above, in English."""
        return self.said("en")

    def said(self, language: str) -> tuple[str, ...]:
        """Why this level and not the one above, in a language of :data:`~kyoto.analysis.evaluation.phrases.LANGUAGES`.

        Examples
        --------
        >>> Grade(2, ("before_after", "no_comparison")).said("es")[0]
        'antes y después'
        """
        say = phrases(language)
        return tuple(say(f"grade.{key}") for key in self.keys)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One evaluation, review or practice.

    Parameters
    ----------
    id, title, year
        Which.
    kind
        One of :data:`KINDS`.
    programme
        What was done.
    setting, area, population
        Where, in which country or area, with whom.
    iccs, sdg
        Offences (ICCS codes) and targets (SDG, such as ``16.1``) it bears on.
    outcome
        What was measured.
    randomised, comparison, before, adjusted, units
        Design: drawn by lot; has a comparison group; measured before too; other causes held constant; number of units
        on both sides.
    measure, effect, lower, upper, level
        Effect with its interval, on the scale of the measure.
    better
        ``down`` if a smaller outcome is better.
    cost, currency
        Cost per participant or area.
    transfer
        What it would take elsewhere.
    harm
        Harm that was seen, or looked for and not seen; empty where nobody looked.
    source
        Reference or address.
    """

    id: str
    title: str
    year: int | None
    kind: str
    programme: str
    setting: str = ""
    area: str = ""
    population: str = ""
    iccs: tuple[str, ...] = ()
    sdg: tuple[str, ...] = ()
    outcome: str = ""
    randomised: bool | None = None
    comparison: bool | None = None
    before: bool | None = None
    adjusted: bool | None = None
    units: int | None = None
    measure: str = ""
    effect: float | None = None
    lower: float | None = None
    upper: float | None = None
    level: float = 0.95
    better: str = "down"
    cost: float | None = None
    currency: str = ""
    transfer: str = ""
    harm: str = ""
    source: str = ""

    @property
    def grade(self) -> Grade:
        """Strength of the design."""
        return maryland_grade(self)

    @property
    def direction(self) -> str:
        """``works``, ``harms``, ``unclear`` or ``not measured``, by the interval."""
        if self.effect is None or self.lower is None or self.upper is None:
            return "not measured"
        nothing = 1.0 if MEASURES.get(self.measure, False) else 0.0
        if self.lower <= nothing <= self.upper:
            return "unclear"
        return "works" if (self.effect < nothing) == (self.better == "down") else "harms"

    def row(self) -> dict[str, Any]:
        """Mapping for tables and JSON, grade and direction included."""
        found = {name: getattr(self, name) for name in self.__slots__}
        grade = self.grade
        return {
            **found,
            "iccs": list(self.iccs),
            "sdg": list(self.sdg),
            "grade": grade.level,
            "reasons": list(grade.reasons),
            "direction": self.direction,
        }


def maryland_grade(evidence: Evidence) -> Grade:
    """Grade of a design with its reasons.

    Notes
    -----
    Maryland Scientific Methods Scale (Sherman et al. 1997; Farrington et al. 2002): 1 correlation at one time, 2 before
    and after without comparison, 3 before and after with comparison, 4 several units with other causes controlled,
    5 random assignment.

    Examples
    --------
    >>> record = Evidence("1", "Lights", 2020, "evaluation", "lamps", comparison=True, before=True, units=2)
    >>> maryland_grade(record).level
    3
    """
    if evidence.kind != "evaluation":
        return Grade(None, ("not_single",))
    if evidence.randomised is None and evidence.comparison is None and evidence.before is None:
        return Grade(None, ("not_described",))
    if evidence.randomised:
        if evidence.units is not None and evidence.units < 4:
            return Grade(3, ("lot_few",))
        return Grade(5, ("lot",))
    if evidence.comparison and evidence.before:
        few = evidence.units is not None and evidence.units < 6
        if evidence.adjusted and not few:
            return Grade(4, ("constant", "no_lot"))
        missing = "few" if few else "not_constant"
        return Grade(3, ("compared", missing))
    if evidence.before:
        return Grade(2, ("before_after", "no_comparison"))
    if evidence.comparison:
        if evidence.adjusted:
            return Grade(2, ("after_adjusted", "no_before"))
        return Grade(1, ("after_only", "differed"))
    return Grade(1, ("neither",))
