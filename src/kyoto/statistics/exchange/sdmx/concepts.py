"""Which concept each column of the observations is.

Identifiers of concepts and of code lists are those of the SDMX cross-domain concepts (SDMX Content-Oriented Guidelines,
annex 1, 2009) and, for the limits of an interval and the source, of the data structure of the SDG indicators.
"""

from __future__ import annotations

from collections.abc import Iterable

from kyoto.statistics.exchange.sdmx.identifiers import artefact_id
from kyoto.statistics.exchange.sdmx.model import Component
from kyoto.statistics.observations import VALUE_COLUMNS

__all__ = ["FREQUENCY", "components_of"]

FREQUENCY = Component("FREQ", "Frequency", "", "dimension", "CL_FREQ", required=True)
"""Follows from the period; SDMX clients expect it first in the key."""

_TIME = Component("TIME_PERIOD", "Time period", "period", "time", required=True)
_UNTIMED = Component("PERIOD", "Period", "period", "dimension", "CL_PERIOD", required=True)
_DIMENSIONS = {
    "series": Component("SERIES", "Series", "series", "dimension", "CL_SERIES", required=True),
    "area": Component("REF_AREA", "Reference area", "area", "dimension", "CL_AREA", required=True),
    "iccs": Component("ICCS", "Class of the ICCS", "iccs", "dimension", "CL_ICCS", required=True),
    "sex": Component("SEX", "Sex", "sex", "dimension", "CL_SEX", required=True),
    "age": Component("AGE", "Age", "age", "dimension", "CL_AGE", required=True),
}
_UNIT = Component("UNIT_MEASURE", "Unit of measure", "unit", "dimension", "CL_UNIT", required=True)
_VALUES = (
    Component("OBS_VALUE", "Observation value", "value", "measure"),
    Component("LOWER_BOUND", "Lower limit of the interval", "lower", "attribute"),
    Component("UPPER_BOUND", "Upper limit of the interval", "upper", "attribute"),
    Component("OBS_STATUS", "Observation status", "status", "attribute", "CL_OBS_STATUS"),
    Component("CONF_STATUS", "Confidentiality status", "confidentiality", "attribute", "CL_CONF_STATUS"),
    Component("SOURCE_DETAIL", "Source", "source", "attribute"),
    Component("COMMENT_OBS", "Note", "note", "attribute"),
)
_RESERVED = {
    *(part.id for part in (FREQUENCY, _TIME, _UNTIMED, _UNIT, *_DIMENSIONS.values(), *_VALUES)),
    *("STRUCTURE", "STRUCTURE_ID", "STRUCTURE_NAME", "ACTION", "DATAFLOW", "OBS_KEY", "SERIES_KEY", "TYPE"),
}


def components_of(columns: Iterable[str], *, timed: bool) -> tuple[Component, ...]:
    """Components of a table of observations.

    Parameters
    ----------
    columns
        Columns of the table.
    timed
        Whether all its periods are periods; otherwise they are codes of a dimension ``PERIOD``.

    Returns
    -------
    tuple of Component
        Frequency, series, area, class, sex, age, own disaggregations, unit; time; measure; attributes.

    Examples
    --------
    >>> [part.id for part in components_of(["area", "period", "series", "motive", "unit", "value"], timed=True)]
    ['FREQ', 'SERIES', 'REF_AREA', 'MOTIVE', 'UNIT_MEASURE', 'TIME_PERIOD', 'OBS_VALUE']
    """
    present = list(columns)
    known = [part for column, part in _DIMENSIONS.items() if column in present]
    own = [name for name in present if name not in _DIMENSIONS and name != "period" and name not in VALUE_COLUMNS]
    unit = [_UNIT] if "unit" in present else []
    values = [part for part in _VALUES if part.column in present]
    head = [FREQUENCY] if timed else []
    time = [_TIME] if timed else [_UNTIMED]
    return (*head, *known, *_own(own), *unit, *time, *values)


def _own(columns: Iterable[str]) -> list[Component]:
    """Disaggregations of the project; an identifier that stands for something else gets an ending."""
    found: list[Component] = []
    taken = set(_RESERVED)
    for column in columns:
        base = identifier = artefact_id(column)
        number = 1
        while identifier in taken:
            number += 1
            identifier = f"{base}_{number}"
        taken.add(identifier)
        name = column.replace("_", " ").capitalize()
        found.append(Component(identifier, name, column, "dimension", f"CL_{identifier}", required=True))
    return found
