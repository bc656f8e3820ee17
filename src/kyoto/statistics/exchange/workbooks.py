"""Opening a workbook that somebody sent: what it is, and a clear word where it is none.

Nothing is trusted: the kind is told by the content, not by the ending, and an archive that unpacks to far too
much is refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from kyoto.core.archives import UNREADABLE_ARCHIVE
from kyoto.core.errors import KyotoError, Where
from kyoto.statistics.sources.sheet_extent import require_modest_extent

__all__ = ["Sheet", "open_sheets"]

_ZIP: Final = b"PK\x03\x04"
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = ("EncryptedPackage".encode("utf-16-le"), b"EncryptedPackage")
_LARGEST: Final = 200_000_000

Sheet = tuple[str, list[list[Any]]]
"""Name and rows of a sheet, from its first cell."""


def open_sheets(path: Path, shown: str = "", *, largest: int = _LARGEST) -> list[Sheet]:
    """Read every sheet of a workbook.

    Parameters
    ----------
    path
        XLSX, XLSM, ODS or XLS.
    shown
        Its name for people.
    largest
        Bytes that its parts may have when they are unpacked.

    Raises
    ------
    KyotoError
        ``workbook.missing-file``, ``workbook.not-a-workbook``, ``workbook.password-protected``,
        ``workbook.damaged-workbook``.
    """
    name = shown or str(path)
    _check_kind(path, name, largest)
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        with CalamineWorkbook.from_path(path) as book:
            return [
                (sheet, book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)) for sheet in book.sheet_names
            ]
    except PasswordError:
        raise _password(name) from None
    except (CalamineError, OSError, ValueError) as error:
        raise KyotoError(
            "The workbook is damaged",
            code="workbook.damaged-workbook",
            where=Where(file=name),
            detail=str(error).splitlines()[0] if str(error) else "",
            hint="Ask for it anew, or open it in a spreadsheet program, let it repair the file and save it as .xlsx.",
        ) from None


def _check_kind(path: Path, name: str, largest: int) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(8)
            size = file.seek(0, 2)
            file.seek(len(head))
            rest = file.read(largest) if head == _COMPOUND and size <= largest else b""
    except OSError as error:
        raise KyotoError(
            "Cannot read the workbook",
            code="workbook.missing-file",
            where=Where(file=name),
            detail=error.strerror or str(error),
            hint="Check the path; it is read from the folder in which you run the command.",
        ) from None
    if any(word in rest for word in _ENCRYPTED):
        raise _password(name)
    if head == _COMPOUND and size > largest:
        raise _too_large(name, f"{size / 1e6:,.0f} MB", largest)
    if head == _COMPOUND:
        return
    if not head.startswith(_ZIP):
        raise KyotoError(
            "This is no workbook",
            code="workbook.not-a-workbook",
            where=Where(file=name),
            expected="an Excel workbook (.xlsx)",
            got="text, such as CSV"
            if head and all(byte in b"\t\n\r" or byte >= 32 for byte in head)
            else "other bytes",
            hint="A file is no workbook because of its name: open it in a spreadsheet program and save it as .xlsx.",
        )
    _check_size(path, name, largest)


def _check_size(path: Path, name: str, largest: int) -> None:
    """Refuse an archive that would unpack to far more than a table of figures has."""
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except (*UNREADABLE_ARCHIVE, OSError):
        return  # the reader says what is wrong with it
    if size > largest:
        raise _too_large(name, f"{size / 1e6:,.0f} MB unpacked", largest)
    require_modest_extent(path, name, code="workbook.damaged-workbook")


def _too_large(name: str, got: str, largest: int) -> KyotoError:
    return KyotoError(
        "The workbook is far too large",
        code="workbook.damaged-workbook",
        where=Where(file=name),
        got=got,
        expected=f"at most {largest / 1e6:,.0f} MB",
        hint="Ask for it anew; a workbook of figures has a few megabytes.",
    )


def _password(name: str) -> KyotoError:
    return KyotoError(
        "The workbook is protected by a password",
        code="workbook.password-protected",
        where=Where(file=name),
        hint="Open it, remove the password (File, Info, Protect Workbook, Encrypt with Password) and save it.",
    )
