"""Calibration: weights as near to those of the sample as known totals of the population allow.

Post-stratification, raking and the regression estimator are one method with different distances (Deville & Särndal
1992, *JASA* 87, 376-382). The variance of calibrated figures is that of the residuals from the calibration variables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from kyoto.analysis.surveys.arrays import Bools, Floats, codes_of
from kyoto.analysis.surveys.design import Calibrated
from kyoto.analysis.surveys.domains import label_text
from kyoto.analysis.surveys.estimation import Design
from kyoto.analysis.surveys.replicates import ReplicateDesign
from kyoto.core.errors import KyotoError, Problems, did_you_mean

__all__ = ["DISTANCES", "Distance", "Targets", "calibrate", "calibration_factors", "post_stratify"]

Distance = Literal["linear", "raking", "logit"]
DISTANCES = get_args(Distance)
ROUNDS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """Known totals of the population, and the columns of the sample they belong to.

    Parameters
    ----------
    matrix
        Calibration variables, shape (rows, targets).
    totals
        Total of each in the population, shape (targets,).
    names
        Name of each, for messages.
    """

    matrix: Floats
    totals: Floats
    names: tuple[str, ...]

    @classmethod
    def from_margins(
        cls,
        columns: Mapping[str, Any],
        margins: Mapping[str, Mapping[str, float]],
        numbers: Mapping[str, float] | None = None,
    ) -> Targets:
        """Targets from the number of people in each level of categories, and totals of numbers.

        Parameters
        ----------
        columns
            Columns of the sample, by name.
        margins
            For each category, people in the population by level.
        numbers
            For each column of numbers, its total in the population.

        Raises
        ------
        KyotoError
            ``survey.wrong-target``: a level of the sample without a total, a total for which the sample has nobody,
            margins that do not add up to the same population; all of them at once.

        Examples
        --------
        >>> found = Targets.from_margins({"sex": ["F", "M", "F"]}, {"sex": {"F": 60, "M": 40}})
        >>> found.names, found.totals.tolist()
        (('sex=F', 'sex=M'), [60.0, 40.0])
        """
        problems = Problems()
        parts: list[Floats] = []
        totals: list[float] = []
        names: list[str] = []
        for name, margin in margins.items():
            codes, labels = codes_of(_column(columns, name))
            texts = [label_text(label) for label in labels]
            for problem in _margin_problems(name, texts, margin, missing=bool((codes < 0).any())):
                problems.add(problem)
            for level, people in margin.items():
                if level in texts:
                    parts.append((codes == texts.index(level)).astype(np.float64))
                    totals.append(float(people))
                    names.append(f"{name}={level}")
        sizes = {name: sum(margin.values()) for name, margin in margins.items()}
        if sizes and max(sizes.values()) > min(sizes.values()) * (1 + 1e-6):
            words = ", ".join(f"{name} {size:,.6g}" for name, size in sizes.items())
            problems.add(_wrong("The margins do not add up to the same population", words, "one population"))
        for name, total in (numbers or {}).items():
            values = np.asarray(_column(columns, name), dtype=np.float64)
            if np.isnan(values).any():
                problems.add(_wrong("A calibration variable is missing in some rows", name, "a number in every row"))
            parts.append(values)
            totals.append(float(total))
            names.append(name)
        problems.raise_if_any()
        return cls(np.column_stack(parts), np.array(totals), tuple(names))


def calibration_factors(
    matrix: Floats,
    weights: Floats,
    totals: Floats,
    *,
    distance: Distance = "linear",
    bounds: tuple[float, float] = (-np.inf, np.inf),
    names: tuple[str, ...] = (),
    tolerance: float = 1e-11,
) -> Floats:
    """Factors by which weights are multiplied so that the sample has the known totals.

    Parameters
    ----------
    matrix, totals, names
        As in :class:`Targets`.
    weights
        Weights before, shape (rows,).
    distance
        ``linear`` (regression estimator), ``raking`` (always positive), ``logit`` (needs both bounds).
    bounds
        Smallest and largest factor.
    tolerance
        Relative miss of a total that counts as met.

    Returns
    -------
    numpy.ndarray
        Shape (rows,).

    Raises
    ------
    KyotoError
        ``survey.targets-not-met`` with the target that is missed most; ``survey.wrong-bounds``.

    Examples
    --------
    >>> calibration_factors(np.ones((4, 1)), np.ones(4), np.array([10.0])).tolist()
    [2.5, 2.5, 2.5, 2.5]
    """
    low, high = bounds
    if distance not in DISTANCES:
        raise KyotoError(
            f"No such distance: {distance}", code="survey.wrong-bounds", hint=did_you_mean(distance, DISTANCES)
        )
    if not low < 1 < high or (distance == "logit" and not np.isfinite([low, high]).all()):
        raise KyotoError(
            "The bounds leave no room",
            code="survey.wrong-bounds",
            got=f"{low:g} to {high:g}",
            expected="below 1 and above 1" + (", both finite for logit" if distance == "logit" else ""),
        )
    start = matrix.T @ weights
    scale = 1.0 + np.abs(totals)
    eta = np.zeros(matrix.shape[1])
    growth, slope = _growth(np.zeros(len(weights)), distance, low, high)
    miss = totals - start
    for _ in range(ROUNDS):
        if (np.abs(miss) / scale).max() < tolerance:
            return np.asarray(1.0 + growth)
        information = (matrix * (weights * slope)[:, None]).T @ matrix
        step: Floats = np.linalg.lstsq(information, miss, rcond=1e-12)[0].astype(np.float64)
        eta, growth, slope, miss, better = _walked(matrix, weights, totals, start, eta, step, miss, distance, low, high)
        if not better:
            break
    if (np.abs(miss) / scale).max() < 1e-8:
        return np.asarray(1.0 + growth)
    raise _not_met(miss, totals, names, low, high)


def _walked(
    matrix: Floats,
    weights: Floats,
    totals: Floats,
    start: Floats,
    eta: Floats,
    step: Floats,
    miss: Floats,
    distance: Distance,
    low: float,
    high: float,
) -> tuple[Floats, Floats, Floats, Floats, bool]:
    """Newton's step, halved until it brings the totals nearer."""
    for _ in range(40):
        latest = eta + step
        growth, slope = _growth(matrix @ latest, distance, low, high)
        new_miss = totals - start - matrix.T @ (weights * growth)
        if np.isfinite(new_miss).all() and np.linalg.norm(new_miss) < np.linalg.norm(miss):
            return latest, growth, slope, new_miss, True
        step = step / 2
    growth, slope = _growth(matrix @ eta, distance, low, high)
    return eta, growth, slope, miss, False


