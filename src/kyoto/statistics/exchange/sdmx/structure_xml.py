"""Structures as SDMX-ML 2.1 and 3.0.

Source: SDMX 2.1 (2011, revised 2020) and SDMX 3.0 (2021), section 3B, schemas of structure messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

from kyoto.statistics.exchange.sdmx.identifiers import is_name
from kyoto.statistics.exchange.sdmx.library import xml_library
from kyoto.statistics.exchange.sdmx.model import Component
from kyoto.statistics.exchange.sdmx.structures import CONCEPTS, TEXT_ANNOTATION, Artefact, Item, Reference, Region

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["Edition", "header_id", "namespace", "structure_xml"]

Edition = Literal["2.1", "3.0"]

_XML = "http://www.w3.org/XML/1998/namespace"
_PREFIXES: Final = {"mes": "message", "str": "structure", "com": "common"}
_CONTAINERS: Final[dict[Edition, tuple[tuple[str, str, str], ...]]] = {
    "2.1": (
        ("OrganisationSchemes", "agencyscheme", "AgencyScheme"),
        ("Dataflows", "dataflow", "Dataflow"),
        ("CategorySchemes", "categoryscheme", "CategoryScheme"),
        ("Categorisations", "categorisation", "Categorisation"),
        ("Codelists", "codelist", "Codelist"),
        ("Concepts", "conceptscheme", "ConceptScheme"),
        ("DataStructures", "datastructure", "DataStructure"),
        ("Constraints", "dataconstraint", "ContentConstraint"),
    ),
    "3.0": (
        ("AgencySchemes", "agencyscheme", "AgencyScheme"),
        ("Categorisations", "categorisation", "Categorisation"),
        ("CategorySchemes", "categoryscheme", "CategoryScheme"),
        ("Codelists", "codelist", "Codelist"),
        ("ConceptSchemes", "conceptscheme", "ConceptScheme"),
        ("DataConstraints", "dataconstraint", "DataConstraint"),
        ("Dataflows", "dataflow", "Dataflow"),
        ("DataStructures", "datastructure", "DataStructure"),
        ("Hierarchies", "hierarchy", "Hierarchy"),
    ),
}
_ITEMS: Final = {"agencyscheme": "Agency", "categoryscheme": "Category", "codelist": "Code", "conceptscheme": "Concept"}


def namespace(edition: Edition, part: str) -> str:
    """Namespace of a part of a message.

    Examples
    --------
    >>> namespace("3.0", "message")
    'http://www.sdmx.org/resources/sdmxml/schemas/v3_0/message'
    """
    return f"http://www.sdmx.org/resources/sdmxml/schemas/v{edition.replace('.', '_')}/{part}"


def header_id(prepared: datetime) -> str:
    """Identifier of messages about a build; the same for the same build.

    Examples
    --------
    >>> header_id(datetime(2026, 1, 2, 3, 4, 5))
    'KYOTO-20260102T030405'
    """
    return f"KYOTO-{prepared:%Y%m%dT%H%M%S}"


def structure_xml(artefacts: Iterable[Artefact], *, edition: Edition, sender: str, prepared: datetime) -> bytes:
    """Structure message with the given structures.

    Parameters
    ----------
    artefacts
        What the message holds.
    edition
        ``2.1`` or ``3.0``.
    sender
        Who sends the message (:attr:`Agency.sender`).
    prepared
        When the build was finished.

    Returns
    -------
    bytes
        UTF-8.
    """
    etree = xml_library()

    return bytes(
        etree.tostring(
            _Writer(edition).message(list(artefacts), sender, prepared),
            encoding="UTF-8",
            xml_declaration=True,
            pretty_print=True,
        )
    )


class _Writer:
    """Elements of one edition."""

    def __init__(self, edition: Edition) -> None:
        etree = xml_library()

        self.edition = edition
        self.new = edition == "3.0"
        self.map = {prefix: namespace(edition, part) for prefix, part in _PREFIXES.items()}
        self._make = etree.SubElement
        self._root = etree.Element

    def tag(self, name: str) -> str:
        """``str:Codelist`` with its namespace."""
        prefix, local = name.split(":")
        return f"{{{self.map[prefix]}}}{local}"

    def add(self, parent: _Element, name: str, text: str | None = None, **attributes: str) -> _Element:
        """Append an element."""
        element = self._make(parent, self.tag(name), attributes)
        if text is not None:
            element.text = text
        return element

    def message(self, artefacts: Sequence[Artefact], sender: str, prepared: datetime) -> _Element:
        root = self._root(self.tag("mes:Structure"), nsmap=self.map)
        header = self.add(root, "mes:Header")
        self.add(header, "mes:ID", header_id(prepared))
        self.add(header, "mes:Test", "false")
        self.add(header, "mes:Prepared", prepared.isoformat())
        self.add(header, "mes:Sender", id=sender)
        structures = self.add(root, "mes:Structures")
        for container, kind, name in _CONTAINERS[self.edition]:
            chosen = [artefact for artefact in artefacts if artefact.kind == kind]
            if chosen:
                box = self.add(structures, f"str:{container}")
                for artefact in chosen:
                    self.artefact(box, name, artefact)
        return root

    def artefact(self, box: _Element, name: str, artefact: Artefact) -> None:
        attributes = {"id": artefact.id, "agencyID": artefact.agency, "version": artefact.version}
        if artefact.kind == "agencyscheme" and self.new:
            del attributes["version"]
        if artefact.stub:
            attributes["isExternalReference"] = "true"
        if artefact.kind == "hierarchy":
            attributes["hasFormalLevels"] = "false"
        if artefact.kind == "dataconstraint":
            attributes["role" if self.new else "type"] = "Actual"
        if artefact.partial:
            attributes["isPartial"] = "true"
        element = self.add(box, f"str:{name}", **attributes)
        self.annotations(element, _counts(artefact.region))
        self.named(element, artefact.name)
        if not artefact.stub or artefact.kind == "hierarchy":
            self.content(element, artefact)

    def content(self, element: _Element, artefact: Artefact) -> None:
        if artefact.kind in _ITEMS:
            for item in artefact.items:
                self.item(element, _ITEMS[artefact.kind], item, artefact)
            return
        writers: dict[str, Callable[[_Element, Artefact], None]] = {
            "datastructure": self.data_structure,
            "dataflow": self.dataflow,
            "dataconstraint": self.constraint,
            "categorisation": self.categorisation,
            "hierarchy": self.hierarchy,
        }
        writers[artefact.kind](element, artefact)

    def named(self, element: _Element, name: str, others: Mapping[str, str] | None = None) -> None:
        for language, text in {"en": name or "-", **(others or {})}.items():
            self.add(element, "com:Name", text).set(f"{{{_XML}}}lang", language)

    def annotations(self, element: _Element, notes: Sequence[tuple[str, str, str]]) -> None:
        """Annotations of (identifier, title, type)."""
        if notes:
            box = self.add(element, "com:Annotations")
            for identifier, title, kind in notes:
                note = self.add(box, "com:Annotation", id=identifier)
                self.add(note, "com:AnnotationTitle", title)
                self.add(note, "com:AnnotationType", kind)

    def refer(self, parent: _Element, name: str, reference: Reference) -> None:
        """Reference as a URN (3.0) or as an element of its parts (2.1)."""
        if self.new:
            self.add(parent, name, reference.urn)
            return
        element = self.add(parent, name)
        if reference.item:
            parts = {
                "maintainableParentID": reference.id,
                "maintainableParentVersion": reference.version,
                "agencyID": reference.agency,
                "id": reference.item,
            }
        else:
            parts = {"id": reference.id, "version": reference.version, "agencyID": reference.agency}
        self._make(element, "Ref", {**parts, "class": reference.class_name, "package": reference.package})

    def item(self, element: _Element, name: str, item: Item, scheme: Artefact) -> None:
        entry = self.add(element, f"str:{name}", id=item.id)
        if item.text is not None:
            self.annotations(entry, [("TEXT", item.text, TEXT_ANNOTATION)])
        self.named(entry, item.name, item.names)
        if item.parent is not None and not self.new:
            self._make(self.add(entry, "str:Parent"), "Ref", {"id": item.parent})
        elif item.parent is not None and is_name(item.parent):
            self.add(entry, "str:Parent", item.parent)
        if item.component is not None:
            self.representation(entry, "str:CoreRepresentation", item.component, scheme)

    def representation(self, parent: _Element, name: str, part: Component, owner: Artefact) -> None:
        element = self.add(parent, name)
        if part.code_list:
            self.refer(
                element, "str:Enumeration", Reference("codelist", owner.agency, part.code_list, _version(owner, part))
            )
            return
        kind = "ObservationalTimePeriod" if part.role == "time" else ("Double" if part.is_number else "String")
        self.add(element, "str:TextFormat", textType=kind)

    def data_structure(self, element: _Element, artefact: Artefact) -> None:
        box = self.add(element, "str:DataStructureComponents")
        dimensions = self.add(box, "str:DimensionList", id="DimensionDescriptor")
        keys = [part for part in artefact.components if part.role == "dimension"]
        for position, part in enumerate(keys, start=1):
            entry = self.add(dimensions, "str:Dimension", id=part.id, position=str(position))
            self.component(entry, part, artefact)
        for part in artefact.components:
            if part.role == "time":
                extra = {} if self.new else {"position": str(len(keys) + 1)}
                self.component(self.add(dimensions, "str:TimeDimension", id=part.id, **extra), part, artefact)
        measure = next(part for part in artefact.components if part.role == "measure")
        attributes = self.add(box, "str:AttributeList", id="AttributeDescriptor")
        for part in artefact.components:
            if part.role == "attribute":
                self.attribute(attributes, part, measure, artefact)
        if not len(attributes):
            box.remove(attributes)
        measures = self.add(box, "str:MeasureList", id="MeasureDescriptor")
        name = "str:Measure" if self.new else "str:PrimaryMeasure"
        self.component(self.add(measures, name, id=measure.id), measure, artefact)

    def attribute(self, box: _Element, part: Component, measure: Component, artefact: Artefact) -> None:
        usage = {"usage": "optional"} if self.new else {"assignmentStatus": "Conditional"}
        entry = self.add(box, "str:Attribute", id=part.id, **usage)
        self.component(entry, part, artefact)
        relation = self.add(entry, "str:AttributeRelationship")
        if self.new:
            self.add(relation, "str:Observation")
        else:
            self._make(self.add(relation, "str:PrimaryMeasure"), "Ref", {"id": measure.id})

    def component(self, entry: _Element, part: Component, artefact: Artefact) -> None:
        concepts = next(used for used in artefact.uses if used.kind == "conceptscheme")
        identity = Reference("concept", concepts.agency, CONCEPTS, concepts.version, part.id)
        self.refer(entry, "str:ConceptIdentity", identity)
        self.representation(entry, "str:LocalRepresentation", part, artefact)

    def dataflow(self, element: _Element, artefact: Artefact) -> None:
        self.refer(element, "str:Structure", artefact.uses[0])

    def categorisation(self, element: _Element, artefact: Artefact) -> None:
        source, target = artefact.uses
        self.refer(element, "str:Source", source)
        self.refer(element, "str:Target", target)

    def hierarchy(self, element: _Element, artefact: Artefact) -> None:
        codes = artefact.uses[0]
        entries: dict[str, _Element] = {}
        for item in artefact.items:  # parents stand before their children
            above = entries.get(item.parent or "", element)
            entries[item.id] = entry = self.add(above, "str:HierarchicalCode", id=item.id)
            self.refer(entry, "str:Code", Reference("code", codes.agency, codes.id, codes.version, item.id))

    def constraint(self, element: _Element, artefact: Artefact) -> None:
        attached = self.add(element, "str:ConstraintAttachment")
        self.refer(attached, "str:Dataflow", artefact.uses[0])
        region = artefact.region
        if region is None:
            return
        box = self.add(element, "str:CubeRegion", include="true")
        space = "str" if self.new else "com"
        for identifier, values in region.values.items():
            entry = self.add(box, f"{space}:KeyValue", id=identifier)
            for value in values:
                self.add(entry, f"{space}:Value", value)
        if region.time is not None and self.new:  # the reader sdmx1 knows no ranges in 3.0
            entry = self.add(box, "str:KeyValue", id=region.time[0])
            for period in region.periods:
                self.add(entry, "str:Value", period)
        elif region.time is not None:
            identifier, first, last = region.time
            span = self.add(self.add(box, f"{space}:KeyValue", id=identifier), f"{space}:TimeRange")
            self.add(span, f"{space}:StartPeriod", first.isoformat(), isInclusive="true")
            self.add(span, f"{space}:EndPeriod", last.isoformat(), isInclusive="true")


def _version(owner: Artefact, part: Component) -> str:
    return next(used.version for used in owner.uses if used.key == ("codelist", part.code_list))


def _counts(region: Region | None) -> list[tuple[str, str, str]]:
    """Numbers of observations and series as annotations: these editions have no other place for them."""
    counts = [] if region is None else [("obs_count", region.observations), ("series_count", region.series)]
    return [(name, str(count), "sdmx_metrics") for name, count in counts if count is not None]
