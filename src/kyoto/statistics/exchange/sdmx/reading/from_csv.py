"""SDMX-CSV data read line by line."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TextIO

from kyoto.core.errors import KyotoError, Where
from kyoto.statistics.exchange.sdmx.reading.collecting import Collector
from kyoto.statistics.exchange.sdmx.reading.limits import Limits, not_sdmx, too_large

__all__ = ["read_csv"]

_HEAD: Final = ("DATAFLOW", "STRUCTURE", "STRUCTURE_ID", "STRUCTURE_NAME", "ACTION", "SERIES_KEY", "OBS_KEY")
_TEXTS: Final = ("SOURCE_DETAIL", "COMMENT_OBS")
_COMPONENT: Final = re.compile(r"([A-Za-z][A-Za-z0-9_\-]*)(?:\[.?\])?(?:: .*)?")


def read_csv(path: Path, collector: Collector) -> None:
    """Read the observations of an SDMX-CSV file; labels and keys beside the identifiers are left out.

    Parameters
    ----------
    path
        The file.
    collector
        Takes the observations.

    Raises
    ------
    KyotoError
        ``sdmx.not-sdmx``, ``sdmx.wrong-fields``, ``sdmx.too-large``, and what the collector finds.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            _read(file, collector)
    except UnicodeDecodeError as error:
        raise not_sdmx(collector.file, f"it is not UTF-8: {error.reason} at byte {error.start}") from error
    except csv.Error as error:
        raise too_large(collector.file, str(error), "fields below 131,072 characters") from error


def _read(file: TextIO, collector: Collector) -> None:
    reader = csv.reader(_lines(file, collector), strict=True)
    header = next(reader, [])
    if not header or header[0].partition("[")[0] not in ("DATAFLOW", "STRUCTURE"):
        raise not_sdmx(collector.file, "its first column is neither STRUCTURE nor DATAFLOW", line=1)
    names = _names(header)
    whole = "STRUCTURE_ID" if "STRUCTURE_ID" in header else "DATAFLOW"
    place = next((n for n, name in enumerate(header) if name == whole), 0)
    whose, wanted = None, True
    for fields in reader:
        if not fields:
            continue
        if len(fields) != len(header):
            collector.report(
                KyotoError(
                    "A line has another number of fields than the header",
                    code="sdmx.wrong-fields",
                    where=Where(file=collector.file, line=reader.line_num),
                    got=str(len(fields)),
                    expected=str(len(header)),
                )
            )
            continue
        if fields[place] != whose:
            whose = fields[place]
            wanted = collector.begin(_identifier(whose), reader.line_num)
        if not wanted:
            continue
        row = {name: fields[n].partition(": ")[0] if cut else fields[n] for n, name, cut in names}
        collector.take({name: value or None for name, value in row.items()}, reader.line_num)


def _identifier(text: str) -> str:
    """Identifier of a dataflow written as ``AGENCY:FLOW(VERSION)``, with or without its name.

    Examples
    --------
    >>> _identifier("KYOTO:CRIMES(1.0.0): What: and why?"), _identifier("")
    ('CRIMES', '')
    """
    return text.partition("(")[0].rpartition(":")[2]


def _names(header: list[str]) -> list[tuple[int, str, bool]]:
    """Position and identifier of each component, and whether names follow its identifiers in the same field."""
    places = [(n, title) for n, title in enumerate(header) if title.partition("[")[0] not in _HEAD]
    if "STRUCTURE_NAME" in header:
        places = places[::2]  # every second column is the name beside the identifier
    found = []
    for position, title in places:
        match = _COMPONENT.fullmatch(title)
        if match is not None:
            found.append((position, match[1], ": " in title and match[1] not in _TEXTS))
    return found


def _lines(file: TextIO, collector: Collector) -> Iterator[str]:
    """Lines, none longer than the bound and not too many empty ones in a row."""
    limits: Limits = collector.limits
    empty = number = 0
    while line := file.readline(limits.line):
        number += 1
        if len(line) >= limits.line and not line.endswith("\n"):
            raise too_large(collector.file, "a longer line", f"lines below {limits.line:,} characters", line=number)
        empty = 0 if line.strip("\r\n\0 ") else empty + 1
        if empty > limits.empty:
            raise too_large(collector.file, "empty lines", f"at most {limits.empty:,} in a row", line=number)
        yield line
