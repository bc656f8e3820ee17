"""SDMX-ML data read piece by piece: no entities, no network, and nothing kept but the observations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kyoto.core.errors import KyotoError, Where
from kyoto.statistics.exchange.sdmx.library import xml_library
from kyoto.statistics.exchange.sdmx.reading.collecting import Collector
from kyoto.statistics.exchange.sdmx.reading.limits import Limits, not_sdmx, too_large

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["elements", "read_xml"]

_MESSAGES: Final = tuple(
    f"http://www.sdmx.org/resources/sdmxml/schemas/{version}/message" for version in ("v2_1", "v3_0", "v3_1")
)
_ROOTS: Final = (
    "GenericData",
    "GenericTimeSeriesData",
    "StructureSpecificData",
    "StructureSpecificTimeSeriesData",
)


def read_xml(path: Path, collector: Collector) -> None:
    """Read the observations of an SDMX-ML data message.

    Parameters
    ----------
    path
        The file.
    collector
        Takes the observations.

    Raises
    ------
    KyotoError
        ``sdmx.not-sdmx``, ``sdmx.entities``, ``sdmx.broken-xml``, ``sdmx.too-large``, and what the collector finds.
    """
    reader = _Reader(collector)
    for event, element in elements(path, collector.file, _ROOTS, collector.limits):
        reader.see(event, element)


def elements(path: Path, file: str, roots: tuple[str, ...], limits: Limits) -> Iterator[tuple[str, _Element]]:
    """Elements of an SDMX message as they begin and end; those that ended are forgotten.

    Parameters
    ----------
    path
        The file.
    file
        Its name in errors.
    roots
        Local names of the messages that are expected.
    limits
        Bounds of reading.

    Yields
    ------
    tuple of str and lxml element
    """
    etree = xml_library()

    watched = _Watched(path, limits)
    context = etree.iterparse(
        watched,
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    started = False
    try:
        for event, element in context:
            watched.silent = 0
            if not started:
                _check_root(element, file, roots)
                started = True
            yield event, element
            if event == "end":
                _forget(element)
    except etree.XMLSyntaxError as error:
        raise _broken(error, file, started=started) from error
    except _TooSilent as error:
        raise too_large(file, "no element for a long way", f"elements within {limits.silent:,} bytes") from error
    finally:
        watched.close()


class _TooSilent(Exception):
    """The parser has been given much, and has told nothing."""


class _Watched:
    """A file that counts what was read since the parser last told of an element."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._file = path.open("rb")
        self._limits = limits
        self.silent = 0

    def read(self, size: int = -1) -> bytes:
        """Next bytes."""
        data = self._file.read(size)
        self.silent += len(data)
        if self.silent > self._limits.silent:
            raise _TooSilent
        return data

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _forget(element: _Element) -> None:
    """Free an element that has been read, and what stands before it."""
    parent = element.getparent()
    if parent is None or _name(element) in ("Ref", "Value", "AnnotationTitle", "AnnotationType", "URN"):
        return  # small ones, which the element around them is asked for
    element.tail = None
    while element.getprevious() is not None and _name(element) in ("Series", "Obs", "Group", "Atts", "Code"):
        del parent[0]


def _check_root(root: _Element, file: str, roots: tuple[str, ...]) -> None:
    document = root.getroottree().docinfo
    if document.doctype or document.internalDTD is not None:
        raise KyotoError(
            "The file declares a document type",
            code="sdmx.entities",
            where=Where(file=file),
            detail="SDMX messages have none. Entities can make a small file fill the memory, or read other files.",
            hint="Do not use this file; ask the sender for the data without a DOCTYPE.",
        )
    space, _, name = root.tag[1:].partition("}") if root.tag.startswith("{") else ("", "", root.tag)
    if space not in _MESSAGES or name not in roots:
        raise not_sdmx(file, f"its root is <{name}> of the namespace {space or 'none'}")


