"""XML without its dangers: no document type, no entities, no network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from kyoto.core.errors import KyotoError, Where

__all__ = ["checked_root", "refuse_doctype"]

_DOCTYPE = re.compile(rb"<\0*!\0*(?:D\0*O\0*C\0*T\0*Y\0*P\0*E|E\0*N\0*T\0*I\0*T\0*Y)", re.IGNORECASE)


def refuse_doctype(data: bytes, path: Path, member: str = "") -> None:
    """Refuse XML that declares a document type: entities and external files come by it.

    Raises
    ------
    KyotoError
        ``mandates.unsafe-xml``.
    """
    if _DOCTYPE.search(data) is None:
        return
    raise KyotoError(
        "The XML declares a document type, by which entities and other files come in",
        code="mandates.unsafe-xml",
        where=Where(file=str(path), key=member or None),
        expected="XML without <!DOCTYPE> and <!ENTITY>",
        hint="Documents do not need one. If you trust the file, remove the declaration.",
    )


def checked_root(data: bytes, path: Path) -> Any:
    """Parse XML with entities and network off, and return its root.

    Raises
    ------
    KyotoError
        ``mandates.unsafe-xml``, ``mandates.broken-xml``.
    """
    from lxml import etree

    refuse_doctype(data, path)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise KyotoError(
            "The XML is not well formed",
            code="mandates.broken-xml",
            where=Where(file=str(path), line=getattr(error, "lineno", None)),
            detail=str(error),
        ) from error
    if root.getroottree().docinfo.doctype:
        refuse_doctype(b"<!DOCTYPE", path)
    return root
