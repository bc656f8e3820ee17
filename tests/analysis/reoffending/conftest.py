"""People of the reference tests: made by a recipe that R can follow to the last bit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest


def park_miller(count, seed):
    """Numbers between 0 and 1 by Park and Miller's minimal standard, exact in doubles."""
    found, state = np.empty(count), seed
    for place in range(count):
        state = 16807 * state % 2147483647
        found[place] = state / 2147483647
    return found


@pytest.fixture(scope="session")
def people() -> pd.DataFrame:
    """300 people with ties, two causes, three groups, late entry, two sites and repeated persons.

    In R: ``park <- function(n, seed) { x <- seed; u <- numeric(n); for (i in 1:n) { x <- (16807 * x) %% 2147483647;
    u[i] <- x / 2147483647 }; u }; u <- matrix(park(2100, 20211), ncol = 7, byrow = TRUE)``, then the same columns.
    """
    u = park_miller(2100, 20211).reshape(300, 7)
    time = 1 + np.floor(60 * u[:, 0] * (0.4 + u[:, 1]))
    cause = np.where(u[:, 2] < 0.25, 0, np.where(u[:, 2] < 0.55 + 0.2 * (u[:, 3] > 0.6), 1, 2))
    return pd.DataFrame(
        {
            "time": time,
            "cause": cause,
            "event": (cause == 1).astype(int),
            "group": np.floor(3 * u[:, 3]).astype(int),
            "x1": (u[:, 4] > 0.5).astype(float),
            "x2": np.floor(10 * u[:, 5]) / 10,
            "site": np.floor(2 * u[:, 6]).astype(int),
            "person": np.floor(120 * u[:, 1]).astype(int),
            "entry": np.floor(time * u[:, 6] * 0.6),
        }
    )


@pytest.fixture(scope="session")
def periods(people) -> pd.DataFrame:
    """The same rows as periods of 120 persons, one after the other; from the third on after four days of custody.

    In R: ``d <- d[order(d$person, seq_len(nrow(d))), ]; number <- ave(d$person, d$person, FUN = seq_along);
    stop <- ave(d$time, d$person, FUN = cumsum) + 4 * (number >= 3); start <- stop - d$time``; covariates are those of
    the person's first row.
    """
    frame = people.sort_values("person", kind="stable").reset_index(drop=True)
    number = frame.groupby("person").cumcount() + 1
    frame["number"] = number
    frame["stop"] = frame.groupby("person")["time"].cumsum() + 4 * (number >= 3)
    frame["start"] = frame["stop"] - frame["time"]
    frame[["x1", "x2"]] = frame.groupby("person")[["x1", "x2"]].transform("first")
    return frame
