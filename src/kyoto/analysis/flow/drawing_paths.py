"""Paths of the future drawn from the past: growth of a series of counts, with the doubt about its trend.

The logarithm of the series moves by a mean step and shocks, both learnt from its past steps. The mean step is drawn for
each path, because a few years do not fix a trend, and it fades (damped trend; Gardner and McKenzie 1985): no series of
prisons grows at the same pace for ever. Shocks have heavy tails (Student's t) and, in stocks, carry on in part, because
a stock adds up the changes of years; their spread is widened where few steps were seen. The constants were chosen on
the prisoners of the states of the USA from 2001 to 2016 and then tested on other countries (see the tests).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = [
    "CARRIED_ON",
    "Growth",
    "draw_factors",
    "draw_levels",
    "draw_shocks",
    "learn_growth",
    "learn_level",
    "together",
]

DAMPING = 0.5
CARRIED_ON = 0.4
FEW_STEPS = 4
LEAST_SPREAD = 0.02
TAILS = 5


@dataclass(frozen=True, slots=True)
class Growth:
    """What the past steps of a series say.

    Parameters
    ----------
    step
        Mean change of the logarithm in a period.
    spread
        Standard deviation of the changes, at least 0.02 and widened where few were seen.
    steps
        How many were seen.
    """

    step: float
    spread: float
    steps: int


def learn_growth(values: Any) -> Growth:
    """Growth of a series of positive numbers; missing values are passed over.

    Examples
    --------
    >>> import numpy as np
    >>> found = learn_growth(np.array([100.0, 110.0, 121.0]))
    >>> round(found.step, 4), round(found.spread, 4), found.steps
    (0.0953, 0.0346, 2)
    """
    known = np.asarray(values, dtype=float)
    changes = np.diff(np.log(known[~np.isnan(known) & (known > 0)]))
    if not changes.size:
        return Growth(0.0, 0.1, 0)
    spread = float(changes.std(ddof=1)) if changes.size > 1 else 0.1
    widened = max(spread, LEAST_SPREAD) * float(np.sqrt(1 + FEW_STEPS / changes.size))
    return Growth(float(changes.mean()), widened, int(changes.size))


def draw_factors(
    growth: Growth, shocks: Any, random: np.random.Generator, *, trend: bool = True, carried_on: float = 0.0
) -> Any:
    """Factors on the last value.

    Parameters
    ----------
    growth
        From :func:`learn_growth`.
    shocks
        Of variance one, shape (draws, horizon) (:func:`draw_shocks`).
    random
        Generator.
    trend
        Whether the mean step goes on (fading), or only shocks move the series.
    carried_on
        Share of a shock that the next period inherits: :data:`CARRIED_ON` for stocks, which add up the changes of
        years, none for flows.

    Returns
    -------
    numpy.ndarray
        Shape (draws, horizon).
    """
    draws, horizon = shocks.shape
    steps = np.zeros((draws, horizon))
    before = np.zeros(draws)
    for place in range(horizon):
        before = carried_on * before + growth.spread * shocks[:, place]
        steps[:, place] = before
    if trend:
        doubt = growth.spread / np.sqrt(max(growth.steps, 1))
        mean = growth.step + doubt * random.standard_normal((draws, 1))
        steps += mean * DAMPING ** np.arange(1, horizon + 1)
    return np.exp(np.cumsum(steps, axis=1))


def draw_shocks(horizon: int, draws: int, random: np.random.Generator) -> Any:
    """Independent shocks of variance one with heavy tails, shape (draws, horizon)."""
    return random.standard_t(TAILS, (draws, horizon)) * np.sqrt((TAILS - 2) / TAILS)


def together(first: Any, second: Any) -> float:
    """Correlation of the changes of two series on the log scale; 0 where there are fewer than four.

    Examples
    --------
    >>> import numpy as np
    >>> up = np.array([1.0, 2.0, 1.0, 3.0, 1.0])
    >>> round(together(up, up**2), 6), together(up[:3], up[:3])
    (1.0, 0.0)
    """
    changes = [np.diff(np.log(np.asarray(values, dtype=float))) for values in (first, second)]
    if changes[0].size < 4 or min(change.std() for change in changes) == 0:
        return 0.0
    return float(np.corrcoef(changes)[0, 1])


def learn_level(values: Any) -> tuple[float, float, float]:
    """Level of a noisy series, and the spreads of its noise and of the steps of its level, on the log scale.

    The local level model, by moments: changes of the series have variance (steps² + 2 noise²) and covariance with the
    next change of -noise² (Harvey 1989, *Forecasting, Structural Time Series Models and the Kalman Filter*, section
    2.4). Small counts are mostly noise, and a path that took it for a trend would widen beyond all reason.

    Parameters
    ----------
    values
        Counts or shares, 0 or more; four or more of them.

    Returns
    -------
    tuple of float
        Logarithm of the mean of the last four, spread of the noise, spread of the steps (at least 0.02).

    Examples
    --------
    >>> import numpy as np
    >>> level, noise, steps = learn_level(100 + 10 * (-1.0) ** np.arange(40))
    >>> round(float(np.exp(level)), 1), round(noise, 2), steps
    (100.0, 0.14, 0.02)
    """
    known = np.asarray(values, dtype=float)
    smallest = known[known > 0].min(initial=np.inf)
    logs = np.log(np.maximum(known, (smallest if np.isfinite(smallest) else 1.0) / 2))
    changes = np.diff(logs) - np.diff(logs).mean()
    variance = float((changes**2).mean())
    shared = float((changes[1:] * changes[:-1]).mean()) if changes.size > 1 else -variance / 2
    noise = min(max(-shared, 0.0), variance / 2)
    steps = max(variance - 2 * noise, LEAST_SPREAD**2)
    return float(np.log(max(known[-4:].mean(), 1e-9))), float(np.sqrt(noise)), float(np.sqrt(steps))


def draw_levels(values: Any, horizon: int, draws: int, random: np.random.Generator) -> Any:
    """Paths of a noisy series, shape (draws, horizon); see :func:`learn_level`."""
    level, noise, steps = learn_level(values)
    start = level + noise / 2 * random.standard_normal((draws, 1))
    walk = np.cumsum(steps * random.standard_normal((draws, horizon)), axis=1)
    return np.exp(start + walk + noise * random.standard_normal((draws, horizon)))
