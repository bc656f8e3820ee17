"""SDMX: what a build publishes, for the machines of others, and their data for us.

:func:`open_build` and :func:`read_catalogue` describe the observations of a build as code lists, data structures and
dataflows. :mod:`~kyoto.statistics.exchange.sdmx.files` writes structures and data as SDMX-ML 3.0 and 2.1, SDMX-CSV and
SDMX-JSON; :func:`read_sdmx` reads data, whoever wrote it. The service that answers queries is
:mod:`kyoto.portal.sdmx`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kyoto.core.later import importing_later

if TYPE_CHECKING:
    from kyoto.statistics.exchange.sdmx.catalogue import read_catalogue
    from kyoto.statistics.exchange.sdmx.files import write_build_files
    from kyoto.statistics.exchange.sdmx.model import Agency, Catalogue, Flow
    from kyoto.statistics.exchange.sdmx.reading import SdmxObservations, read_sdmx
    from kyoto.statistics.exchange.sdmx.settings import SdmxSettings, read_sdmx_settings
    from kyoto.statistics.exchange.sdmx.source import open_build

__all__ = [
    "Agency",
    "Catalogue",
    "Flow",
    "SdmxObservations",
    "SdmxSettings",
    "open_build",
    "read_catalogue",
    "read_sdmx",
    "read_sdmx_settings",
    "write_build_files",
]

_PLACES = {
    "Agency": "model",
    "Catalogue": "model",
    "Flow": "model",
    "SdmxObservations": "reading",
    "SdmxSettings": "settings",
    "open_build": "source",
    "read_catalogue": "catalogue",
    "read_sdmx": "reading",
    "read_sdmx_settings": "settings",
    "write_build_files": "files",
}

__getattr__ = importing_later(__name__, _PLACES)
