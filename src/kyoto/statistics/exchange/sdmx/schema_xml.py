"""The XML schema of one data structure, against which its structure-specific data are valid.

Source: SDMX 2.1 (2011, revised 2020), section 3A, part IV, and SDMX 3.0 (2021), section 3B: rules from which the schema
of a data structure is derived.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from kyoto.statistics.exchange.sdmx.data_xml import structure_namespace
from kyoto.statistics.exchange.sdmx.encoding import Selection
from kyoto.statistics.exchange.sdmx.library import xml_library
from kyoto.statistics.exchange.sdmx.model import Catalogue, Component
from kyoto.statistics.exchange.sdmx.structure_xml import Edition, namespace

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["schema_xml"]

_XS: Final = "http://www.w3.org/2001/XMLSchema"


def schema_xml(catalogue: Catalogue, selection: Selection, *, edition: Edition = "3.0", location: str = "") -> bytes:
    """Schema of the data structure of a flow.

    Parameters
    ----------
    catalogue
        What the flow belongs to.
    selection
        The flow, and which dimension stands at the observation.
    edition
        ``2.1`` or ``3.0``.
    location
        Folder or address of the official schemas, with its final slash; empty for the folder of this schema.

    Returns
    -------
    bytes
        UTF-8.
    """
    etree = xml_library()

    own = structure_namespace(catalogue, selection.flow.structure_id, selection.at_observation)
    specific, common = namespace(edition, "data/structurespecific"), namespace(edition, "common")
    names = {"xs": _XS, "ns": own, "dsd": specific, "common": common}
    root = etree.Element(
        f"{{{_XS}}}schema",
        {"targetNamespace": own, "elementFormDefault": "qualified", "attributeFormDefault": "unqualified"},
        nsmap=names,
    )
    _add(root, "import", namespace=specific, schemaLocation=f"{location}SDMXDataStructureSpecific.xsd")
    _add(root, "import", namespace=common, schemaLocation=f"{location}SDMXCommon.xsd")
    for key in dict.fromkeys(part.code_list for part in selection.flow.components if part.code_list):
        box = _add(_add(root, "simpleType", name=key), "restriction", base="xs:string")
        for code in catalogue.code_lists[key].codes:
            _add(box, "enumeration", value=code.id)
    _data_set(root, selection, edition)
    if selection.series:
        _series(root, selection, edition)
    _observation(root, selection, edition)
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True))


def _add(parent: _Element, tag: str, **attributes: str) -> _Element:
    etree = xml_library()

    return etree.SubElement(parent, f"{{{_XS}}}{tag}", attributes)


def _restricted(root: _Element, name: str, base: str) -> _Element:
    return _add(_add(_add(root, "complexType", name=name), "complexContent"), "restriction", base=base)


def _data_set(root: _Element, selection: Selection, edition: Edition) -> None:
    box = _restricted(root, "DataSetType", "dsd:DataSetType")
    inner = _add(box, "sequence")
    _annotations(inner)
    provider = "common:DataProviderReferenceType"
    _add(inner, "element", name="DataProvider", type=provider, form="unqualified", minOccurs="0")
    choice: dict[str, Any] = {"minOccurs": "0", "maxOccurs": "unbounded"}
    which = ("Series", "ns:SeriesType") if selection.series else ("Obs", "ns:ObsType")
    _add(_add(inner, "choice", minOccurs="0"), "element", name=which[0], type=which[1], form="unqualified", **choice)
    _no_start_day(box, edition)


def _series(root: _Element, selection: Selection, edition: Edition) -> None:
    box = _restricted(root, "SeriesType", "dsd:SeriesType")
    inner = _add(box, "sequence")
    _annotations(inner)
    many = {"minOccurs": "0", "maxOccurs": "unbounded"}
    _add(inner, "element", name="Obs", type="ns:ObsType", form="unqualified", **many)
    for part in selection.series:
        _component(box, part, required=True)
    if all(part.role != "time" for part in selection.series):
        _add(box, "attribute", name="TIME_PERIOD", type="common:ObservationalTimePeriodType", use="prohibited")
    _no_start_day(box, edition)


def _observation(root: _Element, selection: Selection, edition: Edition) -> None:
    box = _restricted(root, "ObsType", "dsd:ObsType")
    _annotations(_add(box, "sequence"))
    for part in selection.observed:
        _component(box, part, required=True)
    for part in (selection.flow.measure, *selection.flow.attributes):
        _component(box, part, required=False)
    _add(box, "attribute", name="type", type="common:IDType", use="prohibited")
    if all(part.role != "time" for part in selection.observed):
        _add(box, "attribute", name="TIME_PERIOD", type="common:ObservationalTimePeriodType", use="prohibited")
    _no_start_day(box, edition)


def _component(box: _Element, part: Component, *, required: bool) -> None:
    if part.role == "time":
        kind = "common:ObservationalTimePeriodType"
    elif part.is_number:
        kind = "xs:double"
    else:
        kind = f"ns:{part.code_list}" if part.code_list else "xs:string"
    _add(box, "attribute", name=part.id, type=kind, use="required" if required else "optional")


def _annotations(box: _Element) -> None:
    _add(box, "element", ref="common:Annotations", minOccurs="0")


def _no_start_day(box: _Element, edition: Edition) -> None:
    """Schemas of 2.1 allow an attribute for years that do not start in January; there is none here."""
    if edition == "2.1":
        _add(box, "attribute", name="REPORTING_YEAR_START_DAY", type="xs:gMonthDay", use="prohibited")
