"""Replicate weights: variance from how an estimate moves when parts of the sample are left out or counted double."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kyoto.analysis.surveys.arrays import Bools, Floats
from kyoto.analysis.surveys.choices import REPLICATES, ReplicateKind
from kyoto.analysis.surveys.design import weights_checked
from kyoto.core.errors import KyotoError, did_you_mean

__all__ = ["ReplicateDesign", "Spread", "check_sums", "replicate_design", "spread_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """How the spread of replicates becomes a variance.

    Parameters
    ----------
    kind
        How the replicates were made, one of :data:`kyoto.analysis.surveys.choices.REPLICATES`.
    scale
        Factor of the whole sum of squares.
    rscales
        Factor of each replicate, shape (replicates,).
    around_estimate
        Deviations from the estimate of the whole sample instead of from the mean of the replicates.
    """

    kind: ReplicateKind
    scale: float
    rscales: Floats
    around_estimate: bool = False

    def covariance(self, estimate: Floats, replicates: Floats) -> Floats:
        """Covariance of estimates.

        Parameters
        ----------
        estimate
            From the whole sample, shape (terms,).
        replicates
            From each replicate, shape (terms, replicates). Replicates in which a figure does not exist (nobody of a
            small domain is in them) count as the estimate itself.

        Returns
        -------
        numpy.ndarray
            Shape (terms, terms).
        """
        known = np.where(np.isnan(replicates), estimate[:, None], replicates)
        used = self.rscales > 0
        centre = estimate if self.around_estimate else known[:, used].mean(axis=1)
        deviation = (known - centre[:, None]) * np.sqrt(self.rscales)
        return np.asarray(deviation @ deviation.T * self.scale)


@dataclass(frozen=True, slots=True, eq=False)
class ReplicateDesign:
    """A sample with replicate weights.

    Parameters
    ----------
    weights
        Sampling weights, shape (rows,).
    replicates
        Replicate weights, the sampling weights included, shape (rows, replicates).
    spread
        How their spread becomes a variance.
    degrees
        Degrees of freedom; None to take the rank of the replicate weights less 1.
    """

    weights: Floats
    replicates: Floats
    spread: Spread
    degrees: float | None = None

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.weights)

    def degrees_of_freedom(self, used: Bools | None = None) -> int:
        """Rank of the replicate weights of the rows used, less 1."""
        if self.degrees is not None:
            return int(self.degrees)
        kept = self.replicates if used is None else self.replicates[used]
        if not kept.size:
            return 0
        shape = np.unique(kept / np.maximum(np.abs(kept).max(axis=1, keepdims=True), 1e-300), axis=0)
        return int(np.linalg.matrix_rank(shape, tol=1e-7 * np.sqrt(shape.size))) - 1

    def with_weights(self, weights: Floats, replicates: Floats) -> ReplicateDesign:
        """The same design with other weights."""
        return replace(self, weights=weights, replicates=replicates)


def spread_of(
    kind: ReplicateKind,
    count: int,
    *,
    rho: float = 0.0,
    scale: float | None = None,
    rscales: Any = None,
    around_estimate: bool = False,
) -> Spread:
    """Factors of a kind of replicates (Wolter 2007, *Introduction to Variance Estimation*, chapters 3 to 5).

    Parameters
    ----------
    kind
        How the replicates were made: ``brr`` 1/R; ``fay`` 1/(R (1-rho)²); ``jk1`` (R-1)/R; ``jk2`` 1; ``sdr`` 4/R;
        ``bootstrap`` 1/(R-1); ``jkn`` needs ``rscales``; ``other`` takes what is given.
    count
        Number of replicates R.
    rho
        Fay's factor.
    scale, rscales
        Own factors, instead of those of the kind: one for all, and one of each replicate (a single one holds for
        every replicate).
    around_estimate
        See :class:`Spread`.

    Raises
    ------
    KyotoError
        ``survey.replicate-scales``, ``survey.unknown-replicates``.

    Examples
    --------
    >>> spread_of("fay", 20, rho=0.5).scale
    0.2
    """
    if kind not in REPLICATES:
        raise KyotoError(
            f"No such kind of replicates: {kind}", code="survey.unknown-replicates", hint=did_you_mean(kind, REPLICATES)
        )
    if not 0 <= rho < 1:
        raise KyotoError(
            "Fay's factor lies outside its range", code="survey.replicate-scales", got=f"{rho:g}", expected="0 to 1"
        )
    own = {
        "brr": 1.0 / count,
        "fay": 1.0 / (count * (1.0 - rho) ** 2),
        "jk1": (count - 1.0) / count,
        "sdr": 4.0 / count,
        "bootstrap": 1.0 / max(count - 1.0, 1.0),
    }
    if kind == "jkn" and rscales is None:
        raise KyotoError(
            "The stratified jackknife needs the factor of each replicate",
            code="survey.replicate-scales",
            expected=f"{count} numbers, (n-1)/n of the replicate's stratum with n clusters",
            hint="Give them with --rscales, or use --replicate-kind jk2 for two clusters a stratum, one left out each.",
        )
    factors = np.ones(count) if rscales is None else np.asarray(rscales, dtype=np.float64)
    if factors.shape == (1,):
        factors = np.repeat(factors, count)
    if factors.shape != (count,) or (factors < 0).any():
        raise KyotoError(
            "The factors do not match the replicates",
            code="survey.replicate-scales",
            got=f"{factors.size} factors",
            expected=f"{count}, 0 or more",
        )
    return Spread(kind, own.get(kind, 1.0) if scale is None else scale, factors, around_estimate)


def replicate_design(
    weights: Any,
    replicates: Any,
    kind: ReplicateKind,
    *,
    combined: bool = True,
    degrees: float | None = None,
    rho: float = 0.0,
    scale: float | None = None,
    rscales: Any = None,
    around_estimate: bool = False,
) -> ReplicateDesign:
    """Design from columns of replicate weights.

    Parameters
    ----------
    weights
        Sampling weights, shape (rows,).
    replicates
        Shape (rows, replicates).
    kind, rho, scale, rscales, around_estimate
        As in :func:`spread_of`.
    combined
        Whether the replicate weights include the sampling weights, or are factors of them.
    degrees
        Degrees of freedom, if known.

    Raises
    ------
    KyotoError
        ``survey.replicates-mismatch``: missing or negative replicate weights, another number of rows, or weights that
        cannot belong to the sampling weights.

    Examples
    --------
    >>> design = replicate_design([1, 1], [[2.0, 0.0], [0.0, 2.0]], "brr")
    >>> design.degrees_of_freedom()
    1
    """
    base = weights_checked(weights)
    matrix = np.asarray(replicates, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != len(base) or matrix.shape[1] < 2:
        raise KyotoError(
            "The replicate weights do not match the rows",
            code="survey.replicates-mismatch",
            got=" × ".join(str(size) for size in matrix.shape),
            expected=f"{len(base)} rows and at least 2 replicates",
        )
    if not np.isfinite(matrix).all():
        row, column = np.argwhere(~np.isfinite(matrix))[0]
        raise KyotoError(
            "A replicate weight is missing",
            code="survey.replicates-mismatch",
            got=f"row {row + 1:,}, replicate {column + 1}",
            expected="a number in every row",
        )
    whole = matrix if combined else matrix * base[:, None]
    check_sums(float(base.sum()), whole.sum(axis=0))
    spread = spread_of(kind, whole.shape[1], rho=rho, scale=scale, rscales=rscales, around_estimate=around_estimate)
    return ReplicateDesign(base, whole, spread, degrees)


def check_sums(total: float, sums: Floats) -> None:
    """Refuse replicate weights whose sum is far from that of the sampling weights: another unit, or not weights."""
    middle = float(np.median(sums))
    if not 0.5 * total <= middle <= 2.0 * total:
        raise KyotoError(
            "The replicate weights do not belong to the weights",
            code="survey.replicates-mismatch",
            got=f"a replicate sums to {middle:,.6g}, the weights to {total:,.6g}",
            expected="sums of about the same size",
            hint="If they are factors of the weight, say so: combined=False, on the command line --replicate-factors.",
        )
