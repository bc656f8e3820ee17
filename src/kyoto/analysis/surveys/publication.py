"""Which figures may be published: marked or withheld by coefficient of variation, base size and width of interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from kyoto.analysis.surveys.result import SurveyEstimate, SurveyEstimates
from kyoto.core.errors import KyotoError, did_you_mean

__all__ = ["RULES", "PublicationRule", "Reliability", "publish", "reliability", "rule_named"]

Reliability = Literal["publish", "caution", "withheld"]


@dataclass(frozen=True, slots=True)
class PublicationRule:
    """Thresholds of an office.

    Parameters
    ----------
    name, source
        What it is called, and where it is written.
    caution_cv, withhold_cv
        Coefficient of variation above which a figure is marked, and withheld; None for no such limit.
    caution_base, withhold_base
        Rows behind the figure below which it is marked, and withheld.
    caution_cases
        Rows that add something to the figure below which it is marked.
    wide, wide_relative
        Absolute and relative width of the interval of a share from which it is withheld.
    """

    name: str
    source: str
    caution_cv: float | None = None
    withhold_cv: float | None = None
    caution_base: int = 0
    withhold_base: int = 0
    caution_cases: int = 0
    wide: float | None = None
    wide_relative: float | None = None


RULES: Mapping[str, PublicationRule] = {
    rule.name: rule
    for rule in (
        PublicationRule(
            "default",
            "Kyoto: variation as Statistics Canada, and a base of 30 rows",
            0.165,
            0.333,
            50,
            30,
        ),
        PublicationRule("statcan", "Statistics Canada, General Social Survey on Victimization", 0.165, 0.333),
        PublicationRule(
            "bjs",
            "Bureau of Justice Statistics, Criminal Victimization: flagged, not withheld",
            0.5,
            caution_cases=11,
        ),
        PublicationRule("inegi", "INEGI, ENVIPE: moderate from 15 %, low precision from 30 %", 0.15, 0.30),
        PublicationRule(
            "nchs",
            "National Center for Health Statistics Data Presentation Standards for Proportions (Parker et al. 2017)",
            withhold_base=30,
            wide=0.30,
            wide_relative=1.30,
        ),
    )
}
"""Rules by name."""


def rule_named(name: str) -> PublicationRule:
    """Rule by its name.

    Raises
    ------
    KyotoError
        ``survey.unknown-rule``.

    Examples
    --------
    >>> rule_named("inegi").withhold_cv
    0.3
    """
    if name not in RULES:
        raise KyotoError(f"No such rule: {name}", code="survey.unknown-rule", hint=did_you_mean(name, RULES))
    return RULES[name]


def reliability(figure: SurveyEstimate, rule: PublicationRule) -> tuple[Reliability, str]:
    """Whether a figure may be published, and why not.

    Parameters
    ----------
    figure
        An estimate.
    rule
        Thresholds. A figure whose interval rests on one degree of freedom, or on rows that do not differ, is marked by
        every rule. The coefficient of variation of a share above one half is that of its complement, so that common
        and rare shares are held to the same precision.

    Examples
    --------
    >>> one = SurveyEstimate("x", "mean", {}, 2.0, 0.8, 0.4, 3.6, 200, 30.0)
    >>> reliability(one, RULES["statcan"])
    ('withheld', 'coefficient of variation 40 %')
    """
    if figure.estimate is None:
        return "withheld", _words(figure.note) or "no estimate"
    cv = _variation(figure)
    reason = _withheld(figure, cv, rule)
    if reason:
        return "withheld", reason
    if rule.caution_cv is not None and cv is not None and cv > rule.caution_cv:
        return "caution", f"coefficient of variation {cv:.0%}".replace("%", " %")
    if figure.n < rule.caution_base:
        return "caution", _rows(figure.n)
    if figure.cases is not None and figure.cases < rule.caution_cases:
        return "caution", "1 sample case" if figure.cases == 1 else f"{figure.cases} sample cases"
    if figure.note:
        return "caution", _words(figure.note)  # estimation says that the interval is worth little
    return "publish", ""


def _rows(n: int) -> str:
    return "1 row" if n == 1 else f"{n} rows"


def _words(note: str) -> str:
    """Note of a figure within a sentence."""
    return note[:1].lower() + note[1:].rstrip(".")


def _withheld(figure: SurveyEstimate, cv: float | None, rule: PublicationRule) -> str:
    if figure.n < rule.withhold_base:
        return _rows(figure.n)
    if rule.withhold_cv is not None and cv is not None and cv > rule.withhold_cv:
        return f"coefficient of variation {cv:.0%}".replace("%", " %")
    if rule.wide is None or figure.statistic != "proportion" or figure.lower is None or figure.upper is None:
        return ""
    width = figure.upper - figure.lower
    if width >= rule.wide:
        return f"interval {width:.2f} wide"
    relative = rule.wide_relative or float("inf")
    estimate = figure.estimate or 0.0
    if width > 0.05 and estimate and width / estimate > relative:
        return f"interval {width / estimate:.0%} of the estimate".replace("%", " %")
    return ""


def _variation(figure: SurveyEstimate) -> float | None:
    if figure.statistic == "proportion" and figure.estimate is not None and figure.std_error is not None:
        small = min(figure.estimate, 1.0 - figure.estimate)
        return figure.std_error / small if small > 0 else None
    return figure.cv


def publish(estimates: SurveyEstimates, rule: PublicationRule) -> SurveyEstimates:
    """Figures as they may be published: withheld ones lose their numbers, others keep them; the note says why.

    Parameters
    ----------
    estimates
        Figures before any factor (shares of 1, not per cent).
    rule
        Thresholds.
    """
    found = []
    for figure in estimates:
        verdict, reason = reliability(figure, rule)
        if verdict == "withheld":
            figure = replace(
                figure,
                estimate=None,
                std_error=None,
                lower=None,
                upper=None,
                deff=None,
                cases=None,
                note=f"Withheld: {reason}.",
            )
        elif verdict == "caution":
            figure = replace(figure, note=f"Use with caution: {reason}.")
        found.append(figure)
    return replace(estimates, estimates=tuple(found))
