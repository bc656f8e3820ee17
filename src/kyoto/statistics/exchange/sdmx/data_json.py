"""Observations as SDMX-JSON 1.0 and 2.0. The library ``pysdmx`` writes no JSON data.

Source: SDMX Technical Working Group, SDMX-JSON data message 1.0 (2020) and 2.0.0 (2021), with their JSON schemas.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from kyoto.statistics.exchange.sdmx.encoding import BATCH, Columns, DataSet, Selection, join_lines, joined
from kyoto.statistics.exchange.sdmx.model import VERSION, Catalogue, Component
from kyoto.statistics.exchange.sdmx.structure_json import JsonEdition, Node, json_meta
from kyoto.statistics.exchange.sdmx.structures import Reference

__all__ = ["data_json"]


def data_json(catalogue: Catalogue, sets: Sequence[DataSet], *, edition: JsonEdition = "2.0") -> Iterator[bytes]:
    """Write observations as SDMX-JSON.

    Parameters
    ----------
    catalogue
        What the flows belong to.
    sets
        Observations, flow by flow; SDMX-JSON 1.0 has room for one.
    edition
        ``1.0`` (SDMX 2.1) or ``2.0`` (SDMX 3.0).

    Yields
    ------
    bytes
        UTF-8. Observations are named by the positions of their values in the lists at the head of the message.
    """
    messages = [
        _Message(Columns(catalogue, one.selection.flow, one.table), one.selection, edition, place)
        for place, one in enumerate(sets)
    ]
    meta = json.dumps(json_meta("data", edition, catalogue.agency.sender, catalogue.prepared), separators=(",", ":"))
    yield f'{{"meta":{meta},"data":{{'.encode()
    structures = ",".join(message.structure() for message in messages)
    yield (f'"structures":[{structures}]' if edition == "2.0" else f'"structure":{structures}').encode()
    yield b',"dataSets":['
    for message in messages:
        yield b"," if message.place else b""
        yield from message.data_set()
    yield b"]}}\n"


class _Message:
    """Positions of the values of all components, and the lists they point into."""

    def __init__(self, columns: Columns, selection: Selection, edition: JsonEdition, place: int) -> None:
        self.columns = columns
        self.place = place
        self.selection = selection
        self.new = edition == "2.0"
        self.lists: dict[str, list[str]] = {}
        self.values: dict[str, Any] = {}
        for part in selection.keys:
            self._index(part)
        if not selection.observations:
            return
        for part in selection.measures:
            self.values[part.id] = self._number(part)
        for part in selection.attributes:
            if part.is_number and self.new:
                self.values[part.id] = self._number(part)
            else:
                self._index(part)

    def structure(self) -> str:
        """The description of the data."""
        shown = self.selection.observations
        node: Node = {
            "links": [self.link("datastructure", "datastructure"), self.link("dataflow", "dataflow")],
            "name": self.selection.flow.name,
            "dimensions": {
                "series": [self._dimension(part) for part in self.selection.series],
                "observation": [self._dimension(part) for part in self.selection.observed],
            },
            "attributes": {"observation": [self._attribute(part) for part in self.selection.attributes if shown]},
        }
        if self.new:
            measures = [{"id": part.id, "name": part.name} for part in self.selection.measures]
            node["measures"] = {"observation": measures}
            node["dataSets"] = [self.place]
        return json.dumps(node, ensure_ascii=False, separators=(",", ":"))

    def data_set(self) -> Iterator[bytes]:
        """The data set, in parts."""
        links = json.dumps([self.link("dataflow", "dataflow")], separators=(",", ":"))
        head = f'"structure":{self.place},' if self.new else ""
        name = "series" if self.selection.series else "observations"
        yield f'{{{head}"action":"Information","links":{links},"{name}":{{'.encode()
        before: str | None = None
        for start in range(0, len(self.columns), BATCH):
            before, text = self.lines(start, BATCH, before)
            yield text
        end = "}}" if self.selection.series and before is not None else ""
        yield f"{end}}}}}".encode()

    def link(self, kind: str, relation: str) -> Node:
        """Link to the dataflow or the data structure."""
        flow = self.selection.flow
        identifier = flow.id if kind == "dataflow" else flow.structure_id
        urn = Reference(kind, self.columns.catalogue.agency.id, identifier, VERSION).urn
        return {"rel": relation, "urn": urn}

    def lines(self, start: int, length: int, before: str | None) -> tuple[str | None, bytes]:
        """Text of some observations, and the series that they leave open (flat data: whether there were any)."""
        import pyarrow as pa
        import pyarrow.compute as pc

        selection = self.selection
        content = self._content(start, length) if selection.observations else "[]"
        if not selection.series:
            text = join_lines(',"', self._key(selection.observed, start, length), '":', content)
            return "", text if before is not None else text[1:]
        keys = self._key(selection.series, start, length)
        previous = pa.concat_arrays([pa.array([before], pa.string()), keys.slice(0, len(keys) - 1)])
        begins = pc.fill_null(pc.not_equal(keys, previous), True)
        heads = pc.if_else(begins, joined('}},"', keys, '":{"observations":{'), ",")
        if selection.observations:
            text = join_lines(heads, '"', self._key(selection.observed, start, length), '":', content)
        else:
            text = join_lines(pc.if_else(begins, heads, ""))
        return keys[-1].as_py(), text if before is not None else text[len("}},") :]

    def _content(self, start: int, length: int) -> Any:
        parts = [*self.selection.measures, *self.selection.attributes]
        pieces: list[Any] = ["["]
        for part in parts:
            pieces += [_or_null(self.values[part.id].slice(start, length)), ","]
        if len(pieces) > 1:
            pieces.pop()
            return joined(*pieces, "]")
        return "[]"

    def _key(self, parts: tuple[Component, ...], start: int, length: int) -> Any:
        pieces: list[Any] = []
        for part in parts:
            pieces += [self.values[part.id].slice(start, length), ":"]
        return joined(*pieces[:-1])

    def _index(self, part: Component) -> None:
        """Number the distinct values of a component, in the order of the code list, of time, or of their occurrence."""
        import pyarrow as pa
        import pyarrow.compute as pc

        encoded = self.columns.plain(part).dictionary_encode()
        found = encoded.dictionary.to_pylist()
        if part.code_list or part.role == "time":
            known = {value: place for place, value in enumerate(self.columns.flow.values[part.id])}
            ordered = sorted(found, key=lambda value: known.get(value, len(known)))
        else:
            ordered = found
        place = {value: str(number) for number, value in enumerate(ordered)}
        self.lists[part.id] = ordered
        self.values[part.id] = pc.take(pa.array([place[value] for value in found], pa.string()), encoded.indices)

    def _number(self, part: Component) -> Any:
        """Numbers as JSON writes them; what is endless as text."""
        import pyarrow.compute as pc

        text = self.columns.plain(part)
        return pc.replace_substring_regex(text, r"^(-?INF)$", r'"\1"')

    def _dimension(self, part: Component) -> Node:
        position = self.selection.keys.index(part)
        node: Node = {"id": part.id, "name": part.name, "keyPosition": position}
        if part.role == "time":
            node["roles"] = ["TIME_PERIOD"]
        return {**node, "values": [self._value(part, value) for value in self.lists[part.id]]}

    def _attribute(self, part: Component) -> Node:
        relation: Node = {"observation": {}} if self.new else {"primaryMeasure": self.selection.flow.measure.id}
        node: Node = {"id": part.id, "name": part.name, "relationship": relation}
        if self.lists.get(part.id) or not self.new:
            node["values"] = [self._value(part, value) for value in self.lists[part.id]]
        return node

    def _value(self, part: Component, value: str) -> Node:
        if part.code_list:
            code_list = self.columns.catalogue.code_lists[part.code_list]
            return {"id": value, "name": code_list.names[value]}
        if part.role == "time":
            return {"value": value} if self.new else {"id": value.replace("/", "_"), "name": value}
        return {"value": value} if self.new else {"name": value}


def _or_null(values: Any) -> Any:
    import pyarrow.compute as pc

    return pc.fill_null(values, "null")
