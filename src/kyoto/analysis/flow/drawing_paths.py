"""Paths of the future drawn from the past: growth of a series of counts, with the doubt about its trend.

The logarithm of the series moves by a mean step and shocks, both learnt from its past steps. The mean step is drawn for
each path, because a few years do not fix a trend, and it fades (damped trend; Gardner and McKenzie 1985): no series of
prisons grows at the same pace for ever. Shocks have heavy tails (Student's t) and carry on in part, because a change of
policy lasts longer than a year; their spread is widened where few steps were seen. The four constants were chosen on
the prisoners of the states of the USA from 2001 to 2016 and then tested on other countries (see the tests).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Growth", "draw_factors", "learn_growth"]

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


def draw_factors(growth: Growth, horizon: int, draws: int, random: np.random.Generator, *, trend: bool = True) -> Any:
    """Factors on the last value, shape (draws, horizon).

    Parameters
    ----------
    growth
        From :func:`learn_growth`.
    horizon
        Periods ahead.
    draws
        Paths.
    random
        Generator.
    trend
        Whether the mean step goes on (fading), or only shocks move the series.
    """
    shocks = random.standard_t(TAILS, (draws, horizon)) * growth.spread * np.sqrt((TAILS - 2) / TAILS)
    steps = np.zeros((draws, horizon))
    before = np.zeros(draws)
    for place in range(horizon):
        before = CARRIED_ON * before + shocks[:, place]
        steps[:, place] = before
    if trend:
        doubt = growth.spread / np.sqrt(max(growth.steps, 1))
        mean = growth.step + doubt * random.standard_normal((draws, 1))
        steps += mean * DAMPING ** np.arange(1, horizon + 1)
    return np.exp(np.cumsum(steps, axis=1))
