"""Structures as SDMX-JSON 1.0 and 2.0.

Source: SDMX Technical Working Group, SDMX-JSON structure message 1.0 (2020) and 2.0.0 (2021), with their JSON schemas.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final, Literal

from kyoto.statistics.exchange.sdmx.model import Component
from kyoto.statistics.exchange.sdmx.structure_xml import header_id
from kyoto.statistics.exchange.sdmx.structures import CONCEPTS, TEXT_ANNOTATION, Artefact, Item, Reference, Region

__all__ = ["JsonEdition", "json_meta", "structure_json"]

JsonEdition = Literal["1.0", "2.0"]
Node = dict[str, Any]

_GROUPS: Final = {
    "agencyscheme": "agencySchemes",
    "categoryscheme": "categorySchemes",
    "categorisation": "categorisations",
    "codelist": "codelists",
    "conceptscheme": "conceptSchemes",
    "dataconstraint": "dataConstraints",
    "dataflow": "dataflows",
    "datastructure": "dataStructures",
    "hierarchy": "hierarchies",
}
_ITEMS: Final = {
    "agencyscheme": "agencies",
    "categoryscheme": "categories",
    "codelist": "codes",
    "conceptscheme": "concepts",
}
_SCHEMAS: Final = "https://raw.githubusercontent.com/sdmx-twg/sdmx-json/master"


def structure_json(artefacts: Iterable[Artefact], *, edition: JsonEdition, sender: str, prepared: datetime) -> bytes:
    """Structure message with the given structures.

    Parameters
    ----------
    artefacts
        What the message holds. Hierarchies are left out of 1.0, where the codes have their parents.
    edition
        ``1.0`` (SDMX 2.1) or ``2.0`` (SDMX 3.0).
    sender
        Who sends the message (:attr:`Agency.sender`).
    prepared
        When the build was finished.

    Returns
    -------
    bytes
        UTF-8.
    """
    groups: dict[str, list[Node]] = {}
    for artefact in artefacts:
        if edition == "2.0" or artefact.kind != "hierarchy":
            groups.setdefault(_group(artefact.kind, edition), []).append(_Maker(edition).artefact(artefact))
    message = {"meta": json_meta("structure", edition, sender, prepared), "data": groups}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def json_meta(kind: str, edition: JsonEdition, sender: str, prepared: datetime) -> Node:
    """Head of a message.

    Parameters
    ----------
    kind
        ``structure`` or ``data``.
    edition, sender, prepared
        See :func:`structure_json`.
    """
    folder = {"1.0": "1.0", "2.0": "2.0.0"}[edition]
    return {
        "schema": f"{_SCHEMAS}/{kind}-message/tools/schemas/{folder}/sdmx-json-{kind}-schema.json",
        "id": header_id(prepared),
        "test": False,
        "prepared": prepared.isoformat(),
        "contentLanguages": ["en"],
        "sender": {"id": sender},
    }


def _group(kind: str, edition: JsonEdition) -> str:
    return "contentConstraints" if kind == "dataconstraint" and edition == "1.0" else _GROUPS[kind]


class _Maker:
    """Objects of one edition."""

    def __init__(self, edition: JsonEdition) -> None:
        self.new = edition == "2.0"

    def artefact(self, artefact: Artefact) -> Node:
        node: Node = {"id": artefact.id, "agencyID": artefact.agency, "name": artefact.name or "-"}
        if artefact.kind != "agencyscheme" or not self.new:
            node["version"] = artefact.version
        if artefact.stub:
            node["isExternalReference"] = True
        if artefact.partial:
            node["isPartial"] = True
        notes = _counts(artefact.region)
        if notes:
            node["annotations"] = notes
        if not artefact.stub:
            node.update(self.content(artefact))
        return node

    def content(self, artefact: Artefact) -> Node:
        if artefact.kind in _ITEMS:
            return {_ITEMS[artefact.kind]: [self.item(item, artefact) for item in artefact.items]}
        makers: dict[str, Callable[[Artefact], Node]] = {
            "datastructure": self.data_structure,
            "dataflow": lambda flow: {"structure": flow.uses[0].urn},
            "dataconstraint": self.constraint,
            "categorisation": lambda entry: {"source": entry.uses[0].urn, "target": entry.uses[1].urn},
            "hierarchy": self.hierarchy,
        }
        return makers[artefact.kind](artefact)

    def item(self, item: Item, scheme: Artefact) -> Node:
        node: Node = {"id": item.id, "name": item.name or "-"}
        if item.names:
            node["names"] = {"en": item.name, **item.names}
        if item.text is not None:
            node["annotations"] = [{"id": "TEXT", "type": TEXT_ANNOTATION, "title": item.text}]
        if item.parent is not None:
            node["parent"] = item.parent
        if item.component is not None:
            node["coreRepresentation"] = self.representation(item.component, scheme)
        return node

    def representation(self, part: Component, owner: Artefact) -> Node:
        if part.code_list:
            used = next(used for used in owner.uses if used.key == ("codelist", part.code_list))
            return {"enumeration": used.urn}
        kind = "ObservationalTimePeriod" if part.role == "time" else ("Double" if part.is_number else "String")
        return {"format": {"dataType": kind}} if self.new else {"textFormat": {"textType": kind}}

    def component(self, part: Component, artefact: Artefact) -> Node:
        concepts = next(used for used in artefact.uses if used.kind == "conceptscheme")
        concept = Reference("concept", concepts.agency, CONCEPTS, concepts.version, part.id)
        return {
            "id": part.id,
            "conceptIdentity": concept.urn,
            "localRepresentation": self.representation(part, artefact),
        }

    def data_structure(self, artefact: Artefact) -> Node:
        parts = artefact.components
        keys = [part for part in parts if part.role == "dimension"]
        dimensions: Node = {
            "id": "DimensionDescriptor",
            "dimensions": [{**self.component(part, artefact), "position": n} for n, part in enumerate(keys)],
        }
        times = [self.component(part, artefact) for part in parts if part.role == "time"]
        if times and self.new:
            dimensions["timeDimension"] = times[0]
        elif times:
            dimensions["timeDimensions"] = [{**times[0], "position": len(keys), "type": "TimeDimension"}]
        measure = next(part for part in parts if part.role == "measure")
        node = self.component(measure, artefact)
        measures: Node = {"measures": [{**node, "usage": "optional"}]} if self.new else {"primaryMeasure": node}
        lists: Node = {
            "dimensionList": dimensions,
            "measureList": {"id": "MeasureDescriptor", **measures},
        }
        attributes = [self.attribute(part, measure, artefact) for part in parts if part.role == "attribute"]
        if attributes:
            lists["attributeList"] = {"id": "AttributeDescriptor", "attributes": attributes}
        return {"dataStructureComponents": lists}

    def attribute(self, part: Component, measure: Component, artefact: Artefact) -> Node:
        node = self.component(part, artefact)
        if self.new:
            return {**node, "usage": "optional", "attributeRelationship": {"observation": {}}}
        relation = {"primaryMeasure": measure.id}
        return {**node, "assignmentStatus": "Conditional", "attributeRelationship": relation}

    def constraint(self, artefact: Artefact) -> Node:
        attached = {"constraintAttachment": {"dataflows": [artefact.uses[0].urn]}}
        region = artefact.region
        node: Node = {"role" if self.new else "type": "Actual", **attached}
        if region is None:
            return node
        keys: list[Node] = [
            {"id": key, "values": [{"value": value} if self.new else value for value in values]}
            for key, values in region.values.items()
        ]
        if region.time is not None:
            identifier, first, last = region.time
            span = {
                "startPeriod": {"period": first.isoformat(), "isInclusive": True},
                "endPeriod": {"period": last.isoformat(), "isInclusive": True},
            }
            keys.append({"id": identifier, "timeRange": span})
        node["cubeRegions"] = [{"include" if self.new else "isIncluded": True, "keyValues": keys}]
        return node

    def hierarchy(self, artefact: Artefact) -> Node:
        codes = artefact.uses[0]
        top: list[Node] = []
        entries: dict[str, Node] = {}
        for item in artefact.items:  # parents stand before their children
            urn = Reference("code", codes.agency, codes.id, codes.version, item.id).urn
            entries[item.id] = entry = {"id": item.id, "code": urn}
            above = entries.get(item.parent or "")
            (top if above is None else above.setdefault("hierarchicalCodes", [])).append(entry)
        return {"hasFormalLevels": False, "hierarchicalCodes": top}


def _counts(region: Region | None) -> list[Node]:
    counts = [] if region is None else [("obs_count", region.observations), ("series_count", region.series)]
    return [{"id": name, "title": str(count), "type": "sdmx_metrics"} for name, count in counts if count is not None]
