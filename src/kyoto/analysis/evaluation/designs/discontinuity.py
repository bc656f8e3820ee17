"""Regression discontinuity: a programme given from a threshold on (Calonico, Cattaneo and Titiunik 2014).

Local linear regression with a triangular kernel on both sides, the bandwidth that minimises the mean squared error, and
an interval that is corrected for the bias and for the error of that correction.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from kyoto.analysis.evaluation.arrays import Floats
from kyoto.analysis.evaluation.result import Check, EffectResult, Estimate, normal_estimate
from kyoto.core.errors import KyotoError

__all__ = ["placebo_thresholds", "regression_discontinuity"]

NEIGHBOURS = 3
KERNEL_CONSTANT = 2.576


def regression_discontinuity(
    outcome: ArrayLike,
    score: ArrayLike,
    *,
    threshold: float = 0.0,
    bandwidth: float | None = None,
    level: float = 0.95,
    name: str = "outcome",
) -> EffectResult:
    """Effect at the threshold of a score from which units are treated.

    Parameters
    ----------
    outcome, score
        Shape (n,); units with ``score >= threshold`` are treated.
    threshold
        Where the programme begins.
    bandwidth
        Window on each side; by default the one that minimises the mean squared error of the effect (common to both
        sides), with as large a window for the bias as its own optimum says.
    level
        Confidence.
    name
        Name of the outcome.

    Returns
    -------
    EffectResult
        Headline ``effect (bias-corrected)`` with robust limits; then the conventional estimate.

    Raises
    ------
    KyotoError
        ``evaluation.few-units``: fewer than ten different scores on a side of the threshold.
    """
    y, x = np.asarray(outcome, dtype=np.float64), np.asarray(score, dtype=np.float64) - threshold
    kept = np.isfinite(y) & np.isfinite(x)
    y, x = y[kept], x[kept]
    _check(y, x)
    order = np.argsort(x, kind="stable")
    y, x = y[order], x[order]
    sides = [_Side(y[x < 0], x[x < 0]), _Side(y[x >= 0], x[x >= 0])]
    main, pilot = _bandwidths(sides) if bandwidth is None else (bandwidth, bandwidth)
    found = [side.estimate(main, pilot) for side in sides]
    conventional = found[1][0] - found[0][0]
    corrected = found[1][1] - found[0][1]
    errors = [math.sqrt(found[0][i] + found[1][i]) for i in (2, 3)]
    inside = [int((np.abs(side.x) <= main).sum()) for side in sides]
    estimates = (
        normal_estimate("effect (bias-corrected)", corrected, errors[1], level, bandwidth=main, units=sum(inside)),
        normal_estimate("effect (conventional)", conventional, errors[0], level, bandwidth=main, units=sum(inside)),
    )
    checks = (_window(inside), _density(x, main), _heaping(x))
    details: dict[str, Any] = {"outcome": y, "score": x + threshold, "threshold": threshold, "bandwidth": main}
    return EffectResult(
        "regression discontinuity", estimates, checks, level, name, details=details, figure="discontinuity"
    )


def _check(y: Floats, x: Floats) -> None:
    for side, words in ((x < 0, "below"), (x >= 0, "from the threshold on")):
        if len(np.unique(x[side])) < 10:
            raise KyotoError(
                "Too few units on one side of the threshold",
                code="evaluation.few-units",
                got=f"{len(np.unique(x[side]))} different scores {words}",
                expected="at least ten, and many more near the threshold",
            )
    if np.ptp(y) == 0:
        raise KyotoError("The outcome never changes", code="evaluation.no-variance")


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """One side of the threshold, sorted by score."""

    y: Floats
    x: Floats

    @property
    def noise(self) -> Floats:
        """Residuals from neighbours."""
        return _neighbour_residuals(self.y, self.x)

    def within(self, bandwidth: float) -> _Side:
        """The units with weight."""
        near = np.abs(self.x) < bandwidth
        return _Side(self.y[near], self.x[near])

    def weights(self, bandwidth: float) -> Floats:
        return np.maximum(1 - np.abs(self.x) / bandwidth, 0.0) / bandwidth

    def operator(self, order: int, bandwidth: float) -> Floats:
        """Matrix that maps outcomes to the coefficients of a local polynomial, shape (order + 1, n)."""
        powers = np.vander(self.x, order + 1, increasing=True)
        w = self.weights(bandwidth)
        cross = powers.T @ (w[:, None] * powers)
        scale = np.sqrt(np.diag(cross))
        if not (scale > 0).all() or np.linalg.cond(cross / np.outer(scale, scale)) > 1e14:
            raise KyotoError(
                "Too few units near the threshold",
                code="evaluation.few-units",
                got=f"bandwidth {bandwidth:g}",
                hint="Choose a larger bandwidth.",
            )
        return np.asarray(np.linalg.solve(cross, (w[:, None] * powers).T))

    def estimate(self, main: float, pilot: float) -> tuple[float, float, float, float]:
        """Value at the threshold, the same without its bias, and both variances."""
        near = self.within(max(main, pilot))
        line = near.operator(1, main)
        curve = near.operator(2, pilot)
        bias = float(line[0] @ near.x**2)
        corrected = line[0] - bias * curve[2]
        squares = near.noise**2
        return (
            float(line[0] @ near.y),
            float(corrected @ near.y),
            float(line[0] ** 2 @ squares),
            float(corrected**2 @ squares),
        )


def _neighbour_residuals(y: Floats, x: Floats) -> Floats:
    """Residuals from the mean of the three units with the nearest scores, ties included."""
    n = len(x)
    wanted = min(NEIGHBOURS, n - 1)
    first = np.searchsorted(x, x, side="left")
    last = np.searchsorted(x, x, side="right")
    out = np.empty(n)
    for i in range(n):
        low, high = int(first[i]), int(last[i])
        while high - low - 1 < wanted:
            left = x[i] - x[low - 1] if low > 0 else np.inf
            right = x[high] - x[i] if high < n else np.inf
            if left < right or (left == right and low > 0):
                low = int(np.searchsorted(x, x[low - 1], side="left"))
            if right <= left and high < n:
                high = int(np.searchsorted(x, x[high], side="right"))
        count = high - low - 1
        mean = (y[low:high].sum() - y[i]) / count
        out[i] = math.sqrt(count / (count + 1)) * (y[i] - mean)
    return out


def _bandwidths(sides: list[_Side]) -> tuple[float, float]:
    """Bandwidths that minimise the mean squared error of the effect, and of its bias (their section 5)."""
    x = np.concatenate([side.x for side in sides])
    spread = min(float(x.std(ddof=1)), float(np.subtract(*np.quantile(x, [0.75, 0.25]))) / 1.349)
    widest = float(np.abs(x).max())
    start = min(KERNEL_CONSTANT * spread * len(x) ** (-1 / 5), widest)
    ranges = [float(np.abs(side.x).max()) for side in sides]
    cubic = _optimal(sides, 3, 3, start, ranges, regularise=False)
    pilot = _optimal(sides, 2, 2, start, [min(cubic, widest)] * 2, regularise=True)
    main = _optimal(sides, 1, 0, start, [min(pilot, widest)] * 2, regularise=True)
    return min(main, widest), min(pilot, widest)


def _optimal(
    sides: list[_Side], order: int, derivative: int, start: float, bias_windows: list[float], *, regularise: bool
) -> float:
    """Bandwidth for a derivative at the threshold by a local polynomial, from its variance and its squared bias."""
    parts = [_parts(side, order, derivative, start, window) for side, window in zip(sides, bias_windows, strict=True)]
    factor = 2 * (order + 1 - derivative)
    variance = (2 * derivative + 1) * start ** (2 * derivative + 1) * (parts[0][0] + parts[1][0])
    bias = factor * (parts[1][1] - parts[0][1]) ** 2
    if regularise:
        bias += 3 * factor * (parts[0][2] + parts[1][2])
    return float((variance / bias) ** (1 / (2 * order + 3)))


def _parts(side: _Side, order: int, derivative: int, start: float, window: float) -> tuple[float, float, float]:
    """Variance of the derivative, its leading bias, and the variance of that, at pilot windows."""
    near = side.within(start)
    operator = near.operator(order, start)
    variance = float(operator[derivative] ** 2 @ near.noise**2)
    moment = float(operator[derivative] @ (near.x / start) ** (order + 1)) * start**derivative
    wide = side.within(window)
    curve = wide.operator(order + 1, window)[order + 1]
    return variance, moment * float(curve @ wide.y), moment**2 * float(curve**2 @ wide.noise**2)


def _window(inside: list[int]) -> Check:
    verdict = "pass" if min(inside) >= 30 else "warn"
    return Check(
        "units near", verdict, f"{inside[0]} below and {inside[1]} above within the bandwidth", float(min(inside))
    )


def _density(x: Floats, bandwidth: float) -> Check:
    """Whether as many units lie just above as just below: many more speak for scores that people can choose."""
    from scipy import stats

    near = np.abs(x) <= bandwidth / 4
    above, total = int((x[near] >= 0).sum()), int(near.sum())
    if total < 10:
        return Check("numbers at the threshold", "warn", "too few units near it to see a jump in their number")
    p_value = float(stats.binomtest(above, total, 0.5).pvalue)
    words = "no jump" if p_value >= 0.05 else "a jump: can people choose their side?"
    return Check(
        "numbers at the threshold",
        "pass" if p_value >= 0.05 else "warn",
        f"{total - above} just below, {above} just above, {words} (p = {p_value:.2f})",
        p_value,
    )


def _heaping(x: Floats) -> Check:
    different = len(np.unique(x)) / len(x)
    verdict = "pass" if different > 0.2 else "warn"
    return Check("ties", verdict, f"{different:.0%} of the scores are different", different)


def _placebo_thresholds(result: EffectResult, count: int = 4) -> list[Estimate]:
    """Effects at false thresholds inside each side."""
    y, x = np.asarray(result.details["outcome"]), np.asarray(result.details["score"])
    threshold = float(result.details["threshold"])
    found = []
    for side in (x < threshold, x >= threshold):
        for share in np.linspace(0, 1, count // 2 + 2)[1:-1]:
            at = float(np.quantile(x[side], share))
            try:
                one = regression_discontinuity(y[side], x[side], threshold=at, level=result.level)
            except KyotoError:
                continue
            found.append(Estimate(f"false threshold {at:.4g}", *_numbers(one.headline)))
    return found


def _numbers(item: Estimate) -> tuple[float, float | None, float, float, float | None]:
    return item.estimate, item.std_error, item.lower, item.upper, item.p_value


def placebo_thresholds(result: EffectResult, count: int = 4) -> EffectResult:
    """Effects where there is no threshold; more than chance speaks against the design.

    Parameters
    ----------
    result
        From :func:`regression_discontinuity`.
    count
        False thresholds, half of them on each side.
    """
    found = _placebo_thresholds(result, count)
    significant = sum(item.lower > 0 or item.upper < 0 for item in found)
    check = Check(
        "false thresholds",
        "pass" if significant <= 1 else "warn",
        f"{significant} of {len(found)} false thresholds show an effect",
        float(significant),
    )
    return EffectResult("false thresholds", tuple(found), (check,), result.level, result.outcome)
