"""Observations as SDMX-CSV 1.0 and 2.0.

Source: SDMX Technical Working Group, SDMX-CSV 1.0 (2018) and SDMX 3.0, SDMX-CSV 2.0.0 (2021). Values are published as
they are: unlike the tables that a build writes for spreadsheets, no apostrophe is put before texts that start like a
formula, since a machine reads this and every value has to come back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from kyoto.statistics.exchange.sdmx.encoding import Columns, DataSet, Selection, join_lines, joined
from kyoto.statistics.exchange.sdmx.model import VERSION, Catalogue, Component

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["CsvEdition", "CsvKeys", "CsvLabels", "data_csv"]

CsvEdition = Literal["1.0", "2.0"]
CsvLabels = Literal["id", "name", "both"]
CsvKeys = Literal["none", "series", "obs", "both"]


def data_csv(
    catalogue: Catalogue,
    sets: Sequence[DataSet],
    *,
    edition: CsvEdition = "2.0",
    labels: CsvLabels = "id",
    keys: CsvKeys = "none",
) -> Iterator[bytes]:
    """Write observations as SDMX-CSV.

    Parameters
    ----------
    catalogue
        What the flows belong to.
    sets
        Observations, flow by flow. Where there are several (2.0), the columns are those of the first flow, then what
        the others add, kind by kind; a flow leaves empty what it does not have.
    edition
        ``1.0`` (``DATAFLOW`` first) or ``2.0`` (``STRUCTURE``, ``STRUCTURE_ID``, ``ACTION`` first).
    labels
        ``id``: identifiers. ``both``: ``identifier: name`` in one column. ``name`` (2.0): names in columns of their own
        beside the identifiers.
    keys
        ``series``, ``obs`` or ``both`` (2.0): columns with the keys.

    Yields
    ------
    bytes
        UTF-8, a line an observation.
    """
    shown = _together([one.selection for one in sets])
    keys = keys if edition == "2.0" else "none"
    layouts = [_Layout(catalogue, one.selection, shown, edition, labels, keys) for one in sets]
    yield (",".join(_quoted(name) for name in layouts[0].header()) + "\n").encode()
    for one, layout in zip(sets, layouts, strict=True):
        for batch in Columns(catalogue, one.selection.flow, one.table).batches():
            yield layout.lines(batch)


def _together(selections: Sequence[Selection]) -> tuple[Component, ...]:
    """Components that the columns show: dimensions of all flows, then measures, then attributes."""
    found: dict[str, Component] = {}
    kinds = [[one.keys for one in selections]]
    kinds += [[one.measures for one in selections if one.observations]]
    kinds += [[one.attributes for one in selections if one.observations]]
    for kind in kinds:
        for parts in kind:
            for part in parts:
                found.setdefault(part.id, part)
    return tuple(found.values())


class _Layout:
    """Columns of the file, in order, as one flow fills them."""

    def __init__(
        self,
        catalogue: Catalogue,
        selection: Selection,
        shown: tuple[Component, ...],
        edition: CsvEdition,
        labels: CsvLabels,
        keys: CsvKeys,
    ) -> None:
        self.catalogue = catalogue
        self.selection = selection
        self.edition = edition
        self.labels = labels
        self.keys = keys
        flow = selection.flow
        self.parts = shown
        self.own = {part.id: part for part in _together([selection])}
        agency = catalogue.agency.id
        if edition == "1.0":
            self.head = {"DATAFLOW": f"{agency}:{flow.id}({VERSION})"}
            if labels == "both":
                self.head["DATAFLOW"] += f": {flow.name}"
        else:
            self.head = {"STRUCTURE": "dataflow", "STRUCTURE_ID": f"{agency}:{flow.id}({VERSION})"}
            if labels == "name":
                self.head["STRUCTURE_NAME"] = flow.name
            elif labels == "both":
                self.head["STRUCTURE_ID"] += f": {flow.name}"
            self.head["ACTION"] = "I"

    def header(self) -> list[str]:
        names = list(self.head)
        names += ["SERIES_KEY"] * (self.keys in ("series", "both")) + ["OBS_KEY"] * (self.keys in ("obs", "both"))
        for part in self.parts:
            names.append(f"{part.id}: {part.name}" if self.labels == "both" else part.id)
            if self.labels == "name" and self.edition == "2.0":
                names.append(part.name)
        return names

    def lines(self, columns: Columns) -> bytes:
        fields: list[object] = [",".join(_quoted(value) for value in self.head.values())]
        dimensions = self.selection.flow.dimensions
        if self.keys in ("series", "both"):
            fields += [",", _key(columns, dimensions)]
        if self.keys in ("obs", "both"):
            fields += [",", _key(columns, self.selection.keys)]
        twice = self.labels == "name" and self.edition == "2.0"
        for shown in self.parts:
            part = self.own.get(shown.id)
            if part is None:
                fields.append(",," if twice else ",")
                continue
            fields += [",", self.field(columns, part)]
            if twice:
                fields += [",", self.names(columns, part)]
        return join_lines(*fields, "\n")

    def field(self, columns: Columns, part: Component) -> pa.Array:
        """Values of one column, quoted where needed."""
        if self.labels == "both" and part.code_list:
            return self._named(columns, part, lambda identifier, name: f"{identifier}: {name}")
        return columns.escaped(part, _quoted)

    def names(self, columns: Columns, part: Component) -> pa.Array:
        """Names of one column; those of values without a code list are the values."""
        if part.code_list:
            return self._named(columns, part, lambda _, name: name)
        return columns.escaped(part, _quoted)

    def _named(self, columns: Columns, part: Component, write: object) -> pa.Array:
        import pyarrow as pa
        import pyarrow.compute as pc

        assert callable(write)
        names = self.catalogue.code_lists[part.code_list].names
        encoded = columns.plain(part).dictionary_encode()
        texts = [_quoted(write(identifier, names[identifier])) for identifier in encoded.dictionary.to_pylist()]
        return pc.take(pa.array(texts, pa.string()), encoded.indices)


def _key(columns: Columns, parts: tuple[Component, ...]) -> pa.Array:
    pieces: list[object] = []
    for part in parts:
        pieces += [columns.plain(part), "."]
    return joined(*pieces[:-1])


def _quoted(text: str) -> str:
    """Field of a CSV file; quoted where it holds a separator (RFC 4180).

    Examples
    --------
    >>> _quoted('the "big" one, twice'), _quoted("plain")
    ('"the ""big"" one, twice"', 'plain')
    """
    if any(mark in text for mark in ',"\n\r') or text != text.strip():
        return '"' + text.replace('"', '""') + '"'
    return text
