"""Reading a published file whatever it is: the publisher is recognized by the heading."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final, cast

from kyoto.core.errors import KyotoError, Where
from kyoto.statistics.exchange.series.eurostat import (
    is_eurostat_csv,
    is_eurostat_tsv,
    read_eurostat_csv,
    read_eurostat_tsv,
)
from kyoto.statistics.exchange.series.model import PublishedSeries
from kyoto.statistics.exchange.series.tables import (
    is_owid,
    is_table,
    is_world_bank_csv,
    read_owid,
    read_table,
    read_world_bank_csv,
    read_world_bank_json,
)
from kyoto.statistics.exchange.series.unodc import find_header, read_unodc
from kyoto.statistics.exchange.workbooks import open_sheets

__all__ = ["read_series"]

_WORKBOOKS: Final = (".xlsx", ".xlsm", ".xls", ".ods")
_LINES: Final = 60
_LARGEST: Final = 500_000_000
"""Bytes of a workbook when it is unpacked."""
_LARGEST_TEXT: Final = 150_000_000
"""Bytes of a text when it is unpacked: all figures of it are held at once."""
_LOOK: Final = 1_000_000
"""A file that is blank for so long is taken to hold nothing."""
_BLANK: Final = b" \t\r\n\0\xef\xbb\xbf"


def read_series(path: str | Path) -> PublishedSeries:
    r"""Read series that UNODC, Eurostat, Our World in Data or the World Bank published.

    Parameters
    ----------
    path
        Workbook, CSV, TSV or JSON, also gzipped.

    Returns
    -------
    PublishedSeries

    Raises
    ------
    KyotoError
        ``series.missing-file``, ``series.unknown-form``, ``series.empty-file``, ``series.too-large``; for workbooks
        what opening one raises.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "chart.csv"
    >>> _ = file.write_text("Entity,Code,Year,homicides\nKosovo,OWID_KOS,2020,2.5\n")
    >>> read_series(file).tidy()[["area", "period", "series", "value"]].values.tolist()
    [['XKX', '2020', 'homicides', 2.5]]
    """
    file = Path(path)
    shown = str(path)
    if file.suffix.casefold() in _WORKBOOKS:
        return _workbook(file, shown)
    text = _text(file, shown)
    if text.lstrip()[:1] in ("[", "{"):
        return _json(text, shown)
    return _delimited(text, shown)


def _workbook(file: Path, shown: str) -> PublishedSeries:
    sheets = open_sheets(file, shown, largest=_LARGEST)
    for _, rows in sheets:
        if find_header(rows):
            return read_unodc(rows, shown)
    raise _unknown(shown, "sheets " + ", ".join(name for name, _ in sheets[:6]))


def _text(file: Path, shown: str) -> str:
    try:
        raw = _bytes(file, shown)
    except (OSError, EOFError, zlib.error) as error:
        raise KyotoError(
            "Cannot read the file",
            code="series.missing-file",
            where=Where(file=shown),
            detail=getattr(error, "strerror", None) or str(error),
            hint="Check the path; it is read from the folder in which you run the command.",
        ) from None
    for encoding in ("utf-8-sig", "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "cp1252", "latin-1"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _unknown(shown, "bytes that are no text")


def _bytes(file: Path, shown: str) -> bytes:
    """Content of a file, unpacked; never more of it than is read."""
    with file.open("rb") as opened:
        packed = opened.read(2) == b"\x1f\x8b"
        opened.seek(0)
        content: IO[bytes] = cast("IO[bytes]", gzip.GzipFile(fileobj=opened)) if packed else opened
        start = content.read(_LOOK)
        if not start.strip(_BLANK):
            detail = "" if len(start) < _LOOK else f"its first {len(start):,} bytes are blank"
            raise KyotoError(
                "The file is empty",
                code="series.empty-file",
                where=Where(file=shown),
                detail=detail,
                hint="Download it again; the download may have been cut off.",
            )
        rest = content.read(_LARGEST_TEXT + 1 - len(start))
        if len(start) + len(rest) > _LARGEST_TEXT:
            raise KyotoError(
                "The file is larger than published series are",
                code="series.too-large",
                where=Where(file=shown),
                got=f"more than {_LARGEST_TEXT // 1_000_000} MB" + (" unpacked" if packed else ""),
                expected=f"at most {_LARGEST_TEXT // 1_000_000} MB",
                hint="Download a part of it, or read it as a [sources] section of a project, which has no such limit.",
            )
    return start + rest


def _json(text: str, shown: str) -> PublishedSeries:
    try:
        data = json.loads(text)
        return read_world_bank_json(data, shown)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unknown(shown, f"JSON of another form ({type(error).__name__}: {str(error)[:60]})") from None


def _delimited(text: str, shown: str) -> PublishedSeries:
    try:
        lines = list(csv.reader(io.StringIO(text), delimiter=_delimiter(text)))
    except csv.Error as error:
        raise _unknown(shown, str(error)) from None
    for number, header in enumerate(lines[:_LINES]):
        made = _recognized(header, lines[number:], lines[:number], shown)
        if made is not None:
            return made
    raise _unknown(shown, ", ".join(lines[0][:8]) if lines else "no lines")


def _delimiter(text: str) -> str:
    head = text[:20_000].partition("\n")[0]
    if "\t" in head:
        return "\t"  # Eurostat's keys hold commas before the first tab
    return ";" if head.count(";") > head.count(",") else ","


def _recognized(
    header: Sequence[str], lines: Sequence[Sequence[str]], above: Sequence[Sequence[str]], shown: str
) -> PublishedSeries | None:
    """Series of the form that a heading belongs to; None if it is none."""
    if is_eurostat_tsv(header):
        return read_eurostat_tsv(lines, shown)
    if find_header([header]):
        return read_unodc([*above, *lines], shown)
    filled = [line for line in lines[1:] if any(cell.strip() for cell in line)]
    rows = [{**dict.fromkeys(header, ""), **dict(zip(header, line, strict=False))} for line in filled]
    if is_eurostat_csv(header):
        return read_eurostat_csv(rows, shown)
    if is_owid(header):
        return read_owid(rows, shown)
    if is_world_bank_csv(header):
        return read_world_bank_csv(rows, shown, _updated(above))
    if is_table(header):
        return read_table(rows, shown, Path(shown).name.partition(".")[0])
    return None


def _updated(above: Sequence[Sequence[Any]]) -> str:
    found = re.search(r"\d{4}-\d{2}-\d{2}", " ".join(str(cell) for line in above for cell in line))
    return found[0] if found else ""


def _unknown(shown: str, got: str) -> KyotoError:
    return KyotoError(
        "This is no published series that Kyoto knows",
        code="series.unknown-form",
        where=Where(file=shown),
        expected="UNODC data portal, Eurostat SDMX-CSV or TSV, Our World in Data, World Bank; or area, year and value",
        got=got,
        hint="A questionnaire is read by `kyoto cts import`, other tables by a [sources] section of a project.",
    )
