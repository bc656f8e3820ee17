"""Published tables and reference numbers that several tests read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kyoto.analysis.hidden import CaptureTable, read_captures

# Ball, Shin and Yang (2018): Korean women held in Palembang, lists b, c, d.
KOREA = {(2,): 41, (1,): 5, (0,): 5, (0, 1): 54, (0, 2): 6, (0, 1, 2): 12}
# Chan, Silverman and Vincent (2021), table 2.
ARTIFICIAL = {(0,): 40, (1,): 30, (2,): 20, (0, 1): 6}
# Chao et al. (2001), table 2: hepatitis A, Taiwan 1995, lists P, Q, E.
HEPATITIS = {(0,): 69, (1,): 55, (2,): 63, (0, 1): 21, (0, 2): 17, (1, 2): 18, (0, 1, 2): 28}
# Silverman (2014), UK 2013, police and National Crime Agency merged: LA, NG, PFNCA, GO, GP.
UK = {
    (0,): 54, (1,): 463, (2,): 995, (3,): 695, (4,): 316, (0, 1): 15, (0, 2): 19, (0, 3): 3, (1, 2): 62, (1, 3): 19,
    (1, 4): 1, (2, 3): 76, (2, 4): 11, (3, 4): 8, (0, 1, 2): 1, (0, 1, 3): 1, (1, 2, 3): 4, (0, 1, 2, 3): 1,
}  # fmt: skip


@pytest.fixture(scope="session")
def uk_histories() -> dict[tuple[int, ...], int]:
    return UK


@pytest.fixture(scope="session")
def korea() -> CaptureTable:
    return CaptureTable.from_histories("bcd", KOREA)


@pytest.fixture(scope="session")
def artificial() -> CaptureTable:
    return CaptureTable.from_histories("ABC", ARTIFICIAL)


@pytest.fixture(scope="session")
def hepatitis() -> CaptureTable:
    return CaptureTable.from_histories("PQE", HEPATITIS)


@pytest.fixture(scope="session")
def uk() -> CaptureTable:
    return CaptureTable.from_histories(("LA", "NG", "PFNCA", "GO", "GP"), UK)


@pytest.fixture(scope="session")
def mse_folder(shared_data: Path) -> Path:
    return shared_data / "mse"


@pytest.fixture(scope="session")
def published(mse_folder: Path) -> dict[str, Any]:
    return json.loads((mse_folder / "published.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def lists(mse_folder: Path) -> Callable[[str], CaptureTable]:
    return lambda name: read_captures(mse_folder / f"{name}.csv").table
