"""Engines and a way to read a few files."""

from __future__ import annotations

import pytest
from source_examples import Outcome, outcome_of

from kyoto.core.engine import open_engine


@pytest.fixture(scope="session")
def duck():
    with open_engine("duckdb") as engine:
        yield engine


@pytest.fixture(params=["duckdb", pytest.param("spark", marks=pytest.mark.spark)], scope="session")
def engine(request):
    with open_engine(request.param) as opened:
        yield opened


@pytest.fixture
def read(duck, tmp_path):
    """Write files and a source description, read it on DuckDB."""

    def run(files: dict[str, bytes | str], toml: str) -> Outcome:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return outcome_of(duck, tmp_path, toml)

    return run
