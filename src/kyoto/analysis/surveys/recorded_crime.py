"""The dark figure, and recorded crime beside survey estimates: how far apart they are, and what explains it.

Between a victimization and a line of police statistics stand three steps: the victim (or somebody) reports it, the
police record it, and the record counts people and places that the survey covers. The gap is taken apart along them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kyoto.analysis.surveys.estimation import Design, ratio
from kyoto.analysis.surveys.result import SurveyEstimate, SurveyEstimates, shown_number
from kyoto.core.errors import KyotoError
from kyoto.core.results import estimates_frame

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = ["Gap", "GapTable", "beside_recorded", "dark_figure", "dark_share"]


def dark_share(crimes: float, known: float) -> float:
    """Share of crimes that the authorities do not know of, from published totals.

    Parameters
    ----------
    crimes
        Victimizations that the survey estimates.
    known
        Those among them for which an investigation was opened (as INEGI counts), or that were reported.

    Raises
    ------
    KyotoError
        ``survey.wrong-dark-figure``.

    Examples
    --------
    >>> round(dark_share(26_814_024, 1_900_000), 3)
    0.929
    """
    if not crimes > 0 or not 0 <= known <= crimes:
        raise KyotoError(
            "These totals give no dark figure",
            code="survey.wrong-dark-figure",
            got=f"{known:g} known of {crimes:g}",
            expected="known crimes between 0 and all of them",
        )
    return 1.0 - known / crimes


def dark_figure(
    design: Design, victimizations: Any, known: Any, *, by: Mapping[str, Any] | None = None
) -> SurveyEstimates:
    """Share of victimizations that the authorities do not know of, from the rows of a survey.

    Parameters
    ----------
    design
        Persons, households or incidents.
    victimizations
        Victimizations of each.
    known
        Those among them that were reported, or for which an investigation was opened.
    by
        Disaggregations.

    Examples
    --------
    >>> import numpy as np
    >>> from kyoto.analysis.surveys.design import make_design
    >>> dark_figure(make_design(np.ones(3)), [2, 0, 2], [1, 0, 0])[0].estimate
    0.75
    """
    import numpy as np

    counts = np.asarray(victimizations, dtype=np.float64)
    return ratio(design, counts - np.asarray(known, dtype=np.float64), counts, by=by, name="dark figure")


@dataclass(frozen=True, slots=True)
class Gap:
    """One offence in the survey and in the records.

    Parameters
    ----------
    iccs
        Code of the offence.
    survey
        Victimizations that the survey estimates.
    recorded
        Offences recorded under the code and the codes below it.
    reported
        Share of victimizations reported; None if not known.
    covered
        Share of recorded offences whose victims and places the survey covers.
    """

    iccs: str
    survey: SurveyEstimate
    recorded: float
    reported: SurveyEstimate | None
    covered: float

    @property
    def comparable(self) -> float:
        """Recorded offences within the reach of the survey."""
        return self.recorded * self.covered

    def per_hundred(self) -> tuple[float, float, float]:
        """Comparable recorded offences per 100 victimizations, with limits from the survey."""
        assert self.survey.estimate and self.survey.upper is not None and self.survey.lower is not None
        low = 100.0 * self.comparable / self.survey.upper
        high = 100.0 * self.comparable / self.survey.lower if self.survey.lower > 0 else math.inf
        return 100.0 * self.comparable / self.survey.estimate, low, high

    def recorded_of_reported(self) -> float | None:
        """Comparable recorded offences over victimizations reported; 1 if every report became a record."""
        if self.reported is None or not self.reported.estimate or not self.survey.estimate:
            return None
        return self.comparable / (self.survey.estimate * self.reported.estimate)

    def explanation(self) -> str:
        """What explains the gap, in one sentence."""
        ratio_, low, high = self.per_hundred()
        top = shown_number(high) if math.isfinite(high) else "any number"
        parts = [f"{shown_number(ratio_)} records ({shown_number(low)} to {top}) per 100 victimizations"]
        share = self.recorded_of_reported()
        if self.reported is not None and self.reported.estimate is not None and share is not None:
            parts.append(f"victims report {self.reported.estimate:.0%}".replace("%", " %"))
            word = "fewer" if share < 1 else "more"
            parts.append(f"the police record {word} than are reported ({share:.2f} for each)")
        if self.covered < 1:
            outside = f"{1 - self.covered:.0%}".replace("%", " %")
            parts.append(f"{outside} of the records lie outside the survey and are left out")
        return "; ".join(parts) + "."


@dataclass(frozen=True, slots=True)
class GapTable:
    """Offences in the survey and in the records."""

    gaps: tuple[Gap, ...]

    def __iter__(self) -> Any:
        return iter(self.gaps)

    def tidy(self) -> pd.DataFrame:
        """One row an offence: ``estimate`` is comparable recorded offences per 100 victimizations."""
        rows = []
        for gap in self.gaps:
            value, low, high = gap.per_hundred()
            rows.append(
                {
                    "term": gap.iccs,
                    "estimate": value,
                    "lower": low,
                    "upper": high,
                    "survey": gap.survey.estimate,
                    "survey_lower": gap.survey.lower,
                    "survey_upper": gap.survey.upper,
                    "recorded": gap.recorded,
                    "covered": gap.covered,
                    "reported": gap.reported.estimate if gap.reported else None,
                    "recorded_of_reported": gap.recorded_of_reported(),
                    "explanation": gap.explanation(),
                }
            )
        return estimates_frame(rows)

    def summary(self) -> str:
        """One line an offence."""
        return "\n".join(f"{gap.iccs}: {gap.explanation()}" for gap in self.gaps)

    def plot(self) -> altair.LayerChart:
        """Records per 100 victimizations."""
        from kyoto.analysis.surveys.charts import interval_chart

        return interval_chart(self.tidy(), title="How many records are there per 100 victimizations?")


def beside_recorded(
    survey: Mapping[str, SurveyEstimate],
    recorded: Mapping[str, float],
    *,
    reported: Mapping[str, SurveyEstimate] | None = None,
    covered: Mapping[str, float] | None = None,
) -> GapTable:
    """Set recorded crime beside survey estimates.

    Parameters
    ----------
    survey
        Estimated victimizations (totals) by ICCS code.
    recorded
        Recorded offences by ICCS code; codes below a survey's code count under it. Where a code and codes below it are
        given, the code itself is taken.
    reported
        Share of victimizations reported, by the survey's codes.
    covered
        Share of recorded offences within the reach of the survey (private victims of the ages asked, resident), by the
        survey's codes; 1 if not given.

    Raises
    ------
    KyotoError
        ``survey.nothing-recorded``, ``survey.wrong-share``.

    Examples
    --------
    >>> theft = SurveyEstimate("theft", "total", {}, 1000.0, 100.0, 800.0, 1200.0, 90, 40.0)
    >>> beside_recorded({"0502": theft}, {"05021": 150.0, "05022": 250.0}).tidy()["estimate"].tolist()
    [40.0]
    """
    found = []
    for code, figure in survey.items():
        if figure.estimate is None or not figure.estimate > 0:
            continue
        share = (covered or {}).get(code, 1.0)
        if not 0 < share <= 1:
            raise KyotoError(
                "Not a share", code="survey.wrong-share", got=f"{share:g} for {code}", expected="above 0, at most 1"
            )
        found.append(Gap(code, figure, _recorded_under(code, recorded), (reported or {}).get(code), share))
    return GapTable(tuple(found))


def _recorded_under(code: str, recorded: Mapping[str, float]) -> float:
    if code in recorded:
        return float(recorded[code])
    below = {other: value for other, value in recorded.items() if other.startswith(code)}
    top = [other for other in below if not any(other != one and other.startswith(one) for one in below)]
    if not top:
        raise KyotoError(
            "No records under a code of the survey",
            code="survey.nothing-recorded",
            got=code,
            expected=f"{code} or codes that start with it",
            hint="Give 0 if there are none.",
        )
    return float(sum(below[other] for other in top))