def _growth(u: Floats, distance: Distance, low: float, high: float) -> tuple[Floats, Floats]:
    """Factor less 1, and its derivative."""
    if distance == "logit":
        reach = (high - low) / ((high - 1.0) * (1.0 - low))
        power = np.exp(np.clip(reach * u, -700, 700))
        below = high - 1.0 + (1.0 - low) * power
        factor = (low * (high - 1.0) + high * (1.0 - low) * power) / below
        return factor - 1.0, (factor - low) * (high - factor) / ((high - 1.0) * (1.0 - low))
    free = np.expm1(np.clip(u, -700, 700)) if distance == "raking" else u
    inside = (free > low - 1.0) & (free < high - 1.0)
    grown = np.clip(free, low - 1.0, high - 1.0)
    return grown, np.where(inside, 1.0 + free if distance == "raking" else 1.0, 0.0)


def calibrate(
    design: Design,
    targets: Targets,
    *,
    distance: Distance = "linear",
    bounds: tuple[float, float] = (-np.inf, np.inf),
) -> Design:
    """Design with calibrated weights; its variances are those of the residuals.

    Parameters
    ----------
    design
        The sample. Replicate weights are each calibrated.
    targets
        Known totals.
    distance, bounds
        As in :func:`calibration_factors`.

    Examples
    --------
    >>> from kyoto.analysis.surveys.design import make_design
    >>> targets = Targets.from_margins({"sex": ["F", "M", "F"]}, {"sex": {"F": 60, "M": 40}})
    >>> calibrate(make_design([1, 1, 1]), targets).weights.tolist()
    [30.0, 40.0, 30.0]
    """
    settings: dict[str, Any] = {"distance": distance, "bounds": bounds, "names": targets.names}
    factors = calibration_factors(targets.matrix, design.weights, targets.totals, **settings)
    if isinstance(design, ReplicateDesign):
        sets = [
            column * calibration_factors(targets.matrix, column, targets.totals, **settings)
            for column in design.replicates.T
        ]
        return design.with_weights(design.weights * factors, np.column_stack(sets))
    root = np.sqrt(design.weights)
    return design.with_weights(
        design.weights * factors, Calibrated(_basis(targets.matrix * root[:, None]), factors * root)
    )


