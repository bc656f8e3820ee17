"""``[publish]``: whether a build writes SDMX, and in whose name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from kyoto.core.project import Section
from kyoto.statistics.exchange.sdmx.model import Agency

__all__ = ["DEFAULT_DATA", "DEFAULT_STRUCTURES", "SdmxSettings", "read_sdmx_settings"]

DEFAULT_DATA = ("sdmx-csv-2.0", "sdmx-ml-3.0")
DEFAULT_STRUCTURES = ("sdmx-ml-3.0", "sdmx-ml-2.1", "sdmx-json-2.0")
_AGENCY = re.compile(r"[A-Za-z][A-Za-z0-9_\-]*(\.[A-Za-z][A-Za-z0-9_\-]*)*")


@dataclass(frozen=True, slots=True)
class SdmxSettings:
    """SDMX of a project.

    Parameters
    ----------
    files
        Whether the build writes SDMX files.
    agency
        Who maintains the structures.
    formats
        Formats of data that the build writes; structures come in 3.0, 2.1 and JSON.
    """

    files: bool = False
    agency: Agency = field(default_factory=Agency)
    formats: tuple[str, ...] = DEFAULT_DATA


def read_sdmx_settings(section: Section) -> SdmxSettings:
    """Take the keys of SDMX from ``[publish]``; the caller finishes the section.

    Keys: ``sdmx`` (true or false), ``agency``, ``agency_name``, ``sdmx_formats``.
    """
    from kyoto.statistics.exchange.sdmx.formats import DATA_FORMATS

    default = SdmxSettings()
    agency = section.text("agency", default.agency.id)
    if not _AGENCY.fullmatch(agency):
        section.wrong(
            "agency", f"{agency!r} is no SDMX agency", expected="letters, digits, _ and -, such as NSO or GB.ONS"
        )
        agency = default.agency.id
    formats = section.texts("sdmx_formats", default.formats)
    for name in formats:
        if name not in DATA_FORMATS:
            section.wrong("sdmx_formats", f"Unknown format {name!r}", expected="one of " + ", ".join(DATA_FORMATS))
    return SdmxSettings(
        files=section.flag("sdmx", default.files),
        agency=Agency(agency, section.text("agency_name", default.agency.name if agency == "KYOTO" else agency)),
        formats=tuple(name for name in formats if name in DATA_FORMATS),
    )
