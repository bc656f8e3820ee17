"""Documents, their structure, and their acts with what was found in each paragraph."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from kyoto.cooperation.mandates.cleantext import clean_node
from kyoto.cooperation.mandates.intake import LIMITS, read_document
from kyoto.cooperation.mandates.library import add_document
from kyoto.cooperation.mandates.model import Document, Node
from kyoto.cooperation.mandates.output import act_rows, as_json, write_document
from kyoto.core.errors import KyotoError
from kyoto.portal.answer import NotFound
from kyoto.portal.mandates.desk import Reply, Visit
from kyoto.portal.mandates.failures import problem_texts
from kyoto.portal.mandates.holding import Held
from kyoto.portal.mandates.marking import KINDS, lines_of
from kyoto.portal.mandates.rendering import page, redirect
from kyoto.portal.mandates.uploads import kept_upload

__all__ = ["act", "add", "document", "documents", "file"]

_MEDIA = {"xml": "application/xml", "json": "application/json"}
_UNCLEAR = 200
_OUTLINE = frozenset({"chapter", "section", "item", "workshop", "resolution", "decision", "heading"})


def documents(visit: Visit) -> Reply:
    """List of the documents, and for editors the form that adds one."""
    return _documents(visit)


def _documents(visit: Visit, *, status: int = 200, problems: object = ()) -> Reply:
    with visit.work() as work:
        found = visit.desk.shelf.documents(work)
        visit.log_reading(work, "document", "*", {"records": len(found)})
    return page(
        visit, "documents", visit.words("site.documents"), status=status, documents=found.values(), problems=problems
    )


def add(visit: Visit) -> Reply:
    """Read an uploaded file; its obligations become suggestions."""
    sent, adopted = visit.files.get("file"), visit.sent("adopted")
    try:
        if sent is None or not sent.content:
            raise KyotoError("No file was sent", code="mandates.no-file")
        if adopted:
            date.fromisoformat(adopted)
        with kept_upload(sent) as path:
            read = read_document(path, limits=LIMITS)
        read = replace(read, symbol=visit.sent("symbol")[:100]) if visit.sent("symbol") else read
    except ValueError:
        error = KyotoError("Not a date", code="mandates.wrong-date", got=adopted)
        return _documents(visit, status=422, problems=problem_texts(visit, error))
    except KyotoError as error:
        if not error.code.startswith("mandates."):
            raise
        return _documents(visit, status=422, problems=problem_texts(visit, error))
    new = add_document(visit.desk.database, visit.name, read, adopted=adopted, today=visit.today)
    return redirect(visit.to("document", id=read.symbol or read.name, said="added", new=new))


def _held(visit: Visit, name: str, *, what: str = "") -> Held:
    with visit.work() as work:
        held = visit.desk.shelf.held(work, name[:200])
        if held is None:
            raise NotFound(name)
        visit.log_reading(work, "document", name, {"part": what} if what else None)
    return held


def document(visit: Visit) -> Reply:
    """One document: what it consists of, its acts and items, and what was not understood."""
    name = visit.asked("id")
    held = _held(visit, name)
    whole = held.document
    return page(
        visit,
        "document",
        name,
        held=held,
        name=name,
        totals=whole.totals(),
        acts=act_rows(whole),
        items=as_json(whole)["items"],
        outline=list(_outline(whole)),
        unclear=[
            (entry.reason, whole.text[entry.span[0] : entry.span[1]].strip()[:300])
            for entry in whole.unclear[:_UNCLEAR]
        ],
        not_understood=len(whole.unclear),
        new=visit.asked("new"),
    )


def _outline(whole: Document) -> Iterator[tuple[int, Node, str]]:
    """Depth, node and words of what gives the document its structure."""

    def below(node: Node, depth: int) -> Iterator[tuple[int, Node, str]]:
        named = node.kind in _OUTLINE
        if named:
            title = node.child("title")
            words = [clean_node(whole, part).text for part in (node, title) if part is not None]
            yield depth, node, " ".join(text for text in words if text)[:300]
        for child in node.children:
            yield from below(child, depth + named)

    for node in whole.root:
        yield from below(node, 0)


def file(visit: Visit) -> Reply:
    """The document as Akoma Ntoso, validated, or as JSON."""
    name, form = visit.asked("id"), visit.asked("format", "xml")
    if form not in _MEDIA:
        raise NotFound(form)
    held = _held(visit, name, what=form)
    with tempfile.TemporaryDirectory(prefix="kyoto-out-") as folder:
        path = Path(folder) / f"document.{form}"
        write_document(held.document, path)
        return Reply(path.read_bytes(), _MEDIA[form], name=f"{name.replace('/', '_')}.{form}")


def act(visit: Visit) -> Reply:
    """A resolution or decision, or any other part, with what was found in its operative paragraphs."""
    name, identifier = visit.asked("document"), visit.asked("id")
    held = _held(visit, name, what=identifier[:150])
    node = held.document.find(identifier)
    if node is None:
        raise NotFound(identifier)
    with visit.work() as work:
        entries = visit.desk.shelf.register(work).entries
    row: dict[str, Any] = next((one for one in act_rows(held.document) if one["id"] == identifier), {})
    lines = lines_of(held.document, node, held.obligations)
    title = row.get("title") or clean_node(held.document, node).text or identifier
    return page(
        visit,
        "act",
        str(title)[:300],
        name=name,
        row=row,
        node=node,
        lines=lines,
        kinds=KINDS[:-1],
        entries=entries,
        cited=sum(edge.source == f"{name}#{identifier}" for edge in held.edges),
    )
