"""Published tables and reference numbers that several tests read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hidden_tables import ARTIFICIAL, HEPATITIS, KOREA, UK

from kyoto.analysis.hidden import CaptureTable, read_captures


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
