"""Observations as SDMX-ML: 3.0, 2.1 structure specific, 2.1 generic.

The text is ours and not that of the library ``pysdmx``, which makes the whole message as one string (a million
observations would not fit), turns every apostrophe of it into a quotation mark, and writes a missing value as a text.

Source: SDMX 2.1 (2011, revised 2020) and SDMX 3.0 (2021), section 3B, schemas of data messages.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal
from xml.sax.saxutils import quoteattr

from kyoto.statistics.exchange.sdmx.encoding import Columns, DataSet, Selection, join_lines, joined
from kyoto.statistics.exchange.sdmx.model import VERSION, Catalogue, Component
from kyoto.statistics.exchange.sdmx.structure_xml import Edition, header_id, namespace
from kyoto.statistics.exchange.sdmx.structures import Reference

__all__ = ["XmlDialect", "data_xml", "structure_namespace"]

XmlDialect = Literal["3.0", "2.1-specific", "2.1-generic"]

_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def data_xml(
    catalogue: Catalogue, sets: Sequence[DataSet], *, dialect: XmlDialect = "3.0", action: str = ""
) -> Iterator[bytes]:
    """Write observations as SDMX-ML.

    Parameters
    ----------
    catalogue
        What the flows belong to.
    sets
        Observations, flow by flow: a data set each.
    dialect
        ``3.0``, ``2.1-specific`` or ``2.1-generic``.
    action
        Action of the data set; ``Information`` by default (``Replace`` and others as the standard has them).

    Yields
    ------
    bytes
        UTF-8. Characters that XML does not allow become U+FFFD.
    """
    writers: list[_Writer] = [
        _Generic(catalogue, one.selection, place)
        if dialect == "2.1-generic"
        else _Specific(catalogue, one.selection, place, dialect)
        for place, one in enumerate(sets, 1)
    ]
    spaces = {prefix: uri for writer in writers for prefix, uri in writer.spaces().items()}
    structures = "".join(writer.structure() for writer in writers)
    yield f"{_opening(writers[0].root, spaces)}{writers[0].header(structures)}".encode()
    for one, writer in zip(sets, writers, strict=True):
        yield from writer.data_set(Columns(catalogue, one.selection.flow, one.table), action or "Information")
    yield f"</mes:{writers[0].root}>\n".encode()


def structure_namespace(catalogue: Catalogue, structure_id: str, at_observation: str) -> str:
    """Namespace of the schema of a data structure.

    Parameters
    ----------
    catalogue
        What it belongs to.
    structure_id
        Identifier of the data structure.
    at_observation
        Dimension at the observation, or ``AllDimensions``.
    """
    urn = Reference("datastructure", catalogue.agency.id, structure_id, VERSION).urn
    return f"{urn}:ObsLevelDim:{at_observation}"


class _Writer(ABC):
    """What the dialects share: the frame, and series that begin where their key changes."""

    edition: Edition
    root: str
    end_of_series: str

    def __init__(self, catalogue: Catalogue, selection: Selection, place: int) -> None:
        self.catalogue = catalogue
        self.place = place
        self.selection = selection
        self.flow = selection.flow

    def header(self, structures: str) -> str:
        """Header of the message with the descriptions of the structures."""
        catalogue = self.catalogue
        return (
            "<mes:Header>"
            f"<mes:ID>{header_id(catalogue.prepared)}</mes:ID><mes:Test>false</mes:Test>"
            f"<mes:Prepared>{catalogue.prepared.isoformat()}</mes:Prepared>"
            f"<mes:Sender id={quoteattr(catalogue.agency.sender)}/>{structures}"
            "</mes:Header>\n"
        )

    def usage(self) -> str:
        """Reference to the dataflow."""
        reference = Reference("dataflow", self.catalogue.agency.id, self.flow.id, VERSION)
        if self.edition == "3.0":
            return f"<com:StructureUsage>{reference.urn}</com:StructureUsage>"
        parts = f'agencyID="{reference.agency}" id="{reference.id}" version="{VERSION}" class="Dataflow"'
        return f"<com:StructureUsage><Ref {parts}/></com:StructureUsage>"

    def lines(self, columns: Columns, before: str | None) -> tuple[str | None, bytes]:
        """Text of a batch, and the key of the series that it leaves open."""
        import pyarrow as pa
        import pyarrow.compute as pc

        observations: list[Any] = self.observation(columns) if self.selection.observations else []
        if not self.selection.series:
            return None, join_lines(*observations, count=len(columns)) if observations else b""
        pieces: list[Any] = []
        for part in self.selection.series:
            pieces += [columns.brief(part, _escaped), "."]
        keys = joined(*pieces[:-1])
        if isinstance(keys, str):
            keys = pa.repeat(keys, len(columns))
        previous = pa.concat_arrays([pa.array([before], pa.string()), keys.slice(0, len(keys) - 1)])
        begins = pc.fill_null(pc.not_equal(keys, previous), True)
        heads = pc.if_else(begins, joined(self.end_of_series, self.series(columns)), "")
        text = join_lines(heads, *observations)
        if before is None:
            text = text[len(self.end_of_series) :]  # there is no series to end
        return keys[-1].as_py(), text

    def data_set(self, columns: Columns, action: str) -> Iterator[bytes]:
        """The data set, in parts."""
        yield f"<mes:DataSet {self.about(action)}>\n".encode()
        before: str | None = None
        for batch in columns.batches():
            before, text = self.lines(batch, before)
            yield text
        end = self.end_of_series if before is not None else ""
        yield f"{end}</mes:DataSet>\n".encode()

    @abstractmethod
    def spaces(self) -> dict[str, str]:
        """Namespaces by prefix."""

    @abstractmethod
    def structure(self) -> str:
        """Description of the structure, for the header."""

    @abstractmethod
    def about(self, action: str) -> str:
        """Attributes of the data set."""

    @abstractmethod
    def series(self, columns: Columns) -> Any:
        """Text that begins a series."""

    @abstractmethod
    def observation(self, columns: Columns) -> list[Any]:
        """Parts of the text of an observation."""


class _Specific(_Writer):
    """Structure-specific data: components are XML attributes."""

    root = "StructureSpecificData"
    end_of_series = "</Series>\n"

    def __init__(self, catalogue: Catalogue, selection: Selection, place: int, dialect: XmlDialect) -> None:
        super().__init__(catalogue, selection, place)
        self.edition = "3.0" if dialect == "3.0" else "2.1"

    @property
    def own(self) -> str:
        """Namespace of the data structure."""
        return structure_namespace(self.catalogue, self.flow.structure_id, self.selection.at_observation)

    def spaces(self) -> dict[str, str]:
        return {
            "xsi": _XSI,
            "mes": namespace(self.edition, "message"),
            "com": namespace(self.edition, "common"),
            "ss": namespace(self.edition, "data/structurespecific"),
            f"ns{self.place}": self.own,
        }

    def structure(self) -> str:
        at_observation = self.selection.at_observation
        return (
            f'<mes:Structure structureID="S{self.place}" namespace="{self.own}" '
            f'dimensionAtObservation="{at_observation}">{self.usage()}</mes:Structure>'
        )

    def about(self, action: str) -> str:
        scope = ' ss:dataScope="DataStructure"' if self.edition == "2.1" else ""
        kind = f'xsi:type="ns{self.place}:DataSetType"'
        return f'ss:structureRef="S{self.place}" {kind}{scope} ss:action="{action}"'

    def series(self, columns: Columns) -> Any:
        return joined("<Series", *_attributes(columns, self.selection.series), ">\n")

    def observation(self, columns: Columns) -> list[Any]:
        shown = (*self.selection.observed, *self.selection.measures, *self.selection.attributes)
        return ["<Obs", *_attributes(columns, shown), "/>\n"]


class _Generic(_Writer):
    """Generic data of 2.1: components are elements."""

    edition = "2.1"
    root = "GenericData"
    end_of_series = "</gen:Series>\n"

    def spaces(self) -> dict[str, str]:
        return {
            "mes": namespace("2.1", "message"),
            "com": namespace("2.1", "common"),
            "gen": namespace("2.1", "data/generic"),
        }

    def structure(self) -> str:
        at_observation = self.selection.at_observation
        return (
            f'<mes:Structure structureID="S{self.place}" dimensionAtObservation="{at_observation}">'
            f"{self.usage()}</mes:Structure>"
        )

    def about(self, action: str) -> str:
        return f'structureRef="S{self.place}" action="{action}"'

    def series(self, columns: Columns) -> Any:
        return joined("<gen:Series><gen:SeriesKey>", *_values(columns, self.selection.series), "</gen:SeriesKey>\n")

    def observation(self, columns: Columns) -> list[Any]:
        selection = self.selection
        parts: list[Any] = ["<gen:Obs>"]
        if selection.series:
            (part,) = selection.observed
            name = "" if part.role == "time" else f' id="{part.id}"'
            parts += [f'<gen:ObsDimension{name} value="', columns.plain(part), '"/>']
        else:
            parts += ["<gen:ObsKey>", *_values(columns, selection.observed), "</gen:ObsKey>"]
        for part in selection.measures:
            parts.append(joined('<gen:ObsValue value="', columns.plain(part), '"/>'))
        if selection.attributes:
            parts.append(self._attributes(columns))
        return [*parts, "</gen:Obs>\n"]

    def _attributes(self, columns: Columns) -> Any:
        """Attributes in their element, which must not be empty."""
        import pyarrow.compute as pc

        found = _values(columns, self.selection.attributes)
        inner = pc.binary_join_element_wise(*found, "", null_handling="replace", null_replacement="")
        whole = joined("<gen:Attributes>", inner, "</gen:Attributes>")
        return pc.if_else(pc.equal(inner, ""), "", whole)


def _opening(root: str, spaces: dict[str, str]) -> str:
    names = " ".join(f"xmlns:{prefix}={quoteattr(uri)}" for prefix, uri in spaces.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<mes:{root} {names}>\n'


def _attributes(columns: Columns, parts: tuple[Component, ...]) -> list[Any]:
    return _written(columns, parts, ' {}="', '"')


def _values(columns: Columns, parts: tuple[Component, ...]) -> list[Any]:
    return _written(columns, parts, '<gen:Value id="{}" value="', '"/>')


def _written(columns: Columns, parts: tuple[Component, ...], before: str, behind: str) -> list[Any]:
    """Values of components between two texts; what may be missing is missing with them."""
    pieces: list[Any] = []
    for part in parts:
        piece = [before.format(part.id), columns.brief(part, _escaped), behind]
        pieces += piece if part.required else [joined(*piece)]
    return pieces


def _escaped(text: str) -> str:
    """Text of an attribute in double quotes; line ends and tabs survive as references.

    Examples
    --------
    >>> _escaped('a "b" & <c>')
    'a &quot;b&quot; &amp; &lt;c&gt;'
    """
    entities = {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
    plain = _FORBIDDEN.sub("\ufffd", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for mark, entity in entities.items():
        plain = plain.replace(mark, entity)
    return plain
