"""From incidents to victimizations of each person or household: series, reference period, bounding, telescoping.

A *series* is a run of like incidents that the victim cannot tell apart; it counts as often as it happened, up to a cap,
because very large answers are rough and one of them could carry a national figure (Lauritsen, Owens, Planty, Rand &
Truman 2012, *Methods for Counting High-Frequency Repeat Victimizations*, Bureau of Justice Statistics).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.surveys.arrays import Bools, Floats, Ints
from kyoto.core.errors import KyotoError, Where, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SeriesRule", "attach_incidents", "in_reference_period", "months_before", "times_counted"]


@dataclass(frozen=True, slots=True)
class SeriesRule:
    """How often a series counts.

    Parameters
    ----------
    cap
        Most victimizations that one series counts; 10 in the National Crime Victimization Survey, 5 in the Crime
        Survey for England and Wales until 2018.
    unknown
        What a series counts whose number is not known; 6 in the National Crime Victimization Survey.
    exclude
        Leave series out instead.
    """

    cap: float = 10.0
    unknown: float = 6.0
    exclude: bool = False


def times_counted(number: Any, series: Any, rule: SeriesRule | None = None) -> Floats:
    """Victimizations that each incident report stands for.

    Parameters
    ----------
    number
        How often it happened, not a number where unknown, shape (incidents,).
    series
        Whether the report is a series, shape (incidents,). Other reports count once.
    rule
        How often series count; :class:`SeriesRule` with its defaults if None.

    Examples
    --------
    >>> times_counted([1, 3, 40, np.nan], [False, True, True, True]).tolist()
    [1.0, 3.0, 10.0, 6.0]
    """
    rule = rule or SeriesRule()
    counts = np.asarray(number, dtype=np.float64)
    is_series = np.asarray(series, dtype=bool)
    if rule.exclude:
        return np.where(is_series, 0.0, 1.0)
    known = np.where(np.isnan(counts), rule.unknown, counts)
    return np.where(is_series, np.clip(known, 0.0, rule.cap), 1.0)


def months_before(incident: Any, interview: Any) -> Ints:
    """Whole months between the month of the incident and that of the interview; -1 where a date is missing.

    Parameters
    ----------
    incident, interview
        Dates, as text or datetime.

    Examples
    --------
    >>> months_before(["2023-11-20", None], ["2024-02-01", "2024-02-01"]).tolist()
    [3, -1]
    """
    import pandas as pd

    when = pd.Series(pd.to_datetime(pd.Series(incident), errors="coerce"))
    then = pd.Series(pd.to_datetime(pd.Series(interview), errors="coerce"))
    months = (then.dt.year - when.dt.year) * 12 + (then.dt.month - when.dt.month)
    return np.asarray(months.fillna(-1).to_numpy(dtype=np.int64))


def in_reference_period(incident: Any, interview: Any, *, months: int = 12, include_month: bool = False) -> Bools:
    """Whether each incident lies in the reference period: the whole months before the month of the interview.

    Parameters
    ----------
    incident, interview
        Dates.
    months
        Length of the period.
    include_month
        Whether the month of the interview counts too.

    Examples
    --------
    >>> in_reference_period(["2023-03-01", "2023-02-28", "2024-02-01"], ["2024-03-15"] * 3).tolist()
    [True, False, True]
    """
    distance = months_before(incident, interview)
    return np.asarray((distance <= months) & (distance >= (0 if include_month else 1)))


def attach_incidents(
    units: pd.DataFrame,
    incidents: pd.DataFrame,
    *,
    key: str | list[str],
    groups: Mapping[str, Any],
    times: Any = None,
    unit_weight: str | None = None,
    incident_weight: str | None = None,
) -> pd.DataFrame:
    """Victimizations of each unit, by group of offences.

    Parameters
    ----------
    units
        One row a person or household.
    incidents
        One row an incident report.
    key
        Column or columns that tell which unit an incident belongs to; unique in ``units``.
    groups
        For each new column, which incidents it counts (true or false, shape (incidents,)).
    times
        Victimizations that each report stands for; once if None.
    unit_weight, incident_weight
        Columns of the weight of the unit (in ``units``) and of the incident (in ``incidents``), where surveys weight
        victimizations otherwise than their victims. The count is then multiplied by incident weight over unit weight,
        so that its weighted total over the units is that of the incidents over the incident weights.

    Returns
    -------
    pandas.DataFrame
        The units with one more column a group, 0 where nothing happened.

    Raises
    ------
    KyotoError
        ``survey.wrong-column``, ``survey.double-unit``, ``survey.incident-without-unit``.

    Examples
    --------
    >>> import pandas as pd
    >>> homes = pd.DataFrame({"home": [1, 2], "w": [10.0, 20.0]})
    >>> crimes = pd.DataFrame({"home": [2, 2], "what": ["theft", "fraud"]})
    >>> attach_incidents(homes, crimes, key="home", groups={"theft": crimes["what"] == "theft"})["theft"].tolist()
    [0.0, 1.0]
    """
    import pandas as pd

    keys = [key] if isinstance(key, str) else list(key)
    _check_keys(units, incidents, keys)
    index = pd.MultiIndex.from_frame(units[keys])
    place = index.get_indexer(pd.MultiIndex.from_frame(incidents[keys]))
    if (place < 0).any():
        row = int(np.argmax(place < 0))
        raise KyotoError(
            "An incident belongs to nobody of the sample",
            code="survey.incident-without-unit",
            got=f"{int((place < 0).sum()):,} incidents, the first has {incidents[keys].iloc[row].to_dict()}",
            hint="Take incidents of people who are not in the file out before, and count them.",
        )
    counted = np.ones(len(incidents)) if times is None else np.asarray(times, dtype=np.float64)
    if incident_weight is not None and unit_weight is not None:
        below = units[unit_weight].to_numpy(dtype=np.float64)[place]
        above = incidents[incident_weight].to_numpy(dtype=np.float64)
        counted = counted * np.where(below > 0, above / np.where(below > 0, below, 1.0), 0.0)
    found = units.copy()
    for name, chosen in groups.items():
        kept = np.asarray(chosen, dtype=bool)
        found[name] = np.bincount(place[kept], weights=counted[kept], minlength=len(units))
    return found


def _check_keys(units: pd.DataFrame, incidents: pd.DataFrame, keys: list[str]) -> None:
    for frame in (units, incidents):
        for name in keys:
            if name not in frame.columns:
                raise KyotoError(
                    "No such column",
                    code="survey.wrong-column",
                    where=Where(column=name),
                    hint=did_you_mean(name, [str(column) for column in frame.columns]),
                )
    double = units.duplicated(keys)
    if double.any():
        raise KyotoError(
            "A person or household stands twice in the sample",
            code="survey.double-unit",
            got=f"{int(double.sum()):,} rows, the first with {units.loc[double, keys].iloc[0].to_dict()}",
            expected="one row each",
        )
