"""Variance that holds where effects of one study depend on each other in ways that no model knows (CR0, CR1, CR2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kyoto.analysis.evaluation.arrays import Floats, Integers
from kyoto.analysis.evaluation.synthesis.multilevel import ThreeLevel, codes_of
from kyoto.analysis.evaluation.synthesis.pooling import Pooled, critical_value
from kyoto.core.errors import KyotoError

__all__ = ["RobustVariance", "cluster_robust", "robust_variance"]


@dataclass(frozen=True, slots=True, eq=False)
class RobustVariance:
    """Cluster-robust covariance of coefficients.

    Parameters
    ----------
    kind
        ``CR0``, ``CR1`` or ``CR2``.
    covariance
        Shape (p, p).
    degrees
        Degrees of freedom of each coefficient: Satterthwaite for CR2, clusters minus coefficients otherwise.
    clusters
        How many.
    """

    kind: str
    covariance: Floats
    degrees: Floats
    clusters: int

    @property
    def std_errors(self) -> Floats:
        """Shape (p,)."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    def limits(self, coefficients: Floats, level: float) -> tuple[Floats, Floats]:
        """Limits of the coefficients by the t distribution."""
        reach = np.array([critical_value(level, float(d)) for d in self.degrees]) * self.std_errors
        return coefficients - reach, coefficients + reach


def robust_variance(
    fitted: Pooled | ThreeLevel, clusters: ArrayLike | None = None, kind: str = "CR2"
) -> RobustVariance:
    """Cluster-robust variance of a synthesis.

    Parameters
    ----------
    fitted
        Result of :func:`~kyoto.analysis.evaluation.synthesis.pooling.pool` or of
        :func:`~kyoto.analysis.evaluation.synthesis.multilevel.three_level`.
    clusters
        Study of each effect; those of the three-level model if not given.
    kind
        ``CR2`` (Bell and McCaffrey 2002; Tipton 2015), ``CR1`` or ``CR0``.
    """
    if isinstance(fitted, ThreeLevel):
        working = fitted.working_covariance()
        groups = fitted.clusters if clusters is None else codes_of(clusters)
    else:
        if clusters is None:
            raise KyotoError("Name the studies", code="evaluation.missing-cluster", expected="a study for each effect")
        working = np.diag(fitted.variances + fitted.spread.tau2)
        groups = codes_of(clusters)
    return cluster_robust(fitted.effects, fitted.design, working, groups, kind)


def cluster_robust(y: Floats, x: Floats, working: Floats, groups: Integers, kind: str = "CR2") -> RobustVariance:
    """Sandwich variance of weighted least squares whose weights invert the working covariance.

    Parameters
    ----------
    y, x
        Outcomes (k,) and design (k, p).
    working
        Covariance (k, k) that the weights assume; 0 between clusters.
    groups
        Cluster numbers from 0, shape (k,).
    kind
        ``CR0``: residuals as they are. ``CR1``: times clusters / (clusters - p). ``CR2``: residuals adjusted so that
        the variance is exact where the working covariance holds.

    Notes
    -----
    CR2 and its degrees of freedom: Pustejovsky and Tipton (2018), equations 6 to 12.
    """
    count, p = int(groups.max()) + 1, x.shape[1]
    if count <= p:
        raise KyotoError(
            "Too few studies for a cluster-robust variance",
            code="evaluation.few-clusters",
            got=f"{count} studies, {p} coefficients",
            expected="more studies than coefficients",
        )
    weights = np.linalg.inv(working)
    bread = np.linalg.inv(x.T @ weights @ x)
    residual_operator = np.eye(len(y)) - x @ bread @ x.T @ weights
    residuals = residual_operator @ y
    meat = np.zeros((p, p))
    operators = []
    for group in range(count):
        inside = np.flatnonzero(groups == group)
        block = np.ix_(inside, inside)
        left = x[inside].T @ weights[block]
        if kind == "CR2":
            left = left @ _adjustment(working[block], residual_operator[inside], working)
        score = left @ residuals[inside]
        meat += np.outer(score, score)
        operators.append(left @ residual_operator[inside])
    covariance = bread @ meat @ bread
    if kind == "CR1":
        covariance = covariance * count / (count - p)
    degrees = np.full(p, float(count - p))
    if kind == "CR2":
        degrees = np.array([_satterthwaite(bread[term], operators, working) for term in range(p)])
    return RobustVariance(kind, covariance, degrees, count)


def _adjustment(block: Floats, rows: Floats, working: Floats) -> Floats:
    """Matrix A with A Var(residuals of the cluster) A' = working covariance of the cluster."""
    root = np.linalg.cholesky(block)
    inner = root.T @ (rows @ working @ rows.T) @ root
    values, vectors = np.linalg.eigh((inner + inner.T) / 2)
    large = values > 1e-12 * max(values.max(), 1e-300)
    power = np.where(large, 1 / np.sqrt(np.where(large, values, 1.0)), 0.0)
    return np.asarray(root @ (vectors * power) @ vectors.T @ root.T)


def _satterthwaite(row: Floats, operators: list[Floats], working: Floats) -> float:
    """Degrees of freedom of the quadratic form that estimates one variance."""
    forms = np.stack([row @ operator for operator in operators])
    moments = forms @ working @ forms.T
    return float(np.trace(moments) ** 2 / np.sum(moments**2))
