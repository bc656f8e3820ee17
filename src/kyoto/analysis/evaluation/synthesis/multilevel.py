"""Several effects from one study: the three-level model of effects within studies."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kyoto.analysis.evaluation.arrays import Floats, Integers
from kyoto.analysis.evaluation.synthesis.pooling import check_effects, critical_value
from kyoto.core.errors import KyotoError

__all__ = ["ThreeLevel", "profile_interval", "three_level"]

LARGEST = 4000


@dataclass(frozen=True, slots=True, eq=False)
class ThreeLevel:
    """A fitted three-level model.

    Parameters
    ----------
    terms
        Names of coefficients.
    coefficients, covariance
        Shape (p,) and (p, p).
    between, within
        Variance between studies, and between effects of one study.
    log_likelihood
        At the optimum (restricted unless ``restricted`` is False).
    restricted
        Whether fitted by restricted maximum likelihood.
    effects, variances, design, clusters
        What was pooled; clusters as numbers from 0.
    level
        Confidence.
    """

    terms: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    between: float
    within: float
    log_likelihood: float
    restricted: bool
    effects: Floats
    variances: Floats
    design: Floats
    clusters: Integers
    level: float

    @property
    def std_errors(self) -> Floats:
        """Shape (p,)."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    @property
    def i2(self) -> tuple[float, float]:
        """Percentages of the spread between studies and within them (Cheung 2014)."""
        from kyoto.analysis.evaluation.synthesis.heterogeneity import typical_variance

        total = self.between + self.within + typical_variance(self.variances, self.design)
        return 100 * self.between / total, 100 * self.within / total

    def limits(self) -> tuple[Floats, Floats]:
        """Normal limits of the coefficients."""
        reach = critical_value(self.level, None) * self.std_errors
        return self.coefficients - reach, self.coefficients + reach

    def prediction(self) -> tuple[float, float]:
        """Limits in which the effect of a new study lies, at the first coefficient."""
        spread = math.sqrt(self.covariance[0, 0] + self.between + self.within)
        reach = critical_value(self.level, None) * spread
        return float(self.coefficients[0] - reach), float(self.coefficients[0] + reach)

    def working_covariance(self) -> Floats:
        """Covariance of the effects under the model, shape (k, k)."""
        same = self.clusters[:, None] == self.clusters[None, :]
        return np.asarray(np.diag(self.variances + self.within) + self.between * same)


def codes_of(clusters: ArrayLike) -> Integers:
    """Labels of studies as numbers from 0, in the order in which they appear."""
    import pandas as pd

    values = pd.Series(np.asarray(clusters))
    if values.isna().any():
        raise KyotoError(
            "A study has no name",
            code="evaluation.missing-cluster",
            got=f"row {int(np.flatnonzero(values.isna())[0]) + 1}",
            expected="the study to which each effect belongs",
        )
    return np.asarray(pd.factorize(values)[0], dtype=np.int64)


def three_level(
    effects: ArrayLike,
    variances: ArrayLike,
    clusters: ArrayLike,
    *,
    moderators: ArrayLike | None = None,
    names: Sequence[str] = (),
    restricted: bool = True,
    level: float = 0.95,
) -> ThreeLevel:
    """Pool effects of which several belong to one study.

    Parameters
    ----------
    effects, variances
        Shape (k,).
    clusters
        Study of each effect, shape (k,).
    moderators, names
        As in :func:`~kyoto.analysis.evaluation.synthesis.pooling.pool`.
    restricted
        Restricted (default) or full maximum likelihood.
    level
        Confidence.

    Notes
    -----
    Model and likelihood: Konstantopoulos (2011), equations 4 to 9. Both variances are found by Fisher scoring with
    the expected information; a variance at its bound of 0 stays there if the likelihood falls inside.

    Raises
    ------
    KyotoError
        ``evaluation.no-dependence`` where no study has two effects or all effects are of one study.
    """
    y, v = check_effects(effects, variances, "reml")
    groups = codes_of(clusters)
    from kyoto.analysis.evaluation.synthesis.pooling import _design

    x, terms = _design(len(y), moderators, names)
    count = int(groups.max()) + 1
    if count in (1, len(y)) or len(y) > LARGEST:
        raise KyotoError(
            "A three-level model needs several studies with several effects",
            code="evaluation.no-dependence",
            got=f"{len(y)} effects of {count} studies",
            expected=f"at least two studies, at least one of them with two effects; at most {LARGEST:,} effects",
            hint="Use an ordinary random-effects model if each study has one effect.",
        )
    model = _Likelihood(y, v, x, groups, restricted)
    between, within = model.maximise()
    coefficients, covariance, value = model.fit(between, within)
    return ThreeLevel(terms, coefficients, covariance, between, within, value, restricted, y, v, x, groups, level)


