"""Small areas from area figures: the model of Fay & Herriot (1979), its error, and where it carries the number.

A direct figure of a small area is unbiased and rough. The model draws it towards what areas alike in the auxiliary
variables have, the more the rougher it is: estimate = share × direct + (1 - share) × regression. Where the share of the
area's own sample is small, the number is the model's, and the result says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from kyoto.analysis.surveys.arrays import Floats
from kyoto.analysis.surveys.intervals import student
from kyoto.analysis.surveys.result import shown_number
from kyoto.core.errors import KyotoError, did_you_mean
from kyoto.core.results import estimates_frame

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = ["AreaEstimate", "SmallAreas", "benchmark", "carried_note", "fay_herriot"]

ROUNDS = 200
CARRIED = 0.5


@dataclass(frozen=True, slots=True)
class AreaEstimate:
    """One area.

    Parameters
    ----------
    area
        Its name.
    direct, direct_error
        Figure of the area's own sample and its standard error; None where it has none.
    estimate
        Figure of the model.
    mse
        Mean squared error of that.
    own_share
        Weight of the area's own sample in it, between 0 and 1.
    note
        What to know.
    """

    area: str
    direct: float | None
    direct_error: float | None
    estimate: float
    mse: float
    own_share: float
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class SmallAreas:
    """Estimates of all areas.

    Parameters
    ----------
    areas
        In the order given.
    method
        How the variance was estimated.
    coefficients, coefficient_errors
        Of the regression, shape (terms,).
    area_variance
        Variance between areas that the regression does not explain.
    unit_variance
        Variance within areas (unit-level model); 0 otherwise.
    level
        Confidence of the limits.
    """

    areas: tuple[AreaEstimate, ...]
    method: str
    coefficients: Floats
    coefficient_errors: Floats
    area_variance: float
    unit_variance: float = 0.0
    level: float = 0.95

    def __iter__(self) -> Any:
        return iter(self.areas)

    def tidy(self) -> pd.DataFrame:
        """One row an area; ``std_error`` is the root of the mean squared error."""
        z = float(student(self.level, np.array([np.inf]))[0])
        rows = []
        for area in self.areas:
            error = float(np.sqrt(area.mse))
            rows.append(
                {
                    "term": area.area,
                    "estimate": area.estimate,
                    "std_error": error,
                    "lower": area.estimate - z * error,
                    "upper": area.estimate + z * error,
                    "mse": area.mse,
                    "cv": error / abs(area.estimate) if area.estimate else None,
                    "direct": area.direct,
                    "direct_error": area.direct_error,
                    "own_share": area.own_share,
                    "note": area.note,
                }
            )
        return estimates_frame(rows)

    def summary(self) -> str:
        """One line an area."""
        return "\n".join(
            f"{area.area}: {shown_number(area.estimate)} ± {shown_number(float(np.sqrt(area.mse)))}"
            + (f" (direct {shown_number(area.direct)})" if area.direct is not None else "")
            + (f" {area.note}" if area.note else "")
            for area in self.areas
        )

    def plot(self) -> altair.LayerChart:
        """Dots and intervals, one line an area."""
        from kyoto.analysis.surveys.charts import interval_chart

        return interval_chart(self.tidy(), title="What do the survey and the model say of each area?")


def fay_herriot(
    direct: Any,
    variance: Any,
    auxiliary: Any,
    *,
    areas: Sequence[str] = (),
    method: Literal["reml", "ml"] = "reml",
    level: float = 0.95,
) -> SmallAreas:
    """Empirical best linear unbiased predictors of area figures.

    Parameters
    ----------
    direct
        Direct figure of each area, shape (areas,); not a number where nobody was asked.
    variance
        Sampling variance of each, taken as known; not a number where there is no direct figure.
    auxiliary
        Auxiliary variables of each area, shape (areas, terms), an intercept among them if wanted.
    areas
        Names.
    method
        ``reml`` or ``ml``.
    level
        Confidence of the limits.

    Returns
    -------
    SmallAreas
        Mean squared errors are those of Prasad & Rao (1990, *JASA* 85, 163-171) for ``reml`` and of Datta & Lahiri
        (2000, *Statistica Sinica* 10, 613-627) for ``ml``. Areas without a direct figure get the regression alone.

    Raises
    ------
    KyotoError
        ``survey.small-areas``: too few areas, missing auxiliary variables, variances that are not above 0.

    Examples
    --------
    >>> found = fay_herriot([1.0, 2.0, 4.0, 5.5], [0.2, 0.2, 0.2, 0.2], [[1, 1], [1, 2], [1, 3], [1, 4]])
    >>> [round(area.estimate, 2) for area in found]
    [0.8, 2.35, 3.9, 5.45]
    """
    y, d, x, names = _checked(direct, variance, auxiliary, areas)
    known = ~np.isnan(y)
    if method not in ("reml", "ml"):
        raise KyotoError(
            f"No such method: {method}", code="survey.small-areas", hint=did_you_mean(method, ["reml", "ml"])
        )
    between = _between_variance(y[known], d[known], x[known], method)
    weight = 1.0 / (between + d[known])
    spread: Floats = np.linalg.inv((x[known] * weight[:, None]).T @ x[known]).astype(np.float64)
    beta = spread @ (x[known] * weight[:, None]).T @ y[known]
    fitted = x @ beta
    share = np.where(known, between / (between + np.where(known, d, 1.0)), 0.0)
    estimate = np.where(known, share * np.nan_to_num(y) + (1 - share) * fitted, fitted)
    mse = _mean_squared_errors(np.where(known, d, np.inf), x, x[known], weight, spread, between, method)
    found = tuple(
        AreaEstimate(
            names[at],
            float(y[at]) if known[at] else None,
            float(np.sqrt(d[at])) if known[at] else None,
            float(estimate[at]),
            float(mse[at]),
            float(share[at]),
            carried_note(float(share[at]), asked=bool(known[at])),
        )
        for at in range(len(y))
    )
    return SmallAreas(found, f"Fay-Herriot, {method.upper()}", beta, np.sqrt(np.diag(spread)), between, level=level)


def carried_note(share: float, *, asked: bool = True) -> str:
    """Warning where the model carries a number.

    Parameters
    ----------
    share
        Weight of the area's own sample.
    asked
        Whether it has one.

    Examples
    --------
    >>> carried_note(0.8), carried_note(0.3)
    ('', 'The model carries 70 % of this number.')
    """
    if not asked:
        return "Nobody of this area is behind this number: it is the model's alone."
    if share == 0:
        return "The model found no difference between areas: this number is its regression alone."
    if share < CARRIED:
        return f"The model carries {100 * (1 - share):.0f} % of this number."
    return ""


def _checked(
    direct: Any, variance: Any, auxiliary: Any, areas: Sequence[str]
) -> tuple[Floats, Floats, Floats, list[str]]:
    y = np.asarray(direct, dtype=np.float64)
    d = np.asarray(variance, dtype=np.float64)
    x = np.asarray(auxiliary, dtype=np.float64)
    x = x[:, None] if x.ndim == 1 else x
    known = ~np.isnan(y)
    names = list(areas) or [str(at + 1) for at in range(len(y))]
    if not len(y) == len(d) == len(x) == len(names):
        raise _faulty("The columns differ in length", f"{len(y)}, {len(d)}, {len(x)}, {len(names)}", "one row an area")
    if np.isnan(x).any():
        at = int(np.argmax(np.isnan(x).any(axis=1)))
        raise _faulty("An auxiliary variable is missing", names[at], "values for all areas, sampled or not")
    if not (d[known] > 0).all():
        at = int(np.flatnonzero(known)[np.argmax(~(d[known] > 0))])
        hint = "An area in which nobody or everybody is a victim has a variance of 0: smooth the variances first."
        raise _faulty("A sampling variance is not above 0", f"{names[at]}: {d[at]:g}", "above 0", hint)
    if known.sum() <= x.shape[1] + 1 or np.linalg.matrix_rank(x[known]) < x.shape[1]:
        raise _faulty(
            "Too few areas for the model", f"{int(known.sum())} areas, {x.shape[1]} terms", "more areas, or fewer terms"
        )
    return y, d, x, names


def _between_variance(y: Floats, d: Floats, x: Floats, method: str) -> float:
    """Variance between areas by Fisher scoring, 0 where the likelihood is highest there."""
    value = float(max(np.var(y - x @ np.linalg.lstsq(x, y, rcond=None)[0], ddof=x.shape[1]) - d.mean(), 0.1 * d.mean()))
    for _ in range(ROUNDS):
        weight = 1.0 / (value + d)
        projected = np.diag(weight) - (x * weight[:, None]) @ np.linalg.solve(
            (x * weight[:, None]).T @ x, (x * weight[:, None]).T
        )
        py = projected @ y
        if method == "reml":
            score = -0.5 * np.trace(projected) + 0.5 * py @ py
            information = 0.5 * (projected**2).sum()
        else:
            score = -0.5 * weight.sum() + 0.5 * py @ py
            information = 0.5 * (weight**2).sum()
        latest = max(value + float(score / information), 0.0)
        if abs(latest - value) <= 1e-13 * (1.0 + value):
            return latest
        value = latest if latest > 0 else value / 4 if value > 1e-12 else 0.0
    return value


def _mean_squared_errors(
    d: Floats, x: Floats, x_known: Floats, weight: Floats, spread: Floats, between: float, method: str
) -> Floats:
    with np.errstate(invalid="ignore"):
        own = np.where(np.isinf(d), 0.0, between / (between + np.where(np.isinf(d), 1.0, d)))
    within = np.where(np.isinf(d), between, own * np.where(np.isinf(d), 0.0, d))
    model = (1.0 - own) ** 2 * np.einsum("ij,jk,ik->i", x, spread, x)
    variance = 2.0 / (weight**2).sum()
    finite = np.where(np.isinf(d), 1.0, d)
    estimated = np.where(np.isinf(d), 0.0, finite**2 / (between + finite) ** 3 * variance)
    total = within + model + 2.0 * estimated
    if method == "ml":
        squared = (x_known * (weight**2)[:, None]).T @ x_known
        bias = -np.trace(spread @ squared) / (weight**2).sum()
        total = total - bias * np.where(np.isinf(d), 1.0, (finite / (between + finite)) ** 2)
    return np.asarray(total)


def benchmark(
    found: SmallAreas, weights: Any, national: float, *, method: Literal["ratio", "difference"] = "ratio"
) -> SmallAreas:
    """Area figures that add up to the national one.

    Parameters
    ----------
    found
        Estimates of all areas.
    weights
        Weight of each area in the national figure: shares of the population for means, 1 for totals.
    national
        Direct figure of the nation.
    method
        ``ratio``: all areas by the same factor. ``difference``: more where the mean squared error is large (Wang,
        Fuller & Qu 2008, *Survey Methodology* 34, 29-36).

    Returns
    -------
    SmallAreas
        The squared shift of each area is added to its mean squared error.

    Examples
    --------
    >>> found = fay_herriot([1.0, 2.0, 4.0, 5.5], [0.2] * 4, [[1, 1], [1, 2], [1, 3], [1, 4]])
    >>> together = benchmark(found, [0.25] * 4, 3.0)
    >>> round(sum(area.estimate for area in together) / 4, 10)
    3.0
    """
    share = np.asarray(weights, dtype=np.float64)
    values = np.array([area.estimate for area in found.areas])
    whole = float(share @ values) if share.shape == values.shape else 0.0
    if not whole:
        raise _faulty("The weights do not fit the areas", f"{share.size} weights", f"{values.size}")
    if method == "ratio":
        moved = values * (national / whole)
    else:
        errors = np.array([area.mse for area in found.areas])
        moved = values + errors * share / (share**2 @ errors) * (national - whole)
    areas = tuple(
        replace(area, estimate=float(new), mse=area.mse + float(new - area.estimate) ** 2)
        for area, new in zip(found.areas, moved, strict=True)
    )
    return replace(found, areas=areas, method=f"{found.method}, benchmarked by {method}")


def _faulty(title: str, got: str, expected: str, hint: str = "") -> KyotoError:
    return KyotoError(title, code="survey.small-areas", got=got, expected=expected, hint=hint)
