"""How wrong may parallel trends be before the conclusion falls (Rambachan and Roth 2023).

The trend that treated units would have had without the programme is allowed to depart from that of the others: by no
more than some multiple of the largest departure seen before (relative magnitudes), or without bending by more than
some amount a period (smoothness). Confidence sets invert the least favourable test of moment inequalities (Andrews,
Roth and Pakes 2023), which holds for every departure that is allowed; they are found by linear programming (HiGHS).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from kyoto.analysis.evaluation.arrays import Floats
from kyoto.analysis.evaluation.result import Check, EffectResult, Estimate, normal_estimate
from kyoto.core.errors import KyotoError

__all__ = ["HonestSet", "honest_bounds", "honest_from_event_study", "identified_set"]


@dataclass(frozen=True, slots=True, eq=False)
class HonestSet:
    """Allowed departures as polyhedra: the confidence set is the union over them.

    Parameters
    ----------
    matrices, limits
        Each pair (A, d) allows departures δ with A δ <= d; columns are the periods before (without the last, which is
        0), then those after.
    before
        How many columns are periods before.
    """

    matrices: tuple[Floats, ...]
    limits: tuple[Floats, ...]
    before: int


def _differences(before: int, after: int) -> Floats:
    """First differences of departures, the last period before the start being 0; shape (before + after, columns)."""
    levels = np.zeros((before + after + 1, before + after))
    levels[:before, :before] = np.eye(before)
    levels[before + 1 :, before:] = np.eye(after)
    return np.diff(levels, axis=0)


def relative_magnitudes(before: int, after: int, bound: float) -> HonestSet:
    """Changes after the start are at most ``bound`` times the largest change before it."""
    steps = _differences(before, after)
    matrices, limits = [], []
    for largest in range(before):
        for sign in (1.0, -1.0):
            rows = []
            for step in range(before):
                if step != largest:
                    rows += [steps[step] - sign * steps[largest], -steps[step] - sign * steps[largest]]
            rows.append(-sign * steps[largest])
            for step in range(before, before + after):
                rows += [
                    steps[step] - bound * sign * steps[largest],
                    -steps[step] - bound * sign * steps[largest],
                ]
            kept = _distinct(np.array(rows))
            matrices.append(kept)
            limits.append(np.zeros(len(kept)))
    return HonestSet(tuple(matrices), tuple(limits), before)


def smoothness(before: int, after: int, bound: float) -> HonestSet:
    """The slope of the departure changes by at most ``bound`` between consecutive periods."""
    bends = np.diff(_differences(before, after), axis=0)
    matrix = np.vstack([bends, -bends])
    return HonestSet((matrix,), (np.full(len(matrix), bound),), before)


def _distinct(rows: Floats) -> Floats:
    return np.unique(rows[np.abs(rows).max(axis=1) > 1e-12].round(12), axis=0)


def honest_bounds(
    estimates: ArrayLike,
    covariance: ArrayLike,
    *,
    before: int,
    target: ArrayLike | None = None,
    restriction: str = "relative",
    bounds: Sequence[float] = (0.0, 0.5, 1.0, 1.5, 2.0),
    level: float = 0.95,
    draws: int = 500,
    seed: int = 1,
) -> EffectResult:
    """Robust limits of an effect as the allowed departure from parallel trends grows.

    Parameters
    ----------
    estimates
        Event study coefficients in the order of time, the last period before the start left out; shape (k,).
    covariance
        Shape (k, k).
    before
        How many of them are before the start.
    target
        Weights of the periods after, shape (k - before,); by default their average.
    restriction
        ``relative`` (bounds are multiples of the largest change before) or ``smoothness`` (bounds are changes of the
        slope, in the unit of the outcome a period).
    bounds
        Sizes of departure.
    level
        Confidence.
    draws, seed
        Simulated draws for critical values.

    Returns
    -------
    EffectResult
        One estimate a bound: the limits of the identified set are in ``set_lower`` and ``set_upper``, those of the
        confidence set in ``lower`` and ``upper``; the check names the size at which the set reaches 0.

    Examples
    --------
    >>> found = honest_bounds([0.1, -0.1, -2.0], 0.01 * np.eye(3), before=2, bounds=(0, 1), draws=200)
    >>> bool(found.estimates[1].lower < found.estimates[0].lower < -1.8)
    True
    """
    beta, sigma = np.asarray(estimates, dtype=np.float64), np.asarray(covariance, dtype=np.float64)
    after = len(beta) - before
    _check_input(beta, sigma, before, after, restriction)
    weights = np.full(after, 1 / after) if target is None else np.asarray(target, dtype=np.float64)
    make = relative_magnitudes if restriction == "relative" else smoothness
    rows = []
    for bound in bounds:
        allowed = make(before, after, float(bound))
        if restriction == "relative" and bound == 0:
            lower, upper = _plain_limits(beta, sigma, before, weights, level)
        else:
            lower, upper = _confidence_set(beta, sigma, allowed, weights, level, draws, seed)
        known = identified_set(beta, allowed, weights)
        middle = float(weights @ beta[before:])
        extra = {"bound": float(bound), "set_lower": known[0], "set_upper": known[1]}
        rows.append(Estimate(f"departure {bound:g}", middle, None, lower, upper, None, extra))
    return EffectResult(
        f"honest bounds ({restriction})", tuple(rows), (_breakdown(rows, restriction),), level, figure="honest"
    )


def _check_input(beta: Floats, sigma: Floats, before: int, after: int, restriction: str) -> None:
    if restriction not in {"relative", "smoothness"}:
        raise KyotoError(
            "No such restriction",
            code="evaluation.unknown-restriction",
            got=restriction,
            expected="relative or smoothness",
        )
    least = 2 if restriction == "smoothness" else 1
    if before < least or after < 1 or sigma.shape != (len(beta), len(beta)):
        raise KyotoError(
            "Too few periods for honest bounds",
            code="evaluation.few-periods",
            got=f"{before} periods before, {after} after",
            expected=f"at least {least} before beside the last one, one after, and their covariance",
        )


def _breakdown(rows: Sequence[Estimate], restriction: str) -> Check:
    """First size of departure at which 0 is inside."""
    unit = "times the largest change before" if restriction == "relative" else "change of slope a period"
    for row in rows:
        if row.lower <= 0 <= row.upper:
            size = row.extra["bound"]
            return Check("breakdown", "info", f"the limits include 0 from a departure of {size:g} {unit} on", size)
    last = rows[-1].extra["bound"]
    return Check("breakdown", "pass", f"the limits exclude 0 up to a departure of {last:g} {unit}", last)


def identified_set(beta: Floats, allowed: HonestSet, weights: Floats) -> tuple[float, float]:
    """Values of the effect that the estimates allow if they had no error.

    Departures before the start are what was seen; NaN where what was seen is not allowed.
    """
    middle = float(weights @ beta[allowed.before :])
    found = []
    for a, d in zip(allowed.matrices, allowed.limits, strict=True):
        seen = a[:, : allowed.before] @ beta[: allowed.before]
        free = a[:, allowed.before :]
        for sign in (1.0, -1.0):
            answer = _solve(sign * weights, free, d - seen)
            if answer is not None:
                found.append(middle - sign * answer)
    return (min(found), max(found)) if found else (float("nan"), float("nan"))


def _solve(cost: Floats, a: Floats, b: Floats) -> float | None:
    """Minimum of a linear program with free variables; None if nothing is allowed."""
    from scipy.optimize import linprog

    answer = linprog(cost, A_ub=a, b_ub=b + 1e-10, bounds=(None, None), method="highs")
    if answer.status == 3:
        return -np.inf
    return float(answer.fun) if answer.status == 0 else None


def _plain_limits(beta: Floats, sigma: Floats, before: int, weights: Floats, level: float) -> tuple[float, float]:
    """Ordinary limits: no departure after the start is allowed, whatever was before."""
    found = normal_estimate(
        "effect", float(weights @ beta[before:]), float(np.sqrt(weights @ sigma[before:, before:] @ weights)), level
    )
    return found.lower, found.upper


def _confidence_set(
    beta: Floats, sigma: Floats, allowed: HonestSet, weights: Floats, level: float, draws: int, seed: int
) -> tuple[float, float]:
    limits = []
    for a, d in zip(allowed.matrices, allowed.limits, strict=True):
        scale = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", a, sigma, a), 1e-300))
        critical = _critical(a, sigma, scale, weights, allowed.before, level, draws, seed)
        free = a[:, allowed.before :]
        slack = d + critical * scale - a @ beta
        for sign in (1.0, -1.0):
            answer = _solve(sign * weights, -free, slack)
            if answer is not None:
                limits.append(sign * answer)
    if not limits:  # not even the least unlikely effect is compatible: the departure before was larger than allowed
        middle = float(weights @ beta[allowed.before :])
        return middle, middle
    return min(limits), max(limits)


def _critical(
    a: Floats, sigma: Floats, scale: Floats, weights: Floats, before: int, level: float, draws: int, seed: int
) -> float:
    """Quantile of the largest studentised violation that nuisance effects cannot explain.

    The nuisance effects are those that leave the target as it is. All draws of a block are one linear program.
    """
    from scipy import sparse
    from scipy.optimize import linprog

    generator = np.random.default_rng(seed)
    root = _root(sigma)
    nuisance = a[:, before:] @ _orthogonal(weights)
    columns = nuisance.shape[1]
    found = []
    for block in _blocks(draws):
        noise = generator.standard_normal((block, len(sigma))) @ root.T @ a.T
        if columns == 0:
            found.append((noise / scale).max(axis=1))
            continue
        one = sparse.csr_matrix(np.column_stack([-scale[:, None], -nuisance]))
        matrix = sparse.kron(sparse.identity(block), one, format="csr")
        cost = np.tile(np.concatenate([[1.0], np.zeros(columns)]), block)
        answer = linprog(cost, A_ub=matrix, b_ub=-noise.ravel(), bounds=(None, None), method="highs")
        found.append(answer.x.reshape(block, 1 + columns)[:, 0])
    return max(float(np.quantile(np.concatenate(found), level)), 0.0)


def _blocks(draws: int) -> Iterator[int]:
    for start in range(0, draws, 250):
        yield min(250, draws - start)


def _orthogonal(weights: Floats) -> Floats:
    """Basis of the changes of effects that leave the target as it is, shape (after, after - 1)."""
    _, _, rows = np.linalg.svd(weights[None, :])
    return np.asarray(rows[1:].T)


def _root(sigma: Floats) -> Floats:
    values, vectors = np.linalg.eigh((sigma + sigma.T) / 2)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0)))


def honest_from_event_study(
    result: EffectResult, *, restriction: str = "relative", bounds: Sequence[float] = (0.0, 0.5, 1.0, 1.5, 2.0)
) -> EffectResult:
    """Honest bounds of the average effect of an event study with a universal base.

    Parameters
    ----------
    result
        From :func:`~kyoto.analysis.evaluation.designs.staggered.callaway_santanna` with ``universal=True``.
    restriction, bounds
        As in :func:`honest_bounds`.
    """
    if not result.details.get("universal"):
        raise KyotoError(
            "Effects before the start are measured from different periods",
            code="evaluation.varying-base",
            expected="an event study with a universal base",
            hint="callaway_santanna(panel, universal=True)",
        )
    positions = list(result.details["positions"])[1:]
    covariance = np.asarray(result.details["covariance"])[1:, 1:]
    values = np.array([item.estimate for item in result.estimates[1:]])
    before = sum(1 for time in positions if time is not None and time < 0)
    found = honest_bounds(values, covariance, before=before, restriction=restriction, bounds=bounds, level=result.level)
    return replace(found, outcome=result.outcome)
