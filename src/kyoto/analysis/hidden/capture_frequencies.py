"""Chao's lower bound and the heterogeneity models that use how often people were listed more than by whom.

Chao's estimator needs only the people on exactly one list and on exactly two; it is a lower bound under any mix of
people who are hard and easy to reach. The models Mh and Mth add one column to the log-linear model that bends the
logarithm of the mean upward in the number of lists.

Sources: Chao (1987), Biometrics 43, 783-791; Rivest and Baillargeon (2007), Biometrics 63, 999-1006 (Chao's bound as
a log-linear model); Baillargeon and Rivest (2007), Journal of Statistical Software 19(5), table 2 (Poisson, Darroch,
Gamma).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from kyoto.analysis.hidden.arrays import Floats, Integers
from kyoto.analysis.hidden.existence import interior_margin
from kyoto.analysis.hidden.model import CaptureTable
from kyoto.analysis.hidden.result import EstimateTable, PopulationEstimate, refused, settled
from kyoto.core.errors import KyotoError

__all__ = ["HETEROGENEITY", "chao_lower_bound", "fit_design", "heterogeneity_estimates", "heterogeneity_model"]

HETEROGENEITY = ("none", "chao", "poisson", "darroch", "gamma")
"""Shapes of heterogeneity: none, Chao's bound, Poisson with a = 2, Darroch, Gamma with a = 3.5."""

_COLUMNS: dict[str, Callable[[Floats], Floats]] = {
    "poisson": lambda size: 2.0**size - 1.0,
    "darroch": lambda size: size**2 / 2.0,
    "gamma": lambda size: -np.log(3.5 + size) + math.log(3.5),
}


def chao_lower_bound(
    table: CaptureTable, *, variant: str = "bias-corrected", level: float = 0.95
) -> PopulationEstimate:
    """Chao's lower bound from the people on one and on two lists.

    Parameters
    ----------
    table
        The lists.
    variant
        ``classic``: n + f1²/(2 f2). ``bias-corrected``: n + f1 (f1 - 1)/(2 (f2 + 1)). ``lists``: the second term of
        the classic form times (k - 1)/k, exact for k lists of equal chances.
    level
        Confidence of the log-normal interval (Chao 1987, equation 11).

    Returns
    -------
    PopulationEstimate
        A lower bound: read "at least".

    Examples
    --------
    >>> table = CaptureTable.from_histories("AB", {(0,): 30, (1,): 20, (0, 1): 10})
    >>> round(chao_lower_bound(table, variant="classic").estimate, 1)
    185.0
    """
    frequencies = table.frequencies()
    once, twice = float(frequencies[0]), float(frequencies[1]) if table.k > 1 else 0.0
    if twice == 0.0:
        note = "Nobody is on exactly two lists, so the bound has nothing to rest on."
        return refused("chao", variant, table.observed, "no-overlap", note)
    forms = {
        "classic": once * once / (2.0 * twice),
        "bias-corrected": once * (once - 1.0) / (2.0 * (twice + 1.0)),
        "lists": (table.k - 1) / table.k * once * once / (2.0 * twice),
    }
    if variant not in forms:
        raise KyotoError("Unknown variant", code="hidden.unknown-variant", got=variant, expected=", ".join(forms))
    hidden = forms[variant]
    ratio = once / twice
    variance = twice * (0.25 * ratio**4 + ratio**3 + 0.5 * ratio**2)
    lower, upper = log_normal_limits(table.observed, hidden, variance, level)
    return settled(
        PopulationEstimate(
            "chao",
            variant,
            table.observed,
            table.observed + hidden,
            lower,
            upper,
            std_error=math.sqrt(variance),
            level=level,
            interval="log-normal",
            note="A lower bound: the population is at least about this.",
        )
    )


def log_normal_limits(observed: float, hidden: float, variance: float, level: float) -> tuple[float, float]:
    """Limits of a population whose unobserved part is taken as log-normal (Chao 1987, equation 11).

    Examples
    --------
    >>> [round(limit, 1) for limit in log_normal_limits(100, 50.0, 100.0, 0.95)]
    [133.9, 173.7]
    """
    from scipy.special import ndtri

    if hidden <= 0.0:
        return float(observed), float(observed)
    quantile = float(ndtri(0.5 + level / 2.0))
    factor = math.exp(quantile * math.sqrt(math.log1p(variance / hidden**2)))
    return observed + hidden / factor, observed + hidden * factor


def fit_design(rows: Floats, counts: Floats) -> tuple[Floats, Floats, float]:
    """Poisson regression with logarithmic link by Newton's method.

    Parameters
    ----------
    rows
        Design, cells by parameters.
    counts
        People by cell.

    Returns
    -------
    tuple
        Coefficients, their covariance, log-likelihood with its constant.

    Raises
    ------
    ArithmeticError
        The fit did not settle.
    """
    from scipy.special import gammaln

    means = counts + 0.1
    predictor = np.log(means)
    coefficients: Floats = np.zeros(rows.shape[1])
    previous = -math.inf
    for _ in range(200):
        working = predictor + (counts - means) / means
        information = rows.T @ (rows * means[:, None])
        coefficients = np.asarray(np.linalg.solve(information, rows.T @ (means * working)), dtype=np.float64)
        predictor = np.clip(rows @ coefficients, -700.0, 300.0)
        means = np.exp(predictor)
        value = float(counts @ predictor - means.sum())
        if abs(value - previous) < 1e-12 * (abs(value) + 1.0):
            information = rows.T @ (rows * means[:, None])
            return (
                coefficients,
                np.asarray(np.linalg.inv(information), dtype=np.float64),
                value - float(gammaln(counts + 1.0).sum()),
            )
        previous = value
    raise ArithmeticError("Newton's method did not settle")


