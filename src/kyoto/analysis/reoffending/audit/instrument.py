"""The audit of an instrument as a whole: everything that is to be known before it is relied on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.reoffending.audit.calibration import (
    CurvePoint,
    brier_score,
    calibration_curve,
    calibration_line,
    is_probability,
    score_bands,
)
from kyoto.analysis.reoffending.audit.discrimination import Measure, area_under_curve
from kyoto.analysis.reoffending.audit.impossibility import Tension, tensions
from kyoto.analysis.reoffending.audit.misclassification import MEASURES, CutOff, ErrorRates, cut_offs, error_rates
from kyoto.analysis.reoffending.audit.scored import ScoredPeople
from kyoto.analysis.reoffending.protection import DEFAULT_THRESHOLD
from kyoto.analysis.reoffending.survival.arrays import Floats
from kyoto.core.results import estimates_frame

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "COSTS",
    "NAMES",
    "Audit",
    "all_measures",
    "area_or_nothing",
    "audit_instrument",
    "require_both_sides",
    "shown_measure",
]

COSTS = ("cutoff", "flagged", "false_positives", "false_negatives", "false_positive_rate", "false_negative_rate")
"""What every cut-off tells."""

NAMES = {
    "auc": "Area under the curve",
    "base_rate": "Base rate",
    "flagged": "Flagged",
    "false_positive_rate": "False positive rate",
    "false_negative_rate": "False negative rate",
    "positive_predictive_value": "Positive predictive value",
    "negative_predictive_value": "Negative predictive value",
    "calibration_intercept": "Calibration intercept",
    "calibration_slope": "Calibration slope",
    "brier": "Brier score",
}


@dataclass(frozen=True, slots=True, eq=False)
class Audit:
    """What an audit found.

    Parameters
    ----------
    cutoff
        Lowest score that is flagged.
    measures
        By group (``all`` first) and name of the measure.
    curves
        Calibration curve of each group.
    years
        Measures of each year.
    cut_offs
        What every cut-off would cost.
    tensions
        Why not all can be equal.
    n, censored
        Persons, and those who left before their outcome was known; None under disclosure control.
    remarks
        What a reader should know.
    level
        Confidence of the limits.
    """

    cutoff: float
    measures: dict[str, dict[str, Measure]]
    curves: dict[str, tuple[CurvePoint, ...]]
    years: dict[str, dict[str, Measure]]
    cut_offs: tuple[CutOff, ...]
    tensions: tuple[Tension, ...]
    n: int
    censored: int | None
    remarks: tuple[str, ...]
    level: float

    def records(self) -> list[dict[str, Any]]:
        """Rows for scripts: ``measure``, ``group``, ``year``, ``cutoff``, ``estimate``, ``lower``, ``upper``, ``n``."""
        found = []
        for year, part in [("_T", self.measures), *((year, {"all": own}) for year, own in self.years.items())]:
            for group, own in part.items():
                for name, measure in own.items():
                    row = {"measure": name, "group": group, "year": year, "cutoff": self.cutoff}
                    row |= {key: getattr(measure, key) for key in ("estimate", "lower", "upper", "n", "note")}
                    found.append(row | {"level": self.level})
        return found

    def cost_records(self) -> list[dict[str, float]]:
        """Rows for scripts: what every cut-off would cost."""
        return [{name: getattr(row, name) for name in COSTS} for row in self.cut_offs]

    def tidy(self) -> pd.DataFrame:
        """One row a measure and group."""
        rows = [row for row in self.records() if row["estimate"] is not None]
        return estimates_frame({"term": f"{row['group']}: {row['measure']}"} | row for row in rows)

    def table(self) -> list[dict[str, str]]:
        """Measures as rows and groups as columns, in words, for the eye."""
        found = []
        for name, title in NAMES.items():
            row = {"measure": title}
            for group, own in self.measures.items():
                if name in own:
                    row[group] = shown_measure(own[name], name)
            if len(row) > 1:
                found.append(row)
        return found

    def summary(self) -> str:
        """What matters most, in words."""
        whole = self.measures["all"]
        auc = whole["auc"]
        area = f"{self.n:,} persons, cut-off {self.cutoff:g}. Area under the curve {shown_measure(auc, 'auc')}."
        lines = [
            area if self.n else "All figures are withheld by disclosure control.",
            *(_tension_words(self.tensions)),
            *self.remarks,
        ]
        return "\n".join(lines)

    def plot(self, *, title: str = "Does a score mean the same for everybody?", source: str = "") -> Any:
        """Calibration curves of the groups."""
        from kyoto.analysis.reoffending.audit.picture import calibration_chart

        return calibration_chart(self, title=title, source=source)


def audit_instrument(
    people: ScoredPeople, cutoff: float, *, level: float = 0.95, threshold: int = DEFAULT_THRESHOLD
) -> Audit:
    """Audit a score that others assign.

    Parameters
    ----------
    people
        From :func:`.scored.read_scored`.
    cutoff
        Lowest score that is flagged.
    level
        Confidence of the limits.
    threshold
        Years and bands with fewer persons are left out.

    Raises
    ------
    KyotoError
        ``reoffending.wrong-cutoff``: nobody, or everybody, is flagged.
    """
    require_both_sides(people.score, cutoff)
    bands = score_bands(people.score)
    parts = {"all": people, **{group: people.of(people.group == group) for group in people.groups}}
    probability = is_probability(people.score)
    measures, curves, rates = {}, {}, {}
    for name, part in parts.items():
        rates[name] = error_rates(part.score, part.outcome, cutoff, part.weights, level=level)
        measures[name] = all_measures(part, rates[name], probability, level)
        curves[name] = calibration_curve(part.score, part.outcome, bands, part.weights, level=level, least=threshold)
    whole = rates.pop("all")
    return Audit(
        cutoff, measures, curves, _years(people, cutoff, level, threshold),
        cut_offs(people.score, people.outcome, people.weights), tensions(whole, rates), len(people.score),
        people.censored, people.remarks, level,
    )  # fmt: skip


def require_both_sides(score: Floats, cutoff: float) -> None:
    """Raise ``reoffending.wrong-cutoff`` where nobody, or everybody, is flagged."""
    from kyoto.core.errors import KyotoError

    flagged = score >= cutoff
    if flagged.all() or not flagged.any():
        raise KyotoError(
            "The cut-off flags everybody or nobody",
            code="reoffending.wrong-cutoff",
            got=f"{cutoff:g}, with scores from {score.min():g} to {score.max():g}",
            expected="a score above the lowest and at most the highest",
        )


def all_measures(people: ScoredPeople, rates: ErrorRates, probability: bool, level: float) -> dict[str, Measure]:
    """Discrimination, the errors given, and calibration of a group.

    Parameters
    ----------
    people
        The group.
    rates
        Its errors.
    probability
        Whether the score of all people is one.
    level
        Confidence of the limits.
    """
    found: dict[str, Measure] = {"auc": area_or_nothing(people, level), **rates.measures}
    if people.outcome.any() and not people.outcome.all() and np.ptp(people.score) > 0:
        line = calibration_line(people.score, people.outcome, people.weights, level=level)
        found["calibration_intercept"], found["calibration_slope"] = line
    if probability:
        found["brier"] = brier_score(people.score, people.outcome, people.weights, level=level)
    return found


def area_or_nothing(people: ScoredPeople, level: float) -> Measure:
    """Area under the curve; without a figure where all have the same outcome."""
    if people.outcome.all() or not people.outcome.any():
        return Measure(None, None, None, len(people.score), note="all have the same outcome")
    return area_under_curve(people.score, people.outcome, people.weights, level=level)


def _years(people: ScoredPeople, cutoff: float, level: float, threshold: int) -> dict[str, dict[str, Measure]]:
    """Measures year by year, so that drift shows."""
    if people.year is None:
        return {}
    found = {}
    for year in sorted({str(year) for year in people.year if year is not None}):
        part = people.of(people.year == year)
        if len(part.score) < threshold:
            continue
        rates = error_rates(part.score, part.outcome, cutoff, part.weights, level=level)
        found[year] = {"auc": area_or_nothing(part, level), **rates.measures}
    return found


def shown_measure(measure: Measure, name: str) -> str:
    """A measure with its limits as text: a share in per cent, others as numbers."""
    if measure.estimate is None or measure.lower is None or measure.upper is None:
        return "–"
    form = "{:.1%} ({:.1%} to {:.1%})" if name in MEASURES else "{:.3f} ({:.3f} to {:.3f})"
    return form.format(measure.estimate, measure.lower, measure.upper)


def _tension_words(found: tuple[Tension, ...]) -> list[str]:
    if len(found) < 2:
        return []
    largest = sorted(found, key=lambda part: part.n)[-2:]
    low, high = sorted(largest, key=lambda part: part.base_rate)
    return [
        f"Base rates differ: {low.group} {low.base_rate:.1%}, {high.group} {high.base_rate:.1%}. Did both have the "
        "predictive value and the false negative rate of all people, their false positive rates would be "
        f"{low.if_equal:.1%} and {high.if_equal:.1%}: not all errors can be equal. Which matter most "
        "is a choice, not a calculation."
    ]
