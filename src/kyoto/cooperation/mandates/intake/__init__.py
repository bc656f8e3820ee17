"""Files as they come: sniffed by content, refused with a reason, read as text with structure.

:func:`read_document` takes plain text, PDF, DOCX and Akoma Ntoso XML. What a file is decides its content, not its name.
"""

from __future__ import annotations

import re
from pathlib import Path

from kyoto.cooperation.mandates.intake.limits import LIMITS, Limits, checked_bytes, sniff
from kyoto.cooperation.mandates.model import Document

__all__ = ["LIMITS", "Limits", "read_document"]


def read_document(path: Path, *, encoding: str | None = None, limits: Limits = LIMITS) -> Document:
    """Read a file and its structure.

    Parameters
    ----------
    path
        Plain text, PDF, DOCX or Akoma Ntoso XML.
    encoding
        Encoding of plain text; UTF-8, or UTF-16 with its mark, if not given.
    limits
        Sizes beyond which a file is refused.

    Returns
    -------
    Document

    Raises
    ------
    KyotoError
        ``mandates.too-large``, ``mandates.empty``, ``mandates.not-a-document``, ``mandates.wrong-encoding``,
        ``mandates.encrypted``, ``mandates.scanned``, ``mandates.broken-pdf``, ``mandates.broken-docx``,
        ``mandates.archive-bomb``, ``mandates.unsafe-xml``, ``mandates.broken-xml``, ``mandates.unknown-xml``.
    """
    from kyoto.cooperation.mandates.structure import parse

    data = checked_bytes(path, limits)
    form = sniff(data, path, encoding)
    if form == "pdf":
        from kyoto.cooperation.mandates.intake.pdf import read_pdf

        pages = read_pdf(data, path, limits)
        return parse(pages.text, _name(path), pages=pages.count, furniture_spans=pages.furniture)
    if form == "docx":
        from kyoto.cooperation.mandates.intake.docx import read_docx

        return parse(read_docx(data, path, limits), _name(path))
    if form == "xml":
        from kyoto.cooperation.mandates.intake.akn import read_akn

        return read_akn(data, path)
    from kyoto.cooperation.mandates.intake.plain import decode

    return parse(decode(data, path, encoding), _name(path))


def _name(path: Path) -> str:
    """Name of the file without its suffix; bytes that are no characters are replaced."""
    return re.sub(r"[\x00-\x1f\x7f]", "_", path.stem.encode("utf-8", "replace").decode())
