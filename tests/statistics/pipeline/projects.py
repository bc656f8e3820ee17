"""Making and building projects in tests."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pandas as pd

from kyoto.core.build import BuildResult, run_build
from kyoto.core.project import load_project
from kyoto.statistics.pipeline.settings import read_settings
from kyoto.statistics.pipeline.steps import project_steps


def make_project(folder: Path, text: str, **files: str) -> Path:
    """Write a project file and its data files (names with ``__`` for the dot)."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kyoto.toml").write_text(textwrap.dedent(text), encoding="utf-8")
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(textwrap.dedent(content).lstrip(), encoding="utf-8")
    return folder


def build_project(folder: Path, *, engine: str = "duckdb", force: bool = False) -> BuildResult:
    """Build a project as the command does."""
    settings = read_settings(load_project(folder))
    return run_build(settings.project, project_steps(settings), engine=engine, settings=settings.engine, force=force)


def read_table(result: BuildResult, name: str) -> pd.DataFrame:
    """Observations of a table."""
    return pd.read_parquet(result.folder / "tables" / f"{name}.parquet")


def value(frame: pd.DataFrame, **cell: str) -> float:
    """The one value of a cell."""
    found = frame
    for name, wanted in cell.items():
        found = found[found[name] == wanted]
    assert len(found) == 1, (cell, len(found))
    return float(found["value"].iloc[0])


def facts(result: BuildResult, step: str) -> dict:
    """Facts of a step in the manifest."""
    return result.manifest["steps"][step]["facts"]
