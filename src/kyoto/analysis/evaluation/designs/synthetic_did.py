"""Synthetic difference in differences (Arkhangelsky, Athey, Hirshberg, Imbens and Wager 2021)."""

from __future__ import annotations

from typing import Any

import numpy as np

from kyoto.analysis.evaluation.arrays import Floats, Integers
from kyoto.analysis.evaluation.designs.panel import Panel
from kyoto.analysis.evaluation.designs.simplex import ridge_simplex
from kyoto.analysis.evaluation.designs.synthetic import _roles
from kyoto.analysis.evaluation.result import Check, EffectResult, normal_estimate
from kyoto.core.errors import KyotoError

__all__ = ["synthetic_did"]


def synthetic_did(
    panel: Panel, *, error: str = "placebo", replicates: int = 200, seed: int = 1, level: float = 0.95
) -> EffectResult:
    """Effect on units that start together: differences in differences with weights of units and of periods.

    Parameters
    ----------
    panel
        A panel with one start.
    error
        ``placebo`` (donors drawn as if treated; their algorithm 4), ``jackknife`` (needs two treated units; their
        algorithm 3).
    replicates, seed
        Draws of placebos.
    level
        Confidence.

    Notes
    -----
    Unit weights have the penalty ζ² T0 with ζ = (treated · periods after)^(1/4) times the standard deviation of
    changes between periods of the donors; period weights almost none (1e-6).
    """
    start, treated, donors = _roles(panel)
    if error not in {"placebo", "jackknife"}:
        raise KyotoError(
            "No such standard error", code="evaluation.unknown-error", got=error, expected="placebo or jackknife"
        )
    effect, unit_weights, time_weights = _estimate(panel.outcome, treated, donors, start)
    if error == "placebo":
        if len(donors) <= len(treated):
            raise KyotoError(
                "Placebos need more donors than treated units",
                code="evaluation.few-donors",
                got=f"{len(donors)} donors, {len(treated)} treated",
                expected="more donors, or error='jackknife'",
            )
        draws = _placebos(panel.outcome, donors, len(treated), start, replicates, seed)
        spread = float(np.sqrt((replicates - 1) / replicates) * draws.std(ddof=1))
    else:
        spread = _jackknife(panel.outcome, treated, donors, start, unit_weights, time_weights)
    names = [panel.units[i] for i in donors]
    order = np.argsort(-unit_weights)[:5]
    checks = [
        Check("donors", "info", ", ".join(f"{names[i]} {unit_weights[i]:.2f}" for i in order)),
        _period_check(time_weights, panel, start),
    ]
    observed = panel.outcome[treated].mean(axis=0)
    level_gap = time_weights @ (observed[:start] - (unit_weights @ panel.outcome[donors])[:start])
    comparison = unit_weights @ panel.outcome[donors] + level_gap
    details: dict[str, Any] = {
        "periods": panel.periods,
        "start": start,
        "observed": observed,
        "comparison": comparison,
        "gap": observed - comparison,
        "weights": dict(zip(names, unit_weights.tolist(), strict=True)),
        "period_weights": dict(zip(panel.periods[:start], time_weights.tolist(), strict=True)),
    }
    return EffectResult(
        "synthetic difference in differences",
        (normal_estimate("effect", effect, spread, level),),
        tuple(checks),
        level,
        panel.name,
        details=details,
        figure="paths",
    )


def _estimate(outcome: Floats, treated: Integers, donors: Integers, start: int) -> tuple[float, Floats, Floats]:
    after = outcome.shape[1] - start
    y0 = outcome[donors]
    noise = float(np.diff(y0[:, :start], axis=1).std(ddof=1))
    zeta = (len(treated) * after) ** 0.25 * noise
    units = ridge_simplex(outcome[treated, :start].mean(axis=0), y0[:, :start].T, zeta**2 * start)
    times = ridge_simplex(y0[:, start:].mean(axis=1), y0[:, :start], (1e-6 * noise) ** 2 * len(donors))
    return _with_weights(outcome, treated, donors, start, units, times), units, times


def _with_weights(
    outcome: Floats, treated: Integers, donors: Integers, start: int, units: Floats, times: Floats
) -> float:
    change = outcome[:, start:].mean(axis=1) - outcome[:, :start] @ times
    return float(change[treated].mean() - units @ change[donors])


def _placebos(outcome: Floats, donors: Integers, count: int, start: int, replicates: int, seed: int) -> Floats:
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(replicates):
        order = generator.permutation(donors)
        found.append(_estimate(outcome, order[:count], order[count:], start)[0])
    return np.array(found)


def _jackknife(outcome: Floats, treated: Integers, donors: Integers, start: int, units: Floats, times: Floats) -> float:
    if len(treated) < 2:
        raise KyotoError(
            "A jackknife needs two treated units",
            code="evaluation.one-treated",
            got="1",
            hint="Use error='placebo'.",
        )
    found = [_with_weights(outcome, np.delete(treated, i), donors, start, units, times) for i in range(len(treated))]
    for i in range(len(donors)):
        rest = np.delete(units, i)
        if rest.sum() > 0:
            found.append(_with_weights(outcome, treated, np.delete(donors, i), start, rest / rest.sum(), times))
    values = np.array(found)
    n = len(values)
    return float(np.sqrt((n - 1) / n * ((values - values.mean()) ** 2).sum()))


def _period_check(weights: Floats, panel: Panel, start: int) -> Check:
    kept = [(panel.periods[i], weights[i]) for i in range(start) if weights[i] > 0.005]
    return Check("periods", "info", ", ".join(f"{period} {weight:.2f}" for period, weight in kept))
