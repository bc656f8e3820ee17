"""SDMX data read in, whoever wrote it: streamed, bounded, and with an error that says what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from kyoto.core.errors import KyotoError, Where
from kyoto.statistics.exchange.sdmx.reading.collecting import Collector, Knowledge, knowledge_of
from kyoto.statistics.exchange.sdmx.reading.limits import Limits, not_sdmx
from kyoto.statistics.exchange.sdmx.reading.result import SdmxObservations, observations_from
from kyoto.statistics.exchange.sdmx.reading.structures import read_knowledge

__all__ = ["Knowledge", "Limits", "SdmxObservations", "knowledge_of", "read_knowledge", "read_sdmx"]

_LOOK: Final = 64 * 1024


def read_sdmx(
    path: str | Path, *, flow: str = "", knowledge: Knowledge | None = None, limits: Limits | None = None
) -> SdmxObservations:
    """Read observations from a file of SDMX data.

    Parameters
    ----------
    path
        SDMX-ML 2.1 (generic or structure specific) or 3.0, SDMX-CSV 1.0 or 2.0, SDMX-JSON 1.0 or 2.0; what it is shows
        in its first bytes, not in its name.
    flow
        Which dataflow, where the file holds several.
    knowledge
        Dimensions and code lists that the file is checked against; codes become the texts they stand for. Without it
        the codes stay.
    limits
        Bounds of reading.

    Returns
    -------
    SdmxObservations

    Raises
    ------
    KyotoError
        One of: ``source.missing-file``, ``sdmx.not-sdmx``, ``sdmx.entities``, ``sdmx.broken-xml``,
        ``sdmx.broken-json``, ``sdmx.several-flows``, ``sdmx.unknown-flow``, ``sdmx.wrong-fields``,
        ``sdmx.too-large``, ``sdmx.no-observations``, ``sdmx.missing-dimension``, ``sdmx.unknown-code``,
        ``sdmx.not-a-number``, ``sdmx.wrong-period``. Problems of single observations come together.
    """
    file = Path(path)
    name, read = _reader(file)
    collector = Collector(str(path), limits or Limits(), knowledge, flow)
    read(file, collector)
    collector.finish()
    return observations_from(collector, name)


def _reader(path: Path) -> tuple[str, Callable[[Path, Collector], None]]:
    """Format and reader of a file, from its first bytes."""
    from kyoto.statistics.exchange.sdmx.reading.from_csv import read_csv
    from kyoto.statistics.exchange.sdmx.reading.from_json import read_json
    from kyoto.statistics.exchange.sdmx.reading.from_xml import read_xml

    try:
        with path.open("rb") as opened:
            start = opened.read(_LOOK)
    except OSError as error:
        raise KyotoError(
            "Cannot read the file",
            code="source.missing-file",
            where=Where(file=str(path)),
            detail=error.strerror or str(error),
        ) from error
    text = start.decode("utf-8", errors="replace").lstrip("\ufeff \t\r\n\0")
    if not text:
        raise not_sdmx(str(path), "the file is empty" if not start else f"its first {len(start):,} bytes are blank")
    if text.startswith("<") or start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "SDMX-ML", read_xml
    if text.startswith("{"):
        return "SDMX-JSON", read_json
    return "SDMX-CSV", read_csv