@dataclass(frozen=True, slots=True, eq=False)
class _Likelihood:
    """Likelihood of the two variances; blocks of studies are inverted by the Sherman–Morrison formula."""

    y: Floats
    v: Floats
    x: Floats
    groups: Integers
    restricted: bool

    def _sums(self, values: Floats) -> Floats:
        columns = values[:, None] if values.ndim == 1 else values
        out = np.zeros((int(self.groups.max()) + 1, columns.shape[1]))
        np.add.at(out, self.groups, columns)
        return out

    def _solve(self, between: float, within: float, values: Floats) -> Floats:
        """Inverse of the covariance times a matrix."""
        d = 1 / (self.v + within)
        scaled = d[:, None] * values
        share = between / (1 + between * self._sums(d)[:, 0])
        return np.asarray(scaled - d[:, None] * (share[:, None] * self._sums(scaled))[self.groups])

    def fit(self, between: float, within: float) -> tuple[Floats, Floats, float]:
        """Coefficients, their covariance, and the log-likelihood."""
        k, p = self.x.shape
        solved = self._solve(between, within, np.column_stack([self.x, self.y]))
        information = self.x.T @ solved[:, :p]
        covariance = np.linalg.inv(information)
        coefficients = covariance @ (self.x.T @ solved[:, p])
        residual = self.y - self.x @ coefficients
        squares = float(residual @ self._solve(between, within, residual[:, None])[:, 0])
        d = 1 / (self.v + within)
        log_det = float(np.log(self.v + within).sum() + np.log1p(between * self._sums(d)[:, 0]).sum())
        value = -0.5 * (k * math.log(2 * math.pi) + log_det + squares)
        if self.restricted:
            log_information = float(np.linalg.slogdet(information)[1])
            value += 0.5 * p * math.log(2 * math.pi) - 0.5 * log_information
            value += 0.5 * float(np.linalg.slogdet(self.x.T @ self.x)[1])
        return np.asarray(coefficients), np.asarray(covariance), float(value)

    def _score(self, between: float, within: float) -> tuple[Floats, Floats]:
        """Gradient and expected information of (between, within)."""
        inverse = self._solve(between, within, np.eye(len(self.y)))
        if self.restricted:
            wx = inverse @ self.x
            maker = inverse - wx @ np.linalg.solve(self.x.T @ wx, wx.T)
            residual = maker @ self.y
        else:
            maker = inverse
            residual = inverse @ (self.y - self.x @ self.fit(between, within)[0])
        by_study = self._sums(maker)  # rows: Z'P
        double = self._sums(by_study.T)  # Z'PZ
        gradient = 0.5 * np.array(
            [
                (self._sums(residual) ** 2).sum() - np.trace(double),
                residual @ residual - np.trace(maker),
            ]
        )
        cross = (by_study**2).sum()
        information = 0.5 * np.array([[(double**2).sum(), cross], [cross, (maker**2).sum()]])
        return gradient, information

    def maximise(self) -> tuple[float, float]:
        """Both variances at the maximum, by Fisher scoring with step halving inside the quadrant."""
        from kyoto.analysis.evaluation.synthesis.heterogeneity import tau2_estimate

        start = max(tau2_estimate(self.y, self.v, self.x, "dl"), 0.01 * float(np.median(self.v)))
        here = np.array([start / 2, start / 2])
        value = self.fit(*here)[2]
        for _ in range(500):
            gradient, information = self._score(*here)
            free = (here > 0) | (gradient > 0)
            if not free.any():
                break
            step = np.zeros(2)
            step[free] = np.linalg.solve(information[np.ix_(free, free)], gradient[free])
            here, value, moved = self._climb(here, step, value)
            if moved < 1e-12 * max(1.0, float(here.sum())):
                break
        return float(here[0]), float(here[1])

    def _climb(self, here: Floats, step: Floats, value: float) -> tuple[Floats, float, float]:
        for _ in range(40):
            there = np.maximum(here + step, 0.0)
            new = self.fit(*there)[2]
            if new >= value - 1e-13 * abs(value):
                return there, new, float(np.abs(there - here).max())
            step = step / 2
        return here, value, 0.0


def profile_interval(fitted: ThreeLevel, component: str) -> tuple[float, float]:
    """Profile likelihood interval of a variance.

    Parameters
    ----------
    fitted
        A three-level model.
    component
        ``between`` or ``within``.
    """
    from scipy import stats
    from scipy.optimize import brentq, minimize_scalar

    model = _Likelihood(fitted.effects, fitted.variances, fitted.design, fitted.clusters, fitted.restricted)
    estimate, other = (fitted.between, fitted.within) if component == "between" else (fitted.within, fitted.between)
    drop = float(stats.chi2.ppf(fitted.level, 1)) / 2
    scale = 10 * (estimate + other + float(np.median(fitted.variances)))

    def profiled(at: float) -> float:
        def minus(nuisance: float) -> float:
            pair = (at, nuisance) if component == "between" else (nuisance, at)
            return -model.fit(*pair)[2]

        best = minimize_scalar(minus, bounds=(0.0, scale), method="bounded", options={"xatol": 1e-12})
        return max(-float(best.fun), -minus(0.0)) - fitted.log_likelihood + drop

    def crossing(low: float, high: float, function: Callable[[float], float]) -> float:
        return float(brentq(function, low, high, xtol=1e-12))

    lower = 0.0 if profiled(0.0) >= 0 else crossing(0.0, estimate, profiled)
    high = max(2 * estimate, 1e-6)
    while profiled(high) > 0:
        high *= 2
    return lower, crossing(estimate, high, profiled)
