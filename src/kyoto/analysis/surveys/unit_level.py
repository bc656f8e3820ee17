"""Small areas from persons: the nested error model of Battese, Harter & Fuller (1988, *JASA* 83, 28-36)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kyoto.analysis.surveys.arrays import Floats, Ints, codes_of
from kyoto.analysis.surveys.domains import label_text
from kyoto.analysis.surveys.small_areas import AreaEstimate, SmallAreas, carried_note
from kyoto.core.errors import KyotoError, did_you_mean

__all__ = ["nested_error"]


def nested_error(
    outcome: Any,
    auxiliary: Any,
    area: Any,
    means: Mapping[str, Any],
    *,
    population: Mapping[str, float] | None = None,
    level: float = 0.95,
) -> SmallAreas:
    """Predictors of area means from persons, by restricted maximum likelihood.

    Parameters
    ----------
    outcome
        Value of each person, shape (persons,).
    auxiliary
        Auxiliary variables of each person, shape (persons, terms), an intercept among them.
    area
        Area of each person.
    means
        For each area, sampled or not, the population means of the auxiliary variables.
    population
        People in each area; where given, those in the sample count as themselves. Without, the sampling fraction is
        taken as 0.
    level
        Confidence of the limits.

    Returns
    -------
    SmallAreas
        With mean squared errors of Prasad & Rao (1990, *JASA* 85, 163-171); equations 7.1.16 and 7.2.12 of Rao & Molina
        (2015), *Small Area Estimation*. The model knows no weights: variables that the design rests on belong among the
        auxiliary ones.

    Raises
    ------
    KyotoError
        ``survey.small-areas``.

    Examples
    --------
    >>> y, place = [1.0, 2.0, 1.5, 4.0, 5.0, 4.6, 9.0, 8.0, 8.4], list("aaabbbccc")
    >>> found = nested_error(y, np.ones((9, 1)), place, {"a": [1.0], "b": [1.0], "c": [1.0], "d": [1.0]})
    >>> [round(one.estimate, 2) for one in found]
    [1.52, 4.54, 8.44, 4.83]
    """
    y, x, codes, names, targets = _checked(outcome, auxiliary, area, means)
    sums = _Sums(y, x, codes, len(names))
    ratio = _best_ratio(sums)
    beta, spread, within = sums.solved(ratio)
    between = ratio * within
    n = sums.count
    share = between / (between + within / n)
    effect = share * (sums.y_mean - sums.x_mean @ beta)
    information = _information(n, between, within)
    found = []
    for name, target in targets.items():
        at = names.index(name) if name in names else -1
        if at < 0:
            synthetic = float(target @ beta)
            found.append(
                AreaEstimate(
                    name,
                    None,
                    None,
                    synthetic,
                    float(between + target @ spread @ target),
                    0.0,
                    carried_note(0.0, asked=False),
                )
            )
            continue
        people = (population or {}).get(name, np.inf)
        taken = float(n[at] / people)
        rest = target - taken * sums.x_mean[at]
        value = taken * sums.y_mean[at] + rest @ beta + (1 - taken) * effect[at]
        mse = _mse(at, rest / (1 - taken) if taken < 1 else rest, sums, spread, share, between, within, information)
        total = (1 - taken) ** 2 * mse + (within / people) * (1 - taken)
        error = float(np.sqrt(within / n[at]))
        own = float(share[at] + taken * (1 - share[at]))
        found.append(
            AreaEstimate(name, float(sums.y_mean[at]), error, float(value), float(total), own, carried_note(own))
        )
    errors = np.sqrt(np.diag(spread))
    return SmallAreas(tuple(found), "nested error, REML", beta, errors, float(between), float(within), level)


class _Sums:
    """Sums of the sample by area, of which the likelihood is made."""

    def __init__(self, y: Floats, x: Floats, codes: Ints, areas: int) -> None:
        self.count = np.bincount(codes, minlength=areas).astype(np.float64)
        self.y_mean = np.bincount(codes, weights=y, minlength=areas) / self.count
        self.x_mean = np.column_stack(
            [np.bincount(codes, weights=column, minlength=areas) / self.count for column in x.T]
        )
        self.y_within = y - self.y_mean[codes]
        self.x_within = x - self.x_mean[codes]
        self.rows = len(y)

    def solved(self, ratio: float) -> tuple[Floats, Floats, float]:
        """Coefficients, their covariance, and the variance within areas, for a ratio of the two variances."""
        cross, right, square = self._moments(ratio)
        beta = np.linalg.solve(cross, right)
        within = float((square - right @ beta) / (self.rows - len(beta)))
        return beta.astype(np.float64), (within * np.linalg.inv(cross)).astype(np.float64), within

    def deviance(self, ratio: float) -> float:
        """Minus twice the restricted log likelihood, without constants (profile over the other parameters)."""
        cross, right, square = self._moments(ratio)
        beta = np.linalg.solve(cross, right)
        within = (square - right @ beta) / (self.rows - len(beta))
        return float(
            (self.rows - len(beta)) * np.log(within) + np.log1p(self.count * ratio).sum() + np.linalg.slogdet(cross)[1]
        )

    def _moments(self, ratio: float) -> tuple[Floats, Floats, float]:
        weight = self.count / (1.0 + self.count * ratio)
        cross = self.x_within.T @ self.x_within + (self.x_mean * weight[:, None]).T @ self.x_mean
        right = self.x_within.T @ self.y_within + (self.x_mean * weight[:, None]).T @ self.y_mean
        square = float(self.y_within @ self.y_within + (weight * self.y_mean) @ self.y_mean)
        return np.asarray(cross), np.asarray(right), square


def _best_ratio(sums: _Sums) -> float:
    from scipy.optimize import minimize_scalar

    grid = np.concatenate([[0.0], np.geomspace(1e-6, 1e4, 80)])
    best = int(np.argmin([sums.deviance(ratio) for ratio in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    found = minimize_scalar(sums.deviance, bounds=(low, high), method="bounded", options={"xatol": 1e-12 * (1 + high)})
    ratio = float(found.x)
    return _polished(sums, ratio) if sums.deviance(ratio) < sums.deviance(0.0) else 0.0


def _polished(sums: _Sums, ratio: float) -> float:
    """Newton steps on the slope of the deviance: where a curve is flat, its values alone leave few digits."""
    for _ in range(20):
        step = 1e-4 * ratio
        up, middle, down = (sums.deviance(ratio + shift) for shift in (step, 0.0, -step))
        slope, bend = (up - down) / (2 * step), (up - 2 * middle + down) / step**2
        if bend <= 0 or abs(slope / bend) < 1e-9 * ratio:
            break
        ratio = ratio - slope / bend
    return ratio


def _information(n: Floats, between: float, within: float) -> Floats:
    """Covariance of the two variances, from the expected information."""
    alpha = within + n * between
    matrix = 0.5 * np.array(
        [
            [(n**2 / alpha**2).sum(), (n / alpha**2).sum()],
            [(n / alpha**2).sum(), ((n - 1) / within**2 + 1 / alpha**2).sum()],
        ]
    )
    return np.asarray(np.linalg.inv(matrix))


def _mse(
    at: int,
    target: Floats,
    sums: _Sums,
    spread: Floats,
    share: Floats,
    between: float,
    within: float,
    information: Floats,
) -> float:
    n = sums.count[at]
    first = (1 - share[at]) * between
    gap = target - share[at] * sums.x_mean[at]
    second = gap @ spread @ gap
    spread_of_both = (
        within**2 * information[0, 0] + between**2 * information[1, 1] - 2 * within * between * information[0, 1]
    )
    third = spread_of_both / (n**2 * (between + within / n) ** 3)
    return float(first + second + 2 * third)


def _checked(
    outcome: Any, auxiliary: Any, area: Any, means: Mapping[str, Any]
) -> tuple[Floats, Floats, Ints, list[str], dict[str, Floats]]:
    y = np.asarray(outcome, dtype=np.float64)
    x = np.asarray(auxiliary, dtype=np.float64)
    x = x[:, None] if x.ndim == 1 else x
    codes, labels = codes_of(area)
    names = [label_text(label) for label in labels]
    if np.isnan(y).any() or np.isnan(x).any() or (codes < 0).any():
        raise KyotoError(
            "A value, an auxiliary variable or an area is missing",
            code="survey.small-areas",
            expected="complete rows; leave others out before",
        )
    lacking = [name for name in names if name not in means]
    if lacking:
        raise KyotoError(
            "An area of the sample has no population means",
            code="survey.small-areas",
            got=lacking[0],
            hint=did_you_mean(lacking[0], means),
        )
    targets = {name: np.atleast_1d(np.asarray(values, dtype=np.float64)) for name, values in means.items()}
    if any(target.shape != (x.shape[1],) for target in targets.values()):
        raise KyotoError(
            "The population means do not fit the auxiliary variables",
            code="survey.small-areas",
            expected=f"{x.shape[1]} means an area",
        )
    if len(names) < 3 or len(y) <= len(names) + x.shape[1]:
        raise KyotoError(
            "Too few areas or persons for the model",
            code="survey.small-areas",
            got=f"{len(names)} areas, {len(y)} persons",
            expected="at least 3 areas and more persons than areas and terms",
        )
    return y, x, codes, names, targets
