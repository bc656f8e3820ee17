"""A programme that reaches clusters one after another, in an order that was drawn."""

from __future__ import annotations

from typing import Any

import numpy as np

from kyoto.analysis.evaluation.arrays import Floats, Integers
from kyoto.analysis.evaluation.designs.panel import read_panel
from kyoto.analysis.evaluation.designs.regression import least_squares
from kyoto.analysis.evaluation.result import Check, EffectResult, t_estimate
from kyoto.analysis.evaluation.synthesis.robust import cluster_robust
from kyoto.analysis.evaluation.tables import as_frame, name_of, require_columns
from kyoto.core.errors import Problems

__all__ = ["stepped_wedge"]


def stepped_wedge(
    source: Any,
    *,
    outcome: str,
    cluster: str,
    period: str,
    treatment: str,
    replicates: int = 999,
    seed: int = 1,
    level: float = 0.95,
) -> EffectResult:
    """Effect of a programme that reaches clusters one after another in an order that was drawn.

    Parameters
    ----------
    source
        Dataframe or file; several rows a cluster and period are averaged.
    outcome, cluster, period, treatment
        Columns; treatment is 0 or 1, the same within a cluster and period, and does not end.
    replicates, seed
        Draws of the order of clusters for the p-value.
    level
        Confidence.

    Notes
    -----
    Effects of clusters and of periods are swept out; errors are clustered (CR2). The p-value of the check permutes
    starts among clusters, which needs no model (Thompson et al. 2018).
    """
    frame = as_frame(source)
    problems = Problems()
    if not require_columns(frame, [outcome, cluster, period, treatment], file=name_of(source), problems=problems):
        problems.raise_if_any()
    cells = frame.groupby([cluster, period], as_index=False)[[outcome, treatment]].mean()
    panel = read_panel(cells, unit=cluster, period=period, outcome=outcome, treatment=treatment, need_untreated=True)
    y, d = panel.outcome, panel.treated.astype(float)
    n, t = y.shape
    x = np.column_stack([d.ravel(), np.kron(np.eye(n), np.ones((t, 1))), np.kron(np.ones((n, 1)), np.eye(t))[:, 1:]])
    fit = least_squares(y.ravel(), x, names=(treatment, "clusters", "periods"))
    clusters = np.repeat(np.arange(n), t)
    residual = _swept(y, d)
    robust = cluster_robust(residual[0].ravel(), residual[1].ravel()[:, None], np.eye(n * t), clusters)
    estimate = t_estimate(
        "effect", float(fit.coefficients[0]), float(robust.std_errors[0]), float(robust.degrees[0]), level
    )
    p_value = _order_test(y, panel.first, replicates, seed)
    checks = [
        Check("clusters", "pass" if n >= 10 else "warn", f"{n} clusters, {len(panel.cohorts)} steps", float(n)),
        Check("order of clusters", "info", f"p = {p_value:.4f} by drawing the order again", p_value),
    ]
    return EffectResult("stepped wedge", (estimate,), tuple(checks), level, outcome)


def _swept(y: Floats, d: Floats) -> tuple[Floats, Floats]:
    """Both without cluster and period means."""

    def sweep(values: Floats) -> Floats:
        return np.asarray(
            values - values.mean(axis=1, keepdims=True) - values.mean(axis=0, keepdims=True) + values.mean()
        )

    return sweep(y), sweep(d)


def _order_test(y: Floats, first: Integers, replicates: int, seed: int) -> float:
    generator = np.random.default_rng(seed)
    time = np.arange(y.shape[1])

    def effect(starts: Integers) -> float:
        d = ((time[None, :] >= starts[:, None]) & (starts[:, None] >= 0)).astype(float)
        swept_y, swept_d = _swept(y, d)
        return float((swept_y * swept_d).sum() / (swept_d**2).sum())

    own = abs(effect(first))
    extreme = sum(abs(effect(generator.permutation(first))) >= own - 1e-12 for _ in range(replicates))
    return (1 + extreme) / (replicates + 1)
