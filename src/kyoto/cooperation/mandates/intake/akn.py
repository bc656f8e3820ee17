"""Akoma Ntoso XML: its elements are the structure; the source text is what they hold, in order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kyoto.cooperation.mandates.cleantext import raised
from kyoto.cooperation.mandates.intake.xml import checked_root
from kyoto.cooperation.mandates.model import KINDS, Document, Span, Unclear
from kyoto.cooperation.mandates.structure.freeze import freeze
from kyoto.cooperation.mandates.structure.state import Draft
from kyoto.core.errors import KyotoError, Where

__all__ = ["read_akn"]

_CONTAINERS = {
    "chapter": "chapter",
    "section": "section",
    "part": "section",
    "title": "section",
    "subsection": "section",
    "subchapter": "section",
    "division": "section",
    "article": "section",
    "paragraph": "paragraph",
    "subparagraph": "sub",
    "point": "sub",
    "clause": "sub",
    "subclause": "sub",
    "alinea": "sub",
    "list": "sub",
    "item": "sub",
    "indent": "entry",
    "recital": "preamble",
    "citation": "preamble",
}
_TRANSPARENT = frozenset({
    "akomaNtoso", "statement", "doc", "officialGazette", "documentCollection", "debateReport", "debate", "act",
    "bill", "mainBody", "body", "preface", "preamble", "conclusions", "content", "intro", "wrapUp", "recitals",
    "citations", "blockContainer", "container", "blockList", "ul", "ol", "li", "listIntroduction", "coverPage",
    "collectionBody", "component", "components", "attachments", "attachment", "debateBody", "div", "longTitle",
    "tblock", "toc",
})  # fmt: skip
_TITLED = ("chapter", "resolution", "decision")
_HEADED = ("section", "item", "workshop", "heading")


@dataclass(slots=True)
class _Reading:
    """Source text and tree while they grow."""

    parts: list[str] = field(default_factory=list)
    length: int = 0
    root: Draft = field(default_factory=lambda: Draft("root", level=0))
    unclear: list[Unclear] = field(default_factory=list)
    acts: dict[str, tuple[str, str]] = field(default_factory=dict)
    single: bool = False

    def write(self, text: str) -> Span:
        start = self.length
        self.parts.append(text)
        self.length += len(text)
        return start, self.length


def read_akn(data: bytes, path: Path) -> Document:
    """Read Akoma Ntoso XML.

    Parameters
    ----------
    data
        Bytes of the file.
    path
        Its path, for messages and as the document's name.

    Returns
    -------
    Document
        Its ``text`` is the text of the elements, a line each; its nodes follow the elements.

    Raises
    ------
    KyotoError
        ``mandates.unsafe-xml``, ``mandates.broken-xml``, ``mandates.unknown-xml``.
    """
    root = checked_root(data, path)
    if _local(root) != "akomaNtoso":
        raise KyotoError(
            "This XML is not Akoma Ntoso",
            code="mandates.unknown-xml",
            where=Where(file=str(path)),
            expected="<akomaNtoso>",
            got=f"<{_local(root)}>",
        )
    reading = _Reading()
    name, symbol = _facts(reading, root, path)
    body = next((child for child in root if _local(child) not in ("meta", "")), None)
    if (
        body is not None
        and _local(body) == "statement"
        and not body.xpath(".//*[@name='resolution' or @name='decision'][@eId]")
    ):
        act = Draft("resolution", "", status="adopted", level=4)
        reading.root.children.append(act)
        reading.single = True
        _walk(reading, body, act)
    else:
        _walk(reading, root, reading.root)
    text = "".join(reading.parts)
    return Document(
        name=name,
        symbol=symbol,
        text=text,
        root=freeze(reading.root, text),
        unclear=tuple(reading.unclear),
    )


def _local(element: Any) -> str:
    tag = element.tag
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""


def _facts(reading: _Reading, root: Any, path: Path) -> tuple[str, str]:
    name, symbol = path.stem, ""
    for element in root.iter():
        local = _local(element)
        if local == "act" and element.get("status"):
            reading.acts[str(element.get("eId"))] = (str(element.get("status")), str(element.get("body")))
        elif local == "document" and element.get("characters"):
            name, symbol = str(element.get("name")), str(element.get("symbol"))
        elif local == "FRBRalias" and element.get("name") == "symbol":
            symbol = str(element.get("value"))
        elif local == "docNumber" and not symbol:
            symbol = " ".join("".join(element.itertext()).split())
    return name, symbol


def _walk(reading: _Reading, element: Any, parent: Draft) -> None:
    """Turn the children of an element into nodes below ``parent``."""
    for child in element:
        local = _local(child)
        if local in ("meta", ""):
            continue
        if local in ("num", "heading", "subheading"):
            _label(reading, child, parent)
        elif local in _TRANSPARENT:
            _walk(reading, child, parent)
        elif local == "hcontainer" and child.get("name") == "unclear":
            texts = [line for line in child.iter() if _local(line) == "p"]
            span = reading.write("".join("".join(line.itertext()) for line in texts) + "\n")
            heading = next((line for line in child if _local(line) == "heading"), None)
            reading.unclear.append(Unclear(span, "".join(heading.itertext()) if heading is not None else "unclear"))
        elif local == "hcontainer" or local in _CONTAINERS:
            _container(reading, child, parent, local)
        else:
            _text(reading, child, parent, local)


def _container(reading: _Reading, element: Any, parent: Draft, local: str) -> None:
    wanted = element.get("name") if local == "hcontainer" else element.get("class")
    kind = wanted if wanted in KINDS else _CONTAINERS.get(local, "section")
    if reading.single and kind == "paragraph":
        kind = "operative"
    draft = Draft(kind, level=1)
    if kind in ("resolution", "decision"):
        status, body = reading.acts.get(str(element.get("eId")), ("draft", ""))
        draft.status = status
        found = re.search(r"-([A-Z])-[IVXLC]+$", str(element.get("eId"))) if body or status else None
        draft.body = found[1] if found is not None else ""
    parent.children.append(draft)
    _walk(reading, element, draft)
    if not draft.spans and not draft.children:
        draft.spans.append(reading.write("\n"))


def _label(reading: _Reading, element: Any, parent: Draft) -> None:
    text = " ".join("".join(element.itertext()).split())
    if _local(element) == "num":
        if parent.kind == "note":
            span = reading.write(f"{raised(text)} ")
        else:
            span = reading.write(f"{text}\n\n" if parent.kind in _TITLED else f"{text} ")
        parent.spans.append(span)
        parent.cuts.append(span)
        numbers = re.findall(r"\d+/\d+|[A-Za-z]+|\d+", text)
        parent.number = numbers[-1] if numbers else ""
        parent.inferred = element.get("class") == "inferred"
    elif parent.kind in _HEADED:
        _inline(reading, element, parent, parent)
    else:
        title = Draft("title")
        parent.children.append(title)
        _inline(reading, element, title, parent)


def _text(reading: _Reading, element: Any, parent: Draft, local: str) -> None:
    """A block of text: of its parent if that holds sentences, else a node of its own."""
    inside = element.getparent()
    kind = "enacting" if local == "formula" else str(element.get("class"))
    if local == "crossHeading":
        kind = "heading"
    within = _local(inside) in ("content", "intro", "wrapUp") and parent.kind not in (
        "root",
        "resolution",
        "decision",
        *_HEADED,
        "chapter",
    )
    if within and local != "formula":
        _inline(reading, element, parent, parent)
        return
    if kind not in KINDS:
        above = {_local(ancestor) for ancestor in element.iterancestors()}
        kind = "preamble" if "preamble" in above else "front" if "preface" in above else "text"
    draft = Draft(kind)
    parent.children.append(draft)
    _inline(reading, element, draft, parent)


def _inline(reading: _Reading, element: Any, draft: Draft, parent: Draft) -> None:
    """Write the text of an element; footnotes become calls, and nodes behind it."""
    notes: list[tuple[str, Any]] = []
    parts: list[str] = []

    def gather(node: Any) -> None:
        parts.append(_plain(node.text))
        for child in node:
            local = _local(child)
            if local == "authorialNote":
                number = str(child.get("marker") or len(notes) + 1)
                parts.append(raised(number))
                notes.append((number, child))
            elif local == "noteRef":
                parts.append(raised(str(child.get("marker") or "")) if child.get("marker") else "")
            elif local:
                gather(child)
            parts.append(_plain(child.tail))

    gather(element)
    text = re.sub(r"\s+", " ", "".join(parts)).strip()
    draft.spans.append(reading.write(f"{text}\n\n"))
    draft.tail = text[-80:]
    for number, node in notes:
        note = Draft("note", number, inferred=node.get("class") == "inferred")
        mark = reading.write(f"{raised(number)} ")
        rest = reading.write(_plain(" ".join("".join(node.itertext()).split())) + "\n\n")
        note.spans, note.cuts = [mark, rest], [mark]
        (parent if draft is not parent or parent.kind != "root" else reading.root).children.append(note)


def _plain(text: str | None) -> str:
    """Text of an element with the characters escaped that are marks in extracted text."""
    return re.sub(r"[*<>\[\]]", r"\\\g<0>", (text or "").replace("&", "&amp;"))
