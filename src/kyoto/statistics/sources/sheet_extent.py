"""How far the cells of an Excel workbook reach, found out before a reader lays them out as a grid.

One stray cell in the last row and column of a sheet, typed or formatted by mistake, makes a grid of 17 thousand million
cells: no machine holds that, and the library that reads workbooks ends the whole program over it.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kyoto.core.archives import UNREADABLE_ARCHIVE
from kyoto.core.errors import KyotoError, Where

__all__ = ["require_modest_extent"]

_MOST_CELLS: Final = 50_000_000
_FEW_COLUMNS: Final = 26
_CHUNK: Final = 1 << 20
_LONGEST_TAG: Final = 64
_SHEET: Final = re.compile(r"xl/worksheets/[^/]+\.xml")
_WIDE: Final = re.compile(rb'<c\b[^>]{0,40}?\br="([A-Z]{2,3})[0-9]{1,7}"')
_DEEP: Final = re.compile(rb'<row\b[^>]{0,40}?\br="([0-9]{1,7})"')


def require_modest_extent(path: Path, shown: str, *, code: str, most: int = _MOST_CELLS) -> None:
    """Refuse a workbook with a sheet whose first to last cell span more than a machine holds.

    Parameters
    ----------
    path
        The workbook; what is no zip archive is left to its reader.
    shown
        Its name for people.
    code
        Of the error.
    most
        Cells of the grid from the first one of the sheet to the last row and the last column.

    Raises
    ------
    KyotoError
        With the sheet and the cell that it reaches to.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for name in filter(_SHEET.fullmatch, archive.namelist()):
                column, row = _reach(archive, name)
                if _number(column) * row > most:
                    raise _too_far(shown, name, f"{column}{row}", code)
    except (*UNREADABLE_ARCHIVE, OSError, ValueError):
        return  # the reader says what is wrong with it


def _reach(archive: zipfile.ZipFile, name: str) -> tuple[str, int]:
    """Last column and last row; a column of a single letter counts as the 26th."""
    column, row = "Z", 1
    for text in _pieces(archive, name):
        column = max([column, *{found.decode() for found in _WIDE.findall(text)}], key=_number)
        row = max([row, *{int(found) for found in _DEEP.findall(text)}])
    return column, row


def _pieces(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """Text of a sheet in pieces that overlap by as much as a tag is long."""
    with archive.open(name) as file:
        before = b""
        while piece := file.read(_CHUNK):
            yield before + piece
            before = piece[-_LONGEST_TAG:]


def _number(column: str) -> int:
    """Number of a column by its letters.

    Examples
    --------
    >>> _number("A"), _number("AA"), _number("XFD")
    (1, 27, 16384)
    """
    number = 0
    for letter in column:
        number = number * _FEW_COLUMNS + ord(letter) - 64
    return number


def _too_far(shown: str, member: str, reach: str, code: str) -> KyotoError:
    number = "".join(letter for letter in member if letter.isdigit())
    return KyotoError(
        "A sheet of the workbook reaches too far",
        code=code,
        where=Where(file=shown),
        got=f"cells up to {reach} in sheet {number or member}",
        expected=f"at most {_MOST_CELLS / 1e6:.0f} million cells from the first to the last",
        hint="Go to its last cell (Ctrl+End), delete the stray rows and columns, and save the workbook.",
    )
