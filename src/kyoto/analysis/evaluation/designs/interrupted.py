"""Interrupted time series: one series, many periods, a programme that starts at a known date.

Segmented regression with standard errors that allow for autocorrelation (Newey–West), for levels and for counts
(quasi-Poisson), with season; and ARIMA with the programme as a regressor (statsmodels).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from kyoto.analysis.evaluation.arrays import Floats
from kyoto.analysis.evaluation.designs.regression import Fit, least_squares, newey_west
from kyoto.analysis.evaluation.result import Check, EffectResult, Estimate, normal_estimate, t_estimate
from kyoto.core.errors import KyotoError, extra_hint

__all__ = ["arima_interrupted", "interrupted_time_series"]


@dataclass(frozen=True, slots=True, eq=False)
class _Series:
    """A checked series with its design."""

    y: Floats
    start: int
    x: Floats
    names: tuple[str, ...]
    periods: tuple[Any, ...]


def _prepare(
    outcome: ArrayLike, start: int, season: int, harmonics: int, periods: Sequence[Any], *, counts: bool
) -> _Series:
    y = np.asarray(outcome, dtype=np.float64)
    n = len(y)
    if not np.isfinite(y).all():
        raise KyotoError(
            "The series has gaps",
            code="evaluation.gap",
            got=f"period {int(np.flatnonzero(~np.isfinite(y))[0]) + 1} of {n}",
            expected="a number in every period",
            hint="A period without records is 0 only if recording went on.",
        )
    waves = min(harmonics, season // 2) if season > 1 else 0
    parameters = 4 + 2 * waves
    if start < 3 or n - start < 2 or n <= parameters + 2:
        raise KyotoError(
            "The series is too short",
            code="evaluation.few-periods",
            got=f"{start} periods before the programme, {max(n - start, 0)} after",
            expected=f"at least three before and two after, and more than {parameters + 2} in all",
        )
    if np.ptp(y) == 0:
        raise KyotoError("The outcome never changes", code="evaluation.no-variance", got=f"{y[0]:g} in every period")
    if counts and (y < 0).any():
        raise KyotoError("A count is negative", code="evaluation.wrong-count", got=f"{y.min():g}")
    time = np.arange(n, dtype=np.float64)
    after = (time >= start).astype(float)
    columns = [np.ones(n), time - start, after, after * (time - start)]
    names = ["intercept", "trend before", "change of level", "change of trend"]
    for wave in range(1, waves + 1):
        angle = 2 * np.pi * wave * time / season
        columns += [np.sin(angle), np.cos(angle)]
        names += [f"sine {wave}", f"cosine {wave}"]
    x = np.column_stack(columns)
    if waves and 2 * waves == season:  # the last sine is 0 in every period
        x, names = np.delete(x, -2, axis=1), [*names[:-2], names[-1]]
    labels = tuple(periods) if len(periods) else tuple(range(1, n + 1))
    return _Series(y, start, x, tuple(names), labels)


def interrupted_time_series(
    outcome: ArrayLike,
    start: int,
    *,
    family: str = "normal",
    exposure: ArrayLike | None = None,
    season: int = 1,
    harmonics: int = 2,
    lags: int | None = None,
    periods: Sequence[Any] = (),
    name: str = "outcome",
    level: float = 0.95,
) -> EffectResult:
    """Change of level and of trend at the start of a programme.

    Parameters
    ----------
    outcome
        Shape (n,), one number a period, without gaps.
    start
        Position of the first period with the programme.
    family
        ``normal``, or ``poisson`` for counts: changes are then logarithms of ratios, errors allow for overdispersion.
    exposure
        Population or time behind each count, shape (n,); with ``poisson``.
    season
        Periods a year; 1 for none.
    harmonics
        Pairs of sine and cosine for the season.
    lags
        Autocorrelation that errors allow for; by default the integer part of 4 (n / 100)^(2/9).
    periods
        Labels.
    name
        Name of the outcome.
    level
        Confidence.

    Returns
    -------
    EffectResult
        ``change of level``, ``change of trend``, and ``mean effect`` over all periods after the start (the gap
        between the fitted line and the line before, prolonged), in the scale of the model.

    Examples
    --------
    >>> y = np.r_[np.arange(10) * 1.0, np.arange(10, 20) - 5.0] + np.tile([0.1, -0.1], 10)
    >>> round(interrupted_time_series(y, 10).headline.estimate, 1)
    -4.9
    """
    if family not in {"normal", "poisson"}:
        raise KyotoError("No such family", code="evaluation.unknown-family", got=family, expected="normal or poisson")
    series = _prepare(outcome, start, season, harmonics, periods, counts=family == "poisson")
    n, p = series.x.shape
    used = int(4 * (n / 100) ** (2 / 9)) if lags is None else lags
    offset = np.zeros(n) if exposure is None else np.log(np.asarray(exposure, dtype=np.float64))
    fit = least_squares(series.y, series.x) if family == "normal" else _poisson(series.y, series.x, offset)
    covariance = newey_west(fit, used)
    terms = _terms(series, fit, covariance, n - p, level)
    fitted, without = _lines(series, fit, offset, family)
    residuals = fit.residuals
    checks = [_autocorrelation(residuals, used), _length(series)]
    if family == "poisson":
        checks.append(_dispersion(fit, p))
    details = {
        "periods": series.periods,
        "start": start,
        "observed": series.y,
        "fitted": fitted,
        "comparison": without,
        "gap": series.y - without,
        "lags": used,
    }
    unit = "" if family == "normal" else "log ratio"
    return EffectResult("interrupted time series", terms, tuple(checks), level, name, unit, details, figure="series")


def _terms(series: _Series, fit: Fit, covariance: Floats, degrees: int, level: float) -> tuple[Estimate, ...]:
    errors = np.sqrt(np.diag(covariance))
    found = [t_estimate(series.names[i], float(fit.coefficients[i]), float(errors[i]), degrees, level) for i in (2, 3)]
    row = np.zeros(series.x.shape[1])
    row[2:4] = series.x[series.start :, 2:4].mean(axis=0)
    error = float(np.sqrt(row @ covariance @ row))
    found.append(t_estimate("mean effect", float(row @ fit.coefficients), error, degrees, level))
    return tuple(found)


def _lines(series: _Series, fit: Fit, offset: Floats, family: str) -> tuple[Floats, Floats]:
    """Fitted values, and those without the programme."""
    kept = fit.coefficients.copy()
    kept[2:4] = 0
    with_it, without = series.x @ fit.coefficients + offset, series.x @ kept + offset
    return (np.exp(with_it), np.exp(without)) if family == "poisson" else (with_it, without)


def _poisson(y: Floats, x: Floats, offset: Floats) -> Fit:
    """Poisson regression by iterated weighted least squares; residuals are working residuals."""
    mean = np.maximum(y, 0.1)
    for _ in range(100):
        working = np.log(mean) - offset + (y - mean) / mean
        fit = least_squares(working, x, mean)
        new = np.exp(np.clip(x @ fit.coefficients + offset, -30, 30))
        if np.abs(new - mean).max() <= 1e-10 * max(float(mean.max()), 1.0):
            break
        mean = new
    return Fit(fit.coefficients, (y - mean) / mean, fit.bread, x, mean)


def _autocorrelation(residuals: Floats, lags: int) -> Check:
    """Ljung–Box test over the lags that errors allow for, and as many again."""
    from scipy import stats

    centred = residuals - residuals.mean()
    total = float(centred @ centred)
    n, last = len(centred), max(2 * lags, 2)
    shares = np.array([float(centred[k:] @ centred[:-k]) / total for k in range(1, last + 1)])
    statistic = n * (n + 2) * float((shares**2 / (n - np.arange(1, last + 1))).sum())
    p_value = float(stats.chi2.sf(statistic, last))
    if p_value >= 0.05:
        return Check("autocorrelation", "pass", f"none to see up to lag {last} (p = {p_value:.2f})", p_value)
    return Check(
        "autocorrelation",
        "warn",
        f"there is some (lag 1: {shares[0]:.2f}, p = {p_value:.3f}); errors allow for it up to lag {lags}, "
        "which is too little in short series: compare arima_interrupted",
        p_value,
    )


def _length(series: _Series) -> Check:
    n = len(series.y)
    enough = series.start >= 12 and n - series.start >= 6
    words = f"{series.start} periods before, {n - series.start} after"
    return Check("length", "pass" if enough else "warn", words if enough else f"{words}: a short series", float(n))


def _dispersion(fit: Fit, parameters: int) -> Check:
    value = float((fit.weights * fit.residuals**2).sum() / (len(fit.residuals) - parameters))
    return Check("overdispersion", "info", f"variance is {value:.2f} times the mean; errors allow for it", value)


def arima_interrupted(
    outcome: ArrayLike,
    start: int,
    *,
    order: tuple[int, int, int] = (1, 0, 0),
    seasonal: tuple[int, int, int, int] = (0, 0, 0, 0),
    periods: Sequence[Any] = (),
    name: str = "outcome",
    level: float = 0.95,
) -> EffectResult:
    """Change of level and trend with ARIMA errors, by maximum likelihood (needs statsmodels).

    Parameters
    ----------
    outcome, start, periods, name, level
        As in :func:`interrupted_time_series`.
    order
        Autoregressive order, differences, moving average order.
    seasonal
        The same for the season, and its length.
    """
    try:
        from statsmodels.tsa.statespace.sarimax import SARIMAX
    except ImportError as error:
        raise KyotoError(
            "ARIMA needs one more library", code="evaluation.missing-extra", hint=extra_hint("evaluation")
        ) from error
    import warnings

    series = _prepare(outcome, start, 1, 0, periods, counts=False)
    differenced = order[1] + seasonal[1] > 0
    regressors = series.x[:, 2:4] if differenced else series.x[:, 1:4]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = SARIMAX(
            series.y, exog=regressors, order=order, seasonal_order=seasonal, trend="n" if differenced else "c"
        )
        fitted = model.fit(disp=False, maxiter=500)
    names = list(fitted.model.param_names)
    place = [names.index(f"x{i}") for i in ((1, 2) if differenced else (2, 3))]
    covariance = np.asarray(fitted.cov_params())
    terms = [
        normal_estimate(label, float(fitted.params[i]), float(np.sqrt(covariance[i, i])), level)
        for label, i in zip(("change of level", "change of trend"), place, strict=True)
    ]
    row = series.x[series.start :, 2:4].mean(axis=0)
    block = covariance[np.ix_(place, place)]
    mean = float(row @ np.asarray(fitted.params)[place])
    terms.append(normal_estimate("mean effect", mean, float(np.sqrt(row @ block @ row)), level))
    effect = series.x[:, 2:4] @ np.asarray(fitted.params)[place]
    skip = order[1] + seasonal[1] * max(seasonal[3], 1)
    checks = [_autocorrelation(np.asarray(fitted.resid)[skip:], 1), _length(series)]
    if not fitted.mle_retvals.get("converged", True):
        checks.append(Check("convergence", "fail", "the likelihood was not maximised: choose a simpler order"))
    details = {
        "periods": series.periods,
        "start": start,
        "observed": series.y,
        "comparison": series.y - effect,
        "gap": effect,
        "aic": float(fitted.aic),
    }
    label = f"ARIMA{order}" + (f"×{seasonal}" if any(seasonal) else "")
    return EffectResult(label, tuple(terms), tuple(checks), level, name, details=details, figure="series")