def post_stratify(design: Design, column: Any, people: Mapping[str, float], *, name: str = "stratum") -> Design:
    """Weights that give each level of a category its number of people.

    Parameters
    ----------
    design
        The sample.
    column
        Level of each row.
    people
        People in the population by level.
    name
        Name of the category, for messages.
    """
    return calibrate(design, Targets.from_margins({name: column}, {name: people}))


def _basis(matrix: Floats) -> Floats:
    """Orthonormal basis of the columns, without those that follow from others."""
    left, sizes, _ = np.linalg.svd(matrix, full_matrices=False)
    kept: Bools = sizes > sizes.max() * 1e-10
    return np.asarray(left[:, kept])


def _column(columns: Mapping[str, Any], name: str) -> Any:
    if name not in columns:
        raise KyotoError(
            "No such column",
            code="survey.wrong-column",
            got=name,
            hint=did_you_mean(name, [str(one) for one in columns]),
        )
    return columns[name]


def _margin_problems(name: str, texts: list[str], margin: Mapping[str, float], *, missing: bool) -> list[KyotoError]:
    found = []
    if missing:
        found.append(_wrong("A calibration variable is missing in some rows", name, "a level in every row"))
    lacking = [text for text in texts if text not in margin]
    if lacking:
        hint = did_you_mean(lacking[0], margin)
        found.append(_wrong("A level of the sample has no total", f"{name}={lacking[0]}", "a total for each", hint))
    empty = [level for level, people in margin.items() if people > 0 and level not in texts]
    if empty:
        title = "Nobody in the sample stands for a group of the population"
        hint = "Merge the level with another, in the sample and in the totals."
        found.append(_wrong(title, f"{name}={empty[0]}", "somebody in the sample", hint))
    if any(not people >= 0 for people in margin.values()):
        found.append(_wrong("A total is negative or missing", name, "0 or more"))
    return found


def _wrong(title: str, got: str, expected: str, hint: str = "") -> KyotoError:
    return KyotoError(title, code="survey.wrong-target", got=got, expected=expected, hint=hint)


def _not_met(miss: Floats, totals: Floats, names: tuple[str, ...], low: float, high: float) -> KyotoError:
    worst = int(np.argmax(np.abs(miss) / (1.0 + np.abs(totals))))
    name = names[worst] if names else f"target {worst + 1}"
    reached = totals[worst] - miss[worst]
    bounded = np.isfinite(low) or np.isfinite(high)
    return KyotoError(
        "The targets cannot be met",
        code="survey.targets-not-met",
        got=f"{name} reaches {reached:,.6g}",
        expected=f"{totals[worst]:,.6g}",
        detail=f"No factors between {low:g} and {high:g} give all totals." if bounded else "The totals contradict.",
        hint="Widen the bounds, merge small groups, or check the totals."
        if bounded
        else "Check that the totals are of the population the sample stands for.",
    )
