"""Verdicts on what may stand side by side, of the whole classification at once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    from kyoto.statistics.comparability import Comparison

__all__ = ["Comparisons", "read_comparisons"]

State = Literal["ready", "nothing", "unavailable"]


@dataclass(frozen=True, slots=True)
class Comparisons:
    """Every class that two sources have records of.

    Parameters
    ----------
    state
        ``ready``; ``nothing``: the project has nothing to compare; ``unavailable``: it is being changed just now.
    by_code
        Comparison by ICCS code, in the order of the classification.
    """

    state: State
    by_code: Mapping[str, Comparison] = field(default_factory=dict)


def read_comparisons(folder: Path, version: str) -> Comparisons:
    """Compare the sources of a project.

    Definitions are read out of the correspondence tables and out of which of their rows were used in which years; no
    count leaves the records on this way.

    Parameters
    ----------
    folder
        Folder of the project.
    version
        Build that the answer must be about: if another one is in its place before or after, there is no answer.
    """
    from kyoto.core.engine import open_engine
    from kyoto.core.project import load_project
    from kyoto.statistics.comparability import comparable_classes
    from kyoto.statistics.pipeline.settings import read_settings

    try:
        if _version(folder) != version:
            return Comparisons("unavailable")
        settings = read_settings(load_project(folder))
        with open_engine("duckdb") as engine:
            found = comparable_classes(engine, settings, level=None)
        if _version(folder) != version:
            return Comparisons("unavailable")
    except KyotoError as error:
        return Comparisons("nothing" if error.code == "comparability.nothing-to-compare" else "unavailable")
    except OSError:
        return Comparisons("unavailable")
    by_code = {each.iccs: each for each in sorted(found, key=lambda each: each.iccs)}
    return Comparisons("ready" if by_code else "nothing", by_code)


def _version(folder: Path) -> str:
    return hashlib.sha256((folder / "build" / "manifest.json").read_bytes()).hexdigest()
