"""What a structure message says about a data structure: its dimensions, and the texts of its codes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kyoto.core.errors import KyotoError, Where, did_you_mean
from kyoto.statistics.exchange.sdmx.reading.collecting import Knowledge
from kyoto.statistics.exchange.sdmx.reading.from_xml import elements
from kyoto.statistics.exchange.sdmx.reading.limits import Limits, too_large
from kyoto.statistics.exchange.sdmx.structures import TEXT_ANNOTATION

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["read_knowledge"]

_PARTS = ("Dimension", "TimeDimension", "Attribute", "PrimaryMeasure", "Measure")


def read_knowledge(path: Path, dataflow: str, *, limits: Limits | None = None) -> Knowledge:
    """Read a structure message in SDMX-ML 2.1 or 3.0.

    Parameters
    ----------
    path
        The file.
    dataflow
        Identifier of the dataflow whose structure is wanted, or of the data structure.
    limits
        Bounds of reading.

    Raises
    ------
    KyotoError
        ``sdmx.not-sdmx``, ``sdmx.entities``, ``sdmx.broken-xml``, ``sdmx.too-large``, ``sdmx.unknown-flow``.
    """
    reader = _Reader(str(path), limits or Limits())
    for event, element in elements(path, str(path), ("Structure",), reader.limits):
        if event == "end":
            reader.end(element)
    structure = reader.structures.get(reader.flows.get(dataflow, dataflow))
    if structure is None:
        known = [*reader.flows, *reader.structures]
        raise KyotoError(
            f"The structure message has no dataflow {dataflow!r}",
            code="sdmx.unknown-flow",
            where=Where(file=str(path)),
            got=dataflow,
            hint=did_you_mean(dataflow, known),
        )
    dimensions = tuple(name for name, (kind, _) in structure.items() if kind in ("Dimension", "TimeDimension"))
    codes = {name: reader.lists[key] for name, (_, key) in structure.items() if key in reader.lists}
    return Knowledge(dimensions, codes)


class _Reader:
    """Code lists, data structures and dataflows seen so far."""

    def __init__(self, file: str, limits: Limits) -> None:
        self.file = file
        self.limits = limits
        self.lists: dict[str, dict[str, str]] = {}
        self.structures: dict[str, dict[str, tuple[str, str]]] = {}
        self.flows: dict[str, str] = {}
        self._codes: dict[str, str] = {}
        self._parts: dict[str, tuple[str, str]] = {}
        self._count = 0

    def end(self, element: _Element) -> None:
        name = _name(element)
        if name == "Code" and element.get("id") is not None:
            self._count += 1
            if self._count > self.limits.empty:
                raise too_large(self.file, "more codes", f"at most {self.limits.empty:,}", line=element.sourceline)
            self._codes[element.get("id", "")] = _annotated(element)
        elif name == "Codelist" and element.get("id") is not None:
            self.lists[element.get("id", "")] = self._codes
            self._codes = {}
        elif name in _PARTS and element.get("id") is not None and _within_list(element):
            self._parts[element.get("id", "")] = (name, _referred(element, "Enumeration"))
        elif name == "DataStructure" and element.get("id") is not None:
            self.structures[element.get("id", "")] = self._parts
            self._parts = {}
        elif name == "Dataflow" and element.get("id") is not None:
            self.flows[element.get("id", "")] = _referred(element, "Structure")


def _name(element: _Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _within_list(element: _Element) -> bool:
    parent = element.getparent()
    return parent is not None and _name(parent).endswith("List")


def _annotated(code: _Element) -> str:
    """Text that a code stands for: that of its annotation, or its identifier."""
    for note in code.iter():
        if _name(note) == "Annotation":
            parts = {_name(child): child.text or "" for child in note}
            if parts.get("AnnotationType") == TEXT_ANNOTATION:
                return parts.get("AnnotationTitle", "")
    return str(code.get("id", ""))


def _referred(element: _Element, name: str) -> str:
    """Identifier of the structure that an element inside refers to."""
    for child in element.iter():
        if _name(child) != name:
            continue
        text = (child.text or "").strip()
        if text.startswith("urn:"):
            return text.rpartition(":")[2].partition("(")[0]
        for reference in child:
            if _name(reference) == "Ref":
                return str(reference.get("id", ""))
    return ""
