"""The structures of a catalogue: what there is, what each refers to, and what refers to it.

The structures are our own types and not those of the library ``pysdmx``: its code lists are flat (a code has no
parent), and the tree of the ICCS would be lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from kyoto.statistics.exchange.sdmx.model import VERSION, Catalogue, CodeList, Component, Flow
from kyoto.statistics.exchange.sdmx.periods import days_of

__all__ = ["KINDS", "TEXT_ANNOTATION", "Artefact", "Item", "Reference", "Region", "region_of", "structures_of"]

TEXT_ANNOTATION: Final = "KYOTO_TEXT"
"""Type of the annotation that says which text of the observations a code stands for, where it is another."""

CONCEPTS: Final = "CS_KYOTO"
CATEGORIES: Final = "CATEGORIES"
AGENCIES: Final = "AGENCIES"

_CLASSES: Final = {
    "agencyscheme": "base.AgencyScheme",
    "categoryscheme": "categoryscheme.CategoryScheme",
    "category": "categoryscheme.Category",
    "categorisation": "categoryscheme.Categorisation",
    "codelist": "codelist.Codelist",
    "code": "codelist.Code",
    "hierarchy": "codelist.Hierarchy",
    "conceptscheme": "conceptscheme.ConceptScheme",
    "concept": "conceptscheme.Concept",
    "dataconstraint": "registry.DataConstraint",
    "dataflow": "datastructure.Dataflow",
    "datastructure": "datastructure.DataStructure",
}
KINDS: Final = tuple(kind for kind in _CLASSES if kind not in ("category", "code", "concept"))
"""Kinds of structures that are published."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What one structure says to name another, or an item of it.

    Parameters
    ----------
    kind
        One of :data:`KINDS`, ``concept``, ``code`` or ``category``.
    agency, id, version
        Of the structure.
    item
        Identifier of the item in it; empty for the structure itself.
    """

    kind: str
    agency: str
    id: str
    version: str
    item: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Kind and identifier."""
        return (self.kind, self.id)

    @property
    def package(self) -> str:
        """Package of the information model."""
        return _CLASSES[self.kind].split(".")[0]

    @property
    def class_name(self) -> str:
        """Class of the information model."""
        return _CLASSES[self.kind].split(".")[1]

    @property
    def urn(self) -> str:
        """Uniform resource name.

        Examples
        --------
        >>> Reference("concept", "KYOTO", "CS_KYOTO", "1.0.0", "SEX").urn
        'urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept=KYOTO:CS_KYOTO(1.0.0).SEX'
        """
        item = f".{self.item}" if self.item else ""
        return f"urn:sdmx:org.sdmx.infomodel.{_CLASSES[self.kind]}={self.agency}:{self.id}({self.version}){item}"


@dataclass(frozen=True, slots=True)
class Item:
    """A code, concept, category or agency.

    Parameters
    ----------
    id, name
        Of the item.
    parent
        Identifier of the code above.
    text
        What the observations write, where that is not the identifier.
    component
        What a concept is about.
    names
        Its name in other languages than English, by language.
    """

    id: str
    name: str
    parent: str | None = None
    text: str | None = None
    component: Component | None = None
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Region:
    """Values of the dimensions for which there are observations.

    Parameters
    ----------
    values
        Identifiers by dimension, in the order of the key.
    time
        Dimension of time with the first and the last day; None where there is none.
    periods
        Time periods, in order.
    observations, series
        How many of them there are; None if not counted.
    """

    values: Mapping[str, tuple[str, ...]]
    time: tuple[str, date, date] | None = None
    periods: tuple[str, ...] = ()
    observations: int | None = None
    series: int | None = None


