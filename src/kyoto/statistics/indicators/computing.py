"""From counted and protected observations to the figures of an indicator.

Only observations that disclosure control let through come in, so an indicator tells no more than the tables do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from kyoto.statistics.indicators.model import Count, Households, Indicator, Persons, Plan
from kyoto.statistics.indicators.planning import STAND_INS, WHOLE
from kyoto.statistics.observations import TOTAL, dimension_columns, observation_columns
from kyoto.statistics.tables.intervals import Interval, poisson_interval, rate_interval, wilson_interval

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

    from kyoto.statistics.tables.population import Population

    Frame: TypeAlias = Any

__all__ = ["compute", "unavailable"]

_FILLED = ("sex", "age")


def compute(
    indicator: Indicator,
    observations: pa.Table | pd.DataFrame,
    population: Population | None = None,
    *,
    households: Population | None = None,
) -> pa.Table:
    """Figures of an indicator from the observations of its tables.

    Parameters
    ----------
    indicator
        The indicator, with a numerator.
    observations
        Protected observations that hold the series of its plan's tables: the code, and the code with ``.whole``
        where the denominator is a count. Other series are left alone.
    population
        Denominators of rates.
    households
        Numbers of households, as ``value`` by area and period.

    Returns
    -------
    pyarrow.Table
        Observations of the series ``indicator.code``. Shares carry Wilson's interval, rates and counts the exact
        Poisson interval; both treat the denominator as known. ``status`` is ``M`` and ``note`` says why where a
        denominator is missing; what disclosure control withheld stays withheld.

    Raises
    ------
    ValueError
        The indicator has no numerator: its plan says what it needs.

    Examples
    --------
    >>> import pandas as pd
    >>> from kyoto.statistics.indicators import registry
    >>> from kyoto.statistics.tables.population import Population
    >>> counted = pd.DataFrame([{
    ...     "area": "LUX", "period": "2016", "series": "robbery_rate", "iccs": "_T", "sex": "_T", "age": "_T",
    ...     "unit": "offence", "value": 291.0, "lower": 258.5, "upper": 326.4, "status": "A",
    ...     "confidentiality": "F", "source": "police", "note": ""}])
    >>> figures = compute(registry()["robbery_rate"], counted, Population({("LUX", "2016"): {"_T": {"_T": 582000.0}}}))
    >>> figures.column("value").to_pylist()
    [50.0]
    """
    if indicator.numerator is None:
        raise ValueError(f"indicator {indicator.code} has no numerator: it needs {indicator.needs}")
    frame = _frame(observations, indicator.numerator.unit)
    parts = frame[frame.series == indicator.code]
    keys = dimension_columns(frame.columns)
    denominator = indicator.denominator
    if isinstance(denominator, Count):
        other = _frame(observations, denominator.unit)
        figures = _over_count(indicator, parts, other[other.series == indicator.code + WHOLE], keys)
    else:
        figures = _over_persons(indicator, _with_zeros(parts, keys), population, households)
    figures = figures.assign(series=indicator.code, unit=indicator.unit, **_fixed(indicator))
    return _table(figures, keys)


def unavailable(plan: Plan, *, area: str, period: str) -> pa.Table:
    """Observation that stands for an indicator that the sources cannot serve: no value, status ``M``, the reason.

    Examples
    --------
    >>> from kyoto.statistics.indicators import plan, registry
    >>> unavailable(plan(registry()["16.1.4"], []), area="LUX", period="2016").column("note").to_pylist()
    ['needs a victimization survey with the question on safety when walking alone after dark']
    """
    import pandas as pd

    row = dict.fromkeys(("iccs", "sex", "age"), TOTAL) | {
        "area": area,
        "period": period,
        "series": plan.indicator.code,
        "unit": plan.indicator.unit,
        "value": np.nan,
        "lower": np.nan,
        "upper": np.nan,
        "status": "M",
        "confidentiality": "F",
        "source": "",
        "note": plan.reason,
    }
    return _table(pd.DataFrame([row]), dimension_columns(row))


def _of_households(indicator: Indicator) -> bool:
    return isinstance(indicator.denominator, Households)


def _fixed(indicator: Indicator) -> dict[str, str]:
    """Sex and age of the persons that the indicator is about."""
    denominator = indicator.denominator
    fixed = {}
    if indicator.numerator is not None and indicator.numerator.sex != TOTAL:
        fixed["sex"] = indicator.numerator.sex
    if isinstance(denominator, Persons):
        fixed |= {name: value for name in _FILLED if (value := getattr(denominator, name)) != TOTAL}
    return fixed


def _frame(observations: pa.Table | pd.DataFrame, unit: str) -> Frame:
    """Observations as a frame, ``sex`` and ``age`` taken from the concept that stands in for them."""
    given: Any = observations
    frame: Frame = given if hasattr(given, "iloc") else given.to_pandas()
    frame = frame.reset_index(drop=True)
    for name, stand_in in STAND_INS.get(unit, {}).items():
        if stand_in in frame.columns:
            frame = frame.drop(columns=name).rename(columns={stand_in: name})
    return frame


def _with_zeros(parts: Frame, keys: list[str]) -> Frame:
    """Observations with the cells that counted nothing, so that no death is a rate of 0 and not a gap.

    A cell is added where its total over sex and age was counted: then the period is covered.
    """
    import pandas as pd

    if parts.empty:
        return parts
    grid = parts[(parts.sex == TOTAL) & (parts.age == TOTAL)][[name for name in keys if name not in _FILLED]]
    for name in _FILLED:
        known = [code for code in parts[name].unique() if code == TOTAL or not code.startswith("_")]
        grid = grid.merge(pd.DataFrame({name: known}), how="cross")
    filled = grid.merge(parts, on=keys, how="outer", indicator="origin")
    zero = {"value": 0.0, "status": "A", "confidentiality": "F", "source": parts.source.iloc[0], "note": ""}
    for name, value in zero.items():
        filled.loc[filled.origin == "left_only", name] = value
    return filled.drop(columns="origin")


def _without_untold(parts: Frame, population: Population | None) -> Frame:
    """Observations without the disaggregations of which the population file says nothing; their notes say so."""
    for name in _FILLED:
        split = parts[name] != TOTAL
        if population is not None and split.any() and not population.tells(name):
            parts = parts[~split]
            said = f"not by {name}: the population file is not"
            parts = parts.assign(note=[f"{note}; {said}" if note else said for note in parts.note])
    return parts


def _over_persons(
    indicator: Indicator, parts: Frame, population: Population | None, households: Population | None
) -> Frame:
    """Rates per population or per households, or plain counts."""
    if _of_households(indicator):
        population = households
    elif indicator.denominator is not None:
        parts = _without_untold(parts, population)
    count = parts.value.to_numpy(dtype=float)
    if indicator.denominator is None:
        return _figures(parts, poisson_interval(count * 1.0), np.full(len(parts), "", dtype=object))
    keys = parts[["area", "period", "sex", "age"]].assign(**_fixed(indicator))
    if _of_households(indicator):
        keys = keys.assign(sex=TOTAL, age=TOTAL)
    if population is None:
        what = "households" if _of_households(indicator) else "population"
        persons, notes = np.full(len(parts), np.nan), np.full(len(parts), f"the project names no {what}", dtype=object)
    else:
        matched = population.match(keys)
        persons, notes = matched.values, matched.notes
    return _figures(parts, rate_interval(count, persons, multiplier=indicator.multiplier), notes)


def _over_count(indicator: Indicator, parts: Frame, wholes: Frame, keys: list[str]) -> Frame:
    """Shares of a count, or ratios of two counts of different units."""
    both = wholes.merge(parts, on=keys, how="outer", suffixes=("_whole", ""))
    absent = both.series.isna()
    for name, value in {"value": 0.0, "status": "A", "confidentiality": "F"}.items():
        both.loc[absent, name] = value
    for name in ("source", "note"):
        both.loc[absent, name] = both.loc[absent, f"{name}_whole"]
    withheld = both.value_whole.isna() & both.series_whole.notna()
    nothing = (both.value_whole == 0) | both.series_whole.isna()
    for name in ("status", "confidentiality"):
        both[name] = both[name].where(~withheld, both[f"{name}_whole"])
    notes = np.select([withheld, nothing], ["the denominator is withheld", "the denominator counts nothing"], "")
    part, whole = both.value.to_numpy(dtype=float), both.value_whole.to_numpy(dtype=float)
    return _figures(both, _ratio(indicator, part, whole), notes.astype(object))


def _ratio(indicator: Indicator, part: NDArray[np.float64], whole: NDArray[np.float64]) -> Interval:
    """Share where both count the same unit, else a rate of one count in another."""
    assert indicator.numerator is not None and isinstance(indicator.denominator, Count)
    if indicator.numerator.unit != indicator.denominator.unit:
        return rate_interval(part, whole, multiplier=indicator.multiplier)
    # perturbation may leave a part above its whole; its share is then all of it
    return wilson_interval(np.fmin(part, whole) + 0.0 * part, whole, multiplier=indicator.multiplier)


def _figures(parts: Frame, interval: Interval, notes: NDArray[np.object_]) -> Frame:
    """Observations with their new values; a count that is there but has no rate is missing (``M``)."""
    lost = np.isnan(interval.estimate) & parts.value.notna().to_numpy()
    status = np.where(lost, "M", parts.status.to_numpy(dtype=object))
    said = parts.note.fillna("").to_numpy(dtype=object)
    joined = [f"{old}; {new}" if old and new else old or new for old, new in zip(said, notes, strict=True)]
    return parts.assign(value=interval.estimate, lower=interval.lower, upper=interval.upper, status=status, note=joined)


def _table(figures: Frame, keys: list[str]) -> pa.Table:
    import pyarrow as pa

    columns = observation_columns(keys)
    ordered = figures.sort_values(keys, kind="stable")[columns]
    numbers = {"value", "lower", "upper"}
    arrays = {
        name: pa.array(ordered[name], pa.float64() if name in numbers else pa.string(), from_pandas=True)
        for name in columns
    }
    return pa.table(arrays)