def heterogeneity_model(
    table: CaptureTable, shape: str = "darroch", *, by_list: bool = True, level: float = 0.95
) -> PopulationEstimate:
    """Heterogeneity model: Mh (lists alike) or Mth (a level for each list).

    Parameters
    ----------
    table
        The lists.
    shape
        One of :data:`HETEROGENEITY`. ``none`` is M0 or Mt.
    by_list
        A main effect for each list (Mt, Mth), or the same for all (M0, Mh).
    level
        Confidence of the log-normal interval.

    Returns
    -------
    PopulationEstimate
        ``details`` holds ``deviance``, ``aic`` and ``bic``.

    Examples
    --------
    >>> korea = CaptureTable.from_histories(
    ...     "bcd", {(2,): 41, (1,): 5, (0,): 5, (0, 1): 54, (0, 2): 6, (0, 1, 2): 12})
    >>> round(heterogeneity_model(korea, "darroch", by_list=False).estimate, 4)
    130.3695
    """
    if shape not in HETEROGENEITY:
        raise KyotoError("Unknown shape", code="hidden.unknown-variant", got=shape, expected=", ".join(HETEROGENEITY))
    name = ("Mth " if by_list else "Mh ") + shape if shape != "none" else ("Mt" if by_list else "M0")
    histories: Integers = np.arange(1, table.counts.size, dtype=np.int64)
    counts = table.counts[1:]
    size = np.array([mask.bit_count() for mask in histories.tolist()], dtype=float)
    base = _base_columns(table.k, histories, size, by_list=by_list)
    if shape == "chao":
        rows = _chao_design(base, size, counts, table.k)
    elif shape == "none":
        rows = base
    else:
        rows = np.column_stack([base, _COLUMNS[shape](size)])
    if interior_margin(rows, counts) <= 1e-7 * max(1.0, counts.sum()) or np.linalg.matrix_rank(rows) < rows.shape[1]:
        return refused("heterogeneity", name, table.observed, "no-mle", "The overlaps do not fix this model.")
    return _heterogeneity_estimate(table, name, rows, counts, level)


def _base_columns(k: int, histories: Integers, size: Floats, *, by_list: bool) -> Floats:
    ones = np.ones_like(size)
    if not by_list:
        return np.column_stack([ones, size])
    return np.column_stack([ones, *((histories >> index & 1).astype(float) for index in range(k))])


def _chao_design(base: Floats, size: Floats, counts: Floats, k: int) -> Floats:
    """Chao's bound as a log-linear model; negative bends are set to zero (Rivest and Baillargeon 2007)."""
    bends = list(range(3, k + 1))
    while True:
        rows = np.column_stack([base, *(np.maximum(size - bend + 1.0, 0.0) for bend in bends)])
        if not bends or interior_margin(rows, counts) <= 1e-7 * max(1.0, counts.sum()):
            reduced = bends[:-1]
            if not bends:
                return rows
            bends = reduced
            continue
        coefficients, _, _ = fit_design(rows, counts)
        slopes = coefficients[base.shape[1] :]
        if (slopes >= 0.0).all():
            return rows
        bends = [bend for bend, slope in zip(bends, slopes, strict=True) if slope >= 0.0]


def _heterogeneity_estimate(
    table: CaptureTable, name: str, rows: Floats, counts: Floats, level: float
) -> PopulationEstimate:
    from scipy.special import xlogy

    try:
        coefficients, covariance, log_likelihood = fit_design(rows, counts)
    except (ArithmeticError, np.linalg.LinAlgError):
        return refused("heterogeneity", name, table.observed, "not-converged", "The fit did not settle.")
    means = np.exp(rows @ coefficients)
    hidden = math.exp(float(coefficients[0]))
    variance = hidden + hidden**2 * float(covariance[0, 0])
    lower, upper = log_normal_limits(table.observed, hidden, variance, level)
    parameters = rows.shape[1]
    return settled(
        PopulationEstimate(
            "heterogeneity",
            name,
            table.observed,
            table.observed + hidden,
            lower,
            upper,
            std_error=math.sqrt(variance),
            level=level,
            interval="log-normal",
            details={
                "deviance": float(2.0 * (xlogy(counts, counts) - xlogy(counts, means) - counts + means).sum()),
                "aic": 2.0 * parameters - 2.0 * log_likelihood,
                "bic": parameters * math.log(table.observed) - 2.0 * log_likelihood,
            },
        )
    )


def heterogeneity_estimates(table: CaptureTable, *, level: float = 0.95) -> EstimateTable:
    """All shapes side by side, with lists alike and with a level for each list."""
    return EstimateTable(
        tuple(
            heterogeneity_model(table, shape, by_list=by_list, level=level)
            for by_list in (False, True)
            for shape in HETEROGENEITY
        )
    )
