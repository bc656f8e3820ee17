"""The structure of a document: :func:`parse` turns text into nodes with spans."""

from kyoto.cooperation.mandates.structure.parse import parse

__all__ = ["parse"]
