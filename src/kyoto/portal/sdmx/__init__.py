"""Published figures for machines: the SDMX REST service, versions 3.0 and 2.1.

Source: SDMX Technical Working Group, SDMX REST 1.5 (SDMX 2.1) and 2.1 (SDMX 3.0).
"""

from kyoto.portal.sdmx.application import sdmx_app, sdmx_routers
from kyoto.portal.sdmx.requesting import ServiceLimits

__all__ = ["ServiceLimits", "sdmx_app", "sdmx_routers"]
