"""Confidence intervals of estimates with a standard error and degrees of freedom."""

from __future__ import annotations

import numpy as np

from kyoto.analysis.surveys.arrays import Floats
from kyoto.analysis.surveys.choices import Interval

__all__ = ["interval", "student"]


def student(level: float, df: Floats) -> Floats:
    """Quantile of Student's t for a two-sided interval; that of the normal where ``df`` is infinite.

    Examples
    --------
    >>> student(0.95, np.array([10.0, np.inf])).round(4).tolist()
    [2.2281, 1.96]
    """
    from scipy import special

    upper = 0.5 + level / 2.0
    finite = np.where(np.isinf(df), 1.0, df)
    return np.asarray(np.where(np.isinf(df), special.ndtri(upper), special.stdtrit(finite, upper)))


def interval(
    method: Interval,
    estimate: Floats,
    std_error: Floats,
    *,
    df: Floats,
    n: Floats,
    level: float = 0.95,
) -> tuple[Floats, Floats]:
    """Limits of estimates.

    Parameters
    ----------
    method
        ``wald``: estimate ± t × standard error. ``logit``: the same on the log odds (shares only). ``beta``:
        Korn & Graubard (1998, *Survey Methodology* 24, 193-201): Clopper-Pearson with the effective sample size.
    estimate, std_error
        Shape (terms,).
    df
        Degrees of freedom, shape (terms,); infinite for the normal.
    n
        Rows behind each estimate, shape (terms,); used by ``beta``.
    level
        Confidence.

    Returns
    -------
    tuple of numpy.ndarray
        Lower and upper limits. A share of exactly 0 or 1 has no spread: ``logit`` and ``beta`` give it the limits
        of the exact binomial interval of ``n`` rows.

    Examples
    --------
    >>> lower, upper = interval("logit", np.array([0.5]), np.array([0.1]), df=np.array([20.0]), n=np.array([30.0]))
    >>> lower.round(3).tolist(), upper.round(3).tolist()
    ([0.303], [0.697])
    """
    critical = student(level, df)
    if method == "wald":
        return estimate - critical * std_error, estimate + critical * std_error
    edge = (estimate <= 0) | (estimate >= 1)
    fixed = ~edge & (std_error == 0)  # the design itself settles the share, such as that of a stratum
    inside = np.where(edge, 0.5, estimate)
    if method == "logit":
        middle = np.log(inside / (1 - inside))
        half = critical * std_error / (inside * (1 - inside))
        lower, upper = _expit(middle - half), _expit(middle + half)
    else:
        effective = inside * (1 - inside) / np.where(std_error == 0, 1.0, std_error) ** 2
        effective = effective * (student(level, n - 1) / critical) ** 2
        lower, upper = _clopper(inside, effective, level)
    exact_low, exact_high = _clopper(np.clip(estimate, 0, 1), n, level)
    lower, upper = np.where(fixed, estimate, lower), np.where(fixed, estimate, upper)
    return np.where(edge, exact_low, lower), np.where(edge, exact_high, upper)


def _expit(value: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-value)))


def _clopper(share: Floats, n: Floats, level: float) -> tuple[Floats, Floats]:
    """Exact binomial limits for a share of ``n`` (not necessarily whole) trials."""
    from scipy import special

    tail = (1.0 - level) / 2.0
    hits, misses = share * n, (1.0 - share) * n
    with np.errstate(invalid="ignore"):
        low = special.betaincinv(np.maximum(hits, 1e-300), misses + 1.0, tail)
        high = special.betaincinv(hits + 1.0, np.maximum(misses, 1e-300), 1.0 - tail)
    return np.where(hits <= 0, 0.0, low), np.where(misses <= 0, 1.0, high)
