"""Names of codes and series in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kyoto.statistics.classification import iccs
from kyoto.statistics.exchange.sdmx.source import INDICATORS
from kyoto.statistics.observations import NOT_APPLICABLE, TOTAL, UNKNOWN
from kyoto.statistics.tables.labels import parse_age
from kyoto.statistics.tables.model import AgeBand

__all__ = ["WHOLE_LISTS", "code_name", "list_name", "series_names", "table_titles"]

_COMMON: Final = {TOTAL: "Total", UNKNOWN: "Unknown", NOT_APPLICABLE: "Not applicable"}
WHOLE_LISTS: Final[Mapping[str, Mapping[str, str]]] = {
    # SDMX code list for frequency, version 2.1
    "CL_FREQ": {
        "A": "Annual",
        "Q": "Quarterly",
        "M": "Monthly",
        "W": "Weekly",
        "D": "Daily",
        "_O": "Other",
        "_U": "Unspecified",
        "_Z": "Not applicable",
    },
    # SDMX code list for sex, version 2.1
    "CL_SEX": {"F": "Female", "M": "Male", **_COMMON},
    # SDMX code list for observation status, version 2.2
    "CL_OBS_STATUS": {
        "A": "Normal value",
        "B": "Time series break",
        "D": "Definition differs",
        "E": "Estimated value",
        "F": "Forecast value",
        "G": "Experimental value",
        "H": "Missing value; holiday or weekend",
        "I": "Imputed value",
        "J": "Derogation",
        "K": "Data included in another category",
        "L": "Missing value; data exist but were not collected",
        "M": "Missing value; data cannot exist",
        "N": "Not significant",
        "O": "Missing value",
        "P": "Provisional value",
        "Q": "Missing value; suppressed",
        "S": "Strike and other special events",
        "U": "Low reliability",
        "V": "Unvalidated value",
        "W": "Includes data from another category",
    },
    # SDMX code list for confidentiality status, version 1.2, without its codes for single rules of dominance
    "CL_CONF_STATUS": {
        "C": "Confidential statistical information",
        "D": "Secondary confidentiality set by the sender, not for publication",
        "F": "Free (free for publication)",
        "N": "Not for publication, restricted for internal use only",
        "S": "Secondary confidentiality set and managed by the receiver, not for publication",
    },
}
"""Code lists that are published whole, whatever occurs."""

_LIST_NAMES: Final = {
    "CL_FREQ": "Frequency",
    "CL_SERIES": "Series",
    "CL_AREA": "Areas",
    "CL_ICCS": "International Classification of Crime for Statistical Purposes, version 1.0",
    "CL_SEX": "Sex",
    "CL_AGE": "Age",
    "CL_UNIT": "Unit of measure",
    "CL_PERIOD": "Period",
    "CL_OBS_STATUS": "Observation status",
    "CL_CONF_STATUS": "Confidentiality status",
}


def list_name(identifier: str) -> str:
    """Name of a code list.

    Examples
    --------
    >>> list_name("CL_OBS_STATUS"), list_name("CL_BIAS_MOTIVE")
    ('Observation status', 'Bias motive')
    """
    plain = identifier.removeprefix("CL_").replace("_", " ").capitalize()
    return _LIST_NAMES.get(identifier, plain)


def code_name(code_list: str, text: str, series: Mapping[str, str]) -> str:
    """Name of a code.

    Parameters
    ----------
    code_list
        List it stands in.
    text
        As the observations write it.
    series
        Names of the series.

    Examples
    --------
    >>> code_name("CL_ICCS", "0502", {}), code_name("CL_AGE", "Y15T24", {}), code_name("CL_AREA", "_T", {})
    ('Theft', '15 to 24 years', 'Total')
    """
    whole = WHOLE_LISTS.get(code_list, {})
    if text in whole or text in _COMMON:
        return whole.get(text) or _COMMON[text]
    if code_list == "CL_ICCS":
        return iccs().get(text).title if text in iccs() else text
    if code_list == "CL_AGE":
        return _age_name(text)
    if code_list == "CL_SERIES":
        return series.get(text, text)
    return text or "Empty"


def table_titles(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Title of every table by its name, as far as the project gives titles."""
    found = {}
    for name, step in manifest.get("steps", {}).items():
        if name.startswith("table:"):
            title = str(step.get("facts", {}).get("title") or "")
            found[name.removeprefix("table:")] = title
    return {name: title for name, title in found.items() if title}


def series_names(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Name of every series: of tables, of their rates and shares, of indicators."""
    from kyoto.statistics.indicators import registry

    found = {code: indicator.title for code, indicator in registry().items()}
    facts = manifest.get("steps", {}).get(INDICATORS, {}).get("facts", {})
    for code, computed in facts.get("computed", {}).items():
        found[code] = str(computed.get("title") or found.get(code, code))
    for table, title in table_titles(manifest).items():
        found[table] = title
        found[f"{table}.rate"] = f"{title} (rate)"
        found[f"{table}.share"] = f"{title} (share)"
    return found


def _age_name(text: str) -> str:
    band = parse_age(text)
    if not isinstance(band, AgeBand):
        return text
    if band.high is None:
        return f"{band.low} years and over"
    if band.low == 0:
        return f"Under {band.high + 1} years"
    return f"{band.low} years" if band.low == band.high else f"{band.low} to {band.high} years"
