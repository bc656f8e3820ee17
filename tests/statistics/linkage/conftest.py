"""Synthetic records, their truth and their linkage, made once."""

from __future__ import annotations

import numpy as np
import pytest

from kyoto.statistics.linkage import link_frames, simulate_agencies


@pytest.fixture(scope="session")
def records():
    return simulate_agencies(500, seed=11)


@pytest.fixture(scope="session")
def truth(records):
    return np.concatenate([frame["person"].to_numpy() for frame in records.values()])


@pytest.fixture(scope="session")
def linkage(records):
    return link_frames(records, once={"prisons"})