@dataclass(frozen=True, slots=True)
class Artefact:
    """One structure.

    Parameters
    ----------
    kind, agency, id, version, name
        Which it is.
    items
        Of a scheme, code list or hierarchy.
    components
        Of a data structure.
    region
        Of a constraint.
    uses
        What it refers to. A dataflow refers to its data structure, a constraint to its dataflow, a categorisation to
        its dataflow and then to its category.
    partial
        Whether items have been left out.
    stub
        Whether everything but the name has been left out.
    """

    kind: str
    agency: str
    id: str
    version: str
    name: str
    items: tuple[Item, ...] = ()
    components: tuple[Component, ...] = ()
    region: Region | None = None
    uses: tuple[Reference, ...] = ()
    partial: bool = False
    stub: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Kind and identifier."""
        return (self.kind, self.id)

    @property
    def reference(self) -> Reference:
        """Reference to it."""
        return Reference(self.kind, self.agency, self.id, self.version)

    def as_stub(self) -> Artefact:
        """The same without content; a hierarchy must have a code, so it keeps its first."""
        if self.kind == "hierarchy":
            return replace(self, items=self.items[:1], stub=True)
        return replace(self, items=(), components=(), region=None, uses=(), stub=True, partial=False)

    def with_items(self, wanted: Iterable[str]) -> Artefact:
        """The same with the wanted items only, and the codes above them."""
        by_id = {item.id: item for item in self.items}
        keep: set[str] = set()
        for identifier in wanted:
            item = by_id.get(identifier)
            while item is not None and item.id not in keep:
                keep.add(item.id)
                item = by_id.get(item.parent or "")
        items = tuple(item for item in self.items if item.id in keep)
        return replace(self, items=items, partial=len(items) < len(self.items) or self.partial)


def structures_of(catalogue: Catalogue) -> dict[tuple[str, str], Artefact]:
    """All structures of a catalogue by kind and identifier; what is referred to stands first."""
    return {artefact.key: artefact for artefact in _artefacts(catalogue)}


def region_of(
    flow: Flow, values: Mapping[str, Iterable[str]], *, observations: int | None = None, series: int | None = None
) -> Region:
    """Region of a flow for the identifiers that occur.

    Parameters
    ----------
    flow
        The flow.
    values
        Identifiers by component; time periods among them.
    observations, series
        How many there are.
    """
    found = {part.id: tuple(values[part.id]) for part in flow.dimensions if values.get(part.id)}
    time, periods = None, tuple(values.get(flow.time.id, ())) if flow.time else ()
    if flow.time and periods:
        spans = [days for period in periods if (days := days_of(period))]
        time = (flow.time.id, min(span[0] for span in spans), max(span[1] for span in spans))
    return Region(found, time, periods, observations, series)


def _artefacts(catalogue: Catalogue) -> Iterator[Artefact]:
    agency = catalogue.agency

    def made(kind: str, identifier: str, name: str, **parts: object) -> Artefact:
        version = "1.0" if kind == "agencyscheme" else VERSION  # the standard fixes that of agency schemes
        return Artefact(kind, agency.id, identifier, version, name, **parts)  # type: ignore[arg-type]

    above, _, own = agency.id.rpartition(".")  # the agency above maintains the scheme that names this one
    agencies = made("agencyscheme", AGENCIES, "Agencies", items=(Item(own, agency.name),))
    yield replace(agencies, agency=above or own)
    for code_list in catalogue.code_lists.values():
        yield made("codelist", code_list.id, code_list.name, items=_codes(code_list))
        if any(code.parent for code in code_list.codes):
            # schemas of SDMX-ML 3.0 forbid codes that start with a digit as parents (3.1 allows them again): a
            # hierarchy keeps the tree for its readers
            identifier = code_list.id.replace("CL_", "H_", 1)
            used = (Reference("codelist", agency.id, code_list.id, VERSION),)
            yield made("hierarchy", identifier, code_list.name, items=_codes(code_list), uses=used)
    lists = tuple(Reference("codelist", agency.id, key, VERSION) for key in catalogue.code_lists)
    yield made("conceptscheme", CONCEPTS, "Concepts of published observations", items=_concepts(catalogue), uses=lists)
    categories = tuple(Item(key, name) for key, name in catalogue.categories.items())
    yield made("categoryscheme", CATEGORIES, catalogue.name or "What is published", items=categories)
    for flow in catalogue.flows.values():
        coded = dict.fromkeys(part.code_list for part in flow.components if part.code_list)
        of_components = tuple(Reference("codelist", agency.id, key, VERSION) for key in coded)
        concepts = Reference("conceptscheme", agency.id, CONCEPTS, VERSION)
        structure = made(
            "datastructure", flow.structure_id, flow.name, components=flow.components, uses=(concepts, *of_components)
        )
        dataflow = made("dataflow", flow.id, flow.name, uses=(structure.reference,))
        region = region_of(flow, flow.values, observations=flow.observations)
        category = Reference("category", agency.id, CATEGORIES, VERSION, flow.category)
        yield structure
        yield dataflow
        yield made(
            "dataconstraint", f"CR_{flow.id}", f"Available: {flow.name}", region=region, uses=(dataflow.reference,)
        )
        name = f"{flow.name}: {catalogue.categories[flow.category]}"
        yield made("categorisation", f"CAT_{flow.id}", name, uses=(dataflow.reference, category))


def _codes(code_list: CodeList) -> tuple[Item, ...]:
    return tuple(
        Item(code.id, code.name, code.parent, None if code.id == code.text else code.text, names=code.names)
        for code in code_list.codes
    )


def _concepts(catalogue: Catalogue) -> tuple[Item, ...]:
    found: dict[str, Component] = {}
    for flow in catalogue.flows.values():
        for part in flow.components:
            found.setdefault(part.id, part)
    return tuple(Item(key, found[key].name, component=found[key]) for key in sorted(found))
