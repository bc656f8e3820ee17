"""A document as plain values that JSON can hold, and back again without loss."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from kyoto.cooperation.mandates.model import Document, Node, Unclear

__all__ = ["document_from_plain", "document_to_plain"]

_EMPTY = Node("", "")


def document_to_plain(document: Document) -> dict[str, Any]:
    r"""Return a document as plain values; what is empty is left out.

    Examples
    --------
    >>> from kyoto.cooperation.mandates.structure import parse
    >>> read = parse("Resolution 1/1\n\nData\n\nThe General Assembly,\n\n1. Notes it.\n", "a")
    >>> document_from_plain(document_to_plain(read)) == read
    True
    """
    return {
        "name": document.name,
        "symbol": document.symbol,
        "text": document.text,
        "root": [_plain(node) for node in document.root],
        "furniture": [list(span) for span in document.furniture],
        "unclear": [[*entry.span, entry.reason] for entry in document.unclear],
        "pages": document.pages,
        "facts": dict(document.facts),
    }


def document_from_plain(plain: dict[str, Any]) -> Document:
    """Return the document of its plain values."""
    return Document(
        name=plain["name"],
        symbol=plain["symbol"],
        text=plain["text"],
        root=tuple(_node(node) for node in plain["root"]),
        furniture=_spans(plain["furniture"]),
        unclear=tuple(Unclear((start, end), reason) for start, end, reason in plain["unclear"]),
        pages=plain["pages"],
        facts=dict(plain["facts"]),
    )


def _plain(node: Node) -> dict[str, Any]:
    found: dict[str, Any] = {
        field.name: getattr(node, field.name)
        for field in fields(node)
        if field.name != "children" and getattr(node, field.name) != getattr(_EMPTY, field.name)
    }
    if node.children:
        found["children"] = [_plain(child) for child in node.children]
    return found


def _node(plain: dict[str, Any]) -> Node:
    return Node(
        id=plain["id"],
        kind=plain["kind"],
        number=plain.get("number", ""),
        inferred=plain.get("inferred", False),
        spans=_spans(plain.get("spans", ())),
        cuts=_spans(plain.get("cuts", ())),
        children=tuple(_node(child) for child in plain.get("children", ())),
        status=plain.get("status", ""),
        body=plain.get("body", ""),
    )


def _spans(plain: Any) -> tuple[tuple[int, int], ...]:
    return tuple((start, end) for start, end in plain)
