"""Documents as JSON, Parquet and rows to print."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kyoto.cooperation.mandates.cleantext import clean, clean_node
from kyoto.cooperation.mandates.model import Document, Node
from kyoto.core.errors import KyotoError, Where
from kyoto.core.files import write_whole, writing

__all__ = ["act_rows", "as_json", "node_rows", "write_document"]


def act_rows(document: Document) -> list[dict[str, Any]]:
    """Return one row a resolution or decision.

    Returns
    -------
    list of dict
        ``id``, ``kind``, ``number``, ``label`` (as printed), ``title``, ``status``, ``body``, ``operative_paragraphs``
        (numbered paragraphs of a resolution), ``clauses`` (paragraphs of a decision), ``preambular_paragraphs``,
        ``sub_paragraphs``, ``start`` and ``end`` in the source.
    """
    rows = []
    for act in document.resolutions():
        title = act.child("title")
        paragraphs = len(document.operative(act))
        nodes = list(act.walk())
        spans = [span for node in nodes for span in node.spans]
        rows.append(
            {
                "id": act.id,
                "kind": act.kind,
                "number": act.number,
                "label": clean(document.text, act.spans).text,
                "title": clean_node(document, title).text if title is not None else "",
                "status": act.status,
                "body": act.body,
                "operative_paragraphs": paragraphs if act.kind == "resolution" else 0,
                "clauses": paragraphs if act.kind == "decision" else 0,
                "preambular_paragraphs": sum(node.kind == "preamble" for node in nodes),
                "sub_paragraphs": sum(node.kind == "sub" for node in nodes),
                "start": min(start for start, _ in spans),
                "end": max(end for _, end in spans),
            }
        )
    return rows


def node_rows(document: Document) -> Iterator[dict[str, Any]]:
    """Yield one row a node, in order.

    Columns: ``document``, ``id``, ``parent``, ``act``, ``kind``, ``number``, ``inferred``, ``text``, ``start``,
    ``end``, ``spans``.
    """

    def rows(node: Node, parent: str, act: str) -> Iterator[dict[str, Any]]:
        act = node.id if node.kind in ("resolution", "decision") else act
        yield {
            "document": document.symbol or document.name,
            "id": node.id,
            "parent": parent,
            "act": act,
            "kind": node.kind,
            "number": node.number,
            "inferred": node.inferred,
            "text": clean_node(document, node).text,
            "start": min((start for start, _ in node.spans), default=None),
            "end": max((end for _, end in node.spans), default=None),
            "spans": [list(span) for span in node.spans],
        }
        for child in node.children:
            yield from rows(child, node.id, act)

    for node in document.root:
        yield from rows(node, "", "")


def as_json(document: Document, *, nodes: bool = False) -> dict[str, Any]:
    """Return what ``kyoto mandates read --json`` prints.

    Parameters
    ----------
    document
        A document as read.
    nodes
        Whether to add all nodes.

    Returns
    -------
    dict
        ``document`` (name, symbol, pages), ``resolutions`` (:func:`act_rows`), ``items`` (agenda items and workshops
        with
        their numbers of questions), ``totals``, ``not_understood`` (start, end, reason, text), and ``nodes`` if wanted.
    """
    items = [
        {
            "id": node.id,
            "kind": node.kind,
            "number": node.number,
            "title": clean_node(document, node).text,
            "questions": sum(below.kind == "question" for below in node.walk()),
        }
        for node in document.walk()
        if node.kind in ("item", "workshop")
    ]
    found: dict[str, Any] = {
        "document": {"name": document.name, "symbol": document.symbol, "pages": document.pages or None},
        "resolutions": act_rows(document),
        "items": items,
        "totals": document.totals(),
        "not_understood": [
            {
                "start": entry.span[0],
                "end": entry.span[1],
                "reason": entry.reason,
                "text": document.text[entry.span[0] : entry.span[1]].strip()[:500],
            }
            for entry in document.unclear
        ],
    }
    if nodes:
        found["nodes"] = list(node_rows(document))
        found["furniture"] = [list(span) for span in document.furniture]
    return found


def write_document(document: Document, path: Path) -> list[str]:
    """Write a document in the format that the suffix names.

    Parameters
    ----------
    document
        A document as read.
    path
        ``.xml`` (Akoma Ntoso, validated), ``.json`` (all nodes) or ``.parquet`` (one row a node).

    Returns
    -------
    list of str
        What was checked, in words.

    Raises
    ------
    KyotoError
        ``mandates.unknown-format``, ``mandates.invalid-output``.
    """
    suffix = path.suffix.lower()
    if suffix in (".xml", ".akn"):
        from kyoto.cooperation.mandates.output.akn import to_akn, validate_akn

        data = to_akn(document)
        wrong = validate_akn(data)
        if wrong:
            raise KyotoError(
                "The Akoma Ntoso XML is not valid", code="mandates.invalid-output", detail="; ".join(wrong[:5])
            )
        write_whole(path, data)
        return ["valid against the OASIS schema of Akoma Ntoso 3.0"]
    if suffix == ".json":
        write_whole(path, json.dumps(as_json(document, nodes=True), ensure_ascii=False, indent=1))
        return []
    if suffix == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        with writing(path) as part:
            pq.write_table(pa.Table.from_pylist(list(node_rows(document))), part)
        return []
    raise KyotoError(
        "Unknown format",
        code="mandates.unknown-format",
        where=Where(file=str(path)),
        expected=".xml (Akoma Ntoso), .json or .parquet",
        got=suffix or "no suffix",
    )
