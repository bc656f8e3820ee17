"""All steps of weighting in their order: base weights, nonresponse, trimming, calibration, each with its diagnosis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.surveys.arrays import Bools, Floats
from kyoto.analysis.surveys.calibration import Distance, Targets, calibration_factors
from kyoto.analysis.surveys.domains import label_text
from kyoto.analysis.surveys.weighting import (
    WeightDiagnosis,
    base_weights,
    diagnose,
    nonresponse_by_class,
    nonresponse_by_propensity,
    trim,
)
from kyoto.core.errors import KyotoError, Problems, Where, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["WeightSettings", "Weighted", "make_weights", "read_targets"]

TARGET_COLUMNS = ("variable", "level", "total")


@dataclass(frozen=True, slots=True)
class WeightSettings:
    """What shall be done.

    Parameters
    ----------
    base
        Column of base weights; empty if ``probabilities`` are given.
    probabilities
        Columns of the probability of selection, one a stage.
    response
        Column that is 1 for respondents, 0 for eligible nonrespondents and missing for those not eligible; empty if
        everybody responded.
    classes
        Columns whose combinations are the classes of the nonresponse adjustment.
    predictors
        Columns of a response model instead of classes.
    least
        Fewest respondents in a class.
    trim
        Largest weight, as a multiple of the median; None not to trim.
    distance, bounds
        Of the calibration.
    """

    base: str = ""
    probabilities: tuple[str, ...] = ()
    response: str = ""
    classes: tuple[str, ...] = ()
    predictors: tuple[str, ...] = ()
    least: int = 1
    trim: float | None = None
    distance: Distance = "raking"
    bounds: tuple[float, float] = (-np.inf, np.inf)


@dataclass(frozen=True, slots=True, eq=False)
class Weighted:
    """Weights after each step.

    Parameters
    ----------
    frame
        The rows as they came, with one more column a step (``weight_base``, ``weight_response``, ``weight_trimmed``)
        and the final ``weight``.
    steps
        Diagnosis after each step.
    totals
        Calibration totals: name, before, after, wanted.
    """

    frame: pd.DataFrame
    steps: tuple[WeightDiagnosis, ...]
    totals: tuple[Mapping[str, Any], ...]


def read_targets(path: Path) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """Known totals from a table with the columns ``variable``, ``level``, ``total``.

    Parameters
    ----------
    path
        A line without a level is the total of a column of numbers.

    Returns
    -------
    tuple
        Margins by variable and level, and totals of numbers, as :meth:`Targets.from_margins` takes them.

    Raises
    ------
    KyotoError
        What opening raises; ``survey.wrong-targets-file``: all faulty lines at once.
    """
    from kyoto.statistics.sources.single import text_frame

    problems = Problems()
    margins: dict[str, dict[str, float]] = {}
    numbers: dict[str, float] = {}
    frame = text_frame(path)
    lacking = [name for name in TARGET_COLUMNS if name not in frame.columns]
    if lacking:
        raise KyotoError(
            "The file of totals lacks a column",
            code="survey.wrong-targets-file",
            where=Where(file=str(path), column=lacking[0]),
            expected=", ".join(TARGET_COLUMNS),
        )
    for line, row in enumerate(frame.fillna("").to_dict("records"), start=frame.attrs["first_line"]):
        name, level = row["variable"].strip(), row["level"].strip()
        try:
            value = float(row["total"])
        except ValueError:
            value = np.nan
        if not name or not np.isfinite(value) or level in margins.get(name, {}):
            problems.add(
                KyotoError(
                    "Not a total",
                    code="survey.wrong-targets-file",
                    where=Where(file=str(path), line=line),
                    got=f"{name or 'no variable'}, {level or 'no level'}, {row['total']}",
                    expected="a variable, its level (once), a number",
                )
            )
        elif level:
            margins.setdefault(name, {})[level] = value
        else:
            numbers[name] = value
    problems.raise_if_any()
    return margins, numbers


def make_weights(
    frame: pd.DataFrame,
    settings: WeightSettings,
    margins: Mapping[str, Mapping[str, float]] | None = None,
    numbers: Mapping[str, float] | None = None,
) -> Weighted:
    """Weights of a sample.

    Parameters
    ----------
    frame
        Everybody who was drawn.
    settings
        What shall be done.
    margins, numbers
        Known totals; none means no calibration.

    Raises
    ------
    KyotoError
        Codes start with ``survey.``.

    Examples
    --------
    >>> import pandas as pd
    >>> drawn = pd.DataFrame({"p": [0.1] * 4, "answered": [1, 1, 0, 1], "sex": ["F", "M", "M", "F"]})
    >>> settings = WeightSettings(probabilities=("p",), response="answered")
    >>> made = make_weights(drawn, settings, {"sex": {"F": 22, "M": 18}})
    >>> made.frame["weight"].round(6).tolist()
    [11.0, 18.0, 0.0, 11.0]
    """
    _require(frame, settings)
    found = frame.copy()
    weights = _base(frame, settings)
    found["weight_base"] = weights
    steps = [diagnose(weights, step="base")]
    if settings.response:
        weights = _responding(frame, settings, weights)
        found["weight_response"] = weights
        steps.append(diagnose(weights, step="nonresponse"))
    if settings.trim is not None:
        weights = trim(weights, upper=settings.trim * float(np.median(weights[weights > 0])))
        found["weight_trimmed"] = weights
        steps.append(diagnose(weights, step="trimmed"))
    totals: tuple[Mapping[str, Any], ...] = ()
    if margins or numbers:
        weights, totals = _calibrated(frame, settings, weights, margins or {}, numbers or {})
        steps.append(diagnose(weights, step="calibrated"))
    found["weight"] = weights
    return Weighted(found, tuple(steps), totals)


def _require(frame: pd.DataFrame, settings: WeightSettings) -> None:
    problems = Problems()
    if bool(settings.base) == bool(settings.probabilities):
        problems.add(
            KyotoError(
                "Where do the weights start?",
                code="survey.no-base-weight",
                expected="either a column of base weights or columns of probabilities",
            )
        )
    names = (settings.base, *settings.probabilities, settings.response, *settings.classes, *settings.predictors)
    known = [str(column) for column in frame.columns]
    for name in dict.fromkeys(name for name in names if name):
        if name not in known:
            problems.add(
                KyotoError(
                    "No such column",
                    code="survey.wrong-column",
                    where=Where(column=name),
                    hint=did_you_mean(name, known),
                )
            )
    problems.raise_if_any()


def _base(frame: pd.DataFrame, settings: WeightSettings) -> Floats:
    if settings.base:
        return np.asarray(_numbers(frame, settings.base))
    return base_weights(*(_numbers(frame, name) for name in settings.probabilities))


def _numbers(frame: pd.DataFrame, name: str) -> Floats:
    import pandas as pd

    found = pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=np.float64)
    if np.isnan(found).any():
        row = int(np.argmax(np.isnan(found)))
        raise KyotoError(
            "Not a number",
            code="survey.not-a-number",
            where=Where(column=name),
            got=f"{frame[name].iloc[row]!r} in row {row + 1:,}",
        )
    return np.asarray(found)


def _responding(frame: pd.DataFrame, settings: WeightSettings, weights: Floats) -> Floats:
    import pandas as pd

    status = pd.to_numeric(frame[settings.response], errors="coerce").to_numpy(dtype=np.float64)
    known = ~np.isnan(status)
    if not np.isin(status[known], (0, 1)).all():
        raise KyotoError(
            "Who responded?",
            code="survey.wrong-response",
            where=Where(column=settings.response),
            got=f"{status[known][~np.isin(status[known], (0, 1))][0]:g}",
            expected="1 responded, 0 eligible and did not, empty not eligible",
        )
    eligible: Bools = known & (weights > 0)
    found = np.zeros(len(weights))
    inside = frame[eligible]
    answered = status[eligible] == 1
    if settings.predictors:
        predictors = {name: inside[name].to_numpy() for name in settings.predictors}
        found[eligible] = nonresponse_by_propensity(weights[eligible], answered, predictors)
    else:
        classes = [inside[name].to_numpy() for name in settings.classes]
        found[eligible] = nonresponse_by_class(weights[eligible], answered, classes, least=settings.least)
    return found


def _calibrated(
    frame: pd.DataFrame,
    settings: WeightSettings,
    weights: Floats,
    margins: Mapping[str, Mapping[str, float]],
    numbers: Mapping[str, float],
) -> tuple[Floats, tuple[Mapping[str, Any], ...]]:
    used = weights > 0
    inside = frame[used]
    columns: dict[str, Any] = {}
    for name in frame.columns:
        column = inside[name]
        columns[str(name)] = _numbers(inside, str(name)) if str(name) in numbers else column.map(label_text, "ignore")
    targets = Targets.from_margins(columns, margins, numbers)
    factors = calibration_factors(
        targets.matrix,
        weights[used],
        targets.totals,
        distance=settings.distance,
        bounds=settings.bounds,
        names=targets.names,
    )
    found = weights.copy()
    found[used] = weights[used] * factors
    before, after = targets.matrix.T @ weights[used], targets.matrix.T @ found[used]
    rows = tuple(
        {"target": name, "before": float(one), "after": float(two), "wanted": float(three)}
        for name, one, two, three in zip(targets.names, before, after, targets.totals, strict=True)
    )
    return found, rows
