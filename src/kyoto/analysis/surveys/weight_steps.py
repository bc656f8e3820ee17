"""All steps of weighting in their order: base weights, nonresponse, trimming, calibration, each with its diagnosis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from kyoto.analysis.surveys.arrays import Bools, Floats
from kyoto.analysis.surveys.calibration import Distance, Targets, calibration_factors
from kyoto.analysis.surveys.choices import ReplicateKind
from kyoto.analysis.surveys.design import make_design
from kyoto.analysis.surveys.domains import label_text
from kyoto.analysis.surveys.replicate_weights import make_replicates
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

__all__ = ["WeightSettings", "Weighted", "make_weights"]

REPLICATE_KINDS = ("brr", "fay", "jk1", "bootstrap", "sdr")
"""Kinds whose variance follows from their name and number, so that a file of weights needs no factors beside it."""


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
    strata, clusters
        Columns that say how the sample was drawn, first stage first; for replicate weights.
    replicate_kind
        ``brr``, ``fay``, ``jk1``, ``bootstrap`` or ``sdr``: makes replicate weights too; empty for none.
    replicates, seed, rho
        As ``count``, ``seed`` and ``rho`` of :func:`kyoto.analysis.surveys.replicate_weights.make_replicates`.
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
    strata: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    replicate_kind: ReplicateKind | Literal[""] = ""
    replicates: int = 200
    seed: int = 1
    rho: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Weighted:
    """Weights after each step.

    Parameters
    ----------
    frame
        The rows as they came, with one more column a step (``weight_base``, ``weight_response``, ``weight_trimmed``)
        the final ``weight``, and ``replicate_1`` … if they were asked for.
    steps
        Diagnosis after each step.
    totals
        Calibration totals: name, before, after, wanted.
    """

    frame: pd.DataFrame
    steps: tuple[WeightDiagnosis, ...]
    totals: tuple[Mapping[str, Any], ...]


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
    cut = None if settings.trim is None else settings.trim * float(np.median(weights[weights > 0]))
    if cut is not None:
        weights = trim(weights, upper=cut)
        found["weight_trimmed"] = weights
        steps.append(diagnose(weights, step="trimmed"))
    totals: tuple[Mapping[str, Any], ...] = ()
    if margins or numbers:
        weights, totals = _calibrated(frame, settings, weights, margins or {}, numbers or {})
        steps.append(diagnose(weights, step="calibrated"))
    found["weight"] = weights
    if settings.replicate_kind:
        found = _with_replicates(found, settings, cut, margins or {}, numbers or {})
    return Weighted(found, tuple(steps), totals)


def _with_replicates(
    found: pd.DataFrame,
    settings: WeightSettings,
    cut: float | None,
    margins: Mapping[str, Mapping[str, float]],
    numbers: Mapping[str, float],
) -> pd.DataFrame:
    """Replicates of everybody drawn, each taken through all steps, so that their spread counts what the steps add."""
    import pandas as pd

    base = found["weight_base"].to_numpy(dtype=np.float64)
    columns = [[found[name] for name in names] for names in (settings.strata, settings.clusters)]
    design = make_design(base, strata=columns[0], clusters=columns[1])
    kind = cast(ReplicateKind, settings.replicate_kind)
    made = make_replicates(design, kind, rho=settings.rho, count=settings.replicates, seed=settings.seed)
    parts = {}
    for at in range(made.replicates.shape[1]):
        weights = made.replicates[:, at]
        try:
            if settings.response:
                weights = _responding(found, settings, weights)
            if cut is not None:
                weights = trim(weights, upper=cut)
            if margins or numbers:
                weights, _ = _calibrated(found, settings, weights, margins, numbers)
        except KyotoError as error:
            for problem in error.problems:
                problem.hint = (
                    f"This is so in replicate {at + 1}, which leaves a part of the sample out: merge small groups."
                )
            raise
        parts[f"replicate_{at + 1}"] = weights
    return pd.concat([found, pd.DataFrame(parts, index=found.index)], axis=1)


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
    if settings.replicate_kind not in ("", *REPLICATE_KINDS):
        problems.add(
            KyotoError(
                f"Such replicates are not made here: {settings.replicate_kind}",
                code="survey.unknown-replicates",
                expected=", ".join(REPLICATE_KINDS),
            )
        )
    names = (settings.base, *settings.probabilities, settings.response, *settings.classes, *settings.predictors)
    names += (*settings.strata, *settings.clusters)
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
