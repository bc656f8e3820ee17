"""Structures: which ones a query names, what comes with them, and in what detail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from kyoto.portal.sdmx.answers import Stamp, content, unmodified
from kyoto.portal.sdmx.negotiation import choose_format, version_matches
from kyoto.portal.sdmx.problems import no_results, wrong_value
from kyoto.portal.sdmx.requesting import Work, listed
from kyoto.statistics.exchange.sdmx.formats import STRUCTURE_FORMATS, structure_message
from kyoto.statistics.exchange.sdmx.model import Flow
from kyoto.statistics.exchange.sdmx.structures import KINDS, Artefact, Region

__all__ = ["STRUCTURE_ORDER", "StructurePath", "kind_of", "referenced_by_constraint", "structure"]

STRUCTURE_ORDER: Final = {
    False: ("sdmx-ml-3.0", "sdmx-json-2.0", "sdmx-ml-2.1", "sdmx-json-1.0"),
    True: ("sdmx-ml-2.1", "sdmx-json-1.0", "sdmx-ml-3.0", "sdmx-json-2.0"),
}
"""Formats in the order of preference, for requests of SDMX 3.0 and of 2.1 (True)."""

_DETAILS: Final = (
    "full",
    "allstubs",
    "referencestubs",
    "allcompletestubs",
    "referencecompletestubs",
    "referencepartial",
    "raw",
)
_KINDS_ASKED: Final = {
    "structure": "*",
    "*": "*",
    "all": "*",
    "organisationscheme": "agencyscheme",
    "contentconstraint": "dataconstraint",
    "actualconstraint": "dataconstraint",
    "hierarchicalcodelist": "hierarchy",
    **{kind: kind for kind in KINDS},
}
_UNKNOWN_KINDS: Final = (
    "allowedconstraint",
    "attachementconstraint",
    "attachmentconstraint",
    "conceptschememap",
    "categoryschememap",
    "customtypescheme",
    "dataconsumerscheme",
    "dataproviderscheme",
    "geographiccodelist",
    "geogridcodelist",
    "hierarchyassociation",
    "metadataconstraint",
    "metadataflow",
    "metadataproviderscheme",
    "metadataprovisionagreement",
    "metadatastructure",
    "namepersonalisationscheme",
    "organisationschememap",
    "organisationunitscheme",
    "process",
    "provisionagreement",
    "reportingtaxonomy",
    "reportingtaxonomymap",
    "representationmap",
    "rulesetscheme",
    "structuremap",
    "structureset",
    "transformationscheme",
    "userdefinedoperatorscheme",
    "valuelist",
    "vtlmappingscheme",
)
"""Kinds of the standard of which there are none here: asking for them finds nothing."""
_WORDS: Final = ("none", "parents", "parentsandsiblings", "ancestors", "children", "descendants", "all")

Graph = Mapping[tuple[str, str], Artefact]


@dataclass(frozen=True, slots=True)
class StructurePath:
    """What the path of a structure query names; lists and wildcards are allowed.

    Parameters
    ----------
    kind
        Kind of structure.
    agency, id, version
        Which ones.
    item
        Items of schemes.
    """

    kind: str
    agency: str = "*"
    id: str = "*"
    version: str = "~"
    item: str = "*"


def kind_of(name: str) -> str:
    """Kind that a path names; empty for one that the standard has and this service has not.

    Raises
    ------
    SdmxProblem
        400: no kind of the standard.
    """
    if name in _KINDS_ASKED:
        return _KINDS_ASKED[name]
    if name in _UNKNOWN_KINDS:
        return ""
    raise wrong_value("artefactType", name, "one of " + ", ".join(KINDS))


def structure(work: Work, path: StructurePath) -> Response:
    """Structures that a query names, with what it wants to come along.

    Raises
    ------
    SdmxProblem
        400, 404, 406.
    """
    chosen = choose_format(work.accept, work.asked.get("format"), STRUCTURE_FORMATS, STRUCTURE_ORDER[work.old])
    detail = work.asked.choice("detail", _DETAILS, "full")
    words = _references(work)
    snapshot = work.view.snapshot
    stamp = Stamp(snapshot.version, snapshot.built_at, work.request, chosen.format.media_type)
    if (known := unmodified(work.request, stamp)) is not None:
        return known
    graph = work.view.structures
    matched = _matched(graph, path)
    if not matched:
        raise no_results(f"No structure {path.kind}/{path.agency}/{path.id}/{path.version} ({path.item})."[:500])
    others = [graph[key] for key in graph if key in _related(graph, matched, words) and key not in matched]
    first, second = _detailed(work, list(matched.values()), others, detail)
    body = structure_message(chosen.format.name, work.view.catalogue, [*first, *second])
    return content(work.request, [body], chosen.format.media_type, stamp)


def referenced_by_constraint(work: Work, regions: Mapping[str, Region]) -> list[Artefact]:
    """Structures that come along with an answer about availability; code lists hold the codes that occur.

    Parameters
    ----------
    work
        The request.
    regions
        What there is of each flow, by its identifier.

    Raises
    ------
    SdmxProblem
        400: unknown reference.
    """
    known = ("none", "all", "codelist", "conceptscheme", "dataflow", "datastructure", "dataproviderscheme", "valuelist")
    words = (work.asked.get("references") or "none").split(",")
    for word in words:
        if word not in known:
            raise wrong_value("references", word, "one of " + ", ".join(known))
    if words == ["none"]:
        return []
    wanted = {"codelist", "conceptscheme", "dataflow", "datastructure"} if "all" in words else set(words)
    graph = work.view.structures
    found = []
    start = {("dataflow", name) for name in regions}
    flows = [work.view.catalogue.flows[name] for name in regions]
    values = {name: region.values for name, region in regions.items()}
    for key in _descendants(graph, start) | start:
        artefact = graph[key]
        if artefact.kind in wanted:
            found.append(_partial(artefact, flows, values))
    return sorted(found, key=lambda artefact: artefact.key)


def _references(work: Work) -> list[str]:
    words = (work.asked.get("references") or "none").split(",")
    for word in words:
        if word not in _WORDS and word not in _KINDS_ASKED and word not in _UNKNOWN_KINDS:
            raise wrong_value("references", word, "one of " + ", ".join((*_WORDS, *KINDS)))
    return words


def _matched(graph: Graph, path: StructurePath) -> dict[tuple[str, str], Artefact]:
    found = {}
    kind = kind_of(path.kind)
    for key, artefact in graph.items():
        if (
            kind in ("*", artefact.kind)
            and listed(path.agency, artefact.agency)
            and listed(path.id, artefact.id)
            and any(version_matches(one, artefact.version) for one in path.version.split(","))
        ):
            if path.item not in ("", "*", "all"):
                artefact = artefact.with_items(path.item.replace("+", ",").split(","))
                if not artefact.items:
                    continue
            found[key] = artefact
    return found


def _related(graph: Graph, matched: Iterable[tuple[str, str]], words: Iterable[str]) -> set[tuple[str, str]]:
    start = set(matched)
    found: set[tuple[str, str]] = set()
    for word in words:
        found |= _reached(graph, start, word)
    return found


def _reached(graph: Graph, start: set[tuple[str, str]], word: str) -> set[tuple[str, str]]:
    """Structures that one word of ``references`` stands for."""
    if word == "none":
        return set()
    if word == "children":
        return _children(graph, start)
    if word == "descendants":
        return _descendants(graph, start)
    parents = _parents(graph, start)
    if word == "parents":
        return parents
    if word == "ancestors":
        return _closure(graph, start, upwards=True)
    siblings = parents | _children(graph, parents)
    if word == "parentsandsiblings":
        return siblings
    everything = siblings | _descendants(graph, start) | _descendants(graph, parents)
    if word == "all":
        return everything
    kind = _KINDS_ASKED.get(word, "")
    around = everything | _closure(graph, start, upwards=True)
    return {key for key in around if kind in ("*", key[0])}


def _children(graph: Graph, start: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    found = set()
    for key in start:
        for used in graph[key].uses:
            target = ("categoryscheme" if used.kind == "category" else used.kind, used.id)
            if target in graph:
                found.add(target)
    return found


def _parents(graph: Graph, start: set[tuple[str, str]]) -> set[tuple[str, str]]:
    return {key for key in graph if _children(graph, [key]) & start}


def _descendants(graph: Graph, start: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    return _closure(graph, set(start), upwards=False)


def _closure(graph: Graph, start: set[tuple[str, str]], *, upwards: bool) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    edge = set(start)
    while edge:
        edge = (_parents(graph, edge) if upwards else _children(graph, edge)) - found - start
        found |= edge
    return found


def _detailed(
    work: Work, matched: list[Artefact], others: list[Artefact], detail: str
) -> tuple[list[Artefact], list[Artefact]]:
    """Matched and related structures in the wanted detail."""
    if detail in ("allstubs", "allcompletestubs"):
        return [artefact.as_stub() for artefact in matched], [artefact.as_stub() for artefact in others]
    if detail in ("referencestubs", "referencecompletestubs"):
        return matched, [artefact.as_stub() for artefact in others]
    if detail == "referencepartial":
        flows = _concerned(work, matched)
        values = {flow.id: flow.values for flow in flows}
        return matched, [_partial(artefact, flows, values) for artefact in others]
    return matched, others


def _concerned(work: Work, matched: list[Artefact]) -> list[Flow]:
    """Flows that the matched structures are about."""
    flows = work.view.catalogue.flows.values()
    names = {artefact.id for artefact in matched} | {used.id for artefact in matched for used in artefact.uses}
    return [flow for flow in flows if flow.id in names or flow.structure_id in names]


def _partial(artefact: Artefact, flows: list[Flow], values: Mapping[str, Mapping[str, Iterable[str]]]) -> Artefact:
    """A code list with the codes that occur in the flows, a concept scheme with their concepts; others as they are."""
    if not flows or artefact.kind not in ("codelist", "conceptscheme"):
        return artefact
    wanted: list[str] = []
    for flow in flows:
        for part in flow.components:
            if artefact.kind == "conceptscheme":
                wanted.append(part.id)
            elif part.code_list == artefact.id:
                wanted += values[flow.id].get(part.id, ())
    return artefact.with_items(wanted) if wanted else artefact
