"""Published series in: UNODC, Eurostat, Our World in Data and the World Bank, in the one shape of all figures.

:func:`read_series` recognizes the publisher by the heading of the file. :func:`revisions` compares two vintages, and
:func:`fetch` downloads politely: with a cache, pauses, retries and checksums.
"""

from kyoto.statistics.exchange.series.areas import Area, area_of
from kyoto.statistics.exchange.series.fetching import Fetched, fetch
from kyoto.statistics.exchange.series.model import Note, PublishedSeries
from kyoto.statistics.exchange.series.reading import read_series
from kyoto.statistics.exchange.series.revisions import Revisions, revisions
from kyoto.statistics.exchange.series.services import Service, services

__all__ = [
    "Area",
    "Fetched",
    "Note",
    "PublishedSeries",
    "Revisions",
    "Service",
    "area_of",
    "fetch",
    "read_series",
    "revisions",
    "services",
]
