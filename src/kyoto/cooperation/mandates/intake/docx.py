"""DOCX: paragraphs, tables, automatic numbers and footnotes as lines of text."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kyoto.cooperation.mandates.intake.limits import LIMITS, Limits, checked_zip
from kyoto.cooperation.mandates.intake.numbering import Numbering
from kyoto.cooperation.mandates.intake.xml import refuse_doctype
from kyoto.core.errors import KyotoError, Where

__all__ = ["read_docx"]

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def read_docx(data: bytes, path: Path, limits: Limits = LIMITS) -> str:
    """Read a DOCX as text: one paragraph a line, blank lines between, footnotes behind the paragraph that calls them.

    Parameters
    ----------
    data
        Bytes of the file.
    path
        Its path, for messages.
    limits
        Sizes beyond which it is refused.

    Returns
    -------
    str
        Calls of footnotes are superscript digits, counted through the document; automatic numbers are written out.

    Raises
    ------
    KyotoError
        ``mandates.broken-docx``, ``mandates.archive-bomb``, ``mandates.encrypted``, ``mandates.unsafe-xml``,
        ``mandates.not-a-document``.
    """
    archive = checked_zip(data, path, limits)
    if "word/document.xml" not in archive.namelist():
        raise KyotoError(
            "This is not a document that can be read",
            code="mandates.not-a-document",
            where=Where(file=str(path)),
            expected="plain text, PDF, DOCX or Akoma Ntoso XML",
            got="another archive",
        )
    try:
        for member in archive.namelist():
            if member.endswith((".xml", ".rels")):
                refuse_doctype(archive.read(member), path, member)
        import docx

        document = docx.Document(io.BytesIO(data))
        return "".join(_lines(document))
    except KyotoError:
        raise
    except Exception as error:
        raise KyotoError(
            "The document is damaged",
            code="mandates.broken-docx",
            where=Where(file=str(path)),
            detail=f"{type(error).__name__}: {error}",
            hint="Open it in a word processor and save it again.",
        ) from error


def _lines(document: Any) -> Iterator[str]:
    numbering = Numbering(document)
    notes = _footnotes(document)
    called = 0
    for element in document.element.body.iterchildren():
        if element.tag == f"{_W}p":
            text, calls = _paragraph(element, called)
            number = numbering.next(element)
            if text.strip() or number:
                yield f"{number}{text}\n\n"
            for identifier in calls:
                called += 1
                yield f"{str(called).translate(_RAISED)} {notes.get(identifier, '')}\n\n"
        elif element.tag == f"{_W}tbl":
            for row in element.iter(f"{_W}tr"):
                cells = ["".join(_paragraph(p, called)[0] for p in cell.iter(f"{_W}p")) for cell in row.iter(f"{_W}tc")]
                yield f"| {' | '.join(cells)} |\n"
            yield "\n"


def _paragraph(element: Any, called: int) -> tuple[str, list[str]]:
    """Text of a paragraph, and the ids of the footnotes it calls; deleted text of tracked changes is left out."""
    parts: list[str] = []
    calls: list[str] = []
    for node in element.iter():
        if node.tag == f"{_W}t":
            parts.append(node.text or "")
        elif node.tag in (f"{_W}tab", f"{_W}br", f"{_W}cr") and node.getparent().tag == f"{_W}r":
            parts.append(" ")
        elif node.tag == f"{_W}noBreakHyphen":
            parts.append("-")
        elif node.tag == f"{_W}footnoteReference":
            calls.append(str(node.get(f"{_W}id")))
            parts.append(str(called + len(calls)).translate(_RAISED))
    return "".join(parts).replace("\n", " "), calls


def _footnotes(document: Any) -> dict[str, str]:
    from lxml import etree

    for relation in document.part.rels.values():
        if relation.reltype.endswith("/footnotes") and not relation.is_external:
            parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
            root = etree.fromstring(relation.target_part.blob, parser)
            return {
                str(note.get(f"{_W}id")): " ".join("".join(_paragraph(p, 0)[0] for p in note.iter(f"{_W}p")).split())
                for note in root.iter(f"{_W}footnote")
            }
    return {}
