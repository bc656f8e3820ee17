"""Indicators of crime and justice, declared as data: SDG indicators, justice rates, and a user's own.

:func:`registry` holds what comes with Kyoto, :func:`read_settings` what a project uses, :func:`plan` turns an indicator
into counting rules for the sources that are there, and :func:`compute` turns the counted observations into figures.
"""

from kyoto.statistics.indicators.computing import compute, unavailable
from kyoto.statistics.indicators.given import read_given
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
