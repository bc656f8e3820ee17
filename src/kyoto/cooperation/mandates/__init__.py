"""Mandates: from documents of the United Nations to obligations that are followed up.

:func:`read_document` reads text, PDF, DOCX or Akoma Ntoso, and :func:`write_document` writes Akoma Ntoso, JSON and
Parquet.
:mod:`.obligations` finds who is asked to do what by when, :mod:`.links` what is cited and which evidence Kyoto holds
on an
item, :mod:`.followup` keeps the register, :mod:`.search` finds paragraphs again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kyoto.cooperation.mandates.model import Document, Node, Unclear
from kyoto.core.later import importing_later

if TYPE_CHECKING:
    from kyoto.cooperation.mandates.intake import read_document
    from kyoto.cooperation.mandates.links import evidence_brief
    from kyoto.cooperation.mandates.output import to_akn, validate_akn, write_document
    from kyoto.cooperation.mandates.structure import parse

__all__ = [
    "Document",
    "Node",
    "Unclear",
    "evidence_brief",
    "parse",
    "read_document",
    "to_akn",
    "validate_akn",
    "write_document",
]

_PLACES = {
    "evidence_brief": "links",
    "parse": "structure",
    "read_document": "intake",
    "to_akn": "output",
    "validate_akn": "output",
    "write_document": "output",
}

__getattr__ = importing_later(__name__, _PLACES)
