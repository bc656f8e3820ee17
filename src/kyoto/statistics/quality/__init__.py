"""Quality: what a reader of the figures should know about the data, found with few passes over the records.

:func:`quality` checks the records of all sources. Real data is dirty: it is accepted with findings, never refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kyoto.statistics.quality.model import SEVERITIES, Finding, Findings
from kyoto.statistics.quality.settings import CHECKS, THRESHOLDS, QualitySettings

if TYPE_CHECKING:
    from kyoto.statistics.quality.breaks import LevelShift, level_shifts
    from kyoto.statistics.quality.run import quality

__all__ = [
    "CHECKS",
    "SEVERITIES",
    "THRESHOLDS",
    "Finding",
    "Findings",
    "LevelShift",
    "QualitySettings",
    "level_shifts",
    "quality",
]

_HEAVY = {"LevelShift": "breaks", "level_shifts": "breaks", "quality": "run"}


def __getattr__(name: str) -> Any:
    """Import what needs numerical libraries when it is first asked for: reading settings must stay cheap."""
    if name in _HEAVY:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_HEAVY[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
