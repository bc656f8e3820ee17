"""Small areas by the thousand: a weighted comparison that matches treated areas exactly (after Robbins et al. 2017).

Untreated areas get the smallest weights, none negative, with which their totals equal those of the treated areas for
every characteristic and every outcome in every period before the start. Errors come from the
linearised estimator; placebo areas of the same number, drawn from the untreated ones, show what chance gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kyoto.analysis.evaluation.arrays import Floats, Integers
from kyoto.analysis.evaluation.designs.panel import NEVER, Panel
from kyoto.analysis.evaluation.result import Check, EffectResult, Estimate
from kyoto.core.errors import KyotoError

__all__ = ["area_synthetic_control", "calibrate"]


def calibrate(x: Floats, totals: Floats, *, iterations: int = 200) -> Floats:
    """Smallest weights (in squares), none negative, whose totals are given.

    Parameters
    ----------
    x
        Shape (units, constraints).
    totals
        Shape (constraints,).

    Returns
    -------
    numpy.ndarray
        Shape (units,).

    Raises
    ------
    KyotoError
        ``evaluation.no-match``: no such weights exist.

    Notes
    -----
    The dual of the quadratic program is smooth and concave with one variable a constraint: weights are the positive
    part of a linear function of the characteristics. Newton steps with line search solve it in about ten rounds,
    however many units there are.

    Examples
    --------
    >>> x = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 4.0]])
    >>> weights = calibrate(x, np.array([2.0, 3.0]))
    >>> (weights @ x).round(6)
    array([2., 3.])
    """
    scale = np.maximum(np.abs(x).mean(axis=0), 1e-12)
    z, wanted = x / scale, totals / scale
    keep = _rank(z)
    kept, target = z[:, keep], wanted[keep]
    at = np.zeros(kept.shape[1])
    weights = np.zeros(len(x))
    value = 0.0
    ridge = 1e-12 * float((kept**2).sum())
    for _ in range(iterations):
        gradient = weights @ kept - target
        if np.abs(gradient).max() < 1e-10 * max(1.0, float(np.abs(target).max())):
            break
        active = kept[kept @ at > 0] if weights.any() else kept
        direction = -np.linalg.solve(active.T @ active + ridge * np.eye(len(at)), gradient)
        at, weights, value, moved = _line_search(kept, target, at, direction, value, float(gradient @ direction))
        if not moved:
            break
    missed = float(np.abs(weights @ z - wanted).max()) / max(1.0, float(np.abs(wanted).max()))
    if not missed < 1e-6:
        raise KyotoError(
            "No weights of the untreated areas match the treated ones",
            code="evaluation.no-match",
            got=f"largest gap {missed:.2g} of the totals",
            expected="treated areas inside the range of what untreated ones can add up to",
            hint="Match fewer outcomes or longer periods, or leave out a characteristic that few areas share.",
        )
    return weights


def _line_search(
    x: Floats, target: Floats, at: Floats, direction: Floats, value: float, slope: float
) -> tuple[Floats, Floats, float, bool]:
    """Step along a direction that lowers the dual objective enough."""
    step = 1.0
    while step > 1e-10:
        there = at + step * direction
        weights = np.maximum(x @ there, 0.0)
        lower = 0.5 * float(weights @ weights) - float(there @ target)
        if lower <= value + 1e-4 * step * slope:
            return there, weights, lower, True
        step /= 2
    return at, np.maximum(x @ at, 0.0), value, False


def _rank(z: Floats) -> Integers:
    """Columns none of which others determine."""
    from scipy.linalg import qr

    _, r, order = qr(z, mode="economic", pivoting=True)
    size = np.abs(np.diag(r))
    return np.sort(order[: int((size > 1e-10 * size[0]).sum())])


def area_synthetic_control(
    panels: Sequence[Panel],
    characteristics: Floats,
    *,
    placebos: int = 250,
    seed: int = 1,
    level: float = 0.95,
) -> EffectResult:
    """Effect on the total of several outcomes in treated areas, against weighted untreated areas.

    Parameters
    ----------
    panels
        One an outcome, with the same units, periods and start.
    characteristics
        What else must match, shape (units, characteristics); a constant is added, so that the number of areas matches.
    placebos, seed
        Sets of untreated areas, as many as are treated, matched in the same way.
    level
        Confidence.

    Returns
    -------
    EffectResult
        Headline of the first outcome: relative change of its total after the start; ``observed`` and ``expected`` are
        the totals, ``placebo_p`` is the share of placebos with as large a change for its error.

    Notes
    -----
    The logarithm of the ratio of totals has the linearised variance of a calibration estimator: squared weighted
    residuals of the outcome on what was matched (Deville and Särndal 1992), corrected for
    leverage (HC2), because many totals are matched with few areas. Placebo sets are compared by the ratio of
    their change to its error: sets of quiet areas change more by chance.
    """
    start, treated, others = _shared(panels)
    before = [panel.outcome[:, :start] for panel in panels]
    x = np.column_stack([np.ones(len(panels[0].units)), characteristics, *before])
    weights = calibrate(x[others], x[treated].sum(axis=0))
    after = np.column_stack([panel.outcome[:, start:].sum(axis=1) for panel in panels])
    changes, errors = _changes(after, x, treated, others, weights)
    chance = _placebo_ratios(after, x, others, len(treated), placebos, seed)
    widths = np.maximum(chance.std(axis=0, ddof=1), 1.0) if len(chance) > 19 else np.ones(len(panels))
    errors = errors * widths
    chance = chance / widths
    estimates = []
    for position, panel in enumerate(panels):
        observed = float(after[treated, position].sum())
        expected = float(weights @ after[others, position])
        estimates.append(
            _relative(panel.name, changes[position], errors[position], observed, expected, chance[:, position], level)
        )
    path = np.array([weights @ panels[0].outcome[others, t] for t in range(len(panels[0].periods))])
    observed_path = panels[0].outcome[treated].sum(axis=0)
    details: dict[str, Any] = {
        "periods": panels[0].periods,
        "start": start,
        "observed": observed_path,
        "comparison": path,
        "gap": observed_path - path,
        "weights": weights,
        "placebo_ratios": chance,
    }
    checks = [_effective(weights, len(treated)), _matched(weights, x, treated, others)]
    if len(chance):
        checks.append(_widened(widths))
        checks.append(_omnibus(changes / errors, chance))
    return EffectResult(
        "synthetic control of areas",
        tuple(estimates),
        tuple(checks),
        level,
        panels[0].name,
        "relative change",
        details,
        "paths",
    )


def _shared(panels: Sequence[Panel]) -> tuple[int, Integers, Integers]:
    first = panels[0].first
    cohorts = panels[0].cohorts
    if len(cohorts) != 1 or any(not np.array_equal(panel.first, first) for panel in panels):
        raise KyotoError(
            "The outcomes must have the same areas and one start",
            code="evaluation.several-starts",
            expected="panels of the same units with one start",
        )
    others = np.flatnonzero(first == NEVER)
    treated = np.flatnonzero(first != NEVER)
    if len(others) < 2 * len(treated):
        raise KyotoError(
            "There are too few untreated areas",
            code="evaluation.few-donors",
            got=f"{len(others)} for {len(treated)} treated",
            expected="many more than treated areas",
        )
    return int(cohorts[0]), treated, others


def _changes(after: Floats, x: Floats, treated: Integers, others: Integers, weights: Floats) -> tuple[Floats, Floats]:
    """Log ratios of observed to expected totals, and their linearised standard errors."""
    stacked = np.vstack([x[treated], x[others]])
    w = np.concatenate([np.ones(len(treated)), weights])
    outcome = np.vstack([after[treated], after[others]])
    root = np.sqrt(w)[:, None]
    slopes, *_ = np.linalg.lstsq(stacked * root, outcome * root, rcond=None)
    basis, _ = np.linalg.qr((stacked * root)[:, _rank(stacked * root)])
    leverage = np.minimum((basis**2).sum(axis=1), 1 - 1e-9)
    residuals = w[:, None] * (outcome - stacked @ slopes) / np.sqrt(1 - leverage)[:, None]
    observed, expected = after[treated].sum(axis=0), weights @ after[others]
    k = len(treated)
    variance = (residuals[:k] ** 2).sum(axis=0) / np.maximum(observed, 0.5) ** 2
    variance = variance + (residuals[k:] ** 2).sum(axis=0) / np.maximum(expected, 0.5) ** 2
    return np.log(np.maximum(observed, 0.5) / np.maximum(expected, 0.5)), np.sqrt(variance)


def _relative(
    name: str, change: float, error: float, observed: float, expected: float, chance: Floats, level: float
) -> Estimate:
    from scipy import stats

    reach = float(stats.norm.ppf(0.5 + level / 2)) * error
    p_value = float(2 * stats.norm.sf(abs(change) / error)) if error > 0 else float("nan")
    extra: dict[str, Any] = {"observed": observed, "expected": expected, "log_ratio": float(change)}
    if len(chance):
        extra["placebo_p"] = float((1 + (np.abs(chance) >= abs(change / error)).sum()) / (len(chance) + 1))
    return Estimate(
        name,
        float(np.exp(change) - 1),
        float(np.exp(change) * error),
        float(np.exp(change - reach) - 1),
        float(np.exp(change + reach) - 1),
        p_value,
        extra,
    )


def _placebo_ratios(after: Floats, x: Floats, others: Integers, count: int, placebos: int, seed: int) -> Floats:
    """Log ratios over their errors of placebo sets; sets that cannot be matched are drawn again."""
    generator = np.random.default_rng(seed)
    found: list[Floats] = []
    for _ in range(5 * placebos):
        if len(found) == placebos:
            break
        chosen = generator.choice(others, count, replace=False)
        rest = np.setdiff1d(others, chosen, assume_unique=True)
        try:
            weights = calibrate(x[rest], x[chosen].sum(axis=0), iterations=60)
        except KyotoError:
            continue
        changes, errors = _changes(after, x, chosen, rest, weights)
        found.append(changes / np.maximum(errors, 1e-12))
    return np.array(found).reshape(len(found), after.shape[1])


def _omnibus(ratios: Floats, chance: Floats) -> Check:
    """All outcomes together: are the changes larger than those of placebos, in the spread of the placebos."""
    inverse = np.linalg.pinv(np.cov(chance, rowvar=False).reshape(len(ratios), len(ratios)))
    centre = chance.mean(axis=0)

    def size(values: Floats) -> Any:
        return np.einsum("ij,jk,ik->i", values - centre, inverse, values - centre)

    p_value = float((1 + (size(chance) >= size(ratios[None, :])[0]).sum()) / (len(chance) + 1))
    return Check(
        "placebo areas",
        "pass" if p_value < 0.05 else "warn",
        f"all outcomes together against {len(chance)} placebo sets: p = {p_value:.3f}",
        p_value,
    )


def _widened(widths: Floats) -> Check:
    largest = float(widths.max())
    verdict = "pass" if largest < 1.2 else "warn"
    words = "vary as the errors say" if largest < 1.2 else f"vary up to {largest:.1f} times as much as the errors say"
    return Check("errors", verdict, f"placebo sets {words}; intervals are widened by that", largest)


def _effective(weights: Floats, treated: int) -> Check:
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    verdict = "pass" if effective >= treated else "warn"
    return Check("comparison areas", verdict, f"the weights are worth {effective:.0f} untreated areas", effective)


def _matched(weights: Floats, x: Floats, treated: Integers, others: Integers) -> Check:
    gap = float(np.abs(weights @ x[others] - x[treated].sum(axis=0)).max())
    return Check("match before", "pass", f"{x.shape[1]} totals match; largest difference {gap:.2g}", gap)
