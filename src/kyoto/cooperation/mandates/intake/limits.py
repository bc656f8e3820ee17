"""What a file may be: its size, and what it is by its content."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

from kyoto.core.archives import UNREADABLE_ARCHIVE
from kyoto.core.errors import KyotoError, Where

__all__ = ["LIMITS", "Limits", "checked_bytes", "checked_zip", "sniff"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes beyond which a file is refused.

    Parameters
    ----------
    file_bytes
        Bytes of the file.
    unpacked_bytes
        Bytes of all members of an archive (DOCX), unpacked.
    ratio
        Unpacked to packed size of one member above 1 MB.
    members
        Members of an archive.
    pages
        Pages of a PDF.
    page_bytes, drawing_bytes
        Bytes of the drawing instructions of one page of a PDF and of all its pages, unpacked.
    characters
        Characters of the text.
    """

    file_bytes: int = 64_000_000
    unpacked_bytes: int = 256_000_000
    ratio: int = 200
    members: int = 5_000
    pages: int = 5_000
    page_bytes: int = 2_000_000
    drawing_bytes: int = 40_000_000
    characters: int = 50_000_000


LIMITS = Limits()
"""What is accepted unless the caller says otherwise."""

_FOREIGN = (
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a Linux program"),
    (b"\xcf\xfa\xed\xfe", "a macOS program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"#!", "a script"),
    (b"{\\rtf", "a Rich Text file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"Rar!", "a compressed archive"),
    (b"7z\xbc\xaf", "a compressed archive"),
    (b"BZh", "a compressed archive"),
    (b"\xfd7zXZ", "a compressed archive"),
)


def checked_bytes(path: Path, limits: Limits = LIMITS) -> bytes:
    """Return the bytes of a file that is there, not empty and not too large."""
    if not path.is_file():
        raise KyotoError(
            "No such file",
            code="mandates.missing-file",
            where=Where(file=str(path)),
            hint="Check the path; it is read from the folder in which you run the command.",
        )
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise KyotoError(
            "The file is too large for a document",
            code="mandates.too-large",
            where=Where(file=str(path)),
            expected=f"at most {limits.file_bytes / 1e6:.0f} MB",
            got=f"{size / 1e6:.0f} MB",
            hint="Split the document, or remove pictures from it.",
        )
    with path.open("rb") as file:
        data = file.read(limits.file_bytes + 1)
    if not data.strip():
        raise KyotoError("The file is empty", code="mandates.empty", where=Where(file=str(path)))
    return data


def sniff(data: bytes, path: Path, encoding: str | None = None) -> str:
    """Tell what a file is by its content: ``pdf``, ``docx``, ``xml`` or ``text``.

    Parameters
    ----------
    data, path
        The file.
    encoding
        What its user says it is written in; NUL bytes are then no sign of a binary file.

    Raises
    ------
    KyotoError
        ``mandates.not-a-document``, ``mandates.old-word``.
    """
    head = data[:1024]
    for start, what in _FOREIGN:
        if head.startswith(start):
            raise _foreign(path, what)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise KyotoError(
            "This is an old Word file, or one with a password",
            code="mandates.old-word",
            where=Where(file=str(path)),
            hint="Open it in a word processor and save it as DOCX without a password.",
        )
    if b"%PDF-" in head:
        return "pdf"
    if head.startswith(b"PK"):
        return "docx"
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype html", b"<html")):
        raise _foreign(path, "a web page")
    if _starts_as_xml(head):
        return "xml"
    if encoding is None and not head.startswith((b"\xff\xfe", b"\xfe\xff")) and b"\0" in data:
        raise _foreign(path, "a binary file")
    return "text"


def _starts_as_xml(head: bytes) -> bool:
    lead = head.lstrip(b"\xef\xbb\xbf \t\r\n").replace(b"\0", b"").lstrip(b"\xff\xfe")
    return lead.startswith((b"<?xml", b"<!DOCTYPE", b"<akomaNtoso", b"<akn:"))


def _foreign(path: Path, what: str) -> KyotoError:
    return KyotoError(
        "This is not a document that can be read",
        code="mandates.not-a-document",
        where=Where(file=str(path)),
        expected="plain text, PDF, DOCX or Akoma Ntoso XML",
        got=what,
        hint="Save or print it as PDF, DOCX or text, or unpack it, and read that.",
    )


def checked_zip(data: bytes, path: Path, limits: Limits = LIMITS) -> zipfile.ZipFile:
    """Open an archive whose declared sizes are within the limits.

    ``zipfile`` never unpacks more than a member declares, so that the declared sizes bound what is read.

    Raises
    ------
    KyotoError
        ``mandates.broken-docx``, ``mandates.archive-bomb``.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = archive.infolist()
    except (*UNREADABLE_ARCHIVE, ValueError, OSError) as error:
        raise KyotoError(
            "The archive is damaged",
            code="mandates.broken-docx",
            where=Where(file=str(path)),
            detail=str(error),
            hint="Open the document in a word processor and save it again.",
        ) from error
    total = sum(member.file_size for member in members)
    packed = [member for member in members if member.file_size > 1_000_000]
    steep = any(member.file_size > limits.ratio * max(member.compress_size, 1) for member in packed)
    if total > limits.unpacked_bytes or len(members) > limits.members or steep:
        raise KyotoError(
            "The archive unpacks to far more than it holds",
            code="mandates.archive-bomb",
            where=Where(file=str(path)),
            expected=f"at most {limits.unpacked_bytes / 1e6:.0f} MB in {limits.members} members",
            got=f"{total / 1e6:.0f} MB in {len(members)} members from {len(data) / 1e6:.1f} MB",
        )
    if any(member.flag_bits & 1 for member in members):
        raise KyotoError(
            "The document has a password",
            code="mandates.encrypted",
            where=Where(file=str(path)),
            hint="Save it without a password.",
        )
    return archive
