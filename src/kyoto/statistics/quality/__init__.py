"""Quality: what a reader of the figures should know about the data, found with few passes over the records.

:func:`quality` checks the records of all sources. Real data is dirty: it is accepted with findings, never refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kyoto.core.later import importing_later
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

_PLACES = {"LevelShift": "breaks", "level_shifts": "breaks", "quality": "run"}

__getattr__ = importing_later(__name__, _PLACES)
