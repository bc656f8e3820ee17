"""Synthetic cases with the day of each stage, to learn the room and to test it. No case in them happened."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CHANCES", "MEDIAN_DAYS", "simulate_cases"]

CHANCES: Final = {
    "0401": {"solved": 0.28, "charged": 0.75, "convicted": 0.7, "admitted": 0.5, "released": 1.0},
    "0501": {"solved": 0.12, "charged": 0.7, "convicted": 0.75, "admitted": 0.4, "released": 1.0},
    "0502": {"solved": 0.16, "charged": 0.6, "convicted": 0.8, "admitted": 0.15, "released": 1.0},
}
"""Chance of each stage once the one before is reached, by ICCS section (robbery, burglary, theft); invented."""

MEDIAN_DAYS: Final = {"solved": 30, "charged": 25, "convicted": 160, "admitted": 10, "released": 240}
"""Median days from the stage before; times are log-normal with a standard deviation of 0.8 on the log scale."""

_FIRST, _LAST = date(2020, 1, 1), date(2024, 12, 31)


def simulate_cases(cases: int = 5_000, *, seed: int = 1) -> pd.DataFrame:
    """Draw cases recorded evenly from 2020 to 2024 and followed to the end of 2024.

    Parameters
    ----------
    cases
        How many.
    seed
        The same seed gives the same cases.

    Returns
    -------
    pandas.DataFrame
        ``case``, ``iccs``, ``sex``, and ``recorded`` to ``released`` as ISO dates, empty where not reached.

    Examples
    --------
    >>> frame = simulate_cases(100)
    >>> list(frame.columns)
    ['case', 'iccs', 'sex', 'recorded', 'solved', 'charged', 'convicted', 'admitted', 'released']
    """
    import pandas as pd

    random = np.random.default_rng(seed)
    iccs = random.choice(list(CHANCES), cases, p=[0.15, 0.35, 0.5])
    span = (_LAST - _FIRST).days
    day = random.integers(0, span + 1, cases).astype(float)
    frame = pd.DataFrame({"case": [f"C{number:06}" for number in range(1, cases + 1)], "iccs": iccs})
    frame["sex"] = np.where(random.random(cases) < 0.82, "M", "F")
    first = pd.Timestamp(_FIRST)
    going = np.ones(cases, dtype=bool)
    frame["recorded"] = (first + pd.to_timedelta(day, unit="D")).strftime("%Y-%m-%d")
    for stage, median in MEDIAN_DAYS.items():
        chance = np.array([CHANCES[section][stage] for section in iccs])
        going &= random.random(cases) < chance
        day = np.floor(day + median * np.exp(0.8 * random.standard_normal(cases)))
        seen = going & (day <= span)
        dates = pd.Series(first + pd.to_timedelta(day, unit="D")).dt.strftime("%Y-%m-%d")
        frame[stage] = dates.where(seen, "")
    return frame
