"""Effect sizes of a whole table of reports, whatever the papers print."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.evaluation.synthesis import effect_sizes as sizes
from kyoto.analysis.evaluation.tables import as_frame, column_of_numbers, name_of, require_columns
from kyoto.core.errors import KyotoError, Problems, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["REPORTED", "effects_of_table"]

_TABLE = ("events", "others", "comparison events", "comparison others")
_MEANS = ("mean", "sd", "n", "comparison mean", "comparison sd", "comparison n")
_RATES = ("count", "exposure", "comparison count", "comparison exposure")
_INTERVAL = ("estimate", "lower", "upper")
REPORTED: dict[str, tuple[Callable[..., sizes.EffectSizes], tuple[str, ...]]] = {
    "odds-ratio": (sizes.log_odds_ratio, _TABLE),
    "risk-ratio": (sizes.log_risk_ratio, _TABLE),
    "risk-difference": (sizes.risk_difference, _TABLE),
    "smd": (sizes.standardized_mean_difference, _MEANS),
    "mean-difference": (sizes.mean_difference, _MEANS),
    "ratio-of-means": (sizes.ratio_of_means, _MEANS),
    "rate-ratio": (sizes.log_rate_ratio, _RATES),
    "rate-difference": (sizes.rate_difference, _RATES),
    "change-ratio": (sizes.relative_incident_rate_ratio, ("after", "before", "comparison after", "comparison before")),
    "correlation": (sizes.correlation_effect, ("correlation", "n")),
    "interval": (sizes.from_interval, _INTERVAL),
    "ratio-interval": (lambda *columns: sizes.from_interval(*columns, ratio=True), _INTERVAL),
}
"""Measures by name, and the numbers that each needs, in order."""


def effects_of_table(
    source: Any, measure: str, columns: Sequence[str], *, dispersion: float | None = None
) -> pd.DataFrame:
    """Table with the columns ``effect`` and ``variance`` added, ready to be pooled.

    Parameters
    ----------
    source
        Dataframe or file, one row a study.
    measure
        One of :data:`REPORTED`.
    columns
        Columns that hold what the measure needs, in its order.
    dispersion
        Variance of counts over their mean, for measures of counts.

    Raises
    ------
    KyotoError
        ``evaluation.unknown-measure``, ``evaluation.wrong-columns``, and those of reading and of the measure.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"a": [4], "b": [119], "c": [11], "d": [128]})
    >>> effects_of_table(rows, "odds-ratio", ["a", "b", "c", "d"]).effect.round(4).tolist()
    [-0.9387]
    """
    if measure not in REPORTED:
        raise KyotoError(
            "No such measure", code="evaluation.unknown-measure", got=measure, hint=did_you_mean(measure, REPORTED)
        )
    function, needs = REPORTED[measure]
    if len(columns) != len(needs):
        raise KyotoError(
            "The measure needs other columns",
            code="evaluation.wrong-columns",
            got=f"{len(columns)}: {', '.join(columns)}",
            expected=f"{len(needs)}: {', '.join(needs)}",
        )
    frame, file, problems = as_frame(source), name_of(source), Problems()
    if not require_columns(frame, columns, file=file, problems=problems):
        problems.raise_if_any()
    values = [column_of_numbers(frame, name, file=file, problems=problems, missing=False) for name in columns]
    problems.raise_if_any()
    found = function(*values) if dispersion is None else _dispersed(function, values, dispersion)
    return frame.assign(effect=found.effect, variance=found.variance)


def _dispersed(
    function: Callable[..., sizes.EffectSizes], values: Sequence[np.ndarray[Any, Any]], dispersion: float
) -> sizes.EffectSizes:
    counts = (sizes.log_rate_ratio, sizes.rate_difference, sizes.relative_incident_rate_ratio)
    if function not in counts:
        raise KyotoError(
            "Only counts have a dispersion",
            code="evaluation.options-conflict",
            expected="rate-ratio, rate-difference or change-ratio",
        )
    return function(*values, dispersion=dispersion)
