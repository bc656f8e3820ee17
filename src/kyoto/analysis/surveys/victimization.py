"""Figures of a victimization survey: prevalence, incidence, concentration, reporting, bribery, recall.

Each function is a reading of the totals, ratios and shares of :mod:`kyoto.analysis.surveys.estimation`, with the
denominators that the international manuals ask for (UNODC-UNECE 2010, *Manual on Victimization Surveys*, chapter VI).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kyoto.analysis.surveys.choices import Interval
from kyoto.analysis.surveys.estimation import Design, assemble, mean, proportion, ratio
from kyoto.analysis.surveys.result import SurveyEstimates, joined
from kyoto.core.errors import KyotoError

__all__ = [
    "bounding_factor",
    "bribery_prevalence",
    "concentration",
    "incidence",
    "prevalence",
    "reasons_not_reported",
    "recall_profile",
    "reporting_rate",
]

By = Mapping[str, Any] | None


def prevalence(
    design: Design, victimizations: Any, *, by: By = None, name: str = "prevalence", method: Interval = "logit"
) -> SurveyEstimates:
    """Share of persons or households that were victims at least once.

    Parameters
    ----------
    design
        Persons or households.
    victimizations
        How often each was a victim; not a number where it was not asked.
    by
        Disaggregations.
    name
        Term of the figures.
    method
        Limits.

    Examples
    --------
    >>> from kyoto.analysis.surveys.design import make_design
    >>> prevalence(make_design(np.ones(4)), [0, 2, 0, 1])[0].estimate
    0.5
    """
    counts = np.asarray(victimizations, dtype=np.float64)
    victims = np.where(np.isnan(counts), np.nan, counts > 0)
    return proportion(design, victims, by=by, name=name, method=method)


def incidence(
    design: Design, victimizations: Any, *, by: By = None, name: str = "incidence", per: float = 1000.0
) -> SurveyEstimates:
    """Victimizations per 1,000 persons or households. Parameters as in :func:`prevalence`.

    Examples
    --------
    >>> from kyoto.analysis.surveys.design import make_design
    >>> incidence(make_design(np.ones(4)), [0, 2, 0, 1])[0].estimate
    750.0
    """
    return mean(design, np.asarray(victimizations, dtype=np.float64), by=by, name=name).scaled(per)


def concentration(design: Design, victimizations: Any, *, by: By = None, repeat: float = 2.0) -> SurveyEstimates:
    """How victimization gathers on few: repeat victims, and what they suffer.

    Parameters
    ----------
    design, victimizations, by
        As in :func:`prevalence`.
    repeat
        From how many victimizations a victim counts as a repeat victim.

    Returns
    -------
    SurveyEstimates
        ``victimizations per victim``, ``repeat victims among victims``, ``victimizations suffered by repeat victims``
        (shares of 1). Where there is no victim there is no figure.

    Examples
    --------
    >>> from kyoto.analysis.surveys.design import make_design
    >>> [round(one.estimate, 2) for one in concentration(make_design(np.ones(5)), [0, 3, 0, 1, 0])]
    [2.0, 0.5, 0.75]
    """
    counts = np.asarray(victimizations, dtype=np.float64)
    gone = np.isnan(counts)
    victim = np.where(gone, np.nan, counts > 0)
    again = np.where(gone, np.nan, counts >= repeat)
    suffered = np.where(gone, np.nan, np.where(counts >= repeat, counts, 0.0))
    return joined(
        [
            ratio(design, counts, victim, by=by, name="victimizations per victim"),
            ratio(design, again, victim, by=by, name="repeat victims among victims"),
            ratio(design, suffered, counts, by=by, name="victimizations suffered by repeat victims"),
        ]
    )


def reporting_rate(
    design: Design, victimizations: Any, reported: Any, *, by: By = None, name: str = "reported"
) -> SurveyEstimates:
    """Share of victimizations (or of victims) reported to the authorities.

    Parameters
    ----------
    design
        Persons, households or incidents.
    victimizations
        Victimizations of which it is known whether they were reported; per victim: 1 for each victim.
    reported
        Those among them that were reported.
    by, name
        As in :func:`prevalence`.

    Examples
    --------
    >>> from kyoto.analysis.surveys.design import make_design
    >>> reporting_rate(make_design(np.ones(3)), [2, 0, 2], [1, 0, 0])[0].estimate
    0.25
    """
    return ratio(design, reported, victimizations, by=by, name=name)


def reasons_not_reported(
    design: Design, not_reported: Any, reasons: Mapping[str, Any], *, by: By = None
) -> SurveyEstimates:
    """Share of unreported victimizations for which each reason was given; several may be given for one.

    Parameters
    ----------
    design
        Persons, households or incidents.
    not_reported
        Unreported victimizations of each.
    reasons
        For each reason, those among them for which it was given.
    by
        Disaggregations.
    """
    return joined([ratio(design, given, not_reported, by=by, name=name) for name, given in reasons.items()])


def bribery_prevalence(
    design: Design, contact: Any, bribe: Any, *, by: By = None, name: str = "bribery", method: Interval = "logit"
) -> SurveyEstimates:
    """Share of those with a contact with a public official who paid a bribe or were asked for one (SDG 16.5.1).

    Parameters
    ----------
    design
        Persons, or contacts (for the prevalence by type of official).
    contact
        Whether there was a contact: 1 or 0.
    bribe
        Whether a bribe was paid or asked for: 1 or 0; read only where there was a contact.
    by, name, method
        As in :func:`prevalence`.

    Examples
    --------
    >>> from kyoto.analysis.surveys.design import make_design
    >>> bribery_prevalence(make_design(np.ones(5)), [1, 1, 1, 1, 0], [0, 1, 0, 0, 0])[0].estimate
    0.25
    """
    met = np.asarray(contact, dtype=np.float64) == 1
    paid = np.asarray(bribe, dtype=np.float64)
    return proportion(design, np.where(met, paid, np.nan), by=by, name=name, method=method)


def bounding_factor(design: Design, victimizations: Any, bounded: Any) -> SurveyEstimates:
    """Incidence in bounded over that in unbounded interviews: what takes telescoping out of first interviews.

    Parameters
    ----------
    design
        Persons or households of both kinds of interview in one design, so that the covariance counts.
    victimizations
        How often each was a victim.
    bounded
        Whether an earlier interview marks the start of the reference period.

    Returns
    -------
    SurveyEstimates
        One figure. Below 1 unbounded interviews bring in what happened before the period (forward telescoping;
        Biderman & Cantor 1984, *Proceedings of the Section on Survey Research Methods*, American Statistical
        Association).

    Examples
    --------
    >>> from kyoto.analysis.surveys.design import make_design
    >>> bounding_factor(make_design(np.ones(4)), [1, 1, 2, 2], [True, True, False, False])[0].estimate
    0.5
    """
    inside = np.asarray(bounded, dtype=bool)
    means = mean(design, victimizations, by={"bounded": np.where(inside, "1", "2")})
    known, start = (means[0].estimate, means[1].estimate) if len(means) == 2 else (None, None)
    if known is None or not start:
        raise KyotoError(
            "No factor without victimizations in both kinds of interview",
            code="survey.no-bounding",
            expected="bounded and unbounded interviews, the latter with a victimization",
        )
    slope = np.array([1.0 / start, -known / start**2])
    variance = slope @ means.covariance @ slope
    error, df = np.array([np.sqrt(variance)]), np.array([max(float(one.df) for one in means)])
    n = np.array([float(sum(one.n for one in means))])
    factor = np.array([known / start])
    nothing = np.array([np.nan])
    return assemble("ratio", factor, error[:, None] ** 2, n, df, nothing, [0], [{}], "bounding factor", "wald", 0.95)


def recall_profile(
    design: Design, month_counts: Any, *, per: float = 1000.0, name: str = "incidence in month"
) -> SurveyEstimates:
    """Incidence by months before the interview: forgetting shows as a fall, telescoping as a rise at the far end.

    Parameters
    ----------
    design
        Persons or households.
    month_counts
        Victimizations of each in each month before the interview, shape (rows, months), last month first.
    per
        Rate per how many.
    name
        Term; the number of months follows it.

    Returns
    -------
    SurveyEstimates
        One figure a month. :func:`kyoto.analysis.surveys.contrasts.differences` tests them.
    """
    counts = np.asarray(month_counts, dtype=np.float64)
    months = counts.shape[1]
    return joined([mean(design, counts[:, at], name=f"{name} {at + 1}").scaled(per) for at in range(months)])
