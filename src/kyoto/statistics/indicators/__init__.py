"""Indicators of crime and justice, declared as data: SDG indicators, justice rates, and a user's own.

:func:`registry` holds what comes with Kyoto, :func:`read_settings` what a project uses, :func:`plan` turns an indicator
into counting rules for the sources that are there, and :func:`compute` turns the counted observations into figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kyoto.core.later import importing_later
from kyoto.statistics.indicators.model import (
    Count,
    Households,
    Indicator,
    IndicatorSettings,
    Persons,
    Plan,
    PlannedSource,
)
from kyoto.statistics.indicators.planning import plan
from kyoto.statistics.indicators.registry import indicator, read_settings, registry

if TYPE_CHECKING:
    from kyoto.statistics.indicators.computing import compute, unavailable
    from kyoto.statistics.indicators.given import read_given

__all__ = [
    "Count",
    "Households",
    "Indicator",
    "IndicatorSettings",
    "Persons",
    "Plan",
    "PlannedSource",
    "compute",
    "indicator",
    "plan",
    "read_given",
    "read_settings",
    "registry",
    "unavailable",
]

_PLACES = {"compute": "computing", "unavailable": "computing", "read_given": "given"}

__getattr__ = importing_later(__name__, _PLACES)
