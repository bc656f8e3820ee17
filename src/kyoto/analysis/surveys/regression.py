"""Regression in a survey: weighted estimates, variance by the design (Binder 1983, *Int. Stat. Review* 51, 279-292)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from kyoto.analysis.surveys.arrays import Floats, codes_of
from kyoto.analysis.surveys.design import SurveyDesign
from kyoto.analysis.surveys.domains import label_text
from kyoto.analysis.surveys.estimation import Design
from kyoto.analysis.surveys.intervals import student
from kyoto.core.errors import KyotoError, did_you_mean
from kyoto.core.results import estimates_frame

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = ["FAMILIES", "Family", "RegressionResult", "model_columns", "regress"]

Family = Literal["linear", "logistic", "poisson"]
FAMILIES = get_args(Family)
ROUNDS = 60


@dataclass(frozen=True, slots=True, eq=False)
class RegressionResult:
    """Coefficients with the variance of the design.

    Parameters
    ----------
    family
        Kind of model.
    terms
        Name of each coefficient.
    coefficients
        Shape (terms,): of the mean, the log odds, or the log rate.
    covariance
        Shape (terms, terms).
    df
        Degrees of freedom: those of the design plus 1 less the coefficients, at least 1.
    n
        Rows used.
    missing
        Rows left out because a value is missing.
    level
        Confidence of the limits.
    """

    family: Family
    terms: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    df: float
    n: int
    missing: int
    level: float

    def tidy(self) -> pd.DataFrame:
        """One row a coefficient, with t, p-value, and (log models) the ratio and its limits."""
        from scipy import special

        errors = np.sqrt(np.maximum(np.diag(self.covariance), 0.0))
        half = float(student(self.level, np.array([self.df]))[0]) * errors
        rows: list[dict[str, Any]] = []
        for at, term in enumerate(self.terms):
            value = float(self.coefficients[at])
            low, high = value - float(half[at]), value + float(half[at])
            t = value / float(errors[at]) if errors[at] else np.inf
            p = 2 * float(special.stdtr(self.df, -abs(t)))
            row = {"term": term, "estimate": value, "std_error": float(errors[at]), "lower": low, "upper": high}
            row |= {"statistic": t, "df": self.df, "p_value": p}
            if self.family != "linear":
                row |= {"ratio": np.exp(value), "ratio_lower": np.exp(low), "ratio_upper": np.exp(high)}
            rows.append(row)
        return estimates_frame(rows)

    def summary(self) -> str:
        """Coefficients as text."""
        head = f"{self.family} regression, {self.n:,} rows, {self.df:g} degrees of freedom"
        return f"{head}\n{self.tidy().to_string(index=False, float_format=lambda value: f'{value:.4g}')}"

    def plot(self) -> altair.LayerChart:
        """Coefficients and intervals, without the intercept."""
        from kyoto.analysis.surveys.charts import interval_chart

        return interval_chart(self.tidy().iloc[1:], title="What goes with the outcome?")


def model_columns(predictors: Mapping[str, Any], rows: int) -> tuple[Floats, tuple[str, ...]]:
    """Columns of the model: an intercept, numbers as they are, categories as 0 and 1 against their first level.

    Parameters
    ----------
    predictors
        Column of each predictor, by name.
    rows
        Number of rows.

    Returns
    -------
    tuple
        Matrix, shape (rows, terms), not a number where a value is missing; and the names of its columns.

    Examples
    --------
    >>> model_columns({"age": [20, 30], "sex": ["F", "M"]}, 2)[1]
    ('(Intercept)', 'age', 'sex=M')
    """
    columns, names = [np.ones(rows)], ["(Intercept)"]
    for name, column in predictors.items():
        values = np.asarray(column)
        if values.dtype.kind in "biuf":
            columns.append(values.astype(np.float64))
            names.append(name)
            continue
        codes, labels = codes_of(column)
        for code, label in list(enumerate(labels))[1:]:
            columns.append(np.where(codes < 0, np.nan, codes == code))
            names.append(f"{name}={label_text(label)}")
    return np.column_stack(columns), tuple(names)


def regress(
    design: Design, outcome: Any, predictors: Mapping[str, Any], *, family: Family = "linear", level: float = 0.95
) -> RegressionResult:
    """Fit a regression to the population.

    Parameters
    ----------
    design
        The sample.
    outcome
        One number a row; 0 or 1 for ``logistic``, not negative for ``poisson``.
    predictors
        Column of each predictor, by name: numbers, or labels of a category.
    family
        ``linear``, ``logistic`` or ``poisson``.
    level
        Confidence of the limits.

    Raises
    ------
    KyotoError
        ``survey.regression-outcome``, ``survey.regression-rank``, ``survey.regression-separated``,
        ``survey.unknown-family``.

    Examples
    --------
    >>> from kyoto.analysis.surveys.design import make_design
    >>> found = regress(make_design(np.ones(4)), [1.0, 3.0, 4.0, 8.0], {"x": [0.0, 1.0, 2.0, 3.0]})
    >>> found.coefficients.round(3).tolist()
    [0.7, 2.2]
    """
    if family not in FAMILIES:
        raise KyotoError(f"No such family: {family}", code="survey.unknown-family", hint=did_you_mean(family, FAMILIES))
    y = np.asarray(outcome, dtype=np.float64)
    matrix, names = model_columns(predictors, design.rows)
    whole = ~np.isnan(y) & ~np.isnan(matrix).any(axis=1)
    y, matrix = np.where(whole, y, 0.0), np.where(whole[:, None], matrix, 0.0)
    _check_outcome(y[whole], family)
    weights = np.where(whole, design.weights, 0.0)
    _check_rank(matrix[weights > 0], names)
    coefficients, bread, residual = _fit(y, matrix, weights, family)
    if isinstance(design, SurveyDesign):
        influence = (matrix * residual[:, None]) @ bread
        row, term = np.divmod(np.arange(influence.size, dtype=np.int64), len(names))
        covariance = design.covariance(row, term, influence.reshape(-1), len(names))
    else:
        sets = [_fit(y, matrix, np.where(whole, column, 0.0), family)[0] for column in design.replicates.T]
        covariance = design.spread.covariance(coefficients, np.column_stack(sets))
    df = max(design.degrees_of_freedom(whole) + 1 - len(names), 1)
    kept = int((weights > 0).sum())
    return RegressionResult(family, names, coefficients, covariance, float(df), kept, int((~whole).sum()), level)


def _fit(y: Floats, matrix: Floats, weights: Floats, family: Family) -> tuple[Floats, Floats, Floats]:
    """Coefficients, inverse information, and weighted residuals, by iterated weighted least squares."""
    scaled = weights / weights.mean()
    middle = float(scaled @ y / scaled.sum())
    predictor = np.full(
        len(y), middle if family == "linear" else np.log(middle if family == "poisson" else middle / (1 - middle))
    )
    coefficients = np.zeros(matrix.shape[1])
    for _ in range(ROUNDS):
        expected, slope = _mean_of(predictor, family)
        work = scaled * slope
        information = (matrix * work[:, None]).T @ matrix
        target = predictor + (y - expected) / slope
        latest = np.linalg.solve(information, matrix.T @ (work * target))
        predictor = np.asarray(matrix @ latest)
        done = np.abs(latest - coefficients).max() <= 1e-13 * (1.0 + np.abs(latest).max())
        coefficients = latest
        if done or family == "linear":
            break
        if np.abs(predictor[weights > 0]).max() > 500:
            raise _separated()
    expected, slope = _mean_of(predictor, family)
    if family == "logistic" and slope[weights > 0].min() < 1e-12:
        raise _separated()
    bread = np.linalg.inv((matrix * (scaled * slope)[:, None]).T @ matrix)
    return coefficients, bread, scaled * (y - expected)


def _mean_of(predictor: Floats, family: Family) -> tuple[Floats, Floats]:
    """Mean, and its derivative, which for these links is the variance too."""
    if family == "linear":
        return predictor, np.ones(len(predictor))
    if family == "poisson":
        expected = np.exp(np.minimum(predictor, 700.0))
        return expected, np.maximum(expected, 1e-300)
    expected = 1.0 / (1.0 + np.exp(-np.clip(predictor, -700.0, 700.0)))
    return expected, np.maximum(expected * (1.0 - expected), 1e-300)


def _check_outcome(y: Floats, family: Family) -> None:
    wrong = {
        "linear": np.zeros(len(y), dtype=bool),
        "logistic": (y < 0) | (y > 1),
        "poisson": y < 0,
    }[family]
    constant = family != "linear" and len(y) > 0 and (y.min() == y.max())
    if wrong.any() or constant or not len(y):
        raise KyotoError(
            "The outcome does not fit the family",
            code="survey.regression-outcome",
            got=f"{y[wrong][0]:g}" if wrong.any() else "the same value in every row" if len(y) else "no complete row",
            expected={"linear": "numbers", "logistic": "0 and 1, both", "poisson": "counts, 0 or more"}[family],
        )


def _check_rank(matrix: Floats, names: tuple[str, ...]) -> None:
    norms = np.linalg.norm(matrix, axis=0)
    scaled = matrix / np.where(norms == 0, 1.0, norms)
    for at in range(matrix.shape[1]):
        if np.linalg.matrix_rank(scaled[:, : at + 1], tol=1e-9) <= at:
            raise KyotoError(
                "A predictor follows from the others",
                code="survey.regression-rank",
                got=names[at],
                detail="Its coefficient cannot be told apart from theirs.",
                hint="Leave it out, or merge levels that nobody has.",
            )


def _separated() -> KyotoError:
    return KyotoError(
        "The regression has no finite estimate",
        code="survey.regression-separated",
        detail="A predictor tells the outcome without error (separation), so its coefficient grows without bound.",
        hint="Merge levels, or leave the predictor out.",
    )
