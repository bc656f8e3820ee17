"""Synthetic panels with a known effect, for examples, power and tests. Not data of any place."""

from __future__ import annotations

import numpy as np

from kyoto.analysis.evaluation.designs.panel import NEVER, Panel

__all__ = ["staggered_panel"]


def staggered_panel(
    *, units: int = 200, periods: int = 8, effect: float = -2.0, cohorts: int = 3, noise: float = 1.0, seed: int = 1
) -> Panel:
    """Panel in which a third of the units never start and the others start at different times.

    Parameters
    ----------
    units, periods
        Size.
    effect
        Change of the outcome from the start on, the same for all.
    cohorts
        Number of different starts, spread over the second half.
    noise
        Standard deviation of the outcome around unit and period effects.
    seed
        Seed.
    """
    generator = np.random.default_rng(seed)
    starts = np.unique(np.linspace(periods // 2, periods - 2, cohorts).astype(int))
    first = np.where(np.arange(units) % 3 == 0, NEVER, starts[np.arange(units) % len(starts)])
    time = np.arange(periods)
    treated = (time[None, :] >= first[:, None]) & (first[:, None] != NEVER)
    outcome = (
        generator.normal(20, 3, size=(units, 1))
        + np.cumsum(generator.normal(0, 0.5, size=(1, periods)), axis=1)
        + effect * treated
        + generator.normal(0, noise, size=(units, periods))
    )
    labels = tuple(f"unit {number}" for number in range(1, units + 1))
    return Panel(labels, tuple(range(1, periods + 1)), outcome, treated, first, np.ones(units), np.arange(units))