def _broken(error: Any, file: str, *, started: bool) -> KyotoError:
    line = error.lineno or None
    if "huge" in str(error).lower() or "depth" in str(error).lower() or "amplification" in str(error).lower():
        return too_large(file, str(error), "texts below 10 MB, and elements at most 256 deep", line=line)
    if not started:
        return not_sdmx(file, str(error), line=line)
    return KyotoError(
        "The file is not well-formed XML",
        code="sdmx.broken-xml",
        where=Where(file=file, line=line),
        detail=str(error),
        hint="The download may have been cut off; get it again.",
    )


def _name(element: _Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


class _Reader:
    """Where in the message the parser stands."""

    def __init__(self, collector: Collector) -> None:
        self.collector = collector
        self.generic: bool | None = None
        self.set_values: dict[str, str] = {}
        self.series: dict[str, str] = {}
        self.at_observation = "TIME_PERIOD"
        self.idle = 0
        self.flow = ""
        self.flows: dict[str, tuple[str, str]] = {}
        self.wanted = True

    def see(self, event: str, element: _Element) -> None:
        name = _name(element)
        if self.generic is None:
            self.generic = name.startswith("Generic")
        if event == "start":
            self._begin(name, element)
        else:
            self._end(name, element)

    def _begin(self, name: str, element: _Element) -> None:
        if name == "DataSet":
            self.set_values = {} if self.generic else _local(element)
            self._begin_set(element)
        elif name == "Series":
            self.series = {} if self.generic else _local(element)
        self.idle += 1
        if self.idle > self.collector.limits.empty:
            expected = f"at most {self.collector.limits.empty:,} elements in a row"
            raise too_large(self.collector.file, "elements without an observation", expected, line=element.sourceline)

    def _end(self, name: str, element: _Element) -> None:
        if name == "Obs" and not self.wanted:
            self.idle = 0
        elif name == "Obs":
            values = self._generic(element) if self.generic else _local(element)
            self.idle = 0
            self.collector.take({**self.set_values, **self.series, **values}, element.sourceline)
        elif name in ("SeriesKey", "Attributes") and self.generic and _parent(element) == "Series":
            self.series.update(_values(element))
        elif name == "Series":
            self.series = {}
        elif name in ("StructureUsage", "Structure"):
            self._describe(element)

    def _describe(self, element: _Element) -> None:
        """Note which flow a structure of the header is of, and what stands at its observations."""
        if element.get("structureID") is None:
            self.flow = _reference(element) or self.flow
        else:
            self.flows[element.get("structureID", "")] = (self.flow, element.get("dimensionAtObservation", ""))
            self.flow = ""

    def _begin_set(self, element: _Element) -> None:
        known = {name.rpartition("}")[2]: value for name, value in element.attrib.items()}
        alone = next(iter(self.flows.values()), ("", ""))
        flow, at_observation = self.flows.get(known.get("structureRef", ""), alone)
        self.at_observation = at_observation or "TIME_PERIOD"
        self.wanted = self.collector.begin(flow, element.sourceline)

    def _generic(self, element: _Element) -> dict[str, str]:
        found: dict[str, str] = {}
        for child in element:
            name = _name(child)
            if name == "ObsDimension":
                found[child.get("id") or self.at_observation] = child.get("value", "")
            elif name == "ObsValue":
                found["OBS_VALUE"] = child.get("value", "")
            else:
                found.update(_values(child))
        return found


def _local(element: _Element) -> dict[str, str]:
    """Attributes without a namespace: components. ``action`` and the like of old messages are none."""
    return {str(name): str(value) for name, value in element.attrib.items() if not str(name).startswith("{")}


def _values(element: _Element) -> dict[str, str]:
    return {child.get("id", ""): child.get("value", "") for child in element if _name(child) == "Value"}


def _parent(element: _Element) -> str:
    parent = element.getparent()
    return "" if parent is None else _name(parent)


def _reference(element: _Element) -> str:
    """Identifier that a reference names, from its URN or from its element."""
    text = (element.text or "").strip()
    if text.startswith("urn:"):
        return text.rpartition(":")[2].partition("(")[0]
    for child in element.iter():
        if _name(child) == "Ref":
            return str(child.get("id", ""))
    return ""
